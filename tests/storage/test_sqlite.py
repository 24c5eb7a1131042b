"""What SQLite needs to lose nothing: its settings, its one writer, its lock, its files."""

import asyncio
import fcntl
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, insert, select

from storage import migrate, pragmas, writer
from storage.errors import StoreDown, StoreFaulty
from storage.lock import FileLock
from storage.shared_tables import META, RECEIVED, Actor
from storage.store import Store
from tests.conftest import Clock, Databases

MARKER = b"sentinel-of-a-story"


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def path(databases: Databases) -> Path:
    return pragmas.path_of(databases.intake_url)


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(RECEIVED)) or 0


def receive(name: bytes, clock: Clock) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(insert(RECEIVED), {"id": name, "at": clock.now()})

    return work


@contextmanager
def held(path: Path) -> Iterator[None]:
    fd = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)


@pytest.mark.parametrize("role", ["writer", "command", "reader"])
def test_every_connection_has_the_settings_that_keep_rows(path: Path, role: pragmas.Role) -> None:
    engine = pragmas.engine_for(path, role)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "foreign_keys")
        }
        assert found == {"synchronous": 2, "foreign_keys": 1}
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000
        checkpoints = connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar()
        assert checkpoints == (1000 if role == "writer" else 0)
    engine.dispose()


def test_a_setting_that_is_not_taken_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Weak(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("synchronous=2", "synchronous=1"), *parameters)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: real(*given, **named, factory=Weak))
    with pytest.raises(StoreFaulty, match="synchronous is 1"):
        Store.open(f"sqlite:///{path}", "intake")


def test_directory_and_file_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/var/intake.db"
    assert migrate.pending(url, "intake")
    assert not (tmp_path / "var").exists()
    migrate.upgrade(url, "intake")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in [tmp_path / "var", *(tmp_path / "var").iterdir()]}
    assert modes.pop("var") == 0o700
    assert set(modes.values()) == {0o600}
    assert {"intake.db", "intake.db.lock"} <= set(modes)


async def test_turns_that_wait_share_a_commit(intake_store: Store, clock: Clock, path: Path) -> None:
    await intake_store.write(receive(b"first", clock))
    commits = 0

    def one_more(_connection: object) -> None:
        nonlocal commits
        commits += 1

    backend: Any = intake_store._backend
    event.listen(backend._writer._engine, "commit", one_more)
    with held(path):  # the writer takes the first and waits for the lock, the others gather
        tasks = [asyncio.ensure_future(intake_store.write(receive(bytes([n]), clock))) for n in range(200)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert intake_store.read_now(count) == 201
    assert commits <= 1 + (200 + 63) // 64


async def test_if_the_commit_fails_every_waiter_hears_it(
    intake_store: Store, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_disk(connection: Connection, turn: writer._Turn) -> None:
        real(connection, turn)
        # A deferred foreign key that nothing meets: everything goes well until COMMIT.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("INSERT INTO child VALUES (1)")

    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE child (id INTEGER REFERENCES parent(id))")
        raw.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        raw.commit()
    real = writer._run_turn
    with monkeypatch.context() as broken:
        broken.setattr(writer, "_run_turn", broken_disk)
        tasks = [intake_store.write(receive(bytes([n]), clock)) for n in range(20)]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreDown}
    assert intake_store.read_now(count) == 0
    await intake_store.write(receive(b"after", clock))
    assert intake_store.read_now(count) == 1


async def test_a_turn_that_commits_by_itself_takes_nobody_with_it(intake_store: Store, clock: Clock) -> None:
    def commits(connection: Connection) -> None:
        receive(b"mine", clock)(connection)
        connection.commit()

    with pytest.raises((StoreDown, StoreFaulty)):
        await intake_store.write(commits)
    await intake_store.write(receive(b"after", clock))
    assert intake_store.read_now(count) == 1


async def test_a_full_disk_undoes_the_turn_and_the_store_goes_on(
    databases: Databases, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pragmas._OF_ROLE, "writer", {"max_page_count": _pages(path) + 8})
    store = Store.open(databases.intake_url, "intake")
    big = [(f"{n}", "x" * 3000) for n in range(60)]
    with pytest.raises(StoreDown):
        await store.write(
            lambda connection: connection.execute(insert(META), [{"key": key, "value": value} for key, value in big])
        )
    await store.write(receive(b"small", clock))
    assert store.read_now(count) == 1
    assert store.read_now(lambda connection: connection.scalar(select(func.count()).select_from(META))) == 0
    store.close()


def _pages(path: Path) -> int:
    with closing(sqlite3.connect(path)) as raw:
        return int(raw.execute("PRAGMA page_count").fetchone()[0])


async def test_a_store_locked_for_long_is_down_and_recovers(intake_store: Store, clock: Clock, path: Path) -> None:
    await intake_store.write(count)
    backend: Any = intake_store._backend
    backend._writer._lock.patience = 0.05
    with held(path), pytest.raises(StoreDown):
        await intake_store.write(receive(b"a", clock))
    await intake_store.write(receive(b"b", clock))
    assert intake_store.read_now(count) == 1


async def test_a_writer_that_ignores_the_lock_file_makes_the_store_down(
    intake_store: Store, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pragmas, "BUSY_MILLISECONDS", 50)
    monkeypatch.setitem(pragmas._MUST, "busy_timeout", 50)
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown):
            await intake_store.write(receive(b"a", clock))
        stranger.execute("ROLLBACK")
    await intake_store.write(receive(b"b", clock))
    assert intake_store.read_now(count) == 1


