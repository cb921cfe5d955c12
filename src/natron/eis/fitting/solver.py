"""The loops of the fit: Levenberg–Marquardt and the search for starts.

Everything here is written in the part of Python that numba compiles; `natron.eis.fitting.engine` binds these
functions together, compiled or interpreted with the inner loops replaced by array code. One source, so all
engines give the same answer. They are few, allocate nothing and call one another little, since compiling
takes seconds and grows with all of these.

Words used throughout: `x` (X,) are the internal coordinates (logarithms of positive parameters, exponents as
they are), `free` (F,) the places in `x` that are fitted, `form` the circuit as an engine's `fill_jacobian`
reads it, `data` (5, N) the rows ln 2πf, Re Z, Im Z, weight of Re, weight of Im.
"""

from __future__ import annotations

import math
from typing import Any

# each engine puts its own in this place
from natron.eis.fitting.equations import Array, Index
from natron.eis.fitting.equations import tree_jacobian as fill_jacobian

MISSED, CONVERGED, MERGED = range(3)
"""How a start of `search` ended: not at a minimum, at one, or on its way to one already known."""


def products(jacobian: Array, free: Index, side: int, jtj: Array, gradient: Array, residual: Array) -> float:
    """χ² of the residual; fills JᵀJ (2, F, F) and Jᵀr (2, F), in the row `side`."""
    columns = residual.shape[1]
    chi2 = 0.0
    for k in range(columns):
        chi2 += residual[side, k] * residual[side, k]
    for a in range(free.size):
        total = 0.0
        for k in range(columns):
            total += jacobian[free[a], k] * residual[side, k]
        gradient[side, a] = total
        for b in range(a + 1):
            total = 0.0
            for k in range(columns):
                total += jacobian[free[a], k] * jacobian[free[b], k]
            jtj[side, a, b] = total
            jtj[side, b, a] = total
    return chi2


