"""Telegram's sending limits, switched on by the control side (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits)."""

import math
from collections import defaultdict, deque

from simulator.telegram.errors import too_many_requests
from simulator.telegram.state import Bot, Chat

# per bot in a second; per group in a minute
OVERALL = (30, 1.0)
GROUP = (20, 60.0)


class Limits:
    """Counts sends in sliding windows of real time while `on`."""

    def __init__(self) -> None:
        self.on = False
        self._sent: dict[tuple[int, int], deque[float]] = defaultdict(deque)

    def count(self, bot: Bot, place: Chat, now: float) -> None:
        """Counts one send at `now` (monotonic seconds); raises ApiError 429 where a window is full."""
        if not self.on:
            return
        windows = [((bot.id, 0), OVERALL)]
        if not place.private:
            windows.append(((bot.id, place.id), GROUP))
        for key, (most, seconds) in windows:
            sent = self._sent[key]
            while sent and now - sent[0] >= seconds:
                sent.popleft()
            if len(sent) >= most:
                raise too_many_requests(max(1, math.ceil(seconds - (now - sent[0]))))
        for key, _ in windows:
            self._sent[key].append(now)
