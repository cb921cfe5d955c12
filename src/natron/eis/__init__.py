"""Impedance: circuits and their elements, and the fit of a circuit to a spectrum."""

from natron.eis.capacitance import Formula, effective_capacitance
from natron.eis.circuits import Circuit, parse_circuit
from natron.eis.elements import Element, Parameter, known_elements, register
from natron.eis.errors import CircuitError, FitError
from natron.eis.fitting import FitParameter, FitResult, Status, Weight, fit

__all__ = [
    "Circuit",
    "CircuitError",
    "Element",
    "FitError",
    "FitParameter",
    "FitResult",
    "Formula",
    "Parameter",
    "Status",
    "Weight",
    "effective_capacitance",
    "fit",
    "known_elements",
    "parse_circuit",
    "register",
]
