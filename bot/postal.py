"""Housekeeping of letters between the stores, the same for both actors: how many wait, which may go."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from storage.store import Peer, Store
from storage.streams import forget_letters, letters_beyond, watermarks


async def lag(store: Store, peer: Peer) -> int:
    """How many of the peer's letters are not applied yet. Raises StoreDown."""
    marks = await store.read(watermarks)
    return len(await asyncio.to_thread(peer.read_now, lambda conn: letters_beyond(conn, marks)))


async def forget(store: Store, peer: Peer, now: datetime, on_forget: Callable[[Connection, list[bytes]], None]) -> None:
    """Delete our letters that the peer has had for longer than any backup of it is old. Raises StoreDown."""
    marks = await asyncio.to_thread(peer.read_now, watermarks)
    await store.write(lambda conn: forget_letters(conn, marks, now, on_forget))
