"""DC polarisation between ion-blocking electrodes: the current that stays is the electrons'."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from natron.cycling.rows import Rows, median

SteadyState = Literal["reached", "extrapolated", "not_steady"]

HELD_V = 0.005
"""How far the voltage may stray from its median while it is held."""

HELD_SHARE = 0.02
"""... or this share of it, whichever is more."""

FEWEST_ROWS = 5
"""A hold of fewer rows says nothing."""

STEADY_SHARE = 0.02
"""The steady state is reached where the current changes by less than this share over the last fifth of the hold."""

LARGEST_EXTRAPOLATION = 0.5
"""An extrapolated current may lie below the last one by this share of it; else it is not steady."""

EXTRAPOLATIONS_AGREE = 0.1
"""... and the last half and the last quarter of the hold must tend to the same current to this share."""

BLOCKING_SHARE = 0.8
"""From this share of the time under voltage spent at held voltages with a falling current, a test is a polarisation."""

SMALLEST_FALL = 1.2
"""First over last current of a hold that polarises."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One held voltage and the current that was left.

    Attributes
    ----------
    first_row, last_row : int
    half_step : int
    start_s, duration_s : float
    voltage_V : float
        Median.
    current_start_A, current_end_A : float
        First, and median of the last tenth.
    current_A : float or None
        Of the steady state: reached or extrapolated; None where it is not steady.
    uncertainty_A : float or None
        One standard error: the scatter of the last tenth, or that of the extrapolation.
    steady_state : str
        ``reached``, ``extrapolated`` or ``not_steady``.
    change_share : float
        Change of the current over the last fifth of the hold, as a share of its end.
    resistance_ohm, conductivity_S_m : float or None
        V/I, and d/(A R) where area and thickness are known.
    conductivity_uncertainty_S_m : float or None
        That of the current alone.
    """

    first_row: int
    last_row: int
    half_step: int
    start_s: float
    duration_s: float
    voltage_V: float
    current_start_A: float
    current_end_A: float
    current_A: float | None
    uncertainty_A: float | None
    steady_state: SteadyState
    change_share: float
    resistance_ohm: float | None
    conductivity_S_m: float | None
    conductivity_uncertainty_S_m: float | None


@dataclass(frozen=True, slots=True)
class Polarisation:
    """A DC polarisation test.

    Attributes
    ----------
    holds : tuple of Hold
    conductivity_S_m, conductivity_uncertainty_S_m : float or None
        From the slope of current over voltage through all steady holds, weighted; of one hold its own. An
        upper limit of the electronic conductivity where a hold was extrapolated. None without geometry or
        without a steady hold.
    resistance_ohm : float or None
        The same as a resistance.
    steady_state : str
        The weakest of the holds that were used; ``not_steady`` where none was.
    """

    holds: tuple[Hold, ...]
    resistance_ohm: float | None
    conductivity_S_m: float | None
    conductivity_uncertainty_S_m: float | None
    steady_state: SteadyState


def polarisation(rows: Rows, *, area_m2: float | None = None, thickness_m: float | None = None) -> Polarisation | None:
    """The polarisation test in a record; None where it is none.

    A test is one where at least `BLOCKING_SHARE` of the time with current is spent at held voltages at which
    the current falls. Each hold's steady current is the median of its last tenth where it no longer changes
    (`STEADY_SHARE`); else an exponential is fitted to its second half and its end value is taken where it lies
    within `LARGEST_EXTRAPOLATION` and the last quarter gives the same to `EXTRAPOLATIONS_AGREE`; else the hold
    is ``not_steady`` and gives no conductivity. Only electrons pass blocking electrodes for good: with
    electrodes that ions can cross the number is not theirs.

    Parameters
    ----------
    rows : Rows
    area_m2, thickness_m : float, optional
        Of the pellet, for a conductivity.

    Notes
    -----
    Source: Wagner 1956, Z. Elektrochem. 60, 4; Hebb 1952, J. Chem. Phys. 20, 185, DOI 10.1063/1.1700165.
    """
    step_s = np.diff(rows.time_s, prepend=rows.time_s[:1])
    loaded = float(step_s[rows.flows].sum())
    first, last = _spans(rows)
    magnitude = np.abs(rows.current_A)
    falls = magnitude[first] > SMALLEST_FALL * magnitude[last]
    lasting = rows.time_s[last] - rows.time_s[first]
    if loaded <= 0 or lasting[falls].sum() < BLOCKING_SHARE * loaded:
        return None
    held = np.array([_is_held(rows.voltage_V[a : b + 1]) for a, b in zip(first, last, strict=True)])
    if lasting[falls & held].sum() < BLOCKING_SHARE * loaded:
        return None
    spans = zip(first[held].tolist(), last[held].tolist(), strict=True)
    holds = tuple(hold for a, b in spans if (hold := _hold(rows, a, b, area_m2, thickness_m)) is not None)
    return _together(holds, area_m2, thickness_m) if holds else None


def _spans(rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last row of every run under current, of enough rows, in which the voltage never leaps."""
    outside = ~rows.spectral & rows.flows
    moved = np.abs(np.diff(rows.voltage_V, prepend=rows.voltage_V[:1]))
    jump = moved > np.maximum(2 * HELD_V, 2 * HELD_SHARE * np.abs(rows.voltage_V))
    begins = outside & (jump | ~np.concatenate([[False], outside[:-1]]))
    ends = outside & np.concatenate([begins[1:] | ~outside[1:], [True]])
    first, last = np.flatnonzero(begins), np.flatnonzero(ends)
    long = last - first + 1 >= FEWEST_ROWS
    return first[long], last[long]


