"""The second Bot API server, seen through python-telegram-bot: what a bot may expect of it, and where it refuses."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken

from tests.second_bot_api_client import GROUP, Chat, Person, SecondBotApi

ANI, BUDI = Person(11, "Ani", "ani"), Person(12, "Budi")
NUMBERS = itertools.count(1001, 2)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9
KEYS = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Ya", callback_data="y"), InlineKeyboardButton("Tidak", callback_data="n")]]
)


@pytest.fixture(scope="module")
def api() -> Iterator[SecondBotApi]:
    with SecondBotApi() as server:
        yield server


@pytest.fixture
async def bot(api: SecondBotApi) -> AsyncIterator[Bot]:
    """Each test has a bot of its own; the next number is free for a second one."""
    async with bot_at(api, next(NUMBERS)) as made:
        yield made


def bot_at(api: SecondBotApi, number: int) -> Bot:
    return Bot(f"{number}:AA-secret_{number}", base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot")


async def news(bot: Bot) -> tuple[Update, ...]:
    """The waiting updates, confirmed."""
    updates = await bot.get_updates(timeout=2)
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1, timeout=0)
    return updates


async def test_a_bot_is_known_by_the_number_in_its_token(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot) == (int(bot.token.split(":")[0]), True)
    assert me.can_read_all_group_messages is False


async def test_a_held_poll_is_answered_as_soon_as_a_person_writes(api: SecondBotApi, bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.to_thread(api.say, ANI, "/start ABC", bot=bot.id)
    (update,) = await asyncio.wait_for(poll, 5)
    message = update.message
    assert message
    assert message.from_user
    assert (message.text, message.chat.id, message.chat.type) == ("/start ABC", ANI.id, "private")
    assert (message.from_user.username, message.from_user.language_code) == ("ani", "id")
    assert [(e.type, e.offset, e.length) for e in message.entities] == [("bot_command", 0, 6)]


async def test_updates_come_again_until_a_higher_offset_confirms_them(api: SecondBotApi, bot: Bot) -> None:
    for text in ("satu", "dua", "tiga"):
        api.say(ANI, text, bot=bot.id)
    first = await bot.get_updates()
    assert [u.update_id for u in await bot.get_updates()] == [u.update_id for u in first]
    assert texts(await bot.get_updates(limit=2)) == ["satu", "dua"]
    assert texts(await bot.get_updates(offset=first[1].update_id)) == ["dua", "tiga"]
    assert texts(await bot.get_updates()) == ["dua", "tiga"]
    assert texts(await bot.get_updates(offset=-1)) == ["tiga"]
    assert texts(await bot.get_updates()) == ["tiga"]


async def test_only_allowed_updates_are_queued(api: SecondBotApi, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    api.say(ANI, "tidak dikirim", bot=bot.id)
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=[])
    api.say(ANI, "dikirim", bot=bot.id)
    assert texts(await bot.get_updates()) == ["dikirim"]


async def test_a_press_becomes_a_callback_query_that_can_be_answered_once(api: SecondBotApi, bot: Bot) -> None:
    chat = Chat(bot.id, ANI)
    api.say(ANI, "halo", bot=bot.id)
    sent = await bot.send_message(ANI.id, "  Setuju?\n", reply_markup=KEYS)
    assert (sent.text, sent.reply_markup) == ("Setuju?", KEYS)
    api.press(ANI, chat, "Tidak")
    query = (await news(bot))[-1].callback_query
    assert query
    assert (query.data, query.from_user.id, bool(query.chat_instance)) == ("n", ANI.id, True)
    assert isinstance(query.message, Message)
    assert (query.message.message_id, query.message.text, query.message.reply_markup) == (sent.id, "Setuju?", KEYS)
    assert await query.answer("Baik")
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await query.answer()


async def test_an_edit_replaces_text_and_buttons_and_must_change_something(api: SecondBotApi, bot: Bot) -> None:
    said = api.say(ANI, "halo", bot=bot.id)
    sent = await bot.send_message(ANI.id, "satu", reply_markup=KEYS)
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_text("satu", ANI.id, sent.id, reply_markup=KEYS)
    edited = await bot.edit_message_text("dua", ANI.id, sent.id)
    assert isinstance(edited, Message)
    assert (edited.text, edited.reply_markup, edited.edit_date is not None) == ("dua", None, True)
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_reply_markup(ANI.id, sent.id)
    await bot.edit_message_reply_markup(ANI.id, sent.id, reply_markup=KEYS)
    last = api.messages(Chat(bot.id, ANI))[-1]
    assert (last.id, last.text, last.buttons, last.edited) == (sent.id, "dua", {"Ya": "y", "Tidak": "n"}, True)
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await bot.edit_message_text("bukan milik bot", ANI.id, said)
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("tidak ada", ANI.id, 999)


async def test_a_deleted_message_is_gone_for_every_method(api: SecondBotApi, bot: Bot) -> None:
    said = api.say(ANI, "halo", bot=bot.id)
    sent = await bot.send_message(ANI.id, "satu", reply_to_message_id=said)
    assert sent.reply_to_message
    assert sent.reply_to_message.text == "halo"
    assert await bot.delete_message(ANI.id, said)
    with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
        await bot.delete_message(ANI.id, said)
    assert await bot.delete_messages(ANI.id, [said, sent.id, 999])
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("dua", ANI.id, sent.id)
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await bot.send_message(ANI.id, "tiga", reply_to_message_id=sent.id)
    await bot.send_message(ANI.id, "tiga", reply_to_message_id=sent.id, allow_sending_without_reply=True)
    assert [seen.deleted for seen in api.messages(Chat(bot.id, ANI))] == [True, True, False]


async def test_files_go_both_ways_and_belong_to_one_bot(api: SecondBotApi, bot: Bot) -> None:
    api.say(ANI, "rumah", bot=bot.id, photo=PNG)
    api.say(ANI, "", bot=bot.id, voice=b"OggS-suara")
    photo, voice = [update.message for update in await news(bot)]
    assert photo
    assert voice
    assert voice.voice
    assert photo.caption == "rumah"
    assert await (await bot.get_file(photo.photo[-1].file_id)).download_as_bytearray() == PNG
    assert await (await voice.voice.get_file()).download_as_bytearray() == b"OggS-suara"
    sent = await bot.send_photo(ANI.id, PNG, caption="kembali", reply_markup=KEYS)
    assert (sent.caption, sent.reply_markup) == ("kembali", KEYS)
    assert await (await bot.get_file(sent.photo[-1].file_id)).download_as_bytearray() == PNG
    again = await bot.send_photo(ANI.id, sent.photo[-1].file_id)
    assert await (await bot.get_file(again.photo[-1].file_id)).download_as_bytearray() == PNG
    for method in (bot.send_document, bot.send_voice, bot.send_video):
        assert (await method(ANI.id, b"isi")).effective_attachment
    async with bot_at(api, bot.id + 1) as other:
        with pytest.raises(BadRequest):
            await other.get_file(sent.photo[-1].file_id)


async def test_of_two_pollers_with_one_token_one_ends_with_409(api: SecondBotApi, bot: Bot) -> None:
    async with bot_at(api, bot.id) as rival:
        polls = asyncio.gather(bot.get_updates(timeout=2), rival.get_updates(timeout=2), return_exceptions=True)
        results = await polls
    assert [result for result in results if isinstance(result, Conflict)]
    assert () in results


@pytest.mark.parametrize("method", ["sendDice", "deleteWebhook", "setMyCommands", "getChatMember", "sendChatAction"])
async def test_methods_the_bots_do_not_need_answer_404(bot: Bot, method: str) -> None:
    with pytest.raises(InvalidToken, match="Not Found"):
        await bot._post(method, {"chat_id": ANI.id})


async def test_what_telegram_refuses_is_refused(api: SecondBotApi, bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(ANI.id, "belum kenal")
    api.say(ANI, "halo", bot=bot.id)
    await bot.send_message(ANI.id, "😀" * 2048)
    with pytest.raises(BadRequest, match="too long"):
        await bot.send_message(ANI.id, "😀" * 2048 + "x")
    with pytest.raises(BadRequest, match="empty"):
        await bot.send_message(ANI.id, " \n")
    wide = InlineKeyboardMarkup.from_button(InlineKeyboardButton("Ya", callback_data="é" * 33))
    with pytest.raises(BadRequest, match=r"(?i)BUTTON_DATA_INVALID"):
        await bot.send_message(ANI.id, "tekan", reply_markup=wide)
    with pytest.raises(BadRequest, match=r"(?i)wrong file identifier"):
        await bot.send_photo(ANI.id, "photo-1")


async def test_a_bot_learns_that_it_was_blocked_and_may_only_delete(api: SecondBotApi, bot: Bot) -> None:
    said = api.say(ANI, "halo", bot=bot.id)
    api.set_status(Chat(bot.id, ANI), "kicked")
    change = (await news(bot))[-1].my_chat_member
    assert change
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ANI.id, "masih di sana?")
    assert await bot.delete_message(ANI.id, said)
    api.set_status(Chat(bot.id, ANI), "member")
    assert (await bot.send_message(ANI.id, "halo lagi")).text == "halo lagi"


async def test_in_a_group_a_bot_sees_commands_replies_and_service_messages_only(api: SecondBotApi, bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(GROUP, "belum di sini")
    group = Chat(bot.id, ANI, GROUP)
    api.set_status(group, "member")
    joined, service = await news(bot)
    assert joined.my_chat_member
    assert service.message
    assert (joined.my_chat_member.new_chat_member.status, joined.my_chat_member.chat.type) == ("member", "supergroup")
    assert [user.id for user in service.message.new_chat_members] == [bot.id]
    card = await bot.send_message(GROUP, "kartu", reply_markup=KEYS)
    for text in ("obrolan", "/tugas", f"/kasus@{(await bot.get_me()).username}", "/kasus@bot_lain", "lihat /tugas"):
        api.say(BUDI, text, bot=bot.id, group=GROUP)
    mine = api.say(BUDI, "balasan", bot=bot.id, group=GROUP, reply_to=card.id)
    assert texts(seen := await news(bot)) == ["/tugas", f"/kasus@test_{bot.id}_bot", "balasan"]
    assert seen[-1].message
    assert seen[-1].message.reply_to_message
    assert seen[-1].message.reply_to_message.message_id == card.id
    seen_before = api.messages(group)[1]
    api.press(BUDI, group, "Ya")
    await bot.edit_message_reply_markup(GROUP, card.id)
    with pytest.raises(AssertionError, match="no visible button"):
        api.press(ANI, group, "Ya")
    api.press(ANI, group, "Ya", on=seen_before)
    assert [u.callback_query.from_user.id for u in await news(bot) if u.callback_query] == [BUDI.id, ANI.id]
    with pytest.raises(BadRequest, match="can't be deleted"):
        await bot.delete_message(GROUP, mine)
    api.set_status(group, "kicked")
    with pytest.raises(Forbidden, match="kicked"):
        await bot.send_message(GROUP, "masih di sini?")


async def test_two_bots_have_chats_of_their_own_with_one_person(api: SecondBotApi, bot: Bot) -> None:
    async with bot_at(api, bot.id + 1) as other:
        api.say(ANI, "untuk yang pertama", bot=bot.id)
        assert await other.get_updates() == ()
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await other.send_message(ANI.id, "kita belum bicara")


async def test_get_json_forms_and_any_letter_case_are_taken(api: SecondBotApi, bot: Bot) -> None:
    api.say(ANI, "halo", bot=bot.id)
    base = f"{api.url}/bot{bot.token}"
    async with httpx2.AsyncClient(base_url=base) as http:
        markup = KEYS.to_dict()
        answers = [
            await http.get("/sendMessage", params={"chat_id": ANI.id, "text": "[a]", "reply_markup": KEYS.to_json()}),
            await http.post("/sendmessage", json={"chat_id": str(ANI.id), "text": "[a]", "reply_markup": markup}),
            await http.post("/SENDMESSAGE", data={"chat_id": ANI.id, "text": "[a]", "reply_markup": KEYS.to_json()}),
            await http.post("/sendMessage", json={"text": "tanpa chat"}),
        ]
    assert [a.status_code for a in answers] == [200, 200, 200, 400]
    assert [(a.json()["result"]["text"], a.json()["result"]["reply_markup"]) for a in answers[:3]] == [
        ("[a]", markup)
    ] * 3
    assert (answers[3].json()["ok"], answers[3].json()["error_code"]) == (False, 400)


def test_waiting_for_what_never_comes_fails(api: SecondBotApi) -> None:
    assert api.wait_for(lambda: "ada") == "ada"
    with pytest.raises(AssertionError, match="did not happen"):
        api.wait_for(lambda: None, timeout=0.05)


def texts(updates: tuple[Update, ...]) -> list[str | None]:
    return [update.message.text for update in updates if update.message]
