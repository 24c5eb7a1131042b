"""Plays a conversation that stands as data in tests/transcripts: who says what, how much time passes, what comes back.

A file is a list of conversations: `name`, `talk`, and `cases` at the end. `at` is the time of day at which it begins in
Balikpapan (10:00). Each line of `talk` has one key; a value may be a list where several things come at once.

says: what the reporter writes (a list: within one second) · presses: a button's label · sends: photo, voice, video,
document, sticker, contact, location (or {photo: caption}) · edits: their last message becomes this · passes: 3m, 2h, 2d
hears: parts of what the bot said since their last act, in this order · hears_not · hears_nothing: yes
staff: ambil, buka, tutup; {balas: text} · staff_hears: parts of what the caseworker was shown · group_hears
desk, downloads (of files that were sent): dead, back
publishes: luka_gone (a set in which that question stands elsewhere, the old one withdrawn)
cases, at the end: for each case kind, urgency, state, answers {field: value or list}, words (in any answer), events
"""

import re
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.harness import label
from tests.e2e.stage import GROUP, REPORTER, WORKER, Note, Phones, Stage, all_flows

TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"
A_SECOND_LATER = timedelta(seconds=1.5)
"""An answer to a burst waits about a second for its end."""
BETWEEN_TURNS = timedelta(seconds=5)
_SPAN = re.compile(r"(\d+)([smhd])")
_FACE = re.compile(r"^(✓ )?(\d+ )?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FILES = frozenset({"photo", "voice", "video", "document"})


def conversations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every conversation with a name that tells where it stands."""
    for path in sorted(TRANSCRIPTS.glob("*.yaml")):
        for one in yaml.safe_load(path.read_text("utf-8")):
            yield f"{path.stem}: {one['name']}", one


class Player:
    """Plays the lines of one conversation on a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._seen = {REPORTER: 0, WORKER: 0, GROUP: 0}
        self._last: tuple[int, str] = (0, "")
        self._table: dict[str, Callable[[Any], Coroutine[Any, Any, None]]] = {
            "says": self._says,
            "presses": self._presses,
            "sends": self._sends,
            "edits": self._edits,
            "passes": self._passes,
            "hears": self._hears,
            "hears_not": self._hears_not,
            "hears_nothing": self._hears_nothing,
            "staff": self._staff,
            "staff_hears": self._staff_hears,
            "group_hears": self._group_hears,
            "desk": self._desk,
            "downloads": self._downloads,
            "publishes": self._publishes,
        }

    async def play(self, conversation: dict[str, Any]) -> None:
        """Every line in turn, and what must be at the desk in the end."""
        for number, line in enumerate(conversation["talk"], 1):
            ((verb, value),) = line.items()
            try:
                await self._table[verb](value)
            except AssertionError as missed:
                raise AssertionError(f"line {number}, {verb}: {value!r}\n{missed}\n{self.transcript()}") from None
        await self._settle()
        await self._check(conversation.get("cases", []))

    def transcript(self) -> str:
        """What the reporter has on the screen."""
        notes = self.stage.public.chats[REPORTER][-8:]
        return "\n".join(f"  bot: {note.text} {list(note.buttons)}" for note in notes)

    # --- the reporter -------------------------------------------------------------------------------------------------

    async def _says(self, texts: str | list[str]) -> None:
        self._act()
        for text in _many(texts):
            update = self.stage.message(REPORTER, str(text))
            self._last = (update["message"]["message_id"], str(text))
            await self.stage.at_intake(update)
        await self._settle()

    async def _presses(self, wanted: str) -> None:
        note, data = _button(self.stage.public, REPORTER, wanted)
        self._act()
        await self.stage.at_intake(self.stage.press(REPORTER, note, data))
        await self._settle()

    async def _sends(self, what: str | dict[str, str] | list[Any]) -> None:
        self._act()
        for one in _many(what):
            await self.stage.at_intake(self.stage.message(REPORTER, **self._content(one)))
        await self._settle()

    def _content(self, what: str | dict[str, str]) -> dict[str, Any]:
        kind, caption = next(iter(what.items())) if isinstance(what, dict) else (what, "")
        if kind in _FILES:
            return self.stage.file(kind, kind.encode() * 100, caption)
        other: dict[str, dict[str, Any]] = {
            "sticker": {"sticker": {"file_id": "s"}},
            "contact": {"contact": {"phone_number": "+628123456789", "first_name": "Nama Rahasia"}},
            "location": {"location": {"latitude": -1.2654, "longitude": 116.8312}},
        }
        return other[kind]

    async def _edits(self, text: str) -> None:
        self._act()
        update = self.stage.message(REPORTER, text)["message"]
        date = int(self.stage.clock.now().timestamp())
        await self.stage.at_intake({"edited_message": update | {"message_id": self._last[0], "edit_date": date}})
        await self._settle()

    async def _passes(self, span: str) -> None:
        self._act()
        found = _SPAN.fullmatch(span)
        assert found, "a span is written as 3m, 2h or 2d"
        await self.stage.passes(timedelta(**{_UNITS[found[2]]: int(found[1])}))

    # --- what they hear -----------------------------------------------------------------------------------------------

    async def _hears(self, parts: str | list[str]) -> None:
        _in_order(self._news(self.stage.public, REPORTER), _many(parts))

    async def _hears_not(self, parts: str | list[str]) -> None:
        news = self._news(self.stage.public, REPORTER)
        for part in _many(parts):
            assert str(part) not in news, f"{part!r} stands there:\n{news}"

    async def _hears_nothing(self, _: bool) -> None:
        news = self._news(self.stage.public, REPORTER)
        assert not news, f"there stands:\n{news}"

    async def _staff_hears(self, parts: str | list[str]) -> None:
        _in_order(self._news(self.stage.private, WORKER), _many(parts))

    async def _group_hears(self, parts: str | list[str]) -> None:
        _in_order(self._news(self.stage.private, GROUP), _many(parts))

    def _news(self, phones: Phones, chat: int) -> str:
        return "\n".join(note.text for note in phones.chats[chat][self._seen[chat] :] if not note.deleted)

    def _act(self) -> None:
        """What comes from here on is the answer to what is done now."""
        for chat in self._seen:
            phones = self.stage.public if chat == REPORTER else self.stage.private
            self._seen[chat] = len(phones.chats[chat])

    # --- the office ---------------------------------------------------------------------------------------------------

    async def _staff(self, act: str | dict[str, str]) -> None:
        self._act()
        if isinstance(act, dict):
            (text,) = act.values()
            await self._staff_press("Balas pelapor", WORKER)
            await self.stage.at_desk(self.stage.message(WORKER, text))
            await self._settle(timedelta(seconds=11))
        elif act == "ambil":
            await self._staff_press("Ambil", GROUP)
        elif act == "buka":
            await self._staff_press("Buka", WORKER)
        else:
            await self._staff_press("Tutup", WORKER)
            await self._staff_press(label("hasil_ditangani"), WORKER)
            await self.stage.at_desk(self.stage.message(WORKER, "Selesai didampingi."))
            await self._settle()

    async def _staff_press(self, wanted: str, chat: int) -> None:
        note, data = _button(self.stage.private, chat, wanted)
        await self.stage.at_desk(self.stage.press(WORKER, note, data, chat if chat < 0 else None))
        await self._settle()

    async def _desk(self, state: str) -> None:
        self._act()
        self.stage.desk_answers = state == "back"
        await self._settle()

    async def _downloads(self, state: str) -> None:
        self._act()
        self.stage.downloads = state == "back"
        await self._settle()

    async def _publishes(self, _: str) -> None:
        """The question `luka` leaves `lapor`: it stands in `darurat` now."""
        files = all_flows()
        steps = files["lapor.yaml"].split("\n  - ")
        files["lapor.yaml"] = "\n  - ".join(step for step in steps if not step.startswith("id: luka"))
        (luka,) = [step for step in steps if step.startswith("id: luka")]
        before, last = files["darurat.yaml"].split("\n  - id: lanjut")
        files["darurat.yaml"] = f"{before}\n  - {luka.rstrip()}\n\n  - id: lanjut{last}"
        await self.stage.publish(files, withdraw=True)

    async def _settle(self, after: timedelta = A_SECOND_LATER) -> None:
        self.stage.clock.advance(after)
        await self.stage.settle()
        self.stage.clock.advance(BETWEEN_TURNS)

    async def _check(self, wanted: list[dict[str, Any]]) -> None:
        found = [(case, notes) for case, notes in await self.stage.cases() if case.kind != "teknis"]
        teknis = [case for case, _ in await self.stage.cases() if case.kind == "teknis"]
        assert not teknis, "something went wrong on the way: a teknis case was opened"
        assert len(found) == len(wanted), f"{len(found)} cases instead of {len(wanted)}"
        for (case, notes), want in zip(found, wanted, strict=True):
            answers: dict[str, list[str]] = {}
            said, events = [], []
            for page in notes:
                if page.kind == "answer":
                    answers[page.body["field"]] = page.body["value"] or [page.body["status"]]
                    said.append(str(page.body.get("words")))
                elif page.kind == "event":
                    events.append(page.body["what"])
            told = {"kind": case.kind, "urgency": case.urgency, "state": case.state}
            assert told | {key: want[key] for key in told.keys() & want.keys()} == told
            for field, value in want.get("answers", {}).items():
                assert answers.get(field) == _many(value), f"{field}: {answers.get(field)} in {answers}"
            for field in want.get("not_asked", []):
                assert field not in answers, f"{field}: {answers[field]}"
            for words in want.get("words", []):
                assert any(words in one for one in said), f"{words!r} is not among {said}"
            for event in want.get("events", []):
                assert event in events, f"{event} is not among {events}"


def _button(phones: Phones, chat: int, wanted: str) -> tuple[Note, str]:
    """The newest message that has this button, whatever tick or number stands before it, and what it carries."""
    notes = [note for note in phones.chats[chat] if not note.deleted]
    for note in reversed(notes):
        for name, data in note.buttons.items():
            if _FACE.sub("", name) == wanted:
                return note, data
    raise AssertionError(f"no button {wanted!r} among {[list(note.buttons) for note in notes[-3:]]}")


def _in_order(news: str, parts: list[Any]) -> None:
    at = 0
    for part in parts:
        found = news.find(str(part), at)
        assert found >= 0, f"{part!r} is missing in:\n{news or '(nothing)'}"
        at = found + len(str(part))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
