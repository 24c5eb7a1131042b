"""New files and folders that survive a power cut: their bytes are synced, and the names that lead to them."""

import os
import tempfile
from pathlib import Path


def create(path: Path, text: str, mode: int = 0o600) -> None:
    """A new file, there whole or not at all, and on disk when this returns. Raises FileExistsError, OSError."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        path.hardlink_to(draft)  # unlike a rename it takes nobody's place
    finally:
        Path(draft).unlink()
    sync_folder(path.parent)


def make_folder(folder: Path, mode: int) -> None:
    """`folder` and those above it, if missing; the mode is that of a new last one. Raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode, parents=True, exist_ok=True)
    for one in missing:
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
