"""Whatever is put, taken, lost, tried again and finished in whatever order: nobody's messages overtake each other."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from storage import outbox
from storage.outbox import Row
from storage.store import Store

START = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = [bytes([n]) * 16 for n in range(2)]
SECONDS = st.sampled_from([0, 0, 1, 10, 120, 150]).map(lambda seconds: timedelta(seconds=seconds))


@dataclass(frozen=True)
class Put:
    person: bytes
    priority: int
    put_off: timedelta
    lives: timedelta | None


@dataclass(frozen=True)
class Take:
    limit: int
    busy: frozenset[bytes]


@dataclass(frozen=True)
class Finish:
    which: int


@dataclass(frozen=True)
class Retry:
    which: int
    after: timedelta


@dataclass(frozen=True)
class Wait:
    by: timedelta


@dataclass(frozen=True)
class Expire:
    pass


Step = Put | Take | Finish | Retry | Wait | Expire
# Few people, few times, and steps that come together: at random alone they would seldom meet one another.
_PUT = st.builds(
    Put, st.sampled_from(PEOPLE), st.sampled_from([0, 2, 2, 3]), SECONDS, st.one_of(st.none(), st.none(), SECONDS)
)
_TAKE = st.builds(Take, st.sampled_from([1, 2, 9]), st.frozensets(st.sampled_from(PEOPLE), max_size=1))
_TAKE_ALL = st.just(Take(9, frozenset()))
_RETRY, _FINISH = st.builds(Retry, st.integers(0, 2), SECONDS), st.builds(Finish, st.integers(0, 2))
_WAIT = st.builds(Wait, SECONDS)
_SCENES = st.one_of(
    st.tuples(_PUT),
    st.tuples(_PUT, _TAKE_ALL, _PUT, _TAKE_ALL),
    st.tuples(_PUT, _PUT, _TAKE_ALL, _RETRY, _TAKE_ALL),
    st.tuples(_TAKE_ALL, _WAIT, _TAKE_ALL),
    st.tuples(_TAKE),
    st.tuples(_FINISH, _TAKE_ALL),
    st.tuples(_WAIT, st.just(Expire())),
)
STEPS = st.lists(_SCENES, min_size=3, max_size=15).map(lambda scenes: [step for scene in scenes for step in scene])


class Model:
    """The promise in plain Python: what may be taken, and what must be."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = START
        self.rows: dict[bytes, Row] = {}  # unfinished, in the order of writing
        self.sent: Counter[bytes] = Counter()
        self.tried_again: set[bytes] = set()

    def in_flight(self, row: Row) -> bool:
        return row.state == "sending" and row.lease_until is not None and row.lease_until > self.now

    def is_alive(self, row: Row) -> bool:
        return row.expires_at is None or row.expires_at > self.now

    def goes_first(self, row: Row, than: Row) -> bool:
        """Whether `row` has to be over before `than` may be sent."""
        if row.id == than.id or row.person != than.person:
            return False
        if self.in_flight(row):
            return True
        order = list(self.rows)
        earlier = (row.priority != 0, order.index(row.id)) < (than.priority != 0, order.index(than.id))
        return earlier and self.is_alive(row) and (row.due_at <= self.now or row.attempts > 0)

    def may_go(self, row: Row, busy: frozenset[bytes]) -> bool:
        if self.in_flight(row) or row.due_at > self.now or not self.is_alive(row) or row.person in busy:
            return False
        return not any(self.goes_first(other, row) for other in self.rows.values())

    def take(self, limit: int, busy: frozenset[bytes]) -> None:
        may = {row.id for row in self.rows.values() if self.may_go(row, busy)}
        taken = outbox.take(self.connection, self.now, limit, busy)
        ids = [row.id for row in taken]
        assert set(ids) <= may
        assert len(ids) == min(limit, len(may))
        assert [row.priority for row in taken] == sorted(row.priority for row in taken)
        for row in taken:
            if row.attempts > 1:
                self.tried_again.add(row.id)
            self.rows[row.id] = replace(row, seq=0)
            self.sent[row.id] += 1
        people = [row.person for row in self.rows.values() if self.in_flight(row)]
        assert len(people) == len(set(people))

    def play(self, step: Step) -> None:
        flying = [row for row in self.rows.values() if row.state == "sending"]
        match step:
            case Put(person, priority, put_off, lives):
                row = Row(
                    id=len(self.sent).to_bytes(16, "big"),
                    person=person,
                    priority=priority,
                    kind="k",
                    target=b"t",
                    body=b"b",
                    due_at=self.now + put_off,
                    created_at=self.now,
                    expires_at=None if lives is None else self.now + lives,
                )
                assert outbox.put(self.connection, row)
                self.rows[row.id] = row
                self.sent[row.id] = 0
            case Take(limit, busy):
                self.take(limit, busy)
            case Finish(which) if flying:
                row = flying[which % len(flying)]
                assert outbox.finish(self.connection, row.id, "sent", self.now)
                del self.rows[row.id]
            case Retry(which, after) if flying:
                row = flying[which % len(flying)]
                assert outbox.retry(self.connection, row.id, self.now + after)
                self.rows[row.id] = replace(row, state="waiting", lease_until=None, due_at=self.now + after)
            case Wait(by):
                self.now += by
            case Expire():
                expired = {row.id for row in outbox.expire(self.connection, self.now)}
                over = {row.id for row in self.rows.values() if not self.is_alive(row) and not self.in_flight(row)}
                assert expired == over
                for row_id in over:
                    del self.rows[row_id]
            case _:
                pass

    def drain(self) -> None:
        """Whatever is left goes out in the end, and in time for `next_due` to tell when."""
        for _ in range(3 * len(self.rows) + 3):
            before = set(self.rows)
            self.play(Expire())  # as delivery does: `expire`, then `take`
            self.take(100, frozenset())
            for row in [row for row in self.rows.values() if self.in_flight(row)]:
                outbox.finish(self.connection, row.id, "sent", self.now)
                del self.rows[row.id]
            if set(self.rows) == before:
                due = outbox.next_due(self.connection, self.now)
                if due is None:
                    break
                self.play(Wait(due - self.now))
        assert not self.rows
        assert outbox.next_due(self.connection, self.now) is None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_order_is_kept_and_nothing_is_lost_or_sent_twice(intake_store: Store, steps: list[Step]) -> None:
    with intake_store.unit() as unit:  # rolled back: each example begins with an empty outbox
        model = Model(unit.connection)
        for step in steps:
            model.play(step)
        model.drain()
        for row_id, times in model.sent.items():
            assert times <= 1 or row_id in model.tried_again
