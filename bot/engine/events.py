"""What can happen to a conversation: frozen values, one sentence each saying when they occur."""

from dataclasses import dataclass
from typing import Literal

MediaKind = Literal["voice", "audio", "photo", "video", "document"]


@dataclass(frozen=True, slots=True)
class Said:
    """The person wrote a message. `to_officer`: an officer's message was the last thing said to them."""

    text: str
    to_officer: bool = False


@dataclass(frozen=True, slots=True)
class Chose:
    """The person pressed a button; `shown` is `Session.shown` as it stood when that message was sent."""

    shown: int
    choice: str


@dataclass(frozen=True, slots=True)
class SentMedia:
    """The person sent a recording, picture, film or file; `media` is our own id for it."""

    media: str
    kind: MediaKind
    caption: str = ""


@dataclass(frozen=True, slots=True)
class SentPlace:
    """The person shared a location, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class SentContact:
    """The person sent a contact card; it counts only where a telephone number is being asked for."""

    phone: str


@dataclass(frozen=True, slots=True)
class SentOther:
    """The person sent something that holds no words for us: a sticker, a dice, a poll; `kind` is its name."""

    kind: str


@dataclass(frozen=True, slots=True)
class Edited:
    """The person changed an earlier message; `text` is what it says now."""

    text: str


@dataclass(frozen=True, slots=True)
class CodeTried:
    """The person typed a receipt code where one was asked for, and the intake looked it up."""

    ok: bool


@dataclass(frozen=True, slots=True)
class Waited:
    """A due time (`Turn.wake_at`) has come. Too early or too late does no harm."""


Event = Said | Chose | SentMedia | SentPlace | SentContact | SentOther | Edited | CodeTried | Waited
