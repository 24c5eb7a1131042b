"""An office at some moment, made once for a module and played on from many times, each time as if nothing else were."""

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import pytest

from storage.pragmas import path_of
from storage.shared_tables import Actor
from tests.conftest import ACTORS, Clock, Databases, Keys
from tests.holds.crew import Crew

Copies = Callable[..., AbstractContextManager[Databases]]
MEMORY = Path("/dev/shm")
MEETINGS: Final = [("sqlite", "first"), ("sqlite", "second"), ("sqlite", "together"), ("postgres", "together")]
"""Databases and orders of two acts: one after the other is the same on both."""
meetings = pytest.mark.parametrize(("scene", "order"), MEETINGS, indirect=["scene"])


class Scene:
    """The office as it is when `play` begins."""

    def __init__(self, crew: Crew, copies: Callable[[], AbstractContextManager[Databases]], keys: Keys) -> None:
        self._crew, self._copies, self._keys = crew, copies, keys
        self.kind = crew.databases.kind

    @asynccontextmanager
    async def play(self, clock: Clock, desks: int = 1) -> AsyncIterator[Crew]:
        """A copy of it. `desks`: processes of the desk, where the database allows more than one."""
        clock.advance(self._crew.clock.now() - clock.now())
        with self._copies() as databases:
            old = copy.copy(self._crew)
            old.public, old.private = copy.deepcopy(old.public), copy.deepcopy(old.private)
            old.hands, old.troubles = list(old.hands), list(old.troubles)
            made = Crew(databases, self._keys, clock, desks=1 if self.kind == "sqlite" else desks, after=old)
            try:
                yield made
            finally:
                await made.close()


class Scenes:
    """One scene of a module for each database, made when it is first asked for."""

    def __init__(self, prepare: Callable[[Crew], Awaitable[object]]) -> None:
        self._prepare, self._made, self._stack = prepare, dict[str, Scene](), ExitStack()

    def of(self, kind: str, request: pytest.FixtureRequest) -> Scene:
        """The scene on "sqlite" or "postgres"."""
        if kind not in self._made:
            keys: Keys = request.getfixturevalue("keys")
            templates: Callable[[Actor], str] = request.getfixturevalue(f"{kind}_templates")
            if kind == "postgres":
                copies: Copies = request.getfixturevalue("postgres_server").databases
            else:
                folder = TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
                copies = partial(_files, self._stack.enter_context(folder))
            first = self._stack.enter_context(copies(*(templates(actor) for actor in ACTORS)))
            names = [path_of(url) if kind == "sqlite" else urlsplit(url).path[1:] for url in first]
            crew = asyncio.run(_prepared(first, keys, self._prepare))
            self._made[kind] = Scene(crew, lambda: copies(*map(str, names)), keys)
        return self._made[kind]

    def close(self) -> None:
        """The stores are gone."""
        self._stack.close()


@contextmanager
def _files(folder: str, *sources: str) -> Iterator[Databases]:
    with TemporaryDirectory(dir=folder) as own:
        for actor, source in zip(ACTORS, sources, strict=True):
            shutil.copy(source, f"{own}/{actor}.db")
        yield Databases(*(f"sqlite:///{own}/{actor}.db" for actor in ACTORS))


async def _prepared(databases: Databases, keys: Keys, prepare: Callable[[Crew], Awaitable[object]]) -> Crew:
    crew = Crew(databases, keys, Clock())
    try:
        await crew.open()
        await prepare(crew)
    finally:
        await crew.close()
    return crew
