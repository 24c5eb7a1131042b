"""Pages: what belongs to a case, in order of arrival, sealed under the case's key. Pages are added, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import exists, func, select

from handoff import cases
from handoff.words import PageKind
from handoff.work import Work, dump, load
from storage.desk_tables import PAGE, PAGE_BODY, Case


@dataclass(frozen=True)
class Page:
    """One page, opened."""

    n: int
    kind: PageKind
    at: datetime
    author: bytes | None
    body: dict[str, Any]

    def __repr__(self) -> str:
        return f"Page({self.n}, {self.kind})"


def add(
    work: Work,
    case_id: bytes,
    kind: PageKind,
    body: dict[str, Any],
    *,
    author: bytes | None = None,
    answer: bytes | None = None,
) -> int:
    """Adds a page and returns its number, from 1."""
    last = work.conn.execute(select(func.max(PAGE.c.n)).where(PAGE.c.case_id == case_id)).scalar()
    n = (last or 0) + 1
    sealed = cases.box(work, case_id).seal(PAGE_BODY, _row_id(case_id, n), dump(body))
    row = {"case_id": case_id, "n": n, "kind": kind, "at": work.now, "author": author, "answer": answer, "body": sealed}
    work.conn.execute(PAGE.insert().values(**row))
    return n


def has_answer(work: Work, case_id: bytes, answer: bytes) -> bool:
    """Whether this answer is a page of the case already."""
    return bool(work.conn.execute(select(exists().where(PAGE.c.case_id == case_id, PAGE.c.answer == answer))).scalar())


def read(work: Work, case: Case, after: int = 0) -> list[Page]:
    """The pages of a case, those after page `after`."""
    box = cases.box(work, case.id)
    rows = work.conn.execute(select(PAGE).where(PAGE.c.case_id == case.id, PAGE.c.n > after).order_by(PAGE.c.n))
    return [
        Page(
            row.n,
            cast(PageKind, row.kind),
            row.at,
            row.author,
            load(box.open(PAGE_BODY, _row_id(case.id, row.n), row.body)),
        )
        for row in rows
    ]


def last(work: Work, case_id: bytes) -> int:
    """The number of the last page, 0 if there is none."""
    return work.conn.execute(select(func.max(PAGE.c.n)).where(PAGE.c.case_id == case_id)).scalar() or 0


def blank(work: Work, case_id: bytes, n: int, body: dict[str, Any]) -> None:
    """Puts `body` in place of what a page said: a telephone number is shown once."""
    sealed = cases.box(work, case_id).seal(PAGE_BODY, _row_id(case_id, n), dump(body))
    work.conn.execute(PAGE.update().where(PAGE.c.case_id == case_id, PAGE.c.n == n).values(body=sealed))


def _row_id(case_id: bytes, n: int) -> bytes:
    return case_id + n.to_bytes(8, "big")
