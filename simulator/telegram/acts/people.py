"""What people do: write, send, edit, press, block."""

import random
from typing import Any

from simulator.telegram import files, shapes, utf16
from simulator.telegram.acts import finding
from simulator.telegram.checks import TEXT_UNITS
from simulator.telegram.errors import ControlError
from simulator.telegram.methods.messages import forward_origin
from simulator.telegram.state import Bot, Chat, Json, Member, Message, Person, Press
from simulator.telegram.world import World

_PERSON_FIELDS = ("first_name", "last_name", "username", "phone", "language_code")


def make(world: World, given: Json) -> Json:
    """A person: `id` (else a free one) and names; an existing id is renamed."""
    number = int(given.get("id") or 7_000_000_000 + world.new_id())
    names = {name: given[name] for name in _PERSON_FIELDS if name in given}
    known = world.people.get(number)
    if known is None:
        names.setdefault("first_name", f"Orang {number % 1000}")
        world.people[number] = known = Person(id=number, **names)
    else:
        for name, value in names.items():
            setattr(known, name, value)
    return {"id": known.id, "first_name": known.first_name, "username": known.username}


def _post(world: World, who: Person, place: Chat, body: Json, given: Json) -> Message:
    if place.private and (place.blocked or who.deactivated):
        raise ControlError(f"person {who.id} has blocked this bot or is gone")
    place.started = place.started or place.private
    reply = given.get("reply_to")
    if reply is not None:
        finding.message(place, int(reply))
    return world.post(place, who, body, reply_to=reply, anonymous=bool(given.get("anonymous")))


def say(world: World, given: Json) -> Json:
    """A person writes `text`; as in real clients a very long one goes out in parts. Answers with the last part."""
    who, place = finding.seat(world, given)
    text = str(given.get("text", "")).strip()
    if not text:
        raise ControlError("a client sends no empty text; use send with kind raw")
    note = None
    for part in _parts(text):
        note = _post(world, who, place, _text_body(part), given)
    return {"message": world.view(note)} if note else {}


def _parts(text: str) -> list[str]:
    """`text` in pieces of at most 4096 UTF-16 units."""
    raw = text.encode("utf-16-le", "surrogatepass")
    pieces, start = [], 0
    while start < len(raw):
        end = min(start + 2 * TEXT_UNITS, len(raw))
        if end < len(raw) and 0xD8 <= raw[end - 1] <= 0xDB:
            end -= 2
        pieces.append(raw[start:end].decode("utf-16-le", "surrogatepass"))
        start = end
    return pieces


def _text_body(text: str) -> Json:
    entities = utf16.found(text)
    return {"text": text, **({"entities": entities} if entities else {})}


def send(world: World, given: Json) -> Json:
    """A person sends `kind`: a file (photo, voice …), location, contact, dice, forward (of `text`), or raw (`body` as
    it is). Files take `caption`, `data` (base64), `size`, `file_name`, `mime`, `media_group_id`."""
    who, place = finding.seat(world, given)
    kind = str(given.get("kind", ""))
    make_body = _BODIES.get(kind)
    body = make_body(world, who, given) if make_body else files.media(files.from_phone(world, kind, given), kind, given)
    if given.get("caption"):
        body["caption"] = str(given["caption"])
        if entities := utf16.found(body["caption"]):
            body["caption_entities"] = entities
    if given.get("media_group_id"):
        body["media_group_id"] = str(given["media_group_id"])
    return {"message": world.view(_post(world, who, place, body, given))}


def _location(_world: World, _who: Person, given: Json) -> Json:
    # Without a place of its own: the middle of Balikpapan.
    return {"location": {"latitude": given.get("latitude", -1.2654), "longitude": given.get("longitude", 116.8312)}}


def _contact(_world: World, who: Person, given: Json) -> Json:
    names = {"first_name": given.get("first_name", who.first_name), "last_name": given.get("last_name", who.last_name)}
    card = {"phone_number": given.get("phone", who.phone or "+6281200000000"), **names, "user_id": who.id}
    return {"contact": {name: value for name, value in card.items() if value is not None}}


def _dice(_world: World, _who: Person, given: Json) -> Json:
    return {"dice": {"emoji": given.get("emoji", "🎲"), "value": int(given.get("value", random.randint(1, 6)))}}


