"""Rule 4 of FLOWS.md: what danger words do, at once, after the story, and in silence."""

import pytest

from bot.engine import effects as fx
from bot.engine import events as ev
from tests.engine.play import Player, at

TO_STORY = ("lapor", "2", "1", "1", "rumah nenek")


def alarms(player: Player) -> list[fx.Alarm]:
    return [effect for effect in player.turn.effects if isinstance(effect, fx.Alarm)]


def test_a_strong_word_alarms_in_that_turn_after_the_words_were_kept_and_does_not_break_into_the_story() -> None:
    player = at(*TO_STORY, "dia bawa pisau")
    names = [type(effect) for effect in player.turn.effects]
    assert names.index(fx.Keep) < names.index(fx.Alarm)
    assert alarms(player) == [fx.Alarm("kata", "strong")]
    assert player.shows[0].urgent
    assert "112" in player.shows[0].text
    assert player.asking == "lapor.cerita"
    assert player.say("selesai").asking == "cek.bahaya_lagi"


def test_a_strong_word_alarms_once_in_a_conversation() -> None:
    player = at(*TO_STORY, "dia bawa pisau", "pisau lagi dia bawa pisau")
    assert alarms(player) == []
    assert player.did(fx.More)


def test_an_hour_later_it_alarms_again() -> None:
    player = at(*TO_STORY, "dia bawa pisau").wait(hours=2).say("dia bawa pisau lagi")
    assert alarms(player) == [fx.Alarm("kata", "strong")]


def test_the_wish_to_die_opens_comfort_at_once_and_everything_else_stops() -> None:
    player = at(*TO_STORY, "aku pengen mati aja")
    assert player.asking == "temani.ngobrol"
    assert alarms(player) == [fx.Alarm("kata", "self")]
    assert player.shows[0].urgent
    player.say("ya", "0")
    assert player.asking is None


@pytest.mark.parametrize("start", ["aku mau mati", "lapor", "darurat", "tanya", "petugas"])
def test_the_wish_to_die_is_heard_wherever_it_is_said(start: str) -> None:
    player = at(start, "aku mau bunuh diri")
    assert player.asking == "temani.ngobrol"
    assert player.session.kata == "self"
    assert player.session.sent == "alarm"


def test_a_weak_word_lets_the_question_wait_for_the_end_of_the_story() -> None:
    player = at(*TO_STORY, "aku takut pulang")
    assert player.asking == "lapor.cerita"
    assert player.say("selesai").asking == "cek.bahaya_lagi"


def test_or_for_one_quiet_minute() -> None:
    player = at(*TO_STORY, "aku takut pulang").wait(seconds=59)
    assert player.asking == "lapor.cerita"
    player.wait(seconds=3)
    assert player.asking == "cek.bahaya_lagi"
    assert player.shows[-1].push == "ada_pesan"


@pytest.mark.parametrize("left", [(), ("selesai",), ("menu",), ("selesai", "menu"), ("keluar",)])
def test_three_quiet_minutes_count_as_an_alarm_also_if_the_question_was_left(left: tuple[str, ...]) -> None:
    player = at(*TO_STORY, "aku takut pulang", *left).wait(minutes=4)
    assert "alarm diam weak" in player.log
    assert not any(line.startswith("show Aku memanggil") for line in player.log)


@pytest.mark.parametrize("answer", ["tidak", "tidak tahu", "0"])
def test_an_answer_to_the_danger_question_ends_that(answer: str) -> None:
    player = at(*TO_STORY, "aku takut pulang", "selesai", answer).wait(minutes=10)
    assert "alarm diam weak" not in player.log


def test_danger_now_opens_the_emergency() -> None:
    player = at(*TO_STORY, "aku takut pulang", "selesai", "ya")
    assert player.asking == "darurat.bisa_telepon"
    assert player.session.sent == "alarm"


def test_where_bahaya_is_being_asked_it_is_not_asked_twice() -> None:
    player = at("aku takut banget kak")
    assert player.asking == "lapor.bahaya"
    assert player.say("tidak").asking == "lapor.balas"


def test_in_an_emergency_nothing_is_asked_but_strong_words_still_alarm() -> None:
    player = at("darurat", "0", "0", "1", "dia bawa pisau")
    assert alarms(player) == [fx.Alarm("kata", "strong")]
    player.say("aku takut", "selesai")
    assert player.asking == "darurat.lanjut"


def test_silence_in_an_emergency_is_told_once_to_the_desk() -> None:
    player = at("darurat").wait(minutes=30)
    assert player.log.count("flag") == 1
    player.say("ya").wait(minutes=30)
    assert player.log.count("flag") == 2


def test_silence_after_leaving_an_emergency_in_haste_is_told_too() -> None:
    assert at("darurat", "x").wait(minutes=5).log.count("flag") == 1
    assert at("darurat").photo().wait(minutes=5).log.count("flag") == 1


def test_a_second_emergency_asks_for_the_place_again_and_alarms_again() -> None:
    player = at("darurat", "0", "rumah nenek", "1", "selesai", "2", "darurat")
    assert alarms(player) == [fx.Alarm("pintu")]
    player.say("1")
    assert player.asking == "darurat.tempat"


