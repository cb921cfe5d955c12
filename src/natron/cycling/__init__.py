"""Cycles, efficiency, resistance, shorts and critical current out of a cycling record.

Loaded piece by piece, when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natron.cycling.analysis import CyclingAnalysis, analyse
    from natron.cycling.cycles import PAIRINGS, Cycle, RateStep
    from natron.cycling.differential import DifferentialCapacity, differential_capacity
    from natron.cycling.events import Event
    from natron.cycling.failure.ccd import CriticalCurrent, critical_current
    from natron.cycling.failure.criteria import ShortCriteria
    from natron.cycling.failure.population import CellOutcome, Population, population_of
    from natron.cycling.failure.shorts import detect_shorts
    from natron.cycling.failure.voids import VoidCriteria
    from natron.cycling.half_step import HalfStep, half_steps
    from natron.cycling.polarisation import Polarisation
    from natron.cycling.relations import RELATIONS
    from natron.cycling.resistance import CurrentStep
    from natron.cycling.rests import Pulse, Rest

__all__ = [
    "PAIRINGS",
    "RELATIONS",
    "CellOutcome",
    "CriticalCurrent",
    "CurrentStep",
    "Cycle",
    "CyclingAnalysis",
    "DifferentialCapacity",
    "Event",
    "HalfStep",
    "Polarisation",
    "Population",
    "Pulse",
    "RateStep",
    "Rest",
    "ShortCriteria",
    "VoidCriteria",
    "analyse",
    "critical_current",
    "detect_shorts",
    "differential_capacity",
    "half_steps",
    "population_of",
]

_HOMES = {
    "CellOutcome": "failure.population",
    "CriticalCurrent": "failure.ccd",
    "Population": "failure.population",
    "ShortCriteria": "failure.criteria",
    "VoidCriteria": "failure.voids",
    "critical_current": "failure.ccd",
    "detect_shorts": "failure.shorts",
    "population_of": "failure.population",
    "PAIRINGS": "cycles",
    "RELATIONS": "relations",
    "CurrentStep": "resistance",
    "Cycle": "cycles",
    "CyclingAnalysis": "analysis",
    "DifferentialCapacity": "differential",
    "Event": "events",
    "HalfStep": "half_step",
    "Polarisation": "polarisation",
    "Pulse": "rests",
    "RateStep": "cycles",
    "Rest": "rests",
    "analyse": "analysis",
    "differential_capacity": "differential",
    "half_steps": "half_step",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
