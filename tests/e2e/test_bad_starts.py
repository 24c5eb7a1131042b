"""Starts that must fail: exit code 1, one readable block that names the place and the fix, and nothing half done."""

import json
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import CHECKOUT, Office, Process, copied, office
from tests.e2e.phones import DoubleWorld

pytestmark = pytest.mark.slow


def refused(process: Process) -> str:
    """What a start that failed says on stderr."""
    code = process.ended()
    assert code == 1, process.err
    assert "siap" not in process.out
    assert "Traceback" not in process.err
    assert "fix:" in process.err, process.err
    return process.err


def polled(made: Office) -> bool:
    """Whether a bot of this office asked for updates: then it was half started."""
    assert isinstance(made.world, DoubleWorld)
    bots = {made.world.intake_bot.id, made.world.desk_bot.id}
    return any(call["bot"] in bots for call in made.world.telegram.calls("getUpdates"))


def published(made: Office, actor: str) -> int:
    """How many sets of scripts the store of an actor holds."""
    with sqlite3.connect(made.folder / "var" / f"{actor}.db") as connection:
        return int(connection.execute("SELECT count(*) FROM content_set").fetchone()[0])


@pytest.mark.parametrize("verb", ["run", "desk"])
def test_a_broken_flow_file_is_named_with_its_line(ready_office: Office, verb: str) -> None:
    flows = ready_office.folder / "flows"
    shutil.copytree(CHECKOUT / "flows", flows)
    lapor = (flows / "lapor.yaml").read_text("utf-8")
    broken = lapor.replace("goto: darurat}", "goto: darurrat}", 1)
    line = next(number for number, text in enumerate(broken.splitlines(), 1) if "darurrat" in text)
    (flows / "lapor.yaml").write_text(broken, "utf-8")
    said = refused(ready_office.launch(verb))
    assert f"lapor.yaml baris {line}" in said, said
    assert "darurrat" in said
    assert not polled(ready_office)
    assert [published(ready_office, actor) for actor in ("intake", "desk")] == [0, 0]
    # Mended, it starts.
    (flows / "lapor.yaml").write_text(lapor, "utf-8")
    ready_office.launch(verb).wait_ready().stop()


def no_intake_keys(made: Office) -> str:
    shutil.rmtree(made.folder / "var/keys/intake")
    return "berani keys init"


def no_desk_key(made: Office) -> str:
    (made.folder / "var/keys/desk/box").unlink()
    return "var/keys/desk/box"


def readable_key(made: Office) -> str:
    (made.folder / "var/keys/intake/root").chmod(0o644)
    return "chmod 600 var/keys/intake/root"


def garbled_key(made: Office) -> str:
    (made.folder / "var/keys/desk/sign").write_text("not a key\n")
    return "var/keys/desk/sign"


def no_pin(made: Office) -> str:
    (made.folder / "var/keys/intake/peer").unlink()
    return "berani keys pin"


def missing_tables(made: Office) -> str:
    for path in (made.folder / "var").glob("desk.db*"):
        path.unlink()
    return "berani db upgrade"


