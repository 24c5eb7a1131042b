"""What intake does because time has passed: wake conversations, speak by itself, fetch again, sweep what is over."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, or_, select, update
from sqlalchemy.exc import DBAPIError

from bot.intake.carry import DARURAT_STEPS, UNSENT_ACCEPTED
from bot.intake.letters import CANARY_SEEN, set_meta
from bot.intake.push import What
from bot.intake.snapshot import SET_BACK
from bot.intake.telling import tell
from bot.intake.tools import Tools
from storage import outbox
from storage.errors import Conflict
from storage.intake_tables import ADDRESSES, LINKS, MEDIA_FILES, NOTICES, SESSIONS, THREADS, TRACES
from storage.shared_tables import META, OUTBOX, RECEIVED

PAGE = 64
"""Rows of one kind that a tick works off; the next tick takes the rest."""
CANARY_EVERY = timedelta(hours=24)
CANARY_AGAIN = timedelta(minutes=10)
"""How often a canary that stays unanswered is sent anew."""
ASKED_FOR = timedelta(hours=24)
"""How long the handle of a picture waits for the answer about it."""
TRACE_FOR = timedelta(hours=48)
"""Telegram deletes nothing older (Bot API, deleteMessage)."""
RECEIVED_FOR = timedelta(days=8)
"""Longer than Telegram keeps an update (24 h) and than the newest verified backup is old."""
LONG_AGO = timedelta(days=1)
_CANARY_SENT = "canary_sent"
_SPOKEN: dict[str, tuple[str, What]] = {
    "accepted": ("tunggu_putus", "status"),
    "darurat_5": ("darurat_menunggu", "danger"),
}
_SPOKEN["darurat_15"] = _SPOKEN["darurat_5"]


def due_sessions(conn: Connection, now: datetime) -> list[bytes]:
    """Addresses whose conversation asked to be woken by now."""
    query = select(SESSIONS.c.address_id).where(SESSIONS.c.wake_at <= now).order_by(SESSIONS.c.wake_at).limit(PAGE)
    return list(conn.execute(query).scalars())


def anything(conn: Connection, now: datetime) -> bool:
    """Whether `speak_and_sweep` has something to do: a look costs less than a commit."""
    looks = (
        select(NOTICES.c.id).where(NOTICES.c.done_at.is_(None), NOTICES.c.due_at <= now),
        select(OUTBOX.c.seq).where(OUTBOX.c.finished_at <= now - RECEIVED_FOR),
        select(MEDIA_FILES.c.id).where(MEDIA_FILES.c.state == "asked", MEDIA_FILES.c.created_at <= now - ASKED_FOR),
        select(TRACES.c.id).where(TRACES.c.at <= now - TRACE_FOR),
        select(RECEIVED.c.id).where(RECEIVED.c.at <= now - RECEIVED_FOR),
        select(OUTBOX.c.seq).where(OUTBOX.c.body.is_not(None), OUTBOX.c.created_at > now + outbox.LEASE),
        select(NOTICES.c.id).where(_put_back(now)),
        select(ADDRESSES.c.id).where(_heard_later(now)),
        outbox.put_off_too_long(now),
    )
    return any(conn.execute(look.limit(1)).first() for look in looks) or canary_due(conn, now)


def _put_back(now: datetime) -> ColumnElement[bool]:
    """Notices set before the clock was put back: none is due later than its step after now."""
    late = [
        (NOTICES.c.step == step) & (NOTICES.c.due_at > now + after + outbox.LEASE)
        for step, after in {"accepted": UNSENT_ACCEPTED, **DARURAT_STEPS}.items()
    ]
    return NOTICES.c.done_at.is_(None) & or_(*late)


def _heard_later(now: datetime) -> ColumnElement[bool]:
    """Addresses that wrote at a time that has not come: the clock was put back since."""
    return ADDRESSES.c.last_in > now + outbox.LEASE


def _set_right(conn: Connection, now: datetime) -> None:
    """Conversations, links and notices of a time that has not come; nothing waits for it to come round again.

    An address counts as heard of long ago: what is said unasked may not stand there as an answer.
    """
    later = select(ADDRESSES.c.id).where(_heard_later(now))
    asleep = SESSIONS.c.wake_at.is_not(None) & SESSIONS.c.address_id.in_(later)
    conn.execute(update(SESSIONS).where(asleep).values(wake_at=now))
    conn.execute(update(ADDRESSES).where(_heard_later(now)).values(last_in=now - LONG_AGO))
    conn.execute(update(LINKS).where(LINKS.c.last_at > now + outbox.LEASE).values(last_at=now))
    conn.execute(update(NOTICES).where(_put_back(now)).values(due_at=now))


def speak_and_sweep(conn: Connection, tools: Tools, now: datetime) -> None:
    """Everything due by now that is not a conversation's own."""
    outbox.set_right(conn, now)
    _set_right(conn, now)
    notices = (
        select(NOTICES)
        .where(NOTICES.c.done_at.is_(None), NOTICES.c.due_at <= now)
        .order_by(NOTICES.c.due_at)
        .limit(PAGE)
    )
    said: set[bytes] = set()
    # Danger first: after an outage several steps of a thread are due at once, and one sentence is enough.
    for notice in sorted(conn.execute(notices).mappings().all(), key=lambda notice: notice["step"] == "accepted"):
        conn.execute(update(NOTICES).where(NOTICES.c.id == notice["id"]).values(done_at=now))
        thread = conn.execute(select(THREADS).where(THREADS.c.id == notice["thread_id"])).mappings().one_or_none()
        if thread is not None and thread["id"] not in said and _still_true(thread, notice["step"]):
            said.add(thread["id"])
            _speak(conn, tools, thread, notice["step"], now)
    outbox.forget(conn, now - RECEIVED_FOR)
    conn.execute(delete(MEDIA_FILES).where(MEDIA_FILES.c.state == "asked", MEDIA_FILES.c.created_at <= now - ASKED_FOR))
    conn.execute(delete(TRACES).where(TRACES.c.at <= now - TRACE_FOR))
    conn.execute(delete(RECEIVED).where(RECEIVED.c.at <= now - RECEIVED_FOR))
    if canary_due(conn, now):
        set_meta(conn, _CANARY_SENT, now.isoformat())
        tools.post(conn, "canary", {"nonce": tools.new_id().hex()}, now)