def test_an_answer_of_the_list_is_no_call_for_help() -> None:
    player = at(*TO_STORY, "dia marah", "selesai", "nanti", "tidak")
    assert player.asking == "lapor.jenis"
    player.say("dipukul, diancam")
    assert player.asking == "lapor.kapan"


def test_danger_in_a_caption_and_in_a_changed_message_counts() -> None:
    assert alarms(at("halo").photo("dia bawa pisau")) == [fx.Alarm("kata", "strong")]
    assert alarms(at("halo", "2").send(ev.Edited("dia bawa pisau"))) == [fx.Alarm("kata", "strong")]


def test_kata_only_ever_rises() -> None:
    player = at(*TO_STORY, "dia bawa pisau", "aku takut")
    assert player.session.kata == "strong"
    assert player.say("aku mau mati").session.kata == "self"
    assert player.say("tolong").session.kata == "self"


@pytest.mark.parametrize("answer", ["tidak", "tidak tahu", "0"])
def test_an_answered_danger_question_is_not_asked_again_for_a_merely_weak_word(answer: str) -> None:
    player = at("aku takut banget kak", answer, "1", "aku diancam dia terus")
    assert player.asking == "lapor.siapa"
    assert player.session.kata == "weak"
    assert "alarm diam weak" not in player.wait(minutes=10).log


def test_half_an_hour_after_the_answer_a_weak_word_asks_again() -> None:
    player = at("aku takut banget kak", "tidak", "1").wait(minutes=31)
    assert player.say("aku diancam dia terus").asking == "cek.bahaya_lagi"


@pytest.mark.parametrize("text", ["dia bawa pisau kesini", "aku dipukul sekarang juga"])
def test_a_strong_word_asks_again_however_soon_after_the_answer(text: str) -> None:
    player = at("aku takut banget kak", "tidak", "1", text)
    assert alarms(player) == [fx.Alarm("kata", "strong")]
    assert player.asking == "cek.bahaya_lagi"
    assert at("aku takut banget kak", "tidak", "aku mau mati").asking == "temani.ngobrol"


def test_an_answer_given_before_any_word_of_danger_hides_none() -> None:
    player = at("lapor", "tidak", "1", "aku diancam dia terus")
    assert player.asking == "cek.bahaya_lagi"
    assert player.say("tidak", "aku diancam dia terus").asking == "lapor.siapa"


def test_silence_after_an_alarm_by_word_is_told_to_the_desk_until_the_danger_question_is_answered() -> None:
    player = at(*TO_STORY, "dia bawa pisau").wait(minutes=30)
    assert player.log.count("flag") == 1
    assert at(*TO_STORY, "dia bawa pisau", "selesai", "menu").wait(minutes=30).log.count("flag") == 1
    assert at(*TO_STORY, "dia bawa pisau", "selesai", "tidak").wait(minutes=30).log.count("flag") == 0


def test_silence_after_the_wish_to_die_is_told_to_the_desk_until_the_person_answers() -> None:
    assert at("aku mau mati").wait(minutes=30).log.count("flag") == 1
    assert at("aku mau mati", "ya").wait(minutes=30).log.count("flag") == 0


def test_silence_after_a_word_of_danger_inside_an_emergency_is_told_once() -> None:
    assert at("darurat", "0", "0", "1", "dia bawa pisau").wait(minutes=30).log.count("flag") == 1
    over = at("darurat", "0", "0", "1", "dia bawa pisau", "selesai", "2")
    assert over.asking is None
    assert over.wait(minutes=30).log.count("flag") == 0


def test_an_hour_after_an_alarm_by_word_silence_is_no_news_any_more() -> None:
    player = at(*TO_STORY, "dia bawa pisau").wait(hours=2).say("lagi apa ya kak", "ya")
    assert player.wait(minutes=30).log.count("flag") == 1


@pytest.mark.parametrize("text", ["aku mau mati", "hai kak aku mau mati", "capek hidup", "darurat aku mau bunuh diri"])
def test_the_wish_to_die_is_never_answered_with_a_greeting(text: str) -> None:
    player = at(text)
    assert "Hai. Aku bot" not in player.text
    assert player.shows[0].text.startswith("Aku dengar kamu")
    assert "Hai. Aku bot" not in Player().photo(text).text
    assert "Hai. Aku bot" not in player.say("boleh").text


@pytest.mark.parametrize(
    "start", [("darurat",), ("darurat", "1"), ("darurat", "3"), ("aku mau mati",), (*TO_STORY, "aku takut", "selesai")]
)
@pytest.mark.parametrize("texts", [("😭", "😭", "😭😭", "?"), ("hmm", "anu", "papa dtg", "gini"), ("99", "77", "88")])
def test_in_an_emergency_nobody_is_told_that_they_are_not_understood(start: tuple[str, ...], texts: list[str]) -> None:
    player = at(*start)
    asking = player.asking
    assert asking is not None
    assert asking.split(".")[0] in {"darurat", "temani", "cek"}
    for text in texts:
        player.say(text)
        assert "belum paham" not in player.text
        assert player.shows


def test_two_words_at_the_danger_question_are_kept() -> None:
    player = at(*TO_STORY, "aku takut", "selesai", "papa datang")
    assert player.kept()[0].words == "papa datang"
    assert player.asking == "cek.bahaya_lagi"
