"""Fit of a circuit to a spectrum, without a guess, with uncertainties and a verdict on each parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.data import DataError, Spectrum
from natron.eis._engine import Engine, Found, numba_is_there
from natron.eis._equations import Array, Index
from natron.eis._plan import COARSE_POINTS, Plan, plan_of
from natron.eis._program import Program
from natron.eis._verdict import not_converged, verdict, worst
from natron.eis.circuits import Circuit, parse_circuit
from natron.eis.errors import CircuitError, FitError
from natron.eis.result import FitParameter, FitResult, Parameters, Status, Weight, parameters_of, student_95

__all__ = ["EngineName", "FitParameter", "FitResult", "Status", "Weight", "fit", "student_95"]

EngineName = Literal["auto", "numba", "numpy"]

_MAX_POINTS = 10_000
_PROPORTIONAL_FLOOR = 0.01
_HUBER = 2.0
_ROBUST_TURNS = 20
_ROBUST_SHARE = 0.05


def fit(
    spectrum: Spectrum,
    circuit: str | Circuit,
    weight: Weight = "modulus",
    *,
    initial: Mapping[str, float] | None = None,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    order: bool = True,
    robust: bool = False,
    starts: int = 24,
    engine: EngineName = "auto",
    strict: bool = False,
) -> FitResult:
    """Fit a circuit to a spectrum; no guess is needed.

    A dictionary of candidates for each branch of the top-level series is combined by variable projection
    (Golub and Pereyra 1973, DOI 10.1137/0710036); the best mixtures start Levenberg–Marquardt fits in
    logarithms of positive parameters, p(R,CPE) as (R, τ, n). Exponents stay as they are, within bounds that
    take part in the step: a logit would put the ideal capacitor, n = 1, out of reach.

    Parameters
    ----------
    spectrum : Spectrum
        No point of it is dropped.
    circuit : str or Circuit
        Such as ``R0-p(R1,CPE1)-p(R2,CPE2)``; ``auto`` takes the one that `natron.eis.select_circuit` finds,
        and then neither `initial`, `fixed` nor `bounds` can be given.
    weight : {"modulus", "proportional", "unit", "measured"}
        1/|Z measured|; 1/|Re Z| and 1/|Im Z|, each at least 1 % of |Z|; 1; or 1/`spectrum.noise_ohm`.
    initial : mapping, optional
        Values to start from. Where all free parameters are given, that is the only start.
    fixed : mapping, optional
        Values that stay.
    bounds : mapping of (low, high), optional
        Limits of parameters; 0 and inf leave a side as it is.
    order : bool
        Whether equal arcs are named by falling frequency: R1 is the fastest, also where a parameter of one
        is fixed or bounded.
    robust : bool
        Weigh points down that lie far out (Huber 1964, DOI 10.1214/aoms/1177703732); χ² is then the
        weighed-down one, `residuals` stay as they are.
    starts : int
        At most so many fits are tried, 1 to 200.
    engine : {"auto", "numba", "numpy"}
        Compiled where numba is installed, else array code; the answers agree.
    strict : bool
        Raise where the status is ``not_converged``.

    Raises
    ------
    CircuitError
        Where the circuit cannot be read, or a parameter is unknown or outside its limits.
    DataError
        Where the spectrum has too few points for the circuit, more than 10 000, a |Z| of zero where the
        weights need it, or no noise for measured weights.
    FitError
        Where `strict` and not converged.

    Examples
    --------
    >>> import numpy as np
    >>> from natron.eis import parse_circuit
    >>> f = np.logspace(6, 0, 60)
    >>> z = parse_circuit("R0-p(R1,CPE1)").impedance([10.0, 50.0, 1e-6, 0.9], f)
    >>> round(fit(Spectrum(f, z), "R0-p(R1,CPE1)").parameters["R1"].value, 6)
    50.0
    """
    if isinstance(circuit, str) and circuit.strip() == "auto":
        return _fit_chosen(spectrum, weight, initial, fixed, bounds, robust, starts, engine, strict)
    parsed = parse_circuit(circuit) if isinstance(circuit, str) else circuit
    wanted = _Wanted.checked(parsed, initial or {}, fixed or {}, bounds or {})
    if not 1 <= starts <= 200:
        raise InputError("starts is out of range", given=starts, allowed="1 to 200")
    compiled = _engine_of(engine)
    _refuse_the_absurd(spectrum)
    weights = _weights(spectrum, weight)
    free_count = len(parsed.parameter_names) - len(wanted.fixed)
    if not 0 < free_count < 2 * len(spectrum):
        raise DataError(
            "this many parameters cannot be fitted",
            given=f"{free_count} free parameters, {len(spectrum)} points",
            allowed="at least one, and fewer than twice the number of points",
            hint="Measure more points, take a smaller circuit or fix parameters." if free_count else None,
        )
    with np.errstate(all="ignore"):
        task = _Task.of(spectrum, parsed, wanted, weights, compiled, order)
        solved = task.solve(starts)
        result = _robust(task, solved, weight, starts) if robust else _result(task, solved, weight)
    if strict and result.status == "not_converged":
        raise FitError(result)
    return result


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the user asked of the parameters, checked."""

    initial: Mapping[str, float]
    fixed: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]]

    @classmethod
    def checked(
        cls,
        circuit: Circuit,
        initial: Mapping[str, float],
        fixed: Mapping[str, float],
        bounds: Mapping[str, tuple[float, float]],
    ) -> _Wanted:
        if not (initial or fixed or bounds):
            return _NOTHING
        by_name = dict(zip(circuit.parameter_names, circuit.parameters, strict=True))
        for given in (initial, fixed, bounds):
            circuit.refuse_unknown(given)
        limits: dict[str, tuple[float, float]] = {}
        for name, pair in bounds.items():
            p = by_name[name]
            floor, ceiling = (0.0, math.inf) if p.logarithmic else (1e-3, 1.0)
            low, high = _pair(name, pair)
            limits[name] = max(low, floor), min(high, ceiling)
            if not limits[name][0] < limits[name][1]:
                raise CircuitError(
                    f"the bounds of {name} leave nothing", given=pair, allowed=f"{floor:g} to {ceiling:g}"
                )
        for values in (initial, fixed):
            for name, value in values.items():
                p = by_name[name]
                top = math.inf if p.logarithmic else 1.0
                if not (_is_number(value) and 0 < value <= top and value < math.inf):
                    raise CircuitError(
                        f"{name} cannot have this value",
                        given=value,
                        allowed=f"a number above 0{'' if p.logarithmic else ', at most 1'}",
                        hint="Leave an element out of the circuit to take it as zero.",
                    )
        both = sorted(set(fixed).intersection(bounds))
        if both:
            raise CircuitError("a parameter is fixed and bounded", given=", ".join(both))
        return cls(initial, fixed, limits)


