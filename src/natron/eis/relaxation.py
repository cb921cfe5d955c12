"""Distribution of relaxation times: ridge regression with non-negativity, its strength set by the noise.

Z = R + iωL + 1/(iωC) + ∫ γ(ln τ)/(1 + iωτ) d ln τ, all of it non-negative. The penalty is on the size of γ, not
on its slope: it asks for nothing where the data say nothing, while slopes carry γ on beyond the window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, did_you_mean
from natron.data import Spectrum
from natron.eis.checks.causality import kramers_kronig
from natron.eis.checks.elements_fit import scaled_impedance

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Mask = NDArray[np.bool_]

Criterion = Literal["discrepancy", "gcv"]
Inductance = Literal["auto", "series", "none"]
Capacitance = Literal["auto", "series", "none"]
DRTStatus = Literal["resolved", "open", "under_resolved", "not_followed", "not_kramers_kronig"]

_DECADE = math.log(10)
_BEYOND = 1.0 * _DECADE
_LEAST_LAMBDA, _MOST_LAMBDA = 1e-7, 1e2
# no instrument is better, and a single RC between two points of the grid leaves as much
_LEAST_NOISE = 3e-4
# the discrepancy that is out of reach is taken as this much above the least there is
_WITHIN_REACH = 1.1
_NOT_FOLLOWED = 2.0
_LOOP_WORTH = 0.7
_LEAST_AREA, _LARGE_AREA = 0.02, 0.1
# a sharp peak rings: it has lobes about a decade to its sides, of a few per cent of its area
_RING, _RING_AREA = 1.5 * _DECADE, 0.08
_ROBUST = 0.1
_ROUNDING, _TURNS = 1e-10, 60
_NEAR, _REFINEMENTS = 0.98, 8
_WEAK, _IDLE = 1e-3, 0.98


@dataclass(frozen=True, slots=True)
class DRTPeak:
    """One peak of γ: all of it from the minimum before to the minimum after.

    Attributes
    ----------
    tau_s : float
        Mean ln τ of its part above a quarter of its height.
    frequency_Hz : float
        1/(2πτ).
    resistance_ohm, uncertainty_ohm : float
        Its area, and one standard deviation of that. The areas of all peaks add up to the polarisation.
    width_decades : float
        Full width at half height: 1.09 decades for a ZARC of n = 0.7; λ widens it.
    capacitance_F : float
        τ/R.
    in_window : bool
        Whether its frequency was measured.
    """

    tau_s: float
    frequency_Hz: float
    resistance_ohm: float
    uncertainty_ohm: float
    width_decades: float
    capacitance_F: float
    in_window: bool


@dataclass(frozen=True, eq=False)
class DRTResult:
    """What was found; N points, K time constants.

    Attributes
    ----------
    spectrum : Spectrum
    tau_s : ndarray, (K,)
        Rising, evenly spaced in the logarithm.
    gamma_ohm : ndarray, (K,)
        γ(ln τ) ≥ 0.
    gamma_uncertainty_ohm : ndarray, (K,)
        One standard deviation of the linear Gaussian posterior σ²(AᵀA + λ)⁻¹: without the non-negativity, and
        without what the penalty smooths away. A wide band where γ = 0 says that only the sign holds it there.
    inductive_ohm : ndarray, (K,)
        The same distribution of R ∥ L elements, iωτ/(1 + iωτ): inductive loops. Zero where none was needed.
    lambda_ : float
        Strength of the penalty, relative to squared residuals over |Z| with γ over the largest |Z|.
    criterion : str
        How it was found: ``discrepancy``, ``gcv`` or ``given``.
    series_resistance_ohm : float
        R: what is left above the window, where no inductive elements are.
    inductance_H : float
    capacitance_F : float or None
        In series; None where left out, or infinite.
    polarisation_ohm, polarisation_uncertainty_ohm : float
        Area under γ: resistance of Z at no frequency less R, without what a series capacitance blocks.
    peaks : tuple of DRTPeak
        By rising time constant. Counted with its neighbour is what has less than 2 % of the
        polarisation, less than 10 % and twice its uncertainty, or less than 8 % of a peak within 1.5 decades.
    impedance_ohm, residuals : ndarray of complex, (N,)
        Of the distribution; (measured − that)/|measured|.
    rms, noise : float
        Of the residuals, per component; and what the Kramers–Kronig test finds, which λ goes by.
    status : str
        ``resolved``; ``open``: a series capacitance stands for what blocks; ``under_resolved``: a share of γ lies
        outside the window; ``not_followed``: residuals above twice the noise; ``not_kramers_kronig``: the
        spectrum fails that test.
    warnings : tuple of str
        What is not resolved, and what to do.
    """

    spectrum: Spectrum
    tau_s: Array
    gamma_ohm: Array
    gamma_uncertainty_ohm: Array
    inductive_ohm: Array
    lambda_: float
    criterion: str
    series_resistance_ohm: float
    inductance_H: float
    capacitance_F: float | None
    polarisation_ohm: float
    polarisation_uncertainty_ohm: float
    peaks: tuple[DRTPeak, ...]
    impedance_ohm: Complex
    residuals: Complex
    rms: float
    noise: float
    status: DRTStatus
    warnings: tuple[str, ...]


def drt(
    spectrum: Spectrum,
    *,
    lambda_: float | Criterion = "discrepancy",
    points_per_decade: int = 10,
    inductance: Inductance = "auto",
    capacitance: Capacitance = "auto",
) -> DRTResult:
    """Distribution of relaxation times of a spectrum.

    Weights 1/|Z|; Re and Im together; time constants from a decade below to a decade above the window.

    Parameters
    ----------
    spectrum : Spectrum
        Of 4 to 10 000 points.
    lambda_ : {"discrepancy", "gcv"} or float
        ``discrepancy`` (Morozov): the strongest penalty whose residuals are no larger than the noise that the
        Kramers–Kronig test finds, which knows nothing of penalties. ``gcv``: generalised cross-validation made
        robust (Lukas 2006, DOI 10.1088/0266-5611/22/5/021), which takes weaker ones: narrower peaks, and more
        that are not there. Or λ itself, 1e-7 to 100.
    points_per_decade : int
        Of τ, 3 to 50.
    inductance : {"auto", "series", "none"}
        ``series``: L ≥ 0 takes part. ``auto``: also R ∥ L elements, where without them the residuals stay above
        the noise: γ has no negative part that an inductive loop could go into.
    capacitance : {"auto", "series", "none"}
        ``auto``: a series capacitance takes part where −Im Z still grows at the lowest frequencies, as a
        blocking electrode's or an unfinished diffusion's does.

    Raises
    ------
    DataError
        Where there are too few or too many points, a |Z| is zero, or a frequency beyond 1e-12 to 1e15 Hz.
    InputError
        Where an argument is unknown or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> f = np.logspace(5, -1, 61)
    >>> s = 2j * np.pi * f
    >>> found = drt(Spectrum(f, 10 + 50 / (1 + (s * 1e-4) ** 0.8) + 20 / (1 + (s * 1e-2) ** 0.8)))
    >>> [round(p.resistance_ohm, -1) for p in found.peaks]
    [50.0, 20.0]
    """
    _check(lambda_, points_per_decade, inductance, capacitance)
    scaled, scale = scaled_impedance(spectrum)
    test = kramers_kronig(spectrum)
    # a spectrum that fails must not be followed where it goes wrong
    noise = max(test.noise if test.passed else test.rms, _LEAST_NOISE)
    lw = np.log(2 * math.pi * spectrum.frequency_Hz)
    with_capacitance = capacitance == "series" or (capacitance == "auto" and _is_open(scaled, noise))
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        problem = _Problem.of(lw, scaled, points_per_decade, inductance != "none", with_capacitance, False)
        solved = _solved(problem, lambda_, noise)
        if inductance == "auto" and solved.rms > 1.2 * noise:
            looped = _Problem.of(lw, scaled, points_per_decade, True, with_capacitance, True)
            other = _solved(looped, lambda_, noise)
            if other.rms < _LOOP_WORTH * solved.rms:
                problem, solved = looped, other
    return _result(spectrum, problem, solved, scale, noise, lambda_, test.passed)


def _check(lambda_: float | str, points_per_decade: int, inductance: str, capacitance: str) -> None:
    if isinstance(lambda_, str):
        if lambda_ not in get_args(Criterion):
            hint = did_you_mean(lambda_, get_args(Criterion))
            raise InputError("unknown criterion for lambda", given=lambda_, hint=hint)
    elif not _LEAST_LAMBDA <= lambda_ <= _MOST_LAMBDA:
        raise InputError("lambda is out of range", given=lambda_, allowed=f"{_LEAST_LAMBDA:g} to {_MOST_LAMBDA:g}")
    if not 3 <= points_per_decade <= 50:
        raise InputError("points_per_decade is out of range", given=points_per_decade, allowed="3 to 50")
    for name, given, known in (
        ("inductance", inductance, get_args(Inductance)),
        ("capacitance", capacitance, get_args(Capacitance)),
    ):
        if given not in known:
            raise InputError(f"unknown {name}", given=given, hint=did_you_mean(given, known))


def _is_open(z: Complex, noise: float) -> bool:
    """Whether −Im Z still grows over the lowest frequencies, by more than noise."""
    reactance = -z.imag[-3:]
    return bool(reactance[-1] > reactance[0] + 3 * noise * abs(z[-1]) and reactance[-1] > 0)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Least squares in the coefficients ≥ 0: γ (K), inductive γ (K or none), then R and what else is in series."""

    log_tau: Array
    design: Array
    """(2N, P) weighed by 1/|Z|."""
    target: Array
    """(2N,)"""
    series: str
    gram: Array
    """(P, P)"""
    moment: Array
    """(P,)"""

    @classmethod
    def of(cls, lw: Array, z: Complex, per_decade: int, inductance: bool, capacitance: bool, loops: bool) -> _Problem:
        low, high = -lw[0] - _BEYOND, -lw[-1] + _BEYOND
        log_tau = np.linspace(low, high, math.ceil((high - low) / _DECADE * per_decade) + 1)
        points, count = len(lw), len(log_tau)
        step = log_tau[1] - log_tau[0]
        weight = (1 / np.abs(z))[:, None]
        series = "R" + "L" * inductance + "C" * capacitance
        spread = count * (2 if loops else 1)
        design = np.zeros((2 * points, spread + len(series)))
        wt = np.exp(lw[:, None] + log_tau)
        real, imag = step * weight / (1 + wt * wt), step * weight / (wt + 1 / wt)
        design[:points, :count], design[points:, :count] = real, -imag
        if loops:
            # iωτ/(1 + iωτ) = 1 − 1/(1 + iωτ)
            design[:points, count:spread], design[points:, count:spread] = step * weight - real, imag
        columns = {
            "R": (slice(0, points), np.ones(points)),
            "L": (slice(points, None), np.exp(lw - lw[0])),
            "C": (slice(points, None), -np.exp(lw[-1] - lw)),
        }
        for at, letter in enumerate(series, start=spread):
            rows, column = columns[letter]
            design[rows, at] = column * weight[:, 0]
        unit = z * weight[:, 0]
        target = np.concatenate([unit.real, unit.imag])
        return cls(log_tau, design, target, series, design.T @ design, design.T @ target)

    @property
    def penalised(self) -> int:
        """The first so many coefficients are γ; those in series are not penalised."""
        return len(self.moment) - len(self.series)

    @property
    def step(self) -> float:
        return float(self.log_tau[1] - self.log_tau[0])

    def with_penalty(self, lambda_: float) -> Array:
        """(P, P) normal equations."""
        matrix = self.gram.copy()
        diagonal = np.einsum("ii->i", matrix)
        # what is in series may be collinear to rounding, as L is where no inductance can be seen
        diagonal += 1e-13 * float(diagonal.max())
        diagonal[: self.penalised] += lambda_ * self.step
        return matrix


