"""A cell's model parameters from its own measurements: voltages over time and spectra together.

Bounded least squares in the logarithms of the parameters, residuals in units of the noise. Intervals are of 95 %, by
profile likelihood: the other parameters are fitted anew at each value. A parameter whose interval does not close within
its bounds is not identifiable from these data; two whose estimates correlate beyond `ENTANGLED` can only be told
together. Where the model misses the data by more than the noise, the intervals are widened by as much; they hold
for this model, and for what was kept fixed.

Source of the method: Raue et al. 2009, DOI 10.1093/bioinformatics/btp358.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import least_squares
from scipy.stats import chi2 as chi_squared

from natron.core import InputError, Quantity, did_you_mean
from natron.simulate.engine import Array
from natron.simulate.misfit import Fit, Task
from natron.simulate.parameters import ModelParameters
from natron.simulate.profiles import correlation_of, interval_end
from natron.simulate.replay import Answer, Experiment, replay

Status = Literal["converged", "does_not_describe", "not_converged", "model_failed"]

ADVICE: Mapping[str, str] = {
    "converged": "",
    "not_converged": "The search ended before it settled. Fit fewer parameters, or start nearer: [simulation] in the "
    "cell file.",
    "does_not_describe": "No values of these parameters bring the model near the data. Check that the cell file "
    "describes the cell that was measured (area, thicknesses, metal, kind), fit other parameters, or tell a larger "
    "noise.",
    "model_failed": "With its own parameters the model cannot follow the measurement to its end. Check that the "
    "capacity and the charged share at the start fit these data.",
}
"""What to do about each status."""

VOLTAGE_NOISE_V = 1e-3
IMPEDANCE_NOISE = 0.01
"""Standard deviations where none is told: of a voltage, and of Re Z and Im Z as a share of |Z|."""

ENTANGLED = 0.95
"""Correlation of two estimates beyond which the data tell them only together."""

CONFIDENCE = 0.95
MOST_CHOSEN = 4
"""Parameters fitted where none are named."""

MOST_EVALUATIONS = 40
AGREES_WITHIN = 2.0
"""Held-out data agree where the model misses them by no more than so many times the noise, root mean square."""

MOST_MISFIT = 20.0
"""Misfit, root mean square in units of the noise, beyond which the model does not describe the data."""

_CONDITIONS = ("temperature", "pressure", "area", "stiffness", "molar_volume")


@dataclass(frozen=True, slots=True)
class Fitted:
    """One parameter.

    Attributes
    ----------
    name : str
    value : Quantity
        Origin ``calibrated``; where not identifiable ``assumed`` and without ±; where it changes nothing, as
        before. Its ± is a quarter of the 95 % interval, near a standard error.
    before : Quantity
    low, high : float or None
        Ends of the 95 % interval, SI; None where that side is open.
    identifiable : bool
        Whether both ends are found.
    entangled_with : tuple of str
        Others whose estimates correlate with this one's beyond `ENTANGLED`.
    sensitivity : float
        Root of the summed squares of the residuals' change per change of the logarithm.
    """

    name: str
    value: Quantity
    before: Quantity
    low: float | None
    high: float | None
    identifiable: bool
    entangled_with: tuple[str, ...]
    sensitivity: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """An experiment and what the calibrated model gives for it.

    Attributes
    ----------
    experiment : Experiment
    answer, before : Answer
        With the calibrated parameters, and with those from before.
    misfit, misfit_before : float
        Root mean square of the residuals in units of the noise.
    voltage_V : float or None
        Root mean square of the voltage's.
    impedance_share : float or None
        Root mean square of |ΔZ|/|Z|.
    held_out : bool
    verdict : str or None
        Of held-out data: ``agrees``, ``disagrees`` or, where the model could not follow them, ``cannot_be_checked``.
    """

    experiment: Experiment
    answer: Answer
    before: Answer
    misfit: float
    misfit_before: float
    voltage_V: float | None
    impedance_share: float | None
    held_out: bool = False
    verdict: str | None = None


@dataclass(frozen=True, eq=False)
class CellCalibration:
    """A cell's parameters fitted to its measurements.

    Attributes
    ----------
    before, after : ModelParameters
    parameters : tuple of Fitted
    correlation : ndarray, shape (P, P)
    condition : float
        Of the Jacobian with its columns scaled to length 1; infinite where a parameter changes nothing.
    reduced_chi_squared : float
    residuals : int
    status, message : str
    comparisons : tuple of Comparison
        Held-out ones last.
    warnings : tuple of str
    """

    before: ModelParameters
    after: ModelParameters
    parameters: tuple[Fitted, ...]
    correlation: Array
    condition: float
    reduced_chi_squared: float
    residuals: int
    status: Status
    message: str
    comparisons: tuple[Comparison, ...]
    warnings: tuple[str, ...]


def calibrate_cell(
    of: ModelParameters,
    experiments: Sequence[Experiment],
    *,
    names: Sequence[str] | None = None,
    held_out: Sequence[Experiment] = (),
    voltage_noise_V: float = VOLTAGE_NOISE_V,
    impedance_noise: float = IMPEDANCE_NOISE,
    most_misfit: float = MOST_MISFIT,
    threads: int = 2,
    progress: Callable[[str], None] | None = None,
) -> CellCalibration:
    """Fit parameters of a cell's model to measurements on it.

    Parameters
    ----------
    of : ModelParameters
        Where the search starts.
    experiments : sequence of Experiment
        Each of the cell as assembled, or at the charged share that it says.
    names : sequence of str, optional
        What is fitted, of ``of.values``, above 0. Where left out, up to `MOST_CHOSEN` uncertain parameters that these
        data tell most of.
    held_out : sequence of Experiment
        Not fitted; compared afterwards.
    voltage_noise_V, impedance_noise : float
        Standard deviations, > 0: of a voltage; of Re Z and Im Z as a share of |Z|, where the spectrum has none.
    most_misfit : float
        See `MOST_MISFIT`: beyond it the status is ``does_not_describe``.
    threads : int
    progress : callable, optional
        Called with each part of the work in words.

    Raises
    ------
    InputError
        Where a name is unknown or cannot be fitted, or there are fewer data than parameters.
    """
    for key, noise in (("voltage_noise", voltage_noise_V), ("impedance_noise", impedance_noise)):
        if not (math.isfinite(noise) and noise > 0):
            raise InputError("a noise is above 0", key=key, given=noise)
    if not any(len(e.voltage_V) or e.looks for e in experiments):
        raise InputError("there is nothing to fit", allowed="a record with voltages, or a spectrum")
    say = progress or (lambda part: None)
    task = Task(of, tuple(experiments), voltage_noise_V, impedance_noise, threads)
    say("as it is")
    start = task.residuals([{}])[0]
    if names is None:
        say("what these data tell of")
    chosen = _chosen(of, names) if names is not None else _telling(task)
    if len(start) <= len(chosen):
        raise InputError(
            "there are too few data for so many parameters", given=f"{len(start)} values, {len(chosen)} parameters"
        )
    fit = Fit(task, chosen)
    if not np.isfinite(task.raw([{}])[0]).all() and not _any_start(task, fit):
        return _failed(task, chosen, held_out)
    return _calibrated(fit, held_out, most_misfit, say)


def _chosen(of: ModelParameters, names: Sequence[str]) -> tuple[str, ...]:
    able = _able(of)
    for name in names:
        if name in of.values and name not in able:
            raise InputError(
                "this is a condition of the measurement or is not above 0, and cannot be fitted", key=name,
                given=str(of.values[name]),
            )  # fmt: skip
        if name not in able:
            raise InputError(
                "the model of this cell has no such parameter", key=name,
                hint=did_you_mean(name, able) or "List them: natron simulate CELL --parameters.",
            )  # fmt: skip
    if not names:
        raise InputError("no parameter is named", key="--parameters")
    return tuple(dict.fromkeys(names))


def _able(of: ModelParameters) -> list[str]:
    return [
        name for name, q in of.values.items()
        if q.value > 0 and name not in _CONDITIONS and not name.endswith("_at")
    ]  # fmt: skip


def _telling(task: Task) -> tuple[str, ...]:
    """The uncertain parameters that these data tell most of and apart, by pivoted QR of what their ± would move."""
    of = task.of
    names = [name for name in _able(of) if of.values[name].standard_uncertainty]
    spread = np.array([of.values[name].standard_uncertainty / of.values[name].value for name in names])
    J = Fit(task, tuple(names)).jacobian(np.log([of.values[name].value for name in names]))
    _, R, order = qr(J * spread, mode="economic", pivoting=True)
    told = [names[k] for i, k in enumerate(order[:MOST_CHOSEN]) if abs(R[i, i]) > 2]
    if not told:
        raise InputError("these data tell of no uncertain parameter", hint="Name some with --parameters.")
    return tuple(told)


def _any_start(task: Task, fit: Fit) -> bool:
    """Whether at least half of the data are reached from the start, so that a search has something to go by."""
    return bool(np.isfinite(task.raw([fit.numbers(fit.x0)])[0]).mean() > 0.5)


def _failed(task: Task, names: tuple[str, ...], held_out: Sequence[Experiment]) -> CellCalibration:
    of, n = task.of, len(names)
    fitted = tuple(Fitted(name, of.values[name], of.values[name], None, None, False, (), 0.0) for name in names)
    comparisons = tuple(_compared(task, of, of, each, held=False) for each in task.experiments)
    return CellCalibration(
        of, of, fitted, np.full((n, n), np.nan), math.inf, math.inf, len(task.raw([{}])[0]), "model_failed",
        ADVICE["model_failed"], comparisons, ("the held-out data were not compared",) if held_out else (),
    )  # fmt: skip


def _calibrated(
    fit: Fit, held_out: Sequence[Experiment], most_misfit: float, say: Callable[[str], None]
) -> CellCalibration:
    task, of = fit.task, fit.task.of
    say("searching")
    found = least_squares(
        fit.residuals, fit.x0, jac=fit.jacobian, bounds=(fit.low, fit.high), method="trf", x_scale="jac",
        ftol=1e-7, xtol=1e-6, gtol=1e-8, max_nfev=MOST_EVALUATIONS,
    )  # fmt: skip
    x, J = found.x, found.jac
    reached = bool(np.isfinite(task.raw([fit.numbers(x)])[0]).all())
    degrees = len(found.fun) - len(x)
    scatter = float(found.fun @ found.fun) / degrees
    status: Status = "not_converged"
    if found.success and reached:
        status = "converged" if scatter <= most_misfit**2 else "does_not_describe"
    lengths = np.linalg.norm(J, axis=0)
    correlation, condition = correlation_of(J)
    limit = float(chi_squared.ppf(CONFIDENCE, 1)) * max(1.0, scatter)
    fitted = []
    for i, name in enumerate(fit.names):
        say(f"interval of {name.replace('_', ' ')}")
        low, high = (interval_end(fit, x, found.fun, J, i, sign, limit) for sign in (-1, 1))
        entangled = tuple(other for j, other in enumerate(fit.names) if j != i and abs(correlation[i, j]) > ENTANGLED)
        fitted.append(_fitted(of.values[name], name, math.exp(x[i]), low, high, entangled, float(lengths[i]), task))
    after = replace(of, values={**of.values, **{one.name: one.value for one in fitted}})
    say("comparing")
    comparisons = [_compared(task, of, after, each, held=False) for each in task.experiments]
    comparisons += [_compared(task, of, after, each, held=True) for each in held_out]
    message = ADVICE[status]
    return CellCalibration(
        of, after, tuple(fitted), correlation, condition, scatter, len(found.fun), status, message,
        tuple(comparisons), tuple(_warnings(fit, x, scatter)),
    )  # fmt: skip


def _fitted(
    before: Quantity, name: str, value: float, low: float | None, high: float | None, entangled: tuple[str, ...],
    sensitivity: float, task: Task,
) -> Fitted:  # fmt: skip
    if sensitivity == 0:
        return Fitted(name, before, before, None, None, False, (), 0.0)
    ends = [None if end is None else math.exp(end) for end in (low, high)]
    identifiable = None not in ends
    files = ", ".join(dict.fromkeys(each.name for each in task.experiments))
    if identifiable:
        assert ends[0] is not None
        assert ends[1] is not None
        spread = (ends[1] - ends[0]) / (2 * math.sqrt(float(chi_squared.ppf(CONFIDENCE, 1))))
        found = Quantity(
            value, spread, before.kind, "calibrated", "se", source=f"calibrated to {files}",
            note=f"tells only together with {', '.join(entangled)}" if entangled else None,
        )  # fmt: skip
    else:
        found = Quantity(
            value, None, before.kind, "assumed", source=f"fitted to {files}", confidence="C",
            note="not identifiable from these data: one value of many",
        )  # fmt: skip
    return Fitted(name, found, before, ends[0], ends[1], identifiable, entangled, sensitivity)


def _compared(
    task: Task, of: ModelParameters, after: ModelParameters, experiment: Experiment, *, held: bool
) -> Comparison:
    (answer,), (before,) = (replay(model, experiment, [{}], threads=task.threads) for model in (after, of))
    rms = [_rms(task.misfit(experiment, each)) for each in (answer, before)]
    shares = [
        np.abs(z / look.impedance_ohm_m2 - 1) for look, z in zip(experiment.looks, answer.impedance_ohm_m2, strict=True)
    ]
    verdict = None
    if held:
        good = rms[0] <= AGREES_WITHIN
        verdict = "cannot_be_checked" if not math.isfinite(rms[0]) else "agrees" if good else "disagrees"
    return Comparison(
        experiment, answer, before, rms[0], rms[1],
        _rms(answer.voltage_V - experiment.voltage_V) if len(experiment.voltage_V) else None,
        _rms(np.concatenate(shares)) if shares else None, held, verdict,
    )  # fmt: skip


def _rms(values: NDArray[Any]) -> float:
    """Not a number where any of them is none: data that the model could not follow are not left out."""
    return math.sqrt(float(np.mean(values**2))) if len(values) else math.nan


def _warnings(fit: Fit, x: Array, scatter: float) -> list[str]:
    said = [note for each in fit.task.experiments for note in each.notes]
    if scatter > 4:
        said.append(
            f"the model misses the data by {math.sqrt(scatter):.1f} times the noise: the intervals are widened by as "
            "much, and what the model lacks is not in them"
        )
    for name, value, low, high in zip(fit.names, x, fit.low, fit.high, strict=True):
        if min(value - low, high - value) < 1e-3:
            said.append(f"{name} went to the end of its range")
    if any(len(each.voltage_V) for each in fit.task.experiments):
        said.append("each record is taken to begin with the cell as assembled")
    return said
