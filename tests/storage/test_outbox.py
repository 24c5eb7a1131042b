"""What is due to be sent goes out in order, is tried again, ends once, and leaves no text behind."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, select, text

from storage import outbox
from storage.errors import ConstraintBroken
from storage.outbox import Row
from storage.shared_tables import OUTBOX
from storage.store import Store
from tests.conftest import Clock

SECOND = timedelta(seconds=1)
ANI, BUDI = b"a" * 16, b"b" * 16
_numbers = count(1)


def a_row(clock: Clock, person: bytes = ANI, priority: int = 2, **more: object) -> Row:
    row = Row(
        id=next(_numbers).to_bytes(16, "big"),
        person=person,
        priority=priority,
        kind="reply",
        target=b"sealed address",
        body=b"sealed text",
        due_at=clock.now(),
        created_at=clock.now(),
    )
    return replace(row, **more)  # type: ignore[arg-type]


class Box:
    """The outbox of a store, one transaction a call."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock

    def put(self, *rows: Row) -> list[bool]:
        with self.store.unit() as unit:
            answers = [outbox.put(unit.connection, row) for row in rows]
            unit.commit()
        return answers

    def take(self, limit: int = 10, busy: tuple[bytes, ...] = ()) -> list[bytes]:
        with self.store.unit() as unit:
            rows = outbox.take(unit.connection, self.clock.now(), limit, busy)
            unit.commit()
        return [row.id for row in rows]

    def finish(self, row: Row, state: outbox.Outcome = "sent") -> bool:
        with self.store.unit() as unit:
            answer = outbox.finish(unit.connection, row.id, state, self.clock.now())
            unit.commit()
        return answer

    def retry(self, row: Row, after: timedelta) -> bool:
        with self.store.unit() as unit:
            answer = outbox.retry(unit.connection, row.id, self.clock.now() + after)
            unit.commit()
        return answer

    def run(self, work: object, *arguments: object, **named: object) -> object:
        with self.store.unit() as unit:
            answer = work(unit.connection, *arguments, **named)  # type: ignore[operator]
            unit.commit()
        return answer

    def next_due(self) -> datetime | None:
        return self.store.read_now(lambda connection: outbox.next_due(connection, self.clock.now()))

    def stored(self, row: Row) -> dict[str, object]:
        def read(connection: Connection) -> dict[str, object]:
            return dict(connection.execute(select(OUTBOX).where(OUTBOX.c.id == row.id)).mappings().one())

        return self.store.read_now(read)


@pytest.fixture
def box(intake_store: Store, clock: Clock) -> Box:
    return Box(intake_store, clock)


def test_a_row_is_taken_once_and_carries_what_was_put(box: Box, clock: Clock) -> None:
    row = a_row(clock, ref=b"r", expires_at=clock.now() + SECOND, dedupe="x")
    assert box.put(row) == [True]
    with box.store.unit() as unit:
        (taken,) = outbox.take(unit.connection, clock.now(), 10)
        unit.commit()
    expected = replace(row, state="sending", attempts=1, lease_until=clock.now() + outbox.LEASE, seq=taken.seq)
    assert taken == expected
    assert box.take() == []
    assert "sealed" not in repr(taken)


def test_urgent_rows_go_first_then_by_priority(box: Box, clock: Clock) -> None:
    rows = [a_row(clock, bytes([n]) * 16, priority) for n, priority in enumerate([3, 2, 1, 0])]
    box.put(*rows)
    assert box.take() == [row.id for row in reversed(rows)]


def test_one_persons_rows_wait_for_each_other(box: Box, clock: Clock) -> None:
    first, second, other = a_row(clock), a_row(clock, priority=1), a_row(clock, BUDI)
    box.put(first, second, other)
    assert box.take() == [first.id, other.id]
    box.finish(first)
    assert box.take() == [second.id]


def test_a_row_that_is_tried_again_holds_up_what_comes_after_it(box: Box, clock: Clock) -> None:
    first, second = a_row(clock), a_row(clock)
    box.put(first, second)
    assert box.take() == [first.id]
    assert box.retry(first, 10 * SECOND)
    assert box.take() == []
    assert box.next_due() == clock.now() + 10 * SECOND
    clock.advance(10 * SECOND)
    assert box.take() == [first.id]


def test_a_row_put_off_from_the_start_lets_later_ones_pass(box: Box, clock: Clock) -> None:
    tomorrow, now = a_row(clock, due_at=clock.now() + timedelta(hours=9)), a_row(clock)
    box.put(tomorrow, now)
    assert box.take() == [now.id]


