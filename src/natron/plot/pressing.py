"""Pictures of pressing: the window over temperature and pressure, and a foil's thickness against time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from natron.core import Quantity, kind
from natron.interface import FoilPressing, PressingMap
from natron.plot.style import ACCENT, GAIN, GRID, INK, LOSS, MUTED

_LEVELS = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
_RAMP = ("#3f5a73", "#64809a", "#8ea8bd", "#b9cddb", "#dde8ee", "#fbfdfd")
_TEXT_BOX = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": "none", "alpha": 0.88}


def pressing_window(found: PressingMap, points: Sequence[tuple[Quantity, Quantity, str]] = (), *, ax: Any) -> Any:
    """Temperature against pressure: contact after the pressing, and the window between leak, cracks and voids.

    The lighter, the more contact (and the lower the interface's resistance); the limits carry bands of what
    creep, gas, evenness of pressure, strength and backing leave open.

    Parameters
    ----------
    found : PressingMap
    points : sequence of (temperature, pressure, label)
        Working points to mark.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap

    celsius = found.temperature_K - 273.15
    mpa = found.pressure_Pa / 1e6
    melting = found.melting_K - 273.15
    right = melting + 0.12 * (melting - celsius[0])
    bottom, top = mpa[0], mpa[-1]
    ramp = LinearSegmentedColormap.from_list("contact", _RAMP)
    filled = ax.contourf(
        celsius, mpa, found.contact_fraction, levels=_LEVELS, cmap=ramp, norm=BoundaryNorm(_LEVELS, ramp.N)
    )
    ax.set_yscale("log")
    ax.set(xlim=(celsius[0], right), ylim=(bottom, top))
    ax.set(xlabel="Temperature / °C", ylabel="Pressure / MPa")
    ax.yaxis.set_major_formatter("{x:g}")
    _limits(ax, found, celsius, melting, (bottom, top, right))
    _names(ax, found, celsius, melting, (bottom, top, right), [point[0].shown_value for point in points])
    _key(ax, found)
    for temperature, pressure, label in points:
        x, y = temperature.shown_value, pressure.shown_value
        if not (celsius[0] <= x <= right and bottom <= y <= top):
            continue
        ax.plot(x, y, marker="o", markersize=8, color="white", markeredgecolor=INK, markeredgewidth=1.6, zorder=6)
        left = x > (celsius[0] + right) / 2  # the label lies where there is room for it
        ax.annotate(
            label,
            (x, y),
            xytext=(-12 if left else 12, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=8.5,
            bbox=_TEXT_BOX,
            zorder=6,
        )
    _scale(ax, filled, found)
    return ax


def _limits(ax: Any, found: PressingMap, celsius: Any, melting: float, frame: tuple[float, float, float]) -> None:
    """Lines of contact, fracture and melting, their bands, and the window's outline."""
    bottom, top, right = frame
    low, high = found.lowest_band_Pa / 1e6
    ax.fill_between(celsius, low, high, facecolor="none", edgecolor=INK, hatch="....", linewidth=0, alpha=0.6, zorder=3)
    ax.plot(celsius, low, color=INK, linewidth=0.7, linestyle=":", zorder=3)
    ax.plot(celsius, high, color=INK, linewidth=0.7, linestyle=":", zorder=3)
    needed = found.lowest_pressure_Pa / 1e6
    ax.plot(celsius, needed, color=INK, linewidth=1.8, zorder=4)
    ceiling = top
    if found.fracture_pressure_Pa is not None and found.fracture_band_Pa is not None:
        ceiling = found.fracture_pressure_Pa / 1e6
        first, last = (limit / 1e6 for limit in found.fracture_band_Pa)
        solid = [celsius[0], melting]
        ax.fill_between(solid, ceiling, top, facecolor="white", alpha=0.55, linewidth=0, zorder=2)
        ax.fill_between(
            solid, ceiling, top, facecolor="none", edgecolor=LOSS, hatch="xx", linewidth=0, alpha=0.5, zorder=2
        )
        ax.fill_between(solid, first, last, facecolor=LOSS, alpha=0.16, linewidth=0, zorder=3)
        for limit in (first, last):
            ax.plot(solid, [limit, limit], color=LOSS, linewidth=0.8, linestyle=":", zorder=3)
        ax.plot(solid, [ceiling, ceiling], color=LOSS, linewidth=1.8, linestyle=(0, (6, 2)), zorder=4)
    ax.axvspan(melting, right, facecolor="#e9dccb", edgecolor=MUTED, hatch="///", linewidth=0, zorder=2)
    ax.plot([melting, melting], [bottom, top], color=INK, linewidth=1.8, linestyle=(0, (1, 1)), zorder=4)
    if np.any(needed < ceiling):
        inside = needed < ceiling
        edge_x = np.concatenate([celsius[inside], celsius[inside][::-1]])
        edge_y = np.concatenate([needed[inside], np.full(inside.sum(), ceiling)])
        ax.fill(edge_x, edge_y, facecolor="none", edgecolor=GAIN, linewidth=5.0, alpha=0.9, zorder=3.5)


def _names(
    ax: Any,
    found: PressingMap,
    celsius: Any,
    melting: float,
    frame: tuple[float, float, float],
    marked: Sequence[float],
) -> None:
    """What each region is, written into it; `marked` are temperatures with a working point, kept clear of "safe"."""
    bottom, top, right = frame
    width = melting - celsius[0]
    middle = celsius[0] + 0.42 * width
    text: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 7, "bbox": _TEXT_BOX}
    ax.text(
        (melting + right) / 2, np.sqrt(bottom * top), f"liquid: leaks (above {melting:.1f} °C)", rotation=90,
        fontsize=8.5, **text,
    )  # fmt: skip
    low = float(np.interp(middle, celsius, found.lowest_band_Pa[0])) / 1e6
    ceiling = top
    if found.fracture_pressure_Pa is not None:
        ceiling = found.fracture_pressure_Pa / 1e6
        if ceiling < 0.8 * top:
            ax.text(middle, np.sqrt(ceiling * top), "ceramic cracks", fontsize=9.5, color=LOSS, weight="bold", **text)
    below = min(low, ceiling)
    if below > 3 * bottom:
        ax.text(middle, np.sqrt(bottom * below), "too little contact: voids stay", fontsize=9.5, weight="bold", **text)
    clear = [celsius[0] + part * width for part in (0.42, 0.68, 0.16)]
    place = max(clear, key=lambda x: min([abs(x - point) / width for point in marked], default=1.0) > 0.3)
    high = float(np.interp(place, celsius, found.lowest_pressure_Pa)) / 1e6
    if ceiling > 2 * high:
        size = 13 if ceiling > 6 * high else 9.5
        ax.text(place, np.sqrt(high * ceiling), "safe", fontsize=size, color=GAIN, weight="bold", **text)


def _key(ax: Any, found: PressingMap) -> None:
    """The lines and their bands, named below the picture."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    required = 100 * found.pair.values["required_contact_fraction"].value
    handles: list[Any] = [
        Line2D([], [], color=INK, linewidth=1.8, label=f"{required:.0f} % contact after {found.time}"),
        Patch(facecolor="white", edgecolor=INK, hatch="....", linewidth=0, label="its band: creep, gas, evenness"),
    ]
    if found.fracture_pressure_Pa is not None:
        handles += [
            Line2D([], [], color=LOSS, linewidth=1.8, linestyle=(0, (6, 2)), label="ceramic breaks"),
            Patch(facecolor=LOSS, alpha=0.16, label="its band: strength, thickness, bow, backing"),
        ]
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2, frameon=False, fontsize=8, borderpad=0
    )


def _scale(ax: Any, filled: Any, found: PressingMap) -> None:
    """The colour scale: contact fraction, and the resistance that goes with it."""
    bar = ax.figure.colorbar(filled, ax=ax, pad=0.02, aspect=28, spacing="uniform", ticks=_LEVELS)
    labels = [f"{100 * level:.0f} %" for level in _LEVELS]
    if found.interface_resistance_ohm_m2 is not None:
        order = np.argsort(found.contact_fraction, axis=None)
        contact = found.contact_fraction.ravel()[order]
        resistance = found.interface_resistance_ohm_m2.ravel()[order] * 1e4
        for i, level in enumerate(_LEVELS):
            if level > 0:
                # R θ is nearly constant, so that it is interpolated without loss
                labels[i] += f"   {float(np.interp(level, contact, resistance * contact)) / level:.2g}"
            else:
                labels[i] += "   none"
        bar.set_label(f"Contact fraction   |   interface resistance at {found.resistance_K - 273.15:.0f} °C / Ω cm²")
    else:
        bar.set_label("Contact fraction")
    bar.ax.set_yticklabels(labels, fontsize=7.5)
    bar.outline.set(edgecolor=GRID, linewidth=0.8)


def foil_thickness(found: FoilPressing, *, ax: Any) -> Any:
    """Thickness of a foil against the time of pressing, both logarithmic, with its band and what it tends to.

    Parameters
    ----------
    found : FoilPressing
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    t, h = found.curve_time_s, found.curve_thickness_m * 1e6
    floor = 1e-3 * h.max()
    ax.fill_between(
        t, np.maximum(found.curve_low_m * 1e6, floor), np.maximum(found.curve_high_m * 1e6, floor), color=ACCENT,
        alpha=0.2, linewidth=0, label="± one standard uncertainty",
    )  # fmt: skip
    tends = "" if found.slope is None else f", tends to time to the power {found.slope:.3f}".replace("-", "−")
    ax.plot(t, np.maximum(h, floor), color=ACCENT, linewidth=1.8, label=f"thickness{tends}")
    ax.errorbar(
        [t[-1]], [max(found.thickness.shown_value, floor)], yerr=[found.thickness.shown_uncertainty or 0.0], fmt="o",
        color=INK, markersize=5, capsize=3, zorder=5,
    )  # fmt: skip
    ax.annotate(
        str(found.thickness), (t[-1], max(found.thickness.shown_value, floor)), xytext=(-10, -26),
        textcoords="offset points", ha="right", fontsize=9, bbox=_TEXT_BOX,
    )  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="Time / s", ylabel="Thickness / µm")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(_plain_within_two_decades(h))
    ax.grid(color=GRID, linewidth=0.6, which="both")
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8.5)
    return ax


