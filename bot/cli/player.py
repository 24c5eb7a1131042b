"""Plays a script in the terminal with the real engine: nothing is stored or sent, time moves only when told to."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bot.content.content import Content
from bot.content.services import numbers
from bot.content.text import fill
from bot.engine import events
from bot.engine.asking import asking, asking_kind, show_all
from bot.engine.effects import Keep, Outcome, Show
from bot.engine.running import advance, open_script
from bot.engine.script import Kind
from bot.engine.session import Session, new
from bot.engine.step import Turn, step
from bot.engine.talk import Talk
from bot.engine.waiting import wake_at

#: How long somebody takes to type a line here.
TYPING = timedelta(seconds=5)
_SILENCE = re.compile(r"\((?:diam|silent) ([0-9]{1,5})([mhd])\)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
#: What can't be typed, as it is written here.
_SENT: Mapping[str, events.Event] = {
    "(foto)": events.SentMedia("foto", "photo"),
    "(video)": events.SentMedia("video", "video"),
    "(suara)": events.SentMedia("suara", "voice"),
    "(lokasi)": events.SentPlace(-1.2654, 116.8312),
    "(kontak)": events.SentContact("0800000000"),
    "(stiker)": events.SentOther("sticker"),
}
#: A receipt code has sixteen digits (bot/intake/receipts.py); this one is right here.
RIGHT_CODE = "0000000000000000"


class Player:
    """One conversation on a screen. `say` prints a line; `now` is aware and in the zone of the site."""

    def __init__(self, content: Content, now: datetime, say: Callable[[str], None]) -> None:
        self._content, self._now, self._say = content, now, say
        self._session: Session = new(content.hash, now)
        messages = content.scripts.messages
        clock = fill(messages["jam_hari_ini"], {"jam": f"{now + timedelta(hours=1):%H.%M}"})
        self._values = {
            "kanal": "Telegram",
            "tunggu": fill(messages["tunggu_jaga"], {"jam": clock}),
            "status": messages["status_kosong"],
            **numbers(content.services),
        }

    def begin(self, name: str) -> None:
        """Open a script as if somebody had asked for it."""
        talk = Talk(self._content.scripts, new(self._content.hash, self._now), self._now)
        talk.set(greeted=True)
        open_script(talk, name)
        advance(talk)
        talk.raise_alarm()
        shows = show_all(talk)
        self._show(Turn(talk.session, (*talk.effects, *shows), wake_at(self._content.scripts, talk.session)))

    def play(self, lines: Iterable[str]) -> None:
        """Answer each line in turn. `(diam 3m)` lets time pass, `(foto)` and its like send what can't be typed."""
        for line in lines:
            silence = _SILENCE.fullmatch(line.strip())
            if silence:
                self._wait(int(silence[1]) * _UNITS[silence[2]])
                continue
            self._now += TYPING
            self._turn(self._event(line))

    def _event(self, line: str) -> events.Event:
        if line.strip() in _SENT:
            return _SENT[line.strip()]
        digits = re.sub(r"\D", "", line)
        if asking_kind(self._content.scripts, self._session) is Kind.CODE and len(digits) > 1:
            return events.CodeTried(digits == RIGHT_CODE)
        return events.Said(line)

    def _wait(self, long: timedelta) -> None:
        end = self._now + long
        due = wake_at(self._content.scripts, self._session)
        while due is not None and due <= end.astimezone(UTC):
            self._now = max(self._now, due.astimezone(self._now.tzinfo))
            before = self._session
            self._turn(events.Waited())
            due = wake_at(self._content.scripts, self._session) if self._session != before else None
        self._now = end

    def _turn(self, event: events.Event) -> None:
        self._show(step(self._content.scripts, self._session, event, self._now))

    def _show(self, turn: Turn) -> None:
        self._session = turn.session
        for effect in turn.effects:
            self._say(self._shown(effect))
        if not asking(self._content.scripts, self._session):
            self._say("")

    def _shown(self, effect: Outcome) -> str:
        if isinstance(effect, Show):
            text = fill(effect.text, self._values)
            buttons = [f"  [{button.face}]" for row in effect.buttons for button in row]
            push = [f"  (push: {self._content.scripts.push.get(effect.push, '')})"] if effect.push else []
            return "\n".join(["", text, *buttons, *push])
        if isinstance(effect, Keep):
            return f"   -> {effect.field} = {', '.join(effect.value) or effect.status}"
        return f"   => {type(effect).__name__.lower()}"
