"""Whether something may be said to a reporter now, and how: the rules of what is pushed, as a table.

Whoever looks over a child's shoulder must learn nothing, so what is not an answer to the person's own last message is a
push, and only those who said that the phone is their own get its words unasked.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

How = Literal["content", "notice", "hold", "drop"]
What = Literal["status", "message", "danger"]
"""status: nice to know now, old news later; message: must reach the person some time; danger: an unclaimed darurat."""

ANSWER_WINDOW = timedelta(minutes=5)
"""What is said this soon after the person's own last message is an answer, not a push."""
SHORT_WINDOW = timedelta(minutes=1)
"""The same for those who wrote "Jangan balas": only what belongs to the message just sent."""
NIGHT_BEGINS, NIGHT_ENDS = time(21), time(6)


@dataclass(frozen=True, slots=True)
class Decision:
    """content: the words, at `due`; notice: "Ada pesan" at `due`, the words wait for BUKA; hold: the words wait."""

    how: How
    due: datetime


def decide(
    what: What, balas: str | None, last_in: datetime, now: datetime, zone: ZoneInfo, *, darurat: bool = False
) -> Decision:
    """How to say `what` to somebody who answered `balas` (None: not asked or skipped) and last wrote at `last_in`.

    `darurat`: the report is one; then the night holds nothing back.
    """
    window = SHORT_WINDOW if balas == "jangan" else ANSWER_WINDOW
    if now - last_in <= window:
        return Decision("content", now)
    if balas == "jangan":
        return Decision("hold" if what == "message" else "drop", now)
    due = now if darurat or what == "danger" else morning(now, zone)
    if balas == "aman":
        return Decision("drop", now) if what == "status" and due > now else Decision("content", due)
    return Decision("drop", now) if what == "status" else Decision("notice", due)


def morning(now: datetime, zone: ZoneInfo) -> datetime:
    """`now`, or the end of the night if it is night in `zone`."""
    local = now.astimezone(zone)
    if NIGHT_ENDS <= local.time() < NIGHT_BEGINS:
        return now
    day = local.date() + timedelta(days=1 if local.time() >= NIGHT_BEGINS else 0)
    return datetime.combine(day, NIGHT_ENDS, zone).astimezone(now.tzinfo)