_NOTHING = _Wanted({}, {}, {})


def _fit_chosen(
    spectrum: Spectrum,
    weight: Weight,
    initial: Mapping[str, float] | None,
    fixed: Mapping[str, float] | None,
    bounds: Mapping[str, tuple[float, float]] | None,
    robust: bool,
    starts: int,
    engine: EngineName,
    strict: bool,
) -> FitResult:
    """The fit of the circuit that the spectrum calls for."""
    # imported here: choosing a circuit fits many
    from natron.eis.selection import select_circuit

    if initial or fixed or bounds:
        raise InputError(
            "no parameter can be given while the circuit is still to be chosen", key="circuit", given="auto"
        )
    chosen = select_circuit(spectrum, weight=weight, starts=starts, engine=engine).result
    if not (robust or strict):
        return chosen
    # χ² values weighed down differently cannot be compared, so the choice is made plainly and fitted again
    return fit(spectrum, chosen.circuit, weight, robust=robust, starts=starts, engine=engine, strict=strict)


def _is_number(value: object) -> bool:
    return isinstance(value, (float, int, np.floating, np.integer)) and not isinstance(value, bool)


def _pair(name: str, given: object) -> tuple[float, float]:
    if isinstance(given, tuple | list) and len(given) == 2 and all(_is_number(v) for v in given):
        return float(given[0]), float(given[1])
    raise CircuitError(f"the bounds of {name} are not a pair", given=given, allowed="(low, high)")


