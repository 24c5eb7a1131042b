"""Several processes of one actor on one PostgreSQL: letters are applied once, rows sent once, whoever is faster."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from bot.intake.hooks import Hooks
from handoff import audit
from storage import outbox
from storage.desk_tables import PAGE
from storage.shared_tables import APPLIED, OUTBOX
from tests.conftest import Bench, Clock, Databases, Keys
from tests.e2e.stage import GROUP
from tests.holds.crew import ARRIVED, FIRST_CHILD, STORY, Crew


@pytest.fixture
def database_kind() -> str:
    return "postgres"


@pytest.fixture
async def crew(databases: Databases, keys: Keys, clock: Clock) -> AsyncIterator[Crew]:
    made = Crew(databases, keys, clock, desks=3)
    await made.open()
    yield made
    assert await made.desk_store.read(audit.first_break) is None
    await made.close()


async def test_letters_that_several_processes_open_at_once_are_applied_once(crew: Crew, bench: Bench) -> None:
    """One case, one card, one "sampai" each; no alarm, nothing refused, nothing left behind."""
    children = [FIRST_CHILD + n for n in range(bench.rounds(8, 40))]
    for child in children:
        await crew.says(child, *STORY, f"ceritaku-{child}", "selesai")
    for child in children:
        await crew.at_intake(crew.message(child, "kirim"))
        await crew.at_intake(crew.message(child, "tolong aku takut sekali"))
    await asyncio.gather(*(process.courier.carry() for process in crew.desks for _ in range(2)))
    await crew.settle()
    assert crew.troubles == []
    cases = await crew.cases()
    assert len(cases) == len(children)
    for child in children:
        assert sum(f"ceritaku-{child}" in str(page.body) for _, pages in cases for page in pages) == 1
        assert crew.heard(child).count(ARRIVED) == 1
    live = [note for note in crew.private.chats[GROUP] if "Ambil" in note.buttons and not note.deleted]
    assert len(live) == len(children)
    answers = select(func.count()).where(PAGE.c.answer.is_not(None)).group_by(PAGE.c.case_id, PAGE.c.answer)
    assert set(await crew.desk_store.read(lambda conn: conn.execute(answers).scalars().all())) == {1}


async def test_answers_of_two_processes_of_the_desk_reach_the_reporter_once_and_in_order(crew: Crew) -> None:
    """Each process writes a stream of its own: intake applies both, without taking one's silence for a gap."""
    hands = await crew.hire(3)
    await crew.reports(FIRST_CHILD, "ceritaku")
    card, data = crew.button(GROUP, "Ambil")
    await crew.desks[1].take(crew.inbound(crew.press(hands[0], card, data, GROUP)))
    await crew.settle()
    await crew.presses(hands[0], "Buka")
    for n, process in enumerate(crew.desks):
        note, data = crew.button(hands[0], "Balas pelapor")
        await process.take(crew.inbound(crew.press(hands[0], note, data)))
        await process.take(crew.inbound(crew.message(hands[0], f"pesan nomor {n}")))
        crew.clock.advance(timedelta(seconds=11))
        await asyncio.gather(*(one.tick() for one in crew.desks))
        await crew.settle()
    assert crew.troubles == []
    heard = crew.heard(FIRST_CHILD)
    assert [heard.count(f"pesan nomor {n}") for n in range(3)] == [1, 1, 1]
    assert heard.count("menangani ceritamu") == 1


async def test_no_row_is_sent_by_two_deliveries(crew: Crew, bench: Bench) -> None:
    """Three deliveries of the desk and two of intake work off one outbox each; one person's in the order of writing."""
    hands = await crew.hire(6)
    twin = crew._delivery(
        crew.intake_store, cast(Any, crew._deliveries[0]._transport), crew.tools.outbox, Hooks(crew.tools)
    )
    await crew.settle()
    before = {hand: len(crew.private.chats[hand]) for hand in hands}
    rounds = bench.rounds(5, 30)
    for n in range(rounds):
        for hand in hands:
            await crew.at_desk(crew.message(hand, "/tugas"))
            await crew.at_desk(crew.message(hand, f"/perintah{n}"))
    deliveries = [*(process.delivery for process in crew.desks), crew._deliveries[0], twin]
    while await crew.desk_store.read(crew._unsent):
        await asyncio.gather(*(crew._deliver(one) for one in deliveries))
        crew.clock.advance(timedelta(seconds=1))
    for hand in hands:
        texts = [note.text for note in crew.private.chats[hand][before[hand] :]]
        assert len(texts) == 2 * rounds
        assert len(set(texts[::2])) == 1
        assert len(set(texts[1::2])) == 1, "an answer came before the one to the message before"
    states = await crew.desk_store.read(lambda conn: Counter(conn.execute(select(OUTBOX.c.state)).scalars()))
    assert set(states) <= {"sent", "expired"}


async def test_what_one_process_died_with_is_sent_by_another_when_its_lease_ends(crew: Crew) -> None:
    (hand,) = await crew.hire(1)
    await crew.settle()
    before = len(crew.private.chats[hand])
    await crew.at_desk(crew.message(hand, "/bantuan"))
    taken = await crew.desks[1].store.write(lambda conn: outbox.take(conn, crew.clock.now(), 8))
    assert len(taken) == 1
    await crew._deliver(crew.desks[2].delivery)
    assert len(crew.private.chats[hand]) == before, "it may be arriving just now"
    crew.clock.advance(outbox.LEASE)
    await asyncio.gather(*(crew._deliver(process.delivery) for process in crew.desks))
    assert len(crew.private.chats[hand]) == before + 1


async def test_letters_are_recorded_once_though_three_processes_carry_without_a_pause(crew: Crew) -> None:
    child = FIRST_CHILD
    stop = asyncio.Event()

    async def carry(n: int) -> None:
        while not stop.is_set():
            await crew.desks[n].courier.carry()
            await asyncio.sleep(0)

    carrying = [asyncio.create_task(carry(n)) for n in range(3)]
    for text in (*STORY, "satu", "dua", "tiga", "selesai", "kirim", *["lewati"] * 6):
        await crew.at_intake(crew.message(child, text))
        crew.clock.advance(timedelta(seconds=2))
    written = partial(crew.intake_store.read, crew._waiting)
    applied = select(func.count()).select_from(APPLIED)
    async with asyncio.timeout(60):
        while await crew.count(applied) < (await written())[0]:
            await crew.desks[0].tick()
    stop.set()
    await asyncio.gather(*carrying)
    await crew.settle()
    assert crew.troubles == []
    assert len(await crew.real_cases()) == 1
