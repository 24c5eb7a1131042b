"""News of a case: who hears that it is new, nobody's again, more urgent, or that its reporter wrote."""

from datetime import datetime, timedelta
from typing import Final

from handoff import cards, cases, people, tell
from handoff.buttons import Press, button
from handoff.work import Work
from storage.desk_tables import Case

# A child that answers six questions in a minute rings once; whoever has looked since is told again at once.
_QUIET: Final = timedelta(minutes=5)
_QUIET_DARURAT: Final = timedelta(minutes=2)
# Ten calls for help in a minute are one page to those who do not have the case.
_CALL_AGAIN: Final = timedelta(minutes=3)
# Silence and a rung of the ladder often come together: they are one message.
_TOGETHER: Final = timedelta(minutes=1)


def unclaimed(work: Work, case: Case, headline: str) -> None:
    """A case that nobody has: its card goes to the group; darurat, or without a group, also to everybody on duty."""
    posted = cards.post(work, case, headline)
    if case.urgency == "darurat" or not posted:
        page_everybody(work, case)


def silent(work: Work, case: Case) -> None:
    """Silence after danger, and nobody has the case: everybody on duty is called again."""
    posted = cards.post(work, case, "kartu_diam")
    if (case.urgency == "darurat" or not posted) and not just_paged(work, case):
        page_everybody(work, case, "panggilan_diam")


def just_paged(work: Work, case: Case) -> bool:
    """Whether everybody on duty was called within the last minute."""
    return _within(work, cases.about(work, case).called_at, _TOGETHER)


def paged(work: Work, case: Case) -> None:
    """Everybody on duty was called just now."""
    cases.learn(work, cases.get(work, case.id), called_at=work.now.isoformat())


def page_everybody(work: Work, case: Case, key: str | None = None) -> None:
    """A private page to everybody on duty but the owner; with "Ambil" while nobody has the case.

    `key`: its sentence, where it is not simply that the case waits, or is more urgent.
    """
    texts, place = work.texts, cases.about(work, case).kecamatan or work.texts("kecamatan_belum")
    text = texts(
        key or ("panggilan" if case.owner is None else "panggilan_dipegang"),
        kode=cases.code(case),
        urgensi=texts(f"urgensi_{case.urgency}"),
        tempat=place if case.kind != "teknis" else texts("jenis_teknis"),
        nama=people.member(work, case.owner).shown if case.owner else "",
    )
    buttons = [] if case.owner else [[button(work, "tombol_ambil", Press("ambil", case.id))]]
    others = [one for one in people.on_duty(work) if one.id != case.owner]
    tell.everybody(work, others, text, buttons, case_id=case.id, priority=priority(case))
    paged(work, case)


def called_again(work: Work, case: Case) -> None:
    """A further call for help: the officer always hears it, others on duty too, for the officer may be asleep."""
    owner(work, case, "dipanggil_lagi", priority=tell.URGENT)
    called_at = cases.about(work, case).called_at
    if _within(work, called_at, _CALL_AGAIN):
        return
    if case.owner is None:
        page_everybody(work, case, "panggilan_lagi" if called_at else None)
    elif case.urgency == "darurat":
        page_everybody(work, case, "panggilan_dipegang_lagi")


def raised(work: Work, case: Case) -> None:
    """The case became more urgent: a page as for a new one."""
    if case.owner is None:
        unclaimed(work, case, "kartu_naik")
        return
    if case.urgency == "darurat":
        cards.post(work, case, "kartu_naik")
        page_everybody(work, case)
    else:
        cards.refresh(work, case)
    owner(work, case, "naik_pemilik", priority=priority(case), urgensi=work.texts(f"urgensi_{case.urgency}"))


def reporter_wrote(work: Work, case: Case) -> None:
    """The owner is told that there is something new; what it is shows only on "Buka". Thanks for a closed case wait."""
    case = cases.get(work, case.id)
    known = cases.about(work, case)
    if case.owner is None or not people.member(work, case.owner).active:
        return
    if _within(work, known.told_at, _QUIET_DARURAT if case.urgency == "darurat" else _QUIET):
        return
    cases.learn(work, case, told_at=work.now.isoformat())
    closed = case.state == "closed"
    owner(work, case, "pesan_baru", priority=tell.DIGEST if closed else priority(case), quiet=closed)


def owner(work: Work, case: Case, key: str, *, priority: int = tell.TALK, quiet: bool = False, **values: str) -> None:
    """Tells the owner something about the case, with "Buka"; `quiet`: without a sound."""
    if case.owner is None:
        return
    to = people.member(work, case.owner)
    buttons = [[button(work, "tombol_buka", Press("buka", case.id, to.id, "baru"))]]
    text = work.texts(key, kode=cases.code(case), **values)
    tell.private(work, to, text, buttons, kind=tell.ABOUT_CASE, ref=case.id, priority=priority, quiet=quiet)


def priority(case: Case) -> int:
    """How a message about this case goes before others."""
    return tell.URGENT if case.urgency == "darurat" else tell.CARD


def _within(work: Work, at: str | None, span: timedelta) -> bool:
    """Whether `at` was less than `span` ago; a time that a clock put back made future never was."""
    return at is not None and timedelta(0) <= work.now - datetime.fromisoformat(at) < span
