"""What a published set of flow scripts is once it has been read and checked: values only, built by `bot.content`.

FLOWS.md is the language; every name here is a keyword of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal


class Effect(StrEnum):
    """What a choice, or a step that asks nothing, may cause."""

    ALARM = "alarm"
    SUBMIT = "submit"
    CONSULT = "consult"
    ERASE = "erase"
    RECEIPT = "receipt"
    CLEAR = "clear"
    KEEP = "keep"
    DROP = "drop"


class Kind(StrEnum):
    """The kinds of question."""

    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    PLACE = "place"
    DATE = "date"
    AGE = "age"
    PHONE = "phone"
    CODE = "code"
    SECRET = "secret"  # noqa: S105 - a kind of question, not a secret
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence: one `text`, or `variants` by the answer to the `vary` question ("lain" always, "belum" maybe)."""

    text: str | None = None
    variants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Where `goto` leads. "step": `script` None = this script; `step` None = its begin, or its place if it is open."""

    kind: Literal["step", "back", "stop"]
    script: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a closed list; without `label` it is not shown, only met by its words."""

    id: str
    label: str | None = None
    words: tuple[str, ...] = ()
    say: Say | None = None
    do: Effect | None = None
    goto: Target | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """Said once after that much silence at the question."""

    after: timedelta
    say: Say


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a script: a sentence, an effect or a question. `when`: every field must have one of the values."""

    id: str
    label: str | None = None
    say: Say | None = None
    ask: Kind | None = None
    choices: tuple[Choice, ...] = ()
    doors: bool = False
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    do: Effect | None = None
    goto: Target | None = None
    silent: Silent | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """One file of `flows/`. `door`: place on the first screen. `vary`: the question whose answer picks sentences."""

    id: str
    label: str
    door: int | None = None
    words: tuple[str, ...] = ()
    vary: str | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """`flows/words.yaml`: control words, synonyms by choice id, greetings, danger by tier, unneutral words, thanks."""

    control: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    greetings: tuple[str, ...] = ()
    danger: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    neutral_forbidden: tuple[str, ...] = ()
    thanks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One kecamatan with its kelurahan; `words` are other spellings of the kecamatan that people type."""

    kecamatan: str
    words: tuple[str, ...]
    kelurahan: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScriptSet:
    """Everything the engine reads. `messages` and `push` are key → Indonesian text (`flows/messages/`).

    `memo` holds tables compiled from this very object the first time they are needed; it is no part of its value.
    """

    hash: str
    scripts: Mapping[str, Script]
    words: Words
    messages: Mapping[str, str]
    push: Mapping[str, str]
    places: tuple[Place, ...] = ()
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
