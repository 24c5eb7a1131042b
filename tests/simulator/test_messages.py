"""Messages: what the double takes from PTB's real Bot and what it refuses, with Telegram's words."""

from typing import Any

import pytest
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden

PRIVATE_HOURS = 48


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=f"d:{label}")] for label in labels])


async def test_a_sent_message_comes_back_whole(bot: Bot, scene: Any) -> None:
    sent = await bot.send_message(
        scene.ani.id, "halo", reply_markup=keyboard("Ya"), protect_content=True, disable_notification=True
    )
    assert (sent.text, sent.chat.type, sent.has_protected_content) == ("halo", "private", True)
    assert sent.from_user is not None
    assert sent.from_user.username == "uji_bot"
    assert sent.reply_markup is not None
    assert sent.reply_markup.inline_keyboard[0][0].callback_data == "d:Ya"
    seen = scene.chat.standing()[-1]
    assert (seen["text"], seen["silent"], seen["protected"]) == ("halo", True, True)
    assert seen["buttons"] == [[{"label": "Ya", "data": "d:Ya"}]]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Message text is empty"),
        ("  \n ", "Text must be non-empty"),
        ("😀" * 2049, "Message is too long"),
        ("a" * 4097, "Message is too long"),
    ],
)
async def test_a_text_that_is_empty_or_too_long_is_refused(bot: Bot, scene: Any, text: str, error: str) -> None:
    with pytest.raises(BadRequest, match=error):
        await bot.send_message(scene.ani.id, text)
    assert len(scene.chat.standing()) == 1


async def test_length_is_counted_in_utf16_units(bot: Bot, scene: Any) -> None:
    sent = await bot.send_message(scene.ani.id, "😀" * 2048)
    assert sent.text == "😀" * 2048


@pytest.mark.parametrize("data", ["x" * 65, "é" * 33, ""])
async def test_callback_data_outside_1_to_64_bytes_is_refused(bot: Bot, scene: Any, data: str) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("A", callback_data=data)]])
    with pytest.raises(BadRequest, match=r"Button_data_invalid|BUTTON_DATA_INVALID"):
        await bot.send_message(scene.ani.id, "halo", reply_markup=markup)


@pytest.mark.parametrize(
    ("markup", "error"),
    [
        ("{", "can't parse reply keyboard markup"),
        ("[]", "object expected as reply markup"),
        ('{"inline_keyboard": 5}', "must be an Array of Arrays"),
        ('{"inline_keyboard": [{"text": "A"}]}', "must be an Array of Arrays"),
        ('{"inline_keyboard": [[{"text": "A"}]]}', "Text buttons are unallowed"),
        ('{"inline_keyboard": [[{"callback_data": "A"}]]}', "Can't find field"),
        ('{"inline_keyboard": [[{"text": " ", "callback_data": "A"}]]}', "BUTTON_TEXT_INVALID"),
        ('{"inline_keyboard": [[{"text": "A", "url": "no url"}]]}', "is invalid"),
    ],
)
def test_a_broken_keyboard_is_refused(scene: Any, markup: str, error: str) -> None:
    answer = scene.call("sendMessage", chat_id=scene.ani.id, text="a", reply_markup=markup)
    assert answer["error_code"] == 400
    assert error in answer["description"]


async def test_reply_keyboards_are_kept_but_not_shown_back(bot: Bot, scene: Any) -> None:
    sent = await bot.send_message(scene.ani.id, "a", reply_markup=ReplyKeyboardMarkup([["Ya", "Tidak"]]))
    assert sent.reply_markup is None
    assert scene.chat.standing()[-1]["markup"]["keyboard"][0][0]["text"] == "Ya"
    with pytest.raises(BadRequest, match="can't be edited"):
        await sent.edit_text("b")
    assert (await bot.send_message(scene.ani.id, "c", reply_markup=ForceReply())).message_id


@pytest.mark.parametrize(
    ("mode", "text", "plain", "kinds"),
    [
        (ParseMode.HTML, "<b>a &lt; b</b> <i>c</i>", "a < b c", ["bold", "italic"]),
        (ParseMode.HTML, '<a href="https://x.id/">sini</a>', "sini", ["text_link"]),
        (ParseMode.MARKDOWN_V2, r"*a\.* __b__ `c.d`", "a. b c.d", ["bold", "underline", "code"]),
        (ParseMode.MARKDOWN, "*a* [b](https://x.id)", "a b", ["bold", "text_link"]),
    ],
)
async def test_parse_modes_become_entities(bot: Bot, scene: Any, mode: str, text: str, plain: str, kinds: Any) -> None:
    sent = await bot.send_message(scene.ani.id, text, parse_mode=mode)
    assert sent.text == plain
    assert [entity.type for entity in sent.entities] == kinds


