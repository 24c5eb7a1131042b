"""Delivery sends in order, again after trouble, and ends every row in a state that can be shown."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from bot.channels import errors
from bot.channels.delivery import BODY, GIVE_UP_AFTER, TARGET, Delivery
from bot.channels.outgoing import Outgoing, Send, to_json
from storage import outbox
from storage.entropy import system_entropy
from storage.outbox import Row
from storage.shared_tables import OUTBOX
from storage.store import Store, StoreDown
from storage.vault import FieldBox

ANI, BUDI = b"a" * 16, b"b" * 16
CHATS = {ANI: 11, BUDI: 22}


class Transport:
    def __init__(self) -> None:
        self.sent: list[tuple[int, str]] = []
        self.trouble: list[errors.ChannelError | None] = []

    async def send(self, chat: int, outgoing: Outgoing) -> int | None:
        assert isinstance(outgoing, Send)
        await asyncio.sleep(0)
        problem = self.trouble.pop(0) if self.trouble else None
        if problem is not None:
            raise problem
        self.sent.append((chat, outgoing.text))
        return len(self.sent)


class Hooks:
    def __init__(self) -> None:
        self.ends: list[str] = []
        self.new_target: bytes | None = None

    def sent(self, conn: Connection, row: Row, message_id: int | None, now: datetime) -> None:
        self.ends.append(f"id {message_id}")

    def finished(self, conn: Connection, row: Row, state: str, now: datetime) -> None:
        self.ends.append(state)

    def migrated(self, conn: Connection, row: Row, new_chat: int, now: datetime) -> bytes | None:
        return None


class Bench:
    """One delivery over a real store, driven step by step; time moves only when told."""

    def __init__(self, store: Store, clock: "object") -> None:
        self.store, self.transport, self.hooks = store, Transport(), Hooks()
        self.clock = clock
        self.box = FieldBox(b"k" * 32, "k", b"d" * 16, system_entropy)
        self.delivery = Delivery(
            store, self.transport, self.box, self.hooks,
            now=clock.now, monotonic=lambda: clock.now().timestamp(), jitter=lambda: 1.0, report=lambda *_: None,  # type: ignore[attr-defined]
        )  # fmt: skip

    async def put(self, person: bytes, text: str, **fields: object) -> bytes:
        row_id, now = system_entropy(16), self.clock.now()  # type: ignore[attr-defined]
        row = Row(
            id=row_id, person=person, kind="say", due_at=now, created_at=now,
            target=self.box.seal(TARGET, row_id, str(CHATS[person]).encode()),
            body=self.box.seal(BODY, row_id, to_json(Send(text=text))),
            **({"priority": 2} | fields),  # type: ignore[arg-type]
        )  # fmt: skip
        await self.store.write(lambda conn: outbox.put(conn, row))
        return row_id

    async def work(self) -> None:
        """Everything that can be sent now."""
        while await self.delivery._start_due():
            await asyncio.gather(*list(self.delivery._busy.values()))
            await asyncio.sleep(0)

    def state(self, row_id: bytes) -> tuple[str, bool]:
        """(state, whether address and text are gone)."""
        query = select(OUTBOX.c.state, OUTBOX.c.body, OUTBOX.c.target).where(OUTBOX.c.id == row_id)
        row = self.store.read_now(lambda conn: conn.execute(query).one())
        return row.state, row.body is None and row.target is None

    def texts(self, person: bytes) -> list[str]:
        return [text for chat, text in self.transport.sent if chat == CHATS[person]]


@pytest.fixture
def bench(intake_store: Store, clock: object) -> Bench:
    return Bench(intake_store, clock)


async def test_one_person_reads_in_the_order_of_writing_and_nothing_sealed_stays(bench: Bench) -> None:
    rows = [await bench.put(ANI, text) for text in ("satu", "dua", "tiga")]
    other = await bench.put(BUDI, "hai")
    await bench.work()
    assert bench.texts(ANI) == ["satu", "dua", "tiga"]
    assert [bench.state(row) for row in [*rows, other]] == [("sent", True)] * 4


async def test_darurat_passes_what_waits(bench: Bench) -> None:
    await bench.put(ANI, "biasa")
    await bench.put(ANI, "DARURAT", priority=0)
    await bench.work()
    assert bench.texts(ANI) == ["DARURAT", "biasa"]


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (errors.Blocked(), "blocked"),
        (errors.Gone(), "expired"),
        (errors.Refused(), "failed"),
        (errors.Migrated(-5), "blocked"),
    ],
)
async def test_what_can_never_arrive_ends_at_once_and_lets_the_next_pass(
    bench: Bench, problem: errors.ChannelError, state: str
) -> None:
    first, second = await bench.put(ANI, "satu"), await bench.put(ANI, "dua")
    bench.transport.trouble = [problem]
    await bench.work()
    assert bench.state(first) == (state, True)
    assert bench.state(second) == ("sent", True)
    assert state in bench.hooks.ends


async def test_trouble_outside_is_tried_again_later_and_later_without_being_overtaken(bench: Bench) -> None:
    row = await bench.put(ANI, "satu")
    await bench.put(ANI, "dua")
    bench.transport.trouble = [errors.Down(), errors.Down()]
    waits = []
    for _ in range(2):
        await bench.work()
        due = bench.store.read_now(lambda conn: conn.scalar(select(OUTBOX.c.due_at).where(OUTBOX.c.id == row)))
        assert due is not None
        waits.append((due - bench.clock.now()).total_seconds())  # type: ignore[attr-defined]
        assert bench.texts(ANI) == []
        bench.clock.advance(due - bench.clock.now())  # type: ignore[attr-defined]
    await bench.work()
    assert waits == [4.0, 8.0]
    assert bench.texts(ANI) == ["satu", "dua"]


async def test_a_flood_limit_is_obeyed_to_the_second_for_everybody(bench: Bench) -> None:
    await bench.put(ANI, "satu")
    await bench.put(BUDI, "hai")
    bench.transport.trouble = [errors.Limited(timedelta(seconds=30))]
    await bench.work()
    assert bench.texts(ANI) == []
    await bench.put(BUDI, "lagi")  # what was under way to others may still have gone; nothing new does
    bench.clock.advance(timedelta(seconds=29))  # type: ignore[attr-defined]
    await bench.work()
    assert bench.texts(ANI) == []
    assert bench.texts(BUDI) == ["hai"]
    bench.clock.advance(timedelta(seconds=2))  # type: ignore[attr-defined]
    await bench.work()
    assert (bench.texts(ANI), bench.texts(BUDI)) == (["satu"], ["hai", "lagi"])


async def test_after_a_day_of_trouble_the_state_says_failed(bench: Bench) -> None:
    row = await bench.put(ANI, "satu")
    bench.transport.trouble = [errors.Down()] * 500
    for _ in range(int(GIVE_UP_AFTER / timedelta(minutes=10)) + 12):
        await bench.work()
        bench.clock.advance(timedelta(minutes=10, seconds=1))  # type: ignore[attr-defined]
    assert bench.state(row) == ("failed", True)


async def test_what_waited_behind_a_long_outage_is_not_given_up_at_the_first_hiccup_after_it(bench: Bench) -> None:
    row = await bench.put(ANI, "satu")
    bench.clock.advance(3 * GIVE_UP_AFTER)  # type: ignore[attr-defined]
    bench.transport.trouble = [errors.Down()] * 3
    for _ in range(4):
        await bench.work()
        bench.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    assert bench.state(row) == ("sent", True)


async def test_what_is_past_its_time_is_not_sent(bench: Bench) -> None:
    row = await bench.put(ANI, "basi", expires_at=bench.clock.now() + timedelta(seconds=60))  # type: ignore[attr-defined]
    bench.clock.advance(timedelta(seconds=61))  # type: ignore[attr-defined]
    await bench.work()
    assert bench.transport.sent == []
    assert bench.state(row) == ("expired", True)
    assert bench.hooks.ends == ["expired"]


async def test_what_cannot_be_sent_at_all_ends_and_holds_up_nothing_behind_it(bench: Bench) -> None:
    bench.transport.trouble = [LookupError("a part is missing")]  # type: ignore[list-item]
    broken, behind = await bench.put(ANI, "berkas"), await bench.put(ANI, "kabar")
    await bench.work()
    assert bench.state(broken) == ("failed", True)
    assert bench.state(behind) == ("sent", True)
    assert bench.hooks.ends[0] == "failed"


async def test_an_owner_who_cannot_be_told_gets_nothing_sent_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(bench.hooks, "sent", broken)
    monkeypatch.setattr(bench.hooks, "finished", broken)
    row = await bench.put(ANI, "sekali saja")
    await bench.work()
    bench.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    await bench.work()
    assert bench.texts(ANI) == ["sekali saja"]
    assert bench.state(row) == ("failed", True)


async def test_a_store_that_is_away_for_a_moment_has_nothing_sent_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await bench.put(ANI, "sekali saja")
    write, troubles = bench.store.write, [StoreDown("locked"), StoreDown("locked")]

    async def shaky(work: object) -> object:
        if bench.transport.sent and troubles:
            raise troubles.pop()
        return await write(work)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.store, "write", shaky)
    monkeypatch.setattr("bot.channels.delivery._MARK_PAUSES", (0.0, 0.0, 0.0))
    await bench.work()
    assert bench.texts(ANI) == ["sekali saja"]
    assert bench.state(row) == ("sent", True)
