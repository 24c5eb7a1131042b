"""A reporter's phone without a platform: turns go in, what stands in the outbox is what would be read."""

import asyncio
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select

from bot.channels.delivery import BODY
from bot.channels.inbound import Inbound, Kind
from bot.channels.outgoing import Outgoing, Send, from_json
from bot.content import publish
from bot.intake.letters import LettersIn
from bot.intake.tools import Tools
from bot.intake.turn import Intake
from storage.entropy import system_entropy
from storage.letters import Letter, open_letter
from storage.post import PostOffice
from storage.shared_tables import LETTER, OUTBOX
from storage.store import Store

FLOWS = Path(__file__).resolve().parents[2] / "flows"
WITA = ZoneInfo("Asia/Makassar")


class Line:
    """Intake over a real store, with a clock that moves when told, and letters that can be read like the desk does."""

    def __init__(self, store: Store, keys: Any, clock: Any) -> None:
        self.store, self.keys, self.clock = store, keys, clock
        post = PostOffice(keys.intake.sender, system_entropy).post
        self.tools = Tools.of(keys.intake, system_entropy, WITA, post)
        self.intake = Intake(store, self.tools)
        self.letters_in = LettersIn(self.tools)
        self.numbers = count(1)

    def phone(self, chat: int = 4711) -> "Phone":
        return Phone(self, chat)

    def letters(self) -> list[Letter]:
        """Every letter that was written, opened with the desk's keys, in order."""
        wires = self.store.read_now(
            lambda conn: conn.execute(select(LETTER.c.wire).order_by(LETTER.c.seq)).scalars().all()
        )
        return [open_letter(self.keys.desk.receiver, wire) for wire in wires]

    def kinds(self) -> list[str]:
        return [letter.kind for letter in self.letters()]

    async def hear(self, kind: str, **body: Any) -> None:
        """The desk writes."""
        letter = Letter(system_entropy(16), system_entropy(16), 1, kind, body)
        await self.store.write(lambda conn: self.letters_in.apply(conn, letter, self.clock.now()))

    def rows(self, *states: str) -> list[Any]:
        query = select(OUTBOX).where(OUTBOX.c.state.in_(states or ("waiting", "held"))).order_by(OUTBOX.c.seq)
        return list(self.store.read_now(lambda conn: conn.execute(query).all()))

    def opened(self, row: Any) -> Outgoing:
        return from_json(self.tools.outbox.open(BODY, row.id, row.body))


class Phone:
    """One chat with the public bot."""

    def __init__(self, line: Line, chat: int) -> None:
        self.line, self.chat = line, chat

    def inbound(self, kind: Kind = "text", **fields: Any) -> Inbound:
        number = next(self.line.numbers)
        base: dict[str, Any] = {"received": f"message:{self.chat}:{number}", "message_id": number}
        at = self.line.clock.now()
        return Inbound(bot="intake", chat=self.chat, kind=kind, at=at, sender=self.chat, **(base | fields))

    async def send(self, inbound: Inbound) -> None:
        await self.line.intake.receive(inbound, self.line.clock.now())

    async def say(self, *texts: str) -> str:
        """Write, one after the other; returns what the bot says to the last one."""
        for text in texts:
            await self.take()
            await self.send(self.inbound(text=text))
        return "\n".join(await self.take())

    async def take(self, seconds: float = 2) -> list[str]:
        """What the bot would have said by `seconds` from now; it is taken out, as if it had been delivered."""
        until = self.line.clock.now() + timedelta(seconds=seconds)
        rows = [row for row in self.line.rows("waiting") if row.due_at <= until]
        await self.line.store.write(
            lambda conn: conn.execute(delete(OUTBOX).where(OUTBOX.c.id.in_([r.id for r in rows])))
        )
        found = [self.line.opened(row) for row in sorted(rows, key=lambda row: (row.priority != 0, row.seq))]
        return [one.text for one in found if isinstance(one, Send)]

    def buttons(self) -> dict[str, str]:
        """Label → data of the buttons that wait to be shown."""
        found = [self.line.opened(row) for row in self.line.rows("waiting")]
        return {label: data for one in found if isinstance(one, Send) for row in one.buttons for label, data in row}

    async def press(self, data: str) -> list[str]:
        await self.take()
        number = next(self.line.numbers)
        fields = {"received": f"callback:{number}", "callback": str(number), "data": data, "message_id": number}
        await self.send(self.inbound("button", **fields))
        return await self.take()


@pytest.fixture
def line(intake_store: Store, keys: Any, clock: Any) -> Line:
    asyncio.run(intake_store.write(lambda conn: publish.ensure(conn, FLOWS, clock.now())))
    return Line(intake_store, keys, clock)
