"""What every function of the desk is given: the connection of the turn, the time, keys, texts and the way out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.channels.delivery import BODY, TARGET
from bot.channels.outgoing import Outgoing, to_json
from bot.content.content import Content
from bot.content.policy import Policy
from handoff.texts import Texts
from storage import outbox
from storage.entropy import Entropy
from storage.keys import DeskKeys
from storage.outbox import Row
from storage.post import Post
from storage.vault import FieldBox, tag


@dataclass(frozen=True)
class Tools:
    """What the desk is built with, for as long as the process lives."""

    keys: DeskKeys
    content: Callable[[Connection], Content]
    post: Post
    entropy: Entropy
    zone: ZoneInfo
    group_id: int | None
    incarnation: bytes
    deaf: Callable[[], bool] = lambda: False

    def box(self, key: bytes) -> FieldBox:
        """A box for one of the desk's long-lived keys."""
        return FieldBox(key, self.keys.root_id, self.keys.deployment, self.entropy)

    @cached_property
    def staff_box(self) -> FieldBox:
        """Names of staff, and texts that wait for a case."""
        return self.box(self.keys.staff_enc)

    @cached_property
    def address_box(self) -> FieldBox:
        """Chats of staff and of the group."""
        return self.box(self.keys.addr_enc)

    @cached_property
    def outbox_box(self) -> FieldBox:
        """What is to be sent, and to which chat."""
        return self.box(self.keys.outbox)


@dataclass(frozen=True)
class Work:
    """One turn of the desk: everything it causes is written through `conn`."""

    conn: Connection
    now: datetime
    tools: Tools

    @cached_property
    def content(self) -> Content:
        """The published set that is live."""
        return self.tools.content(self.conn)

    @cached_property
    def policy(self) -> Policy:
        """The escalation policy that is live; a case keeps the one it came under."""
        return self.content.policy

    @cached_property
    def texts(self) -> Texts:
        """The sentences for staff."""
        return Texts(self.content.staff, self.tools.zone)

    def new_id(self) -> bytes:
        """A fresh id, 16 random bytes."""
        return self.tools.entropy(16)

    def index(self, purpose: str, *parts: bytes) -> bytes:
        """The keyed hash under which something is found again."""
        return tag(self.tools.keys.index, purpose, *parts)

    def letter(self, kind: str, **body: Any) -> None:
        """Writes to intake."""
        self.tools.post(self.conn, kind, body, self.now)

    def put(self, chat: int, person: bytes, kind: str, message: Outgoing, **how: Any) -> bytes:
        """Puts a message into the outbox and returns its row's id.

        `how`: `ref`, `priority` (2), `dedupe`, `expires` (a span from now), as in storage.outbox.
        """
        row_id = self.new_id()
        box = self.tools.outbox_box
        expires: timedelta | None = how.get("expires")
        row = Row(
            id=row_id,
            person=person,
            priority=how.get("priority", 2),
            kind=kind,
            ref=how.get("ref"),
            target=box.seal(TARGET, row_id, str(chat).encode()),
            body=box.seal(BODY, row_id, to_json(message)),
            due_at=self.now,
            expires_at=self.now + expires if expires else None,
            dedupe=how.get("dedupe"),
            created_at=self.now,
        )
        outbox.put(self.conn, row)
        return row_id


def dump(value: object) -> bytes:
    """A JSON value as bytes to be sealed; whatever a text holds survives."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def load(data: bytes) -> Any:
    """What `dump` took."""
    return json.loads(data.decode("utf-8", "surrogatepass"))
