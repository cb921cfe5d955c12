"""The polarisation within half steps in equal shares of time, and the smooth curve that fits it best.

Those of a whole record are made at once: a test has thousands of half steps of a few hundred rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from natron.cycling.failure.traces import Trace
from natron.cycling.rows import median, quantile

Floats = NDArray[np.float64]

_BINS = 40
_EDGE = 0.08
_MODEL_ERROR = 0.015
_START_TIMES = (0.015, 0.06, 0.25)
_GROWTH_TIMES = (0.1, 0.35)
_RESTART_TIMES = (0.02, 0.1)
_FEWEST_SETTLED = 4


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
        sigma = _sigma(self.level_V, self.error_V)
        fitted, weights = _curve(self.place, self.level_V, sigma, _basis(self.place), self.restarts, step)
        before = np.sum(((self.level_V - self.smooth_V) / sigma) ** 2)
        return float(before - np.sum(((self.level_V - fitted) / sigma) ** 2)), float(weights[-1])

    @cached_property
    def base_V(self) -> float:
        """The level before growth: the lower quartile of the smooth curve where it has settled."""
        return quantile(self.smooth_V[self.settled] if self.settled.any() else self.smooth_V, 0.25)

    @property
    def settled(self) -> NDArray[np.bool_]:
        """The bins behind the step of the current."""
        return self.place >= _EDGE


def profiles(traces: Sequence[Trace]) -> tuple[Profile, ...]:
    """The profile of each trace."""
    if not traces:
        return ()
    u = np.concatenate([trace.polarisation_V for trace in traces])
    lengths = np.array([len(trace.polarisation_V) for trace in traces])
    ends = np.cumsum(lengths)
    starts = ends - lengths
    owner = np.repeat(np.arange(len(traces)), lengths)
    place = np.concatenate([trace.time_s / trace.duration_s for trace in traces])
    count = np.minimum(_BINS, lengths)[owner]
    which = np.minimum((place * count).astype(int), count - 1)
    begins = np.concatenate([[True], which[1:] != which[:-1]])
    begins[starts] = True
    edges = np.flatnonzero(begins)
    number = np.diff(np.append(edges, len(u)))
    # one sort for all bins of a trace: the bin's number before the point, the place in the range of u behind it
    least = np.minimum.reduceat(u, starts)
    range_V = np.maximum(np.maximum.reduceat(u, starts) - least, 1e-12) * 1.001
    ordered = which + (u - least[owner]) / range_V[owner]
    for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
        ordered[a:b].sort()
    ordered = (ordered - which) * range_V[owner] + least[owner]
    level = 0.5 * (ordered[edges + (number - 1) // 2] + ordered[edges + number // 2])
    middle = 0.5 * (place[edges] + place[edges + number - 1])
    owner = owner[edges]
    # a median of many scatters 1.25 times as much as their mean
    quiet = np.array([trace.quiet_V for trace in traces])[owner]
    error = np.maximum(quiet * np.where(number > 2, 1.2533, 1.0) / np.sqrt(number), 1e-9)
    first = np.searchsorted(edges, starts)
    bins = [slice(a, b) for a, b in zip(first.tolist(), [*first[1:].tolist(), len(edges)], strict=True)]
    restarts = [np.array(trace.restarts_s) / trace.duration_s for trace in traces]
    interrupted = np.zeros(len(edges), dtype=bool)
    for inside, places, size in zip(bins, restarts, lengths.tolist(), strict=True):
        for restart in places:
            interrupted[inside] |= np.abs(middle[inside] - restart) < 2.0 / min(_BINS, size)
    growths = _growths(middle, level, error, interrupted, first, owner)
    basis = _basis(middle)
    found = []
    for k, inside in enumerate(bins):
        x, y, sigma = middle[inside], level[inside], _sigma(level[inside], error[inside])
        smooth, weights = _curve(x, y, sigma, basis[inside], restarts[k])
        free = max(len(x) - int(np.count_nonzero(weights)), 1)
        misfit = float((((y - smooth) / sigma) ** 2).sum() / free)
        rise, rise_error, start, end = (float(values[k]) for values in growths)
        found.append(
            Profile(
                x,
                y,
                error[inside],
                edges[inside] - int(starts[k]),
                smooth,
                rise,
                rise_error,
                start,
                end,
                misfit,
                interrupted[inside],
                restarts[k],
            )
        )
    return tuple(found)


def _growths(
    x: Floats,
    y: Floats,
    error: Floats,
    interrupted: NDArray[np.bool_],
    first: NDArray[np.intp],
    owner: NDArray[np.intp],
) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each trace the growth as a share of the start, its standard error, the parabola's settled start and end.

    A trace's bins begin at `first`; `owner` is the trace of each bin.
    """
    use = (x >= _EDGE) & ~interrupted
    weight = np.where(use, error**-2.0, 0.0)
    # each trace's weights about one: the solution knows nothing of their scale, its covariance is scaled back
    scale = np.maximum(np.maximum.reduceat(weight, first), 1e-300)
    weight = weight / scale[owner]
    since = x - _EDGE
    moments = [np.add.reduceat(weight * since**k, first) for k in range(5)]
    sums = np.stack([np.add.reduceat(weight * since**k * y, first) for k in range(3)], axis=1)
    normal = np.stack([np.stack(moments[k : k + 3], axis=1) for k in range(3)], axis=1)
    covariance = np.linalg.pinv(normal, hermitian=True)
    a, b, c = (covariance @ sums[:, :, None])[:, :, 0].T
    length = 1.0 - _EDGE
    toward = np.array([0.0, length, length**2])
    start, end = a, a + b * length + c * length**2
    grows = start > 0
    whole = np.where(grows, start, 1.0)
    rise = np.where(grows, end / whole - 1, 0.0)
    spread = np.sqrt(np.maximum(toward @ covariance @ toward, 0.0) / scale) / whole
    spread = np.where(grows, spread, np.inf)
    # too few bins for a parabola: the first and the last stand for it
    few = np.add.reduceat(use.astype(int), first) < _FEWEST_SETTLED
    last = np.append(first[1:], len(x)) - 1
    start, end = np.where(few, y[first], start), np.where(few, y[last], end)
    grows = start > 0
    rise = np.where(few, np.where(grows, end / np.where(grows, start, 1.0) - 1, 0.0), rise)
    return rise, np.where(few, np.inf, spread), start, end


