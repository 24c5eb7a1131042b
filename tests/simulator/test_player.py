"""The player: what a story's steps notice, and how a step that does not happen is told."""

import io
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from simulator.backstage import ZONE, Backstage
from simulator.player import GROUP, Stage, Step, StepFailed, play
from simulator.steps import AnyOf, HasButton, Later, Narrates, Presses, Race, Says, Sees, answers
from simulator.story import REPORTERS, STAFF, whole
from simulator.transcript import Transcript


@dataclass(frozen=True)
class Bot(Step):
    """The bot does something, as the real one would in its own time."""

    scene: Any
    method: str
    given: dict[str, Any]

    def play(self, stage: Stage) -> None:
        answer = self.scene.call(self.method, **self.given)
        assert answer["ok"], answer

    def __str__(self) -> str:
        return "the bot acts"


def keyboard(**buttons: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": label, "callback_data": data} for data, label in buttons.items()]]}


@pytest.fixture
def paper() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def stage(scene: Any, tmp_path: Path, paper: io.StringIO) -> Stage:
    made = Stage(
        telegram=scene.telegram,
        backstage=Backstage(tmp_path),
        transcript=Transcript(ZONE, Console(file=paper, width=110)),
        group=scene.group,
    )
    made.people = {"Ani": scene.ani, "Budi": scene.budi}
    made.seats = {name: person.chat(scene.bot) for name, person in made.people.items()}
    made.seats["Budi"].say("/start")
    made.transcript.people = {person.id: name for name, person in made.people.items()}
    made.transcript.places = {made.seats["Ani"].key: "HP Ani", scene.group.key: "Grup Petugas"}
    return made


def bot_says(scene: Any, chat: int, text: str, **buttons: str) -> Bot:
    markup = {"reply_markup": keyboard(**buttons)} if buttons else {}
    return Bot(scene, "sendMessage", {"chat_id": chat, "text": text, **markup})


def test_a_sight_is_not_seen_twice(stage: Stage, scene: Any) -> None:
    play(stage, [bot_says(scene, scene.ani.id, "Mau apa?"), Sees("Ani", ("mau apa",))])
    with pytest.raises(StepFailed, match="Ani sees 'mau apa'"):
        play(stage, [Sees("Ani", ("mau apa",), seconds=0.1)])


def test_a_failure_says_which_step_what_was_expected_and_what_stands_there(stage: Stage, scene: Any) -> None:
    steps = [bot_says(scene, scene.ani.id, "Sebentar, ya.", a="Batal"), Sees("Ani", ("Tersimpan",), seconds=0.1)]
    with pytest.raises(StepFailed) as told:
        play(stage, steps)
    words = str(told.value)
    assert "step 2 of 2 did not happen: Ani sees 'Tersimpan'" in words
    assert "Bot" in words
    assert "Sebentar, ya. [Batal]" in words


def test_an_edit_and_an_answer_to_a_press_are_sights(stage: Stage, scene: Any) -> None:
    play(stage, [bot_says(scene, scene.group.id, "K-0001", a="Ambil"), Sees(GROUP, ("K-0001",))])
    note = scene.group.standing()[-1]["id"]
    edited = {
        "chat_id": scene.group.id,
        "message_id": note,
        "text": "K-0001 diambil Budi",
        "reply_markup": keyboard(a="Ambil"),
    }
    play(stage, [Bot(scene, "editMessageText", edited), Sees(GROUP, ("diambil Budi",)), Presses("Ani", "Ambil", GROUP)])
    query = scene.call("getUpdates", offset=-1)["result"][0]["callback_query"]["id"]
    told = {"callback_query_id": query, "text": "Sudah diambil Budi."}
    play(stage, [Bot(scene, "answerCallbackQuery", told), Sees("Ani", ("sudah diambil",))])


def test_parts_come_in_any_order_and_one_of_several_is_enough(stage: Stage, scene: Any) -> None:
    said = [bot_says(scene, scene.ani.id, text) for text in ("dua", "*satu*\n\nkata")]
    play(stage, [*said, Sees("Ani", (AnyOf(("nol", "satu kata")), "dua"))])


def test_an_answer_goes_to_the_question_that_was_seen(stage: Stage, scene: Any) -> None:
    play(
        stage,
        [bot_says(scene, scene.ani.id, "Lama?", lama="Tidak"), bot_says(scene, scene.ani.id, "Baru?", baru="1 Tidak")],
    )
    play(stage, answers("Ani", ("Baru?", "[Tidak]")))
    assert scene.call("getUpdates", offset=-1)["result"][0]["callback_query"]["data"] == "baru"


def test_a_label_may_carry_a_tick_and_a_number_but_is_never_guessed(stage: Stage, scene: Any) -> None:
    play(
        stage,
        [bot_says(scene, scene.ani.id, "Kapan?", a="✓ 2 Hari ini", b="3 3 hari ini"), Presses("Ani", "3 hari ini")],
    )
    assert scene.call("getUpdates", offset=-1)["result"][0]["callback_query"]["data"] == "b"
    play(stage, [HasButton("Ani", "Hari ini")])


def test_a_race_has_one_winner_and_both_presses_in_one_batch(stage: Stage, scene: Any) -> None:
    @dataclass(frozen=True)
    class Prize(Step):
        def play(self, stage: Stage) -> None:
            bot_says(scene, scene.budi.id, "Milikmu.", buka="Buka").play(stage)

        def __str__(self) -> str:
            return "prize"

    play(stage, [bot_says(scene, scene.group.id, "kartu", ambil="Ambil"), Prize()])
    offset = scene.call("getUpdates")["result"][-1]["update_id"] + 1
    race = Race("Ani", "Budi", "Ambil", prize="Buka", bot="uji_bot")
    play(stage, [race, Says("pemenang", "aku {pemenang}, bukan {yang_kalah}")])
    batch = scene.call("getUpdates", offset=offset)["result"]
    assert [u["callback_query"]["from"]["first_name"] for u in batch[:2]] == ["Ani", "Budi"]
    assert batch[2]["message"]["text"] == "aku Budi, bukan Ani"


def test_time_is_moved_by_the_clock_file(stage: Stage) -> None:
    before = stage.backstage.now()
    play(stage, [Later(timedelta(minutes=5), "tidak ada yang datang.")])
    assert timedelta(minutes=5) <= stage.backstage.now() - before < timedelta(minutes=5, seconds=30)
    assert float(stage.backstage.clock_file.read_text()) == pytest.approx(300)


def test_every_line_of_the_transcript_says_when_where_and_who(stage: Stage, scene: Any, paper: io.StringIO) -> None:
    play(stage, [Says("Ani", "halo"), bot_says(scene, scene.ani.id, "Mau \u2068apa\u2069?", a="Mau cerita")])
    play(stage, [Sees("Ani", ("mau apa?",)), Presses("Ani", "Mau cerita"), Narrates("Selesai.")])
    lines = [line.split() for line in paper.getvalue().splitlines() if "HP Ani" in line]
    shown = [" ".join(line[1:]) for line in lines]
    assert shown[-3:] == ["HP Ani Ani: halo", "HP Ani Bot: Mau apa?", "HP Ani Ani: menekan [Mau cerita]"]
    assert "[Mau cerita]" in paper.getvalue()


def test_a_message_that_goes_away_is_told_with_its_first_line(stage: Stage, scene: Any, paper: io.StringIO) -> None:
    sent = scene.call("sendMessage", chat_id=scene.ani.id, text="Mau apa?\nPilih satu.")["result"]["message_id"]
    scene.call("deleteMessage", chat_id=scene.ani.id, message_id=sent)
    stage.pump()
    assert "Bot: (menghapus pesan: Mau apa?)" in paper.getvalue()


def test_the_story_can_be_read_aloud_and_names_only_its_own_people() -> None:
    known = {*REPORTERS, *STAFF, GROUP, "pemenang", "yang_kalah", ""}
    steps = whole()
    assert len(steps) > 100
    for step in steps:
        assert str(step)
        assert {getattr(step, name, "") for name in ("who", "where", "first", "second")} <= known
    spoken = " ".join(step.text for step in steps if isinstance(step, Says))
    assert {"{kode_grup}", "{kode_dewi}", "{kode_rahmat}", "{kode_halimah}"} <= set(spoken.split())
