"""The kata rahasia: it guards every way to what could give somebody away, and stands before no way to help."""

from typing import Any

import pytest

from tests.intake.test_turn import told


async def guarded(line: Any) -> Any:
    """A phone whose report was sent and which has a kata rahasia."""
    phone = await told(line)
    await phone.say("1", *["0"] * 8, "kirim", "ya", "ya", "melati")
    return phone


@pytest.mark.parametrize("words", ["darurat", "mau bunuh diri", "petugas", "bantuan"])
async def test_no_call_for_help_is_taken_for_a_wrong_kata_rahasia(line: Any, words: str) -> None:
    phone = await guarded(line)
    await phone.say("buka")
    assert "belum pas" not in await phone.say(words)


async def test_help_is_there_when_all_tries_are_used_up(line: Any) -> None:
    phone = await guarded(line)
    for _ in range(6):
        await phone.say("buka", "mawar")
    await phone.say("buka")
    assert "112" in await phone.say("darurat")


async def test_no_button_goes_past_the_kata_rahasia(line: Any) -> None:
    phone = await guarded(line)
    await phone.send(phone.inbound(text="menu"))
    pressed = phone.buttons()["Cek ceritaku"]
    asked = "\n".join(await phone.press(pressed))
    assert "kata rahasia" in asked.lower()
    assert "Ceritamu" not in asked
    assert "Ceritamu" in await phone.say("melati")


async def test_no_number_goes_past_the_kata_rahasia(line: Any) -> None:
    phone = await guarded(line)
    await phone.send(phone.inbound(text="menu"))
    number = list(phone.buttons()).index("Cek ceritaku") + 1
    assert "kata rahasia" in (await phone.say(str(number))).lower()
    assert "Ceritamu" in await phone.say("melati")


async def test_another_guarded_word_at_the_lock_does_not_open_it(line: Any) -> None:
    phone = await guarded(line)
    await phone.say("buka")
    assert "kata rahasia" in (await phone.say("status")).lower()
    assert "Ceritamu" in await phone.say("melati")


async def test_strangers_who_guess_receipts_lock_nobodys_kata_rahasia(line: Any) -> None:
    phone = await guarded(line)
    for chat in range(1000, 1021):
        stranger = line.phone(chat)
        await stranger.say("status", *["1234567812345678"] * 5)
    await phone.say("kode")
    assert "Kodemu" in await phone.say("melati")
