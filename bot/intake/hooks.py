"""What intake does when a message reached its end: remember its id, tell the desk, note who is unreachable."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.channels.delivery import TARGET
from bot.channels.outgoing import Delete
from bot.intake import officers
from bot.intake.carry import CLEARED, shows
from bot.intake.tools import Tools
from storage import outbox
from storage.intake_tables import ADDRESSES, LINKS, THREADS, TRACES
from storage.outbox import Row
from storage.shared_tables import OUTBOX


class Hooks:
    """Delivery's hooks of the intake actor."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def sent(self, conn: Connection, row: Row, message_id: int | None, now: datetime) -> None:
        """A message stands in somebody's chat: it can be cleared later, and an asked question can be edited."""
        if message_id is None or not shows(row.kind):
            return
        kind = conn.execute(select(OUTBOX.c.kind).where(OUTBOX.c.id == row.id)).scalar_one()
        if kind == CLEARED and row.target is not None:
            # Its chat was cleared while it was on its way.
            chat = int(self._tools.outbox.open(TARGET, row.id, row.target))
            outbox.put(conn, self._tools.row(row.person, chat, Delete(message_ids=(message_id,)), now, kind="clear"))
            return
        trace = self._tools.new_id()
        shown = int(row.kind.removeprefix("ask:")) if row.kind.startswith("ask:") else None
        sealed = self._tools.seal_message_id(trace, message_id, officers.thread_of(row.dedupe))
        conn.execute(TRACES.insert().values(id=trace, address_id=row.person, sealed=sealed, shown=shown, at=now))

    def finished(self, conn: Connection, row: Row, state: str, now: datetime) -> None:
        """The desk hears what became of a staff message; a blocked address is skipped from now on."""
        if row.ref is not None and row.kind == "reply":
            self._tools.post(conn, "delivery", {"relay": row.ref.hex(), "state": state}, now)
        if state == "blocked":
            mine = (ADDRESSES.c.id == row.person) & ADDRESSES.c.reachable
            if conn.execute(update(ADDRESSES).where(mine).values(reachable=False).returning(ADDRESSES.c.id)).all():
                self._out_of_reach(conn, row.person, now)

    def _out_of_reach(self, conn: Connection, address_id: bytes, now: datetime) -> None:
        """The officers of open reports hear it, also where Telegram's own word of it got lost."""
        open_threads = (
            select(THREADS.c.id)
            .join(LINKS, LINKS.c.thread_id == THREADS.c.id)
            .where(LINKS.c.address_id == address_id, THREADS.c.sent != "no", THREADS.c.closed_at.is_(None))
        )
        for thread_id in conn.execute(open_threads).scalars().all():
            body = {"thread": thread_id.hex(), "at": now.isoformat(), "what": "unreachable"}
            self._tools.post(conn, "flag", body, now)

    def migrated(self, _conn: Connection, _row: Row, _new_chat: int, _now: datetime) -> bytes | None:
        """Reporters' chats never move; a group that does is none of ours."""
        return None
