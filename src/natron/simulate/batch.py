"""Many discharges at once, each with parameters drawn from their uncertainties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from natron.core import InputError, uncertainty
from natron.simulate.engine import Array, engine
from natron.simulate.impedance import NO_LIMIT_V, resting
from natron.simulate.parameters import ModelParameters

CHUNK = 50
"""Discharges handed to the solver at a time."""

TOLERANCE = 1e-4
"""Relative, of the time steps: voltages to some µV, well below what the draws spread over."""

LONGEST_CAPACITIES = 1.2


@dataclass(frozen=True, eq=False)
class Draws:
    """Discharges of cells with drawn parameters.

    Attributes
    ----------
    names : tuple of str
        What was drawn.
    values : ndarray, shape (draws, names)
        SI.
    capacity_C_m2 : ndarray, shape (draws,)
        Discharged; not a number where the solver failed.
    mean_voltage_V : ndarray, shape (draws,)
        Over the charge.
    energy_J_m2 : ndarray, shape (draws,)
    endings : tuple of str
        Why each discharge ended.
    """

    names: tuple[str, ...]
    values: Array
    capacity_C_m2: Array
    mean_voltage_V: Array
    energy_J_m2: Array
    endings: tuple[str, ...]


def draws(
    of: ModelParameters,
    *,
    current_A_m2: float,
    count: int = 1000,
    names: Sequence[str] | None = None,
    start_charged_share: float = 0.99,
    lower_voltage_V: float | None = None,
    threads: int = 2,
    seed: int = 1,
) -> Draws:
    """Discharges with parameters drawn from their uncertainties.

    Parameters
    ----------
    of : ModelParameters
        Of a cell with a cathode.
    current_A_m2 : float
        > 0; of the discharge.
    count : int
        Draws, ≥ 1.
    names : sequence of str, optional
        What is drawn; all that is uncertain where left out.
    start_charged_share : float
        Even throughout, above 0 and below 1.
    lower_voltage_V : float, optional
        Where a discharge ends; the cell's own where left out.
    threads : int
    seed : int
        The same seed gives the same draws.

    Raises
    ------
    InputError
        Where the cell has no cathode, a name is unknown, or no lower voltage is given.
    """
    if not of.structure.cathode:
        raise InputError("a discharge needs a cathode", given=of.cell.name)
    lower = of.cell.operation.lower_voltage
    limit = lower_voltage_V if lower_voltage_V is not None else (lower.value if lower else None)
    if limit is None:
        raise InputError("a discharge needs a voltage to end at", key="lower_voltage")
    uncertain = [name for name, q in of.values.items() if q.standard_uncertainty] if names is None else list(names)
    for name in uncertain:
        if name not in of.values:
            raise InputError("the model has no such parameter", given=name)
    drawn = uncertainty.draw({name: of.values[name] for name in uncertain}, samples=count, seed=seed)
    fixed = {name: q.value for name, q in of.values.items()} | {"start_charged_share": start_charged_share}
    each = [fixed | {name: _held(name, _one(drawn[name], i), fixed[name]) for name in uncertain} for i in range(count)]
    for one in each:
        one["start_charged_share"] = start_charged_share
    at = engine(of.structure, tolerance=TOLERANCE, threads=threads)
    places = at.equations.places
    inputs = [
        resting(of.numbers(one))
        | {"current": -current_A_m2, "lower_voltage": limit, "upper_voltage": NO_LIMIT_V, "stripping_negative": 1.0}
        for one in each
    ]
    longest = LONGEST_CAPACITIES * max(one["capacity"] for one in inputs) / current_A_m2
    found = np.full((count, 3), np.nan)
    endings: list[str] = []
    for begin in range(0, count, CHUNK):
        part = slice(begin, min(begin + CHUNK, count))
        starts = [of.start(places, one) for one in each[part]]
        for i, stretch in enumerate(at.solve_many(starts, inputs[part], longest), begin):
            endings.append(stretch.ending)
            if stretch.ending == "failed" or len(stretch.time_s) < 2:
                continue
            voltage = at.observe(["voltage"], stretch.states, inputs[i])["voltage"]
            charge = stretch.time_s * current_A_m2
            energy = float(np.trapezoid(voltage, charge))
            found[i] = charge[-1], energy / charge[-1], energy
    values = np.array([[one[name] for name in uncertain] for one in each])
    return Draws(tuple(uncertain), values, found[:, 0], found[:, 1], found[:, 2], tuple(endings))


def _one(drawn: object, i: int) -> float:
    return float(drawn[i]) if isinstance(drawn, np.ndarray) else float(drawn)  # type: ignore[arg-type]


def _held(name: str, value: float, nominal: float) -> float:
    """A draw kept away from zero, where a normal one may fall below: a twentieth of the nominal value at least."""
    return max(value, 0.05 * nominal) if nominal > 0 and name != "temperature" else value