@dataclass(frozen=True, slots=True)
class _Solved:
    lambda_: float
    coefficients: Array
    free: Mask
    residual: Array
    rms: float


def _minimum(problem: _Problem, lambda_: float, free: Mask) -> _Solved:
    """The least sum at one λ, from the free coefficients (P,) of a neighbouring λ.

    Block principal pivoting (Portugal, Júdice and Vicente 1994, DOI 10.1090/S0025-5718-1994-1250776-4): a few
    Cholesky solves. Where rounding keeps it turning, as it may under weak penalties, Lawson and Hanson's method.
    """
    from scipy.linalg.lapack import dposv

    matrix, moment = problem.with_penalty(lambda_), problem.moment
    tolerance = _ROUNDING * float(np.abs(moment).max())
    free = free.copy()
    x = np.zeros(len(moment))
    best, chances = len(moment) + 1, 3
    for _ in range(_TURNS):
        inside = np.flatnonzero(free)
        x[:] = 0
        if len(inside):
            x[inside] = dposv(matrix[np.ix_(inside, inside)], moment[inside], lower=1)[1]
        slope = matrix @ x - moment
        wrong = (free & (x < -_ROUNDING * np.abs(x).max())) | (~free & (slope < -tolerance))
        count = int(wrong.sum())
        if count == 0:
            break
        if count < best:
            best, chances = count, 3
        elif chances > 0:
            chances -= 1
        else:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        free ^= wrong
    else:
        x = _lawson_hanson(problem, lambda_)
        free = x > 0
    x = np.maximum(x, 0.0)
    residual = problem.target - problem.design @ x
    return _Solved(lambda_, x, free, residual, math.sqrt(float(residual @ residual) / len(residual)))


