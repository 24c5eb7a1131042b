"""Buttons: the chat carries a token that says nothing; what it means stands in a table.

A token is a keyed hash of its meaning: nobody can make one, and the same button made twice is the same row.
"""

import base64
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from handoff.sql import insert_new
from handoff.work import Work
from storage.desk_tables import BUTTON

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Press:
    """What a button means. `staff_id`: only this member may press it."""

    verb: str
    case_id: bytes | None = None
    staff_id: bytes | None = None
    arg: str = ""


def button(work: Work, label: str, press: Press) -> tuple[str, str]:
    """(label, callback data) for a message. `label` is the key of a sentence."""
    return named(work, work.texts(label), press)


def named(work: Work, label: str, press: Press) -> tuple[str, str]:
    """The same with a label that is ready."""
    parts = (press.verb.encode(), press.case_id or b"", press.staff_id or b"", press.arg.encode())
    token = base64.urlsafe_b64encode(work.index("button", *parts)).decode().rstrip("=")
    insert_new(
        work.conn,
        BUTTON,
        token=token,
        verb=press.verb,
        case_id=press.case_id,
        staff_id=press.staff_id,
        arg=press.arg,
        made_at=work.now,
    )
    return label, token


def meaning(work: Work, token: str) -> Press | None:
    """What the token means; None if we never made it."""
    if not _TOKEN.fullmatch(token):
        return None
    row = work.conn.execute(select(BUTTON).where(BUTTON.c.token == token)).first()
    return Press(row.verb, row.case_id, row.staff_id, row.arg) if row else None
