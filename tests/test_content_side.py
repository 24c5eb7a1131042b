"""Nothing is taken before the published set can be read, and edits that nobody published are said."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select, update

from bot.content.content import ContentBroken
from bot.content_side import open_set
from storage.shared_tables import CONTENT_SET
from storage.store import Store

FLOWS = Path(__file__).resolve().parents[1] / "flows"


async def test_an_empty_store_publishes_the_folder_and_says_nothing(intake_store: Store, clock: Any) -> None:
    with structlog.testing.capture_logs() as lines:
        await open_set(intake_store, FLOWS, clock.now(), "intake")
    assert intake_store.read_now(lambda conn: conn.execute(select(CONTENT_SET.c.live)).scalars().all()) == [True]
    assert lines == []


async def test_edits_that_nobody_published_are_said_and_change_nothing(
    intake_store: Store, clock: Any, tmp_path: Path
) -> None:
    await open_set(intake_store, FLOWS, clock.now(), "intake")
    edited = Path(shutil.copytree(FLOWS, tmp_path / "flows"))
    words = edited / "words.yaml"
    words.write_text(words.read_text(encoding="utf-8") + "\n# catatan\n", encoding="utf-8")
    with structlog.testing.capture_logs() as lines:
        await open_set(intake_store, edited, clock.now(), "intake")
    assert [line["event"] for line in lines] == ["flows_not_published"]
    assert len(intake_store.read_now(lambda conn: conn.execute(select(CONTENT_SET.c.hash)).all())) == 1


async def test_a_live_set_that_this_program_cannot_read_stops_the_start(intake_store: Store, clock: Any) -> None:
    await open_set(intake_store, FLOWS, clock.now(), "intake")
    broken = {"files": json.dumps({"lapor.yaml": "flow: lapor"}), "hash": "0" * 64}
    await intake_store.write(lambda conn: conn.execute(update(CONTENT_SET).values(**broken)))
    with pytest.raises(ContentBroken):
        await open_set(intake_store, FLOWS, clock.now(), "intake")
