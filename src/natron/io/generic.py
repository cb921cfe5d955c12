"""Text of unknown origin: spectra or cycling in columns, with a header or without.

What is recognised is said: delimiter and decimal sign, which column is what and in which unit, and the sign
of Im Z. PowerSuite, Parstat, Autolab Nova, RelaxIS and Novocontrol exports are such text, each with its own
names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from natron.data import DataError
from natron.io.columns import (
    ABSOLUTE,
    AMBIENT,
    CURRENT,
    CYCLE,
    FREQUENCY,
    IMAGINARY,
    PHASE,
    REAL,
    STEP,
    STEP_TIME,
    TIME,
    UNIX,
    VOLTAGE,
    Z_CYCLE,
    factor,
    numbers,
    plain,
    split_header,
)
from natron.io.delimited import Block, Layout, find_blocks, find_layout
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "delimited text"
SUFFIXES = (".txt", ".csv", ".tsv", ".dat", ".asc")
_PATTERNS = (
    (FREQUENCY, r"(freq(uency|uenz|uence)?|f)(hz)?"),
    (
        IMAGINARY,
        r"(z[a-z]?\"|zs?i(m|mg|mag|maginary)?|im(ag(inary|in?r|inaer)?)?(z|part|teil|impedance)?|z2|x|xs|reactance)[ab]?",
    ),
    (REAL, r"(z[a-z]?'|zs?r(e|eal)?|re(al)?(z|part|teil|impedance)?|z1|r|rs|resistance)[ab]?"),
    (
        ABSOLUTE,
        r"(\|z\w?\||z(mod|abs|mag)?|mod(ulus)?z?|(impedance)?mag(nitude)?z?|absz|impedance|impedanz|betrag)",
    ),
    (PHASE, r"((impedance)?phase[\w']*|zphz|theta\w*|phz|angle|arg\w*)"),
    (STEP_TIME, r"(step|relative)time"),
    (TIME, r"(test|total|elapsed|run)?time|t|zeit"),
    (VOLTAGE, r"(cell)?(voltage|potential|volts?|spannung)|<?e(we|cell)?>?|u|v|vf"),
    (CURRENT, r"(cell)?current|<?i>?|amps?|im|strom"),
    (UNIX, r"unixtime|timestamp|date|date(and)?time|datum"),
    (CYCLE, r"(cycle|zyklus)(s|#|no|number|index|count|id)?"),
    (STEP, r"step(#|no|number|index|id)?|ns"),
    (AMBIENT, r"(ambient|cell)?temp(erature?)?|temperatur"),
)
_NAMING = re.compile(r"freq|\bhz\b|ohm|Ω|\bim|\bre\b|real|phase|z['\"]|\|z\||volt|current|time", re.IGNORECASE)
_MIN_ROWS = 2
_CAPACITIVE = 0.9
_GEOMETRY = re.compile(r"\b(Diameter|Thickness)\s*\[(\w+)\]\s*[:=]\s*([-+\d.,eE]+)", re.IGNORECASE)
_LENGTHS = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "um": 1e-6, "µm": 1e-6}


def sniff(source: Source) -> str | None:
    """Why this is a table of numbers, or None."""
    layout = find_layout(source.head_text)
    return None if layout is None else f"it is text with rows of numbers ({layout})"


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in delimited text.

    Raises
    ------
    DataError
        Where no rows of numbers are found, or not which column is what.
    """
    layout = find_layout(source.head_text)
    blocks = [] if layout is None else find_blocks(source.text, layout, file=source.name)
    largest = max((len(block.table) for block in blocks), default=0)
    # a line or two of numbers in a header are no table
    blocks = [block for block in blocks if len(block.table) >= min(_MIN_ROWS, largest)]
    if layout is None or not blocks:
        raise DataError(
            "no table of numbers was found in the file",
            file=source.name,
            given=source.head_text[:60],
            allowed="rows of at least three numbers: frequency, Re Z, Im Z",
            hint="Export the measurement as text with one row per point.",
        )
    notes = [str(layout)]
    tables: list[pl.DataFrame] = []
    names: tuple[str, ...] = ()
    refused: DataError | None = None
    for block in blocks:
        # a further table under the first one's names, as when spectra follow each other
        names = block.header or (names if len(names) == block.table.width else ())
        try:
            table = _table(block, names, layout, source, notes)
        except DataError as error:
            refused = refused or error
            continue
        tables.append(table.with_columns(pl.lit(len(tables)).cast(pl.Int64).alias(Z_CYCLE)))
    if not tables:
        assert refused is not None
        raise refused
    table = pl.concat(tables, how="diagonal")
    if FREQUENCY not in table.columns:
        table = table.drop(Z_CYCLE)
    geometry = _geometry(blocks[0].above, notes)
    return assemble(table, source, asked, reader=NAME, found=geometry, notes=list(dict.fromkeys(notes)))


