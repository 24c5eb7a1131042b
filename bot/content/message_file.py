"""messages/*.yaml: what the program says by itself; key -> text."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.content.finding import Where
from bot.content.nodes import Entries
from bot.content.shape import Reader, suggestion


@dataclass(frozen=True, slots=True)
class Messages:
    """The texts of one file, and where each stands."""

    file: str
    texts: Mapping[str, str]
    lines: Mapping[str, int]

    def at(self, key: str) -> Where:
        """The place of a message."""
        return Where(self.file, self.lines.get(key, 1), key)


def parse_messages(root: Entries, reader: Reader, known: Mapping[str, frozenset[str]]) -> Messages:
    """The messages of a file. A key that the program needs and that is missing is an error, one too many a warning."""
    texts: dict[str, str] = {}
    lines: dict[str, int] = {}
    for key, entry in root.entries.items():
        within = reader.at(entry.line, key)
        if key not in known:
            within.sheet.warning("message_unused", within.where, key=key, like=suggestion(key, known))
        text = within.text(entry.value, key)
        if text is not None:
            texts[key], lines[key] = text, entry.line
    for key in known:
        if key not in root.entries:
            reader.at(root.line).error("message_missing", key=key)
    return Messages(reader.where.file, texts, lines)
