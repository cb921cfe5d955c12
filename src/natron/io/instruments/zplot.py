"""Scribner ZPlot .z, with its long header or the short one, and the Z60 files in which Autolab exports it."""

from __future__ import annotations

import re

import polars as pl

from natron.data import DataError
from natron.io.columns import FREQUENCY, IMAGINARY, REAL, Z_CYCLE, moment
from natron.io.delimited import find_blocks, find_layout
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "ZPlot .z"
SUFFIXES = (".z", ".z60")
_FREQUENCY, _REAL, _IMAGINARY = 0, 4, 5
"""Columns of every version: frequency, amplitude, bias, time, Z', Z'', group delay, error, range."""
_COLUMNS = 9
_HEADER_CHARS = 65_536
_DEFAULT_CM2 = 1.0


def sniff(source: Source) -> str | None:
    """Why this is a ZPlot file, or None."""
    first = source.head_text.split("\n", 1)[0]
    if re.match(r'\s*"?(ZPLOT2? ASCII|ZPlotW? Data File|Z60W? Data File|ZView)', first, re.IGNORECASE):
        return f"the first line is {first.strip()[:60]!r}"
    return None


def read(source: Source, asked: Asked) -> Reading:
    """The spectra in a .z file; its time column holds seconds since the sweep began.

    Raises
    ------
    DataError
        Where it has no rows of nine numbers.
    """
    text = source.text
    layout = find_layout(text, at_least=6)
    blocks = find_blocks(text, layout, file=source.name) if layout else []
    blocks = [block for block in blocks if block.table.width >= _COLUMNS - 2 and len(block.table) > 0]
    if layout is None or not blocks:
        raise DataError(
            "the file has no rows of frequency, amplitude, bias, time, Z' and Z''",
            file=source.name,
            allowed=f"rows of {_COLUMNS} numbers under the header",
            hint="The measurement was stopped before its first point, or the copy is cut short.",
        )
    tables = [
        pl.DataFrame(
            {
                label: block.table[str(column)]
                .str.replace(",", "." if layout.decimal == "," else ",", literal=True)
                .cast(pl.Float64, strict=False)
                for label, column in ((FREQUENCY, _FREQUENCY), (REAL, _REAL), (IMAGINARY, _IMAGINARY))
            }
        ).with_columns(pl.lit(k).alias(Z_CYCLE))
        for k, block in enumerate(blocks)
    ]
    notes = [str(layout)]
    return assemble(pl.concat(tables), source, asked, reader=NAME, found=_found(text, notes), notes=notes)


def _found(text: str, notes: list[str]) -> Found:
    metadata = {
        name.strip(): value.strip()
        for name, value in re.findall(
            r"^[ \t]{0,40}([A-Za-z][^:\n]{0,60}):[ \t]*([^\n]{0,200})$", text[:_HEADER_CHARS], re.MULTILINE
        )
    }
    area: float | None = None
    try:
        area = float(metadata["Surface Area"])
    except (KeyError, ValueError):
        area = None
    if area == _DEFAULT_CM2:
        notes.append("the area of 1 cm² is the instrument's preset: not used")
        area = None
    date = metadata.get("Date", "").split(" ")[0].replace("-", "/")
    return Found(area_m2=None if area is None else area * 1e-4, start=moment(date), metadata=metadata)
