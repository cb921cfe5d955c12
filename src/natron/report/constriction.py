"""Bodies of voxels as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from natron.constriction import Assessment, BodySpectrum, Spreading
from natron.core import Quantity
from natron.report.as_json import SCHEMA_VERSION, quantity


def _plain(value: float | None, kind: str, uncertainty: float | None = None) -> dict[str, Any] | None:
    if value is None or not math.isfinite(value):
        return None
    return quantity(Quantity(value, uncertainty, kind, "predicted"))


def assessment_json(
    found: Assessment,
    described: Mapping[str, Any],
    assumed: Mapping[str, Quantity],
    warnings: Sequence[str],
    spectrum: BodySpectrum | None = None,
) -> dict[str, Any]:
    """As ``natron constriction solve --json`` prints it.

    `resistance` is of the body that was modelled, `area_specific_resistance` of its cross section, and so are
    `constriction_resistance` and `error_estimate`; null where nothing connects the contacts, the solve did not
    converge, or it is not known. `hot_spot_factor` is the density exceeded on a share `hot_share` of the contact,
    over the mean of the contact.
    """
    body, solution, local = found.body, found.solution, found.local
    answered = solution.status == "converged"
    area, error = body.area_m2, found.error_estimate_ohm
    whole = found.area_specific_resistance_ohm_m2
    sigma = found.conductivity_S_m
    known = error is not None and answered
    return {
        "schema_version": SCHEMA_VERSION,
        "status": solution.status,
        "advice": solution.advice,
        "effective_conductivity": _plain(
            sigma, "conductivity", sigma * error * area / whole if known and error else None
        )
        if answered or solution.status == "not_percolating"
        else None,
        "resistance": _plain(found.resistance_ohm, "resistance", error) if answered else None,
        "area_specific_resistance": _plain(
            whole, "area_specific_resistance", error * area if error is not None else None
        )
        if answered
        else None,
        "constriction_resistance": _plain(
            found.constriction_ohm_m2, "area_specific_resistance", error * area if error is not None else None
        ),
        "error_estimate": _plain(error * area, "area_specific_resistance") if error is not None else None,
        "error_estimate_missing": found.error_reason or None,
        "hot_spot_factor": None if local is None else float(local.hot_spot_factor),
        "hot_share": None if local is None else local.hot_share,
        "highest_over_mean": None if local is None else float(local.highest),
        "iterations": solution.iterations,
        "residual": solution.residual if math.isfinite(solution.residual) else None,
        "balance": solution.balance if math.isfinite(solution.balance) else None,
        "voxels": list(body.conductivity_S_m.shape),
        "spacing": [_plain(h, "length") for h in body.spacing_m],
        "thickness": _plain(body.thickness_m, "length"),
        "area": _plain(area, "area"),
        "contact_fraction": float(body.contact_top.mean()),
        "body": dict(described),
        "spectrum": None if spectrum is None else _spectrum(spectrum, area),
        "assumed": {name: {**q.as_json(), "note": q.note} for name, q in assumed.items()},
        "warnings": list(warnings),
    }


def _spectrum(found: BodySpectrum, area: float) -> dict[str, Any]:
    made = found.spectrum
    return {
        "status": found.status,
        "advice": found.advice,
        "points": [
            {
                "frequency": _plain(float(f), "frequency"),
                "real": _plain(float(z.real) * area, "area_specific_resistance"),
                "imaginary": _signed(float(z.imag) * area),
                "iterations": iterations,
                "balance": balance,
            }
            for f, z, iterations, balance in zip(
                made.frequency_Hz, made.impedance_ohm, found.iterations, found.balance, strict=True
            )
        ],
    }


def _signed(value: float) -> dict[str, Any]:
    return Quantity(value, None, "area_specific_resistance", "predicted").as_json()


def spreading_json(
    pattern: str, contact_share: float, ratio: float, found: Spreading, resistance: Quantity | None
) -> dict[str, Any]:
    """As ``natron constriction table --json`` prints it; numbers without a dimension are bare."""
    return {
        "schema_version": SCHEMA_VERSION,
        "pattern": pattern,
        "contact_fraction": contact_share,
        "scale_over_thickness": ratio,
        "resistance_times_conductivity_over_scale": found.resistance,
        "error_estimate": found.error,
        "hot_spot_factor": found.hot_spot_factor,
        "hot_spot_error": found.hot_spot_error,
        "constriction_resistance": quantity(resistance),
    }
