"""Maccor text exports: the older one with `Rec#` and `Amp-hr`, and the .csv with `Rec` and `Cycle C`."""

from __future__ import annotations

import polars as pl

from natron.io.columns import (
    CURRENT,
    CYCLE,
    STATE,
    STEP,
    STEP_CAPACITY,
    STEP_ENERGY,
    STEP_TIME,
    T1,
    TIME,
    UNIX,
    VOLTAGE,
    Column,
    plain,
    to_bdf,
)
from natron.io.delimited import read_sheet
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "Maccor text"
SUFFIXES = ()
COLUMNS = (
    Column("Test Time", TIME, "s"),
    Column("Test", TIME, "min"),
    Column("Voltage", VOLTAGE, "V"),
    Column("Volts", VOLTAGE, "V"),
    Column("Current", CURRENT, "A"),
    Column("Amps", CURRENT, "A"),
    Column("Cycle C", CYCLE),
    Column("Cycle P", CYCLE),
    Column("Cyc#", CYCLE),
    Column("Cycle", CYCLE),
    Column("Step", STEP),
    Column("Step Time", STEP_TIME, "s"),
    Column("Capacity", STEP_CAPACITY, "Ah"),
    Column("Amp-hr", STEP_CAPACITY, "Ah"),
    Column("Energy", STEP_ENERGY, "Wh"),
    Column("Watt-hr", STEP_ENERGY, "Wh"),
    Column("Temp 1", T1, "degC"),
    Column("State", STATE),
    Column("MD", STATE),
    Column("DPT Time", UNIX),
)


def sniff(source: Source) -> str | None:
    """Why this is a Maccor export, or None."""
    lines = source.head_text.split("\n", 60)[:60]
    return "its line of names is Maccor's" if any(map(_is_header, lines)) else None


def read(source: Source, asked: Asked) -> Reading:
    """The record in a Maccor text export.

    Older exports give currents without a sign and the state beside them (C charges, D discharges): they are
    signed by it. An export without a state column is taken as signed.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    sheet = read_sheet(source.text, _is_header, file=source.name, what=NAME)
    table, notes = to_bdf(sheet.table, COLUMNS, file=source.name)
    table = signed_by_state(table, notes)
    metadata = {"header": tuple(line.strip() for line in sheet.above if line.strip())}
    return assemble(
        table, source, asked, reader=NAME, found=Found(metadata=metadata), notes=[str(sheet.layout), *notes]
    )


def signed_by_state(table: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """The current negative where the cell was discharged, if the file gives magnitudes and states."""
    if CURRENT not in table.columns:
        return table
    if (table[CURRENT] < 0).any():
        return table
    if STATE not in table.columns:
        notes.append("no current is negative and the file has no state column: taken as signed, check the discharges")
        return table
    discharging = pl.col(STATE).str.strip_chars().str.to_uppercase().str.starts_with("D")
    notes.append("currents are magnitudes, signed by the state column (D = discharging)")
    return table.with_columns(pl.when(discharging).then(-pl.col(CURRENT)).otherwise(pl.col(CURRENT)).alias(CURRENT))


def _is_header(line: str) -> bool:
    name = plain(line)
    return name.startswith(("rec#cyc#", "reccyc", "rec#cyclep", "rec#cycle")) and "step" in name
