"""What happens to bots and groups: made, joined, left, promoted, migrated."""

from simulator.telegram import shapes
from simulator.telegram.acts import finding
from simulator.telegram.errors import ControlError
from simulator.telegram.state import Bot, Chat, Json, User
from simulator.telegram.world import World


def make_bot(world: World, given: Json) -> Json:
    """A bot: `token`, and if wanted `username`, `first_name`, `privacy` (on unless said otherwise)."""
    token = str(given.get("token", ""))
    if not token.partition(":")[0].isdecimal():
        raise ControlError("a token looks like 123456789:letters")
    bot = world.add_bot(token, given.get("username"), given.get("first_name"))
    bot.privacy = bool(given.get("privacy", bot.privacy))
    return {"id": bot.id, "username": bot.username}


def make(world: World, given: Json) -> Json:
    """A group: `title`, `creator` and `members` (people), `bots`, `supergroup` (basic unless said otherwise), `id`."""
    creator = finding.person(world, given, "creator")
    kind = "supergroup" if given.get("supergroup") else "group"
    number = int(given.get("id") or _free_id(world, kind))
    if number in world.groups or number >= 0:
        raise ControlError(f"group id {number} is taken or not negative")
    place = Chat(id=number, type=kind, title=str(given.get("title", "Grup")))
    world.groups[number] = place
    world.set_member(place, creator, "creator", creator)
    world.post(place, creator, {f"{kind}_chat_created": True}, service=True)
    for member in given.get("members", []):
        world.set_member(place, finding.person(world, {"person": member}), "member", creator)
    for name in given.get("bots", []):
        _enter(world, place, finding.bot(world, {"bot": name}), creator)
    return {"chat": place.key, "id": place.id, "type": place.type}


def _free_id(world: World, kind: str) -> int:
    # Telegram marks supergroups by -100 in front (https://core.telegram.org/api/bots/ids).
    return -(1_002_000_000_000 if kind == "supergroup" else 4_000_000) - world.new_id()


def _enter(world: World, place: Chat, who: User, by: User) -> None:
    world.set_member(place, who, "member", by)
    world.post(place, by, {"new_chat_members": [shapes.user(who)]}, service=True)


def _whom(world: World, given: Json) -> User:
    return finding.bot(world, given) if "bot" in given else finding.person(world, given)


def join(world: World, given: Json) -> Json:
    """A `person` or `bot` enters group `chat`, added by `by` (else by themselves, a bot by the creator)."""
    place, who = finding.chat(world, given), _whom(world, given)
    _enter(world, place, who, _actor(world, place, given, who))
    return {"chat": place.key}


def remove(world: World, given: Json) -> Json:
    """A `person` or `bot` is taken out of group `chat` by `by`; `status` kicked (else left)."""
    place, who = finding.chat(world, given), _whom(world, given)
    by = _actor(world, place, given, who)
    world.set_member(place, who, str(given.get("status", "kicked")), by)
    world.post(place, by, {"left_chat_member": shapes.user(who)}, service=True)
    return {"chat": place.key}


def promote(world: World, given: Json) -> Json:
    """A `person` or `bot` becomes administrator with `rights` (all unless named), `anonymous` if they hide."""
    place, who = finding.chat(world, given), _whom(world, given)
    rights = frozenset(given.get("rights", shapes.RIGHTS))
    by = _actor(world, place, given, who)
    world.set_member(place, who, "administrator", by, rights=rights, anonymous=bool(given.get("anonymous")))
    return {"chat": place.key}


def _actor(world: World, place: Chat, given: Json, who: User) -> User:
    if "by" in given:
        return finding.person(world, given, "by")
    if not isinstance(who, Bot):
        return who
    return next(m.user for m in place.members.values() if m.status == "creator")


def migrate(world: World, given: Json) -> Json:
    """Basic group `chat` becomes a supergroup with a new id; `first` says which service message comes first: `to`
    (in the old group, the usual order) or `from` (in the new one)."""
    old = finding.chat(world, given)
    if old.type != "group" or old.migrated_to is not None:
        raise ControlError(f"chat {old.key} is not a basic group any more")
    new = Chat(id=int(given.get("id") or _free_id(world, "supergroup")), type="supergroup", title=old.title)
    new.members = dict(old.members)
    new.last_bot = old.last_bot
    world.groups[new.id] = new
    by = _actor(world, old, given, next(m.user for m in old.members.values() if m.status == "creator"))
    notices = [(old, {"migrate_to_chat_id": new.id}), (new, {"migrate_from_chat_id": old.id})]
    if given.get("first") == "from":
        notices.reverse()
    for place, body in notices:
        world.post(place, by, body, service=True)
    old.migrated_to = new.id
    return {"chat": new.key, "id": new.id}
