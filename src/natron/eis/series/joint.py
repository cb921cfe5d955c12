"""Spectra of one circuit at several temperatures, fitted together with their arcs tied.

The tie: for each arc k, ln(R_k/T) is linear in 1/k_B T, and the exponent n_k and the effective capacitance
C_k = τ_k/R_k are constant. In the internal coordinates of a fit, (ln R, ln τ, n), that is a linear map from
few common parameters, so the joint fit takes the compiled derivatives of the single spectra as they are.
Everything that is no arc (R0, leads, tails) stays free in each spectrum: it need not follow Arrhenius.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from scipy.special import chdtrc, fdtrc

from natron.eis.fitting.covariance import inverse_of
from natron.eis.fitting.engine import Array, Index
from natron.eis.fitting.program import Program
from natron.eis.fitting.result import FitParameter, FitResult, student_95
from natron.eis.fitting.task import Task, is_compiled
from natron.eis.fitting.wanted import Wanted
from natron.eis.fitting.weights import weights_of
from natron.eis.series.arrhenius import BOLTZMANN_EV_PER_K, Line

Property = Literal["exponent", "capacitance", "arrhenius"]

_LIMIT = 300
_EXACT = 1e-7
_ALIKE = 0.05
_LONGEST = 1.5
# of χ², in units of the noise: less is rounding
_SAME = 1e-4
# of ln τ: another minimum, or another arc of that name
_ELSEWHERE = 1.0


@dataclass(frozen=True, slots=True)
class Arc:
    """An arc of the top-level series, which the fit keeps as (ln R, ln τ, n).

    Attributes
    ----------
    name : str
        Of its resistance, ``R1``, by which the arc is called.
    capacitance_name, exponent_name : str
        ``CPE1_C`` and ``CPE1_n``.
    at : int
        Place of ln R in the internal coordinates; ln τ and n follow.
    has_exponent : bool
        Whether n is free: not so for p(R,C).
    """

    name: str
    capacitance_name: str
    exponent_name: str
    at: int
    has_exponent: bool


def arcs_of(program: Program) -> tuple[Arc, ...]:
    """The arcs of a circuit, in its order."""
    names, units = program.circuit.parameter_names, [p.unit for p in program.circuit.parameters]
    found = []
    for block in program.blocks:
        if not block.is_arc:
            continue
        (part,) = block.parts
        resistance = next(n for n in part.natives if units[n] == "ohm")
        other = next(n for n in part.natives if n != resistance)
        label = names[other].partition("_")[0]
        capacitance = label if part.role == "capacitor_arc" else f"{label}_C"
        found.append(Arc(names[resistance], capacitance, f"{label}_n", part.at, part.role != "capacitor_arc"))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class TiedFit:
    """The joint fit of S spectra.

    Attributes
    ----------
    lines : dict of Line
        ln(R/T) over 1/k_B T in 1/eV, by arc.
    exponents, capacitances : dict of FitParameter
        The common n, and C = τ/R in F, by name (``CPE1_n``, ``CPE1_C``).
    values : tuple of dict
        Every circuit parameter of each spectrum.
    chi2_reduced : float
        Each spectrum's residuals in units of those of its separate fit: 1 for a tie that costs nothing.
    degrees_of_freedom : int
    converged : bool
    """

    lines: Mapping[str, Line]
    exponents: Mapping[str, FitParameter]
    capacitances: Mapping[str, FitParameter]
    values: tuple[Mapping[str, float], ...]
    chi2_reduced: float
    degrees_of_freedom: int
    converged: bool


@dataclass(slots=True)
class Point:
    """Where the joint fit stands: common parameters (G,), coordinates (S, X), and the quadratic model there."""

    common: Array
    x: Array
    chi2: Array
    hessian: Array
    gradient: Array
    converged: bool = False

    @property
    def cost(self) -> float:
        """χ² of all spectra, in units of the noise."""
        return float(self.chi2.sum())


@dataclass(frozen=True, eq=False)
class Stack:
    """S spectra ready to be fitted together; F free coordinates each, L of them in no arc.

    Attributes
    ----------
    tasks : tuple
        One per spectrum.
    temperature_K : ndarray, (S,)
    variance : ndarray, (S,)
        χ²/(2N − P) of the separate fits: each spectrum counts in units of its noise. The same for all, where
        the spectra do not differ in it.
    x : ndarray, (S, X)
        The separate optima.
    chi2 : ndarray, (S,)
        Their χ².
    """

    tasks: tuple[Task, ...]
    temperature_K: Array
    variance: Array
    x: Array
    chi2: Array

    @classmethod
    def of(cls, fits: Sequence[FitResult], temperature_K: Array) -> Stack:
        """From separate fits whose arcs already have the same names throughout."""
        circuit, weight = fits[0].circuit, fits[0].weight
        chosen, nothing = is_compiled("numba" if fits[0].engine == "numba" else "numpy"), Wanted({}, {}, {})
        tasks, x, variance, chi2, degrees = [], [], [], [], []
        for found in fits:
            weights = weights_of(found.spectrum, weight)
            task = Task.of(found.spectrum, circuit, nothing, weights, chosen, False)
            inner = task.program.to_internal(np.array(list(found.values.values())), task.ref)
            tasks.append(task)
            x.append(inner)
            # exact data would make every difference significant
            size = np.abs(found.spectrum.impedance_ohm) ** 2
            floor = _EXACT**2 * float((size * (weights[0] ** 2 + weights[1] ** 2)).mean()) / 2
            variance.append(max(found.chi2 / found.degrees_of_freedom, floor))
            chi2.append(found.chi2)
            degrees.append(found.degrees_of_freedom)
        noise = _common_noise(np.array(variance), np.array(degrees, dtype=np.float64))
        return cls(tuple(tasks), temperature_K, noise, np.array(x), np.array(chi2))

    @cached_property
    def arcs(self) -> tuple[Arc, ...]:
        """What is tied."""
        return arcs_of(self.tasks[0].program)

    @cached_property
    def free(self) -> Index:
        """(F,) free coordinates."""
        return self.tasks[0].free

    @cached_property
    def local(self) -> Index:
        """(L,) places, among the free, of what is not tied."""
        tied = {arc.at + j for arc in self.arcs for j in range(3)}
        return np.array([i for i, at in enumerate(self.free) if at not in tied], dtype=np.int64)

    @cached_property
    def inverse_temperature(self) -> Array:
        """1/k_B T less its mean, (S,), 1/eV."""
        u = 1 / (BOLTZMANN_EV_PER_K * self.temperature_K)
        centred: Array = u - u.mean()
        return centred

    @property
    def degrees(self) -> int:
        """Of all separate fits together."""
        return sum(2 * len(task.lw) - len(self.free) for task in self.tasks)

    def row(self, coordinate: int) -> int:
        """Place of a coordinate among the free."""
        return int(np.searchsorted(self.free, coordinate))

    @cached_property
    def design(self) -> Array:
        """(S, F, G): free coordinates by the common parameters ln(R/T) at mean 1/T, E_A, ln C and n of each arc."""
        columns = []
        one = np.ones(len(self.tasks))
        for arc in self.arcs:
            columns += [self.column(arc, "arrhenius", one), self.column(arc, "arrhenius", self.inverse_temperature)]
            columns.append(self.column(arc, "capacitance", one))
            if arc.has_exponent:
                columns.append(self.column(arc, "exponent", one))
        return np.stack(columns, axis=2) if columns else np.zeros((len(self.tasks), len(self.free), 0))

    def column(self, arc: Arc, what: Property, course: Array) -> Array:
        """(S, F): how the coordinates follow one property of an arc that takes the course (S,)."""
        result = np.zeros((len(self.tasks), len(self.free)))
        if what == "exponent":
            result[:, self.row(arc.at + 2)] = course
        else:
            result[:, self.row(arc.at + 1)] = course
        if what == "arrhenius":
            result[:, self.row(arc.at)] = course
        return result

    @cached_property
    def offset(self) -> Array:
        """(S, F): the free coordinates where every common parameter is zero: R = T."""
        result = np.zeros((len(self.tasks), len(self.free)))
        for arc in self.arcs:
            result[:, [self.row(arc.at), self.row(arc.at + 1)]] = np.log(self.temperature_K)[:, None]
        return result

    @cached_property
    def limits(self) -> tuple[Array, Array, Array]:
        """(G,) each: lowest, highest and longest step of the common parameters."""
        low, high, longest = [], [], []
        reach = max(float(np.ptp(self.inverse_temperature)), 1e-9)
        for arc in self.arcs:
            low += [-math.inf] * 3 + [float(self.tasks[0].low[arc.at + 2])] * arc.has_exponent
            high += [math.inf] * 3 + [float(self.tasks[0].high[arc.at + 2])] * arc.has_exponent
            longest += [_LONGEST, _LONGEST / reach, _LONGEST] + [0.15] * arc.has_exponent
        return np.array(low), np.array(high), np.array(longest)

    def at(self, common: Array, x: Array) -> Point:
        """χ², JᵀJ and Jᵀr of every spectrum at the coordinates (S, X)."""
        S, F = x.shape[0], len(self.free)
        chi2, hessian, gradient = np.empty(S), np.empty((S, F, F)), np.empty((S, F))
        for s, task in enumerate(self.tasks):
            residual = np.empty(2 * len(task.lw))
            chi2[s] = task.engine.normal_equations(
                x[s], task.form, self._data[s], self.free, hessian[s], gradient[s], residual
            )
        per = 1 / self.variance
        return Point(common, x, chi2 * per, hessian * per[:, None, None], gradient * per[:, None])

    @cached_property
    def _data(self) -> tuple[tuple[Array, ...], ...]:
        return tuple(task.data() for task in self.tasks)

    @cached_property
    def tied(self) -> Index:
        """(F − L,) places, among the free, of the arcs."""
        return np.setdiff1d(np.arange(len(self.free)), self.local)

    def coordinates(self, common: Array, x: Array) -> Array:
        """`x` (S, X) with its arcs as the common parameters have them."""
        result = x.copy()
        result[:, self.free[self.tied]] = (self.offset + self.design @ common)[:, self.tied]
        return result

    def separate_from(self, point: Point, slack: float) -> dict[int, dict[str, float]]:
        """Separate optima that are found from the joint one and not known yet, by spectrum: their parameters.

        Only such whose χ² is at most the known one plus `slack` times the noise.
        """
        names = self.tasks[0].program.circuit.parameter_names
        new = {}
        for s, task in enumerate(self.tasks):
            found = task.search(point.x[s][None, :], self._data[s])
            lower = found.chi2 < self.chi2[s] - _SAME * self.variance[s]
            elsewhere = any(abs(found.x[arc.at + 1] - self.x[s][arc.at + 1]) > _ELSEWHERE for arc in self.arcs)
            if lower or (elsewhere and found.chi2 <= self.chi2[s] + slack * self.variance[s]):
                native = task.program.to_native(found.x, task.ref)[0].tolist()
                new[s] = dict(zip(names, native, strict=True))
        return new


def _common_noise(variance: Array, degrees: Array) -> Array:
    """Variances (S,), replaced by their mean where Bartlett's test (1937, DOI 10.1098/rspa.1937.0109) allows it.

    A variance of few points is itself uncertain, which would make the tests of the tie reject too often.
    """
    mean = float(degrees @ variance / degrees.sum())
    spread = float(degrees @ (math.log(mean) - np.log(variance)))
    correction = 1 + float((1 / degrees).sum() - 1 / degrees.sum()) / (3 * (len(degrees) - 1))
    alike = float(chdtrc(len(degrees) - 1, max(spread, 0.0) / correction)) > _ALIKE
    return np.full(len(variance), mean) if alike else variance


def condense(
    point: Point, design: Array, local: Index, damping: float, frozen: Any, frozen_local: Any
) -> tuple[Array, Array, Array]:
    """The normal equations of the common parameters alone: (G, G), (G,), and (S, L, G + 1) to find the rest by.

    Each spectrum's own L coordinates are eliminated (Schur complement), so the cost grows with S and not S³.
    """
    HD = point.hessian @ design
    A = np.einsum("sfg,sfh->gh", design, HD)
    b = np.einsum("sfg,sf->g", design, point.gradient)
    to_local = np.where(frozen_local[:, :, None], 0.0, HD[:, local])
    own = point.hessian[:, local][:, :, local].copy()
    diagonal = np.arange(len(local))
    own[:, diagonal, diagonal] *= 1 + damping
    own = np.where(frozen_local[:, :, None] | frozen_local[:, None, :], np.eye(len(local)), own)
    slope = np.where(frozen_local, 0.0, point.gradient[:, local])
    A[np.diag_indices(len(A))] *= 1 + damping
    back = np.linalg.solve(own, np.concatenate([to_local, slope[:, :, None]], axis=2))
    A -= np.einsum("slg,slh->gh", to_local, back[:, :, :-1])
    b -= np.einsum("slg,sl->g", to_local, back[:, :, -1])
    A[frozen, :] = A[:, frozen] = 0.0
    A[frozen, frozen] = 1.0
    b[frozen] = 0.0
    return A, b, back


def _minimise(stack: Stack, common: Array, x: Array) -> Point:
    """Levenberg–Marquardt over the common and the local parameters, as `natron.eis.fit` does for one spectrum."""
    low, high, longest = stack.limits
    places = stack.free[stack.local]
    local_low = np.array([task.low[places] for task in stack.tasks])
    local_high = np.array([task.high[places] for task in stack.tasks])
    local_longest = stack.tasks[0].program.longest[places]
    common = np.clip(common, low, high)
    best = stack.at(common, stack.coordinates(common, x))
    damping, growth = 1e-3, 2.0
    for _ in range(_LIMIT):
        downhill = np.einsum("sfg,sf->g", stack.design, best.gradient)
        frozen = ((best.common <= low) & (downhill > 0)) | ((best.common >= high) & (downhill < 0))
        own, own_slope = best.x[:, places], best.gradient[:, stack.local]
        frozen_local = ((own <= local_low) & (own_slope > 0)) | ((own >= local_high) & (own_slope < 0))
        try:
            A, b, back = condense(best, stack.design, stack.local, damping, frozen, frozen_local)
            step = -np.linalg.solve(A, b)
        except np.linalg.LinAlgError:
            damping *= 10
            continue
        own_step = -(back[:, :, :-1] @ step + back[:, :, -1])
        common = np.clip(best.common + np.clip(step, -longest, longest), low, high)
        x = best.x.copy()
        x[:, places] = np.clip(own + np.clip(own_step, -local_longest, local_longest), local_low, local_high)
        x = stack.coordinates(common, x)
        moved = (x - best.x)[:, stack.free]
        predicted = -float(
            np.einsum("sf,sf->", moved, 2 * best.gradient + np.einsum("sfg,sg->sf", best.hessian, moved))
        )
        trial = stack.at(common, x)
        drop = best.cost - trial.cost
        if drop > 0:
            gain = drop / predicted if predicted > 0 else 0.5
            damping = max(damping * max(0.1, 1 - (2 * gain - 1) ** 3), 1e-12)
            growth = 2.0
            trial.converged = max(drop, predicted) <= _SAME
            best = trial
            if best.converged:
                break
        else:
            # where rounding alone decides, this is the optimum
            if 0 <= predicted <= _SAME or not math.isfinite(best.cost):
                best.converged = math.isfinite(best.cost)
                break
            damping, growth = damping * growth, growth * 2
            if damping > 1e12:
                break
    return best


def _start(stack: Stack) -> Array:
    """Common parameters (G,) nearest to the separate fits, in the measure of their information."""
    separate = stack.at(np.empty(0), stack.x)
    far = stack.x[:, stack.free] - stack.offset
    far[:, stack.local] = 0.0
    separate.gradient = -np.einsum("sfg,sg->sf", separate.hessian, far)
    G, none = stack.design.shape[2], np.zeros((len(stack.tasks), len(stack.local)), dtype=np.bool_)
    A, b, _ = condense(separate, stack.design, stack.local, 1e-9, np.zeros(G, dtype=np.bool_), none)
    scale = np.sqrt(np.maximum(np.diag(A), 1e-300))
    start: Array = -np.linalg.lstsq(A / np.outer(scale, scale), b / scale, rcond=1e-13)[0] / scale
    return start


def _plain_start(stack: Stack) -> Array:
    """Common parameters (G,) from medians over the separate fits, which a few bad ones do not move."""
    u, common = stack.inverse_temperature, []
    for arc in stack.arcs:
        log_r = stack.x[:, arc.at] - np.log(stack.temperature_K)
        i, j = np.triu_indices(len(u), 1)
        apart = np.abs(u[j] - u[i]) > 1e-9
        slope = float(np.median((log_r[j] - log_r[i])[apart] / (u[j] - u[i])[apart]))
        common += [float(np.median(log_r - slope * u)), slope]
        common.append(float(np.median(stack.x[:, arc.at + 1] - stack.x[:, arc.at])))
        if arc.has_exponent:
            common.append(float(np.median(stack.x[:, arc.at + 2])))
    return np.array(common)


def tied_optimum(stack: Stack, level: float) -> Point:
    """The joint fit; a second start is tried where the first says that the tie does not hold."""
    first = _minimise(stack, _start(stack), stack.x)
    if first.converged and omnibus(stack, first)[1] >= level:
        return first
    second = _minimise(stack, _plain_start(stack), stack.x)
    return min(first, second, key=lambda p: p.cost if math.isfinite(p.cost) else math.inf)


def omnibus(stack: Stack, point: Point) -> tuple[float, float, int]:
    """F, p and the numerator's degrees of freedom of tied against separate."""
    degrees = sum(2 + arc.has_exponent for arc in stack.arcs) * len(stack.tasks) - stack.design.shape[2]
    rise = max(point.cost - float((stack.chi2 / stack.variance).sum()), 0.0)
    F = rise / degrees / noise_of(stack)
    return F, float(fdtrc(degrees, stack.degrees, F)), degrees


