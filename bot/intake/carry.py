"""Carries out what the engine decided: one function per effect, read from a table."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from bot.channels.outgoing import Buttons, Delete
from bot.content.text import fill
from bot.engine import effects as fx
from bot.engine.script import Kind
from bot.engine.session import Session
from bot.engine.step import asking_kind
from bot.intake import push, receipts, speak
from bot.intake.plan import Plan
from bot.intake.post import answers_letter
from bot.intake.snapshot import ACK, REPLY, Snapshot
from bot.intake.tools import Tools
from storage import outbox, vault
from storage.intake_tables import ADDRESSES, ANSWERS, BLOBS, LINKS, MEDIA_FILES, NOTICES, THREADS, TRACES
from storage.shared_tables import OUTBOX

CLEARED = "cleared"
"""Kind of an outbox row that was on its way when its chat was cleared."""
UNSENT_ACCEPTED = timedelta(seconds=60)
"""After this long without the desk's `accepted`, the numbers are shown."""
DARURAT_STEPS = {"darurat_5": timedelta(minutes=5), "darurat_15": timedelta(minutes=15)}
"""When intake tells the reporter of an unclaimed darurat."""
RANK = {"no": 0, "consult": 1, "alarm": 2, "submit": 3}
"""Which letter outweighs which: only a consultation keeps back what is not text, so an alarm after it must not."""


def shows(kind: str) -> bool:
    """Whether an outbox row of this kind leaves a message in the chat."""
    return kind in ("say", REPLY, ACK, "settle", CLEARED) or kind.startswith(("ask:", "news:"))