def _plain_within_two_decades(values: Any) -> Any:
    """Minor labels of a logarithmic axis: plain numbers where the range is short, none where it is long."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    if values.max() / max(values.min(), 1e-12) > 100:
        return NullFormatter()
    return FuncFormatter(lambda x, _: f"{x:g}" if f"{x:e}"[0] in "2346" else "")


def pressure_over_stripping(curves: Sequence[tuple[str, Any, Any]], *, ax: Any) -> Any:
    """Stack pressure against the charge stripped, a line per frame; a cross where contact is lost.

    Parameters
    ----------
    curves : sequence of (label, charge in C/m² of shape (n,), pressure in Pa of shape (n,))
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    styles = ((LOSS, (0, (6, 2))), (ACCENT, "-"), (GAIN, (0, (1, 1))))
    for (label, charge, pressure), (colour, dashes) in zip(curves, styles, strict=False):
        ax.plot(charge / 36e3, pressure / 1e6, color=colour, linestyle=dashes, linewidth=1.8, label=label)
        lost = np.flatnonzero(pressure <= 0)
        if lost.size:
            ax.plot(charge[lost[0]] / 36e3, 0.0, "x", color=colour, markersize=9, markeredgewidth=2, clip_on=False)
            ax.annotate(
                "contact lost", (charge[lost[0]] / 36e3, 0.0), xytext=(10, 10), textcoords="offset points", fontsize=8.5
            )
    ax.set(xlabel="Stripped / (mAh/cm²)", ylabel="Stack pressure / MPa", ylim=(0, None), xlim=(0, None))
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8.5, loc="center right")
    return ax


