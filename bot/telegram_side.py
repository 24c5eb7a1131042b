"""What both actors' Telegram bots have in common: start, poll, deliver, stop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from telegram import error

from bot.channels import errors
from bot.channels.telegram import RawBot, translated
from bot.channels.telegram_poll import wait_for
from bot.logs import get_logger
from bot.settings import Fault, SettingsError, setting_name
from storage.store import StoreDown

_log = get_logger()
_AGAIN = 2.0


async def start(bot: RawBot, name: str) -> None:
    """getMe until it answers; then polling is allowed. Raises SettingsError for a token that Telegram does not know."""
    while True:
        try:
            await bot.initialize()
        except error.TelegramError as problem:
            trouble = translated(problem)
            if isinstance(trouble, errors.Revoked | errors.Refused):
                fix = "copy the token anew from @BotFather; a revoked one never works again"
                setting = setting_name(f"{name}_telegram_token")
                raise SettingsError([Fault("a token that the Bot API server knows", fix, setting)]) from None
            _log.warning("telegram_not_reached", actor=name)
            await asyncio.sleep(_AGAIN)
        else:
            break
    try:
        # A webhook of another life would keep every update from the poll. Never drops what waits.
        await bot.delete_webhook(drop_pending_updates=False)
    except error.TelegramError:
        _log.warning("delete_webhook_failed", actor=name)


async def stop(bot: RawBot) -> None:
    """Close the library's connections."""
    await bot.shutdown()


async def periodically(stop: asyncio.Event, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` now and then every `seconds`; its trouble is logged by type and does not end it."""
    while not stop.is_set():
        try:
            await work()
        except StoreDown:
            _log.warning("store_down")
        except Exception as problem:  # noqa: BLE001 - the next round finds the same work
            _log.error("round_failed", exc_info=problem)
        await wait_for(stop, seconds)


def call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """From a store's writer thread into the loop; a loop that is closed needs nothing any more."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(what)
