"""VersaStudio .par (Princeton Applied Research): tagged sections, the points in `<Segment…>`."""

from __future__ import annotations

import re

import polars as pl

from natron.data import DataError
from natron.io.columns import CURRENT, FREQUENCY, IMAGINARY, REAL, STEP, TIME, VOLTAGE, Column, to_bdf
from natron.io.delimited import Layout, read_rows
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "VersaStudio .par"
SUFFIXES = (".par",)
COLUMNS = (
    Column("Segment #", STEP),
    Column("E(V)", VOLTAGE, "V"),
    Column("I(A)", CURRENT, "A"),
    Column("Elapsed Time(s)", TIME, "s"),
    Column("Frequency(Hz)", FREQUENCY, "Hz"),
    Column("Z Real", REAL, "ohm"),
    Column("Z Imag", IMAGINARY, "ohm"),
)
_SEGMENT = re.compile(r"<Segment\d+>\n(.*?)(?:</Segment\d+>|\Z)", re.DOTALL)
_AREA = re.compile(r"^Working Electrode Area \(cm2\)=([\d.,]+)", re.MULTILINE)
_DEFAULT_CM2 = 1.0


def sniff(source: Source) -> str | None:
    """Why this is a .par, or None."""
    text = source.head_text
    if text.startswith("<Application>") and "VersaStudio" in text[:2000]:
        return "it begins with '<Application>' and names VersaStudio"
    return None


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in a .par.

    Raises
    ------
    DataError
        Where no segment holds a point.
    """
    text = source.text
    tables: list[pl.DataFrame] = []
    notes: list[str] = []
    for match in _SEGMENT.finditer(text):
        names, rows = _definition(match[1])
        if not names or not rows.strip():
            continue
        table = read_rows(rows, names, Layout(",", "."), file=source.name)
        known, said = to_bdf(table, COLUMNS, file=source.name)
        tables.append(known)
        notes += said
    if not tables:
        raise DataError(
            "the file has no point in it",
            file=source.name,
            allowed="a <Segment> with a Definition= line and rows",
            hint="The experiment was stopped before its first point, or the copy is cut short.",
        )
    area = _AREA.search(text)
    area_cm2 = float(area[1].replace(",", ".")) if area and re.fullmatch(r"\d*[.,]?\d+", area[1]) else None
    if area_cm2 == _DEFAULT_CM2:
        notes.append("the area of 1 cm² is the instrument's preset: not used")
        area_cm2 = None
    found = Found(area_m2=None if area_cm2 is None else area_cm2 * 1e-4)
    return assemble(pl.concat(tables, how="diagonal"), source, asked, reader=NAME, found=found, notes=notes)


def _definition(segment: str) -> tuple[list[str], str]:
    """The names in a segment's Definition line, and the rows after it."""
    _, found, tail = segment.partition("Definition=")
    if not found:
        return [], ""
    names, _, rows = tail.partition("\n")
    fields = [name.strip() for name in names.split(",")]
    # the list ends in a 0 that is no column
    return [name for name in fields if name != "0"], rows
