"""Pictures of a cell's calibration: intervals, measured beside computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from natron.plot.eis import MARKERS, along
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED
from natron.simulate import CellCalibration, Comparison


def intervals(found: CellCalibration, *, ax: Any) -> Any:
    """Each parameter over what it was before, with its 95 % interval; an open end is an arrow to the picture's edge.

    Parameters
    ----------
    found : CellCalibration
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    ends = [
        (one.value.value / one.before.value, *(None if end is None else end / one.before.value
                                               for end in (one.low, one.high)))
        for one in found.parameters
    ]  # fmt: skip
    known = [number for row in ends for number in row if number is not None] + [1.0]
    low, high = min(known) / 1.6, max(known) * 1.6
    for row, (one, (value, lower, upper)) in enumerate(zip(found.parameters, ends, strict=True)):
        colour = ACCENT if one.identifiable else LOSS
        ax.plot([lower or low, upper or high], [row, row], color=colour, linewidth=2.0, solid_capstyle="butt")
        ax.plot(value, row, "o" if one.identifiable else "D", color=colour, markerfacecolor="white", markersize=6)
        for end, limit, mark in ((lower, low, "<"), (upper, high, ">")):
            ax.plot(end or limit, row, "|" if end is not None else mark, color=colour, markersize=8)
    ax.axvline(1.0, color=MUTED, linewidth=0.8, linestyle="--")
    ax.set_xscale("log")
    ax.set_xlim(low / 1.05, high * 1.05)
    ax.set_ylim(len(ends) - 0.4, -0.6)
    ax.set_yticks(
        range(len(ends)),
        [one.name.replace("_", " ") + ("" if one.identifiable else "\n(not identifiable)") for one in found.parameters],
    )
    ax.set_xlabel("Fitted value over the one before; 95 % interval")
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= t <= high]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.set_xticks([], minor=True)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def voltage(each: Comparison, *, axes: Sequence[Any]) -> Sequence[Any]:
    """Measured voltages and the model's over time; below it their difference.

    Parameters
    ----------
    each : Comparison
    axes : two matplotlib Axes

    Returns
    -------
    The same axes.
    """
    top, bottom = axes
    hours = each.experiment.time_s / 3600
    measured = each.experiment.voltage_V
    top.plot(hours, measured, ".", color=INK, markersize=4, label="measured")
    top.plot(hours, each.before.voltage_V, color=MUTED, linewidth=1.0, linestyle="--", label="model before")
    top.plot(hours, each.answer.voltage_V, color=ACCENT, linewidth=1.3, label="model calibrated")
    top.set_ylabel("Voltage / V")
    top.legend(frameon=False, fontsize=8)
    top.set_title(each.experiment.name + (" (held out)" if each.held_out else ""), fontsize=9, loc="left")
    bottom.plot(hours, 1e3 * (each.answer.voltage_V - measured), color=ACCENT, linewidth=1.0)
    bottom.axhline(0.0, color=MUTED, linewidth=0.8)
    bottom.set(xlabel="Time / h", ylabel="Model − measured / mV")
    for ax in (top, bottom):
        ax.grid(color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
    return axes


def impedance(found: Sequence[Comparison], *, ax: Any) -> Any:
    """Measured spectra as points, the calibrated model's as lines; held-out ones dashed.

    Parameters
    ----------
    found : sequence of Comparison
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    shown = [
        (f"{each.experiment.name}{' (held out)' if each.held_out else ''}", each.held_out, look, z)
        for each in found
        for look, z in zip(each.experiment.looks, each.answer.impedance_ohm_m2, strict=True)
    ]
    for i, (colour, (label, held, look, z)) in enumerate(zip(along(len(shown)), shown, strict=True)):
        measured = 1e4 * look.impedance_ohm_m2
        ax.plot(
            measured.real, -measured.imag, MARKERS[i % len(MARKERS)], color=colour, markersize=4,
            markerfacecolor="none", label=label if len(shown) <= 10 else None,
        )  # fmt: skip
        ax.plot(1e4 * z.real, -1e4 * z.imag, color=colour, linewidth=1.2, linestyle="--" if held else "-")
    ax.set(xlabel="Re Z / (Ω cm²)", ylabel="−Im Z / (Ω cm²)")
    ax.set_aspect("equal", adjustable="datalim")
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.axhline(0.0, color=MUTED, linewidth=0.6)
    if 0 < len(shown) <= 10:
        ax.legend(frameon=False, fontsize=8, title="points: measured; lines: model", title_fontsize=8)
    return ax
