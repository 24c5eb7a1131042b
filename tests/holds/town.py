"""The service as it runs, both actors with their own wiring, in a world held in the hand: Telegram, time, power, discs.

Nothing of the service is replaced but what leaves the process: the bots' calls end in `Chats`. Stores are SQLite files;
their turns run one after the other, so that a run is the same every time. A `Crash` ends an actor at the n-th commit or
outside call, before or after it; nothing that it held in memory is there afterwards.
"""

import asyncio
import atexit
import hashlib
import logging
import shutil
import sqlite3
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal
from unittest import mock

import structlog
from telegram import error

from bot import desk_actor, intake_actor
from bot.desk_actor import DeskActor
from bot.intake.plan import Plan
from bot.intake_actor import LOOK_BACK_EVERY, IntakeActor
from bot.metrics import Metrics
from bot.settings import Settings
from handoff import invites
from handoff.work import Work
from storage import keys, migrate
from storage.entropy import system_entropy
from storage.errors import StoreDown
from storage.outbox import Row
from tests.e2e.stage import FLOWS, Note, Phones, _buttons

Actor = Literal["intake", "desk"]
Where = Literal["before commit", "after commit", "before call", "after call"]
BOTH: Final[tuple[Actor, Actor]] = ("intake", "desk")
STAFF: Final = {501: "Sari", 502: "Budi"}
GROUP: Final = -1_001_234_567_890
BEGIN: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROUNDS: Final = 60
"""More rounds than this without coming to rest, and the service talks to itself for ever."""


class Crash(BaseException):
    """The process is gone."""


class Broken(BaseException):
    """A promise is broken, seen where the service would catch an Exception."""


@dataclass
class Process:
    """One life of an actor."""

    actor: Actor
    gone: bool = False
    looked_back: float | None = None


