"""Measurements and the model's answers to them: residuals in units of the noise over parameters, and their slopes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from natron.simulate.engine import Array
from natron.simulate.parameters import ModelParameters
from natron.simulate.replay import Answer, Experiment, replay

REACH = 100.0
"""Factor either way of the starting value within which a parameter is sought and its interval must close."""

NARROW_REACH: Mapping[str, float] = {"energy": 5.0, "potential": 2.0, "share": 20.0}
"""The same of kinds that no cell has over so wide a range."""

STEP = 0.05
"""Change of a logarithm for central differences: well above what the time steps leave of error."""

UNREACHED = 1e3
"""Residual, in units of the noise, where the model cannot follow the measurement."""


@dataclass(frozen=True)
class Task:
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
        """Residuals of one experiment."""
        parts = [(answer.voltage_V - experiment.voltage_V) / self.voltage_noise_V]
        for look, z in zip(experiment.looks, answer.impedance_ohm_m2, strict=True):
            noise: Any = look.noise_ohm_m2
            if noise is None:
                noise = self.impedance_noise * np.abs(look.impedance_ohm_m2) * (1 + 1j)
            away = z - look.impedance_ohm_m2
            parts += [away.real / noise.real, away.imag / noise.imag]
        return np.concatenate(parts)


class Fit:
    """A task as a function of some parameters' logarithms."""

    def __init__(self, task: Task, names: tuple[str, ...]) -> None:
        self.task, self.names = task, names
        values = [task.of.values[name] for name in names]
        self.x0 = np.log([q.value for q in values])
        reach = np.log([NARROW_REACH.get(q.kind, REACH) for q in values])
        top = np.array([math.log(0.9999) if q.kind == "share" else math.inf for q in values])
        self.low, self.high = self.x0 - reach, np.minimum(self.x0 + reach, np.maximum(top, self.x0 + 1e-6))

    def numbers(self, x: Array) -> dict[str, float]:
        """The parameters themselves, by name."""
        return dict(zip(self.names, np.exp(x).tolist(), strict=True))

    def residuals(self, x: Array) -> Array:
        """At these logarithms."""
        return self.task.residuals([self.numbers(x)])[0]

    def jacobian(self, x: Array) -> Array:
        """Slopes by central differences, all runs in one batch; one-sided at a bound."""
        above = [np.minimum(x + STEP * row, self.high) for row in np.eye(len(x))]
        below = [np.maximum(x - STEP * row, self.low) for row in np.eye(len(x))]
        found = self.task.residuals([self.numbers(each) for each in (*above, *below)])
        n = len(x)
        return np.array([(found[i] - found[n + i]) / (above[i][i] - below[i][i]) for i in range(n)]).T
