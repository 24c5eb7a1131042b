"""Bugs planted on purpose: each patch in tests/mutants/ breaks one promise, and the test that it names notices.

A patch begins with two comments, `# What:` and `# Caught by:` (the pytest id of one test). It is applied to a copy of
the project; there that test must fail, within a minute. That it passes without the patch, its own run shows.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.holds.forge import Forge

CHECKOUT = Path(__file__).resolve().parents[2]
PATCHES = sorted((CHECKOUT / "tests" / "mutants").glob("*.patch"))
PARTS = ("bot", "handoff", "storage", "simulator", "flows", "locales", "tests", "conftest.py", "pyproject.toml")
WITHIN = 60
"""Seconds for a named test to notice."""
TESTS_FAILED = 1
"""pytest's exit code; another one means that the patch does not run, or that there is no such test."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    made = Forge()
    yield made
    made.close()


def header(patch: Path, name: str) -> str:
    """The value of one of the comments that a patch begins with."""
    found = re.search(rf"^# {name}: (\S.*)$", patch.read_text("utf-8"), re.MULTILINE)
    assert found, f"{patch.name} has no line `# {name}: …`"
    return found[1].strip()


def copied(folder: Path) -> Path:
    """The project as it is now, without what was built or is being written."""
    for part in PARTS:
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "mutants"))
        else:
            shutil.copy(source, folder / part)
    return folder


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_planted_bug_is_caught_by_the_test_that_its_patch_names(patch: Path, tmp_path: Path, forge: Forge) -> None:
    assert header(patch, "What")
    copy = copied(tmp_path)
    git = shutil.which("git")
    if git is None:
        pytest.skip("needs git, to apply a patch")
    applied = subprocess.run([git, "apply", str(patch)], cwd=copy, capture_output=True, text=True, check=False)
    assert applied.returncode == 0, applied.stderr
    code, said = forge.run(header(patch, "Caught by"), copy, WITHIN)
    assert code == TESTS_FAILED, f"not noticed:\n{said[-4000:]}"


def test_there_are_enough_planted_bugs() -> None:
    """They cover the promises: nothing lost, nobody exposed, nothing floats."""
    assert len(PATCHES) >= 12
