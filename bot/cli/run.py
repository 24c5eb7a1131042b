"""`berani run`, `intake`, `desk`: one process that serves until SIGTERM."""

import asyncio
import os
import sys

import typer

from bot import app as wiring
from bot import logs, memory
from bot.cli.problems import end_the_verb
from bot.content import sentences
from bot.settings import Actor, Fault, Settings, SettingsError, load
from storage import keys
from storage.letters import PEER


def run() -> None:
    """Serve both sides in one process. Prints `siap` when messages are taken; SIGTERM ends it."""
    _serve(("intake", "desk"))


def intake() -> None:
    """Serve the public side only, with its own keys."""
    _serve(("intake",))


def desk() -> None:
    """Serve the staff side only, with its own keys."""
    _serve(("desk",))


def _serve(names: tuple[Actor, ...]) -> None:
    logs.configure(sys.stderr)
    memory.keep_private()
    with end_the_verb():
        settings = load(os.environ)
        sentences.use(settings.locales_dir)
        settings.need_tokens(names)
        _split(settings, names)
        actors, clock, metrics = wiring.build(settings, names)
        listen = settings.desk_listen if names == ("desk",) else settings.intake_listen
        code = asyncio.run(wiring.run(actors, clock, metrics, listen, _say))
    raise typer.Exit(code)


def _split(settings: Settings, names: tuple[Actor, ...]) -> None:
    """The split is in force only if an actor cannot read the other's keys; refused or said, as is set."""
    if len(names) > 1:
        keys.check_pins(settings.key_dir)
    name = names[0]
    if len(names) == 1 and not keys.can_read_peer(settings.key_dir, name):
        return
    if settings.require_split:
        who = "both actors run in one process" if len(names) > 1 else f"{name} can read the keys of {PEER[name]}"
        fix = "run `berani intake` and `berani desk` as two users who cannot read each other's keys"
        raise SettingsError([Fault("keys that only their own actor can read", fix, "BERANI_REQUIRE_SPLIT", f"({who})")])
    typer.echo("split NOT in force: this process can open both who reported and what was reported", err=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
