"""Symmetric cells: the separator, each interface, and whether current constriction may make up the latter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from natron.core import InputError, Origin, Quantity
from natron.core.compare import AGREEMENT_LIMIT, Verdict, compare
from natron.eis.fitting.result import FitResult
from natron.eis.meaning.arcs import Feature, features
from natron.eis.meaning.assignment import CLEAR_ODDS, Meaning, assign
from natron.eis.meaning.evidence import Electrolyte
from natron.eis.meaning.geometry import Geometry, areal_resistance, conductivity, summed

ECKHARDT = "Eckhardt et al. 2022, DOI 10.1021/acsami.2c07077"

_SEPARABLE = 0.2
"""Standard error of a part, relative to the separator's resistance, above which the parts are not reported."""


@dataclass(frozen=True, slots=True)
class SymmetricCell:
    """Separator and interface of a metal | ceramic | metal cell.

    Attributes
    ----------
    separator : tuple of str
        Resistances that make it up.
    interfaces : tuple of str
        Resistances of both interfaces together.
    separator_resistance : Quantity
        Their sum times the area, covariance included; with it the leads, where no blank was subtracted.
    conductivity : Quantity or None
        Thickness over that; None without a thickness.
    interface_resistance : Quantity or None
        Of each of the two: half of their arc times the area. None where no arc is theirs.
    parts : dict of Quantity
        The separator's resistances one by one, areal; empty where the window does not separate them.
    certain : bool
        Whether every arc is clearly on the side where it was counted.
    words : tuple of str
    """

    separator: tuple[str, ...]
    interfaces: tuple[str, ...]
    separator_resistance: Quantity
    conductivity: Quantity | None
    interface_resistance: Quantity | None
    parts: dict[str, Quantity]
    certain: bool
    words: tuple[str, ...]


def symmetric_cell(
    result: FitResult,
    geometry: Geometry | None = None,
    *,
    electrolyte: Electrolyte | None = None,
    meaning: Meaning | None = None,
    separator: Sequence[str] | None = None,
    interfaces: Sequence[str] | None = None,
    origin: Origin = "input",
) -> SymmetricCell:
    """Separator resistance R_A + R_B, conductivity, and R_C/2 of each interface.

    As Lowack et al. 2025 (DOI 10.1080/10667857.2025.2560836) read R_A-p(R_B,CPE)-p(R_C,CPE): what is not
    resolved above the window and the grain boundaries are the separator's, the slower arc is both
    interfaces'. Arcs go where `assign` finds them likelier unless they are named.

    The separator's parts are reported where each has a standard error below 20 % of the sum and each arc
    of it peaks inside the window; else only the sum is.

    Parameters
    ----------
    result : FitResult
    geometry : Geometry, optional
        Else what the spectrum says.
    electrolyte : Electrolyte, optional
        Handed to `assign`.
    meaning : Meaning, optional
        An assignment already made.
    separator, interfaces : sequence of str, optional
        Names of resistances; naming one side leaves the rest of resistors and arcs to the other.
    origin : str

    Raises
    ------
    InputError
        Where the area is not known, a name is wrong or on both sides, or nothing is left for the separator.
    """
    geometry = geometry or Geometry.of_spectrum(result.spectrum)
    found = {f.name: f for f in features(result) if f.form in ("resistor", "arc")}
    named = {*(separator or ()), *(interfaces or ())}
    if separator and interfaces and set(separator) & set(interfaces):
        raise InputError("a resistance is on both sides", given=", ".join(sorted(set(separator) & set(interfaces))))
    certain, words = True, []
    if named:
        summed(result, sorted(named))  # refuses unknown names
        left = [n for n in found if n not in named]
        inner = list(separator if separator is not None else left)
        outer = list(interfaces if interfaces is not None else left)
        words.append("The resistances were given their places by name.")
    else:
        meaning = meaning or assign(result, "symmetric", geometry, electrolyte=electrolyte)
        inner, outer = [], []
        for name, feature in found.items():
            electrolytic = feature.form == "resistor"
            if not electrolytic:
                a = meaning.assignments[name]
                inside, outside = a.score("bulk", "grain_boundary"), a.score("metal_interface")
                electrolytic = inside >= outside
                if max(inside, outside) < CLEAR_ODDS * min(inside, outside) or a.process == "unknown":
                    certain = False
                    words.append(
                        f"{name} was counted to the {'separator' if electrolytic else 'interfaces'}, which is not"
                        f" certain: electrolyte {inside:.2f}, interface {outside:.2f}. Name it to decide."
                    )
            (inner if electrolytic else outer).append(name)
    if not inner:
        raise InputError(
            "no resistance is left for the separator", given=str(result.circuit), hint="Name it: separator=(…)."
        )
    return _told(result, geometry, inner, outer, found, certain, words, origin)


