"""Who has a case: taking it, giving it back, losing it. Taking is one compare-and-set: one winner under any race."""

from dataclasses import dataclass

from sqlalchemy import delete

from handoff import aliases, audit, cards, cases, news, people, relay, tell
from handoff.buttons import Press, button
from handoff.lifecycle import Act
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import CASE, CLOSING, DIALOGUE, Case
from storage.errors import Conflict


@dataclass(frozen=True)
class Claim:
    """What came of it. `holder`: who has the case now, None if it is closed."""

    won: bool
    case: Case
    holder: Member | None


def claim(work: Work, case_id: bytes, by: Member) -> Claim:
    """`by` takes the case if nobody has it. Who has it already loses nothing by asking again."""
    case = cases.get(work, case_id)
    if case.state == "new":
        try:
            # The database decides: of any number who read `new`, one update finds the case without an owner.
            values = {"owner": by.id, "claimed_at": work.now, "viewed_at": None}
            case = cases.act(work, case, Act.CLAIM, CASE.c.owner.is_(None), CASE.c.state == "new", **values)
        except Conflict:
            case = cases.get(work, case_id)
        else:
            _take(work, case, by)
            return Claim(won=True, case=case, holder=by)
    holder = people.member(work, case.owner) if case.owner and case.state != "closed" else None
    return Claim(won=False, case=case, holder=holder)


def _take(work: Work, case: Case, by: Member) -> None:
    audit.write(work, by.id, "claim", case.id)
    tell_reporter(work, case, by)
    text = work.texts("diambil", kode=cases.code(case), urgensi=work.texts(f"urgensi_{case.urgency}"))
    _taken(work, case, by, text)


def tell_reporter(work: Work, case: Case, by: Member) -> None:
    """The reporter hears under which name somebody has the case now."""
    thread = cases.about(work, case).thread
    if thread:
        work.letter("claimed", thread=thread, alias=aliases.of(work, case, by.id))


def _taken(work: Work, case: Case, by: Member, text: str, *, inherited: bool = False) -> Case:
    case = cases.learn(work, case, seen=0, told_at=None, called_at=None, inherited=inherited)
    cards.refresh(work, case)
    urgent = tell.URGENT if case.urgency == "darurat" else tell.CARD
    buttons = [[button(work, "tombol_buka", Press("buka", case.id, by.id))]]
    tell.private(work, by, text, buttons, kind=tell.ABOUT_CASE, ref=case.id, priority=urgent)
    return case


def give_back(work: Work, case: Case, why: Act, actor: bytes | str) -> Case:
    """The case has nobody again, and the group hears it louder. `why`: GIVE_BACK or LAPSE."""
    case = _leave(work, case, why, actor)
    news.unclaimed(work, case, "kartu_kembali")
    return cases.get(work, case.id)


def _leave(work: Work, case: Case, why: Act, actor: bytes | str) -> Case:
    work.conn.execute(delete(CLOSING).where(CLOSING.c.case_id == case.id))
    work.conn.execute(delete(DIALOGUE).where(DIALOGUE.c.case_id == case.id))
    relay.cancel_waiting(work, case)
    if case.owner is not None:
        tell.withhold(work, case.owner, (tell.REPORT,), case.id)
    case = cases.act(work, case, why, owner=None, claimed_at=None, viewed_at=None)
    audit.write(work, actor, why.value, case.id)
    thread = cases.about(work, case).thread
    if thread:
        work.letter("released", thread=thread)
    return case


def lapse(work: Work, case: Case) -> Case:
    """A claimed case that nobody touched leaves its owner: to a coordinator if the reporter was answered before."""
    owner = case.owner
    heirs = [one for one in people.with_role(people.on_duty(work), "coordinator") if one.id != owner]
    if owner is not None:
        text = work.texts("lepas_pemilik", kode=cases.code(case))
        tell.private(work, people.member(work, owner), text, kind=tell.ABOUT_CASE, ref=case.id, priority=tell.CARD)
    if not (case.contact_at and heirs and owner is not None):
        return give_back(work, case, Act.LAPSE, audit.SYSTEM)
    case = _leave(work, case, Act.LAPSE, audit.SYSTEM)
    case = cases.act(work, case, Act.CLAIM, owner=heirs[0].id, claimed_at=work.now, viewed_at=None)
    audit.write(work, audit.SYSTEM, "inherited", case.id)
    text = work.texts("diwarisi", kode=cases.code(case), nama=people.member(work, owner).shown)
    return _taken(work, case, heirs[0], text, inherited=True)
