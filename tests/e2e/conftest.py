"""Both Bot API servers, once a session, and offices whose keys and tables are ready."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.e2e.harness import Office, copied, office
from tests.e2e.phones import DoubleWorld, SecondWorld

OpenOffice = Callable[..., AbstractContextManager[Office]]


@pytest.fixture(scope="session")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoubleWorld]:
    with DoubleWorld(tmp_path_factory.mktemp("double")) as world:
        yield world


@pytest.fixture(scope="session")
def second() -> Iterator[SecondWorld]:
    with SecondWorld() as world:
        yield world


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld) -> Path:
    """A folder whose keys and SQLite stores were made by `berani keys init` and `berani db upgrade`."""
    folder = tmp_path_factory.mktemp("prepared")
    with office(folder, double) as made:
        made.prepare()
    return folder


@pytest.fixture
def ready_office(prepared: Path, tmp_path: Path, double: DoubleWorld) -> Iterator[Office]:
    """An office on SQLite in front of the double, not yet started."""
    copied(prepared, tmp_path)
    with office(tmp_path, double) as made:
        yield made
