"""What both actors do with published sets when they start: the first is published, the live one must be readable."""

from datetime import datetime
from pathlib import Path

from bot.content import publish
from bot.content.parse import content_hash, read_dir
from bot.logs import get_logger
from storage.store import Store

_log = get_logger()


async def open_set(store: Store, flows_dir: Path, now: datetime, name: str) -> None:
    """Publish `flows_dir` into an empty store and read the live set, before anything is taken.

    Raises ContentBroken with the findings, of the folder or of a live set that this program can no longer read. Says
    so in the log if the folder holds edits that nobody has published.
    """
    await store.write(lambda conn: publish.ensure(conn, flows_dir, now))
    live = await store.read(publish.live)
    if _differs(flows_dir, live.hash):
        _log.warning("flows_not_published", actor=name)


def _differs(flows_dir: Path, live: str) -> bool:
    return flows_dir.is_dir() and content_hash(read_dir(flows_dir)) != live
