"""The polarisation of a symmetric cell within each half step: cleaned, in equal shares of time, and its shape.

A *trace* is one stretch of loaded rows at one current. What is looked at is the voltage in the direction of the
current, u = sign(I) · (V − V₀), with V₀ the cell's voltage at no current; over the current it is a resistance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from natron.cycling.failure.offset import LEVEL_CHANGE, MAD, Offset, offset
from natron.cycling.half_step import HalfStep
from natron.cycling.rows import rows_of
from natron.data import CyclingRecord

Floats = NDArray[np.float64]

_FEWEST_ROWS = 3
_RAMP_LEVELS = 25
_RAMP_SPAN = 1.3
_BINS = 40
_EDGE = 0.08
_STRAY = 6.0
_QUIET = 2.0
_EQUAL_V = 1e-9
_MODEL_ERROR = 0.015
_START_TIMES = (0.015, 0.06, 0.25)
_GROWTH_TIMES = (0.1, 0.35)
_RESTART_TIMES = (0.02, 0.1)


@dataclass(frozen=True, eq=False)
class Trace:
    """One stretch of loaded rows of a half step.

    Parameters
    ----------
    index : int
        Its number, from 1. It is the half step's, unless an earlier one was stepped without a rest.
    half_step, cycle : int
        `HalfStep.index` and `HalfStep.cycle` of the half step it lies in.
    sign : int
        Of the current.
    rows : array of int, shape (N,)
        The loaded rows in the record's table.
    time_s : array, shape (N,)
        Time under load since the stretch began; interruptions are taken out.
    polarisation_V : array, shape (N,)
        u, stray points replaced.
    current_A : array, shape (N,)
        Magnitude.
    charge_Ah : array, shape (N,)
        Charge passed up to and with each row, as `HalfStep.capacity_Ah` counts it.
    noise_V : float
        Standard deviation of a sample, from neighbouring samples.
    quiet_V : float
        The same without what a restless trace has above the record's calm ones: what errors are taken from.
    restarts_s : tuple of float
        Times under load at which the current came back after an interruption.
    is_ramp : bool
        The current rises steadily; `polarisation_V` is then that at its largest current.
    """

    index: int
    half_step: int
    cycle: int
    sign: int
    rows: NDArray[np.int64]
    time_s: Floats
    polarisation_V: Floats
    current_A: Floats
    charge_Ah: Floats
    noise_V: float = 0.0
    quiet_V: float = 0.0
    restarts_s: tuple[float, ...] = ()
    is_ramp: bool = False

    @cached_property
    def magnitude_A(self) -> float:
        """The current of the stretch; of a ramp, its largest."""
        return float(self.current_A.max() if self.is_ramp else np.median(self.current_A))

    @property
    def duration_s(self) -> float:
        """Time under load."""
        return float(self.time_s[-1])

    @cached_property
    def profile(self) -> Profile:
        """The stretch in equal shares of its time, with the smooth curve through them."""
        return _profile(self)


@dataclass(frozen=True, eq=False)
class Profile:
    """A trace in bins of equal time, and the smooth curve that fits it best.

    Parameters
    ----------
    place : array, shape (B,)
        Middle of each bin, as a share of the trace's time.
    level_V, error_V : arrays, shape (B,)
        Median polarisation and its standard error.
    edges : array, shape (B,)
        First sample of each bin in the trace.
    smooth_V : array, shape (B,)
        The smooth curve through them.
    rise, rise_error : float
        Growth from the settled start to the end as a share of the start, from a parabola through the settled
        bins, and its standard error.
    start_V, end_V : float
        That parabola's values there.
    misfit : float
        Reduced χ² of the smooth curve, 1.5 % of the level allowed for its form.
    interrupted : array of bool, shape (B,)
        Whether an interruption falls into or next to the bin.
    restarts : array
        Places at which the current came back.
    """

    place: Floats
    level_V: Floats
    error_V: Floats
    edges: NDArray[np.int64]
    smooth_V: Floats
    rise: float
    rise_error: float
    start_V: float
    end_V: float
    misfit: float
    interrupted: NDArray[np.bool_]
    restarts: Floats

    @property
    def width(self) -> float:
        """Share of the time that one bin stands for."""
        return 1.0 / max(len(self.place), 1)

    def gain_of_step(self, at: int, direction: int = -1) -> tuple[float, float]:
        """What a sudden fall (or rise) before bin `at` adds to the smooth curve: the drop of χ², the step's size."""
        step = np.where(np.arange(len(self.place)) >= at, float(direction), 0.0)
        fitted, weights, sigma = _fit(self.place, self.level_V, self.error_V, self.restarts, step)
        before = np.sum(((self.level_V - self.smooth_V) / sigma) ** 2)
        return float(before - np.sum(((self.level_V - fitted) / sigma) ** 2)), float(weights[-1])

    @cached_property
    def base_V(self) -> float:
        """The level before growth: the lower quartile of the smooth curve where it has settled."""
        settled = self.place >= _EDGE
        return float(np.percentile(self.smooth_V[settled] if settled.any() else self.smooth_V, 25))


