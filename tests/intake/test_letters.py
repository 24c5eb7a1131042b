"""What the desk's letters make of a report, and what its reporter is told, when and how."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.outgoing import utf16_length
from bot.intake import ticks
from bot.intake.hooks import Hooks
from storage import outbox
from storage.intake_tables import THREADS

STORY = "rumah kami selalu sepi sekali"


async def reported(line: Any, balas: str) -> tuple[Any, str]:
    """A phone that sent a report with that answer to "may we reply?", and the report's thread."""
    phone = line.phone()
    await phone.say("halo", "lapor", "2", balas, "1", "jl mufakat", STORY, "selesai", "1")
    await phone.take()
    return phone, line.letters()[0].body["thread"]


def thread(line: Any) -> Any:
    return line.store.read_now(lambda conn: conn.execute(select(THREADS)).one())


async def accept(line: Any, thread_id: str, level: str = "sedang") -> None:
    read_by = line.clock.now() + timedelta(hours=2)
    await line.hear("accepted", thread=thread_id, letter="00", read_by=read_by.isoformat(), on_duty=True, level=level)


async def tick(line: Any, **passed: float) -> None:
    line.clock.advance(timedelta(**passed))
    await line.store.write(lambda conn: ticks.speak_and_sweep(conn, line.tools, line.clock.now()))


async def test_only_the_desk_makes_it_say_that_the_report_arrived(line: Any) -> None:
    phone = line.phone()
    said = await phone.say("halo", "lapor", "2", "1", "1", "jl mufakat", STORY, "selesai", "1")
    assert "Tersimpan" in said
    assert "Sudah sampai" not in said
    await accept(line, line.letters()[0].body["thread"])
    assert any("Sudah sampai ke petugas. Dibaca paling lambat pukul 12.00" in text for text in await phone.take())


async def test_a_minute_without_the_desk_shows_the_numbers_once(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await tick(line, seconds=59)
    assert await phone.take() == []
    await tick(line, seconds=2)
    [said] = await phone.take()
    assert "belum sampai petugas" in said
    assert "112" in said
    await tick(line, seconds=60)
    assert await phone.take() == []
    await accept(line, thread_id)


async def test_an_accepted_report_never_hears_that_it_did_not_arrive(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await accept(line, thread_id)
    await phone.take()
    await tick(line, minutes=2)
    assert await phone.take() == []


async def test_a_reply_to_a_safe_phone_arrives_with_its_words_and_its_fate_is_told(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    line.clock.advance(timedelta(minutes=30))
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="Apa *kabar*?")
    [said] = await phone.take()
    assert said == "*Petugas Melati:*\n\u2068Apa ∗kabar∗?\u2069"


@pytest.mark.parametrize("balas", ["2", "0"])
async def test_a_reply_to_another_phone_is_only_announced_until_buka(line: Any, balas: str) -> None:
    phone, thread_id = await reported(line, balas)
    line.clock.advance(timedelta(minutes=30))
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="Rahasia")
    await line.hear("reply", thread=thread_id, relay="cd" * 16, alias="Melati", text="Kedua")
    assert await phone.take() == ["Ada pesan. Balas BUKA."]
    assert [letter.body["state"] for letter in line.letters() if letter.kind == "delivery"] == ["held", "held"]
    said = await phone.say("buka")
    assert said.index("Rahasia") < said.index("Kedua")
    assert "Belum ada pesan baru" in await phone.say("buka")


async def test_after_jangan_balas_nothing_comes_by_itself(line: Any) -> None:
    phone, thread_id = await reported(line, "3")
    line.clock.advance(timedelta(minutes=3))
    await line.hear("claimed", thread=thread_id, alias="Melati")
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="Rahasia")
    await tick(line, hours=12)
    assert await phone.take() == []
    said = await phone.say("aku mau menambah sesuatu di sini")
    assert "Ada pesan. Balas BUKA." in said
    assert "Rahasia" not in said
    assert "Rahasia" in await phone.say("buka")


async def test_a_message_in_mid_draft_waits_for_the_answer_but_at_most_a_minute(line: Any) -> None:
    phone = line.phone()
    await phone.say("halo", "petugas", "aku mau bertanya sesuatu kak", "selesai", "lapor", "2")
    thread_id = line.letters()[0].body["thread"]
    await phone.take()
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="Halo")
    assert await phone.take() == []
    assert any("Halo" in text for text in await phone.take(61))
    await line.hear("reply", thread=thread_id, relay="cd" * 16, alias="Melati", text="Lagi")
    await phone.send(phone.inbound(text="1"))
    said = await phone.take(0)
    assert "Lagi" in said[0]
    assert "tentang siapa" in said[1]


async def test_an_unclaimed_darurat_is_told_at_five_and_fifteen_minutes_until_somebody_claims(line: Any) -> None:
    phone = line.phone()
    await phone.say("darurat", "bisa", "pasar segar", "aman")
    thread_id = line.letters()[0].body["thread"]
    await accept(line, thread_id, "darurat")
    await phone.take()
    await tick(line, minutes=5, seconds=1)
    assert ["Belum ada petugas" in text for text in await phone.take()] == [True]
    await tick(line, minutes=10)
    assert ["Belum ada petugas" in text for text in await phone.take()] == [True]
    await tick(line, hours=1)
    assert await phone.take() == []

    other = line.phone(chat=99)
    await other.say("darurat", "bisa", "pasar segar", "aman")
    await line.hear("claimed", thread=line.letters()[-1].body["thread"], alias="Melati")
    await other.take()
    await tick(line, hours=1)
    assert await other.take() == []


