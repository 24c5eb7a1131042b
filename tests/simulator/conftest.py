"""The Telegram double as a real process, and PTB's real Bot in front of it."""

import asyncio
import json
import subprocess
import sys
import time
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
        head = {"Content-Type": "application/json"}
        return httpx.post(url, content=json.dumps(given), headers=head, trust_env=False, verify=False).json()

    async def polled(self) -> None:
        """Returns when the first bot waits in a long poll."""
        await asyncio.to_thread(self._polled)

    def _polled(self) -> None:
        deadline = time.monotonic() + 10
        while not any(b["polled"] for b in self.telegram.look("bots") if b["id"] == self.bot.id):
            assert time.monotonic() < deadline, "nobody polls"
            time.sleep(0.005)

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
    return PtbBot(
        token,
        base_url=f"{telegram.url}/bot",
        base_file_url=f"{telegram.url}/file/bot",
        request=request,
        get_updates_request=polls,
    )


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """PTB's coming way to tell durations; the present one warns."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest_asyncio.fixture
async def bot(scene: Scene) -> AsyncIterator[PtbBot]:
    async with ptb(scene.telegram) as made:
        yield made


@pytest_asyncio.fixture
async def twin(scene: Scene) -> AsyncIterator[PtbBot]:
    """A second client of the first bot."""
    async with ptb(scene.telegram) as made:
        yield made


@pytest_asyncio.fixture
async def other(scene: Scene) -> AsyncIterator[PtbBot]:
    async with ptb(scene.telegram, OTHER_TOKEN) as made:
        yield made
