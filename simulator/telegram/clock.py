"""The double's clock: real time plus the seconds written in an optional file."""

import time
from pathlib import Path


class Clock:
    """Tells the simulated time in Unix seconds (UTC).

    `file` holds the seconds to add, decimals and negative numbers allowed; it is read at every call. While it is
    missing or half written the last good number stands.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self._ahead = 0.0

    def now(self) -> float:
        if self.file is not None:
            try:
                self._ahead = float(self.file.read_text(encoding="ascii").strip())
            except (OSError, ValueError):
                return time.time() + self._ahead
        return time.time() + self._ahead
