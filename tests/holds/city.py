"""A city of people with phones, the double of the Bot API in the test's own event loop, and a supervisor that starts
`berani` again whenever it has died.

People wait for what stands in their chats, and never for time.
"""

import asyncio
import base64
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from simulator.telegram.acts import groups, people, trouble
from simulator.telegram.routes import BotApi
from simulator.telegram.state import Bot, Chat, Message
from simulator.telegram.wire import CuttableProtocol
from simulator.telegram.world import World
from storage.lock import FileLock
from tests.e2e.harness import ZONE
from tests.holds.crash_points import CHECKOUT
from tests.holds.nursery import Called, Ended, Nursery

Found = TypeVar("Found")

PATIENCE: Final = 60.0
"""Seconds that something may take on a machine that does much else."""
LOOK_EVERY: Final = 0.05
ENDS_WITHIN: Final = 5.0
"""Seconds from SIGTERM to the end of a process."""
INTAKE_BOT, DESK_BOT, GROUP, HOST = 800_001, 800_002, -1_000_800_001, 7_200_000_000
ACTOR_OF: Final = {str(INTAKE_BOT): "intake", str(DESK_BOT): "desk"}
OFFICE_OPENS: Final = 10
"""At night nothing is pushed to reporters."""


class Server(uvicorn.Server):
    """A server in a loop that has signals of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves them alone."""
        yield


