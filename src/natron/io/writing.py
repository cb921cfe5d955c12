"""A reading written as a Battery Data Format table, with what the table cannot say beside it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from natron.core import InputError
from natron.data import Provenance, RecordedSpectrum, Spectrum
from natron.io import sidecar
from natron.io.columns import FREQUENCY, IMAGINARY, REAL, TIME, Z_CYCLE
from natron.io.descriptions import write_new_file
from natron.io.reading import Reading, natron_version
from natron.io.restoring import TYPES, points_in_rows
from natron.io.sidecar import CONDITIONS, Sidecar, measure

ENDINGS = (".bdf.csv", ".bdf.parquet")


def write(reading: Reading, path: str | os.PathLike[str]) -> Path:
    """Write a reading as a Battery Data Format table, and its sidecar beside it.

    Spectra recorded inside a test stand in the table's rows; the sidecar says in which, with cycle and half step
    (see `natron.io.sidecar`). Spectra alone are a table of frequencies and impedances. `natron.io.read` gives
    the same reading back: table, spectra, area, mass, kind, provenance and notes.

    Parameters
    ----------
    path : path
        Ending in ``.bdf.csv`` or ``.bdf.parquet``; neither it nor ``path + ".json"`` may exist.

    Returns
    -------
    Path
        Of the sidecar.

    Raises
    ------
    InputError
        Where the name ends otherwise, either file exists, or cannot be written.
    """
    target = Path(path)
    if not target.name.lower().endswith(ENDINGS):
        raise InputError(
            "the name of a Battery Data Format table ends in one of two ways",
            file=str(target),
            allowed=" or ".join(ENDINGS),
        )
    for file in (target, sidecar.beside(target)):
        if file.exists():
            raise InputError("this file exists already", file=str(file), hint="Name another, or remove it.")
    table, placed = _rows(reading)
    table = table.cast({name: TYPES[_type(kind)] for name, kind in table.schema.items()})
    buffer = io.BytesIO()
    if target.name.lower().endswith(ENDINGS[0]):
        table.write_csv(buffer)
    else:
        table.write_parquet(buffer)
    content = buffer.getvalue()
    described = _describe(reading, placed, table, target.name, sha256(content).hexdigest())
    write_new_file(target, content)
    try:
        write_new_file(sidecar.beside(target), described.model_dump_json(indent=1) + "\n")
    except InputError:
        target.unlink(missing_ok=True)
        raise
    return sidecar.beside(target)


def _rows(reading: Reading) -> tuple[pl.DataFrame, list[RecordedSpectrum]]:
    """The table to write, and the spectra with their rows in it."""
    if reading.record is not None:
        return reading.record.table, list(reading.record.spectra)
    tables: list[pl.DataFrame] = []
    placed: list[RecordedSpectrum] = []
    row = 0
    for index, spectrum in enumerate(reading.spectra):
        columns: dict[str, Any] = {
            Z_CYCLE: np.full(len(spectrum), index),
            TIME: pl.Series([spectrum.time_s] * len(spectrum), dtype=pl.Float64),
            FREQUENCY: spectrum.frequency_Hz,
            REAL: spectrum.impedance_ohm.real,
            IMAGINARY: spectrum.impedance_ohm.imag,
        }
        tables.append(pl.DataFrame(columns))
        placed.append(RecordedSpectrum(index, spectrum, first_row=row, last_row=row + len(spectrum) - 1))
        row += len(spectrum)
    table = pl.concat(tables)
    return (table.drop(TIME) if table[TIME].null_count() else table), placed


def _describe(
    reading: Reading, placed: Sequence[RecordedSpectrum], table: pl.DataFrame, file: str, digest: str
) -> Sidecar:
    record = reading.record
    known = [*([record.provenance] if record else []), *(item.spectrum.provenance for item in placed)]
    origins = list(dict.fromkeys(known))
    return Sidecar.model_validate(
        {
            "schema_version": sidecar.SCHEMA_VERSION,
            "natron_version": natron_version(),
            "table": {
                "file": file,
                "sha256": digest,
                "rows": len(table),
                "columns": {name: _type(kind) for name, kind in table.schema.items()},
            },
            "record": None
            if record is None
            else {
                "area": measure(record.area_m2, "area"),
                "mass": measure(record.mass_kg, "mass"),
                "kind": record.kind,
                "working_electrode": record.working_electrode,
                "notes": list(record.notes),
                "provenance": origins.index(record.provenance),
            },
            "provenance": [
                {
                    "file": origin.file,
                    "sha256": origin.sha256,
                    "reader": origin.reader,
                    "reader_version": origin.reader_version,
                    "notes": list(origin.notes),
                }
                for origin in origins
            ],
            "format": reading.format,
            "metadata": json.loads(json.dumps(dict(reading.metadata), default=str)),
            "notes": list(reading.notes),
            "spectra": [_entry(item, table, origins) for item in placed],
        }
    )


def _type(kind: pl.DataType) -> str:
    if kind.is_integer():
        return "integer"
    return "number" if kind.is_float() else "text"


def _entry(item: RecordedSpectrum, table: pl.DataFrame, origins: Sequence[Provenance]) -> dict[str, Any]:
    spectrum = item.spectrum
    conditions = {key: measure(getattr(spectrum, name), kind) for key, (name, kind) in CONDITIONS.items()}
    return {
        "index": item.index,
        "cycle": item.cycle,
        "half_step": item.half_step,
        "time": measure(item.time_s, "time"),
        "first_row": item.first_row,
        "last_row": item.last_row,
        "points": len(spectrum),
        "frequency_max": measure(float(spectrum.frequency_Hz[0]), "frequency"),
        "frequency_min": measure(float(spectrum.frequency_Hz[-1]), "frequency"),
        "conditions": {**conditions, "state_of_charge": spectrum.state_of_charge, "cycle": spectrum.cycle},
        "provenance": origins.index(spectrum.provenance),
        "own_points": None if _stands_in_rows(item, table) else _own_points(spectrum),
    }


def _stands_in_rows(item: RecordedSpectrum, table: pl.DataFrame) -> bool:
    spectrum = item.spectrum
    if len(spectrum.removed_frequency_Hz) or spectrum.noise_ohm is not None:
        return False
    points = points_in_rows(table, item.first_row, item.last_row)
    if points is None:
        return False
    frequency, impedance = points
    return np.array_equal(frequency[::-1], spectrum.frequency_Hz) and np.array_equal(
        impedance[::-1], spectrum.impedance_ohm
    )


def _own_points(spectrum: Spectrum) -> dict[str, Any]:
    noise = spectrum.noise_ohm
    return {
        "frequency_Hz": spectrum.frequency_Hz.tolist(),
        "real_ohm": spectrum.impedance_ohm.real.tolist(),
        "imaginary_ohm": spectrum.impedance_ohm.imag.tolist(),
        "noise_real_ohm": None if noise is None else noise.real.tolist(),
        "noise_imaginary_ohm": None if noise is None else noise.imag.tolist(),
        "removed_frequency_Hz": spectrum.removed_frequency_Hz.tolist(),
        "removed_real_ohm": spectrum.removed_impedance_ohm.real.tolist(),
        "removed_imaginary_ohm": spectrum.removed_impedance_ohm.imag.tolist(),
    }
