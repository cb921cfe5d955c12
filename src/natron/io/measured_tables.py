"""Tables people make of their measurements: one line of names with units, numbers under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from natron.core import InputError, QuantityError, did_you_mean, kind
from natron.core.units import to_si
from natron.data import DataError
from natron.io.descriptions import read_description

MAX_ROWS = 100_000
"""A longer table is a record, not a table of results."""


def read_measured_table(path: str | Path, known: Mapping[str, str]) -> Mapping[str, NDArray[np.float64]]:
    """A CSV table of measured values, in SI.

    Parameters
    ----------
    path : str or Path
        Comma, semicolon or tab between columns; names as ``Pressure / MPa``, no unit for counts.
    known : Mapping[str, str]
        Name of a column, in lower case, to its kind.

    Returns
    -------
    Mapping of lower-case name to array, shape (rows,)

    Raises
    ------
    InputError
        Where the file cannot be opened, or a column's name or unit is not known.
    DataError
        Where it is no table of numbers.
    """
    name = str(path)
    text = read_description(path, raises=InputError)
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) < 2:
        raise DataError("this is no table: it needs a line of names and numbers under it", file=name)
    separator = max(",;\t", key=lines[0].count)
    header = [cell.strip().strip('"') for cell in lines[0].split(separator)]
    columns = [_column(cell, known, name) for cell in header]
    names = [column[0] for column in columns]
    if len(set(names)) < len(names):
        raise InputError("a column stands twice", file=name, given=", ".join(header))
    rows = _rows(lines[1:], separator, len(header), name)
    found = {key: factor * rows[:, i] + offset for i, (key, factor, offset) in enumerate(columns)}
    for key, values in found.items():
        k = kind(known[key])
        if not np.isfinite(values).all() or (values < k.minimum).any() or (values > k.maximum).any():
            raise DataError(f"{key}: a value is missing or not {k.words}", file=name)
    return found


def _column(cell: str, known: Mapping[str, str], file: str) -> tuple[str, float, float]:
    """Name, factor and offset to SI of ``Pressure / MPa``."""
    words, slash, unit = cell.partition("/")
    key = " ".join(words.lower().split())
    if key not in known:
        raise InputError(
            "unknown column", file=file, given=cell, allowed=", ".join(sorted(known)), hint=did_you_mean(key, known)
        )
    k = kind(known[key])
    if not slash:
        if k.si != "1":
            raise InputError("this column needs a unit", file=file, given=cell, allowed=f'such as "{words} / {k.unit}"')
        return key, 1.0, 0.0
    try:
        return key, *to_si(unit.strip(), k)
    except QuantityError as error:
        raise error.at(file=file, key=key) from error


def _rows(lines: Sequence[str], separator: str, width: int, file: str) -> NDArray[np.float64]:
    """The numbers, shape (rows, width)."""
    if len(lines) > MAX_ROWS:
        raise DataError("this table is too long", file=file, allowed=f"up to {MAX_ROWS} rows")
    try:
        table = pl.read_csv(
            "\n".join(lines).encode(),
            separator=separator,
            has_header=False,
            schema={f"c{i}": pl.Float64 for i in range(width)},
            truncate_ragged_lines=False,
        )
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise DataError("this is no table of numbers", file=file, hint=str(error).splitlines()[0][:120]) from None
    if table.null_count().to_numpy().any():
        raise DataError("a value is missing", file=file)
    return np.asarray(table.to_numpy(), dtype=float)