def search(
    points: Array,
    limits: Array,
    free: Index,
    form: Any,
    data: Array,
    floor: float,
    few: int,
    limit: int,
    budget: int,
    x: Array,
    jacobian: Array,
    jtj: Array,
    gradient: Array,
    residual: Array,
    step: Array,
    frozen: Array,
    lower: Array,
) -> Any:
    """Least squares within bounds from several starts (Marquardt 1963, DOI 10.1137/0111030); the best of them.

    The damping follows the gain ratio (Nielsen 1999, IMM-REP-1999-05). A coordinate at a bound that the
    gradient pushes outwards is left out of the step. A fit that has come down beside the best so far is not
    followed further. After a few starts the search stops as soon as the residuals of the best look like
    noise: a missed minimum leaves structure along frequency.

    Parameters
    ----------
    points : (S, X)
        Starts, within the limits.
    limits : (3, X)
        Lowest and highest coordinates, and the longest step: arcs that leap across one another do not come
        back.
    floor : float
        A χ² that is as good as zero.
    few : int
        Starts that are always tried.
    limit, budget : int
        Evaluations for one start and for all.
    x, jtj, residual : (3, X), (3, F, F), (3, 2N)
        The best coordinates, JᵀJ and residual stand in the last rows.
    jacobian, gradient, step, frozen, lower : (X + 1, 2N), (2, F), (F,), (F,), (F, F)
        Scratch.

    Returns
    -------
    chi2 : float
    evaluations, starts : int
    converged, noise_like : bool
    """
    size, half = free.size, data.shape[1]
    evaluations, starts, noise_like = 0, 0, False
    best_cost, best_outcome = math.inf, MISSED
    for s in range(points.shape[0]):
        for a in range(x.shape[1]):
            x[0, a] = points[s, a]
            x[1, a] = points[s, a]
        side, spent, outcome = 0, 0, MISSED
        cost, predicted, damping, growth = math.inf, 0.0, 1e-2, 2.0
        while True:
            fill_jacobian(x, 1 - side, form, data, jacobian, residual)
            trial = products(jacobian, free, 1 - side, jtj, gradient, residual)
            spent += 1
            if trial < cost:
                side = 1 - side
                drop = cost - trial
                if spent > 1:
                    if trial <= floor or (drop <= 1e-9 * cost and predicted <= 1e-9 * cost):
                        outcome = CONVERGED
                    gain = 2.0 * drop / predicted - 1.0 if predicted > 0.0 else 0.0
                    less = 1.0 - gain * gain * gain
                    damping *= less if less > 0.1 else 0.1
                    damping, growth = (damping if damping > 1e-12 else 1e-12), 2.0
                cost = trial
                if outcome == MISSED and best_outcome == CONVERGED and best_cost <= cost < 1.1 * best_cost:
                    apart = 0.0
                    for a in range(size):
                        move = x[side, free[a]] - x[2, free[a]]
                        apart += jtj[side, a, a] * move * move
                    if apart < 0.01 * cost:
                        outcome = MERGED
            else:
                # a start that is not finite, or a step where rounding alone decides
                if spent == 1 or 0.0 <= predicted <= 1e-13 * cost:
                    break
                damping *= growth
                growth *= 2.0
            if outcome != MISSED or spent >= limit:
                break
            for a in range(size):
                at, slope = free[a], gradient[side, a]
                stuck = (x[side, at] <= limits[0, at] and slope > 0) or (x[side, at] >= limits[1, at] and slope < 0)
                frozen[a] = 1.0 if stuck else 0.0
            # (JᵀJ + damping·diag) step = −gradient by Cholesky, begun anew where that is not positive definite
            a = 0
            while a < size and damping < 1e12:
                step[a] = (frozen[a] - 1.0) * gradient[side, a]
                for b in range(a + 1):
                    total = jtj[side, a, b] * (1.0 - frozen[a]) * (1.0 - frozen[b])
                    if a == b:
                        total = total * (1.0 + damping) + 1e-300 + frozen[a]
                    for c in range(b):
                        total -= lower[a, c] * lower[b, c]
                    lower[a, b] = total / lower[b, b] if b < a else math.sqrt(total) if total > 0.0 else 0.0
                    step[a] -= lower[a, b] * step[b] if b < a else 0.0
                step[a] /= lower[a, a]
                a += 1
                if not lower[a - 1, a - 1] > 0.0:
                    damping, a = 10.0 * damping, 0
            if damping >= 1e12:
                break
            for a in range(size - 1, -1, -1):
                for c in range(a + 1, size):
                    step[a] -= lower[c, a] * step[c]
                step[a] /= lower[a, a]
            for a in range(size):
                at, move = free[a], step[a]
                if abs(move) > limits[2, at]:
                    move = limits[2, at] if move > 0.0 else -limits[2, at]
                move += x[side, at]
                move = limits[0, at] if move < limits[0, at] else limits[1, at] if move > limits[1, at] else move
                x[1 - side, at] = move
                step[a] = move - x[side, at]
            # how much χ² would fall if the model were linear
            predicted = 0.0
            for a in range(size):
                total = 2.0 * gradient[side, a]
                for b in range(size):
                    total += jtj[side, a, b] * step[b]
                predicted -= step[a] * total
        if outcome == MISSED and cost < math.inf:
            # MINPACK's gtol: the residual is at right angles to every direction that may still be gone
            outcome = CONVERGED
            for a in range(size):
                steep = gradient[side, a] * gradient[side, a] > 1e-8 * jtj[side, a, a] * cost
                if steep and frozen[a] == 0.0 and cost > floor:
                    outcome = MISSED
        evaluations += spent
        starts += 1
        if starts == 1 or (cost < best_cost and outcome != MERGED):
            best_cost, best_outcome = cost, outcome
            # where nothing was accepted, what was tried stands in the other row
            side = side if cost < math.inf else 1
            for a in range(x.shape[1]):
                x[2, a] = x[side, a]
            for a in range(size):
                for b in range(size):
                    jtj[2, a, b] = jtj[side, a, b]
            # autocorrelation along frequency, in its standard deviations under noise
            structure = 0.0
            for k in range(2 * half):
                residual[2, k] = residual[side, k]
                if k > 0 and k != half:
                    structure += residual[side, k] * residual[side, k - 1]
            noise_like = cost <= floor or structure * math.sqrt(2.0 * half) < cost
        if (starts >= few and noise_like) or evaluations >= budget:
            break
    return best_cost, evaluations, starts, best_outcome == CONVERGED, noise_like


