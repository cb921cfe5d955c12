"""The linear Kramers–Kronig test: whether a spectrum can be the answer of a linear, causal, steady system.

A sum of RC elements with fixed time constants, a resistor, an inductor and a capacitor obeys the
Kramers–Kronig relations whatever its resistances are, so a spectrum that it cannot follow breaks them
(Boukamp 1995, DOI 10.1149/1.2044210; Schönleber, Klotz and Ivers-Tiffée 2014,
DOI 10.1016/j.electacta.2014.01.034). Small residuals alone do not acquit: what drifts while it is measured
leaves residuals that are small but follow one another, which is tested for by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.data import DataError, Spectrum

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Mask = NDArray[np.bool_]

KKStatus = Literal[
    "passed",
    "outliers",
    "low_frequency_drift",
    "high_frequency_artefact",
    "sign_reversed",
    "too_few_elements",
    "drift",
    "inconsistent",
    "noisy",
]

LIMIT = 0.01
"""Largest root mean square of the relative residuals that passes, by default."""
SYSTEMATIC_SHARE = 0.05
"""Residuals that follow one another fail from this share of the limit on."""
SIGNIFICANCE = 0.001
"""Chance at which residuals of a sound spectrum are taken to follow one another."""
MU_LIMIT = 0.85
"""c of the μ criterion, after Schönleber et al."""

_LEAST_POINTS, _MOST_POINTS = 4, 10_000
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
_WORTH_SAYING = 0.01
_TRIMS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, eq=False)
class KKResult:
    """What the test found; N points, M elements.

    Attributes
    ----------
    spectrum : Spectrum
    passed : bool
        Whether no point stands out, the residuals are within the limit and do not follow one another.
    status : str
        ``passed``, or what is wrong: ``outliers`` (the rest passes); ``low_frequency_drift`` and
        ``high_frequency_artefact`` (what is left without that end passes); ``sign_reversed`` (with −Im Z the
        residuals shrink); ``too_few_elements`` (of those asked for); ``noisy`` (scatter beyond the limit, without
        structure); ``drift`` (|Z| grows or shrinks along the whole sweep); ``inconsistent`` (all else).
    limit : float
        Largest `rms` that passes.
    elements : int
        M.
    mu, mu_limit : float
        μ = 1 − Σ|R < 0| / Σ|R ≥ 0|, −inf where no R is positive; and c, at or below which no more are added.
    time_constants_s, resistances_ohm : ndarray, (M,)
    series_resistance_ohm : float
    inductance_H, capacitance_F : float or None
        Either sign; None where left out, and for a capacitance that came out infinite.
    impedance_ohm : ndarray of complex, (N,)
        Of the elements.
    residuals : ndarray of complex, (N,)
        (Measured − elements)/|measured|.
    chi2 : float
        Σ|residuals|².
    rms : float
        Root of chi2 over its degrees of freedom, 2N less unknowns: relative, per component.
    noise : float
        The part of it that does not follow from point to point; rms of the slow part taken out.
    systematic : float
        Root mean square of what remains of the residuals beyond that noise.
    structure_p : float
        Probability of such slow residuals in a sound spectrum: F test of their slowest cosine components
        against the others, with the degrees of freedom that the elements leave to each.
    drift_p : float
        The same for residuals that go as |Z| growing along the sweep, evenly by point or by time.
    autocorrelation : float
        Of neighbouring residuals; a little below 0 where they are noise.
    failing : ndarray of bool, (N,)
        Points whose Re or Im is off by more than the limit and more than 5 times the noise.
    suspect_below_Hz, suspect_above_Hz : float or None
        The end of the spectrum without which the rest passes.
    warnings : tuple of str
        What is wrong, and what to do.
    """

    spectrum: Spectrum
    passed: bool
    status: KKStatus
    limit: float
    elements: int
    mu: float
    mu_limit: float
    time_constants_s: Array
    resistances_ohm: Array
    series_resistance_ohm: float
    inductance_H: float | None
    capacitance_F: float | None
    impedance_ohm: Complex
    residuals: Complex
    chi2: float
    rms: float
    noise: float
    systematic: float
    structure_p: float
    drift_p: float
    autocorrelation: float
    failing: Mask
    suspect_below_Hz: float | None
    suspect_above_Hz: float | None
    warnings: tuple[str, ...]


def kramers_kronig(
    spectrum: Spectrum,
    *,
    limit: float = LIMIT,
    max_elements: int = 50,
    mu_limit: float = MU_LIMIT,
    elements: int | None = None,
    inductance: bool = True,
    capacitance: bool = True,
) -> KKResult:
    """Test whether a spectrum obeys the Kramers–Kronig relations.

    Z = R + iωL + 1/(iωC) + Σ R_k/(1 + iωτ_k) is fitted to Re and Im together with weights 1/|Z|, τ_k spaced
    evenly in the logarithm from half a decade below to half a decade above the window. Their number is the
    first with μ ≤ `mu_limit`, counted from three per decade (fewer cannot follow a sound spectrum, and give a
    low μ by chance) up to five per decade, `max_elements` and 1.5 N − 3. Inductive loops have a low μ at any
    number, so where a spectrum fails, passes with the most, and with a quarter of the rms, these are taken.

    A spectrum passes where all of these hold: the rms relative residual is at most `limit`; no point is
    off by more than `limit` and 5 times the noise; and the residuals do not follow one another, that is,
    their systematic part is below a twentieth of `limit`, or could be chance at the 0.1 % level.

    Parameters
    ----------
    spectrum : Spectrum
        Of 4 to 10 000 points.
    limit : float
        Relative to |Z|, above 0 and below 1.
    max_elements : int
        At least 1.
    mu_limit : float
        c of the μ criterion, below 1.
    elements : int, optional
        Take this many elements, 1 to 1.5 N − 3, in place of the μ criterion.
    inductance, capacitance : bool
        Whether L and C take part.

    Raises
    ------
    DataError
        Where there are too few or too many points, a |Z| is zero, or a frequency beyond 1e-12 to 1e15 Hz.
    InputError
        Where an argument is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> f = np.logspace(5, 0, 51)
    >>> z = 10 + 50 / (1 + (2j * np.pi * f * 1e-3) ** 0.9)
    >>> kramers_kronig(Spectrum(f, z)).passed
    True
    >>> kramers_kronig(Spectrum(f, z * np.linspace(1, 1.2, 51))).passed
    False
    """
    points = len(spectrum)
    settings = _Settings(limit, max_elements, mu_limit, elements, inductance, capacitance)
    settings.check(points)
    scaled, scale = scaled_impedance(spectrum)
    lw = np.log(2 * math.pi * spectrum.frequency_Hz)
    with np.errstate(all="ignore"):
        trial = _Trial.of(lw, scaled, settings)
        finding = _diagnosed(trial, settings, spectrum)
    fit, n = trial.fit, trial.fit.elements
    residuals = trial.residual[:points] + 1j * trial.residual[points:]
    series = dict(zip(settings.series, fit.coefficients[n + 1 :].tolist(), strict=True))
    inverse_capacitance = series.get("C", 0.0) * scale * math.exp(lw[-1])
    return KKResult(
        spectrum,
        finding.status == "passed",
        finding.status,
        limit,
        n,
        fit.mu,
        mu_limit,
        np.exp(fit.log_tau),
        fit.coefficients[:n] * scale,
        float(fit.coefficients[n]) * scale,
        series["L"] * scale * math.exp(-lw[0]) if inductance else None,
        1 / inverse_capacitance if inverse_capacitance else None,
        spectrum.impedance_ohm - residuals * np.abs(spectrum.impedance_ohm),
        residuals,
        trial.chi2,
        trial.rms,
        trial.noise,
        trial.systematic,
        trial.structure_p,
        trial.drift_p,
        trial.autocorrelation,
        trial.failing,
        finding.below_Hz,
        finding.above_Hz,
        finding.warnings,
    )


def scaled_impedance(spectrum: Spectrum) -> tuple[Complex, float]:
    """Impedance (N,) over its largest size, and that size in ohm; refuses what has no relative residual."""
    points = len(spectrum)
    if not _LEAST_POINTS <= points <= _MOST_POINTS:
        raise DataError(
            "this number of points cannot be tested",
            given=points,
            allowed=f"{_LEAST_POINTS} to {_MOST_POINTS} points",
            hint="Measure more points." if points < _LEAST_POINTS else "Leave points out.",
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
class _Settings:
    """What was asked for."""

    limit: float
    max_elements: int
    mu_limit: float
    elements: int | None
    inductance: bool
    capacitance: bool

    def check(self, points: int) -> None:
        if not 0 < self.limit < 1:
            raise InputError("limit is out of range", given=self.limit, allowed="above 0, below 1")
        if not self.max_elements >= 1:
            raise InputError("max_elements is out of range", given=self.max_elements, allowed="1 or more")
        if not self.mu_limit < 1:
            raise InputError("mu_limit is out of range", given=self.mu_limit, allowed="below 1")
        if self.elements is not None and points >= _LEAST_POINTS and not 1 <= self.elements <= _most(points):
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


def _fitted(lw: Array, weight: Array, target: Array, settings: _Settings, counts: range) -> _Fit:
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


def _series_columns(lw: Array, weight: Array, settings: _Settings) -> Array:
    """(2N, 1 to 3) weighed columns of R, L and C, the latter two of size 1 where they are largest."""
    points = len(lw)
    columns = np.zeros((2 * points, 1 + len(settings.series)))
    columns[:points, 0] = weight
    for at, letter in enumerate(settings.series, start=1):
        columns[points:, at] = weight * (np.exp(lw - lw[0]) if letter == "L" else -np.exp(lw[-1] - lw))
    return columns


@dataclass(frozen=True, slots=True)
class _Trial:
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
    def of(cls, lw: Array, z: Complex, settings: _Settings) -> _Trial:
        """With the elements that the μ criterion asks for, or with the most where these were far too few."""
        counts = settings.counts(lw)
        trial = cls._with(lw, z, settings, counts)
        if trial.passed or trial.fit.elements == counts[-1]:
            return trial
        dense = cls._with(lw, z, settings, counts[-1:])
        return dense if dense.passed and dense.rms < _MENDED * trial.rms else trial

    def part(self, lw: Array, z: Complex, settings: _Settings) -> _Trial:
        """A trial of some of the points, with as many elements per decade as this one."""
        span = float(self.fit.log_tau[-1] - self.fit.log_tau[0]) / _DECADE
        count = round(self.fit.elements * _decades(lw) / span) if span > 0 else 1
        count = max(1, min(count, _most(len(lw))))
        return self._with(lw, z, settings, range(count, count + 1))

    @classmethod
    def _with(cls, lw: Array, z: Complex, settings: _Settings, counts: range) -> _Trial:
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


@dataclass(frozen=True, slots=True)
class _Finding:
    status: KKStatus
    warnings: tuple[str, ...]
    below_Hz: float | None = None
    above_Hz: float | None = None


def _diagnosed(trial: _Trial, settings: _Settings, spectrum: Spectrum) -> _Finding:
    """What is wrong: the first explanation that leaves a spectrum which passes."""
    notes = tuple(_notes(trial, settings, spectrum))
    if trial.passed:
        return _Finding("passed", notes)
    lw = np.log(2 * math.pi * spectrum.frequency_Hz)
    z = spectrum.impedance_ohm / np.abs(spectrum.impedance_ohm).max()
    f = spectrum.frequency_Hz
    if settings.elements is not None:
        trial = _Trial.of(lw, z, replace(settings, elements=None))
        if trial.passed:
            advice = f"{settings.elements} elements cannot follow the spectrum; left free, their number can."
            return _Finding("too_few_elements", (advice, *notes))
    if trial.rms > settings.limit and _Trial.of(lw, z.conj(), settings).rms < 0.5 * trial.rms:
        advice = "Im Z has the wrong sign: −Im Z fits far better. Check how the file writes it (Im or −Im)."
        return _Finding("sign_reversed", (advice, *notes))
    if not trial.structured and not trial.failing.any():
        advice = (
            f"the scatter of {100 * trial.rms:.2g} % is above the limit of {100 * settings.limit:.2g} %, without"
            " structure: average longer, raise the amplitude, or raise the limit."
        )
        return _Finding("noisy", (advice, *notes))
    out = _outliers(trial, settings, lw, z)
    if out is not None and not _at_an_end(out):
        listed = ", ".join(f"{v:.4g}" for v in f[out][:6]) + (" …" if out.sum() > 6 else "")
        advice = (
            f"{out.sum()} point{'s' if out.sum() > 1 else ''} off the rest, at {listed} Hz; the rest passes."
            " Leave out or measure again what is off (mains hum, range switching, contact)."
        )
        return _Finding("outliers", (advice, *notes))
    for low, keep in _trimmed(len(f)):
        if not trial.part(lw[keep], z[keep], settings).passed:
            continue
        edge = float(f[keep][-1] if low else f[keep][0])
        if low:
            advice = (
                f"the points below {edge:.4g} Hz do not belong to the same state as those above, which pass:"
                " the cell changed while they were measured. Rest longer, start later, or leave them out."
            )
            return _Finding("low_frequency_drift", (advice, *notes), below_Hz=edge)
        advice = (
            f"the points above {edge:.4g} Hz do not go with those below, which pass: leads, reference or"
            " bandwidth. Correct for a blank measurement, or leave them out."
        )
        return _Finding("high_frequency_artefact", (advice, *notes), above_Hz=edge)
    drift = trial.drift_p < SIGNIFICANCE
    advice = (
        f"the residuals have a systematic part of {100 * trial.systematic:.2g} % of |Z|: "
        + ("the cell changed during the sweep, " if drift else "the cell changed at some time, ")
        + "the amplitude was too large for a linear answer, or the instrument adds a signal. Repeat it at rest,"
        " in the other direction, and at half the amplitude."
    )
    return _Finding("drift" if drift else "inconsistent", (advice, *notes))


def _at_an_end(out: Mask) -> bool:
    """Whether three or more points, all at one end of the spectrum, are out: no accident of single points."""
    count, places = int(out.sum()), np.flatnonzero(out)
    reach = math.ceil(1.5 * count)
    return count >= 3 and bool(places[0] >= len(out) - reach or places[-1] < reach)


def _outliers(trial: _Trial, settings: _Settings, lw: Array, z: Complex) -> Mask | None:
    """One point to ten, and no more than a tenth, without which the rest passes; None where there are no such."""
    points = len(lw)
    out = np.zeros(points, dtype=np.bool_)
    part = trial
    while part.failing.any() and out.sum() < max(1, min(points // 10, 10)) and points - out.sum() > _LEAST_POINTS:
        kept = np.flatnonzero(~out)
        # studentised: the fit follows points at the ends, and leaves its neighbours off
        spare = 1 - (part.fit.basis * part.fit.basis).sum(axis=1)
        off = (part.residual**2 / np.maximum(spare, 1e-6)).reshape(2, -1).max(axis=0)
        out[kept[np.argmax(off)]] = True
        part = trial.part(lw[~out], z[~out], settings)
        if part.passed:
            return out
    return None


def _trimmed(points: int) -> Iterator[tuple[bool, slice]]:
    """Spectra without more and more of one end, as (is it the low end, what stays); 8 points at least."""
    for share in _TRIMS:
        cut = math.ceil(share * points)
        if points - cut >= max(8, points // 2):
            yield True, slice(0, points - cut)
            yield False, slice(cut, points)


def _notes(trial: _Trial, settings: _Settings, spectrum: Spectrum) -> Iterator[str]:
    """What holds beside the verdict."""
    points, elements = len(spectrum), trial.fit.elements
    z, f = spectrum.impedance_ohm, spectrum.frequency_Hz
    decades = math.log10(f[0] / f[-1])
    small = trial.systematic < _WORTH_SAYING * settings.limit
    if trial.passed and min(trial.structure_p, trial.drift_p) < SIGNIFICANCE and not small:
        yield (
            f"the residuals follow one another, but by {100 * trial.systematic:.2g} % of |Z| only: the cell may"
            " have drifted a little during the sweep."
        )
    if points < 10:
        yield f"{points} points are few: only gross faults can show."
    elif settings.elements is None and elements < 2 * decades:
        yield (
            f"{elements} elements over {decades:.2g} decades are sparse: a sound spectrum may fail. Measure more"
            " points per decade."
        )
    positive = z.imag > 0
    # an inductor's reactance grows with the frequency; one that falls is a capacitor's, written as −Im Z
    if positive.mean() > 0.5 and z.imag[-1] > 2 * max(float(z.imag[0]), 0.0):
        yield ("Im Z is positive and grows towards low frequency: it is probably written as −Im Z. Check its sign.")
