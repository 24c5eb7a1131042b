"""The wall clock jumps, forward and back, while cases are open, a reply waits and drafts exist.

Nothing is lost, nothing floods, nothing waits for a time to come round again.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.e2e.harness import sentence
from tests.e2e.phones import DoubleWorld
from tests.e2e.story import open_report, take
from tests.holds.faults import PLACE, REPLY, STORY, Hired, Scene, scene

pytestmark = pytest.mark.slow

JUMPS = {"an hour on": timedelta(hours=1), "an hour back": timedelta(hours=-1), "a day back": timedelta(days=-1)}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, hired: Hired) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("clocks"), double, hired) as made:
        made.made.env["FAULTS_NO_GROUP_LIMIT"] = "1"
        made.made.start()
        yield made


@pytest.fixture
def here(running: Scene) -> Iterator[Scene]:
    yield running
    running.nothing_leaks()
    assert not running.logged("tick_failed")


def test_after_three_days_each_case_is_called_out_once_and_everybody_gets_one_list(here: Scene) -> None:
    children = [here.child() for _ in range(3)]
    codes = [here.reported(child) for child in children]
    before = {seat.name: seat.newest() for seat in (here.staff.sari, here.staff.budi)}
    group = here.staff.group.newest()
    here.made.advance(timedelta(days=3))
    lists = here.staff.sari.wait("kasus menunggu", before["Sari"])
    for code in codes:
        assert code in lists.text
    here.staff.sari.ask("/tugas")
    here.made.advance(timedelta(seconds=2))
    here.staff.sari.ask("/tugas")
    assert len([one for one in here.staff.sari.shown(before["Sari"]) if "kasus menunggu" in one.text]) == 1
    for code in codes:
        here.staff.group.wait(code, group)
        assert len([one for one in here.staff.group.shown(group) if code in one.text and "Ambil" in one.buttons]) == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_a_reply_a_draft_and_a_call_for_help_survive_a_jump(here: Scene, jump: str) -> None:
    child, teller, afraid = here.child(), here.child(), here.child()
    owner = take(here.staff, here.reported(child))
    open_report(owner, STORY)
    for word in ("/start", "lapor", "tidak", "aman", "aku", PLACE):
        teller.ask(word)
    teller.ask(STORY)
    before, sari = here.staff.group.newest(), here.staff.sari.newest()
    afraid.ask("darurat")
    card = here.staff.group.wait_for_button("Ambil", before)
    code = re.search(r"K-\d{4}", card.text)
    assert code
    here.staff.sari.wait(code[0], sari)
    # A reply waits its ten seconds when the clock jumps.
    asked = owner.newest()
    owner.press("Balas pelapor")
    owner.wait(sentence("petugas", "tanya_balas"), asked)
    owner.wait_for_button("Batalkan", owner.say(REPLY))
    heard = child.newest()
    here.made.advance(JUMPS[jump])
    here.made.advance(timedelta(seconds=11))
    child.wait(REPLY, heard)
    assert len([one for one in child.shown(heard) if REPLY in one.text]) == 1
    # Nobody took the call: within five minutes of the new time everybody is called again.
    again = here.staff.sari.newest()
    here.made.advance(timedelta(minutes=5, seconds=1))
    here.staff.sari.wait(code[0], again)
    # The draft goes on where it stood.
    if "Halo lagi" in teller.ask("selesai").text:
        teller.ask("lanjut")
    teller.wait("udah sampai ke petugas", teller.say("kirim"))
    here.staff.sari_in_group.press("Ambil", message_id=_newest_card(here, code[0]))  # type: ignore[call-arg]


def _newest_card(here: Scene, code: str) -> int:
    return next(one.id for one in reversed(here.staff.group.shown()) if code in one.text and "Ambil" in one.buttons)


def test_silence_after_danger_calls_somebody_though_the_clock_was_put_back_a_day(here: Scene) -> None:
    child = here.child()
    before = here.staff.group.newest()
    child.ask("darurat")
    here.staff.group.wait_for_button("Ambil", before)
    here.made.advance(timedelta(days=-1))
    here.ticked()
    child_silent = here.staff.sari.newest()
    here.staff.sari.ask("/tugas")
    here.made.advance(timedelta(minutes=3, seconds=30))
    here.staff.sari.wait("tidak menjawab lagi", child_silent)
