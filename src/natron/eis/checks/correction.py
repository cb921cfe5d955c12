"""Leads and fixture taken off a spectrum: by a short and an open that were measured, or by known values."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis.circuits.elements import Complex, Real

# frequencies that were printed with six digits are the same frequency
_SAME = 1e-5
_WIDEST_GAP = 10.0
_OTHER_TEMPERATURE_K = 10.0
_OTHER_FIXTURE = 0.01
_LOST = 1e-12


class CorrectionWarning(UserWarning):
    """A correction was made, but blank and sample may not belong together; the provenance says so too."""


@dataclass(frozen=True, slots=True)
class _Blank:
    """A blank at the sample's frequencies (N,): impedance, and its noise or None where it has none."""

    name: str
    z: Complex
    noise: Complex | None
    notes: tuple[str, ...] = ()


def correct(
    spectrum: Spectrum,
    *,
    short: Spectrum | None = None,
    open_: Spectrum | None = None,
    lead_resistance_ohm: float | None = None,
    lead_inductance_H: float | None = None,
) -> Spectrum:
    """The impedance of the sample alone, without what its leads and fixture add.

    With the measured Zm, the short Zs and the open Zo, each complex and at one frequency:

        Z = (Zm − Zs) / [1 − (Zm − Zs) Yo],  Yo = 1/(Zo − Zs);  Yo = 0 where no open is given

    (Keysight, Impedance Measurement Handbook, 6th ed., 5950-3000, fig. 4-4, where Yo is 1/Zo since Zs is
    small beside Zo.) This undoes exactly a series impedance Zs ahead of a stray admittance Yo across the
    sample. For a fixture that is symmetric end to end the Handbook's appendix B has Zo (Zm − Zs)/(Zo − Zm):
    the two differ by the factor 1 − Zs/Zo, and where that is more than 1 % a warning says so. Known leads
    stand for the short: Zs = R + i 2πf L.

    Blanks are interpolated linearly in ln|Z| and unwrapped phase over ln f. That is exact for a resistor, an
    inductor, a capacitor or a constant-phase element, which blanks are over most of their range, and with ten
    points per decade at most 0.35 % of Zs off where a short turns from resistive to inductive. In Re and Im,
    the inductance of a short and the capacitance of an open would be 0.7 % off halfway between two points
    over their whole range. Nothing is extrapolated.

    Parameters
    ----------
    spectrum : Spectrum
        Of N points, as measured.
    short, open_ : Spectrum, optional
        The same leads and fixture with the sample's place bridged, and empty. Their frequencies need not be
        the sample's, but must span them.
    lead_resistance_ohm, lead_inductance_H : float, optional
        Of both leads together, zero or more; in place of a short.

    Returns
    -------
    Spectrum
        At the same frequencies; what was done stands in `provenance.notes`. Its `noise_ohm` is propagated to
        first order from those of the sample and of the blanks, all taken as independent (blanks without
        noise as exact); without noise of the sample there is none. The points that `where` removed stay as
        they were measured.

    Raises
    ------
    InputError
        Where nothing is given to correct by, a lead value is negative or not finite, or leads are given
        beside a short, which already holds them.
    DataError
        Where a blank does not span the sample's frequencies, has points more than a decade apart there or an
        impedance of zero; where short and open look swapped; or where the sample is the same as the open.

    Warns
    -----
    CorrectionWarning
        Where the correction is larger than what was measured, the corrected Re Z falls below zero, blank and
        sample were more than 10 K apart, or the fixture's symmetry matters.

    Examples
    --------
    >>> s = Spectrum([1000.0, 10.0], [5 + 0.5j, 9 - 1j])
    >>> correct(s, lead_resistance_ohm=1.0).impedance_ohm.tolist()
    [(4+0.5j), (8-1j)]
    """
    frequency, measured = spectrum.frequency_Hz, spectrum.impedance_ohm
    series = _series(spectrum, short, lead_resistance_ohm, lead_inductance_H)
    shunt = None if open_ is None else _interpolated(open_, frequency, "open")
    zs = series.z
    inner = measured - zs
    if shunt is None:
        z, factors = inner, [np.ones_like(inner), -np.ones_like(inner)]
    else:
        zo = shunt.z
        _refuse_swapped(zs, zo, frequency)
        rest = zo - measured
        _refuse_lost(rest, zo, frequency)
        # the same as (Zm − Zs)/[1 − (Zm − Zs) Yo], with one subtraction less to lose digits in
        z = inner * (zo - zs) / rest
        factors = [((zo - zs) / rest) ** 2, -(zo - zs + inner) / rest, -((inner / rest) ** 2)]
    blanks = [series] if shunt is None else [series, shunt]
    noise = _propagated(spectrum, blanks, factors)
    notes = [*_said(short, open_, lead_resistance_ohm, lead_inductance_H)]
    notes += [note for blank in blanks for note in blank.notes]
    if spectrum.noise_ohm is not None:
        exact = [blank.name for blank in blanks if blank.noise is None and blank.name != "leads"]
        notes += [f"the {name}'s noise is not known and was taken as zero" for name in exact]
    if len(spectrum.removed_frequency_Hz):
        notes.append("the removed points were not corrected")
    doubts = _doubts(spectrum, z, noise, zs, shunt, {"short": short, "open": open_})
    for doubt in doubts:
        warnings.warn(doubt, CorrectionWarning, stacklevel=2)
    provenance = replace(
        spectrum.provenance, notes=(*spectrum.provenance.notes, *notes, *(f"warning: {doubt}" for doubt in doubts))
    )
    return replace(spectrum, impedance_ohm=z, noise_ohm=noise, provenance=provenance)


