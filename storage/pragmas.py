"""SQLite connections as this project needs them: settings that are asserted, files that only their owner reads.

SQLite before 3.51.3 can corrupt a database in WAL mode when two connections write or checkpoint at the same moment
(the "WAL-reset bug", sqlite.org/wal.html), and distributions ship older ones. Two rules keep us clear of it: everything
that writes holds the lock file (storage/lock.py), and only the writer thread checkpoints, under that lock; all other
connections have automatic checkpoints switched off and are closed under the lock, because the last one to close
checkpoints too.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from storage import durable
from storage.errors import StoreDown, StoreFaulty

Role = Literal["writer", "command", "reader", "peer"]

READERS: Final = 4
BUSY_MILLISECONDS: Final = 5000

# What every connection must answer to PRAGMA name. FULL is a matter of correctness: with NORMAL, 188 of 200 simulated
# power cuts lost rows that had been acknowledged, with FULL none (tried with a VFS that keeps only what was synced).
_MUST: Final[dict[str, str | int]] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "secure_delete": 1,  # erased rows are overwritten, not only unlinked
    "busy_timeout": BUSY_MILLISECONDS,
}
_OF_ROLE: Final[dict[Role, dict[str, str | int]]] = {
    "writer": {"wal_autocheckpoint": 1000},
    "command": {"wal_autocheckpoint": 0},
    "reader": {"wal_autocheckpoint": 0, "query_only": 1},
    "peer": {},
}
_BEGIN: Final[dict[Role, str]] = {
    # A transaction that reads and then writes must begin as a writer: otherwise it meets SQLITE_BUSY that no timeout
    # cures, because its snapshot is out of date.
    "writer": "BEGIN IMMEDIATE",
    "command": "BEGIN IMMEDIATE",
    "reader": "BEGIN",
    "peer": "BEGIN",
}

_FILE: Final = "file"
"""Key in a connection's info: which file it has open."""


def path_of(url: str) -> Path:
    """The database file that a `sqlite:///` URL names, as an absolute path."""
    return Path(make_url(url).database or "").absolute()


def lock_path_of(url: str) -> Path:
    """The lock file of that database: `<database>.lock`."""
    path = path_of(url)
    return path.with_name(path.name + ".lock")


def make_file(path: Path) -> None:
    """Makes the database's directory (0700) and file (0600) where they are missing; leaves existing ones as they are.

    SQLite gives its `-wal` and `-shm` the mode of the database file.
    """
    durable.make_folder(path.parent, 0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        durable.sync_folder(path.parent)


def engine_for(path: Path, role: Role) -> Engine:
    """An engine whose every connection has the settings of its role; raises StoreFaulty if SQLite did not take one."""

    def connect() -> sqlite3.Connection:
        mode = "ro" if role == "peer" else "rw"
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            timeout=BUSY_MILLISECONDS / 1000,
            isolation_level=None,  # Python begins nothing by itself: the "begin" event below does
            check_same_thread=False,
        )
        try:
            if role != "peer":
                _settle(connection, _MUST | _OF_ROLE[role])
        except BaseException:
            connection.close()
            raise
        return connection

    if role == "reader":
        # None beyond the pool: a connection that overflows is closed when it is given back.
        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_size=READERS, max_overflow=0, hide_parameters=True
        )
    else:
        # A peer is opened anew each time: its file may have been replaced by a restored one.
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def connected(_raw: object, record: ConnectionPoolEntry) -> None:
        record.info[_FILE] = _identity(path)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.info[_FILE] != _identity(path):
            # Written there, a turn would be acknowledged and gone with the next start.
            connection.invalidate()
            raise StoreDown("its file was removed, or replaced by another")
        connection.exec_driver_sql(_BEGIN[role])

    return engine


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at `path` now: an open connection goes on with one that was removed, without a word."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def truncate_wal(connection: Connection) -> bool:
    """Moves everything into the database file and empties the WAL; False if a reader still needs it.

    Only the writer calls this, under the lock file, outside a transaction. Erased bytes are gone from the disk's files
    when it returns True.
    """
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise StoreFaulty("not a SQLite connection")
    raw.execute("PRAGMA busy_timeout=20")
    try:
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    return not busy


def _settle(connection: sqlite3.Connection, settings: dict[str, str | int]) -> None:
    for name, value in settings.items():
        connection.execute(f"PRAGMA {name}={value}")
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != value:
            raise StoreFaulty(f"SQLite's {name} is {found!r} where {value!r} is needed")
