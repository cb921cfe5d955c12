"""dQ/dV of a half step: charge sorted into bins of voltage and smoothed, none of it lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.cycling.half_step import CONSTANT_VOLTAGE_DROP, CONSTANT_VOLTAGE_V, HalfStep
from natron.cycling.rows import Rows

BINS = (400, 1000)
"""Fewest and most bins over the half step's window of voltage where no width is given."""

SMOOTHING_BINS = 2.0
"""Standard deviation of the smoothing, in bins, where none is given."""


FALLING = 0.995
"""At held voltage the current has fallen below this share of what it was."""


@dataclass(frozen=True, slots=True, eq=False)
class DifferentialCapacity:
    """dQ/dV over voltage, M bins.

    Attributes
    ----------
    half_step : int
    voltage_V : ndarray, shape (M,)
        Middle of each bin, rising.
    capacity_per_voltage_Ah_V : ndarray, shape (M,)
        Smoothed; its sum times the bin is the half step's charge less what was passed at held voltage.
    bin_V, smoothing_V : float
        Width of a bin, and the standard deviation of the Gaussian that smoothed them (0: none).
    held_capacity_Ah : float
        Charge passed while the voltage was held, at the end or before a rest: it has no dQ/dV.
    method : str
        How it was made, in words.
    """

    half_step: int
    voltage_V: NDArray[np.float64]
    capacity_per_voltage_Ah_V: NDArray[np.float64]
    bin_V: float
    smoothing_V: float
    held_capacity_Ah: float
    method: str


def differential_capacity(
    rows: Rows, half_step: HalfStep, *, bin_V: float | None = None, smoothing_V: float | None = None
) -> DifferentialCapacity:
    """dQ/dV of one half step.

    Each row's charge is spread evenly over the voltages between the row before and itself, forwards or
    backwards, and summed in bins: a derivative without dividing by differences of voltage, so noise moves
    charge to neighbouring bins and makes no spikes. A Gaussian smooths the bins, reflected at both ends so
    that the charge is kept. Voltage that drops or leaps while no current flows carries no charge.

    Parameters
    ----------
    rows : Rows
    half_step : HalfStep
        One of the same record.
    bin_V : float, optional
        Width of a bin. Without it the median step of the voltage from row to row, weighted with charge, of the rows
        where it moved, within 1/1000 and 1/400 of the half step's window: finer where the data are dense, not where
        they are noisy.
    smoothing_V : float, optional
        Standard deviation of the smoothing, 0 for none; two bins without it.

    Raises
    ------
    InputError
        Where a width is not a positive number or would make more than 100 000 bins, or the half step moved
        no voltage.
    """
    inside = slice(half_step.first_row, half_step.last_row + 1)
    counts = rows.flows[inside]
    voltage, increment = rows.voltage_V[inside], half_step.sign * rows.increment_Ah[inside]
    follows = np.concatenate([[False], counts[:-1]]) & counts
    counts = counts & ~_held(rows, half_step)
    start = np.where(follows, np.concatenate([voltage[:1], voltage[:-1]]), _led_up_to(voltage, increment, follows))
    start, end, charge = start[counts], voltage[counts], increment[counts]
    held = float(half_step.sign * rows.increment_Ah[inside].sum(where=~rows.spectral[inside]) - charge.sum())
    low, high = (float(np.min([start, end])), float(np.max([start, end]))) if charge.size else (0.0, 0.0)
    if not high > low:
        raise InputError("this half step has no dQ/dV: its voltage did not move", given=f"half step {half_step.index}")
    width = _width(np.abs(end - start), charge, high - low) if bin_V is None else bin_V
    sigma = SMOOTHING_BINS * width if smoothing_V is None else smoothing_V
    if not (width > 0 and sigma >= 0 and (high - low) / width <= 1e5):
        raise InputError(
            "these widths make no dQ/dV",
            given=f"bin {width:g} V, smoothing {sigma:g} V over {high - low:g} V",
            allowed="a bin above zero and at most 100 000 of them, a smoothing of zero or more",
        )
    edges = low + width * np.arange(int(np.ceil((high - low) / width - 1e-9)) + 1)
    below = _charge_below(start, end, charge, np.asarray(edges, dtype=float), 1e-3 * width)
    density = _smoothed(np.diff(below), sigma / width) / width
    return DifferentialCapacity(
        half_step.index,
        0.5 * (edges[1:] + edges[:-1]),
        density,
        width,
        sigma,
        held,
        f"charge sorted into bins of {width * 1e3:.3g} mV, smoothed by a Gaussian of {sigma * 1e3:.3g} mV",
    )


