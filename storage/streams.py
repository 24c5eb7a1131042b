"""Streams of letters: what is missing or doubled in them, how far they are applied, when a letter may be deleted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, false, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.letters import Letter
from storage.shared_tables import APPLIED, LETTER, REFUSED, STREAM, WATERMARK

Trouble = Literal["gap", "late", "unknown_stream", "repeat", "envelope"]
"""What an alarm is about: numbers are missing before this letter; a missing one has come; the first letter seen of a
stream is not its first; its number was used by another letter; its row claims another stream or number than is signed.
"""

# Longer than the newest verified backup of the peer may be old, so that restoring one loses no letter.
KEPT: Final = timedelta(days=8)
_CHUNK: Final = 500


@dataclass(frozen=True)
class Waiting:
    """A letter's row at the peer, without the letter: what it claims, unproved."""

    id: bytes
    stream: bytes
    seq: int
    created_at: datetime


def watermarks(connection: Connection) -> dict[bytes, int]:
    """How far each stream is applied in this store, by stream."""
    return {row.stream: row.seq for row in connection.execute(select(WATERMARK.c.stream, WATERMARK.c.seq))}


def letters_beyond(peer: Connection, marks: Mapping[bytes, int]) -> list[Waiting]:
    """The peer's letters beyond our watermarks, in no order; all of them for no watermarks."""
    columns = (LETTER.c.id, LETTER.c.stream, LETTER.c.seq, LETTER.c.created_at)
    return [Waiting(*row) for row in peer.execute(select(*columns).where(not_(_passed(peer, marks))))]


def applied_among(connection: Connection, ids: Sequence[bytes]) -> set[bytes]:
    """Those of the letters that were applied."""
    applied: set[bytes] = set()
    for start in range(0, len(ids), _CHUNK):
        some = APPLIED.c.letter_id.in_(ids[start : start + _CHUNK])
        applied.update(connection.scalars(select(APPLIED.c.letter_id).where(some)))
    return applied


def trouble_with(connection: Connection, letter: Letter, waiting: Waiting) -> Trouble | None:
    """What is wrong with the place of a letter that is about to be applied; a refused letter is no gap."""
    if (letter.id, letter.stream, letter.seq) != (waiting.id, waiting.stream, waiting.seq):
        return "envelope"
    of_stream = APPLIED.c.stream == letter.stream
    if connection.scalar(select(APPLIED.c.letter_id).where(of_stream, APPLIED.c.seq == letter.seq).limit(1)):
        return "repeat"
    last: int | None = connection.scalar(select(func.max(APPLIED.c.seq)).where(of_stream))
    if last is not None and letter.seq < last:
        was_refused = connection.scalar(select(REFUSED.c.id).where(REFUSED.c.id == letter.id))
        return None if was_refused else "late"
    between = and_(REFUSED.c.stream == letter.stream, REFUSED.c.seq > (last or 0), REFUSED.c.seq < letter.seq)
    refused = connection.scalar(select(func.count(REFUSED.c.seq.distinct())).where(between)) or 0
    if letter.seq - 1 - (last or 0) <= refused:
        return None
    return "unknown_stream" if last is None else "gap"


def move_watermark(connection: Connection, stream: bytes) -> None:
    """Sets the watermark to the last applied letter of the stream, but below any that is refused: those must stay."""
    top = select(func.max(APPLIED.c.seq)).where(APPLIED.c.stream == stream)
    below = select(func.min(REFUSED.c.seq) - 1).where(REFUSED.c.stream == stream)
    seqs = [seq for seq in (connection.scalar(top), connection.scalar(below)) if seq is not None]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"seq": max(min(seqs), 0)}
    mark = dialect.insert(WATERMARK).values(stream=stream, **values)
    connection.execute(mark.on_conflict_do_update(index_elements=["stream"], set_=values))


def forgotten(connection: Connection, peer_marks: Mapping[bytes, int]) -> dict[bytes, int]:
    """Streams of ours in which the peer has letters that this store knows nothing of: it was put back to a copy.

    Stream to the last number that the peer has. `peer_marks` is `watermarks` of the peer's store, read just before.
    """
    written = {row.id: row.seq for row in connection.execute(select(STREAM.c.id, STREAM.c.seq))}
    return {stream: seq for stream, seq in peer_marks.items() if seq > written.get(stream, 0)}


def count_on(connection: Connection, streams: Mapping[bytes, int], now: datetime) -> None:
    """Goes on after the numbers that the peer has: none is given out twice, and `forgotten` finds nothing any more."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for stream, seq in streams.items():
        row = dialect.insert(STREAM).values(id=stream, seq=seq, began_at=now)
        connection.execute(row.on_conflict_do_update(index_elements=["id"], set_={"seq": seq}))


def forget_letters(
    connection: Connection,
    peer_marks: Mapping[bytes, int],
    now: datetime,
    on_forget: Callable[[Connection, list[bytes]], None],
) -> int:
    """Deletes our letters that the peer's watermark passed more than eight days ago; returns how many.

    `peer_marks` is `watermarks` of the peer's store, read just before. The eight days run from when we first saw the
    watermark past the letter, and begin anew if the peer was set back. `on_forget` gets the ids in the same
    transaction, to delete what those letters listed.
    """
    passed = _passed(connection, peer_marks)
    connection.execute(update(LETTER).where(LETTER.c.passed_at.is_(None), passed).values(passed_at=now))
    connection.execute(update(LETTER).where(LETTER.c.passed_at.is_not(None), not_(passed)).values(passed_at=None))
    over = delete(LETTER).where(LETTER.c.passed_at <= now - KEPT).returning(LETTER.c.id)
    ids = list(connection.scalars(over))
    if ids:
        on_forget(connection, ids)
    return len(ids)


def _passed(holder: Connection, marks: Mapping[bytes, int]) -> ColumnElement[bool]:
    # Only streams that still have letters: every restart leaves a watermark, and SQLite bounds the size of a condition.
    streams = [stream for stream in holder.scalars(select(LETTER.c.stream).distinct()) if stream in marks]
    return or_(false(), *(and_(LETTER.c.stream == stream, LETTER.c.seq <= marks[stream]) for stream in streams))
