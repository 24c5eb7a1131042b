"""Rule 5 of FLOWS.md: what silence does after minutes, an hour, a day."""

from datetime import timedelta

from bot.engine import effects as fx
from bot.engine import events as ev
from tests.engine.play import Player, at

TO_STORY = ("lapor", "2", "1", "3", "rumah nenek")


def test_the_reminder_of_a_step_comes_once_and_only_where_the_phone_is_safe() -> None:
    player = at(*TO_STORY, "dia marah").wait(minutes=10)
    assert (
        sum("Masih mau nambah? Kalau sudah" in line for line in player.log) == 2
    )  # the acknowledgement and the reminder
    assert player.shows == [] or player.shows[-1].push == "masih_ada"
    quiet = at("lapor", "2", "2", "3", "rumah nenek", "dia marah").wait(minutes=10)
    assert sum("Masih mau nambah? Kalau sudah" in line for line in quiet.log) == 1


def test_after_an_hour_closed_values_die_but_for_the_variant_and_the_safe_reply() -> None:
    player = at(*TO_STORY, "dia marah", "selesai", "nanti", "sedikit", "1").wait(hours=1)
    assert set(player.session.values) == {"siapa", "balas"}
    assert player.session.sapaan == "teman"
    assert {"bahaya", "luka", "jenis", "cerita"} <= set(player.session.fields)


def test_what_was_answered_is_not_asked_again_after_an_hour() -> None:
    player = at(*TO_STORY).wait(hours=2).say("halo")
    assert player.asking == "lanjut.mau"
    assert player.say("1").asking == "lapor.cerita"


def test_a_real_text_after_an_hour_is_sealed_without_comment() -> None:
    player = at(*TO_STORY).wait(hours=2).say("tadi malam dia teriak lagi")
    assert player.kept()[0].words == "tadi malam dia teriak lagi"
    assert "kusimpan" not in player.text
    assert player.asking == "lanjut.mau"


def test_a_call_for_help_after_an_hour_needs_no_question_first() -> None:
    assert at(*TO_STORY).wait(hours=2).say("darurat").asking == "darurat.bisa_telepon"


def test_a_button_of_the_open_question_counts_also_after_an_hour() -> None:
    assert at("lapor").wait(hours=2).press("ya").asking == "darurat.bisa_telepon"


def test_a_draft_with_a_story_goes_to_a_human_after_a_day() -> None:
    player = at(*TO_STORY, "dia marah").wait(hours=24)
    assert "submit belum selesai" in player.log
    assert player.turn.wake_at is None


def test_a_place_or_a_voice_counts_like_a_story() -> None:
    assert "submit belum selesai" in at("lapor", "2", "1", "1", "smp 5").wait(hours=24).log
    assert "submit belum selesai" in Player().voice().wait(hours=24).log
    assert "submit belum selesai" in at("lapor").send(ev.SentPlace(-1.2, 116.8)).wait(hours=24).log


def test_any_other_draft_is_erased_after_a_day() -> None:
    player = at("lapor", "2", "1").wait(hours=24)
    assert "erase" in player.log
    assert player.session.fields == {}
    assert player.asking is None


def test_a_consultation_is_not_sent_again_but_what_it_left_behind_is() -> None:
    asked = at("petugas", "minta saran buat temanku", "selesai").wait(hours=25)
    assert "submit belum selesai" not in asked.log
    half = at("lapor", "2", "1", "1", "smp 5", "petugas", "minta saran buat temanku", "selesai").wait(hours=25)
    assert "submit belum selesai" in half.log


def test_late_ticks_lose_nothing() -> None:
    player = at(*TO_STORY, "dia marah")
    player.now += timedelta(hours=30)
    player.say("halo")
    assert player.did(fx.Submit)
    late = at(*TO_STORY, "aku takut pulang")
    late.now += timedelta(minutes=30)
    assert fx.Alarm("diam", "weak") in late.say("halo").turn.effects


def test_a_reminder_that_is_hours_late_is_not_said() -> None:
    player = at(*TO_STORY, "dia marah")
    player.send(ev.Waited(), seconds=7200)
    assert player.shows == []


def test_a_clock_that_runs_backwards_does_no_harm() -> None:
    player = at(*TO_STORY, "aku takut pulang").send(ev.Waited(), seconds=-3600)
    assert not player.turn.effects
    assert player.say("selesai").asking == "cek.bahaya_lagi"


def test_a_due_time_that_comes_too_early_changes_nothing() -> None:
    player = at(*TO_STORY)
    before = player.session
    assert player.send(ev.Waited(), seconds=0).session == before


def test_a_picture_nobody_spoke_of_is_forgotten_after_a_day() -> None:
    player = at(*TO_STORY).photo()
    old = player.session.shown
    player.wait(hours=25)
    assert "dropmedia" in player.log
    player.send(ev.Chose(old, "tidak"))
    assert not player.did(fx.KeepMedia)
