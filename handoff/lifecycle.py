"""The life of a case: which act leads from which state to which. Everything that may happen to a state stands here.

`referred` and `monitoring` are reached by acts that come with later work; the table knows them so that a case in one of
them is never stuck. Two lines are there because nothing may float: a case whose officer is gone goes
back to the group from `in_progress` too, and a closed case whose officer is gone is `new` again when its reporter
writes.
"""

from enum import StrEnum
from typing import Final

from handoff.words import State


class Act(StrEnum):
    """What moves a case."""

    CLAIM = "claim"
    GIVE_BACK = "give_back"
    LAPSE = "lapse"
    WORK = "work"  # a reply, a note, a logged act
    REFER = "refer"
    MONITOR = "monitor"
    CLOSE = "close"
    REOPEN = "reopen"  # its officer is still here
    REOPEN_UNOWNED = "reopen_unowned"


TRANSITIONS: Final[dict[State, dict[Act, State]]] = {
    "new": {Act.CLAIM: "claimed", Act.CLOSE: "closed"},
    "claimed": {Act.WORK: "in_progress", Act.GIVE_BACK: "new", Act.LAPSE: "new", Act.CLOSE: "closed"},
    "in_progress": {
        Act.WORK: "in_progress",
        Act.REFER: "referred",
        Act.MONITOR: "monitoring",
        Act.GIVE_BACK: "new",
        Act.CLOSE: "closed",
    },
    "referred": {Act.WORK: "in_progress", Act.MONITOR: "monitoring"},
    "monitoring": {Act.WORK: "in_progress", Act.CLOSE: "closed"},
    "closed": {Act.REOPEN: "in_progress", Act.REOPEN_UNOWNED: "new"},
}


class NotNow(Exception):
    """The act does not lead anywhere from the state that the case is in."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(f"{act} from {state}")
        self.state, self.act = state, act


def after(state: State, act: Act) -> State:
    """The state to which `act` leads. Raises NotNow."""
    found = TRANSITIONS[state].get(act)
    if found is None:
        raise NotNow(state, act)
    return found


def allows(state: State, act: Act) -> bool:
    """Whether `act` leads anywhere from `state`."""
    return act in TRANSITIONS[state]
