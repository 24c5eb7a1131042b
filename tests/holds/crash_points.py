"""Where a crash would leave something half done: every commit, every call to the outside, every file that is made.

The places are found in the source, and stand by name in tests/crash_points.txt. Each is two points: just before it
takes effect (what a transaction did is done, and not committed), and just after (the caller has not gone on).
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
LIST: Final = CHECKOUT / "tests" / "crash_points.txt"
PACKAGES: Final = ("bot", "handoff", "storage")
SIDES: Final = ("before", "after")

PASSED_ON: Final = frozenset(
    {
        "storage.store.Unit.commit",
        "bot.cli.desk_access.DeskAccess.write",
        "bot.channels.delivery.Delivery._mark",
    }
)
"""What commits for its caller: the caller is the place."""
_COMMITS: Final = frozenset({"write", "commit", "_mark"})
_OTHER_WRITERS: Final = frozenset({"audit", "relay", "file", "sys.stdout", "self._stream"})
"""Whoever else has a method `write`."""
_FILES: Final = frozenset({"make_folder", "write_new", "publish"})

_METHODS: Final = {"initialize": "getMe", "raw_updates": "getUpdates", "download_as_bytearray": "download"}
"""Methods of the library's Bot whose names are not the Bot API's in another spelling."""
_NO_CALLS: Final = frozenset({"shutdown"})
_BOTS: Final = re.compile(r"(.*\.)?_?bot")


@dataclass(frozen=True)
class Place:
    """A commit in the source."""

    file: str
    first: int
    last: int
    name: str


@dataclass(frozen=True)
class Listed:
    """A line of tests/crash_points.txt. `section`: the heading above it, who reaches it."""

    section: str
    kind: str
    who: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.who} {self.kind} {self.name}"


def listed() -> list[Listed]:
    """What stands in tests/crash_points.txt: `[section]`, then lines `WHO commit|call|file NAME`."""
    found, section = [], ""
    for line in LIST.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            who, kind, name = line.split(maxsplit=2)
            found.append(Listed(section, kind, who, name))
    return found


@cache
def commits() -> dict[tuple[str, int], str]:
    """(file, line) → name of the commit that stands there."""
    places = [place for tree in _sources() for place in _commits_of(*tree)]
    assert len({place.name for place in places}) == len(places), "two commits have the same name"
    return {(one.file, line): one.name for one in places for line in range(one.first, one.last + 1)}


def calls() -> set[str]:
    """Every method of the Bot API that is called, and `download` for a file."""
    return {method for _, _, tree in _sources() for method in _calls_of(tree)}


def files() -> set[str]:
    """Every function that makes files of keys, with what it makes them by."""
    return {
        f"{module}.{where}: {node.func.attr}"
        for module, _, tree in _sources()
        for where, node in _calls_in(tree)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in _FILES
        and ast.unparse(node.func.value) == "keyfiles"
    }


@cache
def _sources() -> tuple[tuple[str, str, ast.Module], ...]:
    found = [path for package in PACKAGES for path in sorted((CHECKOUT / package).rglob("*.py"))]
    return tuple(
        (".".join(path.relative_to(CHECKOUT).with_suffix("").parts), str(path), ast.parse(path.read_text("utf-8")))
        for path in found
        if "migrations" not in path.parts
    )


def _calls_in(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the qualified name of the function or class that it stands in."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        inside = f"{within}.{node.name}".lstrip(".") if named else within  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            yield within, node
        yield from _calls_in(node, inside)


def _commits_of(module: str, file: str, tree: ast.Module) -> Iterator[Place]:
    for where, node in _calls_in(tree):
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _COMMITS:
            continue
        name = f"{module}.{where}"
        if name in PASSED_ON or ast.unparse(node.func.value) in _OTHER_WRITERS:
            continue
        work = f": {_what(node.args[0])}" if node.args else ""
        yield Place(file, node.lineno, node.end_lineno or node.lineno, name + work)


def _what(work: ast.expr) -> str:
    """What a transaction does, in few words: the function that is called in it."""
    if isinstance(work, ast.Lambda):
        return _what(work.body)
    if isinstance(work, ast.IfExp):
        return f"{_what(work.body)} or {_what(work.orelse)}"
    named = work.func if isinstance(work, ast.Call) else work
    return ast.unparse(named).removeprefix("self.")


def _calls_of(tree: ast.Module) -> Iterator[str]:
    awaited = [node.value for node in ast.walk(tree) if isinstance(node, ast.Await)]
    awaiting = {id(inner) for outer in awaited for inner in ast.walk(outer)}
    for _, node in _calls_in(tree):
        if not isinstance(node.func, ast.Attribute) or id(node) not in awaiting:
            continue
        method, receiver = node.func.attr, ast.unparse(node.func.value)
        if method == "_post" or method in _NO_CALLS:
            continue
        if _BOTS.fullmatch(receiver) or method in _METHODS:
            yield _METHODS.get(method) or re.sub(r"_(\w)", lambda found: found[1].upper(), method)
