"""PostgreSQL as a store: transactions in an order, a server that goes away, a peer that may read four tables."""

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from sqlalchemy import Connection, insert, select, text, update

from storage import migrate, postgres
from storage.errors import Conflict, StoreDown, StoreFaulty
from storage.shared_tables import LETTER, META, RECEIVED, WATERMARK, Actor
from storage.store import Store
from tests.conftest import ACTORS, Clock, Databases, PostgresServer

GUIDE = Path(__file__).parent.parent.parent / "docs" / "postgresql.md"


@pytest.fixture
def database_kind() -> str:
    return "postgres"


@pytest.mark.parametrize("url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_every_way_to_write_the_url_means_psycopg(url: str) -> None:
    assert postgres.engine_url(url) == "postgresql+psycopg://u@h/d"


async def test_a_turn_refused_by_the_server_is_run_again(desk_store: Store, clock: Clock) -> None:
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "n", "value": "0"}))
    loop = asyncio.get_running_loop()
    runs = 0

    def other(connection: Connection) -> None:
        connection.execute(update(META).values(value="10"))

    def work(connection: Connection) -> None:
        nonlocal runs
        runs += 1
        value = int(connection.scalar(select(META.c.value)) or "")
        if runs == 1:  # somebody else is faster
            asyncio.run_coroutine_threadsafe(desk_store.write(other), loop).result(10)
        connection.execute(update(META).values(value=str(value + 1)))

    await desk_store.write(work)
    assert runs == 2
    assert desk_store.read_now(lambda connection: connection.scalar(select(META.c.value))) == "11"


async def test_a_command_that_is_overtaken_hears_of_the_conflict(desk_store: Store) -> None:
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "n", "value": "0"}))

    async def overtaken() -> None:
        with desk_store.unit() as unit:
            unit.connection.execute(select(META)).all()
            await desk_store.write(lambda connection: connection.execute(update(META).values(value="10")))
            unit.connection.execute(update(META).values(value="1"))
            unit.commit()

    with pytest.raises(Conflict):
        await overtaken()
    assert desk_store.read_now(lambda connection: connection.scalar(select(META.c.value))) == "10"


async def test_a_turn_that_never_gets_its_turn_is_a_store_that_is_down(
    desk_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = 0

    def never(connection: Connection) -> None:
        nonlocal runs
        runs += 1
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$"))

    with pytest.raises(StoreDown):
        await desk_store.write(never)
    assert runs == postgres._TRIES


async def test_many_turns_that_write_one_row_at_once_all_get_through(databases: Databases) -> None:
    """From several processes: what was refused goes one after another, so that nobody is refused for ever."""
    stores = [Store.open(databases.desk_url, "desk") for _ in range(3)]

    def count(connection: Connection) -> None:
        value = int(connection.scalar(select(META.c.value)) or "")
        connection.execute(update(META).values(value=str(value + 1)))

    try:
        await stores[0].write(lambda connection: connection.execute(insert(META), {"key": "n", "value": "0"}))
        await asyncio.gather(*(stores[turn % 3].write(count) for turn in range(150)))
        assert stores[0].read_now(lambda connection: connection.scalar(select(META.c.value))) == "150"
    finally:
        for store in stores:
            store.close()


async def test_a_lost_connection_is_a_store_that_is_down_and_comes_back(desk_store: Store, clock: Clock) -> None:
    def cut_off(connection: Connection) -> None:
        connection.execute(insert(RECEIVED), {"id": b"a", "at": clock.now()})
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreDown):
        await desk_store.write(cut_off)
    with pytest.raises(StoreDown):
        desk_store.read_now(
            lambda connection: connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        )
    await desk_store.write(lambda connection: connection.execute(insert(RECEIVED), {"id": b"b", "at": clock.now()}))
    assert desk_store.read_now(lambda connection: connection.scalars(select(RECEIVED.c.id)).all()) == [b"b"]


def test_every_session_waits_for_the_disk(desk_store: Store) -> None:
    with desk_store.unit() as unit:
        assert unit.connection.scalar(text("SHOW synchronous_commit")) == "on"
        assert unit.connection.scalar(text("SHOW transaction_isolation")) == "serializable"


