"""Letters are applied exactly once, in order, whatever happens to either side."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from storage.courier import Alarm, Courier
from storage.entropy import system_entropy
from storage.errors import StoreDown
from storage.letters import Letter
from storage.post import PostOffice
from storage.shared_tables import APPLIED, LETTER, META, REFUSED, STREAM, WATERMARK
from storage.store import Peer, Store
from storage.streams import KEPT, forget_letters, watermarks
from tests.conftest import Clock, Databases, Keys


@dataclass
class Desk:
    """The receiving side: what it applied stands in its own store, what it was told in lists."""

    store: Store
    peer: Peer
    keys: Keys
    clock: Clock
    alarms: list[tuple[str, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    peer_states: list[datetime | None] = field(default_factory=list)
    trouble: Callable[[Letter], None] = lambda letter: None
    read_enclosures: Callable[[Connection, Letter], str] = lambda connection, letter: f"of {letter.body['n']}"

    def courier(self, poll_seconds: float = 3600) -> Courier[str]:
        return Courier(
            self.store,
            self.peer,
            self.keys.desk.receiver,
            self.read_enclosures,
            self.apply,
            self.clock.now,
            on_alarm=self.on_alarm,
            on_refused=lambda connection, letter, reason: self.refused.append(reason),
            on_peer=self.peer_states.append,
            poll_seconds=poll_seconds,
        )

    def apply(self, connection: Connection, letter: Letter, enclosures: str) -> None:
        self.trouble(letter)
        number = len(connection.execute(select(META.c.key)).all())
        row = {"key": f"{number:04}", "value": f"{letter.kind} {letter.body['n']} {enclosures}"}
        connection.execute(insert(META), row)

    def on_alarm(self, connection: Connection, alarm: Alarm) -> None:
        self.alarms.append((alarm.trouble, alarm.seq))

    def applied(self) -> list[str]:
        texts = self.store.read_now(
            lambda connection: connection.scalars(select(META.c.value).order_by(META.c.key)).all()
        )
        return [text.split(" ")[1] for text in texts]


@pytest.fixture
def office(keys: Keys) -> PostOffice:
    return PostOffice(keys.intake.sender, system_entropy)


@pytest.fixture
def desk(databases: Databases, desk_store: Store, keys: Keys, clock: Clock) -> Iterator[Desk]:
    with closing(Store.open_peer(databases.intake_url)) as peer:
        yield Desk(desk_store, peer, keys, clock)


def post(store: Store, office: PostOffice, clock: Clock, *numbers: int) -> None:
    with store.unit() as unit:
        for number in numbers:
            office.post(unit.connection, "submit", {"n": number}, clock.now())
        unit.commit()


def tell(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)


def change(store: Store, *statements: Any) -> None:
    with store.unit() as unit:
        for statement in statements:
            unit.connection.execute(statement)
        unit.commit()


async def test_letters_arrive_once_and_in_order(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, 1, 2, 3)
    courier = desk.courier()
    assert await courier.carry() == 3
    assert await courier.carry() == 0
    assert await desk.courier().carry() == 0  # after a restart
    assert desk.applied() == ["1", "2", "3"]
    assert (desk.alarms, desk.refused, desk.peer_states) == ([], [], [])
    assert desk.store.read_now(watermarks) == {office.stream: 3}


async def test_streams_come_in_the_order_in_which_they_began(
    intake_store: Store, desk: Desk, keys: Keys, clock: Clock
) -> None:
    for number in range(6):
        post(intake_store, PostOffice(keys.intake.sender, system_entropy), clock, number)
        clock.advance(timedelta(seconds=1))
    await desk.courier().carry()
    assert desk.applied() == ["0", "1", "2", "3", "4", "5"]
    assert desk.alarms == []


async def test_a_rolled_back_turn_leaves_no_hole(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, 1)
    with intake_store.unit() as unit:
        office.post(unit.connection, "submit", {"n": 9}, clock.now())
    post(intake_store, office, clock, 2)
    await desk.courier().carry()
    assert (desk.applied(), desk.alarms) == (["1", "2"], [])


async def test_turns_at_the_same_time_number_their_letters_without_holes(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    def turn(number: int) -> Callable[[Connection], bytes]:
        return lambda connection: office.post(connection, "submit", {"n": number}, clock.now())

    await asyncio.gather(*(intake_store.write(turn(number)) for number in range(20)))
    assert await desk.courier().carry() == 20
    assert sorted(map(int, desk.applied())) == list(range(20))
    assert desk.alarms == []
    assert desk.store.read_now(watermarks) == {office.stream: 20}


async def test_a_missing_letter_raises_an_alarm_and_the_rest_is_applied(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, 1, 2, 3, 4)
    (stolen,) = intake_store.read_now(
        lambda connection: connection.execute(select(LETTER).where(LETTER.c.seq == 2)).mappings().all()
    )
    change(intake_store, delete(LETTER).where(LETTER.c.seq == 2))
    courier = desk.courier()
    await courier.carry()
    assert (desk.applied(), desk.alarms) == (["1", "3", "4"], [("gap", 3)])
    change(intake_store, insert(LETTER).values(**stolen))
    clock.advance(timedelta(minutes=1))
    await courier.carry()
    assert (desk.applied(), desk.alarms) == (["1", "3", "4", "2"], [("gap", 3), ("late", 2)])


async def test_a_stream_that_does_not_begin_at_its_beginning_raises_an_alarm(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, 1, 2)
    change(intake_store, delete(LETTER).where(LETTER.c.seq == 1))
    await desk.courier().carry()
    assert (desk.applied(), desk.alarms) == (["2"], [("unknown_stream", 2)])


async def test_a_number_used_twice_raises_an_alarm_and_is_applied(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, 1)
    courier = desk.courier()
    await courier.carry()
    # As after a machine was set back to a snapshot with its memory: the same stream, the same number, another letter.
    change(intake_store, delete(LETTER), update(STREAM).values(seq=0))
    post(intake_store, office, clock, 2)
    clock.advance(timedelta(minutes=1))
    await courier.carry()
    assert (desk.applied(), desk.alarms) == (["1", "2"], [("repeat", 1)])


async def test_a_letter_in_anothers_row_is_applied_once_and_raises_an_alarm(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, 1)
    wire = intake_store.read_now(lambda connection: connection.scalar(select(LETTER.c.wire)))
    copy = {"id": os.urandom(16), "stream": os.urandom(16), "seq": 1, "wire": wire, "created_at": clock.now()}
    change(intake_store, insert(LETTER).values(**copy))
    courier = desk.courier()
    await courier.carry()
    await courier.carry()
    await desk.courier().carry()
    assert desk.applied() == ["1"]
    assert desk.refused == ["Misplaced"]
    change(intake_store, update(LETTER).values(seq=7).where(LETTER.c.stream == office.stream))
    post(intake_store, office, clock, 2)
    change(intake_store, update(LETTER).values(seq=5).where(LETTER.c.seq == 2))
    await desk.courier().carry()
    assert desk.applied() == ["1", "2"]
    assert desk.alarms[-1] == ("envelope", 2)


async def test_a_letter_that_cannot_be_opened_is_refused_once_and_stops_nobody(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, 1, 2, 3)
    good = intake_store.read_now(lambda connection: connection.scalar(select(LETTER.c.wire).where(LETTER.c.seq == 2)))
    assert good is not None
    change(intake_store, update(LETTER).where(LETTER.c.seq == 2).values(wire=good[:-1] + bytes([good[-1] ^ 1])))
    courier = desk.courier()
    await courier.carry()
    clock.advance(timedelta(minutes=5))
    await courier.carry()
    await desk.courier().carry()
    assert desk.applied() == ["1", "3"]
    assert (desk.refused, desk.alarms) == (["Unreadable"], [])
    # Not passed: the sender must keep it, it may yet be opened.
    assert desk.store.read_now(watermarks) == {office.stream: 1}
    change(intake_store, update(LETTER).where(LETTER.c.seq == 2).values(wire=good))
    await desk.courier().carry()
    assert desk.applied() == ["1", "3", "2"]
    assert (desk.refused, desk.alarms) == (["Unreadable"], [])
    assert desk.store.read_now(watermarks) == {office.stream: 3}
    assert desk.store.read_now(lambda connection: connection.execute(select(REFUSED)).all()) == []


async def test_trouble_while_applying_is_tried_again_then_set_aside(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    tries: list[int] = []

    def trouble(letter: Letter) -> None:
        tries.append(letter.body["n"])
        if letter.body["n"] == 2 or (letter.body["n"] == 3 and tries.count(3) < 3):
            raise KeyError("secret")

    post(intake_store, office, clock, 1, 2, 3)
    desk.trouble = trouble
    await desk.courier().carry()
    assert desk.applied() == ["1", "3"]
    assert desk.refused == ["KeyError"]
    desk.trouble = lambda letter: None
    await desk.courier().carry()
    assert desk.applied() == ["1", "3", "2"]


async def test_trouble_with_enclosures_sets_the_letter_aside_and_stops_nobody(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    def read(connection: Connection, letter: Letter) -> str:
        return {1: "x", 3: "y"}[letter.body["n"]]

    desk.read_enclosures = read
    post(intake_store, office, clock, 1, 2, 3)
    await desk.courier().carry()
    assert (desk.applied(), desk.refused) == (["1", "3"], ["KeyError"])


async def test_trouble_with_the_report_of_a_refusal_comes_out_after_the_others_and_again_at_the_next_start(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    class Full(list[str]):
        def append(self, reason: str) -> None:
            raise RuntimeError

    desk.refused = Full()
    post(intake_store, office, clock, 1, 2)
    change(intake_store, update(LETTER).where(LETTER.c.seq == 1).values(wire=b"torn"))
    courier = desk.courier()
    with pytest.raises(RuntimeError):
        await courier.carry()
    assert desk.applied() == ["2"]
    assert await courier.carry() == 0
    desk.refused = []
    await desk.courier().carry()
    assert desk.refused == ["Unreadable"]


async def test_a_peer_that_is_down_is_survived_and_told_since_when(
    databases: Databases, intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    class Flaky:
        down = True

        def read_now(self, work: Callable[[Connection], Any]) -> Any:
            if self.down:
                raise StoreDown
            return intake_store.read_now(work)

    flaky = Flaky()
    desk.peer = flaky  # type: ignore[assignment]
    post(intake_store, office, clock, 1, 2)
    courier = desk.courier()
    began = clock.now()
    assert await courier.carry() == 0
    clock.advance(timedelta(minutes=5))
    assert await courier.carry() == 0
    flaky.down = False
    assert await courier.carry() == 2
    assert desk.peer_states == [began, began, None]
    # It may also go away between the list and the letter.
    post(intake_store, office, clock, 3)

    def go_down(connection: Connection, letter: Letter) -> str:
        flaky.down = True
        raise StoreDown

    desk.read_enclosures = go_down
    assert await desk.courier().carry() == 0
    assert (desk.peer_states[-1], desk.refused) == (clock.now(), [])


async def test_a_store_that_is_down_refuses_nothing(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(intake_store, office, clock, 1)

    async def down(work: object) -> None:
        raise StoreDown

    courier = desk.courier()
    with monkeypatch.context() as broken:
        broken.setattr(desk.store, "write", down)
        with pytest.raises(StoreDown):
            await courier.carry()
    assert await courier.carry() == 1
    assert desk.refused == []


async def test_enclosures_are_read_from_the_peer_with_their_letter(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    def enclosures(connection: Connection, letter: Letter) -> str:
        return connection.scalar(select(META.c.value).where(META.c.key == str(letter.body["n"]))) or ""

    desk.read_enclosures = enclosures
    change(intake_store, insert(META).values(key="1", value="answer-sealed"))
    post(intake_store, office, clock, 1)
    await desk.courier().carry()
    texts = desk.store.read_now(lambda connection: connection.scalars(select(META.c.value)).all())
    assert texts == ["submit 1 answer-sealed"]


async def test_two_couriers_at_once_apply_a_letter_once(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    post(intake_store, office, clock, *range(10))
    carried = await asyncio.gather(*(desk.courier().carry() for _ in range(3)))
    assert sum(carried) == 10
    assert sorted(map(int, desk.applied())) == list(range(10))
    assert desk.refused == []


async def test_within_one_process_a_letter_is_fetched_at_once(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    desk.trouble = lambda letter: tell(loop, arrived)
    courier = desk.courier(poll_seconds=3600)
    intake_store.listen("letters", courier.wake)
    stop = asyncio.Event()
    running = asyncio.ensure_future(courier.run(stop))
    for number in range(3):
        arrived.clear()
        body = {"n": number}
        await intake_store.write(partial(office.post, kind="submit", body=body, now=clock.now()))
        await asyncio.wait_for(arrived.wait(), 10)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert desk.applied() == ["0", "1", "2"]
    courier.wake()  # after its end it does nothing


async def test_apart_it_looks_by_itself(intake_store: Store, desk: Desk, office: PostOffice, clock: Clock) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    desk.trouble = lambda letter: tell(loop, arrived)
    stop = asyncio.Event()
    running = asyncio.ensure_future(desk.courier(poll_seconds=0.01).run(stop))
    post(intake_store, office, clock, 1)
    await asyncio.wait_for(arrived.wait(), 10)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert desk.applied() == ["1"]


async def test_letters_are_deleted_eight_days_after_the_peer_is_past_them(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    forgotten: list[bytes] = []

    def tidy(marks: Mapping[bytes, int]) -> int:
        with intake_store.unit() as unit:
            number = forget_letters(unit.connection, marks, clock.now(), lambda connection, ids: forgotten.extend(ids))
            unit.commit()
        return number

    post(intake_store, office, clock, 1, 2)
    clock.advance(KEPT * 2)
    assert tidy(desk.store.read_now(watermarks)) == 0  # never fetched: never deleted
    await desk.courier().carry()
    marks = desk.store.read_now(watermarks)
    assert tidy(marks) == 0  # the eight days begin when the peer is seen to be past them
    post(intake_store, office, clock, 3)
    clock.advance(KEPT - timedelta(seconds=1))
    assert tidy(marks) == 0
    assert tidy({}) == 0  # the peer was set back: the eight days begin anew
    clock.advance(timedelta(days=1))
    assert tidy(marks) == 0
    clock.advance(KEPT)
    assert tidy(marks) == 2
    assert len(forgotten) == 2
    left = intake_store.read_now(lambda connection: connection.scalars(select(LETTER.c.seq)).all())
    assert left == [3]
    await desk.courier().carry()
    assert (desk.applied(), desk.alarms) == (["1", "2", "3"], [])


async def test_years_of_restarts_do_not_break_the_look_for_letters(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    with desk.store.unit() as unit:
        rows = [{"stream": os.urandom(16), "seq": 1} for _ in range(3000)]
        unit.connection.execute(insert(WATERMARK), rows)
        unit.commit()
    courier = desk.courier()
    await courier.carry()
    post(intake_store, office, clock, 1)
    assert await courier.carry() == 1


async def test_what_was_applied_is_recorded_with_what_it_caused(
    intake_store: Store, desk: Desk, office: PostOffice, clock: Clock
) -> None:
    def fails_late(connection: Connection, letter: Letter, enclosures: str) -> None:
        Desk.apply(desk, connection, letter, enclosures)
        raise RuntimeError

    post(intake_store, office, clock, 1)
    desk.apply = fails_late  # type: ignore[method-assign]
    await desk.courier().carry()
    assert desk.applied() == []
    assert desk.store.read_now(lambda connection: connection.execute(select(APPLIED)).all()) == []
    assert desk.refused == ["RuntimeError"]
