"""Receipts (sixteen digits that bring a report to another phone) and the kata rahasia: made, shown, tried."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, select, update

from bot.intake.plan import Plan
from bot.intake.tools import Tools
from storage import vault
from storage.intake_tables import ADDRESSES, SEALED_RECEIPT, THREADS
from storage.shared_tables import META

TRIES = 5
"""Wrong tries that one address has in an hour, receipts and kata rahasia together."""
ALL_TRIES = 100
"""Wrong receipts that all addresses together have in an hour: 10^16 numbers stay out of reach."""
SPAN = timedelta(hours=1)
_GLOBAL = "receipt_tries"


def pretty(digits: str) -> str:
    """Sixteen digits in four groups of four."""
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def digits_of(text: str) -> str:
    """The digits of what somebody typed."""
    return "".join(c for c in text if c.isascii() and c.isdigit())


def shown(tools: Tools, thread: RowMapping) -> str | None:
    """The receipt of a thread for showing, if it has one."""
    if thread["receipt"] is None:
        return None
    return tools.sessions.open(SEALED_RECEIPT, thread["id"], thread["receipt"]).decode()


def give(tools: Tools, plan: Plan, thread_id: bytes, thread: RowMapping | None) -> str:
    """The digits of a thread's receipt; made now if it has none: a keyed hash to find, a sealed copy to show again."""
    digits = shown(tools, thread) if thread is not None else None
    if digits is None:
        digits = vault.new_receipt(tools.entropy)
        sealed = tools.sessions.seal(SEALED_RECEIPT, thread_id, digits.encode())
        values = {"receipt_hash": vault.receipt_hash(tools.keys.receipt, digits), "receipt": sealed}
        plan.add(lambda conn: conn.execute(update(THREADS).where(THREADS.c.id == thread_id).values(**values)))
    return digits


def find(conn: Connection, tools: Tools, digits: str) -> bytes | None:
    """The thread of a receipt, or None."""
    wanted = vault.receipt_hash(tools.keys.receipt, digits)
    return conn.execute(select(THREADS.c.id).where(THREADS.c.receipt_hash == wanted)).scalar_one_or_none()


def may_try(conn: Connection, address: RowMapping | None, now: datetime, *, everybody: bool = True) -> bool:
    """Whether this address, and (for receipts) everybody together, still has tries in this hour.

    A kata rahasia opens only what this very address may see: strangers who guess elsewhere must not lock it.
    """
    if address and address["tries_since"] and now - address["tries_since"] < SPAN and address["tries"] >= TRIES:
        return False
    return not everybody or _all_tries(conn, now) < ALL_TRIES


def count_wrong(conn: Connection, address_id: bytes, now: datetime, *, everybody: bool = True) -> None:
    """One wrong try more, of this address and (for receipts) of everybody together."""
    row = conn.execute(select(ADDRESSES.c.tries, ADDRESSES.c.tries_since).where(ADDRESSES.c.id == address_id)).one()
    fresh = row.tries_since is not None and now - row.tries_since < SPAN
    values = {"tries": row.tries + 1 if fresh else 1, "tries_since": row.tries_since if fresh else now}
    conn.execute(update(ADDRESSES).where(ADDRESSES.c.id == address_id).values(**values))
    if not everybody:
        return
    value = f"{now:%Y-%m-%dT%H} {_all_tries(conn, now) + 1}"
    if not conn.execute(update(META).where(META.c.key == _GLOBAL).values(value=value)).rowcount:
        conn.execute(META.insert().values(key=_GLOBAL, value=value))


def _all_tries(conn: Connection, now: datetime) -> int:
    value = conn.execute(select(META.c.value).where(META.c.key == _GLOBAL)).scalar_one_or_none()
    hour, _, count = (value or "").partition(" ")
    return int(count) if hour == f"{now:%Y-%m-%dT%H}" else 0


def secret_hash(tools: Tools, address_id: bytes, word: str) -> bytes:
    """The keyed hash of a kata rahasia, small and large letters alike."""
    return vault.tag(tools.keys.receipt, "secret", address_id, word.strip().lower().encode("utf-8", "surrogatepass"))
