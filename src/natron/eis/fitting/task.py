"""One fit of one spectrum: its starts, its search, its optimum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.data import Spectrum
from natron.eis.circuits.notation import Circuit
from natron.eis.fitting.engine import Engine, Found, numba_is_there
from natron.eis.fitting.equations import Array, Index
from natron.eis.fitting.plan import Plan, plan_of
from natron.eis.fitting.program import Program
from natron.eis.fitting.wanted import Wanted
from natron.eis.fitting.weights import sizes_of

EngineName = Literal["auto", "numba", "numpy"]


def is_compiled(name: EngineName) -> bool:
    """Whether the fit is to be compiled."""
    if name not in get_args(EngineName):
        raise InputError("unknown engine", given=name, hint=did_you_mean(str(name), get_args(EngineName)))
    if name == "numba" and not numba_is_there():
        raise InputError("numba is not installed", hint='Install it, or take engine="numpy".')
    return name != "numpy" and numba_is_there()


@dataclass(slots=True)
class Solved:
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
class Task:
    """Everything one fit works on."""

    spectrum: Spectrum
    plan: Plan
    wanted: Wanted
    weights: tuple[Array, Array]
    limits: Array

    @classmethod
    def of(
        cls,
        spectrum: Spectrum,
        circuit: Circuit,
        wanted: Wanted,
        weights: tuple[Array, Array],
        compiled: bool,
        order: bool,
    ) -> Task:
        """With the limits that this size of impedance sets."""
        plan = plan_of(
            circuit,
            frozenset(wanted.fixed),
            frozenset(wanted.bounds),
            compiled,
            order,
            spectrum.frequency_Hz.tobytes(),
        )
        _, smallest, largest = sizes_of(spectrum)
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

    def budget(self, points: int) -> int:
        """Evaluations that take about a second and a half, by counting operations, not by a clock."""
        size = self.program.size
        each = points * size * (20.0 + size)
        if self.program.kind == "tree":
            each *= 2
        if self.engine.name == "numpy":
            each = 10 * each + 8e5 + 3e4 * size + 5e2 * size**2
        return max(15, int(1.5e9 / each))

    def solve(self, starts: int) -> Solved:
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

    def search(self, points: Array, data: Any, budget: int | None = None) -> Solved:
        """The best of the fits from each of `points` (S, X), those with their arcs in order before others."""
        plan = self.plan
        few = 2 + len(plan.program.blocks) // 3
        budget = self.budget(data.shape[1]) if budget is None else budget
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

    def settle(self, found: Found) -> Solved:
        """What the engine found, with its arcs in order."""
        plan, program = self.plan, self.plan.program
        x, jtj, in_order = found.x, found.jtj, True
        if plan.order:
            moved = program.order(x)
            if moved is not None:
                places = np.searchsorted(plan.free, moved[plan.free])
                x, jtj = x[moved], jtj[np.ix_(places, places)]
            in_order = program.settled or program.in_order(x)
        return Solved(
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
