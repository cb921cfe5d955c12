"""The linear Kramers–Kronig test: whether a spectrum can be the answer of a linear, causal, steady system.

A sum of RC elements with fixed time constants, a resistor, an inductor and a capacitor obeys the
Kramers–Kronig relations whatever its resistances are, so a spectrum that it cannot follow breaks them
(Boukamp 1995, DOI 10.1149/1.2044210; Schönleber, Klotz and Ivers-Tiffée 2014,
DOI 10.1016/j.electacta.2014.01.034). Small residuals alone do not acquit: what drifts while it is measured
leaves residuals that are small but follow one another, which is tested for by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from natron.data import Spectrum
from natron.eis.checks.diagnosis import KKStatus, diagnosed
from natron.eis.checks.elements_fit import LIMIT, MU_LIMIT, Array, Complex, Mask, Settings, Trial, scaled_impedance


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
    settings = Settings(limit, max_elements, mu_limit, elements, inductance, capacitance)
    settings.check(points)
    scaled, scale = scaled_impedance(spectrum)
    lw = np.log(2 * math.pi * spectrum.frequency_Hz)
    with np.errstate(all="ignore"):
        trial = Trial.of(lw, scaled, settings)
        finding = diagnosed(trial, settings, spectrum)
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
