"""What a sweep says as a whole: how much each parameter matters, and which points no other beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 200
"""Of the bootstrap behind an interval."""

ROUNDING = 1e-12
"""Of an output's size: what it moves by less than this is rounding, not an answer to what varies."""

LEAST_ROWS = 8
"""Below it an index is not worth its name."""


@dataclass(frozen=True, eq=False)
class Indices:
    """Variance-based indices of one output.

    Attributes
    ----------
    output : str
    names : tuple of str
        Parameters.
    first, total : ndarray, shape (names,)
        First-order and total index.
    first_interval, total_interval : ndarray, shape (2, names)
        95 %, by bootstrap.
    """

    output: str
    names: tuple[str, ...]
    first: Array
    total: Array
    first_interval: Array
    total_interval: Array


def varies(values: Array) -> bool:
    """Whether finite values differ by more than rounding."""
    return bool(np.ptp(values) > ROUNDING * np.max(np.abs(values)))


def sobol(output: str, names: Sequence[str], f: Array, *, seed: int = 1) -> Indices | None:
    """Indices from an output at the points of ``sobol-indices``, shape (points·(names + 2),); A, B, then each crossing.

    Estimators: first order, Saltelli et al. 2010 (DOI 10.1016/j.cpc.2009.09.018, Table 2 b); total, Jansen 1999 (DOI
    10.1016/S0010-4655(98)00154-4). Intervals are percentiles of a bootstrap over the rows; `scipy.stats.sobol_indices`
    has the same estimators, but its intervals fail for a parameter that does nothing. Rows of which a member has no
    number are left out as a whole. None where nothing varies or too few rows are left.
    """
    d = len(names)
    rows = f.reshape(d + 2, -1)
    rows = rows[:, np.isfinite(rows).all(axis=0)]
    count = rows.shape[1]
    if count < LEAST_ROWS or not varies(rows[:2]):
        return None
    first, total = _estimates(rows)
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = [_estimates(rows[:, generator.integers(0, count, count)]) for _ in range(RESAMPLES)]
    low_high = np.nanquantile(np.array(drawn), (0.025, 0.975), axis=0)
    return Indices(output, tuple(names), first, total, low_high[:, 0], low_high[:, 1])


def _estimates(rows: Array) -> tuple[Array, Array]:
    """First-order and total indices from rows A, B and the crossings, shape (parameters + 2, N)."""
    # without the mean, whose square is noise in the products
    a, b, ab = rows[0], rows[1], rows[2:]
    variance = np.var(rows[:2])
    centre = np.mean(rows[:2])
    first = np.mean((b - centre) * (ab - a), axis=1) / variance
    total = np.mean((a - ab) ** 2, axis=1) / (2 * variance)
    return first, total


def pareto(values: Array, larger_is_better: Sequence[bool]) -> NDArray[np.bool_]:
    """Which points no other beats: none is as good in everything and better in something.

    Parameters
    ----------
    values : ndarray, shape (N, goals)
        A point with a value that is no number is beaten.
    larger_is_better : sequence of bool, (goals,)

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    costs = np.where(np.array(larger_is_better), -values, values)
    best: NDArray[np.bool_] = np.asarray(np.isfinite(costs).all(axis=1))
    # once sorted, a point can only be beaten by one before it
    order = np.lexsort(costs.T[::-1])
    order = order[best[order]]
    front = np.empty((0, costs.shape[1]))
    for i in order:
        cost = costs[i]
        beaten = bool(((front <= cost).all(axis=1) & (front < cost).any(axis=1)).any())
        best[i] = not beaten
        if not beaten:
            front = np.vstack([front[~((cost <= front).all(axis=1) & (cost < front).any(axis=1))], cost])
    return best
