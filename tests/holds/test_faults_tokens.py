"""A token that is revoked, a second poller: one bot is gone, the other goes on, and everybody hears what is true."""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.harness import sentence
from tests.e2e.phones import DoubleWorld, until
from tests.e2e.story import take, wait_for_card
from tests.holds.faults import ARRIVED, PROMISE, Hired, Scene, scene

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, hired: Hired) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("tokens"), double, hired) as made:
        made.made.start()
        yield made


@pytest.fixture
def here(running: Scene) -> Iterator[Scene]:
    yield running
    for bot in (running.intake_bot, running.desk_bot):
        running.world.telegram.do("revoke", bot=str(bot.id), revoked=False)
    running.nothing_leaks()


def revoke(here: Scene, actor: str, *, revoked: bool = True) -> None:
    bot = here.intake_bot if actor == "intake" else here.desk_bot
    # Whoever writes ends the long poll under way; the next one is refused.
    (here.staff.budi if actor == "desk" else here.child()).say("/bantuan")
    here.world.telegram.do("revoke", bot=str(bot.id), revoked=revoked)
    until(lambda: here.health()[f"{actor}_token"] is not revoked, "health knows")


def test_a_revoked_public_token_is_red_staff_hear_it_at_once_and_the_desk_goes_on(here: Scene) -> None:
    child = here.child()
    owner = take(here.staff, here.reported(child))
    revoke(here, "intake")
    assert here.made.running("run").get("/health").status_code == 503
    until(lambda: here.metric('berani_outage{actor="intake",kind="token_revoked"}') == 1.0, "the number is there")
    assert here.logged("token_revoked actor=intake")
    here.hears_of("token_revoked")
    owner.ask("/tugas", "K-")
    away = child.say("status")
    revoke(here, "intake", revoked=False)
    child.wait(sentence("umum", "status_ditangani"), away)
    until(lambda: all(here.health().values()), "health is green")


def test_with_a_revoked_staff_token_reporters_go_on_and_nobody_is_promised_that_somebody_reads(here: Scene) -> None:
    before = here.staff.group.newest()
    revoke(here, "desk")
    until(lambda: here.logged("token_revoked actor=desk"), "it is logged")
    child = here.child()
    sent = here.told(child)
    told = child.wait(ARRIVED, sent)
    assert "112" in told.text
    child.never(PROMISE, sent)
    assert here.staff.group.newest() == before
    revoke(here, "desk", revoked=False)
    code, _ = wait_for_card(here.staff, before)
    assert [case["state"] for case in here.made.cases() if case["code"] == code] == ["new"]
    here.hears_of("token_revoked")


def test_a_second_poller_ends_it_with_exit_code_1_and_a_new_start_goes_on(here: Scene) -> None:
    child = here.child()
    child.ask("/start")
    process = here.made.running("run")
    url = f"{here.world.url}/bot{here.made.env['BERANI_INTAKE_TELEGRAM_TOKEN']}/getUpdates"

    def taken() -> bool:
        """Somebody else asks for the updates; without an offset nothing of them is lost."""
        httpx.post(url, json={"timeout": 1}, timeout=10, trust_env=False)
        return not process.running

    until(taken, "the service ended")
    assert process.ended() == 1
    assert "second_poller" in process.err
    assert "fix: end one of the two" in process.err
    sent = child.say("lapor")
    here.made.start()
    child.wait("bahaya sekarang", sent)
