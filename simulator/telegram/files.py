"""Files and the media objects that carry them (https://core.telegram.org/bots/api#photosize and its neighbours)."""

import base64
from collections.abc import Callable

from simulator.telegram.errors import ControlError, bad_request
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, File, Json
from simulator.telegram.world import World

# https://core.telegram.org/bots/api#sending-files
MOST_PHOTO_BYTES = 10 * 1024 * 1024
# https://core.telegram.org/bots/api#getfile
MOST_FETCHED_BYTES = 20 * 1024 * 1024

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")

# What a phone would send where a story does not care: the smallest bytes that pass for the kind.
_SAMPLES = {
    "photo": (
        base64.b64decode(
            "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
            "////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
        ),
        "image/jpeg",
        "photo.jpg",
    ),
    "voice": (b"OggS\x00\x02" + bytes(40), "audio/ogg", "voice.oga"),
    "video": (b"\x00\x00\x00\x18ftypmp42" + bytes(12), "video/mp4", "video.mp4"),
    "document": (b"%PDF-1.4\n%%EOF\n", "application/pdf", "surat.pdf"),
    "audio": (b"ID3\x04" + bytes(16), "audio/mpeg", "audio.mp3"),
    "animation": (b"\x00\x00\x00\x18ftypmp42" + bytes(12), "video/mp4", "animasi.mp4"),
    "video_note": (b"\x00\x00\x00\x18ftypmp42" + bytes(12), "video/mp4", "bulat.mp4"),
    "sticker": (b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(14), "image/webp", "stiker.webp"),
}
KINDS = frozenset(_SAMPLES)


def stored(world: World, kind: str, data: bytes | None, size: int, name: str | None, mime: str | None) -> File:
    """Keeps a file under a new unique id."""
    uid = f"F{world.new_id():06d}"
    world.files[uid] = File(uid=uid, kind=kind, size=size, data=data, name=name, mime=mime)
    return world.files[uid]


def from_phone(world: World, kind: str, given: Json) -> File:
    """A file a person sends: `data` (base64) or a sample; `size` alone makes one too big to exist, so never fetched."""
    if kind not in _SAMPLES:
        raise ControlError(f"unknown media kind {kind!r}, one of {sorted(KINDS)}")
    sample, mime, name = _SAMPLES[kind]
    data = base64.b64decode(given["data"]) if "data" in given else sample
    size = int(given.get("size", len(data)))
    return stored(
        world, kind, data if size == len(data) else None, size, given.get("file_name", name), given.get("mime", mime)
    )


def from_bot(world: World, bot: Bot, p: Params, kind: str, uid_of: Callable[[str, Bot], str | None]) -> File:
    """The file of a send method: an upload under the parameter's name or `attach://`, or one this bot knows."""
    given = p.text(kind)
    upload = p.files.get(given.removeprefix("attach://")) if given.startswith("attach://") else p.files.get(kind)
    if upload is None:
        if not given or given.startswith("attach://"):
            raise bad_request(f"there is no {kind} in the request")
        if given.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        known = world.files.get(uid_of(given, bot) or "")
        if known is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if known.kind != kind and kind != "document":
            raise bad_request(f"can't use file of type {known.kind.title()} as {kind.title()}")
        return known
    if not upload.data:
        raise bad_request("file must be non-empty")
    if kind == "photo":
        if len(upload.data) > MOST_PHOTO_BYTES:
            raise bad_request(f"file of size {len(upload.data)} bytes is too big for a photo")
        if not upload.data.startswith(_IMAGES):
            raise bad_request("IMAGE_PROCESS_FAILED")
    return stored(world, kind, upload.data, len(upload.data), upload.name, upload.mime)


def _named(file: File) -> Json:
    own = {"file_unique_id": file.uid, "file_size": file.size}
    if file.name:
        own["file_name"] = file.name
    if file.mime:
        own["mime_type"] = file.mime
    return own


def _photo(file: File, _given: Json) -> list[Json]:
    return [{"file_unique_id": file.uid, "file_size": file.size, "width": 1280, "height": 960}]


def _voice(file: File, given: Json) -> Json:
    shape = {"duration": int(given.get("duration", 3)), **_named(file)}
    shape.pop("file_name", None)
    return shape


def _moving(file: File, given: Json) -> Json:
    sizes = {
        name: int(given.get(name, default)) for name, default in (("width", 640), ("height", 360), ("duration", 3))
    }
    return {**sizes, **_named(file)}


def _video_note(file: File, given: Json) -> Json:
    return {
        "file_unique_id": file.uid,
        "file_size": file.size,
        "length": 240,
        "duration": int(given.get("duration", 3)),
    }


def _sticker(file: File, given: Json) -> Json:
    look = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
    return {**look, "emoji": given.get("emoji", "👍"), "file_unique_id": file.uid, "file_size": file.size}


_SHAPES: dict[str, Callable[[File, Json], Json | list[Json]]] = {
    "photo": _photo,
    "voice": _voice,
    "audio": _voice,
    "video": _moving,
    "animation": _moving,
    "video_note": _video_note,
    "sticker": _sticker,
    "document": lambda file, _given: _named(file),
}


def media(file: File, kind: str, given: Json) -> Json:
    """The message field for a file: {"photo": [PhotoSize]}, {"voice": Voice} and so on."""
    body: Json = {kind: _SHAPES[kind](file, given)}
    if kind == "animation":
        body["document"] = _named(file)
    return body