def _lawson_hanson(problem: _Problem, lambda_: float) -> Array:
    """(P,) the same minimum by rows of the penalty below the design."""
    from scipy.optimize import nnls

    penalty = np.zeros((problem.penalised, len(problem.moment)))
    np.fill_diagonal(penalty, math.sqrt(lambda_ * problem.step))
    rows = np.concatenate([problem.design, penalty])
    found: Array = nnls(rows, np.concatenate([problem.target, np.zeros(len(penalty))]), maxiter=50 * rows.shape[1])[0]
    return found


def _solved(problem: _Problem, lambda_: float | str, noise: float) -> _Solved:
    if isinstance(lambda_, str):
        return _by_cross_validation(problem) if lambda_ == "gcv" else _by_discrepancy(problem, noise)
    return next(solved for solved in _path(problem, float(lambda_)) if solved.lambda_ <= lambda_)


def _path(problem: _Problem, end: float, per_decade: int = 1) -> Iterator[_Solved]:
    """Minima from a strong penalty down to λ = `end`, each from the last: weak ones are hard to start cold."""
    free = np.ones(len(problem.moment), dtype=np.bool_)
    steps = max(1, math.ceil(per_decade * math.log10(_MOST_LAMBDA / end)))
    for lambda_ in np.geomspace(_MOST_LAMBDA, end, steps + 1).tolist():
        solved = _minimum(problem, lambda_, free)
        free = solved.free
        yield solved


