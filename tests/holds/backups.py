"""Copies of a store as an operator makes them, and putting one back: SQLite's backup API, PostgreSQL's templates."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from storage.pragmas import path_of
from storage.shared_tables import Actor
from tests.conftest import Databases, PostgresServer


class Backups:
    """One copy of each store; `server` where the stores are on PostgreSQL."""

    def __init__(self, databases: Databases, folder: Path, server: PostgresServer | None) -> None:
        self._databases, self._folder, self._server = databases, folder, server
        self._suffix = f"_backup_{os.urandom(3).hex()}"

    @property
    def needs_quiet(self) -> bool:
        """Whether nobody may be connected while a copy is made: a template database is copied as a whole."""
        return self._server is not None

    def take(self, actor: Actor) -> None:
        """A copy of the store as it is now; on SQLite while it is in use."""
        if self._server is not None:
            name = self._name(actor)
            self._server.execute(f"CREATE DATABASE {name}{self._suffix} TEMPLATE {name}")
            return
        source = path_of(self._databases.url(actor))
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(self._copy(actor))) as copy:
            live.backup(copy)

    def put_back(self, actor: Actor) -> None:
        """The store is as it was when the copy was taken. Nobody has it open."""
        if self._server is not None:
            name = self._name(actor)
            self._server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            self._server.execute(f"CREATE DATABASE {name} TEMPLATE {name}{self._suffix}")
            return
        target = path_of(self._databases.url(actor))
        for end in ("-wal", "-shm", ""):
            Path(f"{target}{end}").unlink(missing_ok=True)
        shutil.copy(self._copy(actor), target)

    def drop(self) -> None:
        """The copies are gone."""
        for actor in ("intake", "desk") if self._server is not None else ():
            assert self._server is not None
            self._server.execute(f"DROP DATABASE IF EXISTS {self._name(actor)}{self._suffix} WITH (FORCE)")

    def _name(self, actor: Actor) -> str:
        return urlsplit(self._databases.url(actor)).path[1:]

    def _copy(self, actor: Actor) -> Path:
        return self._folder / f"{actor}.backup"
