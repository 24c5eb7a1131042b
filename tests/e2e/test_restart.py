"""Crashes, a desk that is away, the end on request, and a darurat that nobody takes: what was acknowledged is there."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.harness import Office, copied, office, sentence
from tests.e2e.phones import DoubleWorld, until
from tests.e2e.story import hire_everybody, open_report, take, tell, wait_for_card

pytestmark = pytest.mark.slow


@pytest.fixture
def split_office(prepared: Path, tmp_path: Path, double: DoubleWorld) -> Iterator[Office]:
    """As ready_office, with intake and desk as two processes."""
    copied(prepared, tmp_path)
    with office(tmp_path, double, split=True) as made:
        yield made


def test_after_kill_9_the_same_question_goes_on_and_no_word_is_lost(ready_office: Office) -> None:
    """Killed again and again while a report is told: just after an answer, and while a message is being taken."""
    made = ready_office.start()
    staff = hire_everybody(made)
    before = staff.group.newest()
    child = made.world.reporter("Anak")
    tell(child, ["/start", "lapor", "tidak"])
    made.kill()
    sent = child.say("aman")  # nobody is there
    made.start()
    child.wait("tentang siapa", sent)
    child.ask("aku", "Kamu sekarang di mana?")
    child.ask("dekat pasar segar", "Ceritakan sebisamu")

    # A message and a crash at the same moment, three times: whatever was or was not committed comes to one story.
    parts = ["bagian pertama ceritaku", "bagian kedua ceritaku", "bagian ketiga ceritaku"]
    for part in parts:
        sent = child.say(part)
        made.kill()
        made.start()
        child.wait(sentence("umum", "dicatat_teks"), sent)
    child.wait("Boleh kukirim", child.say("selesai"))
    sent = child.say("kirim")
    made.kill()
    made.start()
    child.wait(sentence("umum", "sampai"), sent)
    code, _ = wait_for_card(staff, before)
    owner = take(staff, code)
    made.kill()
    made.start()
    # As after a crash between commit and confirmation: the last messages come once more.
    assert isinstance(made.world, DoubleWorld)
    made.world.telegram.do("again", bot=made.world.intake_token, count=8, same_id=True)
    made.world.telegram.do("again", bot=made.world.intake_token, count=8)
    child.ask("status", sentence("umum", "status_ditangani"))
    report = open_report(owner, "dekat pasar segar", *parts)
    for part in parts:
        assert report.count(part) == 1
    assert [case["code"] for case in made.cases()] == [code]
    made.stop()


def test_while_the_desk_is_away_reporters_hear_the_truth_and_later_everything_arrives(split_office: Office) -> None:
    made = split_office.start()
    staff = hire_everybody(made)
    made.kill("desk")
    before = staff.group.newest()
    child = made.world.reporter("Anak")
    tell(child, ["/start", "lapor", "tidak", "aman", "aku", "0", "dihina tetangga di lapangan", "selesai"])
    sent = child.say("kirim")
    child.wait(sentence("umum", "tersimpan"), sent)
    made.advance(timedelta(seconds=61))
    child.wait("belum sampai petugas", sent)
    child.wait("112", sent)
    child.never(sentence("umum", "sampai"), sent)
    made.advance(timedelta(hours=1))
    assert made.running("intake").get("/health").status_code in (200, 503)

    made.start("desk")
    code, _ = wait_for_card(staff, before)
    child.wait(sentence("umum", "sampai"), sent)
    open_report(take(staff, code), "dihina tetangga di lapangan")
    assert [case["kind"] for case in made.cases()] == ["laporan"]
    made.stop()


def test_a_darurat_that_nobody_takes_is_called_out_again_and_the_reporter_is_told(ready_office: Office) -> None:
    made = ready_office.start()
    staff = hire_everybody(made)
    before, private = staff.group.newest(), staff.sari.newest()
    child = made.world.reporter("Anak")
    tell(child, ["/start", "darurat", "bisa", "pasar segar"])
    child.ask("aman")
    sent = child.newest()
    code, card = wait_for_card(staff, before)
    staff.sari.wait(code, private)

    def told(number: int) -> bool:
        return len([one for one in child.shown(sent) if sentence("umum", "darurat_menunggu") in one.text]) == number

    first = staff.sari.newest()
    made.advance(timedelta(minutes=5, seconds=1))
    until(lambda: told(1), child.transcript)
    again = staff.group.wait_for_button("Ambil", card.id)
    assert code in again.text
    staff.sari.wait(code, first)
    coordinator = staff.tuti.newest()
    made.advance(timedelta(minutes=5))
    staff.tuti.wait(code, coordinator)
    assert told(1)
    made.advance(timedelta(minutes=5))
    until(lambda: told(2), child.transcript)

    # Taken at last: the reporter hears that, and nobody is called any more.
    owner = take(staff, code)
    child.wait(sentence("umum", "ditangani"), sent)
    open_report(owner, "pasar segar")
    child.wait("sudah membaca", sent)
    quiet = child.newest()
    made.advance(timedelta(minutes=10))
    owner.ask("/tugas", code)
    assert not [one for one in child.shown(quiet) if sentence("umum", "darurat_menunggu") in one.text]
    made.stop()


def test_a_desk_that_was_put_back_to_a_copy_finds_it_out_and_has_every_report(ready_office: Office) -> None:
    made = ready_office.start()
    staff = hire_everybody(made)
    store, copy = made.folder / "var" / "desk.db", made.folder / "desk.copy"
    made.stop()
    shutil.copy(store, copy)
    made.start()
    before = staff.group.newest()
    child = made.world.reporter("Anak")
    tell(child, ["/start", "lapor", "tidak", "aman", "aku", "0", "dihina tetangga di lapangan", "selesai"])
    child.wait(sentence("umum", "sampai"), child.say("kirim"))
    take(staff, wait_for_card(staff, before)[0])
    child.wait(sentence("umum", "ditangani"), 0)
    made.stop()
    for end in ("", "-wal", "-shm"):
        store.with_name(f"desk.db{end}").unlink(missing_ok=True)
    shutil.copy(copy, store)

    before = staff.group.newest()
    made.start()
    until(lambda: {case["kind"] for case in made.cases()} == {"laporan", "teknis"}, lambda: str(made.cases()))
    staff.group.wait_for_button("Ambil", before)
    child.ask("status", sentence("umum", "status_sampai"))
    made.stop()


def test_sigterm_in_the_middle_of_everything_ends_in_time_and_loses_nothing(split_office: Office) -> None:
    made = split_office.start()
    child = made.world.reporter("Anak")
    child.ask("lapor", "bahaya sekarang?")
    sent = child.say("tidak")
    made.stop()  # exit code 0 within five seconds, each
    made.start()
    child.wait("balas ke HP ini", sent)
    made.stop()
