"""Several files of one test made one record."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from natron.data import CyclingRecord, DataError, Provenance, RecordedSpectrum, cycling_record
from natron.data.cycling import (
    CURRENT,
    CYCLE,
    HALF_STEP,
    STEP_COUNT,
    TIME,
    in_spectrum,
)
from natron.data.segmentation import count_cycles
from natron.io.bdf import WORKED_OUT
from natron.io.columns import INSTRUMENT_CYCLE, LOOP, UNIX
from natron.io.reading import Reading
from natron.io.recognise import read

_CLOCK_S = 1e-5
"""To which two clocks read as seconds since 1970 can be told apart."""
_CONTINUED = (CYCLE, STEP_COUNT, INSTRUMENT_CYCLE, LOOP)


def join(parts: Sequence[Reading | str | os.PathLike[str]], **options: Any) -> Reading:
    """One record from several files of one test; `options` are those of `read`, for parts given as paths.

    Where every part has a clock (`Unix Time / s`) they are put in its order and keep their distance in time,
    and rows that stand in two files are taken once. Without one they follow in the order given, and time that
    starts anew goes on from where it was, with no gap. Counts that start anew go on. All of it is said in
    the notes.

    Raises
    ------
    DataError
        Where a part has no record, or the parts give different areas or masses.
    """
    readings = [part if isinstance(part, Reading) else read(part, **options) for part in parts]
    if not readings:
        raise DataError("there is nothing to join", allowed="at least one file")
    for reading in readings:
        if reading.record is None:
            raise DataError(
                "a file to be joined has no voltage and current over time",
                file=reading.spectra[0].provenance.file if reading.spectra else None,
                given=f"{len(reading.spectra)} spectra",
                hint="Spectra in files of their own need no joining: read each.",
            )
    records = [reading.record for reading in readings if reading.record is not None]
    if len(records) == 1:
        return readings[0]
    notes = [f"{_name(r)}: {note}" for r in records for note in r.notes]
    clocked = all(UNIX in r.table.columns and r.table[UNIX].null_count() == 0 for r in records)
    if clocked:
        begun = [float(r.table[UNIX][0]) for r in records]
        if begun != sorted(begun):
            records = [records[k] for k in np.argsort(begun, kind="stable")]
            notes.append("the files were put in the order of their clocks: " + ", ".join(map(_name, records)))
    recount = all(_counted_by_natron(r) for r in records)
    tables: list[pl.DataFrame] = []
    spectra: list[RecordedSpectrum] = []
    rows = 0
    for record in records:
        table = record.table.drop(WORKED_OUT, strict=False)
        if recount:
            table = table.drop(CYCLE)
        skipped = 0
        if tables:
            table, skipped = _continued(tables[-1], table, tables[0], _name(record), notes, clocked=clocked)
        for item in record.spectra:
            if item.first_row is not None and item.first_row >= skipped:
                spectra.append(_moved(item, len(spectra), rows - skipped))
        tables.append(table)
        rows += len(table)
    joined = cycling_record(
        pl.concat([table for table in tables if len(table)], how="diagonal"),
        Provenance(
            file=" + ".join(r.provenance.file or "?" for r in records),
            sha256=sha256("".join(r.provenance.sha256 or "" for r in records).encode()).hexdigest(),
            reader="joined: " + ", ".join(dict.fromkeys(r.provenance.reader or "?" for r in records)),
            reader_version=records[0].provenance.reader_version,
            notes=tuple(notes),
        ),
        area_m2=_same("electrode areas", "m2", [r.area_m2 for r in records]),
        mass_kg=_same("active masses", "kg", [r.mass_kg for r in records]),
        kind=records[0].kind,
        working_electrode=records[0].working_electrode,
        spectra=spectra,
        notes=notes,
    )
    placed = tuple(replace(i, spectrum=replace(i.spectrum, cycle=i.cycle, time_s=i.time_s)) for i in joined.spectra)
    joined = replace(joined, spectra=placed)
    return Reading(
        record=joined,
        spectra=tuple(item.spectrum for item in placed),
        notes=tuple(notes),
        format=" + ".join(dict.fromkeys(reading.format for reading in readings)),
        metadata=readings[0].metadata,
    )


def _continued(
    before: pl.DataFrame,
    table: pl.DataFrame,
    first: pl.DataFrame,
    name: str,
    notes: list[str],
    *,
    clocked: bool,
) -> tuple[pl.DataFrame, int]:
    """`table` going on from `before`, and how many of its first rows are in that already."""
    skipped = 0
    end = float(before[TIME][-1])
    if clocked:
        zero = float(first[UNIX][0]) - float(first[TIME][0])
        time = table[UNIX] - zero
        skipped = int((time <= end + _CLOCK_S).sum())
        table = table.with_columns(time.alias(TIME)).slice(skipped)
        if skipped:
            notes.append(f"{name}: its first {skipped} rows overlap in time with the file before: taken once")
    elif float(table[TIME][0]) < end:
        shift = end - float(table[TIME][0])
        table = table.with_columns(pl.col(TIME) + shift)
        notes.append(f"{name}: its test time starts anew; it goes on from {end:g} s, the gap unknown and taken as none")
    for label in _CONTINUED:
        if len(table) and label in table.columns and label in before.columns:
            last, begins = before[label][-1], table[label][0]
            if last is not None and begins is not None and begins < last:
                table = table.with_columns(pl.col(label) + (last - begins + 1))
                notes.append(f"{name}: {label} starts anew; it goes on from {last}")
    return table, skipped


def _moved(item: RecordedSpectrum, index: int, by: int) -> RecordedSpectrum:
    """The spectrum at its rows in the joined table; cycle, half step and time are found anew there."""
    return RecordedSpectrum(
        index=index,
        spectrum=item.spectrum,
        first_row=None if item.first_row is None else item.first_row + by,
        last_row=None if item.last_row is None else item.last_row + by,
    )


def _counted_by_natron(record: CyclingRecord) -> bool:
    """Whether the record's cycles are those that natron counts, so that they can be counted through."""
    table = record.table
    counted = count_cycles(table[HALF_STEP].to_numpy(), table[CURRENT].to_numpy(), in_spectrum(table))
    return bool((table[CYCLE].to_numpy() == counted).all())


def _same(what: str, unit: str, values: Sequence[float | None]) -> float | None:
    known = sorted({value for value in values if value is not None})
    if len(known) > 1 and known[-1] > known[0] * (1 + 1e-6):
        raise DataError(
            f"the files give different {what}",
            given=", ".join(f"{value:g} {unit}" for value in known),
            allowed="one test of one cell",
            hint="Give the right one, which then holds for all.",
        )
    return known[0] if known else None


def _name(record: CyclingRecord) -> str:
    return Path(record.provenance.file or "?").name
