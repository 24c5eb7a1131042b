"""Sends what the outbox holds: in order per person, within the platform's limits,
until a final state that can be shown.

Sending is at least once: a row is marked before the call, and marked again after it; a crash in between sends it anew.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from bot.channels import errors
from bot.channels.outgoing import AnswerCallback, Outgoing, from_json
from bot.channels.rates import Rates
from storage import outbox
from storage.outbox import Outcome, Row
from storage.store import Store, StoreDown
from storage.vault import Column, FieldBox

TARGET, BODY = Column("outbox", "target"), Column("outbox", "body")

AT_ONCE = 8
"""Calls under way at the same time; each to another person."""
GIVE_UP_AFTER = timedelta(hours=24)
_TRIES_AT_LEAST: Final = 12
"""So often a row is tried before it is given up, however old it is: what waited for days behind an outage, or under a
clock that jumped, must not end at the first hiccup after it."""
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 600.0
_LONGEST: Final = timedelta(seconds=_LONGEST_PAUSE)
_MARK_PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds between tries to write down what became of a row; with the store's own patience less than a lease lasts."""
Marked = TypeVar("Marked")
_GRACE: Final = 1.5
"""Seconds that calls under way have to end when we are told to."""
_MOMENT: Final = timedelta(milliseconds=1)
"""The shortest wait: one that rounds to nothing would have the row taken and put back again and again."""
_LOOK_AGAIN = 0.5
"""Seconds between looks when nobody wakes us: the clock may have moved, another process may have written."""


class Hooks(Protocol):
    """What the owner of the rows does in the transaction that marks them."""

    def sent(self, conn: Connection, row: Row, message_id: int | None, now: datetime) -> None:
        """The platform took it; `message_id` is what it called the message."""

    def finished(self, conn: Connection, row: Row, state: str, now: datetime) -> None:
        """It reached a final state: sent, blocked, failed or expired."""

    def migrated(self, conn: Connection, row: Row, new_chat: int, now: datetime) -> bytes | None:
        """The group has a new id; returns the sealed new target, or None to give the row up."""


class Transport(Protocol):
    """Carries out one outgoing value."""

    async def send(self, chat: int, outgoing: Outgoing) -> int | None:
        """Raises a ChannelError."""


