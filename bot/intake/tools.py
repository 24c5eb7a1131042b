"""What every turn of intake needs at hand: keys as boxes, ids, the way to write letters. No clock, no settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.channels.delivery import BODY, TARGET
from bot.channels.outgoing import Outgoing, to_json
from storage import vault
from storage.entropy import Entropy
from storage.intake_tables import SEALED_ADDRESS, SEALED_TRACE
from storage.keys import IntakeKeys
from storage.outbox import Row
from storage.vault import FieldBox

Post = Callable[[Connection, str, dict[str, Any], datetime], bytes]
"""Writes a letter to the desk in the caller's transaction: (connection, kind, body, now) → letter id."""


@dataclass(frozen=True)
class Tools:
    """Keys and helpers of the intake actor; shows nothing when printed."""

    keys: IntakeKeys = field(repr=False)
    entropy: Entropy = field(repr=False)
    zone: ZoneInfo
    post: Post = field(repr=False)
    addresses: FieldBox = field(repr=False)
    sessions: FieldBox = field(repr=False)
    outbox: FieldBox = field(repr=False)

    @classmethod
    def of(cls, keys: IntakeKeys, entropy: Entropy, zone: ZoneInfo, post: Post) -> "Tools":
        """Tools made from the actor's keys."""
        boxes = (
            FieldBox(key, keys.root_id, keys.deployment, entropy)
            for key in (keys.addr_enc, keys.session_enc, keys.outbox)
        )
        return cls(keys, entropy, zone, post, *boxes)

    def new_id(self) -> bytes:
        """16 random bytes."""
        return self.entropy(16)

    def tag(self, channel: str, chat: int) -> bytes:
        """The keyed hash under which a chat is found."""
        return vault.tag(self.keys.addr_idx, "address", channel.encode(), str(chat).encode())

    def received(self, received: str) -> bytes:
        """The keyed hash under which something received is remembered."""
        return vault.tag(self.keys.dedupe, "received", received.encode())

    def seal_chat(self, address_id: bytes, chat: int) -> bytes:
        """A chat id for the address table."""
        return self.addresses.seal(SEALED_ADDRESS, address_id, str(chat).encode())

    def chat(self, address_id: bytes, sealed: bytes) -> int:
        """The chat id of an address."""
        return int(self.addresses.open(SEALED_ADDRESS, address_id, sealed))

    def seal_message_id(self, trace_id: bytes, message_id: int, thread_id: bytes | None = None) -> bytes:
        """A message id for the trace table; with the thread, if an officer's message is about one."""
        about = f" {thread_id.hex()}" if thread_id else ""
        return self.sessions.seal(SEALED_TRACE, trace_id, f"{message_id}{about}".encode())

    def trace(self, trace_id: bytes, sealed: bytes) -> tuple[int, bytes | None]:
        """The message id of a trace, and the thread whose officer wrote it."""
        number, _, thread = self.sessions.open(SEALED_TRACE, trace_id, sealed).decode().partition(" ")
        return int(number), bytes.fromhex(thread) or None

    def message_id(self, trace_id: bytes, sealed: bytes) -> int:
        """The message id of a trace."""
        return self.trace(trace_id, sealed)[0]

    def row(self, person: bytes, chat: int, what: Outgoing, now: datetime, **fields: Any) -> Row:
        """An outbox row; `fields` are Row's own, by default a reply (priority 2) due now."""
        row_id = self.new_id()
        defaults: dict[str, Any] = {"priority": 2, "kind": "say", "due_at": now, "created_at": now}
        return Row(
            id=row_id,
            person=person,
            target=self.outbox.seal(TARGET, row_id, str(chat).encode()),
            body=self.outbox.seal(BODY, row_id, to_json(what)),
            **(defaults | fields),
        )
