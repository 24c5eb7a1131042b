"""An officer's message meets whatever can happen to its case or its reporter: sent and recorded, or not and said so.

Never both, never neither: the officer's own message tells what became of it, the case has its page exactly when it
left, and the reporter reads it once at most.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handoff import audit, people, staff
from handoff.relay import CALL_BACK_FOR
from storage.desk_tables import RELAY
from tests.conftest import Clock
from tests.e2e.harness import sentence
from tests.e2e.stage import GROUP
from tests.holds.crew import FIRST_CHILD, Crew, Order, meet
from tests.holds.scene import Scene, Scenes, meetings

CHILD, SHY = FIRST_CHILD, FIRST_CHILD + 1
WORDS = "Besok jam 10 aku telepon ya"
OFFICER_SEES = {
    state: sentence("petugas", f"kirim_{state}") for state in ("cancelled", "handed_over", "sent", "held", "blocked")
}
Act = Callable[[Crew, int], Awaitable[object]]


async def opened(crew: Crew) -> None:
    """A report is with an officer who has read it."""
    hand, _ = await crew.hire(2)
    await crew.reports(CHILD, "ceritaku")
    await crew.presses(hand, "Ambil", GROUP)
    await crew.presses(hand, "Buka")


@pytest.fixture(scope="module")
def scenes() -> Iterator[Scenes]:
    made = Scenes(opened)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, scenes: Scenes) -> Scene:
    return scenes.of(request.param, request)


@pytest.fixture
async def crew(scene: Scene, clock: Clock) -> AsyncIterator[Crew]:
    async with scene.play(clock, desks=2) as playing:
        yield playing
        assert playing.troubles == []
        assert await playing.desk_store.read(audit.first_break) is None


async def written(crew: Crew, *, wait: timedelta = timedelta(0)) -> int:
    """The officer's answer has waited its ten seconds and leaves with the next tick."""
    hand = crew.hands[0]
    crew.clock.advance(wait)
    await crew.presses(hand, "Balas pelapor")
    await crew.writes(hand, WORDS)
    crew.clock.advance(CALL_BACK_FOR)
    return hand


async def check(crew: Crew, hand: int, child: int = CHILD) -> str:
    """What became of the message, the same wherever one looks."""
    await crew.settle()
    ((state,),) = await crew.desk_store.read(lambda conn: conn.execute(select(RELAY.c.state)).all())
    (preview,) = [note for note in crew.private.chats[hand] if WORDS in note.text and "Petugas" in note.text][-1:]
    assert OFFICER_SEES[state] in preview.text
    assert "Batalkan" not in preview.buttons
    replies = [page for _, pages in await crew.cases() for page in pages if page.kind == "reply"]
    read = crew.heard(child).count(WORDS)
    assert len(replies) == (0 if state == "cancelled" else 1)
    assert read == (1 if state == "sent" else 0)
    for case, _ in await crew.cases():
        assert case.next_due_at is not None or case.state == "closed"
    return str(state)


async def gives_back(crew: Crew, hand: int) -> None:
    note, data = crew.button(hand, "Kembalikan")
    await crew.desks[0].take(crew.inbound(crew.press(hand, note, data)))


async def calls_back(crew: Crew, hand: int) -> None:
    note, data = crew.button(hand, "Batalkan")
    await crew.desks[0].take(crew.inbound(crew.press(hand, note, data)))


async def closes(crew: Crew, hand: int) -> None:
    for label in ("Tutup", "Ditangani"):
        note, data = crew.button(hand, label)
        await crew.desks[0].take(crew.inbound(crew.press(hand, note, data)))
        await crew._deliver(crew._deliveries[1])
    await crew.desks[0].take(crew.inbound(crew.message(hand, "Selesai didampingi.")))


async def is_removed(crew: Crew, hand: int) -> None:
    def remove(conn: Any) -> None:
        work = crew.work(conn)
        staff.remove(work, people.by_sender(work, hand) or people.active(work)[0])

    await crew.desk_store.write(remove)


@meetings
@pytest.mark.parametrize("act", [gives_back, calls_back, closes])
async def test_a_message_that_leaves_meets_what_its_officer_does(crew: Crew, act: Act, order: Order) -> None:
    hand = await written(crew)
    await meet(order, lambda: act(crew, hand), *(process.tick for process in crew.desks))
    state = await check(crew, hand)
    if order != "together":
        assert (state == "cancelled") == (order == "first")


