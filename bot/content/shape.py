"""Typed access to nodes: every mismatch becomes a finding with the keyword, the line and the nearest right spelling."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rapidfuzz import fuzz, process

from bot.content.finding import Sheet, Where
from bot.content.nodes import Entries, Entry, Items, Node, Scalar
from bot.content.sentences import system

ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: Below this likeness (0–100) a suggestion would confuse more than help.
_LIKE = 60


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known word most like this one; else all of them, if few; else that there is none: ends a sentence."""
    choices = sorted(known)
    best = process.extractOne(word.lower(), choices, scorer=fuzz.ratio, score_cutoff=_LIKE)
    if best:
        return f"{best[0]}?"
    return ", ".join(choices) if choices and len(choices) <= 16 else system("tidak_mirip")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads nodes of one file (and step) onto one sheet. Methods give None or nothing where they wrote a finding."""

    sheet: Sheet
    where: Where

    def at(self, line: int, step: str | None = None) -> "Reader":
        """The same reader at another line, perhaps inside a step."""
        return Reader(self.sheet, replace(self.where, line=line, step=step or self.where.step))

    def entries(self, node: Node, name: str) -> Mapping[str, Entry] | None:
        """The entries of a map."""
        if isinstance(node, Entries):
            return node.entries
        self.at(node.line).error("want_map", name=name)
        return None

    def items(self, node: Node, name: str) -> tuple[Node, ...]:
        """The items of a list that is not empty."""
        if isinstance(node, Items) and node.items:
            return node.items
        self.at(node.line).error("want_list", name=name)
        return ()

    def text(self, node: Node | None, name: str) -> str | None:
        """A text that is not empty; spaces around it are cut off."""
        if node is None:
            return None
        if isinstance(node, Scalar) and node.text.strip():
            return node.text.strip()
        self.at(node.line).error("want_text", name=name)
        return None

    def texts(self, node: Node | None, name: str) -> tuple[str, ...]:
        """A list of texts; nothing if there is no node."""
        if node is None:
            return ()
        return tuple(text for item in self.items(node, name) if (text := self.text(item, name)) is not None)

    def lists(self, node: Node, name: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
        """The entries of a map of lists of texts: key, line, texts."""
        for key, entry in (self.entries(node, name) or {}).items():
            yield key, entry.line, self.at(entry.line, key).texts(entry.value, key)

    def identifier(self, node: Node | None, name: str) -> str | None:
        """An id as FLOWS.md section 1 has it."""
        text = self.text(node, name)
        if node is None or text is None or ID.fullmatch(text):
            return text
        self.at(node.line).error("id_form", id=text)
        return None

    def only(self, entries: Mapping[str, Entry], known: Iterable[str]) -> None:
        """A finding for every key that is not known here."""
        known = tuple(known)
        for key, entry in entries.items():
            if key not in known:
                self.at(entry.line).error("key_unknown", key=key, like=suggestion(key, known))

    def needs(self, entries: Mapping[str, Entry], *keys: str) -> bool:
        """Whether all these keys are there; a finding for each that is not."""
        missing = [key for key in keys if key not in entries]
        for key in missing:
            self.error("key_missing", key=key)
        return not missing

    def error(self, rule: str, **values: object) -> None:
        """An error at this reader's place."""
        self.sheet.error(rule, self.where, **values)


def value(entries: Mapping[str, Entry], key: str) -> Node | None:
    """The node under a key, None if it is not there."""
    entry = entries.get(key)
    return entry.value if entry else None
