"""What the double remembers: people, bots, chats, messages, files. Values only; `world` moves them."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

# https://core.telegram.org/bots/api#user: the user under whom anonymous group admins appear.
ANONYMOUS_ADMIN_ID = 1087968824


@dataclass(eq=False, kw_only=True)
class Person:
    """Somebody with a phone. `deactivated` accounts take no messages."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    phone: str | None = None
    language_code: str | None = "id"
    deactivated: bool = False


@dataclass(eq=False, kw_only=True)
class Webhook:
    """Where a bot wants its updates posted, and how the last post went."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    ip_address: str | None = None
    last_error_date: int | None = None
    last_error_message: str | None = None


@dataclass(eq=False, kw_only=True)
class Update:
    """One update in a bot's queue. `once` marks one that is handed out whatever the offset says, a single time."""

    id: int
    kind: str
    payload: Any
    at: float
    raw: bool = False
    once: bool = False


@dataclass(eq=False, kw_only=True)
class Bot:
    """A bot and its queue. `privacy` is Telegram's privacy mode for groups, on by default."""

    id: int
    token: str
    username: str
    first_name: str
    revoked: bool = False
    privacy: bool = True
    held: bool = False
    duplicates: int = 0
    allowed_updates: list[str] | None = None
    webhook: Webhook | None = None
    next_update_id: int = 1
    queue: deque[Update] = field(default_factory=deque)
    delivered: deque[Update] = field(default_factory=lambda: deque(maxlen=1000))
    commands: dict[str, list[Json]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


User = Person | Bot


@dataclass(eq=False, kw_only=True)
class Member:
    """A user's standing in a group: creator, administrator, member, left or kicked."""

    user: User
    status: str = "member"
    rights: frozenset[str] = frozenset()
    anonymous: bool = False

    @property
    def inside(self) -> bool:
        return self.status in {"creator", "administrator", "member"}

    @property
    def admin(self) -> bool:
        return self.status in {"creator", "administrator"}

    def may(self, right: str) -> bool:
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)


@dataclass(eq=False, kw_only=True)
class Chat:
    """A private chat of one person with one bot, or a group. Message ids are unique in it and never used again."""

    id: int
    type: str
    title: str | None = None
    person: Person | None = None
    bot: Bot | None = None
    started: bool = False
    blocked: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    messages: "dict[int, Message]" = field(default_factory=dict)
    last_message_id: int = 0
    last_bot: int | None = None
    pinned: list[int] = field(default_factory=list)
    migrated_to: int | None = None

    @property
    def key(self) -> str:
        """The name the control side uses: `bot:person` for a private chat, the id for a group."""
        return f"{self.bot.id}:{self.person.id}" if self.bot and self.person else str(self.id)

    @property
    def private(self) -> bool:
        return self.type == "private"


@dataclass(eq=False, kw_only=True)
class Message:
    """One message. `body` holds the content fields in the Bot API's own shape, files under their unique id."""

    chat: Chat
    id: int
    at: float
    sender: User
    body: Json
    anonymous: bool = False
    service: bool = False
    reply_to: int | None = None
    markup: Json | None = None
    edited_at: float | None = None
    deleted_at: float | None = None
    silent: bool = False
    protected: bool = False
    history: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The text or caption, empty where there is none."""
        return str(self.body.get("text", self.body.get("caption", "")))

    @property
    def inline(self) -> list[list[Json]]:
        """The inline keyboard, row by row."""
        return list((self.markup or {}).get("inline_keyboard", []))


@dataclass(eq=False, kw_only=True)
class File:
    """A stored file. `data` is None where only its size is known (a file too big to fetch)."""

    uid: str
    kind: str
    size: int
    data: bytes | None
    name: str | None = None
    mime: str | None = None


@dataclass(eq=False, kw_only=True)
class Press:
    """A button press that waits for answerCallbackQuery."""

    id: str
    bot: Bot
    by: int
    message: Message
    data: str
    at: float
    answer: Json | None = None
