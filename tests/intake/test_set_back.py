"""Intake's store was put back to an older copy: what the desk wrote meanwhile makes it right again."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bot.intake import ticks
from storage.intake_tables import ANSWERS, LINKS, SESSIONS, THREADS

BEGUN = ("lapor", "2", "1", "1", "jl mufakat", "RAHASIA rumah kami sepi")


def count(line: Any, *tables: Any) -> list[int]:
    look = [select(func.count()).select_from(table) for table in tables]
    return [line.store.read_now(lambda conn, one=one: conn.execute(one).scalar_one()) for one in look]


async def accepted(line: Any, thread: str, **more: Any) -> None:
    read_by = (line.clock.now() + timedelta(hours=2)).isoformat()
    told = {
        "at": line.clock.now().isoformat(),
        "letter": "00",
        "read_by": read_by,
        "on_duty": True,
        "level": "sedang",
        "what": "submit",
        "claimed": False,
    }
    await line.hear("accepted", thread=thread, **(told | more))


def thread(line: Any) -> Any:
    return line.store.read_now(lambda conn: conn.execute(select(THREADS)).one())


async def test_a_draft_that_the_desk_has_is_known_as_sent(line: Any) -> None:
    """It was sent after the copy: STATUS says so, HAPUS asks the officer, and no word of "sampai" comes twice."""
    phone = line.phone()
    await phone.say(*BEGUN)
    line.clock.advance(timedelta(minutes=30))
    await accepted(line, thread(line).id.hex())
    assert await phone.take() == []
    assert "sudah sampai ke petugas" in await phone.say("status")
    await phone.say("0", "hapus", "ya")
    assert [letter.body["what"] for letter in line.letters() if letter.kind == "flag"] == ["hapus"]
    assert count(line, THREADS) == [1]


async def test_what_was_erased_goes_again_before_anything_of_it_is_sent(line: Any) -> None:
    phone = line.phone()
    await phone.say(*BEGUN)
    rows = line.store.read_now(lambda conn: conn.execute(select(ANSWERS.c.id)).scalars().all())
    body = {"thread": thread(line).id.hex(), "words": [one.hex() for one in rows], "files": []}
    await line.hear("wiped", **body)
    assert count(line, ANSWERS, THREADS, LINKS, SESSIONS) == [0, 0, 0, 0]
    line.clock.advance(timedelta(days=2))
    assert "Belum ada cerita" in await phone.say("status")
    assert "submit" not in line.kinds()
    await line.hear("wiped", **body)


async def test_what_is_told_after_the_copy_came_back_stays(line: Any) -> None:
    phone = line.phone()
    await phone.say(*BEGUN)
    rows = line.store.read_now(lambda conn: conn.execute(select(ANSWERS.c.id)).scalars().all())
    await phone.say("dan sekarang yang baru")
    await line.hear("wiped", thread=thread(line).id.hex(), words=[one.hex() for one in rows], files=[])
    assert count(line, ANSWERS, THREADS, SESSIONS) == [1, 1, 1]


async def test_erasing_tells_the_desk_which_rows_so_that_it_can_tell_a_copy(line: Any) -> None:
    phone = line.phone()
    await phone.say(*BEGUN)
    rows = line.store.read_now(lambda conn: conn.execute(select(ANSWERS.c.id)).scalars().all())
    await phone.say("hapus", "ya")
    (letter,) = [one for one in line.letters() if one.kind == "wipe"]
    assert {one.hex() for one in rows} <= set(letter.body["words"])
    assert count(line, ANSWERS, THREADS) == [0, 0]


async def test_who_had_the_case_before_the_desk_was_put_back_is_no_longer_named(line: Any) -> None:
    phone = line.phone()
    await phone.say(*BEGUN, "selesai", "kirim")
    await accepted(line, thread(line).id.hex())
    await line.hear("claimed", thread=thread(line).id.hex(), alias="Melati")
    assert "Melati" in await phone.say("status")
    early = line.clock.now() - timedelta(minutes=1)
    await accepted(line, thread(line).id.hex(), at=early.isoformat())
    assert thread(line).alias == "Melati", "it was written before the claim, and came after it"
    line.clock.advance(timedelta(minutes=1))
    await accepted(line, thread(line).id.hex())
    assert "Melati" not in await phone.say("0", "status")


async def test_the_desk_hears_that_a_reporter_is_known_no_more(line: Any) -> None:
    await accepted(line, "ab" * 16)
    (flag,) = [letter for letter in line.letters() if letter.kind == "flag"]
    assert flag.body["what"] == "unreachable"


async def test_nobody_is_told_that_they_sent_nothing_while_that_is_not_known(line: Any) -> None:
    await line.store.write(lambda conn: ticks.set_back(conn, line.tools, line.clock.now()))
    assert [letter.body["what"] for letter in line.letters() if letter.kind == "trouble"] == ["set_back_intake"]
    assert "Sebagian catatanku hilang" in await line.phone().say("status")
    line.clock.advance(timedelta(days=9))
    assert "Belum ada cerita" in await line.phone(99).say("status")
