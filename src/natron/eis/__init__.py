"""Impedance: circuits, their fit to one spectrum and to series, tests of the data, and what arcs mean.

What is exported here is loaded when it is first used: whoever fits a circuit does not wait for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natron.eis.arcs import Feature, features
    from natron.eis.arrhenius import Arrhenius
    from natron.eis.capacitance import Formula, effective_capacitance
    from natron.eis.causality import KKResult, kramers_kronig
    from natron.eis.circuits import Circuit, parse_circuit
    from natron.eis.correction import CorrectionWarning, correct
    from natron.eis.elements import Element, Parameter, known_elements, register
    from natron.eis.errors import CircuitError, FitError
    from natron.eis.evidence import CellKind, Electrolyte, Process
    from natron.eis.fitting import FitParameter, FitResult, Status, Weight, fit
    from natron.eis.geometry import (
        ConductivityLaw,
        Geometry,
        Normalised,
        areal_resistance,
        conductivity,
        conductivity_law,
        normalise,
    )
    from natron.eis.meaning import Assignment, Candidate, Evidence, Meaning, assign
    from natron.eis.relaxation import DRTPeak, DRTResult, drt
    from natron.eis.replicates import ReplicateCells, Replicates, replicate, replicate_cells
    from natron.eis.selection import Selection, select_circuit
    from natron.eis.series import SeriesResult, fit_series
    from natron.eis.symmetric import ConstrictionHint, SymmetricCell, constriction_hint, symmetric_cell
    from natron.eis.tie import TieTest
    from natron.eis.trends import Trend
    from natron.eis.window import HighFrequency

__all__ = [
    "Arrhenius",
    "Assignment",
    "Candidate",
    "CellKind",
    "Circuit",
    "CircuitError",
    "ConductivityLaw",
    "ConstrictionHint",
    "CorrectionWarning",
    "DRTPeak",
    "DRTResult",
    "Electrolyte",
    "Element",
    "Evidence",
    "Feature",
    "FitError",
    "FitParameter",
    "FitResult",
    "Formula",
    "Geometry",
    "HighFrequency",
    "KKResult",
    "Meaning",
    "Normalised",
    "Parameter",
    "Process",
    "ReplicateCells",
    "Replicates",
    "Selection",
    "SeriesResult",
    "Status",
    "SymmetricCell",
    "TieTest",
    "Trend",
    "Weight",
    "areal_resistance",
    "assign",
    "conductivity",
    "conductivity_law",
    "constriction_hint",
    "correct",
    "drt",
    "effective_capacitance",
    "features",
    "fit",
    "fit_series",
    "known_elements",
    "kramers_kronig",
    "normalise",
    "parse_circuit",
    "register",
    "replicate",
    "replicate_cells",
    "select_circuit",
    "symmetric_cell",
]

_NAMES = {
    "arcs": (
        "Feature",
        "features",
    ),
    "arrhenius": ("Arrhenius",),
    "capacitance": (
        "Formula",
        "effective_capacitance",
    ),
    "circuits": (
        "Circuit",
        "parse_circuit",
    ),
    "correction": (
        "CorrectionWarning",
        "correct",
    ),
    "relaxation": (
        "DRTPeak",
        "DRTResult",
        "drt",
    ),
    "elements": (
        "Element",
        "Parameter",
        "known_elements",
        "register",
    ),
    "errors": (
        "CircuitError",
        "FitError",
    ),
    "evidence": (
        "CellKind",
        "Electrolyte",
        "Process",
    ),
    "fitting": (
        "FitParameter",
        "FitResult",
        "Status",
        "Weight",
        "fit",
    ),
    "geometry": (
        "ConductivityLaw",
        "Geometry",
        "Normalised",
        "areal_resistance",
        "conductivity",
        "conductivity_law",
        "normalise",
    ),
    "causality": (
        "KKResult",
        "kramers_kronig",
    ),
    "meaning": (
        "Assignment",
        "Candidate",
        "Evidence",
        "Meaning",
        "assign",
    ),
    "replicates": (
        "ReplicateCells",
        "Replicates",
        "replicate",
        "replicate_cells",
    ),
    "selection": (
        "Selection",
        "select_circuit",
    ),
    "series": (
        "SeriesResult",
        "fit_series",
    ),
    "symmetric": (
        "ConstrictionHint",
        "SymmetricCell",
        "constriction_hint",
        "symmetric_cell",
    ),
    "tie": ("TieTest",),
    "trends": ("Trend",),
    "window": ("HighFrequency",),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