class Carry:
    """The effects of one turn, carried into a plan."""

    def __init__(self, tools: Tools, plan: Plan, snapshot: Snapshot, session: Session, now: datetime) -> None:
        """`session`: the conversation as it is after the step."""
        self.tools, self.plan, self.snapshot, self.session, self.now = tools, plan, snapshot, session, now
        self.thread_id = snapshot.thread_id
        self.sent: str = snapshot.thread["sent"] if snapshot.thread else "no"
        self._exists = snapshot.thread is not None
        self._reason: str | None = None
        self._letters: list[tuple[str, dict[str, Any]]] = []
        self._table: dict[type[Any], Callable[[Any], None]] = {
            fx.Show: self._show,
            fx.Keep: self._keep,
            fx.KeepMedia: self._keep_media,
            fx.DropMedia: self._drop_media,
            fx.Alarm: self._alarm,
            fx.Submit: self._submit,
            fx.Consult: self._consult,
            fx.More: self._more,
            fx.Flag: self._flag,
            fx.Erase: self._erase,
            fx.Receipt: self._receipt,
            fx.Clear: self._clear,
            fx.SetSecret: self._secret,
            fx.Renew: self._renew,
            fx.ToHuman: self._to_human,
            fx.Phone: self._phone,
        }

    def all(self, effects: tuple[fx.Outcome, ...]) -> None:
        """Carry out the effects of a turn, in order, and then the letters that came of them."""
        for effect in effects:
            self._table[type(effect)](effect)
        kinds = [kind for kind, _ in self._letters]
        for kind, facts in self._letters:
            if kind == "more" and len(kinds) > 1:
                continue  # what was kept goes with the stronger letter
            self._post(kind, facts)

    # --- what people see ----------------------------------------------------------------------------------------------

    def _show(self, show: fx.Show) -> None:
        if show.push is not None:
            return self._push(show)
        kind = self._kind(show)
        buttons = self._keyboard(show)
        if show.again and self.snapshot.question is not None:
            return speak.rebutton(self.tools, self.plan, self.snapshot, buttons, self.now)
        self._say(show.text, buttons=buttons, settle=show.settle, priority=0 if show.urgent else 2, kind=kind)
        return None

    def _kind(self, show: fx.Show) -> str:
        """A question with buttons is remembered by its number, so that its message can show the answer later."""
        if show.question and show.buttons:
            return f"ask:{self.session.shown}"
        return ACK if self.snapshot.with_officer and not show.question else "say"

    def _keyboard(self, show: fx.Show) -> Buttons:
        kind = asking_kind(self.snapshot.scripts, self.session)
        return speak.keyboard(self.session.shown, show.buttons, numbered=kind in (Kind.CHOICES, Kind.REVIEW))

    def _push(self, show: fx.Show) -> None:
        """Something said unasked, after a silence: what may not go out now is dropped (a status never waits)."""
        last_in = self.snapshot.last_in or self.now
        decision = push.decide("status", self.session.balas, last_in, self.now, self.tools.zone)
        if decision.how == "content":
            self._say(show.text, buttons=self._keyboard(show), kind=self._kind(show))

    def _say(self, text: str, **fields: Any) -> None:
        speak.say(self.tools, self.plan, self.snapshot, text, self.now, **fields)

    def _message(self, key: str, **values: str) -> None:
        self._say(fill(self.snapshot.live.scripts.messages[key], values))

    # --- what is kept -------------------------------------------------------------------------------------------------

    def thread(self) -> bytes:
        """The thread of this conversation; made with the first thing that is kept in it."""
        if not self._exists:
            self._exists = True
            thread_id, address_id, now = self.thread_id, self.snapshot.address_id, self.now

            def write(conn: Connection) -> None:
                conn.execute(THREADS.insert().values(id=thread_id, opened_at=now, sent="no"))
                conn.execute(LINKS.insert().values(thread_id=thread_id, address_id=address_id, last_at=now))

            self.plan.add(write)
        return self.thread_id

    def _keep(self, keep: fx.Keep) -> None:
        thread_id, answer_id = self.thread(), self.tools.new_id()
        body = {
            "field": keep.field,
            "kind": str(keep.kind),
            "status": keep.status,
            "value": list(keep.value),
            "words": keep.words,
            "label": keep.label,
            "shown": list(keep.shown),
            "extra": dict(keep.extra),
            "media": keep.media,
            "at": self.now.isoformat(),
            "script_set": self.snapshot.session.set_hash,
        }
        keys = self.tools.keys
        wire = vault.seal_answer(keys.peer_box_public, keys.deployment, answer_id, json.dumps(body).encode("ascii"))
        n = select(func.coalesce(func.max(ANSWERS.c.n), 0) + 1).where(ANSWERS.c.thread_id == thread_id)
        values: dict[str, Any] = {"id": answer_id, "thread_id": thread_id, "n": n.scalar_subquery(), "wire": wire}
        values |= {"created_at": self.now, "kind": str(keep.kind)}
        self.plan.add(lambda conn: conn.execute(ANSWERS.insert().values(**values)))
        if keep.media:
            media_id, field = bytes.fromhex(keep.media), keep.field
            self.plan.add(lambda conn: _media(conn, media_id, thread_id=thread_id, field=field))

    def _keep_media(self, keep: fx.KeepMedia) -> None:
        thread_id, media_id, field, now = self.thread(), bytes.fromhex(keep.media), keep.field, self.now
        self.plan.add(lambda conn: _media(conn, media_id, thread_id=thread_id, field=field, state="fetch", due_at=now))

    def _drop_media(self, drop: fx.DropMedia) -> None:
        media_id = bytes.fromhex(drop.media)
        self.plan.add(lambda conn: conn.execute(delete(MEDIA_FILES).where(MEDIA_FILES.c.id == media_id)))

    def _erase(self, _: fx.Erase) -> None:
        """What no letter has listed is gone; what was sent stays with the desk."""
        thread_id, sent = self.thread_id, self.sent

        def write(conn: Connection) -> None:
            files = select(MEDIA_FILES.c.id).where(
                MEDIA_FILES.c.thread_id == thread_id, MEDIA_FILES.c.letter_id.is_(None)
            )
            media = list(conn.scalars(files))
            mine = (ANSWERS.c.thread_id == thread_id) & ANSWERS.c.letter_id.is_(None)
            answers = list(conn.scalars(select(ANSWERS.c.id).where(mine)))
            erase(conn, answers, media)
            if sent == "no":
                forget_thread(conn, thread_id)
            gone = {"words": [one.hex() for one in answers], "files": [one.hex() for one in media]}
            self.tools.post(conn, "wipe", {"thread": thread_id.hex(), **gone}, self.now)

        if self._exists:
            self.plan.add(write)
        if sent == "no":
            self._fresh_thread()

    def _renew(self, _: fx.Renew) -> None:
        self._fresh_thread()
        self.sent = "no"

    def _fresh_thread(self) -> None:
        self.thread_id, self._exists = self.tools.new_id(), False

    def _secret(self, secret: fx.SetSecret) -> None:
        address_id = self.snapshot.address_id
        word = receipts.secret_hash(self.tools, address_id, secret.word)
        mine = update(ADDRESSES).where(ADDRESSES.c.id == address_id)
        self.plan.add(lambda conn: conn.execute(mine.values(secret=word)))
        self._message("kata_dipasang")

    # --- what the desk hears ------------------------------------------------------------------------------------------

    def _alarm(self, alarm: fx.Alarm) -> None:
        # Silence after words of danger counts as a strong word.
        tier = "strong" if alarm.reason == "diam" and alarm.tier != "self" else alarm.tier
        self._letters.append(("alarm", {"reason": alarm.reason, "kata": tier}))

    def _submit(self, submit: fx.Submit) -> None:
        self._letters.append(("submit", {"unfinished": submit.unfinished}))

    def _consult(self, _: fx.Consult) -> None:
        self._letters.append(("consult", {}))

    def _more(self, _: fx.More) -> None:
        self._letters.append(("more", {}))

    def _post(self, kind: str, facts: dict[str, Any]) -> None:
        thread_id, now, tools, before = self.thread(), self.now, self.tools, self.sent
        if kind != "more" and RANK[kind] > RANK[self.sent]:
            self.sent = kind
        values: dict[str, Any] = {"sent": self.sent, "balas": self.session.balas}
        facts = {
            "kanal": self.snapshot.channel,
            "balas": self.session.balas,
            "pintu": sorted(self.session.pintu),
            "kata": self.session.kata,
        } | facts
        only_texts = self.sent == "consult"
        steps = {"accepted": UNSENT_ACCEPTED} if kind != "more" else {}
        if kind == "alarm":
            steps |= DARURAT_STEPS
            values["level"] = "darurat"
        by_silence = facts.get("reason") == "diam" or facts.get("unfinished")
        if kind != "more" and not (by_silence and before != "no"):
            # What the person sent stays the act that is answered; silence sent nothing.
            values["sent_at"] = now

        def write(conn: Connection) -> None:
            conn.execute(update(THREADS).where(THREADS.c.id == thread_id).values(**values))
            answers_letter(conn, tools, thread_id, kind, facts, only_texts=only_texts, now=now)
            for step, wait in steps.items():
                remind(conn, tools, thread_id, step, now + wait, again=True)

        self.plan.add(write)

    def _flag(self, flag: fx.Flag) -> None:
        body = {"thread": self.thread_id.hex(), "at": self.now.isoformat(), "what": flag.what}
        if self.sent != "no":
            self.plan.add(lambda conn: self.tools.post(conn, "flag", body, self.now))

    def _phone(self, phone: fx.Phone) -> None:
        body = {"thread": self.thread().hex(), "number": phone.number}
        self.plan.add(lambda conn: self.tools.post(conn, "phone", body, self.now))

    def _to_human(self, trouble: fx.ToHuman) -> None:
        held = self.snapshot.session.has_content
        thread = self.thread_id.hex() if self._exists else None
        body = {"at": self.now.isoformat(), "what": trouble.reason, "thread": thread, "raw": None, "held_report": held}
        self.plan.add(lambda conn: self.tools.post(conn, "trouble", body, self.now))

    # --- this chat ----------------------------------------------------------------------------------------------------

    def _receipt(self, _: fx.Receipt) -> None:
        thread_id = self.thread()
        known = self.snapshot.thread if self.snapshot.thread_id == thread_id else None
        self._message("kode_baru", kode=receipts.pretty(receipts.give(self.tools, self.plan, thread_id, known)))

    def _clear(self, _: fx.Clear) -> None:
        clear(self.tools, self.plan, self.snapshot, self.now)


