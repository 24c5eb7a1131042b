"""After a whole story with marker strings everywhere, no reader of files, rows, logs, numbers or the group finds one.

On PostgreSQL every row of both databases is read in place of the files.
"""

import base64
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PostgresServer
from tests.e2e.harness import Office, copied, label, office
from tests.e2e.phones import DoublePhone, DoubleWorld
from tests.e2e.story import Staff, close, hire_everybody, open_report, read_news, reply, take, wait_for_card
from tests.holds.sentinel import files_of, rows_of, search, spellings

pytestmark = pytest.mark.slow

NAME, LAST_NAME, USER_NAME = "Namapenanda71", "Margapenanda72", "akunpenanda73"
LANGUAGE, PHONE, PAYLOAD = "qxz-penanda", "6281377770074", "posterpenanda75"
STORY, FIRST, EDIT, ANSWER = "ceritapenanda76", "awalpenanda77", "ubahpenanda78", "jawabpenanda79"
PLACE, CAPTION = "Gang Patokanpenanda80, Sepinggan", "keteranganpenanda81"
PHOTO, VOICE = b"\xff\xd8\xff\xe0fotopenanda82" + bytes(9000), b"OggSsuarapenanda83" + bytes(9000)
FORWARDED, STRANGE_CARD = "terusanpenanda84", "kartupenanda85"
REPLY, NOTE, SUMMARY, STAFF_NAME = "balaspenanda86", "catatpenanda87", "ringkaspenanda88", "Petugaspenanda89"
MARKERS = [NAME, LAST_NAME, USER_NAME, LANGUAGE, PHONE, PHONE[2:], PAYLOAD, STORY, FIRST, EDIT, ANSWER]
MARKERS += ["Patokanpenanda80", CAPTION, "fotopenanda82", "suarapenanda83", FORWARDED, STRANGE_CARD, REPLY, NOTE]
MARKERS += [SUMMARY, STAFF_NAME]


@pytest.fixture(params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, double: DoubleWorld, prepared: Path
) -> Iterator[tuple[Office, list[str]]]:
    """An office that is ready to start, and the URLs of its databases where they are not files."""
    if request.param == "sqlite":
        copied(prepared, tmp_path)
        with office(tmp_path, double) as made:
            yield made, []
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    with postgres.databases(None, None) as found, office(tmp_path, double, (found.intake_url, found.desk_url)) as made:
        made.prepare()
        yield made, list(found)


def test_no_marker_of_a_story_is_in_any_file_row_log_number_or_in_the_group(place: tuple[Office, list[str]]) -> None:
    made, urls = place
    world = made.world
    assert isinstance(world, DoubleWorld)
    made.start()
    staff = hire_everybody(made, coordinator=STAFF_NAME)
    child = world.reporter(NAME, last_name=LAST_NAME, username=USER_NAME, language_code=LANGUAGE, phone="+" + PHONE)
    markers = [*MARKERS, child.seat.key.partition(":")[2], telegram_id(staff.tuti)]

    owner, code = _told(made, staff, child)
    _nothing_in(made, urls, markers)  # while it runs, with whatever the write-ahead logs hold
    close(made, owner, code, second=staff.tuti)
    group = [note for note in staff.group.everything() if note.from_bot]
    assert any(code in note.text for note in group)
    for note in group:
        assert not [marker for marker in MARKERS if marker in note.text and marker != STAFF_NAME]
        assert not note.media
    _nothing_in(made, urls, markers)
    made.stop()
    _nothing_in(made, urls, markers)


def test_keys_and_stores_can_be_read_by_their_owner_only(ready_office: Office) -> None:
    made = ready_office.start()
    rights = {
        path: stat.S_IMODE(path.stat().st_mode)
        for path in sorted((made.folder / "var").rglob("*"))
        if path.is_file() or path.is_dir()
    }
    made.stop()
    assert len([path for path in rights if "keys" in path.parts]) > 10
    # The deployment's id is no secret: both actors' users read it.
    public = {made.folder / "var" / "keys", made.folder / "var" / "keys" / "deployment"}
    wrong = {path: oct(mode) for path, mode in rights.items() if mode not in (0o600, 0o700)}
    assert wrong.keys() <= public


