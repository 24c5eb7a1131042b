"""The methods of the Bot API that the double knows: name → handler and the parameters it takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.telegram.methods import chats, media, messages, profile, receiving
from simulator.telegram.params import Params
from simulator.telegram.state import Bot
from simulator.telegram.world import World

# Returns the value of `result`, or an awaitable of it; raises ApiError.
Handler = Callable[[World, Bot, Params], Any]


@dataclass(frozen=True)
class Method:
    """A method: what carries it out, and its parameters; others are passed over, as by Telegram, and noted."""

    run: Handler
    takes: frozenset[str]


def _method(run: Handler, takes: str = "") -> Method:
    return Method(run, frozenset(takes.split()))


_SEND = (
    "business_connection_id chat_id message_thread_id direct_messages_topic_id disable_notification protect_content "
    "allow_paid_broadcast message_effect_id suggested_post_parameters reply_parameters reply_markup "
    "reply_to_message_id allow_sending_without_reply "
)
_TEXT = "text parse_mode entities link_preview_options disable_web_page_preview "
_CAPTION = "caption parse_mode caption_entities show_caption_above_media "
_EDIT = "business_connection_id chat_id message_id inline_message_id reply_markup "
_COMMANDS = "commands scope language_code"
_WEBHOOK = "url certificate ip_address max_connections allowed_updates drop_pending_updates secret_token"

_METHODS = {
    "getMe": _method(profile.get_me),
    "getUpdates": _method(receiving.get_updates, "offset limit timeout allowed_updates"),
    "setWebhook": _method(receiving.set_webhook, _WEBHOOK),
    "deleteWebhook": _method(receiving.delete_webhook, "drop_pending_updates"),
    "getWebhookInfo": _method(receiving.get_webhook_info),
    "sendMessage": _method(messages.send_message, _SEND + _TEXT),
    "editMessageText": _method(messages.edit_text, _EDIT + _TEXT),
    "editMessageReplyMarkup": _method(messages.edit_markup, _EDIT),
    "deleteMessage": _method(messages.delete_message, "chat_id message_id"),
    "deleteMessages": _method(messages.delete_messages, "chat_id message_ids"),
    "forwardMessage": _method(messages.forward_message, _SEND + "from_chat_id message_id video_start_timestamp"),
    "copyMessage": _method(messages.copy_message, _SEND + _CAPTION + "from_chat_id message_id video_start_timestamp"),
    "answerCallbackQuery": _method(receiving.answer_press, "callback_query_id text show_alert url cache_time"),
    "getFile": _method(media.get_file, "file_id"),
    "sendPhoto": _method(media.sender("photo"), _SEND + _CAPTION + "photo has_spoiler"),
    "sendDocument": _method(
        media.sender("document"), _SEND + _CAPTION + "document thumbnail disable_content_type_detection"
    ),
    "sendVoice": _method(media.sender("voice"), _SEND + _CAPTION + "voice duration"),
    "sendVideo": _method(
        media.sender("video"),
        _SEND + _CAPTION + "video duration width height thumbnail cover start_timestamp has_spoiler supports_streaming",
    ),
    "sendLocation": _method(
        media.send_location,
        _SEND + "latitude longitude horizontal_accuracy live_period heading proximity_alert_radius",
    ),
    "sendChatAction": _method(
        chats.send_action, "business_connection_id chat_id message_thread_id direct_messages_topic_id action"
    ),
    "getChat": _method(chats.get_chat, "chat_id"),
    "getChatMember": _method(chats.get_member, "chat_id user_id"),
    "getChatAdministrators": _method(chats.get_administrators, "chat_id return_bots"),
    "leaveChat": _method(chats.leave, "chat_id"),
    "pinChatMessage": _method(chats.pin, "business_connection_id chat_id message_id disable_notification"),
    "unpinChatMessage": _method(chats.unpin, "business_connection_id chat_id message_id"),
    "setMyCommands": _method(profile.set_commands, _COMMANDS),
    "getMyCommands": _method(profile.get_commands, _COMMANDS.removeprefix("commands ")),
    "deleteMyCommands": _method(profile.delete_commands, _COMMANDS.removeprefix("commands ")),
    "setMyName": _method(profile.text_setter("name", 64), "name language_code"),
    "setMyDescription": _method(profile.text_setter("description", 512), "description language_code"),
    "setMyShortDescription": _method(profile.text_setter("short_description", 120), "short_description language_code"),
}

# The server takes method names in any letter case.
METHODS = {name.lower(): method for name, method in _METHODS.items()}
NAMES = {name.lower(): name for name in _METHODS}
