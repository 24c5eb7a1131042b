"""When a waiting case calls whom: functions of a policy and of times, nothing else.

A ladder's rungs are counted from 0. The last one repeats for ever, so that a case always has a next due time. A case
that was taken but not touched lapses at 100 % of its limit: that step follows the rungs of its ladder and is its last.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.content.policy import Level, Limits, Policy, Rung, Situation
from handoff.words import State

LAPSE: Final = 100

_SITUATIONS: Final[dict[State, Situation]] = {
    "new": "unclaimed",
    "claimed": "untouched",
    "in_progress": "silent",
    "referred": "silent",
    "monitoring": "silent",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """What a case waits for, since when, and how long it may."""

    situation: Situation
    rungs: tuple[Rung, ...]
    limit: timedelta
    anchor: datetime


def wait(policy: Policy, state: State, urgency: Level, asked_to_close: bool, anchor: datetime) -> Wait:
    """What a case in this state waits for. `state` is not `closed`."""
    situation: Situation = "consent" if asked_to_close else _SITUATIONS[state]
    limits = policy.limits[urgency]
    limit = _limit(limits, situation) * (policy.monitoring if state == "monitoring" and not asked_to_close else 1)
    return Wait(situation, policy.ladders[situation], limit, anchor)


def _limit(limits: Limits, situation: Situation) -> timedelta:
    return {
        "unclaimed": limits.look,
        "untouched": limits.service,
        "silent": limits.silent,
        "consent": limits.consent,
    }[situation]


def due(waiting: Wait, step: int) -> datetime:
    """When `step` (from 0) is due."""
    return waiting.anchor + waiting.limit * _percent(waiting, step) / 100


def _percent(waiting: Wait, step: int) -> int:
    rungs = waiting.rungs
    if step < len(rungs):
        return rungs[step].at
    if waiting.situation == "untouched":
        return LAPSE
    return rungs[-1].at + (step - len(rungs) + 1) * rungs[-1].repeat


def lapses(waiting: Wait, step: int) -> bool:
    """Whether `step` takes the case from its owner."""
    return waiting.situation == "untouched" and step >= len(waiting.rungs)


def rung(waiting: Wait, step: int) -> Rung:
    """The rung of `step`: the last one again, once all are climbed."""
    return waiting.rungs[min(step, len(waiting.rungs) - 1)]


def highest_due(waiting: Wait, step: int, now: datetime) -> int | None:
    """The highest step from `step` on that is due at `now`; None if none is. However long nobody looked, it is one."""
    if due(waiting, step) > now:
        return None
    last = len(waiting.rungs) if waiting.situation == "untouched" else len(waiting.rungs) - 1
    while step < last and due(waiting, step + 1) <= now:
        step += 1
    if step < last or waiting.situation == "untouched":
        return step
    beat = waiting.limit * waiting.rungs[-1].repeat / 100
    return step + max(0, (now - due(waiting, step)) // beat)
