"""BioLogic EC-Lab text export (.mpt): any technique, any decimal sign, with its header or without."""

from __future__ import annotations

import math
import re

import numpy as np
import polars as pl

from natron.data import DataError
from natron.io.columns import CURRENT, FREQUENCY, LOOP, TIME, moment, to_bdf
from natron.io.delimited import CUT_ROW, Layout, read_rows, unique, without_cut_row
from natron.io.instruments.biologic import COLUMNS, UNFILLED_UNIT, complete, next_best
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "BioLogic .mpt"
SUFFIXES = (".mpt",)
_MARKS = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")
_LOOP = re.compile(r"Loop \d+ from point number (\d{1,12}) to \d+")
_COUNT = re.compile(r"Nb header lines\s*:\s*(\d{1,12})")
_FIRST_COLUMNS = ("mode\t", "freq/Hz\t", "time/s\t", "Ewe/V\t", "Re(Z)/Ohm\t", "Ns\t", "cycle number\t")
_AREA = {"cm²": 1e-4, "cm2": 1e-4, "mm²": 1e-6, "mm2": 1e-6, "m²": 1.0, "m2": 1.0}
_MASS = {"µg": 1e-9, "ug": 1e-9, "mg": 1e-6, "g": 1e-3, "kg": 1.0}


def sniff(source: Source) -> str | None:
    """Why this is an .mpt, or None."""
    text = source.head_text
    if text.startswith(_MARKS):
        return f"the first line is {text.splitlines()[0].strip()!r}"
    first = text.split("\n", 1)[0]
    if "\t" in first and ("time/s" in first or "freq/Hz" in first) and ("Ewe/V" in first or "/mA" in first):
        return "its first line has EC-Lab's column names"
    return None


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in an .mpt.

    Raises
    ------
    DataError
        Where there is no line of column names, no row, or a column that a spectrum or a record needs is
        missing.
    """
    text = source.text
    header, names, body = _parts(text, source)
    decimal = "," if _decimal_comma(body) else "."
    layout = Layout("\t", decimal)
    body, cut = without_cut_row(body, layout)
    raw = read_rows(body, unique(names), layout, file=source.name, floats=True)
    notes = [f"tab-separated, decimal {'comma' if decimal == ',' else 'point'}, {len(raw)} rows"]
    notes += [CUT_ROW] if cut else []
    table, said = to_bdf(raw, COLUMNS, file=source.name)
    notes += said
    loops = _loops(header, len(table))
    if loops is not None:
        table = table.with_columns(loops)
    table = complete(table, raw["mode"] if "mode" in raw.columns else None, notes)
    if FREQUENCY not in table.columns and any("(Z)" in name for name in names):
        raise DataError(
            "the file has impedances but no frequency column",
            file=source.name,
            given=", ".join(name for name in names[:12] if name),
            allowed="freq/Hz beside Re(Z)/Ohm and -Im(Z)/Ohm",
            hint="Export it from EC-Lab again with freq/Hz among the variables.",
        )
    if FREQUENCY not in table.columns and TIME in table.columns and CURRENT not in table.columns:
        table = _open_circuit(table, header, notes)
    return assemble(table, source, asked, reader=NAME, found=_found(header), notes=notes)


def _parts(text: str, source: Source) -> tuple[list[str], list[str], str]:
    """The header's lines, the columns' names, and the rows below them as text."""
    start = text.split("\n", 3)[:3]
    counted = next((_COUNT.match(line.strip()) for line in start if _COUNT.match(line.strip())), None)
    wanted = int(counted[1]) if counted else 1
    at, number = 0, 0
    lines: list[str] = []
    while at < len(text) and number < 100_000:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        number += 1
        # the stated number of lines is wrong in files that were edited or written by older versions
        if "\t" in line and (number == wanted or line.startswith(_FIRST_COLUMNS)) and _is_names(line):
            names = [name.replace("�C", "°C").replace("�F", "µF") for name in line.split("\t")]
            while names and not names[-1].strip():
                names.pop()
            return lines, names, text[end + 1 :]
        lines.append(line)
        at = end + 1
    raise DataError(
        "the file has no line of column names",
        file=source.name,
        given=f"{number} lines, the first {(lines or [''])[0][:60]!r}",
        allowed="a line such as 'freq/Hz\\tRe(Z)/Ohm\\t-Im(Z)/Ohm' after the header",
        hint="The copy may be cut short; export it from EC-Lab again.",
    )


def _is_names(line: str) -> bool:
    return any(mark in line for mark in ("/s", "/V", "/Hz", "/mA", "/Ohm"))


def _loops(header: list[str], rows: int) -> pl.Series | None:
    """Which pass of a loop each row belongs to, from the header's list of points."""
    begins = [int(match[1]) for match in map(_LOOP.match, header) if match]
    if not begins:
        return None
    return pl.Series(LOOP, np.searchsorted(np.array(begins[1:]), np.arange(rows), side="right").astype(np.int64))


def _decimal_comma(body: str) -> bool:
    return re.search(r"\d,\d", body[:4000]) is not None


def _open_circuit(table: pl.DataFrame, header: list[str], notes: list[str]) -> pl.DataFrame:
    """Open-circuit files have no current column, for none flows."""
    if any("Open Circuit Voltage" in line for line in header[:10]):
        notes.append("an open-circuit technique: the current is zero")
        return table.with_columns(pl.lit(0.0).alias(CURRENT))
    return table


def _found(header: list[str]) -> Found:
    fields: dict[str, str] = {}
    for line in header:
        name, colon, value = line.partition(":")
        if colon and name.strip() and not name.startswith("\t"):
            fields.setdefault(name.strip(), value.strip())
    technique = next((line.strip() for line in header[3:6] if line.strip() and ":" not in line), None)
    masses = [_quantity(fields.get(name), _MASS) for name in ("Mass of active material", "Characteristic mass")]
    return Found(
        area_m2=_quantity(fields.get("Electrode surface area"), _AREA),
        mass_kg=next_best(*masses),
        start=moment(fields["Acquisition started on"]) if "Acquisition started on" in fields else None,
        metadata={**({"Technique": technique} if technique else {}), **fields},
    )


def _quantity(text: str | None, units: dict[str, float]) -> float | None:
    match = re.match(r"([-+\d.,eE]+)\s*(\S+)", text or "")
    if match is None or match[2] not in units:
        return None
    try:
        number = float(match[1].replace(",", "."))
    except ValueError:
        return None
    # the unfilled field reads 0.001 in whatever unit is set
    return number * (UNFILLED_UNIT[units is _MASS] if math.isclose(number, 0.001) else units[match[2]])
