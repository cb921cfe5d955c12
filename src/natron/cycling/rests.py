"""Rests and titrations: how a cell relaxes without current, and what pulses between rests say (GITT)."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.cycling.half_step import HalfStep
from natron.cycling.rows import Rows, runs_of

RELAXED_V_S = 1e-3 / 3600
"""A rest whose voltage moves by less than 1 mV an hour at its end has relaxed."""

FEWEST_PULSES = 4
"""From so many alike pulses of one direction with rests between them, a half step is a titration."""

ALIKE = 0.2
"""Pulses whose durations and currents differ by less from their medians are alike."""

SHORTEST_REST = 0.5
"""Rests between pulses last at least this multiple of a pulse, else they are pauses and no titration."""

ROOT_FROM = 0.1
"""Share of a pulse left out at its beginning, where charge transfer and double layers still respond."""

SHORT_PULSE = 0.25
"""Largest τ D/L² for which a pulse is short against diffusion, as the method assumes."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A stretch without current, outside spectra.

    Attributes
    ----------
    first_row, last_row : int
    half_step : int
        The one before it; 0 before the first.
    start_s, duration_s : float
    voltage_start_V, voltage_end_V : float
        In its first and last row.
    slope_V_s : float
        Of the voltage at its end, fitted over its last tenth or its last three rows.
    relaxed : bool
        Whether that is below `RELAXED_V_S`, so that the last voltage is one of equilibrium.
    """

    first_row: int
    last_row: int
    half_step: int
    start_s: float
    duration_s: float
    voltage_start_V: float
    voltage_end_V: float
    slope_V_s: float
    relaxed: bool

    @property
    def relaxation_V(self) -> float:
        """How far the voltage went during the rest."""
        return self.voltage_end_V - self.voltage_start_V


def rests(rows: Rows) -> tuple[Rest, ...]:
    """Every rest of a record of at least three rows."""
    first, last = runs_of(~rows.flows & ~rows.spectral)
    found = []
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        if b - a < 2 or rows.time_s[b] <= rows.time_s[a]:
            continue
        slope = _end_slope(rows, a, b)
        found.append(
            Rest(
                first_row=a,
                last_row=b,
                half_step=int(rows.half_step[a]),
                start_s=float(rows.time_s[a]),
                duration_s=float(rows.time_s[b] - rows.time_s[a]),
                voltage_start_V=float(rows.voltage_V[a]),
                voltage_end_V=float(rows.voltage_V[b]),
                slope_V_s=slope,
                relaxed=abs(slope) < RELAXED_V_S,
            )
        )
    return tuple(found)


def _end_slope(rows: Rows, first: int, last: int) -> float:
    from_s = rows.time_s[last] - 0.1 * (rows.time_s[last] - rows.time_s[first])
    begin = min(max(first, int(np.searchsorted(rows.time_s, from_s))), last - 2)
    t, v = rows.time_s[begin : last + 1], rows.voltage_V[begin : last + 1]
    t = t - t.mean()
    spread = float(t @ t)
    return float(t @ v) / spread if spread > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse of a titration and the rest after it.

    Attributes
    ----------
    half_step : int
    first_row, last_row : int
        Rows with current.
    start_s, duration_s : float
    capacity_Ah : float
        Passed by the pulses of this titration up to and with this one.
    current_A : float
    open_circuit_V : float
        At the end of the rest after it: the pseudo open-circuit voltage where `relaxed` is False.
    step_V : float
        ΔE_s: change of the rest voltage by the pulse.
    transient_V : float
        ΔE_t: change of the voltage during the pulse without the ohmic step, from its slope over √t.
    linearity : float
        R² of the voltage over √t.
    relaxed : bool
    diffusion_coefficient_m2_s : float or None
        4/(π τ) L² (ΔE_s/ΔE_t)²; None without a diffusion length or where a difference vanishes.
    short : bool or None
        Whether τ D/L² is below `SHORT_PULSE`, as the equation assumes; None without D.
    """

    half_step: int
    first_row: int
    last_row: int
    start_s: float
    duration_s: float
    capacity_Ah: float
    current_A: float
    open_circuit_V: float
    step_V: float
    transient_V: float
    linearity: float
    relaxed: bool
    diffusion_coefficient_m2_s: float | None
    short: bool | None


