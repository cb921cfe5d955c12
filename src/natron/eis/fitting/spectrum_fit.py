"""Fit of one circuit to one spectrum, with uncertainties and a verdict on each parameter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis.circuits.notation import Circuit
from natron.eis.fitting.covariance import inverse_of, turned
from natron.eis.fitting.equations import Array
from natron.eis.fitting.result import FitError, FitResult, Parameters, Weight, parameters_of
from natron.eis.fitting.robust import huber_variance, robust_fit
from natron.eis.fitting.task import EngineName, Solved, Task, is_compiled
from natron.eis.fitting.verdict import not_converged, verdict, worst
from natron.eis.fitting.wanted import Wanted
from natron.eis.fitting.weights import refuse_the_absurd, weights_of


def fit_circuit(
    spectrum: Spectrum,
    circuit: Circuit,
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
    """Fit this circuit; the arguments are those of `natron.eis.fit`."""
    wanted = Wanted.checked(circuit, initial or {}, fixed or {}, bounds or {})
    if not 1 <= starts <= 200:
        raise InputError("starts is out of range", given=starts, allowed="1 to 200")
    compiled = is_compiled(engine)
    refuse_the_absurd(spectrum)
    weights = weights_of(spectrum, weight)
    free_count = len(circuit.parameter_names) - len(wanted.fixed)
    if not 0 < free_count < 2 * len(spectrum):
        raise DataError(
            "this many parameters cannot be fitted",
            given=f"{free_count} free parameters, {len(spectrum)} points",
            allowed="at least one, and fewer than twice the number of points",
            hint="Measure more points, take a smaller circuit or fix parameters." if free_count else None,
        )
    with np.errstate(all="ignore"):
        task = Task.of(spectrum, circuit, wanted, weights, compiled, order)
        solved = task.solve(starts)
        down = None
        if robust:
            solved, down = robust_fit(task, solved, starts)
        result = result_of(task, solved, weight, down)
    if strict and result.status == "not_converged":
        raise FitError(result)
    return result


def result_of(task: Task, solved: Solved, weight: Weight, down: Array | None = None) -> FitResult:
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
            variance = huber_variance(residual, down, degrees)
    native, turn = program.to_native(solved.x, plan.ref)
    if len(plan.free) < program.size:
        turn = turn[:, plan.free]
    covariance = plan.engine.covariance_of(solved.jtj, turn, variance)
    if covariance is None:
        size = len(solved.jtj)
        inverse = inverse_of(solved.jtj) if np.isfinite(solved.jtj).all() else np.full((size, size), np.inf)
        covariance = turned(turn, inverse * variance)
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
