"""Pictures of a sodium–potassium anode: its phase diagram with the working point, its course while sodium is plated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from natron.core import Quantity
from natron.interface.alloys.anode import AlloyAnode
from natron.interface.alloys.phases import (
    LiquidWindow,
    TieLine,
    eutectic,
    melting_point_K,
    peritectic,
    phase_boundaries,
)
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED

_SHADES = {
    ("potassium", "liquid"): "#e6ecf1",
    ("liquid", "sodium"): "#e6ecf1",
    ("liquid", "Na2K"): "#f1eadf",
    ("potassium", "Na2K"): "#d3dbe2",
    ("Na2K", "sodium"): "#d3dbe2",
}
_LIQUID = "#cfe6ec"
_PLATED = "Sodium plated / mAh cm⁻²"
_SHOWN_MV = 80.0  # the first trace of sodium lies at any potential, and would flatten the rest


def phase_diagram(found: AlloyAnode, *, ax: Any) -> Any:
    """Temperature against composition: what is liquid, and the tie line of the working temperature.

    The working point, where a film and a charge were given, is a dot: where it lies beside the liquid's field, the
    ends of its tie line say what liquid and what solid it falls into.

    Parameters
    ----------
    found : AlloyAnode
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    low, high = -40.0, 105.0
    fields = phase_boundaries(low + 273.15, high + 273.15)
    ax.set_facecolor("white")
    ax.fill_between([0, 1], low, high, color=_LIQUID, linewidth=0, zorder=0)
    for names, lines in fields.items():
        celsius = np.array([line.temperature_K for line in lines]) - 273.15
        x = np.array([line.x_na for line in lines])
        ax.fill_betweenx(celsius, x[:, 0], x[:, 1], color=_SHADES.get(names, "#eeeeee"), linewidth=0, zorder=1)
        for side in (0, 1):
            ax.plot(x[:, side], celsius, color=INK, linewidth=1.1, zorder=3)
    _solids(ax, fields)
    for point in (eutectic(), peritectic()):
        y = point.temperature_K - 273.15
        close = [line for lines in fields.values() for line in lines if abs(line.temperature_K - y - 273.15) < 1e-3]
        met = [x for line in close for x in line.x_na]
        # the eutectic's liquid stands between its solids, the peritectic's beside them
        left = min(met) if point.name == "eutectic" else point.x_na
        ax.plot([left, max(met)], [y, y], color=INK, linewidth=1.1, zorder=3)
    ax.annotate(
        f"eutectic {found.eutectic.temperature_K - 273.15:.1f} °C, $x$ = {found.eutectic.x_na:.2f}",
        (found.eutectic.x_na, found.eutectic.temperature_K - 273.15),
        (0.2, -33),
        fontsize=8, ha="center", arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.7}, zorder=6,
    )  # fmt: skip
    for across, height, text in (
        (0.45, 70, "liquid"), (0.15, -5, "K + liquid"), (0.925, 50, "liquid\n+ Na"), (0.53, -5, "liquid + Na₂K"),
        (0.42, -22, "K + Na₂K"), (0.83, -22, "Na₂K + Na"),
    ):  # fmt: skip
        ax.text(across, height, text, ha="center", va="center", fontsize=8.5, color=INK, zorder=5)
    _working_line(ax, found)
    ax.set(
        xlim=(0, 1), ylim=(low, high), xlabel="Mole fraction of sodium $x_{\\mathrm{Na}}$", ylabel="Temperature / °C"
    )
    for spine in ("top", "right"):
        ax.spines[spine].set_visible(True)
    return ax


def _solids(ax: Any, fields: Mapping[tuple[str, str], Sequence[TieLine]]) -> None:
    """The pure solids' narrow fields at either side, in the colour of the paper."""
    for end, phase in ((0.0, "potassium"), (1.0, "sodium")):
        edge = [
            (line.temperature_K - 273.15, line.x_na[0 if phase == names[0] else 1])
            for names, lines in fields.items() if phase in names for line in lines
        ]  # fmt: skip
        edge.sort()
        heights, x = np.array(edge).T
        ax.fill_betweenx(heights, x, end, color="white", linewidth=0, zorder=2)
        melting = melting_point_K("K" if end == 0 else "Na") - 273.15
        ax.plot([end], [melting], marker="o", markersize=3.5, color=INK, clip_on=False, zorder=6)
        ax.annotate(
            f"{'K' if end == 0 else 'Na'} {melting:.0f} °C", (end, melting), (8 if end == 0 else -8, 3),
            textcoords="offset points", ha="left" if end == 0 else "right", fontsize=8, zorder=6,
        )  # fmt: skip


