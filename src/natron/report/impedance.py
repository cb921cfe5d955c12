"""Impedance results as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from natron.eis import DRTResult, FitParameter, FitResult, KKResult, Meaning, Normalised, Selection
from natron.report.as_json import SCHEMA_VERSION, quantity


def _number(value: float | None) -> float | None:
    """A number for JSON, which knows no infinity."""
    return None if value is None or not math.isfinite(value) else float(value)


def parameter(p: FitParameter) -> dict[str, Any]:
    """A fitted parameter as a quantity: its ± one standard error, null where the data say nothing."""
    return {"value": p.value, "uncertainty": _number(p.uncertainty) if not p.fixed else None, "unit": p.unit}


def fit(
    result: FitResult,
    file: str,
    index: int,
    *,
    normalised: Normalised | None = None,
    meaning: Meaning | None = None,
    selection: Selection | None = None,
) -> dict[str, Any]:
    """One entry of ``fits[]``."""
    content: dict[str, Any] = {
        "file": file,
        "index": index,
        "circuit": str(result.circuit),
        "weight": result.weight,
        "status": result.status,
        "chi2_reduced": _number(result.chi2_reduced),
        "points": len(result.spectrum),
        "temperature": _temperature(result.spectrum.temperature_K),
        "parameters": {name: parameter(p) for name, p in result.parameters.items()},
        "intervals_95": {name: [_number(end) for end in p.interval] for name, p in result.parameters.items()},
        "areal": {name: quantity(q) for name, q in normalised.areal.items()} if normalised else {},
        "assignment": meaning.as_json() if meaning else {},
        "correlation": {
            "names": list(result.parameters),
            "matrix": [[round(float(c), 6) for c in row] for row in result.correlation],
        },
        "warnings": list(result.warnings),
    }
    if selection is not None:
        content["selection"] = {
            "status": selection.status,
            "ambiguous": selection.ambiguous,
            "reasons": list(selection.reasons),
            "runners_up": [
                {
                    "circuit": str(one.circuit),
                    "words": one.words,
                    "delta": _number(one.delta),
                    "akaike_weight": _number(one.akaike_weight),
                }
                for one in selection.runners_up[:5]
            ],
        }
    return content


def _temperature(kelvin: float | None) -> dict[str, Any] | None:
    return None if kelvin is None else {"value": round(kelvin - 273.15, 6), "uncertainty": None, "unit": "degC"}


def kramers_kronig(result: KKResult, file: str, index: int) -> dict[str, Any]:
    """One entry of ``checks[]``."""
    return {
        "file": file,
        "index": index,
        "passed": result.passed,
        "status": result.status,
        "limit": result.limit,
        "rms": _number(result.rms),
        "noise": _number(result.noise),
        "elements": result.elements,
        "mu": _number(result.mu),
        "structure_p": _number(result.structure_p),
        "drift_p": _number(result.drift_p),
        "failing_Hz": [float(f) for f in result.spectrum.frequency_Hz[result.failing]],
        "suspect_below_Hz": _number(result.suspect_below_Hz),
        "suspect_above_Hz": _number(result.suspect_above_Hz),
        "warnings": list(result.warnings),
    }


def drt(result: DRTResult, file: str, index: int) -> dict[str, Any]:
    """One entry of ``distributions[]``."""

    def ohms(value: float, uncertainty: float | None = None) -> dict[str, Any]:
        return {"value": float(value), "uncertainty": _number(uncertainty), "unit": "ohm"}

    return {
        "file": file,
        "index": index,
        "status": result.status,
        "lambda": result.lambda_,
        "criterion": result.criterion,
        "series_resistance": ohms(result.series_resistance_ohm),
        "polarisation": ohms(result.polarisation_ohm, result.polarisation_uncertainty_ohm),
        "peaks": [
            {
                "time_constant": {"value": peak.tau_s, "uncertainty": None, "unit": "s"},
                "frequency": {"value": peak.frequency_Hz, "uncertainty": None, "unit": "Hz"},
                "resistance": ohms(peak.resistance_ohm, peak.uncertainty_ohm),
                "capacitance": {"value": peak.capacitance_F, "uncertainty": None, "unit": "F"},
                "width_decades": peak.width_decades,
                "in_window": peak.in_window,
            }
            for peak in result.peaks
        ],
        "tau_s": [float(t) for t in result.tau_s],
        "gamma_ohm": [float(g) for g in result.gamma_ohm],
        "warnings": list(result.warnings),
    }


def envelope(name: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The object a command prints."""
    return {"schema_version": SCHEMA_VERSION, name: list(entries)}
