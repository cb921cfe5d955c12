"""CH Instruments text export (.txt): impedance and time-domain techniques."""

from __future__ import annotations

import re

from natron.io.columns import (
    ABSOLUTE,
    CURRENT,
    FREQUENCY,
    IMAGINARY,
    PHASE,
    REAL,
    TIME,
    VOLTAGE,
    Column,
    to_bdf,
)
from natron.io.delimited import read_sheet
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "CH Instruments .txt"
SUFFIXES = ()
COLUMNS = (
    Column("Freq", FREQUENCY, "Hz"),
    Column("Z'", REAL, "ohm"),
    Column('Z"', IMAGINARY, "ohm"),
    Column("Z", ABSOLUTE, "ohm"),
    Column("Phase", PHASE, "deg"),
    Column("Time", TIME, "s"),
    Column("Potential", VOLTAGE, "V"),
    Column("Current", CURRENT, "A"),
)
_HEADER = re.compile(r"^\s*(Freq/Hz|Time/sec|Time/s|Potential/V)\s*,")


def sniff(source: Source) -> str | None:
    """Why this is a CH Instruments file, or None."""
    text = source.head_text[:4000]
    if re.search(r"^Instrument Model:\s*CHI", text, re.MULTILINE):
        return "it names a CHI instrument"
    if re.search(r"^A\.C\. Impedance", text, re.MULTILINE) and "Freq/Hz" in text:
        return "its technique is 'A.C. Impedance' and its columns are CH Instruments'"
    return None


def read(source: Source, asked: Asked) -> Reading:
    """The record or spectrum in a CH Instruments file. A current it prints is cathodic positive: turned
    round.

    Raises
    ------
    DataError
        Where it has no line of column names or no row.
    """
    sheet = read_sheet(source.text, lambda line: _HEADER.match(line) is not None, file=source.name, what=NAME)
    table, notes = to_bdf(sheet.table, COLUMNS, file=source.name)
    if CURRENT in table.columns:
        table = table.with_columns(-table[CURRENT])
        notes.append("the current was turned round: CH Instruments' positive is cathodic")
    fields = (re.match(r"([A-Za-z][^:=]*?)\s*[:=]\s*(\S.*)", line) for line in sheet.above)
    metadata = {match[1]: match[2].strip() for match in fields if match}
    return assemble(table, source, asked, reader=NAME, found=Found(metadata=metadata), notes=notes)
