"""A store is full, locked, gone, read-only, or its server away: nothing is acknowledged that is not on disk, whoever
writes hears that with the numbers, and when it is over everything goes on by itself.
"""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest

from storage.lock import FileLock
from tests.conftest import Databases, PostgresServer
from tests.e2e.phones import DoubleWorld, until
from tests.e2e.story import open_report, take
from tests.holds.faults import ARRIVED, PLACE, SORRY, STORY, Hired, Relay, Scene, scene

pytestmark = pytest.mark.slow


# --- SQLite -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, hired: Hired) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("stores"), double, hired) as made:
        made.made.start()
        yield made


@pytest.fixture
def here(running: Scene) -> Iterator[Scene]:
    yield running
    running.nothing_leaks()
    assert len(running.made.processes) == 1  # the same process all the way
    assert running.made.processes[0].running


@contextmanager
def lock_file_held(here: Scene) -> Iterator[None]:
    """A verb that takes very long, on both stores."""
    with FileLock(here.made.folder / "var/intake.db.lock"), FileLock(here.made.folder / "var/desk.db.lock"):
        yield


@contextmanager
def locked_by_another_program(here: Scene) -> Iterator[None]:
    """Somebody with a tool that knows nothing of the lock file."""
    with closing(sqlite3.connect(here.made.folder / "var/intake.db", isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def disk_full(here: Scene) -> Iterator[None]:
    """No file of the process can grow any more; what it prints is lost too."""
    process = here.made.running("run")._process.pid
    _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (1, most))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))


@contextmanager
def files_gone(here: Scene) -> Iterator[None]:
    """The folder of the stores is not there: a volume that is not mounted."""
    folder = here.made.folder / "var"
    away = folder.rename(folder.with_name("away"))
    try:
        yield
    finally:
        away.rename(folder)


@pytest.mark.parametrize("fault", [lock_file_held, locked_by_another_program, disk_full, files_gone])
def test_while_a_store_takes_nothing_its_reporter_hears_the_numbers_and_then_all_of_it_arrives(
    here: Scene, fault: Callable[[Scene], object]
) -> None:
    child, other = here.child(), here.child()
    child.ask("/start", "")
    for word in ("lapor", "tidak", "aman", "aku", PLACE):
        child.ask(word)
    with fault(here):  # type: ignore[attr-defined]
        sent = child.say(STORY)
        told = child.wait(SORRY, sent, 40)
        assert "112" in told.text
        quiet = other.say("keluar")
        until(lambda: not here.health()["intake_store"], "health is red", 40)
        assert not [one for one in child.shown(sent) if SORRY not in one.text]
        assert not other.shown(quiet), "whoever leaves is told nothing"
    child.wait("Sudah kusimpan", sent, 40)
    until(lambda: not [one for one in child.shown(sent) if SORRY in one.text], "what was said in between is gone")
    before = here.staff.group.newest()
    child.ask("selesai", "Boleh kukirim")
    child.wait(ARRIVED, child.say("kirim"), 40)
    here.staff.group.wait_for_button("Ambil", before, 40)
    code = next(word for word in here.staff.group.wait_for_button("Ambil", before).text.split() if "K-" in word)
    report = open_report(take(here.staff, code), STORY)
    assert report.count(STORY) == 1
    until(lambda: all(here.health().values()), "health is green", 40)


def test_staff_hear_that_a_store_took_nothing_and_the_log_does_not_grow_without_end(here: Scene) -> None:
    child = here.child()
    child.ask("/start")
    log = here.made.running("run").err_path
    with lock_file_held(here):
        child.say("lapor")
        until(lambda: here.logged("store_down actor=intake"), "it is logged", 40)
        size = log.stat().st_size
        child.wait(SORRY, timeout=40)
        assert log.stat().st_size - size < 20_000
    child.wait("bahaya sekarang", timeout=40)
    here.hears_of("store_down")


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


