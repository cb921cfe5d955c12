"""Impedance of a circuit and its Jacobian, in the loops that numba compiles.

The `fill_jacobian` of an engine is `series_jacobian`, `tree_jacobian` or array code; see `natron.eis.fitting.engine`,
and `natron.eis.fitting.solver` for the words used.
"""

from __future__ import annotations

import cmath
import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Kind = Literal["series", "tree", "numpy"]

R, C, L, CPE, W, WO, WS, FSD, G, ZARC, TLMQ, TLM = range(12)
CODES = {
    "R": R,
    "C": C,
    "L": L,
    "CPE": CPE,
    "W": W,
    "Wo": WO,
    "Ws": WS,
    "FSD": FSD,
    "G": G,
    "ZARC": ZARC,
    "TLMQ": TLMQ,
    "TLM": TLM,
}
"""Element symbols that are compiled; all others go through their Python functions."""

SERIES_CODES = frozenset({R, C, L, CPE, W, ZARC})
"""Elements that `series_jacobian` takes."""


def leaf_rows(code: int, x: Array, at: int, ref: float, lw: Array, z: Any, rows: Any) -> None:
    """Write one element's impedance into `z` (N,) and its derivatives by internal coordinate into `rows`.

    `at` is where its coordinates begin, in `x` and in the rows (X, N). `ref` is the ln 2πf at which the
    admittance Q (i2πf)^n is a coordinate in place of Q: Q and n alone are all but collinear.
    """
    half_pi = 0.5 * math.pi
    scale = math.exp(x[at])
    if code == ZARC:
        tau, n = x[at + 1], x[at + 2]
        cosine, sine = math.cos(n * half_pi), math.sin(n * half_pi)
        for k in range(lw.size):
            # u = (iωτ)^n, h = 1/(1 + u), Z = R h
            log_wt = lw[k] + tau
            size = math.exp(n * log_wt)
            ur, ui = size * cosine, size * sine
            over = 1.0 / ((1.0 + ur) * (1.0 + ur) + ui * ui)
            hr, hi = (1.0 + ur) * over, -ui * over
            # 1 − h = u/(1 + u) keeps −R u h² = −Z (1 − h) finite where u is huge
            gr, gi = 1.0 - hr, -hi
            zr, zi = scale * hr, scale * hi
            qr, qi = -(zr * gr - zi * gi), -(zr * gi + zi * gr)
            z[k] = complex(zr, zi)
            rows[at, k] = z[k]
            rows[at + 1, k] = complex(n * qr, n * qi)
            rows[at + 2, k] = complex(qr * log_wt - qi * half_pi, qi * log_wt + qr * half_pi)
        return
    if code == R:
        z[:] = scale
        rows[at, :] = scale
        return
    for k in range(lw.size):
        if code == L:
            value = complex(0.0, scale * math.exp(lw[k]))
            rows[at, k] = value
        elif code == C:
            value = complex(0.0, -math.exp(-lw[k]) / scale)
            rows[at, k] = -value
        elif code == W:
            value = scale * math.exp(-0.5 * lw[k]) * complex(1.0, -1.0)
            rows[at, k] = value
        elif code == CPE:
            n = x[at + 1]
            log_iw = complex(lw[k] - ref, half_pi)
            value = math.exp(-n * (lw[k] - ref)) / scale * complex(math.cos(n * half_pi), -math.sin(n * half_pi))
            rows[at, k] = -value
            rows[at + 1, k] = -value * log_iw
        elif code == G:
            iwt = complex(0.0, math.exp(lw[k] + x[at + 1]))
            value = scale / cmath.sqrt(1.0 + iwt)
            rows[at, k] = value
            rows[at + 1, k] = -0.5 * value * iwt / (1.0 + iwt)
        elif code == WS:
            root = math.exp(0.5 * (lw[k] + x[at + 1])) * complex(math.sqrt(0.5), math.sqrt(0.5))
            e = cmath.exp(-2.0 * root)
            value = scale * (1.0 - e) / (1.0 + e) / root
            rows[at, k] = value
            rows[at + 1, k] = 0.5 * (scale * 4.0 * e / ((1.0 + e) * (1.0 + e)) - value)
        else:
            # coth(y)/y in the rest; only y differs
            share, exponent = 1.0 + 0.0j, 1.0
            log_y = 0.0j
            if code in (WO, FSD):
                exponent = x[at + 2] if code == FSD else 1.0
                log_y = 0.5 * exponent * complex(lw[k] + x[at + 1], half_pi)
            elif code == TLMQ:
                exponent = x[at + 2]
                log_y = 0.5 * (x[at] + x[at + 1] + exponent * complex(lw[k] - ref, half_pi))
            else:
                exponent = x[at + 3]
                blocking = cmath.exp(x[at + 2] + exponent * complex(lw[k] - ref, half_pi))
                leak = math.exp(-x[at + 1])
                share = blocking / (leak + blocking)
                log_y = 0.5 * cmath.log(scale * (leak + blocking))
            y = cmath.exp(log_y)
            e = cmath.exp(-2.0 * y)
            value = scale * (1.0 + e) / (1.0 - e) / y
            half = -0.5 * (scale * 4.0 * e / ((1.0 - e) * (1.0 - e)) + value)
            if code == WO:
                rows[at, k] = value
                rows[at + 1, k] = half
            elif code == FSD:
                rows[at, k] = value
                rows[at + 1, k] = half * exponent
                rows[at + 2, k] = half * complex(lw[k] + x[at + 1], half_pi)
            else:
                rows[at, k] = value + half
                if code == TLM:
                    rows[at + 1, k] = -half * (1.0 - share)
                    rows[at + 2, k] = half * share
                    rows[at + 3, k] = half * share * complex(lw[k] - ref, half_pi)
                else:
                    rows[at + 1, k] = half
                    rows[at + 2, k] = half * complex(lw[k] - ref, half_pi)
        z[k] = value


