"""Starts `second_bot_api.py` as a process of its own and plays the people in front of it, for synchronous tests."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2

T = TypeVar("T")
GROUP = -1001234567890
MEDIA = ("photo", "document", "voice", "video")


@dataclass(frozen=True)
class Person:
    """A Telegram user."""

    id: int
    name: str = "Orang"
    username: str = ""
    language_code: str = "id"

    def user(self) -> dict[str, Any]:
        named = {"username": self.username} if self.username else {}
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": self.language_code} | named


@dataclass(frozen=True)
class Chat:
    """The private chat of a person with a bot; with `group`, that group, which both are in."""

    bot: int
    person: Person
    group: int | None = None


@dataclass(frozen=True)
class Seen:
    """A message as it stands in a chat now: `sender` is an id, `buttons` is callback data by label."""

    id: int
    sender: int
    text: str
    buttons: dict[str, str]
    media: str
    deleted: bool
    edited: bool


class SecondBotApi:
    """A context manager: `url` is what BERANI_TELEGRAM_API_URL takes; bots are named by the number in their token."""

    def __enter__(self) -> Self:
        command = [sys.executable, str(Path(__file__).with_name("second_bot_api.py")), "--port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the second Bot API server did not start: its error is on stderr"
        self._http = httpx2.Client(base_url=self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._process.kill()  # it holds nothing worth a shutdown, and long polls would delay one
        self._process.communicate()

    def say(self, user: Person, text: str, bot: int, group: int | None = None, **more: Any) -> int:
        """Send to the bot or into the group: `photo=bytes` (any of MEDIA), `reply_to=message_id`; returns its id."""
        reply = {"reply_parameters": {"message_id": more.pop("reply_to")}} if "reply_to" in more else {}
        words = {"caption" if any(kind in more for kind in MEDIA) else "text": text}
        return self._act("say", Chat(bot, user, group), reply | words, more)[-1].id

    def press(self, user: Person, chat: Chat, label: str, on: Seen | None = None) -> int:
        """Press this button of the newest visible message that has it; returns that message_id.

        `on` is a message as somebody saw it before: a tap that was under way while the bot changed the message.
        """
        visible = [seen for seen in self.messages(chat) if label in seen.buttons and not seen.deleted]
        assert on or visible, f"no visible button {label!r}"
        message = on or visible[-1]
        what = {"message_id": message.id, "data": message.buttons[label]}
        self._act("press", Chat(message.sender, user, chat.group), what)
        return message.id

    def set_status(self, chat: Chat, status: str) -> None:
        """The person blocks or removes the bot ("kicked"), unblocks it or adds it to the group ("member")."""
        self._act("status", chat, {"status": status})

    def messages(self, chat: Chat) -> list[Seen]:
        """Every message of the chat in order, deleted ones too."""
        return self._act("look", chat, {})

    def wait_for(self, predicate: Callable[[], T], timeout: float = 10) -> T:
        """The first true value of `predicate`, asked every 20 ms for `timeout` seconds; else AssertionError."""
        end = time.monotonic() + timeout
        while not (value := predicate()):
            assert time.monotonic() < end, f"did not happen within {timeout} s"
            time.sleep(0.02)
        return value

    def _act(self, action: str, chat: Chat, what: dict[str, Any], files: dict[str, bytes] | None = None) -> list[Seen]:
        about = {"bot": chat.bot, "chat_id": chat.group or chat.person.id, "user": chat.person.user()} | what
        fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
        answer = self._http.post(f"/control/{action}", data=fields, files=files).json()
        assert answer["ok"], answer
        return [_seen(message) for message in answer["result"]]


def _seen(message: dict[str, Any]) -> Seen:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = {button["text"]: button.get("callback_data", "") for row in rows for button in row}
    text = message.get("text") or message.get("caption", "")
    media = next((kind for kind in MEDIA if kind in message), "")
    flags = {"deleted": "deleted" in message, "edited": "edit_date" in message}
    return Seen(message["message_id"], message["from"]["id"], text, buttons, media, **flags)
