"""The intake actor of a process: the public bot, its store, its letters."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from bot import content_side, postal, telegram_side
from bot.apologies import Apologies
from bot.channels.delivery import Delivery
from bot.channels.inbound import Inbound
from bot.channels.telegram import TelegramTransport, make_bot
from bot.channels.telegram_poll import Poller
from bot.clock import Clock
from bot.content.sentences import system
from bot.intake import media, ticks
from bot.intake.hooks import Hooks
from bot.intake.letters import LettersIn, set_meta
from bot.intake.media import MediaFetcher
from bot.intake.tools import Tools
from bot.intake.turn import Intake, TurnSetAside
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.outages import Outages
from bot.reports import Reports
from bot.settings import Actor, Settings
from storage import keys, outbox
from storage.courier import Alarm, Courier
from storage.entropy import system_entropy
from storage.post import PostOffice
from storage.shared_tables import OUTBOX
from storage.store import Store, StoreDown

CANARY_FRESH = timedelta(hours=25)
"""The desk proves daily that it can open our letters; an hour's grace."""
CANARY_PATIENCE = 60.0
"""Seconds after the start in which the canary of this start may still be under way: `siap` and /health agree."""
FETCH_EVERY = 1.0
SWEEP_EVERY = 3600.0
LOOK_BACK_EVERY = 60.0
"""Seconds between looks whether the store was put back to a copy; the first is made at the start."""
_log = get_logger()


