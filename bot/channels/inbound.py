"""What came in from a chat, reduced to what a turn needs: no name, user name or forward origin is ever in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Bot = Literal["intake", "desk"]
Kind = Literal[
    "text",
    "button",
    "edit",
    "voice",
    "photo",
    "video",
    "audio",
    "document",
    "location",
    "contact",
    "joined",
    "left",
    "migrated",
    "blocked",
    "unblocked",
    "service",
    "other",
]
MediaKind = Literal["voice", "photo", "video", "audio", "document"]
MEDIA: dict[str, MediaKind] = {
    "voice": "voice",
    "photo": "photo",
    "video": "video",
    "audio": "audio",
    "document": "document",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file at the platform: its handle there, its size in bytes (0: not said), type and length in seconds."""

    file_id: str
    size: int = 0
    mime: str = ""
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One thing that happened in a chat.

    `received` names it for ever (kind, chat, message, edit date; or the callback's id), so that a second delivery
    can be told. `chat`, `sender`, `phone`, `text` and `file` are identities or content: they may be sealed or acted
    on, never logged. `at` is the platform's own time. "service": the platform tells of the chat itself, nobody spoke;
    "other": somebody sent what cannot be read here.
    """

    bot: Bot
    received: str
    chat: int
    kind: Kind
    at: datetime
    chat_kind: Literal["private", "group"] = "private"
    sender: int | None = None
    anonymous_admin: bool = False
    message_id: int | None = None
    text: str = ""
    data: str = ""
    callback: str = ""
    reply_to: int | None = None
    file: File | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""
    album: str | None = None
    migrated_to: int | None = None
    other: str = ""

    def __repr__(self) -> str:
        return f"Inbound({self.bot}, {self.kind}, {self.chat_kind})"