def _is_held(voltage_V: NDArray[np.float64]) -> bool:
    """Whether nearly all of these voltages are one."""
    level = median(voltage_V)
    near = np.abs(voltage_V - level) <= max(HELD_V, HELD_SHARE * abs(level))
    return bool(np.count_nonzero(near) > 0.95 * len(voltage_V))


def _hold(rows: Rows, first: int, last: int, area_m2: float | None, thickness_m: float | None) -> Hold | None:
    t, i = rows.time_s[first : last + 1] - rows.time_s[first], rows.current_A[first : last + 1]
    voltage = float(np.median(rows.voltage_V[first : last + 1]))
    if t[-1] <= 0 or abs(voltage) < HELD_V:
        return None
    tail = i[t >= 0.9 * t[-1]]
    end = float(np.median(tail))
    change = _change(t, i, end)
    scatter = float(np.std(tail, ddof=1) / math.sqrt(tail.size)) if tail.size > 2 else 0.0
    current: float | None
    uncertainty: float | None
    state: SteadyState
    if abs(change) < STEADY_SHARE:
        current, uncertainty, state = end, math.hypot(scatter, abs(change * end)), "reached"
    else:
        current, uncertainty, state = _extrapolated(t, i, end)
    resistance = voltage / current if current else None
    conductivity = spread = None
    if resistance is not None and area_m2 is not None and thickness_m is not None:
        conductivity = thickness_m / (area_m2 * resistance)
        spread = None if uncertainty is None or current is None else abs(conductivity * uncertainty / current)
    return Hold(
        first_row=first,
        last_row=last,
        half_step=int(rows.half_step[first]),
        start_s=float(rows.time_s[first]),
        duration_s=float(t[-1]),
        voltage_V=voltage,
        current_start_A=float(i[0]),
        current_end_A=end,
        current_A=current,
        uncertainty_A=uncertainty,
        steady_state=state,
        change_share=change,
        resistance_ohm=resistance,
        conductivity_S_m=conductivity,
        conductivity_uncertainty_S_m=spread,
    )


def _change(t: NDArray[np.float64], i: NDArray[np.float64], end: float) -> float:
    """Change of the current over the last fifth of a hold, by a line through it, as a share of `end`."""
    late = t >= 0.8 * t[-1]
    if late.sum() < 3 or end == 0:
        return math.inf
    x = t[late] - t[late].mean()
    slope = float(x @ i[late] / (x @ x)) if x @ x > 0 else 0.0
    return slope * 0.2 * float(t[-1]) / end


def _extrapolated(
    t: NDArray[np.float64], i: NDArray[np.float64], end: float
) -> tuple[float | None, float | None, SteadyState]:
    """What an exponential through the second half of a hold tends to, where its last quarter tends to the same."""
    whole, late = _tends_to(t, i, end, 0.5), _tends_to(t, i, end, 0.75)
    if whole is None or late is None:
        return None, None, "not_steady"
    (current, error), (again, _) = whole, late
    error = math.hypot(error, current - again)
    sensible = current * end > 0 and abs(current - end) <= LARGEST_EXTRAPOLATION * abs(end)
    if not sensible or error > EXTRAPOLATIONS_AGREE * abs(current):
        return None, None, "not_steady"
    return current, error, "extrapolated"


def _tends_to(t: NDArray[np.float64], i: NDArray[np.float64], end: float, begin: float) -> tuple[float, float] | None:
    """End value and its standard error of an exponential fitted to a hold from the share `begin` of its time."""
    from scipy.optimize import OptimizeWarning, curve_fit

    late = t >= begin * t[-1]
    x, y = t[late] - begin * t[-1], i[late]
    if late.sum() < FEWEST_ROWS or end == 0:
        return None
    scale = float(np.max(np.abs(y)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)
            values, covariance = curve_fit(
                lambda s, a, b, rate: a + b * np.exp(-rate * s / t[-1]),
                x,
                y / scale,
                p0=[end / scale, (y[0] - end) / scale, 4.0],
                bounds=([-2, -10, 0.2], [2, 10, 100]),
            )
    except (RuntimeError, ValueError, OptimizeWarning):
        return None
    return float(values[0]) * scale, float(math.sqrt(covariance[0, 0])) * scale


def _together(holds: Sequence[Hold], area_m2: float | None, thickness_m: float | None) -> Polarisation:
    """One conductance through all steady holds, I = G V, each weighted by its current's uncertainty."""
    steady = [h for h in holds if h.current_A is not None and h.uncertainty_A is not None]
    if not steady:
        return Polarisation(tuple(holds), None, None, None, "not_steady")
    v = np.array([h.voltage_V for h in steady])
    i = np.array([h.current_A for h in steady], dtype=float)
    floor = 1e-3 * float(np.max(np.abs(i)))
    s = np.maximum(np.array([h.uncertainty_A for h in steady], dtype=float), floor)
    weight = v**2 / s**2
    conductance = float(np.sum(v * i / s**2) / weight.sum())
    error = 1 / math.sqrt(float(weight.sum()))
    if len(steady) > 1:
        error *= max(1.0, math.sqrt(float(np.sum(((i - conductance * v) / s) ** 2)) / (len(steady) - 1)))
    per = None if area_m2 is None or thickness_m is None else thickness_m / area_m2
    return Polarisation(
        tuple(holds),
        1 / conductance if conductance else None,
        None if per is None else conductance * per,
        None if per is None else error * per,
        "extrapolated" if any(h.steady_state == "extrapolated" for h in steady) else "reached",
    )
