"""The world the double plays: finds people, bots and chats, posts messages, and keeps the record of what happened."""

import asyncio
import itertools
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.telegram import shapes, updates
from simulator.telegram.clock import Clock
from simulator.telegram.errors import ControlError
from simulator.telegram.faults import Faults
from simulator.telegram.limits import Limits
from simulator.telegram.state import Bot, Chat, File, Json, Member, Message, Person, Press, Update, User

# https://core.telegram.org/bots/features#botfather: the bot's id, a colon, a secret
_TOKEN = re.compile(r"\d{1,19}:[A-Za-z0-9_-]+")


class World:
    """Everything one double knows. One event loop owns it; nothing is kept on disk."""

    def __init__(self, clock_file: Path | None = None) -> None:
        self.clock = Clock(clock_file)
        self.listeners: list[Callable[[Bot], None]] = []
        self.clear()

    def clear(self) -> None:
        """Forgets everything, as after a new start."""
        self.people: dict[int, Person] = {}
        self.bots: dict[int, Bot] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.groups: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.presses: dict[str, Press] = {}
        self.faults = Faults()
        self.limits = Limits()
        self.polls = updates.Polls()
        self.calls: deque[Json] = deque(maxlen=20_000)
        self.events: list[Json] = []
        self.happened = asyncio.Event()
        self._last_call = 0
        self._ids = itertools.count(1)
        self._message_ids = itertools.count(1)

    # finding

    @property
    def calls_so_far(self) -> int:
        """How many calls bots have made."""
        return self._last_call

    def bot_by_token(self, token: str) -> Bot | None:
        """The bot of `token`, made on first use; None for a malformed, wrong or revoked one."""
        if not _TOKEN.fullmatch(token):
            return None
        bot = self.bots.get(int(token.partition(":")[0]))
        if bot is None:
            bot = self.add_bot(token)
        return bot if bot.token == token and not bot.revoked else None

    def add_bot(self, token: str, username: str | None = None, first_name: str | None = None) -> Bot:
        """Registers a bot, or renames the one that has this token."""
        number = int(token.partition(":")[0])
        bot = self.bots.get(number)
        if bot is None:
            bot = Bot(id=number, token=token, username=f"bot{number}_bot", first_name=f"Bot {number}")
            bot.next_update_id = 100_000_000 + number % 1_000_000
            self.bots[number] = bot
        elif bot.token != token:
            raise ControlError(f"bot {number} exists with another token")
        bot.username = username or bot.username
        bot.first_name = first_name or bot.first_name
        return bot

    def private_chat(self, bot: Bot, person: Person) -> Chat:
        """The private chat of the two, made when first asked for."""
        key = (bot.id, person.id)
        if key not in self.private:
            self.private[key] = Chat(id=person.id, type="private", person=person, bot=bot)
        return self.private[key]

    def new_id(self) -> int:
        """A number never used before for a person, a group or a file."""
        return next(self._ids)

    # posting

    def post(self, place: Chat, sender: User, body: Json, **fields: Any) -> Message:
        """Puts a message into `place` and hands it to every bot that may see it; see state.Message for `fields`."""
        number = place.last_message_id + 1 if place.type == "supergroup" else next(self._message_ids)
        place.last_message_id = number
        note = Message(chat=place, id=number, at=self.clock.now(), sender=sender, body=body, **fields)
        place.messages[number] = note
        if isinstance(sender, Bot) and not note.service:
            place.last_bot = sender.id
        self.record("message", place, message=self.view(note))
        for bot in self.watchers(note):
            self.send_update(bot, "message", shapes.message(note, bot))
        return note

    def watchers(self, note: Message) -> list[Bot]:
        """The bots that get `note` as an update, by Telegram's privacy mode
        (https://core.telegram.org/bots/features#privacy-mode)."""
        place = note.chat
        if place.bot is not None:
            return [] if note.sender is place.bot else [place.bot]
        if isinstance(note.sender, Bot) and not note.service:
            return []
        inside = [(m.user, m) for m in place.members.values() if m.inside and isinstance(m.user, Bot)]
        alone = len(inside) == 1
        return [bot for bot, m in inside if bot is not note.sender and self._sees(bot, m, note, alone=alone)]

    def _sees(self, bot: Bot, standing: Member, note: Message, *, alone: bool) -> bool:
        if note.service or standing.admin or not bot.privacy:
            return True
        answered = note.chat.messages.get(note.reply_to or 0)
        if answered is not None and answered.sender is bot:
            return True
        first = next(iter(note.body.get("entities", [])), None)
        if first is None or first["type"] != "bot_command" or first["offset"] != 0:
            return False
        _, _, addressed = note.words[: first["length"]].partition("@")
        if addressed:
            return addressed.lower() == bot.username.lower()
        return alone or note.chat.last_bot in {None, bot.id}

    def send_update(self, bot: Bot, kind: str, payload: Json) -> None:
        """Queues one update for `bot`, twice while duplicates are asked for."""
        updates.enqueue(bot, kind, payload, self.clock.now())
        if bot.duplicates:
            bot.duplicates -= 1
            updates.enqueue(bot, kind, payload, self.clock.now())
        self.notify(bot)

    def put_back(self, bot: Bot, update: Update) -> None:
        """Queues an update that was made elsewhere (a repetition, a malformed one)."""
        bot.queue.append(update)
        self.notify(bot)

    def notify(self, bot: Bot) -> None:
        """Wakes whoever waits for updates of `bot`."""
        self.polls.wake(bot)
        for listener in self.listeners:
            listener(bot)

    def set_member(self, place: Chat, who: User, status: str, by: User, **fields: Any) -> Member:
        """Changes somebody's standing in `place` and tells that bot (my_chat_member), if it is one."""
        old = place.members.get(who.id) or Member(user=who, status="left")
        new = Member(user=who, status=status, **fields)
        place.members[who.id] = new
        if isinstance(who, Bot):
            self.tell_standing(who, place, by, shapes.member(old), shapes.member(new))
        self.record("member", place, user=who.id, name=who.first_name, status=status)
        return new

    def tell_standing(self, bot: Bot, place: Chat, by: User, old: Json, new: Json) -> None:
        """Sends a my_chat_member update."""
        change = {"chat": shapes.chat(place), "from": shapes.user(by), "date": int(self.clock.now())}
        self.send_update(bot, "my_chat_member", {**change, "old_chat_member": old, "new_chat_member": new})

    # the record

    def note_call(self, entry: Json) -> None:
        """Adds one call of a bot to the record, under the next number."""
        self._last_call += 1
        self.calls.append(entry)
        entry["n"] = self._last_call

    def record(self, kind: str, place: Chat | None, **fields: Any) -> None:
        """Adds an event for the live transcript and wakes those who wait for one."""
        where = {} if place is None else {"chat": place.key, "chat_type": place.type, "chat_title": place.title}
        self.events.append({"n": len(self.events) + 1, "kind": kind, "at": self.clock.now(), **where, **fields})
        self.happened.set()
        self.happened = asyncio.Event()

    def view(self, note: Message) -> Json:
        """A message as the control side shows it: everything, deleted ones and former texts too."""
        name = "GroupAnonymousBot" if note.anonymous else note.sender.first_name
        files = sorted(uid for uid in _uids(note.body) if uid in self.files)
        return {
            "id": note.id,
            "chat": note.chat.key,
            "from": {"id": note.sender.id, "name": name, "is_bot": isinstance(note.sender, Bot)},
            "anonymous": note.anonymous,
            "at": note.at,
            "text": note.words,
            "kind": kind_of(note),
            "body": note.body,
            "files": files,
            "buttons": [[{"label": b["text"], "data": b.get("callback_data")} for b in row] for row in note.inline],
            "markup": note.markup,
            "reply_to": note.reply_to,
            "edited_at": note.edited_at,
            "deleted_at": note.deleted_at,
            "history": list(note.history),
            "silent": note.silent,
            "protected": note.protected,
        }


_MEDIA = (
    "photo", "voice", "video", "animation", "document", "audio", "video_note", "sticker", "location", "contact", "dice",
    "venue", "poll",
)  # fmt: skip


def kind_of(note: Message) -> str:
    """What a message is: text, one of the media, or service."""
    if note.service:
        return "service"
    return next((kind for kind in _MEDIA if kind in note.body), "text")


def _uids(value: Any) -> set[str]:
    if isinstance(value, list):
        return {uid for item in value for uid in _uids(item)}
    if isinstance(value, dict):
        own = {str(value["file_unique_id"])} if "file_unique_id" in value else set()
        return own | {uid for item in value.values() for uid in _uids(item)}
    return set()