def titration(
    rows: Rows, half_steps: Sequence[HalfStep], found: Sequence[Rest], *, diffusion_length_m: float | None = None
) -> tuple[Pulse, ...]:
    """The pulses of every half step that is a galvanostatic intermittent titration.

    A half step is one where at least `FEWEST_PULSES` alike pulses have rests of three rows or more between
    them, each at least half as long as a pulse; spectra taken in a rest are looked through. The diffusion
    coefficient is that of short pulses, D = 4/(π τ) L² (ΔE_s/ΔE_t)².

    Parameters
    ----------
    rows : Rows
    half_steps : sequence of HalfStep
    found : sequence of Rest
        `rests` of the same rows.
    diffusion_length_m : float, optional
        L, volume over surface of the particles: a third of their radius for spheres. Without it no diffusion
        coefficient is given.

    Raises
    ------
    InputError
        Where `diffusion_length_m` is not above zero.

    Notes
    -----
    Source: Weppner and Huggins 1977, J. Electrochem. Soc. 124, 1569, DOI 10.1149/1.2133112.
    """
    if diffusion_length_m is not None and not (math.isfinite(diffusion_length_m) and diffusion_length_m > 0):
        raise InputError(
            "the diffusion length is not one",
            given=f"{diffusion_length_m} m",
            allowed="above zero, a third of the radius for spherical particles",
        )
    relaxed = {rest.last_row for rest in found if rest.relaxed}
    resting = np.flatnonzero(~rows.flows & ~rows.spectral)
    pulses: list[Pulse] = []
    for half_step in half_steps:
        if "rests_inside" in half_step.flags:
            pulses += _pulses(rows, half_step, resting, relaxed, diffusion_length_m)
    return tuple(pulses)


def _pulses(
    rows: Rows, half_step: HalfStep, resting: NDArray[np.intp], relaxed: Set[int], length_m: float | None
) -> list[Pulse]:
    """The pulses of one half step; none where they are too few, unlike each other, or hardly rested between."""
    first, last = runs_of(rows.flows[half_step.first_row : half_step.last_row + 1])
    first, last = first + half_step.first_row, last + half_step.first_row
    # rows of a spectrum, and pauses of a row or two, part no pulse from the next
    paused = np.searchsorted(resting, first[1:]) - np.searchsorted(resting, last[:-1]) > 2
    first, last = first[np.concatenate([[True], paused])], last[np.concatenate([paused, [True]])]
    if len(first) < FEWEST_PULSES:
        return []
    # the current flows from the row before a pulse on, where that belongs to the rest
    began = rows.time_s[np.maximum(first - 1, 0)]
    durations = rows.time_s[last] - began
    pauses = rows.time_s[first[1:]] - rows.time_s[last[:-1]]
    currents = rows.current_A[(first + last) // 2]
    typical = float(np.median(durations))
    alike = all(
        np.mean(np.abs(values - np.median(values)) <= ALIKE * abs(np.median(values))) >= 1 - ALIKE
        for values in (durations, currents)
    )
    if not alike or np.median(pauses) < SHORTEST_REST * typical:
        return []
    done: list[Pulse] = []
    charge = 0.0
    for k, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        charge += half_step.sign * float(rows.increment_Ah[a : b + 1].sum(where=~rows.spectral[a : b + 1]))
        until = int(first[k + 1]) if k + 1 < len(first) else half_step.end_row + 1
        before, after = _last_before(resting, a), _last_before(resting, until)
        if before is None or after is None or after < b:
            continue
        done.append(_pulse(rows, half_step, (a, b), (before, after), charge, length_m, relaxed=after in relaxed))
    return done


def _last_before(resting: NDArray[np.intp], row: int) -> int | None:
    """The last row without current before `row`."""
    place = int(np.searchsorted(resting, row))
    return int(resting[place - 1]) if place else None


def _pulse(
    rows: Rows,
    half_step: HalfStep,
    span: tuple[int, int],
    open_rows: tuple[int, int],
    charge: float,
    length_m: float | None,
    *,
    relaxed: bool,
) -> Pulse:
    """One pulse in the rows of `span`, the cell open in `open_rows` before and after it."""
    a, b = span
    open_before, open_after = (float(rows.voltage_V[row]) for row in open_rows)
    since = rows.time_s[a : b + 1] - rows.time_s[max(a - 1, 0)]
    tau = float(since[-1])
    late = since >= ROOT_FROM * tau
    root, v = np.sqrt(since[late]), rows.voltage_V[a : b + 1][late]
    slope, linearity = 0.0, 0.0
    if root.size > 2 and np.ptp(root) > 0:
        x, y = root - root.mean(), v - v.mean()
        slope = float(x @ y / (x @ x))
        linearity = float((x @ y) ** 2 / ((x @ x) * (y @ y))) if y @ y > 0 else 0.0
    transient = slope * math.sqrt(tau)
    step = open_after - open_before
    diffusion = short = None
    if length_m is not None and step != 0 and transient != 0:
        diffusion = 4 / (math.pi * tau) * length_m**2 * (step / transient) ** 2
        short = tau * diffusion / length_m**2 < SHORT_PULSE
    return Pulse(
        half_step=half_step.index,
        first_row=a,
        last_row=b,
        start_s=float(rows.time_s[a]),
        duration_s=tau,
        capacity_Ah=charge,
        current_A=float(np.median(rows.current_A[a : b + 1])),
        open_circuit_V=open_after,
        step_V=step,
        transient_V=transient,
        linearity=linearity,
        relaxed=relaxed,
        diffusion_coefficient_m2_s=diffusion,
        short=short,
    )
