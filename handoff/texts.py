"""Sentences for staff: filled from `flows/messages/petugas.yaml`, with times, spans and names as people read them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.content.text import fill

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


class Texts:
    """The sentences of one published set."""

    def __init__(self, sentences: Mapping[str, str], zone: ZoneInfo) -> None:
        self._sentences, self._zone = sentences, zone

    def __call__(self, key: str, **values: str) -> str:
        """The sentence under `key`. A set published before the key existed gives the key itself: nothing stops."""
        return fill(self._sentences.get(key, key).rstrip(), values)

    def clock(self, at: datetime) -> str:
        """A time of day, in the office's time zone."""
        return f"{at.astimezone(self._zone):%H.%M}"

    def moment(self, at: datetime, now: datetime) -> str:
        """A time of day; with the date, if it is another day."""
        local, today = at.astimezone(self._zone), now.astimezone(self._zone)
        return self.clock(at) if local.date() == today.date() else f"{local:%d/%m} {self.clock(at)}"

    def month(self, at: datetime) -> str:
        """The month in which something happened: `2026-11`."""
        return f"{at.astimezone(self._zone):%Y-%m}"

    def span(self, span: timedelta) -> str:
        """A length of time in its largest unit, rounded down."""
        for unit, key in ((_DAY, "hari"), (_HOUR, "jam"), (_MINUTE, "menit")):
            if span >= unit:
                return self(key, n=str(span // unit))
        return self("baru_saja")
