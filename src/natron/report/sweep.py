"""Sweeps as JSON and as tables."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

from natron.core import Quantity
from natron.core.kinds import kind
from natron.report.as_json import SCHEMA_VERSION
from natron.sweep import Subject, SweepResult, varies

MOST_REASONS = 20


def sweep_json(found: SweepResult) -> dict[str, Any]:
    """As ``natron sweep --json`` prints it: what the outputs do over all points, which themselves go to a table."""
    return {
        "schema_version": SCHEMA_VERSION,
        "title": found.title,
        "command": found.command,
        "method": found.method,
        "points": len(found.values),
        "failed": found.failed,
        "reasons": [{"point": i, "why": why} for i, why in found.reasons[:MOST_REASONS]],
        "varied": {name: _ends(found.values[:, i], found.parameter_kinds[i]) for i, name in enumerate(found.names)},
        "outputs": {
            name: _spread(found.column(name), k) for name, k in zip(found.outputs, found.output_kinds, strict=True)
        },
        "sobol_indices": {
            one.output: {
                name: {
                    "first": float(one.first[i]),
                    "first_interval": [float(v) for v in one.first_interval[:, i]],
                    "total": float(one.total[i]),
                    "total_interval": [float(v) for v in one.total_interval[:, i]],
                }
                for i, name in enumerate(one.names)
            }
            for one in found.indices
        },
        "pareto_front": [_point(found, int(i)) for i in found.front],
    }


def parameters_json(of: Subject) -> dict[str, Any]:
    """As ``natron sweep --parameters --json`` prints it: what can vary, and what comes out."""
    return {
        "schema_version": SCHEMA_VERSION,
        "parameters": {name: {**q.as_json(), "origin": q.origin} for name, q in of.parameters.items()},
        "outputs": {name: {"unit": kind(k).unit} for name, k in of.outputs.items()},
    }


def table_csv(found: SweepResult) -> str:
    """Every point with its outputs, in the field's units; empty where there is no number."""
    columns = [
        *zip(found.names, found.parameter_kinds, strict=True),
        *zip(found.outputs, found.output_kinds, strict=True),
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Point / 1", *(f"{name} / {kind(k).unit}" for name, k in columns), "Reason"])
    both = np.hstack([found.values, found.found])
    offsets = np.array([kind(k).offset for _, k in columns])
    factors = np.array([kind(k).factor for _, k in columns])
    why = dict(found.reasons)
    for i, row in enumerate(((both - offsets) / factors).tolist()):
        writer.writerow([i, *("" if value != value else f"{value:.10g}" for value in row), why.get(i, "")])
    return text.getvalue()


def _ends(values: Any, k: str) -> dict[str, Any]:
    return {"lowest": _q(np.min(values), k), "highest": _q(np.max(values), k)}


def _spread(values: Any, k: str) -> dict[str, Any]:
    """Mean with its standard deviation as ±, median, central 95 % and ends; null where no point has a number."""
    whole = values[np.isfinite(values)]
    names = ("mean", "median", "low_95", "high_95", "lowest", "highest")
    if not len(whole):
        return dict.fromkeys(names) | {"points": 0}
    deviation = float(np.std(whole, ddof=1)) if varies(whole) else None
    low, median, high = np.quantile(whole, (0.025, 0.5, 0.975))
    return {
        "mean": Quantity(float(np.mean(whole)), deviation, k).as_json(),
        "median": _q(median, k),
        "low_95": _q(low, k),
        "high_95": _q(high, k),
        "lowest": _q(np.min(whole), k),
        "highest": _q(np.max(whole), k),
        "points": len(whole),
    }


def _point(found: SweepResult, i: int) -> dict[str, Any]:
    parameters = zip(found.names, found.values[i], found.parameter_kinds, strict=True)
    outputs = zip(found.outputs, found.found[i], found.output_kinds, strict=True)
    return {
        "point": i,
        "parameters": {name: _q(value, k) for name, value, k in parameters},
        "outputs": {name: _q(value, k) if np.isfinite(value) else None for name, value, k in outputs},
    }


def _q(value: Any, k: str) -> dict[str, Any]:
    return Quantity(float(value), None, k).as_json()
