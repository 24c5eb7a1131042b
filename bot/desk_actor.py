"""The desk actor of a process: the staff bot, its store, its letters."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bot import content_side, desk_turns, postal, telegram_side
from bot.channels.delivery import Delivery
from bot.channels.inbound import Inbound
from bot.channels.telegram import TelegramTransport, make_bot
from bot.channels.telegram_poll import Poller
from bot.clock import Clock
from bot.content import publish
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.outages import Outages
from bot.reports import Reports
from bot.settings import Actor, Settings
from handoff.desk import Desk, Enclosures, read_enclosures
from storage import keys, outbox
from storage.courier import Alarm, Courier
from storage.desk_tables import CASE
from storage.entropy import system_entropy
from storage.post import PostOffice
from storage.shared_tables import OUTBOX
from storage.store import Store, StoreDown

FULL_TICK = 30.0
"""Seconds between ticks that write though nothing is due: sweeps, and the word about duty, can wait that long."""
SWEEP_EVERY = 3600.0
LOOK_BACK_EVERY = 60.0
"""Seconds between looks whether the store was put back to a copy; the first is made at the start."""
_log = get_logger()


class DeskActor:
    """Everything that the desk needs, opened and joined."""

    name: Actor = "desk"

    def __init__(self, settings: Settings, clock: Clock, metrics: Metrics, jitter: Callable[[], float]) -> None:
        """Opens keys and store; raises KeyProblem, SettingsError, MigrationPending, StoreDown."""
        self._clock, self._metrics = clock, metrics
        self._flows = settings.flows_dir
        self._reports = Reports(self.name, metrics)
        token = settings.token("desk")
        url = settings.desk_database_url.get_secret_value()
        actor_keys = keys.load_desk(settings.key_dir)
        self._sqlite = url.startswith("sqlite")
        self.store = Store.open(url, "desk")
        self.store.serve_alone()
        self._desk = Desk(
            actor_keys,
            publish.live,
            PostOffice(actor_keys.sender, system_entropy).post,
            system_entropy,
            settings.timezone,
            settings.desk_group_id,
            lambda kind: _log.error(f"tick_part_failed_{kind.lower()}"[:48], actor=self.name),
        )
        self._bot = make_bot(token, settings.telegram_api_url)
        self._delivery = Delivery(
            self.store,
            TelegramTransport(self._bot, self._file),
            self._desk.box,
            self._desk,
            now=clock.now,
            monotonic=clock.monotonic,
            jitter=jitter,
            report=self._reports.delivered,
        )
        self._outages = Outages(self.name, clock.monotonic, metrics)
        self._poller = Poller("desk", self._bot, self._receive, self._reports.polled, clock.monotonic)
        self._peer = Store.open_peer(settings.intake_database_url.get_secret_value())
        self.courier: Courier[Enclosures] = Courier(
            self.store,
            self._peer,
            actor_keys.receiver,
            read_enclosures,
            lambda conn, letter, enclosures: self._desk.apply_letter(conn, letter, enclosures, clock.now()),
            clock.now,
            on_alarm=self._alarm,
            on_refused=self._refused,
            on_peer=self._reports.peer,
        )
        self._full_tick: float | None = None
        self._seen = clock.now()

    async def start(self) -> None:
        """Publish flows/ into an empty store and reach Telegram."""
        now = self._clock.now()
        await content_side.open_set(self.store, self._flows, now, self.name)
        if self._sqlite:
            # The only process that delivers from this file: whatever was in flight died with the last one.
            await self.store.write(outbox.recover)
        await telegram_side.start(self._bot, self.name)
        loop = asyncio.get_running_loop()
        self.store.listen("outbox", lambda: telegram_side.call(loop, self._delivery.wake))

    def loops(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """Polling, delivery and letters, until `stop`."""
        return [
            self._poller.run(stop),
            self._delivery.run(stop),
            self.courier.run(stop),
            telegram_side.periodically(stop, LOOK_BACK_EVERY, self._look_back),
            telegram_side.periodically(stop, SWEEP_EVERY, self._sweep),
        ]

    async def tick(self) -> None:
        """Whatever is due at the desk."""
        now, at = self._clock.now(), self._clock.monotonic()
        await self._watch(now)
        due = await self.store.read(lambda conn: self._desk.next_due(conn, now))
        # A clock that was put back has things to be set right that no due time tells of.
        idle, self._seen = (due is None or due > now) and now >= self._seen, now
        if idle and self._full_tick is not None and at - self._full_tick < FULL_TICK:
            return
        await self.store.write(lambda conn: self._desk.tick(conn, now))
        self._full_tick = at

    async def _watch(self, now: datetime) -> None:
        """What is down: operators see it, staff hear of it by type; and what is over lets go of what waited for it."""
        if self._outages.see(self.store, self._poller, self._delivery, peer_down=self._reports.peer_down):
            await self.store.write(lambda conn: outbox.try_again(conn, now))
        deaf = self._poller.revoked or self._outages.lasting("telegram_down")
        if deaf != self._desk.deaf:
            self._desk.deaf, self._full_tick = deaf, None  # intake hears at once whether anybody reads
        if what := self._outages.to_tell():
            await self.store.write(lambda conn: self._desk.trouble(conn, what, now))
            self._outages.told()

    async def health(self) -> Mapping[str, bool]:
        """Whether the store answers and our token is known."""
        try:
            await self.store.read(lambda conn: conn.execute(select(1)).scalar_one())
        except StoreDown:
            return {"store": False}
        found = self._outages.health(token=not self._poller.revoked)
        return {"store": not self.store.failing, **found}

    async def measure(self) -> None:
        """The outbox's backlog, intake's letters that wait, cases past their time."""
        now = self._clock.now()
        waiting = select(func.count()).where(OUTBOX.c.state.in_(["waiting", "sending"]), OUTBOX.c.due_at <= now)
        overdue = select(func.count()).where(CASE.c.next_due_at <= now)
        backlog, late = await self.store.read(
            lambda conn: (conn.execute(waiting).scalar_one(), conn.execute(overdue).scalar_one())
        )
        self._metrics.outbox_backlog(self.name, backlog)
        self._metrics.overdue_clocks(late)
        self._metrics.letters_lag(self.name, await postal.lag(self.store, self._peer))

    async def close(self) -> None:
        """Close Telegram's connections and the store."""
        await telegram_side.stop(self._bot)
        self.store.close()

    # --- what the parts report ----------------------------------------------------------------------------------------

    async def _receive(self, inbound: Inbound) -> None:
        began = self._clock.monotonic()
        outcome = "failed"
        try:
            outcome = await desk_turns.take(self.store, self._desk, inbound, self._clock.now())
        finally:
            self._metrics.turn(self.name, outcome, self._clock.monotonic() - began)

    async def _sweep(self) -> None:
        now = self._clock.now()
        await self.store.write(lambda conn: self._desk.forget(conn, now))
        await postal.forget(self.store, self._peer, now, lambda _conn, _letters: None)

    async def _look_back(self) -> None:
        now = self._clock.now()
        if await postal.set_back(self.store, self._peer, now, lambda conn: self._desk.set_back(conn, now)):
            _log.error("store_set_back", actor=self.name)

    async def _file(self, ref: str) -> bytes:
        now = self._clock.now()
        return (await self.store.read(lambda conn: self._desk.file(conn, ref, now))).data

    def _alarm(self, conn: Connection, alarm: Alarm) -> None:
        self._reports.alarm(alarm)
        self._desk.trouble(conn, f"letter_{alarm.trouble}", self._clock.now())

    def _refused(self, conn: Connection, letter_id: bytes, _reason: str) -> None:
        self._reports.refused(letter_id)
        self._desk.trouble(conn, "letter_refused", self._clock.now(), held_report=True)
