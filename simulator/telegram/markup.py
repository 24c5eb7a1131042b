"""Formatted text of a bot: parse_mode HTML, MarkdownV2 and Markdown become text and entities, or Telegram's error.

Rules and escapes: https://core.telegram.org/bots/api#formatting-options
"""

import html
import re
from collections.abc import Callable
from typing import Any

from simulator.telegram.errors import ApiError, bad_request
from simulator.telegram.utf16 import units

Json = dict[str, Any]

_HTML = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
_V2 = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler", "`": "code", "```": "pre"}
_V1 = {"*": "bold", "_": "italic", "`": "code", "```": "pre"}
_RESERVED = set("_*[]()~`>#+-=|{}.!")
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)([^<>]*)>")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_LINK_END = re.compile(r"\]\(([^)\s]*)\)")


def parsed(text: str, mode: str) -> tuple[str, list[Json]]:
    """Text and entities of `text` written in `mode` (in any letter case); raises ApiError 400 if it cannot be read."""
    parser = _MODES.get(mode.lower())
    if parser is None:
        raise bad_request("unsupported parse_mode")
    return parser(text)


def _broken(why: str) -> ApiError:
    return bad_request(f"can't parse entities: {why}")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


class _Output:
    """Collects plain text and the entities still open, innermost last."""

    def __init__(self) -> None:
        self.text = ""
        self.open: list[tuple[str, int, int, Json]] = []
        self.entities: list[Json] = []

    def start(self, mark: str, at_byte: int, entity: Json) -> None:
        self.open.append((mark, at_byte, units(self.text), entity))

    def end(self, **more: Any) -> None:
        _, _, start, entity = self.open.pop()
        length = units(self.text) - start
        if length and entity:
            self.entities.append({"offset": start, "length": length, **entity, **more})

    def done(self) -> tuple[str, list[Json]]:
        return self.text, sorted(self.entities, key=lambda e: (e["offset"], -e["length"]))


def _html(text: str) -> tuple[str, list[Json]]:
    out, at = _Output(), 0
    while at < len(text):
        if text[at] == "&" and (escape := _ENTITY.match(text, at)):
            out.text += html.unescape(escape.group())
            at = escape.end()
        elif text[at] == "<":
            at = _html_tag(text, at, out)
        else:
            out.text += text[at]
            at += 1
    if out.open:
        raise _broken(f'Can\'t find end tag corresponding to start tag "{out.open[-1][0]}"')
    return out.done()


def _html_tag(text: str, at: int, out: _Output) -> int:
    where = _bytes(text[:at])
    tag = _TAG.match(text, at)
    if tag is None:
        raise _broken(f'Unsupported start tag "{text[at + 1 : at + 10].partition(" ")[0]}" at byte offset {where}')
    closing, name, attributes = tag.group(1), tag.group(2).lower(), tag.group(3)
    if closing:
        if not out.open:
            raise _broken(f"Unexpected end tag at byte offset {where}")
        if out.open[-1][0] != name:
            raise _broken(
                f'Unmatched end tag at byte offset {where}, expected "</{out.open[-1][0]}>", found "</{name}>"'
            )
        out.end()
        return tag.end()
    if name not in _HTML:
        raise _broken(f'Unsupported start tag "{name}" at byte offset {where}')
    entity: Json = {"type": _HTML[name]}
    if name == "span" and "tg-spoiler" not in attributes:
        raise _broken(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
    if name == "a":
        link = re.search(r"href\s*=\s*[\"']?([^\"'\s>]+)", attributes)
        entity = {"type": "text_link", "url": html.unescape(link.group(1))} if link else {}
    out.start(name, where, entity)
    return tag.end()


def _markdown(text: str, marks: dict[str, str], reserved: set[str]) -> tuple[str, list[Json]]:
    out, at = _Output(), 0
    while at < len(text):
        char = text[at]
        raw = out.open[-1][0] if out.open and out.open[-1][0] in {"`", "```"} else None
        if char == "\\" and at + 1 < len(text) and (text[at + 1] in _RESERVED or text[at + 1] == "\\"):
            out.text += text[at + 1]
            at += 2
        elif raw is not None:
            at = _close_code(text, at, raw, out)
        elif char == "[":
            out.start("[", _bytes(text[:at]), {"type": "text_link"})
            at += 1
        elif char == "]" and out.open and out.open[-1][0] == "[" and (link := _LINK_END.match(text, at)):
            out.end(url=link.group(1))
            at = link.end()
        elif mark := next((m for m in sorted(marks, key=len, reverse=True) if text.startswith(m, at)), None):
            if out.open and out.open[-1][0] == mark:
                out.end()
            else:
                out.start(mark, _bytes(text[:at]), {"type": marks[mark]})
            at += len(mark)
        elif char in reserved:
            raise _broken(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")
        else:
            out.text += char
            at += 1
    if out.open:
        mark, where, _, entity = out.open[-1]
        kind = str(entity["type"]).replace("text_link", "").replace("_", " ").title().replace(" ", "")
        named = f"{kind} entity" if reserved and kind else "the entity"
        raise _broken(f"Can't find end of {named} starting at byte offset {where}")
    return out.done()


def _close_code(text: str, at: int, mark: str, out: _Output) -> int:
    if text.startswith(mark, at):
        out.end()
        return at + len(mark)
    out.text += text[at]
    return at + 1


def _markdown_v2(text: str) -> tuple[str, list[Json]]:
    return _markdown(re.sub(r"(?m)^>", "", text), _V2, _RESERVED)


def _markdown_v1(text: str) -> tuple[str, list[Json]]:
    return _markdown(text, _V1, set())


_MODES: dict[str, Callable[[str], tuple[str, list[Json]]]] = {
    "html": _html,
    "markdown": _markdown_v1,
    "markdownv2": _markdown_v2,
    "none": lambda text: (text, []),
}
