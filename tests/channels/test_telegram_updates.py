"""Updates are read one at a time, whatever stands in them, and no identity comes through."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.inbound import Inbound
from bot.channels.telegram_updates import GROUP_ANONYMOUS_BOT, Malformed, parse

PERSON = {"id": 7, "is_bot": False, "first_name": "PENANDA-nama", "username": "PENANDA_user", "language_code": "id"}
CHAT = {"id": 7, "type": "private", "first_name": "PENANDA-nama", "username": "PENANDA_user"}
GROUP = {"id": -1001, "type": "supergroup", "title": "PENANDA-judul"}


def message(chat: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    base = {"message_id": 5, "date": 1_700_000_000, "chat": chat or CHAT, "from": PERSON}
    return {"update_id": 1, "message": base | content}


def read(update: dict[str, Any]) -> Inbound:
    found = parse("intake", update)
    assert found is not None
    return found


def test_a_text_is_read_with_its_place_and_time() -> None:
    inbound = read(message(text="halo", reply_to_message={"message_id": 3}))
    assert (inbound.kind, inbound.text, inbound.chat, inbound.message_id, inbound.reply_to) == ("text", "halo", 7, 5, 3)
    assert inbound.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"voice": {"file_id": "v", "duration": 4, "mime_type": "audio/ogg", "file_size": 9}}, "voice"),
        ({"video_note": {"file_id": "v", "duration": 4, "length": 240}}, "video"),
        ({"animation": {"file_id": "a"}, "document": {"file_id": "d"}}, "video"),
        ({"document": {"file_id": "d", "file_name": "PENANDA.pdf"}, "caption": "ini"}, "document"),
        ({"photo": [{"file_id": "small"}, {"file_id": "large", "file_size": 3}]}, "photo"),
        ({"location": {"latitude": -1.2, "longitude": 116.8}}, "location"),
        ({"venue": {"location": {"latitude": -1.2, "longitude": 116.8}, "title": "PENANDA"}}, "location"),
        ({"contact": {"phone_number": "+628123", "first_name": "PENANDA"}}, "contact"),
        ({"sticker": {"file_id": "s", "emoji": "x"}}, "other"),
        ({"dice": {"emoji": "x", "value": 3}}, "other"),
        ({}, "other"),
    ],
)
def test_every_kind_of_content_has_its_name(content: dict[str, Any], kind: str) -> None:
    assert read(message(**content)).kind == kind


def test_the_largest_size_of_a_photo_is_taken() -> None:
    file = read(message(photo=[{"file_id": "small"}, {"file_id": "large"}])).file
    assert file is not None
    assert file.file_id == "large"


def test_who_somebody_is_never_comes_through() -> None:
    origin = {"type": "user", "date": 1, "sender_user": PERSON}
    update = message(text="halo", forward_origin=origin, via_bot=PERSON, quote={"text": "PENANDA"})
    assert "PENANDA" not in json.dumps(vars_of(read(update)), default=str)
    button = {
        "update_id": 2,
        "callback_query": {"id": "9", "from": PERSON, "data": "q1:ya", "message": message()["message"]},
    }
    assert "PENANDA" not in json.dumps(vars_of(read(button)), default=str)


def vars_of(inbound: Inbound) -> dict[str, Any]:
    return {name: getattr(inbound, name) for name in inbound.__slots__}


def test_a_second_delivery_has_the_same_name_and_an_edit_another() -> None:
    first, again = read(message(text="a")), read(message(text="a") | {"update_id": 99})
    edit = read({"update_id": 3, "edited_message": message(text="b", edit_date=1_700_000_100)["message"]})
    assert first.received == again.received != edit.received
    assert edit.kind == "edit"


def test_an_anonymous_admin_is_known_as_such() -> None:
    anonymous = PERSON | {"id": GROUP_ANONYMOUS_BOT}
    update = message(GROUP, text="/hubungkan X", sender_chat=GROUP)
    update["message"]["from"] = anonymous
    assert read(update).anonymous_admin
    assert not read(message(text="x")).anonymous_admin


@pytest.mark.parametrize(
    ("chat", "status", "kind"),
    [(CHAT, "kicked", "blocked"), (CHAT, "member", "unblocked"), (GROUP, "left", "left"), (GROUP, "member", "joined")],
)
def test_membership_is_told_apart(chat: dict[str, Any], status: str, kind: str) -> None:
    change = {"chat": chat, "from": PERSON, "date": 1, "new_chat_member": {"status": status, "user": PERSON}}
    assert read({"update_id": 4, "my_chat_member": change}).kind == kind


def test_channels_and_unknown_updates_concern_nobody() -> None:
    assert parse("intake", message({"id": -5, "type": "channel"}, text="x")) is None
    assert parse("intake", {"update_id": 4, "poll": {}}) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
message_like = st.fixed_dictionaries(
    {},
    optional={
        "message_id": json_values, "date": json_values, "chat": st.just(CHAT) | json_values, "from": json_values,
        "text": json_values, "photo": json_values, "voice": json_values, "location": json_values,
        "contact": json_values, "reply_to_message": json_values, "caption": json_values, "venue": json_values,
        "migrate_to_chat_id": json_values, "media_group_id": json_values,
    },
)  # fmt: skip
updates = st.fixed_dictionaries(
    {"update_id": st.integers()},
    optional={
        "message": message_like | json_values,
        "edited_message": message_like | json_values,
        "callback_query": st.fixed_dictionaries(
            {}, optional={"id": json_values, "from": json_values, "message": message_like, "data": json_values}
        ),
        "my_chat_member": json_values,
    },
)


@given(updates)
def test_whatever_comes_is_read_or_refused_but_never_breaks_the_batch(update: dict[str, Any]) -> None:
    try:
        found = parse("intake", update)
    except Malformed:
        return
    assert found is None or isinstance(found, Inbound)


NASTY = [float("inf"), float("nan"), 10**30, -(10**30), "", "x", None, [], {}, True, [{}], {"id": "x"}]
FIELDS = [
    "message_id",
    "date",
    "chat",
    "from",
    "reply_to_message",
    "photo",
    "voice",
    "location",
    "contact",
    "edit_date",
]


@pytest.mark.parametrize("value", NASTY, ids=repr)
@pytest.mark.parametrize("field", FIELDS)
def test_one_nasty_field_in_a_good_update_breaks_nothing(field: str, value: Any) -> None:
    good = message(text="halo", reply_to_message={"message_id": 3})["message"]
    del good["text"]
    place = {"latitude": value, "longitude": value}
    bad = good | {field: value}
    sized = good | {"voice": {"file_id": "v", "file_size": value, "duration": value}}
    shapes = [{"message": bad}, {"edited_message": bad}, {"message": sized}, {"message": good | {"location": place}}]
    shapes += [{"callback_query": {"id": "1", "from": value, "message": bad, "data": value}}]
    for shape in shapes:
        try:
            found = parse("intake", {"update_id": 1} | shape)
        except Malformed:
            continue
        assert found is None or isinstance(found, Inbound)
