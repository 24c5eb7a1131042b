"""`berani flows`: what an admin and the tools around the bot get to see."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.actors_here import actors_here
from bot.cli.flows import app
from bot.cli.player import Player
from bot.content.parse import parse, read_dir
from bot.settings import load
from storage import keys
from storage.entropy import system_entropy
from storage.shared_tables import Actor
from tests.conftest import Databases
from tests.content.sets import FLOWS, base

RUNNER = CliRunner()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=8)))


def flows(*args: str, text: str | bytes = "") -> Result:
    return RUNNER.invoke(app, list(args), input=text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put = tmp_path / "flows"
    (put / "messages").mkdir(parents=True)
    for name, text in base().items():
        (put / name).write_text(text, encoding="utf-8")
    return put


def spoil(folder: Path) -> None:
    script = folder / "lapor.yaml"
    script.write_text(script.read_text(encoding="utf-8").replace("ask: age", "ask: aeg"), encoding="utf-8")


def test_the_shipped_scripts_pass_and_a_mistake_ends_with_exit_1_and_its_line(folder: Path) -> None:
    assert flows("check").exit_code == 0
    spoil(folder)
    result = flows("check", str(folder))
    assert result.exit_code == 1
    assert f"SALAH {folder}/lapor.yaml baris 18, langkah umur: " in result.output
    assert "Perbaiki: " in result.output


@pytest.mark.parametrize("args", [("try", "lapor"), ("publish", "--why", "coba")])
def test_broken_scripts_are_named_where_they_lie_and_no_store_is_touched(
    args: tuple[str, ...], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BERANI_FLOWS_DIR", str(folder))
    result = flows(*args)
    assert result.exit_code == 1
    assert f"SALAH {folder}/lapor.yaml baris 18, langkah umur: " in result.stderr
    assert "fix: " in result.stderr and not (tmp_path / "var").exists()


def test_json_is_a_list_of_findings_and_nothing_else(folder: Path) -> None:
    spoil(folder)
    result = flows("check", str(folder), "--json")
    assert result.exit_code == 1
    (found,) = [one for one in json.loads(result.stdout) if one["level"] == "error"]
    assert (found["file"], found["line"], found["step"]) == ("lapor.yaml", 18, "umur")
    assert set(found) >= {"level", "file", "line", "step", "what", "fix"}


def test_one_file_may_be_asked_about(folder: Path) -> None:
    spoil(folder)
    assert flows("check", str(folder / "ragu.yaml")).exit_code == 0
    assert flows("check", str(folder / "lapor.yaml")).exit_code == 1
    assert flows("check", str(folder / "nowhere")).exit_code == 2


def meanings(what: str, lines: Sequence[str], *args: str) -> list[object]:
    result = flows("understand", what, *args, text="\n".join(lines) + "\n")
    assert result.exit_code == 0, result.output
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == list(lines)
    return [answer["meaning"] for answer in answers]


def test_understand_tells_what_each_line_would_be_taken_for() -> None:
    assert meanings("lapor.bahaya", ["1", "iyaa", "gk", "0", "kembali", "entah"]) == [
        "ya", "ya", "tidak", "lewati", "kembali", "tidak_tahu",
    ]  # fmt: skip
    assert meanings("lapor.jenis", ["1,3"]) == [["dipukul", "dibully"]]
    assert meanings("lapor.kapan", ["kmrn sore"], "--now", "2026-11-22T08:00:00+08:00") == ["2026-11-21"]
    assert meanings("lapor.tempat", ["gang masjid, gunung sari ilir"]) == ["Gunung Sari Ilir"]
    assert meanings("danger", ["aku dicekik papa", "aku takut", "halo"]) == ["strong", "weak", "none"]
    assert meanings("first", ["darurat", "p", "aku sering dipukul papa di rumah"]) == ["darurat", "menu", "cerita"]


def test_a_day_depends_on_the_zone_of_the_site_not_on_utc() -> None:
    assert meanings("lapor.kapan", ["kemarin"], "--now", "2026-11-21T17:00:00+00:00") == ["2026-11-21"]
    assert meanings("lapor.kapan", ["kemarin"], "--now", "2026-11-22T01:00:00") == ["2026-11-21"]


def test_wrong_use_ends_with_exit_2() -> None:
    for args in (["understand", "lapor.nowhere"], ["understand", "danger", "--now", "besok"], ["try", "nowhere"]):
        assert flows(*args, text="ya\n").exit_code == 2


def test_any_bytes_are_answered_line_by_line_while_stdin_is_open() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "flows", "understand", "danger"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        for raw in (b"tolong\n", b"\xff\xfe\x00\n", b"\r\n", "🆘 ٣\n".encode(), b"tanpa akhir"):
            process.stdin.write(raw)
            process.stdin.flush()
            if not raw.endswith(b"\n"):
                process.stdin.close()
            answer = json.loads(process.stdout.readline())
            assert answer["text"].encode("utf-8", "surrogateescape") == raw.rstrip(b"\r\n")
        assert process.stdout.read() == b""
    assert process.returncode == 0


def test_try_plays_a_script_with_buttons_silence_and_pictures() -> None:
    result = flows("try", "lapor", text="2\n1\n1\nsmp 5\nguruku aneh\n(diam 3m)\n(foto)\ntidak\nselesai\n1\n")
    assert result.exit_code == 0, result.output
    for part in ("[1 Ya, sekarang]", "balas = aman", "Masih mau nambah?", "=> keepmedia", "=> submit"):
        assert part in result.output, part


def test_every_script_can_be_played_from_its_beginning() -> None:
    content = parse(read_dir(FLOWS)).content
    assert content is not None
    for name in content.scripts.scripts:
        said: list[str] = []
        player = Player(content, NOW, said.append)
        player.begin(name)
        assert "".join(said).strip(), name
        player.play(["apa", "(stiker)", "0", "(diam 2h)", "0000 0000 0000 0000", "0", "\udcff"])
        assert not [line for line in said if "tohuman" in line], name


def test_publish_makes_the_folder_live_in_both_stores_and_refuses_a_broken_one(
    folder: Path, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keys.init(tmp_path / "keys", None, system_entropy)
    monkeypatch.setenv("BERANI_KEY_DIR", str(tmp_path / "keys"))
    monkeypatch.setenv("BERANI_FLOWS_DIR", str(folder))
    monkeypatch.setenv("BERANI_INTAKE_DATABASE_URL", databases.intake_url)
    monkeypatch.setenv("BERANI_DESK_DATABASE_URL", databases.desk_url)
    done = flows("publish", "--why", "pertama", "--who", "admin")
    assert done.exit_code == 0, done.output
    assert [line.split(":")[0] for line in done.output.splitlines()] == ["intake", "desk"]
    spoil(folder)
    refused = flows("publish", "--why", "rusak")
    assert refused.exit_code == 1
    assert "lapor.yaml baris 18" in refused.output
    assert "is live" not in refused.output


def test_where_the_other_sides_keys_are_another_users_only_the_own_store_is_published_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = keys.is_made

    def is_made(key_dir: Path, actor: Actor) -> bool:
        if actor == "desk":
            raise keys.KeyProblem(key_dir / actor, "cannot be read (PermissionError)", "")
        return made(key_dir, actor)

    monkeypatch.setattr(keys, "is_made", is_made)
    keys.init(tmp_path / "var" / "keys", "intake", system_entropy)
    assert actors_here(load({})) == ["intake"]
