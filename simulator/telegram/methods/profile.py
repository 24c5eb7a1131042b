"""Methods about the bot itself: getMe, its commands, its name and descriptions."""

import json
import re
from typing import Any

from simulator.telegram import shapes
from simulator.telegram.errors import bad_request
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, Json
from simulator.telegram.utf16 import units
from simulator.telegram.world import World

# https://core.telegram.org/bots/api#botcommand and #setmycommands
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_DESCRIPTION_UNITS = 256
_MOST_COMMANDS = 100
# https://core.telegram.org/bots/api#botcommandscope: which fields each scope needs
_SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def get_me(_world: World, bot: Bot, _p: Params) -> Json:
    """getMe."""
    return shapes.me(bot)


def _audience(p: Params) -> str:
    scope = p.json("scope", "BotCommandScope")
    if scope is None:
        scope = {"type": "default"}
    broken = "can't parse BotCommandScope: "
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        raise bad_request(f"{broken}Unsupported type specified")
    for name in _SCOPES[scope["type"]]:
        if name not in scope:
            raise bad_request(f"{broken}Empty {name} specified")
    return json.dumps([scope, p.text("language_code")], sort_keys=True)


def set_commands(_world: World, bot: Bot, p: Params) -> bool:
    """setMyCommands."""
    audience = _audience(p)
    commands = p.json("commands", "commands")
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > _MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    kept = [_command(command) for command in commands]
    bot.commands[audience] = kept
    return True


def _command(given: Any) -> Json:
    broken = "can't parse BotCommand: "
    if not isinstance(given, dict):
        raise bad_request(f"{broken}expected an Object")
    for name in ("command", "description"):
        if not isinstance(given.get(name), str):
            raise bad_request(f'{broken}Can\'t find field "{name}"')
    command = given["command"].removeprefix("/")
    if not _COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= units(given["description"]) <= _DESCRIPTION_UNITS:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": given["description"]}


def get_commands(_world: World, bot: Bot, p: Params) -> list[Json]:
    """getMyCommands."""
    return bot.commands.get(_audience(p), [])


def delete_commands(_world: World, bot: Bot, p: Params) -> bool:
    """deleteMyCommands."""
    bot.commands.pop(_audience(p), None)
    return True


def text_setter(name: str, most: int) -> Any:
    """A handler for setMyName and its like: one text of at most `most` UTF-16 units per language."""

    def run(_world: World, bot: Bot, p: Params) -> bool:
        text = p.text(name)
        if units(text) > most:
            raise bad_request(f"{name.replace('_', ' ')} is too long")
        bot.texts[f"{name}/{p.text('language_code')}"] = text
        return True

    return run
