"""The power goes, at any moment: what was acknowledged is there afterwards, whole, once.

A whole evening at the office runs on stores whose disk is watched (power_cut.py, recorded.py). Then the power is cut at
many moments of it, the stores are opened on what is left, and the office goes on. The same with weakened settings must
lose something: else the test would see nothing.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, insert

from storage import migrate, pragmas, writer
from storage.shared_tables import META, RECEIVED, Actor
from storage.store import Store
from tests.conftest import ACTORS, Bench, Clock, Databases, Keys
from tests.e2e.stage import Stage
from tests.holds.evening import Answers, Evening, again, stories, talks
from tests.holds.power_cut import KINDS, put_back
from tests.holds.recorded import Acknowledged, Cut, Damaged, Record, digest_of, recording

PEOPLE = 3
MEMORY = Path("/dev/shm")


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory, where there is some: what a disk does is played."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made).resolve()


@pytest.fixture
def office(folder: Path, databases: Databases, keys: Keys) -> Path:
    """Two stores in which flows/ is published, the group bound and a caseworker has joined."""
    (folder / "office").mkdir()
    for actor in ACTORS:
        shutil.copy(pragmas.path_of(databases.url(actor)), folder / "office" / f"{actor}.db")

    async def opened() -> None:
        stage = Stage(urls(folder / "office"), keys, Clock())
        await stage.open()
        await stage.close()

    asyncio.run(opened())
    return folder / "office"


def urls(folder: Path) -> Databases:
    return Databases(*(f"sqlite:///{folder}/{actor}.db" for actor in ACTORS))


@dataclass
class Toll:
    """What power cuts have cost."""

    cuts: int = 0
    turns: int = 0
    with_loss: int = 0
    damaged: int = 0

    def __str__(self) -> str:
        return f"{self.cuts} cuts, {self.with_loss} lose {self.turns} acknowledged turns, {self.damaged} damage a store"


async def recorded(
    office: Path, keys: Keys, evening: Evening, dice: Random, before: Stage | None = None
) -> tuple[Record, Stage]:
    """The evening, or the rest of it, in the office in that folder: what happened, and the stage, closed."""
    with recording(office) as record:
        stage = again(urls(office), keys, evening, before) if before else Stage(urls(office), keys, Clock())
        await evening.play(stage, dice, record)
        await stage.close()
    return record, stage


def toll(record: Record, cuts: Iterable[Cut], folder: Path, deaf: str = "no file") -> Toll:
    """What these cuts cost: acknowledged turns that are missing, stores that are damaged or hold half a turn."""
    found = Toll()
    for cut in cuts:
        place = put_back(folder / "cut", record.files_after(cut, deaf))
        found.cuts += 1
        try:
            turns = record.lost(cut, place)
        except Damaged:
            found.damaged += 1
        else:
            found.turns += turns
            found.with_loss += bool(turns)
    return found


async def goes_on(
    place: Path, keys: Keys, evening: Evening, before: Stage, dice: Random | None
) -> dict[str, list[Answers]]:
    """What is at the desk once everything has settled, with `dice` once everybody has written the rest as well."""
    stage = again(urls(place), keys, evening, before)
    try:
        await stage.settle()
        if dice is not None:
            await evening.play(stage, dice)
            stage.clock.advance(timedelta(hours=1))  # what was said after the report goes to the desk a little later
            await stage.settle()
        return await stories(stage, [talk.marker for talk in evening.talks])
    finally:
        await stage.close()


PACES = {
    "as in life": (0.5, 1000),
    "a checkpoint after every batch": (0.0, 1000),
    "small checkpoints under way": (0.5, 25),
}
"""After how many idle seconds the WAL is emptied, and after how many pages SQLite checkpoints by itself."""


@pytest.mark.parametrize(("idle", "pages"), PACES.values(), ids=PACES)
async def test_what_was_acknowledged_survives_a_power_cut(
    office: Path, keys: Keys, bench: Bench, idle: float, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_IDLE_SECONDS", idle)
    monkeypatch.setitem(pragmas._OF_ROLE["writer"], "wal_autocheckpoint", pages)
    dice = Random(f"{bench.seed} {idle} {pages}")
    folder, evening = office.parent, Evening(talks(PEOPLE, dice))
    record, stage = await recorded(office, keys, evening, dice)
    told = await goes_on(office, keys, evening.after(record.now), stage, dice)
    assert all(len(cases) == 1 for cases in told.values()), "each story is one case where no power goes"

    async def check(record: Record, evening: Evening, before: Stage, cut: Cut, to_the_end: bool) -> None:
        files = record.files_after(cut)
        assert record.lost(cut, put_back(folder / "cut", files)) == 0, f"{cut}: acknowledged turns are lost"
        standing, place = evening.after(cut.at), put_back(folder / "cut", files)
        found = await goes_on(place, keys, standing, before, dice if to_the_end else None)
        for _, marker in standing.reported:
            assert len(found[marker]) == 1, f"{cut}: an acknowledged report is {len(found[marker])} cases"
        if to_the_end:
            unlike = {marker: (told[marker], found[marker]) for marker in told if told[marker] != found[marker]}
            assert not unlike, f"{cut}: what is at the desk is not what was told: {unlike}"

    for number, cut in enumerate(record.cuts(bench.rounds(54, 600), dice)):
        await check(record, evening, stage, cut, to_the_end=number % 11 == 0)
    # The power comes back and goes again: the restart itself is watched.
    (cut,) = record.cuts(1, dice)
    place, standing = put_back(folder / "again", record.files_after(cut)), evening.after(cut.at)
    second, later = await recorded(place, keys, standing, dice, stage)
    for number, another in enumerate(second.cuts(bench.rounds(14, 100), dice)):
        await check(second, standing, later, another, to_the_end=number % 11 == 0)


@pytest.fixture(params=["synchronous=NORMAL", "synchronous=OFF", "a WAL whose syncs do nothing"])
def weakened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One thing that keeps what was acknowledged, taken away."""
    levels = {"synchronous=NORMAL": 1, "synchronous=OFF": 0}
    monkeypatch.setitem(pragmas._MUST, "synchronous", levels.get(request.param, 2))
    return str(request.param)


