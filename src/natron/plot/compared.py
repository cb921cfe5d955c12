"""Results side by side: each quantity of several results, relative to the first that has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from natron.plot.eis import MARKERS, SHADES
from natron.plot.style import GRID, MUTED

Values = Sequence[tuple[float, float | None] | None]

MOST_ROWS = 24
"""Quantities in one picture; a longer list is what tables are for."""


def relative_height_cm(rows: int) -> float:
    """A height at which that many quantities can be read."""
    return 3.5 + 0.75 * min(rows, MOST_ROWS)


def relative(labels: Sequence[str], values: Sequence[Values], results: Sequence[str], *, ax: Any) -> Any:
    """Ratios of each quantity to its value in the first result that has it, with their uncertainties.

    Parameters
    ----------
    labels : sequence of str, (Q,)
        Of the quantities.
    values : sequence of sequence, (Q, R)
        Value and uncertainty (or None) of each quantity in each result; None where a result has none.
    results : sequence of str, (R,)
        For the legend.
    ax : matplotlib Axes

    Returns
    -------
    The same axes; quantities that are zero in the first result are left out, since nothing can be over zero.
    """
    usable = [
        (label, row, first)
        for label, row in zip(labels, values, strict=True)
        if (first := next((one[0] for one in row if one is not None), 0.0))
    ][:MOST_ROWS]
    y = np.arange(len(usable), dtype=float)
    gap = 0.6 / max(len(results), 1)
    for i, result in enumerate(results):
        shown = [(at, row[i], first) for at, (_, row, first) in zip(y, usable, strict=True) if row[i] is not None]
        ratio = [one[0] / first for _, one, first in shown if one is not None]
        error = [(one[1] or 0.0) / abs(first) for _, one, first in shown if one is not None]
        ax.errorbar(
            ratio,
            [at + gap * (i - (len(results) - 1) / 2) for at, *_ in shown],
            xerr=error,
            fmt=MARKERS[i % len(MARKERS)],
            color=SHADES[i % len(SHADES)],
            markersize=4.5,
            elinewidth=1,
            capsize=2,
            label=result,
        )
    ax.axvline(1.0, color=MUTED, linewidth=0.8, zorder=0)
    ax.set_yticks(y, [label for label, *_ in usable])
    ax.set_ylim(len(usable) - 0.4, -0.6)
    ax.set_xlabel("Value over that of the first result")
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ratios = [one[0] / first for _, row, first in usable for one in row if one is not None]
    if ratios and min(ratios) > 0 and max(ratios) / min(ratios) > 30:
        ax.set_xscale("log")
    ax.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=1)
    return ax
