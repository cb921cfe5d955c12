"""The voltage of a symmetric cell at no current, over time: from its rests, else from both directions.

It is millivolts, of leads, temperature and unlike electrodes, and drifts; at the first steps of a critical-current
test the polarisation is as small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from natron.cycling.rows import median

if TYPE_CHECKING:
    from natron.cycling.failure.traces import Trace

Floats = NDArray[np.float64]

LEVEL_CHANGE = 0.03
"""Currents that differ by less are one level."""

MAD = 1.4826
"""Standard deviation of normal noise over its median absolute deviation."""

_PAIRS = 5
_UNSURE = 3.0
_DIFFERENCE = 0.01
_SAMPLED = 500
_MOST_POINTS = 300
_UNKNOWN_OFFSET_V = 1e-3
_PAIRS_ERROR = 0.1


@dataclass(frozen=True)
class Offset:
    """Voltage at no current over time."""

    time_s: Floats
    voltage_V: Floats
    error_V: float
    told_by: str


def offset(traces: Sequence[Trace], voltage: Floats, time: Floats, resting: NDArray[np.bool_]) -> Offset:
    """Voltage at no current: from the ends of rests, and over time; else from neighbours of both directions."""
    rows = np.flatnonzero(resting)
    runs = [run[len(run) // 2 :] for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(run) >= 2]
    ends_s = time[[traces[0].rows[0], traces[-1].rows[-1]]] if traces else time[[0, -1]]
    if runs:
        at = np.array([time[run].mean() for run in runs])
        rest = np.array([median(voltage[run]) for run in runs])
        calm, drift_V_s = _calm(at, rest)
        return _drawn_out(at, calm, drift_V_s, ends_s, float(MAD * np.median(np.abs(rest - calm))), "rests")
    pairs = [
        (first, second)
        for first, second in pairwise(traces)
        if first.sign != second.sign and abs(first.magnitude_A / second.magnitude_A - 1) < LEVEL_CHANGE
    ]
    if not pairs:
        return Offset(np.zeros(1), np.zeros(1), _UNKNOWN_OFFSET_V, "none")
    # at the lowest currents a difference between the directions adds least to it
    lowest = sorted(pairs, key=lambda pair: pair[0].magnitude_A)[:_PAIRS]
    first_guess = float(np.median([_middle(*pair, 0.0)[0] for pair in lowest]))
    middles, unsure = np.array([_middle(*pair, first_guess) for pair in pairs]).T
    # growth and large polarisations leave it unsure: these say nothing of its drift
    clear = unsure <= _UNSURE * np.sort(unsure)[min(_PAIRS, len(pairs)) - 1]
    at = np.array([time[second.rows[0]] for _, second in pairs])[clear]
    middles = middles[clear]
    calm, drift_V_s = _calm(at, middles)
    spread = float(MAD * np.median(np.abs(middles - calm))) if len(middles) > 2 else abs(float(calm[0]))
    error = float(np.hypot(spread, _PAIRS_ERROR * np.median(np.abs(calm))))
    return _drawn_out(at, calm, drift_V_s, ends_s, error, "pairs")


def _calm(at_s: Floats, values_V: Floats) -> tuple[Floats, float]:
    """Values without those that stand out, and their drift in volts per second.

    They are medians of five neighbours about the drift: a half step that shorts spoils two at most.
    """
    drift_V_s = _slope(at_s, values_V) if len(values_V) >= _PAIRS else 0.0
    return drift_V_s * at_s + _medians_of_neighbours(values_V - drift_V_s * at_s), drift_V_s


def _drawn_out(
    at_s: Floats, values_V: Floats, drift_V_s: float, ends_s: Floats, error_V: float, told_by: str
) -> Offset:
    """An offset that goes on drifting before its first value and after its last."""
    first = np.minimum(ends_s[:1], at_s[0])
    last = np.maximum(ends_s[1:], at_s[-1])
    before, after = values_V[0] + drift_V_s * (first - at_s[0]), values_V[-1] + drift_V_s * (last - at_s[-1])
    times = np.concatenate([first, at_s, last])
    return Offset(times, np.concatenate([before, values_V, after]), error_V, told_by)


def _slope(x: Floats, y: Floats) -> float:
    """Median of the slopes between all pairs of points, of many of some hundred (Theil 1950, Sen 1968)."""
    some = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).astype(int))
    x, y = x[some], y[some]
    i, j = np.triu_indices(len(x), k=1)
    apart = x[j] > x[i]
    return float(np.median((y[j] - y[i])[apart] / (x[j] - x[i])[apart])) if apart.any() else 0.0


def _medians_of_neighbours(values: Floats) -> Floats:
    """The median of the five values around each, of three where there are fewer; the ends are those of the nearest."""
    width = _PAIRS if len(values) >= _PAIRS else 3 if len(values) >= 3 else 1
    medians = np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
    return np.asarray(medians[np.clip(np.arange(len(values)) - width // 2, 0, len(medians) - 1)])


def _middle(first: Trace, second: Trace, near_V: float) -> tuple[float, float]:
    """Voltage halfway between two neighbours of opposite directions, and how unsure it is.

    From their second halves, or from the end of one and the beginning of the other: growth that goes on from one to
    the other cancels in the second, growth that starts anew in the first. Of both the one closer to `near_V`.
    """
    v, w = (one.polarisation_V[:: max(len(one.rows) // _SAMPLED, 1)] * one.sign for one in (first, second))
    m, n = len(v), len(w)
    late, early = median(v[m // 2 :]), median(w[n // 2 :])
    halves = 0.5 * (late + early)
    across = 0.5 * (median(v[-max(m // 5, 1) :]) + median(w[n // 20 : n // 20 + max(n // 5, 1)]))
    unsure = 0.5 * abs(halves - across) + _DIFFERENCE * abs(late - early)
    return min(halves, across, key=lambda middle: abs(middle - near_V)), unsure
