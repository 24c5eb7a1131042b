"""`berani init`: what it makes, what it leaves alone, and how it ends where it may not write."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli.init import init


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def berani_init() -> Result:
    app = typer.Typer()
    app.command()(init)
    return CliRunner().invoke(app, ["--yes"])


def test_it_makes_everything_once_and_the_second_time_nothing(tmp_path: Path) -> None:
    first = berani_init()
    assert first.exit_code == 0 and "Recovery code: " in first.stdout
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    before = {path: path.read_bytes() for path in (tmp_path / "var/keys").rglob("*") if path.is_file()}
    second = berani_init()
    assert second.exit_code == 0 and "Recovery code: " not in second.stdout
    assert before == {path: path.read_bytes() for path in (tmp_path / "var/keys").rglob("*") if path.is_file()}


def test_an_env_file_that_cannot_be_made_ends_it_before_any_key(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / "nowhere")
    result = berani_init()
    assert result.exit_code == 1
    assert ".env" in result.stderr and result.stderr.splitlines()[-1].startswith("  fix: ")
    assert not (tmp_path / "var").exists()
