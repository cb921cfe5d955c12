"""A series of spectra of one cell: fitted, tracked, over temperature tied, otherwise with trends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.data import DataError, Spectrum
from natron.eis.circuits.notation import Circuit, parse_circuit
from natron.eis.errors import CircuitError
from natron.eis.fitting.capacitance import effective_capacitance
from natron.eis.fitting.engine import Array
from natron.eis.fitting.result import FitError, FitParameter, FitResult, Status, Weight
from natron.eis.fitting.spectrum_fit import fit_circuit
from natron.eis.fitting.task import EngineName
from natron.eis.series.arrhenius import BOLTZMANN_EV_PER_K, Arrhenius, arrhenius_law, weighted_line
from natron.eis.series.joint import Stack, TiedFit, tied_fit, tied_optimum
from natron.eis.series.onset import above_onset, within
from natron.eis.series.result import By, SeriesResult
from natron.eis.series.tie import TieTest, tie_test
from natron.eis.series.tracking import track
from natron.eis.series.trends import Trend, trend

Cut = Literal["auto"]
Limit = float | Sequence[float | None] | None

# attribute of a Spectrum, unit, and the word of a message
_COURSES: dict[str, tuple[str, str, str]] = {
    "temperature": ("temperature_K", "K", "a temperature"),
    "cycle": ("cycle", "cycle", "a cycle number"),
    "time": ("time_s", "s", "a time"),
    "pressure": ("pressure_Pa", "Pa", "a pressure"),
    "soc": ("state_of_charge", "1", "a state of charge"),
}
_WORST_FIRST: tuple[Status, ...] = ("not_converged", "arc_outside_window", "at_bound", "not_separable", "converged")
_ROUNDS = 4
# typical of the ceramics this is for; only recognises arcs, where it may be wrong by its own size
_TYPICAL_ENERGY_EV = 0.35
_LIKELY_CELSIUS_K = 120.0


def fit_series(
    spectra: Sequence[Spectrum],
    circuit: str | Circuit,
    by: By = "temperature",
    *,
    weight: Weight = "modulus",
    fmin_Hz: Limit = None,
    fmax_Hz: Limit = None,
    cut: Cut | None = None,
    tie: bool = True,
    level: float = 0.01,
    starts: int = 24,
    engine: EngineName = "auto",
    strict: bool = False,
) -> SeriesResult:
    """Fit a circuit to spectra of one cell and say how its parameters go along the series.

    By temperature: separate fits with Arrhenius laws R = Tκ exp(E_A/k_B T) of every resistance, weighted by
    the fits' standard errors; and a joint fit in which each arc's ln(R/T) is linear in 1/k_B T while its n
    and C = τ/R stay constant, everything that is no arc being free in each spectrum. Three F tests, at `level`
    together, say whether the tie holds; only then `arrhenius` is the joint fit's.
    By anything else: a linear trend of every parameter, and a jump where there is one.

    Parameters
    ----------
    spectra : sequence of Spectrum
        Two or more, in any order, of any lengths; each must say its temperature, cycle, ….
    circuit : str or Circuit
    by : {"temperature", "cycle", "time", "pressure", "soc"}
    weight : str
        As for `natron.eis.fit`.
    fmin_Hz, fmax_Hz : float or sequence, optional
        Only these frequencies are fitted; one limit for all, or one for each spectrum.
    cut : {"auto"}, optional
        Also leave out, in each spectrum, the low-frequency end that the circuit cannot describe
        (`natron.eis.series.onset.above_onset` states the criterion). By default no point is dropped.
    tie : bool
        Whether a temperature series is also fitted jointly.
    level : float
        Significance level of the tie's test and of jumps and growth, 1e-6 to 0.5.
    starts, engine
        As for `natron.eis.fit`.
    strict : bool
        Raise where a separate fit did not converge.

    Raises
    ------
    CircuitError
        Where the circuit cannot be read.
    DataError
        Where there are fewer than two spectra, one does not say its place in the series, all have the same, or
        one cannot be fitted: the message says which.
    FitError
        Where `strict` and not converged.

    Examples
    --------
    >>> from natron.eis import parse_circuit
    >>> f = np.logspace(6, 0, 40)
    >>> def at(T):
    ...     R = 0.01 * T * np.exp(0.3 / (8.617333262e-5 * T) - 0.3 / (8.617333262e-5 * 293.15))
    ...     z = parse_circuit("R0-p(R1,C1)").impedance([5.0, R, 1e-6], f)
    ...     return Spectrum(f, z, temperature_K=T)
    >>> result = fit_series([at(T) for T in (263.15, 283.15, 303.15)], "R0-p(R1,C1)")
    >>> round(result.activation_energy["R1"].value, 6)
    0.3
    """
    parsed = parse_circuit(circuit) if isinstance(circuit, str) else circuit
    if not (isinstance(level, float) and 1e-6 <= level <= 0.5):
        raise InputError("the level of significance is out of range", given=level, allowed="1e-6 to 0.5")
    course = _course(spectra, by)
    labels = [f"spectrum {i + 1} of {len(spectra)} ({at:g} {_COURSES[by][1]})" for i, at in enumerate(course)]
    lows, highs = (_limits(each, len(spectra), name) for each, name in ((fmin_Hz, "fmin_Hz"), (fmax_Hz, "fmax_Hz")))
    if cut not in (None, *get_args(Cut)):
        raise InputError("unknown cut", given=cut, allowed='"auto", or limits as fmin_Hz and fmax_Hz')
    kept: list[Spectrum] = []
    found: list[FitResult] = []
    for spectrum, low, high, label in zip(spectra, lows, highs, labels, strict=True):
        try:
            part = within(spectrum, low, high)
            if cut == "auto":
                part = above_onset(part, parsed, weight, engine)
            found.append(fit_circuit(part, parsed, weight, starts=starts, engine=engine))
        except DataError as error:
            raise error.at(key=label) from error
        kept.append(part)

    def refit(at: int, initial: Mapping[str, float]) -> FitResult:
        return fit_circuit(kept[at], parsed, weight, initial=initial, order=False, starts=starts, engine=engine)

    rank = np.argsort(course, kind="stable")
    drift, axis = (0.0, 2.0), course[rank]
    if by == "temperature":
        axis = 1 / (BOLTZMANN_EV_PER_K * course[rank])
        drift = (_TYPICAL_ENERGY_EV * float(np.ptp(axis)), _TYPICAL_ENERGY_EV * float(np.ptp(axis)))
    in_order, again = track([found[i] for i in rank], axis, drift, lambda at, x: refit(int(rank[at]), x))
    for place, one in zip(rank, in_order, strict=True):
        found[place] = one
    restarted = {int(rank[i]) for i in again}
    warnings: list[str] = []
    test: TieTest | None = None
    joint: TiedFit | None = None
    laws: dict[str, Arrhenius] = {}
    tied_laws: dict[str, Arrhenius] = {}
    trends: dict[str, Trend] = {}
    growing: tuple[str, ...] = ()
    if by == "temperature":
        if course.min() < _LIKELY_CELSIUS_K:
            warnings.append(f"A temperature of {course.min():g} K was given; were these °C?")
        if tie:
            # a spectrum that says nothing overflows here, and is told from the outcome
            with np.errstate(all="ignore"):
                test, joint, moved = _joint(found, course, level, refit, warnings)
            restarted |= moved
        laws = _separate_laws(found, course, warnings)
        tied_laws = _tied_laws(joint, found, course)
    else:
        trends = _trends(found, course, _COURSES[by][1], level, warnings)
        growing = _growing(trends, parsed, level)
        warnings += [_jump_in_words(each, by, _COURSES[by][1]) for each in trends.values() if each.jump]
    accepted = test is not None and test.accepted
    if test is not None and joint is not None and joint.converged and not accepted:
        warnings.append(
            _rejection_in_words(test)
            if test.p_value < level
            else "The spectra do not determine the joint fit; the separate fits stand."
        )
    for label, one in zip(labels, found, strict=True):
        warnings += [f"{label}: {text}" for text in one.warnings]
    raised = {one.status for one in found}
    if strict:
        for one in found:
            if one.status == "not_converged":
                raise FitError(one)
    return SeriesResult(
        by,
        course,
        _COURSES[by][1],
        parsed,
        weight,
        tuple(kept),
        tuple(found),
        tuple(sorted(restarted)),
        {**laws, **tied_laws} if accepted else laws,
        laws,
        tied_laws,
        test,
        joint,
        trends,
        growing,
        next(status for status in _WORST_FIRST if status in raised),
        tuple(warnings),
    )


def _course(spectra: Sequence[Spectrum], by: By) -> Array:
    """Values (S,) of the series' variable."""
    if by not in _COURSES:
        raise InputError("unknown kind of series", given=by, hint=did_you_mean(str(by), _COURSES))
    attribute, unit, words = _COURSES[by]
    if isinstance(spectra, Spectrum) or any(not isinstance(each, Spectrum) for each in spectra) or len(spectra) < 2:
        raise DataError(
            "a series needs at least two spectra, each a Spectrum",
            given=1 if isinstance(spectra, Spectrum) else len(spectra),
            hint="Fit a single spectrum with natron.eis.fit.",
        )
    values = [getattr(spectrum, attribute) for spectrum in spectra]
    if None in values:
        missing = [i + 1 for i, value in enumerate(values) if value is None]
        raise DataError(
            f"{'a spectrum does' if len(missing) == 1 else 'some spectra do'} not say {words}",
            given=f"none in spectrum {', '.join(map(str, missing[:8]))} of {len(values)}",
            hint=f"Set {attribute} on every Spectrum.",
        )
    course = np.array(values, dtype=np.float64)
    if np.ptp(course) <= 1e-9 * np.abs(course).max():
        raise DataError(
            "a series needs at least two different values",
            given=f"{course[0]:g} {unit} throughout",
            hint=f"Check {attribute}; replicates are no series.",
        )
    return course


