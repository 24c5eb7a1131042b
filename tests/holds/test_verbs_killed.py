"""Verbs of the operator killed in the middle: the next call finishes what was begun, or says what to do."""

import asyncio
import json
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from storage import keys, migrate, vault
from storage.framing import Unreadable
from tests.conftest import ACTORS
from tests.holds import crash_points
from tests.holds.city import ACTOR_OF, City
from tests.holds.nursery import Nursery

pytestmark = pytest.mark.slow

CODE: Final = re.compile(r"Recovery code: (\S+)")


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


def test_every_point_of_every_verb(nursery: Nursery, tmp_path: Path) -> None:
    verbs: dict[str, tuple[tuple[str, ...], Callable[[City], Awaitable[None]], Callable[[City, str], None]]] = {
        "keys": (("keys", "init"), _nothing, _keys_are_whole),
        "tables": (("db", "upgrade"), _keys, _tables_are_there),
        "publish": (("flows", "publish", "--why", "sebuah kata"), _tables, _nothing_else),
        "invite": (("staff", "invite", "Sari", "--json"), _tables, _code_is_given),
        "remove": (("staff", "remove", "Sari"), _sari, _nothing_else),
    }
    reached: set[str] = set()
    wrong: list[str] = []
    deaths = 0

    async def kill_all() -> None:
        nonlocal deaths
        for name, (words, prepare, check) in verbs.items():
            prepared = tmp_path / name
            async with City(nursery, prepared) as city:
                await prepare(city)
            counts = tmp_path / f"{name}.json"
            async with City(nursery, tmp_path / f"{name}-whole") as city:
                _move(prepared, city)
                code, said = await city.berani(*words, plan=_plan(counts=str(counts)))
                assert code == 0, said
            passed = json.loads(counts.read_text("utf-8"))
            reached.update(passed)
            for number, (point, times) in enumerate(passed.items()):
                for occurrence in sorted({1, times}):
                    async with City(nursery, tmp_path / f"{name}-{number}-{occurrence}") as city:
                        _move(prepared, city)
                        code, heard = await city.berani(*words, plan=_plan(point=point, occurrence=occurrence))
                        assert code == -9, f"{point} {occurrence} was not reached"
                        deaths += 1
                        try:
                            await _once_more(city, words, heard, check)
                        except AssertionError as problem:
                            wrong.append(f"killed {point} {occurrence}: {problem}")

    async def whole() -> None:
        async with nursery:
            await kill_all()

    asyncio.run(whole())
    print(f"{deaths} deaths, {nursery.cpu:.0f} s of CPU")
    assert not wrong, "\n".join(wrong)
    listed = {one.key for one in crash_points.listed() if one.section == "verbs"}
    assert {point.rsplit(" ", 1)[0] for point in reached} == listed


async def _once_more(city: City, words: tuple[str, ...], heard: str, check: Callable[[City, str], None]) -> None:
    code, said = await city.berani(*words)
    assert "Traceback" not in said, said
    if words[:2] == ("staff", "remove") and code == 1:
        assert "nobody active is called so" in said  # the first call had done it
        return
    assert code == 0, said
    check(city, heard + said)


def _plan(**given: object) -> dict[str, object]:
    return {"point": "", "occurrence": 0, "actors": ACTOR_OF, **given}


def _move(prepared: Path, city: City) -> None:
    if (prepared / "var").exists():
        shutil.copytree(prepared / "var", city.folder / "var")


async def _nothing(_: City) -> None:
    return


async def _keys(city: City) -> None:
    code, said = await city.berani("keys", "init")
    assert code == 0, said


async def _tables(city: City) -> None:
    await _keys(city)
    code, said = await city.berani("db", "upgrade")
    assert code == 0, said
    code, said = await city.berani("flows", "publish", "--why", "pertama")
    assert code == 0, said


async def _sari(city: City) -> None:
    await _tables(city)
    code, said = await city.berani("staff", "invite", "Sari", "--json")
    assert code == 0, said
    city.start()
    private, _ = city.worker(7_300_000_001, "Sari")
    await private.ask(f"/start {json.loads(said)['code']}")
    await city.stop()


def _nothing_else(_: City, __: str) -> None:
    return


def _keys_are_whole(city: City, said: str) -> None:
    """Both sides are there and pinned, and a code was shown that opens the escrow of the desk's epoch."""
    folder = city.folder / "var" / "keys"
    keys.load_intake(folder)
    desk = keys.load_desk(folder)
    keys.check_pins(folder)
    escrow = folder / "escrow" / f"{desk.epoch_id}.sealed"
    assert any(_opens(code, escrow) for code in CODE.findall(said)), "nobody was shown the recovery code"


def _opens(code: str, escrow: Path) -> bool:
    try:
        vault.open_escrow(code, escrow.read_text("ascii"))
    except Unreadable:
        return False
    return True


def _tables_are_there(city: City, _: str) -> None:
    for actor in ACTORS:
        migrate.require_current(f"sqlite:///{city.folder}/var/{actor}.db", actor)


def _code_is_given(_: City, said: str) -> None:
    assert re.search(r'"code": "[A-Z2-9]{10}"', said)
