"""Which circuit a spectrum calls for: physically named candidates, grown arc by arc and weighed by evidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.data import DataError, Spectrum
from natron.eis.circuits import Circuit, Leaf, Node, Parallel, Series, leaves_of, parse_circuit
from natron.eis.elements import Complex, Real
from natron.eis.fitting import EngineName, FitResult, Weight, fit

Criterion = Literal["bic", "aicc"]
SelectionStatus = Literal["accepted", "flagged", "structured"]

MAX_ARCS = 6
# Kass and Raftery 1995: from 6 on, evidence is strong
_AMBIGUOUS = 6.0
_FAULT_COST = 6.0
_OVERLAP_COST = 2.0
_STRUCTURED = 0.01
_LAGS = 3
_FEWEST_POINTS = 5
_FEWEST_FOR_STRUCTURE = 8
_ACCURACY = 1e-3
_NOT_CONVERGED = "the fit did not converge"
_LEAST_INDEPENDENT = 0.1
_UNDETERMINED = 0.5
_LOWEST_ARC_EXPONENT = 0.5
# with fewer parameters they pass for an arc among arcs, and for an arc with a CPE
_IMITATORS = ("Ws", "FSD")
# 2πf τ at which −Im of tanh(x)/x has its maximum
_WS_PEAK = 2.54
_SEARCH_POINTS = 200
_SEARCH_STARTS = 6
_SEARCH_WORK = 2.5e9
_FULL_FITS = 5
_MAX_CANDIDATES = 64

_TAILS = {
    "": "no tail",
    "CPE": "a blocking electrode or current collector (CPE)",
    "W": "semi-infinite diffusion (W)",
    "Wo": "diffusion into a finite space (Wo)",
    "FSD": "anomalous diffusion into a finite space (FSD)",
    "Ws": "diffusion through a finite length (Ws)",
}
_WORST_FIRST = ("arc_outside_window", "at_bound", "not_separable")
_OVERLAP = "arc not separable"
# tail: the one it contains, and the exponent at which it does
_SPECIAL = {"CPE": ("W", 0.5), "FSD": ("Wo", 1.0)}


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
    def circuit(self) -> Circuit:
        """The circuit, such as ``R0-p(R1,CPE1)-CPE2``."""
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
        overlapping = sum(fault.endswith(_OVERLAP) for fault in self.faults)
        doubts = (
            len(self.faults) - overlapping + any(_symbol(branch) in _IMITATORS for branch in _branches(self.circuit))
        )
        cost = math.inf if _NOT_CONVERGED in self.faults else _FAULT_COST * doubts
        return self.value(criterion) + cost + _OVERLAP_COST * overlapping


@dataclass(frozen=True, eq=False)
class Selection:
    """The circuit that the evidence picks, and what else was in question.

    Attributes
    ----------
    result : FitResult
        The chosen fit; its warnings end with the doubts of the selection.
    candidates : tuple of Candidate
        All that were fitted, the chosen first, then by criterion and faults.
    criterion : str
    status : str
        ``accepted``; ``flagged`` where the chosen one has faults; ``structured`` where it leaves
        residuals unlike noise and no better candidate does otherwise.
    ambiguous : bool
        Whether other candidates explain the data about as well.
    rivals : tuple of Candidate
        Those.
    reasons : tuple of str
        Why this one, in words.
    fits : int
        Fits that were made.
    """

    result: FitResult
    candidates: tuple[Candidate, ...]
    criterion: Criterion
    status: SelectionStatus
    ambiguous: bool
    rivals: tuple[Candidate, ...]
    reasons: tuple[str, ...]
    fits: int

    @property
    def chosen(self) -> Candidate:
        """The candidate behind `result`."""
        return self.candidates[0]

    @property
    def runners_up(self) -> tuple[Candidate, ...]:
        """The others."""
        return self.candidates[1:]

    @property
    def circuit(self) -> Circuit:
        """The chosen circuit."""
        return self.result.circuit


def select_circuit(
    spectrum: Spectrum,
    candidates: Iterable[str | Circuit] | None = None,
    *,
    weight: Weight = "modulus",
    criterion: Criterion = "bic",
    max_arcs: int = 4,
    ambiguous_within: float = _AMBIGUOUS,
    accuracy: float = _ACCURACY,
    starts: int = 24,
    engine: EngineName = "auto",
) -> Selection:
    """Pick the circuit that a spectrum calls for; `result` is its fit.

    The candidates are a series resistance and 0 to `max_arcs` arcs R‖CPE, each with no tail, a CPE (blocking
    electrode or collector), W (semi-infinite diffusion), Wo or FSD (finite space) or Ws (finite length), with
    and without the inductance of the leads, and without the series resistance where that is not determined.
    Arcs are added until evidence stops; tails, inductance and resistance are tried on the way.

    Evidence is taken for residuals of unknown variance: with N = 2·points, P parameters and k = P + 1,

        BIC  = N ln(χ²/N) + k ln N                        (Schwarz 1978, DOI 10.1214/aos/1176344136)
        AICc = N ln(χ²/N) + 2k + 2k(k + 1)/(N − k − 1)    (Hurvich and Tsai 1989, DOI 10.1093/biomet/76.2.297)

    To χ² comes the square of `accuracy` times the data: what is smaller is no evidence. The residuals along
    frequency are held against noise by their runs (Wald and Wolfowitz 1940, DOI 10.1214/aoms/1177731909) and
    by their autocorrelation at lags 1 to 3, one-sided, Re and Im together. A candidate whose residuals are
    structured (p < 1 %) gives way to the best richer one without structure whose AICc, the milder of the two,
    is lower. Where there is none, N counts only the share (1 − r)/(1 + r) of the residuals that is
    independent at the best candidate's autocorrelation r: neighbours that err together are one piece of
    evidence.

    Each branch that is at a bound, outside the window or not determined counts 6 against its candidate, as
    much as strong evidence does (Kass and Raftery 1995, DOI 10.1080/01621459.1995.10476572); an arc that is
    there but overlaps with another until its size is uncertain counts 2. Ws and FSD count 6 as well: with
    fewer parameters they pass for one of several arcs, and for an arc with a CPE, so they have to win by more.

    `ambiguous` where another candidate without structure is within `ambiguous_within` of the chosen one, or
    preferred by the other criterion. One that only adds to the chosen one what the data do not determine does
    not count, nor a tail that contains the chosen one at an exponent within its 95 % interval (CPE at n = 1/2
    is W): they say the same.

    Parameters
    ----------
    spectrum : Spectrum
        Of 5 points at least. More than 200 are searched on a part of them; the best few are then fitted to
        all.
    candidates : iterable of str or Circuit, optional
        These instead, at most 64; each is fitted.
    weight : {"modulus", "proportional", "unit", "measured"}
        As for `fit`.
    criterion : {"bic", "aicc"}
        BIC finds the smaller circuit; AICc adds arcs more readily.
    max_arcs : int
        0 to 6.
    ambiguous_within : float
        Zero or more.
    accuracy : float
        Relative error, beside noise, that the measured values may have: no evidence is drawn from what lies
        below. 0 to 0.1; 0.1 % is what good potentiostats state.
    starts, engine
        As for `fit`.

    Raises
    ------
    InputError
        Where an argument is out of range.
    CircuitError
        Where a candidate cannot be read.
    DataError
        Where the spectrum has too few points, or `fit` refuses it.

    Examples
    --------
    >>> f = np.logspace(6, 0, 60)
    >>> z = parse_circuit("R0-p(R1,CPE1)").impedance([10.0, 50.0, 1e-6, 0.9], f)
    >>> select_circuit(Spectrum(f, z)).circuit.text
    'R0-p(R1,CPE1)'
    """
    _check(criterion, max_arcs, ambiguous_within, accuracy)
    if len(spectrum) < _FEWEST_POINTS:
        raise DataError(
            "too few points to choose a circuit by",
            given=len(spectrum),
            allowed=f"{_FEWEST_POINTS} or more",
            hint='Name the circuit, as in fit(spectrum, "R0").',
        )
    given = None if candidates is None else _given(candidates)
    every = max(1, math.ceil(len(spectrum) / _SEARCH_POINTS))
    part = spectrum if every == 1 else spectrum.where(np.arange(len(spectrum)) % every == 0)
    search = _Search(part, weight, criterion, accuracy, starts, engine)
    if given is None:
        search.grow(max_arcs)
    else:
        search.each(given)
    if not search.found:
        raise DataError(
            "too few points for any of the candidates",
            given=f"{len(spectrum)} points",
            hint="Measure more points, or give smaller candidates.",
        )
    found = search.found
    notes = list(search.notes)
    if every > 1:
        found = _on_all_points(spectrum, search, _FULL_FITS)
        notes.append(f"searched on every {_ordinal(every)} of {len(spectrum)} points; the best were fitted to all")
    return _decided(found, criterion, ambiguous_within, notes, search.fits + (len(found) if every > 1 else 0))


def _check(criterion: Criterion, max_arcs: int, ambiguous_within: float, accuracy: float) -> None:
    if criterion not in get_args(Criterion):
        raise InputError("unknown criterion", given=criterion, hint=did_you_mean(str(criterion), get_args(Criterion)))
    if isinstance(max_arcs, bool) or not isinstance(max_arcs, int) or not 0 <= max_arcs <= MAX_ARCS:
        raise InputError("max_arcs is out of range", given=max_arcs, allowed=f"0 to {MAX_ARCS}")
    if not ambiguous_within >= 0:
        raise InputError("ambiguous_within is out of range", given=ambiguous_within, allowed="zero or more")
    if not 0 <= accuracy <= 0.1:
        raise InputError("accuracy is out of range", given=accuracy, allowed="0 to 0.1, relative")


def _given(candidates: Iterable[str | Circuit]) -> list[Circuit]:
    if isinstance(candidates, str):
        raise InputError("candidates are a list of circuits", given=candidates, hint=f'Write ["{candidates}"].')
    parsed = [parse_circuit(each) if isinstance(each, str) else each for each in candidates]
    unique = list(dict.fromkeys(parsed))
    if not 0 < len(unique) <= _MAX_CANDIDATES:
        raise InputError("too many candidates, or none", given=len(unique), allowed=f"1 to {_MAX_CANDIDATES}")
    return unique


def _ordinal(n: int) -> str:
    return f"{n}{'th' if 10 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


@dataclass
class _Search:
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
            tails = list(dict.fromkeys(("", known, "CPE" if known in _IMITATORS else "")))
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
        for general, (special, at) in _SPECIAL.items():
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
        initial |= {f"Ws{k}_R": values[f"R{k}"], f"Ws{k}_tau": _WS_PEAK * tau}
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
        if shape.inductance and best.faults:
            less = replace(shape, inductance=False)
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
        self.seen[shape] = one
        if one is not None:
            self.found.append(one)

    def fitted(
        self, circuit: Circuit, words: str, starts: int, initial: dict[str, float] | None = None
    ) -> Candidate | None:
        size = len(circuit.parameter_names)
        if size + 2 >= 2 * len(self.spectrum):
            return None
        if self.work > _SEARCH_WORK and self.found:
            note = "the search stopped early: this spectrum and these candidates take long to fit"
            if note not in self.notes:
                self.notes.append(note)
            return None
        result = fit(self.spectrum, circuit, self.weight, initial=initial, starts=starts, engine=self.engine)
        self.fits += 1
        # the operations of a fit, about a nanosecond each, as its own budget counts them
        each = len(self.spectrum) * size * (20.0 + size)
        self.work += result.evaluations * (each if result.engine == "numba" else 10 * each + 8e5 + 3e4 * size)
        return _candidate(result, words, self.accuracy)

    def best(self) -> Candidate:
        return _choose(self.found, self.criterion)

    def best_tail(self) -> str:
        best = self.best()
        return next(shape.tail for shape, one in self.seen.items() if one is best)

    def best_of(self, arcs: int) -> tuple[Shape, Candidate] | None:
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


def _candidate(result: FitResult, words: str, accuracy: float) -> Candidate:
    count = 2 * len(result.spectrum)
    floor = accuracy**2 * _power(result)
    fit_term = count * math.log(max((result.chi2 + floor) / count, 1e-300))
    p = structure_p(result.residuals)
    noise_like = p >= _STRUCTURED or result.chi2 <= floor
    bic, aicc = _criteria(fit_term, count, len(result.circuit.parameter_names), 1.0)
    return Candidate(words, result, _arcs(result.circuit), fit_term, bic, aicc, p, noise_like, _faults(result))


def _criteria(fit_term: float, count: int, size: int, independent: float) -> tuple[float, float]:
    """BIC and AICc, where a share `independent` of the residuals says something new."""
    k, n = size + 1, count * independent
    # the correction has its pole where there are no more data than parameters
    spare = max(n - k - 1, 1.0)
    return independent * fit_term + k * math.log(n), independent * fit_term + 2 * k + 2 * k * (k + 1) / spare


def _independent(residuals: Complex) -> float:
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


def _branches(circuit: Circuit) -> Iterator[Node]:
    root = circuit.root
    yield from root.children if isinstance(root, Series) else (root,)


def _arcs(circuit: Circuit) -> int:
    return sum(
        isinstance(branch, Parallel) or (isinstance(branch, Leaf) and branch.element.symbol == "ZARC")
        for branch in _branches(circuit)
    )


def _faults(result: FitResult) -> tuple[str, ...]:
    """What is physically doubtful about a fit, one for each branch of the series."""
    if result.status == "not_converged":
        return (_NOT_CONVERGED,)
    frequency = result.spectrum.frequency_Hz
    faults = []
    slowest = max((_time_constant(result, branch) for branch in _branches(result.circuit)), default=0.0)
    for branch in _branches(result.circuit):
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
            tau = result.values[f"{branch.label}_tau"] / _WS_PEAK
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


def _choose(found: Sequence[Candidate], criterion: Criterion) -> Candidate:
    """The best score; where its residuals are structured, the best richer one without that gains on it."""
    best = min(found, key=lambda c: c.score(criterion))
    if best.noise_like:
        return best
    richer = [c for c in found if c.noise_like and c.size > best.size and c.score("aicc") < best.score("aicc")]
    return min(richer, key=lambda c: c.score(criterion), default=best)


def _on_all_points(spectrum: Spectrum, search: _Search, count: int) -> list[Candidate]:
    """The best few of a search on a part of the points, fitted to all from where they were."""
    best = search.best()
    ranked = [best, *sorted((c for c in search.found if c is not best), key=lambda c: c.score(search.criterion))]
    return [
        _candidate(
            fit(spectrum, c.circuit, search.weight, initial=c.result.values, engine=search.engine),
            c.words,
            search.accuracy,
        )
        for c in ranked[:count]
    ]


def _decided(
    found: Sequence[Candidate], criterion: Criterion, ambiguous_within: float, notes: Sequence[str], fits: int
) -> Selection:
    chosen = _choose(found, criterion)
    if not chosen.noise_like:
        share = _independent(chosen.result.residuals)
        found = [_counted(c, share) for c in found]
        chosen = _choose(found, criterion)
        notes = [f"no better candidate leaves noise: {100 * share:.0f} % of the residuals count as independent", *notes]
    lowest = min(c.value(criterion) for c in found)
    likely = {id(c): math.exp(-0.5 * (c.value(criterion) - lowest)) for c in found}
    total = sum(likely.values())
    ranked = [chosen, *sorted((c for c in found if c is not chosen), key=lambda c: c.score(criterion))]
    rated = tuple(
        replace(c, delta=c.value(criterion) - chosen.value(criterion), akaike_weight=likely[id(c)] / total)
        for c in ranked
    )
    rivals = tuple(c for c in rated[1:] if _rival(c, rated[0], criterion, ambiguous_within))
    status: SelectionStatus = "structured" if not chosen.noise_like else "flagged" if chosen.faults else "accepted"
    reasons = (*_reasons(rated, rivals, criterion), *notes)
    doubts = []
    if rivals:
        names = ", ".join(c.circuit.text for c in rivals[:3])
        doubts.append(f"The choice of circuit is ambiguous: {names} would do about as well.")
    if status == "structured":
        doubts.append("No candidate circuit leaves residuals like noise: the errors are too small as given.")
    result = replace(chosen.result, warnings=(*chosen.result.warnings, *doubts)) if doubts else chosen.result
    return Selection(
        result,
        (replace(rated[0], result=result), *rated[1:]),
        criterion,
        status,
        bool(rivals),
        rivals,
        reasons,
        fits,
    )


def _counted(one: Candidate, independent: float) -> Candidate:
    """A candidate whose evidence counts a share of its residuals."""
    bic, aicc = _criteria(one.fit_term, one.count, one.size, independent)
    return replace(one, bic=bic, aicc=aicc)


def _rival(one: Candidate, chosen: Candidate, criterion: Criterion, within: float) -> bool:
    if (chosen.noise_like and not one.noise_like) or _same_thing(one, chosen):
        return False
    apart = (one.value(criterion) - chosen.value(criterion), one.score(criterion) - chosen.score(criterion))
    close = min(apart) <= within
    if one.faults:
        # it may add what the data do not determine; where it fits better, or its arcs overlap, it may also be true
        if not all(fault.endswith("not separable") for fault in one.faults):
            return False
        overlap = all(fault.endswith(_OVERLAP) for fault in one.faults)
        better = one.value(criterion) < chosen.value(criterion)
        return better or (overlap and close and not _holds(one, chosen))
    if not chosen.noise_like:
        return close
    other: Criterion = "aicc" if criterion == "bic" else "bic"
    return close or one.score(other) < chosen.score(other)


def _holds(one: Candidate, chosen: Candidate) -> bool:
    """Whether `one` has every branch of `chosen`, and more."""
    whole, part = (Counter(_kind(branch) for branch in _branches(c.circuit)) for c in (one, chosen))
    return part < whole


def _kind(node: Node) -> str:
    if isinstance(node, Leaf):
        return node.element.symbol
    return f"{type(node).__name__}({','.join(sorted(_kind(child) for child in node.children))})"


def _same_thing(one: Candidate, chosen: Candidate) -> bool:
    """Whether one of the two is the other with an exponent that the data cannot tell from the special case."""
    for general, special in ((one, chosen), (chosen, one)):
        tail, narrow = _last_symbol(general.circuit), _last_symbol(special.circuit)
        if _SPECIAL.get(tail, ("", 0))[0] != narrow or general.size != special.size + 1 or general.arcs != special.arcs:
            continue
        at = _SPECIAL[tail][1]
        low, high = general.result.parameters[general.circuit.parameter_names[-1]].interval
        if low <= at <= high:
            return True
    return False


def _symbol(branch: Node) -> str:
    return branch.element.symbol if isinstance(branch, Leaf) else "p"


def _last_symbol(circuit: Circuit) -> str:
    return _symbol(list(_branches(circuit))[-1])


def _reasons(rated: Sequence[Candidate], rivals: Sequence[Candidate], criterion: Criterion) -> tuple[str, ...]:
    chosen, name = rated[0], "BIC" if criterion == "bic" else "AICc"
    reasons = [f"{chosen.circuit.text}: {chosen.words}" if chosen.words != chosen.circuit.text else chosen.words]
    for kind, wanted in (("fewer arcs", -1), ("as many arcs", 0), ("more arcs", 1)):
        level = [c for c in rated[1:] if np.sign(c.arcs - chosen.arcs) == wanted]
        if level:
            reasons.append(f"with {kind}, the best is {_against(min(level, key=lambda c: c.score(criterion)), name)}")
    if chosen.noise_like:
        reasons.append(f"its residuals look like noise (p = {chosen.structure_p:.2g})")
    else:
        reasons.append(
            f"its residuals are structured along frequency (p = {chosen.structure_p:.2g}), and no better candidate's"
            " look like noise"
        )
    reasons += [f"against it: {fault}" for fault in chosen.faults]
    if any(c.delta < 0 for c in rated[1:]):
        reasons.append(f"candidates with a lower {name} were passed over for their residuals or their faults")
    reasons += [f"ambiguous with {c.circuit.text} ({name} {c.delta:+.1f}): {c.words}" for c in rivals[:5]]
    return tuple(reasons)


def _against(one: Candidate, name: str) -> str:
    text = f"{one.circuit.text} ({name} {one.delta:+.1f}"
    if not one.noise_like:
        text += ", structured residuals"
    if one.faults:
        text += f"; {'; '.join(one.faults)}"
    return text + ")"
