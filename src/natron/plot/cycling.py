"""Pictures of cycling: voltage and current over time, voltage over capacity, dQ/dV, and what changes by cycle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.cycling import Cycle, CyclingAnalysis, DifferentialCapacity, HalfStep, differential_capacity
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED

_POINTS = 4000
"""Rows drawn of a long record: the least and the most of each stretch are kept."""

_MOST_CURVES = 6
"""Cycles drawn over each other: the first, the last and some between."""

_MARKS = {"eis_dip": "v", "rate_change": "|", "formation_end": "|", "titration": "s", "polarisation": "s"}
_COLOURS = {"hard_short": LOSS, "soft_short": LOSS, "eis_dip": ACCENT}


def over_time(analysis: CyclingAnalysis, *, axes: Sequence[Any]) -> Sequence[Any]:
    """Voltage (above) and current or current density (below) over time; spectra as ticks, events marked."""
    rows, area = analysis.rows, analysis.record.area_m2
    hours = rows.time_s / 3600
    keep = envelope(rows.voltage_V, rows.current_A)
    upper, lower = axes
    upper.plot(hours[keep], rows.voltage_V[keep], color=INK, linewidth=0.8)
    upper.set_ylabel("Voltage / V")
    per = 1e3 if area is None else 0.1 / area
    # what flows in an impedance step is another scale's
    current = np.where(rows.spectral, np.nan, rows.current_A * per)
    lower.plot(hours[keep], current[keep], color=INK, linewidth=0.8)
    lower.set_ylabel("Current / mA" if area is None else "Current density / mA/cm²")
    lower.set_xlabel("Time / h")
    lower.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    taken = [item.time_s / 3600 for item in analysis.spectra if item.time_s is not None]
    if taken:
        lower.plot(taken, np.zeros(len(taken)), "x", color=ACCENT, markersize=4, label=f"{len(taken)} spectra")
    seen: set[str] = set()
    for event in analysis.events:
        colour = _COLOURS.get(event.kind, MUTED)
        label = None if event.kind in seen else event.kind.replace("_", " ").replace("eis", "EIS")
        seen.add(event.kind)
        upper.axvline(event.time_s / 3600, color=colour, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
        upper.plot(
            event.time_s / 3600,
            rows.voltage_V[event.first_row],
            _MARKS.get(event.kind, "D"),
            color=colour,
            markersize=6 if event.kind not in ("rate_change", "formation_end") else 9,
            label=label,
        )
    for ax in axes:
        if ax.get_legend_handles_labels()[0]:
            ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        ax.margins(x=0.01)
    return axes


def voltage_capacity(analysis: CyclingAnalysis, *, ax: Any) -> Any:
    """Voltage over the capacity of each direction, some cycles from first to last, dark to light."""
    rows = analysis.rows
    shown = some_cycles(analysis.cycles)
    scale, unit = capacity_scale(analysis)
    by_index = {h.index: h for h in analysis.half_steps}
    for cycle, colour in zip(shown, _shades(len(shown)), strict=True):
        label: str | None = f"cycle {cycle.cycle}"
        passed = {1: 0.0, -1: 0.0}
        for index in cycle.half_steps:
            half = by_index[index]
            q, v = capacity_curve(analysis, half)
            keep = envelope(v)
            charging = half.sign > 0
            ax.plot(
                (passed[half.sign] + q[keep]) * scale,
                v[keep],
                color=colour,
                linewidth=1.1,
                linestyle="-" if charging else (0, (4, 1.5)),
                label=label,
            )
            passed[half.sign] += half.capacity_Ah
            label = None
    symmetric = analysis.pairing == "second_over_first"
    names = ("positive current", "negative current") if symmetric else ("charge", "discharge")
    ax.plot([], [], color=MUTED, linewidth=1.1, label=names[0])
    ax.plot([], [], color=MUTED, linewidth=1.1, linestyle=(0, (4, 1.5)), label=names[1])
    ax.set_xlabel(f"Capacity / {unit}")
    ax.set_ylabel("Voltage / V")
    if len(rows) and symmetric:
        ax.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def over_cycles(analysis: CyclingAnalysis, *, axes: Sequence[Any]) -> Sequence[Any]:
    """Capacity of both directions (above) and Coulombic efficiency (below) over the cycle number.

    Cycles of the formation stand on grey; those disturbed by a spectrum are open and joined by no line.
    """
    upper, lower = axes
    scale, unit = capacity_scale(analysis)
    cycles = analysis.cycles
    number = np.array([c.cycle for c in cycles])
    symmetric = analysis.pairing == "second_over_first"
    for values, marker, colour, name in (
        ([c.charge_capacity_Ah for c in cycles], "^", MUTED, "positive current" if symmetric else "charge"),
        ([c.discharge_capacity_Ah for c in cycles], "o", INK, "negative current" if symmetric else "discharge"),
    ):
        upper.plot(number, _floats(values) * scale, marker, color=colour, markersize=4, label=name)
    upper.set_ylabel(f"Capacity / {unit}")
    upper.set_ylim(bottom=0)
    upper.margins(y=0.08)
    efficiency = 100 * _floats([c.coulombic_efficiency for c in cycles])
    with_eis = 100 * _floats([c.coulombic_efficiency_with_eis for c in cycles])
    dip = np.array(["eis_dip" in c.flags for c in cycles], dtype=bool)
    began = np.array(["began_charged" in c.flags for c in cycles], dtype=bool)
    usual = ~dip & ~began
    label = "without impedance steps" if analysis.spectra or analysis.rows.spectral.any() else None
    lower.plot(number[usual], efficiency[usual], "o", color=INK, markersize=4, label=label)
    if dip.any():
        lower.plot(
            number[dip], efficiency[dip], "o", color=ACCENT, markersize=5, markerfacecolor="none",
            label="disturbed by a spectrum",
        )  # fmt: skip
    differs = usual & (np.abs(with_eis - efficiency) > 0.01)
    if differs.any():
        lower.plot(number[differs], with_eis[differs], "x", color=ACCENT, markersize=4, label="with impedance steps")
    lower.set_ylabel("Coulombic efficiency / %")
    lower.set_xlabel("Cycle")
    formation = analysis.formation
    for ax in axes:
        if formation:
            ax.axvspan(formation[0] - 0.5, formation[-1] + 0.5, color=GRID, alpha=0.5, linewidth=0, zorder=0)
        for step in analysis.rate_steps[1:]:
            ax.axvline(step.first_cycle - 0.5, color=MUTED, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
        ax.xaxis.get_major_locator().set_params(integer=True)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return axes


def differential_curves(analysis: CyclingAnalysis, bin_V: float | None = None) -> tuple[DifferentialCapacity, ...]:
    """dQ/dV of the half steps of some cycles, in bins of `bin_V`; half steps without one are left out.

    Raises
    ------
    InputError
        Where `bin_V` suits none of them.
    """
    by_index = {h.index: h for h in analysis.half_steps}
    curves: list[DifferentialCapacity] = []
    refused: InputError | None = None
    for cycle in some_cycles(analysis.cycles):
        for index in cycle.half_steps:
            try:
                curves.append(differential_capacity(analysis.rows, by_index[index], bin_V=bin_V))
            except InputError as error:
                refused = error
    if bin_V is not None and refused is not None and not curves:
        raise refused
    return tuple(curves)


def differential(analysis: CyclingAnalysis, curves: Sequence[DifferentialCapacity], *, ax: Any) -> Any:
    """dQ/dV over voltage, discharges below zero; the method in the corner."""
    by_index = {h.index: h for h in analysis.half_steps}
    scale, unit = capacity_scale(analysis)
    cycles = list(dict.fromkeys(by_index[curve.half_step].cycle for curve in curves))
    colours = dict(zip(cycles, _shades(len(cycles)), strict=True))
    named: set[int] = set()
    for curve in curves:
        half = by_index[curve.half_step]
        label = None if half.cycle in named else f"cycle {half.cycle}"
        named.add(half.cycle)
        ax.plot(
            curve.voltage_V,
            half.sign * curve.capacity_per_voltage_Ah_V * scale,
            color=colours[half.cycle],
            linewidth=1.0,
            label=label,
        )
    ax.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    ax.set_xlabel("Voltage / V")
    ax.set_ylabel(f"dQ/dV / {unit}/V")
    ax.text(0.0, 1.01, _made(curves), transform=ax.transAxes, fontsize=7, color=MUTED, va="bottom")
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def _made(curves: Sequence[DifferentialCapacity]) -> str:
    """How curves were made that may differ in the width of their bins."""
    widths = {f"{1e3 * curve.bin_V:.2g}" for curve in curves}
    if len(widths) == 1:
        return curves[0].method
    low, high = (f"{1e3 * end(curve.bin_V for curve in curves):.2g}" for end in (min, max))
    return f"charge sorted into bins of {low} to {high} mV, smoothed by a Gaussian of two bins"


def titration(analysis: CyclingAnalysis, *, ax: Any) -> Any:
    """Open-circuit voltage after each pulse over capacity: filled where it had relaxed."""
    scale, unit = capacity_scale(analysis)
    by_index = {h.index: h for h in analysis.half_steps}
    for sign, marker, name in ((1, "^", "charge"), (-1, "o", "discharge")):
        those = [p for p in analysis.pulses if by_index[p.half_step].sign == sign]
        for relaxed, fill in ((True, INK), (False, "none")):
            some = [p for p in those if p.relaxed == relaxed]
            if some:
                ax.plot(
                    [p.capacity_Ah * scale for p in some],
                    [p.open_circuit_V for p in some],
                    marker,
                    color=INK,
                    markerfacecolor=fill,
                    markersize=4,
                    label=f"{name}, {'relaxed' if relaxed else 'still moving'}",
                )
    ax.set_xlabel(f"Capacity / {unit}")
    ax.set_ylabel("Voltage after rest / V")
    ax.legend(frameon=False, fontsize=8)
    return ax


def polarisation(analysis: CyclingAnalysis, *, ax: Any) -> Any:
    """Current over time of each held voltage on a logarithmic axis, its steady value as a line."""
    found, rows = analysis.polarisation, analysis.rows
    if found is None:
        raise InputError("this record is no DC polarisation")
    for hold, colour in zip(found.holds, _shades(len(found.holds)), strict=True):
        span = slice(hold.first_row, hold.last_row + 1)
        t = (rows.time_s[span] - hold.start_s) / 3600
        magnitude = np.abs(rows.current_A[span]) * 1e6
        ax.plot(t, magnitude, color=colour, linewidth=1.0, label=f"{hold.voltage_V:.3g} V")
        if hold.current_A is not None:
            ax.hlines(
                abs(hold.current_A) * 1e6, 0, t[-1], color=colour, linewidth=0.8,
                linestyle="-" if hold.steady_state == "reached" else (0, (4, 2)),
            )  # fmt: skip
    ax.set_yscale("log")
    ax.set_xlabel("Time at voltage / h")
    ax.set_ylabel("Current / µA")
    ax.legend(frameon=False, fontsize=8)
    return ax


def capacity_scale(analysis: CyclingAnalysis) -> tuple[float, str]:
    """Factor from Ah to what is shown, and its unit."""
    record = analysis.record
    if record.area_m2 is not None:
        return 0.1 / record.area_m2, "mAh/cm²"
    if record.mass_kg is not None:
        return 1.0 / record.mass_kg, "mAh/g"
    return 1e3, "mAh"


def capacity_curve(analysis: CyclingAnalysis, half: HalfStep) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Capacity passed and voltage of a half step's rows with current."""
    rows, inside = analysis.rows, slice(half.first_row, half.last_row + 1)
    passed = half.sign * np.cumsum(np.where(rows.spectral[inside], 0.0, rows.increment_Ah[inside]))
    flows = rows.flows[inside]
    return passed[flows], rows.voltage_V[inside][flows]


