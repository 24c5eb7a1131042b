"""What a file of an admin is made of once read: texts, lists and maps, each with its line."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text exactly as it was typed (`no`, `0` and `08:30` stay text)."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: "tuple[Node, ...]"
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a map; `line` is the key's."""

    value: "Node"
    line: int


@dataclass(frozen=True, slots=True)
class Entries:
    """A map, in the order of the file."""

    entries: Mapping[str, Entry]
    line: int


Node = Scalar | Items | Entries
