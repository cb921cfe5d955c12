"""Maccor text exports: the older one with `Rec#` and `Amp-hr`, and the .csv with `Rec` and `Cycle C`."""

from __future__ import annotations

from collections.abc import Sequence

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
)
from natron.io.reading import Asked, Found, Reading
from natron.io.source import Source
from natron.io.tables import named_by, read_table

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
    return named_by(source, _is_header, "Maccor")


def read(source: Source, asked: Asked) -> Reading:
    """The record in a Maccor text export.

    Older exports give currents without a sign and the state beside them (C charges, D discharges): they are
    signed by it. An export without a state column is taken as signed.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    return read_table(source, asked, NAME, COLUMNS, _is_header, found=_found, unsigned=True)


def _found(above: Sequence[str], _: list[str]) -> Found:
    return Found(metadata={"header": tuple(line.strip() for line in above if line.strip())})


def _is_header(line: str) -> bool:
    name = plain(line)
    return name.startswith(("rec#cyc#", "reccyc", "rec#cyclep", "rec#cycle")) and "step" in name
