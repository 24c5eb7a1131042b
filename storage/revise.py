"""Writes each actor's initial revision out of its tables; a development tool, used by `python -m storage.migrate`."""

import hashlib
import subprocess
import sys
from typing import Any, Final, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

import storage.desk_tables
import storage.intake_tables  # noqa: F401  (both are imported so that METADATA holds their tables)
from storage.migrate import MIGRATIONS
from storage.shared_tables import METADATA, Actor

_FILE: Final = '''"""The tables of {actor}'s store, as of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = None


def upgrade() -> None:
{code}
'''


def revise() -> None:
    """Rewrites storage/migrations/*/r0001_initial.py and formats them."""
    files = []
    for actor in METADATA:
        file = MIGRATIONS / actor / "r0001_initial.py"
        file.write_text(initial_revision(actor), encoding="utf-8")
        files.append(str(file))
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", *files], check=True)  # noqa: S603  (our own names)


def initial_revision(actor: Actor) -> str:
    """The Python text of the revision that makes all tables of this actor; unformatted."""
    with create_engine("sqlite://").connect() as connection:
        context = MigrationContext.configure(connection)
        operations = produce_migrations(context, METADATA[actor]).upgrade_ops
    if operations is None:
        raise ValueError("no tables")
    code = render_python_code(operations, render_item=_render_type)
    body = "\n".join(f"    {line}" if line else "" for line in code.splitlines() if not line.startswith("#"))
    digest = hashlib.sha256(body.encode()).hexdigest()[:8]
    return _FILE.format(actor=actor, revision=f"{actor}_0001_{digest}", code=body)


def _render_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Plain SQLAlchemy types: a migration must not change when SQLModel does."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        length = getattr(item.impl, "length", None)
        return f"sa.String(length={length})" if length else "sa.String()"
    return False
