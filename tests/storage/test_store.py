"""A store commits what it says, all of it, once, and nothing that failed."""

import asyncio
import os
from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from sqlalchemy import Connection, func, insert, select, text, update

from storage.errors import Conflict, ConstraintBroken, MigrationPending, StoreDown, StoreFaulty
from storage.shared_tables import META, RECEIVED
from storage.store import Store, announce
from tests.conftest import Clock, Databases


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(RECEIVED)) or 0


def receive(name: bytes, clock: Clock) -> Callable[[Connection], bytes]:
    def work(connection: Connection) -> bytes:
        connection.execute(insert(RECEIVED), {"id": name, "at": clock.now()})
        return name

    return work


async def test_a_write_returns_its_result_and_is_there_for_readers(intake_store: Store, clock: Clock) -> None:
    assert await intake_store.write(receive(b"a", clock)) == b"a"
    assert await intake_store.read(count) == 1
    assert intake_store.read_now(count) == 1


async def test_a_turn_that_raises_undoes_itself_alone(intake_store: Store, clock: Clock) -> None:
    def fails(connection: Connection) -> None:
        receive(b"lost", clock)(connection)
        raise ValueError("mine")

    answers = await asyncio.gather(
        *(intake_store.write(receive(bytes([n]), clock)) for n in range(10)),
        *(intake_store.write(fails) for _ in range(10)),
        *(intake_store.write(receive(bytes([n]), clock)) for n in range(10, 20)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [bytes] * 10 + [ValueError] * 10 + [bytes] * 10
    assert await intake_store.read(count) == 20


async def test_one_of_fifty_who_claim_at_once_wins(desk_store: Store) -> None:
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "owner", "value": ""}))

    def claim(who: str) -> Callable[[Connection], str]:
        def work(connection: Connection) -> str:
            free = update(META).where(META.c.key == "owner", META.c.value == "").values(value=who)
            if connection.execute(free).rowcount == 0:
                raise Conflict
            return who

        return work

    claims = [desk_store.write(claim(f"w{number}")) for number in range(50)]
    answers = await asyncio.gather(*claims, return_exceptions=True)
    winners = [answer for answer in answers if isinstance(answer, str)]
    assert len(winners) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 49
    assert desk_store.read_now(lambda connection: connection.scalar(select(META.c.value))) == winners[0]


async def test_turns_that_read_and_then_write_lose_no_update(desk_store: Store) -> None:
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "n", "value": "0"}))

    def add_one(connection: Connection) -> None:
        value = int(connection.scalar(select(META.c.value)) or "")
        connection.execute(update(META).values(value=str(value + 1)))

    await asyncio.gather(*(desk_store.write(add_one) for _ in range(30)))
    assert desk_store.read_now(lambda connection: connection.scalar(select(META.c.value))) == "30"


async def test_a_reader_sees_one_moment(intake_store: Store, clock: Clock) -> None:
    loop = asyncio.get_running_loop()

    def look_twice(connection: Connection) -> tuple[int, int]:
        before = count(connection)
        asyncio.run_coroutine_threadsafe(intake_store.write(receive(b"a", clock)), loop).result(10)
        return before, count(connection)

    assert await intake_store.read(look_twice) == (0, 0)
    assert await intake_store.read(count) == 1


async def test_readers_can_not_write(intake_store: Store, clock: Clock) -> None:
    with pytest.raises((StoreDown, StoreFaulty)):
        await intake_store.read(receive(b"a", clock))
    assert await intake_store.read(count) == 0


