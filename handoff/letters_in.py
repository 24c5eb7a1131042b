"""Letters from intake: each kind has one handler in the table at the end."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from handoff import (
    answers,
    audit,
    cards,
    cases,
    closing,
    duty,
    files,
    news,
    pages,
    people,
    record,
    relay,
    tasks,
    teknis,
    tell,
)
from handoff.cases import About
from handoff.enclosures import Enclosures
from handoff.lifecycle import Act
from handoff.words import CaseKind
from handoff.work import Work
from storage.desk_tables import Case
from storage.letters import Letter

_DANGER: Final = (None, "weak", "strong", "self")
_ANSWERED: Final = frozenset({"alarm", "submit", "consult"})


class UnknownLetter(Exception):
    """Intake is newer than this desk: the letter is kept aside and becomes a teknis case."""


def apply(work: Work, letter: Letter, enclosures: Enclosures) -> None:
    """Does what the letter says. Raises UnknownLetter; for a body that is not as agreed LookupError or ValueError."""
    handler = _HANDLERS.get(letter.kind)
    if handler is None:
        raise UnknownLetter
    handler(work, letter, enclosures)


# --- what a reporter tells --------------------------------------------------------------------------------------------


def _report(work: Work, letter: Letter, enclosures: Enclosures) -> None:
    """alarm, submit, more, consult: one thread is one case, whichever comes first."""
    body = letter.body
    opened = answers.open_listed(work, body.get("answers") or (), enclosures.answers)
    case = cases.by_thread(work, body["thread"])
    new = case is None
    if case is None:
        case = _open(work, letter, list(opened.answers.values()))
    added: list[answers.Body] = []
    for answer_id, answer in opened.answers.items():
        # Not intake's own id: nobody can join the two stores by what stands in the clear.
        name = work.index("answer", answer_id)
        if not pages.has_answer(work, case.id, name):
            pages.add(work, case.id, "answer", answer, answer=name)
            added.append(answer)
    kept = files.keep(work, case, body.get("media") or (), enclosures.parts)
    announced = {answer.get("media") for answer in opened.answers.values()}
    for media in kept.new:
        # A recording often comes later than the answer it belongs to: then it is a page of its own, told and shown.
        if media.hex() not in announced:
            pages.add(work, case.id, "event", {"what": "berkas", "media": media.hex()})
            added.append({"media": media.hex()})
    _lost(work, case, opened.lost, kept.incomplete)
    if new:
        record.keep(work, case, opened.answers.values())
        news.unclaimed(work, case, "kartu_baru")
    else:
        case = _update(work, case, letter, added)
    if letter.kind in _ANSWERED:
        _accepted(work, case, letter)


def _open(work: Work, letter: Letter, given: list[answers.Body]) -> Case:
    known = _told(work, letter, About(thread=letter.body["thread"]), given)
    level, why = answers.how_urgent(work, given, known)
    about = replace(known, why=why, highest=level)
    return cases.open_case(work, _kind(letter, None), level, about, cases.thread_tag(work, letter.body["thread"]))


def _update(work: Work, case: Case, letter: Letter, added: list[answers.Body]) -> Case:
    """More came to a case that is known: it may raise it, reopen it, and its owner is told.

    `added`: the answers, and the files without one, that are new.
    """
    given = answers.bodies(pages.read(work, case))
    before = cases.about(work, case)
    known = _told(work, letter, before, given)
    level, why = answers.how_urgent(work, given, known)
    urgency = cases.more_urgent(level, cases.level(case))
    raised = urgency != case.urgency
    # Thanks unsettle nothing that is settled.
    thanks = letter.kind == "more" and not raised and answers.only_polite(work, added)
    record.keep(work, case, given)
    highest = cases.more_urgent(urgency, cases.highest(work, case))
    case = cases.know(work, case, replace(known, why=why if raised else known.why, highest=highest))
    on_card = (case.kind, before.kecamatan, before.shared)
    case = cases.change(work, case, kind=_kind(letter, case.kind))
    if case.state == "closed":
        case = cases.change(work, case, urgency=urgency)
        if raised:
            cases.tell_level(work, case)
        if thanks:
            news.reporter_wrote(work, case)
            return cases.get(work, case.id)
        return _reopen(work, case, letter) if added or letter.kind == "alarm" else case
    case = closing.withdraw(work, case) if added and not thanks else case
    if raised:
        # The time that has passed counts under the new limits too.
        case = cases.restart_clock(work, case, urgency=urgency, anchor_at=case.anchor_at)
        audit.write(work, audit.REPORTER, "raised", case.id)
        cases.tell_level(work, case)
        news.raised(work, case)
    elif on_card != (case.kind, known.kecamatan, known.shared):
        cards.refresh(work, case)
    if letter.kind == "alarm" and not raised:
        # The reporter was told that somebody is being called: that is true only if it rings now.
        news.called_again(work, case)
    elif added:
        news.reporter_wrote(work, case)
    return cases.get(work, case.id)


def _reopen(work: Work, case: Case, letter: Letter) -> Case:
    """The reporter writes again after closing: the officer has it again; without one it is new."""
    owner = people.member(work, case.owner) if case.owner else None
    here = owner is not None and owner.active
    values: dict[str, Any] = {"closed_at": None, "outcome": None}
    if here:
        case = cases.act(work, case, Act.REOPEN, **values)
    else:
        case = cases.act(work, case, Act.REOPEN_UNOWNED, owner=None, claimed_at=None, viewed_at=None, **values)
    pages.add(work, case.id, "event", {"what": "dibuka_lagi"})
    audit.write(work, audit.REPORTER, "reopen", case.id)
    thread = cases.about(work, case).thread
    work.letter("reopened", thread=thread)
    if not here:
        work.letter("released", thread=thread)
        news.unclaimed(work, case, "kartu_lagi")
    else:
        if case.urgency == "darurat":
            # The officer may be asleep by now: whoever is on duty may answer danger.
            cards.post(work, case, "kartu_lagi")
            news.page_everybody(work, case, "panggilan_dibuka_lagi")
        else:
            cards.refresh(work, case)
        news.owner(work, case, "dibuka_lagi", priority=news.priority(case))
        if letter.kind == "alarm":
            news.owner(work, case, "dipanggil_lagi", priority=tell.URGENT)
    return cases.get(work, case.id)


def _told(work: Work, letter: Letter, known: About, given: list[answers.Body]) -> About:
    """What the letter and all answers so far say besides the pages. Danger and doors only ever grow."""
    body = letter.body
    kecamatan, kelurahan = answers.place(work, given)
    return replace(
        known,
        channel=body.get("kanal") or known.channel,
        answer_to=body.get("balas") or known.answer_to,
        shared=bool(body.get("shared")) or known.shared,
        unfinished=bool(body.get("unfinished")) if letter.kind == "submit" else known.unfinished,
        unreachable=False,
        doors=tuple(sorted({*known.doors, *(body.get("pintu") or ())})),
        danger=max(known.danger, body.get("kata"), key=_DANGER.index),
        kecamatan=kecamatan or known.kecamatan,
        kelurahan=kelurahan or known.kelurahan,
    )


def _kind(letter: Letter, before: str | None) -> CaseKind:
    """A talk that is asked for is `ingin_bicara` until a report is sent or an alarm comes. `before`: None if new."""
    asked_for_talk = letter.kind == "consult" if before is None else before == "ingin_bicara"
    return "ingin_bicara" if asked_for_talk and letter.kind not in ("submit", "alarm") else "laporan"


def _lost(work: Work, case: Case, lost: int, incomplete: int) -> None:
    for what, count in (("lost_answer", lost), ("lost_file", incomplete)):
        if count:
            pages.add(work, case.id, "event", {"what": what, "detail": str(count)})
            teknis.trouble(work, what)


def _accepted(work: Work, case: Case, letter: Letter) -> None:
    """Only now may intake say that the report has arrived, and until when it is read if anybody is there."""
    now_case = cases.get(work, case.id)
    look = cases.policy(work, now_case).limits[cases.level(now_case)].look
    here = duty.on_duty(work)
    read_by = max(now_case.anchor_at + look, work.now) if now_case.state == "new" else work.now + look
    work.letter(
        "accepted",
        thread=letter.body["thread"],
        letter=letter.id.hex(),
        what=letter.kind,
        at=work.now.isoformat(),
        claimed=now_case.owner is not None,
        read_by=read_by.isoformat() if here else None,
        on_duty=here,
        level=now_case.urgency,
    )


# --- what happens to a reporter ---------------------------------------------------------------------------------------


def _flag(work: Work, letter: Letter, _: Enclosures) -> None:
    """diam, hapus, aman, unreachable, reachable, read: nothing of it closes, lowers or erases a case."""
    what = str(letter.body["what"])
    case = cases.by_thread(work, letter.body["thread"])
    if case is None:
        audit.write(work, audit.REPORTER, "flag_without_case")
        return
    audit.write(work, audit.REPORTER, f"flag_{what}"[:32], case.id)
    pages.add(work, case.id, "event", {"what": f"tanda_{what}" if what in _FLAGS else "tanda_lain", "detail": ""})
    if what in _FLAGS:
        _FLAGS[what](work, case)


def _silent(work: Work, case: Case) -> None:
    """Silence after danger: whoever has the case hears it; if nobody has it, everybody on duty is called again."""
    if case.state == "new":
        news.silent(work, case)
    elif case.state != "closed":
        news.owner(work, case, "pelapor_diam", priority=tell.URGENT)


def _wants_erased(work: Work, case: Case) -> None:
    tasks.give(work, case, "hapus")


def _says_safe(work: Work, case: Case) -> None:
    if case.state != "closed":
        news.owner(work, case, "pelapor_aman", priority=tell.CARD)


def _unreachable(work: Work, case: Case) -> None:
    case = cases.learn(work, case, unreachable=True)
    if case.state != "closed":
        news.owner(work, case, "pelapor_putus", priority=tell.CARD)


def _reachable(work: Work, case: Case) -> None:
    cases.learn(work, case, unreachable=False)


def _nothing_more(_: Work, __: Case) -> None:
    """The page says it all."""


_FLAGS: Final[Mapping[str, Callable[[Work, Case], None]]] = {
    "diam": _silent,
    "hapus": _wants_erased,
    "aman": _says_safe,
    "unreachable": _unreachable,
    "reachable": _reachable,
    "read": _nothing_more,
}


def _phone(work: Work, letter: Letter, _: Enclosures) -> None:
    """A number, given with consent: sealed, shown once to whoever has the case."""
    case = cases.by_thread(work, letter.body["thread"])
    if case is None:
        # Set aside by the courier and tried again: a number is shown to nobody but the officer it was given to.
        raise LookupError("a telephone number without its case")
    pages.add(work, case.id, "phone", {"number": str(letter.body["number"])})
    audit.write(work, audit.REPORTER, "phone_given", case.id)
    if case.state != "closed":
        news.owner(work, case, "minta_telepon", priority=tell.URGENT)


# --- between the two actors -------------------------------------------------------------------------------------------


def _trouble(work: Work, letter: Letter, _: Enclosures) -> None:
    body = letter.body
    held = bool(body.get("held_report"))
    teknis.trouble(work, str(body["what"]), raw=body.get("raw") or "", held_report=held, thread=body.get("thread"))


def _delivery(work: Work, letter: Letter, _: Enclosures) -> None:
    until = letter.body.get("until")
    held_until = datetime.fromisoformat(until) if until else None
    relay.fate(work, bytes.fromhex(letter.body["relay"]), str(letter.body["state"]), held_until)


def _wipe(work: Work, letter: Letter, _: Enclosures) -> None:
    """What a reporter erased, and was never here. Intake gets it back, for the day it is put back to a copy."""
    work.letter("wiped", **letter.body)


def _canary(work: Work, letter: Letter, _: Enclosures) -> None:
    """That we answer proves that we could open it."""
    work.letter("canary", nonce=letter.body["nonce"])


_HANDLERS: Final[Mapping[str, Callable[[Work, Letter, Enclosures], None]]] = {
    "alarm": _report,
    "submit": _report,
    "consult": _report,
    "more": _report,
    "flag": _flag,
    "phone": _phone,
    "trouble": _trouble,
    "delivery": _delivery,
    "canary": _canary,
    "wipe": _wipe,
}
