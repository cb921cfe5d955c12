"""Sudden falls, low stretches and sudden returns of the polarisation within a half step: what a short leaves there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natron.cycling.failure.criteria import ShortCriteria
from natron.cycling.failure.profile import Profile
from natron.cycling.rows import median

Floats = NDArray[np.float64]

_SETTLED = 0.02


@dataclass(frozen=True)
class Fall:
    """A sudden fall before bin `at`: its share of the level before, both levels, and its standard errors."""

    at: int
    share: float
    before_V: float
    after_V: float
    significance: float


def is_step(p: Profile, fall: Fall, criteria: ShortCriteria) -> bool:
    """Whether a sudden fall there explains the half step much better than any smooth curve."""
    gain, size = max(p.gain_of_step(at) for at in {fall.at, max(fall.at - 1, 1)})
    return gain >= criteria.step_gain and size >= 0.5 * (fall.before_V - fall.after_V)


def largest_fall(p: Profile, offset_error_V: float, criteria: ShortCriteria, expected_V: float | None) -> Fall | None:
    """The largest fall between neighbouring windows, where it is large and sure enough."""
    n = len(p.level_V)
    width = max(2, round(criteria.window * n))
    if n < 4 or (p.level_V > (1 - criteria.fall) * np.maximum.accumulate(p.level_V)).all():
        return None
    measured = _windows(p.level_V, width)
    error = np.sqrt(_windows(p.error_V**2, width) / width)
    broken = _anywhere(p.interrupted, width)
    # what grows stands higher just before it falls than on average before: two bins tell
    short = _windows(p.level_V, 2)
    short_error = np.sqrt(_windows(p.error_V**2, 2) / 2)
    best: Fall | None = None
    for gap in (0, 1, 2):
        # a window before ends at c, one after begins at c + gap and has two bins at least
        c = np.arange(1, n - 1 - gap)
        after, after_error = measured[c + gap + width], error[c + gap + width]
        able = ~(broken[c] | broken[c + gap + width])
        # across an interruption voids may have closed: there the level has to be low by itself
        if expected_V is not None:
            able |= after < criteria.low_level * expected_V
        else:
            able |= after < (1 - 2 * criteria.fall) * measured[c]
        for before, before_error in ((measured[c], error[c]), (short[c], short_error[c])):
            fall = before - after
            share = fall / np.maximum(before + offset_error_V, 1e-12)
            significance = fall / np.maximum(1.2533 * np.hypot(before_error, after_error), 1e-12)
            sure = able & (before > 0) & (share >= criteria.fall) & (significance >= criteria.significance)
            if not sure.any():
                continue
            k = int(np.argmax(np.where(sure, share, -np.inf)))
            if best is None or share[k] > best.share:
                best = Fall(
                    int(c[k] + gap),
                    float(share[k]),
                    float(before[k]),
                    float(after[k]),
                    float(significance[k]),
                )
    return best


def _windows(values: Floats, width: int) -> Floats:
    """Median of the `width` values before each place k, at k, for k from 1 to N + width − 1.

    The ends are shorter; the window after a place c is that before c + width.
    """
    padded = np.concatenate([np.full(width, np.nan), values, np.full(width, np.nan)])
    rising = np.sort(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)  # what is missing comes last
    count = np.count_nonzero(np.isfinite(rising), axis=1)
    rows = np.arange(len(rising))
    return np.asarray(
        0.5 * (rising[rows, np.maximum(count - 1, 0) // 2] + rising[rows, np.minimum(count // 2, width - 1)])
    )


def _anywhere(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Whether any of the `width` values before each place is true, for places as in `_windows`."""
    passed = np.concatenate([np.zeros(width + 1, dtype=int), np.cumsum(mask), np.full(width, np.count_nonzero(mask))])
    return np.asarray(passed[width:] > passed[:-width])


@dataclass(frozen=True)
class Low:
    """A low stretch from bin `at` on: its share of the half step, its level and that one's standard error."""

    at: int
    share: float
    level_V: float
    error_V: float


def longest_low(p: Profile, expected_V: float | None, offset_error_V: float, criteria: ShortCriteria) -> Low | None:
    """The longest stretch below the expected level, where it is long and sure enough."""
    if expected_V is None or expected_V < criteria.least_V:
        return None
    below = p.level_V + offset_error_V < criteria.low_level * expected_V
    if not below.any():
        return None
    settled = p.place > _SETTLED
    run = longest_run(below & settled & ~p.interrupted)
    if run is None:
        return None
    first, count, members = run
    level = median(p.level_V[members])
    error = 1.2533 * math.sqrt(float(np.mean(p.error_V[members] ** 2)) / count)
    share = count * p.width
    if share < criteria.low_share or count < 2 or expected_V - level < criteria.significance * error:
        return None
    return Low(first, share, level, error)


def comes_back(p: Profile, expected_V: float | None, criteria: ShortCriteria) -> tuple[int, float, float] | None:
    """A short that heals: somewhat low, then back at once. Where it is low first, the level there and after."""
    if expected_V is None:
        return None
    n = len(p.level_V)
    width = max(2, round(criteria.window * n))
    measured = _windows(p.level_V, width)
    c = np.arange(2, n - 1)
    before, after = measured[c], measured[c + width]
    able = (before < criteria.healing_level * expected_V) & (before < (1 - criteria.fall) * after) & ~p.interrupted[c]
    if not able.any():
        return None
    steps = {int(k): p.gain_of_step(int(c[k]), 1) for k in np.flatnonzero(able)}
    k = max(steps, key=lambda at: steps[at][0])
    gain, size = steps[k]
    if gain < criteria.step_gain or size < 0.5 * (after[k] - before[k]):
        return None
    first = int(np.argmax(p.level_V < criteria.healing_level * expected_V))
    return first, float(before[k]), float(after[k])


def longest_run(mask: NDArray[np.bool_]) -> tuple[int, int, slice] | None:
    """The longest run of true: where it begins, how long it is, its slice."""
    padded = np.concatenate([[False], mask, [False]]).astype(int)
    starts, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    if starts.size == 0:
        return None
    k = int(np.argmax(ends - starts))
    return int(starts[k]), int(ends[k] - starts[k]), slice(int(starts[k]), int(ends[k]))
