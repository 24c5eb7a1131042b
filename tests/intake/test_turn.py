"""A reporter's turn: everything it causes is committed at once, once, and sealed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select, update

from bot.channels.errors import Refused
from bot.channels.inbound import File
from bot.channels.outgoing import AnswerCallback, EditButtons
from bot.intake import media as media_module
from bot.intake import ticks
from bot.intake.turn import Intake, TurnSetAside
from storage import vault
from storage.intake_tables import ANSWERS, BLOBS, MEDIA_FILES, SESSIONS, THREADS
from storage.shared_tables import LETTER, OUTBOX
from storage.store import ConstraintBroken

TABLES = (ANSWERS, THREADS, SESSIONS, OUTBOX, LETTER, MEDIA_FILES)


def counts(line: Any) -> dict[str, int]:
    def read(conn: Any) -> dict[str, int]:
        return {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES}

    found: dict[str, int] = line.store.read_now(read)
    return found


def rows_of(line: Any, table: Table) -> list[Any]:
    return list(line.store.read_now(lambda conn: conn.execute(select(table)).all()))


async def told(line: Any) -> Any:
    """A phone whose owner has told a story and stands at the offer to send it."""
    phone = line.phone()
    await phone.say("halo", "lapor", "2", "1", "1", "jl mufakat", "rumah kami selalu sepi sekali", "selesai")
    return phone


async def test_a_second_delivery_of_a_message_changes_nothing(line: Any) -> None:
    phone = await told(line)
    inbound = phone.inbound(text="1")
    await phone.send(inbound)
    before, letters = counts(line), line.kinds()
    await phone.send(inbound)
    assert counts(line) == before
    assert line.kinds() == letters == ["submit"]


def opened(line: Any) -> list[bytes]:
    """Every stored answer, opened as the desk would."""
    desk = line.keys.desk
    return [vault.open_answer(desk.box, desk.deployment, row.id, row.wire) for row in rows_of(line, ANSWERS)]


async def test_a_report_is_sealed_in_the_turn_in_which_it_comes(line: Any) -> None:
    await told(line)
    bodies = opened(line)
    assert any(b"rumah kami selalu sepi sekali" in body for body in bodies)
    everything = repr([[tuple(row) for row in rows_of(line, table)] for table in TABLES]).encode()
    assert b"selalu sepi" not in everything
    assert b"4711" not in everything


async def test_the_letter_lists_every_answer_with_its_hash_and_later_ones_follow_at_once(line: Any) -> None:
    phone = await told(line)
    await phone.say("1")
    listed = dict(line.letters()[0].body["answers"])
    assert listed == {row.id.hex(): vault.answer_hash(row.wire).hex() for row in rows_of(line, ANSWERS)}
    await phone.say("2")
    assert line.kinds() == ["submit", "more"]
    assert len(line.letters()[1].body["answers"]) == 1


async def test_two_processes_that_take_the_same_person_lose_no_word(line: Any) -> None:
    phone = line.phone()
    await phone.say("halo", "lapor", "2", "1", "1", "jl mufakat")
    other = Intake(line.store, line.tools)  # has no part in the first one's locks
    now = line.clock.now()
    texts = [f"kalimat yang ke {number} dari cerita" for number in range(6)]
    turns = [(line.intake if at % 2 else other).receive(phone.inbound(text=text), now) for at, text in enumerate(texts)]
    await asyncio.gather(*turns)
    assert all(text.encode() in b"".join(opened(line)) for text in texts)


async def test_danger_writes_its_letter_in_that_very_turn(line: Any) -> None:
    phone = line.phone()
    said = await phone.say("halo", "lapor", "ya")
    assert line.kinds() == ["alarm"]
    assert "112" in said


async def test_hapus_asks_once_and_then_nothing_of_the_draft_is_left(line: Any) -> None:
    phone = await told(line)
    await phone.send(phone.inbound("voice", file=File("handle")))
    await phone.say("hapus", "1")
    assert rows_of(line, ANSWERS) == []
    assert rows_of(line, MEDIA_FILES) == []
    assert rows_of(line, THREADS) == []
    assert line.kinds() == ["wipe"], "only ids, for the day on which a copy brings it back"


async def test_a_burst_is_acknowledged_once(line: Any) -> None:
    phone = line.phone()
    await phone.say("halo", "lapor", "2", "1", "1", "jl mufakat")
    await phone.take()
    for text in ("satu hal lagi", "dan dua hal lagi", "lalu tiga hal lagi"):
        await phone.send(phone.inbound(text=text))
    assert len([row for row in line.rows("waiting") if row.kind == "settle"]) == 1
    assert line.rows("waiting")[-1].due_at > line.clock.now()


async def test_a_question_that_a_burst_repeats_is_sent_twice_at_most_and_its_buttons_count(line: Any) -> None:
    phone = line.phone()
    for text in ("lapor", "kak", "kakak", "halo kak"):
        await phone.send(phone.inbound(text=text))
    first, last = line.rows("waiting")
    assert first.kind.startswith("ask:")
    assert first.due_at <= line.clock.now()
    assert last.kind == "settle"
    data = next(data for label, data in phone.buttons().items() if label == "Tidak")
    assert "aman" in "\n".join(await phone.press(data))


async def test_a_pressed_button_is_answered_and_an_old_one_changes_nothing(line: Any) -> None:
    phone = line.phone()
    await phone.send(phone.inbound(text="lapor"))
    old = phone.buttons()
    await phone.send(phone.inbound("button", received="callback:a", callback="a", data=old["Tidak"], message_id=90))
    done = [line.opened(row) for row in line.rows("waiting")]
    assert AnswerCallback(callback="a") in done
    assert any(isinstance(one, EditButtons) and one.buttons[0][0][0] == "✓ Tidak" for one in done)
    kept = len(rows_of(line, ANSWERS))
    said = await phone.press(old["Ya, sekarang"])
    assert len(rows_of(line, ANSWERS)) == kept
    assert line.kinds() == []
    assert any("aman?" in text for text in said)
    for forged in ("", "-", "q", "q1", "q99999999999999:ya", "qx:ya", "q1:" + "x" * 60):
        await phone.press(forged)
    assert len(rows_of(line, ANSWERS)) == kept


class Platform:
    """Where files are fetched from."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)

    async def __call__(self, file_id: str) -> bytes:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_voice_is_fetched_sealed_in_parts_and_follows_its_report(line: Any) -> None:
    phone = await told(line)
    await phone.say("1")
    await phone.send(phone.inbound("voice", file=File("handle", seconds=3, mime="audio/ogg")))
    data = bytes(range(256)) * 5000
    fetcher = media_module.MediaFetcher(line.store, line.tools, Platform(data))
    await fetcher.fetch_due(line.clock.now())
    letter = line.letters()[-1]
    assert letter.kind == "more"
    [described] = letter.body["media"]
    parts = sorted(rows_of(line, BLOBS), key=lambda row: row.part)
    key, media = bytes.fromhex(described["key"]), bytes.fromhex(described["id"])
    last = len(parts) - 1
    whole = b"".join(vault.open_part(key, media, row.part, row.part == last, row.sealed) for row in parts)
    assert whole == data
    assert described["size"] == len(data)
    assert described["parts"] == 2