def _series(
    spectrum: Spectrum, short: Spectrum | None, lead_resistance_ohm: float | None, lead_inductance_H: float | None
) -> _Blank:
    """What lies in series: the short, or the leads; zero where neither is given."""
    for name, value in (("lead_resistance_ohm", lead_resistance_ohm), ("lead_inductance_H", lead_inductance_H)):
        if value is None:
            continue
        if short is not None:
            raise InputError(
                f"{name} beside a short would take the leads off twice",
                hint="Give one of them; for leads beyond those in the short, correct the result once more.",
            )
        if isinstance(value, bool) or not (math.isfinite(value) and value >= 0):
            raise InputError(f"{name} is out of range", given=value, allowed="a finite number, zero or more")
    if short is not None:
        return _interpolated(short, spectrum.frequency_Hz, "short")
    s = 2j * np.pi * spectrum.frequency_Hz
    return _Blank("leads", (lead_resistance_ohm or 0.0) + (lead_inductance_H or 0.0) * s, None)


def _interpolated(blank: Spectrum, frequency: Real, name: str) -> _Blank:
    """A blank at the sample's falling frequencies (N,)."""
    own = blank.frequency_Hz[::-1]
    if frequency[-1] < own[0] * (1 - _SAME) or frequency[0] > own[-1] * (1 + _SAME):
        raise DataError(
            f"the {name} does not span the sample's frequencies",
            given=f"{own[0]:.6g} to {own[-1]:.6g} Hz, and the sample {frequency[-1]:.6g} to {frequency[0]:.6g} Hz",
            hint="Measure the blank over the whole range, or take the points beyond it out with where().",
        )
    zero = blank.impedance_ohm == 0
    if zero.any():
        raise DataError(
            f"the {name} has an impedance of zero, which no fixture has",
            given=f"at {blank.frequency_Hz[int(np.argmax(zero))]:.6g} Hz",
            hint="Remove that point; leave the short out where there is nothing to take off.",
        )
    at = np.log(frequency)
    x = np.log(own)
    place = np.clip(np.searchsorted(own, frequency), 1, max(len(own) - 1, 1))
    nearest = np.where(np.abs(x[place - 1] - at) < np.abs(x[np.minimum(place, len(x) - 1)] - at), place - 1, place)
    nearest = np.minimum(nearest, len(own) - 1)
    same = np.abs(x[nearest] - at) <= _SAME
    z = blank.impedance_ohm[::-1]
    gap = own[np.minimum(place, len(own) - 1)] / own[place - 1]
    wide = ~same & (gap > _WIDEST_GAP)
    if wide.any():
        worst = int(np.argmax(np.where(wide, gap, 0)))
        raise DataError(
            f"the {name} has too few points to be read between",
            given=f"none within a decade about {frequency[worst]:.6g} Hz",
            allowed=f"points at most a factor of {_WIDEST_GAP:g} apart",
        )
    size = np.interp(at, x, np.log(np.abs(z)))
    phase = np.interp(at, x, np.unwrap(np.angle(z)))
    # a point that was measured is taken as it is: exp and log would cost its last digits
    between = np.where(same, z[nearest], np.exp(size + 1j * phase))
    noise = None
    if blank.noise_ohm is not None:
        sd = blank.noise_ohm[::-1]
        # not smaller between two points than at them: neighbours often err together
        noise = np.interp(at, x, sd.real) + 1j * np.interp(at, x, sd.imag)
        noise = np.where(same, sd[nearest], noise)
    between_count = int((~same).sum())
    notes = (
        (f"the {name} was interpolated at {between_count} of {len(frequency)} frequencies (ln|Z| and phase over ln f)",)
        if between_count
        else ()
    )
    return _Blank(name, between, noise, notes)


