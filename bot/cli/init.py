"""`berani init`: a .env, fresh keys and empty stores; what is there already is never overwritten."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import keys as keys_verbs
from bot.cli.problems import end_the_verb
from bot.settings import CHECKOUT, Fault, SettingsError, load, setting_name
from storage import durable, keys, migrate
from storage.entropy import system_entropy

ENV = Path(".env")
_ASKED = ("intake_telegram_token", "desk_telegram_token")


def init(yes: Annotated[bool, typer.Option("--yes", help="ask nothing")] = False) -> None:
    """Make .env, keys and stores here, and say what to do next. Never overwrites a key."""
    with end_the_verb():
        _env_or_problem({} if yes else _ask())
        settings = load(os.environ)
        keys_verbs.print_made(keys.init(settings.key_dir, None, system_entropy, keys_verbs.show_code))
        for actor, url in (("intake", settings.intake_database_url), ("desk", settings.desk_database_url)):
            migrate.upgrade(url.get_secret_value(), actor)  # type: ignore[arg-type]
        typer.echo("\nNext:")
        missing = [setting_name(field) for field in _ASKED if getattr(settings, field) is None]
        if missing:
            typer.echo("  Make two bots with @BotFather, one for reporters, one for staff; privacy mode stays on.")
            typer.echo(f"  Write their tokens into .env: {', '.join(missing)}.")
        typer.echo("  berani run                                            (prints `siap`)")
        typer.echo("  berani staff invite --group                           then /hubungkan CODE in the staff group")
        typer.echo('  berani staff invite "Nama" --role coordinator         then /start CODE to the desk bot')


def _ask() -> dict[str, str]:
    """The tokens, if the operator has them at hand; an empty answer leaves the line for later."""
    answers = {}
    for field in _ASKED:
        name = setting_name(field)
        if not os.environ.get(name) and not ENV.exists():
            answers[name] = typer.prompt(
                f"{name} (from @BotFather, empty: later)", default="", hide_input=True, show_default=False
            )
    return answers


def _env_or_problem(answers: dict[str, str]) -> None:
    try:
        _write_env(answers)
    except OSError as problem:
        fix = "start in a folder that this user may write to"
        raise SettingsError([Fault("a file that can be made", fix, f"{ENV}", f"({problem.strerror})")]) from None


def _write_env(answers: dict[str, str]) -> None:
    if ENV.exists():
        typer.echo(f"{ENV}: is there already, left as it is")
        return
    lines = []
    for line in (CHECKOUT / ".env.example").read_text(encoding="utf-8").splitlines():
        name = line.lstrip("# ").partition("=")[0]
        lines.append(f"{name}={answers[name]}" if answers.get(name) and "=" in line else line)
    durable.create(ENV, "\n".join(lines) + "\n")
    typer.echo(f"{ENV}: every setting with its meaning")
