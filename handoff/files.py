"""Files of a case: copied from intake as they came, opened only to be shown to the owner."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from handoff import cases
from handoff.sql import insert_new
from handoff.work import Work
from storage.desk_tables import BLOB, BLOB_KEY, BLOB_PART, Case
from storage.framing import Unreadable
from storage.vault import open_part


@dataclass(frozen=True)
class OpenedFile:
    """A whole file in clear, for as long as it takes to send it."""

    data: bytes = field(repr=False)
    kind: str
    mime: str
    seconds: int


@dataclass(frozen=True)
class Kept:
    """What came of the files of a letter: those that are new here, and how many lack a part."""

    new: tuple[bytes, ...]
    incomplete: int


def keep(work: Work, case: Case, listed: Iterable[Mapping[str, Any]], parts: Mapping[tuple[bytes, int], bytes]) -> Kept:
    """Copies the files that a letter lists."""
    new, incomplete = [], 0
    box = cases.box(work, case.id)
    for one in listed:
        media = bytes.fromhex(one["id"])
        row = {
            "id": media,
            "case_id": case.id,
            "kind": one["kind"],
            "parts": one["parts"],
            "size": one["size"],
            "sha256": bytes.fromhex(one["sha256"]),
            "mime": (one.get("mime") or "").encode("ascii", "ignore").decode().replace("\0", "")[:128],
            "seconds": one.get("seconds") or 0,
            "key": box.seal(BLOB_KEY, media, bytes.fromhex(one["key"])),
        }
        if insert_new(work.conn, BLOB, **row):
            new.append(media)
        for part in range(one["parts"]):
            if (media, part) in parts:
                insert_new(work.conn, BLOB_PART, blob_id=media, part=part, sealed=parts[media, part])
        incomplete += _stored(work, media) < one["parts"]
    return Kept(tuple(new), incomplete)


def opened(work: Work, media: bytes) -> OpenedFile:
    """The file in clear. Raises Unreadable when a part is missing or anything was changed."""
    row = work.conn.execute(select(BLOB).where(BLOB.c.id == media)).first()
    if row is None or _stored(work, media) != row.parts:
        raise Unreadable("file: missing")
    key = cases.box(work, row.case_id).open(BLOB_KEY, media, row.key)
    sealed = work.conn.execute(
        select(BLOB_PART.c.sealed).where(BLOB_PART.c.blob_id == media).order_by(BLOB_PART.c.part)
    )
    data = b"".join(
        open_part(key, media, part, part == row.parts - 1, found) for part, found in enumerate(sealed.scalars())
    )
    if hashlib.sha256(data).digest() != row.sha256:
        raise Unreadable("file: changed")
    return OpenedFile(data, row.kind, row.mime, row.seconds)


def _stored(work: Work, media: bytes) -> int:
    return work.conn.execute(
        select(func.count()).select_from(BLOB_PART).where(BLOB_PART.c.blob_id == media)
    ).scalar_one()
