"""Files and other kinds of messages, in both directions."""

from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot, InputFile
from telegram.error import BadRequest

JPEG = b"\xff\xd8\xff\xe0 gambar"


async def test_a_file_from_a_phone_is_fetched_whole(bot: Bot, scene: Any) -> None:
    scene.chat.send("voice", data="T2dnUyBzdWFyYQ==", duration=7)
    note = (await bot.get_updates())[-1].message
    assert note is not None
    assert note.voice is not None
    assert note.voice.duration == timedelta(seconds=7)
    file = await note.voice.get_file()
    assert bytes(await file.download_as_bytearray()) == b"OggS suara"


@pytest.mark.parametrize("kind", ["photo", "voice", "video", "document", "audio", "animation", "video_note", "sticker"])
async def test_every_kind_of_media_is_parsed(bot: Bot, scene: Any, kind: str) -> None:
    scene.chat.send(kind, caption="lihat")
    note = (await bot.get_updates())[-1].message
    assert note is not None
    assert note.effective_attachment
    assert note.caption == "lihat"
    assert scene.chat.standing()[-1]["kind"] == kind


async def test_other_kinds_of_messages_are_parsed(bot: Bot, scene: Any) -> None:
    scene.chat.send("location")
    scene.chat.send("contact", phone="+62811")
    scene.chat.send("dice", value=4)
    scene.chat.send("forward", text="dari grup lain", author=scene.budi.id)
    scene.chat.send("raw", body={"story": {"chat": {"id": 1, "type": "private"}, "id": 3}})
    place, card, dice, forward, story = [u.message for u in await bot.get_updates()][-5:]
    assert place is not None
    assert place.location is not None
    assert card is not None
    assert card.contact is not None
    assert (card.contact.phone_number, card.contact.user_id) == ("+62811", scene.ani.id)
    assert dice is not None
    assert dice.dice is not None
    assert dice.dice.value == 4
    assert forward is not None
    assert forward.forward_origin is not None
    assert forward.forward_origin.sender_user.first_name == "Budi"  # type: ignore[attr-defined]
    assert story is not None
    assert story.story is not None


async def test_an_album_shares_its_group_id(bot: Bot, scene: Any) -> None:
    scene.chat.send("photo", media_group_id="9")
    scene.chat.send("photo", media_group_id="9")
    notes = [u.message for u in await bot.get_updates()][-2:]
    assert {note.media_group_id for note in notes if note} == {"9"}


async def test_a_file_over_20_mb_is_named_but_not_fetched(bot: Bot, scene: Any) -> None:
    scene.chat.send("video", size=20 * 1024 * 1024 + 1)
    note = (await bot.get_updates())[-1].message
    assert note is not None
    assert note.video is not None
    with pytest.raises(BadRequest, match="File is too big"):
        await note.video.get_file()


async def test_file_ids_belong_to_one_bot(bot: Bot, other: Bot, scene: Any) -> None:
    scene.chat.send("photo")
    note = (await bot.get_updates())[-1].message
    assert note is not None
    scene.ani.chat(scene.other).say("/start")
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        await other.send_photo(scene.ani.id, note.photo[0].file_id)
    with pytest.raises(BadRequest, match="Invalid file_id"):
        await other.get_file(note.photo[0].file_id)
    assert (await bot.send_photo(scene.ani.id, note.photo[0].file_id)).photo


async def test_a_bot_sends_files_and_places(bot: Bot, scene: Any) -> None:
    photo = await bot.send_photo(scene.ani.id, JPEG, caption="<b>satu</b>", parse_mode="HTML")
    assert (photo.caption, photo.caption_entities[0].type) == ("satu", "bold")
    document = await bot.send_document(scene.ani.id, InputFile(b"isi", "surat.txt"))
    assert document.document is not None
    assert (document.document.file_name, document.document.file_size) == ("surat.txt", 3)
    voice = await bot.send_voice(scene.ani.id, b"OggS", duration=2)
    assert voice.voice is not None
    video = await bot.send_video(scene.ani.id, b"film", duration=2, width=1, height=1)
    assert video.video is not None
    place = await bot.send_location(scene.ani.id, -1.26, 116.83)
    assert place.location is not None
    uid = scene.chat.standing()[1]["files"][0]
    assert uid == photo.photo[0].file_unique_id


@pytest.mark.parametrize(
    ("photo", "error"),
    [(b"bukan gambar", "(?i)image_process_failed"), (b"", "non-empty"), ("tidak-ada", "Wrong file identifier")],
)
async def test_what_is_no_photo_is_refused(bot: Bot, scene: Any, photo: bytes | str, error: str) -> None:
    with pytest.raises(BadRequest, match=error):
        await bot.send_photo(scene.ani.id, photo)


async def test_captions_are_at_most_1024_units(bot: Bot, scene: Any) -> None:
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(scene.ani.id, JPEG, caption="a" * 1025)


async def test_a_file_that_is_not_there_is_not_found(scene: Any) -> None:
    assert scene.call("getFile", file_id="ngawur")["description"] == "Bad Request: invalid file_id"
    assert scene.call("getFile")["description"] == "Bad Request: file_id not specified"
    assert (
        scene.call("sendPhoto", chat_id=scene.ani.id)["description"] == "Bad Request: there is no photo in the request"
    )
