"""An evening at the office: several people tell what happened, at once, a caseworker takes it up, the power may go.

What people write is what stands in tests/transcripts; one line of each talk carries a marker by which the story is
known at the desk. After a power cut the evening goes on where the office got to: Telegram delivers again what was not
acknowledged, and what was acknowledged last once more.
"""

import asyncio
import copy
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, select

from bot.intake.turn import CHANNEL
from storage.intake_tables import ADDRESSES, SESSIONS, THREADS
from tests.conftest import Clock, Databases, Keys
from tests.e2e.player import A_SECOND_LATER, BETWEEN_TURNS, conversations
from tests.e2e.stage import GROUP, WORKER, Note, Stage
from tests.holds.recorded import Record

FIRST_PERSON = 7_100_000
BACK_AFTER = timedelta(seconds=10)
"""So soon is the power back: after minutes the bot would speak first, and the talks take another way."""
_PLAIN = frozenset({"says", "hears", "hears_not", "hears_nothing", "staff", "staff_hears", "group_hears"})
# Those who erase their story, skip every question or turn back on their way do not end with one story to be known by.
_NOT = ("hapus", "lewati semua", "ubah", "ingin mati")

Answers = dict[str, Any]


@dataclass(frozen=True)
class Talk:
    """What one person will write, and the marker in it."""

    person: int
    marker: str
    lines: tuple[str, ...]


def talks(count: int, dice: Random) -> list[Talk]:
    """So many talks of the transcripts that end with a report."""
    found = []
    for name, conversation in conversations():
        plain = all(next(iter(line)) in _PLAIN for line in conversation["talk"])
        reports = [case["kind"] for case in conversation["cases"]] == ["laporan"]
        if plain and reports and not any(word in name for word in _NOT):
            found.append([line["says"] for line in conversation["talk"] if "says" in line])
    people = []
    for number, said in enumerate(dice.sample(found, count)):
        lines = [str(text) for one in said for text in (one if isinstance(one, list) else [one])]
        marker = f"tanda{number}{dice.randrange(10**6)}"
        longest = max(range(len(lines)), key=lambda at: len(lines[at]))
        lines[longest] += f" {marker}"
        people.append(Talk(FIRST_PERSON + number, marker, tuple(lines)))
    return people


@dataclass
class Evening:
    """What people have written and what of it was acknowledged, each with its place in the log."""

    talks: list[Talk]
    updates: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    begin: dict[int, int] = field(default_factory=dict)
    """How many lines of each were acknowledged before the log begins."""
    reported: list[tuple[int, str]] = field(default_factory=list)
    """Markers of stories whose sending was acknowledged."""
    answered: list[tuple[int, int, int]] = field(default_factory=list)
    """(place in the log, person, number of the line) of what was acknowledged."""
    times: list[tuple[int, datetime]] = field(default_factory=list)
    """What the time was at places in the log."""

    def after(self, at: int) -> "Evening":
        """The same people, where they stood at a place in the log."""
        begin = dict(self.begin)
        for place, person, line in self.answered:
            if place <= at:
                begin[person] = max(begin.get(person, 0), line + 1)
        reported = [(0, marker) for place, marker in self.reported if place <= at]
        now = next((now for place, now in self.times if place > at), self.times[-1][1])
        return Evening(self.talks, self.updates, begin, reported, times=[(0, now)])

    async def play(self, stage: Stage, dice: Random, record: Record | None = None) -> None:
        """Everybody writes what is left, in their own time; a caseworker takes what comes."""
        for talk in self.talks:  # once more what was acknowledged last
            if self.begin.get(talk.person):
                await stage.at_intake(self.updates[talk.person, self.begin[talk.person] - 1])
        left = {talk.person: self.begin.get(talk.person, 0) for talk in self.talks}
        while speaking := [talk for talk in self.talks if left[talk.person] < len(talk.lines)]:
            if record is not None:
                self.times.append((record.now, stage.clock.now()))
            turns = [talk for talk in speaking if dice.random() < 0.8]
            await asyncio.gather(*(self._say(stage, talk, left[talk.person], record) for talk in turns))
            for talk in turns:
                left[talk.person] += 1
            await _settle(stage, A_SECOND_LATER)
            if dice.random() < 0.3:
                await _press(stage, "Ambil", GROUP)
        while await _press(stage, "Ambil", GROUP):
            pass
        for _ in range(2):
            if await _press(stage, "Balas pelapor", WORKER):
                await stage.at_desk(stage.message(WORKER, "Kami sudah membaca ceritamu."))
                await _settle(stage, timedelta(seconds=11))
        if record is not None:
            self.times.append((record.now, stage.clock.now()))

    async def _say(self, stage: Stage, talk: Talk, line: int, record: Record | None) -> None:
        if (talk.person, line) not in self.updates:
            self.updates[talk.person, line] = stage.message(talk.person, talk.lines[line])
        await stage.at_intake(self.updates[talk.person, line])
        if record is not None:
            self.answered.append((record.now, talk.person, line))
            known = {marker for _, marker in self.reported}
            if talk.marker not in known and stage.intake_store.read_now(lambda conn: _has_reported(conn, stage, talk)):
                self.reported.append((record.now, talk.marker))


def _has_reported(conn: Connection, stage: Stage, talk: Talk) -> bool:
    sent = select(THREADS.c.sent).join(SESSIONS, SESSIONS.c.thread_id == THREADS.c.id).join(ADDRESSES)
    tag = stage.tools.tag(CHANNEL, talk.person)
    return conn.execute(sent.where(ADDRESSES.c.tag == tag)).scalar() == "submit"


async def _settle(stage: Stage, after: timedelta) -> None:
    stage.clock.advance(after)
    await stage.settle()
    stage.clock.advance(BETWEEN_TURNS)


async def _press(stage: Stage, wanted: str, chat: int) -> bool:
    """The caseworker presses that button in the oldest message that has it; False if there is none."""
    for note in stage.private.chats[chat]:
        for name, data in note.buttons.items():
            if name.endswith(wanted) and not note.deleted:
                await stage.at_desk(stage.press(WORKER, note, data, chat if chat < 0 else None))
                note.buttons = {}
                await _settle(stage, A_SECOND_LATER)
                return True
    return False


def again(databases: Databases, keys: Keys, standing: Evening, before: Stage) -> Stage:
    """The office after a power cut that struck while `before` was there: same chats, a little later."""
    clock = Clock()
    clock.advance(standing.times[0][1] + BACK_AFTER - clock.now())
    stage = Stage(databases, keys, clock)
    for phones, old in ((stage.public, before.public), (stage.private, before.private)):
        chats: dict[int, list[Note]] = copy.deepcopy(old.chats)
        phones.chats = defaultdict(list, chats)
    return stage


async def stories(stage: Stage, markers: Iterable[str]) -> dict[str, list[Answers]]:
    """For each marker the answers of every case that holds it; nothing else may have gone wrong on the way."""
    found = await stage.cases()
    assert not any(case.kind == "teknis" for case, _ in found), "something went wrong: a teknis case"
    told: dict[str, list[Answers]] = {marker: [] for marker in markers}
    for _, pages in found:
        answers = [page.body for page in pages if page.kind == "answer"]
        words = " ".join(str(answer.get("words")) for answer in answers)
        for marker, cases in told.items():
            assert words.count(marker) <= 1, "one answer stands there twice"
            if marker in words:
                cases.append({one["field"]: (one["value"], one["status"]) for one in answers})
    return told
