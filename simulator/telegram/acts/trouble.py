"""Trouble on demand: faults, limits, revoked tokens, repeated and malformed updates, old presses, a fresh world."""

from dataclasses import fields

from simulator.telegram.acts import finding
from simulator.telegram.errors import ControlError
from simulator.telegram.faults import Fault, Kind
from simulator.telegram.methods.receiving import PRESS_SECONDS
from simulator.telegram.state import Json, Update
from simulator.telegram.world import World


def fault(world: World, given: Json) -> Json:
    """The next `count` calls of `method` go wrong; see faults.Fault for the fields. A drop is carried out first unless
    `done` is false."""
    names = {field.name for field in fields(Fault)}
    if unknown := given.keys() - names:
        raise ControlError(f"unknown fields {sorted(unknown)}, possible: {sorted(names)}")
    if given.get("kind") not in set(Kind):
        raise ControlError(f"kind must be one of {[kind.value for kind in Kind]}")
    kind = Kind(given["kind"])
    bot = finding.bot(world, given).id if "bot" in given else 0
    chat_id = str(given.get("chat_id", ""))
    usual = {"done": kind is Kind.DROP, "code": 200 if kind is Kind.BAD_JSON else 500}
    world.faults.add(Fault(**{**usual, **given, "kind": kind, "bot": bot, "chat_id": chat_id}))
    return {"waiting": len(world.faults.waiting)}


def clear_faults(world: World, _given: Json) -> Json:
    """No more faults. Answers how many calls were still to go wrong."""
    left = sum(waiting.count for waiting in world.faults.waiting)
    world.faults.waiting.clear()
    return {"left": left}


def limits(world: World, given: Json) -> Json:
    """Telegram's sending limits `on` or off."""
    world.limits.on = bool(given.get("on", True))
    return {"on": world.limits.on}


def revoke(world: World, given: Json) -> Json:
    """The token of `bot` is worth nothing any more (`revoked` false gives it back)."""
    bot = finding.bot(world, given)
    bot.revoked = bool(given.get("revoked", True))
    return {"revoked": bot.revoked}


def hold(world: World, given: Json) -> Json:
    """Keeps updates of `bot` back while `on`, so that those of a while arrive as one batch."""
    bot = finding.bot(world, given)
    bot.held = bool(given.get("on", True))
    world.notify(bot)
    return {"held": bot.held}


def duplicate(world: World, given: Json) -> Json:
    """Each of the next `count` updates for `bot` comes twice, under two update ids."""
    bot = finding.bot(world, given)
    bot.duplicates = int(given.get("count", 1))
    return {"duplicates": bot.duplicates}


def again(world: World, given: Json) -> Json:
    """The last `count` updates that `bot` was handed come again: under new ids, or with `same_id` under the old ones
    and whatever the offset says, once."""
    bot = finding.bot(world, given)
    count = int(given.get("count", 1))
    repeated = list(bot.delivered)[-count:]
    for old in repeated:
        same = bool(given.get("same_id"))
        number = old.id if same else bot.next_update_id
        bot.next_update_id += 0 if same else 1
        world.put_back(
            bot, Update(id=number, kind=old.kind, payload=old.payload, at=world.clock.now(), raw=old.raw, once=same)
        )
    return {"repeated": len(repeated)}


def update(world: World, given: Json) -> Json:
    """`bot` gets `update` exactly as it is given, with an update_id unless it has one."""
    bot = finding.bot(world, given)
    payload = dict(given.get("update", {}))
    number = int(payload.pop("update_id", bot.next_update_id))
    bot.next_update_id = max(bot.next_update_id, number + 1)
    world.put_back(bot, Update(id=number, kind="raw", payload=payload, at=world.clock.now(), raw=True))
    return {"update_id": number}


def renumber(world: World, given: Json) -> Json:
    """Update ids of `bot` go on from `next`, as Telegram does after a quiet week
    (https://core.telegram.org/bots/api#update)."""
    bot = finding.bot(world, given)
    bot.next_update_id = int(given["next"])
    return {"next": bot.next_update_id}


def expire_presses(world: World, _given: Json) -> Json:
    """Every press that waits for an answer is too old from now on."""
    waiting = [press for press in world.presses.values() if press.answer is None]
    for press in waiting:
        press.at -= PRESS_SECONDS + 1
    return {"expired": len(waiting)}


def reset(world: World, _given: Json) -> Json:
    """Forgets everything."""
    world.clear()
    return {"reset": True}
