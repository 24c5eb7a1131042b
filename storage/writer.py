"""The one thread that writes to a SQLite store, in batches that share a commit.

A durable commit costs a flush of the disk, whatever it holds. So the writer takes what waits (at most 64 turns, without
waiting for more), gives each its savepoint, commits once, and only then answers all of them.
"""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from storage.errors import StoreDown, StoreFaulty, translated
from storage.lock import FileLock
from storage.pragmas import truncate_wal
from storage.topics import Topics

T = TypeVar("T")

_BATCH = 64
_IDLE_SECONDS = 0.5  # so long without work, then the WAL is emptied
_FULL_WAL_SECONDS = 60.0  # under constant work it is emptied this often
CLOSING_PATIENCE = 0.5  # seconds: a process that is asked to end must not wait for another one
_TRY_AGAIN_SECONDS = 5.0  # if a reader was in the way, under constant work


@dataclass
class _Turn:
    work: Callable[[Connection], Any]
    answer: "Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Takes functions of a connection, answers with futures that are done after the commit."""

    def __init__(self, engine: Engine, lock: FileLock, topics: Topics) -> None:
        self._engine, self._lock, self._topics = engine, lock, topics
        self._queue: SimpleQueue[_Turn | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._dirty = False  # the WAL holds something
        self._empty_at = math.inf
        self._may_commit = False
        event.listen(engine, "commit", self._only_the_writer_commits)
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Queues the work. The future fails with what the work raised, or with StoreDown if nothing was committed."""
        turn = _Turn(work, Future())
        with self._closing:
            if self._closed:
                raise StoreDown("the store is closed")
            self._queue.put(turn)
        return turn.answer

    def close(self) -> None:
        """Waits until all that was accepted is committed, empties the WAL, ends the thread. May be called twice."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._lock.patience = CLOSING_PATIENCE
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                first = self._queue.get(timeout=_IDLE_SECONDS if self._dirty else None)
            except Empty:
                self._empty_wal()
                continue
            batch, last = self._gather(first)
            if batch:
                self._answer(batch, self._commit(batch))
            if last:
                break
            if time.monotonic() > self._empty_at:
                self._empty_wal()
        self._empty_wal()
        if self._connection is not None:
            # Under the lock, because the last connection to close checkpoints.
            with suppress(DBAPIError, StoreDown), self._lock:
                self._connection.close()

    def _gather(self, first: _Turn | None) -> tuple[list[_Turn], bool]:
        """(what waits and was not given up by its caller, whether the queue has ended)."""
        batch: list[_Turn] = []
        turn = first
        while turn is not None:
            if turn.answer.set_running_or_notify_cancel():
                batch.append(turn)
            if len(batch) >= _BATCH:
                return batch, False
            try:
                turn = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[_Turn]) -> StoreDown | None:
        """Runs and commits the batch; returns why nothing of it was committed, or None."""
        try:
            with self._lock:
                self._commit_locked(batch)
        except StoreDown as error:
            return error
        if not self._dirty:
            self._dirty, self._empty_at = True, time.monotonic() + _FULL_WAL_SECONDS
        return None

    def _commit_locked(self, batch: list[_Turn]) -> None:
        try:
            with translated():
                connection = self._connect()
                with connection.begin():
                    for turn in batch:
                        _run_turn(connection, turn)
                    self._may_commit = True
        # The thread must outlive whatever happens, and every waiter gets an answer.
        except BaseException as error:
            self._connection, lost = None, self._connection
            if lost is not None:
                with suppress(DBAPIError):
                    lost.close()  # rolls back
            if isinstance(error, StoreDown):
                raise
            raise StoreDown(f"the batch was rolled back: {type(error).__name__}") from None
        finally:
            self._may_commit = False

    def _answer(self, batch: list[_Turn], down: StoreDown | None) -> None:
        for turn in batch:
            error = turn.error or down
            if error is None:
                turn.answer.set_result(turn.result)
            else:
                turn.answer.set_exception(error)
        if down is None and self._connection is not None:
            self._topics.tell(self._connection)

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _empty_wal(self) -> None:
        if not self._dirty:
            return
        self._empty_at = time.monotonic() + _TRY_AGAIN_SECONDS
        with suppress(StoreDown, StoreFaulty), translated(), self._lock:
            self._dirty = not truncate_wal(self._connect())

    def _only_the_writer_commits(self, _connection: Connection) -> None:
        if not self._may_commit:
            raise StoreFaulty("a turn does not commit: others share its transaction")


def _run_turn(connection: Connection, turn: _Turn) -> None:
    """Runs one turn in its savepoint; what it raises undoes it alone. Raises only if the whole batch is lost."""
    connection.exec_driver_sql("SAVEPOINT turn")
    try:
        with translated():
            turn.result = turn.work(connection)
    # Whatever the work raises belongs to its caller.
    except BaseException as error:  # noqa: BLE001
        turn.error = error
        connection.exec_driver_sql("ROLLBACK TO turn")
    connection.exec_driver_sql("RELEASE turn")