@dataclass(frozen=True)
class Traces:
    """Every trace of a record with what was found out on the way.

    Parameters
    ----------
    items : tuple of Trace
        In order of time.
    offset_V, offset_error_V : float
        Voltage at no current (its median, where it drifts), and how well it is known.
    offset_from : str
        ``rests``, ``pairs`` of both directions, or ``none``.
    reversed_sign : bool
        Voltage and current have opposite signs in the record: one of the leads was the other way round.
    """

    items: tuple[Trace, ...]
    offset_V: float
    offset_error_V: float
    offset_from: str
    reversed_sign: bool


def traces(record: CyclingRecord, half_steps: Sequence[HalfStep]) -> Traces:
    """The record's half steps as traces of polarisation, for cells whose voltage is the current's own.

    Rows of spectra and rests are left out. A half step in which the current was stepped up without a rest gives
    one trace for each level.
    """
    voltage, current, time = record.voltage_V, record.current_A, record.time_s
    spectral = record.in_spectrum
    largest = float(np.max(np.abs(current[~spectral]), initial=0.0))
    resting = ~spectral & (np.abs(current) <= 1e-4 * largest)
    magnitude = np.abs(current)
    pieces: list[tuple[HalfStep, NDArray[np.int64], bool]] = []
    for half in half_steps:
        rows = np.arange(half.first_row, half.last_row + 1)
        rows = rows[~spectral[rows] & ~resting[rows] & (np.sign(current[rows]) == half.sign)]
        pieces += [(half, part, ramp) for part, ramp in _levels(rows, magnitude) if time[part[-1]] > time[part[0]]]
    increment = rows_of(record).increment_Ah
    raw = [
        _raw(k, half, rows, ramp, time, voltage, current, increment)
        for k, (half, rows, ramp) in enumerate(pieces, start=1)
    ]
    no_current = offset(raw, voltage, time, resting)
    items = [_finished(trace, no_current, time) for trace in raw]
    reversed_sign = sum(float(np.mean(trace.polarisation_V)) for trace in items) < 0
    if reversed_sign:
        items = [replace(trace, polarisation_V=-trace.polarisation_V) for trace in items]
    # a step of the scale scatters by 1/√12 of itself
    least = _resolution(raw) / np.sqrt(12)
    items = [replace(trace, noise_V=float(np.hypot(trace.noise_V, least))) for trace in items]
    quiet = float(np.percentile([trace.noise_V for trace in items], 25)) if items else 0.0
    items = [replace(trace, quiet_V=min(max(trace.noise_V, quiet), _QUIET * quiet)) for trace in items]
    return Traces(
        tuple(items), float(np.median(no_current.voltage_V)), no_current.error_V, no_current.told_by, reversed_sign
    )