def model(x: Array, program: Any, lw: Array, rows: Any) -> Any:
    """Impedance (N,) of the program; its derivatives by internal coordinate go into `rows` (X, N).

    `program` is (codes, places, refs, node_leaf, node_is_parallel, node_parent): nodes come before their
    parents, the root is the last; `node_leaf` is -1 for an inner node.
    """
    codes, places, refs, node_leaf, node_is_parallel, node_parent = program
    points = lw.size
    nodes = node_leaf.size
    values = np.zeros((nodes, points), dtype=np.complex128)
    for node in range(nodes):
        leaf = node_leaf[node]
        if leaf >= 0:
            leaf_rows(codes[leaf], x, places[leaf], refs[leaf], lw, values[node], rows)
        elif node_is_parallel[node] == 1:
            for k in range(points):
                values[node, k] = 1.0 / values[node, k]
        parent = node_parent[node]
        if parent >= 0:
            for k in range(points):
                values[parent, k] += 1.0 / values[node, k] if node_is_parallel[parent] == 1 else values[node, k]
    # ∂Z(root)/∂Z(node), handed down: 1 in series, (Z parent/Z child)² in parallel
    handed = np.ones((nodes, points), dtype=np.complex128)
    for node in range(nodes - 2, -1, -1):
        parent = node_parent[node]
        for k in range(points):
            share = 1.0 + 0.0j
            if node_is_parallel[parent] == 1:
                share = values[parent, k] / values[node, k]
            handed[node, k] = handed[parent, k] * share * share
        leaf = node_leaf[node]
        if leaf >= 0:
            end = places[leaf + 1] if leaf + 1 < codes.size else x.size
            for row in range(places[leaf], end):
                for k in range(points):
                    rows[row, k] *= handed[node, k]
    return values[nodes - 1].copy()


