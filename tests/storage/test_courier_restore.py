"""Either side may be set back to a backup: no letter that arrived is lost, none is applied twice."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from bot import postal
from storage.courier import Alarm, Courier
from storage.entropy import system_entropy
from storage.letters import Letter
from storage.post import PostOffice
from storage.shared_tables import META, Actor
from storage.store import Store
from storage.streams import forget_letters, watermarks
from tests.conftest import Clock, Keys

ACTORS: tuple[Actor, Actor] = ("intake", "desk")
HOUR = timedelta(hours=1)


class TwoStores:
    """Two stores, their processes and their backups. Every letter posted has a number; the desk writes it down."""

    def __init__(self, folder: Path, template: Callable[[Actor], str], keys: Keys) -> None:
        self.folder, self.keys, self.clock = folder, keys, Clock()
        for actor in ACTORS:
            shutil.copy(template(actor), self.file(actor))
        self.alarms: list[str] = []
        self.refused: list[str] = []
        self.posted = 0
        self.start()

    def file(self, actor: Actor, kind: str = "db") -> Path:
        return self.folder / f"{actor}.{kind}"

    def start(self) -> None:
        """Processes begin: new streams, nothing in memory."""
        self.intake = Store.open(f"sqlite:///{self.file('intake')}", "intake")
        self.desk = Store.open(f"sqlite:///{self.file('desk')}", "desk")
        self.office = PostOffice(self.keys.intake.sender, system_entropy)
        self.courier: Courier[None] = Courier(
            self.desk,
            Store.open_peer(f"sqlite:///{self.file('intake')}"),
            self.keys.desk.receiver,
            lambda connection, letter: None,
            self.apply,
            self.clock.now,
            on_alarm=self.on_alarm,
            on_refused=lambda connection, letter, reason: self.refused.append(reason),
            on_peer=lambda since: None,
        )

    def stop(self) -> None:
        self.intake.close()
        self.desk.close()

    def on_alarm(self, connection: Connection, alarm: Alarm) -> None:
        self.alarms.append(alarm.trouble)

    @staticmethod
    def apply(connection: Connection, letter: Letter, enclosures: None) -> None:
        connection.execute(insert(META), {"key": os.urandom(8).hex(), "value": str(letter.body["n"])})

    def post(self) -> None:
        with self.intake.unit() as unit:
            self.office.post(unit.connection, "submit", {"n": self.posted}, self.clock.now())
            unit.commit()
        self.posted += 1

    def carry(self) -> None:
        asyncio.run(self.courier.carry())
        self.clock.advance(timedelta(minutes=2))

    def tidy(self) -> None:
        marks = self.desk.read_now(watermarks)
        with self.intake.unit() as unit:
            forget_letters(unit.connection, marks, self.clock.now(), lambda connection, ids: None)
            unit.commit()

    def backup(self, actor: Actor) -> None:
        self.file(actor, "copy").unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(self.file(actor))) as live,
            closing(sqlite3.connect(self.file(actor, "copy"))) as copy,
        ):
            live.backup(copy)

    def restore(self, actor: Actor) -> None:
        self.stop()
        if self.file(actor, "copy").exists():
            for end in ("-wal", "-shm", ""):
                Path(f"{self.file(actor)}{end}").unlink(missing_ok=True)
            shutil.copy(self.file(actor, "copy"), self.file(actor))
        self.start()

    def applied(self) -> list[int]:
        return sorted(int(value) for value in self.desk.read_now(lambda c: c.scalars(select(META.c.value)).all()))


@pytest.fixture
def two(tmp_path: Path, sqlite_templates: Callable[[Actor], str], keys: Keys) -> TwoStores:
    return TwoStores(tmp_path, sqlite_templates, keys)


def test_a_desk_set_back_by_an_hour_gets_its_letters_again(two: TwoStores) -> None:
    two.post()
    two.carry()
    two.backup("desk")
    two.clock.advance(HOUR)
    two.post()
    two.carry()
    two.tidy()
    assert two.applied() == [0, 1]
    two.restore("desk")
    assert two.applied() == [0]
    two.carry()
    assert two.applied() == [0, 1]
    assert two.alarms == []
    two.stop()


def test_an_intake_set_back_by_an_hour_repeats_nothing_and_goes_on(two: TwoStores) -> None:
    two.post()
    two.backup("intake")
    two.clock.advance(HOUR)
    two.carry()
    two.post()
    two.carry()
    two.restore("intake")
    two.carry()
    two.post()
    two.carry()
    assert two.applied() == [0, 1, 2]
    assert two.alarms == []  # a new stream begins with the new process
    two.stop()


def test_both_set_back_at_once_meet_where_they_were(two: TwoStores) -> None:
    two.post()
    two.carry()
    two.post()
    two.backup("intake")
    two.backup("desk")
    two.clock.advance(HOUR)
    two.carry()
    two.restore("desk")
    two.restore("intake")
    two.carry()
    assert two.applied() == [0, 1]
    two.stop()


def test_a_store_that_was_set_back_finds_it_out_once(two: TwoStores) -> None:
    two.post()
    two.carry()
    two.backup("intake")
    two.post()
    two.stop()
    two.start()
    two.post()
    two.carry()
    found: list[int] = []

    def look() -> None:
        asyncio.run(postal.set_back(two.intake, two.desk, two.clock.now(), lambda _conn: found.append(1)))

    look()
    assert found == [], "nothing is missing"
    two.restore("intake")
    look()
    assert found == [1]
    two.post()
    two.carry()
    look()
    two.stop()
    two.start()
    look()
    assert found == [1]
    two.stop()


@dataclass(frozen=True)
class Step:
    name: str
    actor: Actor = "desk"


STEPS = st.lists(
    st.one_of(
        st.just(Step("post")),
        st.just(Step("carry")),
        st.builds(Step, st.just("backup"), st.sampled_from(ACTORS)),
        st.builds(Step, st.just("restore"), st.sampled_from(ACTORS)),
        st.just(Step("tidy")),
        st.just(Step("restart")),
        st.just(Step("days")),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_set_back_no_letter_that_both_sides_had_is_lost_or_doubled(
    steps: list[Step], sqlite_templates: Callable[[Actor], str], keys: Keys
) -> None:
    with TemporaryDirectory() as folder:
        two = TwoStores(Path(folder), sqlite_templates, keys)
        there = {"intake": set[int](), "desk": set[int]()}  # what each store knows of
        copies: dict[str, tuple[set[int], timedelta]] = {}
        age = timedelta(0)
        for step in steps:
            match step.name:
                case "post":
                    there["intake"].add(two.posted)
                    two.post()
                case "carry":
                    two.carry()
                    there["desk"] |= there["intake"]
                case "backup":
                    two.backup(step.actor)
                    copies[step.actor] = (set(there[step.actor]), age)
                case "restore" if step.actor in copies and age - copies[step.actor][1] < timedelta(days=8):
                    two.restore(step.actor)
                    there[step.actor] = set(copies[step.actor][0])
                case "tidy":
                    two.tidy()
                case "restart":
                    two.stop()
                    two.start()
                case "days":
                    two.clock.advance(timedelta(days=5))
                    age += timedelta(days=5)
        two.carry()
        assert two.applied() == sorted(there["desk"] | there["intake"])
        assert two.refused == []
        two.stop()
