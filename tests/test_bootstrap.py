"""Promises of berani.py, tried in a copy of the checkout with a stand-in for uv: no network, nothing installed."""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import berani

ROOT = Path(berani.__file__).parent
PINNED = (
    "one==1.0 ; sys_platform != 'win32' \\\n    --hash=sha256:" + "0" * 64 + " \\\n    --hash=sha256:" + "1" * 64 + "\n"
)


class Checkout:
    """A copy of what the bootstrap needs, in a folder with a space in its name."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.tools = folder / "tools"
        self.log = folder / "uv.log"
        self.elsewhere = folder / "elsewhere"
        for one in (self.root, self.tools, self.elsewhere):
            one.mkdir()
        shutil.copy(ROOT / "berani.py", self.root)
        (self.root / "pyproject.toml").write_text("[project]\n")
        for name in berani.LOCKS.values():
            (self.root / name).write_text(PINNED)
        self.uv()

    def uv(self, fail_at: str = "nowhere at all") -> None:
        """Puts a stand-in on PATH that notes its arguments and makes a `berani` that echoes; it fails at `fail_at`."""
        venv = self.root / ".venv"
        script = f"""#!/bin/sh
echo "$@" >> "{self.log}"
case "$*" in *"{fail_at}"*) echo "THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1;; esac
case "$*" in
  venv*) "{sys.executable}" -m venv --without-pip "{venv}" ;;
  *" -e "*) printf '#!/bin/sh\\necho "berani in $(pwd):" "$@"\\n' > "{venv}/bin/berani"; chmod +x "{venv}/bin/berani" ;;
