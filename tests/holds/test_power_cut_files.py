"""The power goes while keys, `.env` or the place of a store are made: nothing is lost, nothing stands in the way.

What was synced is noted at each os.fsync: of a file its bytes, of a folder its names. At each such moment a disk may
hold only that; or every name, but of the bytes only those that were synced (ext4 does so, which is where empty files
come from); or everything that was written.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.cli.init import init
from storage import keys, pragmas, vault
from storage.entropy import system_entropy

Tree = dict[str, bytes | None]
"""Path from the root to what a file holds; None for a folder."""


class Synced:
    """What was synced under `root`, and what a power cut would have left at each sync."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[int, dict[str, int]] = {root.stat().st_ino: {}}
        self._bytes: dict[int, bytes] = {}
        self.left: list[Tree] = []

    def fsync(self, descriptor: int) -> None:
        """A file or folder is synced."""
        self.note()
        number = os.fstat(descriptor).st_ino
        path = next(one for one in (self._root, *self._root.rglob("*")) if one.stat().st_ino == number)
        if path.is_dir():
            self._names[number] = {one.name: one.stat().st_ino for one in path.iterdir()}
        else:
            self._bytes[number] = path.read_bytes()

    def note(self) -> None:
        """The power may go here."""
        everything = self.everything()
        for tree in (
            self.only_synced(),
            {name: None if held is None else self._held(name) for name, held in everything.items()},
            everything,
        ):
            if tree not in self.left:
                self.left.append(tree)

    def only_synced(self) -> Tree:
        """What is left if nothing stays but what was synced."""

        def below(folder: int, before: str) -> Iterator[tuple[str, bytes | None]]:
            for name, number in self._names.get(folder, {}).items():
                is_folder = number not in self._bytes and number in self._folders
                yield before + name, None if is_folder else self._bytes.get(number, b"")
                yield from below(number, f"{before}{name}/")

        self._folders = {one.stat().st_ino for one in self._root.rglob("*") if one.is_dir()}
        return dict(below(self._root.stat().st_ino, ""))

    def everything(self) -> Tree:
        """What stands there now."""
        paths = sorted(self._root.rglob("*"))
        return {str(one.relative_to(self._root)): None if one.is_dir() else one.read_bytes() for one in paths}

    def _held(self, name: str) -> bytes:
        return self._bytes.get((self._root / name).stat().st_ino, b"")


@contextmanager
def syncs_noted(root: Path) -> Iterator[Synced]:
    """Notes every os.fsync of what lies under `root`, which is empty."""
    synced = Synced(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", synced.fsync)
        yield synced
        synced.note()


def put_back(root: Path, tree: Tree) -> Path:
    """A folder with what a power cut left, open to its owner only."""
    root.mkdir()
    for name, held in tree.items():
        if held is None:
            (root / name).mkdir(mode=0o700)
        else:
            (root / name).write_bytes(held)
            (root / name).chmod(stat.S_IRUSR | stat.S_IWUSR)
    return root


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(vault._ARGON2, "memory_kib", 64)  # keys are made often here, and protect nothing
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def make_both(root: Path) -> None:
    keys.init(root / "below" / "keys", None, system_entropy)


def make_apart(root: Path) -> None:
    for actor in ("intake", "desk"):
        keys.init(root / actor, actor, system_entropy)
    keys.pin(root / "desk", "desk", keys.public(root / "intake", "intake"))
    keys.pin(root / "intake", "intake", keys.public(root / "desk", "desk"))


MAKING = {"both": make_both, "apart": make_apart}


@pytest.mark.parametrize("make", MAKING.values(), ids=MAKING)
def test_keys_that_were_made_survive_a_power_cut(root: Path, make: Callable[[Path], None]) -> None:
    with syncs_noted(root) as synced:
        make(root)
    assert synced.only_synced() == synced.everything()
    assert not [name for name in synced.everything() if Path(name).name.startswith(".")], "a draft was left behind"


@pytest.mark.parametrize("make", MAKING.values(), ids=MAKING)
def test_keys_can_be_made_after_a_power_cut_at_any_moment(
    root: Path, tmp_path: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with syncs_noted(root) as synced:
        make(root)
    assert len(synced.left) > 10
    monkeypatch.setattr(os, "fsync", lambda _: None)
    for number, tree in zip(count(), synced.left, strict=False):
        left = put_back(tmp_path / f"left-{number}", tree)
        make(left)
        intake, desk = (left / "below" / "keys",) * 2 if make is make_both else (left / "intake", left / "desk")
        assert keys.load_intake(intake).deployment == keys.load_desk(desk).deployment


def test_settings_survive_a_power_cut_whole_or_not_at_all(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was cut short would be taken for the operator's own and left as it is."""
    monkeypatch.chdir(root)
    verb = typer.Typer()
    verb.command()(init)
    with syncs_noted(root) as synced:
        done = CliRunner().invoke(verb, ["--yes"])
    assert done.exit_code == 0, done.output
    assert synced.only_synced()[".env"] == (root / ".env").read_bytes()
    assert len({tree[".env"] for tree in synced.left if ".env" in tree}) == 1


def test_the_place_of_a_store_survives_a_power_cut(root: Path) -> None:
    with syncs_noted(root) as synced:
        pragmas.make_file(root / "data" / "below" / "intake.db")
    assert synced.only_synced().keys() == synced.everything().keys()
