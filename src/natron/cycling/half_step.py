"""The half steps of a record: every stretch of one direction and one level of current, with what it passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from natron.cycling.resistance import CurrentStep, current_steps
from natron.cycling.rows import Rows, median, rows_of
from natron.data import CyclingRecord
from natron.data.segmentation import cycles_of

ResistanceFrom = Literal["voltage over current at the end", "current step at the start", "current step at the end"]

CONSTANT_VOLTAGE_DROP = 0.9
"""A half step whose current falls below this share while its voltage holds is held there: of its first half's, or
of that with which it came to the voltage, where it was charged faster towards the end."""

CONSTANT_VOLTAGE_V = 0.002
"""How far the voltage may move while it is held."""


@dataclass(frozen=True, slots=True)
class HalfStep:
    """One half step: current in one direction, rests and spectra inside it included.

    Attributes
    ----------
    index : int
        From 1, as in the table's `Half Step / 1`.
    cycle : int
        From 1, counted by natron from the half steps: see `natron.data.segmentation.count_cycles`.
    sign : int
        +1 charging, i.e. plating the cell's negative electrode; -1 the other way.
    first_row, last_row : int
        First and last row in which its current flows; spectra and rests between them belong to it.
    end_row : int
        Last row that belongs to it, with the rest and the spectra that follow.
    start_s, end_s : float
        Test time of its first and last row.
    current_A : float
        Median of the current while it flows, with its sign.
    current_density_A_m2 : float or None
        The same per area; None without one.
    capacity_Ah : float
        Charge passed in its direction, without what flowed in impedance steps.
    spectral_charge_Ah : float
        Charge passed in the impedance steps that belong to it, with its sign: + is charging.
    energy_Wh : float
        Energy taken up (sign +1) or delivered (sign -1) in the rows of `capacity_Ah`; negative where a
        cell took up energy while discharging, as symmetric cells do.
    voltage_start_V, voltage_end_V : float
        In the first and last row in which current flows.
    mean_voltage_V : float
        Mean over the charge: energy over charge.
    areal_capacity_Ah_m2 : float or None
        `capacity_Ah` per area; None without one.
    resistance_ohm, area_specific_resistance_ohm_m2 : float or None
        Of a symmetric cell voltage over current at the end, the two electrodes and the separator together. Of
        any other cell the change of voltage over the change of current at its start, or where that is not
        resolved at its end. None where neither is; per area None without one.
    resistance_from : str or None
        Which of these it is.
    flags : tuple of str
        ``spectra_inside``, ``constant_voltage`` (its end was held at a voltage), ``open_ended`` (the record
        ends within it), ``rests_inside`` (it was interrupted by rests).
    """

    index: int
    cycle: int
    sign: int
    first_row: int
    last_row: int
    end_row: int
    start_s: float
    end_s: float
    current_A: float
    current_density_A_m2: float | None
    capacity_Ah: float
    spectral_charge_Ah: float
    energy_Wh: float
    voltage_start_V: float
    voltage_end_V: float
    mean_voltage_V: float
    areal_capacity_Ah_m2: float | None
    resistance_ohm: float | None
    area_specific_resistance_ohm_m2: float | None
    resistance_from: ResistanceFrom | None
    flags: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """From its first row to its last, rests and spectra between included."""
        return self.end_s - self.start_s

    def flagged(self, flag: str) -> HalfStep:
        """The same with one more flag."""
        return replace(self, flags=(*self.flags, flag))


def half_steps(record: CyclingRecord, rows: Rows | None = None) -> tuple[HalfStep, ...]:
    """Every half step of a record, in order of time.

    Half steps are those of `natron.data.segmentation.half_steps`: the technique's steps where there are any, the
    current where there are none. The charge of all of them with their signs, the spectra's charge and what
    flowed before the first add up to that of the rows.

    Parameters
    ----------
    record : CyclingRecord
        Its area makes the areal values, its kind says how the resistance is found.
    rows : Rows, optional
        Its rows where they are at hand.
    """
    rows = rows_of(record) if rows is None else rows
    count = int(rows.half_step.max(initial=0))
    if count == 0:
        return ()
    half, flows = rows.half_step, rows.flows
    plain = ~rows.spectral
    net = np.bincount(half[plain], rows.increment_Ah[plain], minlength=count + 1)
    spectral = np.bincount(half[rows.spectral], rows.increment_Ah[rows.spectral], minlength=count + 1)
    driven = np.bincount(half[flows], rows.current_A[flows], minlength=count + 1)
    signs = np.where(driven < 0, -1, 1)
    # between two rows under current the voltage is their mean, else that of the row that closes the interval
    before = np.concatenate([[0], np.arange(len(half) - 1)])
    joined = flows & flows[before] & (half == half[before])
    middle = np.where(joined, 0.5 * (rows.voltage_V + rows.voltage_V[before]), rows.voltage_V)
    energy = np.bincount(half[plain], (middle * rows.increment_Ah)[plain], minlength=count + 1)
    cycles = cycles_of(signs[1:])
    ends = np.append(np.flatnonzero(half[1:] != half[:-1]), len(half) - 1)
    ends = ends[half[ends] > 0]
    flowing = np.flatnonzero(flows)
    owner = half[flowing]
    firsts, lasts = np.searchsorted(owner, np.arange(1, count + 1)), np.searchsorted(owner, np.arange(2, count + 2))
    steps = {step.row: step for step in current_steps(rows, record.area_m2)}
    flags = _flags(rows, flowing, firsts, lasts)
    current_A = rows.current_A[flowing]
    found = []
    for k in range(1, count + 1):
        inside = slice(firsts[k - 1], lasts[k - 1])
        first, last = int(flowing[firsts[k - 1]]), int(flowing[lasts[k - 1] - 1])
        sign = int(signs[k])
        charge = sign * net[k]
        current = median(current_A[inside])
        resistance, how = _resistance(record, rows, steps, first, last)
        found.append(
            HalfStep(
                index=k,
                cycle=int(cycles[k - 1]),
                sign=sign,
                first_row=first,
                last_row=last,
                end_row=int(ends[k - 1]),
                start_s=float(rows.time_s[first]),
                end_s=float(rows.time_s[last]),
                current_A=current,
                current_density_A_m2=None if record.area_m2 is None else current / record.area_m2,
                capacity_Ah=float(charge),
                spectral_charge_Ah=float(spectral[k]),
                energy_Wh=float(sign * energy[k]),
                voltage_start_V=float(rows.voltage_V[first]),
                voltage_end_V=float(rows.voltage_V[last]),
                mean_voltage_V=float(energy[k] / net[k]) if net[k] else float(np.mean(rows.voltage_V[flowing[inside]])),
                areal_capacity_Ah_m2=None if record.area_m2 is None else float(charge / record.area_m2),
                resistance_ohm=resistance,
                area_specific_resistance_ohm_m2=(
                    None if resistance is None or record.area_m2 is None else resistance * record.area_m2
                ),
                resistance_from=how,
                flags=flags[k - 1],
            )
        )
    return tuple(found)


def _flags(
    rows: Rows, flowing: NDArray[np.intp], firsts: NDArray[np.intp], lasts: NDArray[np.intp]
) -> list[tuple[str, ...]]:
    """What should be known of each half step; its current flows in the rows `flowing[firsts[k]:lasts[k]]`."""
    first, last = flowing[firsts], flowing[lasts - 1]
    spectra = np.concatenate([[0], np.cumsum(rows.spectral)])
    idle = np.concatenate([[0], np.cumsum(~rows.flows & ~rows.spectral)])
    interrupted = {
        "spectra_inside": spectra[last + 1] > spectra[first],
        "rests_inside": idle[last + 1] > idle[first],
    }
    # held where the last three rows stand at one voltage and their current has fallen
    tail = flowing[np.maximum(lasts[:, None] - np.arange(1, 4), 0)]
    held = (np.abs(rows.voltage_V[tail] - rows.voltage_V[last, None]) < CONSTANT_VOLTAGE_V).all(axis=1)
    held &= lasts - firsts > 3
    current = np.abs(rows.current_A[flowing])
    lowered = np.abs(rows.current_A[tail]).max(axis=1)
    for k in np.flatnonzero(held):
        half = current[firsts[k] : firsts[k] + (lasts[k] - firsts[k]) // 2 + 1]
        own = flowing[firsts[k] : lasts[k]]
        away = np.flatnonzero(np.abs(rows.voltage_V[own] - rows.voltage_V[own[-1]]) >= CONSTANT_VOLTAGE_V)
        arrived = firsts[k] + (int(away[-1]) + 1 if away.size else 0)
        before = max(median(half), median(current[arrived : min(arrived + 3, lasts[k])]))
        held[k] = lowered[k] < CONSTANT_VOLTAGE_DROP * before
    every = {**interrupted, "constant_voltage": held, "open_ended": last == len(rows.flows) - 1}
    return [tuple(name for name, ones in every.items() if ones[k]) for k in range(len(first))]


def _resistance(
    record: CyclingRecord, rows: Rows, steps: Mapping[int, CurrentStep], first: int, last: int
) -> tuple[float | None, ResistanceFrom | None]:
    """Ohms, and how they were found; see `HalfStep`."""
    if record.kind == "symmetric":
        return abs(float(rows.voltage_V[last] / rows.current_A[last])), "voltage over current at the end"
    if first in steps:
        return steps[first].resistance_ohm, "current step at the start"
    if last + 1 in steps:
        return steps[last + 1].resistance_ohm, "current step at the end"
    return None, None
