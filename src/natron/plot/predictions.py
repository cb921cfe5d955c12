"""Pictures of predictions: the distribution of the critical current, survival with its bands, what dominates."""

from __future__ import annotations

from typing import Any

import numpy as np

from natron.core import Quantity
from natron.interface.shorts.prediction import Effect, Prediction
from natron.plot.style import ACCENT, GAIN, GRID, INK, LOSS, MUTED

_BARS = 10


def critical_current_distribution(found: Prediction, *, ax: Any) -> Any:
    """At which current cells end, and how: shares of the virtual cells per rung, by short and by loss of contact.

    Parameters
    ----------
    found : Prediction
        Of a ladder.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    levels = found.protocol.levels_A_m2 / 10
    short, lost = 100 * found.ended_at["short"], 100 * found.ended_at["contact_loss"]
    width = 0.86 * (levels[1] - levels[0] if len(levels) > 1 else levels[0])
    ax.bar(levels, short, width, color=LOSS, label="short through a flaw")
    ax.bar(
        levels,
        lost,
        width,
        short,
        color="#c3ccd5",
        hatch="///",
        edgecolor=MUTED,
        linewidth=0.3,
        label="contact lost to voids",
    )
    top = float((short + lost).max()) or 1.0
    _interval(ax, found, 1.10 * top)
    shown = levels[(short + lost) > 0]
    right = min(levels[-1], 1.25 * float(shown.max())) if shown.size else levels[-1]
    ax.set(
        xlim=(0, right + width),
        ylim=(0, 1.22 * top),
        xlabel="Current density / mA cm⁻²",
        ylabel="Cells that end there / %",
    )
    ax.legend(loc="upper right", frameon=False, fontsize=8, bbox_to_anchor=(1.0, 0.86))
    return ax


def _interval(ax: Any, found: Prediction, y: float) -> None:
    """Median and 90 % interval above the bars, with an arrow where it leaves the ladder."""
    end = found.end
    low = end.low.shown_value if end.low else None
    if low is None:
        return
    last = float(found.protocol.levels_A_m2[-1]) / 10
    high = end.high.shown_value if end.high else last
    ax.plot([low, high], [y, y], color=INK, linewidth=1.4)
    for x, marker in ((low, "|"), (high, "|" if end.high else ">")):
        ax.plot([x], [y], marker=marker, markersize=8, color=INK)
    words = "90 % of the cells"
    if end.median is not None:
        ax.plot([end.median.shown_value], [y], marker="o", markersize=6, color=INK)
        words = f"median {end.median}, 90 % of the cells"
    ax.annotate(words, (low, y), (0, 6), textcoords="offset points", fontsize=8.5)


def survival_course(found: Prediction, *, ax: Any) -> Any:
    """Share of cells alive against cycles (or a ladder's current), with the 90 % band of the parameters' doubt.

    Parameters
    ----------
    found : Prediction
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    levels = found.protocol.levels_A_m2
    on_ladder = bool(np.ptp(levels) > 0)
    x = np.concatenate([[0], levels / 10 if on_ladder else np.arange(1, len(levels) + 1)])
    for course, colour, name, style in (
        (found.short_free, MUTED, "flaws alone, no voids", (0, (4, 2))),
        (found.alive, ACCENT, "flaws and voids", "solid"),
    ):
        nominal, mean, low, high = (100 * np.concatenate([[1.0], row]) for row in course)
        if colour == ACCENT:
            ax.fill_between(
                x,
                low,
                high,
                step="post",
                color=ACCENT,
                alpha=0.16,
                linewidth=0,
                label="90 % of the draws of parameters",
            )
            ax.step(
                x,
                nominal,
                where="post",
                color=INK,
                linewidth=1.0,
                linestyle=(0, (1, 1.2)),
                label="at the nominal parameters",
            )
        ax.step(x, mean, where="post", color=colour, linewidth=1.8, linestyle=style, label=f"mean: {name}")
    label = "Current density / mA cm⁻²" if on_ladder else "Cycle"
    ends = x[-1]
    if on_ladder:
        living = np.flatnonzero(found.short_free[3] > 0)
        ends = x[min(len(x) - 1, (living[-1] if living.size else 0) + 3)]
    ax.set(xlim=(0, ends), ylim=(0, 102), xlabel=label, ylabel="Cells alive / %")
    ax.legend(loc="upper right", frameon=False, fontsize=8)
    return ax


def dominating_parameters(found: Prediction, *, ax: Any) -> Any:
    """What the outcome hangs on: each uncertain parameter from one end of its range to the other.

    Parameters
    ----------
    found : Prediction
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    survival = found.outcome == "survival"
    scale = 100.0 if survival else 0.1
    effects = [effect for effect in found.effects if effect.swing > 0][:_BARS][::-1]
    last = 100.0 if survival else float(found.protocol.levels_A_m2[-1]) / 10
    centre = 100 * found.alive[0, -1] if survival else _value(found.nominal_end.median, last)
    for row, effect in enumerate(effects):
        ends = _ends(effect, scale, last)
        for end, colour, hatch in zip(ends, (LOSS, GAIN), ("", "///"), strict=True):
            ax.barh(row, end - centre, 0.62, centre, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5)
        for end, q in zip(ends, (effect.low, effect.high), strict=True):
            outward = 1 if end > centre or (end == centre and q is effect.high) else -1
            ax.annotate(
                str(q), (end, row), (4 * outward, 0), textcoords="offset points", fontsize=7.5, va="center",
                ha="left" if outward > 0 else "right", color=INK,
            )  # fmt: skip
    if not effects:
        ax.text(0.5, 0.5, "no uncertain parameter moves it", transform=ax.transAxes, ha="center", color=MUTED)
    ax.axvline(centre, color=INK, linewidth=1.0)
    ax.set_yticks(range(len(effects)), [effect.name.replace("_", " ") for effect in effects], fontsize=8.5)
    ax.set_xlabel("Cells alive at the end / %" if survival else "Median critical current / mA cm⁻²")
    reach = [centre, *(x for effect in effects for x in _ends(effect, scale, last))]
    pad = 0.24 * max(max(reach) - min(reach), 1e-9)
    ax.set_xlim(min(reach) - pad, max(reach) + pad)
    ax.set_ylim(-0.7, max(len(effects), 4) - 0.3)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def _ends(effect: Effect, scale: float, last: float) -> list[float]:
    """Both outcomes in the picture's unit; beyond the ladder at its end."""
    return [last if at is None else at * scale for at in (effect.at_low, effect.at_high)]


def _value(q: Quantity | None, otherwise: float) -> float:
    return otherwise if q is None else q.shown_value
