"""What intake is told about duty, so that it tells reporters the truth about waiting times.

Until there is a roster everybody active is on duty.
"""

import json
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from bot.content.policy import LEVELS
from handoff import people
from handoff.sql import put
from handoff.work import Work
from storage.shared_tables import META

_KEY: Final = "duty_status"
_EVERY: Final = timedelta(hours=1)


def on_duty(work: Work) -> bool:
    """Whether anybody works now, and can hear of a case."""
    return bool(people.active(work)) and not work.tools.deaf()


def tell_intake(work: Work) -> None:
    """Writes `duty_status`: at the start of this process, when something changed, and every hour."""
    limits = work.policy.limits
    status = {
        "on_duty": on_duty(work),
        "read_by": {level: int(limits[level].look.total_seconds() // 60) for level in LEVELS},
        "next_duty": None,
    }
    incarnation = work.tools.incarnation.hex()
    value = work.conn.execute(select(META.c.value).where(META.c.key == _KEY)).scalar()
    told = json.loads(value) if value else None
    if (
        told
        and (told["status"], told["incarnation"]) == (status, incarnation)
        # Not when the clock was put back: intake must not wait for the old hour to come round again.
        and timedelta(0) <= work.now - datetime.fromisoformat(told["at"]) < _EVERY
    ):
        return
    now = work.now.isoformat()
    put(work.conn, META, key=_KEY, value=json.dumps({"status": status, "incarnation": incarnation, "at": now}))
    work.letter("duty_status", at=now, **status)
