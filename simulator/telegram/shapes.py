"""Bot API objects as one bot sees them (https://core.telegram.org/bots/api#available-types)."""

import base64
from typing import Any

from simulator.telegram.state import ANONYMOUS_ADMIN_ID, Bot, Chat, Json, Member, Message, User

# https://core.telegram.org/bots/api#chatmemberadministrator
RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip

ANONYMOUS_ADMIN: Json = {
    "id": ANONYMOUS_ADMIN_ID,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


def _given(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def user(who: User) -> Json:
    """A User."""
    if isinstance(who, Bot):
        return {"id": who.id, "is_bot": True, "first_name": who.first_name, "username": who.username}
    return _given(
        id=who.id,
        is_bot=False,
        first_name=who.first_name,
        last_name=who.last_name,
        username=who.username,
        language_code=who.language_code,
    )


def me(bot: Bot) -> Json:
    """The User that getMe answers with."""
    return {
        **user(bot),
        "can_join_groups": True,
        "can_read_all_group_messages": not bot.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def chat(place: Chat) -> Json:
    """A Chat."""
    if place.person is not None:
        who = place.person
        names = _given(first_name=who.first_name, last_name=who.last_name, username=who.username)
        return {"id": place.id, "type": "private", **names}
    shape: Json = {"id": place.id, "type": place.type, "title": place.title}
    if place.type == "group":
        shape["all_members_are_administrators"] = False
    return shape


def full_chat(place: Chat) -> Json:
    """A ChatFullInfo."""
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), True
    )
    shape = {**chat(place), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    if not place.private:
        shape["permissions"] = {"can_send_messages": True, "can_pin_messages": True, "can_invite_users": True}
    return shape


def member(standing: Member) -> Json:
    """A ChatMember."""
    shape: Json = {"user": user(standing.user), "status": standing.status}
    if standing.admin:
        shape["is_anonymous"] = standing.anonymous
    if standing.status == "administrator":
        shape["can_be_edited"] = False
        shape.update({right: right in standing.rights for right in RIGHTS})
    if standing.status == "kicked":
        shape["until_date"] = 0
    return shape


def file_id(uid: str, bot: Bot) -> str:
    """The id of a file for one bot; another bot cannot use it, as on the real server."""
    return base64.urlsafe_b64encode(f"{bot.id}/{uid}".encode()).decode().rstrip("=")


def uid_of(identifier: str, bot: Bot) -> str | None:
    """The file's unique id, or None where `identifier` is nonsense or another bot's."""
    try:
        raw = base64.urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4)).decode("ascii")
    except ValueError:
        return None
    owner, _, uid = raw.partition("/")
    return uid if owner == str(bot.id) else None


def _for_bot(value: Any, bot: Bot) -> Any:
    """A copy of content fields with every file under this bot's id for it."""
    if isinstance(value, list):
        return [_for_bot(item, bot) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _for_bot(item, bot) for name, item in value.items()}
    if "file_unique_id" in copy:
        copy["file_id"] = file_id(copy["file_unique_id"], bot)
    return copy


def message(note: Message, bot: Bot, *, with_reply: bool = True) -> Json:
    """A Message as `bot` sees it: times in whole seconds, inline keyboards only, one level of reply."""
    shape: Json = {
        "message_id": note.id,
        "from": ANONYMOUS_ADMIN if note.anonymous else user(note.sender),
        "chat": chat(note.chat),
        "date": int(note.at),
    }
    if note.anonymous:
        shape["sender_chat"] = chat(note.chat)
    if note.edited_at is not None:
        shape["edit_date"] = int(note.edited_at)
    if note.protected:
        shape["has_protected_content"] = True
    if with_reply and note.reply_to is not None:
        original = note.chat.messages.get(note.reply_to)
        if original is not None and original.deleted_at is None:
            shape["reply_to_message"] = message(original, bot, with_reply=False)
    shape.update(_for_bot(note.body, bot))
    if note.inline:
        shape["reply_markup"] = {"inline_keyboard": note.inline}
    return shape
