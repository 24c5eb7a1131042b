"""What can go wrong with a store, without any value in it: databases quote rows in messages, so none is passed on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg.errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class StoreDown(Exception):
    """The store can't be used now: locked, gone, full, not answering. Nothing was committed that was not said to be."""


class Conflict(Exception):
    """Somebody else was first: a lost compare-and-set. Raised by whoever compares; the turn is decided anew."""


class ConstraintBroken(Exception):
    """The database refused a row; the message names the constraint."""


class StoreFaulty(Exception):
    """A statement or a store that cannot work: a fault in the program or the set-up, with the database's own code."""


class MigrationPending(Exception):
    """The store's tables are not those that this program knows."""

    def __init__(self, what: str, fix: str = "berani db upgrade") -> None:
        super().__init__(f"{what}\n  fix: {fix}")
        self.fix = fix


# Primary result codes after which the same statement may work later (sqlite.org/rescode.html).
_SQLITE_DOWN = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


# What PostgreSQL says when transactions could not be put in an order: the same one may go through when it is run again
# (postgresql.org/docs, "Serialization Failure Handling": 40001, 40P01).
REFUSED_FOR_NOW = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)

# A server that takes no writes (for now): a standby, or one that an operator set read-only.
_POSTGRES_DOWN = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)

# What an operator can mend, by SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html) or, where no server
# answered, by a phrase of libpq or psycopg. The message itself is never passed on: it names users, hosts and databases.
_STATES = {
    "28P01": "user or password refused",
    "28000": "user refused by the server's pg_hba.conf",
    "3D000": "no such database on this server",
    "53300": "too many connections",
    "53100": "its disk is full",
    "55000": "the database takes no connections now",
    "57P01": "the server is ending",
    "57P03": "the server is starting or ending",
    "25006": "the server takes no writes",
}
_PHRASES = (
    ("onnection refused", "connection refused: no server listens there"),
    ("failed to resolve", "no such host"),
    ("could not translate host name", "no such host"),
    ("No such file", "no server's socket is there"),
    ("timeout", "no answer in time"),
    ("password", "user or password refused"),
    ("role", "user refused"),
    ("too many c", "too many connections"),
    ("starting up", "the server is starting or ending"),
    ("shutting down", "the server is starting or ending"),
    ("not currently accepting", "the database takes no connections now"),
    ("does not exist", "no such database on this server"),
    ("closed", "the connection was lost"),
)


@contextmanager
def translated() -> Iterator[None]:
    """Turns what SQLAlchemy raises into the exceptions above; lets everything else through."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(error.orig) from None
    except (sqlite3.Error, psycopg.Error) as error:
        raise _translate(error) from None
    except PoolTimeout:
        raise StoreDown("no connection is free") from None


def _translate(error: BaseException | None) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        return ConstraintBroken(str(error))  # names table and column or constraint, never a value
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        down = getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_DOWN
        return StoreDown(name) if down else StoreFaulty(name)
    if isinstance(error, psycopg.IntegrityError):
        return ConstraintBroken(f"{type(error).__name__}: {error.diag.constraint_name or error.diag.column_name}")
    state = getattr(error, "sqlstate", None) or ""
    name = f"{type(error).__name__} {state}".strip()
    if isinstance(error, REFUSED_FOR_NOW):
        return Conflict(name)
    if not isinstance(error, _POSTGRES_DOWN):
        return StoreFaulty(name)
    said = _STATES.get(state) or next((words for phrase, words in _PHRASES if phrase in str(error)), None)
    return StoreDown(f"{name}: {said}" if said else name)
