"""What a fitted circuit consists of: resistors in series, arcs and tails, with capacitance and frequency."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from natron.eis.circuits.notation import Leaf, Node, Parallel, Series
from natron.eis.fitting.result import FitResult, Status

Form = Literal["resistor", "arc", "diffusion", "tail", "lead", "other"]
"""What a feature looks like: a resistor in series, an arc p(R,CPE) or its like, a diffusion element with an
end, a constant-phase tail, an inductance, or what natron has no words for."""

_WITH_AN_END = {"Wo", "Ws", "FSD", "G"}


@dataclass(frozen=True, slots=True)
class Feature:
    """One part of a spectrum as the circuit describes it, of the whole cell.

    Attributes
    ----------
    name : str
        Of its resistance where it has one (``R1``, ``ZARC1_R``), else of the element (``CPE3``).
    elements : tuple of str
        Labels of the elements it consists of.
    form : str
    resistance_ohm, resistance_uncertainty_ohm : float or None
        With one standard error; inf where the data say nothing.
    capacitance_F : float or None
        Of an arc τ/R = Q^(1/n) R^((1−n)/n) (Hsu and Mansfeld 2001, DOI 10.5006/1.3280607); of a tail
        Q (2πf)^(n−1) sin(nπ/2) at the lowest measured frequency.
    frequency_Hz : float or None
        Of an arc's peak, 1/(2πτ).
    capacitance_decades, frequency_decades : float
        Standard errors of their log10, to first order.
    exponent : float or None
        n of the constant-phase element; 1/2 for diffusion.
    flags : tuple of str
        What the fit says against its parameters.
    """

    name: str
    elements: tuple[str, ...]
    form: Form
    resistance_ohm: float | None = None
    resistance_uncertainty_ohm: float | None = None
    capacitance_F: float | None = None
    frequency_Hz: float | None = None
    capacitance_decades: float = 0.0
    frequency_decades: float = 0.0
    exponent: float | None = None
    flags: tuple[Status, ...] = ()


def features(result: FitResult) -> tuple[Feature, ...]:
    """The parts of a fitted circuit, in the order they are written.

    A branch such as p(R1-Wo1,CPE1) gives the arc of R1 with CPE1, then Wo1; its capacitance is then that of
    the arc alone.
    """
    return tuple(_walk(result.circuit.root, result))


def _walk(node: Node, result: FitResult) -> Iterator[Feature]:
    if isinstance(node, Leaf):
        yield _leaf(node, result)
    elif isinstance(node, Series):
        for child in node.children:
            yield from _walk(child, result)
    else:
        yield from _parallel(node, result)


def _parallel(node: Parallel, result: FitResult) -> Iterator[Feature]:
    """An arc where a capacitor or CPE stands beside a resistor, alone or first in a row; else its parts."""
    if len(node.children) == 2:
        first, second = node.children
        for side, branch in ((first, second), (second, first)):
            if not (isinstance(side, Leaf) and side.element.symbol in ("C", "CPE")):
                continue
            row = branch.children if isinstance(branch, Series) else (branch,)
            resistors = [c for c in row if isinstance(c, Leaf) and c.element.symbol == "R"]
            if len(resistors) == 1:
                yield _arc(resistors[0], side, result)
                for child in row:
                    if child is not resistors[0]:
                        yield from _walk(child, result)
                return
    labels = tuple(_labels(node))
    yield Feature("|".join(labels), labels, "other", flags=_flags(result, _parameters(node)))


def _labels(node: Node) -> Iterator[str]:
    if isinstance(node, Leaf):
        yield node.label
    else:
        for child in node.children:
            yield from _labels(child)


def _parameters(node: Node) -> list[str]:
    if isinstance(node, Leaf):
        return list(node.parameter_names)
    return [name for child in node.children for name in _parameters(child)]


def _leaf(leaf: Leaf, result: FitResult) -> Feature:
    symbol, label, value = leaf.element.symbol, leaf.label, result.values
    flags = _flags(result, leaf.parameter_names)
    if symbol == "R":
        return Feature(label, (label,), "resistor", value[label], result.parameters[label].uncertainty, flags=flags)
    if symbol == "L":
        return Feature(label, (label,), "lead", flags=flags)
    if symbol == "ZARC" or symbol in _WITH_AN_END:
        R, tau = f"{label}_R", f"{label}_tau"
        return Feature(
            R,
            (label,),
            "arc" if symbol == "ZARC" else "diffusion",
            value[R],
            result.parameters[R].uncertainty,
            value[tau] / value[R],
            1 / (2 * math.pi * value[tau]),
            _decades(result, {R: -1 / value[R], tau: 1 / value[tau]}),
            _decades(result, {tau: 1 / value[tau]}),
            value[f"{label}_n"] if symbol == "ZARC" else 0.5,
            flags,
        )
    if symbol in ("C", "CPE", "W"):
        return _tail(leaf, result, flags)
    return Feature(label, (label,), "other", flags=flags)


def _tail(leaf: Leaf, result: FitResult, flags: tuple[Status, ...]) -> Feature:
    label, value = leaf.label, result.values
    omega = 2 * math.pi * float(result.spectrum.frequency_Hz[-1])
    if leaf.element.symbol == "C":
        Q, n, slopes = value[label], 1.0, {label: 1 / value[label]}
    elif leaf.element.symbol == "W":
        Q, n, slopes = 1 / (math.sqrt(2) * value[label]), 0.5, {label: -1 / value[label]}
    else:
        Q, n = value[f"{label}_Q"], value[f"{label}_n"]
        turn = 0.5 * math.pi / math.tan(0.5 * n * math.pi)
        slopes = {f"{label}_Q": 1 / Q, f"{label}_n": math.log(omega) + turn}
    C = Q * omega ** (n - 1) * math.sin(0.5 * n * math.pi)
    return Feature(
        label,
        (label,),
        "tail",
        capacitance_F=C,
        capacitance_decades=_decades(result, slopes),
        exponent=n,
        flags=flags,
    )


def _arc(resistor: Leaf, side: Leaf, result: FitResult) -> Feature:
    value, label = result.values, resistor.label
    R = value[label]
    if side.element.symbol == "C":
        log_tau = math.log(R * value[side.label])
        n, slopes = 1.0, {label: 1 / R, side.label: 1 / value[side.label]}
    else:
        Q, n = value[f"{side.label}_Q"], value[f"{side.label}_n"]
        log_tau = math.log(R * Q) / n
        slopes = {label: 1 / (n * R), f"{side.label}_Q": 1 / (n * Q), f"{side.label}_n": -log_tau / n}
    return Feature(
        label,
        (label, side.label),
        "arc",
        R,
        result.parameters[label].uncertainty,
        math.exp(log_tau) / R,
        math.exp(-log_tau) / (2 * math.pi),
        _decades(result, {**slopes, label: slopes[label] - 1 / R}),
        _decades(result, slopes),
        n,
        _flags(result, (label, *side.parameter_names)),
    )


def _decades(result: FitResult, slopes: Mapping[str, float]) -> float:
    """Standard error of log10 of what has these derivatives of its natural logarithm."""
    return math.sqrt(max(variance_of(result, slopes), 0.0)) / math.log(10)


def variance_of(result: FitResult, slopes: Mapping[str, float]) -> float:
    """Variance of a function with these derivatives by parameter, to first order with the fit's covariance.

    inf where it hangs on a parameter that the data do not determine.
    """
    names = list(result.parameters)
    used = [names.index(name) for name, slope in slopes.items() if slope]
    slope = np.array([s for s in slopes.values() if s])
    covariance = result.covariance[np.ix_(used, used)]
    if not np.isfinite(covariance).all():
        return math.inf
    return float(slope @ covariance @ slope)


def _flags(result: FitResult, names: tuple[str, ...] | list[str]) -> tuple[Status, ...]:
    return tuple(dict.fromkeys(flag for name in names for flag in result.parameters[name].flags))
