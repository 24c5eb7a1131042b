"""Messages in quick succession: one question to answer, shown the first time at once, and one sentence after it."""

import pytest

from bot.engine import effects as fx
from bot.engine import events as ev
from tests.engine.play import Player, at


def burst(player: Player, *texts: str) -> list[fx.Show]:
    """The last Show of each message, half a second apart."""
    return [player.send(ev.Said(text), seconds=0.5).shows[-1] for text in texts]


def test_quick_first_messages_leave_only_the_last_question() -> None:
    player = Player()
    shows = burst(player, "kak", "tolong", "aku di kamar mandi sekolah", "sama temanku berdua")
    for before, show in zip([None, *shows], shows, strict=False):
        repeated = before is not None and show.question == before.question
        assert show.settle == repeated, show.text
    assert shows[-1].settle
    assert shows[-1].buttons


def test_the_first_showing_of_a_question_never_waits() -> None:
    for show in burst(Player(), "lapor", "2", "1", "1", "rumah nenek"):
        assert not show.settle
    assert not burst(Player().photo(), "aku dibawa pergi dia")[-1].urgent
    asked = at("lapor").photo().send(ev.SentMedia("m9", "photo", "dia bawa pisau kesini"), seconds=0.5)
    assert asked.asking == "cek.bahaya_lagi"
    assert not asked.shows[-1].settle


def test_a_repeat_that_was_waited_for_comes_at_once() -> None:
    assert not at("lapor").say("ulang").shows[-1].settle
    assert not at("lapor").say("hmm").shows[-1].settle


def test_the_button_of_a_question_that_was_repeated_counts() -> None:
    player = Player().say("lapor")
    burst(player, "kak", "kak")
    assert player.press("tidak").asking == "lapor.balas"


def test_an_alarm_never_waits_for_the_end_of_a_burst() -> None:
    player = Player().say("lapor")
    burst(player, "dia bawa pisau kesini")
    assert player.shows[0].urgent
    assert not player.shows[0].settle


def album(player: Player, pictures: int) -> list[fx.Show]:
    """The shows of an album's pictures, which arrive at once."""
    return [show for at in range(pictures) for show in player.send(ev.SentMedia(f"m{at}", "photo"), seconds=0.2).shows]


@pytest.mark.parametrize("before", [(), ("lapor", "2"), ("darurat",), ("lapor", "2", "1", "1", "0")])
def test_an_album_is_asked_about_once_and_one_answer_holds_for_all(before: tuple[str, ...]) -> None:
    player = at(*before)
    shows = album(player, 4)
    assert [show.settle for show in shows if show.question] == [False, True, True, True]
    player.press("tidak")
    assert [effect.media for effect in player.turn.effects if isinstance(effect, fx.KeepMedia)] == [
        "m0",
        "m1",
        "m2",
        "m3",
    ]
    assert player.text.count("Sudah kusimpan") == 1


def test_an_album_of_bare_bodies_is_dropped_with_one_sentence() -> None:
    player = at("lapor", "2")
    album(player, 3)
    player.press("ya")
    assert sum(isinstance(effect, fx.DropMedia) for effect in player.turn.effects) == 3
    assert player.text.count("tidak kusimpan") == 1


def test_a_further_picture_does_not_take_the_danger_question_away() -> None:
    player = at("lapor", "2").photo("dia bawa pisau kesini")
    assert player.asking == "cek.bahaya_lagi"
    player.photo()
    assert player.asking == "cek.bahaya_lagi"
    player.say("tidak")
    assert player.asking == "foto.tanpa_baju"
    player.say("tidak")
    assert sum(isinstance(effect, fx.KeepMedia) for effect in player.turn.effects) == 2
