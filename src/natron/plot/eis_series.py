"""Pictures of a series of spectra: Arrhenius, parameters and capacitances along it, residuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import KINDS, format_number
from natron.eis import FitParameter, FitResult, SeriesResult, features
from natron.plot.eis import MARKERS, SHADES, along, in_legend, legend_above, relative_residuals
from natron.plot.style import GRID, MUTED

_WIDE_RANGE = 20.0
"""Largest over smallest value from which an axis of values along a series is logarithmic."""


def course_axis(result: SeriesResult) -> tuple[NDArray[np.float64], str, str]:
    """Place of each spectrum in the unit that people use, (S,), the axis' label, and the unit alone."""
    x = np.asarray(result.course, dtype=float)
    if result.by in ("temperature", "pressure"):
        kind = KINDS[result.by]
        return (x - kind.offset) / kind.factor, f"{result.by.capitalize()} / {kind.pretty}", kind.pretty
    if result.by == "soc":
        return 100 * x, "State of charge / %", "%"
    if result.by == "time" and np.ptp(x) > 7200:
        return x / 3600, "Time / h", "h"
    return x, "Time / s" if result.by == "time" else "Cycle", "s" if result.by == "time" else ""


def course_labels(result: SeriesResult) -> list[str]:
    """What to call each spectrum of a series: ``-10 °C``, ``cycle 3``."""
    x, _, unit = course_axis(result)
    return [f"cycle {at:g}" if result.by == "cycle" else f"{at:.4g} {unit}".replace("-", "−") for at in x]


def series_residuals(fits: Sequence[FitResult], *, axes: Sequence[Any], labels: Sequence[str] = ()) -> Any:
    """Relative residuals of Re and of Im against frequency, in per cent, of every fit of a series.

    Parameters
    ----------
    fits : sequence of FitResult
    axes : sequence of two matplotlib Axes
        For Re and for Im; they get the same range.
    labels : sequence of str
        For the legend.

    Returns
    -------
    The same axes.
    """
    colours, named = along(len(fits)), in_legend(len(fits))
    largest = 0.0
    for i, fit in enumerate(fits):
        relative = 100 * relative_residuals(fit)
        label = labels[i] if i < len(labels) and i in named else None
        for ax, part in zip(axes, (relative.real, relative.imag), strict=True):
            ax.semilogx(
                fit.spectrum.frequency_Hz, part, marker=MARKERS[i % len(MARKERS)], color=colours[i], markersize=3,
                markerfacecolor="none", linewidth=0.6, label=label,
            )  # fmt: skip
            largest = max(largest, float(np.abs(part).max()))
    for ax, word in zip(axes, ("Re", "Im"), strict=True):
        ax.axhline(0, color=MUTED, linewidth=0.8)
        ax.set_ylim(-1.1 * largest or -1, 1.1 * largest or 1)
        ax.set_ylabel(f"Residual of {word} / % of |Z|")
        ax.grid(color=GRID, linewidth=0.5)
        ax.set_axisbelow(True)
    axes[-1].set_xlabel("Frequency / Hz")
    if labels:
        legend_above(axes[0])
    return axes


def arrhenius(result: SeriesResult, *, ax: Any, names: Sequence[str] = ()) -> Any:
    """ln(R/T) of each resistance against 1000/T, with the separate fits' law and, where there is one, the tied one's.

    Parameters
    ----------
    result : SeriesResult
        By temperature.
    ax : matplotlib Axes
    names : sequence of str, optional
        Of resistances; else all that have a law.

    Returns
    -------
    The same axes.
    """
    T = np.asarray(result.course, dtype=float)
    grid = np.linspace(T.min(), T.max(), 100)
    for i, name in enumerate(names or result.separate_arrhenius):
        values, errors = result.values(name)
        colour, marker = SHADES[i % len(SHADES)], MARKERS[i % len(MARKERS)]
        known = np.isfinite(errors)
        bars = np.where(known, errors, 0.0) / T
        ax.errorbar(
            1000 / T, values / T, yerr=np.minimum(bars, 0.9 * values / T), fmt=marker, color=colour,
            markersize=5, markerfacecolor="none", capsize=2.5, linewidth=1, label=f"{name}, each spectrum",
        )  # fmt: skip
        for laws, style, words in ((result.separate_arrhenius, "--", "separate"), (result.tied_arrhenius, "-", "tied")):
            if name in laws:
                law = laws[name]
                energy = law.activation_energy
                value, error = format_number(energy.value, energy.uncertainty)
                label = f"{name} {words}: {value} ± {error} eV" if error else f"{name} {words}: {value} eV"
                model = np.array([law.resistance(float(t)).value for t in grid]) / grid
                ax.plot(1000 / grid, model, style, color=colour, linewidth=1.2, label=label)
    ax.set_yscale("log")
    ax.set_xlabel("1000 K / T")
    ax.set_ylabel("R/T / (Ω/K)")
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=7.5)
    return ax


