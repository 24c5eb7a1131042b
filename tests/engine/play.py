"""A conversation played against the pure engine: what is said goes in, a log of what it caused comes out."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from bot.content.parse import parse, read_dir
from bot.engine import effects as fx
from bot.engine import events as ev
from bot.engine.script import ScriptSet
from bot.engine.session import Session, new
from bot.engine.step import Turn, asking, migrate, step

FLOWS = Path(__file__).parents[2] / "flows"
WITA = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=WITA)


@cache
def shipped() -> ScriptSet:
    """The set that flows/ holds."""
    content = parse(read_dir(FLOWS)).content
    assert content is not None, "flows/ does not pass its own checks"
    return content.scripts


def without(scripts: ScriptSet, flow: str, *steps: str) -> ScriptSet:
    """The set without some steps, under another hash."""
    script = scripts.scripts[flow]
    kept = replace(script, steps=tuple(one for one in script.steps if one.id not in steps))
    return replace(scripts, hash=f"{scripts.hash}-{flow}-{steps}", scripts={**scripts.scripts, flow: kept}, memo={})


class Player:
    """One person talking. `log` is everything caused so far, a line each; `turn` the last turn."""

    def __init__(self, scripts: ScriptSet | None = None, now: datetime = MONDAY) -> None:
        self.scripts = scripts or shipped()
        self.now = now
        self.session: Session = new(self.scripts.hash, now)
        self.turn: Turn = Turn(self.session, (), None)
        self.log: list[str] = []
        self.media = 0

    def send(self, event: ev.Event, *, seconds: float = 5) -> "Player":
        """One event, a few seconds after the last; the session goes through JSON as it does in the store."""
        self.now += timedelta(seconds=seconds)
        self.turn = step(self.scripts, self.session, event, self.now)
        self.session = Session.from_json(self.turn.session.to_json())
        assert self.session == self.turn.session
        self.log.extend(line(effect) for effect in self.turn.effects)
        return self

    def say(self, *texts: str) -> "Player":
        """Messages, one after the other."""
        for text in texts:
            self.send(ev.Said(text))
        return self

    def press(self, choice: str) -> "Player":
        """A button of the open question."""
        return self.send(ev.Chose(self.session.shown, choice))

    def voice(self) -> "Player":
        """A voice message."""
        self.media += 1
        return self.send(ev.SentMedia(f"m{self.media}", "voice"))

    def photo(self, caption: str = "") -> "Player":
        """A picture."""
        self.media += 1
        return self.send(ev.SentMedia(f"m{self.media}", "photo", caption))

    def wait(self, **time: float) -> "Player":
        """Silence; every due time on the way comes in its moment."""
        end = self.now + timedelta(**time)
        due = self.turn.wake_at
        while due is not None and due <= end.astimezone(UTC):
            self.now = max(self.now, due.astimezone(WITA))
            before, due = due, self.send(ev.Waited(), seconds=0).turn.wake_at
            assert due is None or due > before, "the same due time for ever"
        self.now = max(self.now, end)
        return self

    def migrate(self, live: ScriptSet, *, known: bool = True) -> "Player":
        """The set changes under the conversation."""
        self.session = migrate(self.scripts if known else None, live, self.session)
        self.scripts = live
        return self

    @property
    def asking(self) -> str | None:
        """ "script.step" of the open question."""
        return asking(self.scripts, self.session)

    @property
    def shows(self) -> list[fx.Show]:
        """What the last turn said."""
        return [effect for effect in self.turn.effects if isinstance(effect, fx.Show)]

    @property
    def text(self) -> str:
        """What the last turn said, as one text."""
        return "\n\n".join(show.text for show in self.shows)

    def kept(self) -> list[fx.Keep]:
        """What the last turn kept."""
        return [effect for effect in self.turn.effects if isinstance(effect, fx.Keep)]

    def did(self, kind: type[Any]) -> bool:
        """Whether the last turn caused an effect of that kind."""
        return any(isinstance(effect, kind) for effect in self.turn.effects)

    def play(self, says: list[str]) -> "Player":
        """Lines of a talk: messages, "(diam 3m)", "(foto)", "(suara)", "(versi baru tanpa luka)"."""
        for text in says:
            if silence := re.fullmatch(r"\(diam (\d+)m\)", text):
                self.wait(minutes=int(silence[1]))
            elif text == "(foto)":
                self.photo()
            elif text == "(suara)":
                self.voice()
            elif changed := re.fullmatch(r"\(versi baru tanpa (\w+)\)", text):
                self.migrate(without(self.scripts, "lapor", changed[1]))
                # The question that stands there now is shown before anything is taken for its answer.
                self.say("ulang")
            else:
                self.say(text)
        return self


def at(*says: str) -> Player:
    """A conversation after these messages."""
    return Player().say(*says)


def line(effect: fx.Outcome) -> str:
    """An effect in one line, as the talks expect it."""
    match effect:
        case fx.Show(text):
            return f"show {text}"
        case fx.Keep(field, _, _, value, words):
            return f"keep {field} = {', '.join(value)}" + (f" «{words}»" if words is not None else "")
        case fx.Alarm(reason, tier):
            return f"alarm {reason} {tier}"
        case fx.Submit(unfinished):
            return "submit belum selesai" if unfinished else "submit"
        case _:
            return type(effect).__name__.lower()