async def test_a_picture_is_only_a_sealed_handle_until_it_was_asked_about(line: Any) -> None:
    phone = await told(line)
    await phone.send(phone.inbound("photo", file=File("PENANDA-handle"), text="keterangan"))
    [row] = rows_of(line, MEDIA_FILES)
    assert row.state == "asked"
    assert b"PENANDA" not in row.sealed
    line.clock.advance(timedelta(hours=24, minutes=1))
    await line.store.write(lambda conn: ticks.speak_and_sweep(conn, line.tools, line.clock.now()))
    assert rows_of(line, MEDIA_FILES) == []


@pytest.mark.parametrize(("answer", "left"), [("2", ["fetch"]), ("1", [])])
async def test_the_answer_decides_whether_a_picture_is_kept(line: Any, answer: str, left: list[str]) -> None:
    phone = await told(line)
    await phone.say("1")
    await phone.send(phone.inbound("photo", file=File("handle")))
    await phone.say(answer)
    assert [row.state for row in rows_of(line, MEDIA_FILES)] == left


async def test_a_file_that_cannot_be_had_becomes_a_humans_task_after_a_day(line: Any) -> None:
    from bot.channels.errors import Down

    phone = await told(line)
    await phone.send(phone.inbound("voice", file=File("handle")))
    fetcher = media_module.MediaFetcher(line.store, line.tools, Platform(Down(), Down()))
    await fetcher.fetch_due(line.clock.now())
    assert rows_of(line, MEDIA_FILES)[0].attempts == 1
    line.clock.advance(timedelta(days=1, minutes=1))
    await fetcher.fetch_due(line.clock.now())
    assert rows_of(line, MEDIA_FILES)[0].state == "failed"
    assert line.letters()[-1].kind == "trouble"


