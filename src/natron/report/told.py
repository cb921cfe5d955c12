"""Impedance results told in full: a fit with what its arcs may mean, and a series of such fits."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from natron.core import InputError, Quantity
from natron.core.constants import ABSOLUTE_ZERO_DEGC, ELEMENTARY_CHARGE_C
from natron.eis import (
    Arrhenius,
    CellKind,
    ConstrictionHint,
    Electrolyte,
    FitParameter,
    FitResult,
    Geometry,
    Meaning,
    Normalised,
    Selection,
    SeriesResult,
    SymmetricCell,
    assign,
    conductivity_law,
    constriction_hint,
    features,
    normalise,
    symmetric_cell,
)
from natron.plot.eis_series import course_labels

CELSIUS_25_K = 25 - ABSOLUTE_ZERO_DEGC


@dataclass(frozen=True)
class FitReport:
    """A fit with where its spectrum came from and what its arcs may mean.

    Attributes
    ----------
    file : str
    index : int
        Of the spectrum in the file.
    result : FitResult
    geometry : Geometry
    meaning : Meaning
    normalised : Normalised or None
        None without an area.
    symmetric : SymmetricCell or None
        Of a symmetric cell whose area is known.
    selection : Selection or None
        Where the circuit was chosen.
    warnings : tuple of str
        The fit's, those of what was done before it, and what its numbers leave unknown.
    notes : tuple of str
        What did not count as evidence, and why.
    """

    file: str
    index: int
    result: FitResult
    geometry: Geometry
    meaning: Meaning
    normalised: Normalised | None
    symmetric: SymmetricCell | None
    selection: Selection | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def fit_report(
    result: FitResult,
    file: str,
    index: int,
    geometry: Geometry,
    cell: CellKind = "unknown",
    *,
    electrolyte: Electrolyte | None = None,
    arrhenius: Mapping[str, Arrhenius] | None = None,
    separator: Sequence[str] | None = None,
    interfaces: Sequence[str] | None = None,
    selection: Selection | None = None,
    warnings: Sequence[str] = (),
) -> FitReport:
    """A fit told in full: per area, its arcs assigned, and a symmetric cell taken apart.

    Parameters
    ----------
    result, file, index, geometry, cell, selection
        As `FitReport` keeps them.
    electrolyte : Electrolyte, optional
        Evidence for `natron.eis.assign`.
    arrhenius : Mapping of Arrhenius, optional
        Of the series the spectrum belongs to: activation energies are evidence too.
    separator, interfaces : sequence of str, optional
        For `natron.eis.symmetric_cell`.
    warnings : sequence of str
        Of what was done before the fit.

    Raises
    ------
    InputError
        Where a named resistance is none of the circuit.
    """
    meaning = assign(
        result, cell, geometry, electrolyte=electrolyte, activation_energy=_energies(result, arrhenius or {})
    )
    said, notes, symmetric = [*warnings, *result.warnings], list(meaning.notes), None
    for p in result.parameters.values():
        if not p.fixed and not math.isfinite(p.uncertainty):
            said.append(f"{p.name}: the spectrum does not determine it; its uncertainty is not known.")
    if cell == "symmetric" and geometry.area is None:
        notes.append("Without an area neither the separator's nor the interfaces' resistance is reported.")
    elif cell == "symmetric":
        try:
            symmetric = symmetric_cell(result, geometry, meaning=meaning, separator=separator, interfaces=interfaces)
        except InputError as error:
            if separator or interfaces:
                raise
            notes.append(f"The cell was not taken apart: {error}")
    return FitReport(
        file,
        index,
        result,
        geometry,
        meaning,
        normalise(result, geometry) if geometry.area is not None else None,
        symmetric,
        selection,
        tuple(dict.fromkeys(said)),
        tuple(notes),
    )


def energy_of(p: FitParameter) -> Quantity:
    """An activation energy in eV as a quantity."""
    u = p.uncertainty * ELEMENTARY_CHARGE_C
    return Quantity(p.value * ELEMENTARY_CHARGE_C, u if math.isfinite(u) else None, "energy", uncertainty_kind="se")


def _energies(result: FitResult, laws: Mapping[str, Arrhenius]) -> dict[str, Quantity]:
    """Of the arcs that have one, as far as the series determines it."""
    arcs = {f.name for f in features(result) if f.form in ("arc", "diffusion")}
    return {
        name: energy_of(law.activation_energy)
        for name, law in laws.items()
        if name in arcs and math.isfinite(law.activation_energy.uncertainty)
    }


def conductivity_25C(law: Arrhenius, geometry: Geometry) -> Quantity | None:
    """σ at 25 °C of a resistance that fills the sample, the geometry's uncertainty in it; None without geometry."""
    E = law.activation_energy
    if geometry.area is None or geometry.thickness is None or not math.isfinite(E.uncertainty):
        return None
    full = conductivity_law(energy_of(E), law.pivot_per_eV, law.log_at_pivot, law.log_error_at_pivot, geometry)
    return full.at(CELSIUS_25_K)


@dataclass(frozen=True)
class SeriesReport:
    """A series told in full.

    Attributes
    ----------
    result : SeriesResult
    fits : tuple of FitReport
        In the order given, assigned with the series' activation energies.
    geometry : Geometry or None
        None where the spectra differ in it.
    cell : str
    electrolyte : str or None
        Name of the material that counted as evidence.
    constriction : Mapping of ConstrictionHint
        By interface resistance of a symmetric cell.
    warnings : tuple of str
        The series' and those of what was done before.
    """

    result: SeriesResult
    fits: tuple[FitReport, ...]
    geometry: Geometry | None
    cell: CellKind
    electrolyte: str | None
    constriction: Mapping[str, ConstrictionHint]
    warnings: tuple[str, ...]

    @property
    def arcs(self) -> dict[str, Counter[str]]:
        """By arc or tail, how many spectra give it to which process; ``ambiguous`` counts apart."""
        found: dict[str, Counter[str]] = {}
        for one in self.fits:
            for name, each in one.meaning.assignments.items():
                found.setdefault(name, Counter())["ambiguous" if each.ambiguous else each.process] += 1
        return found


