"""Rules 1 to 3 of FLOWS.md: what is asked once, the stack of scripts, what the engine opens; control words."""

from dataclasses import replace

import pytest

from bot.engine import effects as fx
from bot.engine import events as ev
from bot.engine.script import Say, Script, ScriptSet, Step, Target
from tests.engine.play import Player, at, shipped

TO_STORY = ("lapor", "2", "1", "1", "rumah nenek")


@pytest.mark.parametrize("skipped", range(12))
def test_kirim_submits_at_every_step_of_lapor(skipped: int) -> None:
    player = at("lapor", *["0"] * skipped)
    before = player.asking
    player.say("kirim")
    assert player.session.sent == "submit"
    assert player.did(fx.Submit)
    assert player.asking is not None
    assert player.asking == before or before == "lapor.kirim"


def test_lewati_at_the_offer_to_send_means_go_on() -> None:
    player = at(*TO_STORY, "papa marah sekali", "selesai", "0")
    assert player.session.sent == "no"
    assert player.asking == "lapor.luka"


def test_lewati_at_the_review_shows_the_review_again() -> None:
    player = at("lapor", *["0"] * 14)
    assert player.asking == "lapor.periksa"
    player.say("0")
    assert player.asking == "lapor.periksa"
    assert "dilewati" in player.text


def test_the_review_never_shows_what_was_answered() -> None:
    player = at("lapor", "2", "1", "3", "taman bekapai", "dia disakiti", "selesai", *["0"] * 9)
    assert player.asking == "lapor.periksa"
    assert "taman bekapai" not in player.text
    assert "Teman" not in player.text
    assert "3 Tentang siapa: terisi" in player.text


def test_a_labelled_question_answered_in_one_script_is_not_asked_in_another() -> None:
    player = at("darurat", "1", "rumah nenek", "aman", "0", "ya", "1")
    assert player.asking == "lapor.cerita"


def test_kembali_opens_the_question_before_and_the_old_answer_stands_until_a_new_one_comes() -> None:
    player = at("lapor", "2", "1", "kembali")
    assert player.asking == "lapor.balas"
    player.say("kembali")
    assert player.asking == "lapor.bahaya"
    player.say("0")
    assert player.session.fields["bahaya"] == "nilai"
    assert player.asking == "lapor.siapa"


def test_kembali_after_danger_now_leads_back_to_the_danger_question() -> None:
    player = at("lapor", "1")
    assert player.asking == "darurat.bisa_telepon"
    player.say("kembali")
    assert player.asking == "lapor.bahaya"
    player.say("tidak")
    assert player.asking == "lapor.balas"
    assert player.session.sent == "alarm"


def test_ulang_shows_the_question_again() -> None:
    player = at("lapor", "2")
    shown = player.text.partition("\n")[0]
    assert shown in player.say("ulang").text


def test_batal_leaves_the_topmost_script_and_loses_nothing() -> None:
    player = at(*TO_STORY, "petugas", "batal")
    assert player.asking == "lapor.cerita"
    assert player.session.fields["tempat"] == "nilai"


def test_menu_keeps_the_draft_and_its_door_leads_back_to_the_place() -> None:
    player = at("lapor", "2", "1", "menu")
    assert player.asking == "menu.pintu"
    player.say("2")
    assert player.asking == "lapor.siapa"


def test_simpan_pauses_and_the_next_message_asks_whether_to_go_on() -> None:
    player = at("lapor", "2", "simpan")
    assert player.asking is None
    player.say("halo")
    assert player.asking == "lanjut.mau"
    assert player.say("1").asking == "lapor.balas"


def test_keluar_clears_the_chat_says_one_neutral_word_and_keeps_the_draft() -> None:
    player = at("lapor", "2", "x")
    assert player.text == "Baik."
    assert player.did(fx.Clear)
    player.say("dia datang lagi tadi")
    assert player.kept()[0].words == "dia datang lagi tadi"
    assert player.asking == "lanjut.mau"
    assert "bahaya" in player.session.fields


def test_salam_is_said_once_and_never_before_an_emergency() -> None:
    player = at("halo", "menu")
    assert "Hai. Aku bot" not in player.text
    assert "Hai. Aku bot" not in at("darurat").text


def test_a_begun_story_is_only_asked_to_go_on() -> None:
    player = at("papa marah terus sama aku", "2", "1", "1", "0")
    assert player.asking == "lapor.cerita"
    assert "Mau nambah?" in player.text
    assert "Ceritakan sebisamu" not in player.text
    assert player.say("selesai").asking == "lapor.kirim"
    assert player.session.fields["cerita"] == "nilai"


