"""The loops of the voxel solver, compiled.

A field of n0 × n1 × n2 voxels stands in arrays with one ghost voxel on every side. ``t0[i, j, k]`` is the
conductance of the face between voxels (i − 1, j, k) and (i, j, k), likewise ``t1`` and ``t2``; the first and last
faces along axis 0 lead to the electrodes, whose ghosts hold the potential zero of a correction. Insulated sides
have faces of zero; on periodic sides ghosts are copies of the opposite voxels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from natron.core.compiled import compiled

_TOGETHER = {"parallel": True, "fastmath": True, "boundscheck": False}
# below this share of the face beside it, an inner face cuts a coarse voxel in two: its current stays in the part
# next to the face, and the cut adds no resistance. Without it insulating pores take hundreds of iterations.
_WEAK = 0.1
# beside voxels above 1e-25, it keeps 0/0 from faces between two that insulate
_NOTHING = 1e-200
_INSIDE = {"fastmath": True, "boundscheck": False, "inline": "always"}


# Rows are summed up in a buffer, a few arrays at a time: in one long sum the compiler would have to prove too many
# pairs of arrays apart, and would not use the processor's vectors.


@compiled(**_INSIDE)
def _inflow(row: Any, x: Any, b: Any, t0: Any, t1: Any, t2: Any, i: Any, j: Any) -> None:
    """What flows into the voxels of a row from their neighbours and sources, were they at zero."""
    last = x.shape[2] - 1
    own, face, source = x[i, j], t2[i, j], b[i, j]
    for k in range(1, last):
        row[k] = source[k] + face[k] * own[k - 1] + face[k + 1] * own[k + 1]
    above, below, face_above, face_below = x[i - 1, j], x[i + 1, j], t0[i, j], t0[i + 1, j]
    for k in range(1, last):
        row[k] += face_above[k] * above[k] + face_below[k] * below[k]
    left, right, face_left, face_right = x[i, j - 1], x[i, j + 1], t1[i, j], t1[i, j + 1]
    for k in range(1, last):
        row[k] += face_left[k] * left[k] + face_right[k] * right[k]


@compiled(**_INSIDE)
def _outflow(row: Any, x: Any, t0: Any, t1: Any, t2: Any, i: Any, j: Any) -> None:
    """A x of a row in difference form, which conserves current to rounding, in the precision of `row`."""
    last, zero = x.shape[2] - 1, row[0] * 0
    own, face = x[i, j], t2[i, j]
    for k in range(1, last):
        here = zero + own[k]
        row[k] = face[k] * (here - own[k - 1]) + face[k + 1] * (here - own[k + 1])
    above, below, face_above, face_below = x[i - 1, j], x[i + 1, j], t0[i, j], t0[i + 1, j]
    for k in range(1, last):
        here = zero + own[k]
        row[k] += face_above[k] * (here - above[k]) + face_below[k] * (here - below[k])
    left, right, face_left, face_right = x[i, j - 1], x[i, j + 1], t1[i, j], t1[i, j + 1]
    for k in range(1, last):
        here = zero + own[k]
        row[k] += face_left[k] * (here - left[k]) + face_right[k] * (here - right[k])


@compiled(**_INSIDE)
def _wrap_plane(x: Any, i: Any, wrap1: Any, wrap2: Any) -> None:
    """Copy the ghosts of one plane from the opposite sides."""
    _, n1, n2 = x.shape
    if wrap1:
        for k in range(1, n2 - 1):
            x[i, 0, k] = x[i, n1 - 2, k]
            x[i, n1 - 1, k] = x[i, 1, k]
    if wrap2:
        for j in range(1, n1 - 1):
            x[i, j, 0] = x[i, j, n2 - 2]
            x[i, j, n2 - 1] = x[i, j, 1]


@compiled(**_INSIDE)
def _relax_plane(
    row: Any, chosen: Any, x: Any, b: Any, t0: Any, t1: Any, t2: Any, dinv: Any,
    i: Any, colour: Any, wrap1: Any, wrap2: Any,
) -> None:  # fmt: skip
    """One colour of one plane, Gauss–Seidel; `chosen` holds ones where voxels of either colour lie in a row."""
    _, n1, n2 = x.shape
    for j in range(1, n1 - 1):
        _inflow(row, x, b, t0, t1, t2, i, j)
        own, inverse, taken = x[i, j], dinv[i, j], chosen[(i + j + colour) & 1]
        for k in range(1, n2 - 1):
            own[k] += taken[k] * (row[k] * inverse[k] - own[k])
    _wrap_plane(x, i, wrap1, wrap2)


@compiled(**_TOGETHER)
def smooth(
    x: Any, b: Any, t0: Any, t1: Any, t2: Any, dinv: Any, colour: int, blank: bool, wrap1: bool, wrap2: bool, parts: int
) -> None:
    """One red–black sweep beginning with `colour`; `blank` takes x as zero, whatever it holds.

    Both colours are done in one pass through memory: the second follows the first by a plane, except at the ends
    of the `parts` in which planes are shared out.
    """
    n0 = x.shape[0] - 2
    chosen = np.zeros((2, x.shape[2]), dtype=np.float32)
    chosen[0, 1::2], chosen[1, ::2] = 1, 1
    for part in prange(parts):
        first, last = 1 + part * n0 // parts, 1 + (part + 1) * n0 // parts
        row = np.empty(x.shape[2], dtype=x.dtype)
        for i in range(first, last):
            if blank:
                for j in range(1, x.shape[1] - 1):
                    own, source, inverse, taken = x[i, j], b[i, j], dinv[i, j], chosen[(i + j + colour) & 1]
                    for k in range(1, x.shape[2] - 1):
                        own[k] = taken[k] * (source[k] * inverse[k])
                _wrap_plane(x, i, wrap1, wrap2)
            else:
                _relax_plane(row, chosen, x, b, t0, t1, t2, dinv, i, colour, wrap1, wrap2)
            if i - 1 > first:
                _relax_plane(row, chosen, x, b, t0, t1, t2, dinv, i - 1, colour + 1, wrap1, wrap2)
    for part in prange(parts):
        first, last = 1 + part * n0 // parts, 1 + (part + 1) * n0 // parts
        row = np.empty(x.shape[2], dtype=x.dtype)
        if last > first:
            _relax_plane(row, chosen, x, b, t0, t1, t2, dinv, first, colour + 1, wrap1, wrap2)
        if last - 1 > first:
            _relax_plane(row, chosen, x, b, t0, t1, t2, dinv, last - 1, colour + 1, wrap1, wrap2)


@compiled(**_TOGETHER)
def restrict_residual(coarse: Any, x: Any, b: Any, t0: Any, t1: Any, t2: Any, f0: int, f1: int, f2: int) -> None:
    """Sum of the residual over the voxels of each coarse one; the factors f are 1 or 2."""
    n0, n1, n2 = x.shape
    m2 = coarse.shape[2]
    for i_coarse in prange(1, coarse.shape[0] - 1):
        # the last of an odd number of voxels has none beside it
        row = np.zeros(f2 * m2, dtype=x.dtype)
        coarse[i_coarse] = 0
        for i in range(f0 * (i_coarse - 1) + 1, min(f0 * i_coarse, n0 - 2) + 1):
            for j in range(1, n1 - 1):
                _outflow(row, x, t0, t1, t2, i, j)
                source, into = b[i, j], coarse[i_coarse, (j + f1 - 1) // f1]
                for k in range(1, n2 - 1):
                    row[k] = source[k] - row[k]
                if f2 == 2:
                    for k in range(1, m2 - 1):
                        into[k] += row[2 * k - 1] + row[2 * k]
                else:
                    for k in range(1, m2 - 1):
                        into[k] += row[k]


@compiled(**_TOGETHER)
def prolong(x: Any, coarse: Any, f0: int, f1: int, f2: int, wrap1: bool, wrap2: bool) -> None:
    """Add to each voxel the correction of its coarse one."""
    n0, n1, n2 = x.shape
    for i in prange(1, n0 - 1):
        i_coarse = (i + f0 - 1) // f0
        for j in range(1, n1 - 1):
            j_coarse = (j + f1 - 1) // f1
            if f2 == 2:
                for k in range(1, n2 - 1):
                    x[i, j, k] += coarse[i_coarse, j_coarse, (k + 1) // 2]
            else:
                for k in range(1, n2 - 1):
                    x[i, j, k] += coarse[i_coarse, j_coarse, k]
        _wrap_plane(x, i, wrap1, wrap2)


@compiled(**_TOGETHER)
def product(r: Any, z: Any) -> Any:
    """Σ r z, unconjugated, in the precision of r."""
    n0, n1, n2 = r.shape
    total = r[0, 0, 0] * 0
    for i in prange(1, n0 - 1):
        own = r[0, 0, 0] * 0
        for j in range(1, n1 - 1):
            for k in range(1, n2 - 1):
                own += r[i, j, k] * z[i, j, k]
        total += own
    return total


@compiled(**_TOGETHER)
def turn(p: Any, z: Any, beta: Any, wrap1: bool, wrap2: bool) -> None:
    """p = z + β p, ghosts too."""
    n0, n1, n2 = p.shape
    for i in prange(1, n0 - 1):
        for j in range(1, n1 - 1):
            for k in range(1, n2 - 1):
                p[i, j, k] = z[i, j, k] + beta * p[i, j, k]
        _wrap_plane(p, i, wrap1, wrap2)


@compiled(**_TOGETHER)
def curvature(zero: Any, p: Any, t0: Any, t1: Any, t2: Any) -> Any:
    """p A p, unconjugated, as the sum over faces of T (p_i − p_j)², in the precision of `zero`."""
    n0, n1, n2 = p.shape
    total = zero
    # the face below the last plane leads to an electrode; each other is counted from the voxel behind it
    for i in prange(1, n0):
        along, across = zero, zero
        for j in range(1, n1 - 1):
            own, above, face = p[i, j], p[i - 1, j], t0[i, j]
            for k in range(1, n2 - 1):
                fall = zero + own[k] - above[k]
                along += face[k] * (fall * fall)
        if i < n0 - 1:
            for j in range(1, n1 - 1):
                own, left, face1, face2 = p[i, j], p[i, j - 1], t1[i, j], t2[i, j]
                for k in range(1, n2 - 1):
                    fall1, fall2 = zero + own[k] - left[k], zero + own[k] - own[k - 1]
                    across += face1[k] * (fall1 * fall1) + face2[k] * (fall2 * fall2)
        total += along + across
    return total


@compiled(**_TOGETHER)
def advance(x: Any, r: Any, b: Any, p: Any, t0: Any, t1: Any, t2: Any, alpha: Any) -> Any:
    """x += α p, r −= α A p, b = r in its lower precision; returns Σ|r|² and Σ r.

    A p is computed in the precision of r, and stored nowhere.
    """
    n0, n1, n2 = x.shape
    total, lost = 0.0, r[0, 0, 0] * 0
    for i in prange(1, n0 - 1):
        row = np.empty(n2, dtype=r.dtype)
        own, own_lost = 0.0, r[0, 0, 0] * 0
        for j in range(1, n1 - 1):
            _outflow(row, p, t0, t1, t2, i, j)
            x_row, r_row, b_row, p_row = x[i, j], r[i, j], b[i, j], p[i, j]
            for k in range(1, n2 - 1):
                x_row[k] += alpha * p_row[k]
            for k in range(1, n2 - 1):
                v = r_row[k] - alpha * row[k]
                r_row[k] = v
                b_row[k] = v
                own += v.real * v.real + v.imag * v.imag
                own_lost += v
        total += own
        lost += own_lost
    return total, lost


@compiled(**_TOGETHER)
def diagonal_inverse(dinv: Any, t0: Any, t1: Any, t2: Any) -> None:
    """1/Σ faces of each voxel; 0 where it has none."""
    n0, n1, n2 = dinv.shape
    for i in prange(1, n0 - 1):
        for j in range(1, n1 - 1):
            for k in range(1, n2 - 1):
                d = t0[i, j, k] + t0[i + 1, j, k] + t1[i, j, k] + t1[i, j + 1, k] + t2[i, j, k] + t2[i, j, k + 1]
                dinv[i, j, k] = 1 / d if d != 0 else d * 0


@compiled(**_TOGETHER)
def extremes(kappa: Any) -> Any:
    """Smallest above zero and largest of the voxels' |Re κ| or |Im κ|, whichever is larger in each."""
    n0, n1, n2 = kappa.shape
    lowest, highest = np.full(n0, np.inf), np.zeros(n0)
    for i in prange(n0):
        low, high = np.inf, 0.0
        for j in range(n1):
            for k in range(n2):
                size = max(abs(kappa[i, j, k].real), abs(kappa[i, j, k].imag))
                high = max(high, size)
                low = min(low, size if size > 0 else np.inf)
        lowest[i], highest[i] = low, high
    return lowest.min(), highest.max()


