"""`berani db`: the stores' tables."""

import os
from typing import Annotated

import typer

from bot.cli.actors_here import actors_here
from bot.settings import Settings, SettingsError, load, setting_name
from storage import migrate
from storage.errors import MigrationPending, StoreDown, StoreFaulty
from storage.shared_tables import Actor

app = typer.Typer(help="The stores' tables.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """The stores' tables."""


@app.command()
def upgrade(
    actor: Annotated[Actor | None, typer.Option(help="one actor's store only")] = None,
) -> None:
    """Make missing stores and tables, of both actors or of the one whose keys are on this machine. Safe to repeat."""
    try:
        settings = load(os.environ)
    except SettingsError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    problems = [_upgrade(settings, one) for one in ([actor] if actor else actors_here(settings))]
    if any(problems):
        typer.echo("\n".join(problem for problem in problems if problem), err=True)
        raise typer.Exit(1)


def _upgrade(settings: Settings, actor: Actor) -> str:
    """Upgrades one store; the trouble for the operator, "" if there was none."""
    secret = settings.intake_database_url if actor == "intake" else settings.desk_database_url
    try:
        changed = migrate.upgrade(secret.get_secret_value(), actor)
    except MigrationPending as problem:
        return f"{actor}: {problem}"
    except (StoreDown, StoreFaulty, OSError) as problem:
        what = problem.strerror if isinstance(problem, OSError) else problem
        name = setting_name(f"{actor}_database_url")
        fix = f"see that {name} names a place this user may write to, and that its server, if any, runs"
        return f"{actor}: the store can't be used ({what})\n  fix: {fix}"
    typer.echo(f"{actor}: {'tables are up to date now' if changed else 'nothing to do'}")
    return ""
