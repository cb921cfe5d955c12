"""Pictures of sweeps: lines and maps over a grid, distributions, indices with their intervals, Pareto fronts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.plot.eis import MARKERS
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED

Array = NDArray[np.float64]


def line(x: Array, y: Array, labels: tuple[str, str], *, ax: Any) -> Any:
    """An output over one parameter; points without a number are gaps.

    Parameters
    ----------
    x, y : ndarray, shape (N,)
        As shown.
    labels : (str, str)
        Of the axes, units included.
    ax : matplotlib Axes
    """
    order = np.argsort(x, kind="stable")
    ax.plot(x[order], y[order], MARKERS[0] + "-", color=ACCENT, markersize=3.5, linewidth=1.2)
    return _axes(ax, labels)


def surface(x: Array, y: Array, z: Array, labels: tuple[str, str, str], *, ax: Any) -> Any:
    """An output over two parameters of a grid, with lines of equal value; where it has no number the picture is bare.

    Parameters
    ----------
    x, y, z : ndarray, shape (N,)
        Every combination of some x and some y.
    labels : (str, str, str)
        Of both axes and the output.
    ax : matplotlib Axes
    """
    xs, ys = np.unique(x), np.unique(y)
    grid = np.full((len(ys), len(xs)), np.nan)
    grid[np.searchsorted(ys, y), np.searchsorted(xs, x)] = z
    shown = ax.pcolormesh(xs, ys, np.ma.masked_invalid(grid), cmap="cividis", shading="nearest", rasterized=True)
    if min(grid.shape) > 2 and np.isfinite(grid).all() and np.ptp(grid) > 0:
        lines = ax.contour(xs, ys, grid, levels=6, colors="white", linewidths=0.8)
        ax.clabel(lines, fontsize=7, fmt="%.4g")
    ax.figure.colorbar(shown, ax=ax, label=labels[2])
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    return ax


def distribution(values: Array, label: str, *, ax: Any) -> Any:
    """A histogram with the mean and the central 95 %.

    Parameters
    ----------
    values : ndarray
        As shown; those that are no number are left out.
    label : str
        With its unit.
    ax : matplotlib Axes
    """
    whole = values[np.isfinite(values)]
    low, mean, high = float(np.quantile(whole, 0.025)), float(np.mean(whole)), float(np.quantile(whole, 0.975))
    # single draws far out would leave the rest in one bar
    wide = (whole >= low - 1.5 * (high - low)) & (whole <= high + 1.5 * (high - low))
    ax.hist(whole[wide], bins="auto" if len(whole) < 20_000 else 100, color="#c3ccd5", edgecolor="white", linewidth=0.4)
    ax.axvline(mean, color=INK, linewidth=1.4, label=f"mean {mean:.4g}")
    for edge, name in ((low, f"central 95 %: {low:.4g} to {high:.4g}"), (high, None)):
        ax.axvline(edge, color=ACCENT, linewidth=1.2, linestyle="--", label=name)
    ax.legend(frameon=False, fontsize=8)
    return _axes(ax, (label, f"Points, of {len(whole)}"))


def indices(
    names: Sequence[str], first: Array, total: Array, first_interval: Array, total_interval: Array, *, ax: Any
) -> Any:
    """First-order and total indices of each parameter with their 95 % intervals, the largest first.

    Parameters
    ----------
    names : sequence of str, (P,)
    first, total : ndarray, shape (P,)
    first_interval, total_interval : ndarray, shape (2, P)
    ax : matplotlib Axes
    """
    order = np.argsort(-total)[:MOST_BARS]
    y = np.arange(len(order), dtype=float)
    for values, interval, shift, color, hatch, label in (
        (first, first_interval, -0.2, ACCENT, "", "alone (first order)"),
        (total, total_interval, 0.2, "#c3ccd5", "///", "with the others (total)"),
    ):
        error = np.abs(np.vstack([values - interval[0], interval[1] - values]))[:, order]
        style = {"color": color, "hatch": hatch, "edgecolor": INK, "linewidth": 0.5, "label": label}
        ax.barh(y + shift, values[order], 0.36, xerr=error, error_kw={"elinewidth": 0.9, "capsize": 2}, **style)
    ax.set_yticks(y, [names[i].replace("_", " ") for i in order])
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.axvline(0.0, color=MUTED, linewidth=0.8)
    ax.legend(frameon=False, fontsize=8)
    return _axes(ax, ("Share of the variance (Sobol index)", ""))


MOST_BARS = 12
"""Parameters in one picture, the most important first."""


def front(x: Array, y: Array, best: NDArray[np.int64], labels: tuple[str, str], *, ax: Any) -> Any:
    """Two goals of every point, and those points that no other beats.

    Parameters
    ----------
    x, y : ndarray, shape (N,)
    best : ndarray of int
        Places of the front's points.
    labels : (str, str)
        With units, and which way is better.
    ax : matplotlib Axes
    """
    ax.plot(x, y, ".", color="#b5bfc9", markersize=3, label=f"all {len(x)} points", rasterized=len(x) > 3000)
    order = best[np.argsort(x[best], kind="stable")]
    ax.plot(x[order], y[order], "s-", color=LOSS, markersize=4, linewidth=1.2, label=f"{len(best)} that no other beats")
    ax.legend(frameon=False, fontsize=8)
    return _axes(ax, labels)


def _axes(ax: Any, labels: tuple[str, str]) -> Any:
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax
