"""Calls stay within the platform's limits, and it is known beforehand how many may be made."""

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.rates import PER_GROUP_MINUTE, PER_SECOND, Rates

GROUP = -7


@given(st.lists(st.tuples(st.floats(0, 0.05), st.sampled_from([1, 2, GROUP])), min_size=60, max_size=120))
def test_no_second_and_no_groups_minute_ever_holds_more_calls_than_allowed(steps: list[tuple[float, int]]) -> None:
    now = 0.0
    rates = Rates(lambda: now)
    made: list[tuple[float, int]] = []
    for passed, chat in steps:
        now += passed
        room, wait = rates.room(), rates.wait(chat)
        if wait == 0:
            assert room > 0
            made.append((now, chat))
        elif chat > 0:
            assert room == 0
    for at, _ in made:
        assert sum(at - 1.0 < other <= at for other, _ in made) <= PER_SECOND
        assert sum(at - 60.0 < other <= at for other, chat in made if chat == GROUP) <= PER_GROUP_MINUTE


def test_after_a_flood_limit_there_is_no_room_until_it_is_over() -> None:
    now = 0.0
    rates = Rates(lambda: now)
    rates.pause(30)
    assert (rates.room(), rates.until_room()) == (0, 30)
    now = 30.5
    assert (rates.room(), rates.until_room()) == (PER_SECOND, 0)


def test_answers_to_buttons_are_under_no_limit_of_their_group() -> None:
    """Fifty who press at once must all be answered before Telegram forgets that they pressed."""
    now = 0.0
    rates = Rates(lambda: now)
    while not rates.wait(GROUP):
        now += 1.0
    assert rates.wait(GROUP, message=False) == 0
    assert rates.wait(GROUP) > 0
