"""What the desk's letters make of a report, and what its reporter is told of it."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from bot.channels.outgoing import quoted
from bot.intake import push
from bot.intake.carry import DARURAT_STEPS, RANK, erase, forget_thread, remind
from bot.intake.push import What
from bot.intake.snapshot import DUTY_STATUS, duty
from bot.intake.speak import fresh
from bot.intake.telling import tell, where
from bot.intake.tools import Tools
from storage import outbox
from storage.intake_tables import ANSWERS, MEDIA_FILES, NOTICES, SESSIONS, THREADS
from storage.letters import Letter
from storage.shared_tables import META

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
            "released": self._released,
            "level": self._level,
            "duty_status": self._duty_status,
            "canary": self._canary,
            "wiped": self._wiped,
        }

    def apply(self, conn: Connection, letter: Letter, now: datetime) -> None:
        """Everything that this letter causes. KeyError for a kind we do not know: the courier refuses it."""
        self._table[letter.kind](conn, letter.body, now)

    def _accepted(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        """The desk has it: the second half of the truth, with the time by which a human reads, if anybody will."""
        thread = self._thread(conn, body)
        if thread is None:
            # We were put back to a copy from before it: nobody can say any more where its reporter is.
            flag = {"thread": body["thread"], "at": now.isoformat(), "what": "unreachable"}
            self._tools.post(conn, "flag", flag, now)
            return
        kind = body.get("what", "no")
        learned = RANK[kind] > RANK[thread["sent"]]
        if learned:
            # The same, and the copy has it as a draft: what is at the desk can be neither erased nor sent anew.
            _set(conn, thread, sent=kind, sent_at=now)
            thread = {**thread, "sent": kind, "sent_at": now}
        if not body.get("claimed", True) and _before(thread["claimed_at"], body["at"]):
            # The desk was put back, and whoever had it has it no more.
            self._released(conn, body, now)
            thread = {**thread, "claimed_at": None, "alias": None}
        read_by = datetime.fromisoformat(body["read_by"]) if body["read_by"] else None
        first = thread["accepted_at"] is None or thread["accepted_at"] < (thread["sent_at"] or now)
        _set(conn, thread, accepted_at=now, read_by=read_by, closed_at=None)
        _done(conn, thread["id"], ["accepted"])
        self._raised(conn, thread, body["level"], thread["sent_at"] or now)
        if learned or not first or thread["claimed_at"] or not self._was_asked(conn, thread):
            return
        if read_by is None:
            self._tell(conn, thread, "sampai_tanpa_jam", "status", now)
        elif thread["sent"] != "consult" or not fresh(duty(conn), now):
            # Whoever asked for a human was told the hour in that same turn.
            self._tell(conn, thread, "sampai", "status", now, jam=read_by)

    def _was_asked(self, conn: Connection, thread: Any) -> bool:
        """Whether the person sent it themselves; after a silence somebody else may hold the phone."""
        address = where(conn, thread["id"])
        return address is not None and thread["sent_at"] - address["last_in"] <= push.SHORT_WINDOW

    def _raised(self, conn: Connection, thread: Any, level: str, since: datetime) -> None:
        """What the desk makes of it: an unclaimed darurat is told how it stands, from `since` on."""
        _set(conn, thread, level=level)
        if level != "darurat":
            _done(conn, thread["id"], list(DARURAT_STEPS))
            return
        address = where(conn, thread["id"])
        if address is not None:
            outbox.hasten(conn, address["id"], since)  # what was put off until morning
        if thread["claimed_at"] is None:
            for step, wait in DARURAT_STEPS.items():
                remind(conn, self._tools, thread["id"], step, since + wait)

    def _level(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is not None:
            self._raised(conn, thread, body["level"], now)

    def _released(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        """Nobody has the case any more: no officer is named, and an unclaimed darurat is told again how it stands."""
        thread = self._thread(conn, body)
        if thread is None:
            return
        _set(conn, thread, claimed_at=None, alias=None)
        if thread["level"] == "darurat":
            again = (NOTICES.c.thread_id == thread["id"]) & NOTICES.c.step.in_(list(DARURAT_STEPS))
            conn.execute(delete(NOTICES).where(again))
            self._raised(conn, {**thread, "claimed_at": None}, "darurat", now)

    def _claimed(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is None:
            return
        first = thread["claimed_at"] is None or thread["alias"] != body["alias"]
        _set(conn, thread, claimed_at=now, alias=body["alias"])
        _done(conn, thread["id"], ["accepted", *DARURAT_STEPS])
        if first:
            self._tell(
                conn, thread, "ditangani", "message", now, over=("sampai", "darurat_menunggu"), alias=body["alias"]
            )

    def _opened(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is not None:
            self._tell(conn, thread, "dibaca", "message", now, alias=body["alias"])

    def _reply(self, conn: Connection, body: dict[str, Any], now: datetime) -> None:
        thread = self._thread(conn, body)
        if thread is None:
            state = {"relay": body["relay"], "state": "gone"}
            self._tools.post(conn, "delivery", state, now)
            return
        relay, text = bytes.fromhex(body["relay"]), quoted(body["text"])
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

    def _wiped(self, conn: Connection, body: dict[str, Any], _: datetime) -> None:
        """What its reporter erased and a copy brought back, before anything of it is sent; else it is long gone."""
        thread_id = bytes.fromhex(body["thread"])
        listed = {name: [bytes.fromhex(one) for one in body[name]] for name in ("words", "files")}
        back = (ANSWERS, "words"), (MEDIA_FILES, "files")
        answers, media = (
            list(conn.scalars(select(table.c.id).where(table.c.id.in_(listed[name]), table.c.letter_id.is_(None))))
            for table, name in back
        )
        erase(conn, answers, media)
        thread = self._thread(conn, body)
        if thread is None or thread["sent"] != "no":
            return
        left = (select(table.c.id).where(table.c.thread_id == thread_id).limit(1) for table, _name in back)
        if not any(conn.execute(one).first() for one in left):
            conn.execute(delete(SESSIONS).where(SESSIONS.c.thread_id == thread_id))
            forget_thread(conn, thread_id)

    # --- telling ------------------------------------------------------------------------------------------------------

    def _thread(self, conn: Connection, body: dict[str, Any]) -> Any:
        wanted = bytes.fromhex(body["thread"])
        return conn.execute(select(THREADS).where(THREADS.c.id == wanted)).mappings().one_or_none()

    def _tell(self, conn: Connection, thread: Any, key: str, what: What, now: datetime, **values: Any) -> None:
        tell(conn, self._tools, thread, key, what, now, **values)


def _set(conn: Connection, thread: Any, **values: Any) -> None:
    conn.execute(update(THREADS).where(THREADS.c.id == thread["id"]).values(**values))


def _before(at: datetime | None, other: str) -> bool:
    """Whether something happened, and before `other` (ISO)."""
    return at is not None and at < datetime.fromisoformat(other)


def _done(conn: Connection, thread_id: bytes, steps: list[str]) -> None:
    """These notices are no longer needed."""
    mine = (NOTICES.c.thread_id == thread_id) & NOTICES.c.step.in_(steps)
    conn.execute(update(NOTICES).where(mine, NOTICES.c.done_at.is_(None)).values(done_at=NOTICES.c.due_at))


def set_meta(conn: Connection, key: str, value: str) -> None:
    """One value of this store by name."""
    if not conn.execute(update(META).where(META.c.key == key).values(value=value)).rowcount:
        conn.execute(META.insert().values(key=key, value=value))
