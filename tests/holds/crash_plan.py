"""Inside a process that is to die: counts how often each crash point is passed, and kills at the one that was named.

Nothing in the product knows of this. Commits, HTTP requests and the making of key files are wrapped from outside.
"""

import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from telegram.request import HTTPXRequest

from storage import keyfiles
from storage.store import Store
from tests.holds import crash_points

T = TypeVar("T")
_URL: Final = re.compile(r"/file/bot(?P<file>\d+)(?::|%3A)|/bot(?P<bot>\d+):[^/]+/(?P<method>\w+)$")


class Plan:
    """Which point to die at (`point`, its `occurrence` from 1; "" for none), and the count of all that were passed."""

    def __init__(self, point: str, occurrence: int, actors: dict[str, str]) -> None:
        """`actors`: the id of each bot → whose it is."""
        self._fatal, self._actors = (point, occurrence), actors
        self._passed: Counter[str] = Counter()
        self._lock = Lock()

    def reach(self, key: str, side: str) -> None:
        """A point is passed now; may be the last thing that this process does."""
        name = f"{key} {side}"
        with self._lock:
            self._passed[name] += 1
            if (name, self._passed[name]) == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    def write_counts(self, file: Path) -> None:
        """Point → how often it was passed, as JSON."""
        with self._lock:
            file.write_text(json.dumps(self._passed), encoding="utf-8")

    def arm(self) -> None:
        """From now on every point counts."""
        self._arm_stores()
        self._arm_verbs()
        self._arm_calls()
        self._arm_files()

    def _arm_stores(self) -> None:
        write = Store.write

        def wrapped(store: Store, work: Callable[[Connection], T]) -> Awaitable[T]:
            key = f"{store.actor} commit {_place(sys._getframe(1))}"

            def to_the_edge(connection: Connection) -> T:
                result = work(connection)
                self.reach(key, "before")
                return result

            async def over_the_edge() -> T:
                result = await write(store, to_the_edge)
                self.reach(key, "after")
                return result

            return over_the_edge()

        Store.write = wrapped  # type: ignore[assignment,method-assign]

    def _arm_verbs(self) -> None:
        commit = Connection.commit

        def wrapped(connection: Connection) -> None:
            key = f"verb commit {_place(sys._getframe(1))}"
            self.reach(key, "before")
            commit(connection)
            self.reach(key, "after")

        Connection.commit = wrapped  # type: ignore[assignment,method-assign]

    def _arm_calls(self) -> None:
        request = HTTPXRequest.do_request

        async def wrapped(own: HTTPXRequest, url: str, *more: Any, **named: Any) -> tuple[int, bytes]:
            found = _URL.search(url)
            assert found is not None, "a request that is no call of the Bot API"
            key = f"{self._actors[found['file'] or found['bot']]} call {found['method'] or 'download'}"
            self.reach(key, "before")
            result = await request(own, url, *more, **named)
            self.reach(key, "after")
            return result

        HTTPXRequest.do_request = wrapped  # type: ignore[assignment,method-assign]

    def _arm_files(self) -> None:
        for name in ("make_folder", "write_new", "publish"):
            setattr(keyfiles, name, self._making(name, getattr(keyfiles, name)))

    def _making(self, name: str, make: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*given: Any) -> None:
            frame = sys._getframe(1)
            key = f"verb file {_name(frame)}: {name}"
            self.reach(key, "before")
            if name == "write_new":
                with _half_way(lambda: self.reach(key, "half")):
                    make(*given)
            else:
                make(*given)
            self.reach(key, "after")

        return wrapped


class _half_way:  # noqa: N801 (read as a verb)
    """A file exists and holds nothing yet."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell, self._fdopen = tell, os.fdopen

    def __enter__(self) -> None:
        def wrapped(*given: Any, **named: Any) -> Any:
            self._tell()
            return self._fdopen(*given, **named)

        os.fdopen = wrapped

    def __exit__(self, *_: object) -> None:
        os.fdopen = self._fdopen


def _place(frame: FrameType | None) -> str:
    """The name of the commit that the frame, or whoever it commits for, stands at."""
    found, known = frame, crash_points.commits()
    while frame is not None:
        place = known.get((frame.f_code.co_filename, frame.f_lineno))
        if place is not None:
            return place
        frame = frame.f_back
    return f"unknown {_name(found)}" if found else "unknown"


def _name(frame: FrameType) -> str:
    return f"{frame.f_globals['__name__']}.{frame.f_code.co_qualname}"
