"""Groups: who sees what, who comes and goes, migration, anonymous administrators."""

from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

ANONYMOUS = 1087968824


async def texts(bot: Bot) -> list[str]:
    """The texts that wait for the bot; they are confirmed."""
    updates = await bot.get_updates()
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1)
    return [u.message.text for u in updates if u.message and u.message.text]


async def test_in_privacy_mode_a_bot_sees_commands_and_replies_only(bot: Bot, scene: Any) -> None:
    budi = scene.budi.chat(scene.group)
    sent = await bot.send_message(scene.group.id, "kartu")
    await texts(bot)
    budi.say("obrolan biasa")
    budi.say("/tugas")
    budi.say("/tugas@uji_bot")
    budi.say("/tugas@lain_bot")
    budi.say("nanti /tugas")
    budi.say("jawaban", reply_to=sent.message_id)
    assert await texts(bot) == ["/tugas", "/tugas@uji_bot", "jawaban"]
    scene.telegram.do("promote", chat=scene.group.key, bot="uji_bot")
    budi.say("obrolan biasa")
    assert await texts(bot) == ["obrolan biasa"]


async def test_with_two_bots_a_bare_command_goes_to_the_last_that_spoke(bot: Bot, other: Bot, scene: Any) -> None:
    scene.telegram.do("join", chat=scene.group.key, bot="lain_bot")
    await other.send_message(scene.group.id, "aku")
    await texts(bot)
    scene.budi.chat(scene.group).say("/tugas")
    assert await texts(bot) == []
    assert await texts(other) == ["/tugas"]


async def test_being_added_and_removed_is_told(bot: Bot, scene: Any) -> None:
    scene.telegram.do("remove", chat=scene.group.key, bot="uji_bot", by=scene.ani.id)
    scene.telegram.do("join", chat=scene.group.key, bot="uji_bot", by=scene.budi.id)
    told = [u.my_chat_member for u in await bot.get_updates() if u.my_chat_member]
    assert [m.new_chat_member.status for m in told] == ["member", "kicked", "member"]
    assert told[-1].from_user.id == scene.budi.id
    joined = [u.message.new_chat_members for u in await bot.get_updates() if u.message and u.message.new_chat_members]
    assert [m.username for m in joined[-1]] == ["uji_bot"]


async def test_migration_is_told_on_both_sides_in_either_order(bot: Bot, scene: Any) -> None:
    second = scene.telegram.group("Lain", scene.ani, [], [scene.bot])
    await texts(bot)
    offset = (await bot.get_updates() or [None])[-1]
    assert offset is None
    for group, first in ((scene.group, "to"), (second, "from")):
        new = scene.telegram.do("migrate", chat=group.key, first=first)["id"]
        notes = [u.message for u in await bot.get_updates() if u.message]
        await bot.get_updates(offset=(await bot.get_updates())[-1].update_id + 1)
        told = [(n.chat.id, n.migrate_to_chat_id or n.migrate_from_chat_id) for n in notes]
        usual = [(group.id, new), (new, group.id)]
        assert told == (usual if first == "to" else usual[::-1])
        assert notes[told.index((new, group.id))].message_id == 1


async def test_an_anonymous_administrator_speaks_and_presses_as_the_group(bot: Bot, scene: Any) -> None:
    scene.telegram.do("promote", chat=scene.group.key, person=scene.budi.id, anonymous=True)
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Ambil", callback_data="a")]])
    await bot.send_message(scene.group.id, "kartu", reply_markup=markup)
    await texts(bot)
    seat = scene.budi.chat(scene.group)
    seat.say("/tugas", anonymous=True)
    seat.press("Ambil", anonymous=True)
    said, pressed = await bot.get_updates()
    assert said.message is not None
    assert said.message.from_user is not None
    assert said.message.sender_chat is not None
    assert (said.message.from_user.id, said.message.sender_chat.id) == (ANONYMOUS, scene.group.id)
    assert pressed.callback_query is not None
    assert pressed.callback_query.from_user.id == ANONYMOUS


async def test_who_is_in_a_group_can_be_asked(bot: Bot, scene: Any) -> None:
    chat = await bot.get_chat(scene.group.id)
    assert (chat.title, chat.type) == ("Petugas", "group")
    assert [m.user.first_name for m in await bot.get_chat_administrators(scene.group.id)] == ["Ani"]
    assert (await bot.get_chat_member(scene.group.id, scene.budi.id)).status == "member"
    assert (await bot.get_chat_member(scene.group.id, scene.bot.id)).status == "member"
    scene.telegram.do("promote", chat=scene.group.key, bot="uji_bot", rights=["can_pin_messages"])
    own = await bot.get_chat_member(scene.group.id, scene.bot.id)
    assert (own.status, own.can_pin_messages, own.can_delete_messages) == ("administrator", True, False)  # type: ignore[attr-defined]
    assert (await bot.get_chat(scene.ani.id)).first_name == "Ani"
    with pytest.raises(BadRequest, match="no administrators in the private chat"):
        await bot.get_chat_administrators(scene.ani.id)
    with pytest.raises(BadRequest, match="User not found"):
        await bot.get_chat_member(scene.group.id, 12345)


async def test_a_message_is_pinned_once_and_in_a_supergroup_only_with_the_right(bot: Bot, scene: Any) -> None:
    sent = await bot.send_message(scene.group.id, "kepala")
    assert await sent.pin()
    assert await sent.pin()
    assert scene.telegram.chat(scene.group.key)["pinned"] == [sent.message_id]
    pinned = (await bot.get_chat(scene.group.id)).pinned_message
    assert pinned is not None
    assert pinned.text == "kepala"
    assert await sent.unpin()
    with pytest.raises(BadRequest, match="Message to unpin not found"):
        await sent.unpin()
    new = scene.telegram.do("migrate", chat=scene.group.key)["id"]
    late = await bot.send_message(new, "kepala")
    with pytest.raises(BadRequest, match="Not enough rights to manage pinned messages"):
        await late.pin()


async def test_nobody_acts_in_a_group_they_are_not_in(scene: Any) -> None:
    stranger = scene.telegram.person("Orang Lain")
    with pytest.raises(Exception, match="is not in group"):
        stranger.chat(scene.group).say("halo")
