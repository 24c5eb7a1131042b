"""The promise of .ci/run that nothing is skipped in silence."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPPING = "import pytest\n\n@pytest.mark.skip(reason='no browser')\ndef test_it(): ...\n\ndef test_passes(): ...\n"
SKIPPED_MODULE = "import pytest\n\npytest.importorskip('no_such_module')\n"
EXPECTED_FAILURE = "import pytest\n\n@pytest.mark.xfail\ndef test_it(): assert False\n"


@pytest.mark.parametrize(
    ("source", "option", "code"),
    [
        (SKIPPING, "--forbid-skips", 1),
        (SKIPPING, "-q", 0),
        (SKIPPED_MODULE, "--forbid-skips", 2),
        (EXPECTED_FAILURE, "--forbid-skips", 0),
    ],
)
def test_a_skip_is_a_failure_where_skips_are_forbidden(source: str, option: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    (tmp_path / "test_one.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", option, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
