"""Battery Data Format tables, as .bdf.csv and .bdf.parquet, with its labels or its machine-readable names."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from natron.data import DataError
from natron.data.cycling import AREAL_CAPACITY, CURRENT_DENSITY, HALF_STEP, HALF_STEP_CAPACITY
from natron.io import neware_table
from natron.io.columns import (
    CURRENT,
    FREQUENCY,
    IMAGINARY,
    KNOWN,
    MACHINE_NAMES,
    REAL,
    VOLTAGE,
    Column,
    match_columns,
    to_bdf,
)
from natron.io.delimited import read_sheet
from natron.io.reading import Asked, Reading, assemble
from natron.io.restoring import restore, typed_csv
from natron.io.sidecar import Sidecar, in_si, load
from natron.io.source import Source

NAME = "Battery Data Format"
SUFFIXES = (".bdf.csv", ".bdf.parquet", ".bdf", ".parquet")
COLUMNS = (
    *(Column(label, label) for label in sorted(KNOWN)),
    *(Column(label.rsplit(" / ", 1)[0], label) for label in sorted(KNOWN)),
    *(Column(name, label) for name, label in MACHINE_NAMES.items()),
)
WORKED_OUT = (HALF_STEP, HALF_STEP_CAPACITY, CURRENT_DENSITY, AREAL_CAPACITY)
"""natron's own columns, worked out anew from the others."""
_PARQUET = b"PAR1"
_MAX_CELLS = 500_000_000
_YEARS_MS = (-62_135_596_800_000, 253_402_300_799_999)
"""The years 1 to 9999, in milliseconds since 1970."""
_GROWTH, _ALLOWANCE = 30, 48 * 1024**2
"""What a Parquet file may unpack to: measurements pack to a sixth at best, one value repeated to nothing."""


def sniff(source: Source) -> str | None:
    """Why this is a Battery Data Format table, or None."""
    if source.head.startswith(_PARQUET):
        return "it is a Parquet file"
    first = source.head_text.split("\n", 1)[0]
    names = _names(first)
    return "its first line has Battery Data Format names" if _is_bdf(names) else None


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in a Battery Data Format table, or in a cycler's Parquet export.

    Raises
    ------
    DataError
        Where the table cannot be read or its columns are not known.
    """
    notes: list[str] = []
    side = load(source.path)
    parquet = source.head.startswith(_PARQUET)
    if side is not None and side.table.sha256 == source.digest:
        table = _parquet(source) if parquet else typed_csv(source, side)
        return restore(table, side, source, asked, reader=NAME)
    if side is not None:
        asked = _as_beside(side, asked, notes)
    if parquet:
        raw = _parquet(source)
    else:
        sheet = read_sheet(source.text, lambda line: _is_bdf(_names(line)), file=source.name, what=NAME)
        notes += sheet.notes
        raw = sheet.table
    columns = COLUMNS if _is_bdf(raw.columns) else neware_table.COLUMNS
    if columns is not COLUMNS:
        notes.append("a Parquet table with a cycler's own column names")
    table, said = to_bdf(raw, columns, file=source.name)
    known = {*match_columns(raw.columns, columns)[0].values(), *WORKED_OUT}
    left = [name for name in raw.columns if name not in known]
    if left:
        notes.append("columns left out: " + ", ".join(left[:20]))
    return assemble(table, source, asked, reader=NAME, notes=[*notes, *said])


def _as_beside(side: Sidecar, asked: Asked, notes: list[str]) -> Asked:
    """What the sidecar says of the cell, where the user does not; its rows no longer hold."""
    notes.append("the table was changed after natron wrote it: of the metadata beside it, the cell alone is used")
    if side.record is None:
        return asked
    area, mass = in_si(side.record.area, "area"), in_si(side.record.mass, "mass")
    return replace(
        asked,
        area_m2=asked.area_m2 if asked.area_m2 is not None else area,
        mass_kg=asked.mass_kg if asked.mass_kg is not None else mass,
        kind=asked.kind or side.record.kind,
        working_electrode=asked.working_electrode or side.record.working_electrode,
    )


def _names(line: str) -> list[str]:
    separator = max((",", ";", "\t"), key=line.count)
    return [name.strip().strip('"').strip() for name in line.split(separator)]


def _is_bdf(names: Sequence[str]) -> bool:
    """Whether `names` have voltage and current, or an impedance, under their Battery Data Format names."""
    labels = {MACHINE_NAMES.get(name, name) for name in names}
    labels |= {f"{name.rsplit(' / ', 1)[0]} / {unit}" for name in names if " / " in name for unit in ("V", "A", "ohm")}
    return {VOLTAGE, CURRENT} <= labels or {FREQUENCY, REAL, IMAGINARY} <= labels


def _plain_columns(table: pl.DataFrame) -> pl.DataFrame:
    """The columns of numbers, words and times; lists, records and bytes hold no measurement."""
    strange = [name for name, kind in table.schema.items() if kind.is_nested() or kind in (pl.Binary, pl.Object)]
    dates = [name for name, kind in table.schema.items() if kind == pl.Datetime]
    return table.drop(strange).with_columns(
        # polars panics over a date that it cannot print
        pl.when(pl.col(name).dt.timestamp("ms").is_between(*_YEARS_MS)).then(name)
        for name in dates
    )


def _parquet(source: Source) -> pl.DataFrame:
    raw = source.raw
    try:
        lazy = pl.scan_parquet(io.BytesIO(raw))
        width = len(lazy.collect_schema())
        rows = int(lazy.select(pl.len()).collect().item())
        if rows * max(1, width) > min(_MAX_CELLS, (_GROWTH * len(raw) + _ALLOWANCE) // 8):
            raise DataError(
                f"the file of {len(raw)} bytes unpacks to {rows} rows of {width} columns",
                file=source.name,
                allowed=f"up to {_MAX_CELLS} values, and {_GROWTH} times the file's size beyond {_ALLOWANCE} bytes",
                hint="Leave out what is not needed, or split it into parts.",
            )
        return _plain_columns(pl.read_parquet(io.BytesIO(raw)))
    # polars reports damage in Parquet files as several unrelated kinds of error, and may panic
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
        raise DataError(
            "the Parquet file is damaged",
            file=source.name,
            given=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
            hint="Write or copy it again.",
        ) from error
