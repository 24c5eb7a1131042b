"""Plays a story on a stage: step after step, each with a bounded wait, until one does not happen."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.backstage import Backstage, Broken
from simulator.client import Chat, Expired, Person, Refused, Seat, Telegram
from simulator.transcript import Transcript, clean

Json = dict[str, Any]
GROUP = "grup"


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


class Step:
    """One step of a story. `__str__` reads it aloud; `play` raises Refused, Expired or Broken if it cannot be."""

    def play(self, stage: Stage) -> None:
        raise NotImplementedError


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
