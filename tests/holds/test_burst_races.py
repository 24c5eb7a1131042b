"""What one person sends at once, and what time does meanwhile: in order, each once, and nobody keeps others waiting."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.intake.turn import Intake
from storage.intake_tables import ADDRESSES, ANSWERS, SESSIONS, THREADS
from storage.store import Store
from tests.conftest import Bench, Clock
from tests.e2e.stage import GROUP
from tests.holds.crew import ARRIVED, FIRST_CHILD, STORY, Crew, Order, meet
from tests.holds.scene import Scene, Scenes, meetings

CHILD = FIRST_CHILD


async def at_the_story(crew: Crew) -> None:
    """Somebody has been asked to tell what happened."""
    await crew.says(CHILD, *STORY)


@pytest.fixture(scope="module")
def scenes() -> Iterator[Scenes]:
    made = Scenes(at_the_story)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, scenes: Scenes) -> Scene:
    return scenes.of(request.param, request)


@pytest.fixture
async def crew(scene: Scene, clock: Clock) -> AsyncIterator[Crew]:
    async with scene.play(clock) as playing:
        yield playing
        assert playing.troubles == []


@pytest.fixture
def intakes(crew: Crew) -> Iterator[list[Intake]]:
    """The processes of intake: two where the database allows it."""
    if crew.databases.kind == "sqlite":
        yield [crew.intake, crew.intake]
        return
    store = Store.open(crew.databases.intake_url, "intake")
    yield [crew.intake, Intake(store, crew.tools)]
    store.close()


def parts(number: int, who: str = "") -> list[str]:
    return [f"bagian{who}{n:02d} dari ceritaku" for n in range(number)]


async def told(crew: Crew) -> list[str]:
    """Every word of every report, in the order of its pages."""
    return [str(page.body["words"]) for _, pages in await crew.cases() for page in pages if page.kind == "answer"]


async def version(crew: Crew) -> int:
    """How often the only conversation was written."""
    return int(await crew.intake_store.read(lambda conn: conn.execute(select(SESSIONS.c.version)).scalar_one()))


async def wake(crew: Crew) -> None:
    """The tick that wakes conversations whose time has come, whether anything is due or not."""
    address = await crew.intake_store.read(lambda conn: conn.execute(select(SESSIONS.c.address_id)).scalar_one())
    await crew.intake.wait_is_over(address, crew.clock.now())


async def test_thirty_messages_of_one_person_and_thirty_of_others_come_in_order_and_once(
    crew: Crew, intakes: list[Intake]
) -> None:
    others = [CHILD + 1 + n for n in range(6)]
    for child in others:
        await crew.says(child, *STORY)
    mine = [crew.inbound(crew.message(CHILD, text), "intake") for text in parts(30)]
    theirs = [
        [crew.inbound(crew.message(child, text), "intake") for text in parts(5, f"-{child}-")] for child in others
    ]

    async def in_order(inbounds: list[Any], intake: Intake) -> None:
        for one in inbounds:
            await intake.receive(one, crew.clock.now())

    await asyncio.gather(in_order(mine, intakes[0]), *(in_order(one, intakes[n % 2]) for n, one in enumerate(theirs)))
    for child in (CHILD, *others):
        await crew.says(child, "selesai", "kirim")
    words = await told(crew)
    assert [one for one in words if one in parts(30)] == parts(30)
    for child in others:
        assert [one for one in words if f"-{child}-" in one] == parts(5, f"-{child}-")
        assert crew.heard(child).count(ARRIVED) == 1


async def test_a_burst_taken_by_one_process_keeps_its_order_though_all_arrive_at_once(crew: Crew) -> None:
    """As a webhook would bring them: thirty turns of one chat are begun before the first is done."""
    mine = [crew.inbound(crew.message(CHILD, text), "intake") for text in parts(30)]
    await asyncio.gather(*(crew.intake.receive(one, crew.clock.now()) for one in mine))
    await crew.says(CHILD, "selesai", "kirim")
    assert [one for one in await told(crew) if one in parts(30)] == parts(30)


async def test_a_clock_put_back_in_the_middle_of_a_story_keeps_its_order(crew: Crew) -> None:
    await crew.says(CHILD, *parts(3))
    crew.clock.advance(-timedelta(hours=1))
    await crew.says(CHILD, "lalu dia pergi", "selesai", "kirim")
    assert [one for one in await told(crew) if "ceritaku" in one or "pergi" in one] == [*parts(3), "lalu dia pergi"]


async def test_the_same_updates_taken_by_two_processes_at_once_count_once(
    crew: Crew, intakes: list[Intake], bench: Bench
) -> None:
    """A webhook repeated while the first is being worked on, or a change from polling to webhooks."""
    for n in range(bench.rounds(3, 20)):
        child = CHILD + 1 + n
        for text in (*STORY, "ceritaku yang sekali", "selesai", "kirim"):
            one = crew.inbound(crew.message(child, text), "intake")
            await asyncio.gather(*(intake.receive(one, crew.clock.now()) for intake in intakes for _ in range(2)))
            crew.clock.advance(timedelta(seconds=2))
            await crew.settle()
        assert crew.heard(child).count(ARRIVED) == 1
        assert crew.heard(child).count("dalam bahaya sekarang?") == 1
    assert len(await crew.real_cases()) == n + 1
    assert (await told(crew)).count("ceritaku yang sekali") == n + 1
    addresses = select(func.count()).select_from(ADDRESSES)
    assert await crew.intake_store.read(lambda conn: conn.execute(addresses).scalar_one()) == n + 2


@meetings
@pytest.mark.parametrize("word", ["selesai", "kirim", "tolong aku dipukul sekarang", "hapus"])
async def test_a_burst_meets_the_tick_that_wakes_its_conversation(
    crew: Crew, intakes: list[Intake], word: str, order: Order
) -> None:
    """Three messages and what ends them, while the silence that was waited for is over."""
    await crew.says(CHILD, "awal ceritaku")
    crew.clock.advance(timedelta(minutes=3, seconds=1))
    burst = [crew.inbound(crew.message(CHILD, text), "intake") for text in (*parts(3), word)]

    async def speak() -> None:
        for one in burst:
            await intakes[1].receive(one, crew.clock.now())

    await meet(order, speak, *(partial(wake, crew) for _ in range(3)))
    crew.clock.advance(timedelta(seconds=2))
    await crew.settle()
    await crew.says(CHILD, "ulang")
    rows = select(func.count()).select_from(ANSWERS).where(ANSWERS.c.kind == "text")
    expected = 4 + (word.startswith("tolong"))
    assert await crew.intake_store.read(lambda conn: conn.execute(rows).scalar_one()) == expected
    if word.startswith("tolong"):
        (case,) = await crew.real_cases()
        assert case.urgency == "tinggi", "a strong word of somebody who is in no danger now"
    if word == "kirim":
        assert crew.heard(CHILD).count(ARRIVED) == 1


@meetings
async def test_kirim_meets_the_silence_that_would_send_by_itself(
    crew: Crew, intakes: list[Intake], order: Order
) -> None:
    """24 hours are over in the very moment in which the person sends: one report, one receipt, one "sampai"."""
    await crew.says(CHILD, "ceritaku yang lama", "selesai")
    wake_at = await crew.intake_store.read(lambda conn: conn.execute(select(SESSIONS.c.wake_at)).scalar_one())
    while wake_at - crew.clock.now() < timedelta(hours=12):
        await crew.passes(wake_at - crew.clock.now())
        wake_at = await crew.intake_store.read(lambda conn: conn.execute(select(SESSIONS.c.wake_at)).scalar_one())
    crew.clock.advance(wake_at - crew.clock.now())
    kirim = crew.inbound(crew.message(CHILD, "kirim"), "intake")
    await meet(order, lambda: intakes[1].receive(kirim, crew.clock.now()), partial(wake, crew))
    await crew.settle()
    assert len(await crew.real_cases()) == 1
    assert (await told(crew)).count("ceritaku yang lama") == 1
    threads = select(func.count()).select_from(THREADS).where(THREADS.c.sent == "submit")
    assert await crew.intake_store.read(lambda conn: conn.execute(threads).scalar_one()) == 1
    assert crew.heard(CHILD).count(ARRIVED) <= 1


async def test_an_alarm_meets_the_report_that_is_being_sent(crew: Crew, intakes: list[Intake]) -> None:
    """Danger words and "kirim" in the same second, taken by two processes: one case, raised, every word in it."""
    await crew.says(CHILD, "ceritaku", "selesai")
    both = [crew.inbound(crew.message(CHILD, text), "intake") for text in ("kirim", "tolong dia mau bunuh aku")]
    before = await version(crew)
    await asyncio.gather(*(intake.receive(one, crew.clock.now()) for intake, one in zip(intakes, both, strict=True)))
    assert await version(crew) == before + 2, "neither was decided on what the other had changed by then"
    await crew.settle()
    (case,) = await crew.real_cases()
    assert case.urgency == "tinggi"
    words = await told(crew)
    assert words.count("ceritaku") == 1
    assert words.count("tolong dia mau bunuh aku") == 1


async def test_two_reporters_share_a_phone(crew: Crew) -> None:
    """Two reports from one chat: each has its officer and its words, and neither officer sees those of the other."""
    first, second = await crew.hire(2)
    await crew.says(CHILD, "RAHASIA-KAKAK dia memukulku", "selesai", "kirim")
    await crew.presses(first, "Ambil", GROUP)
    await crew.presses(first, "Buka")
    await crew.says(CHILD, *["lewati"] * 9, "kirim", *["lewati"] * 3)
    await crew.says(CHILD, "lapor", "tidak", "aku", "dekat masjid raya", "RAHASIA-ADIK aku diejek", "selesai", "kirim")
    await crew.presses(second, "Ambil", GROUP)
    await crew.presses(second, "Buka")
    assert len(await crew.real_cases()) == 2
    assert "RAHASIA-ADIK" not in crew.shown(first)
    assert "RAHASIA-KAKAK" not in crew.shown(second)

    for hand, words in ((first, "pesan untuk kakak"), (second, "pesan untuk adik")):
        await crew.presses(hand, "Balas pelapor")
        await crew.writes(hand, words)
    await crew.passes(timedelta(seconds=11))
    assert crew.heard(CHILD).count("pesan untuk kakak") == 1
    assert crew.heard(CHILD).count("pesan untuk adik") == 1
    for words, to in (("pesan untuk kakak", "JAWABAN-KAKAK"), ("pesan untuk adik", "JAWABAN-ADIK")):
        note = next(note for note in crew.public.chats[CHILD] if words in note.text)
        update = crew.message(CHILD, f"{to} iya kak")
        update["message"]["reply_to_message"] = {
            "message_id": note.id,
            "chat": {"id": CHILD, "type": "private"},
            "date": 1,
        }
        await crew.at_intake(update)
        crew.clock.advance(timedelta(seconds=10))
        await crew.settle()
    for hand, own, other in ((first, "KAKAK", "ADIK"), (second, "ADIK", "KAKAK")):
        await crew.presses(hand, "Buka")
        assert f"JAWABAN-{own}" in crew.shown(hand)
        assert f"JAWABAN-{other}" not in crew.shown(hand)
        assert f"RAHASIA-{other}" not in crew.shown(hand)

    # What is asked for without saying which report is about the newest; what is erased was not sent.
    await crew.says(CHILD, "kode")
    code = crew.public.chats[CHILD][-1].text
    await crew.says(CHILD, "status")
    alias = next(word for word in crew.heard(CHILD).split("Petugas ")[1:] if word).split()[0]
    assert alias
    await crew.says(CHILD, "0", "hapus", "ya", "kode")
    assert crew.public.chats[CHILD][-1].text == code, "what was sent stays, with its receipt"
