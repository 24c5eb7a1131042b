"""Writes letters to the other actor: numbered, sealed, in the transaction of the turn that causes them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.entropy import Entropy
from storage.letters import Letter, Sender, seal_letter
from storage.shared_tables import LETTER, STREAM
from storage.topics import announce

Post = Callable[[Connection, str, Mapping[str, Any], datetime], bytes]
"""What turns are given: takes connection, kind, body and now; returns the letter's id."""


class PostOffice:
    """The letters of this incarnation of a process: one stream, begun with the first letter.

    A restored database goes on with a new stream, so a number is never given out twice.
    """

    def __init__(self, sender: Sender, entropy: Entropy) -> None:
        self._sender, self._entropy = sender, entropy
        self.stream = entropy(16)

    def post(self, connection: Connection, kind: str, body: Mapping[str, Any], now: datetime) -> bytes:
        """Seals a letter and puts it where the peer's courier finds it after the commit; returns its id (16 bytes).

        Raises ValueError or TypeError for a body that is not JSON.
        """
        letter = Letter(self._entropy(16), self.stream, self._next_number(connection, now), kind, dict(body))
        row = {"id": letter.id, "stream": letter.stream, "seq": letter.seq, "created_at": now}
        connection.execute(insert(LETTER), {**row, "wire": seal_letter(self._sender, letter, self._entropy)})
        announce(connection, "letters")
        return letter.id

    def _next_number(self, connection: Connection, now: datetime) -> int:
        # The row stays locked until the commit: numbers become visible in their order, and a rollback leaves no hole.
        raised = update(STREAM).where(STREAM.c.id == self.stream).values(seq=STREAM.c.seq + 1).returning(STREAM.c.seq)
        number: int | None = connection.scalar(raised)
        if number is None:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            begun = dialect.insert(STREAM).values(id=self.stream, seq=0, began_at=now).on_conflict_do_nothing()
            connection.execute(begun)
            number = connection.scalar(raised)
        if number is None:
            raise RuntimeError("a stream that was just begun is not there")
        return number
