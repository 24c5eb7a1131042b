"""The clock of the wiring: aware UTC for everything stored, a monotonic one for waiting and measuring.

Rehearsals move it with a file of seconds, read at every call; settings.py decides whether that file is honoured.
"""

import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

# Far more than any rehearsal needs, and small enough that no sum of a real time and the offset leaves datetime's range.
_LARGEST_OFFSET = timedelta(days=3660).total_seconds()


class Clock(Protocol):
    """What the wiring asks the time of; everything below it takes `now` as an argument."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back: for durations, not for dates."""


class SystemClock:
    """The machine's clock, moved by the seconds that stand in `offset_file`, if one is given."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file
        self._offset = 0.0

    def now(self) -> datetime:
        """The present moment in UTC, moved by the file. A missing or garbled file leaves the last good offset."""
        return datetime.now(UTC) + timedelta(seconds=self._read_offset())

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; the file does not move them."""
        return time.monotonic()

    def _read_offset(self) -> float:
        if self._offset_file is None:
            return 0.0
        try:
            offset = float(self._offset_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            # Whoever moves the clock may be half-way through writing the file.
            return self._offset
        if math.isfinite(offset) and abs(offset) <= _LARGEST_OFFSET:
            self._offset = offset
        return self._offset
