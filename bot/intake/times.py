"""Times as a reporter reads them: "pukul 14.30", "besok pukul 07.00"; the words stand in messages/umum.yaml."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.content.text import fill


def clock_words(at: datetime, now: datetime, zone: ZoneInfo, messages: Mapping[str, str]) -> str:
    """`at` in words, seen from `now`, in local time; rounded up to five minutes, so that a promise is not too early."""
    local = at.astimezone(zone)
    seconds = -(local.minute * 60 + local.second) % 300
    local = datetime.fromtimestamp(local.timestamp() + seconds, zone)
    days = (local.date() - now.astimezone(zone).date()).days
    key = {0: "jam_hari_ini", 1: "jam_besok"}.get(days, "jam_tanggal")
    return fill(messages[key], {"jam": f"{local:%H.%M}", "tanggal": f"{local:%d/%m}"})
