"""Two reports from one phone: each officer hears what is said to them, and nothing that is said to another."""

from typing import Any

from sqlalchemy import select

from bot.intake.hooks import Hooks
from storage import outbox
from storage.intake_tables import SESSIONS
from tests.intake.test_turn import told


async def twice(line: Any) -> tuple[Any, str, str]:
    """A phone that has sent two reports, and the threads of the first and the second."""
    phone = await told(line)
    await phone.say("1", *["0"] * 8, "kirim", "0", "0", "0", "0")
    await phone.say("lapor", "2", "1", "1", "jl lain", "cerita kedua yang lain sekali", "selesai", "1")
    first, second = dict.fromkeys(letter.body["thread"] for letter in line.letters())
    return phone, first, second


async def delivered(line: Any, thread: str, relay: str, number: int) -> None:
    """An officer's message stands in the chat under this number."""
    await line.hear("reply", thread=thread, relay=relay * 16, alias="Melati", text="apa kabar?")
    now = line.clock.now()

    def send(conn: Any) -> None:
        for row in outbox.take(conn, now, 50):
            Hooks(line.tools).sent(conn, row, number, now)
            outbox.finish(conn, row.id, "sent", now)

    while [row for row in line.rows("waiting") if row.due_at <= now]:
        await line.store.write(send)


async def test_an_answer_goes_to_the_officer_who_spoke_last(line: Any) -> None:
    phone, first, second = await twice(line)
    await delivered(line, first, "a1", 700)
    await phone.send(phone.inbound(text="iya"))
    assert line.letters()[-1].body["thread"] == first
    await delivered(line, second, "a2", 701)
    await phone.send(phone.inbound(text="belum"))
    assert line.letters()[-1].body["thread"] == second


async def test_an_answer_to_a_message_goes_to_whoever_wrote_that_message(line: Any) -> None:
    phone, first, second = await twice(line)
    await delivered(line, first, "a1", 700)
    await delivered(line, second, "a2", 701)
    await phone.send(phone.inbound(text="gurumu sudah tahu", reply_to=700))
    assert (line.letters()[-1].kind, line.letters()[-1].body["thread"]) == ("more", first)
    assert len(line.letters()[-1].body["answers"]) == 1


async def test_the_conversation_stays_where_it_stands_while_another_officer_is_answered(line: Any) -> None:
    phone, first, _ = await twice(line)
    await delivered(line, first, "a1", 700)
    before = line.store.read_now(lambda conn: conn.execute(select(SESSIONS.c.sealed, SESSIONS.c.thread_id)).all())
    await phone.send(phone.inbound(text="iya"))
    after = line.store.read_now(lambda conn: conn.execute(select(SESSIONS.c.sealed, SESSIONS.c.thread_id)).all())
    assert before == after


async def test_whoever_wants_to_die_is_met_at_once_whomever_they_answer(line: Any) -> None:
    phone, first, _ = await twice(line)
    await delivered(line, first, "a1", 700)
    await phone.send(phone.inbound(text="aku mau bunuh diri"))
    assert "Aku dengar kamu" in "\n".join(await phone.take())
    assert "alarm" in line.kinds()
