"""Intervals of fitted parameters by profile likelihood, and which of them the data tell only together.

Source: Raue et al. 2009, DOI 10.1093/bioinformatics/btp358.
"""

from __future__ import annotations

import math

import numpy as np

from natron.simulate.engine import Array
from natron.simulate.misfit import Fit

_PROFILE_STEPS, _REFITS = 8, 6


def correlation_of(J: Array) -> tuple[Array, float]:
    """Correlations of the estimates, not a number for what changes nothing; condition with columns of length 1."""
    lengths = np.linalg.norm(J, axis=0)
    seen = lengths > 0
    correlation = np.full((J.shape[1], J.shape[1]), np.nan)
    if not seen.any():
        return correlation, math.inf
    _, s, right = np.linalg.svd(J[:, seen] / lengths[seen], full_matrices=False)
    # a direction that the data do not see at all still shows which parameters lie in it
    covariance = (right.T / np.maximum(s, 1e-9 * s[0]) ** 2) @ right
    spread = np.sqrt(np.diag(covariance))
    correlation[np.ix_(seen, seen)] = covariance / np.outer(spread, spread)
    return correlation, float(s[0] / s[-1]) if seen.all() and s[-1] > 0 else math.inf


def interval_end(fit: Fit, x: Array, r: Array, J: Array, i: int, sign: int, limit: float) -> float | None:
    """One end of a parameter's interval in its logarithm, by profile; None where it is not found within the bounds."""
    bound = fit.high[i] if sign > 0 else fit.low[i]
    lowest = float(r @ r)
    others = np.delete(np.arange(len(x)), i)
    rest = J[:, i] - J[:, others] @ np.linalg.lstsq(J[:, others], J[:, i], rcond=None)[0] if len(others) else J[:, i]
    steep = float(rest @ rest)
    reach = abs(bound - x[i])
    if reach == 0:
        return None
    step = min(math.sqrt(limit / steep) if steep > 0 else math.inf, reach)
    inside, outside = 0.0, math.inf
    rise_inside, guess = 0.0, x
    for _ in range(_PROFILE_STEPS):
        y, value = _refitted(fit, x, J, i, sign * step, guess)
        rise = value - lowest
        if abs(rise / limit - 1) < 0.03:
            return float(x[i] + sign * step)
        if rise < limit:
            inside, rise_inside, guess = step, max(rise, 0.0), y
            if step >= reach * (1 - 1e-9):
                return None
            # rises as a square near the minimum
            step = min(step * (min(math.sqrt(limit / rise), 4.0) if rise > 0 else 4.0), reach)
            if step >= outside:
                step = 0.5 * (inside + outside)
        else:
            outside = step
            step = inside + (step - inside) * math.sqrt(max(limit - rise_inside, 0.0) / (rise - rise_inside))
            step = min(max(step, inside + 0.05 * (outside - inside)), inside + 0.95 * (outside - inside))
    return None if math.isinf(outside) else float(x[i] + sign * 0.5 * (inside + outside))


def _refitted(fit: Fit, x: Array, J: Array, i: int, away: float, guess: Array) -> tuple[Array, float]:
    """The other parameters fitted with one held: damped Gauss–Newton with the slopes of the minimum."""
    others = np.delete(np.arange(len(x)), i)
    y = guess.copy()
    y[others] -= (x[i] + away - guess[i]) * (np.linalg.pinv(J[:, others], rcond=1e-8) @ J[:, i]) if len(others) else 0.0
    y[i] = x[i] + away
    y = np.clip(y, fit.low, fit.high)
    r = fit.residuals(y)
    value = float(r @ r)
    if not len(others):
        return y, value
    inverse, damping = np.linalg.pinv(J[:, others], rcond=1e-8), 1.0
    for _ in range(_REFITS):
        move = -inverse @ r
        if float(np.linalg.norm(J[:, others] @ move) ** 2) < 0.02:
            break
        trial = y.copy()
        trial[others] = np.clip(y[others] + damping * move, fit.low[others], fit.high[others])
        s = fit.residuals(trial)
        if float(s @ s) < value:
            y, r, value = trial, s, float(s @ s)
        else:
            damping *= 0.3
    return y, value
