"""People with phones in front of either Bot API server: the double of `simulator`, or tests/second_bot_api.py.

A test says what a person does and waits for what stands in their chat; which server it is makes no difference to it.
"""

import base64
import itertools
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from simulator.client import Bot, Telegram
from simulator.client import Seat as DoubleSeat
from tests.second_bot_api_client import Chat, SecondBotApi, Seen
from tests.second_bot_api_client import Person as SecondPerson

Found = TypeVar("Found")

LOOK_EVERY = 0.03
PATIENCE = 20.0
_ids = itertools.count(7_311_000_001 + int.from_bytes(os.urandom(2), "big") * 1000)
_bots = itertools.count(800_001, 2)


def until(look: Callable[[], Found | None], wanted: Callable[[], str] | str, timeout: float = PATIENCE) -> Found:
    """The first true value of `look`, asked for `timeout` seconds again and again; AssertionError with `wanted`."""
    end = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < end, f"not within {timeout:g} s: {wanted if isinstance(wanted, str) else wanted()}"
        time.sleep(LOOK_EVERY)
    return found


@dataclass(frozen=True)
class Shown:
    """A message as it stands in a chat now."""

    id: int
    from_bot: bool
    text: str
    buttons: tuple[str, ...]
    media: str = ""
    deleted: bool = False


class Seat(ABC):
    """One person in one chat."""

    name: str

    @abstractmethod
    def say(self, text: str, reply_to: int | None = None) -> int:
        """Writes; returns the message's id."""

    @abstractmethod
    def send(self, kind: str, data: bytes, caption: str = "") -> int:
        """Sends a file: photo, voice, video or document."""

    @abstractmethod
    def press(self, label: str) -> str:
        """Presses the button of the newest message that has it; returns the number of the press ("": not told)."""

    @abstractmethod
    def everything(self) -> list[Shown]:
        """Every message of the chat, oldest first, deleted ones too."""

    def shown(self, after: int = 0) -> list[Shown]:
        """What the bot wrote after that message and stands there now."""
        return [one for one in self.everything() if one.from_bot and one.id > after and not one.deleted]

    def newest(self) -> int:
        """The id of the newest message of the chat, 0 if it is empty."""
        return max((one.id for one in self.everything()), default=0)

    def wait(self, part: str, after: int = 0, timeout: float = PATIENCE) -> Shown:
        """The newest standing message of the bot after that id which contains `part`."""
        return self._until(lambda one: part in one.text, f"a message with {part!r}", after, timeout)

    def wait_for_button(self, label: str, after: int = 0, timeout: float = PATIENCE) -> Shown:
        """The newest standing message of the bot after that id which has this button."""
        return self._until(lambda one: label in one.buttons, f"a button {label!r}", after, timeout)

    def wait_for_media(self, kind: str, after: int = 0, timeout: float = PATIENCE) -> Shown:
        """The newest standing message of the bot after that id which is such a file."""
        return self._until(lambda one: one.media == kind, f"a {kind}", after, timeout)

    def ask(self, text: str, part: str = "", timeout: float = PATIENCE) -> Shown:
        """Writes, and returns the bot's answer: the newest message after it that contains `part`."""
        return self.wait(part, self.say(text), timeout)

    def press_when_there(self, label: str, after: int = 0) -> str:
        """Waits for a button and presses it."""
        self.wait_for_button(label, after)
        return self.press(label)

    def never(self, part: str, after: int = 0) -> None:
        """Nothing of the kind stands there now; to be asked once something later has been waited for."""
        assert not [one.text for one in self.shown(after) if part in one.text]

    def _until(self, wanted: Callable[[Shown], bool], name: str, after: int, timeout: float) -> Shown:
        def look() -> Shown | None:
            return next((one for one in reversed(self.shown(after)) if wanted(one)), None)

        return until(look, lambda: f"{name} after {after} for {self.name}; there stands:\n{self.transcript()}", timeout)

    def transcript(self, last: int = 12) -> str:
        """The last messages, one a line, for whoever looks for a fault."""
        lines = (
            f"  {one.id} {'bot' if one.from_bot else self.name}: {one.text or f'({one.media})'} "
            + " ".join(f"[{label}]" for label in one.buttons)
            for one in self.everything()[-last:]
            if not one.deleted
        )
        return "\n".join(lines)