def series_report(
    result: SeriesResult,
    fits: Sequence[FitReport],
    cell: CellKind,
    *,
    electrolyte: str | None = None,
    electrolyte_energy: Quantity | None = None,
    warnings: Sequence[str] = (),
) -> SeriesReport:
    """A series with its fits told in full, and the hint of constriction in a symmetric cell.

    The electrolyte's activation energy is the material's where one is named, else that of the separator's arc
    whose error is smallest.
    """
    geometry = fits[0].geometry if len({one.geometry for one in fits}) == 1 else None
    hints: dict[str, ConstrictionHint] = {}
    inner, outer = (
        _mostly([getattr(one.symmetric, side) for one in fits if one.symmetric is not None])
        for side in ("separator", "interfaces")
    )
    energies = _energies(result.fits[0], result.arrhenius)
    own = [energies[name] for name in inner if name in energies]
    reference = electrolyte_energy or min(own, key=lambda q: q.standard_uncertainty, default=None)
    if reference is not None:
        hints = {name: constriction_hint(energies[name], reference) for name in outer if name in energies}
    said = [*warnings, *result.warnings]
    said += [text for one in fits for text in one.warnings if not any(known.endswith(text) for known in said)]
    return SeriesReport(result, tuple(fits), geometry, cell, electrolyte, hints, tuple(dict.fromkeys(said)))


def _mostly(sides: Sequence[Sequence[str]]) -> list[str]:
    """Names that stand on this side in more than half of the spectra."""
    counts = Counter(name for side in sides for name in side)
    return [name for name, count in counts.items() if 2 * count > len(sides)]


def tie_in_words(result: SeriesResult) -> str | None:
    """The verdict on the tie over temperature in one or two sentences; None where none was tried."""
    tie = result.tie
    if tie is None:
        return None
    if tie.accepted:
        return (
            f"The tie is accepted (p = {tie.p_value:.2g} at a level of {tie.level:g}): one activation energy, one "
            "exponent and one capacitance of each arc describe all spectra, and the activation energies are those of "
            "the joint fit."
        )
    told = [text for text in result.warnings if "tie is rejected" in text or "joint fit" in text]
    return told[0] if told else "The tie is not accepted; the separate fits stand."


_PROCESSES = {
    "bulk": "the bulk",
    "grain_boundary": "the grain boundaries",
    "metal_interface": "the metal interface",
    "charge_transfer": "charge transfer",
    "double_layer": "a double layer",
    "diffusion": "diffusion",
    "collector": "the collector or a contact",
    "unknown": "nothing that is known",
    "ambiguous": "ambiguous",
}


def arcs_in_words(report: SeriesReport) -> list[str]:
    """A sentence for each arc and tail: what it is in how many of the spectra."""
    sentences = []
    for name, counts in report.arcs.items():
        total = counts.total()
        told = [f"{_PROCESSES[process]} in {count} of {total} spectra" for process, count in counts.most_common()]
        if len(counts) == 1:
            process = next(iter(counts))
            told = ["ambiguous in all spectra" if process == "ambiguous" else f"{_PROCESSES[process]} in all spectra"]
        likeliest = Counter(
            each.process for one in report.fits if (each := one.meaning.assignments.get(name)) and each.ambiguous
        )
        text = f"{name}: {', '.join(told)}"
        if likeliest:
            process, _ = likeliest.most_common(1)[0]
            text += f", there most often nearest to {_PROCESSES[process]}" if process != "unknown" else ""
        sentences.append(text + ".")
    return sentences


def symmetric_in_words(report: SeriesReport) -> list[str]:
    """What a symmetric cell's parts are at the ends of the series."""
    found = [(i, one.symmetric) for i, one in enumerate(report.fits) if one.symmetric is not None]
    if not found:
        return []
    order = sorted(found, key=lambda pair: float(report.result.course[pair[0]]))
    labels = course_labels(report.result)
    sentences = []
    for at, cell in (order[0], order[-1]):
        text = f"At {labels[at]}: separator {' + '.join(cell.separator)} = {cell.separator_resistance}"
        if cell.conductivity is not None:
            text += f" (σ = {cell.conductivity})"
        if cell.interface_resistance is not None:
            both = " + ".join(cell.interfaces)
            half = f"{both}/2" if len(cell.interfaces) == 1 else f"({both})/2"
            text += f", each of the two interfaces {half} = {cell.interface_resistance}"
        sentences.append(text + ("." if cell.certain else "; which arc is whose is not certain."))
    return sentences


_PLACE = re.compile(r"^spectrum \d+ of \d+ \([^)]*\): ")


def gathered(warnings: Sequence[str]) -> list[str]:
    """Warnings about several spectra that differ in their numbers alone, as the first of them and how many more."""
    alike: dict[str, list[str]] = {}
    for text in warnings:
        place = _PLACE.match(text)
        key = re.sub(r"(?<![\w.])\d[\d.e+-]*", "#", text[place.end() :]) if place else text
        alike.setdefault(key, []).append(text)
    return [
        each[0] if len(each) == 1 else f"{each[0]} Likewise in {len(each) - 1} more spectra." for each in alike.values()
    ]
