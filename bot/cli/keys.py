"""`berani keys`: make the keys of both actors, show the public ones, pin the other side's."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import SettingsError, load
from storage import keys
from storage.entropy import system_entropy
from storage.keys import KeyProblem, Made
from storage.letters import PEER, Actor
from storage.peers import parse_public

app = typer.Typer(help="Make, show and pin the keys of both actors.", no_args_is_help=True)

WhichActor = Annotated[Actor, typer.Argument(help="intake or desk", metavar="ACTOR")]


@app.command()
def init(
    actor: Annotated[Actor | None, typer.Option(help="make one side only, on a machine of its own")] = None,
) -> None:
    """Make missing keys. Without --actor both sides, pinned to each other. Never overwrites; does nothing when done."""
    with problems_end_the_verb():
        made = keys.init(_key_dir(), actor, system_entropy, show_code)
        print_made(made)
        if actor and made:
            peer = PEER[actor]
            typer.echo(f"\nNext: `berani keys show {actor} > {actor}.pub`, carry that file to the machine of {peer},")
            typer.echo(f"bring {peer}.pub here, and run `berani keys pin {actor} {peer}.pub`.")


@app.command()
def show(actor: WhichActor) -> None:
    """Print ACTOR's public keys as one line (stdout) and their fingerprint as eight words (stderr)."""
    with problems_end_the_verb():
        line = keys.public(_key_dir(), actor)
        typer.echo(line)
        typer.echo(f"fingerprint: {keys.fingerprint(line)}", err=True)


@app.command()
def pin(
    actor: WhichActor,
    file: Annotated[str, typer.Argument(help="what `berani keys show` printed on the other side, or - for stdin")],
) -> None:
    """Trust the other side's public keys in FILE. ACTOR may name either end: the line itself says whose it is."""
    with problems_end_the_verb():
        key_dir, text = _key_dir(), _read(file)
        made = keys.pin(key_dir, _who_pins(key_dir, actor, text), text)
        print_made(made)
        typer.echo("\nCompare these eight words by voice with `berani keys show` on the other machine:")
        typer.echo(f"  {keys.fingerprint(text)}")


def print_made(made: list[Made]) -> None:
    """What `keys.init` and `keys.pin` made."""
    if not made:
        typer.echo("Nothing to do: it is all there.")
    for thing in made:
        typer.echo(f"{thing.path}: {thing.what}")


def show_code(thing: Made) -> None:
    """The recovery code, which is shown here once and never again."""
    typer.echo(f"\n  Recovery code: {thing.show_once}\n")
    typer.echo("Write it down on paper now: it is shown this once and kept nowhere. It opens the escrow file")
    typer.echo(f"{thing.path}, which belongs off this machine, in another place than the paper.\n")
    sys.stdout.flush()  # it has to be out before the keys are there


@contextmanager
def problems_end_the_verb() -> Iterator[None]:
    """Faulty keys or settings become one readable block on stderr and exit code 1."""
    try:
        yield
    except (KeyProblem, SettingsError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None


def _key_dir() -> Path:
    return load(os.environ).key_dir


def _who_pins(key_dir: Path, actor: Actor, text: str) -> Actor:
    try:
        other_end = PEER[parse_public(text).actor]
    except ValueError:
        return actor
    return other_end if keys.is_made(key_dir, other_end) else actor


def _read(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise KeyProblem(
            Path(file), f"cannot be read ({type(error).__name__})", "mend the path or its rights"
        ) from None