def covariance(jtj: Array, turn: Array, variance: float, lower: Array, spread: Array, out: Array) -> bool:
    """Fill turn·(JᵀJ)⁻¹·turnᵀ·variance (P, P); false where the data leave some direction undetermined.

    `turn` (P, F) holds the derivatives of the parameters by coordinate; `lower` (F, F) and `spread` (P, F)
    are scratch.
    """
    size = lower.shape[0]
    # Cholesky's factor, and its inverse in the same place
    for a in range(size):
        for b in range(a + 1):
            total = jtj[a, b]
            for c in range(b):
                total -= lower[a, c] * lower[b, c]
            if b < a:
                lower[a, b] = total / lower[b, b]
        if not total > 0.0:
            return False
        lower[a, a] = math.sqrt(total)
    for a in range(size):
        lower[a, a] = 1.0 / lower[a, a]
        for b in range(a):
            total = 0.0
            for c in range(b, a):
                total -= lower[a, c] * lower[c, b]
            lower[a, b] = total * lower[a, a]
    for a in range(size):
        total = 0.0
        for c in range(a, size):
            total += lower[c, a] * lower[c, a]
        # beyond 1e12 the digits of JᵀJ are used up; nan fails too
        if not total * jtj[a, a] < 1e12:
            return False
    for p in range(turn.shape[0]):
        for a in range(size):
            total = 0.0
            for b in range(a + 1):
                total += lower[a, b] * turn[p, b]
            spread[p, a] = total
        for q in range(p + 1):
            total = 0.0
            for a in range(size):
                total += spread[p, a] * spread[q, a]
            out[p, q] = total * variance
            out[q, p] = total * variance
    return True


def inner_products(shape: Array, data: Array, weighted: Array, length: Array, gram: Array) -> None:
    """Fill the lengths (M + 1,) of the weighted atoms and of the data, and their inner products (M + 1, M + 1).

    `shape` (M, 2N) holds Re then Im; the data are the last atom. All are taken at unit length. `weighted`,
    `length` and `gram` are padded with zeros to a multiple of four rows. Loops, because BLAS wakes its
    threads for matrices of this size and then waits for them longer than the product takes; four rows at a
    time, because reading the rows is what takes the time.
    """
    atoms, points = shape.shape[0], data.shape[1]
    for a in range(atoms + 1):
        for part in range(2):
            for k in range(points):
                own = shape[a, part * points + k] if a < atoms else data[1 + part, k]
                weighted[a, part * points + k] = own * data[3 + part, k]
        total = 0.0
        for k in range(2 * points):
            total += weighted[a, k] * weighted[a, k]
        length[a] = math.sqrt(total)
        for k in range(2 * points):
            weighted[a, k] /= length[a]
    for a in range(atoms + 1):
        for b in range(0, a + 1, 4):
            one, two, three, four = 0.0, 0.0, 0.0, 0.0
            for k in range(2 * points):
                one += weighted[a, k] * weighted[b, k]
                two += weighted[a, k] * weighted[b + 1, k]
                three += weighted[a, k] * weighted[b + 2, k]
                four += weighted[a, k] * weighted[b + 3, k]
            gram[a, b], gram[a, b + 1], gram[a, b + 2], gram[a, b + 3] = one, two, three, four
            gram[b, a], gram[b + 1, a], gram[b + 2, a], gram[b + 3, a] = one, two, three, four


def extension_scores(
    gram: Array,
    chosen: Index,
    side: int,
    k: int,
    states: int,
    begin: Index,
    end: Index,
    lower: Array,
    scores: Array,
    weights: Array,
) -> None:
    """χ² of each of B states of k atoms with one more atom from begin[b] to end[b], into `scores` (B, M).

    Weights below zero are charged what removing them would cost if atoms were orthogonal: such states rank
    behind, yet remain where nothing else fits. `chosen` is (2, B, K), of which the row `side` counts. Of the last
    candidate of each state, the weights of all atoms stay in `weights` (B, K). `lower` (K + 1, K) is scratch.
    """
    measured = scores.shape[1]
    for b in range(states):
        # Cholesky's factor of the atoms there are; its last row is the data
        power = 1.0
        for p in range(k + 1):
            atom = chosen[side, b, p] if p < k else measured
            for q in range(p + 1 if p < k else k):
                total = gram[atom, chosen[side, b, q]]
                for c in range(q):
                    total -= lower[p, c] * lower[q, c]
                lower[p, q] = total / lower[q, q] if q < p else math.sqrt(total)
                if p == k:
                    power -= lower[p, q] * lower[p, q]
        for i in range(begin[b], end[b]):
            # the candidate in the frame of the atoms, the power that is left of it, and its weight
            left, new = 1.0, gram[measured, i]
            for p in range(k):
                total = gram[chosen[side, b, p], i]
                for c in range(p):
                    total -= lower[p, c] * weights[b, c]
                weights[b, p] = total / lower[p, p]
                left -= weights[b, p] * weights[b, p]
                new -= weights[b, p] * lower[k, p]
            if left < 1e-10:
                scores[b, i] = math.inf
                continue
            weight = new / left
            weights[b, k] = weight
            total = power - new * weight
            if weight < 0.0:
                total += weight * weight
            for p in range(k - 1, -1, -1):
                # back to the weights of the atoms themselves
                own = lower[k, p] - weight * weights[b, p]
                for c in range(p + 1, k):
                    own -= lower[c, p] * weights[b, c]
                weights[b, p] = own / lower[p, p]
                if own < 0.0:
                    total += weights[b, p] * weights[b, p]
            scores[b, i] = total


