"""Arbin text export (.csv): `Test_Time(s)` or `Test_Time`, `Current(A)` or `Current`, …"""

from __future__ import annotations

from natron.io.columns import (
    AMBIENT,
    CHARGE_CAPACITY,
    CHARGE_ENERGY,
    CURRENT,
    CYCLE,
    DISCHARGE_CAPACITY,
    DISCHARGE_ENERGY,
    RESISTANCE,
    STEP,
    STEP_TIME,
    T1,
    TIME,
    UNIX,
    VOLTAGE,
    Column,
    plain,
)
from natron.io.reading import Asked, Reading
from natron.io.source import Source
from natron.io.tables import named_by, read_table

NAME = "Arbin .csv"
SUFFIXES = ()
COLUMNS = (
    Column("Test_Time", TIME, "s"),
    Column("Voltage", VOLTAGE, "V"),
    Column("Current", CURRENT, "A"),
    Column("Cycle_Index", CYCLE),
    Column("Step_Index", STEP),
    Column("Step_Time", STEP_TIME, "s"),
    Column("Date_Time", UNIX),
    Column("Charge_Capacity", CHARGE_CAPACITY, "Ah"),
    Column("Discharge_Capacity", DISCHARGE_CAPACITY, "Ah"),
    Column("Charge_Energy", CHARGE_ENERGY, "Wh"),
    Column("Discharge_Energy", DISCHARGE_ENERGY, "Wh"),
    Column("Internal_Resistance", RESISTANCE, "ohm"),
    Column("Temperature", AMBIENT, "degC"),
    Column("Aux_Temperature_1", T1, "degC"),
)


def sniff(source: Source) -> str | None:
    """Why this is an Arbin export, or None."""
    return named_by(source, is_header, "Arbin")


def read(source: Source, asked: Asked) -> Reading:
    """The record in an Arbin text export; its positive current charges.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    return read_table(source, asked, NAME, COLUMNS, is_header)


def is_header(line: str) -> bool:
    """Whether a line, or names joined to one, is Arbin's line of names."""
    name = plain(line)
    return "datapoint" in name and "testtime" in name and "stepindex" in name and "voltage" in name
