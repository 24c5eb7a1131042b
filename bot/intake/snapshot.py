"""What a turn decides on: everything known about one address, read at once."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from bot.content import publish
from bot.content.content import Content
from bot.engine import session as sessions
from bot.engine.script import ScriptSet
from bot.engine.session import Session
from bot.engine.step import migrate
from bot.intake.tools import Tools
from storage.intake_tables import ADDRESSES, LINKS, SEALED_SESSION, SESSIONS, THREADS, TRACES
from storage.shared_tables import META, OUTBOX
from storage.streams import KEPT


@dataclass(frozen=True)
class Snapshot:
    """One address, its conversation, its threads (newest first), the content that holds; shows nothing when printed."""

    tag: bytes = field(repr=False)
    chat: int = field(repr=False)
    channel: str
    address_id: bytes = field(repr=False)
    address: RowMapping | None = field(repr=False)
    version: int | None
    session: Session = field(repr=False)
    thread_id: bytes = field(repr=False)
    threads: tuple[RowMapping, ...] = field(repr=False)
    scripts: ScriptSet = field(repr=False)
    live: Content = field(repr=False)
    duty: dict[str, Any] | None = field(repr=False)
    question: int | None = field(repr=False)
    held: int
    forgetful: bool
    """Whether this store was put back to an older copy lately: who is unknown may have written before."""
    with_officer: bool
    """Whether the last thing said at this address was an officer's message, or our thanks for an answer to one."""

    @property
    def thread(self) -> RowMapping | None:
        """The thread that the conversation writes to, if it exists already."""
        return next((thread for thread in self.threads if thread["id"] == self.thread_id), None)

    @property
    def last_in(self) -> datetime | None:
        """When this address last wrote, before now."""
        return self.address["last_in"] if self.address else None


def of_chat(conn: Connection, tools: Tools, channel: str, chat: int, now: datetime) -> Snapshot:
    """The snapshot of a chat, known or not."""
    tag = tools.tag(channel, chat)
    address = conn.execute(select(ADDRESSES).where(ADDRESSES.c.tag == tag)).mappings().one_or_none()
    return _snapshot(conn, tools, tag, channel, chat, address, now)


def of_address(conn: Connection, tools: Tools, address_id: bytes, now: datetime) -> Snapshot:
    """The snapshot of a known address."""
    address = conn.execute(select(ADDRESSES).where(ADDRESSES.c.id == address_id)).mappings().one()
    chat = tools.chat(address_id, address["sealed"])
    return _snapshot(conn, tools, address["tag"], address["channel"], chat, address, now)


def _snapshot(
    conn: Connection, tools: Tools, tag: bytes, channel: str, chat: int, address: RowMapping | None, now: datetime
) -> Snapshot:
    live = publish.live(conn)
    address_id: bytes = address["id"] if address else tools.new_id()
    row = None
    if address:
        row = conn.execute(select(SESSIONS).where(SESSIONS.c.address_id == address_id)).mappings().one_or_none()
    if row is None:
        # The counter of shown questions begins anywhere: a button of an erased conversation never fits a new one.
        begun = int.from_bytes(tools.entropy(3), "big")
        session, scripts = replace(sessions.new(live.hash, now), shown=begun), live.scripts
    else:
        session = Session.from_json(json.loads(tools.sessions.open(SEALED_SESSION, address_id, row["sealed"])))
        session, scripts = _current(conn, session, live)
    threads = _threads(conn, address_id) if address else ()
    thread = next((one for one in threads if row is not None and one["id"] == row["thread_id"]), None)
    if thread is not None and thread["sent"] in ("alarm", "submit") and not session.draft_sent:
        # Sent from another phone, or before this store was put back to a copy.
        session = replace(session, sent=thread["sent"], content=())
    return Snapshot(
        tag=tag,
        chat=chat,
        channel=channel,
        address_id=address_id,
        address=address,
        version=row["version"] if row else None,
        session=session,
        thread_id=row["thread_id"] if row else tools.new_id(),
        threads=threads,
        scripts=scripts,
        live=live,
        duty=duty(conn),
        question=_question(conn, tools, address_id, session.shown) if row else None,
        held=held(conn, address_id) if address else 0,
        forgetful=_forgetful(conn, now),
        with_officer=_with_officer(conn, address_id) if address else False,
    )


def _current(conn: Connection, session: Session, live: Content) -> tuple[Session, ScriptSet]:
    """The session on the set it began with, or moved to the live one if that set cannot be had (FLOWS rule 7)."""
    if session.set_hash == live.hash:
        return session, live.scripts
    if session.idle:
        return replace(session, set_hash=live.hash), live.scripts
    own = publish.by_hash(conn, session.set_hash)
    if own is not None:
        return session, own.scripts
    return migrate(publish.withdrawn(conn, session.set_hash), live.scripts, session), live.scripts


def _threads(conn: Connection, address_id: bytes) -> tuple[RowMapping, ...]:
    query = (
        select(THREADS, LINKS.c.last_at)
        .join(LINKS, LINKS.c.thread_id == THREADS.c.id)
        .where(LINKS.c.address_id == address_id)
        .order_by(THREADS.c.opened_at.desc())
    )
    return tuple(conn.execute(query).mappings())


def duty(conn: Connection) -> dict[str, Any] | None:
    """The desk's last word about who is on duty, if it ever came."""
    value = conn.execute(select(META.c.value).where(META.c.key == DUTY_STATUS)).scalar_one_or_none()
    return json.loads(value) if value else None


def _forgetful(conn: Connection, now: datetime) -> bool:
    at = conn.execute(select(META.c.value).where(META.c.key == SET_BACK)).scalar_one_or_none()
    return at is not None and now - datetime.fromisoformat(at) < KEPT


def _question(conn: Connection, tools: Tools, address_id: bytes, shown: int) -> int | None:
    query = select(TRACES.c.id, TRACES.c.sealed).where(TRACES.c.address_id == address_id, TRACES.c.shown == shown)
    found = conn.execute(query.limit(1)).one_or_none()
    return tools.message_id(found.id, found.sealed) if found else None


def _with_officer(conn: Connection, address_id: bytes) -> bool:
    said = (OUTBOX.c.person == address_id) & OUTBOX.c.state.in_(["sent", "delivered"])
    messages = OUTBOX.c.kind.not_in(["edit", "clear", "callback"])
    query = select(OUTBOX.c.kind).where(said, messages).order_by(OUTBOX.c.finished_at.desc(), OUTBOX.c.seq.desc())
    return conn.execute(query.limit(1)).scalar() in (REPLY, ACK)


def held(conn: Connection, address_id: bytes) -> int:
    """How many messages wait for BUKA at this address."""
    query = select(OUTBOX.c.seq).where(OUTBOX.c.person == address_id, OUTBOX.c.state == "held")
    return len(conn.execute(query).all())


REPLY, ACK = "reply", "ack"
"""Kinds of outbox rows: an officer's message, and our thanks for an answer to it."""
SET_BACK = "set_back"
"""Key in `meta`: when this store was found to have been put back to an older copy."""
DUTY_STATUS = "duty_status"
"""Key in `meta` under which the desk's last duty_status letter is kept."""
