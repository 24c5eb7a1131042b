"""Behind the scenes of a story: the double, throw-away settings, the real service as child processes, the clock."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import simulator

ZONE = ZoneInfo("Asia/Makassar")
INTAKE_TOKEN = "811000001:" + "pelapor-contoh-bukan-token-asli-abc"
DESK_TOKEN = "811000002:" + "petugas-contoh-bukan-token-asli-abc"

# How long a process may take to say its word, and to end.
_START_SECONDS = 30.0
_END_SECONDS = 10.0
_VERB_SECONDS = 60.0


class Broken(Exception):
    """Something behind the scenes did not work; the message says what and shows what it said."""


class Process:
    """A child process whose first words are waited for. What it writes is kept in `log`."""

    def __init__(self, name: str, command: Sequence[str], env: dict[str, str], workdir: Path) -> None:
        self.name = name
        self.log = workdir / f"{name}.log"
        self._words: queue.Queue[str | None] = queue.Queue()
        with self.log.open("w") as log:
            self._child = subprocess.Popen(  # noqa: S603 (our own modules)
                command, cwd=workdir, env=env, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._words.put(line.strip())
        self._words.put(None)

    def wait_for(self, word: str) -> str:
        """The first line that begins with `word`; raises Broken if the process ends or keeps silent."""
        while True:
            try:
                line = self._words.get(timeout=_START_SECONDS)
            except queue.Empty:
                line = None
            if line is None:
                raise Broken(f"{self.name} did not say {word!r}:\n{self.tail()}")
            if line.startswith(word):
                return line

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(f"  {line}" for line in self.log.read_text(errors="replace").splitlines()[-15:])

    def end(self) -> int:
        """Sends SIGTERM and waits; returns the exit code, or kills after a while."""
        if self._child.poll() is None:
            self._child.terminate()
        try:
            code = self._child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait()
        self._reader.join()
        if self._child.stdout is not None:
            self._child.stdout.close()
        return code


class Backstage:
    """A whole service in `workdir`: SQLite, fresh keys, tokens that are worth nothing, the double for Telegram."""

    def __init__(self, workdir: Path) -> None:
        self.workdir = workdir
        self.clock_file = workdir / "clock"
        self._ahead = 0.0
        self._processes: list[Process] = []
        # The children see nothing of this machine's own settings, neither in the environment nor in a .env file.
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BERANI_")}
        home = str(Path(simulator.__file__).resolve().parent.parent)
        self.env["PYTHONPATH"] = os.pathsep.join(part for part in (home, self.env.get("PYTHONPATH")) if part)
        self.env.update(
            BERANI_INTAKE_DATABASE_URL=f"sqlite:///{workdir}/intake.db",
            BERANI_DESK_DATABASE_URL=f"sqlite:///{workdir}/desk.db",
            BERANI_KEY_DIR=str(workdir / "keys"),
            BERANI_INTAKE_TELEGRAM_TOKEN=INTAKE_TOKEN,
            BERANI_DESK_TELEGRAM_TOKEN=DESK_TOKEN,
            BERANI_CLOCK_FILE=str(self.clock_file),
            BERANI_TIMEZONE=ZONE.key,
            BERANI_INTAKE_LISTEN="127.0.0.1:0",
            BERANI_DESK_LISTEN="127.0.0.1:0",
        )

    # the clock

    def now(self) -> datetime:
        """The simulated time, where the office is."""
        return datetime.now(ZONE) + timedelta(seconds=self._ahead)

    def move(self, by: timedelta) -> None:
        """Moves the clock of the double and of the bots forward."""
        self._set(self._ahead + by.total_seconds())

    def move_to(self, at: time) -> None:
        """Moves the clock forward to the next time it is `at` in the office."""
        now = self.now()
        then = now.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0)
        self.move(then - now if then > now else then + timedelta(days=1) - now)

    def _set(self, ahead: float) -> None:
        self._ahead = ahead
        written = self.clock_file.with_suffix(".new")
        written.write_text(f"{ahead:.3f}", encoding="ascii")
        written.replace(self.clock_file)

    # processes

    def start_double(self) -> str:
        """Starts the Telegram double; returns its address."""
        command = [sys.executable, "-m", "simulator.telegram", "--clock-file", str(self.clock_file)]
        url = self._start("telegram", command).wait_for("ready").split()[1]
        self.env["BERANI_TELEGRAM_API_URL"] = url
        return url

    def start_service(self) -> None:
        """Starts `berani run` and returns when messages are taken."""
        self._start("berani", [*_BERANI, "run"]).wait_for("siap")

    def _start(self, name: str, command: Sequence[str]) -> Process:
        process = Process(name, command, self.env, self.workdir)
        self._processes.append(process)
        return process

    def berani(self, *words: str) -> str:
        """Runs one verb of the command line; returns what it printed, raises Broken unless it exits 0."""
        try:
            done = subprocess.run(  # noqa: S603 (our own command)
                [*_BERANI, *words],
                cwd=self.workdir,
                env=self.env,
                capture_output=True,
                text=True,
                timeout=_VERB_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Broken(f"berani {words[0]} did not end within {_VERB_SECONDS:g} s") from None
        if done.returncode != 0:
            raise Broken(f"berani {' '.join(words[:2])} exited {done.returncode}:\n{done.stderr.strip()}")
        return done.stdout

    def berani_json(self, *words: str) -> Any:
        """As `berani`, for a verb that prints JSON."""
        said = self.berani(*words, "--json")
        try:
            return json.loads(said)
        except ValueError:
            raise Broken(f"berani {' '.join(words[:2])} --json printed no JSON") from None

    def end(self) -> dict[str, int]:
        """Ends everything, the service before the double; returns the exit codes."""
        return {process.name: process.end() for process in reversed(self._processes)}

    def tails(self) -> str:
        """The last lines that each process logged, for whoever looks for a fault."""
        return "\n".join(f"{process.log}\n{process.tail()}" for process in self._processes)


_BERANI = (sys.executable, "-m", "bot")
