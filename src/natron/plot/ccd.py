"""Pictures of critical-current tests: the staircase with what was found, and the survival of several cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from natron.cycling.failure.ccd import CriticalCurrent
from natron.cycling.failure.population import Population
from natron.data import CyclingRecord
from natron.plot.style import ACCENT, GAIN, GRID, INK, LOSS, MUTED

_MARKS = {
    "flat": ("o", MUTED),
    "rising": ("^", ACCENT),
    "falling gently": ("v", GAIN),
    "ambiguous": ("D", INK),
    "abrupt": ("X", LOSS),
    "noisy": ("X", LOSS),
    "below floor": ("X", LOSS),
}
_MOST_ROWS = 20000


def staircase(record: CyclingRecord, found: CriticalCurrent, *, axes: Sequence[Any]) -> Sequence[Any]:
    """Current, voltage and resistance over time, with the bracket of the critical current, voids and the short.

    Parameters
    ----------
    record : CyclingRecord
    found : CriticalCurrent
        Of that record.
    axes : sequence of three matplotlib Axes
        One above the other, sharing time.

    Returns
    -------
    The same axes.
    """
    keep = ~record.in_spectrum
    stride = max(int(np.count_nonzero(keep)) // _MOST_ROWS, 1)
    hours = record.time_s[keep][::stride] / 3600
    area = record.area_m2
    factor, unit = (10.0 * area, "mA cm⁻²") if area is not None else (1e-3, "mA")
    top, middle, low = axes
    top.plot(hours, record.current_A[keep][::stride] / factor, color=INK, linewidth=0.9, drawstyle="steps-post")
    top.margins(y=0.16)
    top.set_ylabel(f"j / ({unit})" if area is not None else f"I / {unit}")
    middle.plot(hours, record.voltage_V[keep][::stride] * 1e3, color=INK, linewidth=0.7)
    middle.set_ylabel("U / mV")
    _limit_to_sound(middle, found)
    _resistances(low, found, area)
    low.set_xlabel("t / h")
    if found.survived_A is not None and found.failed_A is not None:
        for sign in _signs(found):
            top.axhspan(
                sign * found.survived_A / factor, sign * found.failed_A / factor, color=LOSS, alpha=0.18, linewidth=0
            )
        low_text, high_text = (f"{value / factor:.3g}" for value in (found.survived_A, found.failed_A))
        top.set_title(f"critical current between {low_text} and {high_text} {unit}", fontsize=9, loc="left")
    else:
        top.set_title("no critical current found", fontsize=9, loc="left")
    if found.short is not None:
        kind = "hard short" if found.short.kind == "hard_short" else "soft short"
        _line(axes, found.short.time_s / 3600, LOSS, "-", f"{kind}, half step {found.short.half_step}")
    if found.void_onset is not None:
        start = next(one.start_s for one in found.half_steps if one.index == found.void_onset.half_step)
        name = "voids" if found.void_onset.certainty == "voids" else "voids or interphase"
        _line(axes, start / 3600, ACCENT, "--", f"{name}, half step {found.void_onset.half_step}")
    for ax in axes:
        ax.grid(color=GRID, linewidth=0.5)
        ax.set_axisbelow(True)
    return axes


def _signs(found: CriticalCurrent) -> set[int]:
    return {one.sign for one in found.half_steps}


def _limit_to_sound(ax: Any, found: CriticalCurrent) -> None:
    """A contact that is lost runs to the instrument's limit: the picture shows up to four times the usual."""
    ends = np.array([abs(one.polarisation_end_V) for one in found.half_steps])
    usual, largest = 4e3 * float(np.percentile(ends, 75)), 1e3 * float(ends.max())
    if largest > 2 * usual:
        ax.set_ylim(-usual, usual)


def _resistances(ax: Any, found: CriticalCurrent, area_m2: float | None) -> None:
    scale = 1e4 if area_m2 is not None else 1.0
    shown: set[str] = set()
    for one in found.half_steps:
        areal = one.area_specific_resistance_ohm_m2
        value = (one.resistance_ohm if areal is None else areal) * scale
        shape = "ambiguous" if one.index in found.ambiguous else one.shape
        marker, colour = _MARKS[shape]
        label = "short" if marker == "X" else shape
        ax.plot(
            (one.start_s + 0.5 * one.duration_s) / 3600,
            value,
            marker,
            color=colour,
            markersize=4.5,
            markerfacecolor="none" if marker == "o" else colour,
            label=None if label in shown else label,
            linestyle="none",
        )
        shown.add(label)
    # room for the legend above the points
    ax.set_ylim(0, 1.3 * float(ax.dataLim.y1))
    ax.set_ylabel("ASR / (Ω cm²)" if area_m2 is not None else "R / Ω")
    ax.legend(frameon=False, fontsize=7.5, ncols=len(shown), loc="upper left", handletextpad=0.2, columnspacing=1.0)


def _line(axes: Sequence[Any], hours: float, colour: str, style: str, words: str) -> None:
    for ax in axes:
        ax.axvline(hours, color=colour, linestyle=style, linewidth=1.1)
    first, last = axes[0].get_xlim()
    left = hours > first + 0.6 * (last - first)
    axes[0].annotate(
        words,
        (hours, 0.04 if style == "-" else 0.9),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if left else 4, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=8,
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
    )


def survival(statistics: Population, factor: float, unit: str, *, ax: Any) -> Any:
    """Kaplan–Meier's survival with its 95 % band, censored cells as ticks, and the Weibull distribution.

    Parameters
    ----------
    statistics : Population
    factor : float
        SI value of one `unit`.
    unit : str
        For the axis: ``mA/cm²``.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    values = np.array([0.0, *(point.value for point in statistics.survival)]) / factor
    shares = np.array([1.0, *(point.survival for point in statistics.survival)])
    seen = max(cell.survived if cell.failed is None else cell.failed for cell in statistics.cells) / factor
    right = 1.08 * seen
    x = np.append(values, right)
    ax.step(x, np.append(shares, shares[-1]), where="post", color=INK, linewidth=1.4, label="Kaplan–Meier")
    low = np.array([1.0, *(point.low for point in statistics.survival)])
    high = np.array([1.0, *(point.high for point in statistics.survival)])
    ax.fill_between(
        x,
        np.append(low, low[-1]),
        np.append(high, high[-1]),
        step="post",
        color=GRID,
        alpha=0.6,
        linewidth=0,
        label="95 %",
    )
    censored = np.array([cell.survived for cell in statistics.cells if cell.failed is None]) / factor
    if censored.size:
        at = np.array([shares[np.searchsorted(values, value, side="right") - 1] for value in censored])
        ax.plot(censored, at, "|", color=INK, markersize=11, markeredgewidth=1.4, label="did not fail")
    if statistics.weibull is not None:
        w = statistics.weibull
        grid = np.linspace(0, right, 300)
        curve = np.exp(-((grid * factor / w.scale.value) ** w.shape.value))
        ax.plot(grid, curve, color=LOSS, linewidth=1.2, linestyle="--", label=f"Weibull, shape {w.shape.value:.2g}")
    ax.set_xlim(0, right)
    ax.set_ylim(0, 1.03)
    name, spelled = ("j", "mA cm⁻²") if "/" in unit else ("I", unit)
    ax.set_xlabel(f"{name} / ({spelled})" if " " in spelled else f"{name} / {spelled}")
    ax.set_ylabel(f"share of {len(statistics.cells)} cells without a short")
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8)
    return ax