def some_cycles(cycles: Sequence[Cycle]) -> list[Cycle]:
    """The first, the last and evenly spread cycles between."""
    if len(cycles) <= _MOST_CURVES:
        return list(cycles)
    return [cycles[round(k)] for k in np.linspace(0, len(cycles) - 1, _MOST_CURVES)]


def _shades(count: int) -> list[str]:
    """Colours whose lightness rises from first to last, so that the order is read without colour."""
    dark, light = np.array([28, 39, 51]), np.array([224, 154, 79])
    places = np.linspace(0, 1, count) if count > 1 else [0.0]
    return ["#" + "".join(f"{round(float(c)):02x}" for c in dark + (light - dark) * place) for place in places]


def envelope(*columns: NDArray[np.float64], points: int = _POINTS) -> NDArray[np.intp]:
    """Rows that draw the same picture: all of few, of many the least and the most of each stretch."""
    size = len(columns[0])
    if size <= 2 * points:
        return np.arange(size)
    stretch = size // points
    whole = size // stretch * stretch
    starts = np.arange(0, whole, stretch)
    kept = [starts, np.array([size - 1])]
    for values in columns:
        block = values[:whole].reshape(-1, stretch)
        kept += [starts + block.argmin(axis=1), starts + block.argmax(axis=1)]
    return np.unique(np.concatenate(kept))


def _floats(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], dtype=float)
