"""What each half step of a symmetric cell shows: sound, forming its contact, growing voids, shorted, or not to be told.

A short lowers the polarisation at once and leaves it restless; a contact that forms lowers it smoothly, from the
start of a half step on; voids and interphases raise it. Every judgement rests on the half step itself and on
the sound ones before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from natron.cycling.failure.traces import Profile, Trace, Traces

Shape = Literal["flat", "rising", "falling gently", "abrupt", "noisy", "below floor", "ambiguous"]
ShortKind = Literal["hard_short", "soft_short"]
Floats = NDArray[np.float64]

_RECENT = 6
_REMEMBERED = 60
_GROWN = 0.08
_KNOWN = 0.1


@dataclass(frozen=True)
class ShortCriteria:
    """Thresholds of the detection of shorts; all are shares of 1 unless their name says otherwise.

    Parameters
    ----------
    fall : float
        The polarisation falls at once by at least this share of what it was just before.
    window : float
        Share of the half step before and after a place that is compared there.
    low_level : float
        A polarisation below this share of what sound half steps lead one to expect is low.
    healing_level : float
        The same for a half step in which the polarisation then comes back at once.
    low_share : float
        It has to be low for this share of the half step.
    least_V : float
        Where less polarisation than this is to be expected, a low level says nothing: offsets are as large.
    hard_level : float
        Below this share of the sound polarisation a short is hard, else soft.
    significance : float
        Standard errors by which a fall or a low level has to stand out of the noise.
    misfit : float
        Reduced χ² of the smooth curve (1.5 % of the level allowed for its form) from which a half step is restless.
    step_gain : float
        Fall of χ² that makes a sudden step better than any smooth curve.
    noise_ratio, noise_share : float
        Noise is risen at this multiple of that of sound half steps, where it also is this share of the level.
    jump : float
        A half step that is low, though smooth, from its start on is a short where the last sound levels lay this
        many times closer together than it lies below them.
    floor : float
        Share of the separator's ohmic polarisation d/σ·j below which no sound cell can be.
    capacity_excess : float
        A charge beyond this multiple of what the cell has held is more than it can hold.
    efficiency_fall : float
        Share by which the Coulombic efficiency lies below its usual value.
    voltage_fall_V : float
        Voltage that is lost at once during a charge at constant current.
    voltage_noise_V : float
        Least noise of a restless charge.
    """

    fall: float = 0.2
    window: float = 0.1
    low_level: float = 0.78
    healing_level: float = 0.95
    low_share: float = 0.08
    least_V: float = 1e-3
    hard_level: float = 0.25
    significance: float = 6.0
    misfit: float = 4.0
    step_gain: float = 30.0
    noise_ratio: float = 4.0
    noise_share: float = 0.03
    jump: float = 3.0
    floor: float = 0.8
    capacity_excess: float = 1.15
    efficiency_fall: float = 0.15
    voltage_fall_V: float = 0.03
    voltage_noise_V: float = 0.004


@dataclass(frozen=True)
class Verdict:
    """What one trace shows.

    Parameters
    ----------
    trace : Trace
    shape : str
        ``flat``, ``rising``, ``falling gently`` (a contact that improves), ``abrupt``, ``noisy``,
        ``below floor``, or ``ambiguous``.
    short : {"hard_short", "soft_short"} or None
    ambiguous : bool
        Low or restless, but not enough to say short.
    place : float
        Where in the trace it begins, as a share of its time.
    row : int
        The record's row there.
    confidence : float
        From 0 to 1.
    evidence : str
        With its numbers.
    rise : float
        Growth of the polarisation from the settled start to the end, as a share of the start.
    rise_error : float
        Its standard error from the noise.
    expected_V : float or None
        Polarisation that the sound half steps before lead one to expect.
    """

    trace: Trace
    shape: Shape
    short: ShortKind | None
    ambiguous: bool
    place: float
    row: int
    confidence: float
    evidence: str
    rise: float
    rise_error: float
    expected_V: float | None


@dataclass(frozen=True)
class _Sound:
    """What a sound half step leaves for the judgement of later ones."""

    sign: int
    resistance_ohm: float
    error_ohm: float
    noise_V: float
    rise: float
    fall: float

    @property
    def well_known(self) -> bool:
        """Whether noise and offset leave its resistance standing."""
        return self.error_ohm < _KNOWN * self.resistance_ohm


def judge(
    found: Traces, criteria: ShortCriteria, *, floor_ohm: float | None = None, floor_error: float = 0.0
) -> tuple[Verdict, ...]:
    """A verdict for each trace, in order.

    Parameters
    ----------
    found : Traces
    criteria : ShortCriteria
    floor_ohm : float, optional
        Ohmic resistance of the separator over its area.
    floor_error : float
        Relative standard uncertainty of it.
    """
    sound: list[_Sound] = []
    verdicts: list[Verdict] = []
    shorted = False
    for trace in found.items:
        floor = None if floor_ohm is None else floor_ohm * max(1 - 2 * floor_error, 0.0) * trace.magnitude_A
        verdict = _judge(trace, sound, shorted, found.offset_error_V, criteria, floor)
        shorted = verdict.short is not None
        if not shorted:
            base = trace.profile.base_V
            if base > 0:
                error = math.hypot(1.2533 * trace.quiet_V / math.sqrt(len(trace.rows)), found.offset_error_V)
                resistance, uncertainty = base / trace.magnitude_A, error / trace.magnitude_A
                fallen = _fallen(trace.profile)
                sound.append(_Sound(trace.sign, resistance, uncertainty, trace.noise_V, verdict.rise, fallen))
        verdicts.append(verdict)
    return tuple(verdicts)


def _judge(
    trace: Trace,
    sound: Sequence[_Sound],
    shorted: bool,
    offset_error_V: float,
    criteria: ShortCriteria,
    floor_V: float | None,
) -> Verdict:
    p = trace.profile
    expected = _expected(trace, sound)
    rise, rise_error = p.rise, p.rise_error
    fall = _largest_fall(p, offset_error_V, criteria, expected)
    low = _low(p, expected, offset_error_V, criteria)
    restless, unrest = _restless(trace, sound, criteria)

    def verdict(
        shape: Shape, short: ShortKind | None, at: int, confidence: float, evidence: str, ambiguous: bool = False
    ) -> Verdict:
        row = int(trace.rows[min(int(p.edges[at]), len(trace.rows) - 1)])
        return Verdict(
            trace, shape, short, ambiguous, float(p.place[at]), row, confidence, evidence, rise, rise_error, expected
        )

    if floor_V is not None and (under := _run(p.level_V + 2 * p.error_V + offset_error_V < criteria.floor * floor_V)):
        first, share, level = under[0], under[1] * p.width, float(np.median(p.level_V[under[2]]))
        if share >= criteria.low_share:
            kind = _kind(level, expected or floor_V, criteria)
            words = f"{_mV(level)} for {_percent(share)} of the half step, below the separator's ohmic {_mV(floor_V)}"
            return verdict("below floor", kind, first, 0.95, words)
    if fall is not None and (restless or _is_step(p, fall, criteria) or _is_new(fall, sound, criteria)):
        kind = _kind(fall.after_V, fall.before_V, criteria)
        words = (
            f"the polarisation falls at once by {_percent(fall.share)}, from {_mV(fall.before_V)} to "
            f"{_mV(fall.after_V)} ({fall.significance:.0f} standard errors); {unrest}"
        )
        return verdict("abrupt", kind, fall.at, _confidence(fall.share, restless), words)
    if low is not None and expected is not None:
        kind = _kind(low.level_V, expected, criteria)
        words = (
            f"{_mV(low.level_V)} where {_mV(expected)} were to be expected, "
            f"for {_percent(low.share)} of the half step; {unrest}"
        )
        if shorted:
            return verdict("below floor" if kind == "hard_short" else "noisy", kind, low.at, 0.9, f"still {words}")
        if restless:
            return verdict("noisy", kind, low.at, _confidence(1 - low.level_V / expected, True), words)
        unsure_V = 2 * (low.error_V + offset_error_V)
        apart = _stands_apart(trace, low, unsure_V, sound, criteria) and not _grows_out_of_it(p, expected, sound)
        if low.level_V + unsure_V < criteria.hard_level * expected or apart:
            return verdict("abrupt", kind, low.at, 0.7, f"{words}, and the sound half steps before lay close together")
        if rise > -0.05 and len(sound) >= 2:
            return verdict(
                "ambiguous", None, low.at, 0.4, f"{words}: a contact that improved at a stroke, or a short", True
            )
    if p.misfit >= criteria.misfit and (back := _comes_back(p, expected, criteria)) is not None:
        words = (
            f"{_mV(back[1])} where {_mV(expected or 0.0)} were to be expected, until it comes back at once "
            f"to {_mV(back[2])}; {unrest}"
        )
        return verdict("noisy", _kind(back[1], back[2], criteria), back[0], 0.6, words)
    if restless and p.misfit >= criteria.misfit:
        return verdict("noisy", None, 0, 0.3, f"restless without loss of polarisation; {unrest}", True)
    return verdict(_quiet_shape(p, rise, rise_error), None, 0, 1.0, f"grows by {_percent(rise)} within the half step")


def _is_step(p: Profile, fall: _Fall, criteria: ShortCriteria) -> bool:
    """Whether a sudden fall there explains the half step much better than any smooth curve."""
    gain, size = max(p.gain_of_step(at) for at in {fall.at, max(fall.at - 1, 1)})
    return gain >= criteria.step_gain and size >= 0.5 * (fall.before_V - fall.after_V)


def _is_new(fall: _Fall, sound: Sequence[_Sound], criteria: ShortCriteria) -> bool:
    """Whether no sound half step before fell by nearly as much: a contact that forms falls less and less."""
    last = sound[-3:]
    if len(last) < 2 or any(one.rise > _GROWN for one in last):
        return False
    return fall.share >= criteria.jump * max(one.fall for one in last)


def _kind(level_V: float, reference_V: float, criteria: ShortCriteria) -> ShortKind:
    return "hard_short" if level_V < criteria.hard_level * reference_V else "soft_short"


def _confidence(share: float, restless: bool) -> float:
    """How sure: larger falls and unrest make it surer. A ranking, not a probability that was calibrated."""
    return float(min(0.99, 0.55 + 0.4 * min(share, 1.0) + (0.2 if restless else 0.0)))


def _quiet_shape(p: Profile, rise: float, error: float) -> Shape:
    if rise > 0.05 and rise > 3 * error:
        return "rising"
    if rise < -0.05 and -rise > 3 * error:
        return "falling gently"
    return "flat"


def _expected(trace: Trace, sound: Sequence[_Sound]) -> float | None:
    """Polarisation to be expected at least from the sound half steps before.

    The lowest resistance of the last few; where these have grown voids, which plating may fill again, also of
    the last ones before that. A resistance that has been falling may fall on by as much. Where some stand out of
    noise and offset, those that do not are left out: the lowest of them would be the noise's.
    """
    if not sound:
        return None
    sound = sound[-_REMEMBERED:]
    sound = [one for one in sound if one.well_known] or sound
    recent = list(sound[-_RECENT:])
    if any(one.rise > _GROWN for one in recent):
        recent += [one for one in sound[:-_RECENT] if one.rise <= _GROWN][-_RECENT:]
    lowest = min(one.resistance_ohm for one in recent)
    for sign in (1, -1):
        same = [one.resistance_ohm for one in sound[-_RECENT:] if one.sign == sign]
        if len(same) > 1 and same[-1] < same[-2]:
            lowest = min(lowest, same[-1] ** 2 / same[-2])
    return lowest * trace.magnitude_A


def _fallen(p: Profile) -> float:
    """Largest fall within the trace as a share of the highest level before it, noise included."""
    calm = _windows(p.level_V, 2)[1:]
    return float(np.max(1 - calm / np.maximum(np.maximum.accumulate(calm), 1e-12)))


@dataclass(frozen=True)
class _Fall:
    at: int
    share: float
    before_V: float
    after_V: float
    significance: float


def _largest_fall(p: Profile, offset_error_V: float, criteria: ShortCriteria, expected_V: float | None) -> _Fall | None:
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
    best: _Fall | None = None
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
                best = _Fall(
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
class _Low:
    at: int
    share: float
    level_V: float
    error_V: float


def _low(p: Profile, expected_V: float | None, offset_error_V: float, criteria: ShortCriteria) -> _Low | None:
    """The longest stretch below the expected level, where it is long and sure enough."""
    if expected_V is None or expected_V < criteria.least_V:
        return None
    settled = p.place > 0.02
    below = (p.level_V + offset_error_V < criteria.low_level * expected_V) & settled & ~p.interrupted
    run = _run(below)
    if run is None:
        return None
    first, count, members = run
    level = float(np.median(p.level_V[members]))
    error = 1.2533 * math.sqrt(float(np.mean(p.error_V[members] ** 2)) / count)
    share = count * p.width
    if share < criteria.low_share or count < 2 or expected_V - level < criteria.significance * error:
        return None
    return _Low(first, share, level, error)


def _comes_back(p: Profile, expected_V: float | None, criteria: ShortCriteria) -> tuple[int, float, float] | None:
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


def _run(mask: NDArray[np.bool_]) -> tuple[int, int, slice] | None:
    """The longest run of true: where it begins, how long it is, its slice."""
    padded = np.concatenate([[False], mask, [False]]).astype(int)
    starts, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    if starts.size == 0:
        return None
    k = int(np.argmax(ends - starts))
    return int(starts[k]), int(ends[k] - starts[k]), slice(int(starts[k]), int(ends[k]))


def _restless(trace: Trace, sound: Sequence[_Sound], criteria: ShortCriteria) -> tuple[bool, str]:
    """Whether the trace is restless: off every smooth curve, or noisier than sound ones."""
    p = trace.profile
    level = max(float(np.median(np.abs(p.level_V))), 1e-12)
    words = [f"misfit of a smooth curve χ²/ν {p.misfit:.1f}"]
    restless = p.misfit >= criteria.misfit
    usual = median(one.noise_V for one in sound[-8:]) if sound else 0.0
    if sound:
        ratio = trace.noise_V / max(usual, 1e-7)
        if ratio >= criteria.noise_ratio and trace.noise_V >= criteria.noise_share * level:
            restless = True
            words.append(f"noise {trace.noise_V * 1e3:.2g} mV, {ratio:.0f} times that before")
    return restless, ", ".join(words)


def _stands_apart(trace: Trace, low: _Low, unsure_V: float, sound: Sequence[_Sound], criteria: ShortCriteria) -> bool:
    """Whether the low level lies much farther below the last sound levels than these lie apart."""
    if len(sound) < 3:
        return False
    logs = [math.log(one.resistance_ohm) for one in sound[-5:]]
    largest = max(abs(b - a) for a, b in pairwise(logs))
    depth = min(logs[-2:]) - math.log(max((low.level_V + unsure_V) / trace.magnitude_A, 1e-12))
    return depth > criteria.jump * largest


def _grows_out_of_it(p: Profile, expected_V: float, sound: Sequence[_Sound]) -> bool:
    """Whether voids grow as they did before, from a start that plating made better than it was."""
    return p.rise > _GROWN and p.end_V > expected_V and any(one.rise > _GROWN for one in sound[-_RECENT:])


def _mV(value_V: float) -> str:
    return f"{value_V * 1e3:.3g} mV"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
