"""The intake's own tables: who can be reached, where a conversation stands, what is sealed for the desk.

Nothing here is a free answer in clear. Shared tables (letters, outbox, received …) stand in shared_tables.
"""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.shared_tables import IntakeTable, table_of
from storage.vault import Column

SEALED_ADDRESS = Column("address", "sealed")
SEALED_SESSION = Column("session", "sealed")
SEALED_MEDIA = Column("media", "sealed")
SEALED_TRACE = Column("trace", "sealed")
SEALED_RECEIPT = Column("thread", "receipt")
SEALED_GATE = Column("address", "gate")


class Address(IntakeTable, table=True):
    """One chat somebody writes from. `tag` is a keyed hash of channel and chat id, `sealed` the same to call back."""

    __tablename__ = "address"

    id: bytes = Field(primary_key=True)
    tag: bytes = Field(unique=True)
    channel: str
    sealed: bytes
    reachable: bool = True
    last_in: datetime
    secret: bytes | None = Field(default=None)
    """Keyed hash of the kata rahasia, if one was set."""
    gate: bytes | None = Field(default=None)
    """Sealed: the guarded word that waits for the kata rahasia."""
    tries: int = 0
    """Wrong receipts and words since `tries_since`."""
    tries_since: datetime | None = None


class Thread(IntakeTable, table=True):
    """One report as intake sees it: how far it got, and how its reporter may be answered."""

    __tablename__ = "thread"

    id: bytes = Field(primary_key=True)
    opened_at: datetime
    balas: str | None = None
    """May we answer: aman, pesan, jangan; None when it was not said."""
    sent: str = "no"
    """no, alarm, consult or submit: the furthest letter that went to the desk."""
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    read_by: datetime | None = None
    level: str | None = None
    alias: str | None = None
    claimed_at: datetime | None = None
    closed_at: datetime | None = None
    receipt_hash: bytes | None = Field(default=None, unique=True)
    receipt: bytes | None = Field(default=None)


class Link(IntakeTable, table=True):
    """Which addresses speak in which threads, and when each last did: many to many."""

    __tablename__ = "link"

    thread_id: bytes = Field(primary_key=True, foreign_key="thread.id")
    address_id: bytes = Field(primary_key=True, foreign_key="address.id")
    last_at: datetime


class SessionRow(IntakeTable, table=True):
    """Where the conversation at one address stands. `version` is what a turn compares before it writes."""

    __tablename__ = "session"
    __table_args__ = (Index(None, "wake_at"),)

    address_id: bytes = Field(primary_key=True, foreign_key="address.id")
    version: int
    thread_id: bytes
    sealed: bytes
    wake_at: datetime | None = None


class Answer(IntakeTable, table=True):
    """One answer, sealed to the desk in the turn in which it came. `letter_id`: the letter that lists it."""

    __tablename__ = "answer"
    __table_args__ = (Index(None, "thread_id"),)

    id: bytes = Field(primary_key=True)
    thread_id: bytes
    kind: str
    """The kind of question: a consultation carries only texts along."""
    n: int
    """Its place in the thread: the wall clock may be put back in the middle of a story."""
    wire: bytes
    created_at: datetime
    letter_id: bytes | None = Field(default=None)


class Media(IntakeTable, table=True):
    """A file somebody sent. `sealed` holds its handle at the platform and, once stored, key and hash.

    state: asked (waits for the answer to "Ada badan tanpa baju?"), fetch (to be downloaded), stored, failed.
    """

    __tablename__ = "media"
    __table_args__ = (Index(None, "state", "due_at"),)

    id: bytes = Field(primary_key=True)
    thread_id: bytes
    address_id: bytes
    kind: str
    field: str = ""
    state: str
    sealed: bytes
    attempts: int = 0
    due_at: datetime
    created_at: datetime
    letter_id: bytes | None = Field(default=None)


class Blob(IntakeTable, table=True):
    """One sealed part (1 MiB before sealing) of a stored file."""

    __tablename__ = "blob"

    media_id: bytes = Field(primary_key=True)
    part: int = Field(primary_key=True)
    sealed: bytes


class Trace(IntakeTable, table=True):
    """The id of a message in a chat, so that the chat can be cleared. `shown`: which question it asked, if one."""

    __tablename__ = "trace"
    __table_args__ = (Index(None, "address_id"),)

    id: bytes = Field(primary_key=True)
    address_id: bytes
    sealed: bytes
    shown: int | None = None
    at: datetime


class Notice(IntakeTable, table=True):
    """Something intake will say about a thread by itself: each step once."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("thread_id", "step"), Index(None, "due_at"))

    id: bytes = Field(primary_key=True)
    thread_id: bytes
    step: str
    due_at: datetime
    done_at: datetime | None = None


ADDRESSES = table_of(Address)
THREADS = table_of(Thread)
LINKS = table_of(Link)
SESSIONS = table_of(SessionRow)
ANSWERS = table_of(Answer)
MEDIA_FILES = table_of(Media)
BLOBS = table_of(Blob)
TRACES = table_of(Trace)
NOTICES = table_of(Notice)
