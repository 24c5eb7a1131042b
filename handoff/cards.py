"""The card of a case in the staff group: one live message, edited as the case moves. Nothing of the story."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from bot.channels.outgoing import Delete, EditText, Outgoing, Send
from handoff import cases, groups, people, tell
from handoff.buttons import Press, button
from handoff.groups import GroupChat
from handoff.sql import put
from handoff.work import Work
from storage import outbox
from storage.desk_tables import CARD, CASE, Case
from storage.shared_tables import OUTBOX

KIND = "card"
EDIT = "card_edit"

# For 48 hours Telegram lets a message be deleted (core.telegram.org/bots/api#deletemessage).
_DELETABLE: Final = timedelta(hours=47)
_AGAIN: Final = timedelta(minutes=1)


def post(work: Work, case: Case, headline: str = "kartu_baru") -> bool:
    """Posts a new live card; an earlier one goes away. `headline`: key of the first line. False: no group."""
    there = groups.live(work)
    if there is None:
        return False
    _retire(work, case, there)
    text, buttons = render(work, case, headline)
    urgent = tell.URGENT if cases.level(case) == "darurat" else tell.CARD
    row = work.put(there.chat, there.id, KIND, Send(text=text, buttons=buttons), ref=case.id, priority=urgent)
    put(work.conn, CARD, case_id=case.id, group_id=there.id, row=row, message_id=None, stale=False)
    return True


def refresh(work: Work, case: Case) -> None:
    """The live card shows the case as it is now."""
    card, there = _card(work, case.id), groups.live(work)
    if card is None or there is None or card.group_id != there.id:
        return
    if card.message_id is None:
        work.conn.execute(CARD.update().where(CARD.c.case_id == case.id).values(stale=True))
        return
    _edit(work, there, case, card.message_id)


def show_again(work: Work, case: Case) -> None:
    """A button was pressed that the card should no longer have: the edit may be lost, but not each press tells that.

    Fifty who press at once would cost the group its messages of three minutes.
    """
    under_way = OUTBOX.c.state.in_(["waiting", "sending"])
    shown = (OUTBOX.c.state == "sent") & (OUTBOX.c.created_at > work.now - _AGAIN)
    edits = select(OUTBOX.c.seq).where(OUTBOX.c.ref == case.id, OUTBOX.c.kind == EDIT, under_way | shown)
    if work.conn.execute(edits.limit(1)).first() is None:
        refresh(work, case)


def sent(work: Work, row_id: bytes, case_id: bytes, message_id: int | None) -> None:
    """A card arrived in the group."""
    card, there = _card(work, case_id), groups.live(work)
    if card is None or message_id is None or there is None or card.group_id != there.id:
        return
    if card.row != row_id:
        # A newer card was written while this one was on its way.
        work.put(there.chat, there.id, EDIT, Delete(message_ids=(message_id,)), priority=tell.CARD)
        return
    work.conn.execute(CARD.update().where(CARD.c.case_id == case_id).values(message_id=message_id, stale=False))
    if card.stale:
        _edit(work, there, cases.get(work, case_id), message_id)


def pressed(work: Work, case_id: bytes, chat: int, message_id: int | None) -> None:
    """A button of a card was pressed. One that is not the live one (a card may be posted twice) goes away."""
    card, there = _card(work, case_id), groups.live(work)
    if card is None or message_id is None or there is None or (card.group_id, chat) != (there.id, there.chat):
        return
    if card.message_id is None:
        work.conn.execute(CARD.update().where(CARD.c.case_id == case_id).values(message_id=message_id))
    elif card.message_id != message_id:
        _remove(work, there, case_id, card.row, message_id)


def post_all(work: Work) -> None:
    """A group was bound: every open case gets its card in it."""
    for case in cases.listed(work, CASE.c.state != "closed"):
        post(work, case, "kartu_baru" if case.owner is None else "kartu_ditangani")


def follow_group(work: Work, old_chat: int, new_chat: int) -> bool:
    """The group has another id: cards on their way go there, those that stood in the old one come anew while nobody
    has the case, as nothing in the old one can be edited. False: it is not our group.
    """
    before = groups.live(work)
    if not groups.move(work, old_chat, new_chat):
        return False
    there = groups.live(work)
    if before is None or there is None or before.id == there.id:
        return True
    mine = CARD.c.group_id == before.id
    work.conn.execute(CARD.update().where(mine, CARD.c.message_id.is_(None)).values(group_id=there.id))
    for case_id in work.conn.execute(select(CARD.c.case_id).where(mine)).scalars().all():
        case = cases.get(work, case_id)
        if case.state != "closed" and case.owner is None:
            post(work, case)
    return True


def render(work: Work, case: Case, headline: str | None = None) -> tuple[str, Any]:
    """Text and buttons: code, urgency, how old, kecamatan, who has it; "Ambil" while nobody has it."""
    texts, known = work.texts, cases.about(work, case)
    lines = [
        texts(headline or _headline(case), kode=cases.code(case), urgensi=texts(f"urgensi_{case.urgency}")),
        texts(f"jenis_{case.kind}"),
    ]
    if case.kind != "teknis":
        lines.append(known.kecamatan or texts("kecamatan_belum"))
    lines.append(
        texts("kartu_umur", jam=texts.moment(case.opened_at, work.now), umur=texts.span(work.now - case.opened_at))
    )
    if known.shared:
        lines.append(texts("hp_bersama"))
    if case.owner is not None and case.state != "closed":
        name = people.member(work, case.owner).shown
        lines.append(texts("kartu_pemilik", nama=name, keadaan=texts(f"keadaan_{case.state}")))
    if case.state != "new":
        return "\n".join(lines), ()
    return "\n".join(lines), ((button(work, "tombol_ambil", Press("ambil", case.id)),),)


def _headline(case: Case) -> str:
    return {"new": "kartu_baru", "closed": "kartu_selesai"}.get(case.state, "kartu_ditangani")


def _edit(work: Work, there: GroupChat, case: Case, message_id: int) -> None:
    text, buttons = render(work, case)
    edit = EditText(message_id=message_id, text=text, buttons=buttons)
    # An older edit that still waits would only be seen for a moment.
    outbox.withdraw(work.conn, ref=case.id, kind=EDIT)
    work.put(there.chat, there.id, EDIT, edit, ref=case.id, priority=tell.CARD)


def _retire(work: Work, case: Case, there: GroupChat) -> None:
    old = _card(work, case.id)
    if old is not None and old.message_id is None:
        outbox.withdraw(work.conn, row_id=old.row)
    if old is not None and old.message_id is not None and old.group_id == there.id:
        _remove(work, there, case.id, old.row, old.message_id)


def _remove(work: Work, there: GroupChat, case_id: bytes, row: bytes, message_id: int) -> None:
    """Takes a card, sent as outbox row `row`, out of the group. One too old for that points to the live one."""
    sent_at = work.conn.execute(select(OUTBOX.c.finished_at).where(OUTBOX.c.id == row)).scalar()
    message: Outgoing = Delete(message_ids=(message_id,))
    if sent_at is None or work.now - sent_at > _DELETABLE:
        pointer = work.texts("kartu_lama", kode=cases.code(cases.get(work, case_id)))
        message = EditText(message_id=message_id, text=pointer)
    work.put(there.chat, there.id, EDIT, message, priority=tell.CARD)


def _card(work: Work, case_id: bytes) -> Any:
    return work.conn.execute(select(CARD).where(CARD.c.case_id == case_id)).first()
