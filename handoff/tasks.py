"""Tasks: something a human must do about a case, open or closed; each has a due time until somebody does it."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from handoff import audit, cases, people, tell
from handoff.buttons import Press, button
from handoff.people import Member
from handoff.work import Work
from storage.desk_tables import TASK, Case

_AGAIN: Final = timedelta(hours=2)
_SKEW: Final = timedelta(minutes=2)


def give(work: Work, case: Case, what: str) -> None:
    """A new task about a case for its owner, else for everybody; the same one is not given twice while it is open."""
    same = select(TASK.c.id).where(TASK.c.case_id == case.id, TASK.c.what == what, TASK.c.done_at.is_(None))
    if work.conn.execute(same).first():
        return
    task_id = work.new_id()
    due = work.now + cases.policy(work, case).task
    row = {
        "id": task_id,
        "case_id": case.id,
        "what": what,
        "owner": case.owner,
        "opened_at": work.now,
        "next_due_at": due,
    }
    work.conn.execute(TASK.insert().values(**row))
    audit.write(work, audit.REPORTER, f"task_{what}", case.id)
    _tell(work, work.conn.execute(select(TASK).where(TASK.c.id == task_id)).one(), case)


def done(work: Work, task_id: bytes, by: Member) -> bool:
    """The task is done. False: it was done before."""
    open_task = TASK.update().where(TASK.c.id == task_id, TASK.c.done_at.is_(None))
    found = work.conn.execute(open_task.values(done_at=work.now, next_due_at=None).returning(TASK.c.case_id)).first()
    if found is None:
        return False
    audit.write(work, by.id, "task_done", found.case_id)
    return True


def remind_due(work: Work) -> None:
    """Tells again about every task that is overdue, now to everybody."""
    # One further off than any task is given was written before the clock was put back.
    due = (TASK.c.next_due_at <= work.now) | (TASK.c.next_due_at > work.now + work.policy.task + _SKEW)
    for row in work.conn.execute(select(TASK).where(due)).all():
        work.conn.execute(TASK.update().where(TASK.c.id == row.id).values(next_due_at=work.now + _AGAIN, owner=None))
        _tell(work, work.conn.execute(select(TASK).where(TASK.c.id == row.id)).one(), cases.get(work, row.case_id))


def open_tasks(work: Work, owner: bytes) -> list[Any]:
    """The open tasks of a member, and those of nobody."""
    mine = (TASK.c.owner == owner) | TASK.c.owner.is_(None)
    return list(work.conn.execute(select(TASK).where(TASK.c.done_at.is_(None), mine).order_by(TASK.c.next_due_at)))


def leave(work: Work, owner: bytes) -> None:
    """The tasks of somebody who leaves are everybody's."""
    work.conn.execute(TASK.update().where(TASK.c.owner == owner, TASK.c.done_at.is_(None)).values(owner=None))


def _tell(work: Work, row: Any, case: Case) -> None:
    here = [one for one in people.on_duty(work) if row.owner in (None, one.id)] or people.on_duty(work)
    text = work.texts(f"tugas_{row.what}", kode=cases.code(case), jam=work.texts.moment(row.next_due_at, work.now))
    for one in here:
        buttons = [[button(work, "tombol_selesai", Press("selesai", case.id, one.id, row.id.hex()))]]
        tell.private(work, one, text, buttons, kind=tell.ABOUT_CASE, ref=case.id, priority=tell.CARD)
