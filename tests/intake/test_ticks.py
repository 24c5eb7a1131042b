"""What intake says by itself: once, the most pressing first, whatever is wrong with somebody else's conversation."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.intake import ticks
from storage.intake_tables import NOTICES, SESSIONS
from storage.shared_tables import OUTBOX
from storage.store import Store
from tests.conftest import Databases


async def tick(line: Any, store: Store | None = None) -> None:
    now = line.clock.now()
    await (store or line.store).write(lambda conn: ticks.speak_and_sweep(conn, line.tools, now))


async def in_danger(line: Any, chat: int = 4711) -> Any:
    phone = line.phone(chat)
    await phone.say("darurat")
    return phone


def pressing(line: Any) -> list[Any]:
    return [row for row in line.rows("waiting", "held") if row.priority == 0 and row.kind != "callback"]


async def test_after_an_outage_danger_is_said_and_not_only_that_the_letter_waits(line: Any) -> None:
    await in_danger(line)
    line.clock.advance(timedelta(minutes=6))
    await tick(line)
    assert len(pressing(line)) == 1


async def test_one_broken_conversation_silences_nobody_else(line: Any) -> None:
    await in_danger(line, 1)
    await line.store.write(lambda conn: conn.execute(update(SESSIONS).values(sealed=b"x" * 40)))
    await in_danger(line, 2)
    line.clock.advance(timedelta(minutes=6))
    await tick(line)
    assert len(pressing(line)) == 1
    assert line.kinds()[:3] == ["alarm", "alarm", "trouble"]


async def test_two_processes_say_it_once(line: Any, databases: Databases) -> None:
    await in_danger(line)
    line.clock.advance(timedelta(minutes=6))
    if databases.kind == "sqlite":
        await tick(line)
        await tick(line)
    else:
        other = Store.open(databases.intake_url, "intake")
        await asyncio.gather(tick(line), tick(line, other), tick(line), tick(line, other))
        other.close()
    assert len(pressing(line)) == 1


async def test_each_letter_that_leaves_has_its_own_sixty_seconds(line: Any) -> None:
    phone = line.phone()
    await phone.say("petugas")
    thread, at = line.letters()[0].body["thread"], line.clock.now().isoformat()
    await line.hear("accepted", thread=thread, letter="00", read_by=at, on_duty=True, level="sedang")
    await phone.say("menu", "lapor", "2", "1", "1", "jl mufakat", "rumah kami selalu sepi sekali", "selesai", "1")
    assert line.kinds()[-1] == "submit"
    waiting = select(NOTICES.c.step).where(NOTICES.c.done_at.is_(None))
    assert line.store.read_now(lambda conn: conn.execute(waiting).scalars().all()) == ["accepted"]


async def test_what_a_clock_that_was_put_back_wrote_does_not_wait_for_that_time(line: Any) -> None:
    line.clock.advance(timedelta(days=1))
    phone = await in_danger(line)
    await phone.send(phone.inbound(text="dia di depan pintu"))
    line.clock.advance(timedelta(days=-1))
    assert await line.store.read(lambda conn: ticks.anything(conn, line.clock.now()))
    await tick(line)
    ahead = select(OUTBOX.c.seq).where(OUTBOX.c.due_at > line.clock.now())
    assert line.store.read_now(lambda conn: conn.execute(ahead).all()) == []


async def test_a_desk_set_back_to_a_backup_has_no_words_read_twice(line: Any) -> None:
    await in_danger(line)
    body = {"thread": line.letters()[0].body["thread"], "relay": "ab" * 16, "alias": "Melati", "text": "aku di sini"}
    await line.hear("reply", **body)
    await line.hear("reply", **body)
    assert len([row for row in line.rows() if row.ref is not None]) == 1


async def test_silence_after_danger_is_counted_anew_when_the_clock_was_put_back(line: Any) -> None:
    """Three minutes of silence call somebody; under a clock put back by a day it would be a day and three minutes."""
    phone = await in_danger(line)
    await phone.say("tidak bisa")
    flags = line.kinds().count("flag")
    line.clock.advance(timedelta(days=-1))

    async def silence() -> None:
        now = line.clock.now()
        assert not await line.store.read(lambda conn: ticks.anything(conn, now))
        for address in await line.store.read(lambda conn: ticks.due_sessions(conn, now)):
            await line.intake.wait_is_over(address, now)

    await tick(line)
    await silence()
    assert line.kinds().count("flag") == flags
    line.clock.advance(timedelta(minutes=3, seconds=1))
    await silence()
    assert line.kinds().count("flag") == flags + 1


async def test_a_proof_from_a_time_that_has_not_come_proves_nothing(line: Any) -> None:
    await line.hear("canary", nonce="00")
    assert await line.store.read(lambda conn: ticks.canary_age(conn, line.clock.now())) == timedelta(0)
    line.clock.advance(timedelta(hours=-1))
    assert await line.store.read(lambda conn: ticks.canary_age(conn, line.clock.now())) is None
