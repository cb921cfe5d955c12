"""Where a low-frequency feature that the circuit does not have sets in."""

from __future__ import annotations

import math

import numpy as np

from natron.data import DataError, Spectrum
from natron.eis.circuits.notation import Circuit
from natron.eis.fitting.result import FitResult, Weight
from natron.eis.fitting.spectrum_fit import fit_circuit
from natron.eis.fitting.task import EngineName

_DEEPEST = 0.6
_STARTS = 4
_NOISE = 2.0
_RISE = 60.0


def above_onset(
    spectrum: Spectrum, circuit: Circuit, weight: Weight = "modulus", engine: EngineName = "auto"
) -> Spectrum:
    """The spectrum without the points at its low end that the circuit cannot describe.

    The circuit is fitted to the spectrum without its 0, 1, 2, … lowest frequencies, at most 60 % of them, and
    the cut with the smallest 2N ln(χ²/2N) + (P + 2m) ln 2N wins: Schwarz's criterion (1978,
    DOI 10.1214/aos/1176344136), each of the m points left out counting as two parameters that describe it
    perfectly. So a point goes where it lies out by more than about 3 standard deviations of the noise, and of
    pure noise about one spectrum in a hundred loses a point. A cut that leaves an arc's peak outside the
    window is no candidate.

    The search ends where the residuals of the best cut look like noise along frequency and the criterion has risen
    by 60 above it. What was cut is in the result's `removed_frequency_Hz`; the input comes back where that is
    nothing.
    """
    points = len(spectrum)
    free = len(circuit.parameter_names)
    best, smallest, like_noise = spectrum, math.inf, False
    for cut in range(int(_DEEPEST * points) + 1):
        if points - cut < free + 2:
            break
        kept = spectrum if cut == 0 else spectrum.where(spectrum.frequency_Hz > spectrum.frequency_Hz[-cut])
        found = fit_circuit(kept, circuit, weight, engine=engine, starts=_STARTS)
        if cut and found.status in ("arc_outside_window", "not_converged"):
            continue
        # below double precision every fit is perfect
        residue = max(found.chi2 / (2 * points), 1e-24)
        score = 2 * points * math.log(residue) + (free + 2 * cut) * math.log(2 * points)
        if score < smallest:
            best, smallest, like_noise = kept, score, _structure(found) < _NOISE
        elif like_noise and score > smallest + _RISE:
            break
    return best


def _structure(found: FitResult) -> float:
    """Lag-one autocorrelation of the residuals along frequency, in its standard deviations under noise."""
    r = found.residuals
    power = float((np.abs(r) ** 2).sum())
    along = float((r[1:] * r[:-1].conj()).real.sum())
    return along / power * math.sqrt(2 * len(r)) if power > 0 else 0.0


def within(spectrum: Spectrum, lowest_Hz: float | None, highest_Hz: float | None) -> Spectrum:
    """The spectrum between two frequencies, both included; the rest is kept as removed.

    Raises
    ------
    DataError
        Where nothing is left.
    """
    f = spectrum.frequency_Hz
    keep = (f >= (lowest_Hz or 0.0)) & (f <= (math.inf if highest_Hz is None else highest_Hz))
    if keep.all():
        return spectrum
    if not keep.any():
        raise DataError(
            "no point lies between the given frequencies",
            given=f"{lowest_Hz} to {highest_Hz} Hz",
            allowed=f"a part of {f[-1]:g} to {f[0]:g} Hz",
        )
    return spectrum.where(keep)
