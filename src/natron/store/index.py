"""The index of a project: one SQLite file, in which each acknowledged write is on the disk."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from natron.store.errors import DamagedError, StoreError, in_words
from natron.store.numbers import numbers_in
from natron.store.objects import Objects

VERSION = 2
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

_TABLES_2 = """
CREATE TABLE number (
    result TEXT NOT NULL REFERENCES result, place TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL,
    uncertainty REAL, unit TEXT NOT NULL, PRIMARY KEY (result, place));
CREATE INDEX number_name ON number (name, value);
CREATE TABLE batch (
    sweep TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, object TEXT NOT NULL, kept TEXT NOT NULL,
    PRIMARY KEY (sweep, start, stop));
"""

Migration = Callable[[sqlite3.Connection, Path], None]


def _add_numbers(connection: sqlite3.Connection, folder: Path) -> None:
    """Version 1 had neither an index of the results' numbers nor the batches of sweeps."""
    _execute(connection, _TABLES_2)
    objects = Objects(folder)
    for result, name in connection.execute("SELECT id, object FROM result").fetchall():
        try:
            content = json.loads(objects.get(name))["content"]
        except DamagedError:
            continue  # its numbers cannot be found until it is computed anew; the others can
        insert_numbers(connection, result, content)


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    # not executescript, which would end the transaction
    for statement in statements.split(";"):
        connection.execute(statement)


def insert_numbers(connection: sqlite3.Connection, result: str, content: Mapping[str, Any]) -> None:
    """Make a result's numbers ones that can be searched."""
    connection.execute("DELETE FROM number WHERE result = ?", (result,))
    connection.executemany(
        "INSERT INTO number VALUES (?, ?, ?, ?, ?, ?)",
        [(result, n.place, n.name, n.value, n.uncertainty, n.unit) for n in numbers_in(content)],
    )


_MIGRATIONS: dict[int, Migration] = {1: _add_numbers}
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
                if next(Objects(self.folder).folder.glob("*/*"), None) is not None:
                    raise DamagedError(
                        "the index is empty, and yet results lie beside it",
                        file=str(self.file),
                        hint="Put one of backups/, or a copy of this file, in its place; what lies in objects/ is "
                        "untouched. To begin anew, move the folder .natron away first.",
                    )
                _execute(connection, _TABLES + _TABLES_2)
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