async def test_the_same_cuts_lose_turns_where_the_disk_is_not_waited_for(
    office: Path, keys: Keys, bench: Bench, weakened: str
) -> None:
    dice = Random(f"{bench.seed} weak")
    record, _ = await recorded(office, keys, Evening(talks(PEOPLE, dice)), dice)
    deaf = "-wal" if weakened.startswith("a WAL") else "no file"
    found = toll(record, record.cuts(bench.rounds(40, 300), dice), office.parent, deaf)
    print(f"{weakened}: {found}")
    assert found.with_loss + found.damaged > found.cuts / 4, "the bench would not notice that turns are lost"


@pytest.mark.parametrize("pages", [1000, 5])
async def test_turns_that_share_a_commit_survive_together(
    folder: Path, databases: Databases, bench: Bench, clock: Clock, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Crowds of small turns, one in ten of which fails; a command in between, which does not wait in the queue."""
    monkeypatch.setitem(pragmas._OF_ROLE["writer"], "wal_autocheckpoint", pages)
    shutil.copy(pragmas.path_of(databases.desk_url), folder / "desk.db")
    dice = Random(f"{bench.seed} {pages}")

    def turn(number: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            connection.execute(insert(RECEIVED), {"id": f"{number}".encode(), "at": clock.now()})
            connection.execute(insert(META), {"key": f"{number}", "value": "x" * dice.randint(1, 5000)})
            if number % 10 == 9:
                raise ValueError

        return work

    with recording(folder) as record:
        store = Store.open(f"sqlite:///{folder}/desk.db", "desk")
        for crowd in range(6):
            writes = [store.write(turn(crowd * 40 + number)) for number in range(40)]
            await asyncio.gather(*writes, return_exceptions=True)
            with store.unit() as unit:
                turn(1000 + crowd * 10)(unit.connection)
                unit.commit()
            record.acknowledged.append(Acknowledged(record.now, "desk.db", len(record.states["desk.db"]) - 1))
        store.close()
    assert len(record.states["desk.db"]) < 6 * 41, "no commit was shared"
    place = folder / "cuts"
    place.mkdir()
    found = toll(record, record.cuts(bench.rounds(60, 3000), dice), place)
    assert not found.with_loss and not found.damaged, f"{found}"


@pytest.mark.parametrize("actor", ACTORS)
def test_an_upgrade_that_a_power_cut_ended_is_completed_by_the_next_one(
    folder: Path, bench: Bench, actor: Actor
) -> None:
    place, dice = folder / "new", Random(f"{bench.seed} {actor}")
    place.mkdir()
    with recording(place) as record:
        migrate.upgrade(f"sqlite:///{place}/{actor}.db", actor)
    whole = digest_of(place / f"{actor}.db")
    for number in range(bench.rounds(20, 500)):
        at = record.now if number % 5 == 4 else dice.randint(0, record.now)
        cut = Cut(at, KINDS[number % len(KINDS)], dice.getrandbits(32))
        url = f"sqlite:///{put_back(folder / 'cut', record.files_after(cut))}/{actor}.db"
        assert at < record.now or not migrate.pending(url, actor), f"{cut}: an upgrade that had ended is undone"
        migrate.upgrade(url, actor)
        Store.open(url, actor).close()
        assert digest_of(pragmas.path_of(url)) == whole, f"{cut}: not the tables that an upgrade makes"