def erase(conn: Connection, answers: list[bytes], media: list[bytes]) -> None:
    """These answers and files are gone."""
    conn.execute(delete(BLOBS).where(BLOBS.c.media_id.in_(media)))
    conn.execute(delete(MEDIA_FILES).where(MEDIA_FILES.c.id.in_(media)))
    conn.execute(delete(ANSWERS).where(ANSWERS.c.id.in_(answers)))


def forget_thread(conn: Connection, thread_id: bytes) -> None:
    """A thread of which nothing was sent was never there."""
    conn.execute(delete(NOTICES).where(NOTICES.c.thread_id == thread_id))
    conn.execute(delete(LINKS).where(LINKS.c.thread_id == thread_id))
    conn.execute(delete(THREADS).where(THREADS.c.id == thread_id))


def clear(tools: Tools, plan: Plan, snapshot: Snapshot, now: datetime) -> None:
    """Every message of this chat that we know of, both ways, is deleted as far as the platform allows.

    What is still on its way does not arrive after it, and what comes later is no answer any more: whoever looks at
    the phone now may be somebody else.
    """
    address_id, chat = snapshot.address_id, snapshot.chat
    away = update(ADDRESSES).where(ADDRESSES.c.id == address_id).values(last_in=now - push.ANSWER_WINDOW - speak.BURST)

    def write(conn: Connection) -> None:
        conn.execute(away)
        _stop_what_is_on_its_way(conn, tools, address_id, now)
        traces = conn.execute(select(TRACES.c.id, TRACES.c.sealed).where(TRACES.c.address_id == address_id)).all()
        numbers = sorted(tools.message_id(trace.id, trace.sealed) for trace in traces)
        if numbers:
            outbox.put(conn, tools.row(address_id, chat, Delete(message_ids=tuple(numbers)), now, kind="clear"))
        conn.execute(delete(TRACES).where(TRACES.c.address_id == address_id))

    plan.add(write)


