"""`berani staff` and `berani cases` beside a desk: codes, JSON as the contract has it, readable ends."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.cli import cases as cases_verb
from bot.cli import staff as staff_verbs
from handoff.cases import About, open_case
from handoff.claims import claim
from handoff.people import active
from handoff.work import Work
from storage import keys as key_files
from storage.desk_tables import INVITE, STAFF
from storage.entropy import system_entropy
from storage.store import Store
from tests.conftest import Databases
from tests.handoff.conftest import START, Office

app = typer.Typer()
app.command()(cases_verb.cases)
app.add_typer(staff_verbs.app, name="staff")

Run = Callable[..., Result]


@pytest.fixture
def run(databases: Databases, tmp_path: Path) -> Run:
    key_files.init(tmp_path / "keys", None, system_entropy)
    env = {"BERANI_DESK_DATABASE_URL": databases.desk_url, "BERANI_KEY_DIR": str(tmp_path / "keys")}
    return lambda *words: CliRunner().invoke(app, list(words), env=env)


@pytest.fixture
def office(desk_store: Store, tmp_path: Path, run: Run) -> Office:
    class Both:
        desk = key_files.load_desk(tmp_path / "keys")
        intake = key_files.load_intake(tmp_path / "keys")

    return Office(desk_store, Both)


def test_an_invitation_is_one_code_that_lets_one_person_in(run: Run, office: Office) -> None:
    made = run("staff", "invite", "Sari Dewi", "--role", "coordinator", "--json")
    assert made.exit_code == 0, made.output
    code = json.loads(made.stdout)["code"]
    assert list(json.loads(made.stdout)) == ["code"]
    assert re.fullmatch(r"[A-Z2-9]{10}", code)
    office.now = datetime.now(UTC)
    office.say(1, f"/start {code}")
    office.say(2, f"/start {code}")
    listed = json.loads(run("staff", "list", "--json").stdout)
    assert [(one["name"], one["role"]) for one in listed] == [("Sari Dewi", "coordinator")]


def test_a_code_for_the_group(run: Run, office: Office) -> None:
    code = json.loads(run("staff", "invite", "--group", "--json").stdout)["code"]
    office.now = datetime.now(UTC)
    office.say_in_group(7, f"/hubungkan {code}")
    assert "terhubung" in office.last(-1001)


def test_codes_and_names_are_not_in_the_store(run: Run, office: Office) -> None:
    code = json.loads(run("staff", "invite", "Sari", "--json").stdout)["code"]
    office.hire(1, "Budi-RAHASIA")
    stored = str(
        [tuple(row) for row in office.read(select(INVITE))] + [tuple(row) for row in office.read(select(STAFF))]
    )
    assert code not in stored
    assert "RAHASIA" not in stored


@pytest.mark.parametrize("words", ["", "A --group", "x" * 65, "A --role boss"])
def test_wrong_use_ends_with_2(run: Run, words: str) -> None:
    assert run("staff", "invite", *words.split()).exit_code == 2


def test_cases_are_listed_as_the_contract_has_them(run: Run, office: Office) -> None:
    assert json.loads(run("cases", "--json").stdout) == []
    office.hire(1, "Sari")

    def job(work: Work) -> None:
        case = open_case(work, "laporan", "tinggi", About(), b"t" * 16)
        open_case(work, "teknis", "sedang", About(), None)
        claim(work, case.id, active(work)[0])

    office.work(job)
    found = {row["code"]: row for row in json.loads(run("cases", "--json").stdout)}
    assert found["K-0001"] == {
        "code": "K-0001",
        "kind": "laporan",
        "state": "claimed",
        "urgency": "tinggi",
        "owner": "Sari",
        "opened_at": START.isoformat(),
        "next_due_at": "2026-11-23T03:00:00+00:00",
    }
    assert (found["T-0001"]["kind"], found["T-0001"]["owner"]) == ("teknis", None)
    assert "K-0001" in run("cases").stdout


def test_who_is_removed_is_out_at_once(run: Run, office: Office) -> None:
    office.hire(1, "Sari")
    office.hire(2, "Sari")
    assert run("staff", "remove", "Sari").exit_code == 1
    ids: list[Any] = json.loads(run("staff", "list", "--json").stdout)
    assert run("staff", "remove", ids[0]["id"][:8]).exit_code == 0
    assert run("staff", "remove", "Nobody").exit_code == 1
    assert run("staff", "remove", "Sari").exit_code == 0
    assert json.loads(run("staff", "list", "--json").stdout) == []


def test_without_tables_the_verbs_end_readably(tmp_path: Path) -> None:
    key_files.init(tmp_path / "keys", None, system_entropy)
    env = {"BERANI_DESK_DATABASE_URL": f"sqlite:///{tmp_path}/none.db", "BERANI_KEY_DIR": str(tmp_path / "keys")}
    ended = CliRunner().invoke(app, ["cases"], env=env)
    assert ended.exit_code == 1
    assert "berani db upgrade" in ended.stderr


@pytest.mark.parametrize(
    "name", ["[/]", "[bold]Sari[/bold]", "[link=https://contoh.id]x", "*Sari*", "{nama}", "%s", "=1+1"]
)
def test_a_name_is_shown_as_it_is(run: Run, office: Office, name: str) -> None:
    office.now = datetime.now(UTC)
    office.say(1, f"/start {json.loads(run('staff', 'invite', name, '--json').stdout)['code']}")
    for words in (("staff", "list"), ("staff", "list", "--json")):
        listed = run(*words)
        assert listed.exit_code == 0, listed.output
        assert name in listed.stdout


@pytest.mark.parametrize("name", ["\u200b", " \u2060 ", "\u202e", "\ufeff\u00ad", "\x00"])
def test_a_name_that_nobody_can_see_is_refused(run: Run, name: str) -> None:
    assert run("staff", "invite", name).exit_code == 2