def _working_line(ax: Any, found: AlloyAnode) -> None:
    T = found.temperature.value - 273.15
    window: LiquidWindow | None = found.window
    ax.axhline(T, color=GRID, linewidth=0.8, zorder=2.5)
    if window is not None:
        ax.plot(
            [window.x_na_min, window.x_na_max], [T, T], color=ACCENT, linewidth=3.2, solid_capstyle="butt", zorder=5
        )
        ax.text(
            (window.x_na_min + window.x_na_max) / 2, T + 3,
            f"liquid at {T:.0f} °C: {window.x_na_min:.2f} to {window.x_na_max:.2f}",
            ha="center", va="bottom", color=ACCENT, fontsize=8.5, zorder=6,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7},
        )  # fmt: skip
    if found.end is None:
        return
    x = found.end.x_na
    for line in (window.potassium_side, window.sodium_side) if window is not None else ():
        if line is not None and line.x_na[0] < x < line.x_na[1]:
            ax.plot(line.x_na, [T, T], color=LOSS, linewidth=1.6, marker="|", markersize=9, zorder=5)
    ax.plot([x], [T], marker="o", markersize=7, color=LOSS, markeredgecolor="white", zorder=7)
    ax.annotate(
        f"after {found.end.capacity}", (x, T), (0, -13), textcoords="offset points", ha="center", fontsize=8.5,
        color=LOSS, zorder=7,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )  # fmt: skip


def anode_course(found: AlloyAnode, *, axes: Any) -> Any:
    """Above the potential against sodium, below the layers, both against the sodium plated into the film.

    Parameters
    ----------
    found : AlloyAnode
        With a film.
    axes : sequence of two matplotlib Axes

    Returns
    -------
    The same axes.
    """
    upper, lower = axes
    anode_potential(found, ax=upper)
    anode_layers(found, ax=lower)
    upper.set_xlabel("")
    return axes


def anode_potential(found: AlloyAnode, *, ax: Any) -> Any:
    """Potential against sodium while a film takes sodium up, with its uncertainty.

    Parameters
    ----------
    found : AlloyAnode
        With a film.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    q = np.array([point.capacity.shown_value for point in found.course])
    potential = 1e3 * np.array([point.potential.value if point.potential else np.nan for point in found.course])
    spread = 1e3 * np.array(
        [(point.potential.uncertainty or 0.0) if point.potential else 0.0 for point in found.course]
    )
    keep = potential < _SHOWN_MV
    low, high = potential[keep] - spread[keep], potential[keep] + spread[keep]
    ax.fill_between(q[keep], low, high, color=ACCENT, alpha=0.18, linewidth=0)
    ax.plot(q[keep], potential[keep], color=ACCENT, linewidth=1.6)
    ax.set(ylabel="Potential against\nsodium / mV", xlabel=_PLATED, xlim=(0, q[-1]))
    ax.set_ylim(bottom=min(-1.0, float(np.nanmin(potential)) - 2))
    _limits(found, ax)
    for name, figure in _limits_of(found):
        words = "all liquid\nfrom here" if name == "all_liquid_from" else "solid sodium\nfrom here"
        at = (figure.shown_value, ax.get_ylim()[1])
        ax.annotate(words, at, (4, -2), textcoords="offset points", fontsize=8, va="top", color=MUTED)
    return ax


def anode_layers(found: AlloyAnode, *, ax: Any) -> Any:
    """Thickness of all liquid and of all solid while a film takes sodium up.

    Parameters
    ----------
    found : AlloyAnode
        With a film.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    q = np.array([point.capacity.shown_value for point in found.course])
    liquid = np.array([point.liquid_thickness.shown_value for point in found.course])
    solid = np.array([point.solid_thickness.shown_value for point in found.course])
    kind = np.array([point.solid for point in found.course])
    potassium = np.where(kind == "potassium", solid, 0.0)
    ax.fill_between(q, 0, liquid, color="#9ecbd8", linewidth=0, label="liquid alloy")
    ax.fill_between(q, liquid, liquid + potassium, color="#6b5b95", linewidth=0, label="solid K")
    rest = {"color": "#c3ccd5", "hatch": "///", "linewidth": 0, "label": "solid Na, Na₂K"}
    ax.fill_between(q, liquid + potassium, liquid + solid, **rest)
    ax.plot(q, liquid + solid, color=INK, linewidth=1.0)
    ax.set(ylabel="Layer / µm", xlabel=_PLATED, xlim=(0, q[-1]), ylim=(0, None))
    ax.legend(loc="upper left", frameon=False, fontsize=8)
    _limits(found, ax)
    return ax


def _limits_of(found: AlloyAnode) -> list[tuple[str, Quantity]]:
    """Where all is liquid from, and up to where, as far as the course shows it."""
    last = found.course[-1].capacity.value
    figures = [(name, found.figures.get(name)) for name in ("all_liquid_from", "all_liquid_capacity")]
    return [(name, figure) for name, figure in figures if figure is not None and 0 < figure.value < last]


def _limits(found: AlloyAnode, ax: Any) -> None:
    for _, figure in _limits_of(found):
        u = figure.shown_uncertainty or 0.0
        ax.axvspan(figure.shown_value - u, figure.shown_value + u, color=MUTED, alpha=0.16, linewidth=0)
        ax.axvline(figure.shown_value, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