def _levels(rows: NDArray[np.int64], current_A: Floats) -> list[tuple[NDArray[np.int64], bool]]:
    """The rows of a half step parted where the current was stepped; and whether they are a ramp instead."""
    if len(rows) < _FEWEST_ROWS:
        return []
    level = current_A[rows]
    changes = np.abs(np.diff(level)) > LEVEL_CHANGE * np.maximum(level[1:], level[:-1])
    parts = np.split(rows, np.flatnonzero(changes) + 1)
    long = [part for part in parts if len(part) >= _FEWEST_ROWS]
    levels = np.unique(np.round(level / level.max(), 4)).size
    if levels > _RAMP_LEVELS and level.max() > _RAMP_SPAN * level.min() and float(np.mean(np.diff(level) >= 0)) > 0.98:
        return [(rows, True)]
    merged: list[NDArray[np.int64]] = []
    for part in long:
        before = np.median(current_A[merged[-1]]) if merged else 0.0
        if merged and abs(np.median(current_A[part]) - before) <= LEVEL_CHANGE * before:
            merged[-1] = np.concatenate([merged[-1], part])
        else:
            merged.append(part)
    return [(part, False) for part in merged]


def _raw(
    index: int,
    half: HalfStep,
    rows: NDArray[np.int64],
    ramp: bool,
    time: Floats,
    voltage: Floats,
    current: Floats,
    increment: Floats,
) -> Trace:
    """A trace with nothing taken from its voltage yet, and time without interruptions."""
    t = time[rows] - time[rows[0]]
    apart = np.flatnonzero(np.diff(rows) > 1) + 1
    restarts = []
    for k in apart:
        usual = t[k - 1] / k if k > 1 else 0.0
        t[k:] -= max(t[k] - t[k - 1] - usual, 0.0)
        restarts.append(float(t[k]))
    return Trace(
        index=index,
        half_step=half.index,
        cycle=half.cycle,
        sign=half.sign,
        rows=rows,
        time_s=t,
        polarisation_V=half.sign * voltage[rows],
        current_A=np.abs(current[rows]),
        charge_Ah=half.sign * np.cumsum(increment[rows]),
        restarts_s=tuple(restarts),
        is_ramp=ramp,
    )


def _finished(trace: Trace, no_current: Offset, time: Floats) -> Trace:
    u = trace.polarisation_V - trace.sign * np.interp(time[trace.rows], no_current.time_s, no_current.voltage_V)
    if trace.is_ramp:
        keep = trace.current_A > 0.05 * trace.current_A.max()
        share = trace.current_A[keep] / trace.current_A.max()
        trace = replace(
            trace,
            rows=trace.rows[keep],
            time_s=trace.time_s[keep],
            current_A=trace.current_A[keep],
            charge_Ah=trace.charge_Ah[keep],
            restarts_s=(),
        )
        u = u[keep] / share
    u = _without_strays(u)
    return replace(trace, polarisation_V=u, noise_V=_noise(u))


def _without_strays(u: Floats) -> Floats:
    """Single points far off both neighbours, which agree with one another, take the neighbours' median."""
    if len(u) < 5:
        return u
    low, high = np.minimum(u[:-2], u[2:]), np.maximum(u[:-2], u[2:])
    middle = np.clip(u[1:-1], low, high)
    far = np.abs(u[1:-1] - middle)
    limit = _STRAY * max(_noise(u), 1e-9)
    out = u.copy()
    stray = (far > limit) & (np.abs(u[2:] - u[:-2]) < far)
    out[1:-1][stray] = middle[stray]
    return out


def _noise(u: Floats) -> float:
    """Standard deviation of a sample from second differences, which leave a drift out of it."""
    if len(u) < 4:
        return 0.0
    # that of a second difference is √6 times that of a sample
    return MAD * float(np.median(np.abs(u[2:] - 2 * u[1:-1] + u[:-2]))) / math.sqrt(6)


def _resolution(raw: Sequence[Trace]) -> float:
    """Step in which the voltage was written down, where neighbours are often equal; else 0."""
    steps = np.abs(np.concatenate([np.diff(trace.polarisation_V) for trace in raw])) if raw else np.zeros(0)
    moved = steps[steps > _EQUAL_V]
    if moved.size == 0 or moved.size > 0.8 * steps.size:
        return 0.0
    return float(np.percentile(moved, 5))


