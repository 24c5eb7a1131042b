"""The staff group is lost, becomes another, or may not be written to: no case is without somebody who hears of it."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from simulator.client import Chat
from tests.e2e.harness import sentence
from tests.e2e.phones import DoublePhone, DoubleWorld, until
from tests.e2e.story import open_report, take
from tests.holds.faults import ARRIVED, STORY, Hired, Scene, scene

pytestmark = pytest.mark.slow

LOST = "Bot dikeluarkan dari grup petugas"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, hired: Hired) -> Iterator[Scene]:
    """In a group of its own, as it is taken apart."""
    with scene(tmp_path_factory.mktemp("group"), double, hired) as made:
        made.made.start()
        sit_in(made, new_group(made, supergroup=True))
        yield made


@pytest.fixture
def here(running: Scene) -> Iterator[Scene]:
    yield running
    running.world.telegram.do("clear_faults")
    running.nothing_leaks()


def sit_in(here: Scene, group: Chat) -> None:
    """Everybody looks at this group from now on, and it is the staff group."""
    for name in ("sari", "budi", "tuti"):
        seat: Any = getattr(here.staff, name)
        here.world.telegram.do("join", chat=group.key, person=seat.seat.person.id)
        there = DoublePhone(seat.seat.person.chat(group), seat.name)
        if name == "tuti":
            here.staff.group = there
        else:
            setattr(here.staff, f"{name}_in_group", there)
    here.group = group
    code = here.made._invite(("--group",))
    before = here.staff.group.newest()
    here.staff.group.say(f"/hubungkan {code}")
    here.staff.group.wait(sentence("petugas", "grup_terhubung"), before)


def new_group(here: Scene, *, supergroup: bool) -> Chat:
    host = here.world.telegram.person("Tuan Rumah")
    return here.world.telegram.group("Petugas lain", host, [], [here.desk_bot], supergroup=supergroup)


def arrived(here: Scene) -> tuple[DoublePhone, str]:
    """A report that has arrived while there may be no group; its code."""
    child = here.child()
    child.wait(ARRIVED, here.told(child))
    return child, f"K-{next(_cases):04d}"


_cases = count(1)


def test_put_out_of_the_group_everybody_on_duty_hears_it_and_every_case_and_a_new_group_has_all_cards(
    here: Scene,
) -> None:
    seats = [here.staff.sari, here.staff.budi, here.staff.tuti]
    before = {seat: seat.newest() for seat in seats}
    here.world.telegram.do("remove", chat=here.group.key, bot=str(here.desk_bot.id))
    for seat in seats:
        seat.wait(LOST, before[seat])
    _, code = arrived(here)
    for seat in seats:
        assert "Ambil" in seat.wait(code, before[seat]).buttons
    sit_in(here, new_group(here, supergroup=True))
    here.staff.group.wait(code)
    take(here.staff, code)


def test_a_group_that_refuses_the_bot_without_a_word_is_noticed_by_the_first_card(here: Scene) -> None:
    sari = here.staff.sari.newest()
    here.fault("refuse", "sendMessage", here.desk_bot, code=403, chat_id=str(here.group.id),
               description="Forbidden: bot was kicked from the supergroup chat")  # fmt: skip
    _, code = arrived(here)
    here.staff.sari.wait(LOST, sari)
    here.staff.sari.wait(code, sari)
    sit_in(here, new_group(here, supergroup=True))
    here.staff.group.wait(code)
    take(here.staff, code)


def test_in_a_group_where_the_bot_may_not_write_everybody_is_called_in_private_and_hears_why(here: Scene) -> None:
    sari = here.staff.sari.newest()
    here.fault("refuse", "sendMessage", here.desk_bot, code=400, count=2, chat_id=str(here.group.id),
               description="Bad Request: not enough rights to send text messages to the chat")  # fmt: skip
    _, code = arrived(here)
    paged = here.staff.sari.wait(code, sari)
    assert "Ambil" in paged.buttons
    here.hears_of("unsent_card")
    here.staff.sari.press("Ambil")
    here.staff.sari.wait(f"{code} ", paged.id)
    open_report(here.staff.sari, STORY)


@pytest.mark.parametrize("first", ["error", "to", "from"])
def test_a_group_that_becomes_a_supergroup_takes_its_cards_along_whatever_comes_first(here: Scene, first: str) -> None:
    """`error`: a card is refused before the update tells; `to` and `from`: the order of the two updates."""
    old = new_group(here, supergroup=False)
    sit_in(here, old)
    child, standing = arrived(here)
    here.staff.group.wait(standing)
    here.world.telegram.do("hold", bot=str(here.desk_bot.id), on=first == "error")
    moved = here.world.telegram.do("migrate", chat=old.key, first="from" if first == "from" else "to")
    sari: Any = here.staff.sari
    there = DoublePhone(sari.seat.person.chat(Chat(old.telegram, moved["chat"])), "Sari")
    _, flying = arrived(here)
    there.wait(flying)
    here.world.telegram.do("hold", bot=str(here.desk_bot.id), on=False)
    there.wait(standing)
    # The card that stands in the old group still works where a phone shows it, and the one in the new group shows it.
    before = sari.newest()
    press_old(here, standing)
    sari.wait(standing, before)
    until(lambda: any(standing in one.text and not one.buttons for one in there.shown()), there.transcript)
    open_report(sari, STORY)
    assert len([one for one in there.shown() if flying in one.text]) == 1
    child.ask("status", sentence("umum", "status_ditangani"))


def press_old(here: Scene, code: str) -> None:
    """Sari presses "Ambil" on the card of the old group."""
    seat: Any = here.staff.sari_in_group
    note = next(note for note in seat.seat.messages() if code in (note["text"] or "") and note["buttons"])
    person = {"id": seat.seat.person.id, "is_bot": False, "first_name": "Sari"}
    message = {"message_id": note["id"], "date": 1, "chat": {"id": seat.seat.id, "type": "group", "title": "x"}}
    query = {"id": f"77{note['id']}", "from": person, "message": message, "data": note["buttons"][0][0]["data"]}
    here.world.update(here.made.env["BERANI_DESK_TELEGRAM_TOKEN"], {"callback_query": query | {"chat_instance": "1"}})
