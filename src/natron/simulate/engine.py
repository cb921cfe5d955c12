"""Equations solved: a stretch of time at one current or voltage, the observables of its states, its linearisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from natron.simulate.backend import casadi, pybamm
from natron.simulate.building import Structure
from natron.simulate.equations import Equations, equations

Array = NDArray[np.float64]

RELATIVE_TOLERANCE = 1e-5
"""Of the time steps; the absolute one is a tenth of it, every state being of order 1."""

Ending = Literal[
    "time", "lower_voltage", "upper_voltage", "contact_lost", "metal_exhausted", "ran_dry", "least_current", "failed",
]  # fmt: skip
"""Why a stretch ended; ``time`` where it ran to its end."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """A solved stretch of time.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
        From its start.
    states : ndarray, shape (states, N)
    ending : str
        One of `Ending`.
    message : str
        Of the solver, where it failed.
    """

    time_s: Array
    states: Array
    ending: Ending
    message: str = ""


class Engine:
    """Equations with their solver and the functions that look at their states; kept and shared, never changed.

    Parameters
    ----------
    structure : Structure
    capacitive, held : bool
        See `natron.simulate.equations.equations`.
    tolerance : float
        Relative; the absolute one is a tenth of it.
    threads : int
        For batches.
    """

    def __init__(
        self,
        structure: Structure,
        *,
        capacitive: bool = False,
        held: bool = False,
        tolerance: float = RELATIVE_TOLERANCE,
        threads: int = 1,
    ) -> None:
        self.equations: Equations = equations(structure, capacitive=capacitive, held=held)
        self.solver = pybamm().IDAKLUSolver(
            rtol=tolerance,
            atol=0.1 * tolerance,
            on_failure="ignore",
            on_extrapolation="ignore",
            options={"num_threads": threads, "silence_sundials_errors": True},
        )
        self._events = tuple(event.name for event in self.equations.model.events)
        self._looks: dict[tuple[str, ...], Any] = {}

    def solve(
        self, state: Array, inputs: Mapping[str, float], duration_s: float, times_s: Array | None = None
    ) -> Stretch:
        """From a state through a time, or until an event.

        Parameters
        ----------
        state : ndarray, shape (states,)
            Algebraic entries are first guesses.
        inputs : Mapping[str, float]
            All of `Equations.inputs`; others are left alone.
        duration_s : float
            > 0.
        times_s : ndarray, optional
            Where to look; the solver's own steps where left out.
        """
        given = {name: float(inputs[name]) for name in self.equations.inputs} | {"state": np.asarray(state, float)}
        try:
            found = self.solver.solve(self.equations.model, np.array([0.0, duration_s]), inputs=given, t_interp=times_s)
        except pybamm().SolverError as error:
            return self._at_once(state, str(error))
        return self._stretch(found)

    def solve_many(
        self,
        states: Sequence[Array],
        inputs: Sequence[Mapping[str, float]],
        duration_s: float,
        times_s: Array | None = None,
    ) -> list[Stretch]:
        """`solve` for many states and inputs at once, on the engine's threads."""
        given = [
            {name: float(one[name]) for name in self.equations.inputs} | {"state": np.asarray(state, float)}
            for state, one in zip(states, inputs, strict=True)
        ]
        found = self.solver.solve(self.equations.model, np.array([0.0, duration_s]), inputs=given, t_interp=times_s)
        return [self._stretch(each) for each in (found if isinstance(found, list) else [found])]

    def _at_once(self, state: Array, message: str) -> Stretch:
        """A stretch that did not begin: an event lay behind it already, or the solver found no start."""
        # after the events' names the message lists all inputs, of which some have the names of events
        named, are, _ = message.partition("are non-positive")
        past = [name for name in self._events if are and f"'{name}'" in named]
        ending: Any = past[0] if past else "failed"
        return Stretch(np.zeros(1), np.asarray(state, float)[:, None], ending, message.splitlines()[0][:200])

    def _stretch(self, found: Any) -> Stretch:
        states = np.asarray(found.y)
        text = str(found.termination)
        ending: Any = "time"
        if text.startswith("event"):
            ending = text.removeprefix("event:").strip()
        elif text == "failure":
            ending = "failed"
        return Stretch(
            np.asarray(found.t), states, ending, "the solver could not take a step" if ending == "failed" else ""
        )

    def observe(self, names: Sequence[str], states: Array, inputs: Mapping[str, float]) -> dict[str, Array]:
        """Observables along states: arrays of shape (N,) for plain numbers, (entries, N) for vectors.

        Parameters
        ----------
        names : sequence of str
            Of `Equations.observed`.
        states : ndarray, shape (states, N)
        inputs : Mapping[str, float]
        """
        key = tuple(names)
        if key not in self._looks:
            self._looks[key] = self._function([self.equations.observed[name] for name in key])
        vector = self._vector(inputs)
        count = states.shape[1]
        found = self._looks[key].call([states, np.repeat(vector[:, None], count, 1)])
        values = {name: np.asarray(value) for name, value in zip(key, found, strict=True)}
        return {name: value[0] if value.shape[0] == 1 else value for name, value in values.items()}

    def _vector(self, inputs: Mapping[str, float]) -> Array:
        return np.array([inputs[name] for name in self.equations.inputs], float)

    def _symbols(self) -> tuple[Any, Any, dict[str, Any]]:
        """State, inputs as one vector, and the inputs by name, as CasADi's symbols."""
        ca = casadi()
        y, p = ca.MX.sym("y", self.equations.size), ca.MX.sym("p", len(self.equations.inputs))
        return y, p, {name: p[i] for i, name in enumerate(self.equations.inputs)}

    def _function(self, expressions: Sequence[Any]) -> Any:
        y, p, named = self._symbols()
        found = [each.to_casadi(casadi().MX(0), y, inputs=named) for each in expressions]
        # plain scalar operations: quicker over many states than matrices
        return casadi().Function("look", [y, p], found).expand()

    def linearised(self, state: Array, inputs: Mapping[str, float]) -> tuple[Any, Array, Array, float]:
        """The equations about a state, for a small change of current: M ẏ = J y + f i, V = v y + g i.

        Returns
        -------
        tuple
            J, shape (states, states), sparse; f, (states,); v, (states,); g, a number.
        """
        J, f, v, g = self._tangent(np.asarray(state, float), self._vector(inputs))
        return J.sparse(), np.asarray(f).ravel(), np.asarray(v).ravel(), float(g)

    @cached_property
    def _tangent(self) -> Any:
        ca = casadi()
        y, p, named = self._symbols()
        model = self.equations.model
        equations_ = [model.concatenated_rhs, *([model.concatenated_algebraic] if model.len_alg else [])]
        right = ca.vertcat(*(each.to_casadi(ca.MX(0), y, inputs=named) for each in equations_))
        voltage = self.equations.observed["voltage"].to_casadi(ca.MX(0), y, inputs=named)
        plain = ca.Function("plain", [y, p], [right, voltage]).expand()
        y, p = ca.SX.sym("y", self.equations.size), ca.SX.sym("p", len(self.equations.inputs))
        right, voltage = plain(y, p)
        i = p[self.equations.inputs.index("current")]
        slopes = [
            ca.jacobian(right, y),
            *(ca.densify(ca.jacobian(a, b)) for a, b in ((right, i), (voltage, y), (voltage, i))),
        ]
        return ca.Function("tangent", [y, p], slopes)


@lru_cache(maxsize=16)
def engine(
    structure: Structure, *, capacitive: bool = False, held: bool = False, tolerance: float = RELATIVE_TOLERANCE,
    threads: int = 1,
) -> Engine:  # fmt: skip
    """The engine of a structure, made once."""
    return Engine(structure, capacitive=capacitive, held=held, tolerance=tolerance, threads=threads)
