"""Candidates grown arc by arc, each fitted once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from natron.data import Spectrum
from natron.eis.choice.candidates import (
    IMITATORS,
    SPECIAL,
    WS_PEAK,
    Candidate,
    Criterion,
    Shape,
    candidate_of,
    choose,
)
from natron.eis.circuits.notation import Circuit
from natron.eis.fitting.result import Weight
from natron.eis.fitting.spectrum_fit import fit_circuit
from natron.eis.fitting.task import EngineName

_SEARCH_STARTS = 6
_SEARCH_WORK = 2.5e9


@dataclass
class Search:
    """Fits candidates one by one, each once, and remembers them."""

    spectrum: Spectrum
    weight: Weight
    criterion: Criterion
    accuracy: float
    starts: int
    engine: EngineName
    seen: dict[Shape, Candidate | None] = field(default_factory=dict)
    found: list[Candidate] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    work: float = 0.0
    fits: int = 0

    def each(self, circuits: Sequence[Circuit]) -> None:
        """Fit circuits that were given."""
        left_out = []
        for circuit in circuits:
            one = self.fitted(circuit, circuit.text, self.starts)
            if one is None:
                left_out.append(circuit.text)
            else:
                self.found.append(one)
        if left_out:
            self.notes.append(f"not fitted, for want of points or time: {', '.join(left_out)}")

    def grow(self, max_arcs: int) -> None:
        """Add arcs until that helps no more, with the tails and the lead inductance that help."""
        # a sample alone is never inductive
        inductance = bool(self.spectrum.impedance_ohm[0].imag > 0)
        idle = 0
        for arcs in range(max_arcs + 1):
            before = min((c.score(self.criterion) for c in self.found), default=math.inf)
            inductance = self.level(arcs, inductance, before)
            if not self.found:
                return
            idle = 0 if min(c.score(self.criterion) for c in self.found) < before else idle + 1
            if idle and (self.best().noise_like or idle > 1):
                break
        self.doubt()

    def level(self, arcs: int, inductance: bool, before: float) -> bool:
        """Fit what `arcs` arcs can be; whether the leads' inductance helps."""
        tails = ["", "CPE"]
        if self.found and self.best().noise_like and not self.best().faults:
            # noise is explained: a further arc has to show that it is worth a closer look
            known = self.best_tail()
            tails = list(dict.fromkeys(("", known, "CPE" if known in IMITATORS else "")))
        plain = [self.shape(Shape(arcs, tail, inductance)) for tail in tails]
        if tails != ["", "CPE"] and not any(c and c.score(self.criterion) < before for c in plain):
            return inductance
        bare, tailed = (self.shape(Shape(arcs, tail, inductance)) for tail in ("", "CPE"))
        # where a CPE gains nothing on noise, no other tail will
        if bare and tailed and (not bare.noise_like or tailed.fit_term < bare.fit_term - math.log(tailed.count)):
            self.tails(arcs, inductance)
        if bare and arcs:
            self.slowest_arc_as_diffusion(Shape(arcs, "", inductance), bare)
        best = self.best_of(arcs)
        if best is None:
            return inductance
        shape, one = best
        other = self.derived(replace(shape, inductance=not inductance), one)
        if other is not None and other.score(self.criterion) < one.score(self.criterion):
            inductance = not inductance
            for tail in ("", "CPE"):
                self.shape(Shape(arcs, tail, inductance))
            if not other.noise_like or shape.tail:
                self.tails(arcs, inductance)
            shape, one = self.best_of(arcs) or best
        if any(fault.startswith("R0") for fault in one.faults) and (arcs or shape.tail):
            self.derived(replace(shape, resistance=False), one)
        return inductance

    def tails(self, arcs: int, inductance: bool) -> None:
        """The tails that diffusion makes; the special cases where the general one holds them."""
        for tail in ("FSD", "Ws"):
            self.shape(Shape(arcs, tail, inductance))
        for general, (special, at) in SPECIAL.items():
            its = self.seen.get(Shape(arcs, general, inductance))
            if its is None:
                continue
            n = its.result.parameters[its.circuit.parameter_names[-1]]
            if abs(n.value - at) <= max(4 * n.uncertainty, 0.02):
                self.derived(Shape(arcs, special, inductance), its)

    def slowest_arc_as_diffusion(self, shape: Shape, one: Candidate) -> None:
        """Try Ws in place of the slowest arc, from its values.

        Without them the best Ws is often one amid the arcs, where it is no tail.
        """
        values, k = one.result.values, shape.arcs
        tau = (values[f"R{k}"] * values[f"CPE{k}_Q"]) ** (1 / values[f"CPE{k}_n"])
        less = replace(shape, arcs=k - 1, tail="Ws")
        initial = {name: values[name] for name in less.circuit.parameter_names[:-2]}
        initial |= {f"Ws{k}_R": values[f"R{k}"], f"Ws{k}_tau": WS_PEAK * tau}
        self.improve(less, initial)

    def improve(self, shape: Shape, initial: dict[str, float]) -> None:
        """Fit a shape from values, and keep that where it is better than what was known of the shape."""
        one, known = self.fitted(shape.circuit, shape.words, 1, initial), self.seen.get(shape)
        if one is None or (known is not None and known.score(self.criterion) <= one.score(self.criterion)):
            return
        if known is not None:
            self.found.remove(known)
        self.keep(shape, one)

    def doubt(self) -> None:
        """Look with all starts for what one arc fewer can do, before it is passed over as structured."""
        chosen = self.best()
        tail = self.best_tail()
        for i in _doubtful_arcs(chosen):
            less = next(replace(s, arcs=s.arcs - 1) for s, c in self.seen.items() if c is chosen)
            if not less.empty:
                self.improve(less, _without_arc(less, chosen, i))
        fewer = [
            (s, c) for s, c in self.seen.items() if c is not None and s.arcs == chosen.arcs - 1 and not c.noise_like
        ]
        # first of all with the same tail
        for shape, one in sorted(fewer, key=lambda pair: (pair[0].tail != tail, pair[1].score(self.criterion)))[:2]:
            if self.starts <= one.result.starts:
                continue
            again = self.fitted(shape.circuit, shape.words, self.starts)
            if again is not None and again.result.chi2 < one.result.chi2:
                self.found.remove(one)
                self.keep(shape, again)
        # what came in on the way may be idle by now
        best = self.best()
        shape = next(shape for shape, one in self.seen.items() if one is best)
        less = replace(shape, inductance=False)
        if shape.inductance and best.faults and not less.empty:
            self.improve(less, _initial(less, best))

    def shape(self, shape: Shape) -> Candidate | None:
        """Fit a shape unless it was; None where there are too few points for it."""
        if shape not in self.seen:
            one = self.fitted(shape.circuit, shape.words, min(self.starts, _SEARCH_STARTS))
            self.keep(shape, one)
        return self.seen[shape]

    def derived(self, shape: Shape, near: Candidate) -> Candidate | None:
        """Fit a shape from the values of one that differs in an element; in full where that leaves structure."""
        if shape not in self.seen:
            initial = _initial(shape, near)
            one = self.fitted(shape.circuit, shape.words, 1, initial)
            if one is not None and (one.result.status == "not_converged" or (near.noise_like and not one.noise_like)):
                one = self.fitted(shape.circuit, shape.words, min(self.starts, _SEARCH_STARTS)) or one
            self.keep(shape, one)
        return self.seen[shape]

    def keep(self, shape: Shape, one: Candidate | None) -> None:
        """Remember what became of a shape."""
        self.seen[shape] = one
        if one is not None:
            self.found.append(one)

    def fitted(
        self, circuit: Circuit, words: str, starts: int, initial: dict[str, float] | None = None
    ) -> Candidate | None:
        """Fit a circuit; None where there are too few points for it, or the search has worked long enough."""
        size = len(circuit.parameter_names)
        if size + 2 >= 2 * len(self.spectrum):
            return None
        if self.work > _SEARCH_WORK and self.found:
            note = "the search stopped early: this spectrum and these candidates take long to fit"
            if note not in self.notes:
                self.notes.append(note)
            return None
        result = fit_circuit(self.spectrum, circuit, self.weight, initial=initial, starts=starts, engine=self.engine)
        self.fits += 1
        # the operations of a fit, about a nanosecond each, as its own budget counts them
        each = len(self.spectrum) * size * (20.0 + size)
        self.work += result.evaluations * (each if result.engine == "numba" else 10 * each + 8e5 + 3e4 * size)
        return candidate_of(result, words, self.accuracy)

    def best(self) -> Candidate:
        """The candidate that would be chosen now."""
        return choose(self.found, self.criterion)

    def best_tail(self) -> str:
        """The tail of that."""
        best = self.best()
        return next(shape.tail for shape, one in self.seen.items() if one is best)

    def best_of(self, arcs: int) -> tuple[Shape, Candidate] | None:
        """The best with this number of arcs."""
        level = [(s, c) for s, c in self.seen.items() if c is not None and s.arcs == arcs]
        return min(level, key=lambda pair: pair[1].score(self.criterion), default=None)


