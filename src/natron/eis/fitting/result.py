"""What a fit of a circuit returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from natron.core import NatronError
from natron.data import Spectrum
from natron.eis.circuits.elements import Complex
from natron.eis.circuits.notation import Circuit
from natron.eis.fitting.equations import Array

Weight = Literal["modulus", "proportional", "unit", "measured"]
Status = Literal["converged", "not_separable", "at_bound", "arc_outside_window", "not_converged"]


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
    parameters : mapping of FitParameter
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


class FitError(NatronError):
    """A fit asked to be strict is not to be trusted; `result` holds what it found."""

    exit_code = 4

    def __init__(self, result: FitResult) -> None:
        self.result = result
        super().__init__(f"{result.circuit}: {result.status}. " + " ".join(result.warnings))


@lru_cache(maxsize=256)
def student_95(degrees: int) -> float:
    """Two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.975))


class Parameters(Mapping[str, FitParameter]):
    """The parameters of a fit by name; values and errors are there, intervals are worked out when looked at.

    A batch of fits reads a few numbers of each, and intervals need scipy.
    """

    def __init__(self, make: Callable[[], dict[str, FitParameter]]) -> None:
        self._make = make

    @cached_property
    def _all(self) -> dict[str, FitParameter]:
        return self._make()

    def __getitem__(self, name: str) -> FitParameter:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return repr(self._all)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._all,)


def parameters_of(
    circuit: Circuit,
    values: Sequence[float],
    errors: Sequence[float],
    fixed: Mapping[str, float],
    bounds: Mapping[str, tuple[float, float]],
    flags: Mapping[str, tuple[Status, ...]],
    degrees: int,
) -> dict[str, FitParameter]:
    """Parameters with their intervals, from values and standard errors (P,)."""
    reach = student_95(degrees)
    result = {}
    for name, parameter, value, error in zip(circuit.parameter_names, circuit.parameters, values, errors, strict=True):
        if name in fixed:
            interval, error = (value, value), 0.0
        elif parameter.logarithmic:
            ratio = math.exp(min(reach * error / value, 700.0)) if value > 0 else 1.0
            interval = (value / ratio, value * ratio)
        else:
            low, high = bounds.get(name, (parameter.low, parameter.high))
            interval = (max(low, value - reach * error), min(high, value + reach * error))
        result[name] = FitParameter(name, value, error, parameter.unit, interval, name in fixed, flags.get(name, ()))
    return result
