"""What both actors' stores have in common: the base classes of their tables, and the tables that each of them has.

Two MetaData, one per actor, because the stores are two databases that are never joined: `INTAKE` and `DESK`. A table of
one actor is a class with `IntakeTable` or `DeskTable` as base and `table=True`. Tables that both have are written once,
as a mixin, and made twice; their names and columns are the same, so one Core statement serves both stores: `LETTER`,
`OUTBOX` and the other constants at the end are for such statements, whichever store's connection runs them.

Ids that we mint are 16 random bytes. Times are aware and UTC: SQLModel stores them so and refuses naive ones.
"""

from datetime import datetime
from typing import Any, Final, Literal, cast

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import declared_attr, registry
from sqlmodel import Field, SQLModel

Actor = Literal["intake", "desk"]

# Every constraint has a name that both databases and the migrations agree on.
_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
INTAKE: Final = MetaData(naming_convention=_NAMES)
DESK: Final = MetaData(naming_convention=_NAMES)
# SQLite counts up only in a column declared INTEGER.
_COUNTER: Final[Any] = BigInteger().with_variant(Integer, "sqlite")
METADATA: Final[dict[Actor, MetaData]] = {"intake": INTAKE, "desk": DESK}


class IntakeTable(SQLModel, registry=registry(metadata=INTAKE)):
    """Base of every table in intake's store."""


