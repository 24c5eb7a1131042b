"""Methods about chats: who is there, actions, pins, leaving."""

from simulator.telegram import checks, shapes
from simulator.telegram.errors import bad_request
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, Chat, Json, Member
from simulator.telegram.world import World

# https://core.telegram.org/bots/api#sendchataction
_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


def _reached(world: World, bot: Bot, p: Params) -> Chat:
    place = checks.chat_named(world, bot, p)
    checks.readable(place, bot)
    return place


def send_action(world: World, bot: Bot, p: Params) -> bool:
    """sendChatAction."""
    if p.text("action").lower() not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    place = checks.writable(world, bot, p)
    world.record("action", place, by=bot.id, action=p.text("action").lower())
    return True


def get_chat(world: World, bot: Bot, p: Params) -> Json:
    """getChat."""
    place = _reached(world, bot, p)
    if place.private and not place.started:
        raise bad_request("chat not found")
    shape = shapes.full_chat(place)
    pinned = [place.messages[number] for number in place.pinned if place.messages[number].deleted_at is None]
    if pinned:
        shape["pinned_message"] = shapes.message(pinned[-1], bot, with_reply=False)
    return shape


def get_member(world: World, bot: Bot, p: Params) -> Json:
    """getChatMember."""
    place = _reached(world, bot, p)
    number = p.integer("user_id")
    if number <= 0:
        raise bad_request("invalid user_id specified")
    standing = place.members.get(number)
    if standing is not None:
        return shapes.member(standing)
    who = world.people.get(number) or world.bots.get(number)
    if who is None:
        raise bad_request("user not found")
    if place.private and number in {place.id, bot.id}:
        return shapes.member(Member(user=who))
    if place.private:
        raise bad_request("member not found")
    return shapes.member(Member(user=who, status="left"))


def get_administrators(world: World, bot: Bot, p: Params) -> list[Json]:
    """getChatAdministrators: other bots only where `return_bots` asks for them."""
    place = _reached(world, bot, p)
    if place.private:
        raise bad_request("there are no administrators in the private chat")
    admins = [m for m in place.members.values() if m.admin]
    return [shapes.member(m) for m in admins if not isinstance(m.user, Bot) or m.user is bot or p.flag("return_bots")]


def leave(world: World, bot: Bot, p: Params) -> bool:
    """leaveChat."""
    place = _reached(world, bot, p)
    if place.private:
        raise bad_request("chat member status can't be changed in private chats")
    world.set_member(place, bot, "left", bot)
    world.post(place, bot, {"left_chat_member": shapes.user(bot)}, service=True)
    return True


def _may_pin(place: Chat, bot: Bot) -> None:
    """Members may pin in basic groups; in supergroups the bot must be an administrator with the right."""
    standing = place.members.get(bot.id)
    if place.type == "supergroup" and not (standing and standing.may("can_pin_messages")):
        raise bad_request("not enough rights to manage pinned messages in the chat")


def pin(world: World, bot: Bot, p: Params) -> bool:
    """pinChatMessage."""
    place = checks.writable(world, bot, p)
    note = checks.message_named(place, p, "message to pin")
    _may_pin(place, bot)
    if note.id in place.pinned:
        return True
    place.pinned.append(note.id)
    body = {"pinned_message": shapes.message(note, bot, with_reply=False)}
    world.post(place, bot, body, service=True, silent=p.flag("disable_notification"))
    return True


def unpin(world: World, bot: Bot, p: Params) -> bool:
    """unpinChatMessage: the given message, else the newest pinned one."""
    place = checks.writable(world, bot, p)
    _may_pin(place, bot)
    number = p.integer("message_id") or (place.pinned[-1] if place.pinned else 0)
    if number not in place.pinned:
        raise bad_request("message to unpin not found")
    place.pinned.remove(number)
    return True
