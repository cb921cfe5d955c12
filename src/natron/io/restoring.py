"""A table that natron wrote, read back as what it was: the same record, spectra, provenance and notes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from natron.data import DataError, Provenance, RecordedSpectrum, Spectrum, cycling_record
from natron.data.cycling import CURRENT, checked_area, checked_mass, in_spectrum
from natron.io.columns import FREQUENCY, IMAGINARY, KNOWN, REAL, WORDS
from natron.io.reading import LARGEST, Asked, Reading, averaged
from natron.io.sidecar import CONDITIONS, OwnPoints, Sidecar, SpectrumEntry, in_si
from natron.io.source import Source

TYPES: dict[str, type[pl.DataType]] = {"number": pl.Float64, "integer": pl.Int64, "text": pl.String}
"""A column's type in the sidecar and in the table."""


def typed_csv(source: Source, side: Sidecar) -> pl.DataFrame:
    """The table of a .bdf.csv with the types it was written with.

    Raises
    ------
    DataError
        Where it does not hold the columns that its sidecar names.
    """
    schema: dict[str, Any] = {name: TYPES[type_] for name, type_ in side.table.columns.items()}
    try:
        return pl.read_csv(io.BytesIO(source.raw), schema=schema)
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise _contradicts(source, str(error).splitlines()[0][:200]) from error


def restore(table: pl.DataFrame, side: Sidecar, source: Source, asked: Asked, *, reader: str) -> Reading:
    """The reading that was written; what the user says wins over it.

    Raises
    ------
    DataError
        Where the sidecar does not fit the table.
    """
    types = {name: TYPES[type_] for name, type_ in side.table.columns.items()}
    words = {name for name, type_ in side.table.columns.items() if type_ == "text"}
    if len(table) != side.table.rows or dict(table.schema) != types or list(types) != table.columns:
        raise _contradicts(source, f"{len(table)} rows of {', '.join(table.columns[:6])}, …")
    if words & KNOWN - WORDS:
        raise _contradicts(source, f"text in {', '.join(sorted(words & KNOWN - WORDS))}")
    floats = [series.alias("numbers").fill_nan(None) for series in table if series.dtype == pl.Float64]
    if any((series.abs() > LARGEST).any() for series in floats):
        raise _contradicts(source, "a number beyond any that natron writes")
    origins = [Provenance(o.file, o.sha256, o.reader, o.reader_version, tuple(o.notes)) for o in side.provenance]
    said: list[str] = []
    area, mass = _cell(table, side, asked, said)
    spectra = [_spectrum(entry, table, origins, source, asked, area) for entry in side.spectra]
    areas = {one for item in spectra if (one := item.spectrum.area_m2) is not None}
    if area is not None and areas - {area}:
        said.append(
            "the areas of record and spectra differ in the metadata, as where only one was edited: each is used for "
            "its own; give the area to use it for all"
        )
    metadata = {name: tuple(value) if isinstance(value, list) else value for name, value in side.metadata.items()}
    notes = (*side.notes, *said)
    if side.record is None:
        if not spectra:
            raise _contradicts(source, "neither a record nor a spectrum")
        return Reading(None, tuple(item.spectrum for item in spectra), notes, reader, metadata)
    told = side.record
    record = cycling_record(
        table,
        _origin(told.provenance, origins, source),
        area_m2=area,
        mass_kg=mass,
        kind=asked.kind or told.kind,
        working_electrode=asked.working_electrode or told.working_electrode,
        spectra=spectra,
        notes=(*told.notes, *said),
    )
    return Reading(record, tuple(item.spectrum for item in record.spectra), notes, reader, metadata)


def points_in_rows(
    table: pl.DataFrame, first: int | None, last: int | None
) -> tuple[NDArray[np.float64], NDArray[np.complex128]] | None:
    """The spectrum in these rows of a table, each frequency once, rising; None where there is none."""
    if first is None or last is None or not first <= last < len(table):
        return None
    if not {FREQUENCY, REAL, IMAGINARY} <= set(table.columns):
        return None
    rows = table.slice(first, last - first + 1).select(FREQUENCY, REAL, IMAGINARY)
    if any(rows[name].null_count() for name in rows.columns):
        return None
    return averaged(rows[FREQUENCY].to_numpy(), rows[REAL].to_numpy() + 1j * rows[IMAGINARY].to_numpy())


