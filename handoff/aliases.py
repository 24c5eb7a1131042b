"""The names under which reporters know officers: one for each officer of a case, from the list in eskalasi.yaml."""

from sqlalchemy import select

from handoff import cases
from handoff.work import Work
from storage.desk_tables import ALIAS, Case


def of(work: Work, case: Case, staff_id: bytes) -> str:
    """The name under which the reporter of this case knows this officer: always the same, nobody else's."""
    rows = work.conn.execute(select(ALIAS).where(ALIAS.c.case_id == case.id)).all()
    for row in rows:
        if row.staff_id == staff_id:
            return str(row.alias)
    names, used = cases.policy(work, case).aliases, {row.alias for row in rows}
    free = [name for name in names if name not in used]
    # Beyond the list: a number keeps the names of one case apart.
    chosen = free[int.from_bytes(work.tools.entropy(4), "big") % len(free)] if free else f"{names[0]} {len(rows) + 1}"
    work.conn.execute(ALIAS.insert().values(case_id=case.id, staff_id=staff_id, alias=chosen))
    return chosen
