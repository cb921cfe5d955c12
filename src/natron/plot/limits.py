"""Pictures of what limits cells: their resistances beside one another, their capacity and efficiency over cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from natron.plot.simulation import NEGLIGIBLE, PART_STYLE
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED
from natron.simulate import LABELS


def resistances_of_cells(cells: Mapping[str, Mapping[str, float]], *, ax: Any) -> Any:
    """Resistance of every part of several cells, a bar each.

    Parameters
    ----------
    cells : Mapping[str, Mapping[str, float]]
        By cell, then by part, Ω m².
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    highest = max(sum(parts.values()) for parts in cells.values())
    for part, (colour, hatch) in PART_STYLE.items():
        widths = [1e4 * parts.get(part, 0.0) for parts in cells.values()]
        if max(widths) <= NEGLIGIBLE * 1e4 * highest:
            continue
        lefts = []
        for parts in cells.values():
            before = list(PART_STYLE)[: list(PART_STYLE).index(part)]
            lefts.append(sum(1e4 * parts.get(name, 0.0) for name in before))
        ax.barh(list(cells), widths, 0.6, lefts, color=colour, hatch=hatch, edgecolor="white", label=LABELS[part])
    for i, parts in enumerate(cells.values()):
        ax.text(1e4 * sum(parts.values()), i, f"  {1e4 * sum(parts.values()):.0f}", va="center", color=INK)
    ax.invert_yaxis()
    ax.set(xlabel="Resistance / (Ω cm²)", xlim=(0, 1.1e4 * highest))
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.45, -0.22), ncols=3)
    return ax


def capacity_and_efficiency(
    cycles: Sequence[int],
    capacities_C_m2: Sequence[float],
    efficiencies: Sequence[float | None],
    *,
    published: Sequence[tuple[int, float]],
    ax: Any,
) -> Any:
    """Discharge capacity and Coulombic efficiency over cycles, with published capacities (cycle, C/m²) as crosses.

    Parameters
    ----------
    cycles : sequence of int
    capacities_C_m2 : sequence of float
    efficiencies : sequence of float or None
    published : sequence of (int, float)
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    ax.plot(cycles, [q / 36 for q in capacities_C_m2], "o", ms=3, color=ACCENT, label="capacity, natron")
    ax.plot(
        [cycle for cycle, _ in published], [q / 36 for _, q in published], "x", ms=8, mew=1.8, color=INK,
        label="capacity, published",
    )  # fmt: skip
    ax.set(xlabel="Cycle", ylabel="Discharge capacity / (µAh/cm²)", ylim=(900, 1160))
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    right = ax.twinx()
    known = [(cycle, 100 * e) for cycle, e in zip(cycles, efficiencies, strict=True) if e is not None]
    right.plot(
        [c for c, _ in known], [e for _, e in known], "s", ms=3, mfc="white", color=LOSS, label="efficiency, natron"
    )
    right.set_ylabel("Coulombic efficiency / %", color=MUTED)
    right.set_ylim(94, 100.5)
    right.spines["right"].set_visible(True)
    handles = [*ax.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    ax.legend(handles, [h.get_label() for h in handles], frameon=False, fontsize=8, loc="lower left")
    return ax
