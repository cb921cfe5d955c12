"""Fit of a circuit to a spectrum, without a guess, with uncertainties and a verdict on each parameter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis.circuits.notation import Circuit, parse_circuit
from natron.eis.errors import FitError
from natron.eis.fitting.covariance import inverse_of, turned
from natron.eis.fitting.equations import Array
from natron.eis.fitting.result import FitResult, Parameters, Weight, parameters_of
from natron.eis.fitting.robust import huber_variance, robust_fit
from natron.eis.fitting.task import EngineName, Solved, Task, is_compiled
from natron.eis.fitting.verdict import not_converged, verdict, worst
from natron.eis.fitting.wanted import Wanted
from natron.eis.fitting.weights import refuse_the_absurd, weights_of


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
    wanted = Wanted.checked(parsed, initial or {}, fixed or {}, bounds or {})
    if not 1 <= starts <= 200:
        raise InputError("starts is out of range", given=starts, allowed="1 to 200")
    compiled = is_compiled(engine)
    refuse_the_absurd(spectrum)
    weights = weights_of(spectrum, weight)
    free_count = len(parsed.parameter_names) - len(wanted.fixed)
    if not 0 < free_count < 2 * len(spectrum):
        raise DataError(
            "this many parameters cannot be fitted",
            given=f"{free_count} free parameters, {len(spectrum)} points",
            allowed="at least one, and fewer than twice the number of points",
            hint="Measure more points, take a smaller circuit or fix parameters." if free_count else None,
        )
    with np.errstate(all="ignore"):
        task = Task.of(spectrum, parsed, wanted, weights, compiled, order)
        solved = task.solve(starts)
        down = None
        if robust:
            solved, down = robust_fit(task, solved, starts)
        result = result_of(task, solved, weight, down)
    if strict and result.status == "not_converged":
        raise FitError(result)
    return result


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
    from natron.eis.choice.selection import select_circuit

    if initial or fixed or bounds:
        raise InputError(
            "no parameter can be given while the circuit is still to be chosen", key="circuit", given="auto"
        )
    chosen = select_circuit(spectrum, weight=weight, starts=starts, engine=engine).result
    if not (robust or strict):
        return chosen
    # χ² values weighed down differently cannot be compared, so the choice is made plainly and fitted again
    return fit(spectrum, chosen.circuit, weight, robust=robust, starts=starts, engine=engine, strict=strict)


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