class Delivery:
    """Works off the outbox of one store through one transport."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        box: FieldBox,
        hooks: Hooks,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        jitter: Callable[[], float],
        report: Callable[[str, float], None],
    ) -> None:
        """`jitter` gives 0 to 1. `report` takes an event name and the seconds since the row was due."""
        self._store, self._transport, self._box, self._hooks = store, transport, box, hooks
        self._now, self._jitter, self._report = now, jitter, report
        self._rates = Rates(monotonic)
        self._busy: dict[bytes, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self.down = False
        """Whether the last call had no answer that can be used."""

    def wake(self) -> None:
        """Something was put into the outbox."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then let the calls under way finish."""
        while not stop.is_set():
            self._woken.clear()
            try:
                started = await self._start_due()
            except StoreDown:
                self._report("delivery_store_down", 0.0)
                started = False
            if not started:
                await self._rest(stop)
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=_GRACE)
            for task in late:
                task.cancel()  # marked as being sent: it is sent again

    async def _rest(self, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(stop.wait())]
        seconds = min(_LOOK_AGAIN, self._rates.until_room() or _LOOK_AGAIN)
        await asyncio.wait({*waits, *self._busy.values()}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _start_due(self) -> bool:
        # No more than may be sent now: a row that is taken only to be put back costs two commits.
        free = min(AT_ONCE - len(self._busy), self._rates.room())
        if free <= 0:
            return False
        now, busy = self._now(), frozenset(self._busy)
        if not await self._store.read(lambda conn: outbox.anything_due(conn, now)):
            return False
        rows = await self._store.write(lambda conn: self._take(conn, now, free, busy))
        for row in rows:
            task = asyncio.ensure_future(self._deliver(row))
            self._busy[row.person] = task
            task.add_done_callback(lambda _, person=row.person: self._done(person))  # type: ignore[misc]
        return bool(rows)

    def _take(self, conn: Connection, now: datetime, free: int, busy: frozenset[bytes]) -> list[Row]:
        for row in outbox.expire(conn, now):
            self._hooks.finished(conn, row, "expired", now)
        return outbox.take(conn, now, free, busy)

    def _done(self, person: bytes) -> None:
        self._busy.pop(person, None)
        self._woken.set()

    async def _deliver(self, row: Row) -> None:
        try:
            await self._attempt(row)
        except StoreDown:
            # The row stays marked as being sent; its lease runs out and it is sent again.
            self._report("delivery_store_down", 0.0)
        except Exception:  # noqa: BLE001 - whatever it is (a file that lacks a part), others must not wait behind it
            self._report("delivery_broken", 0.0)
            await self._give_up(row)

    async def _give_up(self, row: Row) -> None:
        try:
            await self._finish(row, "failed")
        except StoreDown:
            self._report("delivery_store_down", 0.0)
        except Exception:  # noqa: BLE001 - not even its owner can be told: then at least it ends
            self._report("delivery_owner_broken", 0.0)
            now = self._now()
            with suppress(StoreDown):
                await self._store.write(lambda conn: outbox.finish(conn, row.id, "failed", now))

    async def _mark(self, mark: Callable[[Connection], Marked]) -> Marked:
        """What became of a row is written as soon as that can be had: unmarked, it would be sent a second time."""
        for pause in _MARK_PAUSES:
            try:
                return await self._store.write(mark)
            except StoreDown:
                self._report("delivery_store_down", 0.0)
                await asyncio.sleep(pause)
        return await self._store.write(mark)

    async def _attempt(self, row: Row) -> None:
        now = self._now()
        if row.body is None or row.target is None:
            return None  # finished by another process meanwhile
        chat = int(self._box.open(TARGET, row.id, row.target))
        outgoing = from_json(self._box.open(BODY, row.id, row.body))
        wait = self._rates.wait(chat, message=not isinstance(outgoing, AnswerCallback))
        if wait > 0:
            return await self._again(row, now + min(max(timedelta(seconds=wait), _MOMENT), _LONGEST))
        try:
            message_id = await self._call(chat, outgoing)
        except errors.Blocked:
            await self._finish(row, "blocked")
        except errors.Gone:
            await self._finish(row, "expired")
        except errors.Refused:
            await self._finish(row, "failed")
        except errors.Migrated as moved:
            await self._move(row, moved.new_chat)
        except errors.Limited as limited:
            self._rates.pause(limited.wait.total_seconds())
            await self._again(row, now + min(limited.wait, _LONGEST))  # and then waits as long as the pause lasts
        except errors.ChannelError as problem:
            self._report(f"delivery_{type(problem).__name__.lower()}", 0.0)
            await self._later(row, now)
        else:
            await self._sent(row, message_id)

    async def _call(self, chat: int, outgoing: Outgoing) -> int | None:
        try:
            message_id = await self._transport.send(chat, outgoing)
        except errors.ChannelError as problem:
            self.down = isinstance(problem, errors.Down)
            raise
        self.down = False
        return message_id

    async def _sent(self, row: Row, message_id: int | None) -> None:
        now = self._now()

        def mark(conn: Connection) -> None:
            self._hooks.sent(conn, row, message_id, now)
            outbox.finish(conn, row.id, "sent", now)
            self._hooks.finished(conn, row, "sent", now)

        await self._mark(mark)
        self._report("delivery_sent", max(0.0, (now - row.due_at).total_seconds()))

    async def _finish(self, row: Row, state: Outcome) -> None:
        now = self._now()

        def mark(conn: Connection) -> None:
            outbox.finish(conn, row.id, state, now)
            self._hooks.finished(conn, row, state, now)

        await self._mark(mark)
        self._report(f"delivery_{state}", 0.0)

    async def _later(self, row: Row, now: datetime) -> None:
        if now - row.created_at > GIVE_UP_AFTER and row.attempts >= _TRIES_AT_LEAST:
            await self._finish(row, "failed")
            return
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(row.attempts, 12)) * (0.5 + self._jitter() / 2)
        await self._again(row, now + timedelta(seconds=pause))

    async def _again(self, row: Row, due: datetime) -> None:
        await self._mark(lambda conn: outbox.retry(conn, row.id, due))

    async def _move(self, row: Row, new_chat: int) -> None:
        now = self._now()

        def mark(conn: Connection) -> bool:
            target = self._hooks.migrated(conn, row, new_chat, now)
            if target is not None:
                outbox.retarget(conn, row.id, target, now)
            return target is not None

        if not await self._mark(mark):
            await self._finish(row, "blocked")
