"""Long polling that confirms an update only after its turn is committed.

Telegram forgets what an offset has passed, and python-telegram-bot's Updater passes it before handlers finish; so the
loop is ours: the offset moves only past the contiguous prefix of updates whose turns are on disk.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from telegram import error

from bot.channels import errors
from bot.channels.inbound import Bot, Inbound
from bot.channels.telegram import RawBot, translated
from bot.channels.telegram_updates import Malformed, parse

LONG_POLL = 25
"""Seconds that a poll waits at the server; below the minute after which proxies cut idle connections."""
QUIET = timedelta(days=6)
"""After a week without updates their ids may start anew (Bot API, Update.update_id): then we ask without an offset."""
_SHORTEST, _LONGEST = 0.5, 60.0
_MOST = 2**31
"""Update ids are positive and fit 32 bits (the Bot API marks what does not). Any other would, as an offset, let go of
updates that nobody has seen: a negative one forgets all but the last (Bot API, getUpdates)."""

Handle = Callable[[Inbound], Awaitable[None]]
Report = Callable[[str], None]


class Poller:
    """Brings the updates of one bot, in order per chat, to a handler that commits."""

    def __init__(self, name: Bot, bot: RawBot, handle: Handle, report: Report, monotonic: Callable[[], float]) -> None:
        """`handle` returns once its turn is committed, or raises if it could not be. `report` takes an event name."""
        self._name: Bot = name
        self._bot = bot
        self._handle = handle
        self._report = report
        self._monotonic = monotonic
        self.revoked = False
        """Whether the platform said, at the last call, that it does not know our token."""
        self.down = False
        """Whether the last call had no answer that can be used."""
        self._offset: int | None = None
        self._last_update = monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set. Raises SecondPoller when somebody else polls with our token."""
        pause = _SHORTEST
        while not stop.is_set():
            asked = self._monotonic()
            try:
                # After trouble an answer is wanted at once: it tells that the trouble is over.
                seconds = 0 if self.down or self.revoked else LONG_POLL
                updates = await _unless(stop, self._bot.raw_updates(self._next_offset(), seconds))
            except error.TelegramError as problem:
                trouble = translated(problem)
                if isinstance(trouble, errors.SecondPoller):
                    raise trouble from None
                self.revoked, self.down = isinstance(trouble, errors.Revoked), isinstance(trouble, errors.Down)
                self._report(f"poll_{type(trouble).__name__.lower()}")
                wait = trouble.wait.total_seconds() if isinstance(trouble, errors.Limited) else pause
                pause = min(pause * 2, _LONGEST)
                await wait_for(stop, wait)
                continue
            pause, self.revoked, self.down = _SHORTEST, False, False
            at_once = not updates and self._monotonic() - asked < 1.0  # not what was asked for: whoever it is, no haste
            if at_once or (updates and not await self.take(updates)):
                await wait_for(stop, _SHORTEST)

    def _next_offset(self) -> int | None:
        if self._monotonic() - self._last_update > QUIET.total_seconds():
            self._offset = None
        return self._offset

    async def take(self, updates: list[Any]) -> bool:
        """Handle a batch; moves the offset past what is committed. False if something must come again."""
        self._last_update = self._monotonic()
        numbered = [(update, number) for update in updates if (number := _number(update)) is not None]
        if len(numbered) < len(updates):
            self._report("update_malformed")
        chats: dict[object, list[tuple[int, Inbound]]] = {}
        for update, number in numbered:
            try:
                inbound = parse(self._name, update)
            except Malformed:
                self._report("update_malformed")
                continue
            if inbound is not None:
                chats.setdefault(inbound.chat, []).append((number, inbound))
        # Different people in parallel; one person in order, and no further once one of their turns failed.
        unfinished = await asyncio.gather(*(self._one_after_another(items) for items in chats.values()))
        first_open = min((number for number in unfinished if number is not None), default=None)
        done = [number for _, number in numbered if first_open is None or number < first_open]
        if done:
            self._offset = max(done) + 1
        return first_open is None and bool(numbered)

    async def _one_after_another(self, items: list[tuple[int, Inbound]]) -> int | None:
        """The first update of this chat that could not be committed, or None."""
        for number, inbound in items:
            try:
                await self._handle(inbound)
            except Exception as problem:  # noqa: BLE001 - whatever it was, the update must come again, and is counted
                self._report(f"turn_failed_{type(problem).__name__.lower()}")
                return number
        return None


def _number(update: object) -> int | None:
    if not isinstance(update, Mapping):
        return None
    number = update.get("update_id")
    return number if type(number) is int and 0 <= number < _MOST else None


async def wait_for(stop: asyncio.Event, seconds: float) -> None:
    """Wait `seconds`, or less if `stop` is set before."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _unless(stop: asyncio.Event, call: Awaitable[list[Any]]) -> list[Any]:
    """What `call` gives, or nothing if `stop` is set first: a long poll must not hold up the end."""
    polling = asyncio.ensure_future(call)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if polling.done():
        return polling.result()
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    return []
