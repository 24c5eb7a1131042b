"""What leaves for Telegram, as the Bot API sees it; and what comes back, when it is not Telegram's own answer."""

import json
from typing import Any

import pytest
from telegram.request import HTTPXRequest

from bot.channels import errors
from bot.channels.outgoing import EditText, Send
from bot.channels.telegram import TelegramTransport, make_bot


class Api:
    """Takes down with what each method was called."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    async def send_message(self, chat: int, text: str, **options: Any) -> Any:
        self.calls.append(options)
        return type("Message", (), {"message_id": 1})

    async def edit_message_text(self, text: str, chat: int, message_id: int, **options: Any) -> None:
        self.calls.append(options)


async def _no_media(_: str) -> bytes:
    return b""


@pytest.mark.parametrize("what", [Send(text="https://contoh.id"), EditText(message_id=1, text="https://contoh.id")])
async def test_no_link_in_somebodys_words_is_fetched_for_a_preview(what: Send | EditText) -> None:
    api = Api()
    await TelegramTransport(api, _no_media).send(7, what)  # type: ignore[arg-type]
    assert api.calls[0]["link_preview_options"].is_disabled


# Status, body: what stands between us and Telegram may say anything, and none of it is final.
RUBBISH: list[tuple[int, Any]] = [
    (200, b"<html>Masuk dulu ke jaringan ini</html>"),
    (200, b""),
    (200, b'{"ok":true,"result":{"message_id":5'),
    (200, b"[" * 100_000),
    (200, {"ok": True}),
    (200, {"result": {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}}}),
    (200, {"ok": False, "description": "Bad Request"}),
    (200, {"ok": True, "result": None}),
    (200, {"ok": True, "result": {"date": 1, "chat": {"id": 7, "type": "private"}}}),
    (200, ["ok"]),
    (400, b"<html>Bad Request"),
    (401, b"<html>Masuk dulu"),
    (403, b"<html>Dilarang oleh jaringan ini"),
    (404, b"<html>Not Found"),
    (409, b"<html>Conflict"),
    (429, {"ok": False, "description": "x", "parameters": {"retry_after": "sebentar"}}),
    (400, {"ok": False, "description": "x", "parameters": {"migrate_to_chat_id": "di sana"}}),
    (403, {"description": "Forbidden"}),
    (500, {"ok": False, "description": "Internal Server Error"}),
]


@pytest.mark.parametrize(("status", "body"), RUBBISH)
async def test_what_telegram_did_not_say_ends_no_message(
    status: int, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answered(*_: Any, **__: Any) -> tuple[int, bytes]:
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()

    bot = make_bot("1:x", "http://127.0.0.1:1")
    monkeypatch.setattr(HTTPXRequest, "do_request", answered)
    with pytest.raises(errors.Down):
        await TelegramTransport(bot, _no_media).send(7, Send(text="x"))
    with pytest.raises(errors.Down):
        await TelegramTransport(bot, _no_media).download("x")