def recognise(headers: Sequence[str]) -> dict[str, tuple[int, float]]:
    """Which column holds what: label → its place and what its values are multiplied by.

    A minus before Im Z or the phase makes the factor negative; units in the header become those of the label.
    """
    found: dict[str, tuple[int, float]] = {}
    spelled = []
    for header in headers:
        name, unit = split_header(re.sub(r"^data\s*:\s*", "", header, flags=re.IGNORECASE))
        negative = re.match(r"\s*([-−–]|neg(ative)?\b|minus\b)\s*", name, re.IGNORECASE)
        bare = plain(re.sub(r"[()*]", "", name[negative.end() :] if negative else name))
        spelled.append((bare, unit, -1.0 if negative else 1.0))
    for label, pattern in _PATTERNS:
        taken = {place for place, _ in found.values()}
        for place, (bare, unit, sign) in enumerate(spelled):
            if place in taken or re.fullmatch(pattern, bare) is None:
                continue
            scale = 1.0 if unit is None else factor(unit, label)
            if scale is None and label in (CYCLE, STEP):
                scale = 1.0
            if scale is not None:
                found[label] = (place, scale * sign)
                break
    return found


def _table(block: Block, names: tuple[str, ...], layout: Layout, source: Source, notes: list[str]) -> pl.DataFrame:
    values = [_floats(block.table[str(k)], layout) for k in range(block.table.width)]
    found = recognise(names) if names else {}
    impedance = FREQUENCY in found and ({REAL, IMAGINARY} <= set(found) or {ABSOLUTE, PHASE} <= set(found))
    cycling = {TIME, VOLTAGE, CURRENT} <= set(found)
    if not impedance and not cycling:
        found = _by_place(values, names, block, source)
        notes.append("columns taken by their place as frequency / Hz, Re Z / ohm and Im Z / ohm")
        signed = False
    else:
        signed = any(
            re.match(r"\s*(data\s*:\s*)?([-−–]|neg|minus)", names[found[label][0]], re.IGNORECASE)
            for label in (IMAGINARY, PHASE)
            if label in found
        )
        said = ", ".join(f"{names[place]!r} as {label}" for label, (place, _) in found.items())
        notes.append(f"columns recognised: {said}")
        used = {place for place, _ in found.values()}
        unused = [name for place, name in enumerate(names) if name.strip() and place not in used]
        if unused:
            area = any(re.match(r"\s*area\b", name, re.IGNORECASE) for name in unused)
            hint = "; a test has one area: give it to use it" if area else ""
            notes.append(f"columns not used: {', '.join(map(repr, unused[:12]))}{hint}")
    columns = {}
    for label, (place, scale) in found.items():
        if label == UNIX:
            columns[label] = numbers(block.table[str(place)], as_date=True)
        else:
            series = values[place]
            if series.null_count() > 0.5 * len(series):
                series = numbers(block.table[str(place)])
            columns[label] = series * scale
    table = pl.DataFrame([series.alias(label) for label, series in columns.items()])
    if impedance or not cycling:
        table = _sign(table, notes, signed=signed)
    return table