def _sigma(y: Floats, error: Floats) -> Floats:
    """What each bin's level may be off the smooth curve: its error, and 1.5 % of the level for the curve's form."""
    scale = max(median(np.abs(y)), 1e-9)
    return np.asarray(np.sqrt(error**2 + (_MODEL_ERROR * scale) ** 2))


def _basis(x: Floats) -> Floats:
    """Terms of the smooth curve through a healthy half step, one column each, all with weights of zero or more.

    What settles at its start, a slope, and growth to its end. Settling may rise or fall (double layers and diffusion;
    a contact that forms); growth only rises.
    """
    settling = [np.exp(-x / tau) for tau in _START_TIMES]
    growth = [x**2, *((np.exp((x - 1) / tau) - np.exp(-1 / tau)) for tau in _GROWTH_TIMES)]
    plain = [np.ones_like(x), x]
    return np.stack([*plain, *(-c for c in plain), *settling, *(-s for s in settling), *growth], axis=1)


def _curve(
    x: Floats, y: Floats, sigma: Floats, basis: Floats, restarts: Floats, *more: Floats
) -> tuple[Floats, Floats]:
    """The smooth curve that fits best, and its weights.

    After an interruption the polarisation may rise: a fall at any other place than the start has no term.
    """
    after = [-np.where(x >= r, np.exp(-(x - r) / tau), 0.0) for r in restarts[:3] for tau in _RESTART_TIMES]
    terms = np.concatenate([basis, *(c[:, None] for c in (*after, *more))], axis=1) if after or more else basis
    matrix = terms / sigma[:, None]
    weights, _ = nnls(matrix, y / sigma, maxiter=400)
    return np.asarray(matrix @ weights * sigma), weights
