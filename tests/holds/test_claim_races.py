"""However many press "Ambil" at once, from however many processes: one has the case, everybody else hears who."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, func, select

from bot.channels.outgoing import AnswerCallback, EditText, Send
from bot.content import publish
from handoff import audit, cards, tell
from storage.desk_tables import ALIAS, AUDIT, FIRING
from storage.shared_tables import CONTENT_SET, OUTBOX
from tests.conftest import Bench, Clock
from tests.e2e.stage import GROUP, all_flows
from tests.holds.crew import FIRST_CHILD, Crew, Order, meet, name
from tests.holds.scene import Scene, Scenes, meetings

HANDS = 50
DELIVERED = 4
"""Rounds whose messages are also sent; sending them all would take longer than the races."""
A_MINUTE = timedelta(minutes=1)
CODE = re.compile(r"K-\d{4}")


async def as_it_is(_: Crew) -> None:
    """Nothing has come yet."""


@pytest.fixture(scope="module")
def scenes() -> Iterator[Scenes]:
    made = Scenes(as_it_is)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, scenes: Scenes) -> Scene:
    return scenes.of(request.param, request)


@pytest.fixture
async def crew(scene: Scene, clock: Clock) -> AsyncIterator[Crew]:
    """Three processes of the desk where the database allows more than one."""
    async with scene.play(clock, desks=3) as playing:
        yield playing
        assert await playing.desk_store.read(audit.first_break) is None, "the audit log's chain holds"


async def test_of_fifty_who_press_at_once_one_has_the_case_and_all_others_hear_who(crew: Crew, bench: Bench) -> None:
    hands = await crew.hire(HANDS)
    for n in range(bench.rounds(40, 200)):
        crew.clock.advance(A_MINUTE)
        case, _ = await crew.new_case()
        await crew.settle()
        card, data = crew.button(GROUP, "Ambil")
        crew.private.windows.clear()
        presses = [crew.inbound(crew.press(hand, card, data, GROUP)) for hand in hands]
        began = crew.clock.now()
        await asyncio.gather(*(crew.desks[n % len(crew.desks)].take(one) for n, one in enumerate(presses)))

        said = await crew.desk_store.read(crew.outbox)
        assert Counter(row.kind for row, _ in said) == {tell.ANSWER: HANDS, cards.EDIT: 1, tell.ABOUT_CASE: 1}
        windows = [one.text for row, one in said if isinstance(one, AnswerCallback)]
        (edit,) = [one for _, one in said if isinstance(one, EditText)]
        ((to, push),) = [(row.person, one) for row, one in said if isinstance(one, Send)]
        now = await crew.case(case.id)
        assert (now.state, now.owner) == ("claimed", to)
        assert [label for row in push.buttons for label, _ in row] == ["Buka"]
        owner = name(hands[await crew.number_of(to, hands)])
        assert sum("sudah diambil" in text and owner in text for text in windows) == HANDS - 1
        assert sum("ada di tanganmu" in text for text in windows) == 1
        assert owner in edit.text
        assert not edit.buttons
        counts = [
            select(func.count()).where(AUDIT.c.case_id == case.id, AUDIT.c.verb == "claim"),
            select(func.count()).where(ALIAS.c.case_id == case.id),
        ]
        assert [await crew.count(one) for one in counts] == [1, 1]
        if n >= DELIVERED:
            await crew.desk_store.write(lambda conn: conn.execute(delete(OUTBOX)))
            continue
        await crew.settle()
        assert crew.clock.now() - began < timedelta(seconds=10), "nobody waits for an answer"
        assert sorted(crew.private.windows) == sorted(windows)
        assert owner in card.text


@meetings
async def test_a_claim_meets_the_step_that_calls_everybody(crew: Crew, order: Order) -> None:
    """The case has its owner, the step fired once or not at all, and the clock is the owner's."""
    (hand,) = await crew.hire(1)
    case, _ = await crew.new_case()
    await crew.settle()
    card, data = crew.button(GROUP, "Ambil")
    assert case.next_due_at is not None
    crew.clock.advance(case.next_due_at - crew.clock.now())
    press = crew.inbound(crew.press(hand, card, data, GROUP))
    await meet(order, lambda: crew.desks[0].take(press), *(process.tick for process in crew.desks))
    now = await crew.case(case.id)
    assert now.state == "claimed"
    assert now.owner is not None
    assert now.next_due_at is not None
    assert now.next_due_at > crew.clock.now()
    fired = select(func.count()).where(FIRING.c.case_id == case.id)
    assert await crew.count(fired) == (order == "second") or order == "together"


