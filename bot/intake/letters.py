"""What the desk's letters make of a report, and what its reporter is told of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from bot.channels.outgoing import Send, plain
from bot.content.text import fill
from bot.engine.session import Session
from bot.engine.step import asking, asking_kind
from bot.intake import push
from bot.intake.carry import DARURAT_STEPS, remind
from bot.intake.push import What
from bot.intake.snapshot import DUTY_STATUS, REPLY, Snapshot, of_address
from bot.intake.speak import filled
from bot.intake.times import clock_words
from bot.intake.tools import Tools
from storage import outbox
from storage.intake_tables import ADDRESSES, LINKS, NOTICES, THREADS
from storage.letters import Letter
from storage.shared_tables import META

WAIT_FOR_ANSWER = timedelta(seconds=60)
"""How long a staff message waits for the answer that is being given (FLOWS rule 6)."""
CANARY_SEEN = "canary_seen"
"""Key in `meta`: when the desk last proved that it can open our letters."""


class LettersIn:
    """Applies the desk's letters inside the courier's transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._table: dict[str, Callable[[Connection, dict[str, Any], datetime], None]] = {
            "accepted": self._accepted,
            "claimed": self._claimed,
            "opened": self._opened,
            "reply": self._reply,
            "closed": self._closed,
            "reopened": self._reopened,
            "duty_status": self._duty_status,
            "canary": self._canary,
        }

    def apply(self, conn: Connection, letter: Letter, now: datetime) -> None:
        """Everything that this letter causes. KeyError for a kind we do not know: the courier refuses it."""
        self._table[letter.kind](conn, letter.body, now)

    def _accepted(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        """The desk has it: the second half of the truth, with the time by which a human reads."""
        thread = self._thread(conn, body)
        if thread is None:
            return
        read_by = datetime.fromisoformat(body["read_by"])
        first = thread["accepted_at"] is None or thread["accepted_at"] < (thread["sent_at"] or now)
        _set(conn, thread, accepted_at=now, read_by=read_by, level=body["level"], closed_at=None)
        _done(conn, thread["id"], ["accepted"])
        if body["level"] == "darurat" and not thread["claimed_at"]:
            for step, wait in DARURAT_STEPS.items():
                remind(conn, self._tools, thread["id"], step, (thread["sent_at"] or now) + wait)
        elif body["level"] != "darurat":
            _done(conn, thread["id"], list(DARURAT_STEPS))
        if first and not thread["claimed_at"]:
            self._tell(conn, thread, "sampai", "status", now, jam=read_by)

    def _claimed(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is None:
            return
        first = thread["claimed_at"] is None or thread["alias"] != body["alias"]
        _set(conn, thread, claimed_at=now, alias=body["alias"])
        _done(conn, thread["id"], ["accepted", *DARURAT_STEPS])
        if first:
            self._tell(conn, thread, "ditangani", "message", now, alias=body["alias"])

    def _opened(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is not None:
            self._tell(conn, thread, "dibaca", "message", now, alias=body["alias"])

    def _reply(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is None:
            state = {"relay": body["relay"], "state": "failed"}
            self._tools.post(conn, "delivery", state, now)
            return
        text = plain(body["text"]).replace("*", "∗")
        relay = bytes.fromhex(body["relay"])
        self._tell(conn, thread, "dari_petugas", "message", now, ref=relay, alias=body["alias"], pesan=text)

    def _closed(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is not None:
            _set(conn, thread, closed_at=now)
            _done(conn, thread["id"], ["accepted", *DARURAT_STEPS])
            self._tell(conn, thread, "ditutup", "message", now)

    def _reopened(self, conn: Connection, body: dict[str, Any], _: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is not None:
            _set(conn, thread, closed_at=None)

    def _duty_status(self, conn: Connection, body: dict[str, Any], _: datetime) -> None:
        set_meta(conn, DUTY_STATUS, json.dumps(body))

    def _canary(self, conn: Connection, _: dict[str, Any], now: datetime) -> None:
        set_meta(conn, CANARY_SEEN, now.isoformat())

    # --- telling ------------------------------------------------------------------------------------------------------

    def _thread(self, conn: Connection, body: dict[str, Any]) -> Any:
        wanted = bytes.fromhex(body["thread"])
        return conn.execute(select(THREADS).where(THREADS.c.id == wanted)).mappings().one_or_none()

    def _tell(
        self,
        conn: Connection,
        thread: Any,
        key: str,
        what: What,
        now: datetime,
        ref: bytes | None = None,
        jam: datetime | None = None,
        **values: str,
    ) -> None:
        tell(conn, self._tools, thread, key, what, now, ref=ref, jam=jam, **values)


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
    **values: str,
) -> None:
    """Say messages/umum `key` about a thread where its reporter last wrote from, as far as `push` lets it out.

    `ref` is the desk's relay id of a staff message: what becomes of it is told to the desk by the delivery hooks.
    """
    address = _where(conn, thread["id"])
    if address is None:
        if ref is not None:
            tools.post(conn, "delivery", {"relay": ref.hex(), "state": "blocked"}, now)
        return
    snapshot = of_address(conn, tools, address["id"], now)
    if jam is not None:
        values["jam"] = clock_words(jam, now, tools.zone, snapshot.live.scripts.messages)
    text = filled(tools, snapshot, fill(snapshot.live.scripts.messages[key], values), now)
    decision = push.decide(
        what, thread["balas"], address["last_in"], now, tools.zone, darurat=thread["level"] == "darurat"
    )
    if decision.how == "drop":
        return
    held = decision.how in ("notice", "hold")
    due = now if held else decision.due
    if ref is not None and due <= now and not held and _busy_answering(snapshot):
        due = now + WAIT_FOR_ANSWER
    fields: dict[str, Any] = {"kind": REPLY if ref else "say", "ref": ref, "due_at": due}
    if what == "danger":
        fields["priority"] = 0
    if decision.how == "notice":
        _notice(conn, tools, snapshot, decision.due, now)
    fields["state"] = "held" if held else "waiting"
    outbox.put(conn, tools.row(snapshot.address_id, snapshot.chat, Send(text=text), now, **fields))
    if ref is not None and (held or due - now > WAIT_FOR_ANSWER):
        tools.post(conn, "delivery", {"relay": ref.hex(), "state": "held"}, now)


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


def _where(conn: Connection, thread_id: bytes) -> Any:
    """The address that last wrote in this thread and can be reached."""
    query = (
        select(ADDRESSES)
        .join(LINKS, LINKS.c.address_id == ADDRESSES.c.id)
        .where(LINKS.c.thread_id == thread_id, ADDRESSES.c.reachable)
        .order_by(LINKS.c.last_at.desc())
    )
    return conn.execute(query).mappings().first()


def _set(conn: Connection, thread: Any, **values: Any) -> None:
    conn.execute(update(THREADS).where(THREADS.c.id == thread["id"]).values(**values))


def _done(conn: Connection, thread_id: bytes, steps: list[str]) -> None:
    """These notices are no longer needed."""
    mine = (NOTICES.c.thread_id == thread_id) & NOTICES.c.step.in_(steps)
    conn.execute(update(NOTICES).where(mine, NOTICES.c.done_at.is_(None)).values(done_at=NOTICES.c.due_at))


def set_meta(conn: Connection, key: str, value: str) -> None:
    """One value of this store by name."""
    if not conn.execute(update(META).where(META.c.key == key).values(value=value)).rowcount:
        conn.execute(META.insert().values(key=key, value=value))
