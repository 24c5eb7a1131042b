"""The desk's own tables: staff, cases and their pages, clocks, closing, what stands in chats, audit, facts.

Nothing here says who reported. What was reported, names, addresses and summaries are sealed; each sealed column is
declared once, beside its table. Two rules hold in the database itself: a case that is not closed has a due time, and a
case that nobody has taken has no owner.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from storage.shared_tables import DeskTable, table_of
from storage.vault import Column

ROLES: Final = ("caseworker", "counsellor", "coordinator", "head", "admin")
KINDS: Final = ("laporan", "ingin_bicara", "teknis")
STATES: Final = ("new", "claimed", "in_progress", "referred", "monitoring", "closed")
LEVELS: Final = ("darurat", "tinggi", "sedang", "rendah")
"""Urgencies, the most urgent first."""


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


# --- who works here ---------------------------------------------------------------------------------------------------


class Staff(DeskTable, table=True):
    """People of the office who joined with a code."""

    __tablename__ = "staff"
    __table_args__ = (_one_of("role", ROLES),)

    id: bytes = Field(primary_key=True)
    person: bytes = Field(unique=True)  # keyed hash of the Telegram id: a sender is looked up by it
    name: bytes
    address: bytes
    role: str = Field(max_length=16)
    active: bool
    blocked_at: datetime | None = None  # when the desk bot could not reach this person any more
    joined_at: datetime


class Invite(DeskTable, table=True):
    """Codes for joining, or for binding the group; kept as keyed hashes, used once."""

    __tablename__ = "invite"
    __table_args__ = (_one_of("what", ("staff", "group")),)

    code: bytes = Field(primary_key=True)
    what: str = Field(max_length=8)
    name: bytes | None = None
    role: str | None = Field(default=None, max_length=16)
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Group(DeskTable, table=True):
    """Groups that were bound; one is live."""

    __tablename__ = "staff_group"
    __table_args__ = (
        Index("ux_staff_group_live", "live", unique=True, sqlite_where=text("live"), postgresql_where=text("live")),
    )

    id: bytes = Field(primary_key=True)
    chat: bytes = Field(index=True)  # keyed hash
    address: bytes
    live: bool
    bound_at: datetime


# --- cases ------------------------------------------------------------------------------------------------------------


class Case(DeskTable, table=True):
    """One case. `next_due_at` is its one clock."""

    __tablename__ = "case_file"
    __table_args__: Any = (
        UniqueConstraint("series", "number"),
        _one_of("kind", KINDS),
        _one_of("state", STATES),
        _one_of("urgency", LEVELS),
        CheckConstraint("(state = 'closed') = (next_due_at IS NULL)", name="clock"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("state = 'closed' OR (state = 'new') = (owner IS NULL)", name="owner"),
        CheckConstraint("number > 0", name="number"),
    )

    id: bytes = Field(primary_key=True)
    series: str = Field(max_length=1)  # K, or T for teknis
    number: int
    kind: str = Field(max_length=16)
    state: str = Field(max_length=16)
    urgency: str = Field(max_length=8)
    owner: bytes | None = Field(default=None, foreign_key="staff.id", index=True)
    thread: bytes | None = Field(default=None, unique=True)  # keyed hash of intake's thread, or of a kind of trouble
    about: bytes  # sealed JSON: intake's thread, how it may be answered, where, why this urgent
    policy: str = Field(sa_type=Text)  # the escalation policy as it was when the case came: JSON
    version: int  # raised by every change that sets the clock anew
    step: int  # the next rung of the ladder that is being climbed
    anchor_at: datetime  # from here the ladder's times are counted
    next_due_at: datetime | None = Field(default=None, index=True)
    net_at: datetime | None = None  # when the net last paged for it
    opened_at: datetime
    claimed_at: datetime | None = None
    viewed_at: datetime | None = None  # first "Buka" of the present owner
    contact_at: datetime | None = None  # first reply or logged act of anybody
    closed_at: datetime | None = None
    outcome: str | None = Field(default=None, max_length=24)
    closings: int = 0  # how often it was closed


class CaseKey(DeskTable, table=True):
    """The key of a case, wrapped under an epoch. Without this row the case cannot be read."""

    __tablename__ = "case_key"

    case_id: bytes = Field(primary_key=True, foreign_key="case_file.id")
    epoch: str = Field(max_length=16)
    wrapped: bytes


class Page(DeskTable, table=True):
    """What belongs to a case, in order of arrival; never changed afterwards (but a telephone number, once shown)."""

    __tablename__ = "page"
    __table_args__ = (
        UniqueConstraint("case_id", "answer"),
        _one_of("kind", ("answer", "note", "reply", "event", "phone", "closing")),
    )

    case_id: bytes = Field(primary_key=True, foreign_key="case_file.id")
    n: int = Field(primary_key=True)
    kind: str = Field(max_length=8)
    at: datetime
    author: bytes | None = Field(default=None, foreign_key="staff.id")
    answer: bytes | None = None  # keyed hash of intake's id of the answer: the same one never stands here twice
    body: bytes


class Blob(DeskTable, table=True):
    """A file of a case. Its key, hash and type are sealed under the case's key."""

    __tablename__ = "blob"

    id: bytes = Field(primary_key=True)  # keyed hash of intake's id: no id stands in the clear on both sides
    case_id: bytes = Field(foreign_key="case_file.id", index=True)
    kind: str = Field(max_length=16)
    parts: int
    size: int
    seconds: int
    about: bytes


