"""BioLogic EC-Lab binary file (.mpr), with the extra `natron[biologic]`.

The file is a magic line and then modules: `MODULE`, a short name of 10 and a long name of 25 characters, the
length of the data (behind a field of 0xFFFFFFFF since EC-Lab 11.50), a version and a date, then the data.
natron checks the modules itself, hands the two that hold the measurement to datalab-org-galvani, which knows
the columns, and reads the time of the start and the cell's area and mass on its own.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from natron.data import DataError
from natron.io.columns import LOOP, match_columns, to_bdf
from natron.io.instruments.biologic import COLUMNS, complete, next_best
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "BioLogic .mpr"
SUFFIXES = (".mpr",)
_MAGIC = b"BIO-LOGIC MODULAR FILE\x1a"
_HEAD = 52
_MODULE = b"MODULE"
_SETTINGS, _DATA, _LOG, _LOOP = b"VMP Set   ", b"VMP data  ", b"VMP LOG   ", b"VMP loop  "
_AREA_AT, _MASS_AT, _ACTIVE_MASS_AT = 0x211, 0x24C, 0x107
_SHORT_HEADER, _LONG_HEADER = 57, 65
_ENOUGH = 4096
"""Rows that tell galvani the columns; more than the head of a data module has bytes."""
_STRETCH = 2048
_IN_ORDER = 0.99
_START_AT = (465, 469, 473, 585)
_DAY = 86400.0
_OLE_EPOCH = -2209161600.0
"""1899-12-30, from which the file counts days, in seconds since 1970."""
_SOME_DAYS = (36500.0, 73000.0)


@dataclass(frozen=True)
class _Module:
    """Where a module stands in the file: its start, its data's start, its end."""

    start: int
    body: int
    end: int


def sniff(source: Source) -> str | None:
    """Why this is an .mpr, or None."""
    return "it begins with 'BIO-LOGIC MODULAR FILE'" if source.head.startswith(_MAGIC) else None


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in an .mpr.

    Raises
    ------
    DataError
        Where galvani is not installed, the file is cut short or damaged, or it holds no measurement.
    """
    modules = _modules(source)
    missing = [name.decode().strip() for name in (_SETTINGS, _DATA) if name not in modules]
    if missing:
        raise DataError(
            f"the file has no module {' and '.join(missing)}",
            file=source.name,
            given=", ".join(name.decode("latin-1").strip() for name in modules) or "no module",
            hint="The measurement or its copy was cut short; copy it again from the instrument.",
        )
    if not any(_body(source, modules[_DATA], 4)):
        raise DataError("the file holds no data point", file=source.name, hint="The technique had not begun.")
    notes: list[str] = []
    data, mode = _data(modules, source, notes)
    table, said = to_bdf(data, COLUMNS, file=source.name)
    table = complete(table, mode, notes)
    loops = _loops(source, modules, len(table))
    if loops is not None:
        table = table.with_columns(pl.Series(LOOP, loops))
    return assemble(table, source, asked, reader=NAME, found=_found(source, modules), notes=[*notes, *said])


def _modules(source: Source) -> dict[bytes, _Module]:
    """Where each module is; only their headers are read, so that damage is found before the rest is."""
    found: dict[bytes, _Module] = {}
    at = _HEAD
    while at < source.size:
        header = source.part(at, _LONG_HEADER)
        if header[:6] != _MODULE or len(header) < _LONG_HEADER:
            raise DataError(
                f"the file is damaged at byte {at}",
                file=source.name,
                given=repr(header[:6]),
                allowed="the next module's 'MODULE'",
                hint="Copy it again from the instrument.",
            )
        long = header[41:45] == b"\xff\xff\xff\xff"
        (length,) = struct.unpack_from("<I", header, 45 if long else 41)
        body = at + (_LONG_HEADER if long else _SHORT_HEADER)
        end = body + length
        if end > source.size:
            raise DataError(
                f"the file ends {end - source.size} bytes before its module at byte {at} does",
                file=source.name,
                given=f"{source.size} bytes, a module of {length}",
                hint="The copy is cut short or the length damaged; copy it again from the instrument.",
            )
        found.setdefault(header[6:16], _Module(at, body, end))
        at = end
    return found


def _body(source: Source, module: _Module, limit: int | None = None) -> bytes:
    """A module's data, or its first `limit` bytes."""
    return source.raw[module.body : module.end if limit is None else min(module.end, module.body + limit)]