def _engine_of(name: EngineName) -> bool:
    """Whether the fit is to be compiled."""
    if name not in get_args(EngineName):
        raise InputError("unknown engine", given=name, hint=did_you_mean(str(name), get_args(EngineName)))
    if name == "numba" and not numba_is_there():
        raise InputError("numba is not installed", hint='Install it, or take engine="numpy".')
    return name != "numpy" and numba_is_there()


# asked for three times in each fit
@lru_cache(maxsize=4)
def _sizes(spectrum: Spectrum) -> tuple[Array, float, float]:
    """|Z| (N,), the smallest and the largest of them."""
    size = np.abs(spectrum.impedance_ohm)
    return size, float(size.min()), float(size.max())


def _refuse_the_absurd(spectrum: Spectrum) -> None:
    """Refuse what no instrument measures and double precision cannot square and divide safely."""
    if len(spectrum) > _MAX_POINTS:
        raise DataError("this spectrum is too long to fit", given=len(spectrum), allowed=f"{_MAX_POINTS}")
    frequency = spectrum.frequency_Hz
    if frequency[0] > 1e15 or frequency[-1] < 1e-12:
        raise DataError(
            "these are not frequencies of an impedance measurement",
            given=f"{frequency[-1]:g} to {frequency[0]:g} Hz",
            allowed="1e-12 to 1e15 Hz",
        )
    largest = _sizes(spectrum)[2]
    if not 1e-15 <= largest <= 1e18:
        raise DataError(
            "these are not impedances of a cell",
            given=f"largest |Z| {largest:g} ohm",
            allowed="1e-15 to 1e18 ohm",
        )


def _weights(spectrum: Spectrum, weight: Weight) -> tuple[Array, Array]:
    z = spectrum.impedance_ohm
    if weight == "unit":
        return np.ones(len(z)), np.ones(len(z))
    if weight == "measured":
        if spectrum.noise_ohm is None:
            raise DataError(
                "the spectrum has no noise to weigh by",
                allowed="a Spectrum with noise_ohm",
                hint='Take weight="modulus" where the noise is not known.',
            )
        return 1 / spectrum.noise_ohm.real, 1 / spectrum.noise_ohm.imag
    if weight not in get_args(Weight):
        raise InputError("unknown weight", given=weight, hint=did_you_mean(str(weight), get_args(Weight)))
    size, smallest, largest = _sizes(spectrum)
    if smallest < 1e-15 * max(1.0, largest):
        raise DataError(
            "an impedance of zero cannot be weighed by its size",
            given=f"smallest |Z| {smallest:g} ohm",
            hint='Remove the point, or take weight="unit".',
        )
    if weight == "modulus":
        inverse = 1 / size
        return inverse, inverse
    floor = _PROPORTIONAL_FLOOR * size
    return 1 / np.maximum(np.abs(z.real), floor), 1 / np.maximum(np.abs(z.imag), floor)


@dataclass(slots=True)
class _Solved:
    """The best fit so far, and what it took.

    Attributes
    ----------
    x : ndarray, (X,)
    chi2 : float
    jtj : ndarray, (F, F)
    residual : ndarray, (2N,)
        Weighted, model − data.
    converged, in_order : bool
    noise_like : bool
        Whether the residuals have no structure along frequency.
    evaluations, starts : int
    """

    x: Array
    chi2: float
    jtj: Array
    residual: Array
    converged: bool
    in_order: bool
    noise_like: bool
    evaluations: int
    starts: int