class BlobPart(DeskTable, table=True):
    """A part of a file, sealed anew: what stands here is not what stands at intake."""

    __tablename__ = "blob_part"

    blob_id: bytes = Field(primary_key=True, foreign_key="blob.id")
    part: int = Field(primary_key=True)
    sealed: bytes


class Party(DeskTable, table=True):
    """A child or an accused person of a case, as the official records count them; a case may have several of both."""

    __tablename__ = "party"
    __table_args__ = (_one_of("role", ("child", "accused")),)

    case_id: bytes = Field(primary_key=True, foreign_key="case_file.id")
    role: str = Field(primary_key=True, max_length=8)
    n: int = Field(primary_key=True)
    body: bytes  # sealed JSON: field to {status, value, code}


class Alias(DeskTable, table=True):
    """The name under which a reporter knows an officer: one per officer and case, never given to another one."""

    __tablename__ = "alias"
    __table_args__ = (UniqueConstraint("case_id", "alias"),)

    case_id: bytes = Field(primary_key=True, foreign_key="case_file.id")
    staff_id: bytes = Field(primary_key=True, foreign_key="staff.id")
    alias: str = Field(max_length=32)


class Relay(DeskTable, table=True):
    """A message from an officer to a reporter, on its way."""

    __tablename__ = "relay"
    __table_args__ = (
        _one_of("state", ("waiting", "cancelled", "handed_over", "sent", "shown", "held", "blocked", "failed")),
    )

    id: bytes = Field(primary_key=True)
    case_id: bytes = Field(foreign_key="case_file.id", index=True)
    staff_id: bytes = Field(foreign_key="staff.id")
    alias: str = Field(max_length=32)
    body: bytes
    state: str = Field(max_length=16)
    send_at: datetime
    message_id: int | None = Field(default=None, sa_type=BigInteger)  # the private message that shows its state
    made_at: datetime


class Closing(DeskTable, table=True):
    """A request to close that waits for a second person."""

    __tablename__ = "closing"

    case_id: bytes = Field(primary_key=True, foreign_key="case_file.id")
    outcome: str = Field(max_length=24)
    summary: bytes
    asked_by: bytes = Field(foreign_key="staff.id")
    asked_at: datetime


class Task(DeskTable, table=True):
    """Something a human must do about a case, open or closed; it has a due time until it is done."""

    __tablename__ = "task"
    __table_args__ = (CheckConstraint("(done_at IS NULL) = (next_due_at IS NOT NULL)", name="clock"),)

    id: bytes = Field(primary_key=True)
    case_id: bytes = Field(foreign_key="case_file.id", index=True)
    what: str = Field(max_length=16)
    owner: bytes | None = Field(default=None, foreign_key="staff.id")
    opened_at: datetime
    next_due_at: datetime | None = Field(default=None, index=True)
    done_at: datetime | None = None


# --- clocks -----------------------------------------------------------------------------------------------------------


class Firing(DeskTable, table=True):
    """Rungs that fired, each once for one version of a case; `skipped` counts those below it that were passed over."""

    __tablename__ = "firing"

    case_id: bytes = Field(primary_key=True, foreign_key="case_file.id")
    version: int = Field(primary_key=True)
    step: int = Field(primary_key=True)
    rung: str = Field(max_length=32)
    skipped: int
    at: datetime


# --- what stands in chats ---------------------------------------------------------------------------------------------