def _cell(table: pl.DataFrame, side: Sidecar, asked: Asked, said: list[str]) -> tuple[float | None, float | None]:
    """Area and mass: the user's, else those that were written, which had been checked then."""
    area = in_si(side.record.area, "area") if side.record else None
    mass = in_si(side.record.mass, "mass") if side.record else None
    if asked.area_m2 is not None:
        flowing = table[CURRENT].to_numpy()[~in_spectrum(table)] if CURRENT in table.columns else np.empty(0)
        largest = float(np.max(np.abs(flowing))) if len(flowing) else None
        area, note = checked_area(asked.area_m2, told_by="user", largest_current_A=largest)
        said += [note] if note else []
    if asked.mass_kg is not None:
        mass, note = checked_mass(asked.mass_kg, told_by="user")
        said += [note] if note else []
    return area, mass


def _spectrum(
    entry: SpectrumEntry,
    table: pl.DataFrame,
    origins: Sequence[Provenance],
    source: Source,
    asked: Asked,
    area: float | None,
) -> RecordedSpectrum:
    conditions: dict[str, Any] = {
        name: in_si(getattr(entry.conditions, key), kind) for key, (name, kind) in CONDITIONS.items()
    }
    if asked.area_m2 is not None:
        conditions["area_m2"] = area
    if asked.temperature_K is not None:
        conditions["temperature_K"] = asked.temperature_K
    conditions |= {"state_of_charge": entry.conditions.state_of_charge, "cycle": entry.conditions.cycle}
    provenance = _origin(entry.provenance, origins, source)
    if entry.own_points is not None:
        spectrum = _own(entry.own_points, conditions, provenance)
    else:
        points = points_in_rows(table, entry.first_row, entry.last_row)
        if points is None:
            raise _contradicts(source, f"spectrum {entry.index} in rows {entry.first_row} to {entry.last_row}")
        spectrum = Spectrum(*points, **conditions, provenance=provenance)
    return RecordedSpectrum(
        index=entry.index,
        spectrum=spectrum,
        cycle=entry.cycle,
        half_step=entry.half_step,
        time_s=in_si(entry.time, "time"),
        first_row=entry.first_row,
        last_row=entry.last_row,
    )


def _own(points: OwnPoints, conditions: dict[str, Any], provenance: Provenance) -> Spectrum:
    def pairs(real: Sequence[float], imaginary: Sequence[float]) -> NDArray[np.complex128]:
        if len(real) != len(imaginary):
            raise DataError("the points of a spectrum beside the table do not pair up")
        return np.array(real) + 1j * np.array(imaginary)

    noise = points.noise_real_ohm, points.noise_imaginary_ohm
    spectrum = Spectrum(
        points.frequency_Hz,
        pairs(points.real_ohm, points.imaginary_ohm),
        **conditions,
        noise_ohm=None if noise[0] is None or noise[1] is None else pairs(noise[0], noise[1]),
        provenance=provenance,
    )
    if not points.removed_frequency_Hz:
        return spectrum
    return replace(
        spectrum,
        removed_frequency_Hz=np.array(points.removed_frequency_Hz),
        removed_impedance_ohm=pairs(points.removed_real_ohm, points.removed_imaginary_ohm),
    )


def _origin(place: int, origins: Sequence[Provenance], source: Source) -> Provenance:
    if place >= len(origins):
        raise _contradicts(source, f"provenance {place} of {len(origins)}")
    return origins[place]


def _contradicts(source: Source, given: str) -> DataError:
    return DataError(
        "the table and the metadata beside it contradict each other",
        file=source.name,
        given=given,
        hint="Convert the original file again, or remove the .json beside the table: it is then read alone.",
    )
