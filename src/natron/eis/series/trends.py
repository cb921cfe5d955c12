"""How a fitted parameter goes along a series: its trend with an error, and whether it jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc, stdtr

from natron.eis.fitting.engine import Array
from natron.eis.fitting.result import FitParameter, student_95
from natron.eis.series.arrhenius import weighted_line

_FEWEST_FOR_A_JUMP = 7
_SMOOTHEST = 3


@dataclass(frozen=True, slots=True)
class Jump:
    """A step that no smooth course explains.

    Attributes
    ----------
    after, before : float
        The values of the series' variable between which it lies.
    size : float
        In the parameter's unit.
    size_error : float
        One standard error.
    p_value : float
        Against a cubic without a step, corrected for the number of places where one was sought.
    """

    after: float
    before: float
    size: float
    size_error: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A parameter along a series.

    Attributes
    ----------
    name : str
    slope : FitParameter
        Per unit of the series' variable; beside a jump where there is one. Its error is widened where the
        points scatter by more than their own errors.
    growth : float
        Change from the first to the last spectrum by the trend, jump included, in the parameter's unit.
    relative_growth : float
        That over the trend's first value.
    p_value : float
        Of no trend, two-sided (Student's t).
    scatter : float
        χ²/degrees of freedom about the trend; nan for two points.
    jump : Jump or None
        Sought where seven spectra or more have the parameter.
    points : int
        Spectra whose error of the parameter is finite.
    """

    name: str
    slope: FitParameter
    growth: float
    relative_growth: float
    p_value: float
    scatter: float
    jump: Jump | None
    points: int


def trend(name: str, unit: str, course: Array, values: Array, errors: Array, degrees: int, level: float) -> Trend:
    """The trend of values (S,) with standard errors (S,), found with so many degrees of freedom, over `course` (S,).

    Raises
    ------
    InputError
        Where fewer than two different points have a finite error.
    """
    known = np.isfinite(errors)
    line = weighted_line(course, values, errors, degrees)
    x, y = course[known], values[known]
    # an error grows with its value, so a weight by the value itself would favour what came out small
    expected = line.intercept + line.slope * (x - line.pivot)
    error = errors[known] * np.clip(expected / np.where(y == 0, 1.0, y), 0.5, 2.0)
    line = weighted_line(x, y, error, degrees)
    slope, slope_error, left = line.slope, line.slope_error, line.degrees
    first = line.intercept + slope * (x.min() - line.pivot)
    growth, scatter = slope * float(np.ptp(x)), line.scatter
    jump = _jump(x, y, error, level) if len(x) >= _FEWEST_FOR_A_JUMP else None
    if jump is not None:
        step = (x > 0.5 * (jump.after + jump.before)).astype(float)
        fitted, covariance, chi2 = _least_squares(np.column_stack([np.ones(len(x)), x - x.min(), step]), y, error)
        left = len(x) - 3
        scatter = chi2 / left
        slope, slope_error = float(fitted[1]), math.sqrt(covariance[1, 1] * max(scatter, 1.0))
        first, growth = float(fitted[0]), slope * float(np.ptp(x)) + float(fitted[2])
        jump = Jump(
            jump.after, jump.before, float(fitted[2]), math.sqrt(covariance[2, 2] * max(scatter, 1.0)), jump.p_value
        )
    reach = student_95(left) * slope_error
    return Trend(
        name,
        FitParameter(f"{name}_slope", slope, slope_error, unit, (slope - reach, slope + reach)),
        growth,
        growth / first if first else math.nan,
        2 * float(stdtr(left, -abs(slope) / slope_error)) if slope_error > 0 else float(slope == 0),
        scatter,
        jump,
        len(x),
    )


def _jump(x: Array, y: Array, error: Array, level: float) -> Jump | None:
    """The likeliest step beside a cubic, with at least two points on either side; None where none is significant."""
    order = np.argsort(x, kind="stable")
    x, y, error = x[order], y[order], error[order]
    s = 2 * (x - x[0]) / (x[-1] - x[0]) - 1
    smooth = np.polynomial.legendre.legvander(s, min(_SMOOTHEST, len(x) - 5))
    basis = np.linalg.qr(smooth / error[:, None])[0]
    rest = y / error - basis @ (basis.T @ (y / error))
    places = np.array([k for k in range(2, len(x) - 1) if x[k] > x[k - 1]])
    if not len(places):
        return None
    steps = (np.arange(len(x))[:, None] >= places) / error[:, None]
    steps -= basis @ (basis.T @ steps)
    falls = (steps.T @ rest) ** 2 / np.maximum((steps**2).sum(axis=0), 1e-12)
    best = int(falls.argmax())
    left = len(x) - smooth.shape[1] - 1
    chi2 = max(float(rest @ rest - falls[best]), 0.0)
    p = min(1.0, len(places) * float(fdtrc(1, left, falls[best] / max(chi2 / left, 1.0))))
    k = places[best]
    return Jump(float(x[k - 1]), float(x[k]), 0.0, 0.0, p) if p < level else None


def _least_squares(design: Array, y: Array, error: Array) -> tuple[Array, Array, float]:
    """Coefficients, their covariance and χ²."""
    weighted = design / error[:, None]
    inverse = np.linalg.pinv(weighted)
    fitted: Array = inverse @ (y / error)
    return fitted, inverse @ inverse.T, float((((design @ fitted) - y) / error) @ (((design @ fitted) - y) / error))
