"""What a bot says about itself, and chat actions."""

from typing import Any

import pytest
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import BadRequest


async def test_commands_are_kept_by_audience(bot: Bot, scene: Any) -> None:
    private = BotCommandScopeAllPrivateChats()
    assert await bot.set_my_commands([BotCommand("tugas", "Tugasku")], scope=private)
    assert await bot.get_my_commands() == ()
    (command,) = await bot.get_my_commands(scope=private)
    assert (command.command, command.description) == ("tugas", "Tugasku")
    assert await bot.delete_my_commands(scope=private)
    assert await bot.get_my_commands(scope=private) == ()


@pytest.mark.parametrize("command", [("Tugas", "a"), ("a" * 33, "a"), ("tugas", ""), ("tugas", "a" * 257)])
async def test_commands_that_cannot_be_are_refused(bot: Bot, scene: Any, command: tuple[str, str]) -> None:
    with pytest.raises(BadRequest, match=r"(?i)bot_command"):
        await bot.set_my_commands([command])


async def test_names_and_descriptions_have_their_lengths(bot: Bot, scene: Any) -> None:
    assert await bot.set_my_name("Berani")
    assert await bot.set_my_description("a" * 512)
    assert await bot.set_my_short_description("a" * 120)
    with pytest.raises(BadRequest, match="too long"):
        await bot.set_my_short_description("a" * 121)
    (seen,) = [b for b in scene.telegram.look("bots") if b["id"] == scene.bot.id]
    assert seen["texts"]["name/"] == "Berani"


async def test_a_chat_action_is_seen(bot: Bot, scene: Any) -> None:
    assert await bot.send_chat_action(scene.ani.id, "typing")
    assert [e["action"] for e in scene.telegram.events() if e["kind"] == "action"] == ["typing"]
