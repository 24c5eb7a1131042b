"""What the scenes of faults share: the double, and an office whose staff joined once a session."""

from pathlib import Path

import pytest

from tests.e2e.conftest import double, prepared
from tests.e2e.phones import DoubleWorld
from tests.holds.faults import Hired, hire_once

__all__ = ["double", "prepared"]


@pytest.fixture(scope="session")
def hired(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, prepared: Path) -> Hired:
    return hire_once(tmp_path_factory.mktemp("hired"), double, prepared)