def parameter_tornado(name: str, value: Quantity, swings: Sequence[tuple[str, float, float]], *, ax: Any) -> Any:
    """How far each parameter moves a number, the widest first.

    Parameters
    ----------
    name : str
        The number.
    value : Quantity
    swings : sequence of (parameter, number at its low end, number at its high end), SI
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    k = kind(value.kind)
    shown = [(label, (low - k.offset) / k.factor, (high - k.offset) / k.factor) for label, low, high in swings][::-1]
    centre = value.shown_value
    for y, (_, low, high) in enumerate(shown):
        ax.barh(y, low - centre, 0.6, centre, color="#b9cdd6", edgecolor="none")
        ax.barh(y, high - centre, 0.6, centre, color=ACCENT, edgecolor="none")
    ax.axvline(centre, color=MUTED, linewidth=0.8)
    ax.set_yticks(range(len(shown)), [label for label, _, _ in shown])
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(-0.6, len(shown) - 0.4), xlabel=f"{name[0].upper()}{name[1:]} / {k.pretty or '1'}")
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    from matplotlib.patches import Patch

    ax.legend(
        handles=[
            Patch(color="#b9cdd6", label="parameter at its low end"),
            Patch(color=ACCENT, label="at its high end"),
        ],
        frameon=False,
        fontsize=8,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
    )
    return ax
