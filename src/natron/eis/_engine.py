"""The numerical engine: model, Levenberg–Marquardt and the search for starts, compiled or in numpy.

Everything here is written in the part of Python that numba compiles. `engine` hands out the same functions
twice: compiled, or interpreted with the inner loops replaced by array code. One source, so both give the
same answer. It is one file because numba looks at the time stamp of a function's own file only when it
decides whether what it compiled before is still true.

Words used throughout: `x` (X,) are the internal coordinates (logarithms of positive parameters, exponents as
they are), `free` (F,) the places in `x` that are fitted, `data` the tuple (ln 2πf, Re Z, Im Z, weight of Re,
weight of Im), each (N,).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

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

    `program` is (codes, places, refs, node_leaf, node_is_parallel, node_parent, is_flat): nodes come before
    their parents, the root is the last; `node_leaf` is -1 for an inner node.
    """
    codes, places, refs, node_leaf, node_is_parallel, node_parent, is_flat = program
    points = lw.size
    if is_flat[0] == 1:
        total = np.zeros(points, dtype=np.complex128)
        z = np.empty(points, dtype=np.complex128)
        for leaf in range(codes.size):
            leaf_rows(codes[leaf], x, places[leaf], refs[leaf], lw, z, rows)
            for k in range(points):
                total[k] += z[k]
        return total
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


def normal_equations(
    x: Array, program: Any, data: Any, free: Index, jtj: Array, gradient: Array, residual: Array
) -> float:
    """χ² at `x`; fills JᵀJ (F, F), Jᵀr (F,) and the weighted residual (2N,), model − data."""
    lw, zr, zi, wr, wi = data
    points = lw.size
    rows = np.zeros((x.size, points), dtype=np.complex128)
    z = model(x, program, lw, rows)
    cost = 0.0
    for k in range(points):
        residual[k] = (z[k].real - zr[k]) * wr[k]
        residual[points + k] = (z[k].imag - zi[k]) * wi[k]
        cost += residual[k] * residual[k] + residual[points + k] * residual[points + k]
    jacobian = np.empty((free.size, 2 * points))
    for a in range(free.size):
        row = free[a]
        for k in range(points):
            jacobian[a, k] = rows[row, k].real * wr[k]
            jacobian[a, points + k] = rows[row, k].imag * wi[k]
    for a in range(free.size):
        total = 0.0
        for k in range(2 * points):
            total += jacobian[a, k] * residual[k]
        gradient[a] = total
        for b in range(a + 1):
            total = 0.0
            for k in range(2 * points):
                total += jacobian[a, k] * jacobian[b, k]
            jtj[a, b] = total
            jtj[b, a] = total
    return cost


def damped_step(jtj: Array, gradient: Array, damping: float, frozen: Any, step: Array) -> bool:
    """Solve (JᵀJ + damping·diag) step = −gradient by Cholesky; false where that is not positive definite."""
    size = gradient.size
    lower = np.zeros((size, size))
    for a in range(size):
        for b in range(a + 1):
            if frozen[a] or frozen[b]:
                total = 1.0 if a == b else 0.0
            else:
                total = jtj[a, b]
                if a == b:
                    total = total * (1.0 + damping) + 1e-300
            for c in range(b):
                total -= lower[a, c] * lower[b, c]
            if a == b:
                if not total > 0.0:
                    return False
                lower[a, a] = math.sqrt(total)
            else:
                lower[a, b] = total / lower[b, b]
    for a in range(size):
        total = 0.0 if frozen[a] else -gradient[a]
        for c in range(a):
            total -= lower[a, c] * step[c]
        step[a] = total / lower[a, a]
    for a in range(size - 1, -1, -1):
        total = step[a]
        for c in range(a + 1, size):
            total -= lower[c, a] * step[c]
        step[a] = total / lower[a, a]
    return True


def expected_drop(jtj: Array, gradient: Array, step: Array) -> float:
    """How much χ² would fall along `step` (F,) if the model were linear."""
    total = 0.0
    for a in range(step.size):
        slope = 2.0 * gradient[a]
        for b in range(step.size):
            slope += jtj[a, b] * step[b]
        total -= step[a] * slope
    return total