class Time:
    """A wall clock that may jump, and seconds that only go on."""

    def __init__(self) -> None:
        self.wall, self.seconds = BEGIN, 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds

    def jumps(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Posted:
    """What came to stand in a chat. `twin`: the caller was not told that it did."""

    chat: int
    text: str
    twin: bool


class Chats(Phones):
    """One bot's chats as Telegram keeps them, with its updates not yet confirmed and its troubles."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Posted] = []
        self.updates: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.blocked: set[int] = set()
        self.moved: dict[int, int] = {}
        self.faults: deque[str] = deque()
        self.refused: set[int] = set()
        self.twins: defaultdict[int, int] = defaultdict(int)
        self.losing = False
        self.knocked = 0  # how often a group was called by its old number
        self.answered: list[tuple[str, str]] = []
        self._number = 1000

    def write(self, update: dict[str, Any]) -> None:
        """Something happened; it waits until the bot asks."""
        self._number += 1
        self.updates.append({"update_id": self._number, **update})
        self.history.append(self.updates[-1])

    def new_id(self) -> int:
        """A number for a message or a press."""
        self._number += 1
        return self._number

    def shown(self, chat: int) -> list[Note]:
        """What can be seen in a chat."""
        return [note for note in self.chats.get(chat, []) if not note.deleted]

    def _post(self, chat: int, text: str, markup: Any, media: str = "") -> Any:
        note = Note(self.new_id(), text, _buttons(markup), media)
        self.chats[chat].append(note)
        self.posted.append(Posted(chat, text, self.losing))
        if self.losing:
            self.twins[chat] += 1
        return mock.Mock(message_id=note.id)

    def _note(self, chat: int, number: int) -> Note:
        found = next((note for note in self.shown(chat) if note.id == number), None)
        if found is None:
            raise error.BadRequest("Message to edit not found")
        return found

    async def edit_message_text(self, text: str, chat: int, number: int, *, reply_markup: Any = None, **_: Any) -> None:
        await super().edit_message_text(text, chat, number, reply_markup=reply_markup)
        self.posted.append(Posted(chat, text, self.losing))

    async def answer_callback_query(self, callback: str, text: str | None, *, show_alert: bool | None = None) -> None:
        self.answered.append((callback, text or ""))

    async def leave_chat(self, chat: int) -> None:
        self.chats[chat].append(Note(self.new_id(), "", {}))


_TROUBLE: Final[dict[str, Callable[[], error.TelegramError]]] = {
    "limited": lambda: error.RetryAfter(7),
    "down": lambda: error.NetworkError("no answer"),
    "refused": lambda: error.BadRequest("message is too long"),
}
FAULTS: Final = (*_TROUBLE, "lost")
_SILENT: Final = frozenset({"initialize", "shutdown", "delete_webhook"})


class Wire:
    """A bot as the transport calls it: every call may fail, be lost on its way back, or be the last."""

    def __init__(self, town: "Town", process: Process) -> None:
        self._town, self._process, self._chats = town, process, town.chats[process.actor]

    def __getattr__(self, name: str) -> Any:
        async def silent(*_: Any, **__: Any) -> None:
            return None

        if name in _SILENT:
            return silent
        real = getattr(self._chats, name)

        async def call(*args: Any, **named: Any) -> Any:
            town, chats = self._town, self._chats
            town.step(self._process, "before call")
            chat = args[1] if name == "edit_message_text" else args[0]
            fault = chats.faults.popleft() if chats.faults and name != "get_file" else ""
            chats.losing = fault == "lost" or town.is_last(self._process, "after call")
            if fault in _TROUBLE:
                if fault == "refused":
                    chats.refused.add(chat)
                trouble = _TROUBLE[fault]()
                raise trouble
            if chat in chats.moved:
                chats.knocked += 1
                raise error.ChatMigrated(chats.moved[chat])
            if chat in chats.blocked and name != "answer_callback_query":
                raise error.Forbidden("bot was blocked by the user")
            result = await real(*args, **named)
            town.step(self._process, "after call")
            if fault == "lost":
                raise error.TimedOut
            return result

        return call


class Watcher:
    """What is told to whoever plays."""

    def turn(self, plan: Plan) -> None:
        """Intake committed a turn."""

    def letter(self, actor: Actor, letter: bytes) -> None:
        """An actor committed what a letter causes."""

    def confirmed(self, actor: Actor, update: dict[str, Any]) -> None:
        """Telegram may forget an update: the bot's offset has passed it."""


class Town:
    """Everything; `actors` holds those that run."""

    def __init__(self, folder: Path, watcher: "Watcher", *, template: Path | None) -> None:
        """`template`: files to begin with."""
        self.folder, self.time, self._watcher = folder, Time(), watcher
        self.chats: dict[Actor, Chats] = {actor: Chats() for actor in BOTH}
        self.actors: dict[Actor, Any] = {}
        self.processes: dict[Actor, Process] = {}
        self.failing = 0  # commits that will not succeed, from now on
        self.fuse: tuple[Actor, Where, int] | None = None
        self.sent: list[tuple[Actor, Row]] = []
        self.between: Callable[[], Any] | None = None
        self._tried = 0  # commits, those that failed too
        self._quiet: dict[tuple[Actor, int], tuple[int, datetime, float]] = {}
        self._drawn = 0 if template is None else 1 << 32
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)  # the tasks of a process that is gone
        if template is not None:
            for file in template.glob("*.db"):
                shutil.copy(file, folder)
        values: dict[str, Any] = {
            "intake_database_url": self.url("intake"),
            "desk_database_url": self.url("desk"),
            "key_dir": (template or folder) / "keys",
            "intake_telegram_token": "1:a",
            "desk_telegram_token": "2:b",
            "telegram_api_url": "http://127.0.0.1:1",
            "flows_dir": FLOWS if template is None else folder / "published",
        }
        self.settings = Settings(**values)
        self.desk_keys = keys.load_desk(values["key_dir"])

    def url(self, actor: Actor) -> str:
        return f"sqlite:///{self.folder}/{actor}.db"

    def entropy(self, length: int) -> bytes:
        """Random enough to be unique, and the same in every run."""
        self._drawn += 1
        return hashlib.shake_128(self._drawn.to_bytes(8, "big")).digest(length)

    # --- power --------------------------------------------------------------------------------------------------------

    def start(self, actor: Actor) -> None:
        """A new process on the files that are there."""
        module: ModuleType = intake_actor if actor == "intake" else desk_actor
        kind = IntakeActor if actor == "intake" else DeskActor
        self.processes[actor] = process = Process(actor)
        with (
            mock.patch.object(module, "make_bot", mock.Mock(return_value=Wire(self, process))),
            mock.patch.object(module, "system_entropy", self.entropy),
        ):
            made: Any = kind(self.settings, self.time, Metrics(), lambda: 0.5)
        self.actors[actor] = made
        self._tried += 1
        self._hold(process, made)
        self.loop.run_until_complete(made.start())

    def stop(self, actor: Actor) -> None:
        """The process ends, by itself or not: what it did not commit is gone."""
        made = self.actors.pop(actor)
        self._tried += 1
        self.processes[actor].gone = True
        tasks = list(made._delivery._busy.values())
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        made.store.close()
        made._peer.close()

    def close(self) -> None:
        for actor in list(self.actors):
            self.stop(actor)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def put_back(self, actor: Actor, copy: Path) -> None:
        """The file of an actor that is stopped is what it was."""
        for end in ("-wal", "-shm"):
            (self.folder / f"{actor}.db{end}").unlink(missing_ok=True)
        shutil.copy(copy, self.folder / f"{actor}.db")

    def backup(self, actor: Actor, copy: Path) -> None:
        """A copy by SQLite's own backup, beside whatever runs."""
        source = sqlite3.connect(self.folder / f"{actor}.db")
        target = sqlite3.connect(copy)
        with target:
            source.backup(target)
        target.close()
        source.close()

    def gone(self) -> list[Actor]:
        """Actors on which a crash fell."""
        return [actor for actor in self.actors if self.processes[actor].gone]

    def step(self, process: Process, where: Where) -> None:
        """Something that a crash may fall on happens; nothing happens in a process that is gone."""
        if process.gone:
            raise Crash
        if self.fuse is not None and self.fuse[:2] == (process.actor, where):
            left = self.fuse[2] - 1
            self.fuse = (process.actor, where, left) if left else None
            if not left:
                process.gone = True
                raise Crash

    def is_last(self, process: Process, where: Where) -> bool:
        """Whether the next such thing is the one that the crash falls on."""
        return self.fuse == (process.actor, where, 1)

    def _hold(self, process: Process, made: Any) -> None:
        """The store's turns run here and now, and are counted; so are the messages that delivery marks."""
        backend, read_now, hooks = made.store._backend, made.store.read_now, made._delivery._hooks
        applied: list[bytes] = []  # in the transaction that is open

        def apply(conn: Any, letter: Any, enclosures: Any) -> None:
            carry(conn, letter, enclosures)
            applied.append(letter.id)

        async def write(work: Callable[[Any], Any]) -> Any:
            if isinstance(work, Plan) and self.between is not None:
                between, self.between = self.between, None
                await between()
            self._tried += 1
            self.step(process, "before commit")
            if self.failing > 0:
                self.failing -= 1
                raise StoreDown("a planned fault")
            applied.clear()
            result = backend.submit(work).result()
            if isinstance(work, Plan):
                self._watcher.turn(work)
            while applied:
                self._watcher.letter(process.actor, applied.pop())
            self.step(process, "after commit")
            return result

        async def read(work: Callable[[Any], Any]) -> Any:
            if process.gone:
                raise Crash
            return read_now(work)

        def sent(conn: Any, row: Row, message_id: int | None, now: datetime) -> None:
            real(conn, row, message_id, now)
            self.sent.append((process.actor, row))

        real, hooks.sent = hooks.sent, sent
        carry, made.courier._apply = made.courier._apply, apply
        made.store.write, made.store.read = write, read

    # --- what the loops of a process do -------------------------------------------------------------------------------

    async def poll(self, actor: Actor, most: int = 100) -> int:
        """One getUpdates and its turns. Telegram forgets what the offset has passed, not before."""
        poller, chats = self.actors[actor]._poller, self.chats[actor]
        offset = poller._next_offset()
        if offset is not None:
            for one in chats.updates:
                if one["update_id"] < offset:
                    self._watcher.confirmed(actor, one)
            chats.updates = [one for one in chats.updates if one["update_id"] >= offset]
        batch = chats.updates[:most]
        if batch:
            await poller.take(batch)
        return len(batch)

    async def deliver(self, actor: Actor) -> int:
        """Everything that may be sent now."""
        delivery, count = self.actors[actor]._delivery, 0
        while await delivery._start_due() or delivery._busy:
            if delivery._busy:
                count += len(delivery._busy)
                await asyncio.wait(list(delivery._busy.values()))
            if self.processes[actor].gone:
                raise Crash
        return count

    async def work(self, actor: Actor) -> int:
        """One round of everything that an actor does; how much there was to do."""
        made = self.actors[actor]
        parts: list[Callable[[], Any]] = [made.tick, made.courier.carry, lambda: self.deliver(actor)]
        process = self.processes[actor]
        if process.looked_back is None or self.time.seconds - process.looked_back >= LOOK_BACK_EVERY:
            process.looked_back = self.time.seconds
            await made._look_back()
        if actor == "intake":
            parts.insert(1, lambda: made._fetcher.fetch_due(self.time.now()))
        done = await self.poll(actor)
        for number, part in enumerate(parts):
            # Where nothing was tried and no time went by since, there is nothing new to be found.
            if self._quiet.get((actor, number)) == self._moment():
                continue
            before, tried = self._moment(), self._tried
            if await part() == 0 and number == len(parts) - 1:
                self._tried = tried  # it looked whether what waits behind another may go, and nothing went
            done += before != self._moment()
            self._quiet[actor, number] = self._moment()
        return done

    def _moment(self) -> tuple[int, datetime, float]:
        """Changes with everything that happens."""
        return self._tried, self.time.wall, self.time.seconds

    async def settle(self) -> None:
        """Both work until nothing is left to do at this moment."""
        for _ in range(ROUNDS):
            if sum([await self.work(actor) for actor in list(self.actors)]) == 0:
                return
        raise AssertionError("the service does not come to rest")

    def run(self, work: Any) -> Any:
        """Runs a coroutine to its end."""
        return self.loop.run_until_complete(work)


