"""Shorts in galvanostatic data: of symmetric cells from their polarisation, of full and half cells from their charges.

A metal filament that reaches the other electrode carries current which stores nothing. In a symmetric cell the
polarisation is lost, at once; in a full or half cell the voltage of a charge falls or wavers, does not come to its
end, takes up more charge than the cell can hold, and the discharge after it gives less back. No one of these is a
short by itself in a full or half cell: two have to agree.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natron.cycling.events import Event
from natron.cycling.failure.criteria import ShortCriteria
from natron.cycling.failure.offset import MAD
from natron.cycling.failure.traces import Traces, traces
from natron.cycling.failure.verdicts import ShortKind, Verdict, judge
from natron.cycling.half_step import HalfStep
from natron.cycling.rows import median, medians_of, quantile
from natron.data import CyclingRecord

Floats = NDArray[np.float64]

_PIECES = 60
_FEWEST_ROWS = 12
_NUCLEATION = 0.1
_EQUAL_CURRENT = 0.1
_NOISE_RATIO = 5.0
_LOST_VOLTAGE = 0.1
_USUAL = 100
_SYMMETRIC_SHARE = 0.8
_SYMMETRIC_OFFSET_V = 0.1


def detect_shorts(
    record: CyclingRecord,
    half_steps: Sequence[HalfStep],
    criteria: ShortCriteria | None = None,
    *,
    floor_ohm: float | None = None,
) -> tuple[Event, ...]:
    """Every hard and soft short found, in order of time; a short that lasts is one event, told where it begins.

    Parameters
    ----------
    record : CyclingRecord
        Its `kind` says what is looked for; where it is not known, a voltage that follows the current's sign makes
        it a symmetric cell.
    half_steps : sequence of HalfStep
        Of that record.
    criteria : ShortCriteria, optional
        Thresholds.
    floor_ohm : float, optional
        Of a symmetric cell: ohmic resistance of its separator, d/(σ A), below which no sound polarisation can be.

    Returns
    -------
    tuple of Event
        Kinds ``hard_short`` and ``soft_short``. Empty for a sound cell; half steps that cannot be told either way
        are in `natron.cycling.critical_current`'s answer, not here.
    """
    criteria = criteria or ShortCriteria()
    if record.kind == "symmetric" or (record.kind is None and follows_current(record, half_steps)):
        return _of_verdicts(record, judge(traces(record, half_steps), criteria, floor_ohm=floor_ohm))
    return _of_charges(record, half_steps, criteria)


def follows_current(record: CyclingRecord, half_steps: Sequence[HalfStep]) -> bool:
    """Whether the voltage changes its sign with the current in four of five half steps: a symmetric cell."""
    if len({half.sign for half in half_steps}) < 2:
        return False
    return is_symmetric(traces(record, half_steps))


def is_symmetric(found: Traces) -> bool:
    """Whether the polarisation is along the current, from a voltage near zero at no current.

    Half steps count by their polarisation: one that is shorted says nothing.
    """
    if abs(found.offset_V) > _SYMMETRIC_OFFSET_V:
        return False
    u = np.array([np.median(trace.polarisation_V) for trace in found.items])
    return bool(u.size) and float(np.maximum(u, 0.0).sum()) >= _SYMMETRIC_SHARE * float(np.abs(u).sum())


def _of_verdicts(record: CyclingRecord, verdicts: Sequence[Verdict]) -> tuple[Event, ...]:
    """Neighbouring shorted traces as one event."""
    events = []
    before: Verdict | None = None
    for k, verdict in enumerate(verdicts):
        if verdict.short is not None and (before is None or before.short is None):
            lasting = next((i for i, later in enumerate(verdicts[k:]) if later.short is None), len(verdicts) - k)
            kind: ShortKind = (
                "hard_short" if "hard_short" in {v.short for v in verdicts[k : k + lasting]} else "soft_short"
            )
            count = "one half step" if lasting == 1 else f"{lasting} half steps"
            ends = "to the end" if k + lasting == len(verdicts) else f"for {count}, then it is gone"
            events.append(_event(record, kind, verdict, f"{verdict.evidence}; {ends}"))
        before = verdict
    return tuple(events)


def _event(record: CyclingRecord, kind: ShortKind, verdict: Verdict, evidence: str) -> Event:
    return Event(
        kind=kind,
        cycle=verdict.trace.cycle,
        half_step=verdict.trace.half_step,
        time_s=float(record.time_s[verdict.row]),
        evidence=evidence,
        confidence=verdict.confidence,
        first_row=verdict.row,
    )


@dataclass(frozen=True)
class _Charge:
    """What a half step of a full or half cell shows of its voltage."""

    half: HalfStep
    end_V: float
    lowest_V: float
    noise_V: float
    fall_V: float
    fall_row: int
    falls: int


@dataclass(frozen=True, eq=False)
class _Columns:
    """The record's rows."""

    time_s: Floats
    voltage_V: Floats
    magnitude_A: Floats
    spectral: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Passed:
    """What each half step passed: arrays of one place for each."""

    sign: NDArray[np.int64]
    current_A: Floats
    capacity_Ah: Floats


