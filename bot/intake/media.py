"""Fetches what people sent, outside of any turn, and stores it in sealed parts; trouble is tried again for a day."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, select, update

from bot.channels import errors
from bot.intake import mediafile
from bot.intake.post import answers_letter
from bot.intake.telling import tell
from bot.intake.tools import Tools
from storage import vault
from storage.intake_tables import ANSWERS, BLOBS, MEDIA_FILES, THREADS
from storage.store import Store

PART = 1024 * 1024
"""Bytes in one sealed part."""
TRIED_FOR = timedelta(days=1)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=30)

Download = Callable[[str], Awaitable[bytes]]


class MediaFetcher:
    """Works off the files that wait to be downloaded."""

    def __init__(self, store: Store, tools: Tools, download: Download) -> None:
        """`download` takes the platform's handle of a file and returns its bytes, or raises a ChannelError."""
        self._store, self._tools, self._download = store, tools, download

    async def fetch_due(self, now: datetime) -> int:
        """Fetch every file that is due; returns how many were looked at. One failure does not stop the others."""
        # One put off for longer than ever was written before the clock was put back.
        due = (MEDIA_FILES.c.due_at <= now) | (MEDIA_FILES.c.due_at > now + 2 * _LONGEST_PAUSE)
        query = select(MEDIA_FILES).where(MEDIA_FILES.c.state == "fetch", due).limit(8)
        rows = await self._store.read(lambda conn: conn.execute(query).mappings().all())
        await asyncio.gather(*(self._fetch(row, now) for row in rows))
        return len(rows)

    async def _fetch(self, row: RowMapping, now: datetime) -> None:
        try:
            facts = mediafile.unseal(self._tools, row)
            data = await self._download(facts.file_id)
        except Exception as problem:  # noqa: BLE001 - whatever it is, one file's trouble must not become everybody's
            final = isinstance(problem, errors.Refused | errors.Gone) or now - row["created_at"] > TRIED_FOR
            await self._store.write(lambda conn: self._failed(conn, row, final, now))
            return
        await self._store.write(self._store_parts(row, facts, data, now))

    def _store_parts(
        self, row: RowMapping, facts: mediafile.Facts, data: bytes, now: datetime
    ) -> Callable[[Connection], None]:
        """Seal the file under a key of its own; once its report was sent, it follows by a letter at once."""
        tools, media_id = self._tools, row["id"]
        key = vault.new_media_key(tools.entropy)
        pieces = [data[start : start + PART] for start in range(0, len(data), PART)] or [b""]
        sealed = [
            vault.seal_part(key, media_id, index, index == len(pieces) - 1, piece) for index, piece in enumerate(pieces)
        ]
        digest = hashlib.sha256(data).hexdigest()
        stored = replace(facts, file_id="", key=key.hex(), sha256=digest, size=len(data), parts=len(sealed))
        values = {"state": "stored", "sealed": mediafile.seal(tools, media_id, stored)}

        def write(conn: Connection) -> None:
            waiting = (MEDIA_FILES.c.id == media_id) & (MEDIA_FILES.c.state == "fetch")
            if not conn.execute(update(MEDIA_FILES).where(waiting).values(**values)).rowcount:
                return  # erased meanwhile, or fetched by another process
            for part, piece in enumerate(sealed):
                conn.execute(BLOBS.insert().values(media_id=media_id, part=part, sealed=piece))
            self._follow(conn, media_id, now)

        return write

    def _follow(self, conn: Connection, media_id: bytes, now: datetime) -> None:
        row = conn.execute(select(MEDIA_FILES.c.thread_id).where(MEDIA_FILES.c.id == media_id)).one()
        sent = conn.execute(select(THREADS.c.sent, THREADS.c.balas).where(THREADS.c.id == row.thread_id)).one_or_none()
        if sent is not None and sent.sent != "no":
            facts = {"balas": sent.balas}
            answers_letter(conn, self._tools, row.thread_id, "more", facts, only_texts=sent.sent == "consult", now=now)

    def _failed(self, conn: Connection, row: RowMapping, final: bool, now: datetime) -> None:
        """Again later; after a day a human is told that a file could not be had."""
        mine = update(MEDIA_FILES).where(MEDIA_FILES.c.id == row["id"], MEDIA_FILES.c.state == "fetch")
        if not final:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(row["attempts"], 10))
            conn.execute(mine.values(attempts=row["attempts"] + 1, due_at=now + pause))
            return
        if not conn.execute(mine.values(state="failed").returning(MEDIA_FILES.c.id)).all():
            return  # erased meanwhile, or had by another process
        body = {"at": now.isoformat(), "what": "media", "thread": row["thread_id"].hex(), "raw": None}
        self._tools.post(conn, "trouble", body | {"held_report": False}, now)
        thread = conn.execute(select(THREADS).where(THREADS.c.id == row["thread_id"])).mappings().one_or_none()
        if thread is not None:
            tell(conn, self._tools, thread, "gagal_berkas", "message", now)


def sweep(conn: Connection, letter_ids: list[bytes]) -> None:
    """Answers and files that these letters list go with them: the desk has had them for longer than any backup."""
    files = select(MEDIA_FILES.c.id).where(MEDIA_FILES.c.letter_id.in_(letter_ids))
    conn.execute(delete(BLOBS).where(BLOBS.c.media_id.in_(files)))
    conn.execute(delete(MEDIA_FILES).where(MEDIA_FILES.c.letter_id.in_(letter_ids)))
    conn.execute(delete(ANSWERS).where(ANSWERS.c.letter_id.in_(letter_ids)))
