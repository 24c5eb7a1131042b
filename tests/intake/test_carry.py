"""What a turn's effects leave behind: which letters list what, what a quick exit takes away."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.channels.outgoing import Delete
from bot.intake.hooks import Hooks
from storage import outbox
from storage.intake_tables import ANSWERS, TRACES
from tests.intake.test_turn import told


def unlisted(line: Any) -> list[str]:
    """Kinds of the answers that no letter has carried to the desk."""
    query = select(ANSWERS.c.kind).where(ANSWERS.c.letter_id.is_(None))
    return list(line.store.read_now(lambda conn: conn.execute(query).scalars().all()))


async def test_an_alarm_after_a_consultation_keeps_nothing_back(line: Any) -> None:
    phone = line.phone()
    await phone.say("petugas", "aku mau bicara dengan orang", "darurat", "lewati")
    await phone.send(phone.inbound("location", latitude=-1.24, longitude=116.83))
    assert [kind for kind in line.kinds() if kind != "more"] == ["consult", "alarm"]
    assert unlisted(line) == []


async def test_nothing_that_was_on_its_way_stands_in_the_chat_after_a_quick_exit(line: Any) -> None:
    phone = await told(line)
    now = line.clock.now()
    await phone.send(phone.inbound(text="lewati"))
    [arriving] = await line.store.write(lambda conn: outbox.take(conn, now, 1))
    await phone.send(phone.inbound(text="menu"))
    await phone.send(phone.inbound(text="x"))
    assert await phone.take() == ["Baik."]
    await line.store.write(lambda conn: Hooks(line.tools).sent(conn, arriving, 900, now))
    last = [line.opened(row) for row in line.rows("waiting")][-1]
    assert last == Delete(message_ids=(900,))
    assert line.store.read_now(lambda conn: conn.execute(select(TRACES.c.id)).first()) is None


async def test_after_a_quick_exit_no_officers_words_come_unasked(line: Any) -> None:
    phone = line.phone()
    # "Tulis 'Ada pesan'": the phone may be in other hands.
    await phone.say("halo", "lapor", "2", "2", "1", "jl mufakat", "rumah kami selalu sepi sekali", "selesai", "1")
    reply = {"thread": line.letters()[0].body["thread"], "alias": "Melati", "text": "kata petugas"}
    await line.hear("reply", relay="ab" * 16, **reply)
    await phone.send(phone.inbound(text="x"))  # before it was sent
    line.clock.advance(timedelta(seconds=90))
    await line.hear("reply", relay="cd" * 16, **reply)
    said = await phone.take(seconds=600)
    assert said == ["Baik.", "Ada pesan. Balas BUKA."]
    assert [letter.body["state"] for letter in line.letters() if letter.kind == "delivery"] == ["held", "held"]
    assert (await phone.say("buka")).count("kata petugas") == 2