def _data(modules: dict[bytes, _Module], source: Source, notes: list[str]) -> tuple[pl.DataFrame, pl.Series | None]:
    """The file's columns as galvani names them, and EC-Lab's mode of every row where it is recorded."""
    reader = _galvani()
    measured, rows, begin = _for_galvani(source, modules)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            file: Any = reader(io.BytesIO(measured))
        if begin is not None:
            file.data = np.frombuffer(source.raw, file.dtype, rows, begin)
    # galvani checks with assertions and lets numpy's errors through
    except Exception as error:
        raise DataError(
            "the measurement in the file cannot be decoded",
            file=source.name,
            given=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
            hint="Export it as text (.mpt) from EC-Lab and read that; and please report it, with the file.",
        ) from error
    notes += [f"galvani: {warning.message}" for warning in caught]
    unknown = [name for name in file.data.dtype.names if name.startswith("unknown")]
    if len(unknown) > 1 and not _plausible(file.data):
        raise DataError(
            f"the file has {len(unknown)} columns of unknown width, and no guess gives sensible times",
            file=source.name,
            hint="Export it as text (.mpt) from EC-Lab and read that; and please report it, with the file.",
        )
    known = match_columns([str(name) for name in file.data.dtype.names], COLUMNS)[0]
    columns = _by_column(file.data, list(known.values()))
    mode = None
    if "mode" in file.flags_dict:
        mode = pl.Series("mode", file.get_flag("mode").astype(np.uint8))
    return pl.DataFrame(columns), mode


def _for_galvani(source: Source, modules: dict[bytes, _Module]) -> tuple[bytes, int, int | None]:
    """What galvani is given, the number of rows in the file, and where they begin if it is given only some.

    It copies its input several times over. A few rows tell it the columns; natron then looks at all of them
    where they lie. They fill the module's end, so the width of one is the whole quotient of the module's
    length and their number, once that exceeds the bytes of the module's head.
    """
    settings, data = modules[_SETTINGS], modules[_DATA]
    # Without the log module: galvani refuses files whose log and settings give different dates.
    before = source.raw[:_HEAD] + source.raw[settings.start : settings.end]
    rows = int.from_bytes(_body(source, data, 4), "little")
    width = (data.end - data.body) // max(1, rows)
    if rows <= _ENOUGH or width == 0:
        return before + source.raw[data.start : data.end], rows, None
    begin = data.end - rows * width
    module = bytearray(source.raw[data.start : begin + _ENOUGH * width])
    body = data.body - data.start
    struct.pack_into("<I", module, body, _ENOUGH)
    struct.pack_into("<I", module, 41 if body == _SHORT_HEADER else 45, len(module) - body)
    return before + module, rows, begin


def _plausible(rows: np.ndarray[Any, np.dtype[np.void]]) -> bool:
    """Whether the rows' times are finite and in order, as they are not after a wrong guess."""
    if "time/s" not in (rows.dtype.names or ()):
        return True
    with np.errstate(invalid="ignore"):
        time = rows["time/s"].astype(float)
    return bool(np.isfinite(time).all() and (np.diff(time, prepend=time[:1]) >= 0).mean() > _IN_ORDER)


def _by_column(
    rows: np.ndarray[Any, np.dtype[np.void]], names: Sequence[str]
) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Columns out of packed rows, some rows at a time: in one go each column would read all of memory."""
    columns = {name: np.empty(len(rows)) for name in names}
    for begin in range(0, len(rows), _STRETCH):
        stretch = rows[begin : begin + _STRETCH]
        # of the bit patterns that are no number, some are signals to numpy
        with np.errstate(invalid="ignore"):
            for name, column in columns.items():
                column[begin : begin + _STRETCH] = stretch[name]
    return columns


def _galvani() -> Any:
    try:
        from galvani.BioLogic import MPRfile  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise DataError(
            "reading .mpr files needs a package that is not installed",
            allowed="datalab-org-galvani",
            hint="Install it with: pip install 'natron[biologic]'. Or export it as .mpt from EC-Lab.",
        ) from error
    return MPRfile


def _loops(source: Source, modules: dict[bytes, _Module], rows: int) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Which pass of a loop each row belongs to, from the rows at which passes begin."""
    data = _body(source, modules[_LOOP]) if _LOOP in modules else b""
    if len(data) < 8:
        return None
    begins = np.unique(np.frombuffer(data[4 : len(data) - len(data) % 4], dtype="<u4").astype(np.int64))
    begins = begins[(begins > 0) & (begins < rows)]
    return np.searchsorted(begins, np.arange(rows), side="right").astype(np.int64)


def _found(source: Source, modules: dict[bytes, _Module]) -> Found:
    settings = _body(source, modules[_SETTINGS])

    def number(at: int) -> float | None:
        if len(settings) < at + 4:
            return None
        value = float(struct.unpack_from("<f", settings, at)[0])
        return value if math.isfinite(value) and 0 <= value < 1e6 else None

    area = number(_AREA_AT)
    masses = [number(at) for at in (_ACTIVE_MASS_AT, _MASS_AT)]
    return Found(
        area_m2=None if area is None else round(area, 6) * 1e-4,
        mass_kg=next_best(*[None if mass is None else round(mass, 6) * 1e-6 for mass in masses]),
        start=_start(source, modules),
    )


def _start(source: Source, modules: dict[bytes, _Module]) -> float | None:
    """When the acquisition began, in seconds since 1970 (local time), from the log's day number."""
    if _LOG not in modules:
        return None
    log = _body(source, modules[_LOG])
    for at in _START_AT:
        if len(log) >= at + 8:
            days = float(struct.unpack_from("<d", log, at)[0])
            if _SOME_DAYS[0] < days < _SOME_DAYS[1]:
                return round(days * _DAY + _OLE_EPOCH, 3)
    return None
