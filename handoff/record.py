"""What the official records count (SIMFONI-PPA, KLA): kept from the first day, for each child and each accused person.

Each field is `{status, value, code}`: `nilai` with the choice ids and the codes of record.yaml, `tidak_tahu`,
`dilewati`, or `belum` when it was never asked.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select

from handoff import cases
from handoff.answers import Body, latest
from handoff.cases import About
from handoff.sql import put
from handoff.work import Work, dump, load
from storage.desk_tables import PARTY, PARTY_BODY, Case

CHILD: Final = ("umur", "kelamin", "khusus")
ACCUSED: Final = ("orangnya", "dekat")
# With month and kecamatan, more than these would lead back to one child in a city of this size.
_COUNTED: Final = frozenset({"umur", "kelamin", "orangnya"})

Field = dict[str, Any]


def keep(work: Work, case: Case, given: Iterable[Body]) -> None:
    """Writes down what the answers say of the first child and the first accused person."""
    newest = latest(given)
    for role, names in (("child", CHILD), ("accused", ACCUSED)):
        body = {name: read(work.content.record, name, newest.get(name)) for name in names}
        row_id = _row_id(case.id, role, 1)
        sealed = cases.box(work, case.id).seal(PARTY_BODY, row_id, dump(body))
        put(work.conn, PARTY, case_id=case.id, role=role, n=1, body=sealed)


def read(codes: Mapping[str, Mapping[str, str]], name: str, body: Body | None) -> Field:
    """One field out of its newest answer."""
    if body is None:
        return {"status": "belum", "value": [], "code": []}
    chosen = list(body.get("value") or ())
    known = codes.get(name, {})
    return {"status": body.get("status"), "value": chosen, "code": [known[one] for one in chosen if one in known]}


def parties(work: Work, case: Case, role: str) -> list[dict[str, Field]]:
    """The children or the accused persons of a case."""
    box = cases.box(work, case.id)
    rows = work.conn.execute(select(PARTY).where(PARTY.c.case_id == case.id, PARTY.c.role == role).order_by(PARTY.c.n))
    return [load(box.open(PARTY_BODY, _row_id(case.id, role, row.n), row.body)) for row in rows]


def fact(work: Work, case: Case, known: About, given: Iterable[Body], outcome: str) -> dict[str, Any]:
    """The columns of the row that remains for counting. Closed lists only: no words of anybody, no id, no day."""
    newest = latest(given)
    codes = work.content.record
    kinds = read(codes, "jenis", newest.get("jenis"))
    role = read(codes, "siapa", newest.get("siapa"))
    return {
        "id": work.new_id(),
        "month": work.texts.month(case.opened_at),
        "kind": case.kind,
        "urgency": case.urgency,
        "kecamatan": known.kecamatan,
        "outcome": outcome,
        "role": next(iter(role["value"]), role["status"]) or "belum",
        "children": json.dumps(_counted(parties(work, case, "child"))),
        "accused": json.dumps(_counted(parties(work, case, "accused"))),
        "kinds": json.dumps(kinds),
        "hours": int((work.now - case.opened_at).total_seconds() // 3600),
        "again": case.closings > 0,
    }


def _counted(people: Iterable[dict[str, Field]]) -> list[dict[str, Field]]:
    return [{name: one[name] for name in sorted(_COUNTED & one.keys())} for one in people]


def _row_id(case_id: bytes, role: str, n: int) -> bytes:
    return case_id + role.encode() + n.to_bytes(2, "big")