def _forward(world: World, who: Person, given: Json) -> Json:
    author = finding.person(world, given, "author") if "author" in given else who
    origin = forward_origin(author, world.clock.now() - 60, Chat(id=author.id, type="private", person=author))
    return {"forward_origin": origin, **_text_body(str(given.get("text", "diteruskan")))}


def _raw(_world: World, _who: Person, given: Json) -> Json:
    return dict(given.get("body", {}))


_BODIES: dict[str, Any] = {
    "location": _location,
    "contact": _contact,
    "dice": _dice,
    "forward": _forward,
    "raw": _raw,
}


def edit(world: World, given: Json) -> Json:
    """A person changes their own message `message_id` to `text`; bots that saw it get edited_message."""
    who, place = finding.seat(world, given)
    note = finding.message(place, int(given["message_id"]))
    if note.sender is not who:
        raise ControlError(f"message {note.id} is not by person {who.id}")
    note.history.append(note.words)
    field = "text" if "text" in note.body else "caption"
    note.body = {**note.body, field: str(given["text"])}
    entities = utf16.found(note.words)
    marks = "entities" if field == "text" else "caption_entities"
    note.body.pop(marks, None)
    if entities:
        note.body[marks] = entities
    note.edited_at = world.clock.now()
    world.record("edit", place, message=world.view(note))
    for bot in world.watchers(note):
        world.send_update(bot, "edited_message", shapes.message(note, bot))
    return {"message": world.view(note)}


def press(world: World, given: Json) -> Json:
    """A person presses an inline button: by `label` or `data`, on `message_id` or the newest message that has it.

    `force` sends `data` though no button carries it (an old or forged press). `anonymous` sends the press as
    GroupAnonymousBot; real Telegram names the administrator in a press, so leave it out for that case.
    """
    who, place = finding.seat(world, given)
    note, data = _button(place, given)
    bot = note.sender
    if not isinstance(bot, Bot):
        raise ControlError(f"message {note.id} is not by a bot")
    number = str(4_000_000_000_000_000_000 + world.new_id())
    pressed = Press(id=number, bot=bot, by=who.id, message=note, data=data, at=world.clock.now())
    world.presses[number] = pressed
    sender = shapes.ANONYMOUS_ADMIN if given.get("anonymous") else shapes.user(who)
    query = {
        "id": number,
        "from": sender,
        "message": shapes.message(note, bot),
        "chat_instance": str(3_000_000_000_000_000_000 + abs(place.id)),
        "data": data,
    }
    label = next((b["text"] for row in note.inline for b in row if b.get("callback_data") == data), data)
    world.record("press", place, press=number, by=who.id, name=who.first_name, label=label, message_id=note.id)
    world.send_update(bot, "callback_query", query)
    return {"press": number, "message": world.view(note), "data": data}


def _button(place: Chat, given: Json) -> tuple[Message, str]:
    notes = [n for n in place.messages.values() if n.deleted_at is None]
    if "message_id" in given:
        notes = [finding.message(place, int(given["message_id"]))]
    if given.get("force"):
        return notes[-1], str(given["data"])
    seen = []
    for note in reversed(notes):
        for button in (button for row in note.inline for button in row):
            seen.append(button["text"])
            if "callback_data" not in button:
                continue
            if button["text"] == given.get("label") or button["callback_data"] == given.get("data"):
                return note, button["callback_data"]
    wanted = given.get("label", given.get("data"))
    raise ControlError(f"no button {wanted!r} in chat {place.key}; there are: {seen}")


def block(world: World, given: Json) -> Json:
    """A person blocks the bot, which learns it by my_chat_member."""
    return _standing(world, given, blocked=True)


def unblock(world: World, given: Json) -> Json:
    """A person unblocks the bot."""
    return _standing(world, given, blocked=False)


def _standing(world: World, given: Json, *, blocked: bool) -> Json:
    who, place = finding.seat(world, given)
    if place.bot is None:
        raise ControlError("only a private chat can be blocked")
    if place.blocked != blocked:
        place.blocked = blocked
        names = ("member", "kicked") if blocked else ("kicked", "member")
        old, new = (shapes.member(Member(user=place.bot, status=status)) for status in names)
        world.tell_standing(place.bot, place, who, old, new)
        world.record("block" if blocked else "unblock", place, by=who.id)
    return {"blocked": blocked}


def deactivate(world: World, given: Json) -> Json:
    """A person deletes their account."""
    finding.person(world, given).deactivated = True
    return {"deactivated": True}
