"""Trouble of the machine as cases that somebody owns: T-0007, with a clock like any other case."""

from typing import Final

from handoff import cases, claims, news, pages, people
from handoff.cases import About
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import Case

# Troubles that have a sentence of their own, by the beginning of their name; any other is "lain", its name beside it.
KNOWN: Final = (
    "letter_refused",
    "letter",
    "lost_answer",
    "lost_file",
    "turn",
    "tick",
    "media",
    "unsent_message",
    "unsent_card",
    "telegram_down",
    "token_revoked",
    "store_down",
    "peer_down",
    "set_back_desk",
    "set_back_intake",
)


def trouble(work: Work, what: str, *, raw: str = "", held_report: bool = False, thread: str | None = None) -> Case:
    """Writes down a trouble: a new case, or one more page of an open case of the same kind.

    `what`: a type, never a text. `raw`: content that was set aside. What held a report is always a case of its own.
    """
    tag = None if held_report else work.index("trouble", what.encode())
    case = cases.by_tag(work, tag) if tag else None
    known = case is not None
    if case is None:
        about = About(why=what[:64], trouble=what[:64], highest="tinggi" if held_report else "sedang")
        case = cases.open_case(work, "teknis", "tinggi" if held_report else "sedang", about, tag)
    told = "teknis_" + next((name for name in KNOWN if what.startswith(name)), "lain")
    concerned = cases.by_thread(work, thread) if thread else None
    detail = f"{what[:64]} · {cases.code(concerned)}" if concerned else what[:64]
    pages.add(work, case.id, "event", {"what": told, "detail": detail, "raw": raw})
    if known:
        return case
    owner = _owner(work)
    if owner is None:
        news.unclaimed(work, case, "kartu_baru")
        return case
    return claims.claim(work, case.id, owner).case


def _owner(work: Work) -> Member | None:
    """The first active admin, else the first coordinator, else nobody."""
    everybody = people.active(work)
    return next(iter(people.with_role(everybody, "admin") or people.with_role(everybody, "coordinator")), None)
