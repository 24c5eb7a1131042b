"""An office with many staff and, where the database allows it, several processes of each actor on the same stores.

Everything of tests/e2e/stage.py, and: a `DeskProcess` is what one more `berani desk` would be; turns of the desk go
through the loop that the real process uses; alarms and refused letters end where they end in the service, as cases;
settling moves the clock when a platform's limit is met.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, cast, get_args

from sqlalchemy import Connection, func, select

from bot import desk_turns
from bot.channels.delivery import BODY
from bot.channels.inbound import Inbound
from bot.channels.outgoing import Outgoing, from_json
from bot.channels.telegram import TelegramTransport
from bot.channels.telegram_updates import parse
from bot.content import publish
from handoff import invites, people
from handoff.desk import Desk, Enclosures, read_enclosures
from storage.courier import Alarm, Courier
from storage.desk_tables import CASE, Case
from storage.entropy import system_entropy
from storage.letters import Letter
from storage.post import PostOffice
from storage.shared_tables import OUTBOX
from storage.store import Store
from tests.conftest import Clock, Databases, Keys
from tests.e2e.stage import ZONE, Note, Phones, Stage

FIRST_HAND, FIRST_CHILD = 8_000_000, 9_000_000
"""Telegram ids of staff and of reporters begin here."""
STORY = "lapor", "tidak", "aman", "aku", "dekat pasar segar"
"""What a reporter says until "Ceritakan sebisamu"."""
ARRIVED = "udah sampai ke petugas"
LONGEST_SETTLING = timedelta(hours=1)
_FACE = re.compile(r"^(✓ )?(\d+ )?")


class DeskProcess:
    """One process of the desk: its own store, stream, courier and delivery; the chats are the same for all."""

    def __init__(self, crew: "Crew", store: Store) -> None:
        keys, clock = crew.keys, crew.clock
        self.store, self._now = store, clock.now
        post = PostOffice(keys.desk.sender, system_entropy).post
        self.desk = Desk(keys.desk, publish.live, post, system_entropy, ZONE)
        transport = TelegramTransport(cast(Any, crew.private), crew._file)
        self.delivery = crew._delivery(store, transport, self.desk.box, self.desk)
        self.courier: Courier[Any] = crew._courier(
            store,
            crew.databases.intake_url,
            keys.desk.receiver,
            read_enclosures,
            lambda conn, letter, more: self.desk.apply_letter(conn, letter, more, clock.now()),
        )

    async def take(self, inbound: Inbound) -> None:
        """One turn, as the process takes it; it ends well."""
        assert await desk_turns.take(self.store, self.desk, inbound, self._now()) == "done"

    async def tick(self) -> None:
        """Whatever is due."""
        now = self._now()
        await self.store.write(lambda conn: self.desk.tick(conn, now))


class Crew(Stage):
    """A stage with `hands` (Telegram ids of staff) and one or more processes of the desk."""

    def __init__(
        self, databases: Databases, keys: Keys, clock: Clock, *, desks: int = 1, after: "Crew | None" = None
    ) -> None:
        """`after`: the same office before its processes were started anew; the chats are as they were."""
        self.databases = databases
        self.troubles: list[str] = []
        self.reasons: list[str] = []
        super().__init__(databases, keys, clock)
        self.hands: list[int] = []
        if after is not None:
            self.hands, self.troubles = after.hands, after.troubles
            for mine, old in ((self.public, after.public), (self.private, after.private)):
                vars(mine).update(vars(old))
            self._updates = after._updates
        first = DeskProcess.__new__(DeskProcess)
        first.store, first._now, first.desk = self.desk_store, clock.now, self.desk
        first.delivery, first.courier = self._deliveries[1], self._couriers[0]
        self.desks = [first] + [DeskProcess(self, Store.open(databases.desk_url, "desk")) for _ in range(desks - 1)]

    async def close(self) -> None:
        """Lets go of the stores."""
        for process in self.desks[1:]:
            process.store.close()
        await super().close()

    async def hire(self, number: int, role: Any = "caseworker") -> list[int]:
        """So many more of the staff have joined with their codes; returns their ids."""
        new = [FIRST_HAND + len(self.hands) + one for one in range(number)]
        for one in new:
            code = await self.desk_store.write(partial(self._invite, hand=one, role=role))
            await self.at_desk(self.message(one, f"/start {code}"))
        self.hands += new
        return new

    def _invite(self, conn: Connection, hand: int, role: Any) -> str:
        return invites.invite(self.work(conn), name(hand), role)

    # --- what is done -------------------------------------------------------------------------------------------------

    def inbound(self, update: dict[str, Any], bot: Any = "desk") -> Inbound:
        """An update as the poller hands it on."""
        found = parse(bot, {"update_id": next(self._updates), **update})
        assert found is not None
        return found

    async def at_desk(self, update: dict[str, Any]) -> None:
        """One turn of the desk, as the process takes it."""
        inbound, now = self.inbound(update), self.clock.now()
        assert await desk_turns.take(self.desk_store, self.desk, inbound, now) == "done"

    async def says(self, child: int, *texts: str) -> None:
        """A reporter writes; each text is answered before the next."""
        for text in texts:
            await self.at_intake(self.message(child, text))
            self.clock.advance(timedelta(seconds=2))
            await self.settle()

    async def reports(self, child: int, story: str) -> None:
        """A whole report, sent."""
        await self.says(child, *STORY, story, "selesai", "kirim")

    async def presses(self, hand: int, label: str, chat: int | None = None) -> None:
        """Somebody of the staff presses the newest button with this label."""
        note, data = self.button(chat or hand, label)
        await self.at_desk(self.press(hand, note, data, chat))
        await self.settle()

    async def writes(self, hand: int, text: str) -> None:
        """Somebody of the staff writes in private."""
        await self.at_desk(self.message(hand, text))
        await self.settle()

    async def new_case(self) -> tuple[Case, bytes]:
        """A report arrives at the desk without anybody having told it; the case and its thread."""
        thread, now = system_entropy(16), self.clock.now()
        body = {"thread": thread.hex(), "at": now.isoformat(), "pintu": ["lapor"], "kanal": "telegram"}
        letter = Letter(system_entropy(16), b"s" * 16, 1, "submit", body)
        await self.desk_store.write(lambda conn: self.desk.apply_letter(conn, letter, Enclosures(), now))
        newest = select(CASE).order_by(CASE.c.number.desc()).where(CASE.c.series == "K").limit(1)
        return cast(Case, await self.desk_store.read(lambda conn: conn.execute(newest).one())), thread

    async def case(self, case_id: bytes) -> Case:
        """A case as it is now."""
        wanted = select(CASE).where(CASE.c.id == case_id)
        return cast(Case, await self.desk_store.read(lambda conn: conn.execute(wanted).one()))

    async def number_of(self, staff_id: bytes, hands: list[int]) -> int:
        """Which of these people has that id at the desk."""
        member = await self.desk_store.read(lambda conn: people.member(self.work(conn), staff_id))
        return [name(hand) for hand in hands].index(member.name)

    async def real_cases(self) -> list[Case]:
        """The cases that are no trouble of the machine."""
        return [case for case, _ in await self.cases() if case.kind != "teknis"]

    async def words(self, case_id: bytes) -> str:
        """Everything that the pages of a case hold."""
        return next(repr([page.body for page in found]) for case, found in await self.cases() if case.id == case_id)

    async def count(self, statement: Any) -> int:
        """A number out of the desk's store."""
        return int(await self.desk_store.read(lambda conn: conn.execute(statement).scalar_one()))

    # --- what is seen -------------------------------------------------------------------------------------------------

    def button(self, chat: int, label: str, phones: Phones | None = None) -> tuple[Note, str]:
        """The newest message of a staff chat with this button, and what the button carries."""
        for note in reversed((phones or self.private).chats[chat]):
            for shown, data in note.buttons.items() if not note.deleted else ():
                if _FACE.sub("", shown) == label:
                    return note, data
        raise AssertionError(f"no button {label!r}: {[list(note.buttons) for note in self.private.chats[chat][-4:]]}")

    def heard(self, child: int) -> str:
        """Everything the public bot ever wrote to somebody."""
        return "\n".join(note.text for note in self.public.chats[child])

    def shown(self, hand: int) -> str:
        """Everything the staff bot ever wrote in a chat."""
        return "\n".join(note.text for note in self.private.chats[hand])

    def outbox(self, conn: Connection, *conditions: Any) -> list[tuple[Any, Outgoing]]:
        """What waits at the desk to be sent: the rows with what they say."""
        rows = conn.execute(select(OUTBOX).where(OUTBOX.c.body.is_not(None), *conditions).order_by(OUTBOX.c.seq))
        return [(row, from_json(self.desk.box.open(BODY, row.id, row.body))) for row in rows]

    async def settle(self) -> None:
        """Everything that is due happens. Where a platform's limit keeps it waiting, time goes by."""
        end = self.clock.now() + LONGEST_SETTLING
        before = None
        while True:
            await self._settle_now()
            waiting = [await store.read(self._unsent) for store in (self.intake_store, self.desk_store)]
            if not any(waiting) or (not self.desk_answers and not waiting[0]):
                return
            assert self.clock.now() < end, f"still waiting to be sent: {waiting}, before: {before}"
            before = waiting
            self.clock.advance(timedelta(seconds=1))

    async def _settle_now(self) -> None:
        await self._tick()
        letters_seen = None
        for _ in range(1000):
            if self.public.files and self.downloads:
                await self.fetcher.fetch_due(self.clock.now())
            found = [await store.read(self._waiting) for store in (self.intake_store, self.desk_store)]
            if found == letters_seen:
                return
            letters_seen = found
            for number, (count, messages) in enumerate(found):
                if self.desk_answers and count != self._carried[number]:
                    self._carried[number] = count
                    await self._couriers[number].carry()
                if messages:
                    await self._deliver(self._deliveries[number])
        raise AssertionError("it never settles")

    def _unsent(self, conn: Connection) -> int:
        """Messages that a platform's limit puts off by seconds: due, or tried and put back."""
        soon = self.clock.now() + timedelta(minutes=2)
        held_up = (OUTBOX.c.due_at <= self.clock.now()) | ((OUTBOX.c.attempts > 0) & (OUTBOX.c.due_at <= soon))
        due = select(func.count()).where(OUTBOX.c.state == "waiting", held_up)
        return int(conn.execute(due).scalar_one())

    # --- as the service does it ---------------------------------------------------------------------------------------

    def _courier(self, store: Store, peer: str, receiver: Any, read: Any, apply: Any) -> Courier[Any]:
        """Alarms and refused letters become cases, as in bot/desk_actor.py and bot/intake_actor.py."""

        def trouble(conn: Connection, what: str, *, held_report: bool = False) -> None:
            now: datetime = self.clock.now()
            self.troubles.append(f"{store.actor}: {what}")
            if store.actor == "desk":
                self.desk.trouble(conn, what, now, held_report=held_report)
            else:
                body = {"at": now.isoformat(), "what": what, "thread": None, "raw": None, "held_report": False}
                self.tools.post(conn, "trouble", body, now)

        def alarm(conn: Connection, found: Alarm) -> None:
            trouble(conn, f"letter_{found.trouble}")

        def refused(conn: Connection, _letter: bytes, reason: str) -> None:
            suffix = "" if store.actor == "desk" else f"_{reason}"
            self.reasons.append(reason)
            trouble(conn, f"letter_refused{suffix}", held_report=store.actor == "desk")

        return Courier(
            store,
            self._peer(peer),
            receiver,
            read,
            apply,
            self.clock.now,
            on_alarm=alarm,
            on_refused=refused,
            on_peer=lambda _since: None,
        )


Order = Literal["first", "second", "together"]
ORDERS = get_args(Order)


async def meet(order: Order, one: Callable[[], Awaitable[Any]], *others: Callable[[], Awaitable[Any]]) -> None:
    """`one` goes before the others, after them, or all at the same time."""
    if order == "together":
        await asyncio.gather(one(), *(other() for other in others))
        return
    for act in (one, *others) if order == "first" else (*others, one):
        await act()


def name(hand: int) -> str:
    """What somebody of the staff is called."""
    return f"Petugas{hand}"
