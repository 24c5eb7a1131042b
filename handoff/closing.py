"""Closing a case: an outcome, a summary, for darurat and tinggi a second person; then only facts remain."""

from typing import Any, Final

from sqlalchemy import delete, select

from bot.channels.outgoing import plain
from handoff import answers, audit, cards, cases, dialogues, news, pages, people, record, relay, tell
from handoff.buttons import Press, button
from handoff.lifecycle import Act
from handoff.people import Member
from handoff.work import Work, dump, load
from storage.desk_tables import CLOSING, CLOSING_SUMMARY, FACT, Case

OUTCOMES: Final = (
    "ditangani", "diserahkan", "bukan_kekerasan", "luar_wilayah", "kurang_informasi", "ditarik", "ganda", "iseng",
)  # fmt: skip

_NEEDS_SECOND: Final = frozenset({"darurat", "tinggi"})
_REPORTERS: Final = frozenset({"answer", "phone"})


def ask_outcome(work: Work, case: Case, by: Member) -> None:
    """The owner chooses how it ended."""
    made = [button(work, f"hasil_{one}", Press("hasil", case.id, by.id, one)) for one in OUTCOMES]
    rows = [made[at : at + 2] for at in range(0, len(made), 2)]
    text = work.texts("tanya_hasil", kode=cases.code(case))
    tell.private(work, by, text, rows, kind=tell.ABOUT_CASE, ref=case.id)


def ask_summary(work: Work, case: Case, by: Member, outcome: str) -> None:
    """The owner writes down what was done."""
    dialogues.begin(work, by.id, "ringkasan", case.id, outcome)
    text = work.texts("tanya_ringkasan", kode=cases.code(case), hasil=work.texts(f"hasil_{outcome}"))
    buttons = [[button(work, "tombol_batal", Press("batal", case.id, by.id))]]
    tell.private(work, by, text, buttons, kind=tell.ABOUT_CASE, ref=case.id)


def summary(work: Work, case: Case, by: Member, outcome: str, text: str) -> None:
    """Closes the case, or asks a second person and waits; until then the clock is theirs."""
    text = plain(text)
    if _unread(work, case):
        # They came after the last "Buka": closed, nobody would look at them.
        tell.private(work, by, work.texts("baca_dulu", kode=cases.code(case)), kind=tell.ABOUT_CASE, ref=case.id)
        news.owner(work, case, "pesan_baru")
        return
    if cases.highest(work, case) not in _NEEDS_SECOND:
        _close(work, case, by, outcome, text)
        return
    sealed = cases.box(work, case.id).seal(CLOSING_SUMMARY, case.id, dump(text))
    work.conn.execute(delete(CLOSING).where(CLOSING.c.case_id == case.id))
    row = {"case_id": case.id, "outcome": outcome, "summary": sealed, "asked_by": by.id, "asked_at": work.now}
    work.conn.execute(CLOSING.insert().values(**row))
    case = cases.restart_clock(work, case)
    audit.write(work, by.id, "closing_asked", case.id)
    asked = people.second_persons(work, by.id)
    key = "menunggu_setuju" if asked else "belum_ada_kedua"
    tell.private(work, by, work.texts(key, kode=cases.code(case)), kind=tell.ABOUT_CASE, ref=case.id)
    ask_second(work, case, asked)


def _unread(work: Work, case: Case) -> bool:
    """Whether the reporter wrote more than thanks since the owner last looked."""
    new = [page for page in pages.read(work, case, cases.about(work, case).seen) if page.kind in _REPORTERS]
    said = answers.bodies(new)
    return bool(new) and not (len(said) == len(new) and answers.only_polite(work, said))


def ask_second(work: Work, case: Case, asked: list[Member]) -> None:
    """Asks for consent, in private: who asks, how it ended, what was done."""
    row = _row(work, case)
    if row is None:
        return
    texts = work.texts
    told = texts(
        "minta_setuju",
        nama=people.member(work, row.asked_by).shown,
        kode=cases.code(case),
        urgensi=texts(f"urgensi_{case.urgency}"),
        hasil=texts(f"hasil_{row.outcome}"),
        ringkasan=tell.short(_summary(work, case, row)),
    )
    for one in asked:
        arg = row.asked_at.isoformat()
        yes = button(work, "tombol_setuju", Press("setuju", case.id, one.id, arg))
        no = button(work, "tombol_belum", Press("belum", case.id, one.id, arg))
        priority = tell.URGENT if case.urgency == "darurat" else tell.CARD
        tell.private(work, one, told, [[yes, no]], kind=tell.SUMMARY, ref=case.id, priority=priority, protect=True)


def ask_newcomer(work: Work, newcomer: Member) -> None:
    """Somebody joined: they are asked about whatever waits for a second person."""
    for row in work.conn.execute(select(CLOSING)).all():
        if newcomer.id in {one.id for one in people.second_persons(work, row.asked_by)}:
            ask_second(work, cases.get(work, row.case_id), [newcomer])


def answer(work: Work, case: Case, by: Member, arg: str, *, consents: bool) -> bool:
    """A second person's answer. False: it is no longer asked, or `by` is not the one to ask."""
    row = _row(work, case)
    if row is None or row.asked_at.isoformat() != arg or by.id == case.owner or by.id == row.asked_by:
        return False
    if consents:
        audit.write(work, by.id, "closing_agreed", case.id)
        _close(work, case, people.member(work, row.asked_by), row.outcome, _summary(work, case, row))
        return True
    audit.write(work, by.id, "closing_refused", case.id)
    withdraw(work, case)
    news.owner(work, cases.get(work, case.id), "belum_setuju", nama=by.shown)
    return True


def withdraw(work: Work, case: Case) -> Case:
    """Nobody is asked any more; the case's own clock runs again. The case as it is then."""
    if not cases.asked_to_close(work, case):
        return case
    work.conn.execute(delete(CLOSING).where(CLOSING.c.case_id == case.id))
    return cases.restart_clock(work, case)


def _close(work: Work, case: Case, by: Member, outcome: str, text: str) -> None:
    known = cases.about(work, case)
    read = pages.read(work, case)
    pages.add(work, case.id, "closing", {"text": text, "outcome": outcome}, author=by.id)
    if case.kind != "teknis":
        work.conn.execute(FACT.insert().values(**record.fact(work, case, known, answers.bodies(read), outcome)))
    work.conn.execute(delete(CLOSING).where(CLOSING.c.case_id == case.id))
    relay.cancel_waiting(work, case)
    # A teknis case gives its hash free: the same trouble tomorrow is a new case.
    freed = {"thread": None} if case.kind == "teknis" else {}
    values: dict[str, Any] = {"closed_at": work.now, "outcome": outcome, "closings": case.closings + 1, **freed}
    case = cases.act(work, case, Act.CLOSE, **values)
    audit.write(work, by.id, "close", case.id)
    if known.thread:
        work.letter("closed", thread=known.thread)
    cards.refresh(work, case)
    text = work.texts("ditutup", kode=cases.code(case), hasil=work.texts(f"hasil_{outcome}"))
    tell.private(work, by, text, kind=tell.ABOUT_CASE, ref=case.id)


def _row(work: Work, case: Case) -> Any:
    return work.conn.execute(select(CLOSING).where(CLOSING.c.case_id == case.id)).first()


def _summary(work: Work, case: Case, row: Any) -> str:
    return str(load(cases.box(work, case.id).open(CLOSING_SUMMARY, case.id, row.summary)))
