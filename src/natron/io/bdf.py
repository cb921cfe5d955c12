"""Battery Data Format tables, as .bdf.csv and .bdf.parquet, with its labels or its machine-readable names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from natron.data.cycling import AREAL_CAPACITY, CURRENT_DENSITY, HALF_STEP, HALF_STEP_CAPACITY
from natron.io.columns import (
    CURRENT,
    FREQUENCY,
    IMAGINARY,
    KNOWN,
    MACHINE_NAMES,
    REAL,
    VOLTAGE,
    Column,
    match_columns,
    to_bdf,
)
from natron.io.delimited import read_sheet
from natron.io.instruments import neware_table
from natron.io.parquet import SIGNATURE, read_parquet
from natron.io.reading import Asked, Reading, assemble
from natron.io.restoring import restore, typed_csv
from natron.io.sidecar import Sidecar, in_si, load
from natron.io.source import Source

NAME = "Battery Data Format"
SUFFIXES = (".bdf.csv", ".bdf.parquet", ".bdf", ".parquet")
COLUMNS = (
    *(Column(label, label) for label in sorted(KNOWN)),
    *(Column(label.rsplit(" / ", 1)[0], label) for label in sorted(KNOWN)),
    *(Column(name, label) for name, label in MACHINE_NAMES.items()),
)
WORKED_OUT = (HALF_STEP, HALF_STEP_CAPACITY, CURRENT_DENSITY, AREAL_CAPACITY)
"""natron's own columns, worked out anew from the others."""


def sniff(source: Source) -> str | None:
    """Why this is a Battery Data Format table, or None."""
    if source.head.startswith(SIGNATURE):
        return "it is a Parquet file"
    first = source.head_text.split("\n", 1)[0]
    names = _names(first)
    return "its first line has Battery Data Format names" if _is_bdf(names) else None


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in a Battery Data Format table, or in a cycler's Parquet export.

    Raises
    ------
    DataError
        Where the table cannot be read or its columns are not known.
    """
    notes: list[str] = []
    side = load(source.path)
    parquet = source.head.startswith(SIGNATURE)
    if side is not None and side.table.sha256 == source.digest:
        table = read_parquet(source, whole=True) if parquet else typed_csv(source, side)
        return restore(table, side, source, asked, reader=NAME)
    if side is not None:
        asked = _as_beside(side, asked, notes)
    if parquet:
        raw = read_parquet(source)
    else:
        sheet = read_sheet(source.text, lambda line: _is_bdf(_names(line)), file=source.name, what=NAME)
        notes += sheet.notes
        raw = sheet.table
    columns = COLUMNS if _is_bdf(raw.columns) else neware_table.COLUMNS
    if columns is not COLUMNS:
        notes.append("a Parquet table with a cycler's own column names")
    table, said = to_bdf(raw, columns, file=source.name)
    known = {*match_columns(raw.columns, columns)[0].values(), *WORKED_OUT}
    left = [name for name in raw.columns if name not in known]
    if left:
        notes.append("columns left out: " + ", ".join(left[:20]))
    return assemble(table, source, asked, reader=NAME, notes=[*notes, *said])


def _as_beside(side: Sidecar, asked: Asked, notes: list[str]) -> Asked:
    """What the sidecar says of the cell, where the user does not; its rows no longer hold."""
    notes.append("the table was changed after natron wrote it: of the metadata beside it, the cell alone is used")
    if side.record is None:
        return asked
    area, mass = in_si(side.record.area, "area"), in_si(side.record.mass, "mass")
    return replace(
        asked,
        area_m2=asked.area_m2 if asked.area_m2 is not None else area,
        mass_kg=asked.mass_kg if asked.mass_kg is not None else mass,
        kind=asked.kind or side.record.kind,
        working_electrode=asked.working_electrode or side.record.working_electrode,
    )


def _names(line: str) -> list[str]:
    separator = max((",", ";", "\t"), key=line.count)
    return [name.strip().strip('"').strip() for name in line.split(separator)]


def _is_bdf(names: Sequence[str]) -> bool:
    """Whether `names` have voltage and current, or an impedance, under their Battery Data Format names."""
    labels = {MACHINE_NAMES.get(name, name) for name in names}
    labels |= {f"{name.rsplit(' / ', 1)[0]} / {unit}" for name in names if " / " in name for unit in ("V", "A", "ohm")}
    return {VOLTAGE, CURRENT} <= labels or {FREQUENCY, REAL, IMAGINARY} <= labels
