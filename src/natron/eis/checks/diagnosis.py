"""What is wrong with a spectrum that fails the Kramers–Kronig test."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from natron.data import Spectrum
from natron.eis.checks.elements_fit import LEAST_POINTS, SIGNIFICANCE, Array, Complex, Mask, Settings, Trial

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


_WORTH_SAYING = 0.01
_TRIMS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in a word and in advice, and without which end the rest passes."""

    status: KKStatus
    warnings: tuple[str, ...]
    below_Hz: float | None = None
    above_Hz: float | None = None


def diagnosed(trial: Trial, settings: Settings, spectrum: Spectrum) -> Finding:
    """What is wrong: the first explanation that leaves a spectrum which passes."""
    notes = tuple(_notes(trial, settings, spectrum))
    if trial.passed:
        return Finding("passed", notes)
    lw = np.log(2 * math.pi * spectrum.frequency_Hz)
    z = spectrum.impedance_ohm / np.abs(spectrum.impedance_ohm).max()
    f = spectrum.frequency_Hz
    if settings.elements is not None:
        trial = Trial.of(lw, z, replace(settings, elements=None))
        if trial.passed:
            advice = f"{settings.elements} elements cannot follow the spectrum; left free, their number can."
            return Finding("too_few_elements", (advice, *notes))
    if trial.rms > settings.limit and Trial.of(lw, z.conj(), settings).rms < 0.5 * trial.rms:
        advice = "Im Z has the wrong sign: −Im Z fits far better. Check how the file writes it (Im or −Im)."
        return Finding("sign_reversed", (advice, *notes))
    if not trial.structured and not trial.failing.any():
        advice = (
            f"the scatter of {100 * trial.rms:.2g} % is above the limit of {100 * settings.limit:.2g} %, without"
            " structure: average longer, raise the amplitude, or raise the limit."
        )
        return Finding("noisy", (advice, *notes))
    out = _outliers(trial, settings, lw, z)
    if out is not None and not _at_an_end(out):
        listed = ", ".join(f"{v:.4g}" for v in f[out][:6]) + (" …" if out.sum() > 6 else "")
        advice = (
            f"{out.sum()} point{'s' if out.sum() > 1 else ''} off the rest, at {listed} Hz; the rest passes."
            " Leave out or measure again what is off (mains hum, range switching, contact)."
        )
        return Finding("outliers", (advice, *notes))
    for low, keep in _trimmed(len(f)):
        if not trial.part(lw[keep], z[keep], settings).passed:
            continue
        edge = float(f[keep][-1] if low else f[keep][0])
        if low:
            advice = (
                f"the points below {edge:.4g} Hz do not belong to the same state as those above, which pass:"
                " the cell changed while they were measured. Rest longer, start later, or leave them out."
            )
            return Finding("low_frequency_drift", (advice, *notes), below_Hz=edge)
        advice = (
            f"the points above {edge:.4g} Hz do not go with those below, which pass: leads, reference or"
            " bandwidth. Correct for a blank measurement, or leave them out."
        )
        return Finding("high_frequency_artefact", (advice, *notes), above_Hz=edge)
    drift = trial.drift_p < SIGNIFICANCE
    advice = (
        f"the residuals have a systematic part of {100 * trial.systematic:.2g} % of |Z|: "
        + ("the cell changed during the sweep, " if drift else "the cell changed at some time, ")
        + "the amplitude was too large for a linear answer, or the instrument adds a signal. Repeat it at rest,"
        " in the other direction, and at half the amplitude."
    )
    return Finding("drift" if drift else "inconsistent", (advice, *notes))


def _at_an_end(out: Mask) -> bool:
    """Whether three or more points, all at one end of the spectrum, are out: no accident of single points."""
    count, places = int(out.sum()), np.flatnonzero(out)
    reach = math.ceil(1.5 * count)
    return count >= 3 and bool(places[0] >= len(out) - reach or places[-1] < reach)


def _outliers(trial: Trial, settings: Settings, lw: Array, z: Complex) -> Mask | None:
    """One point to ten, and no more than a tenth, without which the rest passes; None where there are no such."""
    points = len(lw)
    out = np.zeros(points, dtype=np.bool_)
    part = trial
    while part.failing.any() and out.sum() < max(1, min(points // 10, 10)) and points - out.sum() > LEAST_POINTS:
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


def _notes(trial: Trial, settings: Settings, spectrum: Spectrum) -> Iterator[str]:
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
