"""The `berani` command: a table of verbs; only the one that is asked for is imported, so that each starts fast."""

import sys
from importlib import import_module

import typer

VERBS = {
    "run": "bot.cli.run",
    "intake": "bot.cli.run",
    "desk": "bot.cli.run",
    "init": "bot.cli.init",
    "demo": "bot.cli.demo",
    "cases": "bot.cli.cases",
    "keys": "bot.cli.keys",
    "db": "bot.cli.db",
    "staff": "bot.cli.staff",
    "flows": "bot.cli.flows",
}
"""Verb → module. The module holds a function of that name, or `app` with verbs of its own."""


def application(asked: str | None = None) -> typer.Typer:
    """The command with one verb, or with all of them if `asked` is none of ours (help, wrong use)."""
    app = typer.Typer(
        help="Berani Lapor: anonymous reports of violence against children, and a desk that loses none.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def berani() -> None:
        """Berani Lapor: anonymous reports of violence against children, and a desk that loses none."""

    for verb in [asked] if asked in VERBS else VERBS:
        module = import_module(VERBS[verb])
        if hasattr(module, "app"):
            app.add_typer(module.app, name=verb)
        else:
            app.command(verb)(getattr(module, verb))
    return app


def main() -> None:
    """Entry point of the command."""
    application(sys.argv[1] if len(sys.argv) > 1 else None)()


if __name__ == "__main__":
    main()
