"""A store: where one actor's turns are committed, as a whole or not at all. SQLite or PostgreSQL behind one face.

`write` is for turns (asynchronous; they share commits on SQLite), `unit` for verbs of the command line, `read` and
`read_now` for snapshots. A function given to them gets a SQLAlchemy Connection inside a transaction: it executes Core
statements, and does not commit. It may be run more than once (PostgreSQL), so it changes nothing but the database.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine

from storage import migrate, postgres, pragmas, sqlite
from storage.errors import (
    Conflict,
    ConstraintBroken,
    MigrationPending,
    StoreDown,
    StoreFaulty,
    translated,
)
from storage.shared_tables import Actor
from storage.topics import Topic, Topics, announce

__all__ = [
    "Conflict",
    "ConstraintBroken",
    "MigrationPending",
    "Peer",
    "Readable",
    "Store",
    "StoreDown",
    "StoreFaulty",
    "Unit",
    "announce",
]

T = TypeVar("T")


class Readable(Protocol):
    """Whatever can be read on a snapshot: a store, or a peer's."""

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """What the work returns. Raises StoreDown."""


class Unit:
    """One transaction of a command-line verb; rolled back unless committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._committed = False

    @property
    def connection(self) -> Connection:
        """The connection, until the commit: what came after it would be lost without a word."""
        if self._committed:
            raise StoreFaulty("this unit of work is committed")
        return self._connection

    def commit(self) -> None:
        """Makes it durable. Raises StoreDown if it could not be, Conflict if another transaction was in the way."""
        connection = self.connection
        with translated():
            connection.commit()
        self._committed = True


class _Backend(Protocol):
    topics: Topics

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]": ...

    def read_now(self, work: Callable[[Connection], T]) -> T: ...

    def transaction(self) -> AbstractContextManager[Connection]: ...

    def serve_alone(self) -> None: ...

    def close(self) -> None: ...


class Store:
    """One actor's store."""

    def __init__(self, actor: Actor, backend: _Backend) -> None:
        self.actor = actor
        self._backend = backend
        self._readers = ThreadPoolExecutor(pragmas.READERS, "store-reader")
        self.failing = False
        """Whether the last turn could not be committed because the store is down."""

    @classmethod
    def open(cls, url: str, actor: Actor) -> "Store":
        """Opens a migrated store.

        Raises MigrationPending if its tables are not this program's or another actor's, StoreDown if it can't be
        reached, StoreFaulty if SQLite can't be set up as it must be.
        """
        migrate.require_current(url, actor)
        return cls(actor, sqlite.SqliteBackend(url) if url.startswith("sqlite:") else postgres.PostgresBackend(url))

    @staticmethod
    def open_peer(url: str) -> "Peer":
        """A read-only view of the other actor's store; opens nothing yet, as the peer may be down."""
        return Peer(url)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction and returns its result after the commit.

        What `work` raises undoes it alone and is raised here. Raises StoreDown if the commit failed: then nothing was
        written. A caller that is cancelled while `work` runs does not learn that it was committed all the same.
        """
        try:
            result = await asyncio.wrap_future(self._backend.submit(work))
        except StoreDown:
            self.failing = True
            raise
        self.failing = False
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` on a snapshot, in another thread. Raises StoreDown."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._backend.read_now, work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` on a snapshot, in this thread: for verbs and tests. Raises StoreDown."""
        return self._backend.read_now(work)

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """One transaction of a command-line verb: `with store.unit() as unit: …; unit.commit()`.

        On SQLite it holds the store's lock file, so a running bot waits for it: ask people first, open it then.
        """
        with self._backend.transaction() as connection:
            yield Unit(connection)

    def listen(self, topic: Topic, callback: Callable[[], None]) -> None:
        """Has `callback` called after each commit in which `topic` was announced, from another thread."""
        self._backend.topics.listen(topic, callback)

    def serve_alone(self) -> None:
        """For services, not for verbs: one process delivers from a SQLite store. Raises StoreDown if another does."""
        self._backend.serve_alone()

    def close(self) -> None:
        """Waits until all that was accepted is committed. May be called twice."""
        self._readers.shutdown(wait=True)
        self._backend.close()


class Peer:
    """The other actor's store, read-only. Whatever goes wrong with it is StoreDown: the peer is down, try again."""

    def __init__(self, url: str) -> None:
        self._engine = _peer_engine(url)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` on a snapshot. Raises StoreDown."""
        try:
            with translated(), self._engine.connect() as connection, connection.begin():
                return work(connection)
        except StoreFaulty as error:
            # No tables yet, no grant yet: to us it is a peer that cannot be read now.
            raise StoreDown(str(error)) from None

    def close(self) -> None:
        """Ends what is open to the peer; reading again opens it anew."""
        self._engine.dispose()


def _peer_engine(url: str) -> Engine:
    if url.startswith("sqlite:"):
        return pragmas.engine_for(pragmas.path_of(url), "peer")
    return create_engine(
        postgres.engine_url(url),
        pool_size=2,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": "-c default_transaction_read_only=on -c statement_timeout=30s"},
    )
