"""One store in a SQLite file: a writer thread that begins with the first write, a pool of readers, a file lock."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from storage import pragmas
from storage.errors import StoreDown, translated
from storage.lock import FileLock
from storage.topics import Topics
from storage.writer import CLOSING_PATIENCE, Writer

T = TypeVar("T")
ENDING_PATIENCE = 6.0
"""Seconds in which a service that was told to end has ended; the next one waits so long for its place."""


class SqliteBackend:
    """One store in a SQLite file."""

    def __init__(self, url: str) -> None:
        path = pragmas.path_of(url)
        pragmas.make_file(path)
        self.topics = Topics()
        self._path, self._lock_path = path, pragmas.lock_path_of(url)
        self._reading = pragmas.engine_for(path, "reader")
        self._commanding = pragmas.engine_for(path, "command")
        self._writer: Writer | None = None
        self._opening = threading.Lock()
        self._closed = False
        self._serving: FileLock | None = None
        self.read_now(lambda connection: connection.exec_driver_sql("SELECT 1"))  # asserts the settings

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Hands the work to the writer thread. The future is done after the commit."""
        with self._opening:
            if self._closed:
                raise StoreDown("the store is closed")
            if self._writer is None:
                # Not before: a command that only uses `transaction` must not be a second one that checkpoints.
                engine = pragmas.engine_for(self._path, "writer")
                self._writer = Writer(engine, FileLock(self._lock_path), self.topics)
        return self._writer.submit(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """What the work returns on a snapshot of its own."""
        with translated(), self._reading.connect() as connection, connection.begin():
            return work(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction for a command, under the lock file: committed by the caller, else rolled back."""
        with FileLock(self._lock_path, patience=None), translated(), self._commanding.connect() as connection:
            connection.begin()
            yield connection
            self.topics.tell(connection)

    def serve_alone(self) -> None:
        """Holds `<database>.serving` for the life of this store. Raises StoreDown if another service holds it."""
        lock = FileLock(self._path.with_name(f"{self._path.name}.serving"), patience=ENDING_PATIENCE)
        try:
            lock.__enter__()
        except StoreDown:
            raise StoreDown("another service already works on it: end that one first") from None
        self._serving = lock

    def close(self) -> None:
        """Waits for what was accepted."""
        with self._opening:
            self._closed = True
        if self._writer is not None:
            self._writer.close()
        if self._serving is not None:
            self._serving.__exit__(None, None, None)
        # The last connection to close checkpoints, which only the holder of the lock may do. If another process keeps
        # the lock, it has a connection itself, and ours is not the last.
        try:
            with FileLock(self._lock_path, CLOSING_PATIENCE):
                self._reading.dispose()
        except StoreDown:
            self._reading.dispose()