def test_an_urgent_row_passes_a_failing_one_but_not_one_in_flight(box: Box, clock: Clock) -> None:
    first, urgent = a_row(clock), a_row(clock, priority=0)
    box.put(first)
    box.take()
    box.put(urgent)
    assert box.take() == []
    box.retry(first, 60 * SECOND)
    assert box.take() == [urgent.id]


def test_people_this_process_serves_already_are_left_out(box: Box, clock: Clock) -> None:
    mine, other = a_row(clock), a_row(clock, BUDI)
    box.put(mine, other)
    assert box.take(busy=(ANI,)) == [other.id]


def test_a_lost_row_is_taken_again_when_its_lease_is_over(box: Box, clock: Clock) -> None:
    row, later = a_row(clock), a_row(clock)
    box.put(row, later)
    box.take()
    clock.advance(outbox.LEASE - SECOND)
    assert box.take() == []
    clock.advance(SECOND)
    assert box.take() == [row.id]
    assert box.stored(row)["attempts"] == 2


def test_after_a_crash_of_the_only_process_rows_need_not_wait_for_their_lease(box: Box, clock: Clock) -> None:
    row = a_row(clock)
    box.put(row)
    box.take()
    assert box.run(outbox.recover) == 1
    assert box.take() == [row.id]


@pytest.mark.parametrize("state", ["sent", "delivered", "blocked", "failed", "expired"])
def test_a_finished_row_keeps_neither_address_nor_text(box: Box, clock: Clock, state: outbox.Outcome) -> None:
    row = a_row(clock)
    box.put(row)
    box.take()
    assert box.finish(row, state)
    stored = box.stored(row)
    assert (stored["state"], stored["target"], stored["body"]) == (state, None, None)
    assert stored["finished_at"] == clock.now()
    assert not box.retry(row, SECOND)


def test_no_unfinished_row_is_without_its_text_and_no_finished_one_with(box: Box, clock: Clock) -> None:
    row = a_row(clock)
    box.put(row)
    for change in (
        "body = NULL",
        "target = NULL",
        "state = 'sent'",
        "state = 'sending'",
        "state = 'gone'",
        "priority = 4",
    ):
        with pytest.raises(ConstraintBroken):
            box.run(lambda connection, change=change: connection.execute(text(f"UPDATE outbox SET {change}")))


def test_sent_becomes_delivered_and_never_sent_again(box: Box, clock: Clock) -> None:
    row = a_row(clock)
    box.put(row)
    box.take()
    assert box.finish(row, "sent")
    assert box.finish(row, "delivered")
    assert not box.finish(row, "sent")
    assert box.stored(row)["state"] == "delivered"


def test_what_was_queued_once_is_not_queued_again(box: Box, clock: Clock) -> None:
    row = a_row(clock, dedupe="card K-0001")
    assert box.put(row, replace(row, id=b"other")) == [True, False]
    box.take()
    box.finish(row)
    assert box.put(replace(row, id=b"other")) == [False]
    clock.advance(timedelta(days=9))
    assert box.run(outbox.forget, clock.now() - timedelta(days=8)) == 1
    assert box.put(row) == [True]


def test_a_held_row_waits_for_its_release(box: Box, clock: Clock) -> None:
    held, second, later = a_row(clock, state="held"), a_row(clock), a_row(clock)
    box.put(held, second)
    assert box.take() == [second.id]
    assert box.run(outbox.hold, second.id) is True  # the window was closed
    box.put(later)
    assert box.take() == [later.id]
    box.finish(later)
    assert box.take() == []
    assert box.run(outbox.release, ANI, clock.now()) == 2
    assert box.take() == [held.id]
    box.finish(held)
    assert box.take() == [second.id]


def test_a_row_past_its_time_is_not_sent_and_holds_up_nothing(box: Box, clock: Clock) -> None:
    row, held = (
        a_row(clock, expires_at=clock.now() + SECOND),
        a_row(clock, state="held", expires_at=clock.now() + SECOND),
    )
    after = a_row(clock)
    box.put(row, held, after)
    box.take()
    box.retry(row, 3 * SECOND)
    assert box.next_due() == clock.now() + SECOND
    clock.advance(5 * SECOND)
    assert box.take() == [after.id]
    with box.store.unit() as unit:
        expired = outbox.expire(unit.connection, clock.now())
        unit.commit()
    assert [(gone.id, gone.body) for gone in expired] == [(row.id, b"sealed text"), (held.id, b"sealed text")]
    assert box.stored(row)["state"] == "expired"
    assert box.run(outbox.expire, clock.now()) == []


