"""Pictures of a body of voxels: potential and current density on a plane through it."""

from __future__ import annotations

from typing import Any

import numpy as np

from natron.constriction import Assessment, current_density_A_m2
from natron.plot.style import INK


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
