"""What an officer writes down or decides: notes, another urgency; and the telephone number that is shown once."""

from bot.channels.outgoing import plain, quoted
from bot.content.policy import LEVELS, Level
from handoff import audit, cards, cases, dialogues, news, pages, tell
from handoff.buttons import Press, button
from handoff.lifecycle import Act, allows
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import Case


def add(work: Work, case: Case, by: Member, text: str) -> None:
    """Files an internal note. The first one after "Buka" means that work has begun."""
    pages.add(work, case.id, "note", {"text": plain(text)}, author=by.id)
    audit.write(work, by.id, "note", case.id)
    if case.viewed_at is not None and allows(cases.state(case), Act.WORK):
        case = cases.worked(work, case)
    buttons = [[button(work, "tombol_balas", Press("balas", case.id, by.id))]] if case.kind != "teknis" else []
    told = work.texts("dicatat", kode=cases.code(case))
    tell.private(work, by, told, buttons, kind=tell.ABOUT_CASE, ref=case.id)


def ask_urgency(work: Work, case: Case, by: Member) -> None:
    """The owner chooses another urgency."""
    row = [
        button(work, f"urgensi_{one}", Press("urgensi_ke", case.id, by.id, one))
        for one in LEVELS
        if one != case.urgency
    ]
    text = work.texts("tanya_urgensi", kode=cases.code(case))
    tell.private(work, by, text, [row], kind=tell.ABOUT_CASE, ref=case.id)


def ask_reason(work: Work, case: Case, by: Member, level: Level) -> None:
    """The owner says why."""
    dialogues.begin(work, by.id, "alasan", case.id, level)
    text = work.texts("tanya_alasan", kode=cases.code(case), urgensi=work.texts(f"urgensi_{level}"))
    tell.private(work, by, text, kind=tell.ABOUT_CASE, ref=case.id)


def set_urgency(work: Work, case: Case, by: Member, level: Level, reason: str) -> None:
    """A human changes the urgency, up or down, with a reason. The time that has passed still counts."""
    raised = LEVELS.index(level) < LEVELS.index(cases.level(case))
    detail = work.texts(f"urgensi_{level}") + ": " + plain(reason)
    pages.add(work, case.id, "event", {"what": "urgensi", "detail": detail}, author=by.id)
    audit.write(work, by.id, "urgency", case.id)
    highest = cases.more_urgent(level, cases.highest(work, case))
    case = cases.restart_clock(work, cases.learn(work, case, highest=highest), urgency=level, anchor_at=case.anchor_at)
    cases.tell_level(work, case)
    if raised:
        news.raised(work, case)
    else:
        cards.refresh(work, case)
    told = work.texts("urgensi_diubah", kode=cases.code(case), urgensi=work.texts(f"urgensi_{level}"))
    tell.private(work, by, told, kind=tell.ABOUT_CASE, ref=case.id)


def show_number(work: Work, case: Case, to: Member) -> bool:
    """Shows the telephone number that the reporter gave, once: then it is gone from here. False: there is none."""
    for page in pages.read(work, case):
        if page.kind == "phone" and page.body.get("number"):
            pages.blank(work, case.id, page.n, {"shown_to": to.id.hex()})
            audit.write(work, to.id, "phone_shown", case.id)
            text = work.texts("nomor", kode=cases.code(case), nomor=quoted(page.body["number"]))
            tell.private(work, to, text, kind=tell.REPORT, ref=case.id, protect=True)
            return True
    return False
