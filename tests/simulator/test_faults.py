"""Faults on demand and Telegram's limits, as PTB's real Bot meets them."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut


def texts(scene: Any) -> list[str]:
    return [note["text"] for note in scene.chat.standing() if note["from"]["is_bot"]]


async def test_the_next_calls_are_refused_with_retry_after(bot: Bot, scene: Any) -> None:
    scene.telegram.fault("refuse", method="sendMessage", code=429, retry_after=7, count=2)
    for _ in range(2):
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(scene.ani.id, "a")
        assert told.value.retry_after == timedelta(seconds=7)
    assert (await bot.send_message(scene.ani.id, "b")).message_id
    assert texts(scene) == ["b"]


@pytest.mark.parametrize(
    ("code", "error"), [(500, NetworkError), (502, NetworkError), (403, Forbidden), (400, BadRequest)]
)
async def test_error_codes_on_demand(bot: Bot, scene: Any, code: int, error: type[Exception]) -> None:
    scene.telegram.fault("refuse", code=code)
    with pytest.raises(error):
        await bot.send_message(scene.ani.id, "a")
    assert texts(scene) == []


async def test_accepted_then_dropped_is_done_without_an_answer(bot: Bot, scene: Any) -> None:
    scene.telegram.fault("drop", method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(scene.ani.id, "sampai")
    assert texts(scene) == ["sampai"]
    scene.telegram.fault("drop", method="sendMessage", done=False)
    with pytest.raises(NetworkError):
        await bot.send_message(scene.ani.id, "hilang")
    assert texts(scene) == ["sampai"]


async def test_no_answer_at_all_is_a_timeout(bot: Bot, scene: Any) -> None:
    scene.telegram.fault("timeout", method="sendMessage", seconds=30)
    with pytest.raises(TimedOut):
        await bot.send_message(scene.ani.id, "a", read_timeout=0.2)
    assert texts(scene) == []


async def test_an_answer_that_is_no_json_is_an_invalid_one(bot: Bot, scene: Any) -> None:
    scene.telegram.fault("bad_json", method="sendMessage")
    with pytest.raises(TelegramError, match="Invalid server response"):
        await bot.send_message(scene.ani.id, "a")


async def test_a_delay_only_delays(bot: Bot, scene: Any) -> None:
    scene.telegram.fault("delay", method="sendMessage", seconds=0.3)
    start = time.monotonic()
    assert (await bot.send_message(scene.ani.id, "a")).message_id
    assert time.monotonic() - start >= 0.3


async def test_a_fault_hits_only_its_method_bot_and_chat(bot: Bot, scene: Any) -> None:
    scene.telegram.fault("refuse", method="sendMessage", bot="lain_bot")
    scene.telegram.fault("refuse", method="sendMessage", chat_id=scene.group.id)
    scene.telegram.fault("refuse", code=500)
    await bot.get_updates()
    with pytest.raises(NetworkError):
        await bot.get_me()
    assert (await bot.send_message(scene.ani.id, "a")).message_id
    with pytest.raises(NetworkError):
        await bot.send_message(scene.group.id, "a")
    assert scene.telegram.do("clear_faults") == {"left": 1}


async def test_a_poll_can_fail_too(bot: Bot, scene: Any) -> None:
    scene.telegram.fault("drop", method="getUpdates")
    with pytest.raises(NetworkError):
        await bot.get_updates()
    assert await bot.get_updates()


async def test_a_file_can_fail_too(bot: Bot, scene: Any) -> None:
    scene.chat.send("voice")
    note = (await bot.get_updates())[-1].message
    assert note is not None
    assert note.voice is not None
    file = await note.voice.get_file()
    scene.telegram.fault("refuse", method="file", code=502)
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert await file.download_as_bytearray()


async def test_limits_are_30_a_second_and_20_a_minute_in_a_group(bot: Bot, scene: Any) -> None:
    scene.telegram.do("limits", on=True)
    for _ in range(20):
        await bot.send_message(scene.group.id, "a")
    with pytest.raises(RetryAfter):
        await bot.send_message(scene.group.id, "a")
    answers = await asyncio.gather(*(bot.send_message(scene.ani.id, "a") for _ in range(40)), return_exceptions=True)
    assert any(isinstance(answer, RetryAfter) for answer in answers)
    scene.telegram.do("limits", on=False)
    assert (await bot.send_message(scene.group.id, "a")).message_id


@pytest.mark.parametrize("fields", [{"kind": "fire"}, {"kind": "drop", "count": 0}, {"kind": "drop", "colour": "red"}])
def test_a_fault_that_makes_no_sense_is_refused(scene: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"kind must be one of|count must be|unknown fields"):
        scene.telegram.do("fault", **fields)
