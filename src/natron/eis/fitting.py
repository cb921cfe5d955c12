"""Fit of a circuit to a spectrum, without a guess, with uncertainties and a verdict on each parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.data import DataError, Spectrum
from natron.eis._engine import ZARC, Array, Engine, Index, engine, numba_is_there
from natron.eis._program import Atoms, Program, atoms, lower, start_points
from natron.eis.circuits import Circuit, parse_circuit
from natron.eis.elements import Complex
from natron.eis.errors import CircuitError, FitError

Weight = Literal["modulus", "proportional", "unit", "measured"]
Status = Literal["converged", "not_separable", "at_bound", "arc_outside_window", "not_converged"]
EngineName = Literal["auto", "numba", "numpy"]

_WORST_FIRST: tuple[Status, ...] = ("not_converged", "arc_outside_window", "at_bound", "not_separable")
_MAX_POINTS = 10_000
_COARSE_POINTS = 100
_PROPORTIONAL_FLOOR = 0.01
_SEPARABLE = 0.2
_HUBER = 2.0
_ROBUST_TURNS = 20
_ROBUST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class FitParameter:
    """One fitted parameter, SI.

    Attributes
    ----------
    name : str
    value : float
    uncertainty : float
        One standard error, sqrt(diag((JᵀJ)⁻¹) χ²/(2N − P)); 0 where fixed, inf where the data say nothing.
    unit : str
        ASCII, as in ``ohm^-1.s^n``.
    interval : tuple of float
        95 % interval from Student's t: symmetric in the logarithm for positive parameters, in the value,
        and within the limits, for exponents.
    fixed : bool
    flags : tuple of str
        Every status other than ``converged`` that holds for this parameter.
    """

    name: str
    value: float
    uncertainty: float
    unit: str
    interval: tuple[float, float]
    fixed: bool = False
    flags: tuple[Status, ...] = ()


@dataclass(frozen=True, eq=False)
class FitResult:
    """What a fit found; P parameters, N points.

    Attributes
    ----------
    spectrum : Spectrum
    circuit : Circuit
    weight : str
    parameters : dict of FitParameter
        By name, in the circuit's order. Equal arcs are ordered by falling frequency: R1 is the fastest.
    covariance : ndarray, (P, P)
        Zero in the rows of fixed parameters.
    impedance_ohm : ndarray of complex, (N,)
        The model at the spectrum's frequencies.
    residuals : ndarray of complex, (N,)
        Measured − model, Re and Im each times its weight: relative deviations for modulus weights.
    chi2, chi2_reduced : float
        Sum of squared residuals; that over 2N − P. With measured weights the latter is near 1 for a true
        model, with modulus weights near the squared relative noise.
    degrees_of_freedom : int
        2N − P, P counting free parameters.
    status : str
        The worst of ``converged, not_separable, at_bound, arc_outside_window, not_converged``.
    warnings : tuple of str
        What is flagged, and what to do.
    engine : str
        ``numba`` or ``numpy``.
    evaluations, starts : int
        Model evaluations and starts that were spent.
    """

    spectrum: Spectrum
    circuit: Circuit
    weight: Weight
    parameters: Mapping[str, FitParameter]
    covariance: Array
    impedance_ohm: Complex
    residuals: Complex
    chi2: float
    chi2_reduced: float
    degrees_of_freedom: int
    status: Status
    warnings: tuple[str, ...]
    engine: str
    evaluations: int
    starts: int

    @property
    def values(self) -> dict[str, float]:
        """Parameter values by name."""
        return {name: p.value for name, p in self.parameters.items()}

    @property
    def correlation(self) -> Array:
        """(P, P) correlation coefficients; 1 on the diagonal, 0 beside fixed or undetermined parameters."""
        sd = np.sqrt(np.diag(self.covariance))
        usable = np.isfinite(sd) & (sd > 0)
        safe = np.where(usable, sd, 1.0)
        both = usable[:, None] & usable[None, :]
        result: Array = np.where(both, self.covariance, 0.0) / np.outer(safe, safe)
        result = np.where(both, np.clip(result, -1.0, 1.0), 0.0)
        np.fill_diagonal(result, 1.0)
        return result


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
        Such as ``R0-p(R1,CPE1)-p(R2,CPE2)``.
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
    parsed = parse_circuit(circuit) if isinstance(circuit, str) else circuit
    wanted = _Wanted.checked(parsed, initial or {}, fixed or {}, bounds or {})
    if not 1 <= starts <= 200:
        raise InputError("starts is out of range", given=starts, allowed="1 to 200")
    chosen = _engine_of(engine)
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
        task = _Task.of(spectrum, parsed, wanted, weights, chosen, order)
        solved = task.solve(starts)
        down = np.ones(len(spectrum))
        if robust:
            solved, down = _robust(task, solved, starts)
        if order:
            solved.x = _ordered(task.program, solved.x)
        result = _result(task, solved, weight, down)
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
            return cls({}, {}, {})
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
                if not (_is_number(value) and 0 < value <= top and math.isfinite(value)):
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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)


def _pair(name: str, given: object) -> tuple[float, float]:
    if isinstance(given, tuple | list) and len(given) == 2 and all(_is_number(v) for v in given):
        return float(given[0]), float(given[1])
    raise CircuitError(f"the bounds of {name} are not a pair", given=given, allowed="(low, high)")


def _engine_of(name: EngineName) -> Engine:
    if name not in get_args(EngineName):
        raise InputError("unknown engine", given=name, hint=did_you_mean(str(name), get_args(EngineName)))
    if name == "numba" and not numba_is_there():
        raise InputError("numba is not installed", hint='Install it, or take engine="numpy".')
    return engine(name == "numba" or (name == "auto" and numba_is_there()))


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
    largest = np.abs(spectrum.impedance_ohm).max()
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
    size = np.abs(z)
    if size.min() < 1e-15 * max(1.0, float(size.max())):
        raise DataError(
            "an impedance of zero cannot be weighed by its size",
            given=f"smallest |Z| {size.min():g} ohm",
            hint='Remove the point, or take weight="unit".',
        )
    if weight == "modulus":
        return 1 / size, 1 / size
    floor = _PROPORTIONAL_FLOOR * size
    return 1 / np.maximum(np.abs(z.real), floor), 1 / np.maximum(np.abs(z.imag), floor)


@dataclass(slots=True)
class _Solved:
    x: Array
    chi2: float
    evaluations: int
    converged: bool
    starts: int
    in_order: bool


@dataclass(frozen=True, slots=True)
class _Task:
    """Everything one fit works on."""

    spectrum: Spectrum
    program: Program
    wanted: _Wanted
    engine: Engine
    form: object
    ref: float
    lw: Array
    weights: tuple[Array, Array]
    free: Index
    low: Array
    high: Array
    bounded: frozenset[int]
    order: bool

    @classmethod
    def of(
        cls,
        spectrum: Spectrum,
        circuit: Circuit,
        wanted: _Wanted,
        weights: tuple[Array, Array],
        chosen: Engine,
        order: bool,
    ) -> _Task:
        program = lower(circuit, frozenset([*wanted.fixed, *wanted.bounds]))
        if not program.compiled and chosen.name == "numba":
            chosen = engine(False)
        lw = np.log(2 * math.pi * spectrum.frequency_Hz)
        ref = 0.5 * (lw[0] + lw[-1])
        size = np.abs(spectrum.impedance_ohm)
        smallest = max(float(size.min()), 1e-12 * float(size.max()), 1e-90)
        low, high = program.limits(wanted.bounds, lw, (smallest, max(float(size.max()), smallest)))
        held = np.zeros(program.size, dtype=np.bool_)
        held[program.always_fixed] = True
        names = circuit.parameter_names
        place = {name: program.coordinate_of(names.index(name)) for name in (*wanted.fixed, *wanted.bounds)}
        held[[at for name in wanted.fixed if (at := place[name]) is not None]] = True
        form = program.engine_form(ref) if chosen.name == "numba" else program.numpy_form(ref)
        bounded = frozenset(at for name in wanted.bounds if (at := place[name]) is not None)
        return cls(
            spectrum,
            program,
            wanted,
            chosen,
            form,
            ref,
            lw,
            weights,
            np.flatnonzero(~held),
            low,
            high,
            bounded,
            order,
        )

    def data(self, every: int = 1, factor: Array | None = None) -> tuple[Array, ...]:
        """What the engine reads: every so-maneth point, weights times `factor` (N,)."""
        z = self.spectrum.impedance_ohm
        wr, wi = self.weights if factor is None else (self.weights[0] * factor, self.weights[1] * factor)
        columns = (self.lw, z.real, z.imag, wr, wi)
        return tuple(np.ascontiguousarray(column[::every]) for column in columns)

    def distance(self, x: Array) -> Array:
        """Weighted distance of each point (N,) from the model."""
        half = len(self.spectrum)
        size = len(self.free)
        residual = np.empty(2 * half)
        self.engine.normal_equations(
            x, self.form, self.data(), self.free, np.empty((size, size)), np.empty(size), residual
        )
        return np.hypot(residual[:half], residual[half:])

    def budget(self, points: int, share: float) -> int:
        """Evaluations that take about a second and a half, by counting operations, not by a clock."""
        size = self.program.size
        each = points * size * (20.0 + size)
        if self.engine.name == "numpy":
            each = 10 * each + 8e5 + 3e4 * size + 5e2 * size**2
        return max(15, int(share * 1.5e9 / each))

    def solve(self, starts: int) -> _Solved:
        """The best fit over all starts; long spectra are searched on a part of their points."""
        every = max(1, len(self.lw) // _COARSE_POINTS) if len(self.lw) >= 2 * _COARSE_POINTS else 1
        data = self.data(every)
        points = self.starts(starts, data)
        found = self.search(points, data)
        if every > 1:
            finer = self.search(found.x[None, :], self.data())
            finer.evaluations += found.evaluations
            finer.starts = found.starts
            return finer
        return found

    def search(self, points: Array, data: tuple[Array, ...], share: float = 1.0) -> _Solved:
        """The best of the fits from each of `points` (S, X).

        After a few it stops as soon as the residuals of the best look like noise: a missed minimum leaves
        structure along frequency.
        """
        few = 2 + len(self.program.blocks) // 3
        budget = self.budget(len(data[0]), share)
        floor = 1e-24 * _power(data)
        best = _Solved(points[0], math.inf, 0, False, 0, not self.order)
        noise_like = False
        for start in points:
            x, chi2, evaluations, converged, residual = self.engine.levenberg_marquardt(
                start,
                self.free,
                self.low,
                self.high,
                self.program.longest,
                self.form,
                data,
                floor,
                min(300, budget),
            )
            best.evaluations += evaluations
            best.starts += 1
            in_order = not self.order or _in_order(self.program, x)
            if (in_order, -chi2) > (best.in_order, -best.chi2):
                best.x, best.chi2, best.converged, best.in_order = x, chi2, converged, in_order
                noise_like = chi2 <= floor or self.engine.structure(residual) < 1.0
            if (best.starts >= few and noise_like and best.in_order) or best.evaluations >= budget:
                break
        return best

    def starts(self, count: int, data: tuple[Array, ...]) -> Array:
        """Coordinates (S, X) to start from, within the bounds."""
        given = {**self.wanted.initial, **self.wanted.fixed}
        names = self.program.circuit.parameter_names
        if given and all(name in given for name in names):
            points = self.program.to_internal(np.array([given[name] for name in names]), self.ref)[None, :]
        else:
            points = self.from_dictionary(count, data)
            if given:
                for s in range(len(points)):
                    values, _ = self.program.to_native(points[s], self.ref)
                    values = np.array([given.get(n, v) for n, v in zip(names, values, strict=True)])
                    points[s] = self.program.to_internal(np.maximum(values, 1e-300), self.ref)
        inside = points.copy()
        inside[:, self.free] = np.clip(points, self.low, self.high)[:, self.free]
        return inside

    def from_dictionary(self, count: int, data: tuple[Array, ...]) -> Array:
        candidates = atoms(self.program, data[0].tobytes())
        # at unit length, since a capacitor's own size would swamp an arc's
        length, gram, projection, norm = self.engine.inner_products(candidates.shape, data)
        chosen, weight = self.engine.choose_starts(
            gram,
            projection,
            1.0,
            candidates.first,
            candidates.last,
            candidates.rank,
            candidates.ordered,
            self.width(candidates),
            count,
        )
        if len(chosen) == 0:
            chosen, weight = candidates.first[None, :].copy(), np.ones((1, len(candidates.first)))
        # a weight below zero becomes a thousandth of the data
        scale = norm / length[chosen]
        return start_points(self.program, candidates, chosen, weight * scale, 1e-3 * scale)

    def width(self, candidates: Atoms) -> int:
        """Partial choices the beam carries on: as many as keep the search near a tenth of a second."""
        k = np.arange(1, len(candidates.first) + 1)
        work = float(((candidates.last - candidates.first) * k * k).sum())
        return int(min(256, max(8, 1e7 / work)))


def _power(data: tuple[Array, ...]) -> float:
    _, zr, zi, wr, wi = data
    return float(np.dot(zr * wr, zr * wr) + np.dot(zi * wi, zi * wi))


def _robust(task: _Task, solved: _Solved, starts: int) -> tuple[_Solved, Array]:
    """Iteratively reweighted least squares; the solution and the weight of each point (N,), 0 to 1.

    Huber's weights on each point's distance from the model, Re and Im together. After the first round the
    starts are searched anew: outliers may have led to another minimum.
    """
    half = len(task.spectrum)
    weight = np.ones(half)
    for turn in range(_ROBUST_TURNS):
        distance = task.distance(solved.x)
        # the median of a Rayleigh distribution is 1.1774 of its parameter
        spread = float(np.median(distance)) / 1.1774
        if not (math.isfinite(spread) and spread > 0):
            break
        old, weight = weight, np.minimum(1.0, _HUBER * spread / np.maximum(distance, 1e-300))
        data = task.data(factor=np.sqrt(weight))
        again = task.search(solved.x[None, :], data, _ROBUST_SHARE)
        if turn == 1 and half < 2 * _COARSE_POINTS:
            elsewhere = task.search(task.starts(starts, data), data, 5 * _ROBUST_SHARE)
            again = min(again, elsewhere, key=lambda s: (not s.in_order, s.chi2))
        again.evaluations += solved.evaluations
        again.starts = solved.starts
        solved = again
        if turn > 1 and np.abs(weight - old).max() < 1e-4:
            break
    return solved, weight


def _ordered(program: Program, x: Array) -> Array:
    """`x` with equal, unconstrained arcs sorted by rising time constant."""
    groups: dict[str, list[int]] = {}
    for block in program.blocks:
        if block.is_arc and not block.constrained:
            groups.setdefault(block.signature, []).append(block.first)
    result = x.copy()
    for places in groups.values():
        for place, source in zip(places, sorted(places, key=lambda at: float(x[at + 1])), strict=True):
            result[place : place + 3] = x[source : source + 3]
    return result


def _in_order(program: Program, x: Array) -> bool:
    """Whether equal arcs, once the unconstrained are sorted, come by rising time constant."""
    if not any(block.constrained for block in program.blocks):
        return True
    x = _ordered(program, x)
    before: dict[str, float] = {}
    for block in program.blocks:
        clock = block.clock(x)
        if clock is None:
            continue
        if clock < before.get(block.signature, -math.inf):
            return False
        before[block.signature] = clock
    return True


@lru_cache(maxsize=256)
def student_95(degrees: int) -> float:
    """Two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.975))


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


