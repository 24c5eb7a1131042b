"""Brings a store's tables up to what this program knows, and tells whether they are.

Until the first release each actor has one revision, written out from its tables. After changing a table:

    python -m storage.migrate revise

A revision's id carries a hash of its content, so that a store made from an older draft is noticed. From the first
release on revisions are added, never changed.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from storage import postgres, pragmas
from storage.errors import MigrationPending, translated
from storage.lock import FileLock
from storage.shared_tables import Actor

MIGRATIONS: Final = Path(__file__).parent / "migrations"

# Any number will do, as long as nothing else in the database locks the same.
_ADVISORY_LOCK: Final = 0x62657261


def revisions(actor: Actor) -> list[str]:
    """The revisions that this program knows, oldest first; read from their files, as loading alembic takes long."""
    files = sorted((MIGRATIONS / actor).glob("r*.py"))
    found = (re.search(r'^revision = "(\w+)"$', file.read_text(encoding="utf-8"), re.MULTILINE) for file in files)
    return [match[1] for match in found if match]


def upgrade(url: str, actor: Actor) -> bool:
    """Makes missing tables and files, in one transaction; True if there was something to do.

    Safe beside another upgrade. Raises MigrationPending if the store is another actor's or from a newer program,
    StoreDown if it can't be reached.
    """
    with _locked(url) as connection:
        found = _revision(connection)
        if found == revisions(actor)[-1]:
            return False
        _refuse_unknown(found, actor)
        _run_alembic(connection, actor)
        connection.commit()
    return True


def pending(url: str, actor: Actor) -> bool:
    """Whether `upgrade` has something to do. Raises what `upgrade` raises."""
    found = _read_revision(url)
    if found == revisions(actor)[-1]:
        return False
    _refuse_unknown(found, actor)
    return True


def require_current(url: str, actor: Actor) -> None:
    """Raises MigrationPending unless the store has exactly the tables that this program knows."""
    if pending(url, actor):
        raise MigrationPending(f"the tables of {actor}'s store are not there yet, or older than this program")


def _refuse_unknown(found: str | None, actor: Actor) -> None:
    if found is None or found in revisions(actor):
        return
    if not found.startswith(actor):
        raise MigrationPending(
            f"this database is not {actor}'s: its revision is {found}",
            f"mend BERANI_{actor.upper()}_DATABASE_URL: each actor has a database of its own",
        )
    raise MigrationPending(
        f"{actor}'s store has revision {found}, which this program does not know",
        "update the program, or restore the backup made before the upgrade",
    )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return str(found) if found else None


def _read_revision(url: str) -> str | None:
    if url.startswith("sqlite:"):
        path = pragmas.path_of(url)
        if not path.exists():
            return None
        engine = pragmas.engine_for(path, "reader")
    else:
        engine = postgres.engine_for(url, 1)
    try:
        with translated(), engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """A transaction that no other upgrade and no writer runs beside."""
    if url.startswith("sqlite:"):
        path = pragmas.path_of(url)
        pragmas.make_file(path)
        engine = pragmas.engine_for(path, "command")
        with FileLock(pragmas.lock_path_of(url), patience=None), translated(), engine.connect() as connection:
            yield connection
        return
    engine = postgres.engine_for(url, 1)
    try:
        with translated(), engine.connect() as connection:
            for limit in ("lock_timeout", "statement_timeout"):  # this upgrade, and one before it, may take their time
                connection.execute(text(f"SET LOCAL {limit} = '10min'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            yield connection
    finally:
        engine.dispose()


def _run_alembic(connection: Connection, actor: Actor) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(MIGRATIONS / actor).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


if __name__ == "__main__":
    if sys.argv[1:] != ["revise"]:
        sys.exit("usage: python -m storage.migrate revise")
    from storage.revise import revise

    revise()
