"""What each half step of a symmetric cell shows: sound, forming its contact, growing voids, shorted, or not to be told.

A short lowers the polarisation at once and leaves it restless; a contact that forms lowers it smoothly, from the
start of a half step on; voids and interphases raise it. Every judgement rests on the half step itself and on
the sound ones before it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from natron.cycling.failure.criteria import ShortCriteria
from natron.cycling.failure.falls import Low, comes_back, is_step, largest_fall, longest_low, longest_run
from natron.cycling.failure.profile import Profile, profiles
from natron.cycling.failure.traces import Trace, Traces
from natron.cycling.rows import median

Shape = Literal["flat", "rising", "falling gently", "abrupt", "noisy", "below floor", "ambiguous"]
ShortKind = Literal["hard_short", "soft_short"]

_RECENT = 6
_REMEMBERED = 60
_GROWN = 0.08
_KNOWN = 0.1


@dataclass(frozen=True)
class Verdict:
    """What one trace shows.

    Parameters
    ----------
    trace : Trace
    profile : Profile
        Of that trace.
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
    profile: Profile
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
    """What a sound half step leaves for the judgement of later ones.

    `well_known` says whether noise and offset leave its resistance standing.
    """

    sign: int
    resistance_ohm: float
    noise_V: float
    rise: float
    well_known: bool


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
    for trace, profile in zip(found.items, profiles(found.items), strict=True):
        floor = None if floor_ohm is None else floor_ohm * max(1 - 2 * floor_error, 0.0) * trace.magnitude_A
        verdict = _judge(trace, profile, sound, shorted, found.offset_error_V, criteria, floor)
        shorted = verdict.short is not None
        if not shorted:
            base = profile.base_V
            if base > 0:
                error = math.hypot(1.2533 * trace.quiet_V / math.sqrt(len(trace.rows)), found.offset_error_V)
                resistance, known = base / trace.magnitude_A, error < _KNOWN * base
                sound.append(_Sound(trace.sign, resistance, trace.noise_V, verdict.rise, known))
        verdicts.append(verdict)
    return tuple(verdicts)


def _judge(
    trace: Trace,
    p: Profile,
    sound: Sequence[_Sound],
    shorted: bool,
    offset_error_V: float,
    criteria: ShortCriteria,
    floor_V: float | None,
) -> Verdict:
    expected = _expected(trace, sound)
    rise, rise_error = p.rise, p.rise_error
    fall = largest_fall(p, offset_error_V, criteria, expected)
    low = longest_low(p, expected, offset_error_V, criteria)
    restless, unrest = _restless(trace, p, sound, criteria)

    def verdict(
        shape: Shape, short: ShortKind | None, at: int, confidence: float, evidence: str, ambiguous: bool = False
    ) -> Verdict:
        row = int(trace.rows[min(int(p.edges[at]), len(trace.rows) - 1)])
        return Verdict(
            trace, p, shape, short, ambiguous, float(p.place[at]), row, confidence, evidence, rise, rise_error, expected
        )

    if floor_V is not None and (
        under := longest_run(p.level_V + 2 * p.error_V + offset_error_V < criteria.floor * floor_V)
    ):
        first, share, level = under[0], under[1] * p.width, median(p.level_V[under[2]])
        if share >= criteria.low_share:
            kind = _kind(level, expected or floor_V, criteria)
            words = f"{_mV(level)} for {_percent(share)} of the half step, below the separator's ohmic {_mV(floor_V)}"
            return verdict("below floor", kind, first, 0.95, words)
    if fall is not None and (restless or is_step(p, fall, criteria)):
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
    if p.misfit >= criteria.misfit and (back := comes_back(p, expected, criteria)) is not None:
        words = (
            f"{_mV(back[1])} where {_mV(expected or 0.0)} were to be expected, until it comes back at once "
            f"to {_mV(back[2])}; {unrest}"
        )
        return verdict("noisy", _kind(back[1], back[2], criteria), back[0], 0.6, words)
    if restless and p.misfit >= criteria.misfit and not _climbs(p):
        return verdict("noisy", None, 0, 0.3, f"restless without loss of polarisation; {unrest}", True)
    return verdict(_quiet_shape(p, rise, rise_error), None, 0, 1.0, f"grows by {_percent(rise)} within the half step")


def _climbs(p: Profile) -> bool:
    """Whether the polarisation only ever rises once it has settled: a void that grows over, however steep no unrest."""
    settled = p.settled
    steps = np.diff(p.level_V[settled])
    return bool((steps > -3 * np.hypot(p.error_V[settled][1:], p.error_V[settled][:-1])).all() and steps.sum() > 0)


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


def _restless(trace: Trace, p: Profile, sound: Sequence[_Sound], criteria: ShortCriteria) -> tuple[bool, str]:
    """Whether the trace is restless: off every smooth curve, or noisier than sound ones."""
    level = max(median(abs(p.level_V)), 1e-12)
    words = [f"misfit of a smooth curve χ²/ν {p.misfit:.1f}"]
    restless = p.misfit >= criteria.misfit
    usual = statistics.median(one.noise_V for one in sound[-8:]) if sound else 0.0
    if sound:
        ratio = trace.noise_V / max(usual, 1e-7)
        if ratio >= criteria.noise_ratio and trace.noise_V >= criteria.noise_share * level:
            restless = True
            words.append(f"noise {trace.noise_V * 1e3:.2g} mV, {ratio:.0f} times that before")
    return restless, ", ".join(words)


def _stands_apart(trace: Trace, low: Low, unsure_V: float, sound: Sequence[_Sound], criteria: ShortCriteria) -> bool:
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
    return f"{round(100 * share)} %"
