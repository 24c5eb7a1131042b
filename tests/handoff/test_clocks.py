"""Time passes: nobody is forgotten, nobody is drowned."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from handoff import clocks
from storage.desk_tables import FIRING, SAID
from tests.handoff.conftest import GROUP, START, Office

SARI, BUDI, RINA, HEAD = 1, 2, 3, 4


def mentions(office: Office, who: int, code: str = "K-0001") -> int:
    return sum(code in text for text in office.texts(who))


def test_an_unclaimed_darurat_climbs_from_duty_to_coordinator_to_head_to_everybody(office: Office) -> None:
    office.hire(RINA, "Rina", "coordinator")
    office.hire(HEAD, "Hana", "head")
    office.report(office.answer("bahaya", "ya"))
    seen = []
    before = {who: mentions(office, who) for who in (SARI, RINA, HEAD)}
    for minutes in (5, 2.5, 2.5, 5, 5):
        office.tick(minutes=minutes)
        after = {who: mentions(office, who) for who in (SARI, RINA, HEAD)}
        seen.append(tuple(after[who] > before[who] for who in (SARI, RINA, HEAD)))
        before = after
    assert seen == [
        (True, True, True),
        (False, True, False),
        (False, True, True),
        (True, True, True),
        (True, True, True),
    ]
    assert "BELUM ADA YANG MENGAMBIL" in office.last(GROUP)
    assert sum(bool(message.buttons) for message in office.chats[GROUP]) == 1, "one live card"


def test_a_word_that_means_nobody_calls_everybody(office: Office) -> None:
    office.report(office.answer("bahaya", "ya"))
    before = mentions(office, SARI)
    office.tick(minutes=5)
    office.tick(minutes=2, seconds=30)
    assert mentions(office, SARI) == before + 2, "there is no coordinator"


def test_a_silent_owner_is_asked_first_then_others(office: Office) -> None:
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.say(SARI, "mulai")
    quiet = mentions(office, BUDI), len(office.texts(GROUP))
    office.tick(days=4)
    assert "tanpa kabar" in office.last(SARI)
    assert (mentions(office, BUDI), len(office.texts(GROUP))) == quiet, "a calm case does not come to the group"
    office.tick(days=1)
    assert mentions(office, BUDI) > quiet[0]


def test_a_logged_act_begins_the_time_anew(office: Office) -> None:
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.say(SARI, "mulai")
    office.tick(days=3)
    office.say(SARI, "kunjungan")
    assert office.case().next_due_at == office.now + timedelta(days=4)


def test_after_an_outage_each_case_fires_once_and_everybody_gets_one_digest(office: Office) -> None:
    for _ in range(6):
        office.report()
    office.tick()
    before = len(office.texts(SARI))
    office.tick(days=3)
    assert len(office.texts(SARI)) == before + 1
    assert all(f"K-000{n}" in office.last(SARI) for n in range(1, 7))
    assert office.read(select(func.count()).select_from(FIRING))[0][0] == 6
    assert all(row.skipped > 3 for row in office.read(select(FIRING.c.skipped)))


def test_a_clock_that_is_put_back_fires_nothing_twice(office: Office) -> None:
    office.report(office.answer("bahaya", "ya"))
    office.tick(minutes=5)
    fired = mentions(office, SARI)
    office.tick(minutes=-4)
    for _ in range(4):
        office.tick(minutes=1)
    assert mentions(office, SARI) == fired
    office.tick(minutes=2, seconds=30)
    assert mentions(office, SARI) == fired + 1


def test_a_darurat_does_not_wait_for_an_hour_to_come_round_again(office: Office) -> None:
    office.report(office.answer("bahaya", "ya"))
    office.tick(minutes=5)
    fired = mentions(office, SARI)
    office.tick(minutes=-50)
    office.tick(minutes=5)
    assert mentions(office, SARI) > fired


def test_ticks_that_come_twice_fire_once(office: Office) -> None:
    office.report(office.answer("bahaya", "ya"))
    office.tick(minutes=5)
    said = mentions(office, SARI)
    office.restart()
    office.tick()
    office.tick()
    assert mentions(office, SARI) == said


def test_the_net_pages_for_a_case_whose_clock_fails(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.report()
    office.report()
    broken = office.case("K-0001").id
    fire = clocks._fire

    def fails(work: Any, case: Any, digest: Any) -> None:
        if case.id == broken:
            raise ArithmeticError
        fire(work, case, digest)

    monkeypatch.setattr(clocks, "_fire", fails)
    office.tick(hours=2)
    assert "K-0002" in office.last(SARI), "one broken case does not hold up the others"
    assert mentions(office, SARI) == 0
    office.tick(minutes=10, seconds=1)
    assert "lewat batas waktu" in office.last(SARI)
    assert office.case("T-0001").kind == "teknis"
    paged = mentions(office, SARI)
    for _ in range(5):
        office.tick(minutes=1)
    assert mentions(office, SARI) == paged, "the net does not drown anybody"
    office.tick(minutes=6)
    assert mentions(office, SARI) == paged + 1
    assert set(office.problems) == {"ArithmeticError"}
    office.problems.clear()
    monkeypatch.undo()
    office.tick(minutes=11)
    assert office.case("K-0001").next_due_at > office.now  # type: ignore[operator]


def test_a_policy_stays_with_the_case_that_came_under_it(office: Office) -> None:
    from dataclasses import replace

    from bot.content.policy import Limits

    office.report()
    slow = {level: Limits(*([timedelta(days=30)] * 4)) for level in office.content.policy.limits}
    office.content = replace(office.content, policy=replace(office.content.policy, limits=slow))
    office.report()
    assert office.case("K-0001").next_due_at == office.now + timedelta(hours=2)
    assert office.case("K-0002").next_due_at == office.now + timedelta(days=30)


def test_intake_is_told_about_duty_at_the_start_on_a_change_and_every_hour(empty_office: Office) -> None:
    empty_office.tick()
    empty_office.tick(minutes=59)
    assert [letter.body["on_duty"] for letter in empty_office.letters("duty_status")] == [False]
    empty_office.hire(SARI, "Sari")
    empty_office.tick()
    empty_office.tick(hours=1)
    empty_office.restart()
    empty_office.tick()
    told = [letter.body for letter in empty_office.letters("duty_status")]
    assert [body["on_duty"] for body in told] == [False, True, True, True]
    assert told[-1]["read_by"] == {"darurat": 5, "tinggi": 30, "sedang": 120, "rendah": 1440}
    assert told[-1]["next_duty"] is None


def test_with_nobody_active_nothing_is_promised(empty_office: Office) -> None:
    empty_office.tick()
    empty_office.report()
    status, accepted = empty_office.letters("duty_status")[-1].body, empty_office.letters("accepted")[-1].body
    assert (status["on_duty"], status["next_duty"]) == (False, None)
    assert (accepted["on_duty"], accepted["read_by"]) == (False, None)
    empty_office.hire(SARI, "Sari")
    empty_office.report()
    assert empty_office.letters("accepted")[-1].body["read_by"] == (START + timedelta(hours=2)).isoformat()


def test_the_wiring_is_told_when_the_next_tick_finds_something(office: Office) -> None:
    def due() -> Any:
        return office.store.read_now(lambda conn: office.desk.next_due(conn, office.now))

    assert due() is None
    office.report()
    assert due() == office.now + timedelta(hours=2)
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Balas pelapor")
    office.say(SARI, "halo")
    assert due() == office.now + timedelta(seconds=10)


def test_a_task_and_what_is_to_be_swept_do_not_wait_for_a_day_to_come_round_again(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "ya"))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.post("flag", thread=thread.hex(), at="", what="hapus")
    told = [text for text in office.texts(SARI) if "diminta hapus" in text]
    office.tick(days=-1)
    assert len([text for text in office.texts(SARI) if "diminta hapus" in text]) > len(told)
    assert not [text for text in office.texts(SARI) if "CERITA-RAHASIA" in text]
    assert office.read(select(SAID.c.message_id).where(SAID.c.sweep_at.is_not(None))) == []
