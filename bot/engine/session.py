"""Where a conversation stands: a small frozen value that goes to JSON and back, and never holds a person's words."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal, Self

from bot.engine.effects import Status, Tier

Sent = Literal["no", "alarm", "consult", "submit"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One open script. `at` is the step it stands at (None = past the last); what follows lives for one run of it.

    `done`: steps said, carried out or answered. `values`: answers to unlabelled questions. `reask`: the step at `at` is
    asked although it was answered. `until`: the review step this run is on its way back to after a reopened answer.
    """

    script: str
    at: str | None
    done: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reask: bool = False
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation. Times are aware and UTC; mappings are never changed in place.

    shown: number of the open question, raised each time another one opens. stack: open scripts, topmost last.
    fields: labelled questions answered, by status. values: closed values that `when` may test (they die after an hour).
    told: fields that hold a text, also if their question is still ahead. content: what the unsent draft holds that a
    human must see (cerita, suara, tempat). draft: something was kept. pintu: scripts opened. kata: highest danger tier
    found. alarmed: causes already alarmed. check: the danger question waits. quiet: silence counts as an alarm. calmed:
    when the danger question was answered with a word of danger behind it. watched: an alarm by word is unanswered, so
    silence is told to the desk.
    hushed, flagged: said, told once in this silence. waiting: pictures not yet asked about. trail: answered questions,
    for KEMBALI. picked: ticks of a several-choice question. unclear: how often running the answer was not understood.
    consulting: the script that asked for a human. moved: another set came in between, so the question is shown anew.
    """

    set_hash: str
    last_at: datetime
    shown: int = 0
    stack: tuple[Frame, ...] = ()
    fields: Mapping[str, Status] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    draft: bool = False
    pintu: tuple[str, ...] = ()
    kata: Tier | None = None
    alarmed: tuple[str, ...] = ()
    sent: Sent = "no"
    balas: str | None = None
    sapaan: str | None = None
    greeted: bool = False
    paused: bool = False
    moved: bool = False
    finished: bool = False
    check: bool = False
    quiet: bool = False
    calmed: datetime | None = None
    watched: bool = False
    hushed: bool = False
    flagged: bool = False
    waiting: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    unclear: int = 0
    consulting: str | None = None

    @property
    def has_content(self) -> bool:
        """Whether the unsent draft holds a story, a recording or a place."""
        return bool(self.content)

    @property
    def draft_sent(self) -> bool:
        """Whether the draft went to the desk: from then on every further answer joins the case at once."""
        return self.sent in {"alarm", "submit"}

    @property
    def idle(self) -> bool:
        """Whether no script is open: the intake may give such a session the live set without anything being lost."""
        return not self.stack

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; whatever stands at its default is left out."""
        out: dict[str, Any] = {}
        for spec in fields(self):
            value = getattr(self, spec.name)
            if value == (spec.default if spec.default_factory is MISSING else spec.default_factory()):
                continue
            out[spec.name] = _WRITERS.get(spec.name, _plain)(value)
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The session that `to_json` wrote; unknown names are ignored. Raises TypeError without set or time."""
        known = {spec.name for spec in fields(cls)}
        return cls(**{name: _READERS.get(name, _same)(value) for name, value in data.items() if name in known})


def new(set_hash: str, now: datetime) -> Session:
    """A conversation in which nothing was said yet."""
    return Session(set_hash=set_hash, last_at=now.astimezone(UTC))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _same(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _write_map(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(entry) for name, entry in value.items()}


def _read_map(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _same(entry) for name, entry in value.items()}


def _write_frame(frame: Frame) -> dict[str, Any]:
    out: dict[str, Any] = {"script": frame.script, "at": frame.at}
    if frame.done:
        out["done"] = list(frame.done)
    if frame.values:
        out["values"] = _write_map(frame.values)
    if frame.reask:
        out["reask"] = True
    if frame.until:
        out["until"] = frame.until
    return out


def _read_frame(data: Mapping[str, Any]) -> Frame:
    return Frame(
        script=data["script"],
        at=data["at"],
        done=tuple(data.get("done", ())),
        values=_read_map(data.get("values", {})),
        reask=bool(data.get("reask", False)),
        until=data.get("until"),
    )


_WRITERS: Mapping[str, Any] = {
    "stack": lambda frames: [_write_frame(frame) for frame in frames],
    "fields": _write_map,
    "values": _write_map,
    "last_at": lambda moment: moment.isoformat(),
    "calmed": lambda moment: moment.isoformat(),
}
_READERS: Mapping[str, Any] = {
    "stack": lambda frames: tuple(_read_frame(frame) for frame in frames),
    "fields": _read_map,
    "values": _read_map,
    "last_at": datetime.fromisoformat,
    "calmed": datetime.fromisoformat,
}
