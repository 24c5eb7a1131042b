"""Buttons that staff press: what each verb does. A button that no longer fits is answered, and changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from bot.channels.inbound import Inbound
from bot.content.policy import LEVELS
from handoff import (
    aliases,
    audit,
    buttons,
    cards,
    cases,
    claims,
    closing,
    dialogues,
    notes,
    people,
    relay,
    report,
    said,
    tasks,
    tell,
)
from handoff.buttons import Press
from handoff.lifecycle import Act, allows
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import Case


@dataclass(frozen=True)
class Pressed:
    """A button that we made, pressed by an active member who may press it."""

    work: Work
    by: Member
    what: Press
    inbound: Inbound

    @property
    def case(self) -> Case:
        """The case that it is about."""
        return cases.get(self.work, cast(bytes, self.what.case_id))


Answer = tuple[str, Mapping[str, str]] | None
"""What is said in a window (key of a sentence, its values); None: the button just stops spinning."""


def press(work: Work, inbound: Inbound) -> None:
    """Carries out a pressed button, whoever pressed it, and answers it."""
    if inbound.anonymous_admin:
        return _refuse(work, inbound, "anonim")
    by = people.by_sender(work, inbound.sender)
    if by is None:
        return _refuse(work, inbound, "bukan_petugas")
    what = buttons.meaning(work, inbound.data)
    if what is None or what.staff_id not in (None, by.id) or what.verb not in _VERBS:
        audit.write(work, by.id, "foreign_button")
        return tell.answer(work, inbound, "tidak_berlaku")
    verb, owner_only = _VERBS[what.verb]
    pressed = Pressed(work, by, what, inbound)
    if owner_only and pressed.case.owner != by.id:
        return tell.answer(work, inbound, "bukan_kasusmu", kode=cases.code(pressed.case))
    answer = verb(pressed)
    if answer is None:
        return tell.answer(work, inbound)
    key, values = answer
    return tell.answer(work, inbound, key, **values)


def _refuse(work: Work, inbound: Inbound, key: str) -> None:
    audit.write(work, audit.STRANGER, f"press_{key}")
    tell.answer(work, inbound, key)


# --- verbs ------------------------------------------------------------------------------------------------------------


def _claim(it: Pressed) -> Answer:
    if it.inbound.chat_kind == "group":
        cards.pressed(it.work, it.case.id, it.inbound.chat, it.inbound.message_id)
    claim = claims.claim(it.work, it.case.id, it.by)
    values = {"kode": cases.code(claim.case)}
    if claim.won:
        return ("sudah_kamu_ambil", values) if it.inbound.chat_kind == "group" else None
    if it.inbound.chat_kind == "group":
        cards.show_again(it.work, claim.case)
    if claim.holder is None:
        return "sudah_ditutup", values
    if claim.holder.id == it.by.id:
        return "sudah_padamu", values
    return "sudah_diambil", {**values, "nama": claim.holder.shown}


def _open(it: Pressed) -> Answer:
    report.show(it.work, it.case, it.by, only_new=it.what.arg == "baru")
    return None


def _reply(it: Pressed) -> Answer:
    return _begin(it, "balas", "tanya_balas", alias=True)


def _note(it: Pressed) -> Answer:
    return _begin(it, "catatan", "tanya_catatan")


def _begin(it: Pressed, verb: str, key: str, *, alias: bool = False) -> Answer:
    """Asks for a text, if the case can still take one."""
    refused = refusal(it.case, reply=verb == "balas")
    if refused:
        return refused, {"kode": cases.code(it.case)}
    begin(it.work, it.case, it.by, verb, key, alias=alias)
    return None


def refusal(case: Case, *, reply: bool) -> str | None:
    """Why nothing can be written now: key of a sentence. A reply needs a reporter, and that the report was read."""
    if case.state == "closed":
        return "sudah_ditutup"
    if reply and case.kind == "teknis":
        return "teknis_tanpa_pelapor"
    return "buka_dulu" if reply and case.viewed_at is None else None


def begin(work: Work, case: Case, by: Member, verb: str, key: str, *, alias: bool = False) -> None:
    """Waits for the text of a reply or a note."""
    dialogues.begin(work, by.id, verb, case.id)
    shown = {"alias": aliases.of(work, case, by.id), "jangkau": relay.reach(work, case)} if alias else {}
    text = work.texts(key, kode=cases.code(case), **shown)
    cancel = [[buttons.button(work, "tombol_batal", Press("batal", case.id, by.id))]]
    tell.private(work, by, text, cancel, kind=tell.ABOUT_CASE, ref=case.id)


def _cancel(it: Pressed) -> Answer:
    dialogues.end(it.work, it.by.id)
    return "dibatalkan", {}


def _call_back(it: Pressed) -> Answer:
    gone = relay.call_back(it.work, bytes.fromhex(it.what.arg), it.by)
    return ("ditarik_kembali" if gone else "sudah_berangkat"), {}


def _close(it: Pressed) -> Answer:
    if not allows(cases.state(it.case), Act.CLOSE):
        return "sudah_ditutup", {"kode": cases.code(it.case)}
    closing.ask_outcome(it.work, it.case, it.by)
    return None


def _outcome(it: Pressed) -> Answer:
    if it.what.arg not in closing.OUTCOMES or not allows(cases.state(it.case), Act.CLOSE):
        return "sudah_ditutup", {"kode": cases.code(it.case)}
    closing.ask_summary(it.work, it.case, it.by, it.what.arg)
    return None


def _consent(it: Pressed) -> Answer:
    done = closing.answer(it.work, it.case, it.by, it.what.arg, consents=it.what.verb == "setuju")
    return ("terima_kasih" if done else "tidak_berlaku"), {}


def _give_back(it: Pressed) -> Answer:
    if not allows(cases.state(it.case), Act.GIVE_BACK):
        return "tidak_berlaku", {}
    case = claims.give_back(it.work, it.case, Act.GIVE_BACK, it.by.id)
    return "dikembalikan", {"kode": cases.code(case)}


def _urgency(it: Pressed) -> Answer:
    if it.case.state == "closed":
        return "sudah_ditutup", {"kode": cases.code(it.case)}
    notes.ask_urgency(it.work, it.case, it.by)
    return None


def _urgency_to(it: Pressed) -> Answer:
    if it.case.state == "closed" or it.what.arg not in LEVELS or it.what.arg == it.case.urgency:
        return "tidak_berlaku", {}
    notes.ask_reason(it.work, it.case, it.by, it.what.arg)
    return None


def _number(it: Pressed) -> Answer:
    return None if notes.show_number(it.work, it.case, it.by) else ("nomor_habis", {})


def _task_done(it: Pressed) -> Answer:
    done = tasks.done(it.work, bytes.fromhex(it.what.arg), it.by)
    return ("terima_kasih" if done else "tidak_berlaku"), {}


def _pick(it: Pressed) -> Answer:
    """The answer to "which case?": the text that waited is filed as a note there."""
    waiting = dialogues.current(it.work, it.by.id)
    if waiting is None or waiting.verb != "pilih" or waiting.held is None:
        return "tidak_berlaku", {}
    dialogues.end(it.work, it.by.id)
    notes.add(it.work, it.case, it.by, waiting.held)
    if waiting.arg:
        said.remember(it.work, it.by.id, int(waiting.arg), it.case.id, sweep=True)
    return None


_VERBS: Final[Mapping[str, tuple[Callable[[Pressed], Answer], bool]]] = {
    # verb: what it does, and whether only the owner of the case may
    "ambil": (_claim, False),
    "buka": (_open, True),
    "balas": (_reply, True),
    "catatan": (_note, True),
    "batal": (_cancel, False),
    "batalkan": (_call_back, False),
    "tutup": (_close, True),
    "hasil": (_outcome, True),
    "setuju": (_consent, False),
    "belum": (_consent, False),
    "kembalikan": (_give_back, True),
    "urgensi": (_urgency, True),
    "urgensi_ke": (_urgency_to, True),
    "nomor": (_number, True),
    "selesai": (_task_done, False),
    "pilih": (_pick, True),
}
