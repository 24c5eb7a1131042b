"""Ladders: whom a waiting case calls, whatever the times."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.policy import LEVELS, Level
from handoff import escalation
from handoff.words import State
from tests.handoff.conftest import START, policy

POLICY = policy()
STATES: list[State] = ["new", "claimed", "in_progress", "referred", "monitoring"]
waits = st.builds(
    lambda state, level, asked: escalation.wait(POLICY, state, level, asked, START),
    st.sampled_from(STATES),
    st.sampled_from(LEVELS),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("state", "level", "first"),
    [
        ("new", "darurat", timedelta(minutes=5)),
        ("new", "tinggi", timedelta(minutes=30)),
        ("new", "sedang", timedelta(hours=2)),
        ("new", "rendah", timedelta(hours=24)),
        ("in_progress", "darurat", timedelta(hours=6)),
        ("in_progress", "rendah", timedelta(days=7)),
        ("monitoring", "tinggi", timedelta(days=8)),
    ],
)
def test_the_first_rung_stands_at_the_limit_that_reporters_are_told(
    state: State, level: Level, first: timedelta
) -> None:
    waiting = escalation.wait(POLICY, state, level, asked_to_close=False, anchor=START)
    assert escalation.due(waiting, 0) == START + first


@pytest.mark.parametrize(("level", "limit"), [("darurat", timedelta(minutes=15)), ("sedang", timedelta(hours=6))])
def test_an_untouched_case_lapses_at_its_limit(level: Level, limit: timedelta) -> None:
    waiting = escalation.wait(POLICY, "claimed", level, asked_to_close=False, anchor=START)
    step = escalation.highest_due(waiting, 0, START + limit)
    assert step is not None
    assert escalation.lapses(waiting, step)
    before = escalation.highest_due(waiting, 0, START + limit - timedelta(seconds=1))
    assert before is None or not escalation.lapses(waiting, before)


@given(waits, st.integers(0, 40))
def test_a_ladder_climbs_for_ever(waiting: escalation.Wait, step: int) -> None:
    if waiting.situation == "untouched":
        step = min(step, len(waiting.rungs) - 1)
    assert escalation.due(waiting, step) < escalation.due(waiting, step + 1)


@given(waits, st.integers(0, 6), st.timedeltas(timedelta(0), timedelta(days=90)))
def test_after_any_outage_the_highest_due_step_fires_and_the_next_is_ahead(
    waiting: escalation.Wait, step: int, late: timedelta
) -> None:
    if waiting.situation == "untouched":
        step = min(step, len(waiting.rungs))
    now = START + late
    found = escalation.highest_due(waiting, step, now)
    if found is None:
        assert escalation.due(waiting, step) > now
    else:
        assert found >= step
        assert escalation.due(waiting, found) <= now
        assert escalation.lapses(waiting, found) or escalation.due(waiting, found + 1) > now


@given(waits, st.integers(1, 500))
def test_a_clock_that_is_looked_at_often_skips_no_step(waiting: escalation.Wait, looks: int) -> None:
    steps, step = [], 0
    for look in range(looks):
        found = escalation.highest_due(waiting, step, START + look * waiting.limit / 20)
        if found is not None:
            steps.append(found)
            if escalation.lapses(waiting, found):
                break
            step = found + 1
    assert steps == list(range(len(steps)))


def test_the_last_rungs_of_an_unclaimed_case_call_everybody_again_and_again() -> None:
    waiting = escalation.wait(POLICY, "new", "darurat", asked_to_close=False, anchor=START)
    assert {escalation.rung(waiting, step).to for step in range(3, 30)} == {("semua",)}
