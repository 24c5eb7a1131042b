"""What people send that nobody planned for: a short kind answer, or silence where it is right; nothing changes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Office, copied, office, sentence
from tests.e2e.phones import DoublePhone, DoubleWorld, until
from tests.e2e.story import Staff, hire_everybody, take, wait_for_card

pytestmark = pytest.mark.slow

QUESTION = "bahaya sekarang?"
HUGE = "😭" * 2048
"""4,096 UTF-16 units, the longest message there is."""


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, prepared: Path
) -> Iterator[tuple[Office, Staff]]:
    """One office for the whole module; each test brings its own reporters."""
    folder = tmp_path_factory.mktemp("bad_input")
    copied(prepared, folder)
    with office(folder, double) as made:
        made.start()
        yield made, hire_everybody(made)
        made.stop()


@pytest.fixture
def world(place: tuple[Office, Staff], double: DoubleWorld) -> DoubleWorld:
    return double


@pytest.fixture
def child(world: DoubleWorld) -> DoublePhone:
    """Somebody at the first question of a report."""
    reporter = world.reporter("Anak")
    reporter.ask("lapor", QUESTION)
    return reporter


def answer(child: DoublePhone, sent: int) -> str:
    """What the bot says to a message: short enough to be read, and in our words."""
    text = child.wait("", sent).text
    assert len(text) < 900
    assert "Traceback" not in text
    return text


def still_asking(child: DoublePhone) -> None:
    """The same question stands, and its buttons work."""
    before = child.newest()
    child.ask("ulang", QUESTION)
    child.press("Tidak")
    child.wait("balas ke HP ini", before)


@pytest.mark.parametrize(
    "text",
    [
        "/perintah_aneh",
        "/lapor@bot_lain xyz",
        "🤷",
        "😭😭😭",
        "?",
        "....",
        "asdfgh",
        "13",
        "99999999999999999999999",
        "1; DROP TABLE",
    ],
)
def test_what_cannot_be_understood_is_answered_kindly_and_asked_again(child: DoublePhone, text: str) -> None:
    assert QUESTION in answer(child, child.say(text))
    still_asking(child)


def test_a_forwarded_message_is_taken_as_text_without_its_author(child: DoublePhone) -> None:
    sent = child.send("forward", text="tolong lihat pesan ini dari dia")
    assert "Sudah kusimpan" in answer(child, sent)
    still_asking(child)


def test_a_contact_card_is_not_kept(child: DoublePhone) -> None:
    assert sentence("umum", "kontak_ditolak") in answer(child, child.send("contact"))
    still_asking(child)


@pytest.mark.parametrize("kind", ["video", "voice", "document"])
def test_a_file_that_is_too_big_is_refused_kindly(child: DoublePhone, kind: str) -> None:
    assert sentence("umum", "berkas_besar") in answer(child, child.send(kind, size=21 * 1024 * 1024))
    still_asking(child)


def test_old_and_wrong_buttons_change_nothing(child: DoublePhone) -> None:
    first = child.wait(QUESTION)
    data = next(note for note in child.seat.messages() if note["id"] == first.id)["buttons"][0][0]["data"]
    child.wait("balas ke HP ini", child.say("tidak"))
    for forged in (data, "q1:ya", "q99999999999999999999:ya", ":::", "ambil", "x" * 64, "q\u0663:ya"):
        before = child.newest()
        press = child.press("", data=forged, message_id=first.id, force=True)
        child.told(press)
        assert "balas ke HP ini" in child.wait("", before).text
        child.never("Telepon 112 sekarang", before)
    child.wait("tentang siapa", child.say("aman"))


def test_one_answer_about_a_picture_holds_for_its_whole_album(child: DoublePhone) -> None:
    before = child.newest()
    for _ in range(3):
        child.send("photo", b"\xff\xd8\xff\xe0x" * 50, media_group_id="album1")
    child.wait("badan tanpa baju", before)
    child.wait(QUESTION, child.say("tidak"))


def test_the_public_bot_leaves_a_group_after_one_sentence(world: DoubleWorld) -> None:
    host = world.telegram.person("Tuan")
    group = world.telegram.group("Keluarga", host, [], [world.intake_bot])
    seat = DoublePhone(host.chat(group), "Tuan")
    seat.wait(sentence("umum", "bukan_grup"))

    def gone() -> bool:
        return bool(world.telegram.chat(group.key)["members"].get(str(world.intake_bot.id)) == "left")

    until(gone, "the bot has left")
    assert len([one for one in seat.shown() if one.text]) == 1


# --- the desk bot -----------------------------------------------------------------------------------------------------


def test_strangers_at_the_desk_bot_hear_nothing(place: tuple[Office, Staff], world: DoubleWorld) -> None:
    made, staff = place
    stranger = world.stranger("Orang Asing")
    for text in ("halo", "/start", "/start ABCDEFGH23", "/kasus", "/tugas", "lapor", HUGE):
        stranger.say(text)
    stranger.send("photo", b"\xff\xd8\xff\xe0x" * 50)
    staff.sari.ask("/bantuan")  # whatever came before it has been taken by then
    assert not stranger.shown()
    assert len(staff_names(made)) == 3


def test_a_code_is_good_once(place: tuple[Office, Staff], world: DoubleWorld) -> None:
    made, staff = place
    code = made.berani("staff", "invite", "Dewi").stdout.split()[0]
    dewi, thief = world.stranger("Dewi"), world.stranger("Pencuri")
    dewi.ask(f"/start {code}")
    thief.say(f"/start {code}")
    staff.sari.ask("/bantuan")
    assert not thief.shown()
    found = staff_names(made)
    assert found.count("Dewi") == 1
    made.berani("staff", "remove", next(line.split()[0] for line in listed(made) if "Dewi" in line))


def test_only_registered_and_named_staff_can_take_a_case(place: tuple[Office, Staff], world: DoubleWorld) -> None:
    made, staff = place
    before = staff.group.newest()
    child = world.reporter("Anak")
    child.ask("darurat")
    code, _ = wait_for_card(staff, before)
    _, outsider = world.worker("Bukan Petugas")
    assert sentence("petugas", "bukan_petugas")[:30] in outsider.told(outsider.press("Ambil"))
    _, hidden = world.worker("Admin")
    world.telegram.do("promote", chat=world.group.key, person=hidden.seat.person.id, anonymous=True)
    assert isinstance(staff.sari_in_group, DoublePhone)
    assert sentence("petugas", "anonim")[:30] in hidden.told(hidden.press("Ambil", anonymous=True))
    (case,) = [case for case in made.cases() if case["code"] == code]
    assert (case["state"], case["owner"]) == ("new", None)
    # What is not theirs cannot be opened by anybody else either, by any button that was ever shown.
    owner = take(staff, code)
    assert isinstance(owner, DoublePhone)
    buka = next(b for n in owner.seat.messages() for row in n["buttons"] for b in row if b["label"] == "Buka")
    assert isinstance(staff.budi, DoublePhone)
    heard = staff.budi.newest()
    assert staff.budi.told(staff.budi.press("", data=buka["data"], force=True))
    staff.budi.never("Belum ditanya", heard)


@pytest.mark.parametrize("text", ["/perintah", "/start", "halo", HUGE, "\ud800 \x00 \u202e", "🤷"])
def test_staff_hear_a_short_answer_to_what_means_nothing(place: tuple[Office, Staff], text: str) -> None:
    _, staff = place
    assert 0 < len(staff.tuti.ask(text).text) < 900


def staff_names(made: Office) -> list[str]:
    """The names of everybody who is active."""
    return [one["name"] for one in json.loads(made.berani("staff", "list", "--json").stdout)]


def listed(made: Office) -> list[str]:
    """`id name`, one line each."""
    return [f"{one['id']} {one['name']}" for one in json.loads(made.berani("staff", "list", "--json").stdout)]
