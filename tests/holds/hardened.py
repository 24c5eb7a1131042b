"""A stage whose phones refuse what Telegram would refuse or staff should not see, and whose updates pass the poller."""

import asyncio
import json
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from bot import desk_turns
from bot.channels import raw_json
from bot.channels.inbound import Bot, Inbound
from bot.channels.outgoing import utf16_length
from bot.channels.telegram_poll import Poller
from storage.shared_tables import OUTBOX, Actor
from tests.conftest import ACTORS, Clock, Databases, Keys, PostgresServer
from tests.e2e.stage import WORKER, Note, Phones, Stage
from tests.holds.corpus import files

MEMORY = Path("/dev/shm")
OVERRIDES = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
BETWEEN = timedelta(seconds=2)
Copies = Callable[[], AbstractContextManager[Databases]]


class StrictPhones(Phones):
    """Remembers how each message is marked, and holds every message to what every message must be."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[int, list[Any]] = {}
        self.files = dict.fromkeys(files(), b"isi berkas" * 20)
        self.left: list[int] = []

    async def leave_chat(self, chat: int) -> None:
        self.left.append(chat)

    async def send_message(
        self, chat: int, text: str, *, reply_markup: Any = None, entities: Any = None, **more: Any
    ) -> Any:
        strict(text, entities or (), more)
        sent = await super().send_message(chat, text, reply_markup=reply_markup)
        self.marks[sent.message_id] = list(entities or ())
        return sent

    async def edit_message_text(
        self, text: str, chat: int, number: int, *, reply_markup: Any = None, entities: Any = None, **more: Any
    ) -> None:
        strict(text, entities or (), more)
        self.marks[number] = list(entities or ())
        await super().edit_message_text(text, chat, number, reply_markup=reply_markup)


def strict(text: str, entities: Iterable[Any], more: dict[str, Any]) -> None:
    """What holds for every message that leaves, whoever's words are in it."""
    text.encode()  # no lone surrogate
    assert 0 < utf16_length(text.strip()) <= utf16_length(text) <= 4096
    assert not [c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert not OVERRIDES & set(text)
    for line in text.split("\n"):
        depth = 0
        for c in line:
            depth += (c == "\u2068") - (c == "\u2069")
            assert depth in (0, 1), "an isolate is left open, or closed twice"
        assert depth == 0, "an isolate is left open"
    assert more["link_preview_options"].is_disabled
    assert "parse_mode" not in more
    last = 0
    for one in sorted(entities, key=lambda entity: entity.offset):
        assert one.offset >= last and one.length > 0, "entities overlap"
        last = one.offset + one.length
    assert last <= utf16_length(text)
    assert len(list(entities)) <= 100, "Telegram ignores what comes after the hundredth"


class HardenedStage(Stage):
    """What comes in passes the real poller; what escapes a turn, or is set aside, is remembered."""

    phones = StrictPhones

    def __init__(self, databases: Databases, keys: Keys, clock: Clock) -> None:
        super().__init__(databases, keys, clock)
        self.escaped: list[str] = []
        self.reports: list[str] = []
        self.handled: list[Inbound] = []
        monotonic = clock.monotonic
        self.pollers = {
            "intake": Poller("intake", None, self._intake, self.reports.append, monotonic),  # type: ignore[arg-type]
            "desk": Poller("desk", None, self._desk, self.reports.append, monotonic),  # type: ignore[arg-type]
        }
        self.said: dict[Bot, StrictPhones] = {"intake": self.public, "desk": self.private}  # type: ignore[dict-item]

    async def _intake(self, inbound: Inbound) -> None:
        try:
            await self.intake.receive(inbound, self.clock.now())
            self.handled.append(inbound)
        except Exception as problem:
            self.escaped.append(f"{inbound!r}: {problem!r} from {problem.__context__!r}")
            raise

    async def _desk(self, inbound: Inbound) -> None:
        try:
            if await desk_turns.take(self.desk_store, self.desk, inbound, self.clock.now()) != "done":
                self.escaped.append(f"{inbound!r} was set aside")
            self.handled.append(inbound)
        except Exception as problem:
            self.escaped.append(f"{inbound!r}: {problem!r}")
            raise

    def number(self) -> int:
        """The id of the next update."""
        return next(self._updates)

    async def feed(self, bot: Bot, *updates: dict[str, Any]) -> None:
        """One batch, as it comes from the platform: every update is done with, and none left anything behind."""
        batch = [raw_json.loads(json.dumps({"update_id": self.number(), **one})) for one in updates]
        assert await self.pollers[bot].take(batch)
        assert not self.escaped, self.escaped[:3]

    async def drain(self) -> None:
        """Everything that can be sent is sent; who waits for a platform's limit waits longer each time."""
        for step in range(40):
            self.clock.advance(BETWEEN * min(2**step, 16))
            await self.settle()
            if not await self._left():
                return
        raise AssertionError("messages are never sent")

    async def _left(self) -> bool:
        """Whether something waits only for its turn (nothing that waits for an hour of the day)."""
        soon = select(OUTBOX.c.id).where(
            OUTBOX.c.state == "waiting", OUTBOX.c.due_at <= self.clock.now() + timedelta(minutes=1)
        )
        stores = (self.intake_store, self.desk_store)
        return any([await store.read(lambda conn: conn.execute(soon).first() is not None) for store in stores])

    async def turn(self, bot: Bot, *updates: dict[str, Any], chat: int) -> list[Note]:
        """One batch and all that follows; returns what is new in `chat`."""
        before = len(self.said[bot].chats[chat])
        await self.feed(bot, *updates)
        await self.drain()
        return self.said[bot].chats[chat][before:]

    async def passes_by(self, seconds: int) -> None:
        """Time goes by, and what falls due happens."""
        self.clock.advance(timedelta(seconds=seconds))
        await self.drain()

    async def press_label(self, label: str, chat: int = WORKER, person: int = WORKER) -> list[Note]:
        """Presses the newest button of that label in a chat of the desk."""
        for note in reversed(self.private.chats[chat]):
            data = next((data for name, data in note.buttons.items() if name == label), None)
            if data is not None and not note.deleted:
                pressed = self.press(person, note, data, chat if chat < 0 else None)
                return await self.turn("desk", pressed, chat=person)
        raise AssertionError(f"no button {label!r}")

    async def teknis(self) -> list[str]:
        """The reasons of every teknis case."""
        return [str(pages) for case, pages in await self.cases() if case.kind == "teknis"]


@contextmanager
def prepared(request: pytest.FixtureRequest, kind: str, keys: Keys) -> Iterator[Copies]:
    """Makes copies of two stores in which flows/ is published, the group bound and a caseworker has joined."""
    templates: Callable[[Actor], str] = request.getfixturevalue(f"{kind}_templates")
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.databases(*(templates(actor) for actor in ACTORS)) as opened:
            asyncio.run(_open(opened, keys))
            names = [urlsplit(opened.url(actor)).path[1:] for actor in ACTORS]
            yield lambda: server.databases(*names)
        return
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        opened = Databases(*(f"sqlite:///{folder}/{actor}.db" for actor in ACTORS))
        for actor in ACTORS:
            shutil.copy(templates(actor), f"{folder}/{actor}.db")
        asyncio.run(_open(opened, keys))
        yield lambda: _copied(Path(folder))


@contextmanager
def _copied(folder: Path) -> Iterator[Databases]:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        for actor in ACTORS:
            shutil.copy(folder / f"{actor}.db", f"{own}/{actor}.db")
        yield Databases(*(f"sqlite:///{own}/{actor}.db" for actor in ACTORS))


async def _open(databases: Databases, keys: Keys) -> None:
    stage = HardenedStage(databases, keys, Clock())
    try:
        await stage.open()
    finally:
        await stage.close()