def noise_of(stack: Stack) -> float:
    """χ² per degree of freedom of the separate fits: 1, or less where the data are exact."""
    return max(float((stack.chi2 / stack.variance).sum()) / stack.degrees, 1e-3)


def at_limit_of(stack: Stack, point: Point) -> tuple[Any, Any]:
    """Which common (G,) and local (S, L) parameters are at a limit."""
    low, high, _ = stack.limits
    places = stack.free[stack.local]
    own = point.x[:, places]
    local_low = np.array([task.low[places] for task in stack.tasks])
    local_high = np.array([task.high[places] for task in stack.tasks])
    return (point.common <= low) | (point.common >= high), (own <= local_low) | (own >= local_high)


def covariance_of(stack: Stack, point: Point) -> tuple[Array, int, Any]:
    """Covariance of the common parameters (G, G), its degrees of freedom, and which are at a limit (G,)."""
    at_limit, local_at_limit = at_limit_of(stack, point)
    A, _, _ = condense(point, stack.design, stack.local, 0.0, at_limit, local_at_limit)
    degrees = stack.degrees + omnibus(stack, point)[2]
    covariance = inverse_of(A) * (point.cost / degrees)
    covariance[at_limit, :] = covariance[:, at_limit] = 0.0
    return covariance, degrees, at_limit


