"""What a turn causes: frozen values, in the order in which they must be carried out."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Literal

from bot.engine.script import Kind

Status = Literal["nilai", "tidak_tahu", "dilewati"]
AlarmReason = Literal["pintu", "kata", "diam"]
Tier = Literal["self", "strong", "weak"]


@dataclass(frozen=True, slots=True)
class Button:
    """One choice as it is shown. `number` is what the person may type instead, None where there is none (Selesai).

    `chosen`: already ticked in a several-choice question. `choice` goes back in `Chose`; it has at most 40 characters.
    """

    label: str
    choice: str
    number: int | None = None
    chosen: bool = False

    @property
    def face(self) -> str:
        """The label with its number and tick, for channels that show both."""
        tick = "✓ " if self.chosen else ""
        return f"{tick}{self.label}" if self.number is None else f"{tick}{self.number} {self.label}"


@dataclass(frozen=True, slots=True)
class Show:
    """One finished message, at most 1,400 characters.

    `text` is Indonesian with `*bold*` as its only markup; {kanal} {tunggu} {status} {layanan.KEY} still stand in it.
    `settle`: an acknowledgement inside a several-message answer, or a question that is only repeated; of a burst
    only the last needs sending. A question that is new never settles.
    `urgent`: the sentence of an alarm; it goes out first.
    `push`: said unasked; the key in messages/push.yaml of what is sent instead where content may not go out.
    `question`: "script.step" if this message asks.
    `again`: the same buttons with other ticks; it may replace the message that was pressed.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    settle: bool = False
    urgent: bool = False
    push: str | None = None
    question: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """An answer to seal. `field` is the labelled id or "script.step"; `words` the person's own words (a button: None).

    `label` and `shown` are the Indonesian labels of question and choices as shown now. `extra` may hold "tanggal"
    (ISO date), "ketelitian" (hari minggu bulan tahun), "lat", "lon", "ubahan" ("ya": an edited message).
    """

    field: str
    kind: Kind
    status: Status
    value: tuple[str, ...]
    words: str | None
    label: str
    shown: tuple[str, ...] = ()
    extra: Mapping[str, str] = default(default_factory=dict)
    media: str | None = None


@dataclass(frozen=True, slots=True)
class KeepMedia:
    """A recording or picture is part of the report: fetch and seal it."""

    media: str
    field: str


@dataclass(frozen=True, slots=True)
class DropMedia:
    """A picture that waited is not kept: forget even its file id."""

    media: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A case and pages now, with what is there. `tier` is the danger tier behind it, None for the door."""

    reason: AlarmReason
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Submit:
    """What is there goes to the desk; `unfinished` if the person fell silent before sending it."""

    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Consult:
    """A case of kind "ingin bicara" with the text answers so far; everything else of the draft stays unsent."""


@dataclass(frozen=True, slots=True)
class More:
    """The answers kept in this turn join the open case."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A note for the desk: silence in an emergency, or the wish to erase what a case already holds."""

    what: Literal["diam", "hapus"]


@dataclass(frozen=True, slots=True)
class Erase:
    """Every answer that was not sent is deleted; what a letter already lists stays with its case."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Make the code if there is none, and show it."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Delete this chat's messages as far as the platform allows."""


@dataclass(frozen=True, slots=True)
class SetSecret:
    """The kata rahasia; kept at intake as a keyed hash, never sent."""

    word: str


@dataclass(frozen=True, slots=True)
class Renew:
    """A new report begins: a new thread; the effects after this one belong to it."""


@dataclass(frozen=True, slots=True)
class ToHuman:
    """The engine cannot go on by itself; the draft is kept, a human is needed. `reason` names what, never content."""

    reason: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that may be called: digits, maybe a leading +. It goes by a letter of its own to one claimant."""

    number: str


Outcome = (
    Show
    | Keep
    | KeepMedia
    | DropMedia
    | Alarm
    | Submit
    | Consult
    | More
    | Flag
    | Erase
    | Receipt
    | Clear
    | SetSecret
    | Renew
    | ToHuman
    | Phone
)
