"""Sentences that can't live in `flows/`, being about it: findings, and what is said when it is broken."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

#: The checkout's own `locales/`: what an office's folder does not hold is taken from here.
LOCALES = Path(__file__).resolve().parents[2] / "locales"
_folders: list[Path] = [LOCALES]


class SentenceMissing(Exception):
    """A file of `locales/` lacks a sentence or can't be read: restore it from the repository."""


@dataclass(frozen=True, slots=True)
class FindingSentence:
    """What is wrong and what to do about it, with placeholders."""

    what: str
    fix: str


def use(folder: Path) -> None:
    """Take the files of `folder` (BERANI_LOCALES_DIR) before the checkout's own."""
    _folders[:] = [folder, LOCALES]
    _load.cache_clear()


def finding(rule: str) -> FindingSentence:
    """The sentences of a rule of the checkers. Raises SentenceMissing."""
    found = _load("findings.yaml").get(rule)
    if not isinstance(found, Mapping) or not all(isinstance(found.get(part), str) for part in ("what", "fix")):
        raise SentenceMissing(f"locales/findings.yaml: expected `{rule}:` with `what` and `fix`. Restore the file.")
    return FindingSentence(found["what"], found["fix"])


def finding_rules() -> frozenset[str]:
    """Every rule that has sentences."""
    return frozenset(_load("findings.yaml"))


def system(key: str) -> str:
    """A sentence that is needed even when `flows/` can't be used. Raises SentenceMissing."""
    found = _load("system.yaml").get(key)
    if not isinstance(found, str):
        raise SentenceMissing(f"locales/system.yaml: expected a sentence under `{key}`. Restore the file.")
    return found.strip()


@cache
def _load(name: str) -> Mapping[str, Any]:
    try:
        path = next((folder / name for folder in _folders if (folder / name).is_file()), LOCALES / name)
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as broken:
        raise SentenceMissing(
            f"locales/{name}: {type(broken).__name__}. Restore the file from the repository."
        ) from None
    if not isinstance(loaded, Mapping):
        raise SentenceMissing(f"locales/{name}: expected a map of keys. Restore the file from the repository.")
    return loaded
