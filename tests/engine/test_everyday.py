"""What people really write where something else is expected: nobody goes round in circles, nobody is reproached."""

import pytest

from bot.engine.understand import danger, understand
from tests.engine.play import MONDAY, Player, shipped


def said(player: Player) -> str:
    """Everything that the last turn said."""
    return "\n".join(getattr(effect, "text", "") for effect in player.turn.effects)


def test_a_story_written_at_the_first_screen_begins_a_report() -> None:
    player = Player().say("p", "ibuku jahat sama adik")
    assert "Sudah kusimpan" in said(player)
    assert "dalam bahaya sekarang" in said(player)
    player.say("ga")
    assert "balas ke HP ini" in said(player)


def test_a_danger_word_at_the_first_screen_is_kept_and_the_danger_is_asked_once() -> None:
    player = Player().say("p", "aku dipukul papa", "ga")
    assert "balas ke HP ini" in said(player)


def test_a_story_at_the_first_screen_goes_on_where_the_report_stands() -> None:
    player = Player().say("lapor", "ga", "menu", "om suka marah marah")
    assert "balas ke HP ini" in said(player)


def test_a_greeting_at_a_question_is_no_misunderstanding() -> None:
    player = Player().say("lapor", "kak")
    assert "belum paham" not in said(player)
    assert "dalam bahaya sekarang" in said(player)


def test_selesai_at_a_question_is_no_misunderstanding() -> None:
    player = Player().say("lapor", "selesai")
    assert "belum paham" not in said(player)


def test_a_second_call_for_help_in_an_emergency_calls_again() -> None:
    player = Player().say("darurat", "ga", "rumah nenek", "ya")
    before = sum("Alarm" in type(effect).__name__ for effect in player.turn.effects)
    assert before == 0
    player.say("darurat")
    assert any(type(effect).__name__ == "Alarm" for effect in player.turn.effects)
    assert "memanggil petugas sekarang" in said(player)


def test_two_words_after_a_call_for_help_are_kept_and_reach_the_case() -> None:
    player = Player().say("darurat", "dia datang")
    assert any(getattr(effect, "words", None) == "dia datang" for effect in player.turn.effects)
    assert any(type(effect).__name__ == "More" for effect in player.turn.effects)
    assert "belum paham" not in said(player)


def test_hapus_after_a_talk_says_both_what_was_erased_and_what_was_not() -> None:
    player = Player().say("lapor", "ga", "petugas", "selesai", "hapus", "ya")
    assert "Sudah kuhapus" in said(player)
    assert "tidak bisa kuhapus sendiri" in said(player)


def test_fear_at_a_question_is_kept_and_not_met_with_a_reproach() -> None:
    player = Player().say("lapor", "aku takut")
    assert any(getattr(effect, "words", None) == "aku takut" for effect in player.turn.effects)
    assert "belum paham" not in said(player)


@pytest.mark.parametrize(
    ("question", "text", "meaning"),
    [
        ("lapor.balas", "aman ga?", "aman"),  # the script that answers whether this is safe
        ("lapor.dekat", "ya", None),
        ("lapor.bahaya", "iya bahaya", "ya"),
        ("lapor.bahaya", "ga bahaya", None),
        ("lapor.siapa", "tetangga sebelah rumah", "tetangga"),
        ("lapor.kelamin", "P", "perempuan"),
        ("lapor.luka", "ga ada", "tidak"),
        ("lapor.umur", "kira2 7 tahun", "5_sampai_12"),
        ("lapor.umur", "-1", None),
        ("first", "selamat malam kak, saya mau lapor", "lapor"),
        ("first", "hai kak mau cerita", "lapor"),
        ("first", "ini rahasia kan?", "siapa_tahu"),
        ("first", "malam kak aku takut", "cerita"),
    ],
)
def test_everyday_answers(question: str, text: str, meaning: str | None) -> None:
    assert understand(shipped(), question, text, MONDAY) == meaning


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("minggu lalu", "Bulan ini (sekitar 16 November 2026)"),
        ("2 minggu lalu", "Bulan ini (sekitar 9 November 2026)"),
        ("bulan lalu", "Sudah lama (sekitar Oktober 2026)"),
        ("tahun 2024", "Sudah lama (sekitar 2024)"),
        ("kemarin", "3 hari ini (Minggu, 22 November 2026)"),
    ],
)
def test_the_echo_of_a_date_says_about_when(text: str, echo: str) -> None:
    player = Player().say("lapor", *["0"] * 8)
    assert player.asking == "lapor.kapan"
    assert f"Kucatat: {echo}" in said(player.say(text))


def test_whether_this_is_safe_is_answered_and_never_taken_for_consent() -> None:
    player = Player().say("lapor", "ga", "aman ga?")
    assert "Namamu tidak kutanya" in said(player)
    assert player.session.balas is None


@pytest.mark.parametrize("text", ["lampunya dimatiin", "wifi dimatiin", "hp ku dimatiin mama"])
def test_a_lamp_that_is_put_out_is_no_danger(text: str) -> None:
    assert danger(shipped(), text) == "none"
