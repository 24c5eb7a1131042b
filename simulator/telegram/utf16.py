"""Lengths and places in text as Telegram counts them: UTF-16 code units."""

import re
from typing import Any

Json = dict[str, Any]

_FOUND = [
    ("bot_command", re.compile(r"(?<![\w/@])/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{3,32}))?(?![\w/])")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z0-9_]{3,32}")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
    ("url", re.compile(r"(?:https?://|www\.)[^\s<>\"]+[^\s<>\".,;:!?)]")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")),
]


def units(text: str) -> int:
    """How many UTF-16 code units `text` has; a lone surrogate counts as one."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def found(text: str) -> list[Json]:
    """The entities Telegram finds by itself in `text`: commands, mentions, hashtags, addresses; no two overlap."""
    taken: list[tuple[int, int]] = []
    entities: list[Json] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            entities.append({"type": kind, "offset": units(text[: match.start()]), "length": units(match.group())})
    return sorted(entities, key=lambda entity: int(entity["offset"]))


def cut(text: str, entity: Json) -> str:
    """The part of `text` that `entity` covers."""
    raw = text.encode("utf-16-le", "surrogatepass")
    start, length = int(entity["offset"]), int(entity["length"])
    return raw[2 * start : 2 * (start + length)].decode("utf-16-le", "surrogatepass")


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """`text` without white space at its ends, and the entities moved and cut to fit."""
    front = units(text) - units(text.lstrip())
    text = text.strip()
    whole = units(text)
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - front)
        end = min(whole, entity["offset"] + entity["length"] - front)
        if end > start:
            moved.append({**entity, "offset": start, "length": end - start})
    return text, moved
