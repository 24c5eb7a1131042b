"""Webhooks: the secret header, order, repetition until taken."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from telegram import Bot, Update
from telegram.error import BadRequest


class Receiver:
    """Listens like a bot's own server; answers with the statuses it is given, then with 200."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.heads: list[str] = []
        self.statuses: list[int] = []
        self.came = asyncio.Event()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")
        )
        self.bodies.append((await reader.readexactly(length)).decode())
        self.heads.append(head.lower())
        status = self.statuses.pop(0) if self.statuses else 200
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        self.came.set()
        self.came = asyncio.Event()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.bodies) < count:
                await self.came.wait()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/telegram/intake"
    yield made
    server.close()


async def test_updates_are_posted_in_order_with_the_secret(bot: Bot, scene: Any, receiver: Receiver) -> None:
    await bot.set_webhook(receiver.url, secret_token="rahasia_1", drop_pending_updates=True)
    await asyncio.to_thread(scene.chat.say, "satu")
    await asyncio.to_thread(scene.chat.say, "dua")
    await receiver.until(2)
    updates = [Update.de_json(json.loads(body), bot) for body in receiver.bodies]
    assert [u.message.text for u in updates if u.message] == ["satu", "dua"]
    assert all("x-telegram-bot-api-secret-token: rahasia_1" in head for head in receiver.heads)
    taken = lambda: all(b["waiting"] == 0 for b in scene.telegram.look("bots"))  # noqa: E731
    await asyncio.to_thread(scene.telegram.wait_for, taken, 10)
    assert (await bot.get_webhook_info()).pending_update_count == 0


async def test_what_is_not_taken_comes_again(bot: Bot, scene: Any, receiver: Receiver) -> None:
    receiver.statuses = [503]
    await bot.set_webhook(receiver.url, drop_pending_updates=True)
    await asyncio.to_thread(scene.chat.say, "satu")
    await receiver.until(2)
    assert receiver.bodies[0] == receiver.bodies[1]
    assert "503" in str((await bot.get_webhook_info()).last_error_message)


@pytest.mark.parametrize(
    ("url", "secret", "error"),
    [
        ("http://contoh.invalid/x", "", "(?i)https url must be provided"),
        ("ftp://contoh.invalid/x", "", "Invalid webhook url"),
        ("https://contoh.invalid/x", "a b", "unallowed characters"),
        ("https://contoh.invalid/x", "a" * 257, "Secret token is too long"),
    ],
)
async def test_a_webhook_that_cannot_be_is_refused(bot: Bot, scene: Any, url: str, secret: str, error: str) -> None:
    with pytest.raises(BadRequest, match=error):
        await bot.set_webhook(url, secret_token=secret)
