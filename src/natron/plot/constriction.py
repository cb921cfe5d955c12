"""Pictures of a body of voxels: potential and current density on a plane through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.constriction import Assessment, current_density_A_m2
from natron.core import Quantity
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED


def middle_of_contact(found: Assessment) -> int:
    """The plane along axis 2 that the most current enters through the top."""
    through = np.abs(found.solution.face_top_S * (1 - found.solution.potential[0]))
    return int(np.argmax(through.sum(axis=0) if through.shape[0] > 1 else through[0]))


def potential_and_current(found: Assessment, *, axes: Any) -> Any:
    """Potential with equipotentials (above), current density over its mean (below), on the plane with the most current.

    Parameters
    ----------
    found : Assessment
        Converged.
    axes : two matplotlib Axes

    Returns
    -------
    The same axes.
    """
    solution, plane = found.solution, middle_of_contact(found)
    potential = np.where(solution.connected, solution.potential, np.nan)[:, :, plane]
    density = np.sqrt((np.abs(current_density_A_m2(solution)[..., plane]) ** 2).sum(axis=0))
    mean = abs(solution.current_top_A) / found.body.area_m2
    share = np.where(solution.connected[:, :, plane], density / mean, np.nan)
    depth, width = (n * h * 1e6 for n, h in zip(potential.shape, solution.spacing_m[:2], strict=True))
    frame: dict[str, Any] = {"extent": (0, width, depth, 0), "interpolation": "nearest"}
    above, below = axes
    shown = above.imshow(potential, cmap="cividis", vmin=0, vmax=1, **frame)
    if min(potential.shape) > 1:
        levels = np.linspace(0.05, 0.95, 19)
        y, x = ((np.arange(n) + 0.5) * h * 1e6 for n, h in zip(potential.shape, solution.spacing_m[:2], strict=True))
        above.contour(x, y, potential, levels=levels, colors="white", linewidths=0.5)
    above.figure.colorbar(shown, ax=above, label="Potential / V, for 1 V", aspect=14)
    filled = share[np.isfinite(share) & (share > 0)]
    from matplotlib.colors import LogNorm

    low = max(float(filled.min()), 1e-2) if filled.size else 1e-2
    high = max(float(filled.max()) if filled.size else 1.0, 1.01 * low)
    flows = below.imshow(share, cmap="magma", norm=LogNorm(low, high), **frame)
    below.figure.colorbar(flows, ax=below, label="|j| / mean of the face", aspect=14)
    for ax in axes:
        _contact_line(ax, found.body.contact_top[:, plane], width, 0.0)
        _contact_line(ax, found.body.contact_bottom[:, plane], width, depth)
        ax.set(ylabel="Depth / µm", xlim=(0, width), ylim=(1.03 * depth, -0.03 * depth))
        ax.set_facecolor("#e8e8e8")
    below.set_xlabel("Along the face / µm")
    return axes


def _contact_line(ax: Any, shares: Any, width: float, at: float) -> None:
    """A thick line where the electrode touches."""
    step = width / len(shares)
    touched = np.flatnonzero(shares > 0.5)
    for start in touched:
        ax.plot(
            [start * step, (start + 1) * step], [at, at], color=INK, linewidth=3, solid_capstyle="butt", clip_on=False
        )


def conductivity_over_contact(
    dense: Quantity, tape: Quantity, curves: Mapping[str, tuple[Any, Any]], shares: Mapping[str, Quantity], *, ax: Any
) -> Any:
    """Conductivity of touching grains over their share in contact, with where it meets the tape's.

    Parameters
    ----------
    dense, tape : Quantity
    curves : mapping
        By pattern, contact shares and the conductivity over the dense body's.
    shares : mapping of Quantity
        By pattern, where the tape's conductivity is met.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    per = dense.value / dense.shown_value
    for (name, (share, factor)), style in zip(curves.items(), ("-", "--"), strict=False):
        ax.plot(100 * share, dense.shown_value * factor, style, color=INK, label=f"grains, one {name} each face")
        at = shares[name]
        ax.errorbar(
            100 * at.value, tape.shown_value, xerr=100 * (at.uncertainty or 0), fmt="o" if style == "-" else "s",
            color=ACCENT, capsize=3, markerfacecolor="white", zorder=3,
        )  # fmt: skip
    spread = (tape.uncertainty or 0.0) / per
    ax.axhspan(tape.shown_value - spread, tape.shown_value + spread, color=GRID, zorder=0)
    ax.axhline(dense.shown_value, color=MUTED, linewidth=0.8)
    ax.annotate("dense pellet", (1.1, dense.shown_value), va="bottom", color=MUTED)
    ax.annotate("tape", (1.1, tape.shown_value), va="center", color=MUTED)
    ax.set(xscale="log", xlim=(1, 100), ylim=(0, 1.12 * dense.shown_value))
    ax.set(xlabel="Share of the grains' faces in contact / %", ylabel="Conductivity at 25 °C / mS/cm")
    ax.legend(loc=(0.02, 0.58), frameon=False)
    return ax


def parts_over_contact(shares: Sequence[float], parts: Mapping[str, Sequence[float]], *, ax: Any) -> Any:
    """Areal resistances (Ω m²) over the share of metal in contact, both axes logarithmic: read beside put in."""
    styles = (("o-", ACCENT), ("--", ACCENT), ("s-", LOSS), (":", LOSS))
    for (name, values), (style, colour) in zip(parts.items(), styles, strict=True):
        ax.plot(100 * np.asarray(shares), 1e4 * np.asarray(values), style, color=colour, label=name, markersize=4)
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel="Share of the metal in contact / %", ylabel="Areal resistance / Ω cm²")
    ax.legend(frameon=False)
    return ax


def resistance_over_pressure(
    pressure_Pa: NDArray[np.float64],
    by_law: Mapping[str, Sequence[float]],
    solved: Sequence[tuple[float, float, float]],
    *,
    ax: Any,
) -> Any:
    """Interface resistance (Ω m²) over the pressure of assembly, by law and solved with the error of the grid."""
    for (name, values), (style, colour) in zip(by_law.items(), (("--", MUTED), ("-", INK)), strict=True):
        ax.plot(pressure_Pa / 1e6, 1e4 * np.asarray(values), style, color=colour, label=name)
    at, resistance, errors = np.array(solved).T
    ax.errorbar(
        at / 1e6, 1e4 * resistance, yerr=1e4 * errors, fmt="o", color=ACCENT, capsize=3, markerfacecolor="white",
        label="solved in three dimensions",
    )  # fmt: skip
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel="Pressure of assembly, 60 s at 25 °C / MPa", ylabel="Interface resistance / Ω cm²")
    ax.legend(frameon=False)
    return ax
