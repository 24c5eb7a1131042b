"""Published sets: exactly one is live, by its hash, on both databases; a broken one never gets in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.content import publish
from bot.content.content import ContentBroken
from bot.content.parse import content_hash
from storage.shared_tables import CONTENT_SET
from storage.store import Store
from tests.content.sets import base

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def other(number: int = 1) -> dict[str, str]:
    files = base()
    files["ragu.yaml"] = files["ragu.yaml"].replace("Gapapa.", f"Tidak apa-apa {number}.")
    return files


def put(store: Store, files: dict[str, str], *, withdraw: bool = False) -> str:
    with store.unit() as unit:
        name = publish.publish(unit.connection, files, "operator", "coba", NOW, withdraw=withdraw)
        unit.commit()
    return name


def test_the_last_published_set_is_live_and_the_one_before_still_readable(intake_store: Store) -> None:
    first, second = put(intake_store, base()), put(intake_store, other())
    assert intake_store.read_now(publish.live).hash == second
    before = intake_store.read_now(lambda conn: publish.by_hash(conn, first))
    assert before is not None and before.hash == first == content_hash(base())


def test_publishing_the_live_set_again_or_an_old_one_leaves_exactly_one_live(desk_store: Store) -> None:
    first = put(desk_store, base())
    assert put(desk_store, base()) == first
    put(desk_store, other())
    put(desk_store, base())
    rows = desk_store.read_now(lambda conn: conn.execute(select(CONTENT_SET.c.hash, CONTENT_SET.c.live)).all())
    assert [row.hash for row in rows if row.live] == [first]
    assert len(rows) == 2


def test_a_withdrawn_set_is_gone_for_conversations_but_they_can_be_moved_off_it(intake_store: Store) -> None:
    first = put(intake_store, base())
    put(intake_store, other(), withdraw=True)
    assert intake_store.read_now(lambda conn: publish.by_hash(conn, first)) is None
    scripts = intake_store.read_now(lambda conn: publish.withdrawn(conn, first))
    assert scripts is not None and "lapor" in scripts.scripts


def test_a_set_with_an_error_is_refused_with_the_findings_and_nothing_changes(intake_store: Store) -> None:
    first = put(intake_store, base())
    with pytest.raises(ContentBroken) as refused:
        put(intake_store, other() | {"salam.yaml": "flow: salam\n"})
    assert {one.rule for one in refused.value.findings if one.level == "error"} == {"key_missing"}
    assert intake_store.read_now(publish.live).hash == first


def test_an_empty_store_publishes_the_folder_once_and_later_edits_wait(intake_store: Store, tmp_path: Path) -> None:
    with pytest.raises(publish.NothingPublished):
        intake_store.read_now(publish.live)
    write(tmp_path, base())
    first = ensure(intake_store, tmp_path)
    write(tmp_path, other())
    assert ensure(intake_store, tmp_path) == first == intake_store.read_now(publish.live).hash


def ensure(store: Store, folder: Path) -> str:
    with store.unit() as unit:
        name = publish.ensure(unit.connection, folder, NOW)
        unit.commit()
    return name


def write(folder: Path, files: dict[str, str]) -> None:
    (folder / "messages").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_a_set_that_was_changed_in_the_database_is_refused(intake_store: Store) -> None:
    files = other(2)
    name = put(intake_store, files)
    with intake_store.unit() as unit:
        unit.connection.execute(update(CONTENT_SET).values(files='{"salam.yaml": "flow: salam"}'))
        unit.commit()
    publish._read.clear()  # as a process that starts
    with pytest.raises(ContentBroken) as refused:
        intake_store.read_now(publish.live)
    assert [one.rule for one in refused.value.findings] == ["set_damaged"]
    assert intake_store.read_now(lambda conn: publish.by_hash(conn, name)) is None


def test_a_field_that_the_new_set_no_longer_asks_or_asks_otherwise_is_told(intake_store: Store) -> None:
    files = base()
    files["lama.yaml"] = (
        "flow: lama\nlabel: Lama\nwords: [lama]\nsteps:\n"
        "  - {id: hewan, label: Hewan, say: Hewan apa., ask: text}\n"
        "  - {id: jauh, label: Jauh, say: Jauh., ask: text}\n"
    )
    put(intake_store, files)
    assert intake_store.read_now(lambda conn: publish.losses(conn, files)) == ()
    lines = files["lama.yaml"].split("\n")
    files["lama.yaml"] = "\n".join([*lines[:4], lines[5].replace("ask: text", "ask: place")])
    lost = intake_store.read_now(lambda conn: publish.losses(conn, files))
    assert [(one.rule, one.file, one.line) for one in lost] == [
        ("field_removed", "lama.yaml", 4),
        ("field_retyped", "lama.yaml", 5),
    ]
