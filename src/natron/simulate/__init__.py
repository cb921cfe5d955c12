"""Cells that live: charge, rest, formation, cycling and impedance from one set of equations, solved by PyBaMM.

`model_parameters` gathers what a cell's equations need, `run` takes it through a protocol and gives the record that an
instrument would have written, `spectrum` its impedance, `draws` many discharges at once. PyBaMM is loaded where the
first of them is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natron.simulate.batch import Draws, draws
    from natron.simulate.breakdown import LABELS, Breakdown, breakdowns
    from natron.simulate.building import Structure
    from natron.simulate.calibration import CellCalibration, Comparison, Fitted, calibrate_cell
    from natron.simulate.closed_form import mean_discharge_voltage, steady_resistance
    from natron.simulate.equations import PARTS
    from natron.simulate.impedance import rested, spectrum
    from natron.simulate.parameters import SWITCHES, ModelParameters, model_parameters
    from natron.simulate.protocol import (
        Loop,
        Protocol,
        Step,
        Sweep,
        built_in_protocol,
        built_in_protocols,
        first_cycles,
        parse_protocol,
    )
    from natron.simulate.relations import RELATIONS
    from natron.simulate.replay import Experiment, experiment_of_record, experiment_of_spectrum
    from natron.simulate.running import ADVICE, Course, Run, run

_HOMES = {
    "ADVICE": "running",
    "Breakdown": "breakdown",
    "CellCalibration": "calibration",
    "Comparison": "calibration",
    "Course": "running",
    "Draws": "batch",
    "Experiment": "replay",
    "Fitted": "calibration",
    "LABELS": "breakdown",
    "Loop": "protocol",
    "ModelParameters": "parameters",
    "PARTS": "equations",
    "Protocol": "protocol",
    "RELATIONS": "relations",
    "Run": "running",
    "SWITCHES": "parameters",
    "Step": "protocol",
    "Structure": "building",
    "Sweep": "protocol",
    "breakdowns": "breakdown",
    "built_in_protocol": "protocol",
    "built_in_protocols": "protocol",
    "calibrate_cell": "calibration",
    "draws": "batch",
    "experiment_of_record": "replay",
    "experiment_of_spectrum": "replay",
    "first_cycles": "protocol",
    "mean_discharge_voltage": "closed_form",
    "model_parameters": "parameters",
    "parse_protocol": "protocol",
    "rested": "impedance",
    "run": "running",
    "spectrum": "impedance",
    "steady_resistance": "closed_form",
}

__all__ = [
    "ADVICE",
    "LABELS",
    "PARTS",
    "RELATIONS",
    "SWITCHES",
    "Breakdown",
    "CellCalibration",
    "Comparison",
    "Course",
    "Draws",
    "Experiment",
    "Fitted",
    "Loop",
    "ModelParameters",
    "Protocol",
    "Run",
    "Step",
    "Structure",
    "Sweep",
    "breakdowns",
    "built_in_protocol",
    "built_in_protocols",
    "calibrate_cell",
    "draws",
    "experiment_of_record",
    "experiment_of_spectrum",
    "first_cycles",
    "mean_discharge_voltage",
    "model_parameters",
    "parse_protocol",
    "rested",
    "run",
    "spectrum",
    "steady_resistance",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
