"""The model: what must be on disk and in the chats after a story, whatever died on the way.

A story that nobody disturbed is the measure. After a kill the same cases, pages, files, firings, staff acts and rows
are there, each once; every message stands in its chat, and stands there a second time only if the process was killed
while that very message was marked as being sent: between the call and its record.
"""

import json
import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, func, select

from bot.channels.delivery import BODY, TARGET
from bot.channels.outgoing import from_json
from bot.channels.telegram import TelegramTransport
from bot.content import publish
from handoff import cases, files, pages, people
from handoff.work import Tools, Work
from simulator.telegram.state import Bot
from storage import keys as key_files
from storage.desk_tables import AUDIT, BLOB, CASE, FIRING
from storage.entropy import system_entropy
from storage.intake_tables import MEDIA_FILES, SESSIONS
from storage.postgres import engine_url
from storage.shared_tables import APPLIED, LETTER, METADATA, OUTBOX, REFUSED, Actor
from storage.store import Store, StoreDown
from storage.streams import forgotten, watermarks
from storage.vault import FieldBox
from tests.conftest import ACTORS
from tests.holds.city import City

Said = Counter[tuple[int, str]]
"""(chat, text) → how often."""

_CHANGING: Final = (
    (re.compile(r"Petugas [A-Z]\w+"), "Petugas X"),
    (re.compile(r'"alias": "\w+"'), '"alias": "X"'),
    (re.compile(r"\b\d\d\.\d\d\b"), "JJ.MM"),
    (re.compile(r"\((baru saja|\d+ (menit|jam))\)"), "(UMUR)"),
)
"""What differs from telling to telling: the name that an officer is given, the time of day, an age."""
_ENDED: Final = {"sent": "done", "expired": "done", "blocked": "done"}
"""What was done and not recorded is done again, and the platform refuses: an edit, the answer to a press, leaving a
group. Whether a message arrived, its chat tells."""
_IDS: Final = re.compile(r"[0-9a-f]{32,64}|\d{4}-\d\d-\d\dT[\d:.+]+")
_NOT_COUNTED: Final = frozenset({"alembic_version", "applied", "letter", "stream", "watermark", "button", "outbox"})
"""Tables with rows of every start (letters), or of every look at a list (buttons)."""


@dataclass(frozen=True)
class Books:
    """What is on disk in both stores, opened, without ids and times."""

    cases: tuple[Any, ...]
    audit: Counter[tuple[str, str]]
    firings: Counter[tuple[str, int]]
    rows: Counter[str]
    outbox: Counter[str]


@dataclass(frozen=True)
class Story:
    """What a story left behind."""

    books: Books
    said: Said


