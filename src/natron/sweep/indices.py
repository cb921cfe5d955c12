"""What a sweep says as a whole: how much each parameter matters, and which points no other beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 200
"""Of the bootstrap behind an interval."""


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


def sobol(output: str, names: Sequence[str], f: Array, *, seed: int = 1) -> Indices | None:
    """Indices from an output at the points of ``sobol-indices``, shape (points·(names + 2),); A, B, then each crossing.

    Estimators of Saltelli et al. 2010 (DOI 10.1016/j.cpc.2009.09.018), as `scipy.stats.sobol_indices` has them.
    Rows of which a member has no number are left out as a whole. None where nothing varies or too few rows are left.
    """
    from scipy.stats import sobol_indices

    d = len(names)
    rows = f.reshape(d + 2, -1)
    whole = np.isfinite(rows).all(axis=0)
    rows = rows[:, whole]
    if rows.shape[1] < 8 or np.ptp(rows[:2]) == 0:
        return None
    found = sobol_indices(
        func={"f_A": rows[None, 0], "f_B": rows[None, 1], "f_AB": rows[2:, None, :]},
        n=rows.shape[1],
        rng=np.random.default_rng(seed),
    )
    spread = found.bootstrap(confidence_level=0.95, n_resamples=RESAMPLES)
    first, total = spread.first_order.confidence_interval, spread.total_order.confidence_interval
    return Indices(
        output,
        tuple(names),
        np.ravel(found.first_order),
        np.ravel(found.total_order),
        np.vstack([np.ravel(first.low), np.ravel(first.high)]),
        np.vstack([np.ravel(total.low), np.ravel(total.high)]),
    )


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
