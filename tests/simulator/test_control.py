"""The control side: what people cannot do is refused with the reason, and everything that happened can be read."""

import time
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from simulator.client import Expired, Refused

BUTTONS = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Buka", callback_data="b"), InlineKeyboardButton("X", url="https://x.id")]]
)


async def test_only_buttons_that_stand_there_are_pressed(bot: Bot, scene: Any) -> None:
    with pytest.raises(Refused, match="no button 'Buka'"):
        scene.chat.press("Buka")
    sent = await bot.send_message(scene.ani.id, "a", reply_markup=BUTTONS)
    with pytest.raises(Refused, match=r"no button 'Tutup' .*'Buka', 'X'"):
        scene.chat.press("Tutup")
    assert scene.chat.press("Buka")
    assert scene.chat.press(data="lama:1", message_id=sent.message_id, force=True)
    await sent.delete()
    with pytest.raises(Refused, match="no button"):
        scene.chat.press("Buka")


def test_nobody_writes_to_a_bot_they_blocked(scene: Any) -> None:
    scene.chat.block()
    with pytest.raises(Refused, match="blocked"):
        scene.chat.say("halo")


def test_a_very_long_text_goes_out_in_parts(scene: Any) -> None:
    scene.chat.say("😀" * 3000)
    first, second = scene.chat.standing()[-2:]
    assert (len(first["text"]), len(second["text"])) == (2048, 952)


async def test_everything_said_and_called_can_be_read(bot: Bot, scene: Any) -> None:
    await bot.send_message(scene.group.id, "kartu", reply_markup=BUTTONS)
    (group,) = [chat for chat in scene.telegram.chats() if chat["type"] == "group"]
    assert group["messages"][-1]["text"] == "kartu"
    assert [b["label"] for b in group["messages"][-1]["buttons"][0]] == ["Buka", "X"]
    (call,) = scene.telegram.calls("sendMessage")
    assert (call["params"]["text"], call["status"], call["bot"]) == ("kartu", 200, scene.bot.id)
    kinds = [event["kind"] for event in scene.telegram.events()]
    assert kinds.count("message") >= 4
    last = scene.telegram.events()[-1]["n"]
    assert scene.telegram.events(since=last) == []


async def test_waiting_ends_with_what_stands_in_the_chat(bot: Bot, scene: Any) -> None:
    await bot.send_message(scene.ani.id, "yang ada", reply_markup=BUTTONS)
    assert scene.chat.wait_text("yang ada", 1)["kind"] == "text"
    start = time.monotonic()
    with pytest.raises(Expired, match=r"'lain' did not come within 0.2 s[\s\S]*yang ada \[Buka\] \[X\]"):
        scene.chat.wait_text("lain", 0.2)
    assert time.monotonic() - start < 2


async def test_message_times_follow_the_clock_file(bot: Bot, scene: Any) -> None:
    before = await bot.send_message(scene.ani.id, "a")
    scene.ahead(3600.5)
    after = await bot.send_message(scene.ani.id, "b")
    assert 3599 <= (after.date - before.date).total_seconds() <= 3620
    scene.clock.write_text("setengah")
    assert ((await bot.send_message(scene.ani.id, "c")).date - after.date).total_seconds() < 20


def test_an_unknown_act_names_the_known_ones(scene: Any) -> None:
    with pytest.raises(Refused, match=r"unknown act, one of .*'say'"):
        scene.telegram.do("fly")
    with pytest.raises(Refused, match="no person"):
        scene.telegram.do("say", person=5, bot="uji_bot", text="a")