@contextmanager
def two_roles(server: PostgresServer, databases: Databases) -> Iterator[Callable[[Actor], str]]:
    """The guide's statements, carried out on this test's databases; gives each actor's own login."""
    suffix = os.urandom(3).hex()
    names = {
        "intake_role": f"intake_{suffix}",
        "desk_role": f"desk_{suffix}",
        "berani_intake": urlsplit(databases.intake_url).path[1:],
        "berani_desk": urlsplit(databases.desk_url).path[1:],
    }
    blocks = re.findall(r"```sql\n-- in (\w+)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert [place for place, _ in blocks] == ["postgres", "berani_intake", "berani_desk"]
    roles: dict[Actor, str] = {"intake": names["intake_role"], "desk": names["desk_role"]}
    try:
        for place, block in blocks:
            for name, real in names.items():
                block = re.sub(rf"\b{name}\b", real, block)
            # The databases are there already.
            block = re.sub(r"CREATE DATABASE (\w+) OWNER", r"ALTER DATABASE \1 OWNER TO", block)
            for statement in filter(str.strip, block.split(";")):
                server.execute(statement, names.get(place))
            if place == "postgres":
                for actor in ACTORS:
                    migrate.upgrade(_as(roles[actor], databases.url(actor)), actor)
        yield lambda actor: roles[actor]
    finally:
        for role in roles.values():
            for url in databases:
                server.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER", urlsplit(url).path[1:])
                server.execute(f"DROP OWNED BY {role}", urlsplit(url).path[1:])
            server.execute(f"DROP ROLE {role}")


def _as(role: str, url: str) -> str:
    """The same database for one of the guide's roles."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:secret@{host}"))


@pytest.mark.parametrize(
    ("reader", "readable"),
    [("desk", {"letter", "answer", "blob", "watermark"}), ("intake", {"letter", "watermark"})],
)
def test_a_peers_role_reads_what_letters_need_and_nothing_else(
    postgres_server: PostgresServer, empty_databases: Databases, reader: Actor, readable: set[str]
) -> None:
    owner: Actor = "intake" if reader == "desk" else "desk"
    databases = empty_databases
    with two_roles(postgres_server, databases) as role:
        peer = Store.open_peer(_as(role(reader), databases.url(owner)))
        assert peer.read_now(lambda connection: connection.execute(select(LETTER)).all()) == []
        assert peer.read_now(lambda connection: connection.execute(select(WATERMARK)).all()) == []
        peer.close()
        with psycopg.connect(databases.url(owner)) as admin:
            tables = {row[0] for row in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        found: dict[str, set[str]] = {
            "SELECT": set(),
            "INSERT": set(),
            "UPDATE": set(),
            "DELETE": set(),
            "TRUNCATE": set(),
        }
        with psycopg.connect(_as(role(reader), databases.url(owner)), autocommit=True) as connection:
            for table in tables:
                for right, tables_found in found.items():
                    asked = connection.execute("SELECT has_table_privilege(%s, %s)", (table, right)).fetchone()
                    if asked is not None and asked[0]:
                        tables_found.add(table)
            assert found.pop("SELECT") == readable
            assert all(not some for some in found.values())
            for forbidden in ("DELETE FROM letter", "UPDATE watermark SET seq = 9", "CREATE TABLE mine (n int)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(forbidden.encode())


def test_each_role_works_in_its_own_store(
    postgres_server: PostgresServer, empty_databases: Databases, clock: Clock
) -> None:
    with two_roles(postgres_server, empty_databases) as role:
        for actor in ACTORS:
            store = Store.open(_as(role(actor), empty_databases.url(actor)), actor)
            with store.unit() as unit:
                unit.connection.execute(insert(RECEIVED), {"id": b"a", "at": clock.now()})
                unit.commit()
            store.close()


def _with(url: str, **parts: str) -> str:
    return urlunsplit(urlsplit(url)._replace(**parts))


def test_a_server_that_cannot_be_used_is_told_by_what_an_operator_can_mend(postgres_server: PostgresServer) -> None:
    with postgres_server.databases(None, None) as found:
        url = found.desk_url
        name = urlsplit(url).path[1:]
        postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        said = {
            "postgresql://tidakada@127.0.0.1:1/x": "connection refused",
            "postgresql://tidakada@tidakada.invalid/x": "no such host",
            "postgresql:///x?host=/tidakada": "no server's socket",
            _with(url, path="/tidakada"): "no such database",
            url: "takes no connections now",
        }
        for tried, words in said.items():
            with pytest.raises(StoreDown, match=words) as refused:
                migrate.pending(tried, "desk")
            assert "tidakada" not in str(refused.value)


async def test_a_server_that_takes_no_writes_for_now_is_down_and_no_letter_or_turn_is_given_up(
    desk_store: Store,
) -> None:
    """As a standby, or as one that an operator set read-only."""

    def write(connection: Connection) -> None:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(insert(META), {"key": "n", "value": "0"})

    with pytest.raises(StoreDown, match="takes no writes"):
        await desk_store.write(write)


def test_a_server_that_does_not_wait_for_its_disk_is_refused(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler that drops what we ask for, where the server's own setting is `off`."""
    monkeypatch.setattr(postgres, "_SESSION", "-c synchronous_commit=off")
    with pytest.raises(StoreFaulty, match="synchronous_commit"):
        Store.open(databases.intake_url, "intake")
