"""What instrument files hold, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from natron.core import Quantity
from natron.data import CyclingRecord, RecordedSpectrum
from natron.data.cycling import CYCLE, HALF_STEP, STEP_COUNT
from natron.io import Reading
from natron.report.as_json import SCHEMA_VERSION, quantity


def reading_json(file: str, found: Reading) -> dict[str, Any]:
    """As ``natron read --json`` prints it: ``record`` is null where there are spectra alone."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "format": found.format,
        "notes": list(found.notes),
        "record": None if found.record is None else _record(found.record),
        "spectra": [spectrum_json(item) for item in recorded(found)],
    }


def conversion_json(files: Sequence[str], found: Reading, table: Path, beside: Path) -> dict[str, Any]:
    """As ``natron convert --json`` prints it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "files": list(files),
        "table": str(table),
        "metadata": str(beside),
        "rows": len(found.record) if found.record else sum(map(len, found.spectra)),
        "record": None if found.record is None else _record(found.record),
        "spectra": [spectrum_json(item) for item in recorded(found)],
        "notes": list(found.notes),
    }


def recorded(found: Reading) -> tuple[RecordedSpectrum, ...]:
    """The spectra with their places in the record; in order where there is none."""
    if found.record is not None:
        return found.record.spectra
    return tuple(RecordedSpectrum(i, s, cycle=s.cycle, time_s=s.time_s) for i, s in enumerate(found.spectra))


def spectrum_json(item: RecordedSpectrum) -> dict[str, Any]:
    """One entry of ``spectra[]``."""
    spectrum = item.spectrum
    return {
        "index": item.index,
        "cycle": item.cycle,
        "half_step": item.half_step,
        "time": _known(item.time_s, "time"),
        "points": len(spectrum),
        "frequency_max": _known(float(spectrum.frequency_Hz[0]), "frequency"),
        "frequency_min": _known(float(spectrum.frequency_Hz[-1]), "frequency"),
        "temperature": _known(spectrum.temperature_K, "temperature"),
    }


def _record(record: CyclingRecord) -> dict[str, Any]:
    table, voltage, current = record.table, record.voltage_V, record.current_A
    return {
        "rows": len(record),
        "columns": list(table.columns),
        "duration": _known(float(record.time_s[-1] - record.time_s[0]), "time"),
        "cycles": int(table[CYCLE].n_unique()),
        "half_steps": int(table[HALF_STEP].to_numpy().max()),
        "steps": int(table[STEP_COUNT].n_unique()) if STEP_COUNT in table.columns else None,
        "voltage_min": _known(float(voltage.min()), "potential"),
        "voltage_max": _known(float(voltage.max()), "potential"),
        "current_min": _known(float(current.min()), "current"),
        "current_max": _known(float(current.max()), "current"),
        "area": _known(record.area_m2, "area"),
        "mass": _known(record.mass_kg, "mass"),
        "kind": record.kind,
        "working_electrode": record.working_electrode,
    }


def _known(value: float | None, kind: str) -> dict[str, Any] | None:
    """A value in SI as a quantity without uncertainty, null where it is not known."""
    return quantity(None if value is None else Quantity(value, None, kind))
