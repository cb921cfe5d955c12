"""Pressings and foils as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from natron.core import Quantity
from natron.interface import FoilPressing, Pressing
from natron.report.as_json import SCHEMA_VERSION, quantity


def pressing_json(found: Pressing) -> dict[str, Any]:
    """As ``natron press --json`` prints it.

    `interface_resistance` is null without contact, with liquid metal, and where the pair is not known; `state` says
    which of the first two it is, `warnings` the third.
    """
    cracking = found.cracking
    return {
        "schema_version": SCHEMA_VERSION,
        "metal": found.pair.metal.name,
        "electrolyte": found.pair.electrolyte,
        "temperature": quantity(found.temperature),
        "pressure": quantity(found.pressure),
        "time": quantity(found.time),
        "outcome": found.outcome,
        "state": found.state,
        "contact_fraction": quantity(found.contact_fraction),
        "required_contact_fraction": quantity(found.pair.values["required_contact_fraction"]),
        "interface_resistance": quantity(found.interface_resistance),
        "resistance_temperature": quantity(found.resistance_temperature),
        "residual_gap": quantity(found.residual_gap),
        "smallest_pore_filled": quantity(found.smallest_pore),
        "closure_time": quantity(found.closure_time),
        "lowest_pressure": quantity(found.lowest_pressure),
        "melting_point": quantity(found.pair.values["melting_point"]),
        "cracking": None
        if cracking is None
        else {
            "warp_stress": quantity(cracking.warp_stress),
            "span_stress": quantity(cracking.span_stress),
            "strength": quantity(cracking.strength),
            "fracture_pressure": quantity(cracking.fracture_pressure),
            "probability": cracking.probability,
            "decided_by": cracking.decided_by,
        },
        "origins": _origins(found),
        "assumed": _assumed(found.assumed),
        "warnings": list(found.warnings),
        "hazard": found.hazard,
    }


def _origins(found: Pressing) -> dict[str, str]:
    shown = {
        "contact_fraction": found.contact_fraction,
        "interface_resistance": found.interface_resistance,
        "fracture_pressure": found.cracking.fracture_pressure if found.cracking else None,
    }
    return {name: q.origin for name, q in shown.items() if q is not None}


def _assumed(values: Mapping[str, Quantity]) -> dict[str, Any]:
    return {name: {**q.as_json(), "note": q.note} for name, q in values.items()}


def foil_json(found: FoilPressing) -> dict[str, Any]:
    """As ``natron foil --json`` prints it; the curve's ± is one standard uncertainty."""
    return {
        "schema_version": SCHEMA_VERSION,
        "metal": found.metal.name,
        "squeeze": found.squeeze,
        "temperature": quantity(found.temperature),
        "pressure": quantity(found.pressure),
        "time": quantity(found.time),
        "radius": quantity(found.radius),
        "start_thickness": quantity(found.start_thickness),
        "thickness": quantity(found.thickness),
        "extruded_share": quantity(found.extruded),
        "slope": found.slope,
        "curve": [
            {
                "time": quantity(Quantity(float(t), None, "time")),
                "thickness": quantity(Quantity(float(h), float(up - h), "length")),
            }
            for t, h, up in zip(found.curve_time_s, found.curve_thickness_m, found.curve_high_m, strict=True)
        ],
        "origins": {"thickness": found.thickness.origin},
        "assumed": _assumed(found.assumed),
        "warnings": list(found.warnings),
        "hazard": found.hazard,
    }
