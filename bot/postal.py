"""Housekeeping of letters between the stores, the same for both actors: how many wait, which may go."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from storage.store import Readable, Store
from storage.streams import count_on, forget_letters, forgotten, letters_beyond, watermarks


async def lag(store: Store, peer: Readable) -> int:
    """How many of the peer's letters are not applied yet. Raises StoreDown."""
    marks = await store.read(watermarks)
    return len(await asyncio.to_thread(peer.read_now, lambda conn: letters_beyond(conn, marks)))


async def set_back(store: Store, peer: Readable, now: datetime, on_set_back: Callable[[Connection], None]) -> bool:
    """Whether our store was put back to an older copy, as the peer's watermarks tell. Raises StoreDown.

    `on_set_back` is called in the transaction that notes it, once for each time.
    """
    marks = await asyncio.to_thread(peer.read_now, watermarks)
    if not await store.read(lambda conn: forgotten(conn, marks)):
        return False

    def note(conn: Connection) -> bool:
        streams = forgotten(conn, marks)
        if streams:
            count_on(conn, streams, now)
            on_set_back(conn)
        return bool(streams)

    return await store.write(note)


async def forget(
    store: Store, peer: Readable, now: datetime, on_forget: Callable[[Connection, list[bytes]], None]
) -> None:
    """Delete our letters that the peer has had for longer than any backup of it is old. Raises StoreDown."""
    marks = await asyncio.to_thread(peer.read_now, watermarks)
    await store.write(lambda conn: forget_letters(conn, marks, now, on_forget))
