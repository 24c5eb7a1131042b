"""Both actors in one process, on real stores, everything real but the network: for playing many conversations fast.

Updates come in as Telegram's JSON and go through the parser; what is said goes out through delivery, the Telegram
transport and a bot that only remembers. Letters are carried by the couriers. Time stands still unless it is moved.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from bot.channels.delivery import Delivery
from bot.channels.telegram import TelegramTransport
from bot.channels.telegram_updates import parse
from bot.content import publish
from bot.content.parse import read_dir
from bot.intake import ticks
from bot.intake.hooks import Hooks
from bot.intake.letters import LettersIn
from bot.intake.media import MediaFetcher
from bot.intake.tools import Tools
from bot.intake.turn import Intake
from handoff import cases, invites, pages
from handoff.desk import Desk, read_enclosures
from handoff.work import Work
from storage.courier import Courier
from storage.desk_tables import CASE, Case
from storage.entropy import system_entropy
from storage.intake_tables import NOTICES, SESSIONS
from storage.post import PostOffice
from storage.shared_tables import LETTER, OUTBOX
from storage.store import Peer, Store
from tests.conftest import Clock, Databases, Keys

FLOWS = Path(__file__).resolve().parents[2] / "flows"
ZONE = ZoneInfo("Asia/Makassar")
GROUP = -1_001_234_567_890
A_MOMENT = timedelta(seconds=1)
_ids = itertools.count(1000)


@dataclass
class Note:
    """A message that the bot wrote."""

    id: int
    text: str
    buttons: dict[str, str]
    media: str = ""
    deleted: bool = False


@dataclass
class Phones:
    """A bot whose calls only change what stands in the chats, in place of the library's."""

    chats: dict[int, list[Note]] = field(default_factory=lambda: defaultdict(list))
    windows: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    async def send_message(self, chat: int, text: str, *, reply_markup: Any = None, **_: Any) -> Any:
        return self._post(chat, text, reply_markup)

    async def edit_message_text(self, text: str, chat: int, number: int, *, reply_markup: Any = None, **_: Any) -> None:
        note = self._note(chat, number)
        note.text, note.buttons = text, _buttons(reply_markup)

    async def edit_message_reply_markup(self, chat: int, number: int, *, reply_markup: Any = None) -> None:
        self._note(chat, number).buttons = _buttons(reply_markup)

    async def delete_messages(self, chat: int, numbers: list[int]) -> None:
        for note in self.chats[chat]:
            note.deleted = note.deleted or note.id in numbers

    async def answer_callback_query(self, _callback: str, text: str | None, *, show_alert: bool | None = None) -> None:
        self.windows.append(text or "")

    async def send_photo(self, chat: int, data: bytes, *, caption: str | None = None, **_: Any) -> Any:
        return self._post(chat, caption or "", None, "photo")

    async def send_voice(self, chat: int, data: bytes, *, caption: str | None = None, **_: Any) -> Any:
        return self._post(chat, caption or "", None, "voice")

    async def send_video(self, chat: int, data: bytes, *, caption: str | None = None, **_: Any) -> Any:
        return self._post(chat, caption or "", None, "video")

    async def send_document(self, chat: int, data: bytes, *, caption: str | None = None, **_: Any) -> Any:
        return self._post(chat, caption or "", None, "document")

    async def get_file(self, file_id: str) -> Any:
        async def download() -> bytearray:
            return bytearray(self.files[file_id])

        return SimpleNamespace(download_as_bytearray=download)

    def _post(self, chat: int, text: str, markup: Any, media: str = "") -> Any:
        note = Note(next(_ids), text, _buttons(markup), media)
        self.chats[chat].append(note)
        return SimpleNamespace(message_id=note.id)

    def _note(self, chat: int, number: int) -> Note:
        return next(note for note in self.chats[chat] if note.id == number)


def _buttons(markup: Any) -> dict[str, str]:
    return {button.text: button.callback_data for row in markup.inline_keyboard for button in row} if markup else {}


