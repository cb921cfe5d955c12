"""Where half steps and cycles begin and end, and the charge between rows: from current, time and steps alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REST_FRACTION = 1e-4
"""A current below this share of the record's largest counts as none."""

_SAME_LEVEL = 0.05
_FLAT = 0.02
_STILL = 0.1
_MINORITY = 0.05
_CANCEL = 0.3
_MANY_TURNS = 3
_NOISE_CHARGE = 1e-5


def half_steps(
    current_A: NDArray[np.float64],
    spectral: NDArray[np.bool_],
    runs: NDArray[np.int64] | None = None,
    time_s: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """The half step each row belongs to, counted from 1; 0 before the first current flows.

    A half step ends where the current changes its sign, where after a rest it comes back at another level
    (5 %), and where it goes from one constant level to another: the next stage of a critical-current test.
    Within a step of the technique the current has one sign, that of its charge, unless both signs carry more
    than 5 % of it; a step whose charges of both signs nearly cancel is a rest with noise. Constant-voltage
    phases end nothing. Rows of a spectrum are looked through, so that one taken during a charge does not end
    it. A current below 1e-4 of the largest counts as none, and so does a half step that carried less than 1e-5
    of the largest one's charge: noise about zero.

    Parameters
    ----------
    current_A : ndarray, shape (N,)
    spectral : ndarray of bool, shape (N,)
        Rows of impedance steps.
    runs : ndarray of int, shape (N,), optional
        `step_runs` of the table; without them the current alone is looked at.
    time_s : ndarray, shape (N,), optional
        Test time; without it the rows are taken as equally far apart.
    """
    magnitude, counted = np.abs(current_A), ~spectral
    largest = float(np.max(magnitude, where=counted, initial=0.0))
    flows = (magnitude > REST_FRACTION * largest) & counted
    sign = np.sign(current_A)
    charge = magnitude if time_s is None else magnitude * np.diff(time_s, prepend=time_s[:1])
    if runs is not None and _mixed(current_A, flows, runs):
        sign, flows = _signs_of_runs(sign, flows, runs, charge)
    labels = _labels(magnitude, sign, flows, counted, runs)
    if labels.max(initial=0) > 1:
        carried = np.bincount(labels, weights=charge * flows)
        noise = carried < _NOISE_CHARGE * carried[1:].max()
        noise[0] = False
        if noise.any() and carried[1:].max() > 0:
            flows = flows & ~noise[labels]
            labels = _labels(magnitude, sign, flows, counted, runs)
    return labels


def _mixed(current_A: NDArray[np.float64], flows: NDArray[np.bool_], runs: NDArray[np.int64]) -> bool:
    """Whether currents of both signs flow in one run of a step."""
    starts = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]]))
    up, down = (np.logical_or.reduceat(flows & way, starts) for way in (current_A > 0, current_A < 0))
    return bool((up & down).any())


