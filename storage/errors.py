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
    name = f"{type(error).__name__} {getattr(error, 'sqlstate', None) or ''}".strip()
    if isinstance(error, REFUSED_FOR_NOW):
        return Conflict(name)
    return StoreDown(name) if isinstance(error, psycopg.OperationalError) else StoreFaulty(name)
