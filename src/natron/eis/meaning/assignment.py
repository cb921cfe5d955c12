"""Which arc is which, from evidence, with "cannot know" as an answer; and what the window does not resolve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, Quantity, did_you_mean
from natron.core.constants import ELEMENTARY_CHARGE_C
from natron.eis.fitting.result import FitResult
from natron.eis.meaning.arcs import Feature, features
from natron.eis.meaning.evidence import (
    FACTORS,
    SCALES,
    VACUUM_PERMITTIVITY_F_PER_M,
    CellKind,
    Electrolyte,
    Process,
    ProcessFacts,
    Range,
    likelihood,
    table,
    thickness_exponent,
)
from natron.eis.meaning.geometry import Geometry
from natron.eis.meaning.window import HighFrequency, high_frequency

CLEAR_ODDS = 10.0
"""The best candidate must be so many times as likely as the next, or the assignment is ambiguous
(Jeffreys' bound for strong evidence)."""

UNKNOWN_SHARE = 0.05
"""Odds beforehand of something that is in no list, against each process that is: one in twenty."""

_USELESS_DECADES = 2.0
"""A capacitance or frequency less certain than this many decades says nothing."""

_REPEATED, _MISPLACED, _UNUSUAL = 0.02, 0.02, 0.1
"""Weights of a process that stands twice, of a bulk arc slower than another, of another unusual order.

Bulk is fastest by physics (grain boundaries have the same permittivity and more resistivity); the other
orders are those of Lowack et al. 2025, Fig. 5 and 7, DOI 10.1080/10667857.2025.2560836.
"""

_ORDERS: tuple[tuple[Process, ...], ...] = (
    ("grain_boundary", "metal_interface"),
    ("double_layer", "charge_transfer", "diffusion", "collector"),
)

_TWO_ALIKE: Mapping[CellKind, tuple[Process, ...]] = {
    "symmetric": ("metal_interface",),
    "blocking": ("double_layer", "collector"),
}
"""Interfaces that a cell has twice, in series: each has half the resistance and twice the capacitance."""

_NAMES: Mapping[Process, str] = {
    "bulk": "bulk",
    "grain_boundary": "grain boundary",
    "metal_interface": "metal interface",
    "charge_transfer": "charge transfer",
    "double_layer": "double layer",
    "diffusion": "diffusion",
    "collector": "collector or contact",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number held against what one process would give.

    Attributes
    ----------
    about : str
        Such as ``areal_capacitance``.
    value, low, high : float
        The number and the range it was held against, in `unit`; of several ranges the nearest.
    unit : str
    inside : bool
        Whether it lies in the range.
    source : str
    confidence : str
    words : str
        All of it in one sentence.
    """

    about: str
    value: float
    low: float
    high: float
    unit: str
    inside: bool
    source: str
    confidence: str
    words: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A process that an arc or a tail may come from.

    Attributes
    ----------
    process : str
    score : float
        Its probability among the candidates, 0 to 1, as far as ranges and order can tell: no more than a
        weighing of the evidence.
    evidence : tuple of Evidence
    """

    process: Process
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an arc, a tail or a resistor comes from.

    Attributes
    ----------
    name : str
        Of its resistance, or of the element.
    elements : tuple of str
    process : str
        The likeliest; ``unknown`` where nothing fits or nothing is known.
    ambiguous : bool
        Whether the likeliest is less than ten times as likely as the next, or ``unknown``.
    candidates : tuple of Candidate
        The likeliest first.
    words : str
    """

    name: str
    elements: tuple[str, ...]
    process: Process
    ambiguous: bool
    candidates: tuple[Candidate, ...]
    words: str

    @property
    def evidence(self) -> tuple[str, ...]:
        """What speaks for and against the likeliest, in words."""
        return tuple(e.words for e in self.candidates[0].evidence) if self.candidates else ()

    def score(self, *processes: Process) -> float:
        """Score of these processes together."""
        return sum(c.score for c in self.candidates if c.process in processes)

    def as_json(self) -> dict[str, Any]:
        """For JSON: scores and booleans bare."""
        return {
            "process": self.process,
            "ambiguous": self.ambiguous,
            "elements": list(self.elements),
            "candidates": {c.process: round(c.score, 4) for c in self.candidates},
            "evidence": list(self.evidence),
            "words": self.words,
        }


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a fitted spectrum says.

    Attributes
    ----------
    cell : str
    assignments : Mapping of Assignment
        Of every arc and tail, by name, in the circuit's order.
    high_frequency : HighFrequency or None
        None where the circuit has no resistor in series.
    notes : tuple of str
        What was left out and why.
    """

    cell: CellKind
    assignments: Mapping[str, Assignment]
    high_frequency: HighFrequency | None
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The assignments by name, then what resistors in series hold."""
        found = {name: a.as_json() for name, a in self.assignments.items()}
        if self.high_frequency is not None:
            for name in self.high_frequency.names:
                found[name] = {
                    "process": "unresolved",
                    "contains": list(self.high_frequency.contains),
                    "ambiguous": not self.high_frequency.certain,
                    "words": self.high_frequency.words,
                }
        return found


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything that one feature is judged by."""

    cell: CellKind
    geometry: Geometry
    electrolyte: Electrolyte
    temperature_K: float | None
    activation_energy: Mapping[str, Quantity]
    exponents: Mapping[str, tuple[float, float]]


def assign(
    result: FitResult,
    cell: CellKind = "unknown",
    geometry: Geometry | None = None,
    *,
    electrolyte: Electrolyte | None = None,
    activation_energy: Mapping[str, Quantity] | None = None,
    thickness_series: Mapping[str, Sequence[tuple[Quantity, Quantity]]] | None = None,
) -> Meaning:
    """Say which arc and tail comes from which process, on what evidence, or that it cannot be known.

    Each number there is (specific capacitance, frequency, activation energy, exponent of thickness, slope
    of a tail) has a likelihood under each process the cell can have: uniform over the range in
    ``arc_evidence.toml``, its ends blurred, one number in a hundred anywhere. Processes are equally probable
    beforehand; arcs are weighed together, neighbours in frequency by their order. ``unknown``, a twentieth
    as probable, gives every number the likelihood of anything at all, so it wins where nothing fits.

    Parameters
    ----------
    result : FitResult
    cell : {"symmetric", "blocking", "full", "unknown"}
        Metal | ceramic | metal; ceramic between ion-blocking electrodes; metal | ceramic | cathode.
    geometry : Geometry, optional
        Else what the spectrum says. Without an area no capacitance is evidence, without a thickness none
        of the grains and their boundaries.
    electrolyte : Electrolyte, optional
        Else permittivities of solid electrolytes in general.
    activation_energy : Mapping of Quantity, optional
        By the name of a resistance, from R = T κ exp(E_A/k_BT); kind ``energy``.
    thickness_series : Mapping of sequences of (thickness, resistance), optional
        By the name of a resistance: quantities of several samples, resistances per area.

    Raises
    ------
    InputError
        Where the kind of cell or a name is unknown, or a thickness series has fewer than two thicknesses.
    """
    if cell not in get_args(CellKind):
        raise InputError("unknown kind of cell", given=cell, hint=did_you_mean(str(cell), get_args(CellKind)))
    parts = features(result)
    names = [f.name for f in parts]
    for given in (activation_energy or {}, thickness_series or {}):
        for name in given:
            if name not in names:
                raise InputError("no arc has this name", given=name, hint=did_you_mean(name, names))
    known = _Known(
        cell,
        geometry or Geometry.of_spectrum(result.spectrum),
        electrolyte or Electrolyte(),
        result.spectrum.temperature_K,
        activation_energy or {},
        {name: thickness_exponent(pairs) for name, pairs in (thickness_series or {}).items()},
    )
    found: dict[str, Assignment] = {}
    chain = [f for f in parts if f.form in ("arc", "diffusion")]
    chain.sort(key=lambda f: -(f.frequency_Hz or 0.0))
    for feature, assignment in zip(chain, _arcs(chain, known), strict=True):
        found[feature.name] = assignment
    for feature in parts:
        if feature.form == "tail":
            found[feature.name] = _judged(feature, _weighed(feature, _possible(cell, "tails"), known), None, known)
        elif feature.form == "other":
            words = f"{feature.name}: natron has no ranges for this element and cannot say what it is."
            found[feature.name] = Assignment(feature.name, feature.elements, "unknown", True, (), words)
    assignments = {f.name: found[f.name] for f in parts if f.name in found}
    clear = {a.process: a.name for a in assignments.values() if not a.ambiguous}
    boundaries_seen = any(a.process == "grain_boundary" for a in assignments.values())
    return Meaning(
        cell,
        assignments,
        high_frequency(
            result,
            tuple(f.name for f in parts if f.form == "resistor"),
            cell,
            known.geometry,
            known.electrolyte,
            bulk_arc=clear.get("bulk"),
            boundaries_seen=boundaries_seen,
        ),
        _notes(parts, known),
    )


def _possible(cell: CellKind, form: str) -> list[ProcessFacts]:
    return [p for p in table().processes if cell in (p.arcs if form == "arcs" else p.tails)]


def _weighed(feature: Feature, processes: Sequence[ProcessFacts], known: _Known) -> list[tuple[Candidate, float]]:
    """Each candidate with the logarithm of its likelihood; the score is filled in later."""
    weighed = []
    for process in (*(p.name for p in processes), "unknown"):
        total, evidence = math.log(UNKNOWN_SHARE) if process == "unknown" else 0.0, []
        for about, value, spread in _numbers(feature, process, known):
            ranges = _ranges(process, about, known)
            total += math.log(likelihood(about, ranges, value, spread))
            if ranges:
                evidence.append(_evidence(about, value, ranges))
        weighed.append((Candidate(process, 0.0, tuple(evidence)), total))
    return weighed


def _numbers(feature: Feature, process: Process, known: _Known) -> list[tuple[str, float, float]]:
    """What is known of a feature: (about, value, spread). The same numbers for each process, so that
    likelihoods compare; only the way the capacitance is made specific differs, which shifts its logarithm.
    """
    numbers = []
    area, thickness = known.geometry.area, known.geometry.thickness
    C, spread = feature.capacitance_F, feature.capacitance_decades
    # a capacitance may underflow to zero where a fit ran to its limits
    if C and area is not None and spread < _USELESS_DECADES:
        along = any(r.about == "capacitance_per_length" and r.process == process for r in table().ranges)
        decades = math.hypot(spread, known.geometry.relative_uncertainty / math.log(10))
        if not along:
            twice = 2 if process in _TWO_ALIKE.get(known.cell, ()) else 1
            numbers.append(("areal_capacitance", twice * C / area.value, decades))
        elif thickness is not None:
            numbers.append(("capacitance_per_length", C * thickness.value / area.value, decades))
        else:
            # no range is held against it, but it must weigh as much as under the other processes
            numbers.append(("areal_capacitance", C / area.value, decades))
    if feature.frequency_Hz is not None and feature.frequency_decades < _USELESS_DECADES:
        numbers.append(("frequency", feature.frequency_Hz, feature.frequency_decades))
    energy = known.activation_energy.get(feature.name)
    if energy is not None:
        factor = 1 / ELEMENTARY_CHARGE_C
        numbers.append(("activation_energy", energy.value * factor, energy.standard_uncertainty * factor))
    if feature.name in known.exponents:
        numbers.append(("thickness_exponent", *known.exponents[feature.name]))
    if feature.exponent is not None and feature.form in ("tail", "diffusion"):
        numbers.append(("cpe_exponent", feature.exponent, 0.0))
    return numbers


def _ranges(process: Process, about: str, known: _Known) -> tuple[Range, ...]:
    """The table's ranges, or what follows from the electrolyte in their place."""
    if process == "unknown":
        return ()
    electrolyte = known.electrolyte
    own = electrolyte.activation_energy
    if process == "bulk" and about == "capacitance_per_length":
        low, high = (VACUUM_PERMITTIVITY_F_PER_M * e for e in electrolyte.relative_permittivity)
        source = f"ε_r ε0, {electrolyte.permittivity_source}"
        return (Range(process, about, low, high, "F/cm", source, "C"),)
    if process == "bulk" and about == "frequency" and electrolyte.conductivity is not None:
        low, high = electrolyte.bulk_frequency_Hz(electrolyte.conductivity.value)
        # the grains conduct better than the whole, by up to an order of magnitude
        source = "σ/(2π ε_r ε0) with the electrolyte's total conductivity, up to tenfold for its grains'"
        return (Range(process, about, low, 10 * high, "Hz", source, "C"),)
    if own is not None and about == "activation_energy" and process in ("bulk", "grain_boundary"):
        E, u = own.value / ELEMENTARY_CHARGE_C, own.standard_uncertainty / ELEMENTARY_CHARGE_C
        above = 0.2 if process == "grain_boundary" else u + 0.02
        source = f"the electrolyte's own, {own}" + (", and up to 0.2 eV above" if above == 0.2 else "")
        return (Range(process, about, E - u - 0.02, E + above, "eV", source, "C"),)
    return table().of(process, about, known.cell, known.temperature_K)


def _evidence(about: str, value: float, ranges: tuple[Range, ...]) -> Evidence:
    scale = SCALES[about]
    nearest = min(ranges, key=lambda r: r.distance(value))
    factor = FACTORS[nearest.unit]
    unit = "" if nearest.unit == "1" else f" {nearest.unit}"
    inside = nearest.contains(value)
    place = "in" if inside else "just outside" if nearest.distance(value) <= scale.shoulder else "outside"
    words = (
        f"{scale.words} = {value / factor:.2g}{unit} lies {place} {nearest.words()}"
        f" ({nearest.source}; {nearest.confidence})"
    )
    if inside and nearest.note:
        words += f": {nearest.note}"
    return Evidence(
        about,
        value / factor,
        nearest.low / factor,
        nearest.high / factor,
        nearest.unit,
        inside,
        nearest.source,
        nearest.confidence,
        words,
    )


def _arcs(chain: Sequence[Feature], known: _Known) -> list[Assignment]:
    """All arcs weighed together: forward and backward over neighbours in frequency, the fastest first."""
    if not chain:
        return []
    processes = _possible(known.cell, "arcs")
    weighed = [_weighed(feature, processes, known) for feature in chain]
    unary = [_shares([w for _, w in each]) for each in weighed]
    pair = _pair_weights([c.process for c, _ in weighed[0]])
    forward = [unary[0]]
    for own in unary[1:]:
        forward.append(_normal(own * (forward[-1] @ pair)))
    backward = [np.ones(len(pair))]
    for own in reversed(unary[1:]):
        backward.insert(0, _normal(pair @ (own * backward[0])))
    scores = [_normal(f * b) for f, b in zip(forward, backward, strict=True)]
    order = " > ".join(f.name for f in chain) if len(chain) > 1 else None
    judged = []
    for feature, each, score in zip(chain, weighed, scores, strict=True):
        logs = np.log(np.maximum(score, 1e-300)).tolist()
        together = [(candidate, log) for (candidate, _), log in zip(each, logs, strict=True)]
        judged.append(_judged(feature, together, order, known))
    return judged


def _shares(logs: Sequence[float]) -> NDArray[np.float64]:
    w = np.array(logs)
    return _normal(np.exp(w - w.max()))


def _normal(w: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = w / w.sum()
    return result


def _pair_weights(processes: Sequence[Process]) -> NDArray[np.float64]:
    """(M, M): how usual it is that the column's process is the next slower one after the row's."""
    weights = np.ones((len(processes), len(processes)))
    for i, fast in enumerate(processes):
        for j, slow in enumerate(processes):
            if "unknown" in (fast, slow):
                continue
            if fast == slow:
                weights[i, j] = _REPEATED
            elif slow == "bulk":
                weights[i, j] = _MISPLACED
            elif any(fast in o and slow in o and o.index(slow) < o.index(fast) for o in _ORDERS):
                weights[i, j] = _UNUSUAL
    return weights


def _judged(
    feature: Feature, weighed: Sequence[tuple[Candidate, float]], order: str | None, known: _Known
) -> Assignment:
    scores = _shares([w for _, w in weighed])
    candidates = [Candidate(c.process, float(s), c.evidence) for (c, _), s in zip(weighed, scores, strict=True)]
    candidates.sort(key=lambda c: -c.score)
    best, second = candidates[0], candidates[1] if len(candidates) > 1 else None
    speaks = any(c.evidence for c in candidates)
    odds = best.score / second.score if second is not None and second.score > 0 else math.inf
    process: Process = best.process if speaks else "unknown"
    ambiguous = process == "unknown" or odds < CLEAR_ODDS
    return Assignment(
        feature.name,
        feature.elements,
        process,
        ambiguous,
        tuple(candidates),
        _words(feature, candidates, process, speaks, odds, order, known.cell),
    )


def _words(
    feature: Feature,
    candidates: Sequence[Candidate],
    process: Process,
    speaks: bool,
    odds: float,
    order: str | None,
    cell: CellKind,
) -> str:
    name, best = feature.name, candidates[0]
    if not speaks:
        reason = (
            f"nothing that a {cell} cell is known to have gives a tail"
            if feature.form == "tail" and len(candidates) == 1
            else "there is no number to hold against a range (give area and thickness, or a series)"
        )
        return f"{name}: cannot be known; {reason}."
    if process == "unknown":
        closest = candidates[1]
        against = "; ".join(e.words for e in closest.evidence if not e.inside) or "it stands in the wrong order"
        return f"{name}: no known process fits. Nearest is {_NAMES[closest.process]}, but {against}."
    because = "; ".join(e.words for e in best.evidence)
    if order is not None:
        because += f"; order by falling frequency {order}"
    if odds < CLEAR_ODDS:
        second = candidates[1]
        return (
            f"{name}: ambiguous, {_NAMES[best.process]} ({best.score:.2f}) or {_NAMES[second.process]}"
            f" ({second.score:.2f}), {odds:.1f} to 1 and not {CLEAR_ODDS:.0f}. For the former: {because}."
        )
    return f"{name}: {_NAMES[process]} ({best.score:.2f}). {because}."


def _notes(parts: Sequence[Feature], known: _Known) -> tuple[str, ...]:
    notes = []
    if known.geometry.area is None:
        notes.append("No area is given: capacitances are not specific and count for nothing.")
    elif known.geometry.thickness is None and known.cell != "full":
        notes.append("No thickness is given: the capacitances of grains and their boundaries count for nothing.")
    if known.cell == "unknown":
        notes.append("The kind of cell is not given: every process is a candidate.")
    T = known.temperature_K
    if known.cell == "full" and T is not None and not 15 <= T - 273.15 <= 45:
        notes.append(f"Frequencies are known near 30 °C and do not count at {T - 273.15:.0f} °C.")
    for feature in parts:
        if feature.flags and feature.form in ("arc", "diffusion", "tail"):
            notes.append(f"{feature.name} is flagged {', '.join(feature.flags)} by the fit; its numbers are weak.")
    return tuple(notes)