async def _here(work: Callable[..., Any], *given: Any) -> Any:
    return work(*given)


@contextmanager
def quiet() -> Iterator[None]:
    """What the actors log is nobody's business here; a delay between two tries, or a thread, would only cost time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with mock.patch("bot.channels.delivery._MARK_PAUSES", (0.0,) * 5), mock.patch("asyncio.to_thread", _here):
        yield
    structlog.configure(**before)


@cache
def template() -> Path:
    """A folder with keys and both stores: flows published, two of the staff, the group bound. Made once."""
    folder = Path(tempfile.mkdtemp(prefix="berani-town-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    keys.init(folder / "keys", None, system_entropy)
    for actor in BOTH:
        migrate.upgrade(f"sqlite:///{folder}/{actor}.db", actor)
    town = Town(folder, Watcher(), template=None)
    for actor in BOTH:
        town.start(actor)
    desk = town.actors["desk"]

    def invite(conn: Any, name: str) -> str:
        work = Work(conn, town.time.now(), desk._desk._tools)
        return invites.invite(work, name, "caseworker") if name else invites.invite_group(work)

    for who, name in (*STAFF.items(), (0, "")):
        code = town.run(desk.store.write(lambda conn, name=name: invite(conn, name)))
        chat = {"id": who or GROUP, "type": "private" if who else "supergroup"}
        text = f"/start {code}" if who else f"/hubungkan {code}"
        sender = {"id": who or 501, "is_bot": False, "first_name": "x"}
        date = int(town.time.now().timestamp())
        message = {"message_id": town.chats["desk"].new_id(), "from": sender, "chat": chat, "date": date, "text": text}
        town.chats["desk"].write({"message": message})
    town.run(town.settle())
    town.close()
    return folder
