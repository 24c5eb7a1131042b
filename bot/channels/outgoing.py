"""What is to be done in a chat, as values that can stand in a sealed outbox row."""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

Buttons = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of (label, callback data)."""

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ISOLATE, _POP = "\u2068", "\u2069"


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
    """The text without what could disguise or break a message: controls, direction overrides, lone surrogates."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _BIDI.sub("", text)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def quoted(text: str) -> str:
    """Somebody's own words, made safe to stand inside our sentences.

    Isolated in direction (FSI … PDI, UAX #9), so that right-to-left text cannot reorder what stands around it; `*` is
    replaced by a look-alike, because our own sentences use it as markup.
    """
    return f"{_ISOLATE}{plain(text).replace('*', '∗')}{_POP}"


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int) -> list[str]:
    """The text in parts of at most `limit` UTF-16 units, cut at paragraph, line or word ends where there are any."""
    parts: list[str] = []
    rest = text
    while utf16_length(rest) > limit:
        head = rest[:limit]
        while utf16_length(head) > limit:
            head = head[: -max(1, (utf16_length(head) - limit) // 2)]
        cut = max(head.rfind("\n\n"), head.rfind("\n"), head.rfind(" "))
        if cut < limit // 4:
            cut = len(head)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    parts.append(rest)
    return [part for part in parts if part] or [""]
