"""Whole conversations, as data, through both actors on both databases."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from storage.shared_tables import Actor
from tests.conftest import ACTORS, Clock, Databases, Keys, PostgresServer
from tests.e2e.player import Player, conversations
from tests.e2e.split import shared_values
from tests.e2e.stage import Stage, moment

CONVERSATIONS = dict(conversations())
MEMORY = Path("/dev/shm")
Copies = Callable[[], AbstractContextManager[Databases]]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def copies(request: pytest.FixtureRequest, keys: Keys) -> Iterator[Copies]:
    """Makes copies of two stores in which flows/ is published, the group bound and a caseworker has joined."""
    kind: str = request.param
    templates: Callable[[Actor], str] = request.getfixturevalue(f"{kind}_templates")
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.databases(*(templates(actor) for actor in ACTORS)) as opened:
            asyncio.run(_open(opened, keys))
            names = [urlsplit(opened.url(actor)).path[1:] for actor in ACTORS]
            yield lambda: server.databases(*names)
        return
    # No power cut is played here: in memory a commit costs nothing.
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        _copied(templates, Path(folder)) as opened,
    ):
        asyncio.run(_open(opened, keys))
        found = {actor: opened.url(actor).removeprefix("sqlite:///") for actor in ACTORS}
        yield lambda: _copied(lambda actor: found[actor], Path(folder))


@contextmanager
def _copied(templates: Callable[[Actor], str], folder: Path) -> Iterator[Databases]:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        for actor in ACTORS:
            shutil.copy(templates(actor), f"{own}/{actor}.db")
        yield Databases(*(f"sqlite:///{own}/{actor}.db" for actor in ACTORS))


async def _open(databases: Databases, keys: Keys) -> None:
    stage = Stage(databases, keys, Clock())
    try:
        await stage.open()
    finally:
        await stage.close()


@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
async def test_conversation(conversation: dict[str, Any], copies: Copies, keys: Keys, clock: Clock) -> None:
    clock.advance(moment(str(conversation.get("at", "10:00"))) - clock.now())
    with copies() as databases:
        stage = Stage(databases, keys, clock)
        try:
            await Player(stage).play(conversation)
        finally:
            await stage.close()
        assert shared_values(databases) == set(), "the two stores can be joined without any key"