def choose_starts(
    gram: Array,
    length: Array,
    coordinates: Array,
    first: Index,
    last: Index,
    rank: Index,
    ordered: Index,
    slot: Index,
    column: Index,
    scaling: Array,
    width: int,
    keep: int,
    points: Array,
    chosen: Index,
    keys: Index,
    best: Array,
    found: Index,
    begin: Index,
    end: Index,
    scores: Array,
    weights: Array,
    lower: Array,
) -> int:
    """Pick one atom for each of K slots so that their best positive mixture fits: variable projection.

    The linear weights are solved for each choice (Golub and Pereyra 1973, DOI 10.1137/0710036); the choice
    is a beam search, exhaustive where `width` exceeds the number of partial choices.

    Parameters
    ----------
    gram, length : (≥ M + 1, ≥ M + 1), (≥ M + 1,)
        See `inner_products`.
    coordinates, first, last, rank, ordered, slot, column, scaling
        See `natron.eis.fitting.starts.Candidates`; choices that agree in all ranks count as one.
    width, keep : int
        Partial choices carried on, at most B, and choices returned.
    points : (keep, X)
        Where the coordinates of the choices go, the best first.
    chosen, keys, best, found, begin, end, scores, weights, lower
        Scratch, (2, B, K), (2, B), (B,), (2, B), (B,), (B,), (B, M), (B, K), (K + 1, K); `keys` begins with 0.

    Returns
    -------
    int
        How many choices there are.
    """
    slots = first.size
    # no bare 1, for which numba would compile what follows once more
    states = 1 if slots > 0 else 0
    for k in range(slots):
        old, new = k % 2, 1 - k % 2
        for b in range(states):
            begin[b], end[b] = first[k], last[k]
            while ordered[k] == 1 and begin[b] < end[b] and rank[begin[b]] <= rank[chosen[old, b, k - 1]]:
                begin[b] += 1
        extension_scores(gram, chosen, old, k, states, begin, end, lower, scores, weights)
        room, taken = (keep if k == slots - 1 else width), 0
        best[room - 1] = math.inf
        for b in range(states):
            for i in range(begin[b], end[b]):
                value = scores[b, i]
                if not value < best[room - 1]:
                    continue
                hole = taken if taken < room else room - 1
                key = keys[old, b] * 1009 + rank[i]
                # in the end, of choices that agree in all time constants the best stays
                for t in range(taken if k == slots - 1 else 0):
                    if keys[new, t] == key:
                        hole = t if value < best[t] else room
                if hole == room:
                    continue
                if hole == taken:
                    taken += 1
                while hole > 0 and best[hole - 1] > value:
                    best[hole], keys[new, hole] = best[hole - 1], keys[new, hole - 1]
                    found[0, hole], found[1, hole] = found[0, hole - 1], found[1, hole - 1]
                    hole -= 1
                best[hole], keys[new, hole], found[0, hole], found[1, hole] = value, key, b, i
        for t in range(taken):
            for p in range(k):
                chosen[new, t, p] = chosen[old, found[0, t], p]
            chosen[new, t, k] = found[1, t]
        states = taken
    side = slots % 2
    for b in range(states):
        begin[b], end[b] = found[1, b], found[1, b] + 1
    extension_scores(gram, chosen, side, slots - 1, states, begin, end, lower, scores, weights)
    for b in range(states):
        for a in range(slot.size):
            atom, share = chosen[side, b, slot[a]], weights[b, slot[a]]
            # a weight below zero becomes a thousandth of the data; all are of unit length so far
            share = (share if share > 1e-3 else 1e-3) * length[rank.size] / length[atom]
            points[b, a] = coordinates[atom, column[a]] + scaling[a] * math.log(share)
    return states