@pytest.mark.parametrize(
    ("mode", "text", "error"),
    [
        ("HTML", "<b>a", "Can't find end tag corresponding to start tag"),
        ("HTML", "<b>a</i>", "Unmatched end tag at byte offset 4"),
        ("HTML", "é</b>", "Unexpected end tag at byte offset 2"),
        ("HTML", "a < b", "Unsupported start tag"),
        ("HTML", "<h1>a</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("MarkdownV2", "a.b", "is reserved and must be escaped"),
        ("MarkdownV2", "*a", "Can't find end of Bold entity at byte offset|Can't find end of Bold entity starting"),
        ("Markdown", "a_b", "Can't find end of the entity starting at byte offset 1"),
        ("Wiki", "a", "Unsupported parse_mode"),
    ],
)
async def test_markup_that_cannot_be_parsed_is_refused(bot: Bot, scene: Any, mode: str, text: str, error: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){error}"):
        await bot.send_message(scene.ani.id, text, parse_mode=mode)


async def test_a_chat_nobody_knows_is_not_found(bot: Bot, scene: Any) -> None:
    for chat in (424242, -424242, "@tidak_ada"):
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(chat, "a")
    assert scene.call("sendMessage", text="a")["description"] == "Bad Request: chat_id is empty"


async def test_nobody_is_written_to_who_never_started_or_has_blocked(bot: Bot, scene: Any) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(scene.budi.id, "a")
    scene.chat.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(scene.ani.id, "a")
    scene.chat.unblock()
    assert (await bot.send_message(scene.ani.id, "a")).message_id
    scene.telegram.do("deactivate", person=scene.ani.id)
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(scene.ani.id, "a")


async def test_a_bot_that_was_kicked_or_left_may_not_write(bot: Bot, scene: Any) -> None:
    scene.telegram.do("remove", chat=scene.group.key, bot="uji_bot", by=scene.ani.id)
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(scene.group.id, "a")
    scene.telegram.do("join", chat=scene.group.key, bot="uji_bot")
    assert (await bot.send_message(scene.group.id, "a")).message_id
    assert await bot.leave_chat(scene.group.id)
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await bot.send_message(scene.group.id, "a")


async def test_a_migrated_group_answers_with_its_new_id(bot: Bot, scene: Any) -> None:
    new = scene.telegram.do("migrate", chat=scene.group.key)["id"]
    with pytest.raises(ChatMigrated) as told:
        await bot.send_message(scene.group.id, "a")
    assert told.value.new_chat_id == new
    assert (await bot.send_message(new, "a")).chat.type == "supergroup"


async def test_a_reply_needs_its_message(bot: Bot, scene: Any) -> None:
    first = scene.chat.say("pertanyaan")
    sent = await bot.send_message(scene.ani.id, "jawaban", reply_to_message_id=first["id"])
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "pertanyaan"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(scene.ani.id, "a", reply_to_message_id=9999)
    lone = await bot.send_message(scene.ani.id, "a", reply_to_message_id=9999, allow_sending_without_reply=True)
    assert lone.reply_to_message is None


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, scene: Any) -> None:
    sent = await bot.send_message(scene.ani.id, "a", reply_markup=keyboard("Ya"))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_text("a", reply_markup=keyboard("Ya"))
    edited = await sent.edit_text("b")
    assert edited.text == "b"  # type: ignore[union-attr]
    assert edited.reply_markup is None  # type: ignore[union-attr]
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_reply_markup(None)
    assert await sent.edit_reply_markup(keyboard("Lagi"))
    assert scene.chat.standing()[-1]["history"] == ["a", "b"]


async def test_only_own_living_text_messages_are_edited(bot: Bot, other: Bot, scene: Any) -> None:
    said = scene.chat.say("halo")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("b", scene.ani.id, said["id"])
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("b", scene.ani.id, 9999)
    photo = await bot.send_photo(scene.ani.id, b"\xff\xd8\xff\xe0 gambar")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await photo.edit_text("b")
    sent = await bot.send_message(scene.ani.id, "a")
    with pytest.raises(BadRequest, match="not found"):
        await other.edit_message_text("b", scene.ani.id, sent.message_id)
    await sent.delete()
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await sent.edit_text("b")
    with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
        await (await bot.send_message(scene.ani.id, "a")).edit_text("a" * 4097)


