"""What the measured window cannot resolve: what a resistor in series holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from natron.eis.fitting.result import FitResult
from natron.eis.meaning.evidence import CellKind, Electrolyte
from natron.eis.meaning.geometry import Geometry, summed

_MOST_CONDUCTIVE_S_PER_M = 100.0
"""Above that of any solid electrolyte at the temperatures of batteries."""


@dataclass(frozen=True, slots=True)
class HighFrequency:
    """What a resistor in series holds: all that is faster than the window.

    Attributes
    ----------
    names : tuple of str
        The resistors.
    highest_Hz : float
        The highest measured frequency.
    bulk_frequency_Hz : tuple of float or None
        Where the bulk's arc lies, lowest and highest; None where nothing says so.
    contains : tuple of str
        Processes, ``leads`` and, in a full cell, ``liquid_electrolyte``.
    certain : bool
        Whether the bulk arc's place decides it.
    words : str
    """

    names: tuple[str, ...]
    highest_Hz: float
    bulk_frequency_Hz: tuple[float, float] | None
    contains: tuple[str, ...]
    certain: bool
    words: str


def high_frequency(
    result: FitResult,
    resistors: Sequence[str],
    cell: CellKind,
    geometry: Geometry,
    electrolyte: Electrolyte,
    *,
    bulk_arc: str | None = None,
    boundaries_seen: bool = False,
) -> HighFrequency | None:
    """Say what resistors in series hold, from where the bulk's arc must lie, σ/(2π ε_r ε0).

    The conductivity is the electrolyte's total (the grains' own is higher, their arc faster still), two
    standard uncertainties either way. Where it is not given it is at least d/(R A) of the resistors
    themselves, two standard errors added to R.

    Parameters
    ----------
    result : FitResult
    resistors : sequence of str
        Their names; none gives None.
    cell, geometry, electrolyte
        What was measured.
    bulk_arc : str, optional
        Name of the arc that is clearly the bulk's.
    boundaries_seen : bool
        Whether an arc is given to the grain boundaries.
    """
    if not resistors:
        return None
    names, label = tuple(resistors), " + ".join(resistors)
    top, bottom = float(result.spectrum.frequency_Hz[0]), float(result.spectrum.frequency_Hz[-1])
    full = cell == "full"
    others = ("leads", "liquid_electrolyte") if full else ("leads",)
    shown = "leads, contacts and liquid electrolyte" if full else "leads and contacts"
    if bulk_arc is not None:
        words = f"{label} is {shown}: the bulk has an arc of its own, {bulk_arc}."
        return HighFrequency(names, top, None, others, True, words)
    inside = ("bulk",) if boundaries_seen else ("bulk", "grain_boundary")
    ceramic = "bulk" if boundaries_seen else "bulk, grain boundaries faster than the window"
    where, basis = _bulk_frequency(result, resistors, geometry, electrolyte)
    if where is None:
        words = (
            f"{label} is what is faster than {top:.3g} Hz: {ceramic}, {shown}; without conductivity or geometry"
            " natron cannot say where the bulk's arc lies."
        )
        return HighFrequency(names, top, None, (*inside, *others), False, words)
    low, high = where
    place = f"the bulk's arc lies at {low:.2g} to {high:.2g} Hz ({basis})"
    if low > top:
        words = f"{label} is {ceramic}, {shown}, not bulk alone: {place}, above the highest measured {top:.3g} Hz."
        return HighFrequency(names, top, where, (*inside, *others), True, words)
    if high < bottom:
        words = f"{label}: {place}, below the window; natron cannot say what it holds."
        return HighFrequency(names, top, where, others, False, words)
    words = (
        f"{label} may hold the bulk or not: {place}, not wholly above the highest measured {top:.3g} Hz, and no arc"
        f" is clearly the bulk's. Beside it: {shown}."
    )
    return HighFrequency(names, top, where, (*inside, *others), False, words)


def _bulk_frequency(
    result: FitResult, resistors: Sequence[str], geometry: Geometry, electrolyte: Electrolyte
) -> tuple[tuple[float, float] | None, str]:
    """Lowest and highest place of the bulk's arc in Hz, and on what it rests."""
    low_e, high_e = electrolyte.relative_permittivity
    permittivity = f"ε_r {low_e:g} to {high_e:g}, {electrolyte.permittivity_source}"
    sigma = electrolyte.conductivity
    if sigma is not None:
        u = sigma.standard_uncertainty
        # a conductivity known to a factor of two or worse still is above a tenth of its value
        low = electrolyte.bulk_frequency_Hz(max(sigma.value - 2 * u, 0.1 * sigma.value))[0]
        high = electrolyte.bulk_frequency_Hz(sigma.value + 2 * u)[1]
        return (low, high), f"σ = {sigma}, {permittivity}; the grains' own is higher still"
    if geometry.area is None or geometry.thickness is None:
        return None, ""
    R, u = summed(result, resistors)
    least = geometry.thickness.value / ((R + 2 * u) * geometry.area.value) if math.isfinite(u) else 0.0
    # a resistor that is next to nothing says nothing of the bulk
    if not 0 < least < _MOST_CONDUCTIVE_S_PER_M:
        return None, ""
    where = electrolyte.bulk_frequency_Hz(least)
    return (
        where,
        f"σ of the bulk at least d/(R A) = {10 * least:.2g} mS/cm if it is in {' + '.join(resistors)}, {permittivity}",
    )