async def test_a_command_in_another_process_and_the_writer_take_turns(
    intake_store: Store, clock: Clock, databases: Databases
) -> None:
    program = """
        import sys
        from datetime import UTC, datetime
        from sqlalchemy import insert
        from storage.shared_tables import RECEIVED
        from storage.store import Store
        store = Store.open(sys.argv[1], "intake")
        for number in range(30):
            with store.unit() as unit:
                row = {"id": b"command %d" % number, "at": datetime.fromtimestamp(0, UTC)}
                unit.connection.execute(insert(RECEIVED), row)
                unit.commit()
        store.close()
    """
    process = _python(program, databases.intake_url)
    written = 0
    while process.poll() is None:
        await asyncio.gather(*(intake_store.write(receive(b"turn %d" % (written + n), clock)) for n in range(8)))
        written += 8
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert intake_store.read_now(count) == written + 30


def test_the_lock_file_excludes_two_threads_of_one_process(tmp_path: Path) -> None:
    inside = threading.Semaphore(1)
    overlaps = []

    def enter() -> None:
        for _ in range(50):
            with FileLock(tmp_path / "x.lock", patience=None):
                overlaps.append(not inside.acquire(blocking=False))
                inside.release()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [False] * 200


async def test_erased_bytes_leave_database_and_wal(databases: Databases, path: Path) -> None:
    store = Store.open(databases.intake_url, "intake")
    text = MARKER.decode()
    await store.write(lambda connection: connection.execute(insert(META), {"key": "a", "value": text * 3000}))
    assert any(MARKER in file.read_bytes() for file in path.parent.glob("intake.db*"))
    await store.write(lambda connection: connection.execute(META.delete()))
    emptied = threading.Event()
    backend: Any = store._backend
    real = backend._writer._empty_wal

    def empty() -> None:
        real()
        emptied.set()

    backend._writer._empty_wal = empty
    await store.write(count)  # the writer is idle after this
    assert await asyncio.to_thread(emptied.wait, 10)
    assert not any(MARKER in file.read_bytes() for file in path.parent.glob("intake.db*"))
    assert path.with_name("intake.db-wal").stat().st_size == 0
    store.close()


async def test_a_reader_only_delays_the_emptying_of_the_wal(intake_store: Store, clock: Clock, path: Path) -> None:
    readers = pragmas.engine_for(path, "reader")
    with pragmas.engine_for(path, "writer").connect() as checkpointer:
        with readers.connect() as reader, reader.begin():
            assert count(reader) == 0
            await intake_store.write(receive(b"a", clock))
            assert pragmas.truncate_wal(checkpointer) is False
            assert count(reader) == 0
        assert pragmas.truncate_wal(checkpointer) is True
    readers.dispose()


async def test_closing_does_not_wait_for_another_process(databases: Databases, clock: Clock, path: Path) -> None:
    store = Store.open(databases.intake_url, "intake")
    await store.write(receive(b"a", clock))
    with held(path):
        await asyncio.wait_for(asyncio.to_thread(store.close), 4)
    again = Store.open(databases.intake_url, "intake")
    assert again.read_now(count) == 1
    again.close()


def test_what_was_acknowledged_survives_a_kill(databases: Databases) -> None:
    program = """
        import asyncio, sys
        from datetime import UTC, datetime
        from sqlalchemy import insert
        from storage.shared_tables import META, RECEIVED, Actor
        from storage.store import Store
        store = Store.open(sys.argv[1], "intake")
        async def turns(worker):
            for number in range(100000):
                name = b"%d.%d" % (worker, number)
                def work(connection):
                    connection.execute(insert(RECEIVED), {"id": name, "at": datetime.fromtimestamp(0, UTC)})
                    connection.execute(insert(META), {"key": name.decode(), "value": ""})
                await store.write(work)
                print(name.decode(), flush=True)
        async def main():
            await asyncio.gather(*(turns(worker) for worker in range(8)))
        asyncio.run(main())
    """
    acknowledged = set()
    for _ in range(3):
        process = _python(program, databases.intake_url)
        assert process.stdout is not None
        for _line in range(60):
            acknowledged.add(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)
        rest, errors = process.communicate()
        assert errors == b""
        acknowledged.update(rest.split(b"\n")[:-1])
        with closing(sqlite3.connect(pragmas.path_of(databases.intake_url))) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            received = {row[0] for row in raw.execute("SELECT id FROM received")}
            halves = {row[0].encode() for row in raw.execute("SELECT key FROM meta")}
            assert acknowledged - {b""} <= received
            assert received == halves  # never half a turn
            raw.execute("DELETE FROM received")
            raw.execute("DELETE FROM meta")
            raw.commit()
        acknowledged.clear()


