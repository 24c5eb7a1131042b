"""A thin client for the control side of the Telegram double: people, groups and bots as handles that act and look."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx

Json = dict[str, Any]
Found = TypeVar("Found")


class Refused(Exception):
    """The double says this cannot be done: no such button, person or chat."""


class Expired(Exception):
    """What was waited for did not come in time; the message says what stands in the chat instead."""


class Telegram:
    """The control side at `url` (http://127.0.0.1:PORT). Every call is one HTTP request, at most `timeout` seconds."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self.url = url
        # Plain http on loopback: reading the certificates of the world would only cost time.
        self._http = httpx.Client(base_url=url, timeout=timeout, trust_env=False, verify=False)  # noqa: S501
        self._seen = 0

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def do(self, act: str, **given: Any) -> Json:
        """One act of the control side (simulator.telegram.acts); fields that are None are left out."""
        given = {name: value for name, value in given.items() if value is not None}
        # In ASCII, so that a text may hold a lone surrogate.
        done: Json = self._answer(self._http.post(f"/control/{act}", content=json.dumps(given)))
        return done

    def look(self, path: str, **query: Any) -> Any:
        """One look at the control side: chats, chats/KEY, calls, events, bots, presses/ID."""
        return self._answer(self._http.get(f"/control/{path}", params=query))

    @staticmethod
    def _answer(answer: httpx.Response) -> Any:
        body = answer.json()
        if answer.is_error:
            raise Refused(body.get("error", f"HTTP {answer.status_code}"))
        return body

    def reset(self) -> None:
        """Makes the double forget everything."""
        self.do("reset")
        self._seen = 0

    def person(self, first_name: str, **fields: Any) -> "Person":
        """A new person; `fields`: id, last_name, username, phone, language_code."""
        made = self.do("person", first_name=first_name, **fields)
        return Person(self, made["id"], first_name)

    def bot(self, token: str, **fields: Any) -> "Bot":
        """The bot of `token`; `fields`: username, first_name, privacy."""
        made = self.do("bot", token=token, **fields)
        return Bot(self, made["id"], made["username"])

    def group(self, title: str, creator: "Person", members: "list[Person]", bots: "list[Bot]", **fields: Any) -> "Chat":
        """A group with everybody in it; `fields`: supergroup, id."""
        people, robots = [m.id for m in members], [b.id for b in bots]
        made = self.do("group", title=title, creator=creator.id, members=people, bots=robots, **fields)
        return Chat(self, made["chat"])

    def chat(self, key: str) -> Json:
        """A chat and all its messages by its key."""
        seen: Json = self.look(f"chats/{key}")
        return seen

    def chats(self) -> list[Json]:
        """Every chat with every message."""
        seen: list[Json] = self.look("chats")
        return seen

    def calls(self, method: str = "", since: int = 0) -> list[Json]:
        """The calls that bots made: n, bot, method, params, status, error, ignored."""
        seen: list[Json] = self.look("calls", method=method, since=since)
        return seen

    def events(self, since: int = 0, timeout: float = 0.0) -> list[Json]:
        """What happened after event number `since`; waits up to `timeout` seconds for the first."""
        seen: list[Json] = self.look("events", since=since, timeout=timeout)
        return seen

    def fault(self, kind: str, **fields: Any) -> None:
        """The next call goes wrong; see simulator.telegram.faults.Fault for the fields."""
        self.do("fault", kind=kind, **fields)

    def wait_for(self, look: Callable[[], Found | None], timeout: float, wanted: str = "it") -> Found:
        """Calls `look` after everything that happens until it returns something true; raises Expired after `timeout`
        seconds."""
        deadline = time.monotonic() + timeout
        while True:
            found = look()
            if found:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise Expired(f"{wanted} did not come within {timeout:g} s")
            news = self.events(self._seen, min(left, 1.0))
            self._seen = news[-1]["n"] if news else self._seen


@dataclass(frozen=True)
class Bot:
    """A bot of the double."""

    telegram: Telegram
    id: int
    username: str


@dataclass(frozen=True)
class Person:
    """Somebody with a phone."""

    telegram: Telegram
    id: int
    name: str

    def chat(self, where: "Bot | Chat") -> "Seat":
        """This person in their private chat with a bot, or in a group."""
        key = f"{where.id}:{self.id}" if isinstance(where, Bot) else where.key
        return Seat(self.telegram, key, self)


@dataclass(frozen=True)
class Chat:
    """A chat by its key."""

    telegram: Telegram
    key: str

    @property
    def id(self) -> int:
        """The Bot API's chat id."""
        return int(self.key.rpartition(":")[2])

    def messages(self) -> list[Json]:
        """Every message ever in the chat, deleted ones too, oldest first."""
        seen: list[Json] = self.telegram.chat(self.key)["messages"]
        return seen

    def standing(self) -> list[Json]:
        """The messages that stand in the chat now."""
        return [note for note in self.messages() if note["deleted_at"] is None]

    def wait_for(self, wanted: Callable[[Json], bool], timeout: float = 10.0, after: int = 0, named: str = "") -> Json:
        """The first standing message by a bot after message id `after` for which `wanted` is true; raises Expired with
        what stands there."""

        def look() -> Json | None:
            notes = (n for n in self.standing() if n["id"] > after and n["from"]["is_bot"])
            return next((n for n in notes if wanted(n)), None)

        try:
            return self.telegram.wait_for(look, timeout, named or "the message")
        except Expired as expired:
            raise Expired(f"{expired}; in chat {self.key} stands:\n{self.shown()}") from None

    def wait_text(self, part: str, timeout: float = 10.0, after: int = 0) -> Json:
        """As wait_for, for a message whose text contains `part`."""
        return self.wait_for(lambda note: part in note["text"], timeout, after, repr(part))

    def shown(self, last: int = 8) -> str:
        """The last messages, one a line, for people who look for a fault."""
        lines = []
        for note in self.standing()[-last:]:
            labels = " ".join(f"[{button['label']}]" for row in note["buttons"] for button in row)
            words = note["text"] or f"({note['kind']})"
            lines.append(f"  {note['id']} {note['from']['name']}: {words} {labels}".rstrip())
        return "\n".join(lines) or "  (nothing)"


@dataclass(frozen=True)
class Seat(Chat):
    """One person in one chat: what they can do there."""

    person: Person

    def _act(self, act: str, **given: Any) -> Json:
        return self.telegram.do(act, person=self.person.id, chat=self.key, **given)

    def say(self, text: str, reply_to: int | None = None, **more: Any) -> Json:
        """Writes `text`; returns the message."""
        note: Json = self._act("say", text=text, reply_to=reply_to, **more)["message"]
        return note

    def send(self, kind: str, **fields: Any) -> Json:
        """Sends a file by kind (photo, voice …), location, contact, dice, forward or raw; returns the message."""
        note: Json = self._act("send", kind=kind, **fields)["message"]
        return note

    def press(self, label: str | None = None, data: str | None = None, **more: Any) -> str:
        """Presses a button of the newest message that has it; returns the number of the press."""
        return str(self._act("press", label=label, data=data, **more)["press"])

    def answer_to(self, press: str, timeout: float = 10.0) -> str:
        """The text with which the bot answered a press; raises Expired."""

        def look() -> Json | None:
            found: Json | None = self.telegram.look(f"presses/{press}")["answer"]
            return found

        return str(self.telegram.wait_for(look, timeout, "an answer to the press")["text"])

    def edit(self, message_id: int, text: str) -> Json:
        """Changes an own message."""
        note: Json = self._act("edit", message_id=message_id, text=text)["message"]
        return note

    def block(self) -> None:
        """Blocks the bot."""
        self._act("block")

    def unblock(self) -> None:
        """Unblocks the bot."""
        self._act("unblock")
