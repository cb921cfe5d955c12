"""Alloys, films and their evaporation as JSON."""

from __future__ import annotations

from typing import Any

from natron.core import Quantity
from natron.interface.alloys.anode import AlloyAnode, FilmPoint
from natron.interface.alloys.evaporation import Evaporation
from natron.interface.alloys.phases import LiquidWindow
from natron.interface.metals import Metal
from natron.report.as_json import SCHEMA_VERSION, quantity

HAZARD = (
    "Hazard: potassium and Na-K catch fire in air and explode with water, old potassium may carry explosive "
    "superoxide; work under argon or in vacuum, without water nearby, with a class D extinguisher at hand."
)
"""One line, printed wherever potassium or its alloy is proposed."""


def share(value: float, uncertainty: float | None = None) -> dict[str, Any]:
    """A mole fraction or another share."""
    return {"value": float(value), "uncertainty": uncertainty, "unit": "1"}


def alloy(found: AlloyAnode) -> dict[str, Any]:
    """As ``natron alloy --json`` prints it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "system": "Na-K",
        "temperature": found.temperature.as_json(),
        "liquid_window": _window(found.window, found.composition_uncertainty),
        "eutectic": {
            "temperature": found.eutectic_temperature.as_json(),
            "x_k": share(1 - found.eutectic.x_na, found.composition_uncertainty),
        },
        "peritectic": {
            "temperature": found.peritectic_temperature.as_json(),
            "x_na": share(found.peritectic.x_na, found.composition_uncertainty),
        },
        "film": quantity(found.film),
        "all_liquid_from": quantity(found.figures.get("all_liquid_from")),
        "all_liquid_capacity": quantity(found.figures.get("all_liquid_capacity")),
        "film_thickness_per_areal_capacity": quantity(found.figures.get("film_thickness_per_areal_capacity")),
        "film_needed": quantity(found.film_needed),
        "exchanged_share": share(found.exchanged_share),
        "wetting": found.wetting,
        "pressure_into_gap": quantity(found.pressure_into_gap),
        "half_step": None if found.end is None else _point(found.end),
        "course": [_point(point) for point in found.course],
        "temperatures": [_temperature(window) for window in found.sweep],
        "assumed": {name: q.as_json() for name, q in found.assumed.items()},
        "warnings": list(found.warnings),
        "hazard": HAZARD,
    }


def _window(window: LiquidWindow | None, u: float) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "x_na_min": share(window.x_na_min, u if window.x_na_min > 0 else None),
        "x_na_max": share(window.x_na_max, u if window.x_na_max < 1 else None),
    }


def _temperature(row: tuple[float, LiquidWindow | None, Quantity | None]) -> dict[str, Any]:
    kelvin, window, capacity = row
    return {
        "temperature": Quantity(kelvin, None, "temperature").as_json(),
        "x_na_min": None if window is None else share(window.x_na_min),
        "x_na_max": None if window is None else share(window.x_na_max),
        "all_liquid_capacity": quantity(capacity),
    }


def _point(point: FilmPoint) -> dict[str, Any]:
    return {
        "capacity": point.capacity.as_json(),
        "x_na": share(point.x_na),
        "liquid_fraction": share(point.liquid_fraction),
        "potential": quantity(point.potential),
        "solid": point.solid or None,
        "liquid_thickness": point.liquid_thickness.as_json(),
        "solid_thickness": point.solid_thickness.as_json(),
    }


def evaporation(
    of: Metal, film: Quantity, conditions: dict[str, Quantity], found: Evaporation, hazard: str
) -> dict[str, Any]:
    """As ``natron evaporate --json`` prints it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "metal": of.symbol,
        "film": film.as_json(),
        "conditions": {name: q.as_json() for name, q in conditions.items()},
        "vapour_pressure": found.vapour_pressure.as_json(),
        "source_recession": found.source_recession.as_json(),
        "growth_rate": found.growth_rate.as_json(),
        "time": quantity(found.time),
        "source_mass": quantity(found.source_mass),
        "re_evaporation_rate": found.re_evaporation_rate.as_json(),
        "assumed": sorted(name for name, q in conditions.items() if q.origin == "assumed"),
        "warnings": list(found.warnings),
        "hazard": hazard,
    }