@dataclass
class City:
    """One office in one city. `plan`: where the first process dies; see crash_plan."""

    nursery: Nursery
    folder: Path
    plan: Mapping[str, Any] | None = None
    urls: tuple[str, str] = ("sqlite:///var/intake.db", "sqlite:///var/desk.db")
    verbs: tuple[str, ...] = ("run",)
    on_death: Callable[[], Awaitable[None]] | None = None
    idle: Callable[[datetime], bool] = lambda _now: True
    world: World = field(default_factory=World)
    lives: list[Ended] = field(default_factory=list)
    running: dict[str, Called] = field(default_factory=dict)
    trouble: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log, self.clock_file = self.folder / "log", self.folder / "clock"
        self.log.touch()
        self._ending = self._died = False
        self._offset, self._logs = _seconds_to(OFFICE_OPENS), count(1)
        self.advance(timedelta(0))
        self.intake_bot, self.desk_bot = (
            self.world.add_bot(f"{number}:{letter * 35}") for number, letter in ((INTAKE_BOT, "a"), (DESK_BOT, "b"))
        )
        people.make(self.world, {"id": HOST, "first_name": "Tuan Rumah"})
        groups.make(self.world, {"id": GROUP, "title": "Petugas", "creator": HOST, "bots": [DESK_BOT]})
        # The bot was added in another life: what it would be told of that is told.
        self.desk_bot.queue.clear()

    async def __aenter__(self) -> Self:
        listener = socket.socket(proto=socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        api = BotApi(self.world)
        routes = [Route("/bot{token}/{method}", api.call, methods=["GET", "POST"])]
        routes.append(Route("/file/bot{token}/{path:path}", api.file, methods=["GET"]))
        app = Starlette(routes=routes)
        config = uvicorn.Config(
            app, http=CuttableProtocol, ws="none", lifespan="off", log_config=None, log_level="critical"
        )
        self._server, self._listener = Server(config), listener
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        self._keepers: list[asyncio.Task[None]] = []
        return self

    async def __aexit__(self, *_: object) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for called in self.running.values():
            called.send(signal.SIGKILL)
            await called.ended
        self._server.should_exit = self._server.force_exit = True
        await self._serving

    # --- what an operator does ----------------------------------------------------------------------------------------

    @property
    def env(self) -> dict[str, str]:
        """What `berani` is called with."""
        return {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "BERANI_FLOWS_DIR": str(CHECKOUT / "flows"),
            "BERANI_LOCALES_DIR": str(CHECKOUT / "locales"),
            "BERANI_INTAKE_DATABASE_URL": self.urls[0],
            "BERANI_DESK_DATABASE_URL": self.urls[1],
            "BERANI_INTAKE_TELEGRAM_TOKEN": self.intake_bot.token,
            "BERANI_DESK_TELEGRAM_TOKEN": self.desk_bot.token,
            "BERANI_TELEGRAM_API_URL": self.url,
            "BERANI_INTAKE_LISTEN": "127.0.0.1:0",
            "BERANI_DESK_LISTEN": "127.0.0.1:0",
            "BERANI_CLOCK_FILE": str(self.clock_file),
        }

    async def berani(self, *words: str, plan: Mapping[str, Any] | None = None) -> tuple[int, str]:
        """A call of a verb to its end: its exit code, and what it printed."""
        log = self.folder / f"verb-{next(self._logs)}.log"
        called = await self.nursery.call(*words, folder=self.folder, env=self.env, log=log, plan=plan)
        return (await called.ended).code, log.read_text("utf-8")

    def start(self) -> None:
        """What serves is kept alive from now on."""
        self._ending = False
        self._keepers = [asyncio.create_task(self._keep_alive(verb)) for verb in self.verbs]

    async def stop(self) -> None:
        """SIGTERM, and exit code 0; who dies on the way to its end is started again."""
        while True:
            self._ending, self._died = True, False
            while still := [keeper for keeper in self._keepers if not keeper.done()]:
                # Again after a while: one may just have been starting, and heard nothing.
                for called in self.running.values():
                    called.send(signal.SIGTERM)
                await asyncio.wait(still, timeout=ENDS_WITHIN)
            assert not self.trouble, self.trouble
            if not self._died:
                return
            self.start()
            await self.settled()

    async def _keep_alive(self, verb: str) -> None:
        while not self._ending:
            plan = self.plan
            self.plan = {**plan, "point": ""} if plan else None
            called = await self.nursery.call(verb, folder=self.folder, env=self.env, log=self.log, plan=plan)
            self.running[verb] = called
            ended = await asyncio.shield(called.ended)
            self.lives.append(ended)
            if ended.code == -signal.SIGKILL:
                self._died = True
                self.revoke(revoked=False)  # whoever looks after it puts right what a start would refuse
                if self.on_death is not None:
                    await self.on_death()
            elif self._ending and ended.code == -signal.SIGTERM:
                return  # it was told to end before it had begun
            elif ended.code or not self._ending:
                self.trouble = f"{verb} ended with {ended.code}:\n{self.log.read_text('utf-8')[-3000:]}"
                self.world.happened.set()
                return

    async def settled(self) -> None:
        """Returns once nothing is due any more."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while self.intake_bot.queue or self.desk_bot.queue or not self.idle(self.now()):
            assert not self.trouble, self.trouble
            assert asyncio.get_running_loop().time() < end, "something stays due"
            await asyncio.sleep(LOOK_EVERY)

    def now(self) -> datetime:
        """What the clock of everything that runs here shows."""
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    def advance(self, by: timedelta) -> None:
        """Moves the clock of everything that runs here."""
        self._offset += by.total_seconds()
        new = self.clock_file.with_suffix(".new")
        new.write_text(str(self._offset), encoding="ascii")
        new.replace(self.clock_file)

    # --- people -------------------------------------------------------------------------------------------------------

    def reporter(self, number: int, name: str = "Anak") -> "Phone":
        """Somebody in their private chat with the public bot."""
        return self._phone(self.intake_bot, number, name)

    def worker(self, number: int, name: str) -> tuple["Phone", "Phone"]:
        """Somebody who is in the group: their private chat with the desk bot, and their seat in the group."""
        private = self._phone(self.desk_bot, number, name)
        private.chat.started = True  # in the life in which they joined
        group = self.world.groups[GROUP]
        self.world.set_member(group, self.world.people[number], "member", self.world.people[HOST])
        return private, Phone(self, group, number, name)

    def _phone(self, bot: Bot, number: int, name: str) -> "Phone":
        people.make(self.world, {"id": number, "first_name": name})
        return Phone(self, self.world.private_chat(bot, self.world.people[number]), number, name)

    def long_ago(self) -> None:
        """Ids of messages go on far above those of another life in these chats."""
        self.world._message_ids = count(1_000)

    def seat(self, group: int, phone: "Phone") -> "Phone":
        """The same person's place in another group."""
        return Phone(self, self.world.groups[group], phone.person, phone.name)

    def migrate_unheard(self) -> int:
        """The staff group becomes a supergroup, and the desk does not hear of it before it tries to write there."""
        trouble.hold(self.world, {"bot": DESK_BOT, "on": True})
        return int(groups.migrate(self.world, {"chat": str(GROUP)})["id"])

    def hear_again(self) -> None:
        """The desk hears what it has missed."""
        trouble.hold(self.world, {"bot": DESK_BOT, "on": False})

    def revoke(self, *, revoked: bool) -> None:
        """The tokens of both bots are worth nothing, or are good again."""
        for bot in (INTAKE_BOT, DESK_BOT):
            trouble.revoke(self.world, {"bot": bot, "revoked": revoked})

    @contextlib.contextmanager
    def intake_locked(self) -> Iterator[None]:
        """Somebody else keeps the lock of intake's store."""
        with FileLock(self.folder / "var" / "intake.db.lock", patience=None):
            yield

    async def logged(self, what: str) -> None:
        """Returns once that stands in the log, or if a process has died: it may have been the one to write it."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while what not in self.log.read_text("utf-8") and not self.lives:
            assert asyncio.get_running_loop().time() < end, f"{what} is not in the log"
            await asyncio.sleep(LOOK_EVERY)

    def fault(self, kind: str, **given: Any) -> None:
        """The next call goes wrong; see simulator.telegram.faults.Fault."""
        trouble.fault(self.world, {"kind": kind, **given})

    async def until(self, look: Callable[[], Found | None], wanted: Callable[[], str] | str) -> Found:
        """The first true value of `look`, asked again after everything that happens; AssertionError with `wanted`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while True:
            happened = self.world.happened
            if found := look():
                return found
            assert not self.trouble, self.trouble
            try:
                await asyncio.wait_for(happened.wait(), end - loop.time())
            except TimeoutError:
                break
        raise AssertionError(f"not within {PATIENCE:g} s: {wanted if isinstance(wanted, str) else wanted()}")


@dataclass(frozen=True)
class Phone:
    """One person in one chat."""

    city: City
    chat: Chat
    person: int
    name: str

    def say(self, text: str, reply_to: int | None = None) -> int:
        """Writes; the message's id."""
        more = {} if reply_to is None else {"reply_to": reply_to}
        return self._act(people.say, text=text, **more)

    def send(self, kind: str, data: bytes, caption: str = "") -> int:
        """Sends a file: photo, voice, video or document."""
        return self._act(people.send, kind=kind, data=base64.b64encode(data).decode(), caption=caption)

    def press(self, label: str, on: int | None = None) -> str:
        """Presses the button of the newest message that has it, or of that message; the number of the press."""
        more = {} if on is None else {"message_id": on}
        given = {"person": self.person, "chat": self.chat.key, "label": label, **more}
        return str(people.press(self.city.world, given)["press"])

    def add_to_group(self, number: int, bot: Bot) -> None:
        """Makes a group and adds a bot that has no business there."""
        given = {"id": number, "title": "Keluarga", "creator": self.person, "bots": [bot.id], "supergroup": True}
        groups.make(self.city.world, given)

    def _act(self, act: Callable[[World, dict[str, Any]], dict[str, Any]], **given: Any) -> int:
        done = act(self.city.world, {"person": self.person, "chat": self.chat.key, **given})
        return int(done["message"]["id"])

    def shown(self, after: int = 0) -> list[Message]:
        """What bots wrote after that message and stands there now, oldest first."""
        notes = self.chat.messages.values()
        return [one for one in notes if one.id > after and isinstance(one.sender, Bot) and one.deleted_at is None]

    def newest(self) -> int:
        """The id of the newest message of the chat, 0 if it is empty."""
        return max(self.chat.messages, default=0)

    async def wait(self, part: str, after: int = 0) -> Message:
        """The newest standing message of the bot after that id which contains `part`."""
        return await self.find(lambda one: part in one.words, f"a message with {part!r}", after)

    async def wait_for_button(self, label: str, after: int = 0) -> Message:
        """The newest standing message of the bot after that id which has this button."""
        return await self.find(lambda one: label in labels(one), f"a button {label!r}", after)

    async def ask(self, text: str, part: str = "") -> Message:
        """Writes, and returns the bot's answer: the newest message after it that contains `part`."""
        return await self.wait(part, self.say(text))

    async def press_when_there(self, label: str, after: int = 0) -> Message:
        """Waits for a button and presses it; the message that has it."""
        note = await self.wait_for_button(label, after)
        self.press(label, note.id)
        return note

    async def find(self, wanted: Callable[[Message], bool], named: str, after: int = 0) -> Message:
        """The newest standing message of the bot after that id for which `wanted` is true."""

        def look() -> Message | None:
            return next((one for one in reversed(self.shown(after)) if wanted(one)), None)

        return await self.city.until(look, lambda: f"{named} after {after} for {self.name}:\n{self.transcript()}")

    def transcript(self, last: int = 12) -> str:
        """The last messages, one a line, for whoever looks for a fault."""
        notes = [one for one in self.chat.messages.values() if one.deleted_at is None][-last:]
        return "\n".join(
            f"  {one.id} {'bot' if isinstance(one.sender, Bot) else self.name}: {one.words or list(one.body)} "
            + " ".join(f"[{label}]" for label in labels(one))
            for one in notes
        )


def labels(note: Message) -> list[str]:
    """The labels of a message's buttons."""
    return [str(button["text"]) for row in note.inline for button in row]


def _seconds_to(hour: int) -> float:
    now = datetime.now(UTC).astimezone(ZONE)
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return ((then if then > now else then + timedelta(days=1)) - now).total_seconds()
