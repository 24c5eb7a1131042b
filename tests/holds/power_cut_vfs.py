"""Watches what SQLite does to files: its own VFS, in the library that Python's sqlite3 uses, with functions wrapped.

Everything is noted in a `Disk` and passed on; but syncs are not, as the machine is not really cut off.
"""

import _sqlite3
import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.holds.power_cut import Disk, Sync, Truncate, Write

OPEN_CREATE = 0x4
OPEN_JOURNALS = 0x800 | 0x4000 | 0x80000  # SQLITE_OPEN_MAIN_JOURNAL, _SUPER_JOURNAL, _WAL

_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


class _Vfs(ctypes.Structure):
    """struct sqlite3_vfs, version 3 (sqlite.org/c3ref/vfs.html)."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        ("xOpen", ctypes.c_void_p),
        ("xDelete", ctypes.c_void_p),
        ("others", ctypes.c_void_p * 14),
    )


class _Methods(ctypes.Structure):
    """struct sqlite3_io_methods, version 3 (sqlite.org/c3ref/io_methods.html)."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("xClose", ctypes.c_void_p),
        ("xRead", ctypes.c_void_p),
        ("xWrite", ctypes.c_void_p),
        ("xTruncate", ctypes.c_void_p),
        ("xSync", ctypes.c_void_p),
        ("others", ctypes.c_void_p * 13),
    )


class _PowerCutVfs:
    """SQLite's own VFS with five of its functions wrapped. Lives as long as the process: connections point to it."""

    def __init__(self) -> None:
        try:
            # Where the module is part of the program, its SQLite is too.
            self._library: Any = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
            find = self._library.sqlite3_vfs_find
        except (OSError, AttributeError):
            raise RuntimeError(
                "this Python hides its SQLite: use one whose sqlite3 module is a file of its own"
            ) from None
        find.restype = ctypes.POINTER(_Vfs)
        found = find(None).contents
        assert found.iVersion == 3, "another version of sqlite3_vfs than the one known here"
        self._own_open, self._own_delete = _OPEN(found.xOpen), _DELETE(found.xDelete)
        self._vfs = _Vfs.from_buffer_copy(found)
        self._vfs.zName = b"power-cut"
        self._wraps: list[Any] = [_OPEN(self._open), _DELETE(self._delete)]
        self._vfs.xOpen, self._vfs.xDelete = (_address(wrap) for wrap in self._wraps)
        self._tables: dict[int, _Methods] = {}
        self._handles: dict[int, tuple[Disk, int]] = {}
        self._sync_names: set[int] = set()
        self.disks: list[Disk] = []

    def default(self, yes: bool) -> None:
        """New connections go through this VFS, or through SQLite's own again."""
        if yes:
            assert self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == 0
        else:
            assert self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs)) == 0

    def _open(self, vfs: int, name: int | None, handle: int, flags: int, out: int | None) -> int:
        code = self._own_open(vfs, name, handle, flags, out)
        path = Path(os.fsdecode(ctypes.string_at(name))) if name else None
        disk = next((disk for disk in self.disks if path and path.parent == disk.folder), None)
        if code == 0 and disk and path:
            self._handles[handle] = disk, disk.opened(path.name)
            self._sync_names.discard(handle)
            if flags & OPEN_CREATE and flags & OPEN_JOURNALS:
                self._sync_names.add(handle)
            methods = ctypes.c_void_p.from_address(handle)
            methods.value = ctypes.addressof(self._wrapped(methods.value or 0))
        return int(code)

    def _delete(self, vfs: int, name: int, sync: int) -> int:
        code = self._own_delete(vfs, name, 0)
        path = Path(os.fsdecode(ctypes.string_at(name)))
        for disk in self.disks:
            if code == 0 and path.parent == disk.folder:
                disk.removed(path.name, bool(sync))
        return int(code)

    def _wrapped(self, own: int) -> _Methods:
        """A table of the functions of a file like the one at that address, in which changes are noted."""
        if own in self._tables:
            return self._tables[own]
        methods = _Methods.from_buffer_copy(_Methods.from_address(own))
        own_write, own_truncate = _WRITE(methods.xWrite), _TRUNCATE(methods.xTruncate)

        def write(handle: int, data: int, size: int, at: int) -> int:
            disk, file = self._handles[handle]
            disk.log.append(Write(file, at, ctypes.string_at(data, size)))
            return int(own_write(handle, data, size, at))

        def truncate(handle: int, size: int) -> int:
            disk, file = self._handles[handle]
            disk.log.append(Truncate(file, size))
            return int(own_truncate(handle, size))

        def sync(handle: int, _flags: int) -> int:
            disk, file = self._handles[handle]
            disk.log.append(Sync(file, names=handle in self._sync_names))
            self._sync_names.discard(handle)
            return 0

        wraps = [_WRITE(write), _TRUNCATE(truncate), _SYNC(sync)]
        self._wraps += wraps
        methods.xWrite, methods.xTruncate, methods.xSync = (_address(wrap) for wrap in wraps)
        self._tables[own] = self._tables[ctypes.addressof(methods)] = methods
        return methods


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


_vfs: _PowerCutVfs | None = None


@contextmanager
def watching(folder: Path) -> Iterator[Disk]:
    """Notes what SQLite does to the files in `folder`. Whatever was opened must be closed before it ends."""
    global _vfs
    _vfs = _vfs or _PowerCutVfs()
    disk = Disk(folder)
    _vfs.disks.append(disk)
    _vfs.default(True)
    try:
        yield disk
    finally:
        _vfs.default(False)
        _vfs.disks.remove(disk)
