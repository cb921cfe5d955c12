"""Inverse questions: which value of one input gives a wanted figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from natron.core import CellError, Quantity, kind, nearest
from natron.core.uncertainty import Relation
from natron.design.figures import Figures
from natron.design.stack import physical

SEARCH_DECADES = 2.0
"""How far from its present value an input is searched, up and down, in powers of ten."""


@dataclass(frozen=True, slots=True)
class Inverse:
    """The answer to an inverse question.

    Attributes
    ----------
    status : str
        ``found``, or ``cannot_be_reached`` with any value of that input.
    figure : str
        The figure wanted.
    input : str
        Dotted key of the input that was varied.
    value : Quantity or None
        What it must be; with several solutions the one nearest to the present value.
    reachable : tuple of float
        Lowest and highest figure found over the search, SI.
    message : str
        For people.
    """

    status: Literal["found", "cannot_be_reached"]
    figure: str
    input: str
    value: Quantity | None
    reachable: tuple[float, float]
    message: str


def solve_for(figures: Figures, name: str, target: Quantity, input_name: str) -> Inverse:
    """Which value of one input gives figure `name` the wanted value, all others kept.

    Parameters
    ----------
    figures : Figures
        Of the cell as it is.
    name : str
        A figure.
    target : Quantity
        Its wanted value.
    input_name : str
        Dotted key of one of the figures' inputs.

    Raises
    ------
    CellError
        Where the figure does not have that input.
    NoSuchFigureError
        Where the cell does not have that figure.
    """
    now = figures[name]
    inputs = figures.model.inputs
    free = [key for key in inputs if not key.startswith("positive.composition.")]  # fractions move together
    if input_name not in free:
        close = nearest(input_name, free)
        raise CellError(
            "this figure has no such input",
            given=input_name,
            allowed=", ".join(sorted(free)),
            hint=f'Did you mean "{close}"?' if close else None,
        )
    was = inputs[input_name]
    if input_name not in figures.propagated[name].derivatives:
        message = f"{name} does not depend on {input_name}"
        return Inverse("cannot_be_reached", name, input_name, None, (now.value, now.value), message)
    x, lowest, highest = solve_input(figures.model, inputs, input_name, name, target.value, physical)
    reachable = (lowest, highest)
    shown = [Quantity(v, None, now.kind) for v in reachable]
    if x is None:
        return Inverse(
            "cannot_be_reached",
            name,
            input_name,
            None,
            reachable,
            f"{name} = {target} cannot be reached with {input_name} alone (today {was}, searched from "
            f"{_searched(was)}): it stays between {shown[0]} and {shown[1]}",
        )
    value = Quantity(x, None, was.kind, origin="predicted")
    return Inverse(
        "found",
        name,
        input_name,
        value,
        reachable,
        f"{input_name} = {value} gives {target} (today {was}: {now})",
    )


def solve_input(
    relation: Relation,
    inputs: Mapping[str, Quantity],
    input_name: str,
    output: str,
    target: float,
    allowed: Callable[[Mapping[str, Any]], Any] = lambda out: True,
) -> tuple[float | None, float, float]:
    """The value of one input at which `output` equals `target`, nearest to the present one.

    Searches from zero over `SEARCH_DECADES` around the present value, a share from 0 to 1; only where
    `allowed` says that all outputs together make sense (elementwise for arrays). Each change of sign on
    the grid is closed in by bisection.

    Returns
    -------
    x : float or None
        None where no value gives the target.
    lowest, highest : float
        Extremes of the output over the grid.
    """
    q = inputs[input_name]
    nominal = {key: quantity.value for key, quantity in inputs.items()}

    def gap(x: float) -> float:
        return float(relation({**nominal, input_name: x})[output]) - target

    grid = _grid(q)
    with np.errstate(all="ignore"):
        try:
            out = relation({**nominal, input_name: grid})
        except (ArithmeticError, ValueError):
            return None, float("nan"), float("nan")
        values = np.broadcast_to(np.asarray(out[output], dtype=float), grid.shape)
        values = np.where(allowed(out), values, np.nan)
    finite = np.isfinite(values)
    if not finite.any():
        return None, float("nan"), float("nan")
    lowest, highest = float(values[finite].min()), float(values[finite].max())
    gaps = values - target
    roots = [float(x) for x, g in zip(grid, gaps, strict=True) if g == 0.0]
    crossings = np.nonzero(finite[:-1] & finite[1:] & (np.sign(gaps[:-1]) * np.sign(gaps[1:]) < 0))[0]
    for i in crossings:
        root = _bisect(gap, float(grid[i]), float(grid[i + 1]))
        # a sign also changes across a pole, where nothing is solved
        if abs(gap(root)) <= 1e-6 * max(abs(target), abs(values[i])):
            roots.append(root)
    if not roots:
        return None, lowest, highest
    return min(roots, key=lambda x: abs(x - q.value)), lowest, highest


def _searched(q: Quantity) -> str:
    return "0 to 100 %" if kind(q.kind).maximum == 1.0 else "zero to a hundredfold"


def _grid(q: Quantity) -> Any:
    k = kind(q.kind)
    if q.kind == "fraction" or k.maximum == 1.0:
        return np.linspace(0.0, 1.0, 1001)
    scale = abs(q.value) or {"length": 1e-5}.get(q.kind, k.factor)
    spread = np.geomspace(10**-SEARCH_DECADES, 10**SEARCH_DECADES, 801) * scale
    low = [0.0] if k.minimum <= 0.0 else []
    return np.concatenate([low, spread])


def _bisect(gap: Any, low: float, high: float) -> float:
    g_low = gap(low)
    for _ in range(200):
        middle = 0.5 * (low + high)
        g = gap(middle)
        if g == 0.0 or high - low <= 1e-14 * abs(high):
            return middle
        if (g > 0) == (g_low > 0):
            low, g_low = middle, g
        else:
            high = middle
    return 0.5 * (low + high)
