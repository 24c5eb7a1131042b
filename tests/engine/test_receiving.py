"""Buttons, recordings, pictures, places, cards, codes, edits."""

import pytest

from bot.engine import effects as fx
from bot.engine import events as ev
from bot.engine.step import step
from tests.engine.play import Player, at, shipped

TO_KINDS = ("lapor", "2", "1", "1", "0", "dia marah", "selesai", "nanti", "tidak")


def test_a_stale_button_changes_nothing_and_shows_the_question_again() -> None:
    player = at("lapor", "2")
    before = player.session
    player.send(ev.Chose(before.shown - 1, "ya"))
    assert player.kept() == []
    assert (player.session.stack, player.session.fields) == (before.stack, before.fields)
    assert player.shows[-1].question == "lapor.balas"


def test_a_stale_call_for_help_is_still_a_call_for_help() -> None:
    assert at("halo", "2", "2").send(ev.Chose(1, "darurat")).asking == "darurat.bisa_telepon"


def test_a_button_that_is_none_shows_the_question_again() -> None:
    assert at("lapor").press("kirim").asking == "lapor.bahaya"


def test_a_button_while_nothing_is_asked_is_answered() -> None:
    assert Player().send(ev.Chose(0, "ya")).shows


def test_ticks_are_counted_when_selesai_is_pressed() -> None:
    player = at(*TO_KINDS)
    shown = player.session.shown
    player.press("dipukul").press("diancam").press("dibully").press("diancam")
    assert player.kept() == []
    assert player.session.shown == shown
    assert player.shows[-1].again
    assert [b.choice for row in player.shows[-1].buttons for b in row if b.chosen] == ["dipukul", "dibully"]
    assert player.press("selesai").kept()[0].value == ("dipukul", "dibully")


def test_a_tick_of_none_takes_the_others_away() -> None:
    player = at("lapor", *["0"] * 13)
    assert player.asking == "lapor.khusus"
    player.press("dengar").press("tidak_ada")
    assert player.session.picked == ("tidak_ada",)
    player.press("jalan")
    assert player.session.picked == ("jalan",)


def test_selesai_without_a_tick_is_a_skip() -> None:
    player = at(*TO_KINDS).press("selesai")
    assert player.kept()[0].status == "dilewati"


def test_the_acknowledgement_in_a_story_settles_and_can_be_ended_by_button() -> None:
    player = at("lapor", "2", "1", "1", "0", "dia marah")
    assert player.shows[-1].settle
    assert player.press("selesai").asking == "lapor.kirim"


@pytest.mark.parametrize("kind", ["voice", "audio"])
def test_a_recording_is_kept_at_once(kind: ev.MediaKind) -> None:
    player = at("lapor", "2", "1", "1", "0").send(ev.SentMedia("m9", kind))
    assert fx.KeepMedia("m9", "cerita") in player.turn.effects
    assert player.kept()[0].media == "m9"
    assert player.asking == "lapor.cerita"


def test_a_recording_at_another_question_joins_the_story_and_the_question_comes_again() -> None:
    player = at("lapor").voice()
    assert player.kept()[0].field == "cerita"
    assert player.asking == "lapor.bahaya"


def test_a_recording_as_first_message_begins_a_report() -> None:
    assert Player().voice().asking == "lapor.bahaya"


@pytest.mark.parametrize("kind", ["photo", "video", "document"])
def test_a_picture_is_asked_about_before_it_is_kept(kind: ev.MediaKind) -> None:
    player = at("lapor", "2").send(ev.SentMedia("m9", kind))
    assert not player.did(fx.KeepMedia)
    assert player.asking == "foto.tanpa_baju"
    assert player.say("tidak").did(fx.KeepMedia)
    assert player.asking == "lapor.balas"


def test_a_picture_of_a_bare_body_is_not_kept_and_a_human_helps() -> None:
    player = at("lapor", "2").photo().say("ya")
    assert fx.DropMedia("m1") in player.turn.effects
    assert not player.did(fx.KeepMedia)
    assert player.asking == "petugas.pesan"


def test_kembali_never_leads_to_the_question_about_a_picture_that_is_gone() -> None:
    player = at("darurat", "1").photo().say("ya", "kembali")
    assert player.asking == "darurat.bisa_telepon"


def test_a_picture_kept_after_the_draft_was_sent_joins_the_case() -> None:
    assert at("darurat", "1").photo().say("tidak").did(fx.More)
    asked = at("petugas", "minta saran buat temanku", "selesai").photo().say("tidak")
    assert asked.did(fx.More)
    assert asked.did(fx.KeepMedia)