def _width(moved_V: NDArray[np.float64], charge: NDArray[np.float64], window_V: float) -> float:
    """The step of the voltage that half of the charge passed in steps below, within `BINS`."""
    order = np.argsort(moved_V)
    order = order[moved_V[order] > 0]
    passed = np.cumsum(np.abs(charge[order]))
    median = moved_V[order[np.searchsorted(passed, 0.5 * passed[-1])]] if order.size else 0.0
    return float(np.clip(median, window_V / BINS[1], window_V / BINS[0]))


def _led_up_to(
    voltage: NDArray[np.float64], charge: NDArray[np.float64], follows: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Where the voltage of a first row under current came from: from as far as the next row's slope over charge says.

    The row before it is from before the current step.
    """
    ahead = np.concatenate([follows[1:], [False]])
    step = np.concatenate([np.diff(voltage), [0.0]])
    ratio = np.divide(
        charge, np.concatenate([charge[1:], [0.0]]), out=np.zeros(len(charge)), where=ahead & (charge > 0)
    )
    return np.where(ahead, voltage - step * np.clip(np.nan_to_num(ratio, posinf=0.0), 0.0, 1.0), voltage)


def _held(rows: Rows, half_step: HalfStep) -> NDArray[np.bool_]:
    """Rows of the constant-voltage phases of a half step, among its own rows: at its end, and before its rests."""
    inside = slice(half_step.first_row, half_step.last_row + 1)
    flows, current, voltage = rows.flows[inside], np.abs(rows.current_A[inside]), rows.voltage_V[inside]
    held = np.zeros(len(flows), dtype=bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flows, [False]]).astype(int)))
    for first, end in edges.reshape(-1, 2).tolist():
        if end == len(flows) and "constant_voltage" not in half_step.flags:
            continue
        away = np.flatnonzero(np.abs(voltage[first:end] - voltage[end - 1]) >= CONSTANT_VOLTAGE_V)
        arrived = first + (int(away[-1]) + 1 if away.size else 0)
        # of several stages the last one's current is what falls
        still = arrived + int(np.flatnonzero(current[arrived:end] >= FALLING * current[arrived:end].max())[-1])
        if end < len(flows) and not (end - still > 3 and current[end - 1] < CONSTANT_VOLTAGE_DROP * current[still]):
            continue
        held[still + 1 : end] = True
    return held


def _charge_below(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    charge: NDArray[np.float64],
    edges: NDArray[np.float64],
    narrowest: float,
) -> NDArray[np.float64]:
    """Charge passed below each edge, every row's spread evenly from its `start` to its `end`."""
    middle, half = 0.5 * (start + end), np.maximum(0.5 * np.abs(end - start), 0.5 * narrowest)
    low, high = np.maximum(middle - half, edges[0]), np.minimum(middle + half, edges[-1])
    density = charge / (high - low)
    at = np.concatenate([low, high])
    order = np.argsort(at, kind="stable")
    at, change = at[order], np.concatenate([density, -density])[order]
    level = np.cumsum(change)
    passed = np.concatenate([[0.0], np.cumsum(level[:-1] * np.diff(at))])
    return np.asarray(np.interp(edges, at, passed))


def _smoothed(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    if sigma == 0:
        return values
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values, sigma, mode="reflect"))
