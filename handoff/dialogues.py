"""What the desk bot waits for from a member: the next text is meant for it. It stops waiting after a while."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from handoff.sql import put
from handoff.work import Work
from storage.desk_tables import DIALOGUE, DIALOGUE_HELD

# A text written long after the question may be meant for something else; then the usual lanes hold.
_WAITS: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Dialogue:
    """`verb`: what the text is for. `held`: a text that waits for the answer "which case?"."""

    verb: str
    case_id: bytes | None
    arg: str
    held: str | None


def begin(
    work: Work, staff_id: bytes, verb: str, case_id: bytes | None, arg: str = "", held: str | None = None
) -> None:
    """Waits for a text from this member; whatever was waited for before is forgotten."""
    sealed = None
    if held is not None:
        sealed = work.tools.staff_box.seal(DIALOGUE_HELD, staff_id, held.encode("utf-8", "surrogatepass"))
    until = work.now + _WAITS
    put(work.conn, DIALOGUE, staff_id=staff_id, verb=verb, case_id=case_id, arg=arg, held=sealed, until=until)


def current(work: Work, staff_id: bytes) -> Dialogue | None:
    """What is waited for now."""
    row = work.conn.execute(
        select(DIALOGUE).where(DIALOGUE.c.staff_id == staff_id, DIALOGUE.c.until > work.now)
    ).first()
    if row is None:
        return None
    held = None
    if row.held is not None:
        held = work.tools.staff_box.open(DIALOGUE_HELD, staff_id, row.held).decode("utf-8", "surrogatepass")
    return Dialogue(row.verb, row.case_id, row.arg, held)


def end(work: Work, staff_id: bytes) -> None:
    """Nothing is waited for any more."""
    work.conn.execute(delete(DIALOGUE).where(DIALOGUE.c.staff_id == staff_id))


def end_expired(work: Work) -> None:
    """Forgets what was waited for too long, with the text it may hold."""
    work.conn.execute(delete(DIALOGUE).where(DIALOGUE.c.until <= work.now))