def _stop_what_is_on_its_way(conn: Connection, tools: Tools, address_id: bytes, now: datetime) -> None:
    columns = (OUTBOX.c.id, OUTBOX.c.kind, OUTBOX.c.state, OUTBOX.c.ref)
    mine = (OUTBOX.c.person == address_id) & OUTBOX.c.state.in_(["waiting", "sending"])
    for row in conn.execute(select(*columns).where(mine, OUTBOX.c.due_at <= now + speak.BURST)).all():
        if not shows(row.kind):
            continue
        if row.state == "sending":
            # It may be arriving just now: the hooks delete it as soon as its number is known.
            conn.execute(update(OUTBOX).where(OUTBOX.c.id == row.id).values(kind=CLEARED))
        elif row.ref is not None:
            outbox.hold(conn, row.id)
            tools.post(conn, "delivery", {"relay": row.ref.hex(), "state": "held"}, now)
        else:
            outbox.finish(conn, row.id, "expired", now)


def remind(conn: Connection, tools: Tools, thread_id: bytes, step: str, due: datetime, *, again: bool = False) -> None:
    """Intake will speak about this thread at `due`, each step once; a step already there is left as it is.

    `again`: another letter left, so a step that is done already counts anew.
    """
    mine = (NOTICES.c.thread_id == thread_id) & (NOTICES.c.step == step)
    if conn.execute(select(NOTICES.c.id).where(mine)).first() is None:
        conn.execute(NOTICES.insert().values(id=tools.new_id(), thread_id=thread_id, step=step, due_at=due))
    elif again:
        conn.execute(update(NOTICES).where(mine, NOTICES.c.done_at.is_not(None)).values(due_at=due, done_at=None))


def _media(conn: Connection, media_id: bytes, **values: Any) -> None:
    conn.execute(update(MEDIA_FILES).where(MEDIA_FILES.c.id == media_id).values(**values))
