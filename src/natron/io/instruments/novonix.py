"""Novonix UHPC .csv: a [Summary], a [Protocol] in one long line, and [Data]."""

from __future__ import annotations

import re
from collections.abc import Sequence

from natron.io.columns import (
    CURRENT,
    CYCLE,
    NET_CAPACITY,
    POWER,
    STEP,
    STEP_ENERGY,
    STEP_TIME,
    STEP_TYPE,
    T1,
    T2,
    TIME,
    UNIX,
    VOLTAGE,
    Column,
    moment,
)
from natron.io.reading import Asked, Found, Reading
from natron.io.source import Source
from natron.io.tables import read_table

NAME = "Novonix .csv"
SUFFIXES = ()
COLUMNS = (
    Column("Run Time", TIME, "h"),
    Column("Potential", VOLTAGE, "V"),
    Column("Current", CURRENT, "A"),
    Column("Cycle Number", CYCLE),
    Column("Step Number", STEP),
    Column("Step Type", STEP_TYPE),
    Column("Step Time", STEP_TIME, "h"),
    Column("Capacity", NET_CAPACITY, "Ah"),
    Column("Energy", STEP_ENERGY, "Wh"),
    Column("Power", POWER, "W"),
    Column("Temperature", T1, "degC"),
    Column("Circuit Temperature", T2, "degC"),
    Column("Date and Time", UNIX),
)
_PRESET = 1.0


def sniff(source: Source) -> str | None:
    """Why this is a Novonix file, or None."""
    text = source.head_text
    return "it is headed 'Novonix'" if "Novonix" in text[:500] and "[Summary]" in text[:200] else None


def read(source: Source, asked: Asked) -> Reading:
    """The record in a Novonix file; its positive current charges.

    Raises
    ------
    DataError
        Where it has no [Data] or lacks time, voltage or current.
    """
    return read_table(source, asked, NAME, COLUMNS, _is_header, found=_found)


def _found(above: Sequence[str], notes: list[str]) -> Found:
    metadata = dict(re.split(r":\s*", line, maxsplit=1) for line in above if re.match(r"^[A-Z][^:{\[]{0,60}:", line))
    area_cm2, mass_g = (_filled_in(metadata, name, notes) for name in ("Area (cm2)", "Mass (g)"))
    return Found(
        area_m2=None if area_cm2 is None else area_cm2 * 1e-4,
        mass_kg=None if mass_g is None else mass_g * 1e-3,
        start=moment(metadata["Started"]) if "Started" in metadata else None,
        metadata=metadata,
    )


def _filled_in(metadata: dict[str, str], name: str, notes: list[str]) -> float | None:
    try:
        value = float(metadata[name])
    except (KeyError, ValueError):
        return None
    if value == _PRESET:
        notes.append(f"{name} = {metadata[name]} is the instrument's preset: not used")
        return None
    return value


def _is_header(line: str) -> bool:
    return "Run Time (" in line and "Potential (" in line and "Current (" in line
