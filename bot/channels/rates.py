"""How often a platform lets us call it, kept in memory: a restart may be told 429 once, which is survived."""

from collections import deque
from collections.abc import Callable

PER_SECOND = 30
PER_GROUP_MINUTE = 20
"""Telegram's limits for bots: about 30 messages a second in all, 20 a minute in one group
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this)."""


class Rates:
    """Says how long a call to a chat has to wait, and counts it when it need not."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._all: deque[float] = deque(maxlen=PER_SECOND)
        self._groups: dict[int, deque[float]] = {}
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """The platform asked for silence (429 with retry_after)."""
        self._paused_until = max(self._paused_until, self._monotonic() + seconds)

    def room(self) -> int:
        """How many calls may be made now, whichever chats they go to."""
        now = self._monotonic()
        if now < self._paused_until:
            return 0
        return PER_SECOND - sum(at > now - 1.0 for at in self._all)

    def until_room(self) -> float:
        """Seconds until `room` is no longer 0."""
        now = self._monotonic()
        return max(0.0, self._paused_until - now, _until_free(self._all, 1.0, now))

    def wait(self, chat: int, *, message: bool = True) -> float:
        """Seconds to wait before calling `chat` (groups have negative ids); 0 means go, and is counted.

        What is no `message` (the answer to a pressed button) is under no limit of its group.
        """
        now = self._monotonic()
        waits = [self._paused_until - now, _until_free(self._all, 1.0, now)]
        group = self._groups.setdefault(chat, deque(maxlen=PER_GROUP_MINUTE)) if chat < 0 and message else None
        if group is not None:
            waits.append(_until_free(group, 60.0, now))
        longest = max(waits)
        if longest > 0:
            return longest
        self._all.append(now)
        if group is not None:
            group.append(now)
        return 0.0


def _until_free(calls: "deque[float]", span: float, now: float) -> float:
    if len(calls) < (calls.maxlen or 0):
        return 0.0
    return max(0.0, calls[0] + span - now)