@dataclass(frozen=True, slots=True)
class _Task:
    """Everything one fit works on."""

    spectrum: Spectrum
    plan: Plan
    wanted: _Wanted
    weights: tuple[Array, Array]
    limits: Array

    @classmethod
    def of(
        cls,
        spectrum: Spectrum,
        circuit: Circuit,
        wanted: _Wanted,
        weights: tuple[Array, Array],
        compiled: bool,
        order: bool,
    ) -> _Task:
        plan = plan_of(
            circuit,
            frozenset(wanted.fixed),
            frozenset(wanted.bounds),
            compiled,
            order,
            spectrum.frequency_Hz.tobytes(),
        )
        _, smallest, largest = _sizes(spectrum)
        limits = plan.limits.copy()
        limits[:2] += plan.moved[0] * math.log(max(smallest, 1e-12 * largest, 1e-90))
        limits[:2] += plan.moved[1] * math.log(max(largest, 1e-90))
        if wanted.bounds:
            plan.program.bind(wanted.bounds, limits[0], limits[1])
        return cls(spectrum, plan, wanted, weights, limits)

    @property
    def low(self) -> Array:
        """Lowest coordinates (X,)."""
        low: Array = self.limits[0]
        return low

    @property
    def high(self) -> Array:
        """Highest coordinates (X,)."""
        high: Array = self.limits[1]
        return high

    @property
    def program(self) -> Program:
        """The circuit, made ready."""
        return self.plan.program

    @property
    def engine(self) -> Engine:
        """What does the work."""
        return self.plan.engine

    @property
    def form(self) -> Any:
        """The circuit as `engine` reads it."""
        return self.plan.form

    @property
    def ref(self) -> float:
        """ln 2πf of mid-frequency."""
        return self.plan.ref

    @property
    def lw(self) -> Array:
        """ln 2πf (N,)."""
        return self.plan.lw

    @property
    def free(self) -> Index:
        """Coordinates that are fitted."""
        return self.plan.free

    def data(self, every: int = 1, factor: Array | None = None) -> Any:
        """What the engine reads, (5, N): every so-maneth point, weights times `factor` (N,)."""
        z = self.spectrum.impedance_ohm
        rows = np.empty((5, len(self.plan.lw)))
        rows[0], rows[1], rows[2], rows[3], rows[4] = self.plan.lw, z.real, z.imag, *self.weights
        if factor is not None:
            rows[3:] *= factor
        return rows if every == 1 else np.ascontiguousarray(rows[:, ::every])

    def budget(self, points: int, share: float) -> int:
        """Evaluations that take about a second and a half, by counting operations, not by a clock."""
        size = self.program.size
        each = points * size * (20.0 + size)
        if self.engine.name == "numpy":
            each = 10 * each + 8e5 + 3e4 * size + 5e2 * size**2
        return max(15, int(share * 1.5e9 / each))

    def solve(self, starts: int) -> _Solved:
        """The best fit over all starts; long spectra are searched on a part of their points."""
        every = self.plan.every
        data = self.data(every)
        found = self.search(self.starts(starts, data), data)
        if every > 1:
            finer = self.search(found.x[None, :], self.data())
            finer.evaluations += found.evaluations
            finer.starts = found.starts
            return finer
        return found

    def search(self, points: Array, data: Any, share: float = 1.0) -> _Solved:
        """The best of the fits from each of `points` (S, X), those with their arcs in order before others."""
        plan = self.plan
        few = 2 + len(plan.program.blocks) // 3
        budget = self.budget(data.shape[1], share)
        weighted = data[1:3] * data[3:5]
        floor = 1e-24 * float(np.vdot(weighted, weighted))
        points = np.minimum(np.maximum(points, self.limits[0]), self.limits[1])
        engine, common = plan.engine, (self.limits, plan.free, plan.form, data, floor)
        if not plan.order or plan.program.settled:
            return self.settle(engine.best(points, *common, few, min(300, budget), budget))
        # a better fit may have its arcs in the wrong order
        best, evaluations, starts = None, 0, 0
        for start in points:
            here = self.settle(engine.best(start[None, :], *common, 1, min(300, budget), budget))
            evaluations += here.evaluations
            starts += 1
            if best is None or (here.in_order, -here.chi2) > (best.in_order, -best.chi2):
                best = here
            if (starts >= few and best.noise_like and best.in_order) or evaluations >= budget:
                break
        assert best is not None
        best.evaluations, best.starts = evaluations, starts
        return best

    def settle(self, found: Found) -> _Solved:
        """What the engine found, with its arcs in order."""
        plan, program = self.plan, self.plan.program
        x, jtj, in_order = found.x, found.jtj, True
        if plan.order:
            moved = program.order(x)
            if moved is not None:
                places = np.searchsorted(plan.free, moved[plan.free])
                x, jtj = x[moved], jtj[np.ix_(places, places)]
            in_order = program.settled or program.in_order(x)
        return _Solved(
            x,
            found.chi2,
            jtj,
            found.residual,
            found.converged,
            in_order,
            found.noise_like,
            found.evaluations,
            found.starts,
        )

    def starts(self, count: int, data: Array) -> Array:
        """Coordinates (S, X) to start from."""
        plan, program, ref = self.plan, self.program, self.ref
        given = {**self.wanted.initial, **self.wanted.fixed}
        names = program.circuit.parameter_names
        if given and all(name in given for name in names):
            return program.to_internal(np.array([given[name] for name in names]), ref)[None, :]
        points = plan.engine.starts(plan.candidates, data, plan.width, count)
        for s in range(len(points) if given else 0):
            values, _ = program.to_native(points[s], ref)
            values = np.array([given.get(n, v) for n, v in zip(names, values, strict=True)])
            points[s] = program.to_internal(np.maximum(values, 1e-300), ref)
        return points


