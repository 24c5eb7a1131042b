"""What may be said unasked: the table of what is pushed, hour by hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.push import decide, morning

WITA = ZoneInfo("Asia/Makassar")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=WITA).astimezone(UTC)
NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=WITA).astimezone(UTC)
SIX = datetime(2026, 11, 24, 6, 0, tzinfo=WITA).astimezone(UTC)


@pytest.mark.parametrize(
    ("what", "balas", "quiet_minutes", "now", "how", "due"),
    [
        ("message", "aman", 60, NOON, "content", NOON),
        ("message", "aman", 60, NIGHT, "content", SIX),
        ("danger", "aman", 60, NIGHT, "content", NIGHT),
        ("status", "aman", 60, NIGHT, "drop", NIGHT),
        ("message", "pesan", 60, NOON, "notice", NOON),
        ("message", "pesan", 60, NIGHT, "notice", SIX),
        ("danger", "pesan", 60, NIGHT, "notice", NIGHT),
        ("danger", None, 60, NIGHT, "notice", NIGHT),
        ("status", "pesan", 60, NOON, "drop", NOON),
        ("message", "jangan", 60, NOON, "hold", NOON),
        ("danger", "jangan", 60, NOON, "drop", NOON),
        ("message", "pesan", 4, NOON, "content", NOON),
        ("message", "jangan", 4, NOON, "hold", NOON),
        ("status", "jangan", 0.5, NIGHT, "content", NIGHT),
    ],
)
def test_what_is_pushed(
    what: str, balas: str | None, quiet_minutes: float, now: datetime, how: str, due: datetime
) -> None:
    found = decide(what, balas, now - timedelta(minutes=quiet_minutes), now, WITA)  # type: ignore[arg-type]
    assert (found.how, found.due) == (how, due)


def test_a_darurat_is_answered_at_night_too() -> None:
    found = decide("message", "aman", NIGHT - timedelta(hours=1), NIGHT, WITA, darurat=True)
    assert (found.how, found.due) == ("content", NIGHT)
    assert decide("message", "jangan", NIGHT - timedelta(hours=1), NIGHT, WITA, darurat=True).how == "hold"


# Days and minutes apart, so that every hour of the day is met often.
moments = st.builds(
    lambda days, minutes: NOON + timedelta(days=days, minutes=minutes), st.integers(0, 365), st.integers(0, 24 * 60 - 1)
)


@given(moments, st.sampled_from(["aman", "pesan", "jangan", None]), st.sampled_from(["status", "message"]))
def test_nothing_but_danger_leaves_at_night_and_no_words_to_a_phone_that_is_not_safe(
    now: datetime, balas: str | None, what: str
) -> None:
    found = decide(what, balas, now - timedelta(hours=2), now, WITA)  # type: ignore[arg-type]
    if found.how in ("content", "notice"):
        assert 6 <= found.due.astimezone(WITA).hour < 21
        assert balas != "jangan"
    if found.how == "content":
        assert balas == "aman"


@given(moments)
def test_the_morning_is_never_past_and_less_than_a_night_away(now: datetime) -> None:
    assert timedelta(0) <= morning(now, WITA) - now <= timedelta(hours=9)
