"""Physically named circuits, and what speaks for and against the fit of one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from natron.eis.circuits.elements import Complex, Real
from natron.eis.circuits.notation import Circuit, Leaf, Node, Parallel, Series, leaves_of, parse_circuit
from natron.eis.fitting.result import FitResult

Criterion = Literal["bic", "aicc"]
_FAULT_COST = 6.0
_OVERLAP_COST = 2.0
_STRUCTURED = 0.01
_LAGS = 3
_FEWEST_FOR_STRUCTURE = 8
_NOT_CONVERGED = "the fit did not converge"
_LEAST_INDEPENDENT = 0.1
_UNDETERMINED = 0.5
_LOWEST_ARC_EXPONENT = 0.5
# with fewer parameters they pass for an arc among arcs, and for an arc with a CPE
IMITATORS = ("Ws", "FSD")
# 2πf τ at which −Im of tanh(x)/x has its maximum
WS_PEAK = 2.54
_TAILS = {
    "": "no tail",
    "CPE": "a blocking electrode or current collector (CPE)",
    "W": "semi-infinite diffusion (W)",
    "Wo": "diffusion into a finite space (Wo)",
    "FSD": "anomalous diffusion into a finite space (FSD)",
    "Ws": "diffusion through a finite length (Ws)",
}
_WORST_FIRST = ("arc_outside_window", "at_bound", "not_separable")
OVERLAP = "arc not separable"
# tail: the one it contains, and the exponent at which it does
SPECIAL = {"CPE": ("W", 0.5), "FSD": ("Wo", 1.0)}


@dataclass(frozen=True, slots=True)
class Shape:
    """A physically named circuit: leads, a series resistance, arcs R‖CPE and one tail.

    Attributes
    ----------
    arcs : int
    tail : str
        Symbol of the tail's element, or empty.
    inductance : bool
        Whether the leads have one.
    resistance : bool
        Whether there is a series resistance.
    """

    arcs: int
    tail: str = ""
    inductance: bool = False
    resistance: bool = True

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it."""
        return not (self.arcs or self.tail or self.inductance or self.resistance)

    @property
    def circuit(self) -> Circuit:
        """The circuit, such as ``R0-p(R1,CPE1)-CPE2``; a shape that is empty has none."""
        parts = ["L0"] * self.inductance + ["R0"] * self.resistance
        parts += [f"p(R{i},CPE{i})" for i in range(1, self.arcs + 1)]
        parts += [f"{self.tail}{self.arcs + 1}"] if self.tail else []
        return parse_circuit("-".join(parts))

    @property
    def words(self) -> str:
        """What it stands for."""
        parts = ["lead inductance"] * self.inductance + ["series resistance"] * self.resistance
        parts += [] if not self.arcs else [f"{self.arcs} arc{'s' * (self.arcs > 1)} R‖CPE"]
        parts += [_TAILS[self.tail]] if self.tail else []
        return ", ".join(parts)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One circuit that was fitted, and what speaks for and against it.

    Attributes
    ----------
    words : str
        What the circuit stands for physically.
    result : FitResult
    arcs : int
        Parallel branches and ZARC elements in series.
    fit_term : float
        N ln(χ²/N), N counting all residuals.
    bic, aicc : float
        See `select_circuit`; only their differences mean anything.
    delta : float
        Its criterion less that of the chosen one; below zero where residual structure or faults decided
        against the number.
    akaike_weight : float
        exp(−Δ/2), normalised over all candidates (Burnham and Anderson 2002).
    structure_p : float
        Probability that noise without memory leaves residuals as structured along frequency; 1 where there
        are too few points to tell.
    noise_like : bool
        Whether that is at least 1 %, or the residuals are within the accuracy asked for.
    faults : tuple of str
        What is physically doubtful, one for each branch concerned.
    """

    words: str
    result: FitResult
    arcs: int
    fit_term: float
    bic: float
    aicc: float
    structure_p: float
    noise_like: bool
    faults: tuple[str, ...]
    delta: float = 0.0
    akaike_weight: float = 0.0

    @property
    def circuit(self) -> Circuit:
        """The circuit that was fitted."""
        return self.result.circuit

    @property
    def size(self) -> int:
        """Number of parameters."""
        return len(self.circuit.parameter_names)

    @property
    def count(self) -> int:
        """Real numbers that were fitted, two for each point."""
        return 2 * len(self.result.spectrum)

    def value(self, criterion: Criterion) -> float:
        """Its BIC or its AICc."""
        return self.bic if criterion == "bic" else self.aicc

    def score(self, criterion: Criterion) -> float:
        """The criterion, and what doubts add to it; the lowest is the best."""
        overlapping = sum(fault.endswith(OVERLAP) for fault in self.faults)
        doubts = (
            len(self.faults) - overlapping + any(symbol_of(branch) in IMITATORS for branch in branches_of(self.circuit))
        )
        cost = math.inf if _NOT_CONVERGED in self.faults else _FAULT_COST * doubts
        return self.value(criterion) + cost + _OVERLAP_COST * overlapping


def candidate_of(result: FitResult, words: str, accuracy: float) -> Candidate:
    """A fitted circuit with its evidence; `accuracy` is relative, as in `natron.eis.select_circuit`."""
    count = 2 * len(result.spectrum)
    floor = accuracy**2 * _power(result)
    fit_term = count * math.log(max((result.chi2 + floor) / count, 1e-300))
    p = structure_p(result.residuals)
    noise_like = p >= _STRUCTURED or result.chi2 <= floor
    bic, aicc = criteria(fit_term, count, len(result.circuit.parameter_names), 1.0)
    return Candidate(words, result, _arcs(result.circuit), fit_term, bic, aicc, p, noise_like, _faults(result))


def criteria(fit_term: float, count: int, size: int, independent: float) -> tuple[float, float]:
    """BIC and AICc, where a share `independent` of the residuals says something new."""
    k, n = size + 1, count * independent
    # the correction has its pole where there are no more data than parameters
    spare = max(n - k - 1, 1.0)
    return independent * fit_term + k * math.log(n), independent * fit_term + 2 * k + 2 * k * (k + 1) / spare


def independent_share(residuals: Complex) -> float:
    """Share of residuals (N,) that says something new, (1 − r)/(1 + r) for an autocorrelation r at lag 1."""
    power = float((np.abs(residuals) ** 2).sum())
    if not power > 0:
        return 1.0
    r = float((residuals[1:] * residuals[:-1].conj()).real.sum()) / power
    return min(1.0, max(_LEAST_INDEPENDENT, (1 - r) / (1 + r)))


def _power(result: FitResult) -> float:
    """Weighted sum of squares of the data, for the scale of rounding."""
    z = result.spectrum.impedance_ohm
    if result.weight in ("modulus", "proportional"):
        return float(len(z))
    if result.weight == "measured" and result.spectrum.noise_ohm is not None:
        noise = result.spectrum.noise_ohm
        return float(((z.real / noise.real) ** 2 + (z.imag / noise.imag) ** 2).sum())
    return float((np.abs(z) ** 2).sum())


def structure_p(residuals: Complex) -> float:
    """Probability that noise without memory is as structured along frequency as `residuals` (N,).

    The smaller of two one-sided tests on Re and Im together, times two: too few runs of equal sign (Wald and
    Wolfowitz 1940), and too high an autocorrelation summed over lags 1 to 3. Both are normal for noise; the
    parameters of a fit make them a little more cautious. 1 for fewer than 8 points.
    """
    n = len(residuals)
    if n < _FEWEST_FOR_STRUCTURE:
        return 1.0
    runs, memory = [], []
    for part in (residuals.real, residuals.imag):
        power = float(np.dot(part, part))
        if not (math.isfinite(power) and power > 0):
            continue
        correlation = sum(float(np.dot(part[lag:], part[:-lag])) for lag in range(1, _LAGS + 1)) / power
        # under noise each lag has variance (n − lag)/n²
        memory.append(correlation * n / math.sqrt(sum(n - lag for lag in range(1, _LAGS + 1))))
        above = part > 0
        a, b = float(above.sum()), float(n - above.sum())
        if a == 0 or b == 0:
            runs.append(math.sqrt(n))
            continue
        expected = 2 * a * b / n + 1
        variance = (expected - 1) * (expected - 2) / (n - 1)
        if variance > 0:
            runs.append((expected - 1 - float((above[1:] != above[:-1]).sum())) / math.sqrt(variance))
    tails = [0.5 * math.erfc(sum(z) / math.sqrt(2 * len(z))) for z in (runs, memory) if z]
    return min(1.0, len(tails) * min(tails)) if tails else 1.0


def branches_of(circuit: Circuit) -> Iterator[Node]:
    """The members of the top-level series."""
    root = circuit.root
    yield from root.children if isinstance(root, Series) else (root,)


def _arcs(circuit: Circuit) -> int:
    return sum(
        isinstance(branch, Parallel) or (isinstance(branch, Leaf) and branch.element.symbol == "ZARC")
        for branch in branches_of(circuit)
    )


def _faults(result: FitResult) -> tuple[str, ...]:
    """What is physically doubtful about a fit, one for each branch of the series."""
    if result.status == "not_converged":
        return (_NOT_CONVERGED,)
    frequency = result.spectrum.frequency_Hz
    faults = []
    slowest = max((_time_constant(result, branch) for branch in branches_of(result.circuit)), default=0.0)
    for branch in branches_of(result.circuit):
        named = [(name, leaf.element.symbol) for leaf in leaves_of(branch) for name in leaf.parameter_names]
        fault = next(
            (
                f
                for name, symbol in named
                if (f := _fault(result, name, symbol, isinstance(branch, Parallel), frequency))
            ),
            None,
        )
        if isinstance(branch, Leaf) and branch.element.symbol == "Ws" and not fault:
            tau = result.values[f"{branch.label}_tau"] / WS_PEAK
            fault = f"{branch.label}: faster than an arc, so no tail" if tau < slowest else None
        if fault:
            faults.append(fault)
    return tuple(faults)


def _time_constant(result: FitResult, branch: Node) -> float:
    """τ of a p(R,CPE), 0 for other branches."""
    if not isinstance(branch, Parallel) or not all(isinstance(child, Leaf) for child in branch.children):
        return 0.0
    labels = {child.element.symbol: child.label for child in branch.children if isinstance(child, Leaf)}
    if set(labels) != {"R", "CPE"} or len(branch.children) != 2:
        return 0.0
    Q, n = (result.values[f"{labels['CPE']}_{name}"] for name in ("Q", "n"))
    return float((result.values[labels["R"]] * Q) ** (1 / n))


def _fault(result: FitResult, name: str, symbol: str, in_arc: bool, frequency: Real) -> str | None:
    parameter = result.parameters[name]
    exponent = parameter.unit == "1"
    if exponent and parameter.value >= 1:
        # an ideal capacitor is nothing to doubt
        return None
    if parameter.flags:
        worst = next((flag for flag in _WORST_FIRST if flag in parameter.flags), parameter.flags[0])
        return f"{name}: {'arc ' * (in_arc and worst == 'not_separable')}{worst.replace('_', ' ')}"
    if exponent and symbol == "CPE" and in_arc and parameter.interval[1] < _LOWEST_ARC_EXPONENT:
        return f"{name}: {parameter.value:.2f} is flatter than diffusion"
    if name.endswith("_tau") and symbol in ("Wo", "Ws", "FSD"):
        knee = 1 / (2 * math.pi * parameter.value)
        if not frequency[-1] <= knee <= frequency[0]:
            return f"{name}: its {knee:.3g} Hz is outside the window"
    # an arc's Q follows from R and τ; a lone Q, W, C or L stands for itself
    if not exponent and not in_arc and parameter.uncertainty > _UNDETERMINED * parameter.value:
        return f"{name}: not determined"
    return None


def choose(found: Sequence[Candidate], criterion: Criterion) -> Candidate:
    """The best score; where its residuals are structured, the best richer one without that gains on it."""
    best = min(found, key=lambda c: c.score(criterion))
    if best.noise_like:
        return best
    richer = [c for c in found if c.noise_like and c.size > best.size and c.score("aicc") < best.score("aicc")]
    return min(richer, key=lambda c: c.score(criterion), default=best)


def symbol_of(branch: Node) -> str:
    """A lone element's symbol, ``p`` for a parallel branch."""
    return branch.element.symbol if isinstance(branch, Leaf) else "p"


def last_symbol(circuit: Circuit) -> str:
    """Of the last branch, where the tail is."""
    return symbol_of(list(branches_of(circuit))[-1])
