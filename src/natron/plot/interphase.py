"""Ageing faces: polarisation over hundreds of hours, activation energy with age, conductivity against temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from natron.core import Quantity
from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C
from natron.interface.reactions.interphase import Face
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED

_LINES = (
    {"color": LOSS, "linestyle": "-", "linewidth": 1.6},
    {"color": ACCENT, "linestyle": (0, (5, 2)), "linewidth": 1.6},
    {"color": INK, "linestyle": (0, (1, 1.2)), "linewidth": 1.8},
    {"color": INK, "linestyle": "-", "linewidth": 1.0},
)
_MARKS = ("o", "s", "^", "v")


def polarisation_of_runs(
    courses: Mapping[str, tuple[Any, Any]],
    limit_V: float,
    lifetimes: Mapping[str, tuple[float, bool]],
    *,
    ax: Any,
) -> Any:
    """Voltage of one side of symmetric cells over time, to the limit at which they count as failed.

    Parameters
    ----------
    courses : Mapping[str, (time s, voltage of one side V)]
        By name, under current.
    limit_V : float
    lifetimes : Mapping[str, (s, whether it is a lower bound)]
        As published, one for each; a bound is drawn as an arrow to longer times.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    longest = 1.12 * max(seconds for seconds, _ in lifetimes.values())
    for (name, (t, volts)), style, mark in zip(courses.items(), _LINES, _MARKS, strict=True):
        ax.plot(t / 3600, 1e3 * volts, label=name, **style)
        seconds, bound = lifetimes[name]
        end = (seconds / 3600, float(1e3 * np.interp(seconds, t, volts)))
        ax.plot(*end, marker=mark, color=style["color"], markersize=7, zorder=5)
        words = f"{'> ' if bound else ''}{seconds / 3600:.0f} h"
        ax.annotate(words, end, (0, 7), textcoords="offset points", ha="center", fontsize=8.5)
        if bound:
            ax.annotate(
                "", (longest / 3600, end[1]), end, arrowprops={"arrowstyle": "-|>", "color": style["color"]}, zorder=4
            )
    ax.axhline(1e3 * limit_V, color=MUTED, linewidth=0.9, linestyle="--")
    ax.text(0.65, 1e3 * limit_V, "counts as failed (assumed)", va="bottom", ha="center", fontsize=8, color=MUTED,
            transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set(
        xlim=(0, longest / 3600), ylim=(10, 2.5e3 * limit_V), yscale="log", xlabel="Time / h",
        ylabel="Voltage of one side / mV",
    )  # fmt: skip
    ax.grid(color=GRID, linewidth=0.6)
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none", fontsize=8, loc="lower right")
    return ax


def rate_steps(time_s: Any, volts: Any, current_A_m2: Any, *, ax: Any) -> Any:
    """Voltage of one side while the current is raised and lowered in steps.

    Parameters
    ----------
    time_s, volts, current_A_m2 : ndarray, shape (N,)
        Under current.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    ax.plot(time_s / 3600, 1e3 * volts, color=INK, linewidth=1.4)
    edges = np.flatnonzero(np.diff(current_A_m2, prepend=np.nan))
    for first, last in zip(edges, [*edges[1:], len(time_s)], strict=True):
        middle = 0.5 * (time_s[first] + time_s[last - 1]) / 3600
        words = f"{0.1 * current_A_m2[first]:g}"
        ax.annotate(words, (middle, 1e3 * volts[first:last].max()), (0, 5), textcoords="offset points", ha="center",
                    fontsize=8.5)  # fmt: skip
    ax.set(
        xlabel="Time / h",
        ylabel="Voltage of one side / mV",
        xlim=(0, time_s[-1] / 3600),
        ylim=(0, 1.25e3 * volts.max()),
    )
    ax.text(0.01, 0.97, "numbers: mA/cm²", transform=ax.transAxes, va="top", fontsize=8, color=MUTED)
    ax.grid(color=GRID, linewidth=0.6)
    return ax


def activation_energy_courses(faces: Mapping[str, Face], lifetimes: Sequence[float], *, ax: Any) -> Any:
    """Activation energy of the face's resistance against age, as an Arrhenius plot at that age gives it.

    Parameters
    ----------
    faces : Mapping[str, Face]
    lifetimes : sequence of float
        How far each is drawn, s.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    for (name, face), style, seconds in zip(faces.items(), _LINES, lifetimes, strict=True):
        t = np.linspace(0, seconds, 300)
        ax.plot(t / 3600, face.activation_energy_J(t) / ELEMENTARY_CHARGE_C, label=name, **style)
    ax.set(xlabel="Age / h", ylabel="Interface's activation energy / eV", xlim=(0, max(lifetimes) / 3600))
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.05 * (high - low), high + 0.35 * (high - low))
    ax.grid(color=GRID, linewidth=0.6)
    ax.legend(frameon=False, fontsize=8, loc="upper right")
    return ax


