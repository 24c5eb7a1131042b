"""What a turn will write, collected while it decides and carried out in one transaction afterwards."""

from collections.abc import Callable

from sqlalchemy import Connection

Write = Callable[[Connection], object]


class Plan:
    """Writes in the order in which they were added."""

    def __init__(self) -> None:
        self._writes: list[Write] = []

    def add(self, write: Write) -> None:
        """One more write; whatever it needs is already sealed and bound."""
        self._writes.append(write)

    def __call__(self, conn: Connection) -> None:
        """Carry everything out. A lost compare-and-set raises Conflict, and nothing of it stays."""
        for write in self._writes:
            write(conn)


class AlreadyReceived(Exception):
    """This very message was committed before: nothing is to be done again."""
