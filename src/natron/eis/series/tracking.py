"""Arcs of a series of fits that keep their names, although their time constants cross or a fit fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from natron.eis.fitting.engine import Array, Index
from natron.eis.fitting.program import Program, lower
from natron.eis.fitting.result import FitResult
from natron.eis.series.joint import arcs_of

Refit = Callable[[int, Mapping[str, float]], FitResult]
"""Fits the spectrum of that number from these values, without sorting its arcs."""

_SPREAD = 0.5
_WORTH = 3.0
_FAR = 3.0
_MOST_ARCS = 5
_MOST_SPLITS = 16


def track(
    fits: Sequence[FitResult], course: Array, drift: tuple[float, float], refit: Refit
) -> tuple[list[FitResult], tuple[int, ...]]:
    """The fits (S,), with arcs of one shape named alike throughout, and which of them were started anew.

    An arc is recognised by its time constant and its effective capacitance, each expected near a straight
    line over `course`. Arcs stay named by falling frequency unless another naming is clearly smoother. A fit
    that did not converge, was renamed, or lies far off its lines is started again from its neighbours, and
    what that finds is kept where its χ² is as good.

    Parameters
    ----------
    fits : sequence of FitResult, in rising `course`
    course : ndarray, (S,)
        Temperature as 1/k_B T, cycle, time, …
    drift : tuple of float
        Expected change of ln τ over the whole series, and how uncertain that is.
    refit : callable
    """
    program = lower(fits[0].circuit, frozenset())
    result, restarted = list(fits), set()
    reach = float(np.ptp(course)) or 1.0
    s = (course - course.mean()) / reach
    x, error = _coordinates(program, fits)
    order, far = _recognise(program, x, error, s, drift)
    for at in np.flatnonzero((order != np.arange(order.shape[1])).any(axis=1)):
        result[at] = refit(int(at), _native(program, x[at][order[at]]))
        x[at] = x[at][order[at]]
        restarted.add(int(at))
    bad = far | np.array([fit.status == "not_converged" for fit in result])
    good = np.flatnonzero(~bad)
    for at in np.flatnonzero(bad) if len(good) else ():
        guess = np.array([np.interp(s[at], s[good], x[good, j]) for j in range(program.size)])
        again = refit(int(at), _native(program, guess))
        restarted.add(int(at))
        # two minima within the noise of each other: the one that continues its neighbours is the likelier
        if again.chi2 <= result[at].chi2 + result[at].chi2_reduced:
            result[at] = again
    return result, tuple(sorted(restarted))


def _native(program: Program, x: Array) -> dict[str, float]:
    values = program.to_native(x, 0.0)[0]
    return {
        name: min(value, 1.0) if not p.logarithmic else max(value, 1e-300)
        for name, value, p in zip(
            program.circuit.parameter_names, values.tolist(), program.circuit.parameters, strict=True
        )
    }


def _coordinates(program: Program, fits: Sequence[FitResult]) -> tuple[Array, Array]:
    """Internal coordinates of each fit, (S, X), and their covariance, (S, X, X), infinite where unknown."""
    free = np.setdiff1d(np.arange(program.size), program.always_fixed)
    x = np.array([program.to_internal(np.array(list(fit.values.values())), 0.0) for fit in fits])
    covariance = np.zeros((len(fits), program.size, program.size))
    for s, fit in enumerate(fits):
        with np.errstate(all="ignore"):
            try:
                turn = np.linalg.inv(program.to_native(x[s], 0.0)[1][:, free])
                inner = turn @ fit.covariance @ turn.T
            except np.linalg.LinAlgError:
                inner = np.full((len(free), len(free)), np.inf)
        covariance[s][np.ix_(free, free)] = np.where(np.isfinite(inner), inner, np.inf)
    return x, covariance


def _recognise(
    program: Program, x: Array, covariance: Array, s: Array, drift: tuple[float, float]
) -> tuple[Index, Any]:
    """(S, X) where each coordinate of each fit belongs, and (S,) whether a fit lies far from its lines."""
    order = np.tile(np.arange(program.size), (len(x), 1))
    far = np.zeros(len(x), dtype=np.bool_)
    groups: dict[str, list[int]] = {}
    places = {arc.at for arc in arcs_of(program)}
    for block in program.blocks:
        if block.first in places and block.is_arc:
            groups.setdefault(block.signature, []).append(block.first)
    for group in groups.values():
        at = np.array(group)
        features = np.stack([x[:, at + 1], x[:, at + 1] - x[:, at]], axis=2)
        own = covariance[:, at + 1, at + 1]
        with np.errstate(invalid="ignore"):
            difference = own + covariance[:, at, at] - 2 * covariance[:, at + 1, at]
        variance = np.stack([own, difference], axis=2)
        variance = np.where(np.isfinite(variance) & (variance >= 0), variance, np.inf)
        chosen, misfit = _names(features, np.minimum(variance, 1e6) + _SPREAD**2, s, drift)
        far |= misfit
        for label, first in enumerate(group):
            for j in range(3):
                order[:, first + j] = at[chosen[:, label]] + j
    return order, far


def _names(features: Array, variance: Array, s: Array, drift: tuple[float, float]) -> tuple[Index, Any]:
    """Which of the K arcs of each spectrum carries each name, (S, K), and which spectra fit no name well, (S,).

    `features` (S, K, 2) are ln τ and ln C with their variances.
    """
    S, K = features.shape[:2]
    plain = np.tile(np.arange(K), (S, 1))
    ways = np.array(list(permutations(range(K)))) if K <= _MOST_ARCS else np.arange(K)[None, :]
    cost, loss = _smoothness(features, variance, s, drift, plain[:1])
    if loss.max(initial=0.0) <= math.log1p(_FAR**2) or S < 2:
        return plain, np.zeros(S, dtype=np.bool_)
    starts = [np.argsort(features[:, :, 1], axis=1)]
    for split in np.unique(np.linspace(1, S - 1, min(S - 1, _MOST_SPLITS)).astype(int)):
        for k in range(K - 1):
            start = plain.copy()
            start[:split, [k, k + 1]] = start[:split, [k + 1, k]]
            starts.append(start)
    best, best_cost = _settle(features, variance, s, drift, plain, ways)
    for start in starts if K <= _MOST_ARCS else ():
        found, found_cost = _settle(features, variance, s, drift, start, ways)
        if found_cost < best_cost - 1e-9:
            best, best_cost = found, found_cost
    if best_cost > cost - _WORTH:
        best = plain
    # names as they are in most spectra, which are by falling frequency
    best = max(
        (best[:, way] for way in ways),
        key=lambda o: (int((o == plain).all(axis=1).sum()), bool((o[0] == plain[0]).all())),
    )
    rows = np.arange(S)[:, None]
    _, loss = _smoothness(features[rows, best], variance[rows, best], s, drift, plain[:1])
    return best, (loss > math.log1p(_FAR**2)).any(axis=(1, 2, 3))


def _settle(
    features: Array, variance: Array, s: Array, drift: tuple[float, float], order: Index, ways: Index
) -> tuple[Index, float]:
    """Naming (S, K) and its cost, after lines and names were chosen in turn until nothing changed."""
    rows = np.arange(len(features))[:, None]
    cost = math.inf
    for _ in range(20):
        lines = _lines(features[rows, order], variance[rows, order], s, drift)
        loss = _loss(features, variance, lines, s, ways)
        new = ways[loss.sum(axis=(2, 3)).argmin(axis=1)]
        now = float(loss.sum(axis=(2, 3)).min(axis=1).sum()) + _disbelief(lines, drift)
        if now >= cost - 1e-9:
            break
        order, cost = new, now
    return order, cost


def _smoothness(
    features: Array, variance: Array, s: Array, drift: tuple[float, float], ways: Index
) -> tuple[float, Array]:
    lines = _lines(features, variance, s, drift)
    loss = _loss(features, variance, lines, s, ways)
    return float(loss.sum()) + _disbelief(lines, drift), loss


def _lines(features: Array, variance: Array, s: Array, drift: tuple[float, float]) -> Array:
    """(2, K, 2): level and slope of each feature of each named arc, robustly; a slope is only believed so far."""
    expected = np.array([drift[0], 0.0])
    belief = 1 / np.array([drift[1], _SPREAD]) ** 2
    weight = 1 / variance
    lines = np.zeros((2, *features.shape[1:]))
    for _ in range(6):
        sw, swx = weight.sum(axis=0), (weight * s[:, None, None]).sum(axis=0)
        swxx = (weight * s[:, None, None] ** 2).sum(axis=0) + belief
        swy = (weight * features).sum(axis=0)
        swxy = (weight * features * s[:, None, None]).sum(axis=0) + belief * expected
        determinant = sw * swxx - swx**2
        lines = np.stack([(swxx * swy - swx * swxy) / determinant, (sw * swxy - swx * swy) / determinant])
        z2 = (features - lines[0] - lines[1] * s[:, None, None]) ** 2 / variance
        weight = 1 / variance / (1 + z2)
    return lines


def _disbelief(lines: Array, drift: tuple[float, float]) -> float:
    """What slopes cost that are not the expected ones: a capacitance is not expected to drift."""
    return float((((lines[1] - np.array([drift[0], 0.0])) / np.array([drift[1], _SPREAD])) ** 2).sum())


def _loss(features: Array, variance: Array, lines: Array, s: Array, ways: Index) -> Array:
    """(S, W, K, 2): how ill each name suits the arc that each of W ways gives it to, ln(1 + z²)."""
    expected = lines[0] + lines[1] * s[:, None, None]
    z2: Array = (features[:, ways] - expected[:, None]) ** 2 / variance[:, ways]
    return np.log1p(z2)