def _profile(trace: Trace) -> Profile:
    u, t = trace.polarisation_V, trace.time_s
    place = t / trace.duration_s
    count = min(_BINS, len(u))
    which = np.minimum((place * count).astype(int), count - 1)
    edges = np.flatnonzero(np.concatenate([[True], which[1:] != which[:-1]]))
    ends = np.append(edges[1:], len(u))
    number = ends - edges
    # one sort for all bins: the bin's number before the point, the place in the range of u behind it
    least, range_V = float(u.min()), max(float(np.ptp(u)), 1e-12) * 1.001
    ordered = (np.sort(which + (u - least) / range_V) - which) * range_V + least
    level = 0.5 * (ordered[edges + (number - 1) // 2] + ordered[edges + number // 2])
    middle = 0.5 * (place[edges] + place[ends - 1])
    # a median of many scatters 1.25 times as much as their mean
    error = trace.quiet_V * np.where(number > 2, 1.2533, 1.0) / np.sqrt(number)
    error = np.maximum(error, 1e-9)
    restarts = np.array(trace.restarts_s) / trace.duration_s
    smooth, misfit = _smooth(middle, level, error, restarts)
    interrupted = np.zeros(len(level), dtype=bool)
    for restart in restarts:
        interrupted |= np.abs(middle - restart) < 2.0 / count
    rise, rise_error, start, end = _growth(middle, level, error, interrupted)
    return Profile(middle, level, error, edges, smooth, rise, rise_error, start, end, misfit, interrupted, restarts)


def _growth(x: Floats, y: Floats, error: Floats, interrupted: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Growth as a share of the start, its standard error, and the parabola's settled start and end."""
    use = (x >= _EDGE) & ~interrupted
    if np.count_nonzero(use) < 4:
        start, end = float(y[0]), float(y[-1])
        return (end / start - 1 if start > 0 else 0.0), float("inf"), start, end
    basis = np.stack([np.ones_like(x), x - _EDGE, (x - _EDGE) ** 2], axis=1)
    weighted = basis[use] / error[use][:, None]
    covariance = np.linalg.pinv(weighted.T @ weighted)
    a, b, c = covariance @ weighted.T @ (y[use] / error[use])
    length = 1.0 - _EDGE
    toward = np.array([0.0, length, length**2])
    start, end = float(a), float(a + b * length + c * length**2)
    if start <= 0:
        return 0.0, float("inf"), start, end
    return end / start - 1, float(np.sqrt(toward @ covariance @ toward)) / start, start, end


def _smooth(x: Floats, y: Floats, error: Floats, restarts: Floats) -> tuple[Floats, float]:
    """The smooth curve through a half step and its reduced χ²."""
    fitted, weights, sigma = _fit(x, y, error, restarts)
    free = max(len(x) - int(np.count_nonzero(weights)), 1)
    return fitted, float(np.sum(((y - fitted) / sigma) ** 2) / free)


def _fit(x: Floats, y: Floats, error: Floats, restarts: Floats, *more: Floats) -> tuple[Floats, Floats, Floats]:
    """The smooth curve through a healthy half step: what settles at its start, a slope, and growth to its end.

    Settling may rise or fall (double layers and diffusion; a contact that forms); growth only rises, and only
    a rise may come after an interruption: a fall at any other place than the start has no term.
    """
    scale = max(float(np.median(np.abs(y))), 1e-9)
    sigma = np.sqrt(error**2 + (_MODEL_ERROR * scale) ** 2)
    settling = [np.exp(-x / tau) for tau in _START_TIMES]
    after = [-np.where(x >= r, np.exp(-(x - r) / tau), 0.0) for r in restarts[:3] for tau in _RESTART_TIMES]
    growth = [x**2, *((np.exp((x - 1) / tau) - np.exp(-1 / tau)) for tau in _GROWTH_TIMES)]
    plain = [np.ones_like(x), x]
    columns = [*plain, *(-c for c in plain), *settling, *(-s for s in settling), *growth, *after, *more]
    matrix = np.stack(columns, axis=1) / sigma[:, None]
    weights, _ = nnls(matrix, y / sigma, maxiter=400)
    return np.asarray(matrix @ weights * sigma), weights, sigma
