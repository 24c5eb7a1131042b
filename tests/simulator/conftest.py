"""The Telegram double as a real process, and PTB's real Bot in front of it."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from telegram import Bot as PtbBot
from telegram.request import HTTPXRequest

from simulator.client import Bot, Chat, Person, Seat, Telegram

TOKEN = "700:" + "a" * 35
OTHER_TOKEN = "701:" + "b" * 35


@dataclass
class Scene:
    """One bot that one person has started, another bot, and a group with both people and the first bot."""

    telegram: Telegram
    clock: Path
    bot: Bot
    other: Bot
    ani: Person
    budi: Person
    chat: Seat
    group: Chat

    def call(self, method: str, token: str = TOKEN, **given: Any) -> Any:
        """One call as JSON, past PTB, which would not send nonsense; returns the whole answer."""
        url = f"{self.telegram.url}/bot{token}/{method}"
        return httpx.post(url, json=given, trust_env=False, verify=False).json()

    def ahead(self, seconds: float) -> None:
        """Moves the double's clock."""
        self.clock.write_text(str(seconds))


@pytest.fixture(scope="session")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Telegram, Path]]:
    clock = tmp_path_factory.mktemp("clock") / "ahead"
    command = [sys.executable, "-m", "simulator.telegram", "--port", "0", "--clock-file", str(clock)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    word, url = process.stdout.readline().split()
    assert word == "ready"
    with Telegram(url) as telegram:
        yield telegram, clock
    process.terminate()
    process.stdout.close()
    assert process.wait(10) == 0


@pytest.fixture
def scene(double: tuple[Telegram, Path]) -> Scene:
    telegram, clock = double
    clock.write_text("0")
    telegram.reset()
    bot, other = telegram.bot(TOKEN, username="uji_bot"), telegram.bot(OTHER_TOKEN, username="lain_bot")
    ani = telegram.person("Ani", last_name="Uji", username="ani_uji", language_code="id")
    budi = telegram.person("Budi")
    chat = ani.chat(bot)
    chat.say("/start")
    group = telegram.group("Petugas", ani, [budi], [bot])
    return Scene(telegram, clock, bot, other, ani, budi, chat, group)


def ptb(telegram: Telegram, token: str = TOKEN) -> PtbBot:
    """PTB's Bot, pointed at the double."""
    # Plain http on loopback: reading the certificates of the world would only cost time.
    request, polls = (HTTPXRequest(read_timeout=5, httpx_kwargs={"verify": False}) for _ in range(2))
    base = {"base_url": f"{telegram.url}/bot", "base_file_url": f"{telegram.url}/file/bot"}
    return PtbBot(token, **base, request=request, get_updates_request=polls)


@pytest_asyncio.fixture
async def bot(scene: Scene) -> AsyncIterator[PtbBot]:
    async with ptb(scene.telegram) as made:
        yield made


@pytest_asyncio.fixture
async def other(scene: Scene) -> AsyncIterator[PtbBot]:
    async with ptb(scene.telegram, OTHER_TOKEN) as made:
        yield made
