"""The polarisation of a symmetric cell within each half step, cleaned.

A *trace* is one stretch of loaded rows at one current. What is looked at is the voltage in the direction of the
current, u = sign(I) · (V − V₀), with V₀ the cell's voltage at no current; over the current it is a resistance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from natron.cycling.failure.offset import LEVEL_CHANGE, MAD, Offset, offset
from natron.cycling.half_step import HalfStep
from natron.cycling.rows import median, quantile, rows_of
from natron.data import CyclingRecord

Floats = NDArray[np.float64]

_FEWEST_ROWS = 3
_RAMP_LEVELS = 25
_RAMP_SPAN = 1.3
_STRAY = 6.0
_QUIET = 2.0
_EQUAL_V = 1e-9


@dataclass(frozen=True, eq=False)
class Trace:
    """One stretch of loaded rows of a half step.

    Parameters
    ----------
    index : int
        Its number, from 1. It is the half step's, unless an earlier one was stepped without a rest.
    half_step, cycle : int
        `HalfStep.index` and `HalfStep.cycle` of the half step it lies in.
    sign : int
        Of the current.
    rows : array of int, shape (N,)
        The loaded rows in the record's table.
    time_s : array, shape (N,)
        Time under load since the stretch began; interruptions are taken out.
    polarisation_V : array, shape (N,)
        u, stray points replaced.
    current_A : array, shape (N,)
        Magnitude.
    charge_Ah : array, shape (N,)
        Charge passed up to and with each row, as `HalfStep.capacity_Ah` counts it.
    noise_V : float
        Standard deviation of a sample, from neighbouring samples.
    quiet_V : float
        The same without what a restless trace has above the record's calm ones: what errors are taken from.
    restarts_s : tuple of float
        Times under load at which the current came back after an interruption.
    is_ramp : bool
        The current rises steadily; `polarisation_V` is then that at its largest current.
    """

    index: int
    half_step: int
    cycle: int
    sign: int
    rows: NDArray[np.int64]
    time_s: Floats
    polarisation_V: Floats
    current_A: Floats
    charge_Ah: Floats
    noise_V: float = 0.0
    quiet_V: float = 0.0
    restarts_s: tuple[float, ...] = ()
    is_ramp: bool = False

    @cached_property
    def magnitude_A(self) -> float:
        """The current of the stretch; of a ramp, its largest."""
        return float(self.current_A.max()) if self.is_ramp else median(self.current_A)

    @property
    def duration_s(self) -> float:
        """Time under load."""
        return float(self.time_s[-1])


@dataclass(frozen=True)
class Traces:
    """Every trace of a record with what was found out on the way.

    Parameters
    ----------
    items : tuple of Trace
        In order of time.
    offset_V, offset_error_V : float
        Voltage at no current (its median, where it drifts), and how well it is known.
    offset_from : str
        ``rests``, ``pairs`` of both directions, or ``none``.
    reversed_sign : bool
        Voltage and current have opposite signs in the record: one of the leads was the other way round.
    """

    items: tuple[Trace, ...]
    offset_V: float
    offset_error_V: float
    offset_from: str
    reversed_sign: bool


def traces(record: CyclingRecord, half_steps: Sequence[HalfStep]) -> Traces:
    """The record's half steps as traces of polarisation, for cells whose voltage is the current's own.

    Rows of spectra and rests are left out. A half step in which the current was stepped up without a rest gives
    one trace for each level.
    """
    voltage, current, time = record.voltage_V, record.current_A, record.time_s
    spectral = record.in_spectrum
    magnitude = np.abs(current)
    flowing = ~spectral & (magnitude > 1e-4 * float(np.max(magnitude, where=~spectral, initial=0.0)))
    along = {1: flowing & (current > 0), -1: flowing & (current < 0)}
    pieces: list[tuple[HalfStep, NDArray[np.int64], bool]] = []
    for half in half_steps:
        rows = half.first_row + np.flatnonzero(along[half.sign][half.first_row : half.last_row + 1])
        pieces += [(half, part, ramp) for part, ramp in _levels(rows, magnitude)]
    increment = rows_of(record).increment_Ah
    raw: list[Trace] = []
    for half, rows, ramp in pieces:
        trace = _raw(len(raw) + 1, half, rows, ramp, time, voltage, current, increment)
        # nothing of its time may be left without the interruptions
        if trace.duration_s > 0:
            raw.append(trace)
    no_current = offset(raw, voltage, time, ~flowing & ~spectral)
    items = [_settled(trace) if trace.is_ramp else trace for trace in raw]
    cleaned = [_without_strays(_polarisation(trace, no_current, time)) for trace in items]
    reversed_sign = sum(float(u.mean()) for u in cleaned) < 0
    # a step of the scale scatters by 1/√12 of itself
    least = _resolution(raw) / math.sqrt(12)
    noise = [math.hypot(_noise(u), least) for u in cleaned]
    quiet = quantile(np.array(noise), 0.25) if noise else 0.0
    items = [
        replace(
            trace,
            polarisation_V=-u if reversed_sign else u,
            noise_V=scatter,
            quiet_V=min(max(scatter, quiet), _QUIET * quiet),
        )
        for trace, u, scatter in zip(items, cleaned, noise, strict=True)
    ]
    return Traces(
        tuple(items), float(np.median(no_current.voltage_V)), no_current.error_V, no_current.told_by, reversed_sign
    )


def _levels(rows: NDArray[np.int64], current_A: Floats) -> list[tuple[NDArray[np.int64], bool]]:
    """The rows of a half step parted where the current was stepped; and whether they are a ramp instead."""
    if len(rows) < _FEWEST_ROWS:
        return []
    level = current_A[rows]
    least, largest = float(level.min()), float(level.max())
    if largest > _RAMP_SPAN * least:
        levels = np.unique(np.round(level / largest, 4)).size
        if levels > _RAMP_LEVELS and float(np.mean(np.diff(level) >= 0)) > 0.98:
            return [(rows, True)]
    changes = np.flatnonzero(np.abs(np.diff(level)) > LEVEL_CHANGE * np.maximum(level[1:], level[:-1])) + 1
    long = [part for part in np.split(rows, changes) if len(part) >= _FEWEST_ROWS] if changes.size else [rows]
    merged: list[NDArray[np.int64]] = []
    for part in long:
        before = median(current_A[merged[-1]]) if merged else 0.0
        if merged and abs(median(current_A[part]) - before) <= LEVEL_CHANGE * before:
            merged[-1] = np.concatenate([merged[-1], part])
        else:
            merged.append(part)
    return [(part, False) for part in merged]


def _raw(
    index: int,
    half: HalfStep,
    rows: NDArray[np.int64],
    ramp: bool,
    time: Floats,
    voltage: Floats,
    current: Floats,
    increment: Floats,
) -> Trace:
    """A trace with nothing taken from its voltage yet, and time without interruptions."""
    t = time[rows] - time[rows[0]]
    restarts = []
    whole = rows[-1] - rows[0] == len(rows) - 1
    for k in () if whole else np.flatnonzero(np.diff(rows) > 1) + 1:
        usual = t[k - 1] / k if k > 1 else 0.0
        t[k:] -= max(t[k] - t[k - 1] - usual, 0.0)
        restarts.append(float(t[k]))
    return Trace(
        index=index,
        half_step=half.index,
        cycle=half.cycle,
        sign=half.sign,
        rows=rows,
        time_s=t,
        polarisation_V=half.sign * voltage[rows],
        current_A=np.abs(current[rows]),
        charge_Ah=half.sign * np.cumsum(increment[rows]),
        restarts_s=tuple(restarts),
        is_ramp=ramp,
    )


def _settled(trace: Trace) -> Trace:
    """A ramp without its smallest currents, whose resistance is all noise."""
    keep = trace.current_A > 0.05 * trace.current_A.max()
    return replace(
        trace,
        rows=trace.rows[keep],
        time_s=trace.time_s[keep],
        polarisation_V=trace.polarisation_V[keep],
        current_A=trace.current_A[keep],
        charge_Ah=trace.charge_Ah[keep],
        restarts_s=(),
    )


def _polarisation(trace: Trace, no_current: Offset, time: Floats) -> Floats:
    """u of a trace whose voltage still holds that at no current; of a ramp at its largest current."""
    u = trace.polarisation_V - trace.sign * np.interp(time[trace.rows], no_current.time_s, no_current.voltage_V)
    return u / (trace.current_A / trace.current_A.max()) if trace.is_ramp else u


def _without_strays(u: Floats) -> Floats:
    """Single points far off both neighbours, which agree with one another, take the neighbours' median."""
    if len(u) < 5:
        return u
    low, high = np.minimum(u[:-2], u[2:]), np.maximum(u[:-2], u[2:])
    middle = np.clip(u[1:-1], low, high)
    far = np.abs(u[1:-1] - middle)
    limit = _STRAY * max(_noise(u), 1e-9)
    if not (far > limit).any():
        return u
    stray = (far > limit) & (np.abs(u[2:] - u[:-2]) < far)
    out = u.copy()
    out[1:-1][stray] = middle[stray]
    return out


def _noise(u: Floats) -> float:
    """Standard deviation of a sample from second differences, which leave a drift out of it."""
    if len(u) < 4:
        return 0.0
    # that of a second difference is √6 times that of a sample
    return MAD * median(np.abs(u[2:] - 2 * u[1:-1] + u[:-2])) / math.sqrt(6)


def _resolution(raw: Sequence[Trace]) -> float:
    """Step in which the voltage was written down, where neighbours are often equal; else 0."""
    steps = np.abs(np.concatenate([np.diff(trace.polarisation_V) for trace in raw])) if raw else np.zeros(0)
    moved = steps[steps > _EQUAL_V]
    if moved.size == 0 or moved.size > 0.8 * steps.size:
        return 0.0
    return float(np.percentile(moved, 5))
