"""Says to a reporter what is no answer of the engine: as far as `push` lets it out, else held or announced."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from bot.channels.limits import LONGEST_TEXT
from bot.channels.outgoing import Send, split
from bot.engine.session import Session
from bot.engine.step import asking, asking_kind
from bot.intake import push
from bot.intake.officers import relay_key
from bot.intake.push import What
from bot.intake.snapshot import REPLY, Snapshot, of_address
from bot.intake.speak import filled
from bot.intake.times import clock_words
from bot.intake.tools import Tools
from storage import outbox
from storage.intake_tables import ADDRESSES, LINKS

WAIT_FOR_ANSWER = timedelta(seconds=60)
"""How long a staff message waits for the answer that is being given (FLOWS rule 6)."""
NEWS = "news:"
"""Beginning of the kind of a row that tells how a report stands: the newest says it all."""


def tell(
    conn: Connection,
    tools: Tools,
    thread: Any,
    key: str,
    what: What,
    now: datetime,
    *,
    ref: bytes | None = None,
    jam: datetime | None = None,
    over: tuple[str, ...] = (),
    **values: str,
) -> None:
    """Say messages/umum `key` about a thread where its reporter last wrote from, as far as `push` lets it out.

    `ref` is the desk's relay id of a staff message: what becomes of it is told to the desk by the delivery hooks.
    `jam` goes into the sentence as words; `over`: older news that this makes untrue, if they still wait.
    """
    address = where(conn, thread["id"])
    if address is None:
        if ref is not None:
            tools.post(conn, "delivery", {"relay": ref.hex(), "state": "blocked"}, now)
        return
    snapshot = of_address(conn, tools, address["id"], now)
    if jam is not None:
        values["jam"] = clock_words(jam, now, tools.zone, snapshot.live.scripts.messages)
    parts = split(filled(tools, snapshot, snapshot.live.scripts.messages[key], now, **values), LONGEST_TEXT)
    decision = push.decide(
        what, thread["balas"], address["last_in"], now, tools.zone, darurat=thread["level"] == "darurat"
    )
    if decision.how == "drop":
        return
    held = decision.how in ("notice", "hold")
    due = _due(snapshot, decision, now, of_staff=ref is not None)
    fields: dict[str, Any] = {"kind": REPLY if ref else f"{NEWS}{key}", "ref": ref, "due_at": due}
    if what == "danger":
        fields["priority"] = 0
    if decision.how == "notice":
        _notice(conn, tools, snapshot, decision.due, now)
    fields["state"] = "held" if held else "waiting"
    if ref is None:
        for older in (key, *over):
            outbox.withdraw(conn, person=snapshot.address_id, kind=f"{NEWS}{older}")
    for number, part in enumerate(parts):
        # A desk that was set back to a backup writes its last letters anew: nobody reads the same words twice.
        dedupe = relay_key(ref, thread["id"], number) if ref else None
        outbox.put(conn, tools.row(snapshot.address_id, snapshot.chat, Send(text=part), now, dedupe=dedupe, **fields))
    if ref is not None and (held or due - now > WAIT_FOR_ANSWER):
        until = None if held else due.isoformat()
        tools.post(conn, "delivery", {"relay": ref.hex(), "state": "held", "until": until}, now)


def _due(snapshot: Snapshot, decision: push.Decision, now: datetime, *, of_staff: bool) -> datetime:
    """When it leaves; what is held waits for BUKA, and a staff message for the answer that is being given."""
    if decision.how in ("notice", "hold"):
        return now
    return now + WAIT_FOR_ANSWER if of_staff and decision.due <= now and _busy_answering(snapshot) else decision.due


def _notice(conn: Connection, tools: Tools, snapshot: Snapshot, due: datetime, now: datetime) -> None:
    """ "Ada pesan. Balas BUKA.": at most once an hour, whatever waits."""
    text = snapshot.live.scripts.push["ada_pesan"]
    key = f"notice:{snapshot.address_id.hex()}:{due:%Y%m%d%H}"
    outbox.put(conn, tools.row(snapshot.address_id, snapshot.chat, Send(text=text), now, due_at=due, dedupe=key))


def _busy_answering(snapshot: Snapshot) -> bool:
    """Whether an unsent draft is being told and a question other than an open text stands unanswered."""
    session: Session = snapshot.session
    if session.draft_sent or asking(snapshot.scripts, session) is None:
        return False
    return bool(asking_kind(snapshot.scripts, session) != "text")


def where(conn: Connection, thread_id: bytes) -> Any:
    """The address that last wrote in this thread and can be reached."""
    query = (
        select(ADDRESSES)
        .join(LINKS, LINKS.c.address_id == ADDRESSES.c.id)
        .where(LINKS.c.thread_id == thread_id, ADDRESSES.c.reachable)
        .order_by(LINKS.c.last_at.desc())
    )
    return conn.execute(query).mappings().first()
