"""Pictures of a simulated run: voltage against capacity, what the cell loses over time, its ageing states."""

from __future__ import annotations

from typing import Any

import numpy as np

from natron.data.cycling import HALF_STEP
from natron.plot.eis import along
from natron.plot.style import GRID, INK, MUTED
from natron.simulate import LABELS, Run, breakdowns

PART_STYLE: dict[str, tuple[str, str]] = {
    "metal_interface": ("#8d99a6", ""),
    "constriction": ("#5c6b7a", "xx"),
    "interphase": ("#b5651d", "xx"),
    "interlayer": ("#7d3c6b", "//"),
    "separator_grain": ("#f2e3bc", ""),
    "separator_boundary": ("#d9b968", "///"),
    "ceramic_liquid": ("#a7d3e0", ""),
    "ceramic_composite": ("#a7d3e0", ""),
    "liquid": ("#4f9fb8", "..."),
    "composite_ions": ("#4f9fb8", "..."),
    "charge_transfer": ("#b4532a", ""),
    "solid_diffusion": ("#e09a4f", "\\\\\\"),
    "solid": ("#6b5b95", ".."),
    "collector": ("#2b4c5e", ""),
}
"""Fill and hatch by part; lightness and hatch alone tell neighbours apart."""

NEGLIGIBLE = 0.01
"""Share of the total below which a part is not named in the legend."""

MOST_HALF_STEPS = 12
"""Half steps drawn one by one; of more, so many evenly spread ones."""


def voltage_against_capacity(result: Run, *, ax: Any) -> Any:
    """Voltage of every half step against the charge it passed, first to last from dark to light.

    Parameters
    ----------
    result : Run
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    record = result.record
    half = record.table[HALF_STEP].to_numpy()
    capacity = record.table["Areal Half-Step Capacity / mAh.cm-2"].to_numpy()
    flowing = (np.abs(record.current_A) > 0) & ~record.in_spectrum
    numbers = [int(n) for n in np.unique(half[flowing]) if n > 0]
    if len(numbers) > MOST_HALF_STEPS:
        pairs = np.unique(np.linspace(0, (len(numbers) - 1) // 2, MOST_HALF_STEPS // 2).round().astype(int))
        numbers = [numbers[i] for pair in pairs for i in (2 * pair, 2 * pair + 1) if i < len(numbers)]
    colours = along(max((len(numbers) + 1) // 2, 1))
    for place, number in enumerate(numbers):
        rows = (half == number) & flowing
        charging = record.current_A[rows][0] > 0
        cycle = int(record.table["Cycle Count / 1"].to_numpy()[rows][0])
        ax.plot(
            capacity[rows],
            record.voltage_V[rows],
            color=colours[place // 2],
            linestyle="-" if charging else "--",
            linewidth=1.3,
            label=f"cycle {cycle}" if charging or place == 0 else None,
        )
    ax.set(xlabel="Capacity of the half step / (mAh/cm²)", ylabel="Voltage / V")
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    if numbers:
        ax.legend(frameon=False, fontsize=8, title="solid: charge, dashed: discharge", title_fontsize=8)
    return ax


def losses(result: Run, *, ax: Any) -> Any:
    """Resistance of every part half-way through each half step, stacked over the half steps.

    Parameters
    ----------
    result : Run
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    found = breakdowns(result)
    if not found:
        ax.text(0.5, 0.5, "no current flowed", ha="center", va="center", color=MUTED, transform=ax.transAxes)
        return ax
    parts = list(found[0].resistance_ohm_m2)
    days = np.array([one.time_s for one in found]) / 3600
    heights = np.array([[1e4 * one.resistance_ohm_m2[part] for one in found] for part in parts])
    heights = np.maximum(heights, 0.0)
    largest = heights.sum(axis=0).max()
    bottom = np.zeros(len(found))
    for part, height in zip(parts, heights, strict=True):
        colour, hatch = PART_STYLE[part]
        named = height.max() > NEGLIGIBLE * largest
        label = LABELS[part] if named else None
        if len(found) < 5:
            ax.bar(
                np.arange(len(found)), height, 0.6, bottom, color=colour, hatch=hatch, edgecolor="white", label=label
            )
        else:
            ax.fill_between(
                days, bottom, bottom + height, color=colour, hatch=hatch, edgecolor=MUTED, linewidth=0.0, label=label
            )
        bottom = bottom + height
    if len(found) < 5:
        words = [
            f"half step {one.half_step}\n{'charge' if one.current_density_A_m2 > 0 else 'discharge'}" for one in found
        ]
        ax.set_xticks(range(len(found)), words)
    else:
        ax.plot(days, bottom, color=INK, linewidth=1.0)
        ax.set(xlabel="Time / h", xlim=(days[0], days[-1]))
    ax.set(ylabel="Loss over current density / (Ω cm²)", ylim=(0, 1.08 * largest))
    ax.grid(axis="y", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], labels[::-1], frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax
