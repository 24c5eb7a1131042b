"""The steps of a story: what people do, what they must see, how time passes. Each can be read aloud."""

import re
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from simulator.backstage import Broken
from simulator.player import GROUP, Stage, Step, words_of
from simulator.transcript import clean

Json = dict[str, Any]

# A turn of the bots, their sending included, takes well under a second; a busy machine may take longer.
PATIENCE = 20.0


@dataclass(frozen=True)
class AnyOf:
    """One of several texts, whichever comes."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(repr(part) for part in self.parts)


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
