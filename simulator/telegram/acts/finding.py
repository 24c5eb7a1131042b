"""Finds the person, bot, chat or message that a call of the control side means."""

from simulator.telegram.errors import ControlError
from simulator.telegram.state import Bot, Chat, Json, Message, Person
from simulator.telegram.world import World


def person(world: World, given: Json, name: str = "person") -> Person:
    """The person whose id stands under `name`."""
    found = world.people.get(int(given.get(name, 0)))
    if found is None:
        raise ControlError(f"no person {given.get(name)!r}; known: {sorted(world.people)}")
    return found


def bot(world: World, given: Json, name: str = "bot") -> Bot:
    """The bot named by id, user name or token; a token never seen before makes one."""
    raw = str(given.get(name, "")).removeprefix("@")
    for known in world.bots.values():
        if raw.lower() in {str(known.id), known.username.lower(), known.token.lower()}:
            return known
    if ":" in raw:
        return world.add_bot(raw)
    raise ControlError(f"no bot {raw!r}; known: {sorted(b.username for b in world.bots.values())}")


def chat(world: World, given: Json) -> Chat:
    """The chat under `chat` (a group's id or "bot:person"), else the private chat of `person` with `bot`."""
    raw = str(given.get("chat", ""))
    if raw.lstrip("-").isdecimal():
        group = world.groups.get(int(raw))
        if group is None:
            raise ControlError(f"no group {raw}; known: {sorted(world.groups)}")
        return group
    if ":" in raw:
        bot_id, person_id = raw.split(":", 1)
        return world.private_chat(bot(world, {"bot": bot_id}), person(world, {"person": person_id}))
    return world.private_chat(bot(world, given), person(world, given))


def seat(world: World, given: Json) -> tuple[Person, Chat]:
    """Who acts and where; in a group they must be a member of it."""
    who, place = person(world, given), chat(world, given)
    if not place.private:
        standing = place.members.get(who.id)
        if standing is None or not standing.inside:
            raise ControlError(f"person {who.id} is not in group {place.id}")
        if place.migrated_to is not None:
            raise ControlError(f"group {place.id} was migrated to {place.migrated_to}")
        if given.get("anonymous") and not standing.admin:
            raise ControlError(f"person {who.id} is no administrator of group {place.id}, so cannot be anonymous")
    elif place.person is not who:
        raise ControlError(f"chat {place.key} is not a chat of person {who.id}")
    return who, place


def message(place: Chat, number: int) -> Message:
    """The living message of that id."""
    found = place.messages.get(number)
    if found is None or found.deleted_at is not None:
        raise ControlError(f"no message {number} in chat {place.key}")
    return found
