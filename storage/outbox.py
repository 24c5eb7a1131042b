"""What is due to be sent: rows put in by turns, taken by delivery, kept in order per person.

    put → waiting → take → sending → finish → sent, delivered, blocked, failed, expired
            ↑ ↑               │ retry
       held ┘ └───────────────┘

Order per person is the order of writing, of those that are due: a row that was put off from the start (until morning,
for the ten seconds in which it may be taken back) lets later ones pass, a row that failed and is to be tried again does
not. A row of priority 0 passes everything. Of one person at most one row is in flight.

All functions take a connection inside a transaction of the store, whichever actor's.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    delete,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.shared_tables import OUTBOX
from storage.topics import announce

Outcome = Literal["sent", "delivered", "blocked", "failed", "expired"]

# How long a row may be in flight before another process takes it for lost: longer than any one request to a platform
# may last, with its retries inside the client.
LEASE: Final = timedelta(minutes=2)
PUT_OFF: Final = timedelta(minutes=15)
"""What failed is tried again sooner than this."""


@dataclass(frozen=True)
class Row:
    """One message to one person. `target` and `body` are sealed by the owner, and gone once it is finished."""

    id: bytes
    person: bytes  # whose messages keep their order
    priority: int  # 0 darurat, 1 card or page, 2 reply, 3 digest
    kind: str  # the owner's own name of what this is
    target: bytes | None = field(repr=False)
    body: bytes | None = field(repr=False)
    due_at: datetime
    created_at: datetime
    ref: bytes | None = None  # the owner's row it belongs to
    expires_at: datetime | None = None
    dedupe: str | None = None
    state: str = "waiting"  # or "held", until released
    attempts: int = 0
    lease_until: datetime | None = None
    finished_at: datetime | None = None
    seq: int = 0  # given out by `put`


_COLUMNS: Final = [OUTBOX.c[name.name] for name in fields(Row)]


def put(connection: Connection, row: Row) -> bool:
    """Queues the row. False if one with the same `dedupe` was ever queued: then nothing changes."""
    values = {column.name: getattr(row, column.name) for column in _COLUMNS if column.name != "seq"}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(OUTBOX).on_conflict_do_nothing(index_elements=["dedupe"])
    if connection.scalar(statement.returning(OUTBOX.c.seq), values) is None:
        return False
    announce(connection, "outbox")
    return True


def take(connection: Connection, now: datetime, limit: int, busy_people: Collection[bytes] = ()) -> list[Row]:
    """At most `limit` rows to send now, most urgent first, marked as being sent until their lease ends.

    Nobody in `busy_people` (those this process is sending to) is served, and everybody at most once. Call `expire`
    first: a row past its `expires_at` is not taken.
    """
    older = OUTBOX.alias("older")
    due = and_(OUTBOX.c.due_at <= now, or_(OUTBOX.c.expires_at.is_(None), OUTBOX.c.expires_at > now))
    lost = and_(OUTBOX.c.state == "sending", OUTBOX.c.lease_until <= now)
    in_flight = and_(older.c.state == "sending", older.c.lease_until > now)
    # Rows that must go first: urgent ones before others, then by the order of writing.
    rank, older_rank = case((OUTBOX.c.priority == 0, 0), else_=1), case((older.c.priority == 0, 0), else_=1)
    before = or_(older_rank < rank, and_(older_rank == rank, older.c.seq < OUTBOX.c.seq))
    # A row not yet due stands in the way only when it has been tried; one past its time never does.
    stands = and_(
        or_(older.c.expires_at.is_(None), older.c.expires_at > now),
        or_(older.c.due_at <= now, older.c.attempts > 0),
    )
    in_the_way = (
        select(older.c.seq)
        .where(older.c.person == OUTBOX.c.person)
        .where(_unfinished(older))
        .where(or_(and_(in_flight, older.c.seq != OUTBOX.c.seq), and_(before, stands)))
    )
    chosen = (
        select(*_COLUMNS)
        .where(_unfinished(OUTBOX), or_(OUTBOX.c.state == "waiting", lost), due, ~in_the_way.exists())
        .order_by(OUTBOX.c.priority, OUTBOX.c.due_at, OUTBOX.c.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if busy_people:
        chosen = chosen.where(OUTBOX.c.person.not_in(list(busy_people)))
    rows = [Row(**found._mapping) for found in connection.execute(chosen)]  # noqa: SLF001  (SQLAlchemy's public name)
    sending = {"state": "sending", "lease_until": now + LEASE}
    if rows:
        taken = OUTBOX.c.seq.in_([row.seq for row in rows])
        connection.execute(update(OUTBOX).where(taken).values(attempts=OUTBOX.c.attempts + 1, **sending))
    return [Row(**{**vars(row), **sending, "attempts": row.attempts + 1}) for row in rows]


def retry(connection: Connection, row_id: bytes, due_at: datetime) -> bool:
    """Puts a row in flight back, to be sent at `due_at`; later ones of this person wait. False if not in flight."""
    return _change(connection, row_id, OUTBOX.c.state == "sending", state="waiting", lease_until=None, due_at=due_at)


def finish(connection: Connection, row_id: bytes, state: Outcome, now: datetime) -> bool:
    """Ends the row and erases its address and text; False if there is no such row.

    A finished row can be finished again when more is known (sent, then delivered or failed), but never as "sent".
    """
    if state not in get_args(Outcome):
        raise ValueError("not a final state")
    ended = {"state": state, "target": None, "body": None, "lease_until": None}
    condition = OUTBOX.c.body.is_not(None) if state == "sent" else None
    return _change(connection, row_id, condition, **ended, finished_at=func.coalesce(OUTBOX.c.finished_at, now))


def retarget(connection: Connection, row_id: bytes, target: bytes, now: datetime) -> bool:
    """Puts a row in flight back with another sealed address, to be sent now: its chat moved. False if not in flight."""
    in_flight = OUTBOX.c.state == "sending"
    return _change(connection, row_id, in_flight, state="waiting", lease_until=None, due_at=now, target=target)


def hold(connection: Connection, row_id: bytes) -> bool:
    """Keeps a row that may not go out now (a closed window, a reporter who asked for silence) until `release`."""
    return _change(connection, row_id, _unfinished(OUTBOX), state="held", lease_until=None)


def release(connection: Connection, person: bytes, now: datetime) -> int:
    """Lets everything that is held for this person go, in its old order; returns how many rows."""
    held = and_(OUTBOX.c.person == person, OUTBOX.c.state == "held")
    count = connection.execute(update(OUTBOX).where(held).values(state="waiting", due_at=now)).rowcount
    if count:
        announce(connection, "outbox")
    return count


def hasten(connection: Connection, person: bytes, now: datetime, until: datetime | None = None) -> int:
    """Sends now what was put off from the start for this person (only what is due by `until`, if that is given)."""
    put_off = and_(OUTBOX.c.state == "waiting", OUTBOX.c.attempts == 0, OUTBOX.c.due_at > now)
    if until is not None:
        put_off = and_(put_off, OUTBOX.c.due_at <= until)
    count = connection.execute(update(OUTBOX).where(OUTBOX.c.person == person, put_off).values(due_at=now)).rowcount
    if count:
        announce(connection, "outbox")
    return count


def try_again(connection: Connection, now: datetime) -> int:
    """Sends now what was put off because sending failed: whatever was in the way is over. Returns how many rows."""
    put_off = and_(OUTBOX.c.state == "waiting", OUTBOX.c.attempts > 0, OUTBOX.c.due_at > now)
    count = connection.execute(update(OUTBOX).where(put_off).values(due_at=now)).rowcount
    if count:
        announce(connection, "outbox")
    return count


def anything_due(connection: Connection, now: datetime) -> bool:
    """Whether a look with `take` or `expire` may find something: a read costs less than a transaction that writes."""
    due = and_(_unfinished(OUTBOX), OUTBOX.c.due_at <= now)
    over = and_(OUTBOX.c.state.in_(["waiting", "sending", "held"]), OUTBOX.c.expires_at <= now)
    return connection.execute(select(OUTBOX.c.seq).where(or_(due, over)).limit(1)).first() is not None


def withdraw(
    connection: Connection,
    *,
    row_id: bytes | None = None,
    person: bytes | None = None,
    ref: bytes | None = None,
    kind: str | None = None,
    dedupe: str | None = None,
) -> list[bytes]:
    """Removes rows that were never tried (waiting or held) and match all that is given; returns their ids.

    What is in flight, or was, stays: it may have arrived. Raises ValueError if nothing is given.
    """
    wanted = {"id": row_id, "person": person, "ref": ref, "kind": kind, "dedupe": dedupe}
    given = [OUTBOX.c[name] == value for name, value in wanted.items() if value is not None]
    if not given:
        raise ValueError("withdraw needs to know what")
    untouched = and_(OUTBOX.c.state.in_(["waiting", "held"]), OUTBOX.c.attempts == 0)
    return list(connection.scalars(delete(OUTBOX).where(untouched, *given).returning(OUTBOX.c.id)))


def expire(connection: Connection, now: datetime) -> list[Row]:
    """Ends rows whose time is over and that are not in flight; returns them as they were, for the owner to be told."""
    in_flight = and_(OUTBOX.c.state == "sending", OUTBOX.c.lease_until > now)
    over = and_(OUTBOX.c.body.is_not(None), OUTBOX.c.expires_at <= now, not_(in_flight))
    chosen = select(*_COLUMNS).where(over).order_by(OUTBOX.c.seq).with_for_update(skip_locked=True)
    rows = [Row(**found._mapping) for found in connection.execute(chosen)]  # noqa: SLF001  (SQLAlchemy's public name)
    for row in rows:
        finish(connection, row.id, "expired", now)
    return rows


def set_right(connection: Connection, now: datetime) -> int:
    """Lets go of what was written under a clock that was put back since, and would wait for that time to come again.

    Returns how many rows. To be called now and then by the store's owner.
    """
    ahead = and_(OUTBOX.c.state.in_(["waiting", "sending", "held"]), OUTBOX.c.created_at > now + LEASE)
    let_go = update(OUTBOX).where(ahead).values(created_at=now, due_at=now, expires_at=None)
    lost = and_(OUTBOX.c.state == "sending", OUTBOX.c.lease_until > now + 2 * LEASE)
    freed = update(OUTBOX).where(lost).values(lease_until=now)
    late = OUTBOX.c.seq.in_(put_off_too_long(now))
    again = update(OUTBOX).where(late).values(due_at=now)
    return sum(connection.execute(statement).rowcount for statement in (let_go, freed, again))


def put_off_too_long(now: datetime) -> Select[tuple[int]]:
    """Rows that failed and are to be tried again later than ever: the clock was put back since."""
    put_off = and_(OUTBOX.c.state == "waiting", OUTBOX.c.attempts > 0, OUTBOX.c.due_at > now + PUT_OFF)
    return select(OUTBOX.c.seq).where(put_off)


def recover(connection: Connection) -> int:
    """Takes back what was in flight when this actor's only process died; returns how many rows.

    Only where no other process delivers for this store: with several, leases end by themselves.
    """
    back = update(OUTBOX).where(OUTBOX.c.state == "sending").values(state="waiting", lease_until=None)
    return connection.execute(back).rowcount


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When `take` and `expire` may have something that they have not at `now`, if nobody puts, retries or finishes."""
    times = [OUTBOX.c.due_at, OUTBOX.c.lease_until, OUTBOX.c.expires_at]
    open_rows = OUTBOX.c.state.in_(["waiting", "sending", "held"])
    earliest = union_all(
        *(select(func.min(time).label("at")).where(open_rows, time > now) for time in times)
    ).subquery()
    found: datetime | None = connection.scalar(select(func.min(earliest.c.at)))
    return found


def forget(connection: Connection, finished_before: datetime) -> int:
    """Deletes finished rows older than that; their `dedupe` is then free again. Returns how many."""
    return connection.execute(delete(OUTBOX).where(OUTBOX.c.finished_at < finished_before)).rowcount


def _unfinished(table: FromClause) -> ColumnElement[bool]:
    # Written as in the partial indexes, without parameters: else SQLite would not use them.
    return table.c.state.in_([literal_column("'waiting'"), literal_column("'sending'")])


def _change(connection: Connection, row_id: bytes, condition: ColumnElement[bool] | None, **values: object) -> bool:
    statement = update(OUTBOX).where(OUTBOX.c.id == row_id).values(**values)
    if condition is not None:
        statement = statement.where(condition)
    return connection.execute(statement).rowcount == 1
