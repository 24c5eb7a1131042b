"""Bootstrap: makes .venv, installs what is locked, starts `berani`; needs nothing but Python's standard library.

`python3 berani.py X` is `.venv/bin/berani X`. Of its own it has `test` (every test; more arguments go to pytest) and
`check` (format, lint, types, import contracts, flow scripts). A stamp in .venv remembers what was installed from which
lock file, so that every start but the first goes straight through.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "berani-stamp.json"
UNFINISHED = VENV / "berani-unfinished"
# Only what carries this mark is ever deleted: a .venv that somebody made by hand is theirs.
MADE_HERE = VENV / "berani-made"

OLDEST = (3, 11)
# Each level holds the ones before it; the lock files are made so (docs/development.md).
LOCKS = {"run": "requirements.lock", "demo": "requirements-demo.lock", "test": "requirements-test.lock"}
LEVELS = tuple(LOCKS)
LEVEL_OF = {"demo": "demo", "test": "test", "check": "test"}

# On every core; `test -n0 …` runs in one process, as a debugger needs it.
PARALLEL = ("-n", "auto", "--dist", "worksteal")

# What `check` runs: name, command inside .venv/bin, what mends it.
CHECKS = (
    ("format", ("ruff", "format", "--check", "."), ".venv/bin/ruff format ."),
    ("lint", ("ruff", "check", "."), ".venv/bin/ruff check --fix . and mend by hand what remains"),
    ("types", ("mypy", "--strict"), "mend the annotations named above"),
    ("imports", ("lint-imports",), "imports point one way: see ARCHITECTURE.md, and move the code that is named above"),
    ("flows", ("berani", "flows", "check"), "mend the file and line named above"),
)

_LOCK_LINE = re.compile(
    r"\s*(#.*)?"
    r"|[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,_-]+\])?==[^\s;]+( ; [^\\]+)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
)


class Trouble(Exception):
    """Something the operator can mend: what is wrong, and the fix."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"berani: {what}\n  fix: {fix}")


def main(arguments: list[str]) -> int:
    """Does what `arguments` say; returns an exit code, or never where another program takes over."""
    verb = arguments[0] if arguments else ""
    try:
        if verb == "check" and len(arguments) > 1:
            tell("berani: `check` takes no arguments")
            return 2
        prepare(LEVEL_OF.get(verb, "run"))
        if verb == "check":
            return check()
        if verb == "test":
            os.chdir(ROOT)
            become(PYTHON, ["-m", "pytest", *PARALLEL, *arguments[1:]])
        if verb in ("", "-h", "--help"):
            tell("Of berani.py itself: `test [pytest arguments]`, `check`. Everything else is the berani command:\n")
        become(VENV / "bin" / "berani", arguments or ["--help"])
    except Trouble as trouble:
        tell(str(trouble))
    except OSError as error:
        where = error.filename or VENV
        tell(f"berani: cannot write or start {where}: {error.strerror}\n  fix: mend its rights, or free some space")
    except KeyboardInterrupt:
        tell("berani: stopped; the next start goes on from here")
        return 130
    return 1


def tell(text: str) -> None:
    """Says something to the operator; standard output belongs to the command that follows."""
    print(text, file=sys.stderr, flush=True)


def become(program: Path, arguments: list[str]) -> NoReturn:
    """Hands this process over to `program`."""
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])


def prepare(level: str) -> None:
    """Sees to a .venv with everything of `level`. Raises Trouble with the fix when that cannot be done."""
    if is_ready(level):
        return
    uv = find_uv()
    refuse(
        sys.version_info[:2],
        sys.platform,
        has_ensurepip=importlib.util.find_spec("ensurepip") is not None,
        has_uv=bool(uv),
    )
    check_lock(ROOT / LOCKS[level])
    with one_at_a_time():
        if is_ready(level):
            return
        fresh = not is_usable(uv)
        if fresh:
            make_venv(uv)
        STAMP.unlink(missing_ok=True)
        UNFINISHED.touch()
        try:
            install_level(level, uv)
        except Trouble:
            # Both installers fetch everything before they touch anything: without network the old .venv stays good.
            if not fresh:
                UNFINISHED.unlink()
            raise
        new_stamp = STAMP.with_suffix(".new")
        stamp = {"fingerprint": fingerprint(), "level": level, "venv": str(VENV)}
        new_stamp.write_text(json.dumps(stamp), encoding="utf-8")
        new_stamp.replace(STAMP)
        UNFINISHED.unlink()


def refuse(version: tuple[int, ...], platform: str, *, has_ensurepip: bool, has_uv: bool) -> None:
    """Raises Trouble where this Python cannot make a virtual environment, with the one line that changes it."""
    if platform == "win32":
        raise Trouble("Windows itself is not supported", "wsl --install, and the same command inside Debian or Ubuntu")
    sudo = "" if os.geteuid() == 0 else "sudo "
    if version < OLDEST:
        newer = [f"python3.{minor}" for minor in range(20, OLDEST[1] - 1, -1) if shutil.which(f"python3.{minor}")]
        found = ".".join(map(str, version))
        fix = (
            f"{newer[0]} {' '.join(sys.argv)}"
            if newer
            else f"{sudo}apt install python3.11 python3.11-venv, brew install python, or python.org/downloads"
        )
        raise Trouble(f"needs Python 3.11 or newer, this is {found}", fix)
    if not has_ensurepip and not has_uv:
        raise Trouble("this Python cannot make virtual environments (no ensurepip)", f"{sudo}apt install python3-venv")


