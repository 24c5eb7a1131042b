"""What a call must satisfy before it is carried out: the chat, the text, the message meant. Wording is Telegram's own.

Sources: https://core.telegram.org/bots/api and the error texts of Telegram's open server (tdlib/telegram-bot-api).
"""

from simulator.telegram import keyboards, markup, utf16
from simulator.telegram.errors import ApiError, bad_request, forbidden
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, Chat, Json, Message
from simulator.telegram.world import World

# https://core.telegram.org/bots/api#sendmessage, #sendphoto: lengths after entities parsing, in UTF-16 units
TEXT_UNITS = 4096
CAPTION_UNITS = 1024


def chat_named(world: World, bot: Bot, p: Params, name: str = "chat_id") -> Chat:
    """The chat a parameter names, whether or not the bot may write there; raises ApiError 400 where there is none."""
    raw = p.text(name).strip()
    if not raw:
        raise bad_request(f"{name} is empty")
    try:
        number = int(raw)
    except ValueError:
        raise bad_request("chat not found") from None
    if number in world.bots:
        raise forbidden("bots can't send messages to bots")
    person = world.people.get(number)
    if person is not None:
        return world.private_chat(bot, person)
    place = world.groups.get(number)
    if place is None or bot.id not in place.members:
        raise bad_request("chat not found")
    return place


def readable(place: Chat, bot: Bot) -> None:
    """Raises ApiError where the bot cannot reach the chat at all."""
    if place.migrated_to is not None:
        text = "group chat was upgraded to a supergroup chat"
        raise bad_request(text, migrate_to_chat_id=place.migrated_to)
    if place.private:
        return
    kind = "supergroup" if place.type == "supergroup" else "group"
    if place.members[bot.id].status == "kicked":
        raise forbidden(f"bot was kicked from the {kind} chat")
    if not place.members[bot.id].inside:
        raise forbidden(f"bot is not a member of the {kind} chat")


def writable(world: World, bot: Bot, p: Params) -> Chat:
    """The chat of `chat_id` if the bot may write there now; raises ApiError 400 or 403 otherwise."""
    place = chat_named(world, bot, p)
    readable(place, bot)
    if p.integer("message_thread_id"):
        raise bad_request("message thread not found")
    if place.person is not None:
        if place.person.deactivated:
            raise forbidden("user is deactivated")
        if place.blocked:
            raise forbidden("bot was blocked by the user")
        if not place.started:
            raise forbidden("bot can't initiate conversation with a user")
    return place


def formatted(p: Params, name: str, entities: str, most: int, too_long: str) -> tuple[str, list[Json]]:
    """Text and entities of a parameter after parse_mode; `too_long` is the error over `most` UTF-16 units."""
    text = p.text(name)
    if p.text("parse_mode"):
        text, marks = markup.parsed(text, p.text("parse_mode"))
    else:
        given = p.json(entities, "entities") or []
        marks = [_entity(text, entity) for entity in given]
    text, marks = utf16.trimmed(text.replace("\0", ""), marks)
    if utf16.units(text) > most:
        raise bad_request(too_long)
    own = [e for e in utf16.found(text) if not any(_overlap(e, mark) for mark in marks)]
    return text, sorted([*marks, *own], key=lambda e: (e["offset"], -e["length"]))


def _entity(text: str, entity: object) -> Json:
    if not isinstance(entity, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    for name, kind in (("type", str), ("offset", int), ("length", int)):
        if not isinstance(entity.get(name), kind):
            raise bad_request(f"can't parse MessageEntity: Can't find field \"{name}\"")
    if entity["offset"] < 0 or entity["length"] <= 0 or entity["offset"] + entity["length"] > utf16.units(text):
        raise bad_request("entity beginning or end is out of the text")
    return entity


def _overlap(one: Json, other: Json) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def text_body(p: Params, too_long: str = "message is too long") -> Json:
    """The content fields of a text message; raises ApiError 400 for an empty or too long text."""
    if not p.text("text"):
        raise bad_request("message text is empty")
    text, entities = formatted(p, "text", "entities", TEXT_UNITS, too_long)
    if not text:
        raise bad_request("text must be non-empty")
    body: Json = {"text": text}
    if entities:
        body["entities"] = entities
    return body


def caption_body(p: Params) -> Json:
    """The caption fields of a media message, empty where there is none."""
    text, entities = formatted(p, "caption", "caption_entities", CAPTION_UNITS, "message caption is too long")
    body: Json = {"caption": text} if text else {}
    if entities:
        body["caption_entities"] = entities
    return body


def reply_target(place: Chat, p: Params) -> int | None:
    """The message a send replies to; raises ApiError 400 where it is gone and may not be."""
    given = p.json("reply_parameters", "reply parameters")
    if given is None:
        number, optional = p.integer("reply_to_message_id"), p.flag("allow_sending_without_reply")
    elif not isinstance(given, dict):
        raise bad_request("object expected as reply parameters")
    else:
        number, optional = given.get("message_id", ""), bool(given.get("allow_sending_without_reply"))
        if not isinstance(number, int):
            raise bad_request('field "message_id" must be of type Number')
    if not number:
        return None
    target = place.messages.get(number)
    if target is not None and target.deleted_at is None:
        return number
    if optional:
        return None
    raise bad_request("message to be replied not found")


def sending(place: Chat, p: Params) -> Json:
    """The fields every send shares: reply, keyboard, silence, protection."""
    reply = p.json("reply_markup", "reply keyboard markup")
    return {
        "reply_to": reply_target(place, p),
        "markup": keyboards.checked(reply) if reply is not None else None,
        "silent": p.flag("disable_notification"),
        "protected": p.flag("protect_content"),
    }


def message_named(place: Chat, p: Params, doing: str) -> Message:
    """The living message of `message_id`; `doing` names it in the error ("message to edit")."""
    number = p.integer("message_id")
    if number <= 0:
        raise bad_request("message identifier is not specified")
    note = place.messages.get(number)
    if note is None or note.deleted_at is not None:
        raise bad_request(f"{doing} not found")
    return note


def not_modified() -> ApiError:
    """400 for an edit that changes nothing."""
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same as a current "
        "content and reply markup of the message"
    )