class DeskTable(SQLModel, registry=registry(metadata=DESK)):
    """Base of every table in the desk's store."""


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a class with `table=True`, for statements on the turn path."""
    return cast(Table, cast(Any, model).__table__)


class LetterColumns(SQLModel):
    """Letters to the other actor, who reads this table and never writes to it."""

    id: bytes = Field(primary_key=True)
    stream: bytes  # one per incarnation of a writing process
    seq: int = Field(sa_type=BigInteger)  # from 1, without holes: given out in the transaction that writes the letter
    wire: bytes  # signed, sealed, padded: storage/letters.py
    created_at: datetime
    passed_at: datetime | None = None  # when the peer's watermark was first seen past it: eight days run from here

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        return (UniqueConstraint("stream", "seq"),)


class StreamColumns(SQLModel):
    """Streams that this actor has begun, with the last number given out; locked while a letter is written."""

    id: bytes = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    began_at: datetime


class AppliedColumns(SQLModel):
    """Letters from the other actor that were applied: written in the transaction that applies, kept for good."""

    letter_id: bytes = Field(primary_key=True)
    stream: bytes
    seq: int = Field(sa_type=BigInteger)
    applied_at: datetime

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        return (Index(None, "stream", "seq"),)


class WatermarkColumns(SQLModel):
    """How far the peer may think its letters safe with us, by stream: up to here all were applied."""

    stream: bytes = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)


class RefusedColumns(SQLModel):
    """Letters that could not be opened or applied; stream and number as the row claims them, unproved."""

    id: bytes = Field(primary_key=True)
    stream: bytes
    seq: int = Field(sa_type=BigInteger)
    at: datetime
    reason: str = Field(max_length=64)  # the type of the trouble, never its text


class ReceivedColumns(SQLModel):
    """What came in from a channel and was committed: a second delivery meets its row."""

    id: bytes = Field(primary_key=True)  # a keyed hash, never a chat's or message's own number
    at: datetime = Field(index=True)


class OutboxColumns(SQLModel):
    """What is due to be sent to somebody, and what became of it (storage/outbox.py)."""

    # The order of writing. The primary key is here and not on `id` because SQLite counts up only in a primary key.
    seq: int | None = Field(default=None, primary_key=True, sa_type=_COUNTER)
    id: bytes = Field(unique=True)
    person: bytes  # whose messages keep their order
    priority: int  # 0 darurat, 1 card or page, 2 reply, 3 digest
    kind: str = Field(max_length=32)  # the owner's own name of what this is
    ref: bytes | None = Field(default=None, index=True)  # the owner's row that it belongs to
    target: bytes | None = None  # sealed address
    body: bytes | None = None  # sealed message
    due_at: datetime
    expires_at: datetime | None = None
    attempts: int = 0
    state: str = Field(max_length=16)
    lease_until: datetime | None = None
    dedupe: str | None = Field(default=None, unique=True)
    created_at: datetime
    finished_at: datetime | None = None

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        unfinished = text("state IN ('waiting', 'sending')")
        return (
            CheckConstraint(
                "state IN ('waiting', 'sending', 'held', 'sent', 'delivered', 'blocked', 'failed', 'expired')",
                name="state",
            ),
            CheckConstraint("priority BETWEEN 0 AND 3", name="priority"),
            CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
            # Address and text are gone from the row as soon as nothing is left to send.
            CheckConstraint("(state IN ('waiting', 'sending', 'held')) = (body IS NOT NULL)", name="body_erased"),
            CheckConstraint("(body IS NULL) = (target IS NULL)", name="target_erased"),
            CheckConstraint("(body IS NULL) = (finished_at IS NOT NULL)", name="finished"),
            Index("ix_outbox_unfinished", "person", "seq", sqlite_where=unfinished, postgresql_where=unfinished),
            Index(None, "person", "finished_at"),  # what was said to somebody last
            Index("ix_outbox_due", "due_at", sqlite_where=unfinished, postgresql_where=unfinished),
            {"sqlite_autoincrement": True},
        )


class ContentSetColumns(SQLModel):
    """Published sets of scripts and texts, by the hash of their content. Exactly one is live."""

    hash: str = Field(primary_key=True, max_length=64)
    files: str = Field(sa_type=Text)  # JSON: relative file name to text
    published_at: datetime
    who: str = Field(max_length=200)
    why: str = Field(sa_type=Text)
    live: bool
    withdrawn_at: datetime | None = None

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        return (
            CheckConstraint("NOT (live AND withdrawn_at IS NOT NULL)", name="withdrawn"),
            Index("ux_content_set_live", "live", unique=True, sqlite_where=text("live"), postgresql_where=text("live")),
        )


class MetaColumns(SQLModel):
    """Single values of this store by name."""

    key: str = Field(primary_key=True, max_length=64)
    value: str = Field(sa_type=Text)


class IntakeLetter(LetterColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "letter"


class IntakeStream(StreamColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "stream"


class IntakeApplied(AppliedColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "applied"


class IntakeWatermark(WatermarkColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "watermark"


class IntakeRefused(RefusedColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "refused"


class IntakeReceived(ReceivedColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "received"


class IntakeOutbox(OutboxColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "outbox"


class IntakeContentSet(ContentSetColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "content_set"


class IntakeMeta(MetaColumns, IntakeTable, table=True):  # noqa: D101
    __tablename__ = "meta"


class DeskLetter(LetterColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "letter"


class DeskStream(StreamColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "stream"


class DeskApplied(AppliedColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "applied"


class DeskWatermark(WatermarkColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "watermark"


class DeskRefused(RefusedColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "refused"


class DeskReceived(ReceivedColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "received"


class DeskOutbox(OutboxColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "outbox"


class DeskContentSet(ContentSetColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "content_set"


class DeskMeta(MetaColumns, DeskTable, table=True):  # noqa: D101
    __tablename__ = "meta"


LETTER: Final = table_of(IntakeLetter)
STREAM: Final = table_of(IntakeStream)
APPLIED: Final = table_of(IntakeApplied)
WATERMARK: Final = table_of(IntakeWatermark)
REFUSED: Final = table_of(IntakeRefused)
RECEIVED: Final = table_of(IntakeReceived)
OUTBOX: Final = table_of(IntakeOutbox)
CONTENT_SET: Final = table_of(IntakeContentSet)
META: Final = table_of(IntakeMeta)