def series_jacobian(x: Array, side: int, form: Any, data: Array, jacobian: Array, residual: Array) -> None:
    """`tree_jacobian` for elements of `SERIES_CODES` in series; `form` is (codes and places (L, 2), refs (L,)).

    Real and imaginary parts lie apart, and exponentials apart from the arithmetic, so that the rest becomes
    vector instructions.
    """
    table, refs = form
    points, last = data.shape[1], x.shape[1]
    half_pi = 0.5 * math.pi
    for k in range(points):
        residual[side, k] = -data[1, k] * data[3, k]
        residual[side, points + k] = -data[2, k] * data[4, k]
    for leaf in range(refs.size):
        code, at = table[leaf, 0], table[leaf, 1]
        scale = math.exp(x[side, at])
        if code == ZARC:
            tau, n = x[side, at + 1], x[side, at + 2]
            cosine, sine = math.cos(n * half_pi), math.sin(n * half_pi)
            for k in range(points):
                jacobian[last, k] = math.exp(n * (data[0, k] + tau))
            for k in range(points):
                # u = (iωτ)^n, h = 1/(1 + u), Z = R h
                ur, ui = 1.0 + jacobian[last, k] * cosine, jacobian[last, k] * sine
                over = 1.0 / (ur * ur + ui * ui)
                hr, hi = ur * over, -ui * over
                # 1 − h = u/(1 + u) keeps −R u h² = −Z (1 − h) finite where u is huge
                ar, ai = scale * hr, scale * hi
                qr, qi = -(ar * (1.0 - hr) + ai * hi), ar * hi - ai * (1.0 - hr)
                log_wt, wr, wi = data[0, k] + tau, data[3, k], data[4, k]
                residual[side, k] += ar * wr
                residual[side, points + k] += ai * wi
                jacobian[at, k] = ar * wr
                jacobian[at, points + k] = ai * wi
                jacobian[at + 1, k] = n * qr * wr
                jacobian[at + 1, points + k] = n * qi * wi
                jacobian[at + 2, k] = (qr * log_wt - qi * half_pi) * wr
                jacobian[at + 2, points + k] = (qi * log_wt + qr * half_pi) * wi
            continue
        # the rest are powers of frequency: Z = scale^sign (iω/ω_ref)^−n
        n, sign = 0.0, 1.0
        if code == L:
            n = -1.0
        elif code == W:
            n, scale = 0.5, scale * math.sqrt(2.0)
        elif code != R:
            n, sign, scale = 1.0, -1.0, 1.0 / scale
            if code == CPE:
                n = x[side, at + 1]
        cosine, sine = scale * math.cos(n * half_pi), -scale * math.sin(n * half_pi)
        for k in range(points):
            log_w, wr, wi = data[0, k] - refs[leaf], data[3, k], data[4, k]
            power = math.exp(-n * log_w)
            ar, ai = power * cosine, power * sine
            residual[side, k] += ar * wr
            residual[side, points + k] += ai * wi
            jacobian[at, k] = sign * ar * wr
            jacobian[at, points + k] = sign * ai * wi
            if code == CPE:
                jacobian[at + 1, k] = (ai * half_pi - ar * log_w) * wr
                jacobian[at + 1, points + k] = -(ai * log_w + ar * half_pi) * wi


def tree_jacobian(x: Array, side: int, form: Any, data: Array, jacobian: Array, residual: Array) -> None:
    """Fill the weighted residual (2, 2N), model − data, and Jacobian (X + 1, 2N) at `x` (2, X).

    Of `x` and `residual` the row `side` counts; the last row of `jacobian` is scratch.
    """
    points = data.shape[1]
    rows = np.zeros((x.shape[1], points), dtype=np.complex128)
    z = model(x[side], form, data[0], rows)
    for k in range(points):
        residual[side, k] = (z[k].real - data[1, k]) * data[3, k]
        residual[side, points + k] = (z[k].imag - data[2, k]) * data[4, k]
    for a in range(x.shape[1]):
        for k in range(points):
            jacobian[a, k] = rows[a, k].real * data[3, k]
            jacobian[a, points + k] = rows[a, k].imag * data[4, k]
