"""What claims files can ask of the simulate room, in closed form: no solver, and nothing that is not installed.

The parameters of a cell come from its file and the library, each with its uncertainty and its origin. What rests on a
parameter calibrated to a cell's own resistance is shown as calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from natron.cell import built_in
from natron.core import InputError, Quantity
from natron.core.relation import NamedRelation
from natron.simulate.closed_form import mean_discharge_voltage, steady_resistance
from natron.simulate.parameters import ModelParameters, model_parameters

SMALL_CURRENT_A_M2 = 1e-3
"""Current density at which a resistance without one is taken: far below where anything bends."""


def _of(x: Mapping[str, Any]) -> ModelParameters:
    return model_parameters(built_in(x["cell"]))


def _library(texts: Mapping[str, str], *, given: tuple[str, ...] = ()) -> dict[str, Quantity]:
    return {name: q for name, q in _of(texts).values.items() if name not in given}


def _resistance(x: Mapping[str, Any], current: Any) -> Any:
    of = _of(x)
    return sum(
        steady_resistance(of.structure, of.numbers(x), current, contact_fraction=x["contact_start"]).values()
    )  # fmt: skip


def _mean_discharge_voltage(x: Mapping[str, Any]) -> Any:
    of, operation = _of(x), _of(x).cell.operation
    if not of.structure.cathode or operation.lower_voltage is None or operation.upper_voltage is None:
        raise InputError(
            "a discharge needs a cell with a porous electrode and both cut-offs", key="cell", given=of.cell.name
        )
    return mean_discharge_voltage(
        of.numbers(x),
        _resistance(x, x["current_density"]),
        x["current_density"],
        operation.lower_voltage.value,
        operation.upper_voltage.value,
    )


def _polarisation(x: Mapping[str, Any]) -> Any:
    of = _of(x)
    if of.structure.cathode:
        raise InputError("polarisation of a single side needs a symmetric cell", key="cell", given=of.cell.name)
    return 0.5 * x["current_density"] * _resistance(x, x["current_density"])


RELATIONS: dict[str, NamedRelation] = {
    "mean_discharge_voltage": NamedRelation(
        "voltage of a discharge between a cell's cut-offs, averaged over the charge, its contacts settled",
        {"current_density": "current_density"},
        "potential",
        _mean_discharge_voltage,
        texts=("cell",),
        looked_up=_library,
    ),
    "direct_current_resistance": NamedRelation(
        "steady resistance of a cell for a small current, half charged, its contacts settled",
        {"temperature": "temperature"},
        "area_specific_resistance",
        lambda x: _resistance(x, SMALL_CURRENT_A_M2),
        texts=("cell",),
        looked_up=lambda texts: _library(texts, given=("temperature",)),
    ),
    "polarisation": NamedRelation(
        "voltage of one side of a symmetric cell at a steady current: half the cell's, its contacts as made",
        {"current_density": "current_density"},
        "potential",
        _polarisation,
        texts=("cell",),
        looked_up=_library,
    ),
}
"""Relations by name."""