def _floats(texts: pl.Series, layout: Layout) -> pl.Series:
    if layout.decimal == ",":
        texts = texts.str.replace(",", ".", literal=True)
    return texts.str.replace("(?i)d", "e").cast(pl.Float64, strict=False)


def _by_place(
    values: Sequence[pl.Series], names: tuple[str, ...], block: Block, source: Source
) -> dict[str, tuple[int, float]]:
    """Columns of a table without names: frequency, Re Z, Im Z, where the first can be frequencies."""
    if len(values) < 3:
        raise DataError(
            f"the table from line {block.line} has {len(values)} columns, and which is what is not said",
            file=source.name,
            given=", ".join(names) or None,
            allowed="three columns: frequency / Hz, Re Z / ohm, Im Z / ohm, or a line of names above",
            hint="Write the names above the columns, or give a mapping file.",
        )
    frequency = values[0].drop_nulls().to_numpy()
    frequency = frequency[np.isfinite(frequency)]
    steps = np.diff(frequency)
    orderly = len(steps) == 0 or max((steps > 0).mean(), (steps < 0).mean()) > _CAPACITIVE
    # names over another number of columns: a decimal comma between commas, or a column without a name
    named = bool(block.above) and _NAMING.search(block.above[-1]) is not None
    if not names and not named and len(frequency) and (frequency > 0).all() and orderly:
        return {FREQUENCY: (0, 1.0), REAL: (1, 1.0), IMAGINARY: (2, 1.0)}
    raise DataError(
        f"which column of the table from line {block.line} is what cannot be told",
        file=source.name,
        given=", ".join(names)
        or (f"{len(values)} columns under {block.above[-1]!r}" if named else "no names, and frequencies out of order"),
        allowed="names such as 'freq / Hz', 'Re(Z) / ohm', '-Im(Z) / ohm', or 'Time / s', 'Voltage / V', 'Current / A'",
        hint="Write such names above the columns, or give a mapping file.",
    )


def _sign(table: pl.DataFrame, notes: list[str], *, signed: bool) -> pl.DataFrame:
    """Im Z with capacitive negative; a column named without a sign and almost all positive holds −Im Z."""
    label = IMAGINARY if IMAGINARY in table.columns else PHASE
    if FREQUENCY not in table.columns or label not in table.columns:
        return table
    inside = table.filter((pl.col(FREQUENCY) > 0) & pl.col(label).is_finite() & (pl.col(label) != 0))[label]
    positive = int((inside > 0).sum()) / len(inside) if len(inside) else 0.0
    what = "Im Z" if label == IMAGINARY else "the phase"
    if signed:
        notes.append(f"the file gives −{what.removeprefix('the ')}: turned round, capacitive is negative")
    elif positive > _CAPACITIVE:
        notes.append(
            f"{what} is positive in {positive:.0%} of the points: taken as its negative, for a cell is "
            "capacitive (if it is truly inductive, name the column so that it says so)"
        )
        return table.with_columns(-pl.col(label))
    else:
        notes.append(f"{what} is taken as printed, capacitive is negative")
    return table


def _geometry(above: Sequence[str], notes: list[str]) -> Found:
    """A disc's diameter and thickness where the lines above the table give them, as Novocontrol's do."""
    lengths: dict[str, float] = {}
    for name, unit, value in _GEOMETRY.findall("\n".join(above)):
        try:
            length = float(value.replace(",", ".")) * _LENGTHS.get(unit, math.nan)
        except ValueError:
            continue
        if length > 0:
            lengths.setdefault(name.lower(), length)
    if lengths:
        notes.append("geometry from the header: " + ", ".join(f"{k} {v * 1e3:g} mm" for k, v in lengths.items()))
    diameter = lengths.get("diameter")
    return Found(area_m2=None if diameter is None else math.pi / 4 * diameter**2, thickness_m=lengths.get("thickness"))