async def test_deleted_messages_are_gone_but_remembered(bot: Bot, scene: Any) -> None:
    said = scene.chat.say("rahasia")
    assert await bot.delete_message(scene.ani.id, said["id"])
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(scene.ani.id, said["id"])
    assert said["id"] not in [note["id"] for note in scene.chat.standing()]
    gone = next(note for note in scene.chat.messages() if note["id"] == said["id"])
    assert gone["deleted_at"] is not None


async def test_nothing_older_than_48_hours_is_deleted(bot: Bot, scene: Any) -> None:
    old = await bot.send_message(scene.ani.id, "lama")
    scene.ahead(PRIVATE_HOURS * 3600 - 60)
    young = await bot.send_message(scene.ani.id, "baru")
    scene.ahead(PRIVATE_HOURS * 3600 + 60)
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await old.delete()
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await bot.delete_messages(scene.ani.id, [old.message_id, young.message_id])
    assert await bot.delete_messages(scene.ani.id, [young.message_id, 9999])
    assert scene.chat.standing()[-1]["text"] == "lama"


async def test_delete_messages_takes_1_to_100(bot: Bot, scene: Any) -> None:
    with pytest.raises(BadRequest, match="Too many message identifiers specified"):
        await bot.delete_messages(scene.ani.id, list(range(1, 102)))
    with pytest.raises(BadRequest, match="Message identifiers are not specified"):
        await bot.delete_messages(scene.ani.id, [])


async def test_others_messages_in_a_group_need_the_right(bot: Bot, scene: Any) -> None:
    said = scene.budi.chat(scene.group).say("/tugas")
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(scene.group.id, said["id"])
    scene.telegram.do("promote", chat=scene.group.key, bot="uji_bot", rights=["can_delete_messages"])
    assert await bot.delete_message(scene.group.id, said["id"])


async def test_forward_names_the_sender_and_copy_does_not(bot: Bot, scene: Any) -> None:
    said = scene.chat.say("dari Ani")
    forwarded = await bot.forward_message(scene.group.id, scene.ani.id, said["id"])
    assert forwarded.forward_origin is not None
    assert forwarded.forward_origin.sender_user.first_name == "Ani"  # type: ignore[attr-defined]
    copied = await bot.copy_message(scene.group.id, scene.ani.id, said["id"])
    assert scene.group.standing()[-1]["id"] == copied.message_id
    assert "forward_origin" not in scene.group.standing()[-1]["body"]
    kept = await bot.send_message(scene.ani.id, "tetap di sini", protect_content=True)
    with pytest.raises(BadRequest, match="Message can't be forwarded"):
        await bot.forward_message(scene.group.id, scene.ani.id, kept.message_id)
    with pytest.raises(BadRequest, match="Message to copy not found"):
        await bot.copy_message(scene.group.id, scene.ani.id, 9999)


def test_unknown_methods_are_not_found_and_unknown_parameters_are_noted(scene: Any) -> None:
    assert scene.call("sendTelepathy", chat_id=scene.ani.id) == {
        "ok": False,
        "error_code": 404,
        "description": "Not Found: method not found",
    }
    assert scene.call("SENDMESSAGE", chat_id=scene.ani.id, text="a", txet="b")["ok"]
    assert scene.telegram.calls("sendMessage")[-1]["ignored"] == ["txet"]


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("sendMessage", {"text": "a", "disable_notification": "mungkin"}),
        ("sendMessage", {"text": "a", "reply_parameters": "x"}),
        ("sendMessage", {"text": "a", "entities": '[{"type": "bold", "offset": 0, "length": 9}]'}),
        ("editMessageText", {"text": "a", "message_id": "satu"}),
        ("deleteMessages", {"message_ids": '["satu"]'}),
        ("sendLocation", {"latitude": "utara", "longitude": 1}),
        ("sendLocation", {"latitude": 91, "longitude": 1}),
        ("sendChatAction", {"action": "dancing"}),
    ],
)
def test_values_of_the_wrong_type_are_refused(scene: Any, method: str, given: Any) -> None:
    assert scene.call(method, chat_id=scene.ani.id, **given)["error_code"] == 400