class Card(DeskTable, table=True):
    """The one live card of a case in the group. Without `message_id` it is on its way."""

    __tablename__ = "card"

    case_id: bytes = Field(primary_key=True, foreign_key="case_file.id")
    group_id: bytes
    row: bytes  # the outbox row that carries it: an older one does not become the live card
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    stale: bool = False  # it changed while on its way


class Said(DeskTable, table=True):
    """Which case a message in somebody's private chat is about, so that a reply finds it; and when it is swept away."""

    __tablename__ = "said"

    staff_id: bytes = Field(primary_key=True, foreign_key="staff.id")
    message_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    case_id: bytes = Field(foreign_key="case_file.id")
    from_reporter: bool  # it shows the reporter's words: a reply to it goes to the reporter
    sweep_at: datetime | None = Field(default=None, index=True)


class Button(DeskTable, table=True):
    """What a button does. The chat carries only the token."""

    __tablename__ = "button"

    token: str = Field(primary_key=True, max_length=32)
    verb: str = Field(max_length=24)
    case_id: bytes | None = Field(default=None, foreign_key="case_file.id")
    staff_id: bytes | None = Field(default=None, foreign_key="staff.id")  # None: anybody of the staff may press it
    arg: str = Field(max_length=64)
    made_at: datetime = Field(index=True)


class Dialogue(DeskTable, table=True):
    """What the desk bot is waiting for from somebody: the next text is meant for this."""

    __tablename__ = "dialogue"

    staff_id: bytes = Field(primary_key=True, foreign_key="staff.id")
    verb: str = Field(max_length=24)
    case_id: bytes | None = Field(default=None, foreign_key="case_file.id")
    arg: str = Field(max_length=64)
    held: bytes | None = None  # sealed text that waits for the answer "which case?"
    until: datetime


# --- proof and counts -------------------------------------------------------------------------------------------------


class Audit(DeskTable, table=True):
    """Every view and change, each row carrying the hash of the one before."""

    __tablename__ = "audit"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    prev: bytes
    hash: bytes
    actor: str = Field(max_length=40)
    verb: str = Field(max_length=32)
    case_id: bytes | None = None
    at: datetime


class Fact(DeskTable, table=True):
    """What remains of a closed case for counting: nothing that leads back to it."""

    __tablename__ = "fact"

    id: bytes = Field(primary_key=True)
    month: str = Field(max_length=7)
    kind: str = Field(max_length=16)
    urgency: str = Field(max_length=8)
    kecamatan: str = Field(max_length=64)
    outcome: str = Field(max_length=24)
    role: str = Field(max_length=32)
    children: str = Field(sa_type=Text)  # JSON: [{umur, kelamin, khusus}]
    accused: str = Field(sa_type=Text)  # JSON: [{orangnya}]
    kinds: str = Field(sa_type=Text)  # JSON: record codes
    hours: int  # from opening to closing
    again: bool  # the case was closed before: counts of cases leave this row out


class Counter(DeskTable, table=True):
    """Last numbers given out: of cases by series, and of the audit log. The row is locked while one is taken."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True, max_length=16)
    value: int


STAFF: Final = table_of(Staff)
INVITE: Final = table_of(Invite)
GROUP: Final = table_of(Group)
CASE: Final = table_of(Case)
CASE_KEY: Final = table_of(CaseKey)
PAGE: Final = table_of(Page)
BLOB: Final = table_of(Blob)
BLOB_PART: Final = table_of(BlobPart)
PARTY: Final = table_of(Party)
ALIAS: Final = table_of(Alias)
RELAY: Final = table_of(Relay)
CLOSING: Final = table_of(Closing)
TASK: Final = table_of(Task)
FIRING: Final = table_of(Firing)
CARD: Final = table_of(Card)
SAID: Final = table_of(Said)
BUTTON: Final = table_of(Button)
DIALOGUE: Final = table_of(Dialogue)
AUDIT: Final = table_of(Audit)
FACT: Final = table_of(Fact)
COUNTER: Final = table_of(Counter)

STAFF_NAME: Final = Column("staff", "name")
STAFF_ADDRESS: Final = Column("staff", "address")
INVITE_NAME: Final = Column("invite", "name")
GROUP_ADDRESS: Final = Column("staff_group", "address")
DIALOGUE_HELD: Final = Column("dialogue", "held")
# Under the case's key:
CASE_ABOUT: Final = Column("case_file", "about")
PAGE_BODY: Final = Column("page", "body")
BLOB_ABOUT: Final = Column("blob", "about")
PARTY_BODY: Final = Column("party", "body")
RELAY_BODY: Final = Column("relay", "body")
CLOSING_SUMMARY: Final = Column("closing", "summary")