async def test_after_an_outage_one_sentence_about_a_darurat_is_enough(line: Any) -> None:
    phone = line.phone()
    await phone.say("darurat", "bisa", "pasar segar", "aman")
    await phone.take()
    await tick(line, hours=3)
    assert len(await phone.take()) == 1


async def test_a_closed_report_says_so_in_neutral_words_and_status_tells_the_truth(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    assert "belum sampai" in await phone.say("status")
    await accept(line, thread_id)
    await phone.take()
    assert "sudah sampai" in await phone.say("0", "status")
    await line.hear("claimed", thread=thread_id, alias="Melati")
    await phone.take()
    assert "Petugas Melati" in await phone.say("0", "status")
    await line.hear("closed", thread=thread_id)
    assert any("selesai menangani" in text for text in await phone.take())
    assert "selesai menangani" in await phone.say("0", "status")


async def test_a_reply_goes_to_nobody_who_cannot_be_reached_and_the_desk_hears_it(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await phone.send(phone.inbound("blocked"))
    assert line.letters()[-1].body["what"] == "unreachable"
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="Halo")
    assert line.letters()[-1].body == {"relay": "ab" * 16, "state": "blocked"}
    await line.hear("reply", thread="00" * 16, relay="cd" * 16, alias="Melati", text="Halo")
    assert line.letters()[-1].body == {"relay": "cd" * 16, "state": "gone"}


async def test_a_canary_is_sent_daily_and_again_until_it_is_answered(line: Any) -> None:
    await line.store.write(lambda conn: ticks.at_start(conn, line.tools, line.clock.now()))
    await tick(line, minutes=11)
    assert line.kinds() == ["canary", "canary"]
    await line.hear("canary", nonce="00")
    await tick(line, hours=23)
    assert line.kinds() == ["canary", "canary"]
    await tick(line, hours=2)
    assert line.kinds() == ["canary"] * 3


async def test_how_long_it_takes_is_said_by_the_desks_last_word_about_its_duty(line: Any) -> None:
    phone = line.phone()
    now = line.clock.now()
    assert "belum sampai petugas" in await phone.say("petugas")
    duty = {"on_duty": True, "read_by": {"sedang": 120}, "next_duty": None}
    await line.hear("duty_status", at=now.isoformat(), **duty)
    other = line.phone(chat=99)
    assert "paling lambat pukul 12.00" in await other.say("petugas")
    line.clock.advance(timedelta(hours=3))
    third = line.phone(chat=98)
    assert "belum sampai petugas" in await third.say("petugas")


async def test_threads_survive_what_the_desk_says_twice(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    for _ in range(2):
        await accept(line, thread_id)
        await line.hear("claimed", thread=thread_id, alias="Melati")
    said = await phone.take()
    assert sum("sekarang menangani" in text for text in said) == 1
    assert thread(line).alias == "Melati"


async def test_a_short_answer_to_an_officer_reaches_the_officer_and_not_the_open_question(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="Kamu di mana?")
    await deliver(line)
    letters = len(line.letters())
    assert "Petugas membacanya" in await answered(line, phone, "di sekolah")
    assert "Petugas membacanya" in await answered(line, phone, "ya")
    assert line.kinds()[letters:] == ["more", "more"]
    assert "Ada luka" in await answered(line, phone, "ulang")
    assert "paling mirip" in await answered(line, phone, "tidak")


async def answered(line: Any, phone: Any, text: str) -> str:
    """What the bot says to `text`, as it was delivered."""
    await phone.send(phone.inbound(text=text))
    return await deliver(line)


async def deliver(line: Any) -> str:
    """Everything that waits is sent, as delivery marks it; returns the texts."""
    rows = [row for row in line.rows("waiting") if row.due_at <= line.clock.now() + timedelta(seconds=2)]
    texts = [getattr(line.opened(row), "text", "") for row in rows]
    for row in rows:
        await line.store.write(lambda conn, row=row: outbox.finish(conn, row.id, "sent", line.clock.now()))
    return "\n".join(texts)


async def test_a_case_that_nobody_has_any_more_names_no_officer_and_is_told_again(line: Any) -> None:
    phone = line.phone()
    await phone.say("darurat", "bisa", "pasar segar", "aman")
    thread_id = line.letters()[0].body["thread"]
    await accept(line, thread_id, "darurat")
    await line.hear("claimed", thread=thread_id, alias="Melati")
    await phone.take()
    line.clock.advance(timedelta(minutes=40))
    await line.hear("released", thread=thread_id)
    assert thread(line).alias is None
    await tick(line, minutes=5, seconds=1)
    assert any("Belum ada petugas" in text for text in await phone.take())


async def test_a_report_that_the_desk_raises_at_night_is_answered_at_night(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await accept(line, thread_id)
    await phone.take()
    line.clock.advance(timedelta(hours=13))  # 23.00 WITA
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="Halo")
    assert await phone.take() == []
    held = [letter.body for letter in line.letters() if letter.kind == "delivery"][-1]
    assert held["state"] == "held"
    assert held["until"].startswith("2026-11-23T22:00")  # 06.00 WITA
    await line.hear("level", thread=thread_id, level="darurat")
    await line.hear("reply", thread=thread_id, relay="cd" * 16, alias="Melati", text="Kamu aman?")
    assert [text.rpartition("\n")[2] for text in await phone.take()] == ["\u2068Halo\u2069", "\u2068Kamu aman?\u2069"]


async def test_where_nobody_is_on_duty_no_hour_is_promised(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await line.hear("accepted", thread=thread_id, letter="00", read_by=None, on_duty=False, level="sedang")
    [said] = await phone.take()
    assert "Sudah sampai" in said
    assert "pukul" not in said
    assert "112" in said
    await line.hear("duty_status", at=line.clock.now().isoformat(), on_duty=False, read_by={}, next_duty=None)
    other = await line.phone(chat=99).say("petugas")
    assert "pukul" not in other
    assert "112" in other


async def test_buka_shows_how_things_stand_once(line: Any) -> None:
    phone = line.phone()
    await phone.say("darurat", "bisa", "pasar segar", "0")
    thread_id = line.letters()[0].body["thread"]
    await accept(line, thread_id, "darurat")
    await phone.take()
    await tick(line, minutes=5, seconds=1)
    await tick(line, minutes=10)
    assert (await phone.say("buka")).count("Belum ada petugas") == 1
    await tick(line, minutes=30)
    await line.hear("claimed", thread=thread_id, alias="Melati")
    said = await phone.say("buka")
    assert "Melati" in said
    assert "Belum ada petugas" not in said


async def test_after_a_silent_alarm_nothing_lights_up_the_phone(line: Any) -> None:
    phone = line.phone()
    await phone.say("halo", "lapor", "2", "1", "1", "jl mufakat", "aku takut sekali di rumah", "selesai")
    line.clock.advance(timedelta(minutes=3, seconds=5))
    [address] = line.store.read_now(lambda conn: ticks.due_sessions(conn, line.clock.now()))
    await line.intake.wait_is_over(address, line.clock.now())
    assert line.kinds() == ["alarm"]
    await phone.take()
    await accept(line, line.letters()[0].body["thread"], "tinggi")
    assert await phone.take() == []


async def test_kode_is_there_as_soon_as_something_was_sent(line: Any) -> None:
    phone, _ = await reported(line, "1")
    first = await phone.say("kode")
    assert "Kodemu" in first
    assert await phone.say("kode") == first


async def test_who_sent_it_hears_that_it_arrived_though_silence_alarmed_meanwhile(line: Any) -> None:
    phone = line.phone()
    story = "aku takut sekali di rumah"
    await phone.say("halo", "lapor", "2", "1", "1", "jl mufakat", story, "selesai", "kirim")
    line.clock.advance(timedelta(minutes=3, seconds=30))
    for address in line.store.read_now(lambda conn: ticks.due_sessions(conn, line.clock.now())):
        await line.intake.wait_is_over(address, line.clock.now())
    await phone.take()
    line.clock.advance(timedelta(hours=1))
    await accept(line, line.letters()[0].body["thread"])
    assert any("Sudah sampai" in text for text in await phone.take())


async def test_no_placeholder_in_an_officers_words_is_filled_in(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await accept(line, thread_id)
    await phone.take()
    words = "{status} {kanal} {layanan.uptd}\n{layanan.tidak_ada} {0.__class__}"
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text=words)
    [said] = await phone.take()
    assert said.replace("\u2068", "").replace("\u2069", "") == f"*Petugas Melati:*\n{words}"


async def test_the_longest_words_of_an_officer_arrive_whole(line: Any) -> None:
    phone, thread_id = await reported(line, "1")
    await accept(line, thread_id)
    await phone.take()
    await line.hear("reply", thread=thread_id, relay="ab" * 16, alias="Melati", text="😭" * 2048)
    said = await phone.take()
    assert sum(one.count("😭") for one in said) == 2048
    assert all(utf16_length(one) <= 4096 for one in said)


async def test_a_refused_message_tells_the_desk_once_that_its_reporter_is_out_of_reach(line: Any) -> None:
    """Telegram's own word of it can get lost; and when it comes it is no news."""
    phone, thread_id = await reported(line, "1")
    await accept(line, thread_id)
    row, now = line.rows("waiting")[0], line.clock.now()
    hooks = Hooks(line.tools)
    for _ in range(2):
        await line.store.write(lambda conn: hooks.finished(conn, row, "blocked", now))
    await phone.send(phone.inbound("blocked"))
    flags = [letter.body["what"] for letter in line.letters() if letter.kind == "flag"]
    assert flags == ["unreachable"]
    await phone.send(phone.inbound("unblocked"))
    assert line.letters()[-1].body["what"] == "reachable"
