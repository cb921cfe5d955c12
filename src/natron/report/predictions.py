"""Predicted critical currents and survival as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from natron.core import Quantity
from natron.interface.shorts.prediction import Batch, Effect, Prediction, Spread
from natron.interface.shorts.survival import ShortingLaw
from natron.report.as_json import SCHEMA_VERSION, quantity


def _share(value: float) -> dict[str, Any]:
    return {"value": float(value), "uncertainty": None, "unit": "1"}


def spread(found: Spread, nominal: Spread) -> dict[str, Any]:
    """Quantiles over all virtual cells, and over one batch at the nominal parameters; null beyond the protocol."""
    return {
        "median": quantity(found.median),
        "interval_90": [quantity(found.low), quantity(found.high)],
        "share": found.share,
        "nominal": {
            "median": quantity(nominal.median),
            "interval_90": [quantity(nominal.low), quantity(nominal.high)],
            "share": nominal.share,
        },
    }


def _common(found: Prediction) -> dict[str, Any]:
    bench, protocol = found.bench, found.protocol
    charge = protocol.charge_C_m2[protocol.current_A_m2 != 0]
    return {
        "schema_version": SCHEMA_VERSION,
        "cell": bench.cell,
        "origin": "assumed" if found.assumed else "predicted",
        "protocol": {
            "words": protocol.words,
            "half_steps": len(protocol.current_A_m2),
            "cycles": int(protocol.cycle[-1]),
            "half_step_capacity": [
                Quantity(float(q), None, "areal_capacity").as_json() for q in (charge.min(), charge.max())
            ],
        },
        "conditions": {
            "temperature": Quantity(bench.temperature_K, None, "temperature").as_json(),
            "pressure": bench.inputs["pressure"].as_json(),
            "area": Quantity(bench.area_m2, None, "area").as_json(),
            "contact_fraction": bench.inputs["contact_fraction"].as_json(),
            "voids_at": [side for side, grows in zip(("negative", "positive"), bench.voids, strict=True) if grows],
        },
        "cells": found.cells,
        "void_onset": spread(found.contact_loss, found.nominal_contact_loss),
        "short_current": spread(found.short, found.nominal_short),
        "critical_current": spread(found.end, found.nominal_end),
        "ended_by": {
            "short": found.short.share,
            "contact_loss": found.end.share - found.short.share,
            "nothing": 1 - found.end.share,
        },
        "weibull_modulus": found.weibull_modulus,
        "dominates": [_effect(effect, found.outcome) for effect in found.effects],
        "assumed": {name: q.as_json() for name, q in found.assumed.items()},
        "warnings": list(found.warnings),
    }


def _effect(effect: Effect, outcome: str) -> dict[str, Any]:
    def at(value: float | None) -> Any:
        if value is None:
            return None
        return _share(value) if outcome == "survival" else Quantity(value, None, "current_density").as_json()

    return {
        "parameter": effect.name,
        "origin": effect.low.origin,
        "low": effect.low.as_json(),
        "high": effect.high.as_json(),
        "at_low": at(effect.at_low),
        "at_high": at(effect.at_high),
    }


def ccd(found: Prediction, liquid_capacity: Quantity | None) -> dict[str, Any]:
    """As ``natron predict ccd --json`` prints it."""
    levels = found.protocol.levels_A_m2
    return {
        **_common(found),
        "liquid_capacity": quantity(liquid_capacity),
        "survival": [
            {"current": Quantity(float(levels[i]), None, "current_density").as_json(), **_bands(found.alive[:, i])}
            for i in range(len(levels))
        ],
    }


def survival(found: Prediction, law: ShortingLaw, batch: Batch, current: Quantity) -> dict[str, Any]:
    """As ``natron predict survival --json`` prints it."""
    last = found.alive.shape[1] - 1
    nominal = found.bench.inputs
    scale = law.scale_A_m2(found.bench.area_m2) * nominal["conductivity_ratio"].value
    return {
        **_common(found),
        "current": current.as_json(),
        "survival": {**_bands(found.alive[:, last])},
        "survival_of_flaws": {**_bands(found.short_free[:, last])},
        "batch": {"cells": batch.cells, "alive_mean": batch.mean, "alive_interval_90": [batch.low, batch.high]},
        "law": {
            "critical_current": Quantity(float(scale), None, "current_density").as_json(),
            "weibull_modulus": float(law.weibull_modulus),
            "growth_exponent": float(law.growth_exponent),
            "cycles": float(law.cycles),
            "origin": "calibrated",
        },
        "course": [{"cycle": n + 1, **_bands(found.alive[:, n])} for n in range(last + 1)],
    }


def _bands(column: np.ndarray[Any, Any]) -> dict[str, Any]:
    nominal, mean, low, high = (float(x) for x in column)
    return {"nominal": _share(nominal), "mean": _share(mean), "interval_90": [_share(low), _share(high)]}
