"""The onset of voids: the first current at which the polarisation grows within the half steps of both directions.

Metal that is stripped faster than vacancies diffuse away leaves voids; the contact shrinks and the polarisation
grows while the current flows, and plating fills what stripping left. An interphase also raises the polarisation, but
stays when the current turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from natron.cycling.failure.protocol import LadderStep, Protocol
from natron.cycling.failure.verdicts import Verdict

_COMPARED = 8
_SETTLED = 0.08


@dataclass(frozen=True)
class VoidCriteria:
    """Thresholds of the onset of voids.

    Parameters
    ----------
    rise : float
        Growth of the polarisation within the two half steps of a step on average, above that usual at lower
        currents; half of it within each.
    significance : float
        Standard errors by which both together have to stand out of the noise; each by half of them.
    recovery : float
        Share of the growth that the next half step starts without, where plating has filled the voids.
    """

    rise: float = 0.10
    significance: float = 4.0
    recovery: float = 0.5


@dataclass(frozen=True)
class VoidOnset:
    """The first current at which the polarisation grows within the half steps.

    Parameters
    ----------
    current_A, current_density_A_m2 : float, float or None
    step, half_step : int
        The current step and its first half step that grows.
    certainty : {"voids", "ambiguous"}
        ``voids`` where the next half step, which plates what was stripped, starts without the growth; else an
        interphase would look the same, and spectra would have to tell.
    evidence : str
    """

    current_A: float
    current_density_A_m2: float | None
    step: int
    half_step: int
    certainty: str
    evidence: str


def void_onset(
    verdicts: Sequence[Verdict],
    protocol: Protocol,
    short: int | None,
    criteria: VoidCriteria,
    area_m2: float | None,
) -> VoidOnset | None:
    """The first step that grows in neighbouring half steps of both directions, before the short.

    Parameters
    ----------
    verdicts : sequence of Verdict
    protocol : Protocol
    short : int or None
        Number of the half step that the first short begins in.
    criteria : VoidCriteria
    area_m2 : float or None
    """
    by_index = {verdict.trace.index: verdict for verdict in verdicts}
    lower: list[Verdict] = []
    for step in protocol.steps:
        members = [by_index[i] for i in step.traces if short is None or i < short]
        usual = [_usual_growth(v, lower) for v in members]
        together = 1 if protocol.one_way else 2
        places = range(len(members) - together + 1)
        at = next((k for k in places if _grow(members[k : k + together], usual[k], criteria)), None)
        if at is not None:
            onset = _onset(members, at, step, usual[at], verdicts, criteria, area_m2, first=not lower)
            # in the first step there is nothing to compare with: it has to look like a void in every respect
            if lower or not (protocol.one_way or _saturates(members[at]) or onset.certainty == "ambiguous"):
                return onset
        lower += [v for v in members if v.short is None]
    return None


def _usual_growth(verdict: Verdict, lower: Sequence[Verdict]) -> float:
    """Median growth of half steps at lower currents within the same time: what settles does so at every current."""
    growths = []
    for one in lower[-_COMPARED:]:
        share = min(verdict.trace.duration_s / one.trace.duration_s, 1.0)
        if len(one.trace.time_s) * share < _COMPARED:
            continue
        early, late = np.interp([_SETTLED * share, share], one.profile.place, one.profile.smooth_V)
        if early > 0:
            growths.append(float(late / early - 1))
    return max(float(np.median(growths)), 0.0) if growths else 0.0


def _grow(members: Sequence[Verdict], usual: float, criteria: VoidCriteria) -> bool:
    """Whether a half step, or both of two neighbours of opposite directions, grow: by enough and surely, on average.

    Neither may do so by less than half of that: one that does not grow is no void's.
    """
    if any(v.short is not None for v in members) or len({v.trace.sign for v in members}) < len(members):
        return False
    rises = np.array([v.rise - usual for v in members])
    sure = rises / np.maximum([v.rise_error for v in members], 1e-12)
    together = float(sure.sum()) / np.sqrt(len(members))
    return bool(
        rises.mean() >= criteria.rise
        and rises.min() >= 0.5 * criteria.rise
        and together >= criteria.significance
        and sure.min() >= 0.5 * criteria.significance
    )


def _saturates(verdict: Verdict) -> bool:
    """Whether most of a growth comes in the first half: so grows what settles, not a void."""
    p = verdict.profile
    middle = float(np.interp(0.5, p.place, p.smooth_V)) - p.start_V
    return middle > 0.75 * (p.end_V - p.start_V)


def _onset(
    members: Sequence[Verdict],
    at: int,
    step: LadderStep,
    usual: float,
    verdicts: Sequence[Verdict],
    criteria: VoidCriteria,
    area_m2: float | None,
    *,
    first: bool,
) -> VoidOnset:
    grown = members[at]
    p = grown.profile
    after = next((v for v in verdicts if v.trace.index == grown.trace.index + 1), None)
    recovered = False
    words = "there is no half step after it to tell whether plating undoes it"
    if after is not None:
        start = after.profile.start_V / after.trace.magnitude_A
        begun, ended = p.start_V / grown.trace.magnitude_A, p.end_V / grown.trace.magnitude_A
        share = (ended - start) / max(ended - begun, 1e-30)
        recovered = share >= criteria.recovery
        words = (
            f"the next half step starts without {min(share, 1.0) * 100:.0f} % of it: plating fills the voids"
            if recovered
            else "the next half step starts with it: an interphase would look the same, only spectra can tell"
        )
    rises = " and ".join(f"{v.rise * 100:.0f} %" for v in members[at : at + 2])
    against = "no lower step to compare with" if first else f"{usual * 100:.0f} % at lower currents"
    return VoidOnset(
        current_A=step.current_A,
        current_density_A_m2=None if area_m2 is None else step.current_A / area_m2,
        step=step.number,
        half_step=grown.trace.index,
        certainty="voids" if recovered else "ambiguous",
        evidence=f"the polarisation grows by {rises} within the half steps ({against}); {words}",
    )
