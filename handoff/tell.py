"""Ways in which the desk speaks: to one member in private, to the group, as the small answer to a pressed button."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from bot.channels.inbound import Inbound
from bot.channels.outgoing import AnswerCallback, Send, quoted, split
from handoff import groups
from handoff.people import Member
from handoff.work import Work
from storage import outbox
from storage.shared_tables import OUTBOX

URGENT: Final = 0
CARD: Final = 1
TALK: Final = 2
DIGEST: Final = 3

# Kinds of outbox rows, by what a reply to the message means (handoff/said.py).
ABOUT_CASE: Final = "case"
REPORT: Final = "report"
SUMMARY: Final = "summary"
RELAY: Final = "relay"
OTHER: Final = "other"
ANSWER: Final = "answer"

Rows = Sequence[Sequence[tuple[str, str]]]

# Telegram takes 4,096 UTF-16 units a message (core.telegram.org/bots/api#sendmessage); ours stand around the quote.
_LONGEST_QUOTE: Final = 3000

# Telegram forgets a pressed button within minutes; the answer to it is worthless after that.
_ANSWER_EXPIRES = timedelta(minutes=2)


def short(text: str) -> str:
    """Somebody's own words, safe inside a message of ours and never so long that Telegram refuses it."""
    parts = split(quoted(text), _LONGEST_QUOTE)
    return parts[0] + (" …" if len(parts) > 1 else "")


def private(
    work: Work,
    to: Member,
    text: str,
    buttons: Rows = (),
    *,
    kind: str = OTHER,
    ref: bytes | None = None,
    priority: int = TALK,
    protect: bool = False,
    quiet: bool = False,
    dedupe: str | None = None,
) -> bytes:
    """A message to one member. With kind ABOUT_CASE or REPORT `ref` is the case, with RELAY the relay."""
    message = Send(text=text, buttons=tuple(tuple(row) for row in buttons), protect=protect, quiet=quiet)
    return work.put(to.chat, to.id, kind, message, ref=ref, priority=priority, dedupe=dedupe)


def withhold(work: Work, person: bytes, kinds: Sequence[str], case_id: bytes | None = None) -> None:
    """What waits to be sent to this member (about that case) is not sent any more: it is not theirs to read now."""
    waiting = select(OUTBOX.c.id).where(
        OUTBOX.c.person == person, OUTBOX.c.state == "waiting", OUTBOX.c.kind.in_(kinds)
    )
    if case_id is not None:
        waiting = waiting.where(OUTBOX.c.ref == case_id)
    for row_id in work.conn.execute(waiting).scalars().all():
        outbox.finish(work.conn, row_id, "expired", work.now)


def everybody(
    work: Work, people: Iterable[Member], text: str, buttons: Rows = (), *, case_id: bytes, priority: int = CARD
) -> None:
    """The same message about a case to each of `people`."""
    for one in people:
        private(work, one, text, buttons, kind=ABOUT_CASE, ref=case_id, priority=priority)


def group(work: Work, text: str, buttons: Rows = (), *, priority: int = CARD) -> bool:
    """A message to the group. False: there is none."""
    there = groups.live(work)
    if there is None:
        return False
    message = Send(text=text, buttons=tuple(tuple(row) for row in buttons))
    work.put(there.chat, there.id, OTHER, message, priority=priority)
    return True


def answer(work: Work, pressed: Inbound, key: str | None = None, **values: str) -> None:
    """Answers a pressed button: with a window that has to be closed if `key` names a sentence, else silently."""
    reply = AnswerCallback(callback=pressed.callback, text=work.texts(key, **values) if key else "", alert=bool(key))
    # In no one's order: whatever else is on its way to this chat, the button must stop spinning now.
    work.put(pressed.chat, work.new_id(), ANSWER, reply, priority=CARD, expires=_ANSWER_EXPIRES)
