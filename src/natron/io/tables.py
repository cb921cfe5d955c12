"""What the readers of cyclers' text tables share: a line of the vendor's names, and rows of numbers under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import polars as pl

from natron.io.columns import CURRENT, STATE, Column, to_bdf
from natron.io.delimited import read_sheet
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

_HEADER_LINES = 100
"""How far down a line of names is looked for when a file is recognised."""


def named_by(source: Source, is_header: Callable[[str], bool], vendor: str) -> str | None:
    """Why a file is this vendor's, or None: one of its first lines has the vendor's names."""
    lines = source.head_text.split("\n", _HEADER_LINES)[:_HEADER_LINES]
    return f"its line of names is {vendor}'s" if any(map(is_header, lines)) else None


def read_table(
    source: Source,
    asked: Asked,
    name: str,
    columns: Iterable[Column],
    is_header: Callable[[str], bool],
    *,
    found: Callable[[Sequence[str], list[str]], Found] | None = None,
    unsigned: bool = False,
) -> Reading:
    """The record in a text table under the first line that `is_header` accepts.

    Parameters
    ----------
    name : str
        The format, in words.
    columns : iterable of Column
        The vendor's columns.
    found : callable, optional
        From the lines above the names: what they say of the cell. It may add to the notes.
    unsigned : bool
        Whether the vendor may write currents as magnitudes, to be signed by a column of states.

    Raises
    ------
    DataError
        Where there is no such line, no row, or no time, voltage or current.
    """
    sheet = read_sheet(source.text, is_header, file=source.name, what=name)
    table, said = to_bdf(sheet.table, columns, file=source.name)
    notes = [*sheet.notes, *said]
    if unsigned:
        table = signed_by_state(table, notes)
    cell = None if found is None else found(sheet.above, notes)
    return assemble(table, source, asked, reader=name, found=cell, notes=notes)


def signed_by_state(table: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """The current negative where the cell was discharged, if the file gives magnitudes and states."""
    if CURRENT not in table.columns or (table[CURRENT] < 0).any():
        return table
    if STATE not in table.columns:
        notes.append("no current is negative and the file has no state column: taken as signed, check the discharges")
        return table
    discharging = pl.col(STATE).str.strip_chars().str.to_uppercase().str.starts_with("D")
    notes.append("currents are magnitudes, signed by the state column (D = discharging)")
    return table.with_columns(pl.when(discharging).then(-pl.col(CURRENT)).otherwise(pl.col(CURRENT)).alias(CURRENT))