class Server:
    """Two databases behind a line that can be cut."""

    def __init__(self, server: PostgresServer, databases: Databases) -> None:
        self._server, self._names = server, [urlsplit(url).path[1:] for url in databases]
        self.direct = list(databases)
        parts = urlsplit(databases.intake_url)
        folder = parse_qs(parts.query).get("host", [""])[0]
        self.relay = Relay(
            f"{folder}/.s.PGSQL.{parts.port or 5432}" if folder else f"{parts.hostname}:{parts.port or 5432}"
        )
        user = f"{parts.username}@" if parts.username else ""
        password = parts.password
        where = f"{user[:-1]}:{password}@" if password else user
        netloc = f"{where}127.0.0.1:{self.relay.port}"
        self.urls = tuple(urlunsplit(("postgresql", netloc, f"/{name}", "", "")) for name in self._names)

    def kill_connections(self) -> None:
        for name in self._names:
            self._server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def each(self, change: str) -> None:
        for name in self._names:
            self._server.execute(change.format(name=name))


@pytest.fixture(scope="module")
def on_postgres(
    tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld, hired: Hired, postgres_server: PostgresServer
) -> Iterator[tuple[Scene, Server]]:
    with postgres_server.databases(None, None) as found:
        server = Server(postgres_server, found)
        folder = tmp_path_factory.mktemp("postgres")
        with scene(folder, double, hired, urls=(server.urls[0], server.urls[1])) as made:
            made.urls = server.direct
            made.made.prepare()
            made.made.start()
            yield made, server
        server.relay.close()


@contextmanager
def server_stopped(server: Server) -> Iterator[None]:
    server.relay.down()
    try:
        yield
    finally:
        server.relay.up()


@contextmanager
def no_connection_is_given(server: Server) -> Iterator[None]:
    """As while it starts, ends, or has too many."""
    server.each("ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    server.kill_connections()
    try:
        yield
    finally:
        server.each("ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@pytest.mark.parametrize("fault", [server_stopped, no_connection_is_given])
def test_while_the_server_is_away_its_reporter_hears_the_numbers_and_then_all_of_it_arrives(
    on_postgres: tuple[Scene, Server], fault: Callable[[Server], object]
) -> None:
    here, server = on_postgres
    child = here.child()
    child.ask("/start")
    child.ask("lapor", "bahaya sekarang")
    with fault(server):  # type: ignore[attr-defined]
        sent = child.say("tidak")
        assert "112" in child.wait(SORRY, sent, 40).text
        until(lambda: not here.health()["intake_store"], "health is red", 40)
        assert not [one for one in child.shown(sent) if SORRY not in one.text]
    child.wait("HP ini", sent, 40)
    until(lambda: all(here.health().values()), "health is green", 40)
    here.nothing_leaks()


def test_killed_connections_are_nobodys_business(on_postgres: tuple[Scene, Server]) -> None:
    here, server = on_postgres
    child = here.child()
    child.ask("/start")
    child.ask("lapor", "bahaya sekarang")
    server.kill_connections()
    sent = child.say("tidak")
    child.wait("HP ini", sent, 40)
    assert len(child.shown(sent)) == 1
    here.nothing_leaks()


def test_a_server_that_cannot_be_reached_at_the_start_is_said_with_what_to_do(
    on_postgres: tuple[Scene, Server],
) -> None:
    here, _ = on_postgres
    said = here.made.berani
    with_port = here.made.env["BERANI_INTAKE_DATABASE_URL"]
    here.made.env["BERANI_INTAKE_DATABASE_URL"] = urlunsplit(urlsplit(with_port)._replace(netloc="127.0.0.1:1"))
    try:
        refused = said("intake", code=1).stderr
    finally:
        here.made.env["BERANI_INTAKE_DATABASE_URL"] = with_port
    assert "BERANI_INTAKE_DATABASE_URL" in refused
    assert "connection refused" in refused
    assert "fix:" in refused