@compiled(**_INSIDE)
def _face(a: Any, c: Any, factor: Any, apart: Any) -> Any:
    """Two half voxels in series, with the resistance of the boundary where they are `apart`."""
    if a == 0 or c == 0:
        return a * 0
    return 1 / (0.5 / factor * (1 / a + 1 / c) + apart)


@compiled(**_TOGETHER)
def faces_between(t: Any, kappa: Any, grains: Any, boundary: Any, axis: int, factor: float, wrap: bool) -> None:
    """Conductances between neighbours along an axis, into the inner faces; the wrapped ones too.

    `factor` is area over distance. Where `grains` has a size, neighbours of different numbers are parted by the
    resistance `boundary`, of one face.
    """
    n0, n1, n2 = kappa.shape
    d0, d1, d2 = int(axis == 0), int(axis == 1), int(axis == 2)
    told = grains.size > 0
    for i in prange(d0, n0):
        for j in range(d1, n1):
            for k in range(d2, n2):
                apart = boundary * (told and grains[i - d0, j - d1, k - d2] != grains[i, j, k])
                t[i + 1, j + 1, k + 1] = _face(kappa[i - d0, j - d1, k - d2], kappa[i, j, k], factor, apart)
    if wrap:
        for i in prange(n0):
            if axis == 1:
                for k in range(n2):
                    apart = boundary * (told and grains[i, n1 - 1, k] != grains[i, 0, k])
                    t[i + 1, 1, k + 1] = _face(kappa[i, n1 - 1, k], kappa[i, 0, k], factor, apart)
                    t[i + 1, n1 + 1, k + 1] = t[i + 1, 1, k + 1]
            else:
                for j in range(n1):
                    apart = boundary * (told and grains[i, j, n2 - 1] != grains[i, j, 0])
                    t[i + 1, j + 1, 1] = _face(kappa[i, j, n2 - 1], kappa[i, j, 0], factor, apart)
                    t[i + 1, j + 1, n2 + 1] = t[i + 1, j + 1, 1]


