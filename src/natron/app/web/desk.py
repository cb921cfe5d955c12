"""What lies on the desk: the files that were dropped or opened, read once, and what was said of them."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from natron.core import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natron.cycling import CyclingAnalysis
    from natron.data import CyclingRecord, Spectrum
    from natron.io import Reading

_SUFFIX = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")


@dataclass(frozen=True)
class Opened:
    """A file on the desk.

    Attributes
    ----------
    key : str
    name : str
        As the user knows it: to be shown, never a path to anything.
    path : Path
        Where its content lies.
    reading : Reading
    told : Mapping
        What the user said of it: ``area``, ``mass``, ``kind``, ``working_electrode``.
    """

    key: str
    name: str
    path: Path
    reading: Reading
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Desk:
    """The open files, their analyses, and the folder that files may be opened from.

    Parameters
    ----------
    folder : Path or None
        Of the project; nothing outside of it can be opened by name.
    """

    folder: Path | None = None
    _opened: dict[str, Opened] = field(default_factory=dict)
    _analyses: dict[str, CyclingAnalysis] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0
    _room: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="natron-app-")))

    def place(self, name: str) -> Path:
        """A path of the desk's own for an upload; of its name only the suffix counts."""
        with self._lock:
            self._number += 1
            suffix = _SUFFIX.search(name)
            return self._room / f"{self._number}{suffix.group(0).lower() if suffix else ''}"

    def open(self, name: str, path: Path) -> Opened:
        """Read a file and put it on the desk.

        Raises
        ------
        DataError
            Where it cannot be read.
        """
        opened = Opened(path.stem.split(".")[0], name, path, _read(path, name))
        with self._lock:
            self._opened[opened.key] = opened
        return opened

    def open_from_folder(self, relative: str) -> Opened:
        """A file of the project's folder, named relative to it.

        Raises
        ------
        InputError
            Where it lies outside, or is no file.
        """
        if self.folder is None:
            raise InputError("the app was started without a folder", hint="natron app FOLDER")
        wanted = (self.folder / relative).resolve()
        if not wanted.is_relative_to(self.folder.resolve()) or not wanted.is_file():
            raise InputError("there is no such file in the project's folder", given=relative)
        with self._lock:
            self._number += 1
            key = str(self._number)
        opened = Opened(key, relative, wanted, _read(wanted, relative))
        with self._lock:
            self._opened[key] = opened
        return opened

    def tell(self, key: str, told: Mapping[str, Any]) -> Opened:
        """Read a file again with what is now known of it."""
        one = self.file(key)
        known = {name: value for name, value in told.items() if value is not None}
        if known == dict(one.told):
            return one
        renewed = replace(one, reading=_read(one.path, one.name, **known), told=known)
        with self._lock:
            self._opened[key] = renewed
            self._analyses.pop(key, None)
        return renewed

    def close(self, key: str) -> None:
        """Take a file off the desk."""
        one = self.file(key)
        with self._lock:
            self._opened.pop(key, None)
            self._analyses.pop(key, None)
        if one.path.is_relative_to(self._room):
            one.path.unlink(missing_ok=True)

    def file(self, key: str) -> Opened:
        """An open file.

        Raises
        ------
        InputError
            Where it is not on the desk.
        """
        one = self._opened.get(key)
        if one is None:
            raise InputError("this file is no longer open", given=key, hint="Drop it again.")
        return one

    def files(self) -> list[Opened]:
        """All that is open, in order."""
        return list(self._opened.values())

    def spectrum(self, key: str, index: int) -> Spectrum:
        """A spectrum of an open file.

        Raises
        ------
        InputError
            Where the file has none of that number.
        """
        spectra = self.file(key).reading.spectra
        if not 0 <= index < len(spectra):
            raise InputError("this file has no such spectrum", given=str(index), allowed=f"0 to {len(spectra) - 1}")
        return spectra[index]

    def record(self, key: str) -> CyclingRecord:
        """The record of an open file.

        Raises
        ------
        InputError
            Where the file holds impedance alone.
        """
        one = self.file(key)
        if one.reading.record is None:
            raise InputError("this file holds impedance alone, no voltage and current over time", file=one.name)
        return one.reading.record

    def analysis(self, key: str) -> CyclingAnalysis:
        """The cycling analysis of a record, made once."""
        from natron.cycling import analyse

        found = self._analyses.get(key)
        if found is None:
            found = analyse(self.record(key))
            with self._lock:
                self._analyses[key] = found
        return found

    def clear(self) -> None:
        """When the app ends: uploads are removed."""
        shutil.rmtree(self._room, ignore_errors=True)


def _read(path: Path, name: str, **told: Any) -> Reading:
    """What a file holds; it, its faults and its spectra are called as the user calls the file."""
    from natron.io import read

    def renamed(thing: Any) -> Any:
        return replace(thing, provenance=replace(thing.provenance, file=name))

    try:
        reading = read(str(path), **told)
    except InputError as error:
        error.file = name
        raise
    record = reading.record
    return replace(
        reading,
        record=None if record is None else renamed(record),
        spectra=tuple(renamed(spectrum) for spectrum in reading.spectra),
    )
