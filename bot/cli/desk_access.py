"""What the verbs for staff and cases share: the desk's keys and its store, opened and closed in good order."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from bot.cli.problems import end_the_verb
from bot.clock import SystemClock
from bot.content import publish
from bot.settings import load
from handoff.work import Tools, Work
from storage import keys
from storage.entropy import system_entropy
from storage.store import Conflict, Store

T = TypeVar("T")
RACES = 8


@dataclass(frozen=True)
class DeskAccess:
    """The desk as verbs see it."""

    store: Store
    tools: Tools
    now: datetime

    def write(self, job: Callable[[Work], T]) -> T:
        """Runs the job in one transaction, again if a running desk was in its way."""
        for _ in range(RACES):
            try:
                # Not `Store.write`: a second writer would checkpoint beside the running one.
                with self.store.unit() as unit:
                    result = job(Work(unit.connection, self.now, self.tools))
                    unit.commit()
            except Conflict:
                continue
            return result
        raise Conflict

    def read(self, job: Callable[[Work], T]) -> T:
        """Runs the job on a snapshot."""
        return self.store.read_now(lambda conn: job(Work(conn, self.now, self.tools)))


@contextmanager
def desk_access() -> Iterator[DeskAccess]:
    """Opens settings, the desk's keys and its store; what is faulty ends the verb with a readable block."""
    with end_the_verb():
        settings = load(os.environ)
        tools = Tools(
            keys.load_desk(settings.key_dir),
            publish.live,
            _no_letters,
            system_entropy,
            settings.timezone,
            settings.desk_group_id,
            b"",
        )
        store = Store.open(settings.desk_database_url.get_secret_value(), "desk")
        try:
            yield DeskAccess(store, tools, SystemClock(settings.honoured_clock_file).now())
        finally:
            store.close()


def _no_letters(_: Connection, kind: str, __: Mapping[str, Any], ___: datetime) -> bytes:
    raise RuntimeError(f"a verb of the command line writes no letters: {kind}")