def _by_discrepancy(problem: _Problem, noise: float) -> _Solved:
    """The strongest penalty with residuals of `noise`, which grow with λ; near the least where these are larger."""
    path: list[_Solved] = []
    for solved in _path(problem, _LEAST_LAMBDA):
        path.append(solved)
        idle = solved.lambda_ < _WEAK and solved.rms > _IDLE * path[-2].rms
        if solved.rms <= noise or idle:
            break
    aim = max(noise, _WITHIN_REACH * min(solved.rms for solved in path)) if path[-1].rms > noise else noise
    at = next(k for k, solved in enumerate(path) if solved.rms <= aim)
    found, above = path[at], path[max(at - 1, 0)]
    # regula falsi in the logarithms, short of the aim by half of what is allowed, so that both ends close in
    for _ in range(_REFINEMENTS):
        if found.rms > _NEAR * aim or found is above:
            break
        share = math.log(_NEAR**0.5 * aim / found.rms) / math.log(above.rms / found.rms)
        trial = _minimum(problem, found.lambda_ * (above.lambda_ / found.lambda_) ** share, found.free)
        if trial.rms <= aim:
            found = trial
        else:
            above = trial
    return found


def _by_cross_validation(problem: _Problem) -> _Solved:
    """The penalty with the least robust GCV score, over all of them."""
    return min(_path(problem, _LEAST_LAMBDA, 2), key=lambda solved: _score(problem, solved))