def test_three_misunderstandings_offer_a_human() -> None:
    player = at("lapor", "xyzw", "qwrt")
    assert "PETUGAS untuk" not in player.text
    assert "masih belum paham" not in player.text
    player.say("plgh")
    assert "masih belum paham" in player.text
    assert player.asking == "lapor.bahaya"


def test_text_that_fits_nowhere_is_kept_and_the_question_comes_again() -> None:
    player = at("lapor", "papa sering marah sama aku")
    assert player.kept()[0].field == "cerita"
    assert player.asking == "lapor.bahaya"
    assert "Sudah kusimpan" in player.text


def test_an_answer_after_submit_joins_the_case_at_once() -> None:
    player = at(*TO_STORY, "papa marah sekali", "kirim")
    assert player.say("sedikit").did(fx.More)
    player = at("lapor", "2")
    assert not player.did(fx.More)


def test_a_consultation_carries_its_text_and_leaves_the_draft_unsent() -> None:
    player = at("lapor", "2", "petugas")
    assert player.did(fx.Consult)
    assert player.session.sent == "consult"
    assert player.say("minta saran buat temanku").did(fx.More)
    player.say("selesai", "1")
    assert not player.did(fx.More)
    assert player.session.draft_sent is False


def test_a_second_submit_says_truthfully_that_all_is_sent() -> None:
    player = at("lapor", "kirim", "kirim")
    assert not player.did(fx.Submit)
    assert "Semua sudah terkirim" in player.text


def test_a_script_gone_wild_ends_at_a_human_with_the_draft_kept() -> None:
    scripts = shipped()
    steps = tuple(Step(f"s{n}", say=None, goto=Target("step", step=f"s{(n + 1) % 3}")) for n in range(3))
    wild = replace(scripts, scripts={**scripts.scripts, "bantuan": Script("bantuan", "B", steps=steps)}, memo={})
    wild = replace(wild, scripts={**wild.scripts, "bantuan": replace(wild.scripts["bantuan"], words=("bantuan",))})
    player = Player(wild).say("lapor", "2", "bantuan")
    assert player.did(fx.ToHuman)
    assert player.asking is None
    assert player.session.fields["bahaya"] == "nilai"


def test_trouble_inside_the_engine_keeps_the_words_and_calls_a_human() -> None:
    class Broken(dict[str, Script]):
        def __getitem__(self, key: str) -> Script:
            raise RuntimeError

    scripts: ScriptSet = replace(shipped(), scripts=Broken(shipped().scripts), memo={})
    player = Player(scripts)
    player.session = replace(player.session, set_hash=scripts.hash)
    player.send(ev.Said("papa marah terus sama aku"))
    assert player.kept()[0].words == "papa marah terus sama aku"
    assert player.did(fx.ToHuman)
    assert player.shows


def test_a_new_report_keeps_only_how_to_reply() -> None:
    player = at("lapor", "2", "jangan", "1", "0", "dia marah", "kirim", *["0"] * 8, "kirim", "0", "0", "0")
    assert player.asking is None
    player.say("lapor")
    assert player.did(fx.Renew)
    assert player.session.balas == "jangan"
    assert player.session.sent == "no"
    assert set(player.session.fields) == {"balas"}
    assert player.say("tidak").asking == "lapor.siapa"


def test_hapus_asks_once_and_erases_only_what_was_not_sent() -> None:
    player = at("lapor", "2", "hapus")
    assert not player.did(fx.Erase)
    assert player.say("ya").did(fx.Erase)
    assert player.session.fields == {}
    player = at("lapor", "kirim", "hapus", "ya")
    assert not player.did(fx.Erase)
    assert player.did(fx.Flag)
    assert player.session.sent == "submit"


def test_numbers_of_the_doors_close_up() -> None:
    buttons = [button for row in at("halo").shows[-1].buttons for button in row]
    assert [button.number for button in buttons] == list(range(1, len(buttons) + 1))


def test_what_is_said_in_a_turn_is_one_message_and_ends_with_the_footer() -> None:
    player = at("lapor", "3")
    assert len(player.shows) == 1
    assert player.text.endswith("0 lewati · KELUAR · PETUGAS")


def test_what_does_not_fit_one_message_is_sent_as_several_and_the_question_comes_last() -> None:
    scripts = shipped()
    long = replace(scripts.scripts["salam"], steps=(Step("hai", say=Say("a" * 900)), Step("lagi", say=Say("b" * 900))))
    player = Player(replace(scripts, scripts={**scripts.scripts, "salam": long}, memo={})).say("lapor")
    assert [len(show.text) <= 1400 for show in player.shows] == [True, True]
    assert player.shows[-1].question == "lapor.bahaya"