def _limits(given: Limit, count: int, name: str) -> list[float | None]:
    values = [given] * count if given is None or isinstance(given, int | float) else list(given)
    if len(values) != count:
        raise InputError(f"{name} does not fit the series", given=f"{len(values)} limits", allowed=f"one, or {count}")
    for value in values:
        if value is not None and not (
            isinstance(value, int | float | np.number) and math.isfinite(value) and value > 0
        ):
            raise InputError(f"{name} is no frequency", given=value, allowed="above 0 Hz, or none")
    return values


def _joint(
    found: list[FitResult], course: Array, level: float, refit: Any, warnings: list[str]
) -> tuple[TieTest | None, TiedFit | None, set[int]]:
    """The joint fit and its test; separate fits that it shows to have missed their optimum are replaced in `found`."""
    stack = Stack.of(found, course)
    if not stack.arcs:
        warnings.append("The circuit has no arc p(R,CPE), p(R,C) or ZARC in series, so nothing can be tied.")
        return None, None, set()
    moved: set[int] = set()
    for _ in range(_ROUNDS):
        point = tied_optimum(stack, level)
        test = tie_test(stack, point, level)
        # where the tie holds, of two minima within the noise of each other the one that continues it
        new = stack.separate_from(point, 1.0 if test.accepted else 0.0)
        if not new:
            break
        for at, values in new.items():
            found[at] = refit(at, values)
        moved |= set(new)
        stack = Stack.of(found, course)
    if not point.converged:
        warnings.append("The joint fit did not converge; the separate fits stand.")
    return test, tied_fit(stack, point), moved


