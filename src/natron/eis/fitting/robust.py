"""Robust fits: points that lie far out are weighed down."""

from __future__ import annotations

import math

import numpy as np

from natron.eis.fitting.equations import Array
from natron.eis.fitting.plan import COARSE_POINTS
from natron.eis.fitting.task import Solved, Task

_HUBER = 2.0
_ROBUST_TURNS = 20
_FEWEST_EVALUATIONS = 3


def robust_fit(task: Task, solved: Solved, starts: int) -> tuple[Solved, Array]:
    """Iteratively reweighted least squares with Huber's weights on each point's distance, Re and Im together.

    After the first round the starts are searched anew: outliers may have led to another minimum. All rounds
    together get the work of one plain fit. Returned with the optimum is the weight of each point (N,).
    """
    half = len(task.spectrum)
    down = np.ones(half)
    left = task.budget(half)
    share = max(_FEWEST_EVALUATIONS, left // _ROBUST_TURNS)
    for turn in range(_ROBUST_TURNS):
        residual = solved.residual.reshape(2, half) / np.sqrt(down)
        distance = np.hypot(residual[0], residual[1])
        # the median of a Rayleigh distribution is 1.1774 of its parameter
        spread = float(np.median(distance)) / 1.1774
        if not (math.isfinite(spread) and spread > 0):
            break
        old, down = down, np.minimum(1.0, _HUBER * spread / np.maximum(distance, 1e-300))
        data = task.data(factor=np.sqrt(down))
        again = task.search(solved.x[None, :], data, share)
        left -= again.evaluations
        if turn == 1 and half < 2 * COARSE_POINTS:
            elsewhere = task.search(task.starts(starts, data), data, 5 * share)
            left -= elsewhere.evaluations
            again = min(again, elsewhere, key=lambda s: (not s.in_order, s.chi2))
        again.evaluations += solved.evaluations
        again.starts = solved.starts
        solved = again
        if (turn > 1 and np.abs(down - old).max() < 1e-4) or left <= 0:
            break
    return solved, down


def huber_variance(residual: Array, down: Array, degrees: int) -> float:
    """Huber's asymptotic variance, Σψ²/ν/(mean ψ')², of residuals (2, N) and the weights of the points (N,).

    Of a point weighed down, only the direction across its distance counts, hence the half.
    """
    pull = float(((down * residual) ** 2).sum()) / degrees
    response = float(np.where(down < 1, 0.5 * down, 1.0).mean())
    return pull * float(down.mean()) / response**2
