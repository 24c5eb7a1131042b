"""What intake answers by itself, before or beside the engine: BUKA, KODE, the kata rahasia, held messages, blocking."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from bot.content.text import fill
from bot.engine import events as ev
from bot.engine.effects import Show
from bot.engine.lexicon import lexicon
from bot.engine.script import ScriptSet
from bot.engine.step import Turn
from bot.engine.text import forms
from bot.intake import receipts, speak
from bot.intake.plan import Plan
from bot.intake.snapshot import Snapshot
from bot.intake.tools import Tools
from storage import outbox
from storage.intake_tables import ADDRESSES, LINKS, SEALED_GATE, THREADS

GUARDED = ("buka", "kode", "status", "hapus")
"""Words that the kata rahasia guards; never darurat."""
LONGEST_SECRET = 3
"""Words; more is a sentence, and no try at the kata rahasia."""
SOON = timedelta(minutes=2)
"""A message due this soon only waited for the answer being given; one due later waits for the morning."""


def intercept(conn: Connection, tools: Tools, plan: Plan, snapshot: Snapshot, text: str, now: datetime) -> str | None:
    """What the engine shall hear of `text`; None when it was answered here (BUKA, KODE, the kata rahasia)."""
    waiting = _gate(tools, snapshot)
    if waiting is not None:
        return _answer_gate(conn, tools, plan, snapshot, waiting, text, now)
    word = next((word for word in GUARDED if means(snapshot.scripts, word, text)), None)
    if word and snapshot.address and snapshot.address["secret"]:
        ask_secret(tools, plan, snapshot, word, now)
        return None
    return None if _opened(tools, plan, snapshot, word, now) else text


def guarded(snapshot: Snapshot, event: ev.Event, turn: Turn) -> str | None:
    """The guarded word that this turn would carry out by a button or a number, past the kata rahasia."""
    if not (snapshot.address and snapshot.address["secret"]) or isinstance(event, ev.CodeTried | ev.Waited):
        return None
    before = {frame.script for frame in snapshot.session.stack}
    opened = {frame.script for frame in turn.session.stack} - before
    if "status" not in before and any("{status}" in one.text for one in turn.effects if isinstance(one, Show)):
        opened.add("status")
    word = next((word for word in GUARDED if word in opened), None)
    if word and isinstance(event, ev.Said) and means(snapshot.scripts, word, event.text):
        return None  # typed as a word it was asked for before it came here
    return word


def ask_secret(tools: Tools, plan: Plan, snapshot: Snapshot, word: str, now: datetime) -> None:
    """The next message is a try at the kata rahasia; `word` is carried out when it is right."""
    _set_gate(tools, plan, snapshot, word)
    _message(tools, plan, snapshot, "kata_minta", now)


def _opened(tools: Tools, plan: Plan, snapshot: Snapshot, word: str | None, now: datetime) -> bool:
    """Carry out a word that intake itself knows; False for all others."""
    if word == "buka":
        if not snapshot.held:
            _message(tools, plan, snapshot, "tidak_ada_pesan", now)
        plan.add(lambda conn: outbox.release(conn, snapshot.address_id, now))
        plan.add(lambda conn: outbox.hasten(conn, snapshot.address_id, now))
        return True
    if word == "kode":
        thread = next((thread for thread in snapshot.threads if thread["receipt"] or thread["sent"] != "no"), None)
        if thread is not None:
            digits = receipts.give(tools, plan, thread["id"], thread)
            _message(tools, plan, snapshot, "kode_ada", now, kode=receipts.pretty(digits))
        else:
            _message(tools, plan, snapshot, "kode_tidak_ada", now)
        return True
    return False


def _gate(tools: Tools, snapshot: Snapshot) -> str | None:
    """The guarded word that waits for the kata rahasia at this address."""
    if snapshot.address is None or snapshot.address["gate"] is None:
        return None
    return tools.sessions.open(SEALED_GATE, snapshot.address_id, snapshot.address["gate"]).decode()


def _set_gate(tools: Tools, plan: Plan, snapshot: Snapshot, word: str | None) -> None:
    address_id = snapshot.address_id
    sealed = tools.sessions.seal(SEALED_GATE, address_id, word.encode()) if word else None
    plan.add(lambda conn: conn.execute(update(ADDRESSES).where(ADDRESSES.c.id == address_id).values(gate=sealed)))


def _answer_gate(
    conn: Connection, tools: Tools, plan: Plan, snapshot: Snapshot, waiting: str, text: str, now: datetime
) -> str | None:
    """The message after "Tulis kata rahasiamu": right, it opens; wrong, it counts.

    A sentence, words of danger, and every word that is itself a command go on: help is never behind a lock.
    """
    address_id = snapshot.address_id
    if again := next((word for word in GUARDED if means(snapshot.scripts, word, text)), None):
        ask_secret(tools, plan, snapshot, again, now)
        return None
    _set_gate(tools, plan, snapshot, None)
    secret = snapshot.address["secret"] if snapshot.address else None
    right = secret == receipts.secret_hash(tools, address_id, text)
    if not right and _goes_on(snapshot.scripts, text):
        return text
    if not receipts.may_try(conn, snapshot.address, now, everybody=False):
        _message(tools, plan, snapshot, "kata_terkunci", now)
        return None
    if not right:
        plan.add(lambda conn: receipts.count_wrong(conn, address_id, now, everybody=False))
        _message(tools, plan, snapshot, "kata_salah", now)
        return None
    return None if _opened(tools, plan, snapshot, waiting, now) else waiting


def _goes_on(scripts: ScriptSet, text: str) -> bool:
    """Whether this is no try at the kata rahasia, but something that the conversation must hear."""
    message, words = forms(text), lexicon(scripts)
    known = words.control.one(message) or words.opener(message) or words.danger.find(text)
    return len(text.split()) > LONGEST_SECRET or known is not None


def receipt_tried(
    conn: Connection, tools: Tools, plan: Plan, snapshot: Snapshot, text: str, now: datetime
) -> bytes | None:
    """The thread whose receipt `text` holds, b"" for a wrong one, None when there are no digits to try.

    A right one links this address to its thread, so that replies go where the reporter last wrote from.
    """
    digits = receipts.digits_of(text)
    if len(digits) < 8:
        return None
    address_id = snapshot.address_id
    if not receipts.may_try(conn, snapshot.address, now):
        _message(tools, plan, snapshot, "kode_dibatasi", now)
        return b""
    thread_id = receipts.find(conn, tools, digits) if len(digits) == 16 else None
    if thread_id is None:
        plan.add(lambda conn: receipts.count_wrong(conn, address_id, now))
        return b""

    def link(conn: Connection) -> None:
        mine = (LINKS.c.thread_id == thread_id) & (LINKS.c.address_id == address_id)
        if not conn.execute(update(LINKS).where(mine).values(last_at=now)).rowcount:
            conn.execute(LINKS.insert().values(thread_id=thread_id, address_id=address_id, last_at=now))
        # "Aman" was said of the other phone; of this one nobody has said so.
        conn.execute(update(THREADS).where(THREADS.c.id == thread_id).values(balas=None))

    plan.add(link)
    return thread_id


def adopted(conn: Connection, snapshot: Snapshot, thread_id: bytes) -> Snapshot:
    """The snapshot as the other phone left the report: what is told from now on joins it.

    A draft that was begun on this phone is not given up for it; then only replies come here too.
    """
    if snapshot.session.draft:
        return snapshot
    thread = conn.execute(select(THREADS).where(THREADS.c.id == thread_id)).mappings().one()
    session = replace(snapshot.session, sent=thread["sent"], balas=None)
    return replace(snapshot, thread_id=thread_id, session=session, threads=(thread, *snapshot.threads))


def reachable(tools: Tools, plan: Plan, snapshot: Snapshot, reached: bool, now: datetime) -> None:
    """The person blocked us or came back: kept, and for open threads told to the desk."""
    address_id = snapshot.address_id
    plan.add(lambda conn: conn.execute(update(ADDRESSES).where(ADDRESSES.c.id == address_id).values(reachable=reached)))
    if snapshot.address is not None and snapshot.address["reachable"] == reached:
        return  # a refused message told it before
    what = "reachable" if reached else "unreachable"
    for thread in snapshot.threads:
        if thread["sent"] != "no" and thread["closed_at"] is None:
            body = {"thread": thread["id"].hex(), "at": now.isoformat(), "what": what}
            plan.add(lambda conn, body=body: tools.post(conn, "flag", body, now))  # type: ignore[misc]


def they_answered(plan: Plan, snapshot: Snapshot, now: datetime) -> None:
    """What only waited for an answer of theirs goes out."""
    plan.add(lambda conn: outbox.hasten(conn, snapshot.address_id, now, until=now + SOON))


def mention_held(tools: Tools, plan: Plan, snapshot: Snapshot, now: datetime) -> None:
    """After an answer of theirs, what waits for BUKA is mentioned, once an hour."""
    if snapshot.held:
        key = f"notice:{snapshot.address_id.hex()}:{now:%Y%m%d%H}"
        speak.say(tools, plan, snapshot, snapshot.live.scripts.push["ada_pesan"], now, dedupe=key)


def means(scripts: ScriptSet, word: str, text: str) -> bool:
    """Whether the whole message is that control word, or the word of that script."""
    message, words = forms(text), lexicon(scripts)
    return word in (words.control.one(message), words.opener(message))


def _message(tools: Tools, plan: Plan, snapshot: Snapshot, key: str, now: datetime, **values: str) -> None:
    speak.say(tools, plan, snapshot, fill(snapshot.live.scripts.messages[key], values), now)