def _robust(task: _Task, solved: _Solved, weight: Weight, starts: int) -> FitResult:
    """Iteratively reweighted least squares with Huber's weights on each point's distance, Re and Im together.

    After the first round the starts are searched anew: outliers may have led to another minimum.
    """
    half = len(task.spectrum)
    down = np.ones(half)
    for turn in range(_ROBUST_TURNS):
        residual = solved.residual.reshape(2, half) / np.sqrt(down)
        distance = np.hypot(residual[0], residual[1])
        # the median of a Rayleigh distribution is 1.1774 of its parameter
        spread = float(np.median(distance)) / 1.1774
        if not (math.isfinite(spread) and spread > 0):
            break
        old, down = down, np.minimum(1.0, _HUBER * spread / np.maximum(distance, 1e-300))
        data = task.data(factor=np.sqrt(down))
        again = task.search(solved.x[None, :], data, _ROBUST_SHARE)
        if turn == 1 and half < 2 * COARSE_POINTS:
            elsewhere = task.search(task.starts(starts, data), data, 5 * _ROBUST_SHARE)
            again = min(again, elsewhere, key=lambda s: (not s.in_order, s.chi2))
        again.evaluations += solved.evaluations
        again.starts = solved.starts
        solved = again
        if turn > 1 and np.abs(down - old).max() < 1e-4:
            break
    return _result(task, solved, weight, down)


def _variance(residual: Array, down: Array, degrees: int) -> float:
    """Huber's asymptotic variance, Σψ²/ν/(mean ψ')², of residuals (2, N) and the weights of the points (N,).

    Of a point weighed down, only the direction across its distance counts, hence the half.
    """
    pull = float(((down * residual) ** 2).sum()) / degrees
    response = float(np.where(down < 1, 0.5 * down, 1.0).mean())
    return pull * float(down.mean()) / response**2