def _speak(conn: Connection, tools: Tools, thread: RowMapping, step: str, now: datetime) -> None:
    """Say a step of a thread; whatever is wrong with its conversation does not silence the others'."""
    key, what = _SPOKEN[step]
    try:
        with conn.begin_nested():
            tell(conn, tools, thread, key, what, now)
    except (DBAPIError, Conflict):
        raise
    except Exception as problem:  # noqa: BLE001 - a human hears of it
        kind = f"notice_{type(problem).__name__}"
        body = {"at": now.isoformat(), "what": kind, "thread": thread["id"].hex(), "raw": None, "held_report": False}
        tools.post(conn, "trouble", body, now)


def _still_true(thread: Any, step: str) -> bool:
    if step == "accepted":
        return thread["accepted_at"] is None or thread["accepted_at"] < thread["sent_at"]
    return thread["claimed_at"] is None and thread["closed_at"] is None


def canary_due(conn: Connection, now: datetime) -> bool:
    """Whether the desk should prove again that it can open our letters: daily; every 10 minutes until it answers."""
    sent, seen = _time(conn, _CANARY_SENT), _time(conn, CANARY_SEEN)
    if sent is None or now < sent:
        return True
    return now - sent >= (CANARY_EVERY if seen is not None and seen >= sent else CANARY_AGAIN)


def canary_age(conn: Connection, now: datetime) -> timedelta | None:
    """How long ago the desk last proved it, or None: a time that has not come proves nothing."""
    seen = _time(conn, CANARY_SEEN)
    return None if seen is None or seen > now + outbox.LEASE else now - seen


def at_start(conn: Connection, tools: Tools, now: datetime) -> None:
    """A canary for this start, whenever the last one was."""
    set_meta(conn, _CANARY_SENT, now.isoformat())
    tools.post(conn, "canary", {"nonce": tools.new_id().hex()}, now)


def set_back(conn: Connection, tools: Tools, now: datetime) -> None:
    """This store was put back to an older copy: staff hear of it, and no stranger is told that they sent nothing."""
    set_meta(conn, SET_BACK, now.isoformat())
    body = {"at": now.isoformat(), "what": "set_back_intake", "thread": None, "raw": None, "held_report": False}
    tools.post(conn, "trouble", body, now)


def _time(conn: Connection, key: str) -> datetime | None:
    value = conn.execute(select(META.c.value).where(META.c.key == key)).scalar_one_or_none()
    return datetime.fromisoformat(value) if value else None
