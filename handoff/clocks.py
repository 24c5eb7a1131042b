"""What happens when time has passed: rungs fire, untouched cases lapse, and the net catches whatever was missed.

A case's clock moves in the transaction that fires it, and each step of a version fires once: ticks that come twice, or
a wall clock that is put back, change nothing. However long nobody looked, of each case only the highest due step fires,
and everybody gets one message about all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from handoff import audit, cards, cases, claims, closing, escalation, news, people, relay, teknis, tell
from handoff.buttons import Press, named
from handoff.people import Member
from handoff.sql import insert_new
from handoff.work import Work
from storage.desk_tables import CASE, FIRING, TASK, Case

NET: Final = timedelta(minutes=10)
"""An open case that is overdue by more than this was missed: everybody is paged."""

PUT_BACK: Final = timedelta(hours=1)
"""A clock that is put back by less fires nothing twice: it only waits. By more, or by more than the case may wait at
all (a darurat five minutes), waiting would leave it alone."""

_MOST_BUTTONS: Final = 8
_MOST_LINES: Final = 30


@dataclass
class Digest:
    """What each member is told at the end of a tick: one message, whatever fired."""

    lines: dict[bytes, list[tuple[Case, str]]] = field(default_factory=dict)

    def add(self, to: list[Member], case: Case, line: str) -> None:
        """One more line for each of these; a case stands there once."""
        for one in to:
            known = self.lines.setdefault(one.id, [])
            if all(other.id != case.id for other, _ in known):
                known.append((case, line))


def fire_due(work: Work, report: Callable[[str], None]) -> None:
    """Fires what is due now. `report` is told the type of what goes wrong with one case; the others are not held up."""
    digest = Digest()
    _set_right(work)
    # What failed until the net paged for it is tried again when the net would page again.
    netted = CASE.c.net_at.is_not(None) & CASE.c.net_at.between(work.now - NET, work.now)
    due = select(CASE.c.id).where(CASE.c.next_due_at <= work.now, ~netted).order_by(CASE.c.next_due_at)
    for case_id in work.conn.execute(due).scalars().all():
        try:
            with work.conn.begin_nested():
                _fire(work, cases.get(work, case_id), digest)
        except DBAPIError:
            # The transaction itself is lost (PostgreSQL could not put it in an order): the whole tick runs again.
            raise
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with one case, the net below pages for it
            report(type(error).__name__)
    _net(work, digest)
    _send(work, digest)


def _set_right(work: Work) -> None:
    """Clocks that were set before the wall clock was put back: nothing waits for that time to come round again."""
    ahead = CASE.c.anchor_at > work.now
    fired = (CASE.c.step > 0) & (CASE.c.next_due_at > work.now)
    for case in cases.listed(work, ahead | fired):
        waiting = cases.waiting(work, case)
        patience = min(PUT_BACK, waiting.limit)
        if case.anchor_at > work.now + patience:
            cases.restart_clock(work, case)
            audit.write(work, audit.SYSTEM, "clock_back", case.id)
            continue
        if case.step == 0 or escalation.due(waiting, case.step - 1) <= work.now + patience:
            continue
        # Steps of a time that has not come: those whose time has are not fired again.
        highest = escalation.highest_due(waiting, 0, work.now)
        step = 0 if highest is None else highest + 1
        cases.restart_clock(work, case, anchor_at=case.anchor_at, step=step)
        audit.write(work, audit.SYSTEM, "clock_back", case.id)


def next_due(work: Work) -> datetime | None:
    """The earliest time at which a tick will find something: a case, a task, a message to a reporter."""
    times = [
        work.conn.execute(select(func.min(column))).scalar() for column in (CASE.c.next_due_at, TASK.c.next_due_at)
    ]
    return min((time for time in (*times, relay.next_due(work)) if time is not None), default=None)


def _fire(work: Work, case: Case, digest: Digest) -> None:
    waiting = cases.waiting(work, case)
    step = escalation.highest_due(waiting, case.step, work.now)
    if step is None:
        # Limits were changed by a raise or a new policy: the clock follows them.
        cases.change(work, case, next_due_at=escalation.due(waiting, case.step))
        return
    first = insert_new(
        work.conn,
        FIRING,
        case_id=case.id,
        version=case.version,
        step=step,
        rung=waiting.situation,
        skipped=step - case.step,
        at=work.now,
    )
    if escalation.lapses(waiting, step):
        claims.lapse(work, case)
        return
    case = cases.change(work, case, step=step + 1, next_due_at=escalation.due(waiting, step + 1), net_at=None)
    if first:
        audit.write(work, audit.SYSTEM, f"fired_{waiting.situation}", case.id)
        _call(work, case, waiting, step, digest)


def _call(work: Work, case: Case, waiting: escalation.Wait, step: int, digest: Digest) -> None:
    unclaimed = waiting.situation == "unclaimed"
    if unclaimed and news.just_paged(work, case):
        # Everybody whom any rung could call has that page before their eyes.
        return
    rung = escalation.rung(waiting, step)
    line = work.texts(
        f"macet_{waiting.situation}",
        kode=cases.code(case),
        urgensi=work.texts(f"urgensi_{case.urgency}"),
        umur=work.texts.span(work.now - waiting.anchor),
        nama=people.member(work, case.owner).shown if case.owner else "",
    )
    in_group = "group" in rung.where and (case.state == "new" or case.urgency == "darurat")
    posted = False
    if in_group and case.state == "new":
        posted = cards.post(work, case, "kartu_menunggu")
    elif in_group:
        posted = tell.group(work, line, priority=tell.CARD)
    asked: list[Member] = []
    if waiting.situation == "consent" and case.owner:
        # Whoever may consent gets the question itself again, with its buttons.
        asked = people.second_persons(work, case.owner)
        closing.ask_second(work, case, asked)
    if "private" in rung.where or not posted:
        called = people.called(work, rung.to, case.owner)
        digest.add([one for one in called if one not in asked], case, line)
        if unclaimed and len(called) == len(people.on_duty(work)):
            news.paged(work, case)


def _net(work: Work, digest: Digest) -> None:
    """Whatever is still overdue was missed by everything above: everybody hears of it, again and again."""
    missed = CASE.c.next_due_at < work.now - NET
    for case in cases.listed(work, missed):
        if case.net_at is not None and timedelta(0) <= work.now - case.net_at < NET:
            continue
        cases.change(work, case, net_at=work.now)
        audit.write(work, audit.SYSTEM, "net", case.id)
        if case.kind != "teknis":
            teknis.trouble(work, "tick")
        line = work.texts("jaring", kode=cases.code(case), urgensi=work.texts(f"urgensi_{case.urgency}"))
        digest.add(people.on_duty(work), case, line)
        tell.group(work, line)


def _send(work: Work, digest: Digest) -> None:
    for staff_id, found in digest.lines.items():
        to = people.member(work, staff_id)
        lines = [line for _, line in found]
        more = [work.texts("dan_lagi", n=str(len(lines) - _MOST_LINES))] if len(lines) > _MOST_LINES else []
        head = [work.texts("ringkas", n=str(len(lines)))] if len(lines) > 1 else []
        text = "\n".join([*head, *lines[:_MOST_LINES], *more])
        buttons = [[made] for case, _ in found[:_MOST_BUTTONS] if (made := _button(work, case, to))]
        urgent = any(case.urgency == "darurat" for case, _ in found)
        priority = tell.URGENT if urgent else tell.CARD if len(found) == 1 else tell.DIGEST
        if len(found) == 1:
            tell.private(work, to, text, buttons, kind=tell.ABOUT_CASE, ref=found[0][0].id, priority=priority)
        else:
            tell.private(work, to, text, buttons, priority=priority)


def _button(work: Work, case: Case, to: Member) -> tuple[str, str] | None:
    code = cases.code(case)
    if case.state == "new":
        return named(work, work.texts("tombol_ambil_kode", kode=code), Press("ambil", case.id))
    if case.owner == to.id:
        return named(work, work.texts("tombol_buka_kode", kode=code), Press("buka", case.id, to.id))
    return None
