"""`berani cases`: the open and closed cases by code, without anything that was reported."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select

from bot.channels.outgoing import plain
from bot.cli.desk_access import desk_access
from handoff import people
from handoff.cases import code
from handoff.work import Work
from storage.desk_tables import CASE, Case


def cases(as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Show every case: code, kind, state, urgency, owner, when it came and when it is due."""
    with desk_access() as desk:
        rows = desk.read(_rows)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("code", "kind", "state", "urgency", "owner", "opened", "due")
    for row in rows:
        table.add_row(*(escape(plain(str(value or "-"))) for value in row.values()))
    Console().print(table)


def _rows(work: Work) -> list[dict[str, Any]]:
    found = work.conn.execute(select(CASE).order_by(CASE.c.opened_at, CASE.c.series, CASE.c.number))
    return [_row(work, cast(Case, case)) for case in found]


def _row(work: Work, case: Case) -> dict[str, Any]:
    return {
        "code": code(case),
        "kind": case.kind,
        "state": case.state,
        "urgency": case.urgency,
        "owner": people.member(work, case.owner).name if case.owner else None,
        "opened_at": _iso(case.opened_at),
        "next_due_at": _iso(case.next_due_at),
    }


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
