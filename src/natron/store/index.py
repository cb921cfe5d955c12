"""The index of a project: one SQLite file, in which each acknowledged write is on the disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from natron.store.errors import StoreError, in_words

VERSION = 1
"""Of the tables below; a project of an older one is brought up to it, its index copied to ``backups/`` first."""

PATIENCE_S = 60.0
"""How long a writer waits for another."""

_TABLES = """
CREATE TABLE raw (
    sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT, object TEXT, size INTEGER NOT NULL, kept TEXT NOT NULL);
CREATE TABLE reading (
    id TEXT PRIMARY KEY, reader TEXT NOT NULL, code TEXT NOT NULL, told TEXT NOT NULL,
    table_object TEXT NOT NULL, about_object TEXT NOT NULL, kept TEXT NOT NULL);
CREATE TABLE reading_of (
    reading TEXT NOT NULL REFERENCES reading, place INTEGER NOT NULL, raw TEXT NOT NULL REFERENCES raw,
    PRIMARY KEY (reading, place));
CREATE TABLE result (
    id TEXT PRIMARY KEY, command TEXT NOT NULL, title TEXT NOT NULL, code TEXT NOT NULL, settings TEXT NOT NULL,
    status TEXT, object TEXT NOT NULL, kept TEXT NOT NULL);
CREATE INDEX result_kept ON result (kept);
CREATE TABLE result_of (
    result TEXT NOT NULL REFERENCES result, place INTEGER NOT NULL, raw TEXT NOT NULL REFERENCES raw,
    PRIMARY KEY (result, place));
CREATE TABLE result_table (
    result TEXT NOT NULL REFERENCES result, name TEXT NOT NULL, object TEXT NOT NULL, PRIMARY KEY (result, name));
CREATE TABLE figure (
    result TEXT NOT NULL REFERENCES result, name TEXT NOT NULL, object TEXT NOT NULL, PRIMARY KEY (result, name));
"""

Migration = Callable[[sqlite3.Connection, Path], None]

_MIGRATIONS: dict[int, Migration] = {}
"""From each older version to the next; takes the connection, inside a transaction, and the store's folder."""


class Index:
    """A connection to a project's index; open it anew in every process.

    Parameters
    ----------
    folder : Path
        Of the store.
    create : bool
        Make the index where there is none.

    Raises
    ------
    StoreError
        Where there is none, it was written by a newer natron, or it cannot be opened.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        self.file = folder / "index.sqlite"
        self.writable = os.access(folder, os.W_OK) and (create or os.access(self.file, os.W_OK))
        if not create and not self.file.is_file():
            raise StoreError("there is no index in this project", file=str(self.file))
        with in_words(folder):
            self.connection = self._connect()
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def _connect(self) -> sqlite3.Connection:
        if self.writable:
            connection = sqlite3.connect(self.file, timeout=PATIENCE_S, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            return connection
        # a log that its writer left could not be read without the right to write
        waiting = self.file.with_name("index.sqlite-wal")
        mode = "mode=ro" if waiting.is_file() and waiting.stat().st_size else "mode=ro&immutable=1"
        return sqlite3.connect(f"file:{quote(str(self.file))}?{mode}", uri=True, timeout=PATIENCE_S)

    def _prepare(self) -> None:
        version = self._version()
        if version > VERSION:
            raise StoreError(
                "this project was written by a newer natron",
                file=str(self.folder),
                given=f"version {version} of its tables",
                allowed=f"up to {VERSION}",
                hint="Install that natron to read and write it; nothing was changed.",
            )
        if version == VERSION:
            return
        if not self.writable:
            raise StoreError(
                "this project is of an older natron and may not be written, so that it cannot be brought up to date",
                file=str(self.folder),
                hint="Copy the whole folder to where you may write.",
            )
        if version:
            self._back_up(version)
        with self.transaction() as connection:
            # another process may have done it meanwhile
            version = self._version()
            if version == 0:
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
            for older in range(version or VERSION, VERSION):
                _MIGRATIONS[older](connection, self.folder)
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def _back_up(self, version: int) -> None:
        """A copy of the index beside the objects, whole and on the disk before anything is changed."""
        folder = self.folder / "backups"
        folder.mkdir(exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = folder / f"index-version-{version}-{stamp}-{os.getpid()}.sqlite"
        copy = sqlite3.connect(target)
        try:
            copy.execute("PRAGMA synchronous = FULL")
            self.connection.backup(copy)
        finally:
            copy.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; on the disk when it is left."""
        with in_words(self.folder):
            if not self.writable:
                raise sqlite3.OperationalError("attempt to write a readonly database")
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """What a query finds."""
        with in_words(self.folder):
            return self.connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()