async def test_a_cancelled_caller_stops_nobody_else(intake_store: Store, clock: Clock) -> None:
    tasks = [asyncio.ensure_future(intake_store.write(receive(bytes([n]), clock))) for n in range(40)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[1::2] == [bytes([n]) for n in range(1, 40, 2)]
    assert await intake_store.write(receive(b"after", clock)) == b"after"


async def test_closing_commits_what_was_accepted_and_takes_no_more(databases: Databases, clock: Clock) -> None:
    store = Store.open(databases.intake_url, "intake")
    tasks = [asyncio.ensure_future(store.write(receive(bytes([n]), clock))) for n in range(20)]
    await asyncio.sleep(0)  # each has handed its work over
    store.close()
    store.close()
    assert len(await asyncio.gather(*tasks)) == 20
    with pytest.raises(StoreDown):
        await store.write(receive(b"late", clock))
    again = Store.open(databases.intake_url, "intake")
    assert again.read_now(count) == 20
    again.close()


async def test_a_unit_is_rolled_back_unless_committed(intake_store: Store, clock: Clock) -> None:
    await intake_store.write(receive(b"a", clock))
    with intake_store.unit() as unit:
        receive(b"b", clock)(unit.connection)
    with suppress(ValueError), intake_store.unit() as unit:
        receive(b"c", clock)(unit.connection)
        raise ValueError
    assert intake_store.read_now(count) == 1
    with intake_store.unit() as unit:
        receive(b"d", clock)(unit.connection)
        unit.commit()
        with pytest.raises(StoreFaulty):
            _ = unit.connection
    assert intake_store.read_now(count) == 2
    await intake_store.write(receive(b"e", clock))
    assert intake_store.read_now(count) == 3


async def test_listeners_hear_of_what_is_committed(intake_store: Store, clock: Clock) -> None:
    heard: list[int] = []
    intake_store.listen("letters", lambda: heard.append(intake_store.read_now(count)))

    def posts(connection: Connection) -> None:
        receive(os.urandom(4), clock)(connection)
        announce(connection, "letters")

    await intake_store.write(posts)
    await intake_store.write(receive(b"quiet", clock))
    with intake_store.unit() as unit:
        posts(unit.connection)
        unit.commit()
    assert heard == [1, 3]


@pytest.mark.parametrize("value", [b"secret-in-bytes", "secret-in-text"])
async def test_no_error_carries_a_value(intake_store: Store, clock: Clock, value: bytes | str) -> None:
    def twice(connection: Connection) -> None:
        for _ in range(2):
            if isinstance(value, bytes):
                receive(value, clock)(connection)
            else:
                connection.execute(insert(META), {"key": value, "value": value})

    def wrong_column(connection: Connection) -> None:
        connection.execute(text("INSERT INTO meta (nothing) VALUES (:value)"), {"value": value})

    for work, kind in ((twice, ConstraintBroken), (wrong_column, StoreFaulty)):
        with pytest.raises(kind) as caught:
            await intake_store.write(work)
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    with pytest.raises(ConstraintBroken) as caught, intake_store.unit() as unit:
        twice(unit.connection)
    assert "secret" not in str(caught.value)


def test_a_store_without_its_tables_is_not_opened(empty_databases: Databases) -> None:
    with pytest.raises(MigrationPending, match="berani db upgrade"):
        Store.open(empty_databases.intake_url, "intake")


def test_one_actors_store_is_not_opened_as_the_others(databases: Databases) -> None:
    with pytest.raises(MigrationPending, match="BERANI_DESK_DATABASE_URL"):
        Store.open(databases.intake_url, "desk")


async def test_a_peer_reads_and_does_not_write(databases: Databases, intake_store: Store, clock: Clock) -> None:
    with closing(Store.open_peer(databases.intake_url)) as peer:
        assert peer.read_now(count) == 0
        await intake_store.write(receive(b"a", clock))
        assert peer.read_now(count) == 1
        with pytest.raises(StoreDown):
            peer.read_now(receive(b"b", clock))
        assert peer.read_now(count) == 1


def test_a_peer_without_tables_is_down(empty_databases: Databases) -> None:
    with closing(Store.open_peer(empty_databases.desk_url)) as peer, pytest.raises(StoreDown):
        peer.read_now(count)
