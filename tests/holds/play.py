"""What the world does to the service, one method an act with plain arguments; a list of them is a story, and a seed."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from contextvars import ContextVar
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal
from unittest import mock
from weakref import WeakKeyDictionary

import yaml

from bot.channels.telegram_updates import parse
from bot.engine import effects as fx
from bot.intake import hears
from bot.intake.carry import Carry
from bot.intake.plan import Plan
from storage.errors import StoreDown
from storage.streams import KEPT
from tests.e2e.stage import Note
from tests.holds.model import Kind, Letter, Model, Word
from tests.holds.town import BOTH, GROUP, STAFF, Actor, Broken, Crash, Town, Watcher, Where, quiet, template
from tests.holds.witness import Witness, marks

Go = Literal["settle", "poll", "wait"]
REPORTERS: Final = (101, 102, 103)
STRANGER: Final = 599
_LETTERS: Final[Mapping[type[Any], Letter]] = {
    fx.Alarm: "alarm",
    fx.Submit: "submit",
    fx.Consult: "consult",
    fx.More: "more",
}
_CALLED_BACK: Final = "Dibatalkan. Tidak ada yang dikirim."


_handled = ContextVar("_handled", default="")
"""What the turn is about that runs in this task."""


class _Decided:
    """What the engine decided in one turn: in which chat, before and after in which thread, to what effect."""

    def __init__(self, carry: Carry, effects: tuple[Any, ...], before: str) -> None:
        self.chat, self.effects, self.before, self.after = carry.snapshot.chat, effects, before, carry.thread_id.hex()


class Play(Watcher):
    """One town with its model; every act ends with a look at everything."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, dict[str, Any]]] = []
        self.model = Model()
        self._decided: WeakKeyDictionary[Plan, _Decided] = WeakKeyDictionary()
        self._files: dict[str, str] = {}  # marker of a recording or picture, by the service's id of it
        self._marks = 0
        self._edits: set[str] = set()
        self._copies: dict[Actor, tuple[Path, Any, datetime]] = {}
        self._latest: datetime
        self._called_back: dict[str, str] = {}  # marker by press
        self._exit = ExitStack()
        self._exit.enter_context(quiet())
        root = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="berani-play-", dir=root)))
        self._listen()
        self.town = Town(self.folder, self, template=template())
        self._exit.callback(self.town.close)
        self._latest = self.town.time.wall
        self.witness = Witness(self.town, self.model)
        for actor in BOTH:
            self._start(actor)

    def close(self) -> None:
        self._exit.close()

    def step(self, name: str, **how: Any) -> None:
        """One act by name. What fails carries the story so far."""
        self.steps.append((name, how))
        try:
            getattr(self, name)(**how)
            self._latest = max(self._latest, self.town.time.wall)
            self.witness.look()
        except Broken as problem:
            raise self._told(AssertionError(str(problem))) from None
        except Exception as problem:
            self._told(problem)
            raise

    def _told(self, problem: Exception) -> Exception:
        problem.add_note(self.story())
        return problem

    def story(self) -> str:
        """The steps so far, as a seed is written down."""
        return "".join(
            f"- {yaml.safe_dump([name, how], default_flow_style=True, width=200)}" for name, how in self.steps
        )

    # --- reporters ----------------------------------------------------------------------------------------------------

    def say(self, who: int, text: str, go: Go = "settle") -> None:
        """A reporter writes; `*` in the text becomes words of their own that are looked for everywhere."""
        self._public(who, {"text": self._marked("r", who, text)}, go)

    def say_twice(self, who: int, text: str, then: str) -> None:
        """Two messages in one breath."""
        self.say(who, text, "wait")
        self.say(who, then)

    def send(self, who: int, kind: str, caption: str = "", go: Go = "settle") -> None:
        """A recording or a picture."""
        chats, mark = self.town.chats["intake"], self._mark("r", who)
        name = f"{kind}-{chats.new_id()}"
        chats.files[name] = mark.encode()
        file: Any = {"file_id": name, "file_size": 10, "duration": 3}
        content = {kind: [file] if kind == "photo" else file}
        if caption:
            content["caption"] = self._marked("r", who, caption)
        self._public(who, content, go)

    def edit(self, who: int, pick: int, text: str = "ini ubahan ceritaku *", go: Go = "settle") -> None:
        """An earlier message of theirs is changed."""
        history = self.town.chats["intake"].history
        mine = [one["message"] for one in history if "text" in one.get("message", {}) and _from(one) == who]
        if mine:
            old, date = mine[pick % len(mine)], int(self.town.time.wall.timestamp())
            text = self._marked("r", who, text)
            self._edits |= marks(text)
            changed = {**old, "text": text, "edit_date": date + self._marks}
            self._write("intake", {"edited_message": changed}, go)

    def answer(self, who: int, pick: int, text: str = "ini jawabanku *", go: Go = "settle") -> None:
        """A text as a reply to something that stands in the chat."""
        there = self.town.chats["intake"].shown(who)
        content: dict[str, Any] = {"text": self._marked("r", who, text)}
        if there:
            content["reply_to_message"] = {"message_id": there[pick % len(there)].id}
        self._public(who, content, go)

    def press(self, who: int, pick: int, where: str = "newest", go: Go = "settle") -> None:
        """A button: the newest message's, an old one's, one from somebody else's chat, or one that nobody made."""
        chats = self.town.chats["intake"].chats
        others = [person for person in chats if person != who]
        chat = others[pick % len(others)] if where == "other" and others else who
        found = [(note, data) for note in chats.get(chat, []) for data in note.buttons.values()]
        if where == "newest":
            found = found[-1:] if pick == 0 else [one for one in found if one[0] is found[-1][0]]
        if not found:
            return
        note, data = found[pick % len(found)]
        self._write("intake", self._pressed(who, who, note, "q1:ya" if where == "forged" else data), go)

    def report(self, who: int, door: str = "lapor") -> None:
        """The guaranteed path, with a story."""
        for text in (door, "lewati", "lewati", "lewati", "lewati", "aku dipukul lagi *", "selesai", "tidak", "kirim"):
            self.say(who, text)

    def erase(self, who: int) -> None:
        """Somebody thinks better of it."""
        self.say(who, "hapus")
        self.say(who, "ya")

    def block(self, who: int, back: bool = False, go: Go = "settle") -> None:
        """Somebody, reporter or staff, blocks the bot or lets it in again."""
        actor: Actor = "desk" if who in STAFF else "intake"
        blocked = self.town.chats[actor].blocked
        (blocked.discard if back else blocked.add)(who)
        member = {"status": "member" if back else "kicked"}
        date = int(self.town.time.wall.timestamp())
        change = {"chat": {"id": who, "type": "private"}, "from": _user(who), "date": date, "new_chat_member": member}
        self._write(actor, {"my_chat_member": change}, go)

    # --- staff --------------------------------------------------------------------------------------------------------

    def staff(self, who: int, label: str, then: str = "", go: Go = "settle") -> None:
        """The newest button of that name which this member sees; perhaps followed by the text that it asks for."""
        group, chats = self._group(), self.town.chats["desk"]
        chat = group if label.startswith("Ambil") and pick_group(label) else who
        label = label.removesuffix(" di grup")
        found = [note for note in chats.shown(chat) if label in note.buttons]
        if found:
            self._write("desk", self._pressed(who, chat, found[-1], found[-1].buttons[label]), go)
        if then:
            self.staff_says(who, then, go)

    def staff_says(self, who: int, text: str, go: Go = "settle") -> None:
        """Somebody of the staff writes to the desk bot."""
        self._write("desk", self._message("desk", who, who, {"text": self._marked("s", who, text)}), go)

    def old_button(self, who: int, pick: int, go: Go = "settle") -> None:
        """Any button that was ever shown to anybody, pressed by this person in the group or in private."""
        chats = self.town.chats["desk"].chats
        found = [(chat, note, data) for chat in chats for note in chats[chat] for data in note.buttons.values()]
        if found:
            chat, note, data = found[pick % len(found)]
            self._write("desk", self._pressed(who, chat if chat < 0 else who, note, data), go)

    def take(self, who: int, then: str = "") -> None:
        """What a working day is made of."""
        self.staff(who, "Ambil di grup")
        self.staff(who, "Buka")
        if then:
            self.staff(who, then, "" if then in ("Tutup", "Kembalikan") else "teks *")
        if then == "Tutup":
            self.staff(who, "Ditangani", "ringkasan *")

    def reply(self, who: int) -> None:
        """A message to a reporter that is not called back."""
        self.take(who, "Balas pelapor")
        self.passes(11)

    def close_case(self, who: int) -> None:
        """A case is closed, with the consent of whoever is asked."""
        self.take(who, "Tutup")
        for other in STAFF:
            self.staff(other, "Setuju ditutup")

    # --- the outside --------------------------------------------------------------------------------------------------

    def part(self, actor: Actor, what: str) -> None:
        """Only one of an actor's loops runs, once."""
        made = self.town.actors.get(actor)
        if made is None:
            return
        now = self.town.time.now()
        parts: dict[str, Callable[[], Any]] = {
            "poll": lambda: self.town.poll(actor),
            "poll one": lambda: self.town.poll(actor, 1),
            "tick": made.tick,
            "carry": made.courier.carry,
            "deliver": lambda: self.town.deliver(actor),
            "fetch": lambda: made._fetcher.fetch_due(now) if actor == "intake" else made.tick(),
            "sweep": made._sweep,
        }
        self._do(parts[what])

    def settle(self) -> None:
        """Everything runs until nothing is left; then everything must be in its place."""
        for actor in BOTH:
            if actor not in self.town.actors:
                self._start(actor)
        self.town.fuse, self.town.failing = None, 0
        for chats in self.town.chats.values():
            chats.faults.clear()
        # What failed waits a while before it is tried again, and a reply can be called back.
        for pause in (0, 15, 65, 130):
            self.town.time.passes(pause)
            self._do(self.town.settle)
        self.witness.at_rest()

    def passes(self, seconds: int, go: Go = "settle") -> None:
        """Time goes by."""
        self.town.time.passes(seconds)
        self._go(None, go)

    def jumps(self, seconds: int, go: Go = "settle") -> None:
        """The wall clock is set, forward or back."""
        self.town.time.jumps(seconds)
        self._go(None, go)

    def again(self, actor: Actor, pick: int) -> None:
        """An update that was taken comes a second time."""
        history = self.town.chats[actor].history
        waiting = {one["update_id"] for one in self.town.chats[actor].updates}
        seen = [one for one in history if one["update_id"] not in waiting]
        known = self.model.intake.taken
        if seen and actor in self.town.actors:
            update = seen[-1 - pick % len(seen)]
            inbound = parse(actor, update)
            if actor == "desk" or (inbound is not None and inbound.received in known):
                self._do(lambda: self.town.actors[actor]._poller.take([update]))

    def fault(self, actor: Actor, what: str, times: int) -> None:
        """The next calls of this bot go wrong."""
        self.town.chats[actor].faults.extend([what] * times)

    def store_fails(self, times: int) -> None:
        """The next commits, of whichever store, do not succeed."""
        self.town.failing = times

    def migrate(self, told: str, go: Go = "settle") -> None:
        """The group becomes a supergroup. `told`: by an update, or only by the error at the next message."""
        chats, old = self.town.chats["desk"], self._group()
        if chats.moved:
            return
        chats.moved[old] = new = old - 7
        if told == "update":
            chat = {"id": old, "type": "group"}
            date = int(self.town.time.wall.timestamp())
            message = {"message_id": chats.new_id(), "from": _user(501), "chat": chat, "date": date}
            self._write("desk", {"message": message | {"migrate_to_chat_id": new}}, go)

    def fuse(self, actor: Actor, where: Where, number: int) -> None:
        """The process will be gone at the n-th commit or call from now."""
        self.town.fuse = (actor, where, number)

    def restart(self, actor: Actor) -> None:
        """The process ends and a new one begins."""
        if actor in self.town.actors:
            self.town.stop(actor)
        self._start(actor)

    def away(self, actor: Actor) -> None:
        """The process ends, and nobody starts it for now."""
        if actor in self.town.actors:
            self.town.stop(actor)

    def backup(self, actor: Actor) -> None:
        """A copy of a store, and of what it knows."""
        if actor in self.town.actors:
            path = self.folder / f"{actor}.copy"
            self.town.backup(actor, path)
            self._copies[actor] = (path, deepcopy(self.model.side(actor)), self._latest)

    def restore(self, which: str) -> None:
        """A store, or both, is put back to its copy; never to one as old as the letters that would be needed."""
        for actor in BOTH if which == "both" else (_actor(which),):
            if actor not in self._copies:
                continue
            path, known, at = self._copies[actor]
            if self._latest - at < KEPT:
                self.witness.forget(actor)
                self.model.restore(known)
                if actor in self.town.actors:
                    self.town.stop(actor)
                kept = path.with_suffix(".kept")
                shutil.copy(path, kept)
                self.town.put_back(actor, kept)
                self._start(actor)

    def meanwhile(self, what: str) -> None:
        """Before the next turn of a reporter is written, something else happens."""

        async def happen() -> None:
            _handled.set("")
            intake, desk = (self.town.actors.get(actor) for actor in BOTH)
            if what == "tick" and intake:
                await intake.tick()
            elif what == "carry" and intake:
                await intake.courier.carry()
            elif what == "desk" and desk:
                await self.town.work("desk")

        # In a task of its own: it is no part of that turn.
        self.town.between = lambda: asyncio.ensure_future(happen())

    # --- how it is done -----------------------------------------------------------------------------------------------

    def _public(self, who: int, content: dict[str, Any], go: Go) -> None:
        self._write("intake", self._message("intake", who, who, content), go)

    def _message(self, actor: Actor, who: int, chat: int, content: dict[str, Any]) -> dict[str, Any]:
        number = self.town.chats[actor].new_id()
        where = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        date = int(self.town.time.wall.timestamp())
        return {"message": {"message_id": number, "from": _user(who), "chat": where, "date": date} | content}

    def _pressed(self, who: int, chat: int, note: Note, data: str) -> dict[str, Any]:
        query = f"q{self.town.chats['desk'].new_id()}"
        if "Batalkan" in note.buttons and note.buttons["Batalkan"] == data:
            self._called_back.update((query, mark) for mark in marks(note.text))
        where = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        message = {"message_id": note.id, "chat": where, "date": int(self.town.time.wall.timestamp())}
        return {"callback_query": {"id": query, "from": _user(who), "message": message, "data": data}}

    def _write(self, actor: Actor, update: dict[str, Any], go: Go) -> None:
        who = next(iter(update.values()))["from"]["id"]
        if who in self.town.chats[actor].blocked and "my_chat_member" not in update:
            self.block(who, back=True, go="wait")  # Telegram lets nobody write to a bot whom they block
        self.town.chats[actor].write(update)
        self._go(actor, go)

    def _go(self, actor: Actor | None, go: Go) -> None:
        if go == "settle":
            self._do(self.town.settle)
        elif go == "poll" and actor in self.town.actors and actor is not None:
            self._do(lambda: self.town.poll(actor))

    def _do(self, work: Callable[[], Any]) -> None:
        """Does it; whoever a crash falls on is started anew."""
        with suppress(Crash, StoreDown):  # both were planned; whatever was under way comes again
            self.town.run(_awaited(work))
        for actor in self.town.gone():
            self.witness.excused += 1
            self.town.stop(actor)
            self._start(actor)
        for query, text in self.town.chats["desk"].answered:
            if text == _CALLED_BACK and query in self._called_back:
                self.model.desk.called_back.add(self._called_back[query])
        self.town.chats["desk"].answered.clear()

    def _start(self, actor: Actor) -> None:
        while True:
            try:
                self.town.start(actor)
            except (Crash, StoreDown):
                self.town.stop(actor)
                continue
            break
        if actor == "intake":
            poller = self.town.actors[actor]._poller
            poller._handle = self._handler(poller._handle)

    def _handler(self, real: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def handle(inbound: Any) -> None:
            _handled.set(inbound.received)
            await real(inbound)
            if inbound.received not in self.model.intake.taken:
                raise Broken("acknowledged, and not committed")

        return handle

    # --- what the engine decided, and what of it was committed --------------------------------------------------------

    def _listen(self) -> None:
        play = self

        class Listening(Carry):
            def all(self, effects: tuple[fx.Outcome, ...]) -> None:
                before = self.thread_id.hex()
                super().all(effects)
                play._decided[self.plan] = _Decided(self, effects, before)

        real = hears.media_row

        def media_row(tools: Any, file: Any, *rest: Any) -> dict[str, Any]:
            values = real(tools, file, *rest)
            play._files[values["id"].hex()] = play.town.chats["intake"].files[file.file_id].decode()
            return values

        self._exit.enter_context(mock.patch("bot.intake.turn.Carry", Listening))
        self._exit.enter_context(mock.patch("bot.intake.hears.media_row", media_row))

    def turn(self, plan: Plan) -> None:
        if received := _handled.get():
            if received in self.model.intake.taken:
                raise Broken("one message made two turns")
            self.model.intake.taken.add(received)
        decided = self._decided.pop(plan, None)
        if decided is None:
            return
        chat, thread, model = decided.chat, decided.before, self.model
        for effect in decided.effects:
            if isinstance(effect, fx.Renew):
                thread = decided.after
            elif isinstance(effect, fx.Erase):
                model.wiped(thread)
                thread = decided.after
            elif isinstance(effect, fx.Keep):
                kind: Kind = "text" if str(effect.kind) == "text" else "other"
                for mark in marks(effect.words or ""):
                    model.kept(chat, mark, Word(thread, kind, edited=mark in self._edits))
            elif isinstance(effect, fx.KeepMedia):
                sent = model.intake.level.get(thread) in ("alarm", "submit")
                model.kept(chat, self._files[effect.media], Word(thread, "file", sent=sent))
        letters = [_LETTERS[type(effect)] for effect in decided.effects if type(effect) in _LETTERS]
        for letter in letters:
            if letter != "more" or len(letters) == 1:
                model.sent(chat, decided.after, letter)

    def letter(self, actor: Actor, letter: bytes) -> None:
        known = self.model.side(actor).letters
        if letter in known:
            raise Broken("a letter was applied twice")
        known.add(letter)

    def confirmed(self, actor: Actor, update: dict[str, Any]) -> None:
        inbound = parse(actor, update)
        if actor == "intake" and inbound is not None and inbound.received not in self.model.intake.taken:
            raise Broken("Telegram forgets what was never taken")

    # --- words --------------------------------------------------------------------------------------------------------

    def _mark(self, by: str, who: int) -> str:
        self._marks += 1
        return f"ZMRK{by}{who}x{self._marks}"

    def _marked(self, by: str, who: int, text: str) -> str:
        return re.sub(r"\*", lambda _: self._mark(by, who), text)

    def _group(self) -> int:
        moved = self.town.chats["desk"].moved
        return moved.get(GROUP, GROUP)


def pick_group(label: str) -> bool:
    """Whether the button is meant on the card in the group."""
    return label.endswith(" di grup")


async def _awaited(work: Callable[[], Any]) -> Any:
    return await work()


def _actor(name: str) -> Actor:
    return "intake" if name == "intake" else "desk"


def _user(person: int) -> dict[str, Any]:
    return {"id": person, "is_bot": False, "first_name": "x"}


def _from(update: Mapping[str, Any]) -> int:
    return int(update["message"]["from"]["id"])
