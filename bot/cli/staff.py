"""`berani staff`: who works at the desk, and which group is theirs. Codes are shown once and kept only as hashes."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.channels.outgoing import plain
from bot.cli.desk_access import desk_access
from bot.engine.text import empty
from handoff import invites, people, staff
from handoff.people import Member
from handoff.words import StaffRole
from handoff.work import Work

app = typer.Typer(help="Who works at the desk.", no_args_is_help=True)

_LONGEST_NAME = 64

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.callback()
def staff_verbs() -> None:
    """Who works at the desk."""


@app.command()
def invite(
    name: Annotated[str | None, typer.Argument(help="the name that colleagues see")] = None,
    role: Annotated[StaffRole, typer.Option(help="what this person does")] = "caseworker",
    group: Annotated[bool, typer.Option("--group", help="a code that binds the staff group instead")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a code, good once within 48 hours: for a person (/start CODE in private) or for the group."""
    cleaned = " ".join(plain(name or "").split())
    if group != empty(cleaned) or len(cleaned) > _LONGEST_NAME:
        wanted = f'a name of at most {_LONGEST_NAME} characters, as in: berani staff invite "Nama"; or --group'
        raise typer.BadParameter(wanted)
    with desk_access() as desk:
        code = desk.write(lambda work: invites.invite_group(work) if group else invites.invite(work, cleaned, role))
    if as_json:
        typer.echo(json.dumps({"code": code}))
        return
    what = f"write /hubungkan {code} in the staff group" if group else f"send /start {code} to the desk bot in private"
    typer.echo(f"{code}\n  {what} within 48 hours; the code is good once and is not shown again")


@app.command(name="list")
def list_staff(as_json: AsJson = False) -> None:
    """Show everybody who is active."""
    with desk_access() as desk:
        found = desk.read(people.active)
    if as_json:
        rows = [{"id": one.id.hex(), "name": one.name, "role": one.role, "reachable": _reachable(one)} for one in found]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("id", "name", "role", "reachable")
    for one in found:
        table.add_row(one.id.hex()[:8], escape(plain(one.name)), one.role, "yes" if _reachable(one) else "no")
    Console().print(table)


@app.command()
def remove(
    who: Annotated[str, typer.Argument(help="the name, or the beginning of the id, as in `staff list`")],
) -> None:
    """End somebody's access at once; their cases go back to the group."""

    def job(work: Work) -> int:
        found = [one for one in people.active(work) if who in (one.name, one.id.hex()[: max(4, len(who))])]
        if len(found) == 1:
            staff.remove(work, found[0])
        return len(found)

    with desk_access() as desk:
        count = desk.write(job)
    if count != 1:
        what = "nobody active is called so" if count == 0 else f"{count} people are called so"
        typer.echo(f"{what}\n  fix: take the id from `berani staff list`", err=True)
        raise typer.Exit(1)
    typer.echo("removed")


def _reachable(one: Member) -> bool:
    return one.blocked_at is None