class World(ABC):
    """A Bot API server as a process, with two fresh bots and a fresh group for whoever asks."""

    url: str
    intake_token: str
    desk_token: str

    @abstractmethod
    def fresh(self) -> None:
        """Two bots and a group that nobody has used."""

    @abstractmethod
    def reporter(self, name: str, **identity: str) -> Seat:
        """Somebody new in their private chat with the public bot."""

    @abstractmethod
    def worker(self, name: str) -> tuple[Seat, Seat]:
        """Somebody new who is in the group: their private chat with the desk bot, and their seat in the group."""

    @abstractmethod
    def close(self) -> None:
        """Ends the server."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# --- tests/second_bot_api.py ------------------------------------------------------------------------------------------


class SecondWorld(World):
    """The server that was written from the public description alone."""

    def __init__(self) -> None:
        self.api = SecondBotApi().__enter__()
        self.url = self.api.url

    def fresh(self) -> None:
        number = next(_bots)
        self.intake_bot, self.desk_bot = number, number + 1
        self.intake_token, self.desk_token = f"{number}:{'a' * 35}", f"{number + 1}:{'b' * 35}"
        self.group = -1_001_000_000_000 - number
        host = SecondPerson(next(_ids), "Tuan Rumah")
        self.api.set_status(Chat(self.desk_bot, host, self.group), "member")

    def reporter(self, name: str, **identity: str) -> Seat:
        person = SecondPerson(next(_ids), name, **identity)
        return SecondSeat(self.api, Chat(self.intake_bot, person), name)

    def worker(self, name: str) -> tuple[Seat, Seat]:
        person = SecondPerson(next(_ids), name)
        private, group = Chat(self.desk_bot, person), Chat(self.desk_bot, person, self.group)
        return SecondSeat(self.api, private, name), SecondSeat(self.api, group, name)

    def close(self) -> None:
        self.api.__exit__()


class SecondSeat(Seat):
    """One person in one chat of the second server."""

    def __init__(self, api: SecondBotApi, chat: Chat, name: str) -> None:
        self._api, self._chat, self.name = api, chat, name

    def say(self, text: str, reply_to: int | None = None) -> int:
        more = {} if reply_to is None else {"reply_to": reply_to}
        return self._api.say(self._chat.person, text, self._chat.bot, self._chat.group, **more)

    def send(self, kind: str, data: bytes, caption: str = "") -> int:
        return self._api.say(self._chat.person, caption, self._chat.bot, self._chat.group, **{kind: data})

    def press(self, label: str) -> str:
        self._api.press(self._chat.person, self._chat, label)
        return ""

    def press_seen(self, label: str) -> Callable[[], int]:
        """The button as it stands now, to be pressed later even if the message has changed by then."""
        on = next(one for one in reversed(self._api.messages(self._chat)) if label in one.buttons)
        return lambda: self._api.press(self._chat.person, self._chat, label, on)

    def everything(self) -> list[Shown]:
        return [self._seen(one) for one in self._api.messages(self._chat)]

    def _seen(self, one: Seen) -> Shown:
        # A person's id is far above any bot's here.
        from_bot = one.sender < 7_000_000_000
        return Shown(one.id, from_bot, one.text, tuple(one.buttons), one.media, one.deleted)


# --- simulator.telegram -----------------------------------------------------------------------------------------------


class DoubleWorld(World):
    """The double, as `berani demo` uses it."""

    def __init__(self, folder: Path) -> None:
        port_file = folder / "double.port"
        command = [sys.executable, "-m", "simulator.telegram", "--port", "0", "--port-file", str(port_file)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("ready "), "the double did not start: its error is on stderr"
        self.url = line.removeprefix("ready ").strip()
        self.telegram = Telegram(self.url)

    def fresh(self) -> None:
        number = next(_bots)
        self.intake_token, self.desk_token = f"{number}:{'a' * 35}", f"{number + 1}:{'b' * 35}"
        self.intake_bot: Bot = self.telegram.bot(self.intake_token)
        self.desk_bot: Bot = self.telegram.bot(self.desk_token)
        self._host = self.telegram.person("Tuan Rumah", id=next(_ids))
        self.group = self.telegram.group("Petugas", self._host, [], [self.desk_bot], supergroup=True)

    def reporter(self, name: str, **identity: str) -> "DoublePhone":
        person = self.telegram.person(name, id=next(_ids), **identity)
        return DoublePhone(person.chat(self.intake_bot), name)

    def worker(self, name: str) -> tuple["DoublePhone", "DoublePhone"]:
        person = self.telegram.person(name, id=next(_ids))
        self.telegram.do("join", chat=self.group.key, person=person.id)
        return DoublePhone(person.chat(self.desk_bot), name), DoublePhone(person.chat(self.group), name)

    def stranger(self, name: str) -> "DoublePhone":
        """Somebody new in their private chat with the desk bot, who is not of the staff."""
        return DoublePhone(self.telegram.person(name, id=next(_ids)).chat(self.desk_bot), name)

    def update(self, token: str, update: dict[str, Any]) -> None:
        """The bot gets this update exactly as it is."""
        self.telegram.do("update", bot=token, update=update)

    def close(self) -> None:
        self.telegram.close()
        self._process.terminate()
        self._process.communicate(timeout=10)


class DoublePhone(Seat):
    """One person in one chat of the double."""

    def __init__(self, seat: DoubleSeat, name: str) -> None:
        self.seat, self.name = seat, name

    def say(self, text: str, reply_to: int | None = None, **more: Any) -> int:
        return int(self.seat.say(text, reply_to, **more)["id"])

    def send(self, kind: str, data: bytes = b"", caption: str = "", **more: Any) -> int:
        if data:
            more["data"] = base64.b64encode(data).decode()
        return int(self.seat.send(kind, caption=caption, **more)["id"])

    def press(self, label: str, **more: Any) -> str:
        return self.seat.press(label, **more)

    def told(self, press: str) -> str:
        """The window that a press was answered with, "" for none."""
        answer = until(lambda: self.seat.telegram.look(f"presses/{press}")["answer"], "an answer to the press")
        return str(answer.get("text") or "")

    def everything(self) -> list[Shown]:
        return [_shown(note) for note in self.seat.messages()]


def _shown(note: dict[str, Any]) -> Shown:
    buttons = tuple(button["label"] for row in note["buttons"] for button in row)
    media = note["kind"] if note["kind"] in ("photo", "voice", "video", "document", "audio") else ""
    return Shown(note["id"], note["from"]["is_bot"], note["text"] or "", buttons, media, note["deleted_at"] is not None)
