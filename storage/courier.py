"""Fetches the other actor's letters and applies each exactly once.

Only a letter's id tells whether it was applied, and it is recorded in the transaction that applies it. Streams and
numbers only tell whether something is missing or was written twice: that raises an alarm, and the letter is applied all
the same. A letter that can't be opened or applied is set aside once, reported, and tried again at the next start; it
never holds up the others.

What is lost, when a store is restored from a backup, is told by the peer's letters still being there: they stay until
eight days after our watermark passed them (storage/streams.py).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection, delete, insert, select

from storage.errors import StoreDown
from storage.letters import Letter, Receiver, open_letter
from storage.shared_tables import APPLIED, LETTER, REFUSED
from storage.store import Readable, Store
from storage.streams import Trouble, Waiting, applied_among, letters_beyond, move_watermark, trouble_with, watermarks

Enclosures = TypeVar("Enclosures")

POLL_SECONDS: Final = 1.0
_FULL_LOOK: Final = timedelta(minutes=1)
_TRIES: Final = 3


@dataclass(frozen=True)
class Alarm:
    """Something about a letter that should not be: which, and where it stood."""

    trouble: Trouble
    letter: bytes
    stream: bytes
    seq: int


class Courier(Generic[Enclosures]):
    """Carries letters from `peer` into `store`."""

    def __init__(
        self,
        store: Store,
        peer: Readable,
        receiver: Receiver,
        read_enclosures: Callable[[Connection, Letter], Enclosures],
        apply: Callable[[Connection, Letter, Enclosures], None],
        clock: Callable[[], datetime],
        *,
        on_alarm: Callable[[Connection, Alarm], None],
        on_refused: Callable[[Connection, bytes, str], None],
        on_peer: Callable[[datetime | None], None],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """`read_enclosures` gets the peer's connection (a snapshot) and a letter; `apply` ours, in a transaction.

        `on_alarm` and `on_refused` (letter id, type of trouble) are called inside that same transaction; `on_peer`
        outside, with the time since when the peer can't be read, at each try, and with None once it can again.
        """
        self._store, self._peer, self._receiver = store, peer, receiver
        self._read_enclosures, self._apply, self._clock = read_enclosures, apply, clock
        self._on_alarm, self._on_refused, self._on_peer = on_alarm, on_refused, on_peer
        self._poll_seconds = poll_seconds
        self._set_aside: set[bytes] = set()
        self._unreported: list[Exception] = []
        self._down_since: datetime | None = None
        self._looked_at: datetime | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Has `run` look at once. From any thread; this is what the peer's store calls when it is in our process."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be woken
                self._loop.call_soon_threadsafe(self._news.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Carries letters until `stop` is set; a letter in hand is finished. Survives peer and store being down."""
        self._loop = asyncio.get_running_loop()
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                self._news.clear()
                with suppress(StoreDown):  # our own store: its owner reports that, and the letters wait
                    await self.carry(stop)
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait({stopping, news}, timeout=self._poll_seconds, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        finally:
            stopping.cancel()

    async def carry(self, stop: asyncio.Event | None = None) -> int:
        """Applies the letters that wait now; returns how many. Raises StoreDown if our own store is down.

        Raises what `on_refused` raised, after the other letters are applied; that letter comes again at the next start.
        """
        carried = 0
        for waiting in await self._waiting():
            if stop is not None and stop.is_set():
                break
            try:
                fetched = await asyncio.to_thread(self._fetch, waiting)
            except StoreDown:
                self._peer_is_down()
                break
            except Exception as error:  # noqa: BLE001  (Unreadable, or whatever the owner's `read_enclosures` raises)
                await self._refuse(waiting, type(error).__name__)
                continue
            if fetched is not None:
                carried += await self._deliver(waiting, *fetched)
        if self._unreported:
            raise self._unreported.pop()
        return carried

    async def _waiting(self) -> list[Waiting]:
        """Letters not yet applied, streams in the order in which they began, each by its numbers."""
        now = self._clock()
        everything = self._looked_at is None or not timedelta(0) <= now - self._looked_at < _FULL_LOOK
        marks = {} if everything else await self._store.read(watermarks)
        try:
            found = await asyncio.to_thread(self._peer.read_now, lambda peer: letters_beyond(peer, marks))
        except StoreDown:
            self._peer_is_down()
            return []
        if self._down_since is not None:
            self._down_since = None
            self._on_peer(None)
        if everything:
            self._looked_at = now
        ids = [letter.id for letter in found if letter.id not in self._set_aside]
        new = set(ids) - await self._store.read(lambda connection: applied_among(connection, ids)) if ids else set()
        began: dict[bytes, datetime] = {}
        for letter in found:
            began[letter.stream] = min(letter.created_at, began.get(letter.stream, letter.created_at))
        waiting = [letter for letter in found if letter.id in new]
        return sorted(waiting, key=lambda letter: (began[letter.stream], letter.stream, letter.seq))

    def _fetch(self, waiting: Waiting) -> tuple[Letter, Enclosures] | None:
        """The opened letter with what it encloses, from one snapshot of the peer; None if the row is gone."""

        def read(peer: Connection) -> tuple[Letter, Enclosures] | None:
            wire = peer.scalar(select(LETTER.c.wire).where(LETTER.c.id == waiting.id))
            if wire is None:
                return None
            letter = open_letter(self._receiver, wire)
            return letter, self._read_enclosures(peer, letter)

        return self._peer.read_now(read)

    def _peer_is_down(self) -> None:
        self._down_since = self._down_since or self._clock()
        self._on_peer(self._down_since)

    async def _deliver(self, waiting: Waiting, letter: Letter, enclosures: Enclosures) -> int:
        """Applies a letter; 1 if it is applied now, 0 if it was before or had to be set aside."""
        reason = ""
        for _ in range(_TRIES):
            try:
                applied = await self._store.write(
                    lambda connection: self._apply_once(connection, waiting, letter, enclosures)
                )
            except StoreDown:
                raise
            except Exception as error:  # noqa: BLE001  (the owner's code: whatever it raises must not hold up the others)
                reason = type(error).__name__
                continue
            if letter.id != waiting.id:
                await self._refuse(waiting, "Misplaced")
            return applied
        await self._refuse(waiting, reason)
        return 0

    def _apply_once(self, connection: Connection, waiting: Waiting, letter: Letter, enclosures: Enclosures) -> int:
        known = select(APPLIED.c.letter_id).where(APPLIED.c.letter_id == letter.id)
        if connection.scalar(known) is not None:
            return 0
        trouble = trouble_with(connection, letter, waiting)
        if trouble:
            self._on_alarm(connection, Alarm(trouble, letter.id, letter.stream, letter.seq))
        self._apply(connection, letter, enclosures)
        row = {"letter_id": letter.id, "stream": letter.stream, "seq": letter.seq, "applied_at": self._clock()}
        connection.execute(insert(APPLIED), row)
        connection.execute(delete(REFUSED).where(REFUSED.c.id == letter.id))
        move_watermark(connection, letter.stream)
        return 1

    async def _refuse(self, waiting: Waiting, reason: str) -> None:
        """Not looked at again before the next start; recorded and reported the first time."""

        def record(connection: Connection) -> None:
            if connection.scalar(select(REFUSED.c.id).where(REFUSED.c.id == waiting.id)) is None:
                row = {"id": waiting.id, "stream": waiting.stream, "seq": waiting.seq}
                connection.execute(insert(REFUSED), {**row, "at": self._clock(), "reason": reason[:64]})
                self._on_refused(connection, waiting.id, reason)

        try:
            await self._store.write(record)
        except StoreDown:
            raise
        except Exception as error:  # noqa: BLE001  (`on_refused`: told to whoever runs us, once the others are applied)
            self._unreported.append(error)
        self._set_aside.add(waiting.id)