def levenberg_marquardt(
    start: Array,
    free: Index,
    low: Array,
    high: Array,
    longest: Array,
    program: Any,
    data: Any,
    floor: float,
    limit: int,
) -> Any:
    """Least squares within bounds, from one start (Marquardt 1963, DOI 10.1137/0111030).

    The damping follows the gain ratio (Nielsen 1999, IMM-REP-1999-05). A coordinate at a bound that the
    gradient pushes outwards is left out of the step. `longest` (X,) limits each coordinate's step: arcs that
    leap across one another do not come back. `floor` is a χ² that is as good as zero.

    Returns ``x, χ², evaluations, converged, residual``.
    """
    size = free.size
    points = data[0].size
    x, trial = start.copy(), start.copy()
    jtj, trial_jtj = np.zeros((size, size)), np.zeros((size, size))
    gradient, trial_gradient = np.zeros(size), np.zeros(size)
    residual, trial_residual = np.zeros(2 * points), np.zeros(2 * points)
    step = np.zeros(size)
    frozen = np.zeros(size, dtype=np.bool_)
    cost, predicted = np.inf, 0.0
    evaluations = 0
    converged = False
    damping, growth = 1e-2, 2.0
    while True:
        trial_cost = normal_equations(trial, program, data, free, trial_jtj, trial_gradient, trial_residual)
        evaluations += 1
        if trial_cost < cost:
            drop = cost - trial_cost
            if evaluations > 1:
                converged = trial_cost <= floor or max(drop, predicted) <= 1e-9 * cost
                gain = drop / predicted if predicted > 0.0 else 0.5
                damping = max(damping * max(0.1, 1.0 - (2.0 * gain - 1.0) ** 3), 1e-12)
                growth = 2.0
            cost = trial_cost
            x, trial = trial, x
            jtj, trial_jtj = trial_jtj, jtj
            gradient, trial_gradient = trial_gradient, gradient
            residual, trial_residual = trial_residual, residual
        else:
            # a start that is not finite, or a step where rounding alone decides
            if evaluations == 1 or 0.0 <= predicted <= 1e-13 * cost:
                break
            damping *= growth
            growth *= 2.0
        if converged or evaluations >= limit:
            break
        for a in range(size):
            at = free[a]
            frozen[a] = (x[at] <= low[at] and gradient[a] > 0) or (x[at] >= high[at] and gradient[a] < 0)
        while damping < 1e12 and not damped_step(jtj, gradient, damping, frozen, step):
            damping *= 10.0
        if damping >= 1e12:
            break
        for a in range(size):
            at = free[a]
            move = min(max(step[a], -longest[at]), longest[at])
            trial[at] = min(max(x[at] + move, low[at]), high[at])
            step[a] = trial[at] - x[at]
        predicted = expected_drop(jtj, gradient, step)
    if not converged and math.isfinite(cost):
        # MINPACK's gtol: the residual is at right angles to every direction that may still be gone
        converged = True
        for a in range(size):
            if not frozen[a] and abs(gradient[a]) > 1e-4 * math.sqrt(jtj[a, a] * cost) and cost > floor:
                converged = False
    return x, cost, evaluations, converged, residual


