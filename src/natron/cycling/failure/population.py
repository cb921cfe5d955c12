"""Critical currents of several cells: median, spread, Weibull distribution, survival, with censored cells kept.

A stepped test gives no number but an interval: the cell survived one current and failed at the next. A cell that was
never shorted is censored at the highest current it saw; leaving it out would make the rest look worse than the
cells are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import norm

from natron.core import InputError

_LOG_SHAPE = (math.log(0.05), math.log(200.0))
_LOG_PLACE = (-7.0, 7.0)
_HALF_CHI2_95 = 1.9207294103470497
_FEWEST_FAILURES = 3


Step = tuple[float, float]
"""A value survived and the one failed at."""


@dataclass(frozen=True)
class CellOutcome:
    """What one cell's test says; currents or current densities, in one unit for all cells.

    Parameters
    ----------
    name : str
    survived : float
        Largest value survived below the failed one; of a cell that did not fail, the largest it saw. 0 where the
        first step failed.
    failed : float or None
        The value that it failed at; None where it did not.

    Raises
    ------
    InputError
        Where they are not 0 ≤ survived < failed, or a cell that did not fail survived nothing.
    """

    name: str
    survived: float
    failed: float | None

    def __post_init__(self) -> None:
        good = math.isfinite(self.survived) and self.survived >= 0
        if self.failed is None:
            good = good and self.survived > 0
        else:
            good = good and math.isfinite(self.failed) and self.failed > self.survived
        if not good:
            raise InputError(
                "a cell's outcome is no interval",
                key=self.name,
                given=f"survived {self.survived}, failed {self.failed}",
                allowed="0 ≤ survived < failed, or survived > 0 and failed None",
            )


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; a bound that the data leave open is None."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Weibull:
    """F(j) = 1 − exp[−(j/scale)^shape], fitted by maximum likelihood to the intervals.

    Parameters
    ----------
    shape, scale, median : Interval
        With 95 % intervals from the profile of the likelihood.
    """

    shape: Interval
    scale: Interval
    median: Interval


@dataclass(frozen=True)
class SurvivalPoint:
    """Kaplan–Meier's survival after a value at which cells failed.

    Parameters
    ----------
    value : float
        The failed value.
    at_risk, failed : int
        Cells that reached it, and of these the ones that failed there.
    survival, low, high : float
        Share surviving it, with its 95 % interval (Greenwood, on log(−log S)).
    """

    value: float
    at_risk: int
    failed: int
    survival: float
    low: float
    high: float


@dataclass(frozen=True)
class Population:
    """Several cells together.

    Parameters
    ----------
    cells : tuple of CellOutcome
    failed, censored : int
    median : tuple of float, or None
        Step (survived, failed) within which half of the cells have failed, by Kaplan–Meier; None where fewer did.
    quartiles : tuple of two such steps
        The same for a quarter and three quarters: the spread.
    survival : tuple of SurvivalPoint
    weibull : Weibull or None
    why : str or None
        Why there is no Weibull distribution.
    """

    cells: tuple[CellOutcome, ...]
    failed: int
    censored: int
    median: Step | None
    quartiles: tuple[Step | None, Step | None]
    survival: tuple[SurvivalPoint, ...]
    weibull: Weibull | None
    why: str | None


def population_of(cells: Sequence[CellOutcome]) -> Population:
    """Median, spread, survival and Weibull distribution of several cells' outcomes.

    Raises
    ------
    InputError
        Where there is no cell.

    Notes
    -----
    Survival: Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452. Each cell fails, for this, at its failed
    step; the Weibull likelihood uses the whole interval.
    """
    if not cells:
        raise InputError("there is no cell to make statistics of", allowed="one outcome or more")
    survival = kaplan_meier(cells)
    weibull, why = fit_weibull(cells)
    failed = sum(cell.failed is not None for cell in cells)

    def first_below(share: float) -> Step | None:
        failed_at = next((point.value for point in survival if point.survival <= share + 1e-12), None)
        if failed_at is None:
            return None
        return max(cell.survived for cell in cells if cell.failed == failed_at), failed_at

    return Population(
        cells=tuple(cells),
        failed=failed,
        censored=len(cells) - failed,
        median=first_below(0.5),
        quartiles=(first_below(0.75), first_below(0.25)),
        survival=survival,
        weibull=weibull,
        why=why,
    )


def kaplan_meier(cells: Sequence[CellOutcome]) -> tuple[SurvivalPoint, ...]:
    """Survival after each value at which cells failed; a censored cell counts among those at risk up to its last."""
    failures = np.array([cell.failed for cell in cells if cell.failed is not None], dtype=float)
    reached = np.array([cell.survived if cell.failed is None else cell.failed for cell in cells])
    z = float(norm.ppf(0.975))
    points = []
    survival, greenwood = 1.0, 0.0
    for value in np.unique(failures):
        at_risk = int(np.count_nonzero(reached >= value * (1 - 1e-9)))
        died = int(np.count_nonzero(failures == value))
        survival *= 1 - died / at_risk
        low = high = survival
        if 0 < survival < 1:
            greenwood += died / (at_risk * (at_risk - died))
            width = z * math.sqrt(greenwood) / abs(math.log(survival))
            low, high = survival ** math.exp(width), survival ** math.exp(-width)
        points.append(SurvivalPoint(float(value), at_risk, died, survival, low, high))
    return tuple(points)


def fit_weibull(cells: Sequence[CellOutcome]) -> tuple[Weibull | None, str | None]:
    """The Weibull distribution of interval- and right-censored outcomes, or why there is none."""
    failed = [cell for cell in cells if cell.failed is not None]
    if len(failed) < _FEWEST_FAILURES:
        return None, f"{len(failed)} of {len(cells)} cells failed: a distribution needs {_FEWEST_FAILURES} or more"
    intervals = {(cell.survived, cell.failed) for cell in failed}
    if len(intervals) == 1 and all(
        cell.failed is not None or cell.survived <= min(one.survived for one in failed) for cell in cells
    ):
        return None, "all cells failed at the same step: their spread is below the width of the steps"
    unit = float(np.median([cell.failed for cell in failed]))
    ends = np.array([(cell.survived, math.inf if cell.failed is None else cell.failed) for cell in cells]) / unit
    distinct, count = np.unique(ends, axis=0, return_counts=True)
    low, high = distinct.T

    def loss(log_shape: ArrayLike, log_place: ArrayLike, share: float) -> NDArray[np.float64]:
        """−log likelihood of the shape and of the value that `share` of the cells survive; of each of many."""
        shape, place = np.exp(np.asarray(log_shape))[..., None], np.asarray(log_place)[..., None]
        factor = -math.log(share)
        with np.errstate(divide="ignore", under="ignore", invalid="ignore"):
            first = factor * np.exp(np.minimum(shape * (np.log(low) - place), 600.0))
            last = factor * np.exp(np.minimum(shape * (np.log(high) - place), 600.0))
            logs = -first + np.where(np.isinf(high), 0.0, np.log(np.maximum(-np.expm1(-(last - first)), 1e-300)))
        return np.asarray(-np.sum(count * logs, axis=-1))

    shapes, places = np.linspace(*_LOG_SHAPE, 60), np.linspace(*_LOG_PLACE, 120)

    def least(of: Callable[[ArrayLike], NDArray[np.float64]], grid: NDArray[np.float64]) -> float:
        at = int(np.argmin(of(grid)))
        bounds = (grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)])
        found = minimize_scalar(lambda x: float(of(x)), bounds=bounds, method="bounded", options={"xatol": 1e-9})
        return float(found.fun)

    scale_share = math.exp(-1.0)
    coarse = loss(shapes[:, None], places[None, :], scale_share)
    i, j = np.unravel_index(int(np.argmin(coarse)), coarse.shape)
    found = minimize(
        lambda p: float(loss(p[0], p[1], scale_share)),
        [shapes[i], places[j]],
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10},
    )
    log_shape, log_scale = (float(x) for x in found.x)
    if log_shape > _LOG_SHAPE[1] - 0.1:
        return None, "the cells' spread is below the width of the steps"
    lowest = float(found.fun)

    def profile_of_shape(x: float) -> float:
        return least(lambda place: loss(x, place, scale_share), places) - lowest - _HALF_CHI2_95

    def profile_of_place(x: float, share: float) -> float:
        return least(lambda shape: loss(shape, x, share), shapes) - lowest - _HALF_CHI2_95

    log_median = log_scale + math.log(math.log(2.0)) / math.exp(log_shape)
    shape = _interval(math.exp(log_shape), profile_of_shape, log_shape, 1.0, _LOG_SHAPE)
    scale, median = (
        _interval(unit * math.exp(at), partial(profile_of_place, share=share), at, unit, _LOG_PLACE)
        for at, share in ((log_scale, scale_share), (log_median, 0.5))
    )
    return Weibull(shape, scale, median), None


def _interval(
    value: float, profile: Callable[[float], float], at: float, unit: float, limits: tuple[float, float]
) -> Interval:
    """Where the likelihood's profile has fallen by half the 95 % point of χ², on both sides."""
    ends: list[float | None] = []
    for direction, limit in ((-1, limits[0]), (1, limits[1])):
        step, inner = 0.1, at
        while True:
            outer = inner + direction * step
            if direction * (outer - limit) > 0:
                ends.append(None)
                break
            if profile(outer) > 0:
                ends.append(unit * math.exp(float(brentq(profile, inner, outer, xtol=1e-6))))
                break
            inner, step = outer, 1.6 * step
    return Interval(value, ends[0], ends[1])