def _score(problem: _Problem, solved: _Solved) -> float:
    inside = np.flatnonzero(solved.free)
    part = np.ix_(inside, inside)
    smoother = np.linalg.solve(problem.with_penalty(solved.lambda_)[part], problem.gram[part])
    rows = len(problem.target)
    followed = float(smoother.trace()) / rows
    influence = float((smoother * smoother.T).sum()) / rows
    return (solved.rms / (1 - followed)) ** 2 * (_ROBUST + (1 - _ROBUST) * influence)


def _result(
    spectrum: Spectrum,
    problem: _Problem,
    solved: _Solved,
    scale: float,
    noise: float,
    lambda_: float | str,
    kk_passed: bool,
) -> DRTResult:
    points, count, step = len(spectrum), len(problem.log_tau), problem.step
    x = solved.coefficients * scale
    series = dict(zip(problem.series, x[problem.penalised :].tolist(), strict=True))
    covariance = np.asarray(np.linalg.inv(problem.with_penalty(solved.lambda_)), dtype=np.float64)
    covariance *= (max(solved.rms, noise) * scale) ** 2
    gamma = x[:count]
    f = spectrum.frequency_Hz
    window = (-math.log(2 * math.pi * f[0]), -math.log(2 * math.pi * f[-1]))
    peaks = tuple(_peaks(problem.log_tau, gamma, covariance[:count, :count], window))
    residuals = solved.residual[:points] + 1j * solved.residual[points:]
    inverse_capacitance = series.get("C", 0.0) * 2 * math.pi * float(f[-1])
    capacitance = 1 / inverse_capacitance if inverse_capacitance > 0 else None
    polarisation = float(gamma.sum()) * step
    inductive = x[count : problem.penalised] if problem.penalised > count else np.zeros(count)
    low, high = float(f[-1]), float(f[0])
    warnings = []
    status: DRTStatus = "resolved"
    slow = float(gamma[problem.log_tau > window[1]].sum()) * step
    fast = float(gamma[problem.log_tau < window[0]].sum()) * step
    if capacitance is not None:
        status = "open"
        warnings.append(
            f"−Im Z still grows at {low:.3g} Hz: a series capacitance of {capacitance:.3g} F stands for what"
            " blocks, diffuses or relaxes below; the polarisation is without it."
        )
    uncertainty = step * math.sqrt(max(float(covariance[:count, :count].sum()), 0.0))
    if polarisation <= 2 * uncertainty:
        warnings.append("no polarisation stands out of the noise: the spectrum is that of a resistor.")
    for share, edge, where in ((slow, low, "below"), (fast, high, "above")):
        if share > max(_LEAST_AREA * polarisation, 2 * uncertainty):
            status = "under_resolved"
            warnings.append(
                f"{100 * share / polarisation:.0f} % of the polarisation lies {where} {edge:.3g} Hz, where nothing was"
                f" measured: its place there is unknown. Measure {'lower' if where == 'below' else 'higher'}, or leave"
                " it out of account."
            )
    if inductive.any():
        warnings.append(
            f"inductive loops of {float(inductive.sum()) * step:.3g} ohm are described by R ∥ L elements beside γ;"
            " the high-frequency resistance is R and these together."
        )
    if solved.rms > _NOT_FOLLOWED * noise and isinstance(lambda_, str):
        status = "not_followed"
        warnings.append(
            f"the residuals of {100 * solved.rms:.2g} % are above the noise of {100 * noise:.2g} %: relaxations with"
            " resistances ≥ 0 do not describe this spectrum. Try more points per decade or fit a circuit."
        )
    if not kk_passed:
        status = "not_kramers_kronig"
        warnings.append("the spectrum fails the Kramers–Kronig test: peaks may come from what is wrong with it.")
    return DRTResult(
        spectrum,
        np.exp(problem.log_tau),
        gamma,
        np.sqrt(np.maximum(covariance.diagonal()[:count], 0.0)),
        inductive,
        solved.lambda_,
        lambda_ if isinstance(lambda_, str) else "given",
        series["R"],
        series.get("L", 0.0) / (2 * math.pi * high),
        capacitance,
        polarisation,
        uncertainty,
        peaks,
        spectrum.impedance_ohm - residuals * np.abs(spectrum.impedance_ohm),
        residuals,
        solved.rms,
        noise,
        status,
        tuple(warnings),
    )