def _signs_of_runs(
    sign: NDArray[np.float64], flows: NDArray[np.bool_], runs: NDArray[np.int64], charge: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One sign for each run of a step where one is plain; and no flow in runs of noise about zero."""
    weight = charge * flows
    count = int(runs[-1]) + 1
    up = np.bincount(runs, weights=np.where(sign > 0, weight, 0.0), minlength=count)
    down = np.bincount(runs, weights=np.where(sign < 0, weight, 0.0), minlength=count)
    plain = np.minimum(up, down) < _MINORITY * np.maximum(up, down)
    turns = np.bincount(runs[1:], weights=flows[1:] & flows[:-1] & (sign[1:] != sign[:-1]), minlength=count)
    noise = (np.abs(up - down) < _CANCEL * (up + down)) & (turns > _MANY_TURNS)
    return np.where(plain[runs], np.sign(up - down)[runs], sign), flows & ~noise[runs]


def _labels(
    magnitude_A: NDArray[np.float64],
    sign: NDArray[np.float64],
    flows: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    runs: NDArray[np.int64] | None,
) -> NDArray[np.int64]:
    """Half steps from which rows carry current (`flows`), `counted` being all rows outside spectra."""
    rows = np.flatnonzero(flows)
    begins = np.zeros(len(flows), dtype=np.int64)
    if rows.size == 0:
        return begins
    rests = np.cumsum(~flows & counted)
    magnitude, direction = magnitude_A[rows], sign[rows]
    turned = direction[1:] != direction[:-1]
    rested = rests[rows[1:]] != rests[rows[:-1]]
    stepped = _level_jumps(magnitude) if runs is None else runs[rows[1:]] != runs[rows[:-1]]
    cuts = np.flatnonzero(turned | rested | stepped) + 1
    first, end = np.concatenate([[0], cuts]), np.concatenate([cuts, [rows.size]])
    # the middle row stands for a stretch: first and last rows are often averages over a change
    level = magnitude[(first + end - 1) // 2]
    early, late = magnitude[(3 * first + end - 1) // 4], magnitude[(first + 3 * (end - 1)) // 4]
    flat = np.abs(early - late) <= _FLAT * level
    other = np.abs(level[1:] - level[:-1]) > _SAME_LEVEL * np.maximum(level[1:], level[:-1])
    new = turned[cuts - 1] | (rested[cuts - 1] & other) | (stepped[cuts - 1] & other & flat[1:] & flat[:-1])
    begins[rows[0]] = 1
    begins[rows[cuts[new]]] = 1
    return np.cumsum(begins)


def _level_jumps(magnitude: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a magnitude goes at once from one constant level to another, between each row and the next."""
    change = np.abs(np.diff(magnitude))
    padded = np.concatenate([[0.0], change, [0.0]])
    still = np.maximum(padded[:-2], padded[2:]) < _STILL * change
    return np.asarray(still & (change > _SAME_LEVEL * np.maximum(magnitude[1:], magnitude[:-1])))


def count_cycles(
    half: NDArray[np.int64], current_A: NDArray[np.float64], spectral: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The cycle each row belongs to, from 1: it ends when a half step of the sign that began it comes again
    after one of the other sign."""
    count = int(half.max(initial=0))
    net = np.bincount(half, weights=np.where(spectral, 0.0, current_A), minlength=count + 1)[1:]
    return np.concatenate([[1], cycles_of(np.where(net < 0, -1, 1))])[half]


def cycles_of(signs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cycle of each half step from their signs: see `count_cycles`."""
    cycles = np.ones(len(signs), dtype=np.int64)
    if len(signs) == 0:
        return cycles
    # a cycle begins wherever the sign comes back to the one that the test began with
    returns = (signs[1:] == signs[0]) & (signs[:-1] != signs[0])
    cycles[1:] += np.cumsum(returns)
    return cycles


def charge_increments(
    time_s: NDArray[np.float64], current_A: NDArray[np.float64], steps: NDArray[np.generic] | None = None
) -> NDArray[np.float64]:
    """Charge since the row before in Ah: the mean of both currents times the time between.

    Across a change of step the new step's current alone counts, for the old one had ended.
    """
    increments = np.zeros(len(time_s))
    if len(time_s) > 1:
        mean = 0.5 * (current_A[1:] + current_A[:-1])
        if steps is not None:
            mean = np.where(steps[1:] != steps[:-1], current_A[1:], mean)
        increments[1:] = mean * np.diff(time_s) / 3600
    return increments


def within_half_steps(
    half: NDArray[np.int64], increment: NDArray[np.float64], spectral: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Charge passed since each row's half step began, without the spectra's, as a magnitude."""
    passed = np.cumsum(np.where(spectral, 0.0, increment))
    starts = np.flatnonzero(np.concatenate([[True], half[1:] != half[:-1]]))
    before = np.where(starts > 0, passed[starts - 1], 0.0)
    lengths = np.diff(np.append(starts, len(half)))
    return np.where(half > 0, np.abs(passed - np.repeat(before, lengths)), 0.0)
