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
    to_bdf,
)
from natron.io.delimited import read_sheet
from natron.io.reading import Asked, Reading, assemble
from natron.io.source import Source

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
    return "its line of names is Arbin's" if _is_header(source.head_text.split("\n", 1)[0]) else None


def read(source: Source, asked: Asked) -> Reading:
    """The record in an Arbin text export; its positive current charges.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    sheet = read_sheet(source.text, _is_header, file=source.name, what=NAME)
    table, notes = to_bdf(sheet.table, COLUMNS, file=source.name)
    return assemble(table, source, asked, reader=NAME, notes=[str(sheet.layout), *notes])


def _is_header(line: str) -> bool:
    name = plain(line)
    return "datapoint" in name and "testtime" in name and "stepindex" in name and "voltage" in name