def _peaks(log_tau: Array, gamma: Array, covariance: Array, window: tuple[float, float]) -> list[DRTPeak]:
    """Peaks of γ (K,), cut at the minima between them, small ones taken together with a neighbour."""
    step = float(log_tau[1] - log_tau[0])
    total = float(gamma.sum())
    if total <= 0:
        return []
    cuts = [0, *_minima(gamma), len(gamma)]
    while len(cuts) > 2:
        areas = [float(gamma[a:b].sum()) for a, b in pairwise(cuts)]
        tops = [a + int(np.argmax(gamma[a:b])) for a, b in pairwise(cuts)]
        # how far each is above what counts by itself
        excess = []
        for at, (a, b) in enumerate(pairwise(cuts)):
            twice = 2 * math.sqrt(max(float(covariance[a:b, a:b].sum()), 0.0))
            near = [k for k in (at - 1, at + 1) if 0 <= k < len(tops) and abs(tops[k] - tops[at]) * step < _RING]
            rings = _RING_AREA * max((areas[k] for k in near), default=0.0)
            excess.append(areas[at] / max(_LEAST_AREA * total, min(twice, _LARGE_AREA * total), rings))
        at = int(np.argmin(excess))
        if excess[at] >= 1:
            break
        # across the higher of the two minima
        inner = [cut for cut in (at, at + 1) if 0 < cut < len(cuts) - 1]
        del cuts[max(inner, key=lambda cut: float(gamma[cuts[cut]]))]
    return [_peak(log_tau, gamma, covariance, a, b, step, window) for a, b in pairwise(cuts)]


def _minima(gamma: Array) -> list[int]:
    """Places where γ (K,) is lowest between two rises: the first of each valley's flat floor."""
    places: list[int] = []
    falling, floor = False, 0
    for k in range(1, len(gamma)):
        if gamma[k] < gamma[k - 1]:
            falling, floor = True, k
        elif gamma[k] > gamma[k - 1] and falling:
            places.append((floor + k) // 2)
            falling = False
    return places


def _peak(
    log_tau: Array, gamma: Array, covariance: Array, a: int, b: int, step: float, window: tuple[float, float]
) -> DRTPeak:
    part = gamma[a:b]
    top = int(np.argmax(part))
    half = 0.5 * float(part[top])
    left, right = _extent(part, top, half)
    before = _crossing(part, left, left - 1, half)
    after = _crossing(part, right, right + 1, half)
    first, last = _extent(part, top, 0.5 * half)
    upper = part[first : last + 1]
    place = float(upper @ log_tau[a + first : a + last + 1]) / float(upper.sum())
    resistance = float(part.sum()) * step
    tau = math.exp(place)
    return DRTPeak(
        tau,
        1 / (2 * math.pi * tau),
        resistance,
        step * math.sqrt(max(float(covariance[a:b, a:b].sum()), 0.0)),
        (right - left + before + after) * step / _DECADE,
        tau / resistance,
        bool(window[0] <= place <= window[1]),
    )


def _extent(part: Array, top: int, level: float) -> tuple[int, int]:
    """First and last place around `top` where γ stays above `level`."""
    first, last = top, top
    while first > 0 and part[first - 1] > level:
        first -= 1
    while last < len(part) - 1 and part[last + 1] > level:
        last += 1
    return first, last


def _crossing(part: Array, inside: int, outside: int, half: float) -> float:
    """How far from `inside` to `outside` γ passes half height, in steps; 0.5 at the end of the axis."""
    if not 0 <= outside < len(part):
        return 0.5
    # the point outside is at or below half height, the one inside above
    return float((part[inside] - half) / (part[inside] - part[outside]))
