"""`berani db upgrade`: makes what is missing, says what it did, and explains what is in the way."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.db import app
from storage import keys as key_files
from storage import migrate
from storage.entropy import system_entropy
from storage.shared_tables import Actor
from tests.conftest import ACTORS, Databases

NOTHING = "intake: nothing to do\ndesk: nothing to do\n"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_databases: Databases) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BERANI_KEY_DIR", str(tmp_path / "keys"))
    for actor in ACTORS:
        monkeypatch.setenv(f"BERANI_{actor.upper()}_DATABASE_URL", empty_databases.url(actor))


def berani_db(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["upgrade", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_it_makes_both_stores_and_may_be_repeated(empty_databases: Databases) -> None:
    assert berani_db() == (0, "intake: tables are up to date now\ndesk: tables are up to date now\n", "")
    assert berani_db() == (0, NOTHING, "")
    assert not any(migrate.pending(empty_databases.url(actor), actor) for actor in ACTORS)


@pytest.mark.parametrize("actor", ACTORS)
def test_a_machine_with_one_actors_keys_has_that_ones_store_only(
    actor: Actor, tmp_path: Path, empty_databases: Databases
) -> None:
    if actor == "desk":
        (tmp_path / "keys").mkdir()
        (tmp_path / "keys" / "deployment").write_text("00" * 16 + "\n")
    key_files.init(tmp_path / "keys", actor, system_entropy)
    code, output, _ = berani_db()
    assert (code, output) == (0, f"{actor}: tables are up to date now\n")
    other: Actor = "desk" if actor == "intake" else "intake"
    assert migrate.pending(empty_databases.url(other), other)
    assert berani_db("--actor", other)[0] == 0


def test_what_is_in_the_way_is_named_with_its_fix(
    empty_databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert berani_db()[0] == 0
    monkeypatch.setenv("BERANI_DESK_DATABASE_URL", empty_databases.intake_url)
    monkeypatch.setenv("BERANI_INTAKE_DATABASE_URL", empty_databases.desk_url)
    code, output, errors = berani_db()
    assert (code, output) == (1, "")
    assert "fix: mend BERANI_INTAKE_DATABASE_URL" in errors
    assert "fix: mend BERANI_DESK_DATABASE_URL" in errors
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BERANI_DESK_DATABASE_URL", f"sqlite:///{tmp_path}/file/desk.db")
    code, _, errors = berani_db("--actor", "desk")
    assert code == 1
    assert errors.rstrip().splitlines()[-1].startswith("  fix: see that BERANI_DESK_DATABASE_URL names a place")
    monkeypatch.setenv("BERANI_DESK_DATABASE_URL", "mysql://x")
    code, _, errors = berani_db()
    assert code == 1
    assert "fix:" in errors
