"""Killed at any moment, again and again, while many people talk at once: nothing acknowledged is lost, nothing doubled.

Nobody waits for the service to be well: everybody goes on as soon as they are answered, a few steps between two deaths.
The moments come from the seed: so many calls of the Bot API after a start, and then some milliseconds more.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Bench
from tests.e2e.harness import sentence
from tests.holds.city import ACTOR_OF, City, Phone
from tests.holds.kill_story import FILES, REPORTERS, moved_in, prepare, staff
from tests.holds.ledger import Auditor, Books, Said, said
from tests.holds.nursery import Nursery
from tests.holds.retold import retell

pytestmark = pytest.mark.slow

PARTS = 2
KILLS, CONVERSATIONS = 100, 50
MOST_CALLS = 30
"""A process lives for at most so many calls of the Bot API."""
LONGEST_LIFE = 3.0
"""Seconds after which a process is killed that has little to say."""
LATEST = 0.03
"""Seconds between a call and the kill: in them its answer is read and written down."""
LOOK_EVERY = 0.005
FIRST = REPORTERS + 1000

Step = Callable[[], Awaitable[object]]


def report(child: Phone, number: int) -> list[Step]:
    """Told, photographed and sent."""
    return [
        lambda: child.ask("/start", "Mau apa?"),
        lambda: child.ask("lapor", "bahaya sekarang"),
        lambda: child.ask("tidak", "balas ke HP ini"),
        lambda: child.ask("aman", "tentang siapa"),
        lambda: child.ask("aku", "di mana"),
        lambda: child.ask(f"dekat sekolah {number}", "Ceritakan sebisamu"),
        lambda: child.ask(f"ceritaku yang pertama {number}", "kusimpan"),
        lambda: child.ask(f"ceritaku yang kedua {number}", "kusimpan"),
        lambda: _voice(child, number),
        lambda: child.ask("selesai", "Boleh kukirim"),
        lambda: child.ask("kirim", sentence("umum", "sampai")),
    ]


def urgent(child: Phone, number: int) -> list[Step]:
    """In danger."""
    return [
        lambda: child.ask("darurat", "bisa telepon"),
        lambda: child.wait(sentence("umum", "sampai")),
        lambda: child.ask("bisa", "Di mana tempatnya"),
        lambda: child.ask(f"dekat pasar {number}", "Aman kalau petugas"),
        lambda: child.ask("aman", "Tulis apa saja"),
        lambda: child.ask(f"tolong cepat {number}", "kusimpan"),
    ]


async def _voice(child: Phone, number: int) -> None:
    await child.wait("kusimpan", child.send("voice", _recording(number)))


def _recording(number: int) -> bytes:
    return FILES["voice"] + str(number).encode()


KINDS = (report, urgent)
WORDS = (
    ("dekat sekolah {}", "ceritaku yang pertama {}", "ceritaku yang kedua {}"),
    ("dekat pasar {}", "tolong cepat {}"),
)


@pytest.mark.parametrize("part", range(PARTS))
def test_deaths_at_random_moments_lose_nothing_and_double_nothing(part: int, bench: Bench, tmp_path: Path) -> None:
    kills = bench.rounds(KILLS, 10 * KILLS)
    chance = random.Random(bench.seed * PARTS + part)
    nursery = Nursery()
    try:
        told, measure = asyncio.run(_tell(nursery, tmp_path, chance, kills))
    finally:
        nursery.close()
    city, books, in_flight = told
    print(f"{kills} kills, {CONVERSATIONS} conversations, {nursery.cpu:.0f} s of CPU")
    wrong = [*_lost(books), *_doubled(said(city), measure, in_flight)]
    if "Traceback" in city.log.read_text("utf-8"):
        wrong.append("a traceback in the log")
    assert not wrong, "\n".join(wrong)


async def _tell(
    nursery: Nursery, folder: Path, chance: random.Random, kills: int
) -> tuple[tuple[City, Books, Said], tuple[Said, ...]]:
    async with nursery:
        async with City(nursery, folder / "prepared") as city:
            await prepare(city)
        measure = []
        for kind in KINDS:
            _, left, _ = await retell(nursery, folder / "prepared", folder / kind.__name__, _once(kind))
            measure.append(left.said)
        return await _disturbed(nursery, folder, chance, kills), tuple(measure)


def _once(kind: Callable[[Phone, int], list[Step]]) -> Callable[[City], Awaitable[None]]:
    async def tell(city: City) -> None:
        staff(city)
        for step in kind(city.reporter(FIRST), 0):
            await step()

    return tell


async def _disturbed(nursery: Nursery, folder: Path, chance: random.Random, kills: int) -> tuple[City, Books, Said]:
    plan = {"point": "", "occurrence": 0, "actors": ACTOR_OF}
    async with City(nursery, folder / "disturbed", plan=plan) as city:
        moved_in(city, folder / "prepared")
        auditor, in_flight, died = Auditor(city), Said(), asyncio.Condition()

        async def on_death() -> None:
            in_flight.update(await auditor.in_flight())
            async with died:
                died.notify_all()

        async def talk(number: int) -> None:
            steps = KINDS[number % len(KINDS)](city.reporter(FIRST + number), number)
            moments = sorted(chance.randrange(kills) for _ in steps)
            for step, moment in zip(steps, moments, strict=True):
                async with died:
                    await died.wait_for(lambda moment=moment: len(city.lives) >= moment)  # type: ignore[misc]
                await step()

        city.on_death, city.idle = on_death, auditor.idle
        staff(city)
        city.start()
        await _true(lambda: "run" in city.running)
        async with asyncio.TaskGroup() as together:
            together.create_task(_kill(city, chance, kills))
            for number in range(CONVERSATIONS):
                together.create_task(talk(number))
        await city.settled()
        await city.stop()
        assert sum(life.code == -signal.SIGKILL for life in city.lives) == kills
        return city, auditor.books(), in_flight


async def _kill(city: City, chance: random.Random, kills: int) -> None:
    loop = asyncio.get_running_loop()
    for death in range(kills):
        calls, late = chance.randrange(MOST_CALLS), chance.uniform(0, LATEST)
        await _true(lambda death=death: len(city.lives) == death and not city.running["run"].ended.done())  # type: ignore[misc]
        last, end = city.world.calls_so_far + calls, loop.time() + LONGEST_LIFE
        await _true(lambda last=last, end=end: city.world.calls_so_far >= last or loop.time() > end)  # type: ignore[misc]
        await asyncio.sleep(late)
        city.running["run"].send(signal.SIGKILL)


async def _true(look: Callable[[], bool]) -> None:
    while not look():  # noqa: ASYNC110 (nothing tells of a process that begins)
        await asyncio.sleep(LOOK_EVERY)


def _lost(books: Books) -> list[str]:
    """Every conversation is one case with every word once, in order, and its file."""
    wrong = []
    cases: dict[int, list[Any]] = {number: [] for number in range(CONVERSATIONS)}
    for case in books.cases:
        bodies = [body for _, body in case[-2]]
        for number in range(CONVERSATIONS):
            wanted = [f'"{words.format(number)}"' for words in WORDS[number % len(KINDS)]]
            places = [[place for place, body in enumerate(bodies) if word in body] for word in wanted]
            if any(places):
                cases[number].append(case)
                if any(len(found) != 1 for found in places) or places != sorted(places):
                    wrong.append(f"conversation {number} stands in {case[0]} at {places}")
                if number % len(KINDS) == 0 and case[-1] != (("voice", _recording(number)),):
                    wrong.append(f"{case[0]} has files of {[len(data) for _, data in case[-1]]} bytes")
    wrong += [f"conversation {number} made {len(found)} cases" for number, found in cases.items() if len(found) != 1]
    if len(books.cases) != CONVERSATIONS:
        wrong.append(f"there are {len(books.cases)} cases: {[case[:4] for case in books.cases]}")
    if any(count != 1 for count in books.firings.values()):
        wrong.append(f"fired twice: {books.firings}")
    return wrong


def _doubled(found: Said, measure: tuple[Said, ...], in_flight: Said) -> list[str]:
    """What stands in a chat more often than in an undisturbed telling, and was not in flight when the process died."""
    allowed: Counter[tuple[int, str]] = Counter(in_flight)
    for number in range(CONVERSATIONS):
        for (chat, text), count in measure[number % len(KINDS)].items():
            if chat == FIRST:
                allowed[FIRST + number, text] += count
    extra = found - allowed
    twice = [one for one, count in extra.items() if count > (one[0] < REPORTERS)]
    missing = [one for one in allowed - in_flight if one not in found]
    once = allowed - in_flight
    again = sum(count - max(1, once[one]) for one, count in found.items() if one in in_flight)
    print(f"{in_flight.total()} messages were in flight at a death, {again} of them stand twice")
    return [f"said twice: {one}" for one in twice] + [f"never said: {one}" for one in missing]
