"""An office of real processes in front of a line that can be cut, with marker strings in everything that is said.

`Relay` stands between the processes and what they talk to. `Scene` is an office with its staff, hired once a session;
`Scene.nothing_leaks` is what every fault ends with. tests/holds/shortened/ makes the service impatient.
"""

import asyncio
import itertools
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from sqlalchemy import select

from bot.clock import SystemClock
from bot.content import publish
from handoff import invites
from handoff.words import StaffRole
from handoff.work import Tools, Work
from simulator.client import Bot
from storage import keys
from storage.desk_tables import CASE
from storage.entropy import system_entropy
from storage.store import Store
from tests.e2e.harness import CHECKOUT, ZONE, Office, sentence
from tests.e2e.phones import DoublePhone, DoubleWorld, until
from tests.e2e.story import Staff, hire_everybody, tell, wait_for_card
from tests.holds.sentinel import files_of, rows_of, search

Found = TypeVar("Found")
NAME, USER_NAME, STAFF_NAME = "Namapenanda41", "akunpenanda42", "Tutipenanda43"
PLACE, STORY, REPLY, NOTE = "Gang Patokanpenanda44", "ceritapenanda45 terjadi", "balaspenanda46", "catatpenanda47"
MARKERS = (NAME, USER_NAME, STAFF_NAME, "Patokanpenanda44", "ceritapenanda45", REPLY, NOTE)
ARRIVED = "udah sampai ke petugas"
SORRY = "layanan ini sedang terganggu"
PROMISE = "Dibaca paling lambat"
SHORTENED = Path(__file__).parent / "shortened"
LATER = timedelta(minutes=11)
"""Longer than anything that failed waits for its next try."""


