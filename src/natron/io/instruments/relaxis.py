"""RelaxIS spectrum export (.txt): one or several spectra, each under a line of its own."""

from __future__ import annotations

import re

import polars as pl

from natron.data import DataError
from natron.io.columns import AMBIENT, FREQUENCY, IMAGINARY, REAL, Z_CYCLE
from natron.io.delimited import find_blocks, find_layout
from natron.io.generic import recognise
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "RelaxIS export"
SUFFIXES = ()
_TEMPERATURE = re.compile(r"\bT(?:emp(?:erature)?)?\s*=\s*(-?\d+(?:\.\d+)?)\s*(?:°C|degC|C\b|,|\t|$)")


def sniff(source: Source) -> str | None:
    """Why this is a RelaxIS export, or None."""
    first = source.head_text.split("\n", 1)[0]
    return f"the first line is {first.strip()!r}" if re.match(r"\s*RelaxIS .*export", first) else None


def read(source: Source, asked: Asked) -> Reading:
    """The spectra in a RelaxIS export.

    The line over each spectrum names its conditions (`DC=…, TM=…`); a `T=` among them is its temperature in
    °C.

    Raises
    ------
    DataError
        Where no table with frequency, Z' and Z'' is in it.
    """
    text = source.text
    layout = find_layout(text)
    blocks = [] if layout is None else find_blocks(text, layout, file=source.name)
    names: list[str] = []
    tables: list[pl.DataFrame] = []
    conditions: list[str] = []
    for block in blocks:
        lines = [*block.above, "\t".join(block.header)]
        for line in lines:
            if "Frequency" in line:
                names = line.split("\t")
            elif "=" in line:
                conditions.append(line.split("\t")[0].strip())
        found = recognise(names)
        if not {FREQUENCY, REAL, IMAGINARY} <= set(found):
            continue
        table = pl.DataFrame(
            {
                label: block.table[str(place)].cast(pl.Float64, strict=False) * scale
                for label, (place, scale) in found.items()
                if label in (FREQUENCY, REAL, IMAGINARY) and place < block.table.width
            }
        ).with_columns(pl.lit(len(tables)).alias(Z_CYCLE))
        match = _TEMPERATURE.search(" ".join(lines))
        if match:
            table = table.with_columns(pl.lit(float(match[1])).alias(AMBIENT))
        tables.append(table)
    if not tables:
        raise DataError(
            "the file has no columns Frequency, Z' and Z''",
            file=source.name,
            given=", ".join(names) or "no line of names",
            hint="Export the spectrum's data from RelaxIS again, with Z' and Z''.",
        )
    found_ = Found(metadata={"conditions": tuple(conditions)})
    return assemble(pl.concat(tables, how="diagonal"), source, asked, reader=NAME, found=found_)
