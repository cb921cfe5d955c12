"""Impedance: circuits, their fit to one spectrum and to series, tests of the data, and what arcs mean.

What is exported here is loaded when it is first used: whoever fits a circuit does not wait for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natron.eis.checks.causality import KKResult, kramers_kronig
    from natron.eis.checks.correction import CorrectionWarning, correct
    from natron.eis.choice.automatic import fit
    from natron.eis.choice.selection import Selection, select_circuit
    from natron.eis.circuits.elements import Element, Parameter, known_elements, register
    from natron.eis.circuits.notation import Circuit, parse_circuit
    from natron.eis.errors import CircuitError
    from natron.eis.fitting.capacitance import Formula, effective_capacitance
    from natron.eis.fitting.result import FitError, FitParameter, FitResult, Status, Weight
    from natron.eis.meaning.arcs import Feature, features
    from natron.eis.meaning.assignment import Assignment, Candidate, Evidence, Meaning, assign
    from natron.eis.meaning.evidence import CellKind, Electrolyte, Process
    from natron.eis.meaning.geometry import (
        ConductivityLaw,
        Geometry,
        Normalised,
        areal_resistance,
        conductivity,
        conductivity_law,
        normalise,
    )
    from natron.eis.meaning.replicates import ReplicateCells, Replicates, replicate, replicate_cells
    from natron.eis.meaning.symmetric import ConstrictionHint, SymmetricCell, constriction_hint, symmetric_cell
    from natron.eis.meaning.window import HighFrequency
    from natron.eis.relaxation import DRTPeak, DRTResult, drt
    from natron.eis.series.analysis import fit_series
    from natron.eis.series.arrhenius import Arrhenius
    from natron.eis.series.result import SeriesResult
    from natron.eis.series.tie import TieTest
    from natron.eis.series.trends import Trend

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
    "checks.causality": ("KKResult", "kramers_kronig"),
    "checks.correction": ("CorrectionWarning", "correct"),
    "choice.automatic": ("fit",),
    "choice.selection": ("Selection", "select_circuit"),
    "circuits.elements": ("Element", "Parameter", "known_elements", "register"),
    "circuits.notation": ("Circuit", "parse_circuit"),
    "errors": ("CircuitError",),
    "fitting.capacitance": ("Formula", "effective_capacitance"),
    "fitting.result": ("FitError", "FitParameter", "FitResult", "Status", "Weight"),
    "meaning.arcs": ("Feature", "features"),
    "meaning.assignment": ("Assignment", "Candidate", "Evidence", "Meaning", "assign"),
    "meaning.evidence": ("CellKind", "Electrolyte", "Process"),
    "meaning.geometry": (
        "ConductivityLaw",
        "Geometry",
        "Normalised",
        "areal_resistance",
        "conductivity",
        "conductivity_law",
        "normalise",
    ),
    "meaning.replicates": ("ReplicateCells", "Replicates", "replicate", "replicate_cells"),
    "meaning.symmetric": ("ConstrictionHint", "SymmetricCell", "constriction_hint", "symmetric_cell"),
    "meaning.window": ("HighFrequency",),
    "relaxation": ("DRTPeak", "DRTResult", "drt"),
    "series.analysis": ("fit_series",),
    "series.result": ("SeriesResult",),
    "series.arrhenius": ("Arrhenius",),
    "series.tie": ("TieTest",),
    "series.trends": ("Trend",),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
