"""The session as it is stored."""

import json

from bot.engine.session import Session, new
from bot.engine.step import asking, asking_kind
from tests.engine.play import MONDAY, at, shipped


def test_a_new_session_is_tiny() -> None:
    assert set(new("abc", MONDAY).to_json()) == {"set_hash", "last_at"}


def test_a_whole_report_stays_small() -> None:
    player = at(
        "lapor", "2", "1", "1", "smp 5", "papa marah", "kirim", "tidak", "1,2,3", "kmrn", "1", "1", "12", "1", "6"
    )
    assert player.asking == "lapor.periksa"
    assert len(json.dumps(player.session.to_json())) < 2500


def test_json_of_a_later_version_is_read() -> None:
    session = at("lapor", "2").session
    assert Session.from_json({**session.to_json(), "something_new": [1, 2]}) == session


def test_times_are_utc() -> None:
    assert at("halo").session.last_at.utcoffset() == MONDAY.utcoffset() * 0  # type: ignore[operator]


def test_what_is_open_is_told_with_its_kind() -> None:
    player = at("lapor", "2", "1", "1")
    assert asking(shipped(), player.session) == "lapor.tempat"
    assert asking_kind(shipped(), player.session) == "place"
    assert asking(shipped(), new("x", MONDAY)) is None
