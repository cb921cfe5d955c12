"""Landt (LAND) text exports: `TestTime/Sec`, `Current/mA`, … or `test_time_s`, `current_A`, …"""

from __future__ import annotations

from natron.io.columns import (
    CHARGE_CAPACITY,
    CHARGE_ENERGY,
    CURRENT,
    CYCLE,
    DISCHARGE_CAPACITY,
    DISCHARGE_ENERGY,
    STATE,
    STEP,
    STEP_CAPACITY,
    STEP_TIME,
    STEP_TYPE,
    T1,
    T2,
    TIME,
    UNIX,
    VOLTAGE,
    Column,
    plain,
)
from natron.io.reading import Asked, Reading
from natron.io.source import Source
from natron.io.tables import named_by, read_table

NAME = "Landt text"
SUFFIXES = ()
COLUMNS = (
    Column("TestTime", TIME, "s"),
    Column("test_time", TIME, "s"),
    Column("Voltage", VOLTAGE, "V"),
    Column("Vol", VOLTAGE, "V"),
    Column("Current", CURRENT, "A"),
    Column("Cur", CURRENT, "A"),
    Column("Cycle-Index", CYCLE),
    Column("cycle_index", CYCLE),
    Column("Cycle", CYCLE),
    Column("Step-Index", STEP),
    Column("step_index", STEP),
    Column("Step", STEP),
    Column("StepTime", STEP_TIME, "s"),
    Column("step_time", STEP_TIME, "s"),
    Column("Capacity", STEP_CAPACITY, "Ah"),
    Column("charge_capacity", CHARGE_CAPACITY, "Ah"),
    Column("discharge_capacity", DISCHARGE_CAPACITY, "Ah"),
    Column("charge_energy", CHARGE_ENERGY, "Wh"),
    Column("discharge_energy", DISCHARGE_ENERGY, "Wh"),
    Column("temperature_1", T1, "degC"),
    Column("temperature_2", T2, "degC"),
    Column("step_name", STEP_TYPE),
    Column("Step-State", STATE),
    Column("State", STATE),
    Column("SysTime", UNIX),
    Column("date_time_iso_string", UNIX),
)


def sniff(source: Source) -> str | None:
    """Why this is a Landt export, or None."""
    return named_by(source, _is_header, "Landt")


def read(source: Source, asked: Asked) -> Reading:
    """The record in a Landt text export; magnitudes of current are signed by its state column.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    return read_table(source, asked, NAME, COLUMNS, _is_header, unsigned=True)


def _is_header(line: str) -> bool:
    name = plain(line)
    own = "testtime" in name and "steptime" in name and ("cycle-index" in name or "systime" in name)
    snake = "test_time_s" in line and "voltage_V" in line and "current_A" in line
    return own or snake
