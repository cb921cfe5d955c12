"""Instrument files read once: by the content of the file, the reader's code and what was told, a Parquet table."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from natron.store.code import code_version
from natron.store.entries import Raw
from natron.store.errors import DamagedError, in_words
from natron.store.project import Project, digest_of, without_places
from natron.store.typed import Tables, digest, encode

if TYPE_CHECKING:
    from natron.io import Reading

_TABLE = "table.bdf.parquet"


def read_kept(
    project: Project, files: Sequence[str | os.PathLike[str]], told: Mapping[str, Any]
) -> tuple[Reading, tuple[Raw, ...]]:
    """What files hold, from the project where it was read before, else from the files, and then kept.

    Parameters
    ----------
    project : Project
    files : sequence of path
        One, or the parts of one test.
    told : Mapping
        As `natron.io.read` and `natron.io.join` take it. A ``mapping`` counts by its content.

    Returns
    -------
    Reading
        Named after the files as they are called now.
    tuple of Raw

    Raises
    ------
    DataError
        Where a file cannot be read.
    StoreError
        Where the project cannot be written.
    """
    from natron.data import DataError
    from natron.io import join, read
    from natron.io.source import open_source

    for file in files:
        open_source(file)  # which says what is wrong with one that is no measurement, or larger than any
    before = [_state(file) for file in files]
    raws = tuple(raw_of(project, file) for file in files)
    mapping = told.get("mapping")
    counted = {**told, "mapping": None if mapping is None else Path(mapping).read_text("utf-8", errors="replace")}
    key = digest({"files": [raw.sha256 for raw in raws], "told": counted, "code": code_version()})
    rows = project.index.rows("SELECT table_object, about_object FROM reading WHERE id = ?", (key,))
    if rows:
        try:
            names: dict[str | None, str] = {raw.sha256: str(file) for raw, file in zip(raws, files, strict=True)}
            return _open(project, str(rows[0][0]), str(rows[0][1]), names), raws
        except DamagedError:
            if not project.writable:
                raise
            # the original is at hand: it is read again, and the damaged file written anew
    reading = read(files[0], **told) if len(files) == 1 else join(list(files), **told)
    for file, state in zip(files, before, strict=True):
        if _state(file) != state:
            raise DataError(
                "this file changed while it was read", file=str(file), hint="Try again when it is complete."
            )
    if project.writable:
        called = {str(file): raw.shown for raw, file in zip(raws, files, strict=True)}
        _keep(project, key, reading, raws, counted, called)
    return reading, raws


def _state(file: str | os.PathLike[str]) -> tuple[int, int]:
    found = Path(file).stat()
    return found.st_size, found.st_mtime_ns


def raw_of(project: Project, file: str | os.PathLike[str]) -> Raw:
    """A file by its content, noted in the project if that may be written.

    Raises
    ------
    StoreError
        Where it cannot be read, or the store cannot be written.
    """
    path = Path(file)
    if project.writable:
        return project.add_raw(path)
    found, size = digest_of(path)
    return Raw(found, path.name, None, None, size)


def _keep(
    project: Project,
    key: str,
    reading: Reading,
    raws: Sequence[Raw],
    counted: Mapping[str, Any],
    called: Mapping[str, str],
) -> None:
    from natron.io import write
    from natron.io.sidecar import beside

    with in_words(project.index.folder):
        # two files of fixed names, in a folder of their own outside the project: only whole objects enter it
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / _TABLE
            write(reading, table)
            content, about_text = table.read_bytes(), beside(table).read_text("utf-8")
        table_name = project.objects.put(content, "bdf.parquet")
        about_json = without_places(json.loads(about_text), called)
        about = project.objects.put(json.dumps(about_json, ensure_ascii=False, indent=1).encode(), "json")
    now = encode(dict(counted), Tables())
    with project.index.transaction() as connection:
        connection.execute(
            "INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ')) ON CONFLICT (id) "
            "DO UPDATE SET table_object = excluded.table_object, about_object = excluded.about_object",
            (key, reading.format, code_version(), json.dumps(now), table_name, about),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO reading_of VALUES (?, ?, ?)", [(key, i, raw.sha256) for i, raw in enumerate(raws)]
        )


def _open(project: Project, table_name: str, about: str, names: Mapping[str | None, str]) -> Reading:
    """A reading as it was written, its files called as they are now."""
    from pydantic import ValidationError

    from natron.io.parquet import read_parquet
    from natron.io.reading import Asked
    from natron.io.restoring import restore
    from natron.io.sidecar import Sidecar
    from natron.io.source import Source

    project.objects.check(table_name, project.objects.get(table_name))
    try:
        side = Sidecar.model_validate_json(project.objects.get(about))
    except ValidationError as error:
        raise DamagedError("what is told beside a kept table cannot be read", file=about) from error
    path = project.objects.path(table_name)
    source = Source(path, path.stat().st_size, b"")
    origins = [o.model_copy(update={"file": names.get(o.sha256, o.file)}) for o in side.provenance]
    side = side.model_copy(update={"provenance": origins})
    return restore(read_parquet(source, whole=True), side, source, Asked(), reader=side.format)
