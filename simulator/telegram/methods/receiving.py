"""Methods by which a bot receives: getUpdates, webhooks, answers to button presses."""

import ipaddress
import re
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

from simulator.telegram import updates
from simulator.telegram.errors import bad_request
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, Json, Webhook
from simulator.telegram.utf16 import units
from simulator.telegram.world import World

# The open server's LONG_POLL_MAX_TIMEOUT.
_LONGEST_POLL = 50
# https://core.telegram.org/bots/api#setwebhook
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_SECRET_LENGTH = 256
# https://core.telegram.org/bots/api#answercallbackquery
_ANSWER_UNITS = 200
# Telegram names no number; a press lives for some minutes. Tests that need an old one say so at the control side.
PRESS_SECONDS = 15 * 60

_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def _allow(bot: Bot, p: Params) -> None:
    wanted = p.json("allowed_updates", "allowed_updates")
    if wanted is None:
        return
    if not isinstance(wanted, list) or not all(isinstance(kind, str) for kind in wanted):
        raise bad_request("expected an Array of String as allowed updates")
    # Unknown kinds are passed over, as by Telegram; an empty list means all the usual ones.
    bot.allowed_updates = [kind for kind in wanted if kind in updates.KINDS] or None


def get_updates(world: World, bot: Bot, p: Params) -> Awaitable[list[Json]]:
    """getUpdates. Limit and timeout are brought into their range, as by Telegram."""
    if bot.webhook is None:
        _allow(bot, p)
    limit = min(max(p.integer("limit", 100), 1), 100)
    timeout = min(max(p.integer("timeout"), 0), _LONGEST_POLL)
    return world.polls.get(bot, p.integer("offset"), limit, timeout, world.clock.now())


def set_webhook(world: World, bot: Bot, p: Params) -> bool:
    """setWebhook. Plain http is taken on loopback only; an empty url deletes the webhook."""
    url = p.text("url")
    if not url:
        return delete_webhook(world, bot, p)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = p.text("secret_token")
    if len(secret) > _SECRET_LENGTH:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    _allow(bot, p)
    if p.flag("drop_pending_updates"):
        bot.queue.clear()
    most = min(max(p.integer("max_connections", 40), 1), 100)
    bot.webhook = Webhook(url=url, secret_token=secret, max_connections=most, ip_address=p.text("ip_address") or None)
    world.polls.end_for_webhook(bot)
    world.notify(bot)
    return True


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def delete_webhook(_world: World, bot: Bot, p: Params) -> bool:
    """deleteWebhook."""
    bot.webhook = None
    if p.flag("drop_pending_updates"):
        bot.queue.clear()
    return True


def get_webhook_info(_world: World, bot: Bot, _p: Params) -> Json:
    """getWebhookInfo."""
    hook = bot.webhook
    info: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(bot.queue),
    }
    if hook is not None:
        info["max_connections"] = hook.max_connections
        for name in ("ip_address", "last_error_date", "last_error_message"):
            if getattr(hook, name) is not None:
                info[name] = getattr(hook, name)
    if bot.allowed_updates is not None:
        info["allowed_updates"] = bot.allowed_updates
    return info


def answer_press(world: World, bot: Bot, p: Params) -> bool:
    """answerCallbackQuery: once, soon, and only for a press on one of this bot's messages."""
    press = world.presses.get(p.text("callback_query_id"))
    fresh = press is not None and press.bot is bot and press.answer is None
    if press is None or not fresh or world.clock.now() - press.at > PRESS_SECONDS:
        raise bad_request(_TOO_OLD)
    if units(p.text("text")) > _ANSWER_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    answer: dict[str, Any] = {"text": p.text("text"), "show_alert": p.flag("show_alert"), "url": p.text("url")}
    p.integer("cache_time")
    press.answer = answer
    world.record("answer", press.message.chat, press=press.id, to=press.by, message_id=press.message.id, **answer)
    return True
