"""Who is to be woken after a commit: a turn names a topic, its listeners are called once the commit is durable."""

from collections.abc import Callable
from typing import Final, Literal

from sqlalchemy import Connection

Topic = Literal["letters", "outbox"]

_KEY: Final = "berani.topics"


def announce(connection: Connection, topic: Topic) -> None:
    """Has the listeners of `topic` called after this transaction's commit. A rollback may still wake them: harmless."""
    connection.info.setdefault(_KEY, set()).add(topic)


class Topics:
    """The listeners of one store."""

    def __init__(self) -> None:
        self._listeners: dict[Topic, list[Callable[[], None]]] = {"letters": [], "outbox": []}

    def listen(self, topic: Topic, callback: Callable[[], None]) -> None:
        """Adds a callback. It is called in the writer's thread: it must not wait, and must not raise."""
        self._listeners[topic].append(callback)

    def tell(self, connection: Connection) -> None:
        """Calls the listeners of what was announced on this connection since the last time."""
        for topic in connection.info.pop(_KEY, ()):
            for callback in self._listeners[topic]:
                callback()