def test_another_user_reads_the_peer_and_is_refused_to_write(
    tmp_path: Path, databases: Databases, clock: Clock
) -> None:
    """As root this plays a second user for real; as anybody else it takes the rights from files and directory."""
    folder = Path("/tmp") / f"berani-{os.getpid()}-{tmp_path.name}"
    folder.mkdir(mode=0o755)
    try:
        shutil.copy(pragmas.path_of(databases.intake_url), folder / "intake.db")
        (folder / "intake.db").chmod(0o644)
        store = Store.open(f"sqlite:///{folder}/intake.db", "intake")
        with store.unit() as unit:
            receive(b"a", clock)(unit.connection)
            unit.commit()
        assert _as_somebody_else(folder) == "1 refused"  # while the owner has it open
        store.close()
        assert not list(folder.glob("*-shm"))
        # Nobody has it open, so there is no -shm and we may not make one: down, not broken.
        assert _as_somebody_else(folder) == "down down"
        store = Store.open(f"sqlite:///{folder}/intake.db", "intake")
        store.read_now(count)
        assert _as_somebody_else(folder) == "1 refused"
        store.close()
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def _as_somebody_else(folder: Path) -> str:
    program = """
        import os, sys
        from sqlalchemy import func, select, text
        import storage.store
        from storage.errors import StoreDown
        from storage.shared_tables import RECEIVED
        if os.geteuid() == 0:
            os.setgid(65534); os.setuid(65534)
        def read(connection):
            return connection.scalar(select(func.count()).select_from(RECEIVED))
        def erase(connection):
            connection.execute(text("DELETE FROM received"))
            return "erased"
        peer = storage.store.Store.open_peer(sys.argv[1])
        answers = []
        for work, otherwise in ((read, "down"), (erase, "refused")):
            try:
                answers.append(str(peer.read_now(work)))
            except StoreDown as error:
                answers.append("down" if answers[:1] == ["down"] else otherwise)
        print(*answers)
    """
    if os.geteuid() != 0:
        folder.chmod(0o555)
    process = _python(program, f"sqlite:///{folder}/intake.db")
    output, errors = process.communicate()
    if os.geteuid() != 0:
        folder.chmod(0o755)
    assert errors == b""
    return output.decode().strip()


def _python(program: str, *arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_only_one_service_works_on_a_store_and_its_place_is_free_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sqlite.ENDING_PATIENCE", 0.0)
    url = f"sqlite:///{tmp_path}/intake.db"
    migrate.upgrade(url, "intake")
    first, second = Store.open(url, "intake"), Store.open(url, "intake")
    first.serve_alone()
    with pytest.raises(StoreDown, match="another service"):
        second.serve_alone()
    with second.unit() as unit:  # a verb may write beside the service
        unit.commit()
    first.close()
    second.serve_alone()
    second.close()


async def test_a_file_that_was_removed_under_us_takes_nothing_more_until_it_is_back(
    desk_store: Store, databases: Databases
) -> None:
    """An open connection would go on writing into a file that nobody finds again."""
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "a", "value": "1"}))
    path = pragmas.path_of(databases.desk_url)
    away = path.with_name("away")
    path.rename(away)
    for _ in range(2):
        with pytest.raises(StoreDown):
            await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "b", "value": "2"}))
        assert desk_store.failing
        with pytest.raises(StoreDown):
            await desk_store.read(lambda connection: connection.scalar(select(META.c.key)))
    away.rename(path)
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "c", "value": "3"}))
    assert not desk_store.failing
    found = await desk_store.read(lambda connection: connection.scalars(select(META.c.key)).all())
    assert set(found) >= {"a", "c"}
    assert "b" not in found


async def test_a_file_put_in_the_place_of_ours_is_the_store_from_then_on(
    desk_store: Store, databases: Databases, sqlite_templates: Callable[[Actor], str]
) -> None:
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "a", "value": "1"}))
    path = pragmas.path_of(databases.desk_url)
    for gone in path.parent.glob(f"{path.name}*"):
        if gone.suffix != ".serving":
            gone.unlink()
    shutil.copy(sqlite_templates("desk"), path)
    with pytest.raises(StoreDown):
        await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "b", "value": "2"}))
    await desk_store.write(lambda connection: connection.execute(insert(META), {"key": "c", "value": "3"}))
    keys = select(META.c.key).where(META.c.key.in_(["a", "b", "c"]))
    for _ in range(3):  # connections that were opened before are found out one by one
        with suppress(StoreDown):
            assert await desk_store.read(lambda connection: connection.scalars(keys).all()) == ["c"]
    assert await desk_store.read(lambda connection: connection.scalars(keys).all()) == ["c"]