esac
"""
        tool = self.tools / "uv"
        tool.write_text(script)
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs the bootstrap from another folder, with the stand-in first on PATH."""
        return subprocess.run(
            [sys.executable, str(self.root / "berani.py"), *arguments],
            cwd=self.elsewhere,
            env={"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(self.elsewhere), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def asked(self) -> list[str]:
        """What uv was asked since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_first_start_installs_and_hands_over_in_the_folder_it_was_called_from(checkout: Checkout) -> None:
    done = checkout.run("cases", "--json", "a b")
    assert (done.returncode, done.stdout) == (0, f"berani in {checkout.elsewhere}: cases --json a b\n")
    venv, locked, project = checkout.asked()
    assert venv.startswith("venv ")
    assert "--require-hashes" in locked and locked.endswith("requirements.lock")
    assert "--no-deps --no-build-isolation --offline -e" in project


def test_second_start_installs_nothing_and_takes_less_than_a_second(checkout: Checkout) -> None:
    checkout.run("cases")
    checkout.asked()
    before = time.monotonic()
    done = checkout.run("cases")
    assert time.monotonic() - before < 1
    assert (done.returncode, done.stderr, checkout.asked()) == (0, "", [])


def test_each_level_holds_the_ones_before_it(checkout: Checkout) -> None:
    checkout.run("demo")
    assert "requirements-demo.lock" in checkout.asked()[1]
    checkout.run("run")
    assert checkout.asked() == []
    checkout.run("test", "--version")
    assert "requirements-test.lock" in checkout.asked()[0]
    checkout.run("demo")
    assert checkout.asked() == []


def test_a_changed_lock_file_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.run("cases")
    checkout.asked()
    (checkout.root / "requirements.lock").write_text(PINNED.replace("1.0", "1.1"))
    checkout.run("cases")
    assert [line.split()[0] for line in checkout.asked()] == ["pip", "pip"]


@pytest.mark.parametrize("damage", ["unfinished", "python", "stamp", "moved"])
def test_a_damaged_environment_is_repaired(damage: str, checkout: Checkout) -> None:
    checkout.run("cases")
    checkout.asked()
    venv = checkout.root / ".venv"
    if damage == "unfinished":
        (venv / "berani-stamp.json").unlink()
        (venv / "berani-unfinished").touch()
    elif damage == "python":
        (venv / "bin" / "python").unlink()
        (venv / "bin" / "python").symlink_to("/nonexistent/python3")
    elif damage == "stamp":
        (venv / "berani-stamp.json").write_text(json.dumps(["not", "a", "stamp"]))
    else:
        (venv / "berani-stamp.json").write_text(
            json.dumps({"fingerprint": "of another place", "level": "run", "venv": "/elsewhere"})
        )
    assert checkout.run("cases").returncode == 0
    asked = checkout.asked()
    assert len(asked) == (2 if damage == "stamp" else 3)
    assert checkout.run("cases").stderr == ""


def test_a_start_cut_off_in_the_middle_leaves_no_stamp_and_the_next_begins_anew(checkout: Checkout) -> None:
    checkout.uv(fail_at="--require-hashes")
    done = checkout.run("cases")
    assert done.returncode == 1
    assert "DO NOT MATCH" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("  fix: ")
    checkout.uv()
    checkout.asked()
    assert checkout.run("cases").returncode == 0
    assert len(checkout.asked()) == 3


def test_a_failed_upgrade_keeps_the_environment_that_was_there(checkout: Checkout) -> None:
    checkout.run("cases")
    kept = checkout.root / ".venv" / "kept"
    kept.touch()
    (checkout.root / "requirements.lock").write_text(PINNED.replace("1.0", "1.1"))
    checkout.uv(fail_at="--require-hashes")
    assert checkout.run("cases").returncode == 1
    # What is in it now is known again only after an installation that ended well.
    assert not (checkout.root / ".venv" / "berani-stamp.json").exists()
    checkout.uv()
    assert checkout.run("cases").returncode == 0
    assert kept.exists()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "ends too early"),
        (PINNED + "two==2.0 \\\n", "ends too early"),
        ("<<<<<<< HEAD\n" + PINNED, "line 1"),
        (PINNED + "two>=2.0\n", "line 4"),
        (PINNED.replace("0" * 64, "0" * 63), "line 2"),
        (PINNED + "--index-url https://example.org/\n", "line 4"),
        (None, "cannot be read (FileNotFoundError)"),
    ],
)
def test_a_faulty_lock_file_is_refused_with_line_and_fix(content: str | None, found: str, checkout: Checkout) -> None:
    lock = checkout.root / "requirements.lock"
    lock.unlink() if content is None else lock.write_text(content)
    done = checkout.run("cases")
    assert done.returncode == 1
    assert "requirements.lock" in done.stderr and found in done.stderr
    assert done.stderr.endswith("  fix: git checkout -- requirements.lock\n")
    assert not (checkout.root / ".venv").exists()


def test_the_lock_files_of_this_checkout_are_in_order_and_name_no_index() -> None:
    for name in berani.LOCKS.values():
        berani.check_lock(ROOT / name)
        assert "://" not in (ROOT / name).read_text()


def test_each_lock_file_holds_the_pins_of_the_one_before_it() -> None:
    pins = [{line for line in (ROOT / name).read_text().splitlines() if "==" in line} for name in berani.LOCKS.values()]
    run, demo, test = ({pin.partition(" ")[0] for pin in one} for one in pins)
    assert run <= demo <= test


def test_something_that_is_no_environment_is_never_deleted(checkout: Checkout) -> None:
    precious = checkout.root / ".venv" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("mine")
    done = checkout.run("cases")
    assert (done.returncode, precious.read_text()) == (1, "mine")
    assert done.stderr.endswith("  fix: move it away and start again\n")


@pytest.mark.parametrize("damage", ["cut off", "python gone"])
def test_an_environment_made_by_hand_is_never_deleted(damage: str, checkout: Checkout) -> None:
    venv = checkout.root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (venv / "mine").touch()
    if damage == "cut off":
        (venv / "berani-unfinished").touch()
    else:
        (venv / "bin" / "python").unlink()
    done = checkout.run("cases")
    assert done.returncode == 1
    assert done.stderr.endswith("berani.py did not make it\n  fix: move it away and start again\n")
    assert (venv / "mine").exists()


def test_a_usable_environment_made_by_hand_is_installed_into(checkout: Checkout) -> None:
    venv = checkout.root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (venv / "mine").touch()
    assert checkout.run("cases").returncode == 0
    assert (venv / "mine").exists()


def test_a_repair_started_from_inside_the_environment_does_not_saw_off_its_branch(checkout: Checkout) -> None:
    checkout.run("cases")
    venv = checkout.root / ".venv"
    shutil.copy(checkout.tools / "uv", venv / "bin" / "uv")
    (venv / "berani-unfinished").touch()
    (venv / "berani-stamp.json").unlink()
    checkout.asked()
    done = subprocess.run(
        [str(venv / "bin" / "python"), str(checkout.root / "berani.py"), "cases"],
        env={"PATH": f"{venv / 'bin'}:{checkout.tools}:/usr/bin:/bin", "HOME": str(checkout.elsewhere)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    venv_command = checkout.asked()[0]
    assert str(venv / "bin") not in venv_command


def test_an_old_python_is_told_what_to_install(checkout: Checkout) -> None:
    script = "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); sys.argv[0] = 'berani.py';"
    script += f"runpy.run_path({str(checkout.root / 'berani.py')!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, this is 3.9" in done.stderr
    assert "apt install python3.11" in done.stderr


@pytest.mark.parametrize(
    ("version", "platform", "has_ensurepip", "has_uv", "fix"),
    [
        ((3, 11), "linux", True, False, None),
        ((3, 14), "darwin", False, True, None),
        ((3, 11), "linux", False, False, "apt install python3-venv"),
        ((3, 10), "linux", True, True, "python"),
        ((3, 13), "win32", True, True, "wsl --install"),
    ],
)
def test_where_no_environment_can_be_made_one_line_says_what_changes_it(
    version: tuple[int, int], platform: str, has_ensurepip: bool, has_uv: bool, fix: str | None
) -> None:
    if fix is None:
        berani.refuse(version, platform, has_ensurepip=has_ensurepip, has_uv=has_uv)
        return
    with pytest.raises(berani.Trouble) as caught:
        berani.refuse(version, platform, has_ensurepip=has_ensurepip, has_uv=has_uv)
    assert fix in str(caught.value).splitlines()[-1]


def test_a_home_that_cannot_be_written_makes_uv_go_without_cache(checkout: Checkout) -> None:
    assert checkout.run("cases", env={"HOME": "/dev/null"}).returncode == 0
    assert all("--no-cache" in line for line in checkout.asked())


def test_two_first_starts_at_once_install_once(checkout: Checkout) -> None:
    command = [sys.executable, str(checkout.root / "berani.py"), "cases"]
    env = {"PATH": f"{checkout.tools}:/usr/bin:/bin", "HOME": str(checkout.elsewhere)}
    both = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], answers
    assert len(checkout.asked()) == 3


def test_check_names_each_step_what_failed_and_its_fix(checkout: Checkout) -> None:
    checkout.run("test", "--version")
    for program, code in (("ruff", 0), ("mypy", 1), ("lint-imports", 0)):
        tool = checkout.root / ".venv" / "bin" / program
        tool.write_text(f"#!/bin/sh\necho 'said by {program}'\nexit {code}\n")
        tool.chmod(0o755)
    done = checkout.run("check")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split() for line in lines if line and line[0] != " " and not line.startswith("said")] == [
        ["format", "ok"], ["lint", "ok"], ["types", "FAILED"], ["imports", "ok"], ["flows", "ok"],
    ]  # fmt: skip
    assert "said by mypy" in lines and "said by ruff" not in lines
    assert "  fix: mend the annotations named above" in lines


def test_check_takes_no_arguments(checkout: Checkout) -> None:
    assert checkout.run("check", "bot").returncode == 2


def test_test_hands_its_arguments_to_pytest_in_the_checkout(checkout: Checkout) -> None:
    # The stand-in installs no pytest: a module of that name in the checkout tells what it was given.
    (checkout.root / "pytest.py").write_text("import os, sys\nprint(os.getcwd(), sys.argv[1:])\n")
    done = checkout.run("test", "-k", "a b")
    # On every core first, so that `-n0` among the arguments wins.
    assert done.stdout == f"{checkout.root} {[*berani.PARALLEL, '-k', 'a b']}\n"


def test_it_imports_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import runpy; runpy.run_path('berani.py')"],
        cwd=ROOT, env={"PATH": os.defpath}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