def _of_charges(record: CyclingRecord, half_steps: Sequence[HalfStep], criteria: ShortCriteria) -> tuple[Event, ...]:
    """Shorts of a full or half cell, from its charges."""
    events: list[Event] = []
    sound: list[_Charge] = []
    columns = _Columns(record.time_s, record.voltage_V, np.abs(record.current_A), record.in_spectrum)
    passed = _Passed(
        sign=np.array([half.sign for half in half_steps]),
        current_A=np.array([half.current_A for half in half_steps]),
        capacity_Ah=np.array([half.capacity_Ah for half in half_steps]),
    )
    for k, half in enumerate(half_steps):
        if half.sign < 0:
            continue
        charge = _charge(columns, half, criteria)
        if charge is None:
            continue
        signals, kind = _signals(charge, k, passed, sound[-_USUAL:], criteria)
        if kind is None:
            sound.append(charge)
            continue
        row = charge.fall_row if charge.falls else half.first_row
        events.append(
            Event(
                kind=kind,
                cycle=half.cycle,
                half_step=half.index,
                time_s=float(record.time_s[row]),
                evidence="; ".join(signals),
                confidence=min(0.99, 0.4 + 0.2 * len(signals)),
                first_row=row,
            )
        )
    return tuple(events)


def _charge(columns: _Columns, half: HalfStep, criteria: ShortCriteria) -> _Charge | None:
    """A charge at constant current in pieces of equal time; what comes after its current was lowered is left out."""
    inside = slice(half.first_row, half.last_row + 1)
    current = columns.magnitude_A[inside]
    usual = median(current[current > 0]) if (current > 0).any() else 0.0
    steady = ~columns.spectral[inside] & (np.abs(current - usual) <= 0.02 * usual)
    rows = half.first_row + np.flatnonzero(steady)
    if len(rows) < _FEWEST_ROWS:
        return None
    voltage, time = columns.voltage_V[rows], columns.time_s[rows]
    share = (time - time[0]) / max(time[-1] - time[0], 1e-9)
    count = min(_PIECES, len(rows) // 2)
    which = np.minimum((share * count).astype(int), count - 1)
    starts = np.flatnonzero(np.concatenate([[True], which[1:] != which[:-1]]))
    middles = medians_of(voltage, starts)
    # an interruption within a piece, or between it and the one before
    broken = np.zeros(len(starts) + 1, dtype=bool)
    if rows[-1] - rows[0] >= len(rows):
        apart = np.searchsorted(starts, np.flatnonzero(np.diff(rows) > 1) + 1, side="right") - 1
        broken[apart] = broken[apart + 1] = True
    bend = np.abs(voltage[2:] - 2 * voltage[1:-1] + voltage[:-2])
    noise = MAD * median(bend) / math.sqrt(6)
    falls = middles[:-1] - middles[1:]
    falls[broken[1:-1] | (share[starts[1:]] < _NUCLEATION)] = 0.0
    deep = falls > max(criteria.voltage_fall_V, criteria.significance * noise)
    at = int(np.argmax(falls)) if len(falls) else 0
    return _Charge(
        half=half,
        end_V=median(voltage[-max(3, len(voltage) // 50) :]),
        lowest_V=quantile(middles, 0.1),
        noise_V=noise,
        fall_V=float(falls[at]) if len(falls) else 0.0,
        fall_row=int(rows[starts[min(at + 1, len(starts) - 1)]]),
        falls=int(np.count_nonzero(deep)),
    )


def _signals(
    charge: _Charge, k: int, passed: _Passed, sound: Sequence[_Charge], criteria: ShortCriteria
) -> tuple[list[str], ShortKind | None]:
    """What speaks for a short in a charge, and of which kind; None where fewer than two signals agree."""
    signals: list[str] = []
    lost = False
    if charge.falls:
        times = "once" if charge.falls == 1 else f"{charge.falls} times"
        signals.append(f"the voltage falls at once by up to {charge.fall_V * 1e3:.0f} mV at constant current, {times}")
    if sound:
        usual_end = statistics.median(one.end_V for one in sound)
        noise = statistics.median(one.noise_V for one in sound)
        if charge.noise_V > max(criteria.voltage_noise_V, _NOISE_RATIO * noise):
            signals.append(f"noise of {charge.noise_V * 1e3:.1f} mV, against {noise * 1e3:.2g} mV before")
        lost = charge.lowest_V < _LOST_VOLTAGE * statistics.median(one.lowest_V for one in sound)
        if lost:
            signals.append(f"the voltage is lost: {charge.lowest_V:.3f} V")
        elif charge.falls and charge.end_V < usual_end - criteria.voltage_fall_V:
            signals.append(f"it ends at {charge.end_V:.3f} V instead of {usual_end:.3f} V")
    excess = _excess(k, passed, criteria)
    if excess:
        signals.append(excess)
    efficiency = _efficiency(k, passed, criteria)
    if efficiency:
        signals.append(efficiency)
    if len(signals) < 2:
        return signals, None
    return signals, "hard_short" if lost else "soft_short"


def _excess(k: int, passed: _Passed, criteria: ShortCriteria) -> str | None:
    """Whether a charge took more than the cell ever held, at this current or a lower one, in two charges or more."""
    current, capacity = np.abs(passed.current_A[: k + 1]), passed.capacity_Ah[: k + 1]
    held = capacity[:-1][current[:-1] <= (1 + _EQUAL_CURRENT) * current[k]]
    if len(held) < 3 or not capacity[k] > criteria.capacity_excess * held.max():
        return None
    return f"it takes {capacity[k] * 1e3:.4g} mAh where the cell has held {held.max() * 1e3:.4g} mAh at most"


def _efficiency(k: int, passed: _Passed, criteria: ShortCriteria) -> str | None:
    """Whether the discharge after charge k gives much less of it back than those before, at equal currents."""
    sign, current, capacity = passed.sign[: k + 2], passed.current_A[: k + 2], passed.capacity_Ah[: k + 2]
    if len(sign) < k + 2 or sign[-1] > 0 or capacity[k] <= 0:
        return None
    paired = (sign[:-2] > 0) & (sign[1:-1] < 0) & (capacity[:-2] > 0)
    paired &= np.abs(current[:-2] - current[-2]) <= _EQUAL_CURRENT * abs(current[-2])
    paired &= np.abs(current[1:-1] - current[-1]) <= _EQUAL_CURRENT * abs(current[-1])
    before = np.flatnonzero(paired)
    if len(before) < 2:
        return None
    usual, found = median(capacity[before + 1] / capacity[before]), float(capacity[-1] / capacity[k])
    if found >= (1 - criteria.efficiency_fall) * usual:
        return None
    return f"the discharge after it gives back {found * 100:.1f} % of it, {usual * 100:.1f} % before"
