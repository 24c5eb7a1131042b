"""Who has a case."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, func, select

from handoff import cards, claims, people, staff
from handoff.work import Work
from storage.desk_tables import ALIAS, AUDIT
from storage.shared_tables import OUTBOX
from storage.store import Store
from tests.handoff.conftest import GROUP, Office

SARI, BUDI, RINA, STRANGER = 1, 2, 3, 99


def test_the_loser_is_told_who_has_it(office: Office) -> None:
    office.report()
    card, data = office.find(GROUP, "Ambil")
    office.press(SARI, "Ambil", GROUP)
    said = office.press_data(BUDI, data, GROUP, card.id)
    assert "sudah diambil" in said
    assert "Sari" in said
    assert office.case().owner == office.staff_id(SARI)
    assert len(office.letters("claimed")) == 1


def test_claiming_twice_is_fine(office: Office) -> None:
    office.report()
    card, data = office.find(GROUP, "Ambil")
    office.press_data(SARI, data, GROUP, card.id)
    assert "memang sudah di tanganmu" in office.press_data(SARI, data, GROUP, card.id)
    assert len(office.letters("claimed")) == 1


async def test_of_fifty_claims_at_once_one_wins(office: Office, desk_store: Store) -> None:
    people_ids = list(range(100, 150))
    for one in people_ids:
        office.hire(one, f"P{one}")
    office.report()
    case_id = office.case().id

    def claim(conn: Connection, who: int) -> bool:
        work = Work(conn, office.now, office.desk._tools)
        by = people.by_sender(work, who)
        assert by is not None
        return claims.claim(work, case_id, by).won

    won = await asyncio.gather(*(desk_store.write(partial(claim, who=who)) for who in people_ids))
    assert sorted(won) == [False] * 49 + [True]
    assert len(office.read(select(ALIAS))) == 1


@pytest.mark.parametrize(
    ("who", "more", "why"),
    [(STRANGER, {}, "Hanya petugas terdaftar"), (SARI, {"anonymous_admin": True}, "admin anonim")],
)
def test_who_may_not_claim_is_told_why(office: Office, who: int, more: dict[str, bool], why: str) -> None:
    office.report()
    card, data = office.find(GROUP, "Ambil")
    assert why in office.press_data(who, data, GROUP, card.id, **more)
    assert office.case().state == "new"


def test_a_case_that_is_given_back_is_in_the_group_again_louder(office: Office) -> None:
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Kembalikan")
    case = office.case()
    assert (case.state, case.owner, case.next_due_at) == ("new", None, office.now + timedelta(hours=2))
    assert "KEMBALI KE GRUP" in office.last(GROUP)
    assert sum("K-0001" in text for text in office.texts(GROUP)) == 1, "its old card is gone"
    office.press(BUDI, "Ambil", GROUP)
    first, second = (letter.body["alias"] for letter in office.letters("claimed"))
    assert first != second, "another person never speaks under the same name"


def test_intake_hears_that_nobody_has_the_case_however_it_was_lost(office: Office) -> None:
    office.hire(RINA, "Rina")
    thread = office.report()
    office.press(RINA, "Ambil", GROUP)
    office.press(RINA, "Buka")
    office.press(RINA, "Kembalikan")
    office.press(SARI, "Ambil", GROUP)
    office.tick(hours=6)
    office.press(BUDI, "Ambil", GROUP)
    budi = office.staff_id(BUDI)
    office.work(lambda work: staff.remove(work, people.member(work, budi)))
    assert [letter.kind for letter in office.letters() if letter.kind in ("claimed", "released")] == [
        *("claimed", "released"),
        *("claimed", "released"),
        *("claimed", "released"),
    ]
    assert all(letter.body == {"thread": thread.hex()} for letter in office.letters("released"))


def test_trouble_of_the_machine_that_goes_back_is_no_news_to_any_reporter(office: Office) -> None:
    office.do(lambda conn: office.desk.trouble(conn, "letter_refused", office.now, held_report=True))
    office.deliver()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Kembalikan")
    assert office.letters("released") == []


def test_the_same_officer_keeps_the_alias_in_a_case(office: Office) -> None:
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Kembalikan")
    office.press(SARI, "Ambil", GROUP)
    first, second = (letter.body["alias"] for letter in office.letters("claimed"))
    assert first == second


def test_a_claimed_but_untouched_case_lapses_to_the_group(office: Office) -> None:
    office.report(office.answer("bahaya", "ya"))
    office.press(SARI, "Ambil", GROUP)
    office.tick(minutes=7, seconds=30)
    assert "belum disentuh" in office.last(SARI)
    office.press(SARI, "Buka")
    office.tick(minutes=7, seconds=29)
    assert office.case().state == "claimed", "looking is not touching, but the time is not over"
    office.tick(seconds=1)
    assert office.case().state == "new"
    assert "KEMBALI KE GRUP" in office.last(GROUP)
    assert "dilepas" in "".join(office.texts(SARI))
    assert "K-0001" in office.last(BUDI)


def test_after_a_first_contact_a_lapsed_case_goes_to_the_coordinator(office: Office) -> None:
    office.hire(RINA, "Rina", "coordinator")
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Balas pelapor")
    office.say(SARI, "Halo")
    office.tick(seconds=10)
    office.press(SARI, "Kembalikan")
    office.press(BUDI, "Ambil", GROUP)
    office.tick(hours=6)
    assert (office.case().state, office.case().owner) == ("claimed", office.staff_id(RINA))
    assert "belum disentuh \u2068Budi\u2069. Sebagai koordinator kamu memegangnya sekarang." in office.last(RINA)
    paged = [text for who in (SARI, BUDI, RINA) for text in office.texts(who) if "Belum ada yang mengambil" in text]
    assert paged == [], "it has an owner"
    assert "\u2068Rina\u2069" in office.last(GROUP)
    before = len(office.letters("claimed"))
    assert before == 2, "nobody has touched it yet: the reporter is told of no new officer"
    assert office.letters()[-1].kind == "released"
    office.press(RINA, "Buka")
    office.press(RINA, "Buka")
    claimed = office.letters("claimed")[before:]
    assert len(claimed) == 1
    assert claimed[0].body["alias"] != office.letters("claimed")[0].body["alias"]


def test_who_is_removed_leaves_nothing_floating(office: Office) -> None:
    office.report()
    office.report()
    office.press_data(SARI, office.find(GROUP, "Ambil")[1], GROUP)
    office.press(SARI, "Buka")
    office.say(SARI, "catatan")
    assert office.case("K-0002").state == "in_progress"
    sari = office.staff_id(SARI)
    office.work(lambda work: staff.remove(work, people.member(work, sari)))
    office.deliver()
    assert office.case("K-0002").state == "new"
    assert "Hanya petugas" in office.press_data(SARI, office.find(GROUP, "Ambil")[1], GROUP)
    before = office.texts(SARI)
    office.say(SARI, "/tugas")
    assert office.texts(SARI) == before
    assert "unknown_sender" in [row.verb for row in office.read(select(AUDIT.c.verb))]


def test_the_losers_of_a_race_do_not_flood_the_group_with_edits(office: Office) -> None:
    office.report()
    card, data = office.find(GROUP, "Ambil")
    office.press_data(SARI, data, GROUP, card.id)
    edits = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.kind == cards.EDIT)
    for _ in range(3):
        office.press_data(BUDI, data, GROUP, card.id)
    assert office.read(edits)[0][0] == 1
    office.tick(minutes=2)
    office.press_data(BUDI, data, GROUP, card.id)
    assert office.read(edits)[0][0] == 2, "a card that still has its button is set right"
