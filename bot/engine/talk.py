"""One turn while it is being made: the session as it changes, what it causes, and what is to be said."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.engine.effects import Alarm, Keep, More, Outcome, Status, Submit
from bot.engine.lexicon import Lexicon, lexicon
from bot.engine.script import Kind, Say, Script, ScriptSet, Step
from bot.engine.session import Frame, Session

#: Ids that the engine knows by name (FLOWS.md rule 3 and the contract fields of section 4).
LAPOR, DARURAT, TEMANI, CEK = "lapor", "darurat", "temani", "cek"
SALAM, MENU, FOTO, LANJUT, HAPUS = "salam", "menu", "foto", "lanjut", "hapus"
STORY, DANGER, REPLY, PLACE = "cerita", "bahaya", "balas", "tempat"
_LONGEST_TRAIL = 40
#: Messages that follow each other faster than this are one thought; one question after them is enough.
BURST = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to be said. An urgent one stands alone and first; `again` marks an acknowledgement inside an answer."""

    text: str
    urgent: bool = False


@dataclass
class Talk:
    """The turn under construction.

    asked: the question is shown at the end. ticks: only its ticks changed. settle: an acknowledgement inside an answer.
    joins: what is kept joins the open case. pending: an alarm that follows the words that caused it. before: whether
    the danger question waited, and silence counted, before this message was heard. open: number of the question that
    was open when the turn began. burst: the last message is only a moment ago.
    """

    scripts: ScriptSet
    session: Session
    now: datetime
    effects: list[Outcome] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    asked: bool = False
    ticks: bool = False
    settle: bool = False
    push: str | None = None
    joins: bool = False
    pending: Alarm | None = None
    before: tuple[bool, bool] = (False, False)
    open: int = field(init=False)
    burst: bool = field(init=False)

    def __post_init__(self) -> None:
        """What the turn begins with."""
        self.open = self.session.shown
        self.burst = timedelta(0) <= self.now - self.session.last_at < BURST

    @property
    def lexicon(self) -> Lexicon:
        """The word tables of the set."""
        return lexicon(self.scripts)

    @property
    def top(self) -> Frame | None:
        """The script that speaks, or None."""
        return self.session.stack[-1] if self.session.stack else None

    def set(self, **changes: Any) -> None:
        """Change the session."""
        self.session = replace(self.session, **changes)

    def set_top(self, **changes: Any) -> None:
        """Change the topmost frame."""
        stack = self.session.stack
        self.set(stack=(*stack[:-1], replace(stack[-1], **changes)))

    def script(self, frame: Frame) -> Script:
        """The script of a frame."""
        return self.scripts.scripts[frame.script]

    def step(self, frame: Frame) -> Step | None:
        """The step at which a frame stands; None past its end."""
        return next((step for step in self.script(frame).steps if step.id == frame.at), None)

    def message(self, key: str) -> str:
        """A sentence of the engine's own; empty if the set lacks it."""
        return self.scripts.messages.get(key, "")

    def say(self, text: str, *, urgent: bool = False) -> None:
        """Something to be said in this turn; nothing is said twice."""
        piece = Piece(text.strip(), urgent)
        if piece.text and piece not in self.pieces:
            self.pieces.append(piece)

    def say_key(self, key: str, *, urgent: bool = False, **values: str) -> None:
        """One of the engine's own sentences."""
        text = self.message(key)
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        self.say(text, urgent=urgent)

    def cause(self, effect: Outcome) -> None:
        """Something to be carried out."""
        self.effects.append(effect)

    def keep(
        self,
        name: str,
        kind: Kind,
        status: Status,
        value: tuple[str, ...],
        words: str | None,
        label: str,
        shown: tuple[str, ...] = (),
        extra: dict[str, str] | None = None,
        media: str | None = None,
    ) -> None:
        """Keep an answer; where its draft was sent already, it joins the case."""
        self.cause(Keep(name, kind, status, value, words, label, shown, extra or {}, media))
        top = self.top
        consulting = kind is Kind.TEXT and top is not None and top.script == self.session.consulting
        self.joins = self.joins or self.session.draft_sent or consulting
        self.set(draft=True)
        self.raise_alarm()

    def raise_alarm(self) -> None:
        """Let an alarm that waits for the words that caused it follow them."""
        if self.pending is not None:
            alarm, self.pending = self.pending, None
            self.alarm(alarm)

    def alarm(self, alarm: Alarm) -> None:
        """An alarm, once a turn; from now on the draft is sent."""
        if not any(isinstance(effect, Alarm) for effect in self.effects):
            self.cause(alarm)
        sent = "submit" if self.session.sent == "submit" else "alarm"
        self.set(sent=sent, content=(), check=self.session.check, quiet=False)

    def holds(self, what: str) -> None:
        """The unsent draft holds something that a human must see; what joins the case is no part of it."""
        if not self.joins and what not in self.session.content:
            self.set(content=(*self.session.content, what))

    def tell(self, name: str) -> None:
        """A field holds a text now, whether its question was asked or not."""
        values = {**self.session.values, name: ("ada",)}
        told = self.session.told if name in self.session.told else (*self.session.told, name)
        self.set(told=told, values=values)

    def remember(self, script: str, step: str) -> None:
        """A question was answered: KEMBALI leads back to it."""
        self.set(trail=(*self.session.trail, f"{script}.{step}")[-_LONGEST_TRAIL:])

    def label_of(self, name: str) -> str:
        """The label of a shared field, from the first script that asks it."""
        for script in self.scripts.scripts.values():
            for step in script.steps:
                if step.id == name and step.label is not None:
                    return step.label
        return self.message(name)

    def more(self) -> None:
        """Let what was kept join the case, unless a letter that carries everything follows it anyway."""
        if not self.joins:
            return
        last = max(at for at, effect in enumerate(self.effects) if isinstance(effect, Keep))
        if not any(isinstance(effect, Alarm | Submit) for effect in self.effects[last:]):
            self.effects.insert(last + 1, More())

    def sentence(self, say: Say | None, script: Script) -> str:
        """The text of a `say`, the variant that the `vary` answer picks."""
        if say is None:
            return ""
        if say.text is not None:
            return say.text
        vary = script.vary or ""
        value = next(iter(self.session.values.get(vary, ())), None)
        if value is None and vary not in self.session.fields and "belum" in say.variants:
            return say.variants["belum"]
        return say.variants.get(value or "lain", say.variants.get("lain", ""))


def field_name(script: str, step: Step) -> str:
    """What an answer is kept under: the labelled id, else "script.step"."""
    return step.id if step.label is not None else f"{script}.{step.id}"