def _told(
    result: FitResult,
    geometry: Geometry,
    inner: Sequence[str],
    outer: Sequence[str],
    found: dict[str, Feature],
    certain: bool,
    words: list[str],
    origin: Origin,
) -> SymmetricCell:
    total = areal_resistance(result, inner, geometry, origin=origin)
    sigma = None if geometry.thickness is None else conductivity(result, inner, geometry, origin=origin)
    text = f"The separator has {' + '.join(inner)} = {total}, leads included unless a blank was subtracted"
    words.append(text + (f"; σ = {sigma}." if sigma is not None else "; without a thickness there is no σ."))
    parts = {}
    why = _not_separable(result, inner, found)
    if len(inner) > 1 and why is None:
        parts = {name: areal_resistance(result, (name,), geometry, origin=origin) for name in inner}
    elif len(inner) > 1:
        words.append(f"Only the sum {' + '.join(inner)} is reported: {why}.")
    each = None
    if outer:
        both = areal_resistance(result, outer, geometry, origin=origin)
        half = None if both.uncertainty is None else 0.5 * both.uncertainty
        each = replace(both, value=0.5 * both.value, uncertainty=half)
        sum_of = " + ".join(outer)
        over = f"{sum_of}/2" if len(outer) == 1 else f"({sum_of})/2"
        words.append(
            f"Each of the two interfaces has {over} = {each}: the arc is both of them in series, taken as equal."
        )
    else:
        words.append("No arc is the interfaces': they are too small, or outside the window.")
    return SymmetricCell(tuple(inner), tuple(outer), total, sigma, each, parts, certain, tuple(words))


def _not_separable(result: FitResult, inner: Sequence[str], found: dict[str, Feature]) -> str | None:
    """Why the separator's parts cannot be told apart, or None."""
    top = float(result.spectrum.frequency_Hz[0])
    total, _ = summed(result, inner)
    for name in inner:
        feature = found.get(name)
        peak = None if feature is None else feature.frequency_Hz
        if peak is not None and peak > top:
            return f"the arc of {name} peaks at {peak:.2g} Hz, above the highest measured {top:.3g} Hz"
        error = result.parameters[name].uncertainty
        if not error <= _SEPARABLE * total:
            share = f"{100 * error / total:.0f} %" if math.isfinite(error) else "more than 100 %"
            return f"{name} alone is uncertain by {share} of the sum"
    return None


@dataclass(frozen=True, slots=True)
class ConstrictionHint:
    """Whether an interface's activation energy lets current constriction be its origin.

    Attributes
    ----------
    verdict : str
        ``agrees`` where both activation energies are within two combined standard uncertainties:
        constriction may make up the interface's resistance; ``disagrees``; ``cannot_be_checked`` where no
        uncertainty is known.
    difference : Quantity
        Interface − electrolyte, kind ``energy``, with the combined uncertainty.
    in_uncertainties : float or None
        |difference| in combined standard uncertainties.
    words, source : str
    """

    verdict: Verdict
    difference: Quantity
    in_uncertainties: float | None
    words: str
    source: str = ECKHARDT


def constriction_hint(interface: Quantity, electrolyte: Quantity) -> ConstrictionHint:
    """Compare the activation energies of an interface and of the electrolyte behind it.

    Current that narrows to points of contact meets the resistance of the electrolyte, so a resistance of
    constriction alone has the electrolyte's activation energy (Eckhardt et al. 2022, abstract: interface
    impedance is charge transfer plus a geometric constriction). Equality is a hint, not a proof; a
    difference excludes constriction alone, not a share of it.

    Parameters
    ----------
    interface, electrolyte : Quantity
        Kind ``energy``, both by the same form (R/T or R) of Arrhenius' law.

    Raises
    ------
    InputError
        Where one is no energy.
    """
    for given in (interface, electrolyte):
        if given.kind != "energy":
            raise InputError("an activation energy is needed", given=str(given), allowed='such as "0.28 ± 0.01 eV"')
    found = compare(
        interface.value, interface.standard_uncertainty, electrolyte.value, electrolyte.standard_uncertainty
    )
    difference = Quantity(found.difference, found.combined_uncertainty or None, "energy", uncertainty_kind="sd")
    both = f"the interface's E_A {interface} and the electrolyte's {electrolyte}"
    if not found.combined_uncertainty:
        words = f"Neither uncertainty is known, so {both} cannot be compared."
        return ConstrictionHint("cannot_be_checked", difference, None, words)
    u = found.in_uncertainties
    if found.verdict == "agrees":
        words = (
            f"Current constriction may make up the interface: {both} differ by {u:.1f} combined standard"
            f" uncertainties, within {AGREEMENT_LIMIT:.0f}."
        )
    else:
        words = (
            f"Current constriction alone does not make up the interface: {both} differ by {u:.1f} combined standard"
            f" uncertainties, more than {AGREEMENT_LIMIT:.0f}. A share of it is not excluded."
        )
    return ConstrictionHint(found.verdict, difference, u, words)
