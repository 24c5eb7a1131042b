"""`berani flows`: check, try, understand and publish what admins edit."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.actors_here import actors_here
from bot.cli.problems import end_the_verb
from bot.clock import SystemClock
from bot.content import publish as published
from bot.content import sentences
from bot.content.content import Content, ContentBroken
from bot.content.finding import Finding, Level
from bot.content.parse import parse, read_dir
from bot.content.sentences import system
from bot.content.text import fill
from bot.settings import Settings, load
from storage.store import Store

app = typer.Typer(help="Check, try, understand and publish flow scripts.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Argument(help="folder of scripts, or one file in it; without it BERANI_FLOWS_DIR", exists=True)
]


@app.command()
def check(path: Folder = None, as_json: Annotated[bool, typer.Option("--json", help="a JSON list")] = False) -> None:
    """Tell what is wrong with the scripts, with file, line and the fix. Exit 1 if something is."""
    with end_the_verb():
        folder, only = _folder(path)
        findings = [one for one in parse(read_dir(folder)).findings if only in (None, one.file)]
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=1))
    else:
        _print(findings, folder)
    if any(finding.level is Level.ERROR for finding in findings):
        raise typer.Exit(1)


@app.command()
def understand(
    what: Annotated[str, typer.Argument(help="FLOW.STEP, danger or first")],
    now: Annotated[str | None, typer.Option(help="ISO time at which the lines were written")] = None,
) -> None:
    """Read lines on stdin and print, one JSON object a line, what the bot would take each for."""
    from bot.engine.understand import UnknownQuestion
    from bot.engine.understand import understand as meaning

    with end_the_verb():
        settings = _settings()
        moment = _moment(now, settings)
        scripts = _content(settings.flows_dir).scripts
    try:
        meaning(scripts, what, "", moment)
    except UnknownQuestion:
        typer.echo(f"{what!r} is neither `danger`, `first` nor a question FLOW.STEP of the scripts.", err=True)
        raise typer.Exit(2) from None
    for text in _lines():
        # ASCII, because a text may hold bytes that are no characters and still has to be printed.
        typer.echo(json.dumps({"text": text, "meaning": meaning(scripts, what, text, moment)}))
        sys.stdout.flush()


@app.command("try")
def try_(
    name: Annotated[str, typer.Argument(metavar="ID", help="id of a script, as after `flow:`")],
) -> None:
    """Play a script here: nothing is stored or sent. `(diam 3m)` lets time pass, `(foto)` sends a picture."""
    from bot.cli.player import Player

    with end_the_verb():
        settings = _settings()
        content = _content(settings.flows_dir)
        moment = _moment(None, settings)
    if name not in content.scripts.scripts:
        typer.echo(f"There is no script {name!r}. There are: {', '.join(content.scripts.scripts)}", err=True)
        raise typer.Exit(2)
    player = Player(content, moment, _say)
    player.begin(name)
    player.play(_lines())


def _say(text: str) -> None:
    # What was typed may hold halves of characters: shown as signs, not as a traceback.
    typer.echo(text.encode("utf-8", "replace").decode())
    sys.stdout.flush()


@app.command()
def publish(
    why: Annotated[str, typer.Option(help="what changed, for whoever looks back")],
    who: Annotated[str, typer.Option(help="who publishes")] = "operator",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="end the set before at once, for a dangerous mistake")
    ] = False,
) -> None:
    """Make the scripts in BERANI_FLOWS_DIR the live set, in every store whose keys are on this machine."""
    with end_the_verb():
        settings = _settings()
        now = SystemClock(settings.honoured_clock_file).now()
        _content(settings.flows_dir)  # refused before any store is touched
        files = read_dir(settings.flows_dir)
        for actor in actors_here(settings):
            url = settings.intake_database_url if actor == "intake" else settings.desk_database_url
            store = Store.open(url.get_secret_value(), actor)
            try:
                with store.unit() as unit:
                    lost = published.losses(unit.connection, files)
                    name = published.publish(unit.connection, files, who, why, now, withdraw=withdraw)
                    unit.commit()
            finally:
                store.close()
            for finding in lost:
                typer.echo(finding.shown(str(settings.flows_dir)), err=True)
            typer.echo(f"{actor}: {name} is live")


def _settings() -> Settings:
    settings = load(os.environ)
    sentences.use(settings.locales_dir)
    return settings


def _folder(path: Path | None) -> tuple[Path, str | None]:
    """The folder to read, and the one file in it that was asked about, relative to it."""
    if path is None:
        return _settings().flows_dir, None
    if path.is_dir():
        return path, None
    folder = path.parent.parent if path.parent.name == "messages" else path.parent
    return folder, path.relative_to(folder).as_posix()


def _print(findings: Sequence[Finding], folder: Path) -> None:
    for level in Level:
        for finding in findings:
            if finding.level is level:
                typer.echo(finding.shown(str(folder)))
    counts = {level.value: sum(finding.level is level for finding in findings) for level in Level}
    summary = system("ringkasan_salah" if counts["error"] else "ringkasan_bersih")
    typer.echo(fill(summary, {name: str(count) for name, count in counts.items()}))


def _content(folder: Path) -> Content:
    parsed = parse(read_dir(folder))
    if parsed.content is None:
        raise ContentBroken(parsed.findings, str(folder))
    return parsed.content


def _moment(text: str | None, settings: Settings) -> datetime:
    """The time in the zone of the site, in which people mean what they write; without a zone it is in it already."""
    if text is None:
        return SystemClock(settings.honoured_clock_file).now().astimezone(settings.timezone)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an ISO time such as 2026-11-22T08:30:00+08:00") from None
    return given.replace(tzinfo=settings.timezone) if given.tzinfo is None else given.astimezone(settings.timezone)


def _lines() -> Iterator[str]:
    """Lines of stdin as they come; bytes that are not UTF-8 become lone surrogates."""
    while raw := sys.stdin.buffer.readline():
        yield raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")