def _initial(shape: Shape, near: Candidate) -> dict[str, float]:
    """Values for `shape` from a fit of a shape that differs in one element."""
    values, spectrum = near.result.values, near.result.spectrum
    top, low = 2 * math.pi * spectrum.frequency_Hz[[0, -1]]
    last = f"{shape.arcs + 1}"
    made = {"R0": float(np.abs(spectrum.impedance_ohm).min())}
    # a fiftieth of what was measured: small enough to start from where there is none
    made["L0"] = max(0.02 * float(np.abs(spectrum.impedance_ohm[0])), float(spectrum.impedance_ohm[0].imag)) / top
    if f"CPE{last}_Q" in values:
        at = 10 * low
        made[f"W{last}"] = math.sqrt(at / 2) / (values[f"CPE{last}_Q"] * at ** values[f"CPE{last}_n"])
    for name in ("R", "tau"):
        made[f"Wo{last}_{name}"] = values.get(f"FSD{last}_{name}", 1.0)
    return {name: values.get(name, made.get(name, 1.0)) for name in shape.circuit.parameter_names}


def _doubtful_arcs(one: Candidate) -> list[int]:
    """Numbers of the arcs with a fault."""
    labels = {fault.split(":")[0].split("_")[0] for fault in one.faults}
    return [i for i in range(1, one.arcs + 1) if labels & {f"R{i}", f"CPE{i}"}]


def _without_arc(less: Shape, one: Candidate, number: int) -> dict[str, float]:
    """Values for `less` from a fit that has an arc more, of this number."""
    values, result = one.result.values, {}
    for name in less.circuit.parameter_names:
        label, _, rest = name.partition("_")
        symbol, at = label.rstrip("0123456789"), int(label[len(label.rstrip("0123456789")) :])
        shifted = at + (at >= number > 0 and label not in ("R0", "L0"))
        result[name] = values[f"{symbol}{shifted}_{rest}" if rest else f"{symbol}{shifted}"]
    return result
