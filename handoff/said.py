"""Which case each private message is about: replies find their case by it, and old content is swept away."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from bot.channels.outgoing import Delete
from handoff import cases, people, tell
from handoff.sql import put
from handoff.work import Work
from storage.desk_tables import SAID

# Telegram takes up to 100 ids in one deleteMessages (core.telegram.org/bots/api#deletemessages).
_AT_ONCE: Final = 100
_SKEW: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Subject:
    """What a message is about. `from_reporter`: it shows the reporter's words."""

    case_id: bytes
    from_reporter: bool


def remember(
    work: Work, staff_id: bytes, message_id: int, case_id: bytes, *, from_reporter: bool = False, sweep: bool = False
) -> None:
    """Maps a message of a private chat to its case. `sweep`: it holds content, so it goes away after a while."""
    span = cases.policy(work, cases.get(work, case_id)).sweep if sweep else timedelta(0)
    put(
        work.conn,
        SAID,
        staff_id=staff_id,
        message_id=message_id,
        case_id=case_id,
        from_reporter=from_reporter,
        sweep_at=work.now + span if sweep else None,
    )


def subject(work: Work, staff_id: bytes, message_id: int | None) -> Subject | None:
    """What a message is about; None if it is not known."""
    if message_id is None:
        return None
    row = work.conn.execute(select(SAID).where(SAID.c.staff_id == staff_id, SAID.c.message_id == message_id)).first()
    return Subject(row.case_id, row.from_reporter) if row else None


def forget(work: Work, staff_id: bytes) -> None:
    """Whoever leaves keeps nothing: all content in their chat is due to be deleted now."""
    work.conn.execute(
        SAID.update().where(SAID.c.staff_id == staff_id, SAID.c.sweep_at.is_not(None)).values(sweep_at=work.now)
    )


def sweep(work: Work) -> None:
    """Has content deleted from private chats whose time has come. "Buka" shows it again."""
    # One further off than any is set was written before the clock was put back; Telegram deletes nothing old.
    due = (SAID.c.sweep_at <= work.now) | (SAID.c.sweep_at > work.now + work.policy.sweep + _SKEW)
    rows = work.conn.execute(select(SAID).where(due).order_by(SAID.c.message_id)).all()
    by_person: dict[bytes, list[int]] = {}
    for row in rows:
        by_person.setdefault(row.staff_id, []).append(row.message_id)
    for staff_id, ids in by_person.items():
        to = people.member(work, staff_id)
        for at in range(0, len(ids), _AT_ONCE):
            work.put(
                to.chat, to.id, tell.OTHER, Delete(message_ids=tuple(ids[at : at + _AT_ONCE])), priority=tell.DIGEST
            )
    work.conn.execute(SAID.update().where(due).values(sweep_at=None))
