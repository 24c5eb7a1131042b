"""What is to be done in a chat, as values that can stand in a sealed outbox row."""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

Buttons = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of (label, callback data)."""

_ISOLATE, _POP = "\u2068", "\u2069"
VERBATIM, END = "\u0002", "\u0003"
"""Around words that the transport shows untouched: no link, name or number in them can be tapped. They are controls,
so nobody's own words hold them."""
MOST_VERBATIM = 60
"""In one message: Telegram ignores entities after the hundredth (telegram.constants.MessageLimit), labels too."""
_PAIRS = ((VERBATIM, END), (_ISOLATE, _POP))
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORGED_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A new message. `protect`: it cannot be forwarded or saved; `quiet`: without a sound."""

    text: str
    buttons: Buttons = ()
    protect: bool = False
    quiet: bool = False
    reply_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditText:
    """The text and the buttons of one of our messages change."""

    message_id: int
    text: str
    buttons: Buttons = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditButtons:
    """Only the buttons of one of our messages change."""

    message_id: int
    buttons: Buttons = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Messages of this chat go away, as far as the platform still allows it."""

    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCallback:
    """The small answer to a pressed button; `alert`: as a window that has to be closed."""

    callback: str
    text: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMedia:
    """A stored file is sent. `ref` (hex) names it in the owner's store; `kind` as in `inbound.MEDIA`."""

    ref: str
    kind: str
    caption: str = ""
    protect: bool = True
    reply_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """We leave this group."""


Outgoing = Send | EditText | EditButtons | Delete | AnswerCallback | SendMedia | Leave

_KINDS: dict[str, type[Outgoing]] = {
    "send": Send,
    "edit_text": EditText,
    "edit_buttons": EditButtons,
    "delete": Delete,
    "answer": AnswerCallback,
    "media": SendMedia,
    "leave": Leave,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(outgoing: Outgoing) -> bytes:
    """Bytes for the outbox; lone surrogates survive as JSON escapes."""
    return json.dumps({"do": _NAMES[type(outgoing)], **asdict(outgoing)}).encode("ascii")


def from_json(data: bytes) -> Outgoing:
    """The value that `to_json` wrote. KeyError or TypeError when it was not ours."""
    fields: dict[str, Any] = json.loads(data)
    kind = _KINDS[fields.pop("do")]
    if "buttons" in fields:
        fields["buttons"] = tuple(tuple((label, data) for label, data in row) for row in fields["buttons"])
    if "message_ids" in fields:
        fields["message_ids"] = tuple(fields["message_ids"])
    return kind(**fields)


def plain(text: str) -> str:
    """Somebody's words without what could disguise or break a message: controls, direction marks, lone surrogates."""
    return _clean(_BIDI.sub("", _LINE_ENDS.sub("\n", text)))


def sendable(text: str) -> str:
    """A whole message of ours: as `plain`, but the isolation of what `quoted` put into it stays."""
    return _clean(_FORGED_BIDI.sub("", text), VERBATIM + END)


def _clean(text: str, spared: str = "") -> str:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(c for c in text if c in "\n\t" or c in spared or unicodedata.category(c) != "Cc")


def quoted(text: str) -> str:
    """Somebody's own words, made safe to stand inside our sentences.

    Each line is isolated in direction (FSI … PDI; an isolate ends with its line, UAX #9), so that right-to-left text
    cannot reorder what stands around it; `*` is replaced by a look-alike, because our own sentences use it as markup.
    """
    lines = plain(text).replace("*", "∗").split("\n")
    return "\n".join(f"{_ISOLATE}{line}{_POP}" if line.strip() else line for line in lines)


def verbatim(text: str) -> str:
    """As `quoted`, for the words of somebody whom nobody knows: nothing in them can be tapped."""
    return f"{VERBATIM}{quoted(text)}{END}"


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int) -> list[str]:
    """The text in parts of at most `limit` UTF-16 units, cut at paragraph, line or word ends where there are any.

    What `quoted` and `verbatim` opened is closed at the end of a part and opened again in the next.
    """
    parts: list[str] = []
    rest, room = text, limit - len(_PAIRS)
    while utf16_length(rest) > limit or rest.count(VERBATIM) > MOST_VERBATIM:
        few = VERBATIM.join(rest[: limit + 1].split(VERBATIM)[: MOST_VERBATIM + 1])
        head = few[:room]
        while utf16_length(head) > room:
            head = head[: -max(1, (utf16_length(head) - room) // 2)]
        cut = max(head.rfind("\n\n"), head.rfind("\n"), head.rfind(" "))
        if cut < len(head) // 4:
            cut = len(head)
        part = rest[:cut].rstrip()
        torn = [pair for pair in _PAIRS if part.count(pair[0]) > part.count(pair[1])]
        parts.append(part + "".join(end for _, end in reversed(torn)))
        rest = "".join(begin for begin, _ in torn) + rest[cut:].lstrip()
    parts.append(rest)
    return [part for part in parts if part] or [""]