def test_a_row_that_was_never_tried_can_be_taken_back(box: Box, clock: Clock) -> None:
    row = a_row(clock, ref=b"case", dedupe="x", due_at=clock.now() + 10 * SECOND)
    other = a_row(clock, BUDI, ref=b"case")
    box.put(row, other)
    assert box.take() == [other.id]
    assert box.run(outbox.withdraw, ref=b"case") == [row.id]
    assert box.run(outbox.withdraw, row_id=other.id) == []
    clock.advance(10 * SECOND)
    assert box.take() == []
    with pytest.raises(ValueError, match="what"):
        box.run(outbox.withdraw)


def test_next_due_names_only_what_is_still_to_come(box: Box, clock: Clock) -> None:
    assert box.next_due() is None
    box.put(a_row(clock), a_row(clock, BUDI, due_at=clock.now() + 30 * SECOND))
    assert box.next_due() == clock.now() + 30 * SECOND
    box.take()
    clock.advance(30 * SECOND)
    assert box.next_due() == clock.now() - 30 * SECOND + outbox.LEASE


async def test_two_who_take_at_once_never_take_the_same(intake_store: Store, clock: Clock) -> None:
    rows = [a_row(clock, bytes([n % 40]) * 16) for n in range(80)]

    def put(connection: Connection) -> None:
        for row in rows:
            outbox.put(connection, row)

    await intake_store.write(put)
    takes = [intake_store.write(lambda connection: outbox.take(connection, clock.now(), 10)) for _ in range(16)]
    taken = [row for some in await asyncio.gather(*takes) for row in some]
    assert len({row.id for row in taken}) == len(taken) == 40
    assert len({row.person for row in taken}) == 40


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_taking_reads_the_open_rows_by_their_index(box: Box, clock: Clock) -> None:
    from sqlalchemy.dialects import sqlite

    statements: list[str] = []

    class Spy:
        dialect = sqlite.dialect()

        def execute(self, statement: object) -> list[object]:
            statements.append(str(statement.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True})))  # type: ignore[attr-defined]
            return []

    outbox.take(Spy(), clock.now(), 10)  # type: ignore[arg-type]
    plan = box.store.read_now(
        lambda connection: [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[0]}")]
    )
    assert any("ix_outbox_unfinished" in step and "person=?" in step for step in plan), plan
    assert not any(step.startswith("SCAN outbox") and "USING" not in step for step in plan), plan


def test_what_was_put_off_goes_at_once_when_the_person_writes(box: Box, clock: Clock) -> None:
    soon, tomorrow = a_row(clock, due_at=clock.now() + SECOND), a_row(clock, due_at=clock.now() + timedelta(hours=9))
    failing, others = a_row(clock, BUDI), a_row(clock, b"c" * 16, due_at=clock.now() + SECOND)
    box.put(soon, tomorrow, failing, others)
    box.take()
    box.retry(failing, 60 * SECOND)
    assert box.run(outbox.hasten, ANI, clock.now(), clock.now() + 2 * SECOND) == 1
    assert box.take() == [soon.id]
    box.finish(soon)
    assert box.run(outbox.hasten, BUDI, clock.now()) == 0  # what failed keeps its time
    assert box.run(outbox.hasten, ANI, clock.now()) == 1
    assert box.take() == [tomorrow.id]


def test_a_row_whose_chat_moved_goes_to_the_new_address(box: Box, clock: Clock) -> None:
    row = a_row(clock)
    box.put(row)
    assert box.run(outbox.retarget, row.id, b"new address", clock.now()) is False
    box.take()
    assert box.run(outbox.retarget, row.id, b"new address", clock.now()) is True
    assert box.take() == [row.id]
    assert box.stored(row)["target"] == b"new address"


def test_a_quick_look_misses_nothing_that_take_or_expire_would_find(box: Box, clock: Clock) -> None:
    def anything() -> bool:
        return box.store.read_now(lambda connection: outbox.anything_due(connection, clock.now()))

    assert not anything()
    box.put(
        a_row(clock, due_at=clock.now() + SECOND), a_row(clock, BUDI, state="held", expires_at=clock.now() + 9 * SECOND)
    )
    assert not anything()
    clock.advance(SECOND)
    assert anything()
    (taken,) = box.take()
    box.run(outbox.finish, taken, "sent", clock.now())
    assert not anything()
    clock.advance(8 * SECOND)
    assert anything()
    box.run(outbox.expire, clock.now())
    assert not anything()
