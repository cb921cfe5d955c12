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
from natron.simulate.parameters import ModelParameters
from natron.simulate.replay import Answer, Experiment, replay

Status = Literal["converged", "not_converged", "model_failed"]

ADVICE: Mapping[str, str] = {
    "converged": "",
    "not_converged": "The search ended before it settled. Fit fewer parameters, or start nearer: [simulation] in the "
    "cell file.",
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
REACH = 100.0
"""Factor either way of the starting value within which a parameter is sought and its interval must close."""

NARROW_REACH: Mapping[str, float] = {"energy": 5.0, "potential": 2.0, "share": 20.0}
"""The same of kinds that no cell has over so wide a range."""

STEP = 0.05
"""Change of a logarithm for central differences: well above what the time steps leave of error."""

UNREACHED = 1e3
"""Residual, in units of the noise, where the model cannot follow the measurement."""

MOST_CHOSEN = 4
"""Parameters fitted where none are named."""

MOST_EVALUATIONS = 40
AGREES_WITHIN = 2.0
"""Held-out data agree where the model misses them by no more than so many times the noise, root mean square."""

_PROFILE_STEPS, _REFITS = 8, 6
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
    task = _Task(of, tuple(experiments), voltage_noise_V, impedance_noise, threads)
    say("as it is")
    start = task.residuals([{}])[0]
    if names is None:
        say("what these data tell of")
    chosen = _chosen(of, names) if names is not None else _telling(task)
    if len(start) <= len(chosen):
        raise InputError(
            "there are too few data for so many parameters", given=f"{len(start)} values, {len(chosen)} parameters"
        )
    fit = _Fit(task, chosen)
    if not np.isfinite(task.raw([{}])[0]).all() and not _any_start(task, fit):
        return _failed(task, chosen, held_out)
    return _calibrated(fit, held_out, say)


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


def _telling(task: _Task) -> tuple[str, ...]:
    """The uncertain parameters that these data tell most of and apart, by pivoted QR of what their ± would move."""
    of = task.of
    names = [name for name in _able(of) if of.values[name].standard_uncertainty]
    spread = np.array([of.values[name].standard_uncertainty / of.values[name].value for name in names])
    J = _Fit(task, tuple(names)).jacobian(np.log([of.values[name].value for name in names]))
    _, R, order = qr(J * spread, mode="economic", pivoting=True)
    told = [names[k] for i, k in enumerate(order[:MOST_CHOSEN]) if abs(R[i, i]) > 2]
    if not told:
        raise InputError("these data tell of no uncertain parameter", hint="Name some with --parameters.")
    return tuple(told)


@dataclass(frozen=True)
class _Task:
    """Experiments with their noise: parameters to residuals."""

    of: ModelParameters
    experiments: tuple[Experiment, ...]
    voltage_noise_V: float
    impedance_noise: float
    threads: int

    def answers(self, draws: Sequence[Mapping[str, float]]) -> list[list[Answer]]:
        """For each experiment, for each draw."""
        return [replay(self.of, each, draws, threads=self.threads) for each in self.experiments]

    def raw(self, draws: Sequence[Mapping[str, float]]) -> list[Array]:
        """Residuals in units of the noise; not a number where the model could not follow."""
        found = self.answers(draws)
        return [
            np.concatenate([self.misfit(e, per[k]) for e, per in zip(self.experiments, found, strict=True)])
            for k in range(len(draws))
        ]

    def residuals(self, draws: Sequence[Mapping[str, float]]) -> list[Array]:
        """The same with `UNREACHED` where the model could not follow."""
        return [np.nan_to_num(r, nan=UNREACHED, posinf=UNREACHED, neginf=-UNREACHED) for r in self.raw(draws)]

    def misfit(self, experiment: Experiment, answer: Answer) -> Array:
        parts = [(answer.voltage_V - experiment.voltage_V) / self.voltage_noise_V]
        for look, z in zip(experiment.looks, answer.impedance_ohm_m2, strict=True):
            noise: Any = look.noise_ohm_m2
            if noise is None:
                noise = self.impedance_noise * np.abs(look.impedance_ohm_m2) * (1 + 1j)
            away = z - look.impedance_ohm_m2
            parts += [away.real / noise.real, away.imag / noise.imag]
        return np.concatenate(parts)


class _Fit:
    """A task as a function of some parameters' logarithms."""

    def __init__(self, task: _Task, names: tuple[str, ...]) -> None:
        self.task, self.names = task, names
        values = [task.of.values[name] for name in names]
        self.x0 = np.log([q.value for q in values])
        reach = np.log([NARROW_REACH.get(q.kind, REACH) for q in values])
        top = np.array([math.log(0.9999) if q.kind == "share" else math.inf for q in values])
        self.low, self.high = self.x0 - reach, np.minimum(self.x0 + reach, np.maximum(top, self.x0 + 1e-6))

    def numbers(self, x: Array) -> dict[str, float]:
        return dict(zip(self.names, np.exp(x).tolist(), strict=True))

    def residuals(self, x: Array) -> Array:
        return self.task.residuals([self.numbers(x)])[0]

    def jacobian(self, x: Array) -> Array:
        """Slopes by central differences, all runs in one batch; one-sided at a bound."""
        above = [np.minimum(x + STEP * row, self.high) for row in np.eye(len(x))]
        below = [np.maximum(x - STEP * row, self.low) for row in np.eye(len(x))]
        found = self.task.residuals([self.numbers(each) for each in (*above, *below)])
        n = len(x)
        return np.array([(found[i] - found[n + i]) / (above[i][i] - below[i][i]) for i in range(n)]).T


def _any_start(task: _Task, fit: _Fit) -> bool:
    """Whether at least half of the data are reached from the start, so that a search has something to go by."""
    return bool(np.isfinite(task.raw([fit.numbers(fit.x0)])[0]).mean() > 0.5)


def _failed(task: _Task, names: tuple[str, ...], held_out: Sequence[Experiment]) -> CellCalibration:
    of, n = task.of, len(names)
    fitted = tuple(Fitted(name, of.values[name], of.values[name], None, None, False, (), 0.0) for name in names)
    comparisons = tuple(_compared(task, of, of, each, held=False) for each in task.experiments)
    return CellCalibration(
        of, of, fitted, np.full((n, n), np.nan), math.inf, math.inf, len(task.raw([{}])[0]), "model_failed",
        ADVICE["model_failed"], comparisons, ("the held-out data were not compared",) if held_out else (),
    )  # fmt: skip


def _calibrated(fit: _Fit, held_out: Sequence[Experiment], say: Callable[[str], None]) -> CellCalibration:
    task, of = fit.task, fit.task.of
    say("searching")
    found = least_squares(
        fit.residuals, fit.x0, jac=fit.jacobian, bounds=(fit.low, fit.high), method="trf", x_scale="jac",
        ftol=1e-7, xtol=1e-6, gtol=1e-8, max_nfev=MOST_EVALUATIONS,
    )  # fmt: skip
    x, J = found.x, found.jac
    reached = bool(np.isfinite(task.raw([fit.numbers(x)])[0]).all())
    status: Status = "converged" if found.success and reached else "not_converged"
    degrees = len(found.fun) - len(x)
    scatter = float(found.fun @ found.fun) / degrees
    lengths = np.linalg.norm(J, axis=0)
    correlation, condition = _correlation(J)
    limit = float(chi_squared.ppf(CONFIDENCE, 1)) * max(1.0, scatter)
    fitted = []
    for i, name in enumerate(fit.names):
        say(f"interval of {name.replace('_', ' ')}")
        low, high = (_end(fit, x, found.fun, J, i, sign, limit) for sign in (-1, 1))
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


def _correlation(J: Array) -> tuple[Array, float]:
    """Correlations of the estimates, not a number for what changes nothing; condition with columns of length 1."""
    lengths = np.linalg.norm(J, axis=0)
    seen = lengths > 0
    correlation = np.full((J.shape[1], J.shape[1]), np.nan)
    if not seen.any():
        return correlation, math.inf
    _, s, right = np.linalg.svd(J[:, seen] / lengths[seen], full_matrices=False)
    # a direction that the data do not see at all still shows which parameters lie in it
    covariance = (right.T / np.maximum(s, 1e-9 * s[0]) ** 2) @ right
    spread = np.sqrt(np.diag(covariance))
    correlation[np.ix_(seen, seen)] = covariance / np.outer(spread, spread)
    return correlation, float(s[0] / s[-1]) if seen.all() and s[-1] > 0 else math.inf


def _end(fit: _Fit, x: Array, r: Array, J: Array, i: int, sign: int, limit: float) -> float | None:
    """One end of a parameter's interval in its logarithm, by profile; None where it is not found within the bounds."""
    bound = fit.high[i] if sign > 0 else fit.low[i]
    lowest = float(r @ r)
    others = np.delete(np.arange(len(x)), i)
    rest = J[:, i] - J[:, others] @ np.linalg.lstsq(J[:, others], J[:, i], rcond=None)[0] if len(others) else J[:, i]
    steep = float(rest @ rest)
    reach = abs(bound - x[i])
    if reach == 0:
        return None
    step = min(math.sqrt(limit / steep) if steep > 0 else math.inf, reach)
    inside, outside = 0.0, math.inf
    rise_inside, guess = 0.0, x
    for _ in range(_PROFILE_STEPS):
        y, value = _refitted(fit, x, J, i, sign * step, guess)
        rise = value - lowest
        if abs(rise / limit - 1) < 0.03:
            return float(x[i] + sign * step)
        if rise < limit:
            inside, rise_inside, guess = step, max(rise, 0.0), y
            if step >= reach * (1 - 1e-9):
                return None
            # rises as a square near the minimum
            step = min(step * (min(math.sqrt(limit / rise), 4.0) if rise > 0 else 4.0), reach)
            if step >= outside:
                step = 0.5 * (inside + outside)
        else:
            outside = step
            step = inside + (step - inside) * math.sqrt(max(limit - rise_inside, 0.0) / (rise - rise_inside))
            step = min(max(step, inside + 0.05 * (outside - inside)), inside + 0.95 * (outside - inside))
    return None if math.isinf(outside) else float(x[i] + sign * 0.5 * (inside + outside))


def _refitted(fit: _Fit, x: Array, J: Array, i: int, away: float, guess: Array) -> tuple[Array, float]:
    """The other parameters fitted with one held: damped Gauss–Newton with the slopes of the minimum."""
    others = np.delete(np.arange(len(x)), i)
    y = guess.copy()
    y[others] -= (x[i] + away - guess[i]) * (np.linalg.pinv(J[:, others], rcond=1e-8) @ J[:, i]) if len(others) else 0.0
    y[i] = x[i] + away
    y = np.clip(y, fit.low, fit.high)
    r = fit.residuals(y)
    value = float(r @ r)
    if not len(others):
        return y, value
    inverse, damping = np.linalg.pinv(J[:, others], rcond=1e-8), 1.0
    for _ in range(_REFITS):
        move = -inverse @ r
        if float(np.linalg.norm(J[:, others] @ move) ** 2) < 0.02:
            break
        trial = y.copy()
        trial[others] = np.clip(y[others] + damping * move, fit.low[others], fit.high[others])
        s = fit.residuals(trial)
        if float(s @ s) < value:
            y, r, value = trial, s, float(s @ s)
        else:
            damping *= 0.3
    return y, value


def _fitted(
    before: Quantity, name: str, value: float, low: float | None, high: float | None, entangled: tuple[str, ...],
    sensitivity: float, task: _Task,
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
    task: _Task, of: ModelParameters, after: ModelParameters, experiment: Experiment, *, held: bool
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


def _warnings(fit: _Fit, x: Array, scatter: float) -> list[str]:
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
