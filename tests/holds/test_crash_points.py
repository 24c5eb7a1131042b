"""Killed at any crash point, the service goes on where it stood: nothing acknowledged is lost, nothing happens twice.

Each line of tests/crash_points.txt is reached by one of six stories. For a point and one of its occurrences the story
is told from its beginning, the process kills itself there, the supervisor starts it anew, and the story goes on to its
end as if nothing had been: whoever waits for an answer gets one. What is then on disk and in the chats is compared with
a telling that nobody disturbed (see ledger). `--long` takes every occurrence of every point.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulator.telegram.errors import ControlError
from tests.conftest import Bench
from tests.holds import crash_points
from tests.holds.city import City
from tests.holds.kill_story import AFTERWARDS, BROKEN, STORIES, UNSURE, WORDS, prepare, set_back
from tests.holds.ledger import Story
from tests.holds.nursery import Nursery
from tests.holds.retold import doubled, faults, retell

pytestmark = pytest.mark.slow

PARTS = 8
AT_ONCE = 3
"""Stories told side by side: most of each is waiting."""
TOLD_WITHIN = 240.0
"""Seconds for one story on a machine that does much else; it takes a few."""
OFTEN = 20
"""A point that is passed so often is died at four times instead of twice."""
REACHED = 0.7
"""Of the planned deaths so many must happen: how often a process asks for news differs from telling to telling."""


@dataclass
class Undisturbed:
    """Every story as it is without a death: what it leaves, and how often it passes each point."""

    prepared: Path
    begins: dict[str, Path] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)
    passed: dict[str, dict[str, int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    found = Undisturbed(folder / "prepared")

    async def tell_all() -> None:
        async with nursery:
            async with City(nursery, found.prepared) as city:
                await prepare(city)
            for name, tell in STORIES.items():
                found.begins[name] = found.prepared
                if name in AFTERWARDS:
                    found.begins[name] = folder / f"before {name}"
                    set_back(found.prepared, folder / "report", found.begins[name], AFTERWARDS[name])
                counts = folder / f"{name}.json"
                plan = {"counts": str(counts), "broken": name in BROKEN}
                _, found.stories[name], _ = await retell(nursery, found.begins[name], folder / name, tell, plan)
                found.passed[name] = json.loads(counts.read_text("utf-8"))

    asyncio.run(tell_all())
    return found


def test_the_list_names_every_commit_and_every_outside_call_of_the_source() -> None:
    listed = crash_points.listed()
    assert len({one.key for one in listed}) == len(listed)
    found = {"commit": set(crash_points.commits().values()), "call": crash_points.calls(), "file": crash_points.files()}
    for kind, names in found.items():
        assert {one.name for one in listed if one.kind == kind} == names, f"mend the {kind} lines of crash_points.txt"


def test_the_stories_reach_every_point_that_is_listed_and_no_other(undisturbed: Undisturbed) -> None:
    reached = {key for passed in undisturbed.passed.values() for key in passed}
    keys = {one.key for one in crash_points.listed() if one.section == "served"}
    assert reached == {f"{key} {side}" for key in keys for side in crash_points.SIDES}


def test_an_undisturbed_story_leaves_what_was_said_in_it_once_each(undisturbed: Undisturbed) -> None:
    """What the deaths are measured by is right itself."""
    for name, wanted in (("report", WORDS[:1]), ("urgent", WORDS[1:])):
        books = undisturbed.stories[name].books
        ((code, kind, _, _, owner, clocked, told, _),) = books.cases
        assert (code, kind, owner, clocked) == ("K-0001", "laporan", "Sari", True)
        pages = [body for _, body in told]
        places = [number for word in wanted for number, body in enumerate(pages) if word in body]
        assert len(places) == len(wanted)
        assert places == sorted(places)
    assert len(undisturbed.stories["report"].books.cases[0][-1]) == 2
    assert undisturbed.stories["urgent"].books.firings == {("K-0001", 0): 1}
    assert [case[0] for case in undisturbed.stories["troubles"].books.cases] == ["K-0001", "T-0001", "T-0002"]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_death_at_any_crash_point_loses_nothing_and_doubles_nothing(
    part: int, nursery: Nursery, undisturbed: Undisturbed, bench: Bench, tmp_path: Path
) -> None:
    keys = sorted(one.key for one in crash_points.listed() if one.section == "served")
    points = [f"{key} {side}" for key in keys for side in crash_points.SIDES][part::PARTS]
    plans = [plan for point in points for plan in _chosen(undisturbed, point, everything=bench.long)]
    outcome = _Outcome()

    async def die_everywhere() -> None:
        async with nursery:
            waiting = list(enumerate(plans))[::-1]
            async with asyncio.TaskGroup() as tellers:
                for _ in range(AT_ONCE):
                    tellers.create_task(_teller(nursery, undisturbed, tmp_path, waiting, outcome))

    asyncio.run(die_everywhere())
    print(f"{len(plans)} planned, {outcome.deaths} deaths, {outcome.doubled} messages twice")
    assert not outcome.wrong, "\n\n".join(outcome.wrong)
    assert outcome.deaths >= REACHED * len(plans)


@dataclass
class _Outcome:
    deaths: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)


def _chosen(undisturbed: Undisturbed, point: str, *, everything: bool) -> list[tuple[str, str, int]]:
    """(story, point, occurrence): the first and the last, and some between them of what is passed often."""
    all_of_them = [
        (name, point, occurrence)
        for name, passed in undisturbed.passed.items()
        for occurrence in range(1, passed.get(point, 0) + 1)
    ]
    wanted = len(all_of_them) if everything else min(len(all_of_them), 4 if len(all_of_them) >= OFTEN else 2)
    if wanted < 2:
        return all_of_them[:wanted]
    return [all_of_them[number * (len(all_of_them) - 1) // (wanted - 1)] for number in range(wanted)]


async def _teller(
    nursery: Nursery,
    undisturbed: Undisturbed,
    folder: Path,
    waiting: list[tuple[int, tuple[str, str, int]]],
    outcome: _Outcome,
) -> None:
    """Tells one story after the other until none is waiting.

    What a busy machine delays can differ from telling to telling; what a death at a point breaks, it breaks each time.
    So a story that ends otherwise is told once more, and counts if that telling ends otherwise too.
    """
    while waiting:
        number, planned = waiting.pop()
        wrong = await _told(nursery, undisturbed, folder / str(number), planned, outcome)
        if wrong:
            print(f"told once more: {wrong}")
            again = await _told(nursery, undisturbed, folder / f"{number}-again", planned, outcome)
            outcome.wrong += [wrong, again] if again else []


async def _told(
    nursery: Nursery, undisturbed: Undisturbed, own: Path, planned: tuple[str, str, int], outcome: _Outcome
) -> str:
    """What is wrong with one telling; "" for nothing."""
    name, point, occurrence = planned
    plan = {"point": point, "occurrence": occurrence, "broken": name in BROKEN}
    title = f"{name}, killed {point} {occurrence}"
    try:
        async with asyncio.timeout(TOLD_WITHIN):
            city, left, in_flight = await retell(nursery, undisturbed.begins[name], own, STORIES[name], plan)
    except (AssertionError, ControlError, TimeoutError) as problem:
        return f"{title}: {type(problem).__name__}: {problem}"
    outcome.deaths += len(city.lives) - 1
    outcome.doubled += doubled(left, undisturbed.stories[name]).total()
    found = faults(left, undisturbed.stories[name], in_flight, unsure=name in UNSURE)
    if "Traceback" in city.log.read_text("utf-8"):
        found.append("a traceback in the log")
    return f"{title}:\n" + "\n".join(found) if found else ""