class Auditor:
    """Opens the stores of one office with its keys."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._urls = {actor: _absolute(url, city.folder) for actor, url in zip(ACTORS, city.urls, strict=True)}
        folder = city.folder / "var" / "keys"
        self._intake, self._desk = key_files.load_intake(folder), key_files.load_desk(folder)
        self._tools = Tools(self._desk, publish.live, _no_letters, system_entropy, ZoneInfo("Asia/Makassar"), None, b"")
        self._boxes: dict[Actor, FieldBox] = {
            "intake": FieldBox(self._intake.outbox, self._intake.root_id, self._intake.deployment, system_entropy),
            "desk": self._tools.outbox_box,
        }

    async def in_flight(self) -> Said:
        """The messages that are marked as being sent: whether they arrived is not known to whoever starts next."""
        found: Said = Counter()
        for actor in ACTORS:
            with self._opened(actor) as connection:
                query = select(OUTBOX.c.id, OUTBOX.c.target, OUTBOX.c.body).where(OUTBOX.c.state == "sending")
                for row in connection.execute(query):
                    box, shown = self._boxes[actor], _Shown()
                    transport = TelegramTransport(cast(Any, shown), shown.no_file)
                    chat = int(box.open(TARGET, row.id, row.target))
                    await transport.send(chat, from_json(box.open(BODY, row.id, row.body)))
                    found.update((chat, _same(text)) for text in shown.texts)
        return found

    def idle(self, now: datetime) -> bool:
        """Whether nothing is due at a process that runs: no message, letter, file, conversation or case."""
        waits: dict[Actor, list[Any]] = {
            "intake": [
                select(MEDIA_FILES.c.id).where(MEDIA_FILES.c.state == "fetch", MEDIA_FILES.c.due_at <= now),
                select(SESSIONS.c.version).where(SESSIONS.c.wake_at <= now),
            ],
            "desk": [select(CASE.c.id).where(CASE.c.next_due_at <= now)],
        }
        message = select(OUTBOX.c.seq).where(OUTBOX.c.state.in_(("waiting", "sending")), OUTBOX.c.due_at <= now)

        def look(conn: Connection, actor: Actor) -> tuple[bool, set[bytes], set[bytes], dict[bytes, int]]:
            due = any(conn.execute(one).first() for one in (message, *waits[actor]))
            taken = {*conn.scalars(select(APPLIED.c.letter_id)), *conn.scalars(select(REFUSED.c.id))}
            return due, set(conn.scalars(select(LETTER.c.id))), taken, watermarks(conn)

        with (
            closing(Store.open_peer(self._urls["intake"])) as intake,
            closing(Store.open_peer(self._urls["desk"])) as desk,
        ):
            try:
                told = intake.read_now(lambda conn: look(conn, "intake"))
                heard = desk.read_now(lambda conn: look(conn, "desk"))
                behind = intake.read_now(lambda conn: forgotten(conn, heard[3]))
                behind |= desk.read_now(lambda conn: forgotten(conn, told[3]))
            except StoreDown:
                return False
        return not (told[0] or heard[0] or behind) and told[1] <= heard[2] and heard[1] <= told[2]

    def books(self) -> Books:
        """Everything that is on disk."""
        rows: Counter[str] = Counter()
        outbox: Counter[str] = Counter()
        for actor in ACTORS:
            with self._opened(actor) as connection:
                for table in METADATA[actor].sorted_tables:
                    if table.name not in _NOT_COUNTED:
                        rows[f"{actor}.{table.name}"] = connection.scalar(select(func.count()).select_from(table)) or 0
                for kind, state in connection.execute(select(OUTBOX.c.kind, OUTBOX.c.state)):
                    if not kind.endswith("edit"):  # a message is changed only if it was known by then
                        outbox[f"{actor} {kind.partition(':')[0]} {_ENDED.get(state, state)}"] += 1
        with self._opened("desk") as connection:
            work = Work(connection, datetime.now(UTC), self._tools)
            numbered = connection.execute(select(CASE.c.id).order_by(CASE.c.series, CASE.c.number)).scalars().all()
            found = [cases.get(work, one) for one in numbered]
            codes = {case.id: cases.code(case) for case in found}
            audit = Counter((codes.get(row.case_id, ""), row.verb) for row in connection.execute(select(AUDIT)))
            firings = Counter((codes[row.case_id], row.step) for row in connection.execute(select(FIRING)))
            return Books(tuple(self._case(work, case) for case in found), audit, firings, rows, outbox)

    def _case(self, work: Work, case: Any) -> Any:
        read = [(page.kind, _plain_page(page.body)) for page in pages.read(work, case)]
        # In order; but when a file comes, that takes as long as its download.
        told = [one for one in read if one[0] != "event"] + sorted(one for one in read if one[0] == "event")
        ids = work.conn.execute(select(BLOB.c.id).where(BLOB.c.case_id == case.id)).scalars().all()
        kept = sorted((one.kind, one.data) for one in (files.opened(work, row) for row in ids))
        owner = people.member(work, case.owner).name if case.owner else None
        clocked = (case.next_due_at is None) == (case.state == "closed")
        return (cases.code(case), case.kind, case.state, case.urgency, owner, clocked, tuple(told), tuple(kept))

    @contextmanager
    def _opened(self, actor: Actor) -> Iterator[Connection]:
        """The store of a process that is dead: a copy of its files, so that nothing of it is touched."""
        url = self._urls[actor]
        with tempfile.TemporaryDirectory(dir=self._city.folder) as folder:
            if url.startswith("sqlite"):
                original, copy = Path(url.removeprefix("sqlite:///")), Path(folder) / "copy.db"
                for ending in ("", "-wal"):
                    if Path(f"{original}{ending}").exists():
                        shutil.copy(f"{original}{ending}", f"{copy}{ending}")
                engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(copy))
            else:
                engine = create_engine(engine_url(url))
            try:
                with engine.connect() as connection:
                    yield connection
            finally:
                engine.dispose()


def said(city: City) -> Said:
    """What the bots wrote in every chat, as it was first written; deleted messages too."""
    found: Said = Counter()
    for chat in [*city.world.private.values(), *city.world.groups.values()]:
        for note in chat.messages.values():
            if isinstance(note.sender, Bot) and not note.service:
                found[chat.id, _same(note.history[0] if note.history else note.words)] += 1
    return found


class _Shown:
    """A bot that only keeps what a message would say."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __getattr__(self, method: str) -> Any:
        async def call(_chat: object, what: object = "", *_: object, caption: str | None = None, **__: object) -> Any:
            if method.startswith("send_"):
                self.texts.append(str(what) if method == "send_message" else caption or "")
            return SimpleNamespace(message_id=1)

        return call

    @staticmethod
    async def no_file(_: str) -> bytes:
        """What a file holds does not matter here."""
        return b""


def _same(text: str) -> str:
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text


def _plain_page(body: dict[str, Any]) -> str:
    return _same(_IDS.sub("ID", json.dumps(body, sort_keys=True, ensure_ascii=False)))


def _absolute(url: str, folder: Path) -> str:
    return url.replace("sqlite:///", f"sqlite:///{folder}/") if url.startswith("sqlite:///var") else url


def _no_letters(*_: object) -> bytes:
    raise AssertionError("whoever only looks writes no letters")