def telegram_id(worker: object) -> str:
    """The Telegram id of a member of the staff, as digits."""
    assert isinstance(worker, DoublePhone)
    return str(worker.seat.person.id)


def _told(made: Office, staff: Staff, child: DoublePhone) -> tuple[DoublePhone, str]:
    """The whole story up to the officer's message and the child's answer; returns the officer and the code."""
    before = staff.group.newest()
    child.ask(f"/start {PAYLOAD}")
    child.ask("darurat", "Kamu bisa telepon?")
    child.ask("boleh telepon aku")
    child.wait("Di mana", child.send("contact", phone="+" + PHONE))
    child.wait("balas di sini", child.say(PLACE))
    child.ask("aman")
    first = child.say(FIRST)
    child.wait("Sudah kusimpan", first)
    child.seat.edit(first, f"{FIRST} {EDIT}")
    child.ask(STORY)
    child.send("voice", VOICE, duration=4)
    child.send("forward", text=FORWARDED)
    child.send("contact", phone="+6281300000085", first_name=STRANGE_CARD)
    child.wait("badan tanpa baju", child.send("photo", PHOTO, CAPTION))
    child.ask("tidak")
    code, _ = wait_for_card(staff, before)
    owner = take(staff, code)
    assert isinstance(owner, DoublePhone)
    opened = owner.newest()
    open_report(owner, STORY, FIRST, EDIT, "Patokanpenanda80")
    owner.press(label("tombol_nomor"))
    owner.wait(PHONE[2:], opened)
    # The recording and the picture arrive as they were sent.
    for kind, data in (("voice", VOICE), ("photo", PHOTO)):
        _wait_for_file(owner, kind)
        assert data in _files(owner)
    owner.press("Catatan")
    owner.wait(label("tanya_catatan"), opened)
    owner.ask(NOTE)
    heard = owner.newest()  # a late "Pesan baru" stands for what follows too
    reply(made, owner, REPLY)
    child.wait(REPLY)
    child.say(ANSWER)
    read_news(owner, ANSWER, heard)
    return owner, code


def _wait_for_file(owner: DoublePhone, kind: str) -> None:
    """The file stands in the chat; one that was still on its way comes with the next "Buka"."""
    for _ in range(4):
        try:
            owner.wait_for_media(kind, timeout=4)
        except AssertionError:
            owner.press("Buka")
        else:
            return
    owner.wait_for_media(kind)


def _files(owner: DoublePhone) -> list[bytes]:
    """The bytes of every file that the bot sent into this chat."""
    telegram = owner.seat.telegram
    uids = [uid for note in owner.seat.messages() if note["from"]["is_bot"] for uid in note["files"]]
    return [telegram._http.get(f"/control/files/{uid}").content for uid in uids]


def _nothing_in(made: Office, urls: list[str], markers: list[str]) -> None:
    """No marker, in no spelling, in any file of the office, any row of its databases, or what it serves."""
    places = files_of(made.folder)
    assert {"tmp", "var"} <= {path.name for path in made.folder.iterdir()}
    assert urls or len([name for name in places if name.endswith((".db", "-wal"))]) >= 2
    assert any(name.endswith(".err.log") for name in places)
    for number, url in enumerate(urls):
        places |= {f"database {number}, {table}": rows for table, rows in rows_of(url).items()}
    for process in [one for one in made.processes if one.running]:
        for path in ("/metrics", "/health"):
            places[path] = process.get(path).content
    assert not search(places, markers)


def test_the_search_finds_what_is_there() -> None:
    """The search itself is tried: each spelling, put into a file, is found."""
    for way, spelled in spellings(STORY).items():
        assert len(spelled) > 12, way
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + STORY.encode() + b"yz")
        assert any(spelled in text for spelled in spellings(STORY).values())
