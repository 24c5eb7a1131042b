"""Telegram as a transport: our values out through python-telegram-bot's Bot, its errors back as ours."""

import re
import warnings
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
    error,
)
from telegram.request import HTTPXRequest

from bot.channels import errors, raw_json
from bot.channels.outgoing import (
    END,
    VERBATIM,
    AnswerCallback,
    Buttons,
    Delete,
    EditButtons,
    EditText,
    Leave,
    Outgoing,
    Send,
    SendMedia,
    plain,
    sendable,
    utf16_length,
)

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
"""What we ask Telegram for; everything else never leaves it."""
DELETE_AT_ONCE = 100
"""Ids in one deleteMessages (Bot API)."""

# A link in somebody's words must not be fetched: its owner would see that it is being read, and its picture would show.
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_MARKED = re.compile(rf"\*([^*\n]+)\*|{VERBATIM}([^{END}]*){END}")
_GONE = re.compile(
    r"message (to (edit|delete|be replied) )?(not found|is not modified|can't be (edited|deleted))|query is too old"
    r"|MESSAGE_ID_INVALID",
    re.IGNORECASE,
)
# What must stand in the result of a method, for the library to read it.
_SENT = ("message_id", "date", "chat")
_NEEDED = {"getMe": ("id", "is_bot", "first_name"), "getFile": ("file_id", "file_unique_id", "file_path")}
FetchMedia = Callable[[str], Awaitable[bytes]]


