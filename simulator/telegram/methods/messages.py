"""Methods that send, edit, copy and delete messages."""

import time
from typing import Any

from simulator.telegram import checks, keyboards, shapes
from simulator.telegram.errors import bad_request
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, Chat, Json, Message, User
from simulator.telegram.world import World, kind_of

# https://core.telegram.org/bots/api#deletemessage and #deletemessages
DELETABLE_SECONDS = 48 * 3600
DICE_SECONDS = 24 * 3600
MOST_DELETED = 100


def send(world: World, bot: Bot, p: Params, body: Json) -> Json:
    """Sends `body` to the chat of the call and returns the Message; the last step of every send method."""
    place = checks.writable(world, bot, p)
    fields = checks.sending(place, p)
    world.limits.count(bot, place, time.monotonic())
    return shapes.message(world.post(place, bot, body, **fields), bot)


def send_message(world: World, bot: Bot, p: Params) -> Json:
    """sendMessage."""
    return send(world, bot, p, checks.text_body(p))


def _editable(world: World, bot: Bot, p: Params) -> Message:
    if p.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    place = checks.chat_named(world, bot, p)
    checks.readable(place, bot)
    note = checks.message_named(place, p, "message to edit")
    if note.sender is not bot or note.service or (note.markup is not None and not note.inline):
        raise bad_request("message can't be edited")
    return note


def _edited(world: World, bot: Bot, note: Message, body: Json, markup: Json | None) -> Json:
    if (body, markup) == (note.body, note.markup):
        raise checks.not_modified()
    note.history.append(note.words)
    note.body, note.markup = body, markup
    note.edited_at = world.clock.now()
    world.record("edit", note.chat, message=world.view(note))
    return shapes.message(note, bot)


def _new_markup(p: Params) -> Json | None:
    given = p.json("reply_markup", "reply keyboard markup")
    return keyboards.checked_inline(given) if given is not None else None


def edit_text(world: World, bot: Bot, p: Params) -> Json:
    """editMessageText. A keyboard that is not named again goes away, as at Telegram."""
    note = _editable(world, bot, p)
    body = checks.text_body(p, "MESSAGE_TOO_LONG")
    if "text" not in note.body:
        raise bad_request("there is no text in the message to edit")
    return _edited(world, bot, note, body, _new_markup(p))


def edit_markup(world: World, bot: Bot, p: Params) -> Json:
    """editMessageReplyMarkup."""
    note = _editable(world, bot, p)
    return _edited(world, bot, note, note.body, _new_markup(p))


def _check_deletable(world: World, bot: Bot, note: Message) -> None:
    age = world.clock.now() - note.at
    standing = note.chat.members.get(bot.id)
    if not note.chat.private and note.sender is not bot and not (standing and standing.may("can_delete_messages")):
        raise bad_request("message can't be deleted")
    if {"group_chat_created", "supergroup_chat_created", "migrate_from_chat_id"} & note.body.keys():
        raise bad_request("message can't be deleted")
    young_dice = note.chat.private and "dice" in note.body and age < DICE_SECONDS
    if age >= DELETABLE_SECONDS or young_dice:
        raise bad_request("message can't be deleted for everyone")


def remove(world: World, note: Message) -> None:
    """Takes a message away; it is remembered as gone."""
    note.deleted_at = world.clock.now()
    world.record("delete", note.chat, message=world.view(note))


def delete_message(world: World, bot: Bot, p: Params) -> bool:
    """deleteMessage: own ones, in private chats the person's too, none of 48 hours or more."""
    place = checks.chat_named(world, bot, p)
    checks.readable(place, bot)
    note = checks.message_named(place, p, "message to delete")
    _check_deletable(world, bot, note)
    remove(world, note)
    return True


def delete_messages(world: World, bot: Bot, p: Params) -> bool:
    """deleteMessages: 1 to 100 at once; missing ones are passed over, one that may not go stops all."""
    place = checks.chat_named(world, bot, p)
    checks.readable(place, bot)
    found = [place.messages.get(number) for number in _message_ids(p)]
    notes = [note for note in found if note is not None and note.deleted_at is None]
    for note in notes:
        _check_deletable(world, bot, note)
    for note in notes:
        remove(world, note)
    return True


def _message_ids(p: Params) -> list[int]:
    given = p.json("message_ids", "message_ids")
    if given is None or given == []:
        raise bad_request("message identifiers are not specified")
    if not isinstance(given, list):
        raise bad_request("expected an Array of message identifiers")
    if len(given) > MOST_DELETED:
        raise bad_request("too many message identifiers specified")
    if not all(isinstance(number, int) and number > 0 for number in given):
        raise bad_request("invalid message identifier specified")
    return given


def _source(world: World, bot: Bot, p: Params, doing: str) -> Message:
    origin = checks.chat_named(world, bot, p, "from_chat_id")
    checks.readable(origin, bot)
    note = checks.message_named(origin, p, f"message to {doing}")
    if note.protected or note.service:
        raise bad_request(f"message can't be {'copied' if doing == 'copy' else 'forwarded'}")
    return note


def _content(note: Message) -> Json:
    """The content of a message without what belongs to its place."""
    return {name: value for name, value in note.body.items() if name != "media_group_id"}


def forward_message(world: World, bot: Bot, p: Params) -> Json:
    """forwardMessage."""
    note = _source(world, bot, p, "forward")
    origin = forward_origin(note.sender, note.at, note.chat, anonymous=note.anonymous)
    return send(world, bot, p, {"forward_origin": origin, **_content(note)})


def forward_origin(sender: User, at: float, place: Chat, *, anonymous: bool = False) -> dict[str, Any]:
    """A MessageOrigin."""
    if anonymous:
        return {"type": "chat", "sender_chat": shapes.chat(place), "date": int(at)}
    return {"type": "user", "sender_user": shapes.user(sender), "date": int(at)}


def copy_message(world: World, bot: Bot, p: Params) -> Json:
    """copyMessage: the content without where it came from; answers with the new id alone."""
    note = _source(world, bot, p, "copy")
    body = _content(note)
    body.pop("forward_origin", None)
    if "caption" in p.values and kind_of(note) != "text":
        body = {k: v for k, v in body.items() if k not in {"caption", "caption_entities"}} | checks.caption_body(p)
    return {"message_id": send(world, bot, p, body)["message_id"]}
