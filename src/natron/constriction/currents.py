"""Where the current goes: densities at the voxels' centres and at the contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.constriction.solver import Solution
from natron.core import InputError

HOT_SHARE = 0.01
"""Of the contact's area, by default: where the current density is among the highest hundredth."""


def current_density_A_m2(found: Solution) -> NDArray[Any]:
    """Current density along the three axes at the voxels' centres for 1 V, (3, n0, n1, n2).

    The mean of both faces of a voxel along each axis. Boundaries between grains are not known here: beside them the
    density is that of the potential's difference and the voxels' conductivities alone.
    """
    kappa, h = found.kappa_S_per_m, found.spacing_m
    result = np.zeros((3, *kappa.shape), dtype=kappa.dtype)
    for axis in range(3):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        a, b = tuple(low), tuple(high)
        through = _mean(kappa[a], kappa[b]) * (found.potential[a] - found.potential[b]) / h[axis]
        result[axis][a] += 0.5 * through
        result[axis][b] += 0.5 * through
        if axis and found.periodic[axis - 1]:
            first, last = np.take(kappa, 0, axis), np.take(kappa, -1, axis)
            fall = np.take(found.potential, -1, axis) - np.take(found.potential, 0, axis)
            around = _mean(first, last) * fall / h[axis]
            for place in (0, -1):
                at: list[Any] = [slice(None)] * 3
                at[axis] = place
                result[axis][tuple(at)] += 0.5 * around
    area = h[1] * h[2]
    result[0][0] += 0.5 * found.face_top_S * (1 - found.potential[0]) / area
    result[0][-1] += 0.5 * found.face_bottom_S * found.potential[-1] / area
    return result


def _mean(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    total = a + b
    return np.where(total != 0, 2 * a * b / np.where(total != 0, total, 1), 0)


@dataclass(frozen=True)
class LocalCurrent:
    """Current density at a contact over its mean across the whole face.

    Attributes
    ----------
    mean : float
        Over the contact: 1/share in contact.
    highest : float
        Of any voxel; at an edge it grows without end as the voxels shrink.
    hot_spot_factor : float
        Exceeded on `hot_share` of the contact's area, over the mean of the contact: what local plating sees beyond
        j/θ. Does not depend on the voxels where these are smaller than that share of the contact.
    hot_share : float
    """

    mean: float
    highest: float
    hot_spot_factor: float
    hot_share: float = HOT_SHARE


def at_top(found: Solution, coverage: NDArray[Any] | None = None, hot_share: float = HOT_SHARE) -> LocalCurrent:
    """Current density at the top contact.

    Parameters
    ----------
    found : Solution
    coverage : ndarray, (n1, n2), optional
        Share of each voxel's face in contact, as it was given to `solve`; by default full where current flows.
    hot_share : float
        Above 0, below 1.

    Raises
    ------
    InputError
        Where nothing flows, or an argument is out of range.
    """
    if not 0 < hot_share < 1:
        raise InputError("hot_share is out of range", given=hot_share, allowed="above 0, below 1")
    if found.current_top_A == 0:
        raise InputError("no current flows through this body", hint=found.advice)
    through = np.abs(found.face_top_S * (1 - found.potential[0]))
    share = np.where(through > 0, 1.0, 0.0) if coverage is None else np.asarray(coverage, dtype=np.float64)
    if share.shape != through.shape:
        raise InputError("the coverage has another shape", given=share.shape, allowed=through.shape)
    touched = (share > 0) & (through > 0)
    density = through[touched] / share[touched]
    weight = share[touched]
    overall = through.sum() / through.size
    order = np.argsort(-density)
    reached = np.cumsum(weight[order])
    hot = float(density[order][np.searchsorted(reached, hot_share * reached[-1])])
    mean = float((density * weight).sum() / weight.sum())
    return LocalCurrent(mean / overall, float(density.max()) / overall, hot / mean, hot_share)
