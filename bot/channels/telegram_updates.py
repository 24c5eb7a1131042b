"""Reads one raw Telegram update into an Inbound, and drops every identity at this door.

Read by hand from the raw JSON, one update at a time: the library parses whole batches, so that a single malformed
update would fail for ever. Field names: Telegram Bot API, https://core.telegram.org/bots/api#update
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.channels.inbound import Bot, File, Inbound, Kind

GROUP_ANONYMOUS_BOT = 1087968824
"""The account that stands as sender where an administrator of a group writes anonymously (Bot API, Message.from)."""

_FILES: dict[str, Kind] = {
    "voice": "voice",
    "video_note": "video",
    "video": "video",
    "live_photo": "video",
    "audio": "audio",
    "animation": "video",
    "document": "document",
}
_GONE = frozenset({"left", "kicked"})
_SIGNIFICANT = 2**52
"""Ids have at most 52 significant bits (Bot API, Chat.id)."""

Raw = Mapping[str, Any]
Default = TypeVar("Default", int, None)


class Malformed(Exception):
    """An update that is not what the Bot API describes; it holds no part of it."""


def parse(bot: Bot, update: Raw) -> Inbound | None:
    """The update as an Inbound, or None for kinds that concern nobody here. Malformed when it cannot be read."""
    try:
        if "message" in update:
            return _message(bot, update["message"])
        if "edited_message" in update:
            return _edit(bot, update["edited_message"])
        if "callback_query" in update:
            return _button(bot, update["callback_query"])
        if "my_chat_member" in update:
            return _membership(bot, update["my_chat_member"], _whole(update["update_id"]))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, IndexError):
        raise Malformed from None
    return None


def _message(bot: Bot, message: Raw) -> Inbound | None:
    chat, chat_kind = _chat(message)
    if chat_kind is None:
        return None
    number = _whole(message["message_id"])
    fields: dict[str, Any] = {
        "bot": bot,
        "received": f"message:{chat}:{number}",
        "chat": chat,
        "chat_kind": chat_kind,
        "message_id": number,
        "at": datetime.fromtimestamp(_whole(message["date"]), UTC),
        **_sender(message),
    }
    # What only accompanies the words never costs them: it is left out if it cannot be read.
    if isinstance(reply := message.get("reply_to_message"), Mapping):
        fields["reply_to"] = _whole_or(None, reply.get("message_id"))
    if isinstance(album := message.get("media_group_id"), str):
        fields["album"] = album
    return Inbound(**fields, **_content(message))


def _content(message: Raw) -> dict[str, Any]:
    if message.get("text") is not None:
        return {"kind": "text", "text": _string(message["text"])}
    caption = _string(message.get("caption") or "")
    if photos := message.get("photo"):
        return {"kind": "photo", "text": caption, "file": _file(photos[-1], "image/jpeg")}
    for name, kind in _FILES.items():
        if isinstance(found := message.get(name), Mapping):
            return {"kind": kind, "text": caption, "file": _file(found)}
    if isinstance(place := message.get("venue", message), Mapping) and isinstance(place.get("location"), Mapping):
        at = place["location"]
        return {
            "kind": "location",
            "latitude": _degrees(at["latitude"], 90),
            "longitude": _degrees(at["longitude"], 180),
        }
    if isinstance(contact := message.get("contact"), Mapping):
        return {"kind": "contact", "phone": _string(contact["phone_number"])}
    if "migrate_to_chat_id" in message:
        return {"kind": "migrated", "migrated_to": _whole(message["migrate_to_chat_id"])}
    if not _SERVICE.isdisjoint(message):
        return {"kind": "service"}
    known = [key for key in message if key not in _ENVELOPE]
    return {"kind": "other", "other": known[0] if known else "empty", "text": caption}


# What the platform says of the chat itself (Bot API, Message: "Service message: …"); nobody waits for an answer to it.
_SERVICE = frozenset(
    "new_chat_members left_chat_member new_chat_title new_chat_photo delete_chat_photo group_chat_created"
    " supergroup_chat_created channel_chat_created message_auto_delete_timer_changed migrate_from_chat_id"
    " pinned_message successful_payment refunded_payment users_shared chat_shared gift unique_gift"
    " gift_upgrade_sent connected_website write_access_allowed passport_data proximity_alert_triggered boost_added"
    " chat_background_set checklist_tasks_done checklist_tasks_added direct_message_price_changed"
    " paid_message_price_changed forum_topic_created forum_topic_edited forum_topic_closed forum_topic_reopened"
    " general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway_completed"
    " suggested_post_approved suggested_post_approval_failed suggested_post_declined suggested_post_paid"
    " suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended"
    " video_chat_participants_invited web_app_data chat_owner_changed chat_owner_left poll_option_added"
    " poll_option_deleted managed_bot_created".split()
)


_ENVELOPE = frozenset(
    "message_id message_thread_id from sender_chat sender_boost_count sender_business_bot date chat edit_date"
    " forward_origin is_topic_message is_automatic_forward reply_to_message external_reply quote reply_to_story via_bot"
    " has_protected_content is_from_offline media_group_id author_signature entities caption_entities"
    " link_preview_options effect_id show_caption_above_media has_media_spoiler reply_markup"
    " paid_star_count caption".split()
)


def _edit(bot: Bot, message: Raw) -> Inbound | None:
    inbound = _message(bot, message)
    if inbound is None:
        return None
    edited = _whole(message.get("edit_date") or message["date"])
    return Inbound(
        bot=bot,
        received=f"edit:{inbound.chat}:{inbound.message_id}:{edited}",
        chat=inbound.chat,
        chat_kind=inbound.chat_kind,
        kind="edit",
        at=datetime.fromtimestamp(edited, UTC),
        sender=inbound.sender,
        anonymous_admin=inbound.anonymous_admin,
        message_id=inbound.message_id,
        text=inbound.text,
    )


def _button(bot: Bot, query: Raw) -> Inbound | None:
    message = query.get("message")
    if not isinstance(message, Mapping):
        return None
    chat, chat_kind = _chat(message)
    if chat_kind is None:
        return None
    pressed, by = _string(query["id"]), _whole(query["from"]["id"])
    return Inbound(
        bot=bot,
        received=f"callback:{pressed}",
        chat=chat,
        chat_kind=chat_kind,
        kind="button",
        at=datetime.fromtimestamp(_whole(message.get("date") or 0), UTC),
        sender=by,
        anonymous_admin=by == GROUP_ANONYMOUS_BOT,
        message_id=_whole(message["message_id"]),
        data=_string(query.get("data") or ""),
        callback=pressed,
    )


def _membership(bot: Bot, change: Raw, update_id: int) -> Inbound | None:
    chat, chat_kind = _chat(change)
    if chat_kind is None:
        return None
    gone = change["new_chat_member"]["status"] in _GONE
    kinds: dict[tuple[str, bool], Kind] = {
        ("private", True): "blocked",
        ("private", False): "unblocked",
        ("group", True): "left",
        ("group", False): "joined",
    }
    return Inbound(
        bot=bot,
        received=f"member:{chat}:{_whole(change['date'])}:{update_id}",
        chat=chat,
        chat_kind=chat_kind,
        kind=kinds[chat_kind, gone],
        at=datetime.fromtimestamp(_whole(change["date"]), UTC),
        sender=_whole(change["from"]["id"]),
    )


def _chat(holder: Raw) -> tuple[int, Any]:
    """The chat's id and whether it is private or a group; None for channels."""
    chat = holder["chat"]
    kinds = {"private": "private", "group": "group", "supergroup": "group"}
    return _whole(chat["id"]), kinds.get(chat["type"])


def _sender(message: Raw) -> dict[str, Any]:
    sender = message.get("from")
    number = _whole_or(None, sender.get("id")) if isinstance(sender, Mapping) else None
    anonymous = number == GROUP_ANONYMOUS_BOT or (isinstance(message.get("sender_chat"), Mapping))
    return {"sender": number, "anonymous_admin": anonymous}


def _file(found: Raw, mime: str = "") -> File:
    return File(
        file_id=_string(found["file_id"]),
        size=_whole_or(0, found.get("file_size")),
        mime=named if isinstance(named := found.get("mime_type"), str) else mime,
        seconds=_whole_or(0, found.get("duration")),
    )


def _whole(value: object) -> int:
    """An integer as the Bot API means it: JSON's `true`, `7.5` and `"7"` are none. Raises ValueError."""
    if type(value) is not int or not -_SIGNIFICANT < value < _SIGNIFICANT:
        raise ValueError
    return value


def _whole_or(default: Default, value: object) -> int | Default:
    return value if type(value) is int and -_SIGNIFICANT < value < _SIGNIFICANT else default


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _degrees(value: object, most: int) -> float:
    """Latitude or longitude. Raises ValueError for what lies on no globe (NaN too)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        raise ValueError
    return float(value)
