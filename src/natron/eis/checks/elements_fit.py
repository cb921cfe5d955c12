"""Sums of RC elements with fixed time constants, fitted to a spectrum, and what their residuals say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.data import DataError, Spectrum

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Mask = NDArray[np.bool_]


LIMIT = 0.01
"""Largest root mean square of the relative residuals that passes, by default."""
SYSTEMATIC_SHARE = 0.05
"""Residuals that follow one another fail from this share of the limit on."""
SIGNIFICANCE = 0.001
"""Chance at which residuals of a sound spectrum are taken to follow one another."""
MU_LIMIT = 0.85
"""c of the μ criterion, after Schönleber et al."""


LEAST_POINTS, _MOST_POINTS = 4, 10_000
_DECADE = math.log(10)
# Half a decade beyond the window at either end: without it a diffusion tail, or an arc that peaks outside,
# leaves 0.3 % at the edge; with a whole decade the outermost elements cannot be told from L and C.
_BEYOND = 0.5 * _DECADE
# Below three elements per decade a sum of RC elements ripples by more than 0.1 %; above five it follows noise.
_SPARSE, _DENSE = 3.0, 5.0
# σ itself is known to some 10 %; P(|x| > 4.5 σ) = 7e-6 gives one spectrum of 60 points in a thousand
_FAR = 5.0
# too few elements leave many times the residuals of enough; what drifts leaves much the same
_MENDED = 0.25


def scaled_impedance(spectrum: Spectrum) -> tuple[Complex, float]:
    """Impedance (N,) over its largest size, and that size in ohm; refuses what has no relative residual."""
    points = len(spectrum)
    if not LEAST_POINTS <= points <= _MOST_POINTS:
        raise DataError(
            "this number of points cannot be tested",
            given=points,
            allowed=f"{LEAST_POINTS} to {_MOST_POINTS} points",
            hint="Measure more points." if points < LEAST_POINTS else "Leave points out.",
        )
    high, low = spectrum.frequency_Hz[0], spectrum.frequency_Hz[-1]
    if low < 1e-12 or high > 1e15:
        raise DataError(
            "these are not frequencies of an impedance measurement",
            given=f"{low:g} to {high:g} Hz",
            allowed="1e-12 to 1e15 Hz",
        )
    size = np.abs(spectrum.impedance_ohm)
    scale = float(size.max())
    if not scale < math.inf or size.min() <= 1e-15 * scale:
        raise DataError(
            "these impedances cannot be weighed by their size",
            given=f"|Z| from {size.min():g} to {scale:g} ohm",
            allowed="sizes above zero, within 15 decades",
            hint="Remove the points that are zero.",
        )
    return spectrum.impedance_ohm / scale, scale


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for."""

    limit: float
    max_elements: int
    mu_limit: float
    elements: int | None
    inductance: bool
    capacitance: bool

    def check(self, points: int) -> None:
        """Refuse what is out of range for this number of points."""
        if not 0 < self.limit < 1:
            raise InputError("limit is out of range", given=self.limit, allowed="above 0, below 1")
        if not self.max_elements >= 1:
            raise InputError("max_elements is out of range", given=self.max_elements, allowed="1 or more")
        if not self.mu_limit < 1:
            raise InputError("mu_limit is out of range", given=self.mu_limit, allowed="below 1")
        if self.elements is not None and points >= LEAST_POINTS and not 1 <= self.elements <= _most(points):
            raise InputError("elements is out of range", given=self.elements, allowed=f"1 to {_most(points)}")

    @property
    def series(self) -> str:
        """Letters of the series elements beside R, in the order of their columns."""
        return "L" * self.inductance + "C" * self.capacitance

    def counts(self, lw: Array) -> range:
        """Numbers of elements to try for the frequencies ln ω `lw` (N,), falling; ten at most."""
        if self.elements is not None:
            return range(self.elements, self.elements + 1)
        most = min(self.max_elements, _most(len(lw)), math.ceil(_DENSE * _decades(lw)))
        least = min(most, math.ceil(_SPARSE * _decades(lw)))
        step = 1 + (most - least) // 10
        return range(most - (most - least) // step * step, most + 1, step)


def _most(points: int) -> int:
    """Elements that leave a quarter of the 2N numbers free."""
    return 3 * points // 2 - 3


def _decades(lw: Array) -> float:
    """Of time constants, for the frequencies ln ω `lw` (N,), falling."""
    return float(lw[0] - lw[-1] + 2 * _BEYOND) / _DECADE


@dataclass(frozen=True, slots=True)
class _Fit:
    """Least squares with M elements, P unknowns in all."""

    log_tau: Array
    """(M,)"""
    coefficients: Array
    """(P,): M resistances, R, then L ω_max and 1/(C ω_min) where they take part."""
    basis: Array
    """(2N, P) orthonormal columns that span the model."""
    mu: float

    @property
    def elements(self) -> int:
        return len(self.log_tau)


def _fitted(lw: Array, weight: Array, target: Array, settings: Settings, counts: range) -> _Fit:
    """Fits with each number of elements in turn, until μ says that noise is being followed.

    `lw` (N,) falls, `weight` (N,) is 1/|Z|, `target` (2N,) the weighed Re Z, then Im Z.
    """
    from scipy.linalg.lapack import dgeqrf, dorgqr, dtrtrs

    points = len(lw)
    low, high = -lw[0] - _BEYOND, -lw[-1] + _BEYOND
    fixed = _series_columns(lw, weight, settings)
    for count in counts:
        log_tau = np.linspace(low, high, count) if count > 1 else np.array([0.5 * (low + high)])
        wt = np.exp(lw[:, None] + log_tau)
        design = np.empty((2 * points, count + fixed.shape[1]), order="F")
        # 1/(wt + 1/wt) in place of wt/(1 + wt²) stays finite over any range of frequencies
        design[:points, :count] = weight[:, None] / (1 + wt * wt)
        design[points:, :count] = -weight[:, None] / (wt + 1 / wt)
        design[:, count:] = fixed
        packed, reflectors, _, _ = dgeqrf(design)
        basis = dorgqr(packed, reflectors)[0]
        coefficients, singular = dtrtrs(packed[: design.shape[1]], basis.T @ target)
        if singular:
            coefficients = np.linalg.lstsq(design, target, rcond=None)[0]
        resistances = coefficients[:count]
        negative = -float(resistances[resistances < 0].sum())
        positive = float(resistances.sum()) + negative
        mu = 1 - negative / positive if positive > 0 else -math.inf
        if mu <= settings.mu_limit:
            break
    return _Fit(log_tau, coefficients, basis, mu)


def _series_columns(lw: Array, weight: Array, settings: Settings) -> Array:
    """(2N, 1 to 3) weighed columns of R, L and C, the latter two of size 1 where they are largest."""
    points = len(lw)
    columns = np.zeros((2 * points, 1 + len(settings.series)))
    columns[:points, 0] = weight
    for at, letter in enumerate(settings.series, start=1):
        columns[points:, at] = weight * (np.exp(lw - lw[0]) if letter == "L" else -np.exp(lw[-1] - lw))
    return columns


@dataclass(frozen=True, slots=True)
class Trial:
    """A fit and what its residuals say."""

    fit: _Fit
    residual: Array
    """(2N,) relative, Re then Im."""
    chi2: float
    rms: float
    noise: float
    systematic: float
    structure_p: float
    drift_p: float
    autocorrelation: float
    failing: Mask
    structured: bool
    passed: bool

    @classmethod
    def of(cls, lw: Array, z: Complex, settings: Settings) -> Trial:
        """With the elements that the μ criterion asks for, or with the most where these were far too few."""
        counts = settings.counts(lw)
        trial = cls._with(lw, z, settings, counts)
        if trial.passed or trial.fit.elements == counts[-1]:
            return trial
        dense = cls._with(lw, z, settings, counts[-1:])
        return dense if dense.passed and dense.rms < _MENDED * trial.rms else trial

    def part(self, lw: Array, z: Complex, settings: Settings) -> Trial:
        """A trial of some of the points, with as many elements per decade as this one."""
        span = float(self.fit.log_tau[-1] - self.fit.log_tau[0]) / _DECADE
        count = round(self.fit.elements * _decades(lw) / span) if span > 0 else 1
        count = max(1, min(count, _most(len(lw))))
        return self._with(lw, z, settings, range(count, count + 1))

    @classmethod
    def _with(cls, lw: Array, z: Complex, settings: Settings, counts: range) -> Trial:
        points = len(lw)
        weight = 1 / np.abs(z)
        unit = z * weight
        target = np.concatenate([unit.real, unit.imag])
        fit = _fitted(lw, weight, target, settings, counts)
        residual = target - fit.basis @ (fit.basis.T @ target)
        chi2 = float(residual @ residual)
        degrees = 2 * points - fit.basis.shape[1]
        rms = math.sqrt(chi2 / degrees)
        slow, noise2, structure_p = _structure(fit.basis, residual, lw)
        drift_p = _drift(fit.basis, residual, target, lw)
        systematic = math.sqrt(max(0.0, chi2 - noise2 * degrees) / (2 * points))
        re, im = residual[:points], residual[points:]
        neighbours = float(re[1:] @ re[:-1] + im[1:] @ im[:-1])
        # the median, which a few far points do not move, of the residuals without their slow part
        quick = np.abs(residual - slow)
        quick.partition(points)
        spread = 1.4826 * float(quick[points]) * math.sqrt(2 * points / degrees)
        failing = np.maximum(np.abs(re), np.abs(im)) > max(settings.limit, _FAR * spread)
        structured = min(structure_p, drift_p) < SIGNIFICANCE and systematic >= SYSTEMATIC_SHARE * settings.limit
        return cls(
            fit,
            residual,
            chi2,
            rms,
            math.sqrt(noise2),
            systematic,
            structure_p,
            drift_p,
            neighbours / chi2 if chi2 > 0 else 0.0,
            failing,
            structured,
            rms <= settings.limit and not structured and not bool(failing.any()),
        )


@lru_cache(maxsize=64)
def _cosines(points: int, modes: int) -> Array:
    """(N, modes) slowest orthonormal cosines along the points, the constant among them."""
    wave = np.cos(np.pi / points * np.outer(np.arange(points) + 0.5, np.arange(modes)))
    cosines: Array = wave / np.linalg.norm(wave, axis=0)
    cosines.setflags(write=False)
    return cosines


def _structure(basis: Array, residual: Array, lw: Array) -> tuple[Array, float, float]:
    """Slow part of the residuals (2N,), variance of the rest, and the chance of so much slow part in noise.

    The fit takes most of the slow part of the noise away. With H the fit's projection and B (2N, K) the slow
    cosines, K' = trace B'(1 − H)B of it is left, which is the expected share of the slow sum of squares; its
    degrees of freedom are Satterthwaite's.
    """
    points, unknowns = len(lw), basis.shape[1]
    degrees = 2 * points - unknowns
    # waves of a decade and longer; fewer where the points are few
    modes = max(1, min(round(1.5 * (lw[0] - lw[-1]) / _DECADE), points // 4))
    cosines = _cosines(points, modes)
    parts = np.concatenate([cosines.T @ residual[:points], cosines.T @ residual[points:]])
    slow = np.concatenate([cosines @ parts[:modes], cosines @ parts[modes:]])
    share = np.concatenate([cosines.T @ basis[:points], cosines.T @ basis[points:]])
    left = np.eye(2 * modes) - share @ share.T
    expected = float(left.trace())
    other = degrees - expected
    total, low = float(residual @ residual), float(parts @ parts)
    # residuals of rounding size have no structure worth the name
    if total < 1e-18 or expected < 0.5 or other < 1:
        return slow, total / degrees, 1.0
    noise2 = max(total - low, 0.0) / other
    if noise2 == 0:
        return slow, 0.0, 0.0
    return slow, noise2, _f_tail(expected**2 / float((left * left).sum()), other, low / expected / noise2)


def _drift(basis: Array, residual: Array, target: Array, lw: Array) -> float:
    """Chance that noise looks as much like |Z| growing along the sweep, evenly by point or by time."""
    points = len(lw)
    # of the fit, for the noise of the measured goes with the residuals
    model = target - residual
    degrees = 2 * points - basis.shape[1] - 2
    total = float(residual @ residual)
    if degrees < 1 or total < 1e-18:
        return 1.0
    # a point takes a number of periods, and sweeps go down in frequency
    time = np.cumsum(np.exp(lw[-1] - lw))
    ramps = np.array([np.arange(points) / points, time / time[-1]])
    columns = (model * np.concatenate([ramps, ramps], axis=1)).T
    columns -= basis @ (basis.T @ columns)
    lengths = np.sqrt((columns * columns).sum(axis=0))
    if lengths.min() < 1e-9:
        return 1.0
    first, second = (columns / lengths).T
    across = second - (first @ second) * first
    length = math.sqrt(float(across @ across))
    if length < 1e-6:
        return 1.0
    explained = float(first @ residual) ** 2 + (float(across @ residual) / length) ** 2
    return _f_tail(2.0, degrees, explained / 2 * degrees / max(total - explained, 1e-300))


def _f_tail(above: float, below: float, ratio: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(above, below, ratio))