def arrhenius_audit(points: Sequence[tuple[Quantity, Quantity]], claimed: Quantity, found: Quantity, *, ax: Any) -> Any:
    """ln(σT) against 1000/T: the published points, the line through them, and the slope that is claimed.

    Parameters
    ----------
    points : sequence of (temperature, conductivity)
    claimed, found : Quantity
        Activation energies.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    kelvin = np.array([t.value for t, _ in points])
    y = np.log([s.to("S/cm") * t.value for t, s in points])
    line = np.linspace(290, 345, 50)
    for energy, style, name in (
        (found, {"color": INK, "linestyle": "-"}, "through both points"),
        (claimed, {"color": LOSS, "linestyle": "--"}, "as printed"),
    ):
        slope = energy.value / BOLTZMANN_J_PER_K
        ax.plot(
            1000 / line, y[0] - slope * (1 / line - 1 / kelvin[0]), label=f"{energy} {name}", linewidth=1.3, **style
        )
    ax.plot(1000 / kelvin, y, "o", color=INK, markersize=7, label="published conductivities")
    for x, height, (t, s) in zip(1000 / kelvin, y, points, strict=True):
        ax.annotate(f"{t}: {s.to('S/cm'):.3g} S/cm", (x, height), (8, 5), textcoords="offset points", fontsize=8)
    ax.set(xlabel="1000 K / T", ylabel="ln(σT / (S K cm⁻¹))")
    ax.grid(color=GRID, linewidth=0.6)
    ax.legend(frameon=False, fontsize=8, loc="lower left")
    return ax


def discharges_per_mass(curves: Mapping[str, tuple[Any, Any, Any]], limits: Mapping[str, float], *, ax: Any) -> Any:
    """Voltage against capacity per mass of active material, with the most that the formula holds.

    Parameters
    ----------
    curves : Mapping[str, (capacity mAh/g, voltage V, whether it charges)]
        One for each half step.
    limits : Mapping[str, float]
        Theoretical capacities by name, mAh/g.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    for (name, (capacity, voltage, charging)), place in zip(curves.items(), range(len(curves)), strict=True):
        ax.plot(capacity, voltage, color=INK if place < 2 else ACCENT, linestyle="-" if charging else "--",
                linewidth=1.3, label=name)  # fmt: skip
    for name, limit in limits.items():
        ax.axvline(limit, color=LOSS, linewidth=1.0)
        ax.text(limit, 0.45, f" {name}: {limit:.1f}", rotation=90, fontsize=8, color=LOSS, va="bottom", ha="right",
                transform=ax.get_xaxis_transform())  # fmt: skip
    ax.set(xlabel="Capacity / (mAh/g)", ylabel="Voltage / V")
    ax.set_xlim(left=0)
    ax.grid(color=GRID, linewidth=0.6)
    ax.legend(frameon=False, fontsize=8, loc="lower left")
    return ax