def extension_scores(
    gram: Array,
    projection: Array,
    chosen: Index,
    inverse: Array,
    weight: Array,
    score: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """χ² of each of B states of k atoms with one more atom from first…last, into `out` (B, last − first).

    Weights below zero are charged what removing them would cost if atoms were orthogonal: such states rank
    behind, yet remain where nothing else fits.
    """
    states, k = chosen.shape
    beside = np.empty(k)
    mixed = np.empty(k)
    for b in range(states):
        for i in range(first, last):
            own = gram[i, i]
            left = own
            new = projection[i]
            for p in range(k):
                beside[p] = gram[chosen[b, p], i]
                new -= beside[p] * weight[b, p]
            for p in range(k):
                total = 0.0
                for q in range(k):
                    total += inverse[b, p, q] * beside[q]
                mixed[p] = total
                left -= total * beside[p]
            if left <= 1e-10 * own:
                out[b, i - first] = np.inf
                continue
            new /= left
            total = score[b] - new * new * left
            if new < 0.0:
                total += new * new * own
            for p in range(k):
                changed = weight[b, p] - new * mixed[p]
                if changed < 0.0:
                    total += changed * changed * gram[chosen[b, p], chosen[b, p]]
            out[b, i - first] = total


def inner_products(shape: Any, data: Any) -> Any:
    """Lengths (M,) of the weighted atoms, their inner products (M, M) and those with the data (M,).

    Atoms and data are taken at unit length; the data's own is returned last. Loops, because BLAS wakes its
    threads for matrices of this size and then waits for them longer than the product takes.
    """
    _, zr, zi, wr, wi = data
    atoms, points = shape.shape
    weighted = np.empty((atoms + 1, 2 * points))
    for k in range(points):
        weighted[atoms, k] = zr[k] * wr[k]
        weighted[atoms, points + k] = zi[k] * wi[k]
        for a in range(atoms):
            weighted[a, k] = shape[a, k].real * wr[k]
            weighted[a, points + k] = shape[a, k].imag * wi[k]
    length = np.empty(atoms + 1)
    for a in range(atoms + 1):
        total = 0.0
        for k in range(2 * points):
            total += weighted[a, k] * weighted[a, k]
        length[a] = math.sqrt(total)
        for k in range(2 * points):
            weighted[a, k] /= length[a]
    gram = np.empty((atoms, atoms))
    projection = np.empty(atoms)
    for a in range(atoms):
        for b in range(a + 1):
            total = 0.0
            for k in range(2 * points):
                total += weighted[a, k] * weighted[b, k]
            gram[a, b] = total
            gram[b, a] = total
        total = 0.0
        for k in range(2 * points):
            total += weighted[a, k] * weighted[atoms, k]
        projection[a] = total
    return length[:atoms].copy(), gram, projection, length[atoms]


def choose_starts(
    gram: Array,
    projection: Array,
    power: float,
    first: Index,
    last: Index,
    rank: Index,
    ordered: Index,
    width: int,
    keep: int,
) -> Any:
    """Pick one atom for each of K slots so that their best positive mixture fits: variable projection.

    The linear weights are solved for each choice (Golub and Pereyra 1973, DOI 10.1137/0710036); the choice
    is a beam search, exhaustive where `width` exceeds the number of partial choices.

    Parameters
    ----------
    gram, projection, power : (M, M), (M,), float
        Inner products of the weighted atoms with each other, with the data, and of the data.
    first, last : (K,)
        Atoms allowed in each slot.
    rank : (M,)
        Place of an atom's time constant; choices that agree in all ranks count as one.
    ordered : (K,)
        1 where a slot must have a higher rank than the slot before it, its equal.
    width, keep : int
        Partial choices carried on, and choices returned.

    Returns
    -------
    chosen : (S, K), weight : (S, K)
        At most `keep` choices, best first; weights may be negative.
    """
    slots = first.size
    chosen = np.empty((1, 0), dtype=np.int64)
    inverse = np.empty((1, 0, 0))
    weight = np.empty((1, 0))
    score = np.full(1, power)
    for k in range(slots):
        count = last[k] - first[k]
        states = chosen.shape[0]
        scores = np.empty((states, count))
        extension_scores(gram, projection, chosen, inverse, weight, score, first[k], last[k], scores)
        final = k == slots - 1
        room = min(keep if final else width, states * count)
        best = np.full(room, np.inf)
        best_state = np.zeros(room, dtype=np.int64)
        best_atom = np.zeros(room, dtype=np.int64)
        taken = 0
        for b in range(states):
            for i in range(count):
                value = scores[b, i]
                if not value < best[room - 1]:
                    continue
                atom = first[k] + i
                if ordered[k] == 1 and rank[atom] <= rank[chosen[b, k - 1]]:
                    continue
                hole = min(taken, room - 1)
                if final:
                    for t in range(taken):
                        same = rank[best_atom[t]] == rank[atom]
                        for p in range(k):
                            same = same and rank[chosen[best_state[t], p]] == rank[chosen[b, p]]
                        if same:
                            hole = t if value < best[t] else -1
                            break
                if hole < 0:
                    continue
                if hole == taken:
                    taken += 1
                while hole > 0 and best[hole - 1] > value:
                    best[hole] = best[hole - 1]
                    best_state[hole] = best_state[hole - 1]
                    best_atom[hole] = best_atom[hole - 1]
                    hole -= 1
                best[hole] = value
                best_state[hole] = b
                best_atom[hole] = atom
        new_chosen = np.empty((taken, k + 1), dtype=np.int64)
        new_inverse = np.zeros((taken, k + 1, k + 1))
        new_weight = np.empty((taken, k + 1))
        new_score = np.empty(taken)
        mixed = np.empty(k)
        for t in range(taken):
            b, i = best_state[t], best_atom[t]
            left, new = gram[i, i], projection[i]
            for p in range(k):
                total = 0.0
                for q in range(k):
                    total += inverse[b, p, q] * gram[chosen[b, q], i]
                mixed[p] = total
                left -= total * gram[chosen[b, p], i]
                new -= weight[b, p] * gram[chosen[b, p], i]
            new /= left
            for p in range(k):
                new_chosen[t, p] = chosen[b, p]
                new_weight[t, p] = weight[b, p] - new * mixed[p]
                new_inverse[t, p, k] = -mixed[p] / left
                new_inverse[t, k, p] = -mixed[p] / left
                for q in range(k):
                    new_inverse[t, p, q] = inverse[b, p, q] + mixed[p] * mixed[q] / left
            new_chosen[t, k] = i
            new_inverse[t, k, k] = 1.0 / left
            new_weight[t, k] = new
            new_score[t] = score[b] - new * new * left
        chosen, inverse, weight, score = new_chosen, new_inverse, new_weight, new_score
        if taken == 0:
            break
    return chosen, weight


def structure(residual: Array) -> float:
    """Lag-one autocorrelation of the residuals along frequency, in its standard deviations under noise."""
    points = residual.size // 2
    along = 0.0
    power = 0.0
    for k in range(residual.size):
        power += residual[k] * residual[k]
        if k % points:
            along += residual[k] * residual[k - 1]
    return along / power * math.sqrt(residual.size) if power > 0.0 else 0.0


def _extension_scores_numpy(
    gram: Array,
    projection: Array,
    chosen: Index,
    inverse: Array,
    weight: Array,
    score: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """`extension_scores` in array code."""
    own = np.diag(gram)[first:last]
    for b in range(len(chosen)):
        beside = gram[chosen[b], first:last]
        mixed = inverse[b] @ beside
        left = own - (mixed * beside).sum(axis=0)
        usable = left > 1e-10 * own
        safe = np.where(usable, left, 1.0)
        new = (projection[first:last] - weight[b] @ beside) / safe
        changed = weight[b][:, None] - new * mixed
        charge = np.where(new < 0, new**2 * own, 0.0)
        charge += (np.minimum(changed, 0.0) ** 2 * np.diag(gram)[chosen[b]][:, None]).sum(axis=0)
        out[b] = np.where(usable, score[b] - new**2 * safe + charge, np.inf)


def _inner_products_numpy(shape: Any, data: Any) -> Any:
    """`inner_products` in array code."""
    _, zr, zi, wr, wi = data
    weighted = np.concatenate([shape.real * wr, shape.imag * wi], axis=1)
    measured = np.concatenate([zr * wr, zi * wi])
    length = np.sqrt((weighted**2).sum(axis=1))
    weighted /= length[:, None]
    norm = math.sqrt(measured @ measured)
    return length, weighted @ weighted.T, weighted @ (measured / norm), norm


def _damped_step_numpy(jtj: Array, gradient: Array, damping: float, frozen: Any, step: Array) -> bool:
    """`damped_step` in array code."""
    live = ~frozen
    damped = jtj[np.ix_(live, live)]
    damped[np.diag_indices_from(damped)] *= 1.0 + damping
    step[:] = 0.0
    try:
        np.linalg.cholesky(damped)
        step[live] = np.linalg.solve(damped, -gradient[live])
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(step).all())


def _expected_drop_numpy(jtj: Array, gradient: Array, step: Array) -> float:
    """`expected_drop` in array code."""
    return -float(step @ (2.0 * gradient + jtj @ step))


def _normal_equations_numpy(
    x: Array, program: Any, data: Any, free: Index, jtj: Array, gradient: Array, residual: Array
) -> float:
    """`normal_equations` in array code; `program` is a function of x and ln 2πf giving Z and its rows."""
    lw, zr, zi, wr, wi = data
    z, rows = program(x, lw)
    residual[:] = np.concatenate([(z.real - zr) * wr, (z.imag - zi) * wi])
    jacobian = np.concatenate([rows[free].real * wr, rows[free].imag * wi], axis=1)
    jtj[:] = jacobian @ jacobian.T
    gradient[:] = jacobian @ residual
    return float(residual @ residual)


@dataclass(frozen=True, slots=True)
class Engine:
    """The functions of this module, compiled or not."""

    name: str
    normal_equations: Callable[..., Any]
    inner_products: Callable[..., Any]
    choose_starts: Callable[..., Any]
    levenberg_marquardt: Callable[..., Any]
    structure: Callable[..., Any]


_SHARED = ("levenberg_marquardt", "choose_starts", "structure")
_LOOPS = (
    "leaf_rows",
    "model",
    "normal_equations",
    "damped_step",
    "expected_drop",
    "inner_products",
    "extension_scores",
)


def numba_is_there() -> bool:
    """Whether numba can be imported; does not import it."""
    return find_spec("numba") is not None


@cache
def engine(compiled: bool) -> Engine:
    """The engine, compiled by numba (kept on disk, so paid for once) or in numpy."""
    scope = dict(globals())
    names: tuple[str, ...]
    wrap: Callable[..., Any]
    if compiled:
        # nan and inf must keep their meaning: a hostile spectrum is noticed by them
        names = _LOOPS + _SHARED
        wrap = import_module("numba").njit(
            cache=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"}
        )
    else:
        scope["normal_equations"] = _normal_equations_numpy
        scope["damped_step"] = _damped_step_numpy
        scope["expected_drop"] = _expected_drop_numpy
        scope["inner_products"] = _inner_products_numpy
        scope["extension_scores"] = _extension_scores_numpy
        names = _SHARED
        wrap = _as_it_is
    for name in names:
        original = globals()[name]
        scope[name] = wrap(FunctionType(original.__code__, scope, name))
    return Engine(
        "numba" if compiled else "numpy",
        scope["normal_equations"],
        scope["inner_products"],
        scope["choose_starts"],
        scope["levenberg_marquardt"],
        scope["structure"],
    )


def _as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
