"""Trouble in one part, a clock that is put back, somebody who leaves: nothing floats, nothing stays behind."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from handoff import people, staff
from storage.desk_tables import AUDIT, RELAY
from storage.shared_tables import OUTBOX, RECEIVED
from tests.handoff.conftest import GROUP, Office

SARI, BUDI = 1, 2


def taken(office: Office, *answers: tuple[bytes, bytes]) -> bytes:
    """A report that Sari has taken and opened."""
    thread = office.report(*answers)
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    return thread


def test_a_message_that_cannot_be_opened_stops_no_clock_and_no_other_message(empty_office: Office) -> None:
    office = empty_office
    office.hire(SARI, "Sari")
    office.bind()
    taken(office)
    office.press(SARI, "Balas pelapor")
    office.say(SARI, "yang rusak")
    office.do(lambda conn: conn.execute(RELAY.update().values(body=b"x" * 50)))
    office.press(SARI, "Balas pelapor")
    office.say(SARI, "yang utuh")
    office.report(office.answer("bahaya", "ya"))
    for _ in range(6):
        office.tick(minutes=1)
    assert len(office.letters("reply")) == 1
    assert office.case("K-0002").step > 0
    assert office.case("T-0001").state == "new"
    assert len(office.problems) == 1


@pytest.mark.parametrize("part", ["duty.tell_intake", "tasks.remind_due", "said.sweep"])
def test_trouble_in_one_part_of_a_tick_stops_no_clock(
    empty_office: Office, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken(*_: object) -> None:
        raise LookupError

    empty_office.bind()
    empty_office.report(empty_office.answer("bahaya", "ya"))
    monkeypatch.setattr(f"handoff.{part}", broken)
    empty_office.tick(minutes=5)
    assert empty_office.case().step > 0
    assert empty_office.problems == ["LookupError"]


def test_a_case_of_a_clock_that_was_put_back_waits_no_longer_than_any_other(office: Office) -> None:
    office.advance(days=1)
    office.report(office.answer("bahaya", "ya"))
    office.advance(days=-1)
    office.tick()
    due = office.case().next_due_at
    assert due is not None
    assert due <= office.now + timedelta(minutes=5)


def test_rungs_that_fired_in_a_time_that_never_was_fire_in_theirs(office: Office) -> None:
    office.report()
    office.tick(days=3)
    office.advance(days=-3)
    office.tick()
    due = office.case().next_due_at
    assert due is not None
    assert due <= office.now + timedelta(hours=2)
    said = len(office.texts(GROUP))
    office.tick()
    assert len(office.texts(GROUP)) == said


def test_a_reply_of_a_clock_that_was_put_back_leaves_all_the_same(office: Office) -> None:
    office.advance(days=1)
    taken(office)
    office.press(SARI, "Balas pelapor")
    office.say(SARI, "halo")
    office.advance(days=-1)
    office.tick()
    assert len(office.letters("reply")) == 1


def test_a_summary_leaves_the_second_persons_chat_after_a_while(office: Office) -> None:
    taken(office, office.answer("bahaya", "ya"))
    office.press(SARI, "Tutup")
    office.press(SARI, "Ditangani")
    office.say(SARI, "RINGKASAN sudah aman")
    assert any("RINGKASAN" in text for text in office.texts(BUDI))
    office.press(BUDI, "Setuju ditutup")
    office.tick(hours=47)
    assert not any("RINGKASAN" in text for text in office.texts(BUDI))


def test_whoever_leaves_is_sent_nothing_more_and_keeps_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(office)
    assert any("CERITA-RAHASIA" in text for text in office.texts(SARI))
    _, again = office.find(SARI, "Buka")
    with monkeypatch.context() as slow:
        slow.setattr(office, "deliver", lambda: None)
        office.receive(kind="button", chat=SARI, sender=SARI, data=again, callback="cb", message_id=1)
        gone = office.staff_id(SARI)
        office.work(lambda work: staff.remove(work, people.member(work, gone)))
    office.tick()
    assert not any("CERITA-RAHASIA" in text for text in office.texts(SARI))


def test_whoever_gives_a_case_back_is_not_sent_it_any_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(office)
    _, again = office.find(SARI, "Buka")
    _, back = office.find(SARI, "Kembalikan")
    before = sum("CERITA-RAHASIA" in text for text in office.texts(SARI))
    with monkeypatch.context() as slow:
        slow.setattr(office, "deliver", lambda: None)
        for number, data in enumerate((again, back)):
            office.receive(kind="button", chat=SARI, sender=SARI, data=data, callback=f"cb{number}", message_id=1)
    office.deliver()
    assert sum("CERITA-RAHASIA" in text for text in office.texts(SARI)) == before


def test_what_only_tells_repeats_apart_is_kept_for_eight_days(office: Office) -> None:
    taken(office)
    office.advance(days=8, seconds=1)
    office.do(lambda conn: office.desk.forget(conn, office.now))
    counts = [office.read(select(func.count()).select_from(table))[0][0] for table in (OUTBOX, RECEIVED)]
    assert counts == [0, 0]
    assert office.read(select(func.count()).select_from(AUDIT))[0][0] > 0
