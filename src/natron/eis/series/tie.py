"""Whether spectra at several temperatures may be tied, and if not, which property of which arc forbids it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.special import fdtrc

from natron.eis.fitting.engine import Array
from natron.eis.series.joint import Arc, Point, Property, Stack, at_limit_of, condense, covariance_of, noise_of, omnibus

_ROUGHEST = 6
# of the level, for the omnibus, all drifts together, and the largest alone; the rest is kept back, because the
# distributions hold to first order only
_SHARES = (0.15, 0.25, 0.4)


@dataclass(frozen=True, slots=True)
class TieBreak:
    """How far one property of one arc departs from the tie, all else staying tied.

    Attributes
    ----------
    arc : str
        Its resistance, ``R1``.
    what : str
        ``exponent``, ``capacitance`` or ``arrhenius``.
    parameter : str
        ``CPE1_n``, ``CPE1_C`` or ``R1``.
    change : float
        Linear drift over 1/T, from the hottest to the coldest spectrum: of n, of ln C; and for the
        Arrhenius law, of E_A in eV. Nan where the spectra do not say.
    change_error : float
        Its standard error; inf where they do not.
    p_value : float
        Of a tie that holds for this property, against it being free in every spectrum or drifting,
        whichever says more (twice the smaller); not corrected for the number of properties.
    evidence : float
        Fall of χ² less what its additional parameters cost (BIC): the larger, the likelier the culprit.
    """

    arc: str
    what: Property
    parameter: str
    change: float
    change_error: float
    p_value: float
    evidence: float


@dataclass(frozen=True, slots=True)
class TieTest:
    """Whether the spectra allow the tie.

    Attributes
    ----------
    accepted : bool
        `p_value` ≥ `level`, and the joint fit converged and determines what it ties.
    level : float
        Probability of rejecting a tie that holds.
    p_value : float
        Smallest of the next three over 0.15, 0.25 and 0.4 (Bonferroni with weights), at most 1.
    p_omnibus : float
        Of the F test of the tied fit against the separate ones.
    p_drift : float
        Of the F test against a drift, linear in 1/T, of each exponent, ln C and activation energy at once.
    p_single : float
        Of the test against a drift of one of them alone, the largest; corrected for their number.
    F_omnibus, F_drift : float
    degrees_omnibus, degrees_drift : tuple of int
        Numerator and denominator.
    culprit : str or None
        The arc that breaks a rejected tie, by its resistance.
    what : str or None
        What of it does: ``exponent``, ``capacitance`` or ``arrhenius``.
    breaks : tuple of TieBreak
        Every property of every arc, the most suspicious first.
    """

    accepted: bool
    level: float
    p_value: float
    p_omnibus: float
    p_drift: float
    p_single: float
    F_omnibus: float
    F_drift: float
    degrees_omnibus: tuple[int, int]
    degrees_drift: tuple[int, int]
    culprit: str | None
    what: Property | None
    breaks: tuple[TieBreak, ...]


def tie_test(stack: Stack, point: Point, level: float) -> TieTest:
    """Whether the tie holds, and if not, which property of which arc breaks it.

    Three F tests share the level. The omnibus sees any departure but spreads its power over all of them; the
    second looks at linear drifts alone, the third at one drift alone, which is what breaks a tie most often.
    All count each spectrum in units of the noise of its separate fit. The latter two, and the search for
    the culprit, are score tests: they need no further fits.
    """
    noise = noise_of(stack)
    F_omnibus, p_omnibus, degrees_omnibus = omnibus(stack, point)
    courses: dict[Property, Array] = {
        "exponent": _departures(stack.inverse_temperature, 0),
        "arrhenius": _departures(stack.inverse_temperature, 1),
    }
    courses["capacitance"] = courses["exponent"]
    properties: list[tuple[Arc, Property, list[int]]] = []
    columns: list[Array] = []
    for arc in stack.arcs:
        for what in get_args(Property):
            count = courses[what].shape[1]
            if count and (what != "exponent" or arc.has_exponent):
                properties.append((arc, what, list(range(len(columns), len(columns) + count))))
                columns += [stack.column(arc, what, course) for course in courses[what].T]
    score = _Score.of(stack, point, columns)
    drifts = [places[0] for _, _, places in properties]
    F_drift = score.fall(drifts) / len(drifts) / noise
    p_drift = float(fdtrc(len(drifts), stack.degrees, F_drift))
    p_single = min(1.0, len(drifts) * min(float(fdtrc(1, stack.degrees, score.fall([d]) / noise)) for d in drifts))
    p = min(1.0, *(each / share for each, share in zip((p_omnibus, p_drift, p_single), _SHARES, strict=True)))
    breaks = [_tie_break(score, arc, what, places, noise, stack.degrees) for arc, what, places in properties]
    breaks.sort(key=lambda each: -each.evidence)
    # what the spectra do not determine cannot be tied either
    determined = bool(np.isfinite(covariance_of(stack, point)[0]).all())
    accepted = point.converged and determined and p >= level
    named = p < level and point.converged
    return TieTest(
        accepted,
        level,
        p,
        p_omnibus,
        p_drift,
        p_single,
        F_omnibus,
        F_drift,
        (degrees_omnibus, stack.degrees),
        (len(drifts), stack.degrees),
        breaks[0].arc if named else None,
        breaks[0].what if named else None,
        tuple(breaks),
    )


@dataclass(frozen=True, slots=True)
class _Score:
    """Jᵀr (E,) and JᵀJ (E, E) of additional columns, once the tied model has taken what it can of them."""

    slope: Array
    curvature: Array

    @classmethod
    def of(cls, stack: Stack, point: Point, columns: Sequence[Array]) -> _Score:
        """From columns (S, F) of free coordinates."""
        design = np.concatenate([stack.design, np.stack(columns, axis=2)], axis=2)
        G = stack.design.shape[2]
        at_limit, local_at_limit = at_limit_of(stack, point)
        frozen = np.concatenate([at_limit, np.zeros(len(columns), dtype=np.bool_)])
        A, b, _ = condense(point, design, stack.local, 0.0, frozen, local_at_limit)
        lift = np.linalg.lstsq(A[:G, :G], np.column_stack([A[:G, G:], b[:G]]), rcond=1e-13)[0]
        cross = A[G:, :G]
        return cls(b[G:] - cross @ lift[:, -1], A[G:, G:] - cross @ lift[:, :-1])

    def fall(self, places: list[int]) -> float:
        """Fall of χ² if these columns were free, to first order."""
        slope = self.slope[places]
        return max(float(slope @ np.linalg.lstsq(self.curvature[np.ix_(places, places)], slope, rcond=1e-10)[0]), 0.0)


def _departures(u: Array, degree: int) -> Array:
    """(S, D) courses over the spectra that a polynomial of that degree in 1/T cannot take, the smoothest first.

    The first is the next power of 1/T, scaled so that its coefficient is what changes from the hottest to the
    coldest spectrum: n or ln C itself, or for the Arrhenius law, E_A. The rest follow up to the sixth power.
    """
    reach = float(np.ptp(u))
    distinct = len(np.unique(np.round(u / reach, 9)))
    powers = np.polynomial.legendre.legvander(2 * (u - u.min()) / reach - 1, min(distinct - 1, _ROUGHEST))
    courses: Array = np.linalg.qr(powers)[0][:, degree + 1 :]
    if courses.shape[1]:
        # E_A = d ln(R/T)/du: u²/2 over the reach is a change by 1 eV
        courses[:, 0] = u / reach if degree == 0 else 0.5 * u**2 / reach
    return courses


def _tie_break(score: _Score, arc: Arc, what: Property, places: list[int], noise: float, degrees: int) -> TieBreak:
    slope, curvature = float(score.slope[places[0]]), float(score.curvature[places[0], places[0]])
    seen = curvature > 0
    ways = {1: score.fall(places[:1]) / noise, len(places): score.fall(places) / noise}
    p = min(float(fdtrc(count, degrees, fall / count)) for count, fall in ways.items())
    parameter = {"exponent": arc.exponent_name, "capacitance": arc.capacitance_name, "arrhenius": arc.name}[what]
    return TieBreak(
        arc.name,
        what,
        parameter,
        -slope / curvature if seen else math.nan,
        math.sqrt(noise / curvature) if seen else math.inf,
        min(1.0, len(ways) * p),
        max(fall - count * math.log(degrees) for count, fall in ways.items()),
    )
