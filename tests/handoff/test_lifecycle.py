"""The table of states."""

from typing import get_args

import pytest

from handoff.lifecycle import TRANSITIONS, Act, NotNow, after, allows
from handoff.words import State
from storage.desk_tables import STATES


def test_the_table_knows_every_state_and_leads_to_no_other() -> None:
    assert tuple(TRANSITIONS) == STATES == get_args(State)
    assert {after(state, act) for state, acts in TRANSITIONS.items() for act in acts} == set(STATES)


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ([Act.CLAIM, Act.WORK, Act.CLOSE], "closed"),
        ([Act.CLAIM, Act.LAPSE, Act.CLAIM, Act.GIVE_BACK], "new"),
        (
            [Act.CLAIM, Act.WORK, Act.REFER, Act.WORK, Act.REFER, Act.MONITOR, Act.WORK, Act.MONITOR, Act.CLOSE],
            "closed",
        ),
        ([Act.CLOSE, Act.REOPEN, Act.GIVE_BACK], "new"),
    ],
)
def test_a_case_can_go(path: list[Act], end: State) -> None:
    state: State = "new"
    for act in path:
        state = after(state, act)
    assert state == end


@pytest.mark.parametrize(
    ("state", "act"),
    [
        ("claimed", Act.CLAIM),
        ("in_progress", Act.LAPSE),
        ("closed", Act.CLOSE),
        ("new", Act.WORK),
        ("referred", Act.CLOSE),
    ],
)
def test_what_the_table_does_not_name_is_refused(state: State, act: Act) -> None:
    assert not allows(state, act)
    with pytest.raises(NotNow, match=f"{act} from {state}"):
        after(state, act)


def test_from_every_state_a_case_can_still_be_closed() -> None:
    reach: dict[State, set[State]] = {state: {after(state, act) for act in acts} for state, acts in TRANSITIONS.items()}
    for start in STATES:
        seen: set[State] = set()
        todo: list[State] = [start]
        while todo:
            state = todo.pop()
            if state not in seen:
                seen.add(state)
                todo += reach[state]
        assert "closed" in seen