@meetings
async def test_a_message_that_leaves_meets_the_end_of_its_officers_time(crew: Crew, order: Order) -> None:
    """The tick that sends it is the one in which the untouched case would go back to the group."""
    hand = await written(crew, wait=timedelta(hours=6) - CALL_BACK_FOR / 2)
    await meet(order, crew.desks[0].tick, *(process.tick for process in crew.desks))
    assert await check(crew, hand) == "sent"
    (case,) = await crew.real_cases()
    assert case.state == "in_progress"


@meetings
async def test_a_message_that_leaves_meets_the_removal_of_its_officer(crew: Crew, order: Order) -> None:
    hand = await written(crew)
    await meet(order, lambda: is_removed(crew, hand), *(process.tick for process in crew.desks))
    await crew.settle()
    ((state,),) = await crew.desk_store.read(lambda conn: conn.execute(select(RELAY.c.state)).all())
    assert state in ("cancelled", "sent")
    assert crew.heard(CHILD).count(WORDS) == (state == "sent")
    (case,) = await crew.real_cases()
    assert (case.owner is None) == (case.state == "new")


# --- at the reporter's end ------------------------------------------------------------------------------------------


async def erases(crew: Crew, _: int) -> None:
    await crew.at_intake(crew.message(CHILD, "ya"))


async def exits(crew: Crew, _: int) -> None:
    await crew.at_intake(crew.message(CHILD, "keluar"))


async def writes(crew: Crew, _: int) -> None:
    await crew.at_intake(crew.message(CHILD, "kak, kapan ditelepon?"))


async def blocks(crew: Crew, _: int) -> None:
    member = {"user": {"id": 1, "is_bot": True, "first_name": "b"}, "status": "kicked", "until_date": 0}
    chat = {"id": CHILD, "type": "private"}
    date = int(crew.clock.now().timestamp())
    change = {"chat": chat, "from": {"id": CHILD, "is_bot": False, "first_name": "x"}, "date": date}
    old = member | {"status": "member"}
    await crew.at_intake({"my_chat_member": change | {"old_chat_member": old, "new_chat_member": member}})


@meetings
@pytest.mark.parametrize(
    ("act", "ends"),
    [(erases, {"sent"}), (exits, {"sent", "held"}), (writes, {"sent"}), (blocks, {"sent", "blocked"})],
)
async def test_a_message_on_its_way_meets_what_its_reporter_does(
    crew: Crew, act: Act, ends: set[str], order: Order
) -> None:
    hand = await written(crew)
    if act is erases:
        await crew.says(CHILD, "hapus")
    for process in crew.desks:
        await process.tick()
    await meet(order, lambda: act(crew, hand), crew._couriers[1].carry)
    state = await check(crew, hand)
    assert state in ends
    if act is exits and order == "second":
        assert state == "held", "somebody else may hold the phone now"
    if act is exits and state == "held":
        await crew.says(CHILD, "buka")
        assert crew.heard(CHILD).count(WORDS) == 1
        assert OFFICER_SEES["sent"] in "\n".join(note.text for note in crew.private.chats[hand])


@meetings
async def test_a_message_to_somebody_who_wants_no_answer_meets_their_next_words(crew: Crew, order: Order) -> None:
    """After "Jangan balas" nothing is pushed: it is read when they write, now or later, and the officer sees which."""
    hand = crew.hands[1]
    await crew.says(SHY, "lapor", "tidak", "jangan", "aku", "0", "ceritaku", "selesai", "kirim")
    await crew.presses(hand, "Ambil", GROUP)
    await crew.presses(hand, "Buka")
    await crew.presses(hand, "Balas pelapor")
    await crew.writes(hand, WORDS)
    crew.clock.advance(timedelta(minutes=10))
    await meet(order, crew.desks[0].tick, lambda: crew.at_intake(crew.message(SHY, "0")))
    state = await check(crew, hand, SHY)
    assert state in ("held", "sent")
    if state == "held":
        await crew.says(SHY, "buka")
        assert crew.heard(SHY).count(WORDS) == 1