class Stage:
    """One office with one reporter and one caseworker, or as many as are made."""

    phones: type[Phones] = Phones

    def __init__(self, databases: Databases, keys: Keys, clock: Clock) -> None:
        self.clock, self.keys = clock, keys
        self.intake_store = Store.open(databases.intake_url, "intake")
        self.desk_store = Store.open(databases.desk_url, "desk")
        self._peers: list[Peer] = []
        self.public, self.private = self.phones(), self.phones()
        post = PostOffice(keys.intake.sender, system_entropy).post
        self.tools = Tools.of(keys.intake, system_entropy, ZONE, post)
        self.intake = Intake(self.intake_store, self.tools)
        desk_post = PostOffice(keys.desk.sender, system_entropy).post
        self.desk = Desk(keys.desk, publish.live, desk_post, system_entropy, ZONE)
        public, private = (TelegramTransport(cast(Any, bot), self._file) for bot in (self.public, self.private))
        self.fetcher = MediaFetcher(self.intake_store, self.tools, public.download)
        self._deliveries = [
            self._delivery(self.intake_store, public, self.tools.outbox, Hooks(self.tools)),
            self._delivery(self.desk_store, private, self.desk.box, self.desk),
        ]
        letters = LettersIn(self.tools)
        self._couriers: list[Courier[Any]] = [
            self._courier(
                self.desk_store,
                databases.intake_url,
                keys.desk.receiver,
                read_enclosures,
                lambda conn, letter, more: self.desk.apply_letter(conn, letter, more, clock.now()),
            ),
            self._courier(
                self.intake_store,
                databases.desk_url,
                keys.intake.receiver,
                lambda _conn, _letter: None,
                lambda conn, letter, _: letters.apply(conn, letter, clock.now()),
            ),
        ]
        self._updates = itertools.count(1)
        self.desk_answers = self.downloads = True
        self._carried = [0, 0]

    async def open(self) -> None:
        """Publishes flows/, and a group and one caseworker are there."""
        now = self.clock.now()
        for store in (self.intake_store, self.desk_store):
            await store.write(lambda conn: publish.ensure(conn, FLOWS, now))
        name = await self.desk_store.write(lambda conn: invites.invite(self.work(conn), "Sari", "caseworker"))
        group = await self.desk_store.write(lambda conn: invites.invite_group(self.work(conn)))
        await self.at_desk(self.message(WORKER, f"/start {name}"))
        await self.at_desk(self.message(WORKER, f"/hubungkan {group}", GROUP))
        await self.desk_store.write(lambda conn: self.desk.tick(conn, now))
        await self.settle()

    async def close(self) -> None:
        """Lets go of the stores."""
        for store in (self.intake_store, self.desk_store):
            store.close()
        for peer in self._peers:
            peer.close()

    async def publish(self, files: Mapping[str, str], *, withdraw: bool = False) -> None:
        """Another set is live from now on."""
        now = self.clock.now()
        for store in (self.intake_store, self.desk_store):
            await store.write(lambda conn: publish.publish(conn, files, "admin", "test", now, withdraw=withdraw))

    # --- what comes in ------------------------------------------------------------------------------------------------

    def message(self, person: int, text: str = "", chat: int | None = None, **content: Any) -> dict[str, Any]:
        """An update with a message; `content` instead of a text: photo, voice, contact …"""
        where = {"id": chat, "type": "supergroup"} if chat else {"id": person, "type": "private"}
        date = int(self.clock.now().timestamp())
        body = {"message_id": next(_ids), "from": _user(person), "chat": where, "date": date}
        return {"message": body | (content or {"text": text})}

    def press(self, person: int, note: Note, data: str, chat: int | None = None) -> dict[str, Any]:
        """An update with a pressed button."""
        where = {"id": chat, "type": "supergroup"} if chat else {"id": person, "type": "private"}
        message = {"message_id": note.id, "chat": where, "date": int(self.clock.now().timestamp())}
        return {"callback_query": {"id": f"q{next(_ids)}", "from": _user(person), "message": message, "data": data}}

    def file(self, kind: str, data: bytes, caption: str = "") -> dict[str, Any]:
        """The content of a message that is a file."""
        name = f"{kind}-{next(_ids)}"
        self.public.files[name] = data
        found: Any = {"file_id": name, "file_size": len(data), "duration": 3}
        return {kind: [found] if kind == "photo" else found} | ({"caption": caption} if caption else {})

    async def at_intake(self, update: dict[str, Any]) -> None:
        """One turn of the public side."""
        inbound = parse("intake", {"update_id": next(self._updates), **update})
        assert inbound is not None
        await self.intake.receive(inbound, self.clock.now())

    async def at_desk(self, update: dict[str, Any]) -> None:
        """One turn of the desk."""
        inbound, now = parse("desk", {"update_id": next(self._updates), **update}), self.clock.now()
        assert inbound is not None
        await self.desk_store.write(lambda conn: self.desk.receive(conn, inbound, now))

    # --- what follows -------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Everything that is due now happens: ticks, downloads, letters, messages, until nothing is left."""
        await self._tick()
        busy = True
        while busy:
            busy = False
            if self.public.files and self.downloads:
                await self.fetcher.fetch_due(self.clock.now())
            for number, store in enumerate((self.intake_store, self.desk_store)):
                letters, messages = await store.read(self._waiting)
                if self.desk_answers and letters != self._carried[number]:
                    self._carried[number] = letters
                    busy = True
                    await self._couriers[number].carry()
                if messages and await self._deliver(self._deliveries[number]):
                    busy = True

    def _waiting(self, conn: Connection) -> tuple[int, int]:
        """How many letters were ever written in a store, and how many messages are due in it."""
        due = select(func.count()).where(OUTBOX.c.state == "waiting", OUTBOX.c.due_at <= self.clock.now())
        letters = conn.execute(select(func.count()).select_from(LETTER)).scalar_one()
        return letters, conn.execute(due).scalar_one()

    async def passes(self, span: timedelta) -> None:
        """Time goes by; what falls due on the way happens when it is due."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            due = await self._next_due()
            self.clock.advance(max(A_MOMENT, min(due or end, end) - self.clock.now()))
            await self.settle()

    async def _next_due(self) -> datetime | None:
        """The earliest time at which something is due on either side."""

        def earliest(*columns: Any) -> Callable[[Connection], datetime | None]:
            def read(conn: Connection) -> datetime | None:
                found = [
                    conn.execute(select(func.min(column)).where(*open_rows)).scalar() for column, *open_rows in columns
                ]
                return min((time for time in found if time is not None), default=None)

            return read

        waiting = (OUTBOX.c.due_at, OUTBOX.c.state == "waiting")
        own = (SESSIONS.c.wake_at,), (NOTICES.c.due_at, NOTICES.c.done_at.is_(None)), waiting
        times = [await self.intake_store.read(earliest(*own))]
        if self.desk_answers:
            times.append(await self.desk_store.read(earliest(waiting)))
            times.append(await self.desk_store.read(lambda conn: self.desk.next_due(conn, self.clock.now())))
        return min((time for time in times if time is not None), default=None)

    async def _tick(self) -> None:
        now = self.clock.now()
        sessions, anything = await self.intake_store.read(
            lambda conn: (ticks.due_sessions(conn, now), ticks.anything(conn, now))
        )
        for address in sessions:
            await self.intake.wait_is_over(address, now)
        if anything:
            await self.intake_store.write(lambda conn: ticks.speak_and_sweep(conn, self.tools, now))
        due = await self.desk_store.read(lambda conn: self.desk.next_due(conn, now))
        if self.desk_answers and due is not None and due <= now:
            await self.desk_store.write(lambda conn: self.desk.tick(conn, now))

    async def _deliver(self, delivery: Delivery) -> bool:
        """Whether anything was there that may go now: what is due may stand behind an older one that is not."""
        went = False
        while await delivery._start_due() or delivery._busy:
            went = True
            if delivery._busy:
                await asyncio.wait(list(delivery._busy.values()))
        return went

    # --- what is there ------------------------------------------------------------------------------------------------

    def work(self, conn: Any) -> Work:
        """What the desk's functions are given."""
        return Work(conn, self.clock.now(), self.desk._tools)

    async def cases(self) -> list[tuple[Case, list[pages.Page]]]:
        """Every case with its pages, in the order in which they were opened."""

        def read(conn: Any) -> list[tuple[Case, list[pages.Page]]]:
            work = self.work(conn)
            ids = conn.execute(select(CASE.c.id).order_by(CASE.c.opened_at, CASE.c.number)).scalars().all()
            return [(case, pages.read(work, case)) for case in (cases.get(work, one) for one in ids)]

        # A write on PostgreSQL: the desk locks the cases that it looks at.
        return await self.desk_store.write(read)

    async def _file(self, ref: str) -> bytes:
        now = self.clock.now()
        return (await self.desk_store.read(lambda conn: self.desk.file(conn, ref, now))).data

    def _peer(self, url: str) -> Peer:
        self._peers.append(Store.open_peer(url))
        return self._peers[-1]

    def _delivery(self, store: Store, transport: TelegramTransport, box: Any, hooks: Any) -> Delivery:
        now, monotonic = self.clock.now, self.clock.monotonic
        return Delivery(
            store, transport, box, hooks, now=now, monotonic=monotonic, jitter=lambda: 0.5, report=lambda *_: None
        )

    def _courier(self, store: Store, peer: str, receiver: Any, read: Any, apply: Any) -> Courier[Any]:
        def refused(*what: object) -> None:
            raise AssertionError(f"a letter was refused: {what[-1]}")

        return Courier(
            store,
            self._peer(peer),
            receiver,
            read,
            apply,
            self.clock.now,
            on_alarm=lambda _conn, alarm: refused(alarm.trouble),
            on_refused=lambda _conn, _letter, reason: refused(reason),
            on_peer=lambda _since: None,
        )


REPORTER, WORKER = 7_000_001, 7_000_002


def _user(person: int) -> dict[str, Any]:
    return {"id": person, "is_bot": False, "first_name": "Nama Rahasia", "username": "rahasia", "language_code": "id"}


def moment(at: str) -> datetime:
    """A time of day in the office's zone, on the first day of every conversation, as UTC."""
    return datetime.strptime(f"2026-11-23 {at}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE).astimezone(UTC)


def all_flows() -> dict[str, str]:
    """flows/ as it is."""
    return read_dir(FLOWS)