def _separate_laws(found: Sequence[FitResult], course: Array, warnings: list[str]) -> dict[str, Arrhenius]:
    """Arrhenius laws of every resistance by weighted lines through the separate fits."""
    u = 1 / (BOLTZMANN_EV_PER_K * course)
    degrees = sum(one.degrees_of_freedom for one in found)
    laws = {}
    for name, first in found[0].parameters.items():
        if first.unit != "ohm":
            continue
        R = np.array([one.parameters[name].value for one in found])
        relative = np.array([one.parameters[name].uncertainty for one in found]) / R
        try:
            line = weighted_line(u, np.log(R / course), relative, degrees)
            ln_sigma = weighted_line(u, np.log(R), relative, degrees)
        except InputError:
            warnings.append(f"{name}: fewer than two spectra determine it, so it has no activation energy.")
            continue
        if line.widening > 1:
            warnings.append(
                f"{name}: it scatters about its Arrhenius law by {math.sqrt(line.scatter):.2g} standard errors; the"
                " error of its activation energy is widened by as much."
            )
        laws[name] = arrhenius_law(
            name,
            line,
            ln_sigma,
            tied=False,
            points=int(np.isfinite(relative).sum()),
            thickness_over_area_per_m=_cell_constant(found),
        )
    return laws


def _tied_laws(joint: TiedFit | None, found: Sequence[FitResult], course: Array) -> dict[str, Arrhenius]:
    """Arrhenius laws of the arcs by the joint fit."""
    if joint is None or not joint.converged:
        return {}
    u = 1 / (BOLTZMANN_EV_PER_K * course)
    # ln R = ln T + ln(R/T): its slope over the measured range differs by that of ln T
    shift = float(np.polyfit(u - u.mean(), np.log(course), 1)[0])
    return {
        name: arrhenius_law(
            name,
            line,
            line.tilted(shift),
            tied=True,
            points=len(found),
            thickness_over_area_per_m=_cell_constant(found),
        )
        for name, line in joint.lines.items()
    }