@meetings
async def test_closing_meets_a_new_message_of_the_reporter(crew: Crew, order: Order) -> None:
    """Whatever comes first, the new words are with an officer, in a case that is open and has a clock."""
    (hand,) = await crew.hire(1)
    child = FIRST_CHILD
    await crew.reports(child, "ceritaku yang pertama")
    await crew.presses(hand, "Ambil", GROUP)
    await crew.presses(hand, "Buka")
    await crew.presses(hand, "Tutup")
    await crew.presses(hand, "Ditangani")
    (case,) = await crew.real_cases()
    await crew.at_intake(crew.message(child, "masih ada yang mau kuceritakan, dia datang lagi"))
    summary = crew.inbound(crew.message(hand, "Sudah didampingi."))
    await meet(order, lambda: crew.desks[0].take(summary), crew.desks[-1].courier.carry)
    await crew.settle()
    now = await crew.case(case.id)
    assert now.state in ("claimed", "in_progress"), "words before the end keep it open, words after it open it again"
    assert "Pesan baru" in crew.shown(hand) or "dibuka lagi" in crew.shown(hand)
    assert "dia datang lagi" in await crew.words(case.id)
    assert crew.troubles == []


@meetings
async def test_consent_to_closing_meets_a_new_message_of_the_reporter(crew: Crew, order: Order) -> None:
    hand, second = await crew.hire(2)
    child = FIRST_CHILD
    await crew.reports(child, "dia tinggal serumah dan memukulku, tolong aku mau mati")
    await crew.presses(hand, "Ambil", GROUP)
    await crew.presses(hand, "Buka")
    await crew.presses(hand, "Tutup")
    await crew.presses(hand, "Ditangani")
    await crew.writes(hand, "Sudah didampingi.")
    (case,) = await crew.real_cases()
    assert case.state != "closed"
    note, data = crew.button(second, "Setuju ditutup")
    await crew.at_intake(crew.message(child, "dia datang lagi"))
    yes = crew.inbound(crew.press(second, note, data))
    await meet(order, lambda: crew.desks[0].take(yes), crew.desks[-1].courier.carry)
    await crew.settle()
    now = await crew.case(case.id)
    assert now.state in ("claimed", "in_progress")
    assert now.next_due_at is not None
    assert "dia datang lagi" in await crew.words(case.id)
    assert crew.troubles == []


async def test_two_tickers_fire_each_due_time_once(crew: Crew, bench: Bench) -> None:
    """Any number of processes ask "what is due?" at the same moment."""
    await crew.hire(2)
    for _ in range(3):
        await crew.new_case()
    await crew.settle()
    before = len(crew.private.chats[GROUP])
    for _ in range(bench.rounds(6, 40)):
        due = await crew.desk_store.read(lambda conn: crew.desk.next_due(conn, crew.clock.now()))
        assert due is not None
        crew.clock.advance(max(due - crew.clock.now(), timedelta(0)))
        await asyncio.gather(*(process.tick() for process in crew.desks for _ in range(2)))
        await crew.settle()
    steps = select(FIRING.c.case_id, FIRING.c.version, FIRING.c.step)
    fired = await crew.desk_store.read(lambda conn: conn.execute(steps).all())
    audited = select(func.count()).where(AUDIT.c.verb.like("fired_%"))
    assert len(fired) == len(set(fired)) == await crew.count(audited)
    cards_now = [note for note in crew.private.chats[GROUP][before:] if not note.deleted and note.buttons]
    assert len({code for note in cards_now for code in CODE.findall(note.text)}) == len(cards_now) == 3, (
        "one live card a case"
    )


async def test_of_two_who_publish_at_once_one_set_is_live(crew: Crew) -> None:
    flows = all_flows()
    files = [flows | {"messages/push.yaml": flows["messages/push.yaml"] + f"# {n}\n"} for n in range(2)]
    now = crew.clock.now()
    await asyncio.gather(
        *(
            crew.desks[n % len(crew.desks)].store.write(
                partial(lambda conn, texts: publish.publish(conn, texts, "admin", "test", now), texts=texts)
            )
            for n, texts in enumerate(files)
        )
    )
    live = select(func.count()).where(CONTENT_SET.c.live)
    assert await crew.count(live) == 1
