"""The loop over cells of `natron.interface.shorts.virtual_cells`, one after another, compiled for all cores."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np

from natron.core.compiled import compiled

prange: Any = import_module("numba").prange


@compiled(parallel=True, error_model="numpy")
def cell_by_cell(
    j: Any,
    t: Any,
    theta: Any,
    a: Any,
    j_rep: Any,
    eta: Any,
    k: Any,
    J: Any,
    p: Any,
    limit: Any,
    voids: Any,
    plates: Any,
) -> Any:
    """Arguments as the fields of `Population`, after currents and durations; returns what `Fates` holds."""
    count = len(theta)
    shorted = np.full(count, -1, np.int32)
    lost = np.full(count, -1, np.int32)
    void_fraction = np.zeros((count, 2))
    for i in prange(count):
        phi = np.zeros(2)
        damage = np.zeros(2)
        last = np.zeros(2)
        growth = np.zeros(2)
        closing = np.zeros(2)
        kept = np.ones(2)
        for e in range(2):
            if voids[e]:
                phi[e] = 1 - theta[i]
        for h in range(len(j)):
            for e in range(2):
                stripping = j[h] if e == 1 else -j[h]
                if not (plates[e] and stripping < 0 and shorted[i] < 0):
                    continue
                ratio = -stripping / ((1 - phi[e]) * J[i, e])
                # a steady cell repeats itself, and powers and exponentials cost more than all else
                if ratio != last[e]:
                    last[e] = ratio
                    growth[e] = ratio ** p[i]
                damage[e] += growth[e]
                if ratio >= 1 or damage[e] >= limit[i]:
                    shorted[i] = h
            for e in range(2):
                if not voids[e]:
                    continue
                stripping = j[h] if e == 1 else -j[h]
                if stripping > 0 and stripping > (1 - phi[e]) * j_rep[i]:
                    source, slope = a[i] * (stripping - j_rep[i]), a[i] * j_rep[i] - k[i]
                    start = source + slope * phi[e]
                    if slope == 0:
                        grown = phi[e] + start * t[h]
                    else:
                        grown = phi[e] + start * math.expm1(min(slope * t[h], 600.0)) / slope
                    edge = 1 - stripping / j_rep[i] if j_rep[i] > 0 else -1.0
                    if edge > 0 and grown < edge:
                        if slope == 0:
                            crossing = (edge - phi[e]) / source
                        else:
                            crossing = math.log((source + slope * edge) / start) / slope
                        grown = edge * math.exp(-k[i] * (t[h] - crossing))
                    phi[e] = min(max(grown, 0.0), 1.0)
                elif phi[e] > 0:
                    rate = k[i]
                    if stripping < 0:
                        rate += a[i] * eta[i] * -stripping
                    if rate * t[h] != closing[e]:
                        closing[e] = rate * t[h]
                        kept[e] = math.exp(-closing[e])
                    phi[e] *= kept[e]
                if phi[e] >= 1:
                    lost[i] = h
            if lost[i] >= 0:
                break
        void_fraction[i, 0] = phi[0]
        void_fraction[i, 1] = phi[1]
    return shorted, lost, void_fraction
