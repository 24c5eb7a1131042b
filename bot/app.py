"""Wires one process: settings and keys become stores, bots, couriers and clocks, and run until told to stop."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.channels.errors import SecondPoller
from bot.clock import Clock, SystemClock
from bot.desk_actor import DeskActor
from bot.http import application, bound, server
from bot.intake_actor import IntakeActor
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.settings import Actor, Fault, Listen, Settings, SettingsError, setting_name
from storage.errors import StoreDown, StoreFaulty

TICK = 1.0
"""Seconds between "what is due?": ten-second windows and moved clocks are met on time; an idle look is one read."""
GRACE = 2.0
"""Seconds that work under way has to finish after SIGTERM, of the five that the contract allows: what is cut off then
comes again, and the stores still have to be closed."""
TICK_FRESH = 30.0
"""A tick older than this many seconds means that the alarm clock stands still."""

_log = get_logger()


class Running(Protocol):
    """One actor, as the process sees it."""

    name: Actor

    async def start(self) -> None:
        """Open what has to be open before anything is taken. Raises what an operator must mend."""

    def loops(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """What runs until `stop` is set."""

    async def tick(self) -> None:
        """Do what has become due."""

    async def health(self) -> Mapping[str, bool]:
        """Name → whether it is well."""

    async def measure(self) -> None:
        """Bring the gauges up to date."""

    async def close(self) -> None:
        """Let go of everything."""


def build(settings: Settings, names: tuple[Actor, ...]) -> tuple[list[Running], Clock, Metrics]:
    """The actors named, sharing one clock and, in one process, waking each other's couriers.

    Raises what their makers raise; a store that cannot be opened as SettingsError with the setting's name.
    """
    clock, metrics = SystemClock(settings.honoured_clock_file), Metrics()
    makers: dict[Actor, Callable[..., Any]] = {"intake": IntakeActor, "desk": DeskActor}
    jitter = random.SystemRandom().random
    actors = []
    for name in names:
        try:
            actors.append(makers[name](settings, clock, metrics, jitter))
        except (StoreDown, StoreFaulty) as problem:
            fix = "see that it is there, that its server, if any, runs, and that this user may write to it"
            fault = Fault("a database that can be opened", fix, setting_name(f"{name}_database_url"), f"({problem})")
            raise SettingsError([fault]) from None
    if len(actors) == 2:
        intake, desk = actors
        intake.store.listen("letters", desk.courier.wake)
        desk.store.listen("letters", intake.courier.wake)
    return actors, clock, metrics


async def run(actors: list[Running], clock: Clock, metrics: Metrics, listen: Listen, say: Callable[[str], None]) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code. `say` prints a line for whoever started us."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ticks = _Ticks(actors, clock, metrics)
    sock = bound(listen)
    web = server(application(ticks.health, ticks.measure, metrics))
    scheduler = AsyncIOScheduler(timezone="UTC")
    tasks: list[asyncio.Task[Any]] = []
    try:
        for actor in actors:
            if not await _unless(stop, actor.start()):
                return 0
        await ticks.run()
        scheduler.add_job(
            ticks.run, "interval", seconds=TICK, id="tick", coalesce=True, max_instances=1, misfire_grace_time=None
        )
        scheduler.start()
        tasks = [asyncio.create_task(part) for actor in actors for part in actor.loops(stop)]
        tasks.append(asyncio.create_task(web.serve(sockets=[sock])))
        host, port = sock.getsockname()[:2]
        say(f"http://{host}:{port}")
        say("siap")
        return await _until_stopped(stop, tasks)
    finally:
        stop.set()
        web.should_exit = True
        if scheduler.running:
            scheduler.shutdown(wait=False)
        tasks.append(asyncio.create_task(ticks.finished()))
        _, late = await asyncio.wait(tasks, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        sock.close()
        for actor in actors:
            await actor.close()


async def _until_stopped(stop: asyncio.Event, tasks: list[asyncio.Task[Any]]) -> int:
    """Wait for the signal, or for a part that ended by itself: that is an error, and the supervisor starts us anew.

    Raises SecondPoller, which no new start mends.
    """
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    if stopping in done:
        return 0
    stopping.cancel()
    for task in done:
        problem = task.exception()
        if isinstance(problem, SecondPoller):
            _log.error("second_poller")
            raise problem
        if problem is not None:
            _log.error("part_failed", exc_info=problem)
    return 1


async def _unless(stop: asyncio.Event, work: Awaitable[None]) -> bool:
    """Await `work`; False if `stop` is set before it is done."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return False


class _Ticks:
    """The alarm clock's one job: asks every actor what is due; one actor's trouble does not stop the other."""

    def __init__(self, actors: list[Running], clock: Clock, metrics: Metrics) -> None:
        self._actors, self._clock, self._metrics = actors, clock, metrics
        self._last: dict[str, float] = {}
        self._busy = asyncio.Lock()

    async def run(self) -> None:
        """One tick of every actor."""
        async with self._busy:
            for actor in self._actors:
                try:
                    await actor.tick()
                except Exception as problem:  # noqa: BLE001 - the next tick finds the same rows
                    _log.error("tick_failed", actor=actor.name, exc_info=problem)
                else:
                    self._last[actor.name] = self._clock.monotonic()
                    self._metrics.tick(actor.name)

    async def finished(self) -> None:
        """Wait for a tick that is under way."""
        async with self._busy:
            return

    async def health(self) -> Mapping[str, bool]:
        """Everything that must be well for /health."""
        found: dict[str, bool] = {}
        now = self._clock.monotonic()
        for actor in self._actors:
            found |= {f"{actor.name}_{name}": well for name, well in (await actor.health()).items()}
            found[f"{actor.name}_tick"] = now - self._last.get(actor.name, -TICK_FRESH) < TICK_FRESH
        return found

    async def measure(self) -> None:
        """Fresh gauges for /metrics."""
        for actor in self._actors:
            with suppress(Exception):
                await actor.measure()
