"""Published sets: what runs is a set kept in the store by its hash, with who, when and why; exactly one is live.

Both stores have the same table, and each is given the whole set: intake reads the conversations in it, the desk its own
files. Every function works inside the caller's transaction.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from bot.content.changes import LOSSES
from bot.content.content import Content, ContentBroken
from bot.content.finding import Finding, Sheet, Where
from bot.content.parse import content_hash, parse, read_dir
from bot.engine.script import ScriptSet
from storage.shared_tables import CONTENT_SET

#: Sets kept read in memory: the live one, and those that open conversations began with.
_KEPT = 8
_read: dict[str, Content] = {}
_TABLE = CONTENT_SET.c


class NothingPublished(Exception):
    """The store holds no live set: start the bot once, or run `berani flows publish`."""


def publish(
    conn: Connection, files: Mapping[str, str], who: str, why: str, now: datetime, *, withdraw: bool = False
) -> str:
    """Make these files the live set and give its hash. With `withdraw` the set before it ends at once, everywhere.

    Publishing what is live already changes nothing. Raises ContentBroken with the findings if there is an error.
    """
    content = _known(content_hash(files), files)
    before = conn.execute(select(_TABLE.hash).where(_TABLE.live)).scalar()
    if before == content.hash:
        return content.hash
    ended = {"live": False, "withdrawn_at": now} if withdraw else {"live": False}
    conn.execute(update(CONTENT_SET).where(_TABLE.live).values(ended))
    row = {"published_at": now, "who": who, "why": why, "live": True, "withdrawn_at": None}
    if conn.execute(update(CONTENT_SET).where(_TABLE.hash == content.hash).values(row)).rowcount == 0:
        packed = json.dumps(dict(files), ensure_ascii=True)
        conn.execute(insert(CONTENT_SET).values(hash=content.hash, files=packed, **row))
    return content.hash


def losses(conn: Connection, files: Mapping[str, str]) -> tuple[Finding, ...]:
    """Warnings about fields of the live set that these files no longer have; nothing if no set is live."""
    found = conn.execute(select(_TABLE.hash).where(_TABLE.live)).scalar()
    before = withdrawn(conn, found) if found else None
    if before is None:
        return ()
    return tuple(one for one in parse(files, before).findings if one.rule in LOSSES)


def ensure(conn: Connection, flows_dir: Path, now: datetime) -> str:
    """Hash of the live set; an empty store publishes `flows_dir` first. Raises ContentBroken, OSError."""
    found: str | None = conn.execute(select(_TABLE.hash).where(_TABLE.live)).scalar()
    return found or publish(conn, read_dir(flows_dir), "berani", "first start", now)


def live(conn: Connection) -> Content:
    """The set that new conversations and cases use. Raises NothingPublished, ContentBroken."""
    found = conn.execute(select(_TABLE.hash).where(_TABLE.live)).scalar()
    if found is None:
        raise NothingPublished
    return _load(conn, found)


def by_hash(conn: Connection, name: str) -> Content | None:
    """A set that a conversation began with; None if it is gone, was withdrawn, or this version can't read it."""
    withdrawn = select(_TABLE.withdrawn_at).where(_TABLE.hash == name)
    row = conn.execute(withdrawn).first()
    if row is None or row.withdrawn_at is not None:
        return None
    try:
        return _load(conn, name)
    except ContentBroken:
        return None


def withdrawn(conn: Connection, name: str) -> ScriptSet | None:
    """The scripts of a set even if it was withdrawn, so that a conversation can be moved off it; None if it is gone."""
    found = conn.execute(select(_TABLE.hash).where(_TABLE.hash == name)).scalar()
    try:
        return _load(conn, name).scripts if found else None
    except ContentBroken:
        return None


def _load(conn: Connection, name: str) -> Content:
    if (known := _read.get(name)) is not None:
        return known
    files = json.loads(conn.execute(select(_TABLE.files).where(_TABLE.hash == name)).scalar_one())
    if content_hash(files) != name:
        sheet = Sheet()
        sheet.error("set_damaged", Where("content_set", 1))
        raise ContentBroken(tuple(sheet.findings))
    return _known(name, files)


def _known(name: str, files: Mapping[str, str]) -> Content:
    """The content of these files, read once: both actors of one process use the same set."""
    if (known := _read.get(name)) is not None:
        return known
    parsed = parse(files)
    if parsed.content is None:
        raise ContentBroken(parsed.findings)
    while len(_read) >= _KEPT:
        _read.pop(next(iter(_read)), None)
    _read[name] = parsed.content
    return parsed.content