@compiled(**_INSIDE)
def _between(zero: Any, a: Any, c: Any, x: Any, y: Any, apart: Any, grain: Any, other: Any) -> Any:
    """Σ a c/(a + c + apart a c) (x − y)² over two rows of voxels, `apart` only where the grains differ."""
    total = zero
    if grain.size > 0:
        for k in range(a.size):
            both, fall = a[k] * c[k], x[k] - y[k]
            total += both / (a[k] + c[k] + apart * (grain[k] != other[k]) * both + _NOTHING) * (fall * fall)
    else:
        for k in range(a.size):
            fall = x[k] - y[k]
            total += a[k] * c[k] / (a[k] + c[k] + _NOTHING) * (fall * fall)
    return total


@compiled(**_TOGETHER)
def power(x: Any, kappa: Any, grains: Any, weights: Any, aparts: Any, wrap1: bool, wrap2: bool) -> Any:
    """Σ T (x_i − x_j)² over the faces between voxels, unconjugated, all in double precision; without ghosts.

    T = weight a c/(a + c + apart a c) along each axis, `apart` where `grains` has a size and they differ.
    """
    n0, n1, _ = x.shape
    told, none = grains.size > 0, np.zeros(0, dtype=np.int32)
    total = x[0, 0, 0] * 0
    for i in prange(n0):
        zero = x[0, 0, 0] * 0
        own = zero
        for j in range(n1):
            a, here = kappa[i, j], x[i, j]
            g = grains[i, j] if told else none
            if i > 0:
                h = grains[i - 1, j] if told else g
                own += weights[0] * _between(zero, a, kappa[i - 1, j], here, x[i - 1, j], aparts[0], g, h)
            if j > 0 or wrap1:
                left = j - 1 if j > 0 else n1 - 1
                h = grains[i, left] if told else g
                own += weights[1] * _between(zero, a, kappa[i, left], here, x[i, left], aparts[1], g, h)
            own += weights[2] * _between(zero, a[1:], a[:-1], here[1:], here[:-1], aparts[2], g[1:], g[:-1])
            if wrap2:
                own += weights[2] * _between(zero, a[:1], a[-1:], here[:1], here[-1:], aparts[2], g[:1], g[-1:])
        total += own
    return total


