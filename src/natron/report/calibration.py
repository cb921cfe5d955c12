"""Calibrations as JSON."""

from __future__ import annotations

from typing import Any

from natron.core import Quantity
from natron.interface.calibration import Calibration
from natron.report.as_json import SCHEMA_VERSION


def calibration(found: Calibration, file: str) -> dict[str, Any]:
    """As ``natron calibrate interface --json`` prints it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "kind": found.kind,
        "status": found.status,
        "rows": found.rows,
        "parameters": {
            one.name: {
                **one.value.as_json(),
                "interval_95": [
                    None if end is None else Quantity(end, None, one.value.kind).as_json()
                    for end in (one.low, one.high)
                ],
                "identifiable": one.identifiable,
                "before": one.start.as_json(),
                "origin": one.value.origin,
            }
            for one in found.parameters
        },
        "not_identifiable": [one.name for one in found.parameters if not one.identifiable],
        "warnings": list(found.warnings),
    }