class IntakeActor:
    """Everything that intake needs, opened and joined."""

    name: Actor = "intake"

    def __init__(self, settings: Settings, clock: Clock, metrics: Metrics, jitter: Callable[[], float]) -> None:
        """Opens keys and store; raises KeyProblem, SettingsError, MigrationPending, StoreDown."""
        self._clock, self._metrics = clock, metrics
        self._flows = settings.flows_dir
        self._reports = Reports(self.name, metrics)
        token = settings.token("intake")
        actor_keys = keys.load_intake(settings.key_dir)
        self.store = Store.open(settings.intake_database_url.get_secret_value(), "intake")
        self.store.serve_alone()
        self._sqlite = settings.intake_database_url.get_secret_value().startswith("sqlite")
        post = PostOffice(actor_keys.sender, system_entropy).post
        self._tools = Tools.of(actor_keys, system_entropy, settings.timezone, post)
        self._intake = Intake(self.store, self._tools)
        self._bot = make_bot(token, settings.telegram_api_url)
        transport = TelegramTransport(self._bot, _no_media)
        self._fetcher = MediaFetcher(self.store, self._tools, transport.download)
        self._delivery = Delivery(
            self.store,
            transport,
            self._tools.outbox,
            Hooks(self._tools),
            now=clock.now,
            monotonic=clock.monotonic,
            jitter=jitter,
            report=self._reports.delivered,
        )
        self._apologies = Apologies(transport.send, lambda: system("gangguan"), lambda: system("kata_diam"))
        self._outages = Outages(self.name, clock.monotonic, metrics)
        self._poller = Poller("intake", self._bot, self._receive, self._reports.polled, clock.monotonic)
        letters = LettersIn(self._tools)
        self._peer = Store.open_peer(settings.desk_database_url.get_secret_value())
        self.courier: Courier[None] = Courier(
            self.store,
            self._peer,
            actor_keys.receiver,
            lambda _conn, _letter: None,
            lambda conn, letter, _: letters.apply(conn, letter, clock.now()),
            clock.now,
            on_alarm=self._alarm,
            on_refused=self._refused,
            on_peer=self._reports.peer,
        )
        self._ready_at = clock.monotonic()

    async def start(self) -> None:
        """Publish flows/ into an empty store, reach Telegram, send the canary of this start."""
        now = self._clock.now()
        await content_side.open_set(self.store, self._flows, now, self.name)
        if self._sqlite:
            # The only process that delivers from this file: whatever was in flight died with the last one.
            await self.store.write(outbox.recover)
        await telegram_side.start(self._bot, self.name)
        await self.store.write(lambda conn: ticks.at_start(conn, self._tools, now))
        loop = asyncio.get_running_loop()
        self.store.listen("outbox", lambda: telegram_side.call(loop, self._delivery.wake))
        self._ready_at = self._clock.monotonic()

    def loops(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """Polling, delivery, letters and downloads, until `stop`."""
        return [
            self._poller.run(stop),
            self._delivery.run(stop),
            self.courier.run(stop),
            telegram_side.periodically(stop, FETCH_EVERY, self._fetch),
            telegram_side.periodically(stop, LOOK_BACK_EVERY, self._look_back),
            telegram_side.periodically(stop, SWEEP_EVERY, self._sweep),
        ]

    async def tick(self) -> None:
        """Wake conversations whose time has come, say what intake says by itself, sweep what is over."""
        now = self._clock.now()
        await self._watch(now)
        for address_id in await self.store.read(lambda conn: ticks.due_sessions(conn, now)):
            try:
                await self._intake.wait_is_over(address_id, now)
            except TurnSetAside:
                _log.error("turn_set_aside", actor=self.name)
        if await self.store.read(lambda conn: ticks.anything(conn, now)):
            await self.store.write(lambda conn: ticks.speak_and_sweep(conn, self._tools, now))

    async def _watch(self, now: datetime) -> None:
        """What is down: operators see it, staff hear of it by type; and what is over lets go of what waited for it."""
        if self._outages.see(self.store, self._poller, self._delivery, peer_down=self._reports.peer_down):
            await self.store.write(lambda conn: outbox.try_again(conn, now))
        elif self.store.failing:
            await self.store.write(lambda conn: set_meta(conn, "written_at", now.isoformat()))
        if what := self._outages.to_tell():
            await self.store.write(lambda conn: self._trouble(conn, what, now))
            self._outages.told()

    async def health(self) -> Mapping[str, bool]:
        """Whether the store answers, the desk has lately proved that it can open our letters, our token is known."""
        now = self._clock.now()
        try:
            age = await self.store.read(lambda conn: ticks.canary_age(conn, now))
        except StoreDown:
            return {"store": False, "canary": False, **self._outages.health(token=not self._poller.revoked)}
        under_way = self._clock.monotonic() - self._ready_at < CANARY_PATIENCE
        fresh = under_way or (age is not None and age < CANARY_FRESH)
        found = self._outages.health(token=not self._poller.revoked)
        return {"store": not self.store.failing, "canary": fresh, **found}

    async def measure(self) -> None:
        """The outbox's backlog and the desk's letters that wait."""
        now = self._clock.now()
        due = select(func.count()).where(OUTBOX.c.state.in_(["waiting", "sending"]), OUTBOX.c.due_at <= now)
        self._metrics.outbox_backlog(self.name, await self.store.read(lambda conn: conn.execute(due).scalar_one()))
        self._metrics.letters_lag(self.name, await postal.lag(self.store, self._peer))

    async def close(self) -> None:
        """Close Telegram's connections and the store."""
        await telegram_side.stop(self._bot)
        self.store.close()

    # --- what the parts report ----------------------------------------------------------------------------------------

    async def _receive(self, inbound: Inbound) -> None:
        began = self._clock.monotonic()
        outcome = "done"
        try:
            await self._intake.receive(inbound, self._clock.now())
        except TurnSetAside:
            outcome = "set_aside"
            _log.error("turn_set_aside", actor=self.name)
        except StoreDown:
            outcome = "failed"
            await self._apologies.failed(inbound, self._clock.monotonic() - began)
            raise
        finally:
            self._metrics.turn(self.name, outcome, self._clock.monotonic() - began)
        await self._apologies.done(inbound)

    async def _fetch(self) -> None:
        await self._fetcher.fetch_due(self._clock.now())

    async def _look_back(self) -> None:
        now = self._clock.now()
        if await postal.set_back(self.store, self._peer, now, lambda conn: ticks.set_back(conn, self._tools, now)):
            _log.error("store_set_back", actor=self.name)

    async def _sweep(self) -> None:
        await postal.forget(self.store, self._peer, self._clock.now(), media.sweep)

    def _alarm(self, conn: Connection, alarm: Alarm) -> None:
        self._reports.alarm(alarm)
        self._trouble(conn, f"letter_{alarm.trouble}", self._clock.now())

    def _refused(self, conn: Connection, letter_id: bytes, reason: str) -> None:
        self._reports.refused(letter_id)
        self._trouble(conn, f"letter_refused_{reason}", self._clock.now())

    def _trouble(self, conn: Connection, what: str, now: datetime) -> None:
        body = {"at": now.isoformat(), "what": what, "thread": None, "raw": None, "held_report": False}
        self._tools.post(conn, "trouble", body, now)


async def _no_media(_: str) -> bytes:
    raise LookupError("intake sends no files")
