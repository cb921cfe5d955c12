"""What instrument files hold, as JSON."""

from __future__ import annotations

from typing import Any

from natron.io import Reading
from natron.report.as_json import SCHEMA_VERSION


def reading_json(file: str, found: Reading) -> dict[str, Any]:
    """As ``natron read --json`` prints it."""
    record = found.record
    return {
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "format": found.format,
        "notes": list(found.notes),
        "record": None
        if record is None
        else {
            "rows": record.table.height,
            "columns": list(record.table.columns),
            "kind": record.kind,
            "duration": {
                "value": float(record.time_s[-1] - record.time_s[0]) if record.table.height else 0.0,
                "uncertainty": None,
                "unit": "s",
            },
        },
        "spectra": [
            {
                "index": i,
                "points": len(spectrum),
                "frequency_Hz": [float(spectrum.frequency_Hz[-1]), float(spectrum.frequency_Hz[0])],
                "temperature": None
                if spectrum.temperature_K is None
                else {"value": spectrum.temperature_K - 273.15, "uncertainty": None, "unit": "degC"},
                "cycle": spectrum.cycle,
            }
            for i, spectrum in enumerate(found.spectra)
        ],
    }
