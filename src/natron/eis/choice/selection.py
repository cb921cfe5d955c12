"""Which circuit a spectrum calls for: physically named candidates, grown arc by arc and weighed by evidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.data import DataError, Spectrum
from natron.eis.choice.candidates import (
    OVERLAP,
    SPECIAL,
    Candidate,
    Criterion,
    branches_of,
    candidate_of,
    choose,
    criteria,
    independent_share,
    last_symbol,
)
from natron.eis.choice.search import Search
from natron.eis.circuits.notation import Circuit, Leaf, Node, parse_circuit
from natron.eis.fitting.result import FitResult, Weight
from natron.eis.fitting.spectrum_fit import fit_circuit
from natron.eis.fitting.task import EngineName

SelectionStatus = Literal["accepted", "flagged", "structured"]
MAX_ARCS = 6
# Kass and Raftery 1995: from 6 on, evidence is strong
_AMBIGUOUS = 6.0
_FEWEST_POINTS = 5
_ACCURACY = 1e-3
_SEARCH_POINTS = 200
_FULL_FITS = 5
_MAX_CANDIDATES = 64


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
    search = Search(part, weight, criterion, accuracy, starts, engine)
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


def _on_all_points(spectrum: Spectrum, search: Search, count: int) -> list[Candidate]:
    """The best few of a search on a part of the points, fitted to all from where they were."""
    best = search.best()
    ranked = [best, *sorted((c for c in search.found if c is not best), key=lambda c: c.score(search.criterion))]
    return [
        candidate_of(
            fit_circuit(spectrum, c.circuit, search.weight, initial=c.result.values, engine=search.engine),
            c.words,
            search.accuracy,
        )
        for c in ranked[:count]
    ]


def _decided(
    found: Sequence[Candidate], criterion: Criterion, ambiguous_within: float, notes: Sequence[str], fits: int
) -> Selection:
    chosen = choose(found, criterion)
    if not chosen.noise_like:
        share = independent_share(chosen.result.residuals)
        found = [_counted(c, share) for c in found]
        chosen = choose(found, criterion)
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
    bic, aicc = criteria(one.fit_term, one.count, one.size, independent)
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
        overlap = all(fault.endswith(OVERLAP) for fault in one.faults)
        better = one.value(criterion) < chosen.value(criterion)
        return better or (overlap and close and not _holds(one, chosen))
    if not chosen.noise_like:
        return close
    other: Criterion = "aicc" if criterion == "bic" else "bic"
    return close or one.score(other) < chosen.score(other)


def _holds(one: Candidate, chosen: Candidate) -> bool:
    """Whether `one` has every branch of `chosen`, and more."""
    whole, part = (Counter(_kind(branch) for branch in branches_of(c.circuit)) for c in (one, chosen))
    return part < whole


def _kind(node: Node) -> str:
    if isinstance(node, Leaf):
        return node.element.symbol
    return f"{type(node).__name__}({','.join(sorted(_kind(child) for child in node.children))})"


def _same_thing(one: Candidate, chosen: Candidate) -> bool:
    """Whether one of the two is the other with an exponent that the data cannot tell from the special case."""
    for general, special in ((one, chosen), (chosen, one)):
        tail, narrow = last_symbol(general.circuit), last_symbol(special.circuit)
        if SPECIAL.get(tail, ("", 0))[0] != narrow or general.size != special.size + 1 or general.arcs != special.arcs:
            continue
        at = SPECIAL[tail][1]
        low, high = general.result.parameters[general.circuit.parameter_names[-1]].interval
        if low <= at <= high:
            return True
    return False


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