def _result(task: _Task, solved: _Solved, weight: Weight, down: Array) -> FitResult:
    program, circuit, free, spectrum = task.program, task.program.circuit, task.free, task.spectrum
    count = len(free)
    jtj, gradient = np.empty((count, count)), np.empty(count)
    residual = np.empty(2 * len(spectrum))
    chi2 = float(
        task.engine.normal_equations(
            solved.x, task.form, task.data(factor=np.sqrt(down)), free, jtj, gradient, residual
        )
    )
    degrees = 2 * len(spectrum) - count
    variance = chi2 / degrees
    residual /= np.sqrt(np.tile(down, 2))
    if (down < 1).any():
        # Huber's asymptotic variance, Σψ²/ν/(mean ψ')²; of a point weighed down, only the direction across
        # its distance counts, hence the half
        pull = float(((np.tile(down, 2) * residual) ** 2).sum()) / degrees
        response = float(np.where(down < 1, 0.5 * down, 1.0).mean())
        variance = pull * float(down.mean()) / response**2
    values, turn = program.to_native(solved.x, task.ref)
    turn = turn[:, free]
    inside = _inverse(jtj) * variance if np.isfinite(jtj).all() else np.full((count, count), np.inf)
    covariance = _turned(turn, inside)
    half = len(spectrum)
    wr, wi = task.weights
    model = spectrum.impedance_ohm + (residual[:half] / wr + 1j * (residual[half:] / wi))
    flags, warnings = _flags(task, solved, values, covariance)
    reach = student_95(degrees)
    parameters = {
        name: _parameter(task, i, name, float(values[i]), float(covariance[i, i]), reach, flags.get(name, ()))
        for i, name in enumerate(circuit.parameter_names)
    }
    raised = {flag for each in flags.values() for flag in each}
    status: Status = next((s for s in _WORST_FIRST if s in raised), "converged")
    return FitResult(
        spectrum,
        circuit,
        weight,
        parameters,
        covariance,
        model,
        -(residual[:half] + 1j * residual[half:]),
        chi2,
        chi2 / degrees,
        degrees,
        status,
        tuple(warnings),
        task.engine.name,
        solved.evaluations,
        solved.starts,
    )


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


