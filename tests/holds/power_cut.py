"""A disk that remembers what was written and what was synced: a power cut can be played at any moment.

`Disk.log` holds what changed files: writes, truncations, syncs, names made and removed (tests/holds/power_cut_vfs.py
notes them). `Disk.after_cut` plays it up to a moment and says what then stands on the disk:

- What a file's xSync pushed is there. Of its later writes and truncations nothing is there, or all, or the first few,
  or any 512-byte sectors of them in any order, the last write torn at any byte.
- A name that was made or removed is sure after a sync of its directory. SQLite's unix VFS syncs it with the first sync
  of a journal or WAL through each handle (os_unix.c, UNIXFILE_DIRSYNC), and where xDelete asks for it.
- The `-shm` file is never synced: it is gone, or full of rubbish.

Not modelled: a disk that lies about syncs or damages bytes beside those it writes (SQLite counts on
SQLITE_IOCAP_POWERSAFE_OVERWRITE), and files that SQLite does not write (storage/keyfiles.py has tests of its own).
"""

import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeAlias

SECTOR = 512

Kind = Literal["synced", "written", "first", "sectors"]
KINDS: tuple[Kind, ...] = ("synced", "written", "first", "sectors")
"""What is left of what was not synced: nothing, everything, the first few in order, any sectors in any order."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes written to a file."""

    file: int
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file cut off, or stretched."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """A file synced; `names`: its directory as well."""

    file: int | None
    names: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A name that stands for a file from now on, or for none."""

    name: str
    file: int | None


Op: TypeAlias = Write | Truncate | Sync | Named


class Disk:
    """The files in one folder and what happens to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log: list[Op] = []
        files = (path for path in sorted(folder.iterdir()) if path.name.endswith((".db", ".db-wal", ".db-journal")))
        self._first: dict[str, bytes] = {path.name: path.read_bytes() for path in files}
        self._names: dict[str, int] = {name: number for number, name in enumerate(self._first)}
        self._files = len(self._first)
        self._lock = threading.Lock()

    def opened(self, name: str) -> int:
        """The file that stands under a name; made now if there is none."""
        with self._lock:
            if name not in self._names:
                self._names[name] = self._files
                self.log.append(Named(name, self._files))
                self._files += 1
            return self._names[name]

    def removed(self, name: str, sync: bool) -> None:
        """Nothing stands under a name any more."""
        with self._lock:
            if self._names.pop(name, None) is not None:
                self.log.append(Named(name, None))
            if sync:
                self.log.append(Sync(None, names=True))

    def file_of(self, name: str) -> int:
        """The file that stands under a name now."""
        return self._names[name]

    def after_cut(self, at: int, kind: Kind, dice: Random, deaf: str = "no file") -> dict[str, bytes]:
        """Names and contents after a power cut before `log[at]`.

        As if files whose name ends with `deaf` were never synced: what is right must break then.
        """
        firm = {number: bytearray(data) for number, data in enumerate(self._first.values())}
        names = {name: number for number, name in enumerate(self._first)}
        loose: dict[int, list[Write | Truncate]] = {}
        loose_names: list[Named] = []
        all_names = list(names.items()) + [(op.name, op.file) for op in self.log if isinstance(op, Named)]
        unheard = {file for name, file in all_names if name.endswith(deaf)}
        for op in self.log[:at]:
            if isinstance(op, Named):
                loose_names.append(op)
            elif not isinstance(op, Sync):
                loose.setdefault(op.file, []).append(op)
            elif op.file is None or op.file not in unheard:
                if op.file is not None:
                    image = firm.setdefault(op.file, bytearray())
                    for change in loose.pop(op.file, ()):
                        _apply(image, change)
                if op.names:
                    _name(names, loose_names)
                    loose_names = []
        _name(names, _left_of(loose_names, kind, dice))
        for file, changes in loose.items():
            image = firm.setdefault(file, bytearray())
            for change in _left_of(changes, kind, dice):
                if isinstance(change, Truncate) or kind != "sectors":
                    _apply(image, change)
                else:
                    _apply_sectors(image, change, dice)
        found = {name: bytes(firm.get(number, b"")) for name, number in names.items()}
        rubbish = {f"{name}-shm": dice.randbytes(32768) for name in found if name.endswith(".db")}
        return found | (rubbish if kind == "sectors" else {})


def _left_of(changes: list[Any], kind: Kind, dice: Random) -> list[Any]:
    if kind == "synced":
        return []
    if kind == "written":
        return changes
    if kind == "first":
        kept = changes[: dice.randint(0, len(changes))]
        if kept and isinstance(kept[-1], Write):
            torn = kept[-1]
            kept[-1] = Write(torn.file, torn.at, torn.data[: dice.randint(0, len(torn.data))])
        return kept
    return [change for change in changes if isinstance(change, Write) or dice.random() < 0.5]


def _name(names: dict[str, int], changes: list[Named]) -> None:
    for change in changes:
        names.pop(change.name, None)
        if change.file is not None:
            names[change.name] = change.file


def _apply(image: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        del image[change.size :]
        image.extend(bytes(change.size - len(image)))
        return
    image.extend(bytes(max(0, change.at - len(image))))
    image[change.at : change.at + len(change.data)] = change.data


def _apply_sectors(image: bytearray, change: Write, dice: Random) -> None:
    """Each sector that the write touches gets its part of it, or not."""
    at, end = change.at, change.at + len(change.data)
    while at < end:
        border = min(end, (at // SECTOR + 1) * SECTOR)
        if dice.random() < 0.5:
            _apply(image, Write(change.file, at, change.data[at - change.at : border - change.at]))
        at = border


def put_back(folder: Path, files: dict[str, bytes]) -> Path:
    """The folder, with what a power cut left and nothing else in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
