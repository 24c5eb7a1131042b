"""What an operator can mend, as one readable block on stderr that ends with the fix, and exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bot.channels.errors import SecondPoller
from bot.content.content import ContentBroken
from bot.content.sentences import SentenceMissing
from bot.http import PortTaken
from bot.settings import SettingsError
from storage.keys import KeyProblem
from storage.store import MigrationPending, StoreDown, StoreFaulty


@contextmanager
def end_the_verb() -> Iterator[None]:
    """Faulty settings, keys, stores, flows or ports end the verb readably instead of with a traceback."""
    try:
        yield
    except ContentBroken as problem:
        shown = [finding.shown(problem.folder) for finding in problem.findings if finding.level == "error"]
        fix = "  fix: mend what is named above (`berani flows check`), then `berani flows publish --why …`"
        typer.echo("\n".join([*shown, fix]), err=True)
        raise typer.Exit(1) from None
    except (KeyProblem, MigrationPending, PortTaken, SentenceMissing, SettingsError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    except SecondPoller:
        what = "another process asks Telegram for the messages of one of these bots (409); this one has ended"
        typer.echo(f"{what}\n  fix: end one of the two, and let nobody else use the tokens", err=True)
        raise typer.Exit(1) from None
    except (StoreDown, StoreFaulty) as problem:
        where = "BERANI_INTAKE_DATABASE_URL and BERANI_DESK_DATABASE_URL"
        fix = f"see that what {where} name is there, and that this user may write to it"
        typer.echo(f"The store cannot be used: {problem}\n  fix: {fix}", err=True)
        raise typer.Exit(1) from None
