"""Battery Data Format tables, as .bdf.csv and .bdf.parquet, with its labels or its machine-readable names."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl

from natron.data import DataError
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
from natron.io.source import Source

NAME = "Battery Data Format"
SUFFIXES = (".bdf.csv", ".bdf.parquet", ".bdf", ".parquet")
COLUMNS = (
    *(Column(label, label) for label in sorted(KNOWN)),
    *(Column(label.rsplit(" / ", 1)[0], label) for label in sorted(KNOWN)),
    *(Column(name, label) for name, label in MACHINE_NAMES.items()),
)
_PARQUET = b"PAR1"
_MAX_CELLS = 500_000_000


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
    if source.head.startswith(_PARQUET):
        raw = _parquet(source)
    else:
        sheet = read_sheet(source.text, lambda line: _is_bdf(_names(line)), file=source.name, what=NAME)
        notes.append(str(sheet.layout))
        raw = sheet.table
    columns = COLUMNS if _is_bdf(raw.columns) else neware_table.COLUMNS
    if columns is not COLUMNS:
        notes.append("a Parquet table with a cycler's own column names")
    table, said = to_bdf(raw, columns, file=source.name)
    left = [name for name in raw.columns if name not in match_columns(raw.columns, columns)[0].values()]
    if left:
        notes.append("columns left out: " + ", ".join(left[:20]))
    return assemble(table, source, asked, reader=NAME, notes=[*notes, *said])


def _names(line: str) -> list[str]:
    separator = max((",", ";", "\t"), key=line.count)
    return [name.strip().strip('"').strip() for name in line.split(separator)]


def _is_bdf(names: Sequence[str]) -> bool:
    """Whether `names` have voltage and current, or an impedance, under their Battery Data Format names."""
    labels = {MACHINE_NAMES.get(name, name) for name in names}
    labels |= {f"{name.rsplit(' / ', 1)[0]} / {unit}" for name in names if " / " in name for unit in ("V", "A", "ohm")}
    return {VOLTAGE, CURRENT} <= labels or {FREQUENCY, REAL, IMAGINARY} <= labels


def _parquet(source: Source) -> pl.DataFrame:
    raw = source.raw
    try:
        lazy = pl.scan_parquet(io.BytesIO(raw))
        width = len(lazy.collect_schema())
        rows = int(lazy.select(pl.len()).collect().item())
        if rows * max(1, width) > _MAX_CELLS or rows * width * 8 > 10 * len(raw) * 100 + 200_000_000:
            raise DataError(
                f"the file unpacks to {rows} rows of {width} columns",
                file=source.name,
                allowed=f"up to {_MAX_CELLS} values",
                hint="Split it into parts.",
            )
        return pl.read_parquet(io.BytesIO(raw))
    # polars reports damage in Parquet files as several unrelated kinds of error, and may panic
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
        raise DataError(
            "the Parquet file is damaged",
            file=source.name,
            given=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
            hint="Write or copy it again.",
        ) from error
