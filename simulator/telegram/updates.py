"""Queues of updates and getUpdates: offset, long poll, conflicts (https://core.telegram.org/bots/api#getupdates)."""

import asyncio
from typing import Any

from simulator.telegram.errors import ApiError
from simulator.telegram.state import Bot, Json, Update

# https://core.telegram.org/bots/api#getting-updates: updates are kept no longer than 24 hours.
KEPT_SECONDS = 24 * 3600
# Telegram leaves these out unless they are asked for by name.
_ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}
KINDS = {
    "message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member",
    "inline_query", "chosen_inline_result", "poll", "poll_answer", "chat_join_request", "business_connection",
    "business_message", "edited_business_message", "deleted_business_messages", "shipping_query", "pre_checkout_query",
    "purchased_paid_media", "chat_boost", "removed_chat_boost", *_ON_REQUEST,
}  # fmt: skip

_WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
_OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
_BY_WEBHOOK = "terminated by setWebhook request"


def conflict(why: str) -> ApiError:
    """409 with Telegram's prefix."""
    return ApiError(409, f"Conflict: {why}")


def enqueue(bot: Bot, kind: str, payload: Any, at: float) -> None:
    """Adds one update unless the bot did not ask for its kind."""
    wanted = bot.allowed_updates
    if (kind not in wanted) if wanted else (kind in _ON_REQUEST):
        return
    bot.queue.append(Update(id=bot.next_update_id, kind=kind, payload=payload, at=at))
    bot.next_update_id += 1


def shape(update: Update) -> Json:
    """An Update; a raw one goes out exactly as it was given."""
    if update.raw:
        return {"update_id": update.id, **update.payload}
    return {"update_id": update.id, update.kind: update.payload}


def confirm(bot: Bot, offset: int, now: float) -> None:
    """Forgets what `offset` confirms (negative: all but the last ones) and what is older than a day."""
    if offset < 0:
        keep = list(bot.queue)[offset:]
        offset = keep[0].id if keep else 0
    bot.queue = type(bot.queue)(u for u in bot.queue if (u.once or u.id >= offset) and now - u.at < KEPT_SECONDS)


def batch(bot: Bot, limit: int) -> list[Json]:
    """The oldest waiting updates, at most `limit`; they stay until confirmed."""
    if bot.held:
        return []
    taken = list(bot.queue)[:limit]
    for update in taken:
        if update.once:
            bot.queue.remove(update)
        if update not in bot.delivered:
            bot.delivered.append(update)
    return [shape(update) for update in taken]


class Polls:
    """The long polls that wait, at most one per bot: a newer one ends the older with 409, as on the real server."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}

    def wake(self, bot: Bot) -> None:
        waiter = self._waiting.get(bot.id)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def waits(self, bot: Bot) -> bool:
        """Whether somebody waits for updates of `bot` now."""
        return bot.id in self._waiting

    def terminate(self, bot: Bot, why: str) -> None:
        waiter = self._waiting.pop(bot.id, None)
        if waiter is not None and not waiter.done():
            waiter.set_exception(conflict(why))

    def end_for_webhook(self, bot: Bot) -> None:
        self.terminate(bot, _BY_WEBHOOK)

    async def get(self, bot: Bot, offset: int, limit: int, seconds: int, now: float) -> list[Json]:
        """Updates from `offset` on; waits up to `seconds` for the first. Raises ApiError 409."""
        if bot.webhook is not None:
            raise conflict(_WEBHOOK_ACTIVE)
        self.terminate(bot, _OTHER_POLLER)
        confirm(bot, offset, now)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            found = batch(bot, limit)
            left = deadline - loop.time()
            if found or left <= 0:
                return found
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiting[bot.id] = waiter
            try:
                await asyncio.wait_for(waiter, left)
            except TimeoutError:
                return []
            finally:
                if self._waiting.get(bot.id) is waiter:
                    del self._waiting[bot.id]