def old_tables(made: Office) -> str:
    with sqlite3.connect(made.folder / "var/intake.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    return "intake"


def placeholder_token(made: Office) -> str:
    made.env["BERANI_INTAKE_TELEGRAM_TOKEN"] = "123456789:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
    return "BERANI_INTAKE_TELEGRAM_TOKEN"


def no_token(made: Office) -> str:
    made.env["BERANI_DESK_TELEGRAM_TOKEN"] = ""
    return "BERANI_DESK_TELEGRAM_TOKEN"


def revoked_token(made: Office) -> str:
    assert isinstance(made.world, DoubleWorld)
    made.world.telegram.do("revoke", bot=made.world.desk_token)
    return "BERANI_DESK_TELEGRAM_TOKEN"


def split_required(made: Office) -> str:
    made.env["BERANI_REQUIRE_SPLIT"] = "1"
    return "BERANI_REQUIRE_SPLIT"


def folder_in_place_of_a_store(made: Office) -> str:
    (made.folder / "var/intake.db").unlink()
    (made.folder / "var/intake.db").mkdir()
    return "BERANI_INTAKE_DATABASE_URL"


@pytest.mark.parametrize(
    "spoil",
    [
        no_intake_keys,
        no_desk_key,
        readable_key,
        garbled_key,
        no_pin,
        missing_tables,
        old_tables,
        placeholder_token,
        no_token,
        revoked_token,
        split_required,
        folder_in_place_of_a_store,
    ],
)
def test_a_start_that_cannot_work_says_what_is_wrong_and_how_to_mend_it(
    ready_office: Office, spoil: Callable[[Office], str]
) -> None:
    wanted = spoil(ready_office)
    said = refused(ready_office.launch("run"))
    assert wanted in said, said
    for token in (ready_office.world.intake_token, ready_office.world.desk_token):
        assert token not in said
    assert not polled(ready_office)


@pytest.fixture
def other_keys(tmp_path_factory: pytest.TempPathFactory, double: DoubleWorld) -> Iterator[Path]:
    """The keys of another deployment."""
    with office(tmp_path_factory.mktemp("other"), double) as made:
        made.berani("keys", "init")
        yield made.folder / "var/keys"


@pytest.mark.parametrize(
    ("verb", "actor", "peer", "wanted"),
    [("run", "intake", "desk", "var/keys/intake/peer"), ("desk", "desk", "intake", "another deployment")],
)
def test_the_wrong_peer_is_refused(
    ready_office: Office, other_keys: Path, verb: str, actor: str, peer: str, wanted: str
) -> None:
    # A pin by hand is refused …
    line = ready_office.berani("keys", "show", peer).stdout
    shutil.copy(other_keys / actor / "peer", ready_office.folder / "foreign.pub")
    said = ready_office.berani("keys", "pin", actor, "foreign.pub", code=1).stderr
    assert "fix:" in said
    assert ready_office.berani("keys", "show", peer).stdout == line
    # … and a file put there in its place keeps the service from starting.
    shutil.copy(other_keys / actor / "peer", ready_office.folder / "var/keys" / actor / "peer")
    assert wanted in refused(ready_office.launch(verb))
    assert not polled(ready_office)


def test_the_other_sides_key_exchanged_within_the_deployment_is_refused(ready_office: Office, other_keys: Path) -> None:
    """Both sides in one process see at once that what is pinned is not what the other side has."""
    keys = ready_office.folder / "var/keys"
    for name in ("sign", "box"):
        shutil.copy(other_keys / "intake" / name, keys / "intake" / name)
    said = refused(ready_office.launch("run"))
    assert "keys" in said
    assert not polled(ready_office)


def test_a_port_in_use_is_said_before_anything_is_taken(ready_office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ready_office.env["BERANI_INTAKE_LISTEN"] = f"127.0.0.1:{port}"
        assert f"127.0.0.1:{port}" in refused(ready_office.launch("run"))
    assert not polled(ready_office)


def test_a_second_poller_ends_with_exit_code_1(
    ready_office: Office, prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two services with the same tokens: one of them ends, and says why."""
    ready_office.start()
    folder = tmp_path_factory.mktemp("twin")
    copied(prepared, folder)
    with office(folder, ready_office.world) as twin:
        twin.env |= {name: value for name, value in ready_office.env.items() if name.endswith("_TOKEN")}
        twin.launch("run")
        first, second = ready_office.processes[0], twin.processes[0]
        ended = _first_to_end(first, second)
        assert ended.ended() == 1
        assert "Traceback" not in ended.err
        last = ended.err.strip().splitlines()[-1]
        assert "second_poller" in ended.err or "409" in ended.err, last


def _first_to_end(*processes: Process) -> Process:
    from tests.e2e.phones import until

    return until(lambda: next((one for one in processes if not one.running), None), "one of the two ends", 60)


def test_a_verb_without_its_store_or_keys_is_refused_too(ready_office: Office) -> None:
    shutil.rmtree(ready_office.folder / "var")
    for verb in (["cases", "--json"], ["staff", "invite", "Nama"]):
        said = ready_office.berani(*verb, code=1)
        assert "fix:" in said.stderr
        assert not said.stdout.strip() or json.loads(said.stdout) == []
