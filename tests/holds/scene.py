"""An office at some moment, made once for a module and played on from many times, each time as if nothing else were."""

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import pytest

from storage.pragmas import path_of
from storage.shared_tables import Actor
from tests.conftest import ACTORS, Clock, Databases, Keys, PostgresServer
from tests.holds.crew import Crew

MEMORY = Path("/dev/shm")
MEETINGS: Final = [("sqlite", "first"), ("sqlite", "second"), ("sqlite", "together"), ("postgres", "together")]
"""Databases and orders of two acts: one after the other is the same on both."""
meetings = pytest.mark.parametrize(("scene", "order"), MEETINGS, indirect=["scene"])


class Scene:
    """The office as it is when `play` begins."""

    def __init__(self, crew: Crew, copies: Callable[[], "Iterator[Databases]"], keys: Keys) -> None:
        self._crew, self._copies, self._keys = crew, copies, keys
        self.kind = crew.databases.kind

    @asynccontextmanager
    async def play(self, clock: Clock, desks: int = 1) -> AsyncIterator[Crew]:
        """A copy of it. `desks`: processes of the desk, where the database allows more than one."""
        clock.advance(self._crew.clock.now() - clock.now())
        with contextmanager(self._copies)() as databases:
            old = copy.copy(self._crew)
            old.public, old.private = copy.deepcopy(old.public), copy.deepcopy(old.private)
            old.hands, old.troubles = list(old.hands), list(old.troubles)
            made = Crew(databases, self._keys, clock, desks=1 if self.kind == "sqlite" else desks, after=old)
            try:
                yield made
            finally:
                await made.close()


def made(request: pytest.FixtureRequest, prepare: Callable[[Crew], Awaitable[object]]) -> Iterator[Scene]:
    """For a fixture of a module's own, with "sqlite" or "postgres" as its parameter."""
    kind: str = request.param
    keys: Keys = request.getfixturevalue("keys")
    templates: Callable[[Actor], str] = request.getfixturevalue(f"{kind}_templates")
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")

        def databases(*names: str) -> Iterator[Databases]:
            with server.databases(*names) as found:
                yield found

        with contextmanager(databases)(*(templates(actor) for actor in ACTORS)) as first:
            crew = asyncio.run(_prepared(first, keys, prepare))
            names = [urlsplit(first.url(actor)).path[1:] for actor in ACTORS]
            yield Scene(crew, lambda: databases(*names), keys)
        return
    with (
        TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        contextmanager(_files)(templates, folder) as first,
    ):
        crew = asyncio.run(_prepared(first, keys, prepare))
        yield Scene(crew, lambda: _files(lambda actor: str(path_of(first.url(actor))), folder), keys)


def _files(source: Callable[[Actor], str], folder: str) -> Iterator[Databases]:
    with TemporaryDirectory(dir=folder) as own:
        for actor in ACTORS:
            shutil.copy(source(actor), f"{own}/{actor}.db")
        yield Databases(*(f"sqlite:///{own}/{actor}.db" for actor in ACTORS))


async def _prepared(databases: Databases, keys: Keys, prepare: Callable[[Crew], Awaitable[object]]) -> Crew:
    crew = Crew(databases, keys, Clock())
    try:
        await crew.open()
        await prepare(crew)
    finally:
        await crew.close()
    return crew
