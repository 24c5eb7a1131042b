"""The story that every arrangement of the service has to carry, from a phone to a closed case."""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from tests.e2e.harness import Office, label, sentence
from tests.e2e.phones import Seat, Shown, until

CODE = re.compile(r"K-\d{4}")
PAST_CALL_BACK = timedelta(seconds=11)
"""A message to a reporter waits ten seconds for "Batalkan"."""


@dataclass
class Staff:
    """Two caseworkers and a coordinator: their private chats, and where they sit in the group."""

    sari: Seat
    budi: Seat
    tuti: Seat
    sari_in_group: Seat
    budi_in_group: Seat
    group: Seat


def hire_everybody(office: Office, coordinator: str = "Tuti") -> Staff:
    """The staff group is bound, three people have joined."""
    hired = office.hire(("Sari", "caseworker"), ("Budi", "caseworker"), (coordinator, "coordinator"))
    (sari, sari_in_group), (budi, budi_in_group), (tuti, tuti_in_group) = hired
    return Staff(sari, budi, tuti, sari_in_group, budi_in_group, tuti_in_group)


def tell(reporter: Seat, words: Iterable[str]) -> Shown:
    """Says one word after the other, each after the bot's answer to the one before; returns the last answer."""
    answer = None
    for word in words:
        answer = reporter.ask(word)
    assert answer is not None
    return answer


def wait_for_card(staff: Staff, after: int) -> tuple[str, Shown]:
    """The code and the card of the case that came to the group after that message."""
    card = staff.group.wait_for_button("Ambil", after)
    found = CODE.search(card.text)
    assert found, card.text
    return found[0], card


def take(staff: Staff, code: str) -> Seat:
    """Sari takes the case; her private chat."""
    before = staff.sari.newest()
    staff.sari_in_group.press_when_there("Ambil")
    staff.sari.wait(code, before)
    return staff.sari


def race(staff: Staff, code: str, card: Shown) -> tuple[Seat, Seat]:
    """Both caseworkers press "Ambil" at once; returns the winner's private chat and the loser's seat in the group."""
    before = {seat.name: seat.newest() for seat in (staff.sari, staff.budi)}
    barrier = threading.Barrier(2)

    def press(seat: Seat) -> None:
        barrier.wait()
        seat.press("Ambil")

    presses = [threading.Thread(target=press, args=(seat,)) for seat in (staff.sari_in_group, staff.budi_in_group)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()

    def winners() -> list[Seat]:
        seats = (staff.sari, staff.budi)
        return [seat for seat in seats if any("Buka" in one.buttons for one in seat.shown(before[seat.name]))]

    until(winners, "somebody who got the case")
    edited = until(
        lambda: next((one for one in staff.group.shown() if one.id == card.id and not one.buttons), None), "edit"
    )
    (winner,) = winners()
    assert winner.name in edited.text
    assert code in edited.text
    return winner, (staff.budi_in_group if winner is staff.sari else staff.sari_in_group)


def open_report(owner: Seat, *parts: str) -> str:
    """ "Buka": the report stands in the owner's private chat and holds these parts; its text."""
    before = owner.newest()
    owner.press_when_there("Buka")
    owner.wait_for_button("Balas pelapor", before)
    report = "\n".join(one.text for one in owner.shown(before))
    for part in parts:
        assert part in report, report
    return report


def read_news(owner: Seat, part: str, after: int) -> None:
    """Opens each "Pesan baru" that comes after that message until one holds `part`."""
    for _ in range(4):
        notice = owner.wait_for_button("Buka", after)
        owner.press("Buka")
        owner.wait_for_button("Balas pelapor", notice.id)
        if any(part in one.text for one in owner.shown(notice.id)):
            return
        after = notice.id
    raise AssertionError(f"{part!r} did not come:\n{owner.transcript()}")


def reply(office: Office, owner: Seat, text: str) -> None:
    """ "Balas pelapor": the message is written, can be called back for ten seconds, and leaves."""
    before = owner.newest()
    owner.press_when_there("Balas pelapor")
    owner.wait(sentence("petugas", "tanya_balas"), before)
    written = owner.say(text)
    preview = owner.wait_for_button("Batalkan", written)
    assert text in preview.text
    office.advance(PAST_CALL_BACK)
    until(lambda: not next(one for one in owner.shown() if one.id == preview.id).buttons, "the message has left")


def close(office: Office, owner: Seat, code: str, second: Seat | None = None) -> None:
    """ "Tutup" with an outcome and a summary; `second` consents where the case needs it."""
    before = owner.newest()
    consenting = second.newest() if second else 0
    owner.press_when_there("Tutup")
    owner.press_when_there(label("hasil_ditangani"), before)
    owner.wait_for_button(label("tombol_batal"), before)
    owner.say("Sudah didampingi, keluarga aman.")
    if second is not None:
        second.wait_for_button(label("tombol_setuju"), consenting)
        assert office_state(office, code) != "closed"
        second.press(label("tombol_setuju"))
    owner.wait(f"{code} ditutup", before)
    assert office_state(office, code) == "closed"


def office_state(office: Office, code: str) -> str:
    """The state of a case as `berani cases --json` tells it."""
    return str(next(case["state"] for case in office.cases() if case["code"] == code))
