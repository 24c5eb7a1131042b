"""The lock file beside a SQLite store: whoever writes to the store from another process waits here, not in SQLite."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.errors import StoreDown

PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.002


class FileLock:
    """An exclusive flock(2) on a file of its own, used as a context manager; released by the kernel if we die.

    Two objects exclude each other in one process too, since each opens the file anew. Not re-entrant.
    """

    def __init__(self, path: Path, patience: float | None = PATIENCE_SECONDS) -> None:
        """Tries again and again for `patience` seconds; with None it waits in the kernel's queue as long as it takes,
        so that a command's one transaction gets its turn even beside a busy writer.
        """
        self._path, self.patience = path, patience
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Raises StoreDown if the file can't be opened, or somebody holds it too long."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreDown(f"the lock file can't be opened: {error.strerror}") from None
        try:
            self._take(fd)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _take(self, fd: int) -> None:
        if self.patience is None:
            fcntl.flock(fd, fcntl.LOCK_EX)
            return
        began = time.monotonic()
        while not _taken(fd):
            # Asked anew each time: whoever is told to end has less patience from then on.
            if time.monotonic() > began + self.patience:
                raise StoreDown("another process holds the store's lock file")
            time.sleep(_PAUSE_SECONDS)


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