def _parameter(
    task: _Task,
    place: int,
    name: str,
    value: float,
    variance: float,
    reach: float,
    flags: tuple[Status, ...],
) -> FitParameter:
    parameter = task.program.circuit.parameters[place]
    if name in task.wanted.fixed:
        return FitParameter(name, value, 0.0, parameter.unit, (value, value), True, flags)
    uncertainty = math.sqrt(variance) if variance > 0 else 0.0
    if parameter.logarithmic:
        ratio = math.exp(min(reach * uncertainty / value, 700.0)) if value > 0 else 1.0
        interval = (value / ratio, value * ratio)
    else:
        low, high = task.wanted.bounds.get(name, (parameter.low, parameter.high))
        interval = (max(low, value - reach * uncertainty), min(high, value + reach * uncertainty))
    return FitParameter(name, value, uncertainty, parameter.unit, interval, False, flags)


def _flags(
    task: _Task, solved: _Solved, values: Array, covariance: Array
) -> tuple[dict[str, tuple[Status, ...]], list[str]]:
    """What is wrong with which parameter, and advice on it."""
    program, names = task.program, task.program.circuit.parameter_names
    flags: dict[str, list[Status]] = {}
    warnings: list[str] = []

    def flag(name: str, status: Status, advice: str) -> None:
        flags.setdefault(name, []).append(status)
        warnings.append(f"{name}: {advice}")

    if not solved.converged:
        for name in names:
            flags.setdefault(name, []).append("not_converged")
        warnings.append(
            "The fit did not converge: check the data for outliers, take a simpler circuit or give a start."
        )
    if task.order and not solved.in_order:
        warnings.append("No fit within these constraints has its arcs by falling frequency; check the names.")
    free = set(task.free.tolist())
    for part in program.parts:
        if part.code == ZARC and not -task.lw[0] <= solved.x[part.at + 1] <= -task.lw[-1]:
            peak = math.exp(-float(solved.x[part.at + 1])) / (2 * math.pi)
            flag(
                names[part.natives[0]],
                "arc_outside_window",
                f"its arc peaks at {peak:.3g} Hz, outside the measured {task.spectrum.frequency_Hz[-1]:.3g}"
                f" to {task.spectrum.frequency_Hz[0]:.3g} Hz; measure there, or leave the arc out and read"
                " its resistance together with its neighbour's.",
            )
        for j, native in enumerate(part.natives):
            at = part.at + j
            parameter = program.circuit.parameters[native]
            arc_inner = part.role in ("arc", "capacitor_arc") and j == 1
            if at not in free or arc_inner:
                continue
            stuck = solved.x[at] <= task.low[at] or solved.x[at] >= task.high[at]
            if stuck and (parameter.logarithmic or at in task.bounded):
                flag(
                    names[native],
                    "at_bound",
                    f"it ran into its limit {values[native]:.4g} {parameter.unit}; widen the limit, or leave"
                    " the element out.",
                )
            elif stuck:
                flag(
                    names[native],
                    "not_separable",
                    f"the exponent is at its limit {values[native]:.3g}; fix it, take a capacitor for 1, or"
                    " fit fewer arcs.",
                )
            error = math.sqrt(max(float(covariance[native, native]), 0.0))
            if parameter.unit == "ohm" and error > _SEPARABLE * values[native]:
                flag(
                    names[native],
                    "not_separable",
                    f"its standard error is {min(100 * error / values[native], 1e6):.0f} % of its value; fix"
                    " an exponent, fit fewer arcs, or tie several spectra.",
                )
    return {name: tuple(dict.fromkeys(each)) for name, each in flags.items()}, warnings
