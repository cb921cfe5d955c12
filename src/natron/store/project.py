"""A project: a folder whose results are kept, found again, and opened as what they were."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from io import BytesIO
from operator import eq, ge, gt, le, lt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from natron.core import did_you_mean
from natron.store.code import code_version
from natron.store.entries import Entry, Kept, Raw, text_of
from natron.store.errors import DamagedError, StoreError, in_words
from natron.store.index import Index, insert_numbers
from natron.store.numbers import Number
from natron.store.objects import Objects
from natron.store.place import FOLDER
from natron.store.typed import Tables, decode, digest, encode

if TYPE_CHECKING:
    import polars as pl

SCHEMA_VERSION = 1
"""Of a kept result's JSON document."""

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq}

SHORTEST_ID = 4


class Project:
    """A folder with a store; open one with `open_project`, make one with `init_project`.

    What is written is on the disk when a call returns, whole, or is not there at all. Several processes may read and
    write at once. Everything inside is named by digests and relative paths: the folder can be moved.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder.resolve()
        store = self.folder / FOLDER
        self.objects = Objects(store)
        with in_words(store):
            if create:
                self.objects.make()
            self.index = Index(store, create=create)
            if self.index.writable:
                self.objects.make()
                self.objects.sweep()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        self.index.close()

    @property
    def writable(self) -> bool:
        """Whether results can be kept here."""
        return self.index.writable

    # --- writing -----------------------------------------------------------------------------------------

    def add_raw(self, file: str | os.PathLike[str]) -> Raw:
        """Note a file by its content; one from outside the project's folder is copied into the store.

        Raises
        ------
        StoreError
            Where it cannot be read, or the store cannot be written.
        """
        path = Path(file)
        inside = self._relative(path)
        copy = None
        if inside is None:
            content = _read(path)
            found, size = sha256(content).hexdigest(), len(content)
            with in_words(self.index.folder):
                copy = self.objects.put(content, "raw")
        else:
            found, size = digest_of(path)
        raw = Raw(found, path.name, inside, copy, size)
        known = self._raws("SELECT * FROM raw WHERE sha256 = ?", (found,))
        if known and (known[0].path, known[0].object) == (raw.path, raw.object):
            return known[0]
        with self.index.transaction() as connection:
            connection.execute(
                "INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET name = excluded.name, "
                "path = coalesce(excluded.path, path), object = coalesce(excluded.object, object)",
                (raw.sha256, raw.name, raw.path, raw.object, raw.size, _now()),
            )
        return raw

    def _relative(self, path: Path) -> str | None:
        resolved = path.resolve()
        if not resolved.is_relative_to(self.folder) or resolved.is_relative_to(self.index.folder):
            return None
        return resolved.relative_to(self.folder).as_posix()

    def key(self, command: str, inputs: object, settings: Mapping[str, Any]) -> str:
        """The id of a question: of what it asks, of which input, with which settings, answered by which code."""
        return digest({"command": command, "inputs": inputs, "settings": settings, "code": code_version()})

    def keep(
        self,
        command: str,
        *,
        title: str,
        inputs: object,
        settings: Mapping[str, Any],
        value: object,
        content: Mapping[str, Any],
        raws: Sequence[Raw] = (),
        status: str | None = None,
        figures: Mapping[str, str] | None = None,
        again: bool = False,
        called: Mapping[str, str] | None = None,
    ) -> Entry:
        """Keep a result.

        Parameters
        ----------
        command, title : str
            ``eis fit``, and of what.
        inputs : object
            What the result hangs on beside the settings: digests of files, or the data themselves.
        settings : Mapping
            Numbers, texts, quantities or frozen values.
        value : object
            The result: frozen values of natron, arrays, tables, numbers.
        content : Mapping
            The same in JSON, as the command prints it.
        raws : sequence of Raw
            The files it came from, as `add_raw` gave them.
        status : str, optional
        figures : Mapping[str, str], optional
            Pictures as SVG, by name.
        again : bool
            Write it even where the same question was answered before: that answer turned out damaged.
        called : Mapping[str, str], optional
            Paths as the user gave them, and what to write instead: a project knows no place outside itself.

        Returns
        -------
        Entry
            Once it is on the disk. Where the same question was answered before, that answer.

        Raises
        ------
        NotKeepableError
            Where `value` has a part that cannot be written down.
        StoreError
            Where the disk is full or the project may not be written; nothing is changed then.
        """
        found = self.key(command, inputs, settings)
        known = self.known(found)
        if known is not None and not again:
            return known
        tables = Tables()
        encoded = encode(value, tables)
        document: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "command": command,
            "title": title,
            "code": code_version(),
            "settings": encode(dict(settings), Tables()),
            "inputs": [{"sha256": raw.sha256, "name": raw.name} for raw in raws],
            "status": status,
            "content": dict(content),
            "value": encoded,
        }
        with in_words(self.index.folder):
            places = {name: self.objects.put(_parquet(frame), "parquet") for name, frame in tables.frames().items()}
            pictures = {name: self.objects.put(svg.encode(), "svg") for name, svg in (figures or {}).items()}
            document["tables"] = places
            document = without_places(document, called or {})
            name = self.objects.put(json.dumps(document, allow_nan=False, ensure_ascii=False).encode(), "json")
        with self.index.transaction() as connection:
            row = (found, command, title, code_version(), json.dumps(document["settings"]), status, name, _now())
            done = connection.execute("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            # written again, the answer is the same to the last bit or, where it holds a time it took, nearly so
            if again and not done.rowcount:
                connection.execute("UPDATE result SET object = ?, status = ? WHERE id = ?", (name, status, found))
                for table in ("result_of", "result_table"):
                    connection.execute(f"DELETE FROM {table} WHERE result = ?", (found,))
            if done.rowcount or again:
                insert_numbers(connection, found, document["content"])
                connection.executemany(
                    "INSERT INTO result_of VALUES (?, ?, ?)", [(found, i, raw.sha256) for i, raw in enumerate(raws)]
                )
                connection.executemany(
                    "INSERT INTO result_table VALUES (?, ?, ?)", [(found, *pair) for pair in places.items()]
                )
                connection.executemany(
                    "INSERT OR REPLACE INTO figure VALUES (?, ?, ?)", [(found, *pair) for pair in pictures.items()]
                )
        entry = self.known(found)
        assert entry is not None
        return entry

    def add_figures(self, entry: Entry, figures: Mapping[str, str]) -> None:
        """Keep pictures (SVG, by name) with a result that is there already.

        Raises
        ------
        StoreError
        """
        with in_words(self.index.folder):
            pictures = {name: self.objects.put(svg.encode(), "svg") for name, svg in figures.items()}
        with self.index.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO figure VALUES (?, ?, ?)", [(entry.id, *pair) for pair in pictures.items()]
            )

    # --- reading -----------------------------------------------------------------------------------------

    def known(self, key: str) -> Entry | None:
        """The result with that whole id, or None."""
        found = self._entries("WHERE id = ?", (key,))
        return found[0] if found else None

    def entry(self, id_or_beginning: str) -> Entry:
        """The result whose id begins so.

        Raises
        ------
        StoreError
            Where there is none, or more than one.
        """
        given = id_or_beginning.strip().lower()
        if len(given) < SHORTEST_ID or not all(c in "0123456789abcdef" for c in given):
            raise StoreError(
                "this is not the id of a result",
                given=id_or_beginning,
                allowed=f"{SHORTEST_ID} or more of its first letters and digits",
                hint="List what there is: natron find.",
            )
        found = self._entries("WHERE id >= ? AND id < ?", (given, given + "g"))
        if len(found) == 1:
            return found[0]
        if not found:
            raise StoreError("there is no result with this id", given=id_or_beginning, hint="List them: natron find.")
        raise StoreError(
            f"{len(found)} results begin with this",
            given=id_or_beginning,
            allowed=", ".join(entry.short for entry in found[:5]),
            hint="Give more of it.",
        )

    def entries(
        self,
        *,
        words: Sequence[str] = (),
        command: str | None = None,
        file: str | None = None,
        since: str | None = None,
    ) -> list[Entry]:
        """Results, the newest first.

        Parameters
        ----------
        words : sequence of str
            Each must stand in the title, the command, the settings or a file's name; upper case is as lower.
        command : str, optional
            ``eis fit``, or its beginning.
        file : str, optional
            Part of the name of a file it came from, or the beginning of its SHA-256.
        since : str, optional
            A date in ISO form; those kept from then on, UTC.
        """
        found = self._entries("WHERE kept >= ? ORDER BY kept DESC, id", (since or "",))
        if command is not None:
            commands = sorted({entry.command for entry in found})
            found = [entry for entry in found if entry.command.startswith(command)]
            if commands and not found:
                raise StoreError(
                    "no result of this command is kept", given=command, hint=did_you_mean(command, commands)
                )
        if file is not None:
            part = file.lower()
            found = [e for e in found if any(part in r.name.lower() or r.sha256.startswith(part) for r in e.raws)]
        return [entry for entry in found if all(word.lower() in text_of(entry) for word in words)]

    def with_number(self, name: str, compare: str, value: float, unit: str) -> dict[str, Number]:
        """Ids of the results that hold a number of this name and unit which compares so, and the first such number.

        Parameters
        ----------
        name : str
            As it is called in the result: ``R1``, ``volumetric_energy_density``, or its whole place.
        compare : str
            ``<``, ``<=``, ``>``, ``>=`` or ``=``.
        value, unit
            In the result's own unit.

        Raises
        ------
        StoreError
            Where no result has such a number.
        """
        query = "SELECT result, place, name, value, uncertainty, unit FROM number WHERE (name = ? OR place = ?)"
        rows = [(str(row[0]), Number(*row[1:])) for row in self.index.rows(query, (name, name))]  # type: ignore[arg-type]
        if not rows:
            names = [str(row[0]) for row in self.index.rows("SELECT DISTINCT name FROM number")]
            raise StoreError("no result holds a number of this name", given=name, hint=did_you_mean(name, names))
        units = sorted({number.unit for _, number in rows})
        if unit not in units:
            raise StoreError(
                "no number of this name has this unit", given=f"{name} in {unit}", allowed=", ".join(units)
            )
        right = _COMPARISONS[compare]
        found: dict[str, Number] = {}
        for result, number in rows:
            if number.unit == unit and right(number.value, value):
                found.setdefault(result, number)
        return found

    def open(self, entry: Entry | str) -> Kept:
        """A kept result; by its entry or the beginning of its id.

        Raises
        ------
        StoreError
            Where there is none.
        DamagedError
            Where its file is damaged.
        """
        known = self.entry(entry) if isinstance(entry, str) else entry
        document = self._document(known.object)
        return Kept(known, document["content"], lambda: decode(document["value"], self._table_of(document)))

    def _document(self, name: str) -> dict[str, Any]:
        with in_words(self.index.folder):
            text = self.objects.get(name)
        document: dict[str, Any] = json.loads(text)
        if document["schema_version"] > SCHEMA_VERSION:
            raise StoreError("this result was kept by a newer natron", given=document["code"])
        return document

    def _table_of(self, document: Mapping[str, Any]) -> Callable[[str], pl.DataFrame]:
        opened: dict[str, pl.DataFrame] = {}

        def table(name: str) -> pl.DataFrame:
            if name not in opened:
                opened[name] = self.read_table(document["tables"][name])
            return opened[name]

        return table

    def read_table(self, name: str) -> pl.DataFrame:
        """A Parquet object.

        Raises
        ------
        DamagedError
            Where it is missing or is not what was written.
        """
        import polars as pl

        content = self.objects.get(name)
        try:
            return pl.read_parquet(BytesIO(content))
        except pl.exceptions.PolarsError as error:
            raise DamagedError("a table of the store cannot be read", file=str(self.objects.path(name))) from error

    def figure(self, entry: Entry, name: str) -> str:
        """A picture of a result, as SVG.

        Raises
        ------
        StoreError
            Where it has none of that name.
        """
        rows = self.index.rows("SELECT object FROM figure WHERE result = ? AND name = ?", (entry.id, name))
        if not rows:
            raise StoreError("this result has no such picture", given=name, allowed=", ".join(entry.figures) or "none")
        return self.objects.get(str(rows[0][0])).decode()

    def raws(self, digests: Sequence[str]) -> list[Raw]:
        """Files by the SHA-256 of their content; those that are not known are left out."""
        return [raw for one in digests for raw in self._raws("SELECT * FROM raw WHERE sha256 = ?", (one,))]

    def raw_path(self, raw: Raw) -> Path | None:
        """Where a file lies now: in the project if it still is what it was, else its copy, else None."""
        if raw.path is not None:
            here = self.folder / raw.path
            if here.is_file() and digest_of(here)[0] == raw.sha256:
                return here
        if raw.object is not None and self.objects.path(raw.object).is_file():
            return self.objects.path(raw.object)
        return None

    def _entries(self, where: str, values: tuple[object, ...]) -> list[Entry]:
        columns = "id, command, title, code, settings, status, kept, object"
        rows = self.index.rows(f"SELECT {columns} FROM result {where}", values)
        found = []
        for id_, command, title, code, settings, status, kept, name in rows:
            raws = self._raws(
                "SELECT raw.* FROM result_of JOIN raw ON raw.sha256 = result_of.raw WHERE result = ? ORDER BY place",
                (id_,),
            )
            figures = self.index.rows("SELECT name FROM figure WHERE result = ? ORDER BY name", (id_,))
            found.append(
                Entry(
                    str(id_), str(command), str(title), str(code), json.loads(str(settings)),
                    None if status is None else str(status), str(kept), str(name), tuple(raws),
                    tuple(str(figure) for (figure,) in figures),
                )
            )  # fmt: skip
        return found

    def _raws(self, query: str, values: tuple[object, ...]) -> list[Raw]:
        return [Raw(*row[:5]) for row in self.index.rows(query, values)]  # type: ignore[arg-type]


def init_project(folder: str | os.PathLike[str]) -> Project:
    """Make a folder a project; one that is a project already is opened.

    Raises
    ------
    StoreError
        Where it cannot be made.
    """
    path = Path(folder)
    with in_words(path):
        path.mkdir(parents=True, exist_ok=True)
    return Project(path, create=True)


def open_project(folder: str | os.PathLike[str]) -> Project:
    """The project in a folder.

    Raises
    ------
    StoreError
        Where the folder is none, or a newer natron wrote it.
    """
    if not (Path(folder) / FOLDER).is_dir():
        raise StoreError("this folder is no project", file=str(folder), hint=f"Make it one: natron init {folder}")
    return Project(Path(folder))


def digest_of(file: Path) -> tuple[str, int]:
    """SHA-256 and size of a file, which is not held in memory.

    Raises
    ------
    StoreError
        Where it cannot be read.
    """
    try:
        with file.open("rb") as handle:
            return file_digest(handle, "sha256").hexdigest(), handle.tell()
    except OSError as error:
        raise _unreadable(file, error) from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> StoreError:
    return StoreError(f"this file cannot be read: {error.strerror}", file=str(file))


def without_places(part: Any, called: Mapping[str, str]) -> Any:
    """JSON values with paths that name a folder replaced, the longest first; keys stay.

    A bare name knows no place, and may be any word or number of the result: ``1``, ``full``.
    """
    if isinstance(part, str):
        for given in sorted((name for name in called if "/" in name or "\\" in name), key=len, reverse=True):
            own = rf"(?<![\w/\\.-]){re.escape(given)}(?![\w/\\-])"
            part = re.sub(own, called[given].replace("\\", r"\\"), part)
        return part
    if isinstance(part, Mapping):
        return {key: without_places(item, called) for key, item in part.items()}
    if isinstance(part, list | tuple):
        return [without_places(item, called) for item in part]
    return part


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
