"""What a figure hangs on: locally (elasticities, shares of variance) and over the whole spread (Sobol)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from natron.core import Quantity
from natron.core.uncertainty import draw
from natron.design.figures import Figures


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How one figure depends on one input.

    Attributes
    ----------
    input : str
        Dotted key.
    elasticity : float
        Relative change of the figure per relative change of the input, ∂ln f/∂ln x.
    effect : float
        Change of the figure for +1 standard uncertainty of the input, SI; 0 where the input has none.
    variance_share : float
        Share of the figure's variance, to first order (local).
    sobol_first, sobol_total : float or None
        Variance-based indices over the inputs' whole distributions; None where nothing is uncertain.
    """

    input: str
    elasticity: float
    effect: float
    variance_share: float
    sobol_first: float | None
    sobol_total: float | None


def sensitivity(figures: Figures, name: str, *, samples: int = 4096, seed: int = 1) -> tuple[Sensitivity, ...]:
    """How a figure depends on every input, the most influential uncertainty first.

    Parameters
    ----------
    figures : Figures
    name : str
        A figure, such as ``volumetric_energy_density``.
    samples, seed : int
        Of the variance-based indices; their standard error is about 1/√samples.

    Raises
    ------
    NoSuchFigureError
        Where the cell does not have that figure.
    """
    value = figures[name].value
    result = figures.propagated[name]
    inputs = {key: figures.model.inputs[key] for key in result.derivatives}
    variance = sum(effect**2 for effect in result.contributions.values())
    first, total = sobol_indices(figures.model, inputs, figures.model.inputs, name, samples=samples, seed=seed)
    rows = [
        Sensitivity(
            key,
            slope * inputs[key].value / value if value else 0.0,
            result.contributions.get(key, 0.0),
            result.contributions.get(key, 0.0) ** 2 / variance if variance else 0.0,
            first.get(key),
            total.get(key),
        )
        for key, slope in result.derivatives.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-abs(row.effect), -abs(row.elasticity), row.input)))


def sobol_indices(
    relation: Any,
    varied: Mapping[str, Quantity],
    inputs: Mapping[str, Quantity],
    output: str,
    *,
    samples: int,
    seed: int,
) -> tuple[dict[str, float], dict[str, float]]:
    """First-order and total variance-based indices of one output over its uncertain inputs.

    Estimators: Saltelli et al. 2010 (first order, DOI 10.1016/j.cpc.2009.09.018, Table 2 b) and Jansen
    1999 (total, DOI 10.1016/S0010-4655(98)00154-4). SciPy offers the same in scipy.stats; importing that
    would take longer than a whole ``natron design`` does, so the two sums stand here and a test compares.

    Returns
    -------
    first, total : dict of str to float
        For the uncertain inputs of `varied`; empty where nothing is uncertain.
    """
    uncertain = [name for name, q in varied.items() if q.standard_uncertainty]
    if not uncertain:
        return {}, {}
    certain = {name: q.value for name, q in inputs.items()}
    chosen = {name: varied[name] for name in uncertain}
    a = {**certain, **draw(chosen, samples=samples, seed=seed)}
    b = {**certain, **draw(chosen, samples=samples, seed=seed + 1)}
    f_a, f_b = np.asarray(relation(a)[output]), np.asarray(relation(b)[output])
    variance = float(np.var(np.concatenate([f_a, f_b])))
    centre = float(np.mean(f_a))  # taken off f_b below: the product of means is noise, not signal
    first: dict[str, float] = {}
    total: dict[str, float] = {}
    for name in uncertain:
        f_ab = np.asarray(relation({**a, name: b[name]})[output])
        first[name] = float(np.mean((f_b - centre) * (f_ab - f_a)) / variance)
        total[name] = float(np.mean((f_a - f_ab) ** 2) / (2 * variance))
    return first, total
