"""How uncertain inputs make an uncertain result: to first order, or by Monte Carlo where that is not enough.

A relation is a pure function of named numbers that uses arithmetic alone (and `exp`, `log`, `sqrt` from
here), so that one and the same function takes floats, correlated uncertain numbers and arrays of samples.
An input used twice has one name and so is drawn, or differentiated, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from natron.core.errors import InputError
from natron.core.kinds import kind
from natron.core.quantity import Quantity

Relation = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Method = Literal["auto", "linear", "monte_carlo"]

CURVATURE_LIMIT = 0.1
"""Second-order part of one input's ±1 u effect, relative to the result's u, above which a relation counts
as not linear."""

DEFAULT_SAMPLES = 20_000
"""Monte Carlo draws; the standard uncertainty is then itself known to 0.5 %."""


def exp(x: Any) -> Any:
    """e to the x, for floats, arrays and uncertain numbers."""
    return _apply("exp", x)


def expm1(x: Any) -> Any:
    """e to the x, less 1, exact near 0, for floats, arrays and uncertain numbers."""
    return _apply("expm1", x)


def log(x: Any) -> Any:
    """Natural logarithm, for floats, arrays and uncertain numbers."""
    return _apply("log", x)


def sqrt(x: Any) -> Any:
    """Square root, for floats, arrays and uncertain numbers."""
    return _apply("sqrt", x)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two, for floats, arrays and uncertain numbers; y where they are equal."""
    if isinstance(x, np.ndarray | np.generic) or isinstance(y, np.ndarray | np.generic):
        return np.maximum(x, y)
    return x if getattr(x, "nominal_value", x) > getattr(y, "nominal_value", y) else y


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two, for floats, arrays and uncertain numbers; y where they are equal."""
    return -maximum(-x, -y)


def _apply(name: str, x: Any) -> Any:
    if isinstance(x, float | int):
        return getattr(math, name)(x)
    if isinstance(x, np.ndarray | np.generic):
        return getattr(np, name)(x)
    from uncertainties import umath

    return getattr(umath, name)(x)


@dataclass(frozen=True, slots=True)
class Propagated:
    """A result with its standard uncertainty and how it hangs on each input.

    Attributes
    ----------
    value : float
        The relation at the inputs' nominal values, SI.
    standard_uncertainty : float
        Combined standard uncertainty, SI.
    derivatives : Mapping[str, float]
        ∂result/∂input, SI, of every input the result depends on.
    contributions : Mapping[str, float]
        Signed first-order effect of +1 u of each uncertain input, SI.
    method : str
        ``linear`` or ``monte_carlo``.
    """

    value: float
    standard_uncertainty: float
    derivatives: Mapping[str, float]
    contributions: Mapping[str, float]
    method: str

    def quantity(self, kind_name: str, **stamp: Any) -> Quantity:
        """As a `Quantity` of that kind, its ± a standard deviation."""
        return Quantity(self.value, self.standard_uncertainty or None, kind_name, uncertainty_kind="sd", **stamp)


def propagate(
    relation: Relation,
    inputs: Mapping[str, Quantity],
    *,
    method: Method = "auto",
    samples: int = DEFAULT_SAMPLES,
    seed: int = 1,
) -> dict[str, Propagated]:
    """Carry the inputs' standard uncertainties through `relation`.

    Parameters
    ----------
    relation : callable
        Takes ``{input name: number}`` (SI), returns ``{output name: number}``.
    inputs : Mapping[str, Quantity]
        Independent of one another.
    method : str
        ``linear``: first order (GUM, JCGM 100:2008, Eq. 10). ``monte_carlo``: normal draws, redrawn where
        they leave the kind's physical limits (JCGM 101:2008). ``auto``: linear, unless some input's
        second-order effect exceeds a tenth of the result's uncertainty; decided per output.
    samples, seed : int
        Monte Carlo draws (≥ 100) and the generator's seed: the same call gives the same answer.

    Returns
    -------
    dict of str to Propagated

    Raises
    ------
    InputError
        Where the relation gives no finite number at the nominal values.
    """
    nominal = {name: q.value for name, q in inputs.items()}
    try:
        centre = {name: float(value) for name, value in relation(nominal).items()}
    except (ArithmeticError, ValueError, TypeError) as error:
        raise InputError(f"these inputs give no number ({error})") from error
    for name, value in centre.items():
        if not math.isfinite(value):
            raise InputError(f"{name} is not a finite number for these inputs")
    linear = _linear(relation, inputs, nominal, centre)
    if method == "linear":
        return linear
    chosen = set(centre) if method == "monte_carlo" else _curved(relation, inputs, nominal, linear)
    if not chosen:
        return linear
    with np.errstate(all="ignore"):  # single draws may fall where the relation has no value
        drawn = relation(draw(inputs, samples=samples, seed=seed))
    for name in chosen:
        spread = _spread(np.broadcast_to(drawn[name], samples))
        linear[name] = replace(linear[name], standard_uncertainty=spread, method="monte_carlo")
    return linear


def _linear(
    relation: Relation,
    inputs: Mapping[str, Quantity],
    nominal: Mapping[str, float],
    centre: Mapping[str, float],
) -> dict[str, Propagated]:
    """First order, with exact derivatives from one evaluation on uncertain numbers."""
    from uncertainties import UFloat, ufloat

    # every input is tagged, certain ones too: the derivative is wanted whatever the uncertainty
    tagged = {name: ufloat(value, 1.0) for name, value in nominal.items()}
    by_variable = {variable: name for name, variable in tagged.items()}
    results: dict[str, Propagated] = {}
    for output, result in relation(tagged).items():
        slopes = result.derivatives if isinstance(result, UFloat) else {}
        derivatives = {by_variable[variable]: float(slope) for variable, slope in slopes.items()}
        contributions = {
            name: slope * inputs[name].standard_uncertainty
            for name, slope in derivatives.items()
            if inputs[name].standard_uncertainty
        }
        total = math.hypot(*contributions.values(), 0.0)
        results[output] = Propagated(centre[output], total, derivatives, contributions, "linear")
    return results


def _curved(
    relation: Relation,
    inputs: Mapping[str, Quantity],
    nominal: Mapping[str, float],
    linear: Mapping[str, Propagated],
) -> set[str]:
    """Outputs for which some input's second-order effect is too large to leave out."""
    curved: set[str] = set()
    for name, q in inputs.items():
        u = q.standard_uncertainty
        if not u:
            continue
        k = kind(q.kind)
        up, down = nominal[name] + u, nominal[name] - u
        if not (k.minimum < down and up < k.maximum):
            return set(linear)
        try:
            plus, minus = relation({**nominal, name: up}), relation({**nominal, name: down})
        except (ArithmeticError, ValueError):
            return set(linear)
        for output, first in linear.items():
            bend = 0.5 * abs(plus[output] + minus[output] - 2 * first.value)
            # not (a <= b) so that a result that is no number counts as curved
            if not bend <= CURVATURE_LIMIT * first.standard_uncertainty + 1e-12 * abs(first.value):
                curved.add(output)
    return curved


