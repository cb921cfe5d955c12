"""Basytec text export (.txt): lines of `~` before a header such as `~Time[h] DataSet … I[A] U[V]`."""

from __future__ import annotations

import re

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
    to_bdf,
)
from natron.io.delimited import read_sheet
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

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
    lines = source.head_text.split("\n", 100)[:100]
    return "its line of names is Basytec's" if any(map(_is_header, lines)) else None


def read(source: Source, asked: Asked) -> Reading:
    """The record in a Basytec text export; its positive current charges.

    Raises
    ------
    DataError
        Where it has no row or lacks time, voltage or current.
    """
    sheet = read_sheet(source.text, _is_header, file=source.name, what=NAME)
    table, notes = to_bdf(sheet.table, COLUMNS, file=source.name)
    start = _START.search("\n".join(sheet.above))
    found = Found(start=moment(start[1]) if start else None)
    return assemble(table, source, asked, reader=NAME, found=found, notes=[str(sheet.layout), *notes])


def _is_header(line: str) -> bool:
    return re.search(r"(^~?|\s)Time\[(h|s|min)\]", line) is not None and "U[" in line and "I[" in line
