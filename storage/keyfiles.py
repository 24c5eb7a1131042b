"""Key files on disk: one line each, readable by their owner only, written once and never over another."""

import os
import re
import stat
from pathlib import Path

from storage import durable

# systemd passes LoadCredential= here, with rights of its own making (systemd.exec(5)): a folder `intake` loaded as
# `LoadCredential=intake:/etc/berani/keys/intake` comes out as the files intake_root, intake_sign, …
CREDENTIALS = Path("/run/credentials")

_FORMAT = "berani-key/v1"
_MAX_BYTES = 4096


class KeyProblem(Exception):
    """A key file that cannot be used: which, what is wrong, what mends it. Never carries what is in it."""

    def __init__(self, path: Path, what: str, fix: str) -> None:
        super().__init__(f"{path}: {what}\n  fix: {fix}")
        self.path, self.what, self.fix = path, what, fix


def from_service(path: Path) -> bool:
    """Whether `path` lies among the credentials that systemd passes to a service."""
    return path.resolve().is_relative_to(CREDENTIALS)


def locate(key_dir: Path, actor: str, name: str) -> Path:
    """Where the file `name` of `actor` is: `key_dir`/actor/name, or actor_name among service credentials."""
    return key_dir / f"{actor}_{name}" if from_service(key_dir) else key_dir / actor / name


def exists(path: Path) -> bool:
    """Whether there is a file at `path`. Raises KeyProblem when this user may not find out."""
    try:
        return path.exists()
    except OSError as error:
        raise _cannot_read(path, error) from None


def has_files(folder: Path) -> bool:
    """Whether `folder` is there and not empty. Raises KeyProblem when this user may not find out."""
    try:
        return folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise _cannot_read(folder, error) from None


def check_folder(folder: Path) -> None:
    """Raises KeyProblem when others may look into `folder`; nothing for service credentials or where it is missing."""
    if folder.is_dir() and not from_service(folder) and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise KeyProblem(folder, "others may look into it; expected mode 0700", f"chmod 700 {folder}")


def read_text(path: Path, missing_fix: str, secret: bool = True) -> str:
    """The text of a small file. Raises KeyProblem: missing (with `missing_fix`), unreadable or, if secret, its mode."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            raw = file.read(_MAX_BYTES)
    except FileNotFoundError:
        raise KeyProblem(path, "is missing", missing_fix) from None
    except OSError as error:
        raise _cannot_read(path, error) from None
    # As root a file that its owner may not read opens all the same: then the service itself would fail later.
    if secret and not from_service(path) and (mode & 0o077 or not mode & 0o400):
        raise KeyProblem(path, f"has mode {mode:04o}; expected 0600", f"chmod 600 {path}")
    return raw.decode("ascii", "replace")


def opens(path: Path) -> bool:
    """Whether this process may read `path`, found out by opening it."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def secret_line(actor: str, name: str, value: bytes, label: str = "-") -> str:
    """What stands in the file of one secret: format, actor, name, label (an epoch's id), hexadecimal value."""
    return f"{_FORMAT} {actor} {name} {label} {value.hex()}\n"


def read_secret(key_dir: Path, actor: str, name: str, length: int) -> tuple[bytes, str]:
    """(value of `length` bytes, label) of a secret. Raises KeyProblem."""
    path = locate(key_dir, actor, name)
    restore = "restore it from your copy of the keys; do not make new ones: what the old ones sealed would be lost"
    text = read_text(path, restore)
    match = re.fullmatch(rf"{_FORMAT} {actor} {name} (-|[0-9a-f]{{16}}) ([0-9a-f]*)\n?", text)
    if match is None:
        raise KeyProblem(path, f"is not a line `{_FORMAT} {actor} {name} …`", restore)
    if len(match[2]) != 2 * length:
        raise KeyProblem(path, f"has {len(match[2])} hexadecimal digits; expected {2 * length}", restore)
    return bytes.fromhex(match[2]), match[1]


def write_new(path: Path, text: str, mode: int = 0o600) -> None:
    """A new file, whole and on disk when this returns. Raises KeyProblem when it exists or cannot be written."""
    try:
        durable.create(path, text, mode)
    except FileExistsError:
        raise KeyProblem(path, "exists already and is never overwritten", "move it away if it is of no use") from None
    except OSError as error:
        raise _cannot_write(path, error) from None


def make_folder(folder: Path, mode: int) -> None:
    """`folder` and those above it, if missing; the mode is that of a new last one. Raises KeyProblem."""
    try:
        durable.make_folder(folder, mode)
    except OSError as error:
        raise _cannot_write(folder, error) from None


def publish(stage: Path, folder: Path) -> None:
    """The finished folder `stage` gets its name at one stroke. Raises KeyProblem when `folder` has files already."""
    try:
        stage.rename(folder)
        durable.sync_folder(folder.parent)
    except OSError as error:
        raise _cannot_write(folder, error) from None


def _cannot_read(path: Path, error: OSError) -> KeyProblem:
    what = f"cannot be read ({type(error).__name__})"
    return KeyProblem(path, what, "run as the user who owns it, or mend its rights")


def _cannot_write(path: Path, error: OSError) -> KeyProblem:
    return KeyProblem(path, f"cannot be written ({type(error).__name__})", "run as a user who may write there")