def _refuse_swapped(zs: Complex, zo: Complex, frequency: Real) -> None:
    larger = np.abs(zs) >= np.abs(zo)
    if larger.mean() > 0.5:
        raise DataError(
            "the short has a larger impedance than the open",
            given=f"at {int(larger.sum())} of {len(frequency)} frequencies",
            hint="They may be swapped.",
        )


def _refuse_lost(rest: Complex, zo: Complex, frequency: Real) -> None:
    lost = np.abs(rest) <= _LOST * np.abs(zo)
    if lost.any():
        raise DataError(
            "the sample is the same as the open: nothing is left of it",
            given=f"at {frequency[int(np.argmax(lost))]:.6g} Hz",
            hint="Take those points out, or check that the open was measured with the sample's place empty.",
        )


def _propagated(
    spectrum: Spectrum, blanks: Sequence[_Blank], factors: Sequence[Complex]
) -> NDArray[np.complex128] | None:
    """Standard deviation (N,) of Re and Im from those of sample and blanks through the derivatives `factors`."""
    if spectrum.noise_ohm is None:
        return None
    real, imag = np.zeros(len(spectrum)), np.zeros(len(spectrum))
    for noise, factor in zip([spectrum.noise_ohm, *(blank.noise for blank in blanks)], factors, strict=True):
        if noise is None:
            continue
        real += (factor.real * noise.real) ** 2 + (factor.imag * noise.imag) ** 2
        imag += (factor.imag * noise.real) ** 2 + (factor.real * noise.imag) ** 2
    result: NDArray[np.complex128] = np.sqrt(real) + 1j * np.sqrt(imag)
    return result


def _said(
    short: Spectrum | None, open_: Spectrum | None, lead_resistance_ohm: float | None, lead_inductance_H: float | None
) -> list[str]:
    """What was done, in words; refuses to do nothing."""
    notes = []
    if short is not None:
        notes.append(f"corrected by the short {_named(short)}")
    if open_ is not None:
        notes.append(f"corrected by the open {_named(open_)}")
    if lead_resistance_ohm is not None or lead_inductance_H is not None:
        notes.append(f"took off leads of {lead_resistance_ohm or 0:.6g} ohm and {lead_inductance_H or 0:.6g} H")
    if not notes:
        raise InputError(
            "there is nothing to correct by",
            allowed="short=, open_=, lead_resistance_ohm= or lead_inductance_H=",
        )
    return notes


def _named(blank: Spectrum) -> str:
    return f"{blank.provenance.file or 'given as data'} (digest {blank.digest[:12]})"


def _doubts(
    spectrum: Spectrum,
    z: Complex,
    noise: Complex | None,
    zs: Complex,
    shunt: _Blank | None,
    blanks: dict[str, Spectrum | None],
) -> list[str]:
    """Why the blanks may not be those of this sample."""
    doubts = []
    measured, frequency = spectrum.impedance_ohm, spectrum.frequency_Hz
    larger = np.abs(z - measured) > np.abs(measured)
    if larger.any():
        doubts.append(
            f"the correction is larger than the measured impedance at {_where(larger, frequency)}; there the result"
            " is mostly the blank's, so take those points out or measure with shorter leads"
        )
    # a passive sample has Re Z >= 0; with known noise, a point may fall below it by chance
    allowed = 3 * noise.real if noise is not None else 1e-12 * np.abs(measured)
    negative = (z.real < -allowed) & (measured.real >= 0)
    if negative.any():
        doubts.append(
            f"the corrected Re Z is below zero at {_where(negative, frequency)}: more was taken off than the leads"
            " of this sample have, so the blank was measured with other leads or contacts"
        )
    if shunt is not None:
        share = np.abs(zs / shunt.z)
        if share.max() > _OTHER_FIXTURE:
            doubts.append(
                f"the short is up to {100 * share.max():.2g} % of the open: a symmetric fixture would give a result"
                " that differs by as much, and an open/short/load calibration would decide"
            )
    for name, blank in blanks.items():
        if blank is None or blank.temperature_K is None or spectrum.temperature_K is None:
            continue
        apart = abs(blank.temperature_K - spectrum.temperature_K)
        if apart > _OTHER_TEMPERATURE_K:
            doubts.append(f"the {name} was measured {apart:.3g} K away from the sample's temperature")
    return doubts


def _where(mask: NDArray[np.bool_], frequency: Real) -> str:
    found = frequency[mask]
    if len(found) == 1:
        return f"{found[0]:.4g} Hz"
    return f"{len(found)} frequencies from {found[-1]:.4g} to {found[0]:.4g} Hz"
