"""Plays a story: steps that people take and sights they must see, each with a bounded wait, none with a blind sleep."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

from simulator.backstage import Backstage, Broken
from simulator.client import Chat, Expired, Person, Refused, Seat, Telegram
from simulator.transcript import Transcript, clean

Json = dict[str, Any]
GROUP = "grup"
# A turn of the bots, their sending included, takes well under a second; a busy machine may take longer.
PATIENCE = 20.0


class StepFailed(Exception):
    """A step that did not happen: which one, what was expected, what stands there instead."""


@dataclass(kw_only=True)
class Stage:
    """What a story plays on: the double, the service, the paper, who is who, and where each person reads."""

    telegram: Telegram
    backstage: Backstage
    transcript: Transcript
    people: dict[str, Person] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    group: Chat | None = None
    # Names that are known only while the story runs: the winner of a race, codes for invitations.
    known: dict[str, str] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def named(self, text: str) -> str:
        """`text` with {names} that became known filled in."""
        return re.sub(r"\{(\w+)\}", lambda match: self.known.get(match.group(1), match.group()), text)

    def who(self, name: str) -> str:
        """The person behind a name or a part ("pemenang")."""
        return self.known.get(name, name)

    def seat(self, who: str, where: str) -> Seat:
        """A person in their own chat with their bot, or in the group."""
        name = self.who(who)
        return self.people[name].chat(self._group()) if where == GROUP else self.seats[name]

    def screen(self, where: str) -> Chat:
        """The chat that `where` looks at: a person's own, or the group."""
        return self._group() if where == GROUP else self.seats[self.who(where)]

    def _group(self) -> Chat:
        if self.group is None:
            raise Broken("the story has no group")
        return self.group

    def pump(self) -> None:
        """Prints what happened since the last time."""
        news = self.telegram.events(len(self.events))
        self.events += news
        for event in news:
            self.transcript.event(event)

    def wait(self, look: Callable[[], Any], seconds: float, wanted: str) -> Any:
        """Waits until `look` returns something true, printing what happens meanwhile."""

        def pumped() -> Any:
            self.pump()
            return look()

        return self.telegram.wait_for(pumped, seconds, wanted)

    def unread(self, where: str) -> list[Json]:
        """What came onto a screen since the last sight: bots' messages, edits, and answers to the person's presses."""
        chat, name = self.screen(where), self.who(where)
        own = self.people[name].id if name in self.people else 0
        after = self.read.get(name, 0)

        def shown(event: Json) -> bool:
            if event["kind"] == "answer":
                return bool(event["to"] == own and event["text"])
            mine = event["kind"] in {"message", "edit"} and event.get("chat") == chat.key
            return mine and bool(event["message"]["from"]["is_bot"])

        return [event for event in self.events if event["n"] > after and shown(event)]


def words_of(event: Json) -> str:
    """The text of an event, in one line of small letters, as people compare it."""
    text = event["text"] if event["kind"] == "answer" else event["message"]["text"]
    return " ".join(clean(text).lower().replace("*", "").split())


