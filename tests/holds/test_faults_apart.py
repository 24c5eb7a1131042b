"""Intake and desk as two processes, one of them dead for a day: everybody hears what is true, all of it arrives."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.harness import sentence
from tests.e2e.phones import DoubleWorld, until
from tests.e2e.story import open_report, take, tell
from tests.holds.faults import ARRIVED, REPLY, STORY, Hired, Scene, scene

pytestmark = pytest.mark.slow


@pytest.fixture
def here(tmp_path: Path, double: DoubleWorld, hired: Hired) -> Iterator[Scene]:
    with scene(tmp_path / "apart", double, hired, split=True) as made:
        made.made.env["FAULTS_READ_TIMEOUT"] = "20"
        made.made.start()
        yield made
        made.nothing_leaks()


def test_with_the_desk_dead_for_a_day_nobody_is_told_it_arrived_and_afterwards_everything_does(here: Scene) -> None:
    children = [here.child() for _ in range(3)]
    here.made.kill("desk")
    before, sari = here.staff.group.newest(), here.staff.sari.newest()
    sent = {child: here.told(child) for child in children}
    for child in children:
        child.wait(sentence("umum", "tersimpan"), sent[child])
    here.made.advance(timedelta(seconds=61))
    for child in children:
        told = child.wait("belum sampai petugas", sent[child])
        assert "112" in told.text
    here.made.advance(timedelta(hours=26))
    until(lambda: not here.health("intake")["intake_canary"], "the canary is stale")
    late = here.child()
    last = late.say("darurat")
    late.wait("112", last)
    asked = children[0].say("status")
    children[0].wait(sentence("umum", "status_tersimpan"), asked)
    for child in (*children, late):
        child.never(ARRIVED)

    here.made.start("desk")
    for child in children:
        child.wait(ARRIVED, sent[child])
    until(lambda: len({one.text for one in here.staff.group.shown(before) if "Ambil" in one.buttons}) == 4, "4 cards")
    until(lambda: all(here.health("intake").values()), "the canary is fresh")
    # Only the call for help rings in private.
    here.staff.sari.ask("/tugas")
    assert len([one for one in here.staff.sari.shown(sari) if "Belum ada yang mengambil" in one.text]) == 1
    assert len(here.made.cases()) == 4
    newest = next(one for one in reversed(here.staff.group.shown(before)) if "Ambil" in one.buttons)
    take(here.staff, newest.text.partition(" ·")[0].removeprefix("‼️ "))


def test_with_intake_dead_for_a_day_staff_see_that_a_reply_waits_and_reporters_are_heard_afterwards(
    here: Scene,
) -> None:
    child = here.child()
    owner = take(here.staff, here.reported(child))
    open_report(owner, STORY)
    here.made.kill("intake")
    before = owner.newest()
    owner.press("Balas pelapor")
    owner.wait(sentence("petugas", "tanya_balas"), before)
    written = owner.say(REPLY)
    owner.wait_for_button("Batalkan", written)
    here.made.advance(timedelta(seconds=11))
    owner.wait(sentence("petugas", "kirim_handed_over"), before)
    heard = child.say("apa sudah ada kabar dari petugas untukku")
    here.made.advance(timedelta(hours=23))
    owner.ask("/tugas")
    assert not [one for one in owner.shown(before) if sentence("petugas", "kirim_sent") in one.text.splitlines()]
    here.made.start("intake")
    until(lambda: [one for one in child.shown(heard) if one.text], "an answer")
    child.ask("buka")
    child.wait(REPLY, heard)
    assert len([one for one in child.everything() if one.from_bot and REPLY in one.text]) == 1
    until(
        lambda: [one for one in owner.shown(before) if REPLY in one.text and "Terkirim" in one.text], owner.transcript
    )


def test_a_store_of_the_other_side_that_cannot_be_read_is_told_by_type_and_waited_for(here: Scene) -> None:
    desk = here.made.folder / "var/desk.db"
    child = here.child()
    child.ask("/start")
    here.made.kill("desk")
    away = desk.rename(desk.with_name("away.db"))
    until(lambda: not here.health("intake")["intake_peer"], "health is red")
    assert here.logged("peer_down actor=intake")
    sent = here.told(child)
    child.wait(sentence("umum", "tersimpan"), sent)
    child.never(ARRIVED, sent)
    away.rename(desk)
    here.made.start("desk")
    child.wait(ARRIVED, sent)
    here.hears_of("peer_down")


def test_told_to_end_while_a_call_hangs_both_end_in_time_and_what_hung_is_said_afterwards(here: Scene) -> None:
    child = here.child()
    tell(child, ["/start", "lapor"])
    since = here.world.telegram.calls()[-1]["n"]
    here.fault("timeout", "sendMessage", here.intake_bot, seconds=30, done=False)
    sent = child.say("tidak")
    until(lambda: here.spoilt(since), "the call hangs")
    here.relay.hang()
    here.made.stop()  # exit code 0 within five seconds, each
    here.relay.up()
    here.made.start()
    here.later()
    child.wait("HP ini", sent)
    assert len(child.shown(sent)) == 1
