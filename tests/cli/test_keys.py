"""`berani keys` as an operator meets it: what stands on which stream, and how it ends."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.keys import app
from storage import keys


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("flows", "locales"):
        (tmp_path / folder).mkdir()
    return tmp_path


def run(*arguments: str, key_dir: str = "keys", stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin, env={"BERANI_KEY_DIR": key_dir})


def test_init_makes_both_sides_shows_the_recovery_code_once_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    first, second = run("init"), run("init")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout.count("Recovery code: ") == 1
    assert second.stdout == "Nothing to do: it is all there.\n"
    assert keys.load_desk(tmp_path / "keys").deployment == keys.load_intake(tmp_path / "keys").deployment


def test_show_prints_the_line_alone_on_stdout_and_the_words_on_stderr(tmp_path: Path) -> None:
    run("init")
    shown = run("show", "desk")
    assert shown.stdout == keys.public(tmp_path / "keys", "desk") + "\n"
    assert shown.stderr == f"fingerprint: {keys.fingerprint(shown.stdout)}\n"


@pytest.mark.parametrize("named", ["intake", "desk"])
def test_two_machines_pin_each_other_whichever_end_is_named(tmp_path: Path, named: str) -> None:
    run("init", "--actor", "intake", key_dir="a")
    run("init", "--actor", "desk", key_dir="b")
    desk_line = run("show", "desk", key_dir="b").stdout
    (tmp_path / "intake.pub").write_text(run("show", "intake", key_dir="a").stdout)
    here = run("pin", named, "-", key_dir="a", stdin=desk_line)
    there = run("pin", "desk", "intake.pub", key_dir="b")
    assert (here.exit_code, there.exit_code) == (0, 0)
    assert keys.fingerprint(desk_line) in here.stdout
    assert keys.load_intake(tmp_path / "a").deployment == keys.load_desk(tmp_path / "b").deployment


def test_a_line_pinned_on_the_machine_it_came_from_is_explained() -> None:
    run("init", "--actor", "desk")
    result = run("pin", "desk", "-", stdin=run("show", "desk").stdout)
    assert result.exit_code == 1
    assert result.stderr.endswith("fix: carry this line to the machine of intake, and the line of intake here\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "intake"), "fix: run `berani keys init --actor intake`"),
        (("pin", "desk", "nowhere.pub"), "nowhere.pub: cannot be read (FileNotFoundError)"),
        (("pin", "intake", "-"), "not one line of public keys"),
    ],
)
def test_what_cannot_be_done_ends_with_one_and_a_readable_block(arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments, stdin="halo")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_faulty_settings_end_with_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BERANI_TIMEZONE=nowhere\n")
    result = run("init")
    assert result.exit_code == 1
    assert "BERANI_TIMEZONE" in result.stderr


def test_an_unknown_actor_is_wrong_use() -> None:
    assert run("show", "admin").exit_code == 2
    assert run("init", "--actor", "admin").exit_code == 2
