"""What is wrong with a fit, parameter by parameter."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from natron.eis.fitting.program import Program
from natron.eis.fitting.result import Status

Flags = dict[str, tuple[Status, ...]]

_WORST_FIRST: tuple[Status, ...] = ("not_converged", "arc_outside_window", "at_bound", "not_separable")
_SEPARABLE = 0.2


def verdict(
    program: Program,
    lw: tuple[float, float],
    free: Collection[int],
    bounded: Collection[int],
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    values: Sequence[float],
    errors: Sequence[float],
) -> tuple[Flags, tuple[str, ...]]:
    """Flags by parameter, and advice on each.

    Parameters
    ----------
    program : Program
    lw : tuple of float
        Highest and lowest ln 2πf.
    free, bounded : collection of int
        Coordinates that were fitted, and those the user set bounds to.
    x, low, high : sequence of float, (X,)
        Coordinates and their limits.
    values, errors : sequence of float, (P,)
        Parameters and their standard errors.
    """
    found: list[tuple[str, Status, str]] = []
    names = program.circuit.parameter_names
    for at, resistance in program.arcs:
        if not -lw[0] <= x[at] <= -lw[1]:
            peak, top, bottom = (math.exp(each) / (2 * math.pi) for each in (-x[at], *lw))
            advice = (
                f"its arc peaks at {peak:.3g} Hz, outside the measured {bottom:.3g} to {top:.3g} Hz; measure"
                " there, or leave the arc out and read its resistance together with its neighbour's."
            )
            found.append((names[resistance], "arc_outside_window", advice))
    for at, native, name, unit, logarithmic in program.watched:
        if at not in free:
            continue
        if x[at] <= low[at] or x[at] >= high[at]:
            if logarithmic or at in bounded:
                advice = (
                    f"it ran into its limit {values[native]:.4g} {unit}; widen the limit, or leave the element out."
                )
                found.append((name, "at_bound", advice))
            else:
                advice = (
                    f"the exponent is at its limit {values[native]:.3g}; fix it, take a capacitor for 1, or fit"
                    " fewer arcs."
                )
                found.append((name, "not_separable", advice))
        if unit == "ohm" and errors[native] > _SEPARABLE * values[native]:
            share = min(100 * errors[native] / values[native], 1e6)
            advice = (
                f"its standard error is {share:.0f} % of its value; fix an exponent, fit fewer arcs, or tie several"
                " spectra."
            )
            found.append((name, "not_separable", advice))
    flags: Flags = {}
    for name, status, _ in found:
        flags[name] = tuple(dict.fromkeys((*flags.get(name, ()), status)))
    return flags, tuple(f"{name}: {advice}" for name, _, advice in found)


def not_converged(program: Program, flags: Flags, warnings: tuple[str, ...]) -> tuple[Flags, tuple[str, ...]]:
    """Flags and advice with what is to be said of a fit that did not converge."""
    advice = "The fit did not converge: check the data for outliers, take a simpler circuit or give a start."
    return (
        {name: ("not_converged", *flags.get(name, ())) for name in program.circuit.parameter_names},
        (advice, *warnings),
    )


def worst(flags: Flags) -> Status:
    """The worst of all flags."""
    if not flags:
        return "converged"
    raised = {flag for each in flags.values() for flag in each}
    return next(status for status in _WORST_FIRST if status in raised)
