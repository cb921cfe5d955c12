"""A stack's stability as JSON."""

from __future__ import annotations

from typing import Any

from natron.core import Quantity
from natron.interface.reactions.stability import WORDS, Exposure, Reduction, Stability
from natron.interface.reactions.stack import Layer
from natron.report.as_json import SCHEMA_VERSION


def stability(found: Stability) -> dict[str, Any]:
    """As ``natron stability --json`` prints it."""
    stack = found.stack
    return {
        "schema_version": SCHEMA_VERSION,
        "stack": stack.name,
        "potentials_against": stack.ion,
        "temperature": stack.temperature.as_json(),
        "current_density": stack.current_density.as_json(),
        "duration": stack.duration.as_json(),
        "shield": found.shield,
        "message": WORDS[found.shield],
        "origin": found.origin,
        "layers": [_layer(layer) for layer in stack.layers],
        "reductions": [_reduction(r) for r in found.reductions],
        "exposures": [_exposure(e) for e in found.exposures],
        "statements": list(found.statements),
        "assumed": sorted(
            f"{layer.material}.{name}"
            for layer in stack.layers
            for name, q in layer.values.items()
            if q.origin == "assumed"
        ),
        "warnings": list(stack.warnings),
    }


def _sourced(q: Quantity) -> dict[str, Any]:
    return {**q.as_json(), "origin": q.origin, "source": q.source}


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "material": layer.material,
        "title": layer.title,
        "role": layer.role,
        "values": {name: _sourced(q) for name, q in layer.values.items()},
    }


def _reduction(r: Reduction) -> dict[str, Any]:
    return {
        "reductant": r.reductant.material,
        "oxidant": r.oxidant.material,
        "driving_potential": None if r.driving_potential is None else r.driving_potential.as_json(),
        "verdict": r.verdict,
    }


def _exposure(e: Exposure) -> dict[str, Any]:
    return {
        "layer": e.layer.material,
        "figures": {name: {**q.as_json(), "origin": q.origin} for name, q in e.figures.items()},
        "missing": list(e.missing),
    }
