"""`berani`, quickly: one process that has imported everything, and forks itself for each call of the command.

What is forked runs the command as it is, but looks around more often; only its start is cheaper. It reads a line of
JSON for each call (`number`, `words`, `folder`, `env`, `log`, `plan`) and writes one when it has begun and when it has
ended; `number` with `signal` is a signal for it.
"""

import asyncio
import gc
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final, Self

from tests.holds.crash_points import CHECKOUT

SOON: Final = 0.2
"""Seconds between looks of whatever looks around by itself."""
AT_ONCE: Final = 0.02
"""Seconds after which a moved clock is noticed."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code, or the negative number of the signal; seconds of CPU that it took."""

    code: int
    cpu: float


class Nursery:
    """The side of whoever calls. Belongs to one event loop at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.holds.nursery"]
        self._process = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._numbers = count(1)
        self._ends: dict[int, asyncio.Future[Ended]] = {}
        self._born: dict[int, asyncio.Future[None]] = {}
        self._rest = b""
        self.cpu = 0.0
        assert self._process.stdout is not None
        self._said = self._process.stdout.fileno()

    def close(self) -> None:
        """Ends the nursery; what it has borne must have ended."""
        self._process.communicate(timeout=10)

    async def __aenter__(self) -> Self:
        os.set_blocking(self._said, False)
        asyncio.get_running_loop().add_reader(self._said, self._hear)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._said)

    async def call(
        self, *words: str, folder: Path, env: Mapping[str, str], log: Path, plan: Mapping[str, Any] | None = None
    ) -> "Called":
        """Begins a call of `berani` with these words; what it prints is added to `log`."""
        number, loop = next(self._numbers), asyncio.get_running_loop()
        born, ended = loop.create_future(), loop.create_future()
        self._born[number], self._ends[number] = born, ended
        wanted = {"number": number, "words": words, "folder": str(folder), "env": dict(env), "log": str(log)}
        self._ask(**wanted, plan=plan)
        await born
        return Called(self, number, ended)

    def send(self, number: int, what: signal.Signals) -> None:
        """A signal to a call, if it has not ended. Its parent sends it: nobody else may have its id by then."""
        self._ask(number=number, signal=int(what))

    def _ask(self, **wanted: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        self._process.stdin.flush()

    def _hear(self) -> None:
        heard = os.read(self._said, 65536)
        if not heard:
            asyncio.get_running_loop().remove_reader(self._said)
            everybody: list[asyncio.Future[Any]] = [*self._born.values(), *self._ends.values()]
            for waiting in everybody:
                waiting.set_exception(AssertionError("the nursery has ended: its error is on stderr"))
        *lines, self._rest = (self._rest + heard).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "code" not in told:
                self._born.pop(told["number"]).set_result(None)
            else:
                self.cpu += told["cpu"]
                self._ends.pop(told["number"]).set_result(Ended(told["code"], told["cpu"]))


@dataclass(frozen=True)
class Called:
    """One call under way."""

    nursery: Nursery
    number: int
    ended: "asyncio.Future[Ended]"

    def send(self, what: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        self.nursery.send(self.number, what)


# --- the process itself -----------------------------------------------------------------------------------------------


def main() -> None:
    """Serves until stdin ends."""
    _warm()
    gc.collect()
    gc.freeze()
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}
    rest = b""
    with selectors.DefaultSelector() as selector:
        for end in (0, read_end):
            selector.register(end, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if read_end in ready:
                os.read(read_end, 4096)
                _bury(children)
            if 0 not in ready:
                continue
            heard = os.read(0, 65536)
            if not heard:
                for pid in children:
                    os.kill(pid, signal.SIGKILL)
                return
            *lines, rest = (rest + heard).split(b"\n")
            for line in lines:
                wanted = json.loads(line)
                if "signal" in wanted:
                    for pid in [pid for pid, number in children.items() if number == wanted["number"]]:
                        os.kill(pid, wanted["signal"])
                    continue
                if not (pid := os.fork()):
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    selector.close()
                    os.close(read_end)
                    os.close(write_end)
                    os._exit(_live(wanted))
                children[pid] = wanted["number"]
                _say(number=wanted["number"])


def _say(**told: Any) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _bury(children: dict[int, int]) -> None:
    while children:
        pid, status, used = os.wait4(-1, os.WNOHANG)
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        _say(number=children.pop(pid), code=code, cpu=used.ru_utime + used.ru_stime)


def _warm() -> None:
    """Imports what a process will need, and reads what each would read anew."""
    import httpx._transports.default

    import bot.__main__
    from bot.content import publish
    from bot.content.parse import content_hash, read_dir
    from tests.holds import crash_points

    for verb in bot.__main__.VERBS:
        bot.__main__.application(verb)
    files = read_dir(CHECKOUT / "flows")
    publish._known(content_hash(files), files)
    crash_points.commits()
    transport: Any = httpx._transports.default
    made = transport.create_ssl_context()  # 20 ms for each client, for certificates that nobody looks at
    transport.create_ssl_context = lambda *_, **__: made


def _live(wanted: dict[str, Any]) -> int:
    """The life of a child; its exit code."""
    gc.disable()  # it dies young
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["env"])
    sys.argv = ["berani", *wanted["words"]]
    _hurry(apart=wanted["words"][0] != "run")
    try:
        return _run(wanted["plan"])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BaseException:  # noqa: BLE001 (as the interpreter does it)
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _run(wanted: dict[str, Any] | None) -> int:
    from bot.__main__ import main as berani

    if wanted is None:
        berani()
        return 0
    from tests.holds import breakages
    from tests.holds.crash_plan import Plan

    plan = Plan(wanted["point"], wanted["occurrence"], wanted["actors"])
    plan.arm()
    if wanted.get("broken"):
        breakages.arm()
    try:
        berani()
    finally:
        if wanted.get("counts"):
            plan.write_counts(Path(wanted["counts"]))
    return 0


def _hurry(*, apart: bool) -> None:
    """Shorter waits, a look around whenever the clock was moved, and no limits of a platform that is not there.

    What happens, and in which order, stays. Actors that are `apart` have to look for each other's letters; in one
    process they wake each other.
    """
    import bot.app
    import bot.channels.rates
    import bot.channels.telegram_poll
    import bot.intake_actor
    from storage.courier import Courier
    from storage.lock import FileLock

    bot.intake_actor.FETCH_EVERY = SOON
    bot.channels.telegram_poll._SHORTEST = SOON
    bot.channels.rates.PER_SECOND = bot.channels.rates.PER_GROUP_MINUTE = 10_000
    FileLock.__init__.__defaults__ = (1.0,)
    bot.app._until_stopped = _watching(bot.app._until_stopped)  # type: ignore[assignment]
    begin = bot.app._Ticks.__init__

    def begun(ticks: Any, *given: Any) -> None:
        begin(ticks, *given)
        _ticks.append(ticks)

    bot.app._Ticks.__init__ = begun  # type: ignore[method-assign,assignment]
    assert Courier.__init__.__kwdefaults__ is not None
    if apart:
        Courier.__init__.__kwdefaults__["poll_seconds"] = SOON


_ticks: list[Any] = []
"""The alarm clock of this process."""


def _watching(serve: Callable[..., Awaitable[int]]) -> Callable[..., Awaitable[int]]:
    """`serve`, and a tick at once whenever the clock's file changes."""

    async def watch(file: Path) -> None:
        seen = _changed_at(file)
        while True:
            await asyncio.sleep(AT_ONCE)
            if (now := _changed_at(file)) != seen:
                seen = now
                await _ticks[-1].run()
                for actor in _ticks[-1]._actors:
                    actor._delivery.wake()

    async def serving(*given: Any) -> int:
        watcher = asyncio.create_task(watch(Path(os.environ["BERANI_CLOCK_FILE"])))
        try:
            return await serve(*given)
        finally:
            watcher.cancel()

    return serving


def _changed_at(file: Path) -> int:
    return file.stat().st_mtime_ns


if __name__ == "__main__":
    main()
