"""PostgreSQL through psycopg 3: each write is a transaction of its own in a small pool of threads.

Any number of processes may write. Transactions are serializable, so that a turn may reason as it does under SQLite's
single writer; the server refuses those that cannot be put in an order, and they are run again.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from storage.errors import REFUSED_FOR_NOW, StoreDown, StoreFaulty, translated
from storage.topics import Topics

T = TypeVar("T")

_WRITERS: Final = 8
_READERS: Final = 4
_TRIES: Final = 20
# What was refused is run again after the others that were, whichever process they belong to: the lock stands in no
# first try's way, and is taken before the transaction's snapshot (postgresql.org/docs, LOCK). Without it, 60 turns at
# once that write to one row (the audit log's counter) went on refusing each other until 30 of them had to give up.
_IN_TURN: Final = "LOCK TABLE meta IN SHARE UPDATE EXCLUSIVE MODE"
_SESSION: Final = "-c synchronous_commit=on -c lock_timeout=5s -c statement_timeout=30s -c timezone=UTC"


def engine_url(url: str) -> str:
    """`postgresql://…` or `postgres://…` as SQLAlchemy's name for psycopg 3."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def engine_for(url: str, connections: int) -> Engine:
    """An engine with at most so many connections, none kept waiting for longer than five seconds.

    Its connections raise StoreFaulty where the server commits without waiting for its disk: a pooler in between may
    drop the options that we ask for.
    """
    engine = create_engine(
        engine_url(url),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": _SESSION},
    )

    @event.listens_for(engine, "connect")
    def settle(connection: psycopg.Connection[tuple[str]], _record: object) -> None:
        found = connection.execute("SHOW synchronous_commit").fetchone()
        connection.rollback()
        if found == ("off",):
            raise StoreFaulty("synchronous_commit is off; expected on: set it so for this user at the server")

    return engine


class PostgresBackend:
    """One store on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.topics = Topics()
        engine = engine_for(url, _WRITERS + _READERS)
        self._writing = engine.execution_options(isolation_level="SERIALIZABLE")
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writers = ThreadPoolExecutor(_WRITERS, "store-writer")

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Runs the work in a transaction, more than once if need be. The future is done after the commit."""
        try:
            return self._writers.submit(self._write, work)
        except RuntimeError:
            raise StoreDown("the store is closed") from None

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """What the work returns on a snapshot of its own."""
        with translated(), self._reading.connect() as connection, connection.begin():
            return work(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction for a command: committed by the caller, else rolled back."""
        with translated(), self._writing.connect() as connection:
            connection.begin()
            yield connection
            self.topics.tell(connection)

    def serve_alone(self) -> None:
        """Any number of processes may serve: leases tell what is in flight."""

    def close(self) -> None:
        """Waits for what was accepted."""
        self._writers.shutdown(wait=True)
        self._writing.dispose()

    def _write(self, work: Callable[[Connection], T]) -> T:
        with translated():
            for tried in range(_TRIES):
                try:
                    with self._writing.connect() as connection:
                        with connection.begin():
                            if tried:
                                connection.exec_driver_sql(_IN_TURN)
                            result = work(connection)
                        self.topics.tell(connection)
                    return result
                except DBAPIError as error:
                    if not isinstance(error.orig, REFUSED_FOR_NOW):
                        raise
        raise StoreDown("too many transactions at once: none could be put in an order")