def _cell_constant(found: Sequence[FitResult]) -> float | None:
    """Thickness/area in 1/m, where all spectra have the same."""
    constants = {
        one.spectrum.thickness_m / one.spectrum.area_m2
        if one.spectrum.thickness_m is not None and one.spectrum.area_m2 is not None
        else None
        for one in found
    }
    return constants.pop() if len(constants) == 1 else None


def _trends(
    found: Sequence[FitResult], course: Array, unit: str, level: float, warnings: list[str]
) -> dict[str, Trend]:
    degrees = sum(one.degrees_of_freedom for one in found)
    columns: dict[str, list[FitParameter]] = {
        name: [one.parameters[name] for one in found] for name in found[0].parameters
    }
    for leaf in found[0].circuit.leaves:
        if leaf.element.symbol == "CPE":
            try:
                each = [effective_capacitance(one, leaf.label) for one in found]
            except CircuitError:
                continue
            columns[each[0].name] = each
    trends = {}
    for name, each in columns.items():
        values, errors = np.array([p.value for p in each]), np.array([p.uncertainty for p in each])
        per = each[0].unit if unit == "1" else f"{each[0].unit}/{unit}"
        try:
            trends[name] = trend(name, per, course, values, errors, degrees, level / len(columns))
        except InputError:
            warnings.append(f"{name}: fewer than two spectra determine it, so it has no trend.")
    return trends


def _growing(trends: Mapping[str, Trend], circuit: Circuit, level: float) -> tuple[str, ...]:
    """Resistances with a significant positive slope (Holm 1979, JSTOR 4615733), the largest growth first."""
    units = dict(zip(circuit.parameter_names, (p.unit for p in circuit.parameters), strict=True))
    ranked = sorted((t for n, t in trends.items() if units.get(n) == "ohm"), key=lambda t: t.p_value)
    significant = []
    for i, each in enumerate(ranked):
        if each.p_value * (len(ranked) - i) >= level:
            break
        significant.append(each)
    up = [each for each in significant if each.slope.value > 0 and each.growth > 0]
    return tuple(each.name for each in sorted(up, key=lambda t: -t.growth))


def _jump_in_words(each: Trend, by: str, unit: str) -> str:
    jump = each.jump
    assert jump is not None
    return (
        f"{each.name}: it jumps by {jump.size:.3g} ± {jump.size_error:.1g} between {by} {jump.after:g} and"
        f" {jump.before:g}{'' if unit in ('cycle', '1') else ' ' + unit}; its slope is that beside the jump."
    )


def _rejection_in_words(test: TieTest) -> str:
    text = f"The tie is rejected (p = {test.p_value:.2g} at a level of {test.level:g}): activation energies are those"
    text += " of the separate fits."
    if test.breaks and test.culprit:
        worst = test.breaks[0]
        words = {
            "exponent": f"its exponent {worst.parameter} changes by {worst.change:+.2g} ± {worst.change_error:.1g}",
            "capacitance": f"its capacitance {worst.parameter} changes by"
            f" {100 * math.expm1(min(worst.change, 7.0)):+.2g} ± {100 * worst.change_error:.1g} %",
            "arrhenius": f"its activation energy changes by {worst.change:+.2g} ± {worst.change_error:.1g} eV",
        }[worst.what]
        text += f" {worst.arc} breaks it: {words} from the hottest to the coldest spectrum."
    return text
