"""Calibrations as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from natron.core import Quantity
from natron.interface.shorts.calibration import Calibration
from natron.report.as_json import SCHEMA_VERSION

if TYPE_CHECKING:
    from natron.simulate import CellCalibration, Comparison


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


def cell_calibration(
    found: CellCalibration, *, files: Sequence[str], held_out: Sequence[str], written: str | None
) -> dict[str, Any]:
    """As ``natron calibrate cell --json`` prints it."""
    names = [one.name for one in found.parameters]
    return {
        "schema_version": SCHEMA_VERSION,
        "cell": {"name": found.before.cell.name, "kind": found.before.cell.kind},
        "data": list(files),
        "held_out": list(held_out),
        "written": written,
        "status": found.status,
        "message": found.message or None,
        "residuals": found.residuals,
        "reduced_chi_squared": _number(found.reduced_chi_squared),
        "condition": _number(found.condition),
        "parameters": {
            one.name: {
                **one.value.as_json(),
                "interval_95": [
                    None if end is None else Quantity(end, None, one.value.kind).as_json()
                    for end in (one.low, one.high)
                ],
                "identifiable": one.identifiable,
                "entangled_with": list(one.entangled_with),
                "sensitivity": _number(one.sensitivity),
                "before": one.before.as_json(),
                "origin": one.value.origin,
            }
            for one in found.parameters
        },
        "not_identifiable": [one.name for one in found.parameters if not one.identifiable],
        "correlation": {
            name: {other: _number(float(found.correlation[i, j])) for j, other in enumerate(names)}
            for i, name in enumerate(names)
        },
        "comparisons": [_comparison(each) for each in found.comparisons],
        "warnings": list(found.warnings),
    }


def _comparison(each: Comparison) -> dict[str, Any]:
    voltage, share = (None if v is None else _number(v) for v in (each.voltage_V, each.impedance_share))
    return {
        "name": each.experiment.name,
        "held_out": each.held_out,
        "verdict": each.verdict,
        "voltages": len(each.experiment.voltage_V),
        "spectra": len(each.experiment.looks),
        "misfit": _number(each.misfit),
        "misfit_before": _number(each.misfit_before),
        "voltage_misfit": None if voltage is None else Quantity(voltage, None, "potential").as_json(),
        "impedance_misfit": None if share is None else Quantity(share, None, "fraction").as_json(),
    }


def _number(value: float) -> float | None:
    """None where there is no number: JSON has none for it."""
    return value if math.isfinite(value) else None
