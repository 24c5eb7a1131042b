"""Whole conversations as data, played against the engine alone."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.play import Player

TALKS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("talks.yaml").read_text("utf-8"))


@pytest.mark.parametrize("talk", TALKS, ids=[talk["name"] for talk in TALKS])
def test_talk(talk: dict[str, Any]) -> None:
    log = Player().play(talk["says"]).log
    rest = list(log)
    for wanted in talk["expect"]:
        place = next((at for at, line in enumerate(rest) if wanted in line), None)
        assert place is not None, f"missing, or not in this order: {wanted}\n" + "\n".join(log)
        # One message may hold several things said.
        rest = rest[place:] if rest[place].startswith("show ") else rest[place + 1 :]
