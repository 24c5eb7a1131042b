"""How a turn of the staff chat gets done: a lost race is decided anew, what fails every time is set aside."""

from datetime import datetime

from bot.channels.inbound import Inbound
from bot.logs import get_logger
from handoff.desk import Desk
from storage.store import Conflict, ConstraintBroken, Store, StoreDown

RACES = 8
_log = get_logger()


async def take(store: Store, desk: Desk, inbound: Inbound, now: datetime) -> str:
    """One turn, committed when this returns: "done", or "set_aside" as a teknis case with its text for whoever owns it.

    Raises StoreDown: then nothing was written, and the update must come again.
    """
    failures = 0
    broken: Exception | None = None
    for _ in range(RACES):
        try:
            await store.write(lambda conn: desk.receive(conn, inbound, now))
        except StoreDown:
            raise
        except (Conflict, ConstraintBroken) as problem:
            broken = problem  # somebody else wrote the same row; met every time, it would hold up everybody
        except Exception as problem:  # noqa: BLE001 - whatever it is, a human must hear of it
            failures, broken = failures + 1, problem
            if failures > 1:
                break
        else:
            return "done"
    _log.error("turn_set_aside", actor="desk", exc_info=broken)
    what = f"turn_{type(broken).__name__}"
    await store.write(lambda conn: desk.set_aside(conn, inbound, what, now))
    return "set_aside"