def test_an_album_is_one_question() -> None:
    player = at("lapor", "2").photo().photo().photo()
    assert player.shows[-1].settle
    player.say("tidak")
    assert [effect.media for effect in player.turn.effects if isinstance(effect, fx.KeepMedia)] == ["m1", "m2", "m3"]


@pytest.mark.parametrize("left", ["0", "batal"])
def test_a_picture_whose_question_was_left_is_not_kept_and_that_is_said(left: str) -> None:
    player = at("lapor", "2").photo().say(left)
    assert fx.DropMedia("m1") in player.turn.effects
    assert "Gambar itu tidak kusimpan" in player.text


def test_a_caption_is_words_like_any_others() -> None:
    player = at("lapor", "2").photo("ini tangan adikku kemarin")
    assert player.kept()[0].words == "ini tangan adikku kemarin"


def test_thousands_of_pictures_do_not_grow_the_session() -> None:
    player = at("lapor")
    for _ in range(200):
        player.photo()
    assert len(player.session.waiting) == 30


def test_a_location_answers_the_question_for_the_place_and_counts_everywhere() -> None:
    player = at("lapor", "2", "1", "1").send(ev.SentPlace(-1.2654, 116.8312))
    assert player.kept()[0].extra == {"lat": "-1.265400", "lon": "116.831200"}
    assert player.asking == "lapor.cerita"
    player = at("lapor").send(ev.SentPlace(-1.2654, 116.8312))
    assert player.kept()[0].field == "tempat"
    assert player.asking == "lapor.bahaya"


def test_a_contact_card_counts_only_where_a_number_is_asked_for() -> None:
    player = at("lapor").send(ev.SentContact("+6281234567890"))
    assert player.kept() == []
    assert not player.did(fx.Phone)
    assert "Kartu kontak tidak kusimpan" in player.text
    player = at("darurat", "3").send(ev.SentContact("+6281234567890"))
    assert fx.Phone("+6281234567890") in player.turn.effects
    assert all("6281234567890" not in str(keep) for keep in player.kept())


def test_a_number_never_stands_among_the_answers() -> None:
    player = at("darurat", "3", "nomorku 0812 3456 7890")
    assert fx.Phone("081234567890") in player.turn.effects
    assert player.kept()[0].words is None


def test_a_sticker_is_answered_kindly() -> None:
    player = at("lapor").send(ev.SentOther("sticker"))
    assert "tidak bisa kubaca" in player.text
    assert player.asking == "lapor.bahaya"
    assert Player().send(ev.SentOther("dice")).asking == "menu.pintu"


def test_a_changed_message_is_an_addition_and_moves_nothing() -> None:
    player = at("lapor", "2").send(ev.Edited("bukan tadi, tapi kemarin sore"))
    assert player.kept()[0].extra == {"ubahan": "ya"}
    assert player.asking == "lapor.balas"
    assert player.session.fields["bahaya"] == "nilai"


def test_a_code_that_is_known_shows_the_state_and_one_that_is_not_asks_again() -> None:
    player = at("status")
    assert player.asking == "status.kode"
    player.send(ev.CodeTried(ok=False))
    assert "tidak kukenal" in player.text
    assert player.asking == "status.kode"
    player.send(ev.CodeTried(ok=True))
    assert "{status}" in player.text


def test_the_secret_word_is_never_among_the_answers() -> None:
    player = at("lapor", "kirim", *["0"] * 13, "kirim", "0", "ya", "mawar merah jambu")
    assert fx.SetSecret("mawar merah jambu") in player.turn.effects
    assert player.kept() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "\x00",
        "\u202e",
        "\ud800",
        "😭😭😭",
        "x" * 4096,
        "😭" * 2048,
        "*",
        "{sisa}",
        "\u202etebalik balik semua",
    ],
)
@pytest.mark.parametrize("before", [(), ("lapor",), ("lapor", "2", "1", "1", "0"), TO_KINDS, ("status",)])
def test_bad_texts_are_answered_calmly_everywhere(before: tuple[str, ...], text: str) -> None:
    player = at(*before)
    turn = step(shipped(), player.session, ev.Said(text), player.now)
    shows = [effect for effect in turn.effects if isinstance(effect, fx.Show)]
    assert shows
    assert not any(isinstance(effect, fx.ToHuman) for effect in turn.effects)
