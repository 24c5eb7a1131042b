"""The audit log: one row for every view and change, each carrying the hash of the row before it.

A row that is changed, taken out or put in between breaks the chain at that place (`first_break`).
"""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from handoff.sql import next_number
from handoff.work import Work
from storage.desk_tables import AUDIT, COUNTER
from storage.framing import ctx

SYSTEM = "system"
REPORTER = "reporter"
STRANGER = "stranger"


def write(work: Work, actor: bytes | str, verb: str, case_id: bytes | None = None) -> None:
    """Adds a row. `actor`: the id of a member of staff, or one of the words above."""
    seq = next_number(work.conn, COUNTER, "audit")
    head = work.conn.execute(select(AUDIT.c.hash).where(AUDIT.c.seq == seq - 1)).scalar() or b""
    name = actor.hex() if isinstance(actor, bytes) else actor
    digest = _hash(seq, head, name, verb, case_id, work.now)
    row = {"seq": seq, "prev": head, "hash": digest, "actor": name, "verb": verb, "case_id": case_id, "at": work.now}
    work.conn.execute(AUDIT.insert().values(**row))


def first_break(conn: Connection) -> int | None:
    """The number of the first row that does not fit the one before it; None when the whole chain holds."""
    head, expected = b"", 1
    for row in conn.execute(select(AUDIT).order_by(AUDIT.c.seq)):
        digest = _hash(row.seq, head, row.actor, row.verb, row.case_id, row.at)
        if row.seq != expected or row.prev != head or row.hash != digest:
            return expected
        head, expected = row.hash, expected + 1
    return None


def _hash(seq: int, prev: bytes, actor: str, verb: str, case_id: bytes | None, at: datetime) -> bytes:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds").encode()
    parts = (b"berani/audit/v1", str(seq).encode(), prev, actor.encode(), verb.encode(), case_id or b"", moment)
    return hashlib.sha256(ctx(*parts)).digest()