class Relay:
    """Carries bytes to a server, unless it is told otherwise. It lives in a thread of its own."""

    def __init__(self, server: str, port: int | None = None) -> None:
        """`server`: HOST:PORT, or the path of a socket."""
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open: set[asyncio.StreamWriter] = set()
        self._frozen = asyncio.Event()
        self._frozen.set()
        self._torn = 0
        with socket.create_server(("127.0.0.1", port or 0)) as found:
            self.port = int(found.getsockname()[1])
        self._listening: asyncio.Server | None = None
        self.up()

    def up(self) -> None:
        """Connections are taken again, and bytes go on."""
        self._do(self._up())

    def down(self) -> None:
        """Every connection is reset, new ones are refused."""
        self._do(self._down())

    def hang(self) -> None:
        """Connections are taken and stay; nothing comes through any more."""
        self._do(self._hang())

    def tear(self, answers: int) -> None:
        """Of the next so many answers only the first bytes arrive, then the connection is reset."""
        self._torn = answers

    @property
    def torn(self) -> bool:
        """Whether all of them were."""
        return self._torn <= 0

    def close(self) -> None:
        """Ends it."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(10)

    async def _up(self) -> None:
        self._frozen.set()
        if self._listening is None:
            self._listening = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    async def _hang(self) -> None:
        self._frozen.clear()

    async def _down(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for writer in list(self._open):
            _reset(writer)

    async def _end(self) -> None:
        await self._down()
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
        await asyncio.sleep(0.01)  # transports close in the loop's next rounds

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._server.startswith("/"):
                there, out = await asyncio.open_unix_connection(self._server)
            else:
                host, _, port = self._server.rpartition(":")
                there, out = await asyncio.open_connection(host, int(port))
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, out}
        try:
            await asyncio.gather(self._carry(reader, out, writer), self._carry(there, writer, out, answers=True))
        except asyncio.CancelledError:
            return
        finally:
            self._open -= {writer, out}
            for end in (writer, out):
                end.close()

    async def _carry(
        self,
        source: asyncio.StreamReader,
        to: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        *,
        answers: bool = False,
    ) -> None:
        try:
            while data := await source.read(65536):
                await self._frozen.wait()
                if answers and self._torn > 0:
                    self._torn -= 1
                    to.write(data[: max(1, len(data) // 2)])
                    await to.drain()
                    await asyncio.sleep(0.01)
                    _reset(to)
                    _reset(back)
                    return
                to.write(data)
                await to.drain()
            to.close()
        except OSError:
            _reset(to)
            _reset(back)


def _reset(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    if found is not None and found.fileno() >= 0 and found.family != socket.AF_UNIX:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Scene:
    """An office that runs, everybody in it, and the line to Telegram."""

    def __init__(self, made: Office, world: DoubleWorld, hired: "Hired", relay: Relay) -> None:
        self.made, self.world, self.relay = made, world, relay
        self.staff = replace(hired.staff)
        self.intake_bot, self.desk_bot, self.group = hired.intake_bot, hired.desk_bot, hired.group
        self._since = hired.staff.tuti.newest()  # what other offices wrote to the same people stands above
        self.urls: list[str] = []
        self.markers: list[str] = []
        self._children: list[DoublePhone] = []
        self._tokens = hired.tokens

    # --- people -------------------------------------------------------------------------------------------------------

    def child(self) -> DoublePhone:
        """A reporter whose every word and name is a marker."""
        person = self.world.telegram.person(NAME, id=next(_ids), username=USER_NAME)
        self._children.append(DoublePhone(person.chat(self.intake_bot), NAME))
        return self._children[-1]

    def told(self, child: DoublePhone) -> int:
        """A whole report up to "kirim"; the id of that word."""
        tell(child, ["/start", "lapor", "tidak", "aman", "aku"])
        child.ask(PLACE)
        child.ask(STORY)
        child.wait("Boleh kukirim", child.say("selesai"))
        return child.say("kirim")

    def reported(self, child: DoublePhone) -> str:
        """A whole report that has arrived; the code of its case."""
        before = self.staff.group.newest()
        sent = self.told(child)
        child.wait(ARRIVED, sent)
        return wait_for_card(self.staff, before)[0]

    def hears_of(self, kind: str) -> None:
        """The coordinator has a technical case that says so, among its pages."""
        tuti, words = self.staff.tuti, sentence("petugas", f"kejadian_teknis_{kind}")[:40]

        def told() -> bool:
            for one in tuti.shown(self._since):
                if "T-" in one.text and "Buka" in one.buttons:
                    before = tuti.newest()
                    assert isinstance(tuti, DoublePhone)
                    tuti.press("Buka", message_id=one.id)
                    tuti.wait_for_button("Tutup", before)
                    if any(words in shown.text for shown in tuti.shown(before)):
                        return True
            return False

        until(told, lambda: f"{words!r} for {tuti.name}:\n{tuti.transcript()}")

    # --- what is looked at --------------------------------------------------------------------------------------------

    def health(self, verb: str = "run") -> dict[str, bool]:
        """The checks of /health."""
        found: dict[str, bool] = self.made.running(verb).get("/health").json()["checks"]
        return found

    def metric(self, line: str, verb: str = "run") -> float:
        """The value of one line of /metrics."""
        text = self.made.running(verb).get("/metrics").text
        return float(next(one for one in text.splitlines() if one.startswith(line)).rsplit(" ", 1)[1])

    def logged(self, event: str) -> int:
        """How many lines say this."""
        return sum(process.err.count(f" {event}") for process in self.made.processes)

    def calls(self, method: str, bot: Bot) -> list[dict[str, Any]]:
        """What a bot called."""
        return [one for one in self.world.telegram.calls(method) if one["bot"] == bot.id]

    def ticked(self) -> None:
        """Everybody has looked at the time as it is now."""
        for verb in {one.verb for one in self.made.processes if one.running}:
            for actor in ("intake", "desk") if verb == "run" else (verb,):
                line = f'berani_ticks_total{{actor="{actor}"}}'
                before = self.metric(line, verb)
                until(lambda line=line, verb=verb, before=before: self.metric(line, verb) >= before + 2, "a tick")  # type: ignore[misc]

    def later(self) -> None:
        """Everything that was put off is due."""
        self.made.advance(LATER)

    def nothing_leaks(self) -> None:
        """No marker in any file of the office (stores, logs, temporary files, core files), row, or what it serves."""
        ids = [str(child.seat.person.id) for child in self._children]
        markers = [*MARKERS, *self.markers, *self._tokens, *ids]
        places = files_of(self.made.folder)
        assert any(name.endswith(".err.log") for name in places)
        for number, url in enumerate(self.urls):
            places |= {f"database {number}, {table}": rows for table, rows in rows_of(url).items()}
        for process in [one for one in self.made.processes if one.running]:
            for path in ("/metrics", "/health"):
                places[path] = process.get(path).content
        assert not search(places, markers)

    # --- faults -------------------------------------------------------------------------------------------------------

    def fault(self, kind: str, method: str, bot: Bot, **fields: Any) -> None:
        """The next calls of a method by a bot go wrong."""
        self.world.telegram.fault(kind, method=method, bot=bot.id, **fields)

    def spoilt(self, since: int = 0) -> int:
        """How many calls went wrong on purpose."""
        return sum(1 for one in self.world.telegram.calls(since=since) if one.get("fault"))


_ids = itertools.count(7_611_000_001)


class Quick(Office):
    """An office whose verbs need no process of their own: what they do is tried elsewhere, and each costs a second."""

    def _invite(self, words: tuple[str, ...]) -> str:
        name, role = (words[0], words[2]) if len(words) == 3 else ("", "")

        def job(work: Work) -> str:
            return invites.invite(work, name, cast(StaffRole, role)) if name else invites.invite_group(work)

        return self._at_desk(job)

    def cases(self) -> list[dict[str, Any]]:
        """Code, kind and state of every case."""
        found = self._at_desk(lambda work: work.conn.execute(select(CASE).order_by(CASE.c.opened_at)).all())
        return [{"code": f"{one.series}-{one.number:04d}", "kind": one.kind, "state": one.state} for one in found]

    def _at_desk(self, job: Callable[[Work], Found]) -> Found:
        url = self.env["BERANI_DESK_DATABASE_URL"].replace("sqlite:///var", f"sqlite:///{self.folder}/var")
        desk_keys = keys.load_desk(self.folder / "var/keys")
        tools = Tools(desk_keys, publish.live, _no_letters, system_entropy, ZONE, None, b"")
        store = Store.open(url, "desk")
        try:
            with store.unit() as unit:
                found = job(Work(unit.connection, SystemClock(self.clock_file).now(), tools))
                unit.commit()
                return found
        finally:
            store.close()


def _no_letters(*_: object) -> bytes:
    raise AssertionError("a verb writes no letters")


class Hired:
    """Staff who joined once, and what the office kept of it."""

    def __init__(self, folder: Path, made: Office, world: DoubleWorld, staff: Staff) -> None:
        self.folder, self.staff = folder, staff
        self.intake_bot, self.desk_bot, self.group = world.intake_bot, world.desk_bot, world.group
        self.tokens = (world.intake_token, world.desk_token)
        self.env = {name: value for name, value in made.env.items() if name.endswith("_TOKEN")}


def hire_once(folder: Path, world: DoubleWorld, prepared: Path) -> Hired:
    """An office whose staff have joined and whose group is bound; it does not run any more."""
    shutil.copytree(prepared / "var", folder / "var")
    made = Quick(folder, world)
    try:
        made.start()
        staff = hire_everybody(made, coordinator=STAFF_NAME)
        made.stop()
    finally:
        made.kill()
    return Hired(folder, made, world, staff)


@contextmanager
def scene(
    folder: Path, world: DoubleWorld, hired: Hired, *, split: bool = False, urls: tuple[str, str] | None = None
) -> Iterator[Scene]:
    """The same office once more, in another folder and behind a relay, not started yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if urls is None:
        shutil.copytree(hired.folder / "var", folder / "var")
    relay = Relay(urlsplit(world.url).netloc)
    made = Quick(folder, world, urls, split=split)
    made.env |= hired.env | {"BERANI_TELEGRAM_API_URL": f"http://127.0.0.1:{relay.port}"}
    made.env["PYTHONPATH"] = f"{SHORTENED}:{CHECKOUT}"
    try:
        yield Scene(made, world, hired, relay)
    finally:
        made.kill()
        relay.close()
        world.telegram.do("clear_faults")
