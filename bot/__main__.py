"""The `berani` command: every verb, each in a module of bot/cli."""

import typer

from bot.cli import cases, db, demo, flows, init, keys, run, staff

app = typer.Typer(
    help="Berani Lapor: anonymous reports of violence against children, and a desk that loses none.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command()(run.intake)
app.command()(run.desk)
app.command()(init.init)
app.command()(demo.demo)
app.command()(cases.cases)
app.add_typer(keys.app, name="keys")
app.add_typer(db.app, name="db")
app.add_typer(staff.app, name="staff")
app.add_typer(flows.app, name="flows")


def main() -> None:
    """Entry point of the command."""
    app()


if __name__ == "__main__":
    main()