def tied_fit(stack: Stack, point: Point) -> TiedFit:
    """The joint fit in the words of its user."""
    covariance, degrees, at_limit = covariance_of(stack, point)
    mean = float((1 / (BOLTZMANN_EV_PER_K * stack.temperature_K)).mean())
    reach = student_95(degrees)
    lines, exponents, capacitances = {}, {}, {}
    first = 0
    for arc in stack.arcs:
        level, energy, log_c = point.common[first : first + 3]
        own = covariance[first : first + 2, first : first + 2]
        # away from the mean temperature to where level and energy are independent
        shift = -float(own[0, 1] / own[1, 1]) if 0 < own[1, 1] < math.inf else 0.0
        lines[arc.name] = Line(
            mean + shift,
            float(level + energy * shift),
            float(energy),
            math.sqrt(max(float(own[0, 0] + own[0, 1] * shift), 0.0)),
            math.sqrt(float(own[1, 1])),
            degrees,
            math.nan,
            1.0,
        )
        error = math.sqrt(float(covariance[first + 2, first + 2]))
        C, ratio = math.exp(log_c), math.exp(min(reach * error, 700.0))
        name = arc.capacitance_name
        capacitances[name] = FitParameter(name, C, C * error, "F", (C / ratio, C * ratio))
        if arc.has_exponent:
            name, n = arc.exponent_name, float(point.common[first + 3])
            error = math.sqrt(float(covariance[first + 3, first + 3]))
            low, high = max(0.0, n - reach * error), min(1.0, n + reach * error)
            exponents[name] = FitParameter(
                name, n, error, "1", (low, high), False, ("not_separable",) if at_limit[first + 3] else ()
            )
        first += 3 + arc.has_exponent
    names = stack.tasks[0].program.circuit.parameter_names
    values = []
    for s, task in enumerate(stack.tasks):
        native = task.program.to_native(point.x[s], task.ref)[0]
        values.append(dict(zip(names, native.tolist(), strict=True)))
    return TiedFit(
        lines,
        exponents,
        capacitances,
        tuple(values),
        point.cost / degrees,
        degrees,
        point.converged,
    )