def course(result: SeriesResult, names: Sequence[str], *, ax: Any) -> Any:
    """Parameters along a series with their standard errors; what grows significantly is filled.

    A value that a joint fit keeps the same in all spectra is drawn as a line.

    Parameters
    ----------
    result : SeriesResult
    names : sequence of str
        Of parameters of one unit.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    unit = result.fits[0].parameters[names[0]].unit if names else ""
    columns = {name: result.values(name) for name in names}
    tied = result.tied_fit.exponents if result.tied_fit is not None else {}
    label = {"ohm": "Resistance / Ω", "1": "Exponent n"}.get(unit, f"Value / {unit}")
    _draw_course(result, columns, tied, label, ax, growing=result.growing)
    if unit == "1":
        # the error of an exponent at its limit may be beyond all that an exponent can be
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, 0.0), min(high, 1.05))
    return ax


def capacitances(result: SeriesResult, *, ax: Any) -> Any:
    """Effective capacitance τ/R of each arc along a series, with standard errors.

    What a joint fit keeps the same in all spectra is drawn as a line.

    Parameters
    ----------
    result : SeriesResult
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    columns: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    tied: dict[str, FitParameter] = {}
    every = [{f.name: f for f in features(fit) if f.form == "arc"} for fit in result.fits]
    for name, first in every[0].items():
        values = np.array([each[name].capacitance_F or np.nan for each in every])
        decades = np.array([each[name].capacitance_decades for each in every])
        shown = f"arc of {name}"
        columns[shown] = values, values * decades * np.log(10)
        for label in first.elements:
            found = result.tied_fit.capacitances.get(f"{label}_C") if result.tied_fit is not None else None
            if found is not None:
                tied[shown] = found
    return _draw_course(result, columns, tied, "Effective capacitance τ/R / F", ax)


def _draw_course(
    result: SeriesResult,
    columns: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    tied: Mapping[str, FitParameter],
    label: str,
    ax: Any,
    growing: Sequence[str] = (),
) -> Any:
    """Values (S,) with standard errors (S,) by name against the series' variable."""
    x, x_label, _ = course_axis(result)
    order = np.argsort(x, kind="stable")
    low, high = np.inf, 0.0
    for i, (name, (values, errors)) in enumerate(columns.items()):
        colour, marker = SHADES[i % len(SHADES)], MARKERS[i % len(MARKERS)]
        grows = name in growing
        # an error beyond the value itself would hide all else on the axis
        bars = np.minimum(np.where(np.isfinite(errors), errors, 0.0), 0.9 * np.abs(values))
        ax.errorbar(
            x[order], values[order], yerr=bars[order], fmt=marker if name in tied else f"{marker}-", color=colour,
            markersize=5, markerfacecolor=colour if grows else "none", capsize=2.5, linewidth=1,
            label=f"{name}, grows" if grows else name,
        )  # fmt: skip
        if name in tied:
            ax.axhline(tied[name].value, color=colour, linewidth=1, linestyle=(0, (5, 2)), zorder=1)
        usable = values[np.isfinite(values) & (values > 0)]
        if len(usable):
            low, high = min(low, float(usable.min())), max(high, float(usable.max()))
    if high > _WIDE_RANGE * low:
        ax.set_yscale("log")
    ax.set_xlabel(x_label)
    ax.set_ylabel(label)
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8)
    return ax
