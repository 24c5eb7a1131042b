"""Which report an officer's message belongs to, so that the answer to it goes there and to nobody else's officer."""

from dataclasses import replace

from sqlalchemy import Connection, select

from bot.engine import events as ev
from bot.engine import session as sessions
from bot.engine.lexicon import lexicon
from bot.engine.session import Session
from bot.engine.text import forms
from bot.intake.snapshot import REPLY, Snapshot
from bot.intake.tools import Tools
from storage.intake_tables import TRACES
from storage.shared_tables import OUTBOX


def relay_key(relay: bytes, thread_id: bytes, part: int = 0) -> str:
    """Dedupe of the row that carries (a part of) an officer's message; it says which thread the message is about."""
    return f"relay:{relay.hex()}{f'.{part}' if part else ''}:{thread_id.hex()}"


def thread_of(key: str | None) -> bytes | None:
    """The thread that `relay_key` named."""
    return bytes.fromhex(key.rpartition(":")[2]) if key and key.startswith("relay:") else None


def addressed(conn: Connection, tools: Tools, snapshot: Snapshot, reply_to: int | None) -> bytes | None:
    """The thread of the officer to whom a message is an answer: the one replied to, else the one who spoke last."""
    found = _replied(conn, tools, snapshot.address_id, reply_to) if reply_to is not None else None
    if found is None and snapshot.with_officer:
        mine = (OUTBOX.c.person == snapshot.address_id) & (OUTBOX.c.kind == REPLY)
        last = select(OUTBOX.c.dedupe).where(mine, OUTBOX.c.state.in_(["sent", "delivered"]))
        order = (OUTBOX.c.finished_at.desc(), OUTBOX.c.seq.desc())
        found = thread_of(conn.execute(last.order_by(*order).limit(1)).scalar())
    known = {thread["id"] for thread in snapshot.threads}
    return found if found in known else None


def _replied(conn: Connection, tools: Tools, address_id: bytes, message_id: int) -> bytes | None:
    query = select(TRACES.c.id, TRACES.c.sealed).where(TRACES.c.address_id == address_id)
    for row in conn.execute(query).all():
        number, thread_id = tools.trace(row.id, row.sealed)
        if number == message_id:
            return thread_id
    return None


def elsewhere(snapshot: Snapshot, thread_id: bytes | None, event: ev.Event) -> Snapshot | None:
    """The snapshot of the other report that these words belong to; None where the conversation itself hears them.

    A draft that is being told comes first, words that move something move it here, and whoever wants to die is met
    here and now. The conversation stays where it stands.
    """
    session = snapshot.session
    if thread_id in (None, snapshot.thread_id) or not isinstance(event, ev.Said):
        return None
    words, message = lexicon(snapshot.scripts), forms(event.text)
    danger = words.danger.find(event.text)
    if (session.draft and not session.draft_sent) or words.control.one(message) or words.opener(message):
        return None
    if danger is not None and danger.tier == "self":
        return None
    thread = next(one for one in snapshot.threads if one["id"] == thread_id)
    return replace(snapshot, thread_id=thread["id"], session=_sent(session, thread["balas"]), question=None)


def _sent(session: Session, balas: str | None) -> Session:
    fresh = sessions.new(session.set_hash, session.last_at)
    return replace(fresh, sent="submit", balas=balas, greeted=True, draft=True, shown=session.shown)
