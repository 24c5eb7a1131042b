"""Messages from an officer to a reporter: an explicit act, ten seconds to call it back, and what became of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.exc import DBAPIError

from bot.channels.outgoing import EditText, plain
from handoff import aliases, audit, cases, pages, people, tell
from handoff.buttons import Press, button
from handoff.lifecycle import Act, allows
from handoff.people import Member
from handoff.work import Work, dump, load
from storage.desk_tables import RELAY, RELAY_BODY, Case
from storage.errors import Conflict

CALL_BACK_FOR: Final = timedelta(seconds=10)

# What intake tells of it. None of these is taken back by a later one that says less.
_FATES: Final = ("held", "sent", "shown", "blocked", "failed")
_SAME: Final = {"delivered": "sent", "expired": "failed", "gone": "failed"}
# Longer than a letter can be under way: what is older hears nothing more.
_NEWS_FOR: Final = timedelta(days=30)
_FINAL: Final = frozenset({"shown", "blocked", "failed", "cancelled"})


def reach(work: Work, case: Case) -> str:
    """A sentence on how a message reaches this reporter."""
    known = cases.about(work, case)
    if known.unreachable:
        return work.texts("jangkau_putus")
    return work.texts({"aman": "jangkau_aman", "jangan": "jangkau_jangan"}.get(known.answer_to or "", "jangkau_pesan"))


def write(work: Work, case: Case, by: Member, text: str) -> None:
    """Takes a message for the reporter; it leaves in ten seconds unless it is called back."""
    relay_id = work.new_id()
    alias = aliases.of(work, case, by.id)
    row = {
        "id": relay_id,
        "case_id": case.id,
        "staff_id": by.id,
        "alias": alias,
        "body": cases.box(work, case.id).seal(RELAY_BODY, relay_id, dump({"text": plain(text)})),
        "state": "waiting",
        "send_at": work.now + CALL_BACK_FOR,
        "made_at": work.now,
    }
    work.conn.execute(RELAY.insert().values(**row))
    audit.write(work, by.id, "reply_written", case.id)
    shown, buttons = _render(work, _get(work, relay_id), case)
    tell.private(work, by, shown, buttons, kind=tell.RELAY, ref=relay_id, protect=True)


def call_back(work: Work, relay_id: bytes, by: Member) -> bool:
    """Calls a message back while it waits. False: it has left."""
    row = _get(work, relay_id)
    if row.state != "waiting" or row.staff_id != by.id:
        return False
    _set(work, row, "cancelled")
    audit.write(work, by.id, "reply_called_back", row.case_id)
    return True


def cancel_waiting(work: Work, case: Case) -> None:
    """Whatever still waits does not leave: the case is somebody else's or nobody's now."""
    for row in work.conn.execute(select(RELAY).where(RELAY.c.case_id == case.id, RELAY.c.state == "waiting")).all():
        _set(work, row, "cancelled")


def next_due(work: Work) -> datetime | None:
    """When the next message leaves."""
    return work.conn.execute(select(func.min(RELAY.c.send_at)).where(RELAY.c.state == "waiting")).scalar()


def send_due(work: Work, report: Callable[[str], None]) -> None:
    """Hands over what waited long enough, if its writer still has the case.

    `report` is told the type of what goes wrong with one message; the others are not held up.
    """
    # What seems to wait longer than it ever may was written before the clock was put back.
    due = or_(RELAY.c.send_at <= work.now, RELAY.c.send_at > work.now + 2 * CALL_BACK_FOR)
    waiting = select(RELAY).where(RELAY.c.state == "waiting", due).order_by(RELAY.c.send_at)
    for row in work.conn.execute(waiting).all():
        try:
            with work.conn.begin_nested():
                _send(work, row)
        except (DBAPIError, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 -- e.g. a text that cannot be opened any more: it ends here
            work.conn.execute(RELAY.update().where(RELAY.c.id == row.id).values(state="failed"))
            report(type(error).__name__)


def _send(work: Work, row: Any) -> None:
    case = cases.get(work, row.case_id)
    known = cases.about(work, case)
    if case.owner != row.staff_id or not allows(cases.state(case), Act.WORK) or known.thread is None:
        _set(work, row, "cancelled")
        return
    text = load(cases.box(work, case.id).open(RELAY_BODY, row.id, row.body))["text"]
    work.letter("reply", thread=known.thread, relay=_outside(work, row.id).hex(), alias=row.alias, text=text)
    pages.add(work, case.id, "reply", {"text": text, "alias": row.alias}, author=row.staff_id)
    audit.write(work, row.staff_id, "reply_sent", case.id)
    case = cases.worked(work, case, contact_at=case.contact_at or work.now)
    # Whoever has just asked waits for the answer: the next words of the reporter are told at once.
    cases.learn(work, case, told_at=None)
    _set(work, row, "handed_over")


def _outside(work: Work, relay_id: bytes) -> bytes:
    """The name under which intake knows a message: nobody can join the two stores by it."""
    return work.index("relay", relay_id)


def fate(work: Work, outside: bytes, told: str, until: datetime | None = None) -> None:
    """Intake tells what became of a message, and `until` when it holds it at the latest, if that has a time.

    What is unknown or says less than is known changes nothing.
    """
    lately = RELAY.c.made_at > work.now - _NEWS_FOR
    open_ones = work.conn.execute(select(RELAY).where(lately, RELAY.c.state.in_(["handed_over", "held", "sent"])))
    row = next((one for one in open_ones.all() if _outside(work, one.id) == outside), None)
    state = _SAME.get(told, told)
    if told == "gone" and row is not None and row.state == "sent":
        return  # it had arrived before intake was put back to a copy that does not know its reporter
    if row is None or state not in _FATES or row.state in _FINAL:
        return
    if row.state in _FATES and _FATES.index(state) < _FATES.index(row.state):
        return
    _set(work, row, state, until)


def shown(work: Work, relay_id: bytes, message_id: int | None) -> tuple[bytes, bytes] | None:
    """The private message that shows a relay has arrived. Returns (staff id, case id)."""
    row = work.conn.execute(select(RELAY).where(RELAY.c.id == relay_id)).first()
    if row is None or message_id is None:
        return None
    if row.message_id is None:
        work.conn.execute(RELAY.update().where(RELAY.c.id == relay_id).values(message_id=message_id))
        if row.state != "waiting":
            _show(work, _get(work, relay_id))
    return row.staff_id, row.case_id


def _set(work: Work, row: Any, state: str, until: datetime | None = None) -> None:
    work.conn.execute(RELAY.update().where(RELAY.c.id == row.id).values(state=state))
    _show(work, _get(work, row.id), until)


def _show(work: Work, row: Any, until: datetime | None = None) -> None:
    if row.message_id is None:
        return
    text, buttons = _render(work, row, cases.get(work, row.case_id), until)
    to = people.member(work, row.staff_id)
    edit = EditText(message_id=row.message_id, text=text, buttons=buttons)
    work.put(to.chat, to.id, tell.OTHER, edit, priority=tell.TALK)


def _render(work: Work, row: Any, case: Case, until: datetime | None = None) -> tuple[str, Any]:
    texts = work.texts
    said = load(cases.box(work, row.case_id).open(RELAY_BODY, row.id, row.body))["text"]
    lines = [
        texts("balasan", kode=cases.code(case), alias=row.alias),
        tell.short(said),
        texts("kirim_held_until", jam=texts.clock(until))
        if row.state == "held" and until
        else texts(f"kirim_{row.state}", detik=str(int(CALL_BACK_FOR.total_seconds()))),
    ]
    if row.state != "waiting":
        return "\n".join(lines), ()
    lines.append(reach(work, case))
    return "\n".join(lines), (
        (button(work, "tombol_batalkan", Press("batalkan", case.id, row.staff_id, row.id.hex())),),
    )


def _get(work: Work, relay_id: bytes) -> Any:
    return work.conn.execute(select(RELAY).where(RELAY.c.id == relay_id)).one()
