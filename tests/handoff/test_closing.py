"""Closing: outcome, summary, a second person; facts remain."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handoff import audit
from storage.desk_tables import AUDIT, CLOSING, FACT
from tests.handoff.conftest import GROUP, Office

SARI, BUDI, RINA = 1, 2, 3
SERIOUS = [("darurat", ("bahaya", "ya"), timedelta(hours=2)), ("tinggi", ("dekat", "serumah"), timedelta(hours=24))]


def ask_to_close(office: Office, *answers: tuple[str, str], outcome: str = "Ditangani") -> bytes:
    thread = office.report(*(office.answer(*answer) for answer in answers))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Tutup")
    office.press(SARI, outcome)
    office.say(SARI, "RINGKASAN sudah aman")
    return thread


@pytest.mark.parametrize(
    "outcome",
    [
        "Ditangani",
        "Diserahkan",
        "Bukan kekerasan",
        "Di luar wilayah",
        "Tidak cukup informasi",
        "Ditarik",
        "Ganda",
        "Iseng",
    ],
)
def test_a_calm_case_closes_with_outcome_and_summary(office: Office, outcome: str) -> None:
    ask_to_close(office, outcome=outcome)
    assert (office.case().state, office.case().next_due_at) == ("closed", None)
    assert office.case().outcome in office.read(select(FACT.c.outcome))[0]
    assert outcome in office.last(SARI)


def test_what_the_reporter_wrote_since_the_last_look_is_read_before_the_case_closes(office: Office) -> None:
    thread = office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Tutup")
    office.press(SARI, "Ditangani")
    office.write("more", thread, office.answer("tambahan", words="dia datang lagi", kind="text"))
    office.say(SARI, "RINGKASAN")
    assert office.case().state == "claimed"
    assert "belum ditutup" in "".join(office.texts(SARI)[-2:])
    office.press(SARI, "Buka")
    office.write("more", thread, office.answer("tambahan", words="makasih kak", kind="text"))
    office.press(SARI, "Tutup")
    office.press(SARI, "Ditangani")
    office.say(SARI, "RINGKASAN")
    assert office.case().state == "closed", "thanks keep nothing open"


@pytest.mark.parametrize(("level", "answer", "limit"), SERIOUS)
def test_a_serious_case_waits_for_a_second_person_whose_clock_it_is(
    office: Office, level: str, answer: tuple[str, str], limit: timedelta
) -> None:
    ask_to_close(office, answer)
    case = office.case()
    assert (case.urgency, case.state, case.next_due_at) == (level, "claimed", office.now + limit)
    assert "RINGKASAN" in office.last(BUDI)
    assert office.letters("closed") == []
    office.press(BUDI, "Setuju ditutup")
    assert office.case().state == "closed"
    assert len(office.letters("closed")) == 1


def test_the_owner_cannot_be_the_second_person(office: Office) -> None:
    ask_to_close(office, ("bahaya", "ya"))
    _, data = office.find(BUDI, "Setuju ditutup")
    assert "tidak berlaku" in office.press_data(SARI, data)
    assert office.case().state == "claimed"


def test_the_coordinator_is_asked_where_there_is_one(office: Office) -> None:
    office.hire(RINA, "Rina", "coordinator")
    ask_to_close(office, ("bahaya", "ya"))
    assert "RINGKASAN" in office.last(RINA)
    assert "RINGKASAN" not in "".join(office.texts(BUDI))


def test_alone_in_the_office_the_answer_names_the_way_out_and_whoever_joins_is_asked(empty_office: Office) -> None:
    empty_office.hire(SARI, "Sari")
    empty_office.bind()
    ask_to_close(empty_office, ("bahaya", "ya"))
    assert "berani staff invite" in empty_office.last(SARI)
    assert empty_office.case().state == "claimed"
    empty_office.hire(BUDI, "Budi")
    empty_office.press(BUDI, "Setuju ditutup")
    assert empty_office.case().state == "closed"


def test_a_refusal_leaves_the_case_open_and_on_its_own_clock(office: Office) -> None:
    ask_to_close(office, ("bahaya", "ya"))
    _, yes = office.find(BUDI, "Setuju ditutup")
    office.press(BUDI, "Belum")
    assert "belum setuju" in office.last(SARI)
    assert office.case().next_due_at == office.now + timedelta(minutes=7, seconds=30)
    assert "tidak berlaku" in office.press_data(BUDI, yes)
    assert office.read(select(CLOSING)) == []


def test_an_unanswered_request_is_asked_again_and_never_goes_quiet(office: Office) -> None:
    ask_to_close(office, ("bahaya", "ya"))
    asked = sum("Setuju?" in text for text in office.texts(BUDI))
    for _ in range(6):
        office.tick(hours=2)
        assert office.case().next_due_at is not None
        assert office.case().next_due_at > office.now  # type: ignore[operator]
    assert sum("Setuju?" in text for text in office.texts(BUDI)) > asked
    office.press(BUDI, "Setuju ditutup")
    assert office.case().state == "closed"


def test_notes_do_not_put_off_the_second_persons_clock(office: Office) -> None:
    ask_to_close(office, ("bahaya", "ya"))
    due = office.case().next_due_at
    office.advance(minutes=30)
    office.say(SARI, "masih menunggu")
    assert office.case().next_due_at == due


def test_when_the_reporter_writes_meanwhile_nobody_consents_to_what_they_have_not_seen(office: Office) -> None:
    thread = ask_to_close(office, ("bahaya", "ya"))
    office.write("more", thread, office.answer("cerita", words="dia datang lagi"))
    assert "tidak berlaku" in office.press(BUDI, "Setuju ditutup")
    assert office.case().state == "claimed"


def test_lowering_the_urgency_takes_no_second_person_out_of_it(office: Office) -> None:
    office.report(office.answer("bahaya", "ya"))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Ubah urgensi")
    office.press(SARI, "SEDANG")
    office.say(SARI, "tidak jadi")
    office.press(SARI, "Tutup")
    office.press(SARI, "Iseng")
    office.say(SARI, "iseng")
    assert office.case().state != "closed"
    assert "Setuju?" in office.last(BUDI)


def test_the_fact_row_counts_and_leads_back_to_nothing(office: Office) -> None:
    answers = [
        ("umur", "5_sampai_12"),
        ("kelamin", "perempuan"),
        ("jenis", "dipukul"),
        ("orangnya", "tiri"),
        ("khusus", "dengar"),
    ]
    office.report(*(office.answer(*answer) for answer in answers), office.answer("tempat", words="kariangau"))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.advance(hours=5)
    office.press(SARI, "Tutup")
    office.press(SARI, "Ditangani")
    office.say(SARI, "beres")
    fact = office.read(select(FACT))[0]
    row: dict[str, Any] = dict(fact._mapping)
    assert (row["month"], row["kecamatan"], row["outcome"], row["hours"]) == (
        "2026-11",
        "Balikpapan Barat",
        "ditangani",
        5,
    )
    assert json.loads(row["kinds"])["code"] == ["fisik"]
    child = json.loads(row["children"])[0]
    assert child["umur"]["value"] == ["5_sampai_12"]
    assert "khusus" not in child
    assert office.case().id not in row.values()
    assert not any("RAHASIA" in str(value) or "kariangau" in str(value).lower() for value in row.values())


def test_a_case_that_is_closed_twice_is_counted_once(office: Office) -> None:
    thread = ask_to_close(office)
    office.write("more", thread, office.answer("cerita", words="lagi"))
    office.press(SARI, "Buka")
    office.press(SARI, "Tutup")
    office.press(SARI, "Diserahkan")
    office.say(SARI, "diserahkan")
    assert sorted(row.again for row in office.read(select(FACT.c.again))) == [False, True]


def test_every_view_and_change_is_in_a_chain_that_shows_tampering(office: Office) -> None:
    ask_to_close(office, ("bahaya", "ya"))
    office.press(BUDI, "Setuju ditutup")
    verbs = [row.verb for row in office.read(select(AUDIT.c.verb).order_by(AUDIT.c.seq))]
    expected = ["opened", "claim", "view", "closing_asked", "closing_agreed", "close"]
    assert [verb for verb in verbs if verb in expected] == expected
    assert office.store.read_now(audit.first_break) is None
    seq = verbs.index("view") + 1
    office.do(lambda conn: conn.execute(AUDIT.delete().where(AUDIT.c.seq == seq)))
    assert office.store.read_now(audit.first_break) == seq


def test_one_changed_row_breaks_the_chain(office: Office) -> None:
    ask_to_close(office)
    office.do(lambda conn: conn.execute(AUDIT.update().where(AUDIT.c.verb == "view").values(actor="system")))
    assert office.store.read_now(audit.first_break) is not None