def check_lock(lock: Path) -> None:
    """Raises Trouble with file and line when `lock` is missing or is not what `uv pip compile` wrote."""
    fix = f"git checkout -- {lock.name}"
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{lock.name} cannot be read ({type(error).__name__})", fix) from None
    for number, line in enumerate(lines, start=1):
        if not _LOCK_LINE.fullmatch(line):
            raise Trouble(f"{lock.name} line {number} is not a pinned package or its sha256 hash", fix)
    if not any("--hash=" in line for line in lines) or lines[-1].endswith("\\"):
        raise Trouble(f"{lock.name} ends too early", fix)


def fingerprint() -> str:
    """What an installation depends on: lock files, project file, where it lies, and its Python."""
    digest = hashlib.sha256()
    for name in (*LOCKS.values(), "pyproject.toml"):
        with contextlib.suppress(OSError):
            digest.update((ROOT / name).read_bytes() + b"\0")
    digest.update(f"{ROOT}\0{PYTHON.resolve()}".encode(errors="surrogateescape"))
    return digest.hexdigest()


def read_stamp() -> dict[str, str]:
    """What the last start that ended well installed: fingerprint, level, and where .venv lay; {} when there is none."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_ready(level: str) -> bool:
    """Whether the stamp says that `level`, or one that holds it, is installed as the lock files are now."""
    stamp = read_stamp()
    if stamp.get("level") not in LEVELS[LEVELS.index(level) :] or stamp.get("fingerprint") != fingerprint():
        return False
    return PYTHON.exists() and (VENV / "bin" / "berani").exists()


def is_usable(uv: str | None) -> bool:
    """Whether .venv can be installed into: its Python runs, is new enough and lies here, and no start was cut off."""
    # Scripts in a .venv that was moved with its checkout still name the old place.
    if UNFINISHED.exists() or not PYTHON.exists() or read_stamp().get("venv", str(VENV)) != str(VENV):
        return False
    modules = "" if uv else ", pip"
    probe = (
        f"import os, sys, sysconfig{modules}; same = os.path.samefile(sys.prefix, sys.argv[1]);"
        f"sys.exit(not (same and os.path.isdir(sysconfig.get_path('purelib')) and sys.version_info >= {OLDEST}))"
    )
    try:
        return subprocess.run([str(PYTHON), "-c", probe, str(VENV)], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def find_uv() -> str | None:
    """uv on PATH, unless it lies in .venv: it would be deleted with it."""
    outside = [folder for folder in os.get_exec_path() if folder and Path(folder).resolve() != PYTHON.parent]
    return shutil.which("uv", path=os.pathsep.join(outside))


def make_venv(uv: str | None) -> None:
    """Makes .venv anew. Raises Trouble rather than delete one that this file did not make."""
    if VENV.is_symlink() or VENV.exists():
        ours = not VENV.is_symlink() and VENV.is_dir() and (MADE_HERE.exists() or not any(VENV.iterdir()))
        if not ours:
            raise Trouble(f"{VENV} cannot be used, and berani.py did not make it", "move it away and start again")
        shutil.rmtree(VENV)
    VENV.mkdir()
    MADE_HERE.touch()
    UNFINISHED.touch()
    # This very Python may be the one in the .venv that has just gone.
    python = getattr(sys, "_base_executable", sys.executable)
    tell(f"berani: making {VENV} with Python {sys.version_info[0]}.{sys.version_info[1]} …")
    if uv:
        command = [uv, "venv", "--quiet", "--allow-existing", "--python", python, *cache(), str(VENV)]
    else:
        command = [python, "-m", "venv", str(VENV)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise Trouble("making the virtual environment failed, for the reason above", "mend it and start again")


def install_level(level: str, uv: str | None) -> None:
    """Installs the lock file of `level`, then the checkout itself. Raises Trouble when that fails."""
    lock = ROOT / LOCKS[level]
    tell(f"berani: installing {lock.name} into {VENV} (the first time this takes up to a minute) …")
    install(uv, ["--require-hashes", "-r", str(lock)], "installing the locked packages failed")
    # The build backend is in the lock: the project itself needs no network.
    offline = "--offline" if uv else "--no-index"
    install(uv, ["--no-deps", "--no-build-isolation", offline, "-e", str(ROOT)], "installing the project failed")


def install(uv: str | None, what: list[str], failure: str) -> None:
    """Installs `what` into .venv with uv, which is some eight times faster, or with pip. Raises Trouble(`failure`)."""
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), *cache(), *what]
    else:
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *what]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        fix = (
            "if a hash is named there, git checkout -- 'requirements*.lock'; else look at network and disk, start again"
        )
        raise Trouble(f"{failure}, for the reason above", fix)


def cache() -> list[str]:
    """What tells uv to do without a cache, where the home directory cannot be written (pip sees that by itself)."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        folder = Path(os.environ.get("UV_CACHE_DIR") or f"{home}/uv").expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except (OSError, RuntimeError):
        writable = False
    return [] if writable else ["--no-cache"]


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two first starts at once: the second waits until the first has installed."""
    import fcntl

    with Path(__file__).open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            tell("berani: another start is installing, waiting for it …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check() -> int:
    """Runs every step of CHECKS, shows what the failing ones say and what mends them; 1 if any failed."""
    failed = 0
    for name, (program, *arguments), fix in CHECKS:
        command = [str(VENV / "bin" / program), *arguments]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        print(f"{name:8} {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode != 0:
            failed = 1
            print(f"{done.stdout}{done.stderr}".rstrip() + f"\n  fix: {fix}\n", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
