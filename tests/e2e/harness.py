"""The service as an operator runs it: settings in the environment, keys, stores, processes; and its clock to move."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import httpx
import yaml

from tests.e2e.phones import Seat, World, until

CHECKOUT = Path(__file__).resolve().parents[2]
BERANI = Path(sys.executable).with_name("berani")
ZONE = ZoneInfo("Asia/Makassar")
STARTS_WITHIN = 30.0
"""Seconds for a start on a machine that does much else; what is promised is measured elsewhere."""
STOPS_WITHIN = 5.0
"""Seconds from SIGTERM to the end, with exit code 0."""


class Process:
    """One `berani` process that serves, its output in files."""

    def __init__(self, verb: str, folder: Path, env: Mapping[str, str], number: int) -> None:
        self.verb = verb
        self.out_path, self.err_path = (folder / f"{verb}-{number}.{stream}.log" for stream in ("out", "err"))
        with self.out_path.open("wb") as out, self.err_path.open("wb") as err:
            self._process = subprocess.Popen([BERANI, verb], cwd=folder, env=dict(env), stdout=out, stderr=err)

    @property
    def out(self) -> str:
        return self.out_path.read_text("utf-8")

    @property
    def err(self) -> str:
        return self.err_path.read_text("utf-8")

    @property
    def url(self) -> str:
        """Where /health and /metrics are served."""
        return next(line for line in self.out.splitlines() if line.startswith("http://"))

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self) -> Self:
        """Returns when the line `siap` stands on stdout."""

        def look() -> bool:
            assert self.running, f"{self.verb} ended with {self._process.returncode}:\n{self.err}"
            return "siap" in self.out.splitlines()

        until(look, lambda: f"`siap` of {self.verb}:\n{self.err}", STARTS_WITHIN)
        return self

    def ended(self, timeout: float = STARTS_WITHIN) -> int:
        """The exit code of a process that ends by itself."""
        return self._process.wait(timeout)

    def stop(self) -> None:
        """SIGTERM; it ends within 5 s with exit code 0, and had nothing to complain about."""
        self._process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        try:
            code = self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.verb} did not end within {STOPS_WITHIN:g} s:\n{self.err}") from None
        assert code == 0, f"{self.verb} ended with {code} after {time.monotonic() - began:.1f} s:\n{self.err}"
        assert "Traceback" not in self.err, self.err

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def get(self, path: str) -> httpx.Response:
        """One HTTP request to it."""
        return httpx.get(self.url + path, trust_env=False, timeout=10)


class Office:
    """One office: a folder with settings, keys and stores, and whatever runs there."""

    def __init__(self, folder: Path, world: World, urls: tuple[str, str] | None = None, *, split: bool = False) -> None:
        """`urls`: the stores of intake and desk, by default SQLite files in the folder. `split`: two processes."""
        world.fresh()
        self.folder, self.world = folder, world
        self.verbs = ("intake", "desk") if split else ("run",)
        self.processes: list[Process] = []
        self._numbers = count(1)
        self.clock_file, self.tmp = folder / "clock", folder / "tmp"
        self.tmp.mkdir()
        self._offset = _seconds_to(hour=10)
        self.advance(timedelta(0))
        intake_url, desk_url = urls or ("sqlite:///var/intake.db", "sqlite:///var/desk.db")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(self.tmp),
            # What is tried is the checkout that this file belongs to, wherever `berani` was installed from.
            "PYTHONPATH": str(CHECKOUT),
            "LANG": "C.UTF-8",
            "BERANI_INTAKE_DATABASE_URL": intake_url,
            "BERANI_DESK_DATABASE_URL": desk_url,
            "BERANI_INTAKE_TELEGRAM_TOKEN": world.intake_token,
            "BERANI_DESK_TELEGRAM_TOKEN": world.desk_token,
            "BERANI_TELEGRAM_API_URL": world.url,
            "BERANI_INTAKE_LISTEN": "127.0.0.1:0",
            "BERANI_DESK_LISTEN": "127.0.0.1:0",
            "BERANI_CLOCK_FILE": str(self.clock_file),
        }

    # --- what an operator does ----------------------------------------------------------------------------------------

    def prepare(self) -> Self:
        """Keys and tables, by the verbs that an operator uses."""
        self.berani("keys", "init")
        self.berani("db", "upgrade")
        return self

    def berani(self, *words: str, code: int = 0, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a verb to its end and expects this exit code."""
        done = subprocess.run(
            [BERANI, *words],
            cwd=self.folder,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, f"berani {' '.join(words)} ended with {done.returncode}:\n{done.stderr}"
        return done

    def start(self, *verbs: str) -> Self:
        """Starts everything, or the verbs named, and waits until it is ready."""
        begun = [self.launch(verb) for verb in verbs or self.verbs]
        for process in begun:
            process.wait_ready()
        return self

    def launch(self, verb: str) -> Process:
        """Starts a verb and does not wait for it."""
        self.processes.append(Process(verb, self.folder, self.env, next(self._numbers)))
        return self.processes[-1]

    def running(self, verb: str) -> Process:
        """The process of this verb that runs now."""
        return next(one for one in self.processes if one.verb == verb and one.running)

    def stop(self) -> None:
        """Ends everything that runs, as an operator does."""
        for process in [one for one in self.processes if one.running]:
            process.stop()

    def kill(self, verb: str = "") -> None:
        """kill -9 of everything that runs, or of one verb."""
        for process in self.processes:
            if process.running and verb in ("", process.verb):
                process.kill()

    def cases(self) -> list[dict[str, Any]]:
        """What `berani cases --json` prints."""
        found: list[dict[str, Any]] = json.loads(self.berani("cases", "--json").stdout)
        return found

    # --- people and time ----------------------------------------------------------------------------------------------

    def advance(self, by: timedelta) -> None:
        """Moves the clock of everything that runs here."""
        self._offset += by.total_seconds()
        new = self.clock_file.with_suffix(".new")
        new.write_text(str(self._offset), encoding="ascii")
        new.replace(self.clock_file)

    def hire(self, *people: tuple[str, str]) -> list[tuple[Seat, Seat]]:
        """New members of the staff (name, role), joined by code: their private chats, and their seats in the group.

        The group becomes the staff group.
        """
        invitations = [(name, "--role", role) for name, role in people] + [("--group",)]
        with ThreadPoolExecutor(len(invitations)) as pool:
            *codes, group_code = pool.map(self._invite, invitations)
        seats = []
        for (name, _), code in zip(people, codes, strict=True):
            private, seat = self.world.worker(name)
            private.ask(f"/start {code}")
            seats.append((private, seat))
        seats[-1][1].ask(f"/hubungkan {group_code}")
        return seats

    def _invite(self, words: tuple[str, ...]) -> str:
        code = str(json.loads(self.berani("staff", "invite", *words, "--json").stdout)["code"])
        assert re.fullmatch(r"[A-Z2-9]{10}", code)
        return code


@contextmanager
def office(folder: Path, world: World, urls: tuple[str, str] | None = None, *, split: bool = False) -> Iterator[Office]:
    """An office in `folder`; whatever still runs at the end is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Office(folder, world, urls, split=split)
    try:
        yield made
    finally:
        made.kill()


def copied(prepared: Path, folder: Path) -> None:
    """Keys and stores that somebody made before, put where a new office will find them."""
    shutil.copytree(prepared / "var", folder / "var")


def sentence(file: str, key: str) -> str:
    """What flows/messages/FILE.yaml says under this key, up to its first placeholder."""
    text = yaml.load((CHECKOUT / "flows" / "messages" / f"{file}.yaml").read_text("utf-8"), yaml.BaseLoader)[key]
    return re.split(r"\{", str(text).replace("*", ""))[0].strip()


def label(key: str) -> str:
    """The label of a button that staff see."""
    return sentence("petugas", key)


def _seconds_to(hour: int) -> float:
    """Seconds from now to the next such full hour of the office's day: at night nothing is pushed to reporters."""
    now = datetime.now(ZONE)
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return ((then if then > now else then + timedelta(days=1)) - now).total_seconds()
