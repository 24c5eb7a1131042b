"""Updates: offsets, long polls, conflicts, button presses, and the updates a bot should never have to trust."""

import asyncio
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.error import BadRequest, Conflict, InvalidToken

BUTTON = InlineKeyboardMarkup([[InlineKeyboardButton("Ambil", callback_data="ambil:1")]])


async def fresh(bot: Bot) -> int:
    """Confirms what came before; returns the next offset."""
    updates = await bot.get_updates()
    return updates[-1].update_id + 1 if updates else 0


async def test_updates_stay_until_the_offset_passes_them(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    scene.chat.say("satu")
    scene.chat.say("dua")
    seen = await bot.get_updates(offset=offset)
    assert [u.message.text for u in seen if u.message] == ["satu", "dua"]
    assert [u.update_id for u in await bot.get_updates(offset=offset)] == [u.update_id for u in seen]
    assert [u.message.text for u in await bot.get_updates(offset=seen[1].update_id) if u.message] == ["dua"]
    assert await bot.get_updates(offset=seen[1].update_id + 1) == ()
    assert await bot.get_updates() == ()


async def test_negative_offsets_and_limits(bot: Bot, scene: Any) -> None:
    for word in ("satu", "dua", "tiga"):
        scene.chat.say(word)
    assert len(await bot.get_updates(limit=1)) == 1
    last = await bot.get_updates(offset=-1)
    assert [u.message.text for u in last if u.message] == ["tiga"]
    assert len(await bot.get_updates()) == 1


async def test_a_long_poll_answers_when_something_comes(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    poll = asyncio.create_task(bot.get_updates(offset=offset, timeout=20))
    await scene.polled()
    await asyncio.to_thread(scene.chat.say, "halo")
    (update,) = await asyncio.wait_for(poll, 10)
    assert update.message is not None
    assert update.message.text == "halo"
    assert update.message.from_user is not None
    assert (update.message.from_user.username, update.message.from_user.language_code) == ("ani_uji", "id")


async def test_a_second_poller_ends_the_first(bot: Bot, twin: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    first = asyncio.create_task(bot.get_updates(offset=offset, timeout=20))
    await scene.polled()
    assert await twin.get_updates(offset=offset) == ()
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first


async def test_a_poller_that_hung_up_is_no_conflict(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    first = asyncio.create_task(bot.get_updates(offset=offset, timeout=20))
    await scene.polled()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    scene.chat.say("halo")
    assert len(await bot.get_updates(offset=offset)) == 1


async def test_no_polling_while_a_webhook_is_set(bot: Bot, scene: Any) -> None:
    await bot.set_webhook("https://contoh.invalid/telegram", secret_token="rahasia")
    with pytest.raises(Conflict, match="while webhook is active"):
        await bot.get_updates()
    assert (await bot.get_webhook_info()).url == "https://contoh.invalid/telegram"
    assert await bot.delete_webhook()
    assert len(await bot.get_updates()) > 0


async def test_only_wanted_kinds_of_updates_come(bot: Bot, scene: Any) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    offset = await fresh(bot)
    scene.chat.say("tidak diminta")
    await bot.send_message(scene.ani.id, "tekan", reply_markup=BUTTON)
    scene.chat.press("Ambil")
    (update,) = await bot.get_updates(offset=offset)
    assert update.callback_query is not None


async def test_updates_are_kept_for_a_day_only(bot: Bot, scene: Any) -> None:
    scene.chat.say("kemarin")
    scene.ahead(24 * 3600 + 1)
    scene.chat.say("sekarang")
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["sekarang"]


async def test_a_press_is_answered_once_and_soon(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    await bot.send_message(scene.ani.id, "tekan", reply_markup=BUTTON)
    press = scene.chat.press("Ambil")
    (update,) = await bot.get_updates(offset=offset)
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.chat.id) == ("ambil:1", scene.ani.id, scene.ani.id)
    assert await query.answer("Sudah", show_alert=True)
    assert scene.chat.answer_to(press, 1) == "Sudah"
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await query.answer()
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("123")
    late = scene.chat.press("Ambil")
    scene.telegram.do("expire_presses")
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(late)
    long = scene.chat.press("Ambil")
    with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
        await bot.answer_callback_query(long, "a" * 201)


async def test_another_bots_press_cannot_be_answered(bot: Bot, other: Bot, scene: Any) -> None:
    await bot.send_message(scene.ani.id, "tekan", reply_markup=BUTTON)
    press = scene.chat.press("Ambil")
    with pytest.raises(BadRequest, match="Query is too old"):
        await other.answer_callback_query(press)


async def test_commands_are_marked_in_utf16_units(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    scene.chat.say("😀 /start ABC")
    (update,) = await bot.get_updates(offset=offset)
    assert update.message is not None
    (entity,) = update.message.entities
    assert (entity.type, entity.offset, entity.length) == (MessageEntity.BOT_COMMAND, 3, 6)
    assert update.message.parse_entity(entity) == "/start"


async def test_an_edit_by_a_person_comes_as_one(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    said = scene.chat.say("halp")
    scene.chat.edit(said["id"], "halo")
    _, edited = await bot.get_updates(offset=offset)
    assert edited.edited_message is not None
    assert (edited.edited_message.text, edited.edited_message.message_id) == ("halo", said["id"])
    assert edited.edited_message.edit_date is not None


async def test_blocking_and_unblocking_are_told(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    scene.chat.block()
    scene.chat.unblock()
    told = [u.my_chat_member for u in await bot.get_updates(offset=offset)]
    assert [m.new_chat_member.status for m in told if m] == ["kicked", "member"]


async def test_one_update_can_come_twice(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    scene.telegram.do("duplicate", bot="uji_bot")
    scene.chat.say("dua kali")
    first, second = await bot.get_updates(offset=offset)
    assert first.message == second.message
    assert first.update_id != second.update_id
    assert await bot.get_updates(offset=second.update_id + 1) == ()
    scene.telegram.do("again", bot="uji_bot", same_id=True)
    (third,) = await bot.get_updates(offset=second.update_id + 1)
    assert (third.update_id, third.message) == (second.update_id, second.message)
    assert await bot.get_updates(offset=second.update_id + 1) == ()


async def test_a_malformed_update_comes_among_good_ones(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    scene.telegram.do("hold", bot="uji_bot")
    scene.chat.say("sebelum")
    scene.telegram.do("update", bot="uji_bot", update={"message": {}})
    scene.chat.say("sesudah")
    assert scene.call("getUpdates", offset=offset)["result"] == []
    scene.telegram.do("hold", bot="uji_bot", on=False)
    raw = scene.call("getUpdates", offset=offset)["result"]
    assert [u["message"].get("text") for u in raw] == ["sebelum", None, "sesudah"]
    with pytest.raises(KeyError):
        await bot.get_updates(offset=offset)


async def test_update_ids_may_start_again(bot: Bot, scene: Any) -> None:
    await bot.get_updates(offset=await fresh(bot))
    scene.telegram.do("renumber", bot="uji_bot", next=7)
    scene.chat.say("baru")
    assert scene.call("getUpdates")["result"][0]["update_id"] == 7


async def test_a_lone_surrogate_reaches_the_bot_and_none_is_taken_from_it(bot: Bot, scene: Any) -> None:
    offset = await fresh(bot)
    scene.telegram.do("say", person=scene.ani.id, chat=scene.chat.key, text="a\ud800b")
    assert scene.call("getUpdates", offset=offset)["result"][0]["message"]["text"] == "a\ud800b"
    answer = scene.call("sendMessage", chat_id=scene.ani.id, text="a\ud800b")
    assert answer["description"] == "Bad Request: strings must be encoded in UTF-8"


async def test_a_wrong_or_revoked_token_is_unauthorized(bot: Bot, scene: Any) -> None:
    assert scene.call("getMe", token="700:salah")["error_code"] == 401
    assert scene.call("getMe", token="tanpa-titik-dua")["description"] == "Unauthorized"
    scene.telegram.do("revoke", bot="uji_bot")
    with pytest.raises(InvalidToken):
        await bot.send_message(scene.ani.id, "a")
    scene.telegram.do("revoke", bot="uji_bot", revoked=False)
    assert (await bot.get_me()).username == "uji_bot"