def _inverse(jtj: Array) -> Array:
    """Inverse of JᵀJ (F, F), with infinite variance for what the data do not determine."""
    diagonal = np.sqrt(jtj.diagonal())
    if np.isfinite(diagonal).all() and diagonal.all():
        outer = diagonal[:, None] * diagonal
        try:
            inverse: Array = np.linalg.inv(jtj / outer)
        except np.linalg.LinAlgError:
            pass
        else:
            inflation = inverse.diagonal()
            # beyond 1e12 the digits of JᵀJ are used up
            if (inflation > 0).all() and (inflation < 1e12).all():
                inverse /= outer
                return inverse
    return _inverse_of_degenerate(jtj, diagonal)


def _inverse_of_degenerate(jtj: Array, diagonal: Array) -> Array:
    """The same, where some direction is not determined at all."""
    blind = ~(np.isfinite(diagonal) & (diagonal > 0))
    scale = np.where(blind, 1.0, diagonal)
    scaled = np.where(blind[:, None] | blind, np.eye(len(jtj)), jtj / np.outer(scale, scale))
    power, directions = np.linalg.eigh(np.nan_to_num(scaled))
    weak = power < 1e-12
    inverse: Array = (directions / np.where(weak, np.inf, power)) @ directions.T / np.outer(scale, scale)
    lost = blind | ((directions[:, weak] ** 2).sum(axis=1) > 1e-6)
    inverse[lost, lost] = np.inf
    return inverse


def _turned(turn: Array, inside: Array) -> Array:
    """turn · inside · turnᵀ, where an infinite variance reaches only what depends on it."""
    lost = ~np.isfinite(np.diag(inside))
    if not lost.any():
        return turn @ inside @ turn.T
    usable = np.where(lost[:, None] | lost[None, :] | ~np.isfinite(inside), 0.0, inside)
    covariance: Array = turn @ usable @ turn.T
    blind = np.flatnonzero((turn[:, lost] != 0).any(axis=1))
    covariance[blind, blind] = np.inf
    return covariance


def _result(task: _Task, solved: _Solved, weight: Weight, down: Array | None = None) -> FitResult:
    """The result in the words of the user; `down` (N,) is the weight of each point in a robust fit."""
    plan, spectrum, wanted = task.plan, task.spectrum, task.wanted
    program, circuit = plan.program, plan.program.circuit
    half = len(spectrum)
    degrees = 2 * half - len(plan.free)
    residual = solved.residual.reshape(2, half)
    variance = solved.chi2 / degrees
    if down is not None:
        residual = residual / np.sqrt(down)
        if (down < 1).any():
            variance = _variance(residual, down, degrees)
    native, turn = program.to_native(solved.x, plan.ref)
    if len(plan.free) < program.size:
        turn = turn[:, plan.free]
    covariance = plan.engine.covariance_of(solved.jtj, turn, variance)
    if covariance is None:
        size = len(solved.jtj)
        inverse = _inverse(solved.jtj) if np.isfinite(solved.jtj).all() else np.full((size, size), np.inf)
        covariance = _turned(turn, inverse * variance)
    values, errors = native.tolist(), np.sqrt(np.maximum(covariance.diagonal(), 0.0)).tolist()
    flags, warnings = verdict(
        program,
        plan.window,
        plan.free_set,
        plan.bounded,
        solved.x.tolist(),
        task.low.tolist(),
        task.high.tolist(),
        values,
        errors,
    )
    if not solved.in_order:
        advice = "No fit within these constraints has its arcs by falling frequency; check the names."
        warnings = (advice, *warnings)
    if not solved.converged:
        flags, warnings = not_converged(program, flags, warnings)
    residuals = np.empty(half, dtype=np.complex128)
    residuals.real, residuals.imag = residual
    off = residuals.copy()
    off.real /= task.weights[0]
    off.imag /= task.weights[1]
    return FitResult(
        spectrum,
        circuit,
        weight,
        Parameters(lambda: parameters_of(circuit, values, errors, wanted.fixed, wanted.bounds, flags, degrees)),
        covariance,
        spectrum.impedance_ohm + off,
        -residuals,
        solved.chi2,
        solved.chi2 / degrees,
        degrees,
        worst(flags),
        warnings,
        plan.engine.name,
        solved.evaluations,
        solved.starts,
    )