HEAVY_TAIL = 1.5
"""Standard deviation over half of the central 68.27 % interval above which the former is not used: 1 for a
normal distribution, 0.85 for a uniform one, 1.16 for a lognormal one of spread 0.5."""


def _spread(samples: Any) -> float:
    """Standard deviation; with heavy tails, where it may not even exist, half of the central 68.27 %.

    1/(1 − P) of a porosity that may come near 1 has no variance.
    """
    with np.errstate(all="ignore"):  # a draw may be infinite
        low, high = np.nanquantile(samples, [0.158655, 0.841345])
        half_width = float(high - low) / 2
        deviation = float(np.nanstd(samples, ddof=1))
    return deviation if deviation <= HEAVY_TAIL * half_width else half_width


def draw(inputs: Mapping[str, Quantity], *, samples: int, seed: int) -> dict[str, Any]:
    """Samples of each uncertain input (arrays of that length) beside the certain ones (floats).

    A normal draw that leaves the kind's physical limits is drawn again; an uncertainty that is half a
    range is drawn uniformly.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn: dict[str, Any] = {}
    for name, q in sorted(inputs.items()):
        if not q.standard_uncertainty:
            drawn[name] = q.value
            continue
        drawn[name] = _draw_one(q, samples, generator)
    return drawn


def _draw_one(q: Quantity, samples: int, generator: np.random.Generator) -> Any:
    k = kind(q.kind)

    def take(count: int) -> Any:
        if q.uncertainty_kind == "range" and q.uncertainty is not None:
            return generator.uniform(q.value - q.uncertainty, q.value + q.uncertainty, count)
        return generator.normal(q.value, q.standard_uncertainty, count)

    values = take(samples)
    for _ in range(100):
        outside = (values < k.minimum) | (values > k.maximum)
        if not outside.any():
            return values
        values[outside] = take(int(outside.sum()))
    return np.clip(values, k.minimum, k.maximum)
