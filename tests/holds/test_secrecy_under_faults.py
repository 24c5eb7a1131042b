"""What a service leaves behind when it breaks: tracebacks, crashes, memory images; no word of anybody stands in them.

Every other scene of faults (test_faults_*.py) ends with the same search; here are the faults of the program itself.
"""

import resource
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.harness import sentence
from tests.e2e.phones import DoubleWorld, until
from tests.e2e.story import open_report, take
from tests.holds.faults import NOTE, PLACE, STORY, Hired, Scene, scene

pytestmark = pytest.mark.slow

WORD = "rusakpenanda48"
"""Whoever writes it meets a turn that raises, with everything it was given in the exception's message and locals."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, hired: Hired) -> Iterator[Scene]:
    """Started by somebody who wants to see everything: development mode, fault handler, memory images allowed."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    with scene(tmp_path_factory.mktemp("secrecy"), double, hired) as made:
        made.made.env |= {"FAULTS_RAISE": WORD, "PYTHONDEVMODE": "1", "PYTHONFAULTHANDLER": "1"}
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        try:
            made.made.start()
            yield made
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.fixture
def here(running: Scene) -> Iterator[Scene]:
    yield running
    running.markers = [WORD]
    running.nothing_leaks()


def test_an_exception_full_of_words_comes_out_as_its_type_and_the_words_reach_a_human_alone(here: Scene) -> None:
    child = here.child()
    for word in ("/start", "lapor", "tidak", "aman", "aku", PLACE):
        child.ask(word)
    sent = child.say(f"{STORY} {WORD}")
    assert "112" in child.wait("terganggu", sent).text
    assert here.logged("turn_set_aside actor=intake")
    here.hears_of("turn")
    assert WORD in "\n".join(one.text for one in here.staff.tuti.shown())
    owner, before = here.staff.sari, here.staff.sari.newest()
    owner.say(f"{NOTE} {WORD}")
    owner.wait(sentence("petugas", "gagal_diproses"), before)
    error = here.made.running("run").err
    assert "turn_set_aside actor=desk" in error
    assert "type=ValueError from=KeyError" in error
    assert "Traceback" not in error
    # The conversation goes on where it stood.
    child.ask(STORY, "Sudah kusimpan")


@pytest.mark.parametrize("crash", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_leaves_no_memory_image_and_no_values_and_the_next_start_goes_on(
    here: Scene, crash: signal.Signals
) -> None:
    child = here.child()
    for word in ("/start", "lapor", "tidak", "aman", "aku", PLACE):
        child.ask(word)
    child.ask(STORY, "Sudah kusimpan")
    process = here.made.running("run")
    assert resource.prlimit(process._process.pid, resource.RLIMIT_CORE) == (0, 0)
    process._process.send_signal(crash)
    assert process.ended() == -crash
    assert "Fatal Python error" in process.err
    assert not [path for path in here.made.folder.rglob("*core*") if path.is_file()]
    here.nothing_leaks()
    here.made.start()
    before = here.staff.group.newest()
    child.ask("selesai", "Boleh kukirim")
    child.wait("udah sampai ke petugas", child.say("kirim"))
    card = here.staff.group.wait_for_button("Ambil", before)
    open_report(take(here.staff, card.text.partition(" ·")[0]), STORY)
    until(lambda: all(here.health().values()), "health is green")
