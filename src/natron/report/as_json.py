"""Results as JSON: quantities as ``{"value", "uncertainty", "unit"}``, everything else bare."""

from __future__ import annotations

from typing import Any

from natron.core import Quantity
from natron.design import (
    Assessment,
    Check,
    Figures,
    Inverse,
    Sensitivity,
    Stage,
    cell_capacity,
    reference_area_m2,
)
from natron.design.assessment import ENERGY_DENSITIES

SCHEMA_VERSION = 1
"""Of every JSON object the command line prints."""

_CATHODE = ("porosity", "solid_density", "loading", "solids", "cathode_thickness")
_ALWAYS = ("areal_capacity", "anode_thickness", "stack_thickness", *ENERGY_DENSITIES)


def quantity(q: Quantity | None) -> dict[str, Any] | None:
    """A quantity, or null."""
    return None if q is None else q.as_json()


def design(assessment: Assessment) -> dict[str, Any]:
    """A cell's assessment, as ``natron design --json`` prints it."""
    cell = assessment.cell
    area = reference_area_m2(cell)
    values = assessment.theoretical.values
    figures: dict[str, Any] = {}
    for basis, found in (("theoretical", assessment.theoretical), ("measured", assessment.measured)):
        if found is not None:
            figures[basis] = {**_figures(found), "capacity": quantity(cell_capacity(found))}
    for name in _CATHODE:
        figures[name] = quantity(values.get(name))
    figures["separator_resistance"] = quantity(assessment.separator_resistance)
    return {
        "schema_version": SCHEMA_VERSION,
        "cell": {
            "name": cell.name,
            "title": cell.title,
            "kind": cell.kind,
            "document": cell.source.document if cell.source else None,
        },
        "reference_area": quantity(None if area is None else Quantity(area, None, "area")),
        "consistent": assessment.consistent,
        "figures": figures,
        "breakdown": [
            {
                "name": share.name,
                "label": share.label,
                "thickness": quantity(share.thickness),
                "areal_mass": quantity(share.areal_mass),
                "volume_share": quantity(Quantity(share.volume_share, None, "fraction")),
                "mass_share": quantity(Quantity(share.mass_share, None, "fraction")),
            }
            for share in assessment.theoretical.breakdown
        ],
        "sensitivity": {
            name: [_sensitivity(row, values[name].kind) for row in rows]
            for name, rows in assessment.sensitivities.items()
        },
        "checks": [check(found) for found in assessment.checks],
        "what_if": [stage(taken) for taken in assessment.stages],
        "solve": None if assessment.inverse is None else _inverse(assessment.inverse, assessment.theoretical),
        "warnings": list(assessment.warnings),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    shown: dict[str, Any] = dict.fromkeys(_ALWAYS)
    shown |= {name: quantity(q) for name, q in figures.values.items() if name not in _CATHODE}
    shown["origins"] = {name: q.origin for name, q in figures.values.items() if name in shown}
    return shown


def _sensitivity(row: Sensitivity, kind: str) -> dict[str, Any]:
    return {
        "input": row.input,
        "elasticity": row.elasticity,
        "effect_of_one_uncertainty": quantity(Quantity(row.effect, None, kind)),
        "variance_share": row.variance_share,
        "sobol_first": row.sobol_first,
        "sobol_total": row.sobol_total,
    }


def check(found: Check) -> dict[str, Any]:
    """One check of a cell file."""
    return {
        "name": found.name,
        "given": quantity(found.given),
        "derived": quantity(found.derived),
        "verdict": found.verdict,
        "message": found.message,
    }


def stage(taken: Stage) -> dict[str, Any]:
    """One stage of a what-if roadmap."""
    values = taken.figures.values
    return {
        "step": taken.label,
        "basis": taken.figures.model.basis,
        **{name: quantity(values.get(name)) for name in _CATHODE},
        **_figures(taken.figures),
    }


def _inverse(inverse: Inverse, figures: Figures) -> dict[str, Any]:
    kind = figures.values[inverse.figure].kind
    low, high = (quantity(Quantity(value, None, kind)) for value in inverse.reachable)
    return {
        "status": inverse.status,
        "figure": inverse.figure,
        "input": inverse.input,
        "value": quantity(inverse.value),
        "reachable": {"lowest": low, "highest": high},
        "message": inverse.message,
    }
