"""Files of a case: copied from intake as they came, opened only to be shown to the owner."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from handoff import cases
from handoff.sql import insert_new
from handoff.work import Work, dump, load
from storage.desk_tables import BLOB, BLOB_ABOUT, BLOB_PART, Case
from storage.framing import Unreadable
from storage.vault import new_media_key, open_part, seal_part


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


def file_id(work: Work, media: str) -> bytes:
    """Under which id the desk keeps the file that intake calls `media` (hex): nobody can join the two stores by it."""
    return work.index("file", bytes.fromhex(media))


def keep(work: Work, case: Case, listed: Iterable[Mapping[str, Any]], parts: Mapping[tuple[bytes, int], bytes]) -> Kept:
    """Copies the files that a letter lists, sealed anew under keys of the desk."""
    new, incomplete = [], 0
    for one in listed:
        row_id = file_id(work, one["id"])
        key, fresh = _row(work, case, row_id, one)
        if fresh:
            new.append(bytes.fromhex(one["id"]))
        for part in range(one["parts"]):
            _copy(work, row_id, key, one, part, parts)
        incomplete += _stored(work, row_id) < one["parts"]
    return Kept(tuple(new), incomplete)


def _row(work: Work, case: Case, row_id: bytes, one: Mapping[str, Any]) -> tuple[bytes, bool]:
    """The key of the file's row, which is made if it is new here, and whether it was."""
    box = cases.box(work, case.id)
    known = work.conn.execute(select(BLOB.c.about).where(BLOB.c.id == row_id)).scalar()
    if known is not None:
        return bytes.fromhex(load(box.open(BLOB_ABOUT, row_id, known))["key"]), False
    key = new_media_key(work.tools.entropy)
    about = {"key": key.hex(), "sha256": one["sha256"], "mime": one.get("mime") or ""}
    row = {"id": row_id, "case_id": case.id, "kind": one["kind"], "parts": one["parts"], "size": one["size"]}
    row |= {"seconds": one.get("seconds") or 0, "about": box.seal(BLOB_ABOUT, row_id, dump(about))}
    work.conn.execute(BLOB.insert().values(**row))
    return key, True


def _copy(
    work: Work,
    row_id: bytes,
    key: bytes,
    one: Mapping[str, Any],
    part: int,
    parts: Mapping[tuple[bytes, int], bytes],
) -> None:
    media, last = bytes.fromhex(one["id"]), part == one["parts"] - 1
    if (media, part) not in parts:
        return
    try:
        data = open_part(bytes.fromhex(one["key"]), media, part, last, parts[media, part])
    except Unreadable:
        return  # counted as missing
    insert_new(work.conn, BLOB_PART, blob_id=row_id, part=part, sealed=seal_part(key, row_id, part, last, data))


def opened(work: Work, row_id: bytes) -> OpenedFile:
    """The file in clear. Raises Unreadable when a part is missing or anything was changed."""
    row = work.conn.execute(select(BLOB).where(BLOB.c.id == row_id)).first()
    if row is None or _stored(work, row_id) != row.parts:
        raise Unreadable("file: missing")
    about = load(cases.box(work, row.case_id).open(BLOB_ABOUT, row_id, row.about))
    query = select(BLOB_PART.c.sealed).where(BLOB_PART.c.blob_id == row_id).order_by(BLOB_PART.c.part)
    sealed, key = work.conn.execute(query).scalars(), bytes.fromhex(about["key"])
    data = b"".join(open_part(key, row_id, part, part == row.parts - 1, found) for part, found in enumerate(sealed))
    if hashlib.sha256(data).hexdigest() != about["sha256"]:
        raise Unreadable("file: changed")
    return OpenedFile(data, row.kind, about["mime"], row.seconds)


def _stored(work: Work, media: bytes) -> int:
    return work.conn.execute(
        select(func.count()).select_from(BLOB_PART).where(BLOB_PART.c.blob_id == media)
    ).scalar_one()
