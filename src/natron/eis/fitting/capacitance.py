"""Effective capacitance of a depressed arc by a stated formula, with the fit's uncertainty."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.eis.circuits.notation import Leaf, Node, Parallel, Series
from natron.eis.errors import CircuitError
from natron.eis.fitting.result import FitParameter, FitResult, student_95

Formula = Literal["hsu_mansfeld", "brug"]


def effective_capacitance(result: FitResult, element: str, formula: Formula = "hsu_mansfeld") -> FitParameter:
    """Capacitance in F of the arc of `element`, a CPE beside a resistor: p(R1,CPE1).

    ``hsu_mansfeld``: C = Q^(1/n) R^((1−n)/n) = τ/R, for time constants distributed along the current, as
    through a film or a grain boundary (Hsu and Mansfeld 2001, DOI 10.5006/1.3280607).
    ``brug``: C = Q^(1/n) (1/Rs + 1/R)^((n−1)/n), for time constants distributed over a surface, Rs being the
    sum of the resistors in series with everything (Brug et al. 1984, DOI 10.1016/S0022-0728(84)80324-1).
    Hirschorn et al. 2010, DOI 10.1016/j.electacta.2009.10.065, say which holds where.

    Parameters
    ----------
    result : FitResult
    element : str
        Label of the CPE.
    formula : {"hsu_mansfeld", "brug"}

    Returns
    -------
    FitParameter
        Named ``CPE1_C``; its uncertainty follows from the fit's covariance, to first order.

    Raises
    ------
    CircuitError
        Where `element` is no CPE beside one resistor, or Brug's formula finds no series resistor.
    InputError
        Where the formula is unknown.
    """
    if formula not in get_args(Formula):
        raise InputError("unknown formula", given=formula, hint=did_you_mean(str(formula), get_args(Formula)))
    resistor = _resistor_beside(result.circuit.root, element)
    if resistor is None:
        raise CircuitError(
            "this is no constant-phase element beside one resistor",
            given=element,
            allowed="the CPE of a p(R,CPE)",
        )
    names = result.circuit.parameter_names
    value = result.values
    R, Q, n = value[resistor], value[f"{element}_Q"], value[f"{element}_n"]
    slope = np.zeros(len(names))
    place = {name: i for i, name in enumerate(names)}
    if formula == "hsu_mansfeld":
        log_c = (math.log(Q) + (1 - n) * math.log(R)) / n
        slope[place[resistor]] = (1 - n) / (n * R)
        slope[place[f"{element}_n"]] = -(math.log(Q) + math.log(R)) / n**2
    else:
        series = _series_resistors(result.circuit.root)
        if not series:
            raise CircuitError(
                "Brug's formula needs a resistor in series",
                given=str(result.circuit),
                hint="Add R0, or take hsu_mansfeld.",
            )
        Rs = sum(value[name] for name in series)
        Y = 1 / Rs + 1 / R
        log_c = (math.log(Q) + (n - 1) * math.log(Y)) / n
        slope[place[resistor]] = (1 - n) / (n * R**2 * Y)
        for name in series:
            slope[place[name]] = (1 - n) / (n * Rs**2 * Y)
        slope[place[f"{element}_n"]] = (math.log(Y) - math.log(Q)) / n**2
    slope[place[f"{element}_Q"]] = 1 / (n * Q)
    used = slope != 0
    variance = float(slope[used] @ result.covariance[np.ix_(used, used)] @ slope[used])
    relative = math.sqrt(max(variance, 0.0))
    C = math.exp(log_c)
    ratio = math.exp(min(student_95(result.degrees_of_freedom) * relative, 700.0))
    flags = tuple(
        dict.fromkeys(
            flag for name in (resistor, f"{element}_Q", f"{element}_n") for flag in result.parameters[name].flags
        )
    )
    return FitParameter(f"{element}_C", C, C * relative, "F", (C / ratio, C * ratio), False, flags)


def _resistor_beside(node: Node, label: str) -> str | None:
    """Label of the only resistor in parallel with the CPE of that label."""
    if isinstance(node, Leaf):
        return None
    if isinstance(node, Parallel) and len(node.children) == 2:
        first, second = node.children
        for one, other in ((first, second), (second, first)):
            if (
                isinstance(one, Leaf)
                and isinstance(other, Leaf)
                and one.label == label
                and one.element.symbol == "CPE"
                and other.element.symbol == "R"
            ):
                return other.label
    return next((found for child in node.children if (found := _resistor_beside(child, label))), None)


def _series_resistors(root: Node) -> list[str]:
    children = root.children if isinstance(root, Series) else ()
    return [c.label for c in children if isinstance(c, Leaf) and c.element.symbol == "R"]
