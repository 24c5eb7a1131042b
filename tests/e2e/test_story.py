"""From a phone to a closed case, through real processes and real HTTP, in every arrangement that is promised."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import PostgresServer
from tests.e2e.harness import Office, office, sentence
from tests.e2e.phones import DoublePhone, Shown, World, until
from tests.e2e.story import (
    Staff,
    close,
    hire_everybody,
    open_report,
    race,
    read_news,
    reply,
    take,
    tell,
    wait_for_card,
)

pytestmark = pytest.mark.slow

TOLD = ("/start", "lapor", "tidak", "aman", "anak tetangga", "gang masjid al ikhlas, gunung sari ilir")
STORY = "anak sebelah sering nangis, ada lebam di tangannya"
REST = ("sedikit", "1, 2", "kemarin sore", "ayah tiri", "ya, serumah", "kelas 3 sd", "laki-laki", "tidak ada")
ENDING = ("kirim", "tidak", "tidak", "tidak")
"""After the review: no code, no secret word, the chat stays."""


@pytest.fixture(
    scope="module",
    params=["run-second-sqlite", "split-second-sqlite", "run-double-postgres", "split-double-postgres"],
)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Staff]]:
    """An office with its staff, in one of the four arrangements."""
    processes, server, database = request.param.split("-")
    world: World = request.getfixturevalue(server)
    folder: Path = tmp_path_factory.mktemp("office")
    if database == "sqlite":
        with office(folder, world, split=processes == "split") as made:
            yield made, opened(made)
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    with (
        postgres.databases(None, None) as databases,
        office(folder, world, (databases.intake_url, databases.desk_url), split=processes == "split") as made,
    ):
        yield made, opened(made)


def opened(made: Office) -> Staff:
    made.prepare().start()
    return hire_everybody(made)


def test_a_report_goes_from_a_phone_to_a_closed_case(place: tuple[Office, Staff]) -> None:
    made, staff = place
    before = staff.group.newest()
    neighbour = made.world.reporter("Tetangga")

    tell(neighbour, [*TOLD, STORY, "selesai"])
    sent = neighbour.say("kirim")
    neighbour.wait(sentence("umum", "tersimpan"), sent)
    neighbour.wait(sentence("umum", "sampai"), sent)
    code, card = wait_for_card(staff, before)
    assert "Balikpapan Tengah" in card.text
    assert "lebam" not in card.text
    tell(neighbour, [*REST, *ENDING])
    # "Ya, serumah" raised it: a louder card took the first one's place.
    raised = staff.group.wait(sentence("petugas", "urgensi_tinggi"), card.id)
    card = until(lambda: next((one for one in staff.group.shown(card.id) if one.buttons), None), "the live card")
    assert raised.id == card.id

    winner, loser = race(staff, code, card)
    if isinstance(loser, DoublePhone):
        # Whoever came second is told who has it: here as often as they press.
        press = loser.press("Ambil", force=True, data=_data_of(loser, card), message_id=card.id)
        assert winner.name in loser.told(press)
    open_report(winner, STORY, "gang masjid", "kemarin sore")
    # Last answers of the questions may still be on their way: their "Pesan baru" then stands for the next one too.
    heard = winner.newest()
    reply(made, winner, "Terima kasih. Anaknya sekarang di mana?")
    neighbour.wait("Anaknya sekarang di mana?", sent)
    neighbour.say("di rumah neneknya")
    read_news(winner, "di rumah neneknya", heard)

    told = neighbour.newest()
    close(made, winner, code, second=staff.tuti)
    neighbour.wait(sentence("umum", "ditutup"), told)
    (case,) = [case for case in made.cases() if case["code"] == code]
    assert (case["kind"], case["state"], case["urgency"]) == ("laporan", "closed", "tinggi")
    assert case["owner"] == winner.name
    assert case["next_due_at"] is None
    assert datetime.fromisoformat(case["opened_at"]).utcoffset() is not None


def test_the_guaranteed_path_makes_a_case(place: tuple[Office, Staff]) -> None:
    """`/start`, `lapor`, `lewati` to every question, `kirim`: what stands in the contract."""
    made, staff = place
    before = staff.group.newest()
    known = {case["code"] for case in made.cases()}
    somebody = made.world.reporter("Orang")
    tell(somebody, ["/start", "lapor"])
    for _ in range(30):
        if "Ini yang sudah ada" in somebody.ask("lewati").text:
            break
    sent = somebody.say("kirim")
    somebody.wait(sentence("umum", "sampai"), sent)
    code, _ = wait_for_card(staff, before)
    owner = take(staff, code)
    open_report(owner, code)
    close(made, owner, code)
    assert [case["state"] for case in made.cases() if case["code"] not in known] == ["closed"]


def test_everything_is_closed_healthy_and_ends_in_time(place: tuple[Office, Staff]) -> None:
    """After the stories above; where another worker plays those, after none."""
    made, _ = place
    assert {case["state"] for case in made.cases()} <= {"closed"}
    for process in made.processes:
        assert process.get("/health").status_code == 200, process.get("/health").text
        assert "berani_turns_total" in process.get("/metrics").text
    made.stop()


def _data_of(seat: DoublePhone, card: Shown) -> str:
    """What the button "Ambil" carried before it went away."""
    events = seat.seat.telegram.events()
    notes = [event["message"] for event in events if event.get("message", {}).get("id") == card.id]
    made = [note["buttons"] for note in notes if note["chat"] == seat.seat.key and note["buttons"]]
    return str(made[0][0][0]["data"])
