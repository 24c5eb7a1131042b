"""What staff write: commands, and texts in their two lanes. Whoever is not of the staff gets no answer.

A text is an internal note unless it was meant for the reporter by an explicit act: "Balas pelapor", or a reply to a
message that shows the reporter's words. With several open cases a text is never filed by a guess.
"""

from collections.abc import Callable, Mapping
from typing import Final, cast

from bot.channels.inbound import MEDIA, Inbound
from bot.channels.outgoing import plain
from bot.content.policy import Level
from handoff import (
    audit,
    buttons,
    cards,
    cases,
    closing,
    dialogues,
    groups,
    invites,
    lists,
    notes,
    people,
    presses,
    relay,
    said,
    staff,
    tell,
)
from handoff.buttons import Press
from handoff.dialogues import Dialogue
from handoff.lifecycle import Act, allows
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import Case


def take(work: Work, inbound: Inbound) -> None:
    """One thing that happened in a chat of the desk bot."""
    if inbound.kind == "button":
        presses.press(work, inbound)
    elif inbound.chat_kind == "group":
        _group(work, inbound)
    else:
        _private(work, inbound)


# --- the group --------------------------------------------------------------------------------------------------------


def _group(work: Work, inbound: Inbound) -> None:
    if inbound.kind == "migrated" and inbound.migrated_to is not None:
        cards.follow_group(work, inbound.chat, inbound.migrated_to)
    elif inbound.kind == "left":
        if _is_ours(work, inbound):
            lost_group(work)
    elif inbound.kind == "text":
        word, argument = _command(inbound.text)
        if word == "/hubungkan":
            _bind(work, inbound, argument)
        elif word and _is_ours(work, inbound):
            tell.group(work, work.texts("hanya_pribadi"), priority=tell.TALK)


def _bind(work: Work, inbound: Inbound, code: str) -> None:
    """Anybody may write the code: it was handed out by whoever runs the desk."""
    invitation = invites.find(work, code, "group")
    if invitation is None:
        audit.write(work, audit.STRANGER, "bad_group_code")
        return
    invites.use(work, invitation)
    groups.bind(work, inbound.chat)
    if _is_ours(work, inbound):
        tell.group(work, work.texts("grup_terhubung"))
        cards.post_all(work)


def lost_group(work: Work) -> None:
    """The bot was put out of the group: everybody on duty is told in private, and cards go there from now on."""
    groups.unbind(work)
    audit.write(work, audit.SYSTEM, "group_lost")
    for one in people.on_duty(work):
        tell.private(work, one, work.texts("grup_hilang"), priority=tell.URGENT)


def _is_ours(work: Work, inbound: Inbound) -> bool:
    there = groups.live(work)
    return there is not None and there.chat == inbound.chat


# --- private chats ----------------------------------------------------------------------------------------------------


def _private(work: Work, inbound: Inbound) -> None:
    word, argument = _command(inbound.text) if inbound.kind == "text" else ("", "")
    if word == "/start" and argument and staff.join(work, argument, inbound):
        return
    by = people.by_sender(work, inbound.sender)
    if by is None:
        audit.write(work, audit.STRANGER, "unknown_sender")
        return
    if inbound.kind == "blocked":
        staff.unreachable(work, by.id)
        return
    staff.reachable(work, by)
    if word:
        _COMMANDS.get(word, _unknown)(work, by)
    elif inbound.kind == "text":
        _text(work, by, inbound)
    elif inbound.kind == "edit":
        # A live location is "edited" every few seconds; only changed words were meant for somebody.
        if plain(inbound.text).strip():
            tell.private(work, by, work.texts("ubahan_tidak_ikut"))
    elif inbound.kind in MEDIA or inbound.kind in ("location", "contact", "other"):
        tell.private(work, by, work.texts("hanya_teks"))


def _welcome(work: Work, by: Member) -> None:
    tell.private(work, by, work.texts("selamat_datang", nama=by.shown))


def _unknown(work: Work, by: Member) -> None:
    tell.private(work, by, work.texts("perintah_tak_dikenal"))


_COMMANDS: Final[Mapping[str, Callable[[Work, Member], None]]] = {
    "/start": _welcome,
    "/tugas": lists.mine,
    "/kasus": lists.every,
    "/mengambang": lists.unowned,
    "/bantuan": lists.help_text,
}


def _command(text: str) -> tuple[str, str]:
    """(command in small letters without the bot's name, what follows it); ("", "") when it is none."""
    first, _, rest = plain(text).strip().partition(" ")
    return (first.lower().partition("@")[0], rest.strip()) if first.startswith("/") else ("", "")


def _text(work: Work, by: Member, inbound: Inbound) -> None:
    if not plain(inbound.text).strip():
        tell.private(work, by, work.texts("hanya_teks"))
        return
    about = said.subject(work, by.id, inbound.reply_to)
    waiting = dialogues.current(work, by.id)
    if about is not None:
        # A reply to a message says more clearly what it is about than a question that still stands.
        case = cases.get(work, about.case_id)
        _file(work, by, case, "balas" if about.from_reporter else "catatan", inbound)
    elif waiting is not None and waiting.case_id is not None:
        dialogues.end(work, by.id)
        _answer(work, by, waiting, cases.get(work, waiting.case_id), inbound)
    else:
        _loose(work, by, inbound)


def _answer(work: Work, by: Member, waiting: Dialogue, case: Case, inbound: Inbound) -> None:
    """The text that was asked for."""
    code = cases.code(case)
    if case.owner != by.id:
        tell.private(work, by, work.texts("bukan_kasusmu", kode=code))
    elif waiting.verb in ("balas", "catatan"):
        _file(work, by, case, waiting.verb, inbound)
    elif not allows(cases.state(case), Act.CLOSE):
        tell.private(work, by, work.texts("sudah_ditutup", kode=code))
    elif waiting.verb == "ringkasan":
        closing.summary(work, case, by, waiting.arg, inbound.text)
    elif waiting.verb == "alasan":
        notes.set_urgency(work, case, by, cast(Level, waiting.arg), inbound.text)
    _sweep(work, by, case, inbound)


def _file(work: Work, by: Member, case: Case, verb: str, inbound: Inbound) -> None:
    """A reply to the reporter or an internal note, if the case can take it from this member."""
    refused = "bukan_kasusmu" if case.owner != by.id else presses.refusal(case, reply=verb == "balas")
    if refused:
        tell.private(work, by, work.texts(refused, kode=cases.code(case)), kind=tell.ABOUT_CASE, ref=case.id)
    elif verb == "balas":
        relay.write(work, case, by, inbound.text)
    else:
        notes.add(work, case, by, inbound.text)
    _sweep(work, by, case, inbound)


def _loose(work: Work, by: Member, inbound: Inbound) -> None:
    """A text that says nothing about which case: the only one's note, else it is asked."""
    own = cases.of_owner(work, by.id)
    if not own:
        tell.private(work, by, work.texts("tanpa_kasus"))
    elif len(own) == 1:
        _file(work, by, own[0], "catatan", inbound)
    else:
        dialogues.begin(work, by.id, "pilih", None, str(inbound.message_id or ""), held=inbound.text)
        rows = [[buttons.named(work, cases.code(case), Press("pilih", case.id, by.id))] for case in own]
        tell.private(work, by, work.texts("kasus_mana"), rows)


def _sweep(work: Work, by: Member, case: Case, inbound: Inbound) -> None:
    """What an officer wrote about a case goes out of the chat too, after a while."""
    if inbound.message_id is not None:
        said.remember(work, by.id, inbound.message_id, case.id, sweep=True)
