"""Letters from intake: one thread is one case, nothing is lost, nothing lowers."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from handoff import cases, pages, record
from handoff.desk import Enclosures
from handoff.letters_in import UnknownLetter
from storage.desk_tables import AUDIT, CASE, PAGE, TASK
from storage.entropy import system_entropy
from tests.handoff.conftest import GROUP, Office

SARI, BUDI, ADMIN = 1, 2, 4


def count(office: Office, table: object = CASE) -> int:
    found: int = office.read(select(func.count()).select_from(table))[0][0]  # type: ignore[arg-type]
    return found


def test_one_thread_is_one_case_whatever_comes_first(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "ya"), kind="alarm", reason="pintu")
    office.write("submit", thread, office.answer("luka", "sedikit"))
    office.write("more", thread, office.answer("umur", "5_sampai_12"))
    assert count(office) == 1
    assert [letter.body["level"] for letter in office.letters("accepted")] == ["darurat", "darurat"]


def test_an_answer_that_is_listed_twice_stands_there_once(office: Office) -> None:
    story = office.answer("cerita", words="satu")
    thread = system_entropy(16)
    office.write("submit", thread, story)
    office.write("more", thread, story, office.answer("luka", "sedikit"))
    read = office.work(lambda work: pages.read(work, office.case()))
    assert [page.body["field"] for page in read] == ["cerita", "luka"]


def test_an_alarm_calls_everybody_on_duty_in_private(office: Office) -> None:
    office.report(kind="alarm", pintu=["lapor", "darurat"], reason="pintu")
    for who in (SARI, BUDI):
        assert "DARURAT" in office.last(who)
        assert "CERITA" not in office.last(who)
    office.press(BUDI, "Ambil")
    assert office.case().owner == office.staff_id(BUDI)


def test_without_a_group_every_case_is_a_private_page(empty_office: Office) -> None:
    empty_office.hire(SARI, "Sari")
    empty_office.report()
    assert "K-0001" in empty_office.last(SARI)
    empty_office.bind()
    assert "K-0001" in empty_office.last(GROUP)
    empty_office.press(SARI, "Ambil", GROUP)
    assert empty_office.case().state == "claimed"


def test_with_nobody_at_all_the_case_waits_and_the_first_who_joins_sees_it(empty_office: Office) -> None:
    empty_office.report()
    empty_office.tick(hours=3)
    assert empty_office.letters("accepted")[0].body["on_duty"] is False
    empty_office.hire(SARI, "Sari")
    assert "K-0001" in empty_office.last(SARI)


def test_later_answers_raise_with_a_page_and_never_lower(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "tidak"))
    assert office.case().urgency == "sedang"
    office.write("more", thread, office.answer("dekat", "serumah"))
    assert office.case().urgency == "tinggi"
    assert "sekarang TINGGI" in office.last(GROUP)
    office.write("more", thread, office.answer("bahaya", "ya", version=2))
    assert office.case().urgency == "darurat"
    assert "DARURAT" in office.last(BUDI)
    office.write(
        "more", thread, office.answer("bahaya", "tidak", version=3), office.answer("dekat", "tidak", version=2)
    )
    office.write("more", thread, office.answer("bahaya", status="tidak_tahu", version=4))
    assert office.case().urgency == "darurat"


def test_intake_hears_whenever_the_urgency_changes(office: Office) -> None:
    thread = office.report()
    office.write("more", thread, office.answer("luka", "sedikit"))
    assert office.letters("level") == []
    office.write("more", thread, office.answer("bahaya", "ya"))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Ubah urgensi")
    office.press(SARI, "TINGGI")
    office.say(SARI, "sudah di rumah tante")
    levels = [letter.body for letter in office.letters("level")]
    assert levels == [{"thread": thread.hex(), "level": level} for level in ("darurat", "tinggi")]


def test_intake_hears_that_a_closed_case_became_more_urgent(office: Office) -> None:
    thread = _closed(office)
    office.write("more", thread, office.answer("bahaya", "ya"))
    assert [letter.body["level"] for letter in office.letters("level")] == ["darurat"]


def test_raising_does_not_give_back_the_time_that_passed(office: Office) -> None:
    thread = office.report()
    office.advance(minutes=20)
    office.write("more", thread, office.answer("dekat", "serumah"))
    assert office.case().next_due_at == office.now + timedelta(minutes=10)


def test_a_talk_that_becomes_a_report_is_a_report(office: Office) -> None:
    thread = office.report(kind="consult")
    assert office.case().kind == "ingin_bicara"
    office.write("more", thread, office.answer("luka", "sedikit"))
    assert office.case().kind == "ingin_bicara"
    office.write("submit", thread)
    assert office.case().kind == "laporan"
    office.write("consult", thread)
    assert office.case().kind == "laporan"


def test_an_answer_that_was_changed_on_the_way_is_counted_and_the_others_stay(office: Office) -> None:
    office.hire(ADMIN, "Ayu", "admin")
    good, bad, gone = (office.answer("cerita", words=word) for word in ("utuh", "palsu", "hilang"))
    other = office.answer("cerita", words="lain")
    office.write("submit", system_entropy(16), good, bad, gone, enclosed=Enclosures(dict([good, (bad[0], other[1])])))
    read = office.work(lambda work: pages.read(work, office.case()))
    assert [page.body.get("words") for page in read if page.kind == "answer"] == ["utuh"]
    assert [page.body["detail"] for page in read if page.kind == "event"] == ["2"]
    assert (office.case("T-0001").kind, office.case("T-0001").owner) == ("teknis", office.staff_id(ADMIN))


def test_strange_texts_come_through_whole_and_harmless(office: Office) -> None:
    words = "a\ud800b\x00c \u202edia\u202c *tebal* 😀"
    office.write("submit", system_entropy(16), office.answer("cerita", words=words))
    assert office.work(lambda work: pages.read(work, office.case()))[0].body["words"] == words
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    shown = office.last(SARI)
    assert "\u202e" not in shown
    assert "\x00" not in shown
    assert "*tebal*" not in shown
    shown.encode()


def test_the_place_is_read_out_of_the_words(office: Office) -> None:
    office.report(office.answer("tempat", words="gang 3 kariangau"))
    office.report(office.answer("tempat", words="di rumah nenek"))
    office.report(office.answer("tempat", "luar"))
    cards = [text for text in office.texts(GROUP) if "· baru" in text]
    assert "Balikpapan Barat" in cards[0]
    assert "kecamatan belum diketahui" in cards[1]
    assert "Di luar Balikpapan" in cards[2]
    known = office.work(lambda work: cases.about(work, office.case()))
    assert known.kelurahan == "Kariangau"


def test_what_the_official_record_counts_is_kept_with_how_it_was_answered(office: Office) -> None:
    office.report(
        office.answer("umur", "5_sampai_12"),
        office.answer("kelamin", status="dilewati"),
        office.answer("orangnya", "tiri"),
    )
    child = office.work(lambda work: record.parties(work, office.case(), "child"))
    accused = office.work(lambda work: record.parties(work, office.case(), "accused"))
    assert child[0]["umur"] == {"status": "nilai", "value": ["5_sampai_12"], "code": []}
    assert child[0]["kelamin"]["status"] == "dilewati"
    assert child[0]["khusus"]["status"] == "belum"
    assert accused[0]["orangnya"]["code"] == ["orang_tua"]


def test_a_photo_is_kept_as_it_came_and_shown_as_not_cleaned(office: Office) -> None:
    listed, parts = office.media(b"FOTO-RAHASIA" * 100)
    answer = office.answer("cerita", kind="photo", media=listed["id"], words="")
    office.write("submit", system_entropy(16), answer, media=[listed], parts=parts)
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    shown = office.chats[SARI][-1]
    assert "belum dibersihkan" in shown.text
    media = str(shown.media)
    assert media != listed["id"]  # intake's name for it stands nowhere in the clear
    opened = office.do(lambda conn: office.desk.file(conn, media, office.now))
    assert opened.data == b"FOTO-RAHASIA" * 100


def test_a_file_that_comes_after_its_answer_is_news_and_shown(office: Office) -> None:
    listed, parts = office.media(b"suara", "voice")
    thread = system_entropy(16)
    office.write("submit", thread, office.answer("cerita", media=listed["id"], value="ada"))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    assert "menyusul" in office.last(SARI)
    office.write("more", thread, media=[listed], parts=parts)
    assert "Pesan baru" in office.last(SARI)
    office.press(SARI, "Buka")
    shown = str(office.chats[SARI][-1].media)
    assert office.do(lambda conn: office.desk.file(conn, shown, office.now)).kind == "voice"


def test_what_only_steered_the_conversation_is_not_shown(office: Office) -> None:
    office.report(office.answer("lapor.kirim", "sekarang", label="Boleh kukirim"))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    assert "Boleh kukirim" not in office.last(SARI)


def test_a_number_without_its_case_is_tried_again_and_shown_to_nobody(office: Office) -> None:
    with pytest.raises(LookupError):
        office.post("phone", thread=system_entropy(16).hex(), number="0811-NOMOR")
    assert count(office) == 0


def test_a_file_with_a_missing_part_is_a_task_for_somebody(office: Office) -> None:
    listed, _ = office.media(b"x")
    office.write("submit", system_entropy(16), office.answer("cerita", words="a"), media=[listed])
    assert office.case("T-0001").state == "new"
    assert "T-0001" in office.last(GROUP) + "".join(office.texts(GROUP))


def test_who_writes_after_closing_has_the_same_officer_again(office: Office) -> None:
    thread = _closed(office)
    office.write("more", thread, office.answer("cerita", words="dia datang lagi"))
    assert (office.case().state, office.case().owner) == ("in_progress", office.staff_id(SARI))
    assert office.letters("reopened")[0].body == {"thread": thread.hex()}
    assert "dibuka lagi" in office.last(SARI)
    assert office.case().next_due_at == office.now + timedelta(days=4)


def test_another_call_for_help_rings_at_once_however_lately_the_officer_was_told(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "ya"), kind="alarm", reason="pintu")
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.write("more", thread, office.answer("cerita", words="dia marah"))
    assert "Pesan baru" in office.last(SARI)
    office.write("alarm", thread, office.answer("cerita", words="dia bawa pisau"), reason="kata", kata="strong")
    assert "memanggil petugas lagi" in office.last(SARI)
    assert "pisau" not in office.last(SARI)
    # Whoever is on duty hears it too, and who has the case: the officer may be asleep.
    assert "pelapor memanggil lagi. Dipegang \u2068Sari" in office.last(BUDI)
    assert "pisau" not in office.last(BUDI)


def test_calls_that_repeat_ring_with_the_officer_always_and_with_others_once_in_three_minutes(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "ya"), kind="alarm", reason="pintu")
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    sari, budi = len(office.texts(SARI)), len(office.texts(BUDI))
    heard = []
    for _ in range(5):
        office.write("alarm", thread, reason="pintu")
        heard.append((len(office.texts(SARI)) - sari, len(office.texts(BUDI)) - budi))
        office.advance(minutes=1)
    assert heard == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)]


def test_a_further_call_that_nobody_has_taken_rings_again_once_in_three_minutes(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "ya"), kind="alarm", reason="pintu")
    before = len(office.texts(BUDI))
    heard = []
    for _ in range(5):
        office.write("alarm", thread, reason="pintu")
        heard.append(len(office.texts(BUDI)) - before)
        office.advance(minutes=1)
    assert heard == [0, 0, 0, 1, 1]
    assert "memanggil lagi" in office.last(BUDI)
    office.press(BUDI, "Ambil")
    assert office.case().owner == office.staff_id(BUDI)


def test_in_a_darurat_unread_news_rings_again_after_two_minutes_and_else_after_five(office: Office) -> None:
    calm, urgent = office.report(), office.report(office.answer("bahaya", "ya"))
    for code in ("K-0002", "K-0001"):
        data = next(m.buttons[0][1] for m in office.chats[GROUP] if code in m.text and m.buttons)
        office.press_data(SARI, data, GROUP)
    rung = []
    for _ in range(6):
        for thread in (calm, urgent):
            office.write("more", thread, office.answer("cerita", words="dan lagi"))
        told = office.texts(SARI)
        rung.append((told.count("Pesan baru · K-0001"), told.count("Pesan baru · K-0002")))
        office.advance(minutes=1)
    assert rung == [(1, 1), (1, 1), (1, 2), (1, 2), (1, 3), (2, 3)]


def test_a_call_for_help_after_closing_rings_as_one(office: Office) -> None:
    thread = _closed(office)
    office.write("alarm", thread, office.answer("cerita", words="dia bawa pisau"), reason="kata", kata="strong")
    assert "memanggil petugas lagi" in office.last(SARI)


@pytest.mark.parametrize("words", ["makasih", "Iya makasih banyak kak 🙏", "ok", "halo kak", "❤️"])
def test_thanks_after_closing_are_filed_and_wake_nobody(office: Office, words: str) -> None:
    thread = _closed(office)
    others = office.texts(BUDI), office.texts(GROUP)
    office.write("more", thread, office.answer("tambahan", words=words, value="ada", kind="text"))
    assert office.case().state == "closed"
    assert office.letters("reopened") == []
    assert (office.texts(BUDI), office.texts(GROUP)) == others
    assert office.last(SARI) == "Pesan baru · K-0001"
    assert office.chats[SARI][-1].quiet
    office.press(SARI, "Buka")
    assert words in office.last(SARI)


def test_thanks_from_whoever_asks_for_consent_leave_the_question_open(office: Office) -> None:
    thread = office.report(office.answer("dekat", "serumah"))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Tutup")
    office.press(SARI, "Ditangani")
    office.say(SARI, "selesai")
    office.write("more", thread, office.answer("tambahan", words="makasih kak"))
    assert "Pesan baru" in office.last(SARI)
    office.press(BUDI, "Setuju ditutup")
    assert office.case().state == "closed"


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("more", {"words": "makasih tapi dia datang lagi"}),
        ("more", {"words": "😭"}),
        ("more", {"words": "iya"}),
        ("more", {"words": "", "value": "ya"}),
        ("more", {"words": "makasih", "media": "ab" * 16}),
        ("alarm", {"words": "makasih"}),
        ("consult", {"words": "halo kak"}),
    ],
)
def test_whatever_says_more_than_thanks_reopens(office: Office, kind: str, more: dict[str, str]) -> None:
    thread = _closed(office)
    office.write(kind, thread, office.answer("tambahan", **more))
    assert office.case().state == "in_progress"
    assert len(office.letters("reopened")) == 1


def test_thanks_beside_a_picture_or_new_danger_reopen(office: Office) -> None:
    thread = _closed(office)
    listed, parts = office.media(b"x")
    office.write("more", thread, office.answer("tambahan", words="makasih"), media=[listed], parts=parts)
    assert office.case().state == "in_progress"
    other = _closed(office, "K-0002")
    office.write("more", other, office.answer("tambahan", words="makasih"), kata="strong")
    assert office.case("K-0002").state == "in_progress"


def test_a_reopened_darurat_pages_once(office: Office) -> None:
    thread = _closed(office)
    before = len(office.texts(BUDI))
    office.write("alarm", thread, office.answer("bahaya", "ya"), reason="pintu")
    assert len(office.texts(BUDI)) == before + 1
    assert "dibuka lagi" in office.last(BUDI)
    assert "Sari" in office.last(BUDI)


def test_who_writes_after_closing_without_an_officer_is_new_again(office: Office) -> None:
    thread = _closed(office)
    from handoff import people, staff

    sari = office.staff_id(SARI)
    office.work(lambda work: staff.remove(work, people.member(work, sari)))
    office.write("alarm", thread, office.answer("bahaya", "ya"))
    assert (office.case().state, office.case().owner, office.case().urgency) == ("new", None, "darurat")
    assert "K-0001" in office.last(BUDI)


def _closed(office: Office, code: str = "K-0001") -> bytes:
    thread = office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Tutup")
    office.press(SARI, "Ditangani")
    office.say(SARI, "selesai")
    assert office.case(code).state == "closed"
    return thread


@pytest.mark.parametrize("what", ["diam", "aman", "unreachable"])
def test_a_flag_tells_the_owner_and_changes_no_state(office: Office, what: str) -> None:
    thread = office.report(office.answer("bahaya", "ya"))
    office.press(SARI, "Ambil", GROUP)
    before = office.case()
    office.post("flag", thread=thread.hex(), at="", what=what)
    assert "K-0001" in office.last(SARI)
    assert (office.case().state, office.case().urgency) == (before.state, "darurat")
    assert office.case().next_due_at == before.next_due_at


def test_silence_after_danger_calls_everybody_again_while_nobody_has_it(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "ya"))
    before = len(office.texts(SARI))
    office.advance(minutes=3)
    office.post("flag", thread=thread.hex(), at="", what="diam")
    assert len(office.texts(SARI)) == before + 1
    assert "tidak menjawab lagi" in office.last(SARI), "the page says what is new"
    assert "tidak menjawab lagi" in office.last(GROUP)
    office.press(SARI, "Ambil")
    assert office.case().owner == office.staff_id(SARI)


@pytest.mark.parametrize("first", ["silence", "rung"])
def test_silence_and_the_rung_of_the_same_minute_are_one_message(office: Office, first: str) -> None:
    thread = office.report(office.answer("bahaya", "ya"))
    before = len(office.texts(SARI))

    def happens(what: str) -> None:
        if what == "rung":
            office.tick()
        else:
            office.post("flag", thread=thread.hex(), at="", what="diam")

    office.advance(minutes=5)
    happens(first)
    office.advance(seconds=30)
    happens("rung" if first == "silence" else "silence")
    assert len(office.texts(SARI)) == before + 1
    assert "tidak menjawab lagi" in office.last(GROUP)
    office.tick(minutes=2)
    assert len(office.texts(SARI)) == before + 2, "the ladder goes on"


def test_erasing_from_the_chat_is_a_task_for_a_human(office: Office) -> None:
    thread = _closed(office)
    office.post("flag", thread=thread.hex(), at="", what="hapus")
    assert office.case().state == "closed"
    assert "diminta hapus" in office.last(SARI)
    office.tick(hours=24)
    assert "diminta hapus" in office.last(BUDI), "what its owner leaves lying is everybody's"
    assert office.press(BUDI, "Sudah kuurus") == "Terima kasih."
    assert office.read(select(TASK.c.next_due_at))[0].next_due_at is None


def test_a_telephone_number_is_shown_once_to_the_claimant_only(office: Office) -> None:
    thread = office.report(office.answer("bahaya", "ya"))
    office.post("phone", thread=thread.hex(), number="0811-NOMOR")
    assert not any("NOMOR" in text for who in (SARI, BUDI, GROUP) for text in office.texts(who))
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    _, data = office.find(SARI, "Lihat nomor telepon")
    assert "tidak berlaku" in office.press_data(BUDI, data)
    office.press_data(SARI, data)
    assert "0811-NOMOR" in office.last(SARI)
    assert "sudah dihapus" in office.press_data(SARI, data)
    read = office.work(lambda work: pages.read(work, office.case()))
    assert "NOMOR" not in json.dumps([page.body for page in read])
    assert [row.verb for row in office.read(select(AUDIT.c.verb).where(AUDIT.c.verb == "phone_shown"))] == [
        "phone_shown"
    ]


def test_trouble_becomes_a_case_that_an_admin_owns(office: Office) -> None:
    office.hire(ADMIN, "Ayu", "admin")
    office.post("trouble", at="", what="turn_ValueError", thread=None, raw="ISI-TERTAHAN", held_report=True)
    case = office.case("T-0001")
    assert (case.kind, case.urgency, case.state, case.owner) == ("teknis", "tinggi", "claimed", office.staff_id(ADMIN))
    assert case.next_due_at is not None
    office.press(ADMIN, "Buka")
    assert "ISI-TERTAHAN" in office.last(ADMIN)
    assert not any("T-0001" in text for text in office.texts(GROUP))


def test_the_same_trouble_again_is_the_same_case_but_a_held_report_is_always_its_own(office: Office) -> None:
    for _ in range(3):
        office.post("trouble", at="", what="media", thread=None, raw=None, held_report=False)
    assert count(office) == 1
    for _ in range(2):
        office.post("trouble", at="", what="media", thread=None, raw="x", held_report=True)
    assert count(office) == 3


def test_trouble_without_admin_goes_to_the_coordinator_and_without_one_to_the_group(office: Office) -> None:
    office.do(lambda conn: office.desk.trouble(conn, "letter_refused", office.now, held_report=True))
    office.deliver()
    assert "T-0001" in office.last(GROUP)
    office.hire(5, "Kiki", "coordinator")
    office.do(lambda conn: office.desk.trouble(conn, "letter_refused", office.now, held_report=True))
    assert office.case("T-0002").owner == office.staff_id(5)


def test_a_canary_is_answered(office: Office) -> None:
    office.post("canary", nonce="abc")
    assert office.letters("canary")[0].body == {"nonce": "abc"}


def test_a_letter_of_an_unknown_kind_is_not_swallowed(office: Office) -> None:
    with pytest.raises(UnknownLetter):
        office.post("from_the_future", thread="00")
    assert count(office, PAGE) == 0


def test_a_letter_about_a_thread_that_nobody_knows_changes_nothing(office: Office) -> None:
    office.post("flag", thread=system_entropy(16).hex(), at="", what="hapus")
    office.post("delivery", relay=system_entropy(16).hex(), state="sent")
    assert count(office) == 0


def test_while_staff_cannot_be_reached_nobody_is_promised_a_time(office: Office) -> None:
    """The desk has the report, but its bot is deaf: "sudah sampai", and the numbers, and no hour."""
    office.desk.deaf = True
    office.report()
    assert office.letters("accepted")[-1].body["read_by"] is None
    office.tick(seconds=1)
    assert office.letters("duty_status")[-1].body["on_duty"] is False
    office.desk.deaf = False
    office.tick(seconds=1)
    assert office.letters("duty_status")[-1].body["on_duty"] is True
