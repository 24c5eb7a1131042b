"""Methods for files and places: sendPhoto and its like, sendLocation, getFile."""

from collections.abc import Callable

from simulator.telegram import checks, files, shapes
from simulator.telegram.errors import bad_request
from simulator.telegram.methods import messages
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, Json
from simulator.telegram.world import World


def sender(kind: str) -> Callable[[World, Bot, Params], Json]:
    """A handler that sends one file as `kind`."""

    def run(world: World, bot: Bot, p: Params) -> Json:
        checks.writable(world, bot, p)
        caption = checks.caption_body(p)
        file = files.from_bot(world, bot, p, kind, shapes.uid_of)
        sizes = {name: p.integer(name) for name in ("duration", "width", "height") if p.text(name)}
        return messages.send(world, bot, p, {**files.media(file, kind, sizes), **caption})

    return run


def send_location(world: World, bot: Bot, p: Params) -> Json:
    """sendLocation."""
    place: Json = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = p.number(name)
        if value is None:
            raise bad_request(f"{name} is empty")
        if abs(value) > most:
            raise bad_request("wrong location specified")
        place[name] = value
    return messages.send(world, bot, p, {"location": place})


def get_file(world: World, bot: Bot, p: Params) -> Json:
    """getFile: a path to fetch the file from; refused over 20 MB."""
    identifier = p.text("file_id")
    if not identifier:
        raise bad_request("file_id not specified")
    file = world.files.get(shapes.uid_of(identifier, bot) or "")
    if file is None:
        raise bad_request("invalid file_id")
    if file.size > files.MOST_FETCHED_BYTES or file.data is None:
        raise bad_request("file is too big")
    return {
        "file_id": identifier,
        "file_unique_id": file.uid,
        "file_size": file.size,
        "file_path": f"{file.kind}s/{file.uid}{_ending(file.name)}",
    }


def _ending(name: str | None) -> str:
    _, dot, ending = (name or "").rpartition(".")
    return f".{ending}" if dot and ending.isalnum() else ""
