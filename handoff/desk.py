"""The desk's face to the wiring: letters, chats, time, and what became of messages. Each call is one turn.

Every method runs inside a transaction of the desk's store: no network, no waiting, and the time is an argument. What it
causes (messages, letters, cases) is written through the connection and leaves with its commit.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete
from sqlalchemy.exc import DBAPIError

from bot.channels.delivery import TARGET
from bot.channels.inbound import Inbound
from bot.content.content import Content
from handoff import (
    cards,
    cases,
    chat,
    clocks,
    dialogues,
    duty,
    files,
    groups,
    invites,
    letters_in,
    news,
    people,
    relay,
    restored,
    said,
    staff,
    tasks,
    teknis,
    tell,
)
from handoff.enclosures import Enclosures
from handoff.enclosures import read as read_enclosures
from handoff.files import OpenedFile
from handoff.sql import insert_new
from handoff.work import Tools, Work
from storage import outbox
from storage.entropy import Entropy
from storage.errors import Conflict
from storage.keys import DeskKeys
from storage.letters import Letter
from storage.outbox import Row
from storage.post import Post
from storage.shared_tables import RECEIVED
from storage.streams import KEPT
from storage.vault import FieldBox, tag

__all__ = ["Desk", "Enclosures", "read_enclosures"]

_UNDELIVERED = frozenset({"blocked", "failed", "expired"})


class Desk:
    """All of the staff side."""

    def __init__(
        self,
        keys: DeskKeys,
        content: Callable[[Connection], Content],
        post: Post,
        entropy: Entropy,
        zone: ZoneInfo,
        group_id: int | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`content` gives the live set; `group_id` wins over a bound group; `report` is told types of trouble."""
        self.deaf = False
        """Whether staff cannot be reached at all now: then nobody is promised that somebody reads soon."""
        self._tools = Tools(keys, content, post, entropy, zone, group_id, entropy(16), lambda: self.deaf)
        self._report = report

    @property
    def box(self) -> FieldBox:
        """Seals and opens targets and bodies in the desk's outbox."""
        return self._tools.outbox_box

    def apply_letter(self, conn: Connection, letter: Letter, enclosures: Enclosures, now: datetime) -> None:
        """A letter from intake. Raises for a kind or body that is not as agreed: the courier sets it aside."""
        letters_in.apply(self._work(conn, now), letter, enclosures)

    def receive(self, conn: Connection, inbound: Inbound, now: datetime) -> None:
        """Something happened in a chat; the same thing a second time changes nothing."""
        work = self._work(conn, now)
        if insert_new(conn, RECEIVED, id=self._received(inbound), at=now):
            chat.take(work, inbound)

    def tick(self, conn: Connection, now: datetime) -> None:
        """Whatever is due now. Run at least every second where replies wait (`next_due` tells)."""
        work = self._work(conn, now)
        parts: tuple[Callable[[Work], object], ...] = (
            lambda _: outbox.set_right(conn, now),
            duty.tell_intake,
            lambda work: relay.send_due(work, lambda what: self._unsent(work, what)),
            lambda work: clocks.fire_due(work, self._report),
            tasks.remind_due,
            said.sweep,
            dialogues.end_expired,
            invites.forget_old,
        )
        for part in parts:
            try:
                with conn.begin_nested():
                    part(work)
            except (DBAPIError, Conflict):
                # The transaction itself is lost: the whole tick runs again.
                raise
            except Exception as error:  # noqa: BLE001 - one part's trouble must not stop the others' clocks
                self._report(type(error).__name__)

    def forget(self, conn: Connection, now: datetime) -> None:
        """Rows that only told a second delivery from a first, or what became of a message, go after a while."""
        outbox.forget(conn, now - KEPT)
        conn.execute(delete(RECEIVED).where(RECEIVED.c.at <= now - KEPT))

    def next_due(self, conn: Connection, now: datetime) -> datetime | None:
        """The earliest time at which `tick` will find a case, a task or a reply."""
        return clocks.next_due(self._work(conn, now))

    def sent(self, conn: Connection, row: Row, message_id: int | None, now: datetime) -> None:
        """Delivery: the platform took a message and calls it `message_id`."""
        work = self._work(conn, now)
        if row.kind == cards.KIND and row.ref:
            cards.sent(work, row.id, row.ref, message_id)
        elif row.kind == tell.RELAY and row.ref:
            about = relay.shown(work, row.ref, message_id)
            if about and message_id is not None:
                said.remember(work, about[0], message_id, about[1], sweep=True)
        elif row.kind in (tell.ABOUT_CASE, tell.REPORT, tell.SUMMARY) and row.ref and message_id is not None:
            reporters, content = row.kind == tell.REPORT, row.kind != tell.ABOUT_CASE
            said.remember(work, row.person, message_id, row.ref, from_reporter=reporters, sweep=content)

    def finished(self, conn: Connection, row: Row, state: str, now: datetime) -> None:
        """Delivery: a message reached its end. What did not arrive is taken elsewhere."""
        if state not in _UNDELIVERED:
            return
        work = self._work(conn, now)
        if row.kind == cards.KIND and row.ref:
            # No card stands in the group: everybody hears of it in private instead, and why.
            news.page_everybody(work, cases.get(work, row.ref))
            if groups.is_bound(work, row.person) and state == "blocked":
                chat.lost_group(work)
            else:
                teknis.trouble(work, "unsent_card")
        elif state == "blocked" and row.kind != tell.ANSWER:
            staff.unreachable(work, row.person)
        elif state == "failed" and row.kind in (tell.ABOUT_CASE, tell.REPORT, tell.SUMMARY, tell.RELAY):
            teknis.trouble(work, "unsent_message")

    def migrated(self, conn: Connection, row: Row, new_chat: int, now: datetime) -> bytes | None:
        """Delivery: the group has another id. The sealed new target of the row, None if it is not our group."""
        work = self._work(conn, now)
        old_chat = int(self.box.open(TARGET, row.id, row.target or b""))
        if not cards.follow_group(work, old_chat, new_chat) or row.kind == cards.EDIT:
            return None  # in the new one the same number is another message
        return self.box.seal(TARGET, row.id, str(new_chat).encode())

    def trouble(self, conn: Connection, what: str, now: datetime, *, raw: str = "", held_report: bool = False) -> None:
        """Something went wrong (`what`: its type): a teknis case that somebody owns. `raw`: content set aside."""
        teknis.trouble(self._work(conn, now), what, raw=raw, held_report=held_report)

    def set_aside(self, conn: Connection, inbound: Inbound, what: str, now: datetime) -> None:
        """A turn of the staff chat that fails whatever one tries: a human gets its text, its writer is told."""
        work = self._work(conn, now)
        if insert_new(conn, RECEIVED, id=self._received(inbound), at=now):
            teknis.trouble(work, what, raw=inbound.text)
            by = people.by_sender(work, inbound.sender)
            if by is not None and inbound.chat_kind == "private":
                tell.private(work, by, work.texts("gagal_diproses"))

    def set_back(self, conn: Connection, now: datetime) -> None:
        """This store was put back to an older copy."""
        restored.tell(self._work(conn, now))

    def file(self, conn: Connection, ref: str, now: datetime) -> OpenedFile:
        """The file that a SendMedia names. Raises Unreadable."""
        return files.opened(self._work(conn, now), bytes.fromhex(ref))

    def _unsent(self, work: Work, what: str) -> None:
        self._report(what)
        teknis.trouble(work, "unsent_message")

    def _received(self, inbound: Inbound) -> bytes:
        return tag(self._tools.keys.dedupe, "received", inbound.received.encode("utf-8", "surrogatepass"))

    def _work(self, conn: Connection, now: datetime) -> Work:
        return Work(conn, now, self._tools)
