"""Neware's text and table exports (BTSDA .csv): column names with units in brackets."""

from __future__ import annotations

from natron.io.columns import (
    CHARGE_CAPACITY,
    CHARGE_ENERGY,
    CURRENT,
    CYCLE,
    DISCHARGE_CAPACITY,
    DISCHARGE_ENERGY,
    POWER,
    STEP,
    STEP_CAPACITY,
    STEP_COUNT,
    STEP_ENERGY,
    STEP_TIME,
    STEP_TYPE,
    T1,
    T2,
    TIME,
    UNIX,
    VOLTAGE,
    Column,
)
from natron.io.reading import Asked, Reading
from natron.io.source import Source
from natron.io.tables import named_by, read_table

NAME = "Neware .csv"
SUFFIXES = ()
COLUMNS = (
    Column("Total Time", TIME, "s"),
    Column("Test Time", TIME, "s"),
    Column("Time", STEP_TIME, "s"),
    Column("Voltage", VOLTAGE, "V"),
    Column("Current", CURRENT, "A"),
    Column("Cycle Index", CYCLE),
    Column("Step Index", STEP),
    Column("Step Count", STEP_COUNT),
    Column("Step Type", STEP_TYPE),
    Column("Capacity", STEP_CAPACITY, "Ah"),
    Column("Energy", STEP_ENERGY, "Wh"),
    Column("Chg. Cap.", CHARGE_CAPACITY, "Ah"),
    Column("DChg. Cap.", DISCHARGE_CAPACITY, "Ah"),
    Column("Chg. Energy", CHARGE_ENERGY, "Wh"),
    Column("DChg. Energy", DISCHARGE_ENERGY, "Wh"),
    Column("Power", POWER, "W"),
    Column("T1(?)", T1, "degC"),
    Column("T2(?)", T2, "degC"),
    Column("Date", UNIX),
)


def sniff(source: Source) -> str | None:
    """Why this is a Neware export, or None."""
    return named_by(source, _is_header, "Neware")


def read(source: Source, asked: Asked) -> Reading:
    """The record in a Neware text export.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    return read_table(source, asked, NAME, COLUMNS, _is_header)


def _is_header(line: str) -> bool:
    return "Cycle Index" in line and "Step Index" in line and "Total Time" in line and "Current(" in line
