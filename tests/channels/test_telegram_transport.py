"""What leaves for Telegram, as the Bot API sees it."""

from typing import Any

import pytest

from bot.channels.outgoing import EditText, Send
from bot.channels.telegram import TelegramTransport


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
