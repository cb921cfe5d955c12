"""Gamry .DTA: impedance (ZCURVE) and time-domain curves, finished or aborted, in either decimal sign."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from natron.data import DataError
from natron.io.columns import (
    CURRENT,
    FREQUENCY,
    IMAGINARY,
    REAL,
    STEP,
    TIME,
    VOLTAGE,
    Z_CYCLE,
    Column,
    moment,
    to_bdf,
)
from natron.io.delimited import Layout, read_rows
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "Gamry .DTA"
SUFFIXES = (".dta",)
COLUMNS = (
    Column("Time", TIME, "s"),
    Column("T", TIME, "s"),
    Column("Vf", VOLTAGE, "V"),
    Column("Vdc", VOLTAGE, "V"),
    Column("Im", CURRENT, "A"),
    Column("Idc", CURRENT, "A"),
    Column("Freq", FREQUENCY, "Hz"),
    Column("Zreal", REAL, "ohm"),
    Column("Zimag", IMAGINARY, "ohm"),
)
_TABLE = re.compile(r"^(?P<name>\w+)\tTABLE(?:\t\s*(?P<rows>\d{1,12}))?", re.MULTILINE)
_DEFAULT_CM2 = 1.0


def sniff(source: Source) -> str | None:
    """Why this is a .DTA, or None."""
    text = source.head_text
    if text.startswith("EXPLAIN\n") and ("\nTAG\t" in text or "\tTABLE" in text):
        return "it begins with 'EXPLAIN' and a TAG, as Gamry Framework writes"
    return None


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in a .DTA; the open-circuit curve before a measurement is left out and said.

    Raises
    ------
    DataError
        Where the file has no table, or no table with a row.
    """
    text = source.text
    notes: list[str] = []
    spectra: list[pl.DataFrame] = []
    curves: list[pl.DataFrame] = []
    tables = list(_TABLE.finditer(text))
    comma = re.search(r"\t-?\d+,\d+E[+-]\d", text) is not None
    for k, match in enumerate(tables):
        end = tables[k + 1].start() if k + 1 < len(tables) else len(text)
        table = _table(text[text.find("\n", match.start()) + 1 : end], comma, source)
        if match["name"].startswith("OCV"):
            notes.append(f"the open-circuit curve before the measurement ({len(table)} rows) was left out")
            continue
        if table.is_empty():
            notes.append(f"the table {match['name']} is empty")
            continue
        if match["rows"] and len(table) < int(match["rows"]):
            notes.append(f"the table {match['name']} has {len(table)} of its {match['rows']} rows")
        known, said = to_bdf(table, COLUMNS, file=source.name)
        notes += said
        if FREQUENCY in known.columns:
            spectra.append(
                known.drop(CURRENT, VOLTAGE, strict=False).with_columns(pl.lit(len(spectra), pl.Int64).alias(Z_CYCLE))
            )
        else:
            curves.append(known.with_columns(pl.lit(len(curves) + 1, pl.Int64).alias(STEP)))
    if not spectra and not curves:
        raise DataError(
            "the file has no measurement in it",
            file=source.name,
            given=", ".join(match["name"] for match in tables) or "no table",
            allowed="a ZCURVE or CURVE table with rows",
            hint="The experiment was stopped before its first point.",
        )
    if "EXPERIMENTABORTED\tTOGGLE\tT" in text:
        notes.append("the experiment was aborted; what it had measured until then is read")
    if comma:
        notes.append("decimal comma")
    return assemble(
        pl.concat([*curves, *spectra], how="diagonal"),
        source,
        asked,
        reader=NAME,
        found=_found(text[: tables[0].start()].split("\n"), notes),
        notes=notes,
    )


def _table(body: str, comma: bool, source: Source) -> pl.DataFrame:
    """One table: a line of names, one of units, then rows that begin with a tab."""
    lines = body.split("\n", 2)
    if len(lines) < 3:
        return pl.DataFrame()
    names = lines[0].split("\t")[1:]
    rows = re.match(r"(?:\t[^\n]*(?:\n|$))*", lines[2])
    kept = rows[0] if rows else ""
    if not kept.strip():
        return pl.DataFrame()
    return read_rows(re.sub(r"(?m)^\t", "", kept), names, Layout("\t", "," if comma else "."), file=source.name)


def _found(header: Sequence[str], notes: list[str]) -> Found:
    metadata: dict[str, str] = {}
    for line in header:
        fields = line.split("\t")
        if len(fields) >= 3:
            metadata.setdefault(fields[0], fields[2])
    try:
        area_cm2 = float(metadata["AREA"].replace(",", "."))
    except (KeyError, ValueError):
        area_cm2 = None
    if area_cm2 == _DEFAULT_CM2:
        notes.append("the area of 1 cm² is the instrument's preset: not used")
        area_cm2 = None
    date, time = metadata.get("DATE", ""), metadata.get("TIME", "")
    return Found(
        area_m2=None if area_cm2 is None else area_cm2 * 1e-4,
        start=moment(f"{date} {time}"),
        metadata=metadata,
    )
