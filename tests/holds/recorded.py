"""Stores whose every commit is noted beside what reaches the disk, and what a power cut makes of them.

The writer of a store commits one batch after another. So what is on a disk after a power cut must be the store exactly
as it was after one of these commits: any other content is half a turn. And that commit must not lie before one whose
turns were told that they are committed: those would be lost.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple, TypeVar

import pytest
from sqlalchemy import Connection, Engine, event

from storage import pragmas
from storage.store import Store
from tests.holds.power_cut import KINDS, Disk, Kind, Truncate, Write
from tests.holds.power_cut_vfs import watching

T = TypeVar("T")
Moment = Literal["any", "acknowledged", "checkpoint"]


class Acknowledged(NamedTuple):
    """`store` said that its commit `number` is done, when the log was `at` long."""

    at: int
    store: str
    number: int


class Cut(NamedTuple):
    """One power cut: where in the log, what is left of what was not synced, and the seed for that."""

    at: int
    kind: Kind
    seed: int


@dataclass
class Record:
    """What happened: on the disk, in each store (its content after each commit), to those who wait for commits."""

    disk: Disk
    states: dict[str, list[tuple[int, str]]]
    acknowledged: list[Acknowledged] = field(default_factory=list)

    @property
    def now(self) -> int:
        """The present moment, as a place in the log."""
        return len(self.disk.log)

    def cuts(self, count: int, dice: Random) -> Iterator[Cut]:
        """Moments to cut the power: a third anywhere, a third just after an acknowledgement, a third in checkpoints."""
        stores = {self.disk.file_of(name) for name in self.states}
        moments: tuple[list[int], ...] = (
            list(range(self.now + 1)),
            [one.at for one in self.acknowledged],
            [
                place + dice.randint(0, 1)
                for place, op in enumerate(self.disk.log)
                if isinstance(op, Truncate) or (isinstance(op, Write) and op.file in stores)
            ],
        )
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            yield Cut(dice.choice(moments[number % 3] or moments[0]), kind, dice.getrandbits(32))

    def files_after(self, cut: Cut, deaf: str = "no file") -> dict[str, bytes]:
        """What is on the disk then."""
        return self.disk.after_cut(cut.at, cut.kind, Random(cut.seed), deaf)

    def lost(self, cut: Cut, folder: Path) -> int:
        """How many acknowledged turns are missing in the stores in `folder`; Damaged if one is not a state it had."""
        lost = 0
        for name, states in self.states.items():
            found = _found(folder / name, [digest for at, digest in states if at <= cut.at])
            told = [one.number for one in self.acknowledged if one.store == name and one.at <= cut.at]
            lost += sum(number > found for number in told)
        return lost


class Damaged(Exception):
    """A store that can't be read, or that is not as it was after any commit."""


@contextmanager
def recording(folder: Path) -> Iterator[Record]:
    """Notes what becomes of the stores in `folder`, which must be closed before and afterwards."""
    own_engine, own_write = pragmas.engine_for, Store.write
    record: Record

    def engine_for(path: Path, role: pragmas.Role) -> Engine:
        engine = own_engine(path, role)
        if role in ("writer", "command"):

            @event.listens_for(engine, "commit")
            def commits(connection: Connection) -> None:
                states = record.states.setdefault(path.name, [])
                states.append((record.now, digest(connection.connection.driver_connection)))

        return engine

    async def write(store: Store, work: Callable[[Connection], T]) -> T:
        name, numbers = f"{store.actor}.db", []

        def noted(connection: Connection) -> T:
            numbers.append(len(record.states[name]))
            return work(connection)

        result = await own_write(store, noted)
        record.acknowledged.append(Acknowledged(record.now, name, numbers[-1]))
        return result

    states = {path.name: [(0, digest_of(path))] for path in sorted(folder.glob("*.db"))}
    with watching(folder) as disk, pytest.MonkeyPatch.context() as patch:
        record = Record(disk, states)
        patch.setattr(pragmas, "engine_for", engine_for)
        patch.setattr(Store, "write", write)
        yield record


def digest(connection: Any) -> str:
    """A hash of everything that stands in a store."""
    found = hashlib.blake2b(digest_size=16)
    tables = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    found.update(repr(tables).encode())
    for name, sql in tables:
        if sql is not None and sql.startswith("CREATE TABLE"):
            found.update(repr(connection.execute(f'SELECT * FROM "{name}"').fetchall()).encode())
    return found.hexdigest()


def digest_of(path: Path) -> str:
    """The same of a file, as SQLite opens it. Raises Damaged if it can't be read, or not as a whole."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            trouble = connection.execute("PRAGMA integrity_check").fetchall()
            if trouble != [("ok",)]:
                raise Damaged(f"{path.name}: {trouble[0]}")
            return digest(connection)
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{path.name}: {error}") from None


def _found(path: Path, states: list[str]) -> int:
    """After which commit the store is as it stands there."""
    standing = digest_of(path)
    for number in reversed(range(len(states))):
        if states[number] == standing:
            return number
    raise Damaged(f"{path.name} is not as it was after any of its {len(states)} commits")
