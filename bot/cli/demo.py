"""`berani demo`: one whole story through the real edges, against doubles on this machine."""

import subprocess
import sys
from typing import Annotated

import typer


def demo(
    auto: Annotated[bool, typer.Option("--auto", help="play one story and print it, without a browser")] = False,
) -> None:
    """Play one report from a phone to a closed case, and print it as a transcript."""
    if not auto:
        typer.echo("The page with phones comes with the next version. Here is the story as a transcript:\n")
    # A process of its own: what stands in for the outside world is reached by HTTP only, and nothing here imports it.
    raise typer.Exit(subprocess.run([sys.executable, "-m", "simulator.story"], check=False).returncode)
