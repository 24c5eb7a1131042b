"""Migrations make exactly the tables that the program knows, on both databases, and can be run at any time."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

import storage.desk_tables
import storage.intake_tables  # noqa: F401  (both: so that METADATA holds every table)
from storage import migrate, postgres, pragmas, revise
from storage.errors import ConstraintBroken, MigrationPending, StoreDown
from storage.shared_tables import METADATA, Actor
from storage.store import Store
from tests.conftest import ACTORS, Databases, PostgresServer

# Everything that PostgreSQL knows of our tables, as text, without the order in which it was made.
_POSTGRES_SCHEMA = """
    SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || coalesce(character_maximum_length::text, '')
           || ' ' || is_nullable || ' ' || coalesce(column_default, '') FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL
    SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_SQLITE_SCHEMA = "SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'"


def schema(connection: Connection) -> list[str]:
    """Every column, constraint and index, one a line."""
    if connection.dialect.name == "postgresql":
        return sorted(connection.scalars(text(_POSTGRES_SCHEMA)))
    # SQLite keeps the text of each statement; the order of a table's constraints in it has no meaning.
    tables = connection.execute(text(_SQLITE_SCHEMA)).all()
    lines = [(table, line.strip(" ,\t")) for table, sql in tables for line in sql.split("\n")]
    return sorted(f"{table}: {line}" for table, line in lines if line not in ("", ")"))


def engine_of(url: str) -> Engine:
    if not url.startswith("sqlite:"):
        return postgres.engine_for(url, 1)
    pragmas.make_file(pragmas.path_of(url))
    return pragmas.engine_for(pragmas.path_of(url), "command")


def look(url: str) -> list[str]:
    engine = engine_of(url)
    with engine.connect() as connection:
        found = schema(connection)
    engine.dispose()
    return found


@pytest.mark.parametrize("actor", ACTORS)
def test_migrations_make_what_the_tables_say(empty_databases: Databases, actor: Actor) -> None:
    other: Actor = "desk" if actor == "intake" else "intake"
    assert migrate.upgrade(empty_databases.url(actor), actor)
    engine = engine_of(empty_databases.url(other))  # this actor's tables made without migrations, to compare
    with engine.begin() as connection:
        METADATA[actor].create_all(connection)
    engine.dispose()
    migrated, expected = look(empty_databases.url(actor)), look(empty_databases.url(other))
    fix = "run `python -m storage.migrate revise` (from the first release on: write a new revision)"
    assert migrated == expected, fix
    assert len(migrated) > 100


@pytest.mark.parametrize("actor", ACTORS)
def test_the_written_revision_is_the_one_that_the_tables_give(actor: Actor) -> None:
    made = re.search(r'revision = "(\w+)"', revise.initial_revision(actor))
    assert made is not None
    assert migrate.revisions(actor)[0] == made[1], "run `python -m storage.migrate revise`"


def test_both_actors_have_their_shared_tables_alike() -> None:
    shared = set(METADATA["intake"].tables) & set(METADATA["desk"].tables)
    assert {
        "letter",
        "stream",
        "applied",
        "watermark",
        "refused",
        "received",
        "outbox",
        "content_set",
        "meta",
    } <= shared


@pytest.mark.parametrize("actor", ACTORS)
def test_upgrading_again_changes_nothing(empty_databases: Databases, actor: Actor) -> None:
    url = empty_databases.url(actor)
    assert migrate.pending(url, actor)
    assert migrate.upgrade(url, actor)
    before = look(url)
    assert not migrate.upgrade(url, actor)
    assert not migrate.pending(url, actor)
    assert look(url) == before


def test_upgrades_at_the_same_time_do_it_once(empty_databases: Databases) -> None:
    answers: list[Any] = []

    def upgrade() -> None:
        try:
            answers.append(migrate.upgrade(empty_databases.intake_url, "intake"))
        except Exception as error:  # noqa: BLE001  (shown by the assertion)
            answers.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, False, False, True]


def test_an_upgrade_that_fails_leaves_nothing_behind(
    empty_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = migrate._run_alembic

    def breaks(connection: Connection, actor: Actor) -> None:
        real(connection, actor)
        connection.execute(text("INSERT INTO meta (key, value) VALUES ('a', NULL)"))

    with monkeypatch.context() as broken:
        broken.setattr(migrate, "_run_alembic", breaks)
        with pytest.raises(ConstraintBroken):
            migrate.upgrade(empty_databases.desk_url, "desk")
    assert look(empty_databases.desk_url) == []
    assert migrate.upgrade(empty_databases.desk_url, "desk")


def test_a_store_of_a_newer_program_is_left_alone(databases: Databases) -> None:
    engine = engine_of(databases.desk_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'desk_0009_later'"))
    engine.dispose()
    for act in (migrate.upgrade, migrate.pending, migrate.require_current, Store.open):
        with pytest.raises(MigrationPending, match="update the program"):
            act(databases.desk_url, "desk")


def test_the_others_store_is_left_alone(databases: Databases) -> None:
    with pytest.raises(MigrationPending, match="BERANI_DESK_DATABASE_URL"):
        migrate.upgrade(databases.intake_url, "desk")


def test_nothing_is_made_by_asking(tmp_path: Path) -> None:
    assert migrate.pending(f"sqlite:///{tmp_path}/var/desk.db", "desk")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_a_store_that_is_down(postgres_server: PostgresServer) -> None:
    with pytest.raises(StoreDown):
        migrate.upgrade(postgres_server.url_of("no_such_database"), "desk")
    with pytest.raises(StoreDown) as caught:
        migrate.upgrade("postgresql://someone:password@127.0.0.1:1/x", "desk")
    assert "password" not in str(caught.value)
    assert "someone" not in str(caught.value)