@dataclass(frozen=True)
class AnyOf:
    """One of several texts, whichever comes."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(repr(part) for part in self.parts)


class Step:
    """One step of a story. `__str__` reads it aloud; `play` raises Refused, Expired or Broken if it cannot be."""

    def play(self, stage: Stage) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Scene(Step):
    """A heading, at a time of day if one is given."""

    title: str
    at: time | None = None

    def play(self, stage: Stage) -> None:
        if self.at is not None:
            stage.backstage.move_to(self.at)
        stage.transcript.scene(self.title, stage.backstage.now())

    def __str__(self) -> str:
        return f"scene {self.title!r}"


@dataclass(frozen=True)
class Narrates(Step):
    """The narrator explains."""

    text: str

    def play(self, stage: Stage) -> None:
        stage.pump()
        stage.transcript.narrate(stage.named(self.text))

    def __str__(self) -> str:
        return "the narrator speaks"


@dataclass(frozen=True)
class Says(Step):
    """Somebody writes, in their own chat or in the group."""

    who: str
    text: str
    where: str = ""

    def play(self, stage: Stage) -> None:
        stage.seat(self.who, self.where).say(stage.named(self.text))
        stage.pump()

    def __str__(self) -> str:
        return f"{self.who} writes {self.text!r}"


@dataclass(frozen=True)
class Sees(Step):
    """All `parts` come onto a screen (a person's, or the group's), in any order, after what was seen there before."""

    where: str
    parts: tuple[str | AnyOf, ...]
    seconds: float = PATIENCE

    def play(self, stage: Stage) -> None:
        wanted = [tuple(p.parts) if isinstance(p, AnyOf) else (p,) for p in self.parts]
        wanted = [tuple(" ".join(stage.named(t).lower().split()) for t in texts) for texts in wanted]

        def look() -> list[Json] | None:
            came = stage.unread(self.where)
            found = [next((e for e in came if any(t in words_of(e) for t in texts)), None) for texts in wanted]
            hits = [event for event in found if event is not None]
            return hits if len(hits) == len(wanted) else None

        hits = stage.wait(look, self.seconds, str(self))
        name = stage.who(self.where)
        stage.read[name] = max(event["n"] for event in hits)
        stage.last[name] = max((e["message"]["id"] for e in hits if e["kind"] != "answer"), default=0)

    def __str__(self) -> str:
        return f"{self.where} sees {' and '.join(str(p) if isinstance(p, AnyOf) else repr(p) for p in self.parts)}"


@dataclass(frozen=True)
class Presses(Step):
    """Somebody presses the newest button of that label; `fresh`: on what they saw last, or later."""

    who: str
    label: str
    where: str = ""
    fresh: bool = False

    def play(self, stage: Stage) -> None:
        note, data = self.button(stage)
        stage.seat(self.who, self.where).press(data=data, message_id=note["id"])
        stage.pump()

    def button(self, stage: Stage) -> tuple[Json, str]:
        """The message and the data of the button; waits for it."""
        seat = stage.seat(self.who, self.where)
        after = stage.last.get(stage.who(self.who), 0) if self.fresh else 0

        def look() -> tuple[Json, str] | None:
            for note in reversed([n for n in seat.standing() if n["id"] >= after]):
                for button in (button for row in note["buttons"] for button in row):
                    if button["data"] and _same_label(button["label"], self.label):
                        return note, button["data"]
            return None

        found: tuple[Json, str] = stage.wait(look, PATIENCE, f"a button [{self.label}]")
        return found

    def __str__(self) -> str:
        return f"{self.who} presses [{self.label}]"


def _same_label(shown: str, wanted: str) -> bool:
    """A channel may put a tick, a number or both before a label."""
    unticked = re.sub(r"^[✓✔☑•\s]+", "", clean(shown))
    return wanted in {shown, unticked, re.sub(r"^\d+[.)]?\s+", "", unticked)}


@dataclass(frozen=True)
class HasButton(Step):
    """A button stands on a screen."""

    who: str
    label: str
    where: str = ""

    def play(self, stage: Stage) -> None:
        Presses(self.who, self.label, self.where).button(stage)

    def __str__(self) -> str:
        return f"{self.who} has a button [{self.label}]"


@dataclass(frozen=True)
class Race(Step):
    """Two people press the same button of the group at once: their presses reach the bot as one batch. Who then has a
    button [prize] in private is {pemenang}, the other {yang_kalah}."""

    first: str
    second: str
    label: str
    prize: str
    bot: str
    where: str = GROUP

    def play(self, stage: Stage) -> None:
        note, data = Presses(self.first, self.label, GROUP).button(stage)
        stage.telegram.do("hold", bot=self.bot)
        for who in (self.first, self.second):
            stage.seat(who, GROUP).press(data=data, message_id=note["id"])
        stage.telegram.do("hold", bot=self.bot, on=False)

        def look() -> list[str]:
            return [name for name in (self.first, self.second) if self._has_prize(stage, name)]

        winners = stage.wait(look, PATIENCE, f"a button [{self.prize}] for one of the two")
        if len(winners) != 1:
            raise Broken(f"both have a button [{self.prize}]: the race has two winners")
        stage.known["pemenang"] = winners[0]
        stage.known["yang_kalah"] = self.second if winners[0] == self.first else self.first

    def _has_prize(self, stage: Stage, name: str) -> bool:
        buttons = [b for note in stage.seats[name].standing() for row in note["buttons"] for b in row]
        return any(_same_label(button["label"], self.prize) for button in buttons)

    def __str__(self) -> str:
        return f"{self.first} and {self.second} press [{self.label}] at once"


@dataclass(frozen=True)
class Later(Step):
    """Time passes for everybody, by the clock file."""

    by: timedelta
    why: str

    def play(self, stage: Stage) -> None:
        stage.pump()
        stage.backstage.move(self.by)
        stage.transcript.narrate(f"… {_span(self.by)} later ({stage.backstage.now():%H.%M}): {stage.named(self.why)}")

    def __str__(self) -> str:
        return f"{_span(self.by)} pass"


def _span(by: timedelta) -> str:
    seconds = int(by.total_seconds())
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


@dataclass(frozen=True)
class CasesAre(Step):
    """`berani cases --json` shows exactly these (kind, state, urgency), in any order."""

    wanted: tuple[tuple[str, str, str], ...]

    def play(self, stage: Stage) -> None:
        stage.pump()
        rows = stage.backstage.berani_json("cases")
        found = sorted((row["kind"], row["state"], row["urgency"]) for row in rows)
        if found != sorted(self.wanted):
            raise Broken(f"berani cases --json shows {found}")
        for row in rows:
            stage.transcript.plain(f"$ berani cases   {row['code']}  {row['kind']}  {row['urgency']}  {row['state']}")

    def __str__(self) -> str:
        return f"the cases are {sorted(self.wanted)}"


def answers(who: str, *pairs: tuple[str, str]) -> list[Step]:
    """Question and answer, again and again: each question must be seen; an answer in brackets is a button."""
    steps: list[Step] = []
    for question, reply in pairs:
        steps.append(Sees(who, (question,)))
        if reply.startswith("["):
            steps.append(Presses(who, reply.strip("[]"), fresh=True))
        else:
            steps.append(Says(who, reply))
    return steps


def play(stage: Stage, steps: Sequence[Step]) -> None:
    """Plays all steps in order; raises StepFailed at the first that does not happen."""
    for number, step in enumerate(steps, 1):
        try:
            step.play(stage)
        except (Refused, Expired, Broken) as trouble:
            stage.pump()
            raise StepFailed(_failure(stage, number, len(steps), step, trouble)) from None
    stage.pump()


def _failure(stage: Stage, number: int, count: int, step: Step, trouble: Exception) -> str:
    lines = [f"step {number} of {count} did not happen: {stage.named(str(step))}", f"  {trouble}"]
    where = getattr(step, "where", "") or getattr(step, "who", "")
    if where:
        lines += [f"what stands in that chat ({stage.who(where)}):", stage.screen(where).shown()]
    return "\n".join(lines)
