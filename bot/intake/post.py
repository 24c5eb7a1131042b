"""The letters that carry answers to the desk: they list what no letter has listed yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from bot.intake.mediafile import described
from bot.intake.tools import Tools
from storage import vault
from storage.intake_tables import ANSWERS, LINKS, MEDIA_FILES


def answers_letter(
    conn: Connection,
    tools: Tools,
    thread_id: bytes,
    kind: str,
    facts: dict[str, Any],
    *,
    only_texts: bool,
    now: datetime,
) -> None:
    """Post `kind` (alarm, submit, consult, more) with every answer and stored file of the thread not listed before.

    `only_texts`: the person asked for a human and has not sent the report: only what they wrote goes along.
    """
    mine = (ANSWERS.c.thread_id == thread_id) & ANSWERS.c.letter_id.is_(None)
    if only_texts:
        mine &= ANSWERS.c.kind == "text"
    answers = conn.execute(select(ANSWERS.c.id, ANSWERS.c.wire).where(mine).order_by(ANSWERS.c.n)).all()
    waiting = (
        (MEDIA_FILES.c.thread_id == thread_id) & MEDIA_FILES.c.letter_id.is_(None) & (MEDIA_FILES.c.state == "stored")
    )
    files = conn.execute(select(MEDIA_FILES).where(waiting).order_by(MEDIA_FILES.c.created_at)).mappings().all()
    body = {
        "thread": thread_id.hex(),
        "at": now.isoformat(),
        "pintu": [],
        "kata": None,
        "kanal": "telegram",
        "balas": None,
        "unfinished": False,
        "reason": None,
        "answers": [[row.id.hex(), vault.answer_hash(row.wire).hex()] for row in answers],
        "media": [described(tools, row) for row in files],
        "shared": _shared(conn, thread_id),
    }
    letter_id = tools.post(conn, kind, body | facts, now)
    if answers:
        conn.execute(update(ANSWERS).where(ANSWERS.c.id.in_([row.id for row in answers])).values(letter_id=letter_id))
    if files:
        listed = MEDIA_FILES.c.id.in_([row["id"] for row in files])
        conn.execute(update(MEDIA_FILES).where(listed).values(letter_id=letter_id))


def _shared(conn: Connection, thread_id: bytes) -> bool:
    """Whether a phone of this thread also speaks in other threads."""
    phones = select(LINKS.c.address_id).where(LINKS.c.thread_id == thread_id)
    others = select(func.count(func.distinct(LINKS.c.thread_id))).where(LINKS.c.address_id.in_(phones))
    return bool(conn.execute(others).scalar_one() > 1)
