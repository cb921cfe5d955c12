"""A project, or some results of it, as a folder that opens elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from natron.store.entries import Entry
from natron.store.errors import DamagedError, StoreError, in_words
from natron.store.index import insert_numbers
from natron.store.objects import replace_whole
from natron.store.project import Project, init_project


@dataclass(frozen=True)
class Exported:
    """What an export holds.

    Attributes
    ----------
    folder : Path
    results, files : int
        Results, and instrument files among what they came from.
    left_out : tuple of str
        What could not come along, and why.
    """

    folder: Path
    results: int
    files: int
    left_out: tuple[str, ...]


def export(project: Project, folder: str | os.PathLike[str], entries: Sequence[Entry] | None = None) -> Exported:
    """Write a self-contained project: results, tables, pictures and the instrument files they came from.

    Parameters
    ----------
    project : Project
        It is only read.
    folder : path
        New, or empty.
    entries : sequence of Entry, optional
        Which results; all where left out.

    Raises
    ------
    StoreError
        Where the folder holds something, or cannot be written.
    """
    target = Path(folder)
    with in_words(target):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise StoreError(
                "an export needs a folder of its own", file=str(folder), given="one that holds something",
                hint="Name a new folder.",
            )  # fmt: skip
    wanted = project.entries() if entries is None else list(entries)
    left_out: list[str] = []
    raws: set[str] = set()
    done = 0
    with init_project(target) as copy:
        for entry in wanted:
            try:
                _copy_result(project, copy, entry, left_out)
            except DamagedError as fault:
                left_out.append(f"{entry.short}: {fault}")
                continue
            done += 1
            raws |= {raw.sha256 for raw in entry.raws}
        for digest in sorted(raws):
            _copy_readings(project, copy, digest, left_out)
    return Exported(target, done, len(raws), tuple(left_out))


def _copy_result(project: Project, copy: Project, entry: Entry, left_out: list[str]) -> None:
    content = project.open(entry).content
    row = project.index.rows("SELECT * FROM result WHERE id = ?", (entry.id,))[0]
    tables = project.index.rows("SELECT * FROM result_table WHERE result = ?", (entry.id,))
    figures = project.index.rows("SELECT * FROM figure WHERE result = ?", (entry.id,))
    _copy_objects(project, copy, [entry.object, *(str(name) for *_, name in (*tables, *figures))])
    raws = [_copy_raw(project, copy, raw.sha256, left_out) for raw in entry.raws]
    with copy.index.transaction() as connection:
        connection.executemany("INSERT OR IGNORE INTO raw VALUES (?, ?, ?, ?, ?, ?)", raws)
        connection.execute("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.executemany(
            "INSERT INTO result_of VALUES (?, ?, ?)", [(entry.id, i, raw.sha256) for i, raw in enumerate(entry.raws)]
        )
        connection.executemany("INSERT INTO result_table VALUES (?, ?, ?)", tables)
        connection.executemany("INSERT INTO figure VALUES (?, ?, ?)", figures)
        insert_numbers(connection, entry.id, content)


def _copy_objects(project: Project, copy: Project, names: Sequence[str]) -> None:
    for name in names:
        content = project.objects.get(name)
        with in_words(copy.index.folder):
            copy.objects.put(content, name.partition(".")[2])


def _copy_raw(project: Project, copy: Project, digest: str, left_out: list[str]) -> tuple[object, ...]:
    """A file, at its place in the folder or as a copy in the store; its row in the index."""
    (row,) = project.index.rows("SELECT * FROM raw WHERE sha256 = ?", (digest,))
    _, name, path, _kept, *rest = row
    (raw,) = project.raws([digest])
    source = project.raw_path(raw)
    if source is None:
        left_out.append(f"{name}: it is no longer what was analysed, or is gone; its table and results came along")
        return (digest, name, None, None, *rest)
    content = source.read_bytes()
    if path is None:
        with in_words(copy.index.folder):
            return (digest, name, None, copy.objects.put(content, "raw"), *rest)
    target = copy.folder / str(path)
    with in_words(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            replace_whole(target, content, copy.objects.temp)
    return (digest, name, path, None, *rest)


def _copy_readings(project: Project, copy: Project, digest: str, left_out: list[str]) -> None:
    """The tables that were read from a file, where all files they were read from came along."""
    rows = project.index.rows(
        "SELECT DISTINCT reading.* FROM reading JOIN reading_of ON reading_of.reading = reading.id WHERE raw = ?",
        (digest,),
    )
    for row in rows:
        parts = project.index.rows("SELECT * FROM reading_of WHERE reading = ?", (row[0],))
        here = {str(found[0]) for found in copy.index.rows("SELECT sha256 FROM raw")}
        if any(str(raw) not in here for *_, raw in parts):
            continue
        try:
            _copy_objects(project, copy, [str(row[4]), str(row[5])])
        except DamagedError as fault:
            left_out.append(str(fault))
            continue
        with copy.index.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO reading VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            connection.executemany("INSERT OR IGNORE INTO reading_of VALUES (?, ?, ?)", parts)
