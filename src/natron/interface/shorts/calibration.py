"""Assumed parameters from a laboratory's own measurements, with intervals, and which the data cannot tell.

Three kinds of table: the interface's resistance after pressing, the critical stripping current, and how many cells
shorted. Each is fitted by maximum likelihood in the logarithms of the parameters; intervals are of 95 %, by profile
likelihood (the other parameters are fitted anew at each value). A parameter whose interval does not close within
`REACH` of its starting value is not identifiable from these data, and is said to be so.

Source of the method: Raue et al. 2009, DOI 10.1093/bioinformatics/btp358.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, Quantity, did_you_mean
from natron.core.kinds import kind
from natron.core.quantity import LARGEST
from natron.interface.metals import Metal
from natron.interface.pairs import Pair
from natron.interface.pressing.pressed import contact_of, resistance_of
from natron.interface.shorts.survival import law_of, shorting_parameters
from natron.interface.shorts.voids import VoidModel, void_parameters
from natron.materials import scale_resistance

Array = NDArray[np.float64]
Status = Literal["converged", "not_converged"]

REACH = 1e3
"""Factor either way of the starting value within which an interval must close."""

FLAT = 1e-3
"""Gain in −2 ln L of a second search below which the first had converged; an interval closes at 3.84."""

CONFIDENCE = 0.95
_STEPS, _FIRST_STEP = 30, 2e-3  # of the profile outwards, growing by equal factors to the bound

COLUMNS: dict[str, str] = {
    "pressure": "pressure",
    "temperature": "temperature",
    "time": "time",
    "interface resistance": "area_specific_resistance",
    "interface resistance uncertainty": "area_specific_resistance",
    "critical stripping current": "current_density",
    "critical stripping current uncertainty": "current_density",
    "current density": "current_density",
    "cycles": "count",
    "cells": "count",
    "failed": "count",
    "area": "area",
}
"""Columns of a table, and the kind of each."""

RESISTANCE = ("charge_transfer_resistance", "flow_stress", "spot_spacing", "film_resistance")
STRIPPING = ("replenishing_current", "pressure_slope")
SHORTING = ("critical_current", "weibull_modulus", "growth_exponent", "cycles")


@dataclass(frozen=True, slots=True)
class Fitted:
    """One parameter.

    Attributes
    ----------
    name : str
    value : Quantity
        Origin ``calibrated``; its ± is half of the 68 % interval, None where that does not close.
    start : Quantity
        What it was before.
    low, high : float or None
        Ends of the 95 % interval, SI; None where that side is open.
    identifiable : bool
        Whether both ends are found.
    """

    name: str
    value: Quantity
    start: Quantity
    low: float | None
    high: float | None
    identifiable: bool


@dataclass(frozen=True)
class Calibration:
    """Parameters fitted to a table.

    Attributes
    ----------
    kind : str
        ``interface_resistance``, ``critical_stripping_current`` or ``shorted_cells``.
    rows : int
    parameters : tuple of Fitted
    status : str
        ``converged`` or ``not_converged``: then no parameter is to be used.
    measured, fitted : ndarray, shape (rows,)
        In SI; shares of failures for cells.
    warnings : tuple of str
    """

    kind: str
    rows: int
    parameters: tuple[Fitted, ...]
    status: Status
    measured: Array
    fitted: Array
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Task:
    """A likelihood: −2 ln L of the parameters' logarithms, its model, and where to start."""

    kind: str
    names: tuple[str, ...]
    start: Mapping[str, Quantity]
    deviance: Callable[[Array], float]
    model: Callable[[Array], Array]
    measured: Array
    degrees: int | None  # of freedom of an estimated scatter; None where the likelihood knows its scatter


def calibrate(
    table: Mapping[str, Array], pair: Pair, *, free: Sequence[str] | None = None, temperature: Quantity | None = None
) -> Calibration:
    """Fit the parameters that a table can tell something of.

    Parameters
    ----------
    table : Mapping[str, ndarray]
        Columns of `COLUMNS`, SI. ``pressure, temperature, time, interface resistance``, or ``pressure, critical
        stripping current``, or ``current density, cycles, cells, failed``; an uncertainty and a temperature at will.
    pair : Pair
        The metal and its ceramic: what is not fitted keeps its values.
    free : sequence of str, optional
        Parameters to fit; by default those that are assumed.
    temperature : Quantity, optional
        Of every row, where the table has no such column; else 25 °C.

    Raises
    ------
    InputError
        Where the columns make none of the three kinds, a parameter is not of that kind, or the rows are too few.
    """
    rows = len(next(iter(table.values())))
    for name, column in table.items():
        largest = float(np.abs(column).max() / kind(COLUMNS[name]).factor)
        if not largest <= LARGEST:
            raise InputError("a number of this column is out of range", key=name, given=f"{largest:.4g}")
    T = table.get("temperature", np.full(rows, temperature.value if temperature is not None else 298.15))
    if "interface resistance" in table:
        task = _resistance(table, T, pair, free)
    elif "critical stripping current" in table:
        task = _stripping(table, T, pair.metal, free)
    elif {"current density", "cycles", "cells", "failed"} <= set(table):
        task = _shorting(table, free)
    else:
        raise InputError(
            "these columns are not enough",
            given=", ".join(table),
            allowed="pressure, temperature, time and interface resistance; or pressure and critical stripping "
            "current; or current density, cycles, cells and failed",
        )
    return _fit(task, rows)


