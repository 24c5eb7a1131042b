"""Reads one raw Telegram update into an Inbound, and drops every identity at this door.

Read by hand from the raw JSON, one update at a time: the library parses whole batches, so that a single malformed
update would fail for ever. Field names: Telegram Bot API, https://core.telegram.org/bots/api#update
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.inbound import Bot, File, Inbound, Kind

GROUP_ANONYMOUS_BOT = 1087968824
"""The account that stands as sender where an administrator of a group writes anonymously (Bot API, Message.from)."""

_FILES: dict[str, Kind] = {
    "voice": "voice",
    "video_note": "video",
    "video": "video",
    "audio": "audio",
    "animation": "video",
    "document": "document",
}
_GONE = frozenset({"left", "kicked"})

Raw = Mapping[str, Any]


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
            return _membership(bot, update["my_chat_member"], int(update["update_id"]))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, IndexError):
        raise Malformed from None
    return None


def _message(bot: Bot, message: Raw) -> Inbound | None:
    chat, chat_kind = _chat(message)
    if chat_kind is None:
        return None
    number = int(message["message_id"])
    fields: dict[str, Any] = {
        "bot": bot,
        "received": f"message:{chat}:{number}",
        "chat": chat,
        "chat_kind": chat_kind,
        "message_id": number,
        "at": datetime.fromtimestamp(int(message["date"]), UTC),
        **_sender(message),
    }
    if isinstance(reply := message.get("reply_to_message"), Mapping):
        fields["reply_to"] = int(reply["message_id"])
    if album := message.get("media_group_id"):
        fields["album"] = str(album)
    return Inbound(**fields, **_content(message))


def _content(message: Raw) -> dict[str, Any]:
    if isinstance(text := message.get("text"), str):
        return {"kind": "text", "text": text}
    caption = str(message.get("caption") or "")
    if photos := message.get("photo"):
        return {"kind": "photo", "text": caption, "file": _file(photos[-1], "image/jpeg")}
    for name, kind in _FILES.items():
        if isinstance(found := message.get(name), Mapping):
            return {"kind": kind, "text": caption, "file": _file(found)}
    if isinstance(place := message.get("venue", message), Mapping) and isinstance(place.get("location"), Mapping):
        at = place["location"]
        return {"kind": "location", "latitude": float(at["latitude"]), "longitude": float(at["longitude"])}
    if isinstance(contact := message.get("contact"), Mapping):
        return {"kind": "contact", "phone": str(contact["phone_number"])}
    if "migrate_to_chat_id" in message:
        return {"kind": "migrated", "migrated_to": int(message["migrate_to_chat_id"])}
    known = [key for key in message if key not in _ENVELOPE]
    return {"kind": "other", "other": known[0] if known else "empty"}


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
    edited = int(message.get("edit_date") or message["date"])
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
    return Inbound(
        bot=bot,
        received=f"callback:{query['id']}",
        chat=chat,
        chat_kind=chat_kind,
        kind="button",
        at=datetime.fromtimestamp(int(message.get("date") or 0), UTC),
        sender=int(query["from"]["id"]),
        anonymous_admin=int(query["from"]["id"]) == GROUP_ANONYMOUS_BOT,
        message_id=int(message["message_id"]),
        data=str(query.get("data") or ""),
        callback=str(query["id"]),
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
        received=f"member:{chat}:{change['date']}:{update_id}",
        chat=chat,
        chat_kind=chat_kind,
        kind=kinds[chat_kind, gone],
        at=datetime.fromtimestamp(int(change["date"]), UTC),
        sender=int(change["from"]["id"]),
    )


def _chat(holder: Raw) -> tuple[int, Any]:
    """The chat's id and whether it is private or a group; None for channels."""
    chat = holder["chat"]
    kinds = {"private": "private", "group": "group", "supergroup": "group"}
    return int(chat["id"]), kinds.get(chat["type"])


def _sender(message: Raw) -> dict[str, Any]:
    sender = message.get("from")
    number = int(sender["id"]) if isinstance(sender, Mapping) else None
    anonymous = number == GROUP_ANONYMOUS_BOT or (isinstance(message.get("sender_chat"), Mapping))
    return {"sender": number, "anonymous_admin": anonymous}


def _file(found: Raw, mime: str = "") -> File:
    return File(
        file_id=str(found["file_id"]),
        size=int(found.get("file_size") or 0),
        mime=str(found.get("mime_type") or mime),
        seconds=int(found.get("duration") or 0),
    )
