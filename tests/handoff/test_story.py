"""One report from its letter to a closed case, as staff see it."""

from datetime import timedelta

from handoff import audit
from tests.handoff.conftest import GROUP, Office

SARI, BUDI = 1, 2


def test_a_report_goes_from_letter_to_closed_case(office: Office) -> None:
    thread = office.report(office.answer("tempat", words="dekat pasar kariangau"), office.answer("dekat", "serumah"))

    accepted = office.letters("accepted")[0].body
    assert accepted["thread"] == thread.hex()
    assert accepted["level"] == "tinggi"
    assert accepted["on_duty"] is True
    assert accepted["read_by"] == (office.now + timedelta(minutes=30)).isoformat()
    card = office.last(GROUP)
    assert "K-0001" in card
    assert "TINGGI" in card
    assert "Balikpapan Barat" in card
    assert "CERITA-RAHASIA" not in card

    office.press(SARI, "Ambil", GROUP)
    assert office.case().state == "claimed"
    alias = office.letters("claimed")[0].body["alias"]
    assert "Sari" in office.last(GROUP)
    assert "CERITA-RAHASIA" not in "".join(office.texts(SARI))

    office.press(SARI, "Buka")
    assert "CERITA-RAHASIA" in office.last(SARI)
    assert office.case().state == "claimed"

    office.press(SARI, "Balas pelapor")
    assert alias in office.last(SARI)
    office.say(SARI, "Kamu aman sekarang?")
    assert office.letters("reply") == []
    office.tick(seconds=10)
    reply = office.letters("reply")[0].body
    assert (reply["text"], reply["alias"]) == ("Kamu aman sekarang?", alias)
    assert office.case().state == "in_progress"
    office.post("delivery", relay=reply["relay"], state="sent")
    assert "Terkirim." in office.last(SARI)

    office.write("more", thread, office.answer("cerita", words="JAWABAN-RAHASIA aku di rumah nenek"))
    assert office.last(SARI) == "Pesan baru · K-0001"
    office.press(SARI, "Buka")
    assert "JAWABAN-RAHASIA" in office.last(SARI)
    assert "CERITA-RAHASIA" not in office.last(SARI)

    office.press(SARI, "Tutup")
    office.press(SARI, "Ditangani")
    office.say(SARI, "Anak aman di rumah nenek.")
    assert office.case().state == "in_progress"
    assert office.case().next_due_at == office.now + timedelta(hours=24)
    office.press(BUDI, "Setuju ditutup")
    assert office.case().state == "closed"
    assert office.letters("closed")[0].body == {"thread": thread.hex()}
    assert "selesai" in office.last(GROUP)
    assert office.store.read_now(audit.first_break) is None
    assert not any("RAHASIA" in text for text in office.texts(GROUP))