def _need(table: Mapping[str, Array], *names: str) -> None:
    missing = [name for name in names if name not in table]
    if missing:
        raise InputError("a column is missing", given=", ".join(table), allowed=f"also {', '.join(missing)}")


def _rows(table: Mapping[str, Array], T: Array, of: Metal, *above_zero: str) -> None:
    """Nothing, where the rows are of solid metal and what must be above zero is."""
    for kelvin in np.unique(T):
        of.require_solid(float(kelvin))
    for name in above_zero:
        if not (table[name] > 0).all():
            raise InputError(
                "every row of this column must be above 0", key=name, given=f"{float(table[name].min()):g}",
                hint="Without pressure or time there is no contact to fit." if name in ("pressure", "time") else None,
            )  # fmt: skip


def _chosen(free: Sequence[str] | None, known: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    for name in free or ():
        if name not in known:
            raise InputError(
                "this table does not tell of that parameter", given=name, allowed=", ".join(known),
                hint=did_you_mean(name, known),
            )  # fmt: skip
    return tuple(dict.fromkeys(free)) if free else tuple(default)


def _scatter(measured: Array, spread: Array | None, parameters: int) -> tuple[Callable[[Array], float], int | None]:
    """−2 ln L of residuals in the logarithm: of known spread, or of one common scatter that is estimated."""
    if not (measured > 0).all():
        raise InputError("measured values must be above zero", given=float(measured.min()))
    if spread is not None:
        if not (spread > 0).all():
            raise InputError("uncertainties must be above zero", given=float(spread.min()))
        return lambda model: float(((_misfit(measured, model) * measured / spread) ** 2).sum()), None
    degrees = len(measured) - parameters
    if degrees < 1:
        raise InputError(
            "too few rows for so many parameters", given=f"{len(measured)} rows for {parameters} parameters",
            allowed="more rows than parameters, or a column of uncertainties", hint="Fit fewer with --fit.",
        )  # fmt: skip

    def deviance(model: Array) -> float:
        squares = float((_misfit(measured, model) ** 2).sum())
        # data of a model without noise: their scatter is that of the last digits
        return len(measured) * math.log(max(squares, 1e-20))

    return deviance, degrees


def _misfit(measured: Array, model: Array) -> Array:
    """Residual of the logarithms; finite for whatever a search tries."""
    return np.asarray(np.log(measured) - np.log(np.clip(model, 1e-300, 1e300)), dtype=float)


def _resistance(table: Mapping[str, Array], T: Array, pair: Pair, free: Sequence[str] | None) -> _Task:
    _need(table, "pressure", "time")
    _rows(table, T, pair.metal, "pressure", "time")
    transfer, conductivity = pair.resistance_at(303.15)
    if transfer is None or conductivity is None:
        raise InputError(
            "the resistance of this pair is not known even as a start",
            given=f"{pair.metal.name} on {pair.electrolyte}",
            hint="Give it by charge_transfer_resistance and electrolyte_conductivity.",
        )  # fmt: skip
    values = {**pair.values, "charge_transfer_resistance": transfer, "electrolyte_conductivity": conductivity}
    known = [*RESISTANCE, "indentation_strain", "gas_pressure"]
    names = _chosen(free, known, RESISTANCE)
    start = {name: _positive(values[name]) for name in names}
    measured = table["interface resistance"]
    fixed: dict[str, Any] = {name: q.value for name, q in values.items()}
    energy = _transfer_energy_J(pair)

    def model(x: Array) -> Array:
        now = {**fixed, **dict(zip(names, np.exp(x), strict=True))}
        now["charge_transfer_resistance"] = scale_resistance(now["charge_transfer_resistance"], 303.15, energy, T)
        now |= {"pressure": table["pressure"], "temperature": T, "time": table["time"]}
        theta = np.maximum(contact_of(now), 1e-12)
        return np.asarray(resistance_of(now, theta), dtype=float)

    deviance, degrees = _scatter(measured, table.get("interface resistance uncertainty"), len(names))
    return _Task("interface_resistance", names, start, lambda x: deviance(model(x)), model, measured, degrees)


def _transfer_energy_J(pair: Pair) -> float:
    """Activation energy of the pair's resistance; 0 where it is not known."""
    from natron.materials import library

    material = library().get(f"{pair.metal.name}|{pair.electrolyte}")
    law = material.laws.get("interface_resistance") if material is not None else None
    return law.activation_energy.value if law is not None and law.activation_energy is not None else 0.0


def _stripping(table: Mapping[str, Array], T: Array, of: Metal, free: Sequence[str] | None) -> _Task:
    _need(table, "pressure")
    _rows(table, T, of)
    known = [*STRIPPING, "activation_energy", "pressure_exponent"]
    default = STRIPPING if np.ptp(T) < 1 else (*STRIPPING, "activation_energy")
    names = _chosen(free, known, default)
    values = void_parameters()
    start = {name: _positive(values[name]) for name in names}
    measured = table["critical stripping current"]
    fixed: dict[str, Any] = {name: q.value for name, q in values.items()}

    def model(x: Array) -> Array:
        now = {**fixed, **dict(zip(names, np.exp(x), strict=True))}
        law = VoidModel.of(of.molar_volume_m3_mol, now)
        with np.errstate(over="ignore"):  # values a search tries on its way
            return np.asarray(law.replenishing_current(table["pressure"], T, np), dtype=float)

    deviance, degrees = _scatter(measured, table.get("critical stripping current uncertainty"), len(names))
    return _Task("critical_stripping_current", names, start, lambda x: deviance(model(x)), model, measured, degrees)


def _shorting(table: Mapping[str, Array], free: Sequence[str] | None) -> _Task:
    cells, failed = table["cells"], table["failed"]
    if not ((cells >= 1) & (failed <= cells) & (table["cycles"] > 0) & (table["current density"] > 0)).all():
        raise InputError("each row needs cells, cycles and a current above zero, and no more failures than cells")
    names = _chosen(free, SHORTING, SHORTING)
    values = shorting_parameters()
    law = law_of({name: q.value for name, q in values.items()})
    start = {name: values[name] for name in names if name in values}
    if "cycles" in names:
        start["cycles"] = Quantity(float(law.cycles), None, "number", "assumed")
    fixed = {name: q.value for name, q in values.items()} | {"cycles": float(law.cycles)}
    area = table.get("area", np.full(len(cells), law.reference_area_m2))
    if not (area > 0).all():
        raise InputError("every row of this column must be above 0", key="area", given=float(area.min()))

    def model(x: Array) -> Array:
        now = law_of({**fixed, **dict(zip(names, np.exp(x), strict=True))})
        k = now.weibull_modulus
        # in logarithms: exponents a search tries on its way would overflow
        fatigue = np.maximum(0.0, k / now.growth_exponent * np.log(table["cycles"] / now.cycles))
        first = k * (np.log(table["current density"]) - np.log(now.critical_current_A_m2))
        first = first + np.log(area / now.reference_area_m2)
        hazard = np.exp(np.clip(fatigue + first, -600, 600))
        return np.asarray(-np.expm1(-hazard), dtype=float)

    def deviance(x: Array) -> float:
        share = np.clip(model(x), 1e-300, 1 - 1e-15)
        return -2 * float((failed * np.log(share) + (cells - failed) * np.log1p(-share)).sum())

    return _Task("shorted_cells", names, start, deviance, model, failed / cells, None)


def _positive(q: Quantity) -> Quantity:
    """A starting value whose logarithm exists: where the library has 0, a small one of its kind."""
    small = {"area_specific_resistance": 1e-5, "pressure": 1e4}.get(q.kind, 1.0)
    return (
        q if q.value > 0 else Quantity(small, None, q.kind, "assumed", note="0 in the library; a small value to start")
    )


def _fit(task: _Task, rows: int) -> Calibration:
    from scipy.optimize import minimize
    from scipy.stats import chi2, f

    x0 = np.log([task.start[name].value for name in task.names])
    reach = math.log(REACH)
    bounds = [(x - reach, x + reach) for x in x0]

    def best(held: int | None, at: float, guess: Array) -> tuple[Array, float, bool]:
        """The fit with one parameter held."""
        loose = [i for i in range(len(x0)) if i != held]

        def whole(part: Array) -> Array:
            x = guess.copy()
            x[loose] = part
            if held is not None:
                x[held] = at
            return x

        if not loose:
            x = whole(np.array([]))
            return x, task.deviance(x), True
        found = minimize(
            lambda part: task.deviance(whole(part)), guess[loose], method="L-BFGS-B", bounds=[bounds[i] for i in loose]
        )
        if held is not None:
            return whole(found.x), float(found.fun), True
        # survival has a kink where the first charge takes over, at which gradients stop early
        again = _simplex(lambda part: task.deviance(whole(part)), found.x, [bounds[i] for i in loose])
        # where data leave a direction open the simplex never shrinks: started anew, it must then gain nothing
        if not again.success:
            before = float(again.fun)
            again = _simplex(lambda part: task.deviance(whole(part)), again.x, [bounds[i] for i in loose])
            return whole(again.x), float(again.fun), before - float(again.fun) < FLAT
        return whole(again.x), float(again.fun), True

    rng = np.random.default_rng(1)
    starts = [x0, *(x0 + rng.uniform(-1.5, 1.5, len(x0)) for _ in range(3))]
    guess = min((best(0, float(start[0]), start) for start in starts), key=lambda found: found[1])[0]
    x, lowest, ok = best(None, 0.0, guess)
    if task.degrees is None:
        limits = [float(chi2.ppf(level, 1)) for level in (0.6827, CONFIDENCE)]
    else:
        # a scatter that is estimated makes the profile an F distribution
        limits = [
            rows * math.log1p(float(f.ppf(level, 1, task.degrees)) / task.degrees) for level in (0.6827, CONFIDENCE)
        ]
    fitted = []
    for i, name in enumerate(task.names):
        left, right = (_ends(best, i, x, lowest, limits, end) for end in bounds[i])
        spread = None if left[0] is None or right[0] is None else (math.exp(right[0]) - math.exp(left[0])) / 2
        start = task.start[name]
        value = Quantity(float(math.exp(x[i])), spread, start.kind, "calibrated", "se", source="the table given")
        low, high = (None if end is None else math.exp(end) for end in (left[1], right[1]))
        fitted.append(Fitted(name, value, start, low, high, low is not None and high is not None))
    return Calibration(
        task.kind,
        rows,
        tuple(fitted),
        "converged" if ok else "not_converged",
        task.measured,
        task.model(x),
        _warnings(fitted, ok),
    )


def _simplex(deviance: Callable[[Array], float], guess: Array, bounds: Sequence[tuple[float, float]]) -> Any:
    from scipy.optimize import minimize

    options = {"xatol": 1e-5, "fatol": 1e-7, "maxiter": 400 * len(guess)}
    return minimize(deviance, guess, method="Nelder-Mead", bounds=bounds, options=options)


def _ends(
    best: Callable[[int, float, Array], tuple[Array, float, bool]],
    i: int,
    x: Array,
    lowest: float,
    limits: Sequence[float],
    bound: float,
) -> list[float | None]:
    """Where the profile first crosses each limit on the way to the bound, None where it never does."""
    here = float(x[i])
    at, rise, guess = [here], [0.0], x
    for reach in (bound - here) * np.geomspace(_FIRST_STEP, 1.0, _STEPS):
        guess, value, _ = best(i, here + reach, guess)
        at.append(here + float(reach))
        # a parabola's root is straight, so that few points tell where it crosses
        rise.append(math.sqrt(max(value - lowest, 0.0)))
        if rise[-1] ** 2 > max(limits):
            break
    found: list[float | None] = []
    for limit in limits:
        k = next((k for k, r in enumerate(rise) if r * r > limit), None)
        if k is None:
            found.append(None)
            continue
        share = (math.sqrt(limit) - rise[k - 1]) / (rise[k] - rise[k - 1])
        found.append(at[k - 1] + share * (at[k] - at[k - 1]))
    return found


def _warnings(fitted: Sequence[Fitted], ok: bool) -> tuple[str, ...]:
    said = [] if ok else ["the fit did not converge: use none of these values"]
    for one in fitted:
        name = one.name.replace("_", " ")
        if one.identifiable:
            continue
        if one.low is None and one.high is None:
            said.append(f"{name} is not identifiable from these data: any value within a factor of {REACH:g} fits")
        else:
            side, end = ("at least", one.low) if one.low is not None else ("at most", one.high)
            q = Quantity(float(end or 0.0), None, one.value.kind)
            said.append(f"{name} is not identifiable from these data: {side} {q}, with no end on the other side")
    return tuple(said)
