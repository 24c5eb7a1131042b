"""Rule 7 of FLOWS.md: a conversation in another script set."""

from dataclasses import replace

from bot.engine import effects as fx
from bot.engine import events as ev
from tests.engine.play import Player, at, shipped, without

TO_LUKA = ("lapor", "2", "1", "1", "rumah nenek", "dia marah", "selesai", "nanti")


def test_the_same_step_goes_on() -> None:
    player = at(*TO_LUKA).migrate(replace(shipped(), hash="other", memo={}))
    assert player.asking == "lapor.luka"
    assert player.say("sedikit").kept()[0].field == "luka"


def test_a_step_gone_leads_to_the_next_old_step_that_still_exists() -> None:
    assert at(*TO_LUKA).migrate(without(shipped(), "lapor", "luka", "jenis")).asking == "lapor.kapan"


def test_without_the_old_set_nothing_answered_is_asked_again() -> None:
    player = at(*TO_LUKA).migrate(without(shipped(), "lapor", "luka", "jenis"), known=False)
    assert player.say("ulang").asking == "lapor.kapan"


def test_what_is_said_then_is_no_answer_to_a_question_nobody_saw() -> None:
    player = at(*TO_LUKA).migrate(without(shipped(), "lapor", "luka")).say("1")
    assert player.kept() == []
    assert player.asking == "lapor.jenis"
    assert "Mana yang paling mirip" in player.text
    assert player.say("1").kept()[0].field == "jenis"


def test_a_text_said_then_is_kept() -> None:
    player = at(*TO_LUKA).migrate(without(shipped(), "lapor", "luka")).say("tangannya sakit sekali kak")
    assert player.kept()[0].words == "tangannya sakit sekali kak"


def test_a_button_of_the_old_set_changes_nothing() -> None:
    player = at(*TO_LUKA)
    old = player.session.shown
    player.migrate(without(shipped(), "lapor", "luka")).send(ev.Chose(old, "dokter"))
    assert player.kept() == []
    assert player.asking == "lapor.jenis"


def test_a_script_gone_leaves_the_one_below_and_nothing_left_the_first_screen() -> None:
    scripts = shipped()
    fewer = {name: script for name, script in scripts.scripts.items() if name != "petugas"}
    player = at("lapor", "2", "petugas").migrate(replace(scripts, hash="a", scripts=fewer, memo={}))
    assert player.asking == "lapor.balas"
    none = {name: script for name, script in fewer.items() if name != "lapor"}
    player.migrate(replace(scripts, hash="b", scripts=none, memo={}))
    assert player.asking == "menu.pintu"
    assert player.session.fields == {"bahaya": "nilai"}


def test_answers_to_fields_that_are_gone_stay() -> None:
    player = at("lapor", "2", "1").migrate(without(shipped(), "lapor", "balas"))
    assert player.session.fields == {"bahaya": "nilai", "balas": "nilai"}
    assert player.session.balas == "aman"


def test_a_session_of_a_set_that_nobody_knows_is_answered() -> None:
    player = Player()
    player.session = replace(at(*TO_LUKA).session, set_hash="withdrawn")
    assert player.send(ev.Said("halo")).shows
    assert not player.did(fx.ToHuman)
