"""Basytec text export (.txt): lines of `~` before a header such as `~Time[h] DataSet … I[A] U[V]`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from natron.io.columns import (
    CHARGE_CAPACITY,
    CURRENT,
    CYCLE,
    DISCHARGE_CAPACITY,
    NET_CAPACITY,
    STEP,
    STEP_CAPACITY,
    STEP_TIME,
    STEP_TYPE,
    T1,
    TIME,
    UNIX,
    VOLTAGE,
    Column,
    moment,
)
from natron.io.reading import Asked, Found, Reading
from natron.io.source import Source
from natron.io.tables import named_by, read_table

NAME = "Basytec .txt"
SUFFIXES = ()
COLUMNS = (
    Column("~Time", TIME, "h"),
    Column("Time", TIME, "h"),
    Column("U", VOLTAGE, "V"),
    Column("I", CURRENT, "A"),
    Column("t-Step", STEP_TIME, "h"),
    Column("Line", STEP),
    Column("Command", STEP_TYPE),
    Column("Cyc-Count", CYCLE),
    Column("Count", CYCLE),
    Column("Ah", NET_CAPACITY, "Ah"),
    Column("Ah-Cyc-Charge", CHARGE_CAPACITY, "Ah"),
    Column("Ah-Cyc-Discharge", DISCHARGE_CAPACITY, "Ah"),
    Column("Ah-Step", STEP_CAPACITY, "Ah"),
    Column("T1", T1, "degC"),
    Column("DateTime", UNIX),
    Column("Date", UNIX),
)
_START = re.compile(r"^~\s*(?:Start of Test|Test started|Beginn)[^:]*:\s*(.+)$", re.MULTILINE | re.IGNORECASE)


def sniff(source: Source) -> str | None:
    """Why this is a Basytec export, or None."""
    return named_by(source, _is_header, "Basytec")


def read(source: Source, asked: Asked) -> Reading:
    """The record in a Basytec text export; its positive current charges.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    return read_table(source, asked, NAME, COLUMNS, _is_header, found=_found)


def _found(above: Sequence[str], _: list[str]) -> Found:
    start = _START.search("\n".join(above))
    return Found(start=moment(start[1]) if start else None)


def _is_header(line: str) -> bool:
    return re.search(r"(^~?|\s)Time\[(h|s|min)\]", line) is not None and "U[" in line and "I[" in line