async def test_a_turn_that_fails_twice_goes_to_a_human_with_its_words(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await told(line)
    kept = len(rows_of(line, ANSWERS))

    def broken(*_: Any) -> None:
        raise RuntimeError("rahasia")

    monkeypatch.setattr("bot.intake.turn.step", broken)
    inbound = phone.inbound(text="kata yang tidak boleh hilang")
    with pytest.raises(TurnSetAside, match="RuntimeError"):
        await phone.send(inbound)
    letter = line.letters()[-1]
    assert (letter.kind, letter.body["raw"]) == ("trouble", "kata yang tidak boleh hilang")
    assert len(rows_of(line, ANSWERS)) == kept
    assert any("112" in text for text in await phone.take())
    await phone.send(inbound)  # it is not taken again
    assert len(line.letters()) == 1


async def test_the_secret_word_guards_what_could_give_somebody_away(line: Any) -> None:
    phone = await told(line)
    await phone.say("1", *["0"] * 8, "kirim", "ya", "ya", "melati")
    assert "kata rahasia" in (await phone.say("kode")).lower()
    assert "belum pas" in await phone.say("mawar")
    await phone.say("kode")
    assert "Kodemu" in await phone.say("Melati")
    for _ in range(6):
        await phone.say("kode", "mawar")
    await phone.say("kode")
    assert "terlalu banyak" in await phone.say("melati")


async def test_a_receipt_brings_the_report_to_another_phone(line: Any) -> None:
    first = await told(line)
    said = await first.say("1", *["0"] * 8, "kirim", "ya")
    digits = "".join(c for c in said if c.isdigit())[:16]
    second = line.phone(chat=99)
    await second.say("status", digits)
    await second.say("ini tambahan dari hp yang lain")
    assert line.letters()[-1].kind == "more"
    assert {letter.body["thread"] for letter in line.letters()} == {line.letters()[0].body["thread"]}
    assert line.letters()[-1].body["balas"] is None  # that the first phone is safe says nothing of this one


async def test_guessing_receipts_is_limited(line: Any) -> None:
    phone = line.phone()
    await phone.say("status")
    for _ in range(5):
        await phone.say("1234567812345678")
    assert "terlalu banyak" in await phone.say("1234567812345678")


async def test_groups_hear_one_sentence_and_are_left(line: Any) -> None:
    phone = line.phone(chat=-500)
    await phone.send(phone.inbound("joined", chat_kind="group"))
    assert len(line.rows("waiting")) == 2
    assert any("berdua" in text for text in await phone.take())
    assert rows_of(line, SESSIONS) == []


async def test_a_file_too_large_and_a_sticker_are_answered_kindly_and_lose_nothing(line: Any) -> None:
    phone = await told(line)
    kept = len(rows_of(line, ANSWERS))
    await phone.send(phone.inbound("video", file=File("handle", size=21 * 1024 * 1024)))
    assert any("terlalu besar" in text for text in await phone.take())
    await phone.send(phone.inbound("other", other="sticker"))
    assert any("tidak bisa kubaca" in text for text in await phone.take())
    assert len(rows_of(line, ANSWERS)) == kept
    assert rows_of(line, MEDIA_FILES) == []


async def test_words_under_a_file_too_large_are_heard(line: Any) -> None:
    phone = await told(line)
    kept = len(rows_of(line, ANSWERS))
    film = File("handle", size=21 * 1024 * 1024)
    await phone.send(phone.inbound("video", file=film, text="tolong dia mau membunuhku sekarang"))
    assert any("terlalu besar" in text for text in await phone.take())
    assert len(rows_of(line, ANSWERS)) == kept + 1


async def test_a_recording_whose_turn_fails_is_kept_all_the_same(line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = await told(line)
    monkeypatch.setattr("bot.intake.turn.step", lambda *_: 1 / 0)
    with pytest.raises(TurnSetAside):
        await phone.send(phone.inbound("voice", file=File("handle")))
    assert [row.state for row in rows_of(line, MEDIA_FILES)] == ["fetch"]
    assert line.letters()[-1].body["held_report"]


async def test_a_row_that_the_database_refuses_every_time_holds_up_nobody(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await told(line)

    def refuse(*_: Any) -> None:
        raise ConstraintBroken("outbox.id")

    monkeypatch.setattr("bot.intake.turn.step", refuse)
    with pytest.raises(TurnSetAside, match="ConstraintBroken"):
        await phone.send(phone.inbound(text="kata yang tidak boleh hilang"))
    assert line.letters()[-1].body["raw"] == "kata yang tidak boleh hilang"


async def test_a_conversation_that_cannot_be_woken_is_told_once_an_hour(line: Any) -> None:
    await told(line)
    await line.store.write(lambda conn: conn.execute(update(SESSIONS).values(sealed=b"x" * 40)))
    line.clock.advance(timedelta(days=2))
    for _ in range(3):
        for address_id in await line.store.read(lambda conn: ticks.due_sessions(conn, line.clock.now())):
            with pytest.raises(TurnSetAside):
                await line.intake.wait_is_over(address_id, line.clock.now())
    assert line.kinds() == ["trouble"]
    assert line.letters()[0].body["thread"]


async def test_the_same_message_taken_by_two_processes_at_once_acts_once(line: Any) -> None:
    phone = line.phone()
    await phone.say("halo", "lapor", "2", "1", "1", "jl mufakat")
    before = len(rows_of(line, ANSWERS))
    other, now = Intake(line.store, line.tools), line.clock.now()
    inbound = phone.inbound(text="kalimat yang hanya satu kali")
    await asyncio.gather(*(intake.receive(inbound, now) for intake in (line.intake, other) for _ in range(4)))
    assert len(rows_of(line, ANSWERS)) == before + 1


async def test_receiving_twice_is_refused_in_the_writing_transaction_too(line: Any) -> None:
    from bot.intake.plan import AlreadyReceived
    from bot.intake.turn import _receive_once

    name = line.tools.received("message:1:1")
    await line.store.write(lambda conn: _receive_once(conn, name, line.clock.now()))
    with pytest.raises(AlreadyReceived):
        await line.store.write(lambda conn: _receive_once(conn, name, line.clock.now()))


async def test_whatever_goes_wrong_with_one_file_it_is_tried_again_later(line: Any) -> None:
    phone = await told(line)
    await phone.send(phone.inbound("voice", file=File("handle")))
    fetcher = media_module.MediaFetcher(line.store, line.tools, Platform(ValueError(), b"suara"))
    await fetcher.fetch_due(line.clock.now())
    assert rows_of(line, MEDIA_FILES)[0].attempts == 1
    assert rows_of(line, MEDIA_FILES)[0].due_at > line.clock.now()


async def test_a_recording_erased_while_it_is_fetched_leaves_no_trace(line: Any) -> None:
    phone = await told(line)
    await phone.send(phone.inbound("voice", file=File("handle")))

    async def erased_meanwhile(_: str) -> bytes:
        await phone.say("hapus", "1")
        raise Refused

    await media_module.MediaFetcher(line.store, line.tools, erased_meanwhile).fetch_due(line.clock.now())
    assert line.kinds() == ["wipe"]
    assert rows_of(line, MEDIA_FILES) == []


@pytest.mark.parametrize("written", ["/start aku dipukul bapak tadi malam", "/lapor aku dipukul bapak tadi malam"])
async def test_words_after_a_command_are_heard(line: Any, written: str) -> None:
    phone = line.phone()
    await phone.say(written)
    await phone.say("kirim")
    assert any(b"aku dipukul bapak tadi malam" in body for body in opened(line))
    assert line.kinds()


async def test_what_a_link_hands_to_start_is_no_word_of_anybody(line: Any) -> None:
    phone = line.phone()
    await phone.say("/start poster_sekolah-7")
    assert opened(line) == []
    assert line.kinds() == []
