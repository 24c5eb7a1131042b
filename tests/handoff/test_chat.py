"""What staff write: two lanes, ten seconds, and silence for strangers."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bot.channels.outgoing import Send
from handoff import invites, pages
from storage import outbox
from storage.desk_tables import AUDIT, INVITE, SAID, STAFF
from tests.handoff.conftest import GROUP, Office

SARI, BUDI, STRANGER = 1, 2, 99


@pytest.fixture
def owned(office: Office) -> Office:
    """Sari has K-0001 and has read it."""
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    return office


def notes(office: Office, code: str = "K-0001") -> list[str]:
    read = office.work(lambda work: pages.read(work, office.case(code)))
    return [page.body["text"] for page in read if page.kind == "note"]


# --- the two lanes ----------------------------------------------------------------------------------------------------


def test_a_plain_text_is_an_internal_note(owned: Office) -> None:
    owned.say(SARI, "ibu sudah kutelepon")
    owned.tick(seconds=60)
    assert notes(owned) == ["ibu sudah kutelepon"]
    assert owned.letters("reply") == []
    assert "Hanya petugas" in owned.last(SARI)
    assert owned.case().state == "in_progress"
    assert owned.case().contact_at is None, "a note is work, but no contact"


def test_a_note_before_buka_is_kept_but_the_case_stays_untouched(office: Office) -> None:
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.say(SARI, "nanti kubaca")
    assert notes(office) == ["nanti kubaca"]
    assert office.case().state == "claimed"


def test_a_reply_to_the_reporters_words_goes_to_the_reporter(owned: Office) -> None:
    owned.say(SARI, "kamu di mana?", reply_to=owned.chats[SARI][-1].id)
    assert "Kepada pelapor" in owned.last(SARI)
    owned.tick(seconds=10)
    assert [letter.body["text"] for letter in owned.letters("reply")] == ["kamu di mana?"]
    assert notes(owned) == []


def test_a_reply_to_any_other_message_of_a_case_is_a_note(owned: Office) -> None:
    told = next(message for message in owned.chats[SARI] if "di tanganmu" in message.text)
    owned.say(SARI, "catatan", reply_to=told.id)
    owned.tick(seconds=10)
    assert notes(owned) == ["catatan"]
    assert owned.letters("reply") == []


def test_with_several_open_cases_a_text_is_never_filed_by_a_guess(owned: Office) -> None:
    owned.report()
    owned.press(SARI, "Ambil", GROUP)
    owned.say(SARI, "untuk yang kedua")
    assert notes(owned) == notes(owned, "K-0002") == []
    assert "kasus mana" in owned.last(SARI)
    owned.press(SARI, "K-0002")
    assert (notes(owned), notes(owned, "K-0002")) == ([], ["untuk yang kedua"])


def test_without_an_open_case_a_text_is_not_kept_and_that_is_said(office: Office) -> None:
    office.say(SARI, "halo?")
    assert "tidak kusimpan" in office.last(SARI)


def test_a_question_that_stood_too_long_is_forgotten(owned: Office) -> None:
    owned.press(SARI, "Balas pelapor")
    owned.tick(minutes=15)
    owned.say(SARI, "ini catatan saja")
    owned.tick(seconds=10)
    assert owned.letters("reply") == []
    assert notes(owned) == ["ini catatan saja"]


def test_the_question_can_be_left(owned: Office) -> None:
    owned.press(SARI, "Balas pelapor")
    assert owned.press(SARI, "Batal") == "Dibatalkan."
    owned.say(SARI, "catatan")
    owned.tick(seconds=10)
    assert owned.letters("reply") == []


# --- ten seconds ------------------------------------------------------------------------------------------------------


def test_a_reply_can_be_called_back_for_ten_seconds(owned: Office) -> None:
    owned.press(SARI, "Balas pelapor")
    owned.say(SARI, "salah kirim")
    owned.tick(seconds=9)
    assert owned.letters("reply") == []
    assert "Tidak ada yang dikirim" in owned.press(SARI, "Batalkan")
    owned.tick(seconds=60)
    assert owned.letters("reply") == []
    assert "Tidak dikirim." in owned.last(SARI)
    assert owned.case().state == "claimed", "what was called back is no contact"


def test_after_ten_seconds_it_is_too_late(owned: Office) -> None:
    owned.press(SARI, "Balas pelapor")
    owned.say(SARI, "halo")
    _, data = owned.find(SARI, "Batalkan")
    owned.tick(seconds=10)
    assert "sudah berangkat" in owned.press_data(SARI, data)
    assert len(owned.letters("reply")) == 1


def test_a_reply_leaves_only_while_its_writer_has_the_case(owned: Office) -> None:
    owned.press(SARI, "Balas pelapor")
    owned.say(SARI, "halo")
    owned.press(SARI, "Kembalikan")
    owned.press(BUDI, "Ambil", GROUP)
    owned.tick(seconds=10)
    assert owned.letters("reply") == []


def test_a_reply_needs_that_the_report_was_read(office: Office) -> None:
    office.report()
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    _, reply = office.find(SARI, "Balas pelapor")
    office.press(SARI, "Kembalikan")
    office.press(SARI, "Ambil", GROUP)
    assert "Buka dulu" in office.press_data(SARI, reply)


@pytest.mark.parametrize(
    ("answer_to", "shown"),
    [("aman", "tampil langsung"), ("pesan", "Ada pesan"), (None, "Ada pesan"), ("jangan", "jangan dibalas")],
)
def test_whom_a_reply_reaches_is_shown_before_it_leaves(office: Office, answer_to: str | None, shown: str) -> None:
    office.report(balas=answer_to)
    office.press(SARI, "Ambil", GROUP)
    office.press(SARI, "Buka")
    office.press(SARI, "Balas pelapor")
    assert shown in office.last(SARI)
    office.say(SARI, "halo")
    assert shown in office.last(SARI)


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        (["sent"], "Terkirim."),
        (["held", "sent", "shown"], "Sudah dibaca"),
        (["sent", "held"], "Terkirim."),
        (["shown", "sent", "failed"], "Sudah dibaca"),
        (["blocked"], "menutup chat"),
        (["failed"], "Gagal"),
        (["gone"], "Gagal"),
        (["sent", "gone"], "Terkirim."),
    ],
)
def test_what_became_of_a_reply_is_shown_and_never_taken_back(owned: Office, states: list[str], shown: str) -> None:
    owned.press(SARI, "Balas pelapor")
    owned.say(SARI, "halo")
    owned.tick(seconds=10)
    relay = owned.letters("reply")[0].body["relay"]
    for state in states:
        owned.post("delivery", relay=relay, state=state)
    assert shown in owned.last(SARI)


def test_a_reply_that_waits_for_the_morning_says_until_when(owned: Office) -> None:
    owned.press(SARI, "Balas pelapor")
    owned.say(SARI, "halo")
    owned.tick(seconds=10)
    relay = owned.letters("reply")[0].body["relay"]
    owned.post("delivery", relay=relay, state="held", until="2026-11-23T22:00:00+00:00")
    assert "Menunggu sampai pukul 06.00 atau pelapor menulis lagi." in owned.last(SARI)
    owned.post("delivery", relay=relay, state="held", until=None)
    assert "Menunggu sampai pelapor menulis lagi." in owned.last(SARI)


# --- who is who -------------------------------------------------------------------------------------------------------


def test_strangers_get_silence_and_an_audit_line(office: Office) -> None:
    for text in ("halo", "/start", "/start SALAH12345", "/tugas"):
        office.say(STRANGER, text)
    office.receive(kind="photo", chat=STRANGER, sender=STRANGER)
    assert office.chats.get(STRANGER) is None
    verbs = [row.verb for row in office.read(select(AUDIT.c.verb).where(AUDIT.c.actor == "stranger"))]
    assert verbs == ["unknown_sender"] * 5


def test_a_code_is_good_once_and_for_48_hours(empty_office: Office) -> None:
    code = empty_office.work(lambda work: invites.invite(work, "Sari", "caseworker"))
    assert len(code) == 10
    assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789")
    old = empty_office.work(lambda work: invites.invite(work, "Tua", "caseworker"))
    empty_office.say(SARI, f"/start {code.lower()}")
    empty_office.say(BUDI, f"/start {code}")
    empty_office.advance(hours=48)
    empty_office.say(BUDI, f"/start {old}")
    assert len(empty_office.read(select(STAFF))) == 1
    assert "Halo" in empty_office.last(SARI)
    stored = empty_office.read(select(INVITE))
    assert not any(code.encode() in row.code for row in stored)


def test_a_code_for_a_person_does_not_bind_a_group_nor_the_other_way(empty_office: Office) -> None:
    person = empty_office.work(lambda work: invites.invite(work, "Sari", "caseworker"))
    group = empty_office.work(invites.invite_group)
    empty_office.say_in_group(STRANGER, f"/hubungkan {person}")
    empty_office.say(SARI, f"/start {group}")
    assert empty_office.chats == {}


def test_a_second_group_needs_a_new_code_and_replaces_the_first(office: Office) -> None:
    office.report()
    code = office.work(invites.invite_group)
    office.say_in_group(STRANGER, f"/hubungkan@berani_bot {code}", chat=-2002)
    assert "K-0001" in office.last(-2002)
    office.report()
    assert "K-0002" in office.last(-2002)
    assert "K-0002" not in "".join(office.texts(GROUP))
    office.say_in_group(STRANGER, f"/hubungkan {code}", chat=-3003)
    assert office.chats.get(-3003) is None


def test_the_group_of_the_settings_wins(office: Office) -> None:
    office.group_id = -5005
    office.restart()
    office.report()
    assert "K-0001" in office.last(-5005)


def test_the_group_keeps_its_cards_when_it_becomes_a_supergroup(office: Office) -> None:
    office.receive(kind="migrated", chat=GROUP, chat_kind="group", migrated_to=-100777)
    office.report()
    assert "K-0001" in office.last(-100777)


def test_cards_that_nobody_took_come_anew_in_the_supergroup_and_follow_the_case_there(office: Office) -> None:
    office.report()
    office.receive(kind="migrated", chat=GROUP, chat_kind="group", migrated_to=-100777)
    assert "K-0001" in office.last(-100777)
    office.failing[GROUP] = "blocked"
    office.press(SARI, "Ambil", -100777)
    assert "Sari" in office.last(-100777)
    assert "dikeluarkan" not in "".join(office.texts(BUDI))


def test_a_card_on_its_way_follows_the_group_and_is_edited_there(office: Office) -> None:
    waiting: list[bytes] = []
    deliver, office.deliver = office.deliver, lambda: None  # type: ignore[method-assign]
    office.report()
    office.deliver = deliver  # type: ignore[method-assign]

    def moved(conn: Connection) -> None:
        for row in outbox.take(conn, office.now, 50):
            if row.kind == "card":
                target = office.desk.migrated(conn, row, -100777, office.now)
                assert target is not None
                outbox.retarget(conn, row.id, target, office.now)
                waiting.append(row.id)
            else:
                outbox.retry(conn, row.id, office.now)

    office.do(moved)
    assert waiting
    office.deliver()
    assert [text for text in office.texts(-100777) if "K-0001" in text]
    office.press(SARI, "Ambil", -100777)
    assert "Sari" in office.last(-100777)


def test_a_group_that_refuses_the_bot_is_lost_though_nobody_said_so(office: Office) -> None:
    """The update that tells of it can get lost; the refused card tells as well."""
    office.failing[GROUP] = "blocked"
    for _ in range(2):
        office.report()
    for who in (SARI, BUDI):
        assert len([text for text in office.texts(who) if "dikeluarkan" in text]) == 1
        assert [text for text in office.texts(who) if "K-0002" in text]


def test_a_group_in_which_the_bot_may_not_write_becomes_a_teknis_case_and_everybody_is_called(office: Office) -> None:
    office.failing[GROUP] = "failed"
    for _ in range(2):
        office.report()
    for code in ("K-0001", "K-0002", "T-0001"):
        assert [text for text in office.texts(BUDI) if code in text]
    assert not [text for text in office.texts(BUDI) if "T-0002" in text]


def test_when_the_bot_is_put_out_of_the_group_everybody_hears_it_in_private(office: Office) -> None:
    office.receive(kind="left", chat=GROUP, chat_kind="group")
    assert "dikeluarkan" in office.last(SARI)
    office.report()
    assert "K-0001" in office.last(BUDI)


def test_commands_in_the_group_get_a_short_pointer_and_talk_gets_nothing(office: Office) -> None:
    before = len(office.texts(GROUP))
    office.say_in_group(SARI, "halo semua")
    office.say_in_group(SARI, "/tugas", chat=-9)
    assert len(office.texts(GROUP)) == before
    office.say_in_group(SARI, "/kasus@berani_bot")
    assert "pribadi" in office.last(GROUP)


# --- buttons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["", "x", "ambil:K-0001", "a" * 64, "' OR 1=1", "\ud800"])
def test_a_forged_button_is_answered_and_changes_nothing(owned: Office, data: str) -> None:
    before = owned.case()
    assert "tidak berlaku" in owned.press_data(SARI, data)
    assert owned.case().version == before.version


def test_another_ones_button_is_answered_and_changes_nothing(owned: Office) -> None:
    for label in ("Balas pelapor", "Catatan", "Tutup", "Kembalikan", "Ubah urgensi"):
        assert "tidak berlaku" in owned.press_data(BUDI, owned.find(SARI, label)[1])
    assert owned.case().owner == owned.staff_id(SARI)


def test_the_buttons_of_a_case_that_is_no_longer_mine_do_nothing(owned: Office) -> None:
    held = {label: owned.find(SARI, label)[1] for label in ("Balas pelapor", "Tutup", "Kembalikan")}
    owned.press_data(SARI, held["Kembalikan"])
    owned.press(BUDI, "Ambil", GROUP)
    for data in held.values():
        assert "tidak ada di tanganmu" in owned.press_data(SARI, data)
    assert (owned.case().state, owned.case().owner) == ("claimed", owned.staff_id(BUDI))


def test_callback_data_says_nothing_and_fits(owned: Office) -> None:
    for messages in owned.chats.values():
        for message in messages:
            for _, data in message.buttons:
                assert len(data.encode()) <= 64
                # Random: two letters in a row may stand in it by chance, what it does and to which case never.
                assert re.fullmatch(r"[\w-]{22}", data)
                assert "K-0001" not in data


def test_the_same_update_twice_changes_nothing_the_second_time(owned: Office) -> None:
    for _ in range(2):
        owned.receive(kind="text", chat=SARI, sender=SARI, text="sekali", received="message:1:7")
    assert notes(owned) == ["sekali"]


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_lists_name_codes_and_times_and_nothing_of_a_story(owned: Office) -> None:
    owned.report()
    for command, code in (("/tugas", "K-0001"), ("/kasus", "K-0002"), ("/mengambang", "K-0002")):
        owned.say(SARI, command)
        assert code in owned.last(SARI)
        assert "RAHASIA" not in owned.last(SARI)
    owned.press(SARI, "Ambil K-0002")
    owned.say(SARI, "/mengambang")
    assert owned.last(SARI) == "Semua kasus ada yang memegang."
    owned.say(SARI, "/bantuan")
    assert "Balas pelapor" in owned.last(SARI)
    owned.say(SARI, "/apaini")
    assert "/bantuan" in owned.last(SARI)


@pytest.mark.parametrize("kind", ["photo", "voice", "edit", "location", "contact", "other"])
def test_what_is_not_text_is_answered_kindly_and_changes_nothing(owned: Office, kind: str) -> None:
    before = owned.case().version
    owned.receive(kind=kind, chat=SARI, sender=SARI, text="x")
    assert "kata-kata" in owned.last(SARI) or "pesan baru" in owned.last(SARI)
    assert owned.case().version == before


@pytest.mark.parametrize("text", ["", " \u202e ", "\x00"])
def test_an_empty_text_is_no_note(owned: Office, text: str) -> None:
    owned.say(SARI, text)
    assert notes(owned) == []


def test_content_is_swept_out_of_the_private_chat_and_buka_shows_it_again(owned: Office) -> None:
    owned.say(SARI, "catatan")
    owned.tick(hours=12)
    assert not any("RAHASIA" in text for text in owned.texts(SARI))
    assert owned.read(select(SAID.c.sweep_at).where(SAID.c.sweep_at.is_not(None))) == []
    owned.say(SARI, "/tugas")
    owned.press(SARI, "Buka K-0001")
    assert "CERITA-RAHASIA" in owned.last(SARI)


def test_somebody_who_blocked_the_bot_is_not_counted_on(owned: Office) -> None:
    owned.failing[BUDI] = "blocked"
    owned.report(owned.answer("bahaya", "ya"))
    assert owned.read(select(STAFF.c.blocked_at).where(STAFF.c.blocked_at.is_not(None)))
    del owned.failing[BUDI]
    owned.report(owned.answer("bahaya", "ya"))
    assert "K-0003" not in "".join(owned.texts(BUDI))
    owned.say(BUDI, "/tugas")
    owned.report(owned.answer("bahaya", "ya"))
    assert "K-0004" in "".join(owned.texts(BUDI))


def test_a_card_that_cannot_be_posted_becomes_a_private_page(office: Office) -> None:
    office.failing[GROUP] = "blocked"
    office.report()
    assert "K-0001" in office.last(SARI)
    assert "K-0001" in office.last(BUDI)


def test_a_night_of_calls_leaves_one_card_in_the_group(office: Office) -> None:
    office.report(office.answer("bahaya", "ya"))
    for _ in range(20):
        office.tick(minutes=5)
    assert sum("K-0001" in text for text in office.texts(GROUP)) == 1
    assert "BELUM ADA YANG MENGAMBIL" in office.last(GROUP)


def test_a_card_that_was_not_sent_yet_is_never_sent_once_there_is_a_newer_one(office: Office) -> None:
    posted = []
    deliver, show = office.deliver, office._show

    def shows(*what: Any) -> Any:
        posted.append(what[1])
        return show(*what)

    office._show = shows  # type: ignore[method-assign,assignment]
    office.deliver = lambda: None  # type: ignore[method-assign]
    thread = office.report()
    office.write("more", thread, office.answer("bahaya", "ya"))
    office.deliver = deliver  # type: ignore[method-assign]
    office.deliver()
    cards = [one for one in posted if isinstance(one, Send) and "K-0001" in one.text and "Masuk" in one.text]
    assert [one.text.split("\n")[0] for one in cards] == ["‼️ *K-0001* · sekarang DARURAT"]


def test_a_card_too_old_to_be_deleted_points_to_the_newer_one(office: Office) -> None:
    thread = office.report()
    office.advance(hours=48)
    office.write("more", thread, office.answer("bahaya", "ya"))
    assert next(text for text in office.texts(GROUP) if "K-0001" in text) == "K-0001: lihat kartu yang lebih baru."
    assert "sekarang DARURAT" in office.last(GROUP)


def test_of_a_card_that_was_posted_twice_one_stays(office: Office) -> None:
    """The answer to the first sending was lost: what was pressed is a copy that nobody knows."""
    office.report()
    live, data = office.find(GROUP, "Ambil")
    copy = replace(live, id=live.id + 500)
    office.chats[GROUP].append(copy)
    office.press_data(SARI, data, GROUP, copy.id)
    assert [(one.id, "Sari" in one.text) for one in office.chats[GROUP] if "K-0001" in one.text] == [(live.id, True)]


def test_a_card_that_changed_on_its_way_shows_the_case_as_it_is(office: Office) -> None:
    held = office.deliver
    office.deliver = lambda: None  # type: ignore[method-assign]
    office.report()
    from handoff import claims, people

    case_id, sari = office.case().id, office.staff_id(SARI)
    office.work(lambda work: claims.claim(work, case_id, people.member(work, sari)))
    office.deliver = held  # type: ignore[method-assign]
    office.deliver()
    assert "Sari" in office.last(GROUP)
    assert office.chats[GROUP][-1].buttons == []


def test_urgency_is_changed_by_a_human_both_ways_with_a_reason(owned: Office) -> None:
    owned.press(SARI, "Ubah urgensi")
    owned.press(SARI, "DARURAT")
    owned.say(SARI, "pelaku kembali")
    assert owned.case().urgency == "darurat"
    assert "DARURAT" in owned.last(BUDI)
    owned.press(SARI, "Buka")
    owned.press(SARI, "Ubah urgensi")
    owned.press(SARI, "RENDAH")
    owned.say(SARI, "salah paham")
    assert owned.case().urgency == "rendah"
    assert owned.case().next_due_at > owned.now + timedelta(days=1)  # type: ignore[operator]
