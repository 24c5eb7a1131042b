"""Runs tests one by one, each in a process of its own that has the libraries imported, but nothing of the project.

It reads a line of JSON for each test (`folder`: a copy of the project, `test`: a pytest id, `log`, `seconds`) and
writes a line with pytest's exit code, or with the negative number of the signal that ended it.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

_LIBRARIES: Final = (
    *("pytest", "hypothesis", "sqlmodel", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "psycopg"),
    *("alembic.command", "telegram", "httpx", "starlette.applications", "uvicorn", "structlog", "rapidfuzz"),
    *("cryptography.hazmat.primitives.asymmetric.ed25519", "apscheduler.schedulers.asyncio", "prometheus_client"),
)
_OPTIONS: Final = (
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)


class Forge:
    """The side of whoever asks."""

    def __init__(self) -> None:
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
        command = [sys.executable, "-P", str(Path(__file__))]
        self._process = subprocess.Popen(command, env=outside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, test: str, folder: Path, seconds: int) -> tuple[int, str]:
        """How the test ended in that copy of the project, and what pytest said."""
        log = folder / "pytest.log"
        wanted = {"test": test, "folder": str(folder), "log": str(log), "seconds": seconds}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(wanted), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline()), log.read_text("utf-8")

    def close(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=10)


def main() -> None:
    """Serves until stdin ends."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(wanted["test"], wanted["folder"], wanted["log"], wanted["seconds"])
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(test: str, folder: str, log: str, seconds: int) -> None:
    import pytest

    signal.alarm(seconds)
    written = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for number in (1, 2):
        os.dup2(written, number)
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    os.environ |= {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    code = pytest.main([*_OPTIONS, test])
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