class Request(HTTPXRequest):
    """The library's requests, of which only the Bot API's own answers come through, whatever their status.

    A login page in front of the network that says 403, a broken proxy that says 200: neither is what Telegram said.
    """

    async def do_request(self, url: str, method: str, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Status and body. Raises NetworkError for a body that is not as the Bot API describes its answers."""
        status, body = await super().do_request(url, method, *args, **options)
        if method == "POST" and not _is_answer(status, body):
            raise error.NetworkError("not an answer of the Bot API")
        return status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer, whatever stands in parts of it. Raises NetworkError for what is no JSON."""
        try:
            answer: dict[str, Any] = raw_json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            raise error.NetworkError("no JSON") from None
        return answer


def _is_answer(status: int, body: bytes) -> bool:
    """https://core.telegram.org/bots/api#making-requests"""
    try:
        answer = raw_json.loads(body.decode("utf-8", "replace"))
    except ValueError:
        return False
    if not isinstance(answer, dict):
        return False
    if 200 <= status <= 299:
        return answer.get("ok") is True and "result" in answer
    more = answer.get("parameters") or {}
    if answer.get("ok") is not False or not isinstance(answer.get("description"), str) or not isinstance(more, dict):
        return False
    return all(type(more.get(name, 0)) is int for name in ("retry_after", "migrate_to_chat_id"))


class RawBot(Bot):
    """The library's Bot, which also hands over updates as they came."""

    async def _post(self, endpoint: str, *args: Any, **options: Any) -> Any:
        """As the library's; raises NetworkError for a result that it could not read."""
        result = await super()._post(endpoint, *args, **options)
        needed = _SENT if endpoint.startswith("send") else _NEEDED.get(endpoint)
        if needed and not (isinstance(result, Mapping) and all(result.get(name) is not None for name in needed)):
            raise error.NetworkError("a result of another shape")
        return result

    async def raw_updates(self, offset: int | None, wait: int) -> list[Any]:
        """One long poll of at most `wait` seconds: the updates from `offset` on, unparsed. Raises TelegramError.

        The library's own get_updates parses the batch as a whole, so that one malformed update would fail for ever.
        """
        data: dict[str, Any] = {"timeout": wait, "allowed_updates": ALLOWED_UPDATES}
        if offset is not None:
            data["offset"] = offset
        updates: Any = await self._post("getUpdates", data, read_timeout=wait + 10)
        if not isinstance(updates, list):
            raise error.NetworkError("a result of another shape")
        return updates


def make_bot(token: str, api_url: str) -> RawBot:
    """A Bot for any Bot API server; `api_url` without the `/bot` part. Opens nothing yet."""
    # The long poll waits 25 s at the server; its pool is apart, so that sending never waits for it.
    return RawBot(
        token=token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=Request(connection_pool_size=16, read_timeout=15, write_timeout=15, media_write_timeout=60),
        get_updates_request=Request(connection_pool_size=1, read_timeout=15),
    )


def marked(text: str) -> tuple[str, list[MessageEntity]]:
    """The text without its `*…*` and its verbatim marks; what they held as entities, in UTF-16 units.

    Entities and not parse_mode: whatever else stands in a text can never be taken for markup. Verbatim words are
    `code`, the only kind that no link, name or number can stand in (Bot API, formatting options).
    """
    shown, entities, last = "", [], 0
    for found in _MARKED.finditer(text):
        shown += text[last : found.start()]
        kind, held = (MessageEntity.BOLD, found[1]) if found[1] else (MessageEntity.CODE, found[2])
        if held:
            entities.append(MessageEntity(kind, utf16_length(shown), utf16_length(held)))
        shown += held
        last = found.end()
    return shown + text[last:], entities


def keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    """Our rows of buttons as an inline keyboard; None for no buttons."""
    rows = [[InlineKeyboardButton(plain(label), callback_data=data) for label, data in row] for row in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


class TelegramTransport:
    """Carries out one outgoing value in one chat."""

    def __init__(self, bot: Bot, fetch_media: FetchMedia) -> None:
        """`fetch_media`: the clear bytes of a stored file by its ref (hex)."""
        self._bot = bot
        self._fetch_media = fetch_media
        self._table: dict[type[Outgoing], Callable[[int, Any], Awaitable[int | None]]] = {
            Send: self._send,
            EditText: self._edit_text,
            EditButtons: self._edit_buttons,
            Delete: self._delete,
            AnswerCallback: self._answer,
            SendMedia: self._media,
            Leave: self._leave,
        }

    async def send(self, chat: int, outgoing: Outgoing) -> int | None:
        """Do it; returns the id of the message that came of it, if one did. Raises a ChannelError."""
        try:
            return await self._table[type(outgoing)](chat, outgoing)
        except error.TelegramError as problem:
            raise translated(problem) from None

    async def download(self, file_id: str) -> bytes:
        """The bytes of a file that somebody sent us. Raises a ChannelError."""
        try:
            file = await self._bot.get_file(file_id)
            return bytes(await file.download_as_bytearray())
        except error.TelegramError as problem:
            raise translated(problem) from None

    async def _send(self, chat: int, what: Send) -> int:
        text, entities = marked(sendable(what.text))
        reply = ReplyParameters(what.reply_to, allow_sending_without_reply=True) if what.reply_to else None
        message = await self._bot.send_message(
            chat,
            text,
            entities=entities or None,
            reply_markup=keyboard(what.buttons),
            link_preview_options=_NO_PREVIEW,
            protect_content=what.protect or None,
            disable_notification=what.quiet or None,
            reply_parameters=reply,
        )
        return message.message_id

    async def _edit_text(self, chat: int, what: EditText) -> int:
        text, entities = marked(sendable(what.text))
        await self._bot.edit_message_text(
            text,
            chat,
            what.message_id,
            entities=entities or None,
            reply_markup=keyboard(what.buttons),
            link_preview_options=_NO_PREVIEW,
        )
        return what.message_id

    async def _edit_buttons(self, chat: int, what: EditButtons) -> int:
        await self._bot.edit_message_reply_markup(chat, what.message_id, reply_markup=keyboard(what.buttons))
        return what.message_id

    async def _delete(self, chat: int, what: Delete) -> None:
        for start in range(0, len(what.message_ids), DELETE_AT_ONCE):
            await self._bot.delete_messages(chat, what.message_ids[start : start + DELETE_AT_ONCE])

    async def _answer(self, _chat: int, what: AnswerCallback) -> None:
        await self._bot.answer_callback_query(what.callback, what.text[:200] or None, show_alert=what.alert or None)

    async def _leave(self, chat: int, _what: Leave) -> None:
        await self._bot.leave_chat(chat)

    async def _media(self, chat: int, what: SendMedia) -> int:
        data = await self._fetch_media(what.ref)
        reply = ReplyParameters(what.reply_to, allow_sending_without_reply=True) if what.reply_to else None
        common: dict[str, Any] = {"caption": sendable(what.caption) or None, "protect_content": what.protect or None}
        common |= {"reply_parameters": reply, "filename": _FILE_NAMES.get(what.kind, "berkas")}
        if what.kind == "photo":
            return (await self._bot.send_photo(chat, data, **common)).message_id
        if what.kind == "voice":
            return (await self._bot.send_voice(chat, data, **common)).message_id
        if what.kind == "video":
            return (await self._bot.send_video(chat, data, **common)).message_id
        return (await self._bot.send_document(chat, data, **common)).message_id


# Neutral names: a file name shows on lock screens and in download folders.
_FILE_NAMES = {"photo": "foto.jpg", "voice": "suara.ogg", "video": "video.mp4", "audio": "suara", "document": "berkas"}


def translated(problem: error.TelegramError) -> errors.ChannelError:
    """The library's error as ours, without its words: they can hold the token and what was sent."""
    if isinstance(problem, error.RetryAfter):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of a type that may change; both are read here
            wait = problem.retry_after
        return errors.Limited(wait if isinstance(wait, timedelta) else timedelta(seconds=wait))
    if isinstance(problem, error.ChatMigrated):
        return errors.Migrated(problem.new_chat_id)
    if isinstance(problem, error.Forbidden):
        return errors.Blocked()
    if isinstance(problem, error.Conflict):
        return errors.SecondPoller()
    if isinstance(problem, error.InvalidToken):
        # The library says this of 401 and of 404; a 404 is a method that this server lacks.
        return errors.Refused() if "not found" in problem.message.lower() else errors.Revoked()
    if isinstance(problem, error.BadRequest):
        if _GONE.search(problem.message):
            return errors.Gone()
        if "chat not found" in problem.message.lower():
            return errors.Blocked()
        return errors.Refused()
    return errors.Down()
