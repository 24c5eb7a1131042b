"""Reads tests/bad_input/: what nobody planned for, as data.

messages.json  content of a message, by kind; `expect`: words, film (asked about first), sound, place, card (not kept),
               captioned (unreadable, its words are kept),
               large, unreadable (said kindly), service (silence)
updates.json   updates that hold no such message; `expect`: unserved (never a turn), stale (an old button), quiet
texts.json     what somebody may type; `times` and `after` spare pages; `steers`: whether it means a word of ours
malformed.json raw JSON; `expect`: malformed (counted), ignored, read (what can be read is); `bare`: the whole update;
               `fill`, `after` and `times`: what stands for `@` and `$` in it
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "bad_input"
STORY = "aku takut sekali"
"""Three words: whatever holds them is kept, wherever it was written."""


@dataclass(frozen=True)
class Kind:
    """One kind of message or update."""

    name: str
    expect: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Text:
    """Something that somebody typed. `steers`: it means a word of ours; None: that is not what it is about."""

    name: str
    text: str
    steers: bool | None


@dataclass(frozen=True)
class Raw:
    """The JSON text of one update, as it comes over the wire."""

    name: str
    expect: str
    bare: bool
    text: str

    def numbered(self, number: int) -> str:
        """The same with an update_id, unless its own is what is wrong with it."""
        return self.text if self.bare else f'{{"update_id": {number}, {self.text[1:]}'


@cache
def messages() -> list[Kind]:
    return [Kind(one["name"], one["expect"], one["content"]) for one in _read("messages")]


@cache
def updates() -> list[Kind]:
    return [Kind(one["name"], one["expect"], one["update"]) for one in _read("updates")]


@cache
def texts() -> list[Text]:
    return [
        Text(one["name"], one["text"] * one.get("times", 1) + one.get("after", ""), one.get("steers"))
        for one in _read("texts")
    ]


@cache
def malformed() -> list[Raw]:
    return [Raw(one["name"], one["expect"], one.get("bare", False), _filled(one)) for one in _read("malformed")]


def files() -> set[str]:
    """The handle of every file that a message of the corpus holds."""
    return {one for name in ("messages", "malformed") for one in re.findall(r'"file_id\W+([\w-]+)', _text(name))}


def markers() -> list[str]:
    """The words of the corpus that must stand in no log and no file."""
    found = {one for name in ("messages", "updates", "texts") for one in re.findall(r"\w*penanda\d\d", _text(name))}
    return sorted(found)


def _filled(one: dict[str, Any]) -> str:
    times = one.get("times", 0)
    return str(one["raw"]).replace("@", one.get("fill", "") * times).replace("$", one.get("after", "") * times)


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_text(name))
    return found


def _text(name: str) -> str:
    return (FOLDER / f"{name}.json").read_text("utf-8")