@compiled(**_INSIDE)
def _series(face: Any, before: Any, after: Any, has_before: Any, has_after: Any) -> Any:
    """A fine face and the halves of the coarse voxels on either side, in series."""
    resistance = 1 / face
    if has_before:
        resistance += 0.5 / (before if abs(before) > _WEAK * abs(face) else face)
    if has_after:
        resistance += 0.5 / (after if abs(after) > _WEAK * abs(face) else face)
    return 1 / resistance


@compiled(**_TOGETHER)
def coarse_faces(coarse: Any, t: Any, axis: int, f0: int, f1: int, f2: int, wrap: bool) -> None:
    """Faces of the coarse voxels: fine faces side by side, each in series with the voxels' inside.

    Weighing by resistance, not averaging conductances, is what keeps insulating pores insulating.
    """
    m0, m1, m2 = coarse.shape
    n0, n1, n2 = t.shape
    # outermost faces lead to electrodes along axis 0, and around where the side is periodic
    lo0, hi0 = 1, m0 if axis == 0 else m0 - 1
    lo1, hi1 = 1, m1 if axis == 1 else m1 - 1
    lo2, hi2 = 1, m2 if axis == 2 else m2 - 1
    d0, d1, d2 = int(axis == 0), int(axis == 1), int(axis == 2)
    f = f0 if axis == 0 else (f1 if axis == 1 else f2)
    n = (n0 if axis == 0 else (n1 if axis == 1 else n2)) - 2
    m = (m0 if axis == 0 else (m1 if axis == 1 else m2)) - 2
    for i_coarse in prange(lo0, hi0):
        for j_coarse in range(lo1, hi1):
            for k_coarse in range(lo2, hi2):
                place = i_coarse if axis == 0 else (j_coarse if axis == 1 else k_coarse)
                at = min(f * (place - 1) + 1, n + 1)
                edge = place in (1, m + 1)
                if edge and axis != 0 and not wrap:
                    continue
                # place of the inner face of the coarse voxel before, and of the one after
                last_single = f == 2 and n % 2 == 1
                has_before = f == 2 and not (place == 1 and axis == 0) and not (place in (1, m + 1) and last_single)
                has_after = f == 2 and not (place == m + 1 and axis == 0)
                has_after = has_after and not (place == m and last_single)
                back = at - 1 if place > 1 else n
                ahead = at + 1 if place <= m else 2
                total = t[0, 0, 0] * 0
                i_lo, i_hi = (at, at + 1) if axis == 0 else (f0 * (i_coarse - 1) + 1, min(f0 * i_coarse, n0 - 2) + 1)
                j_lo, j_hi = (at, at + 1) if axis == 1 else (f1 * (j_coarse - 1) + 1, min(f1 * j_coarse, n1 - 2) + 1)
                k_lo, k_hi = (at, at + 1) if axis == 2 else (f2 * (k_coarse - 1) + 1, min(f2 * k_coarse, n2 - 2) + 1)
                for i in range(i_lo, i_hi):
                    for j in range(j_lo, j_hi):
                        for k in range(k_lo, k_hi):
                            face = t[i, j, k]
                            if face != 0:
                                before = t[i + d0 * (back - i), j + d1 * (back - j), k + d2 * (back - k)]
                                after = t[i + d0 * (ahead - i), j + d1 * (ahead - j), k + d2 * (ahead - k)]
                                total += _series(face, before, after, has_before, has_after)
                coarse[i_coarse, j_coarse, k_coarse] = total
