"""What the course of the cycles shows: dips that spectra make, and where a new rate begins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from natron.cycling.cycles import Cycle, Pairing, RateStep, returned_capacity_Ah, same_rate
from natron.cycling.events import Event
from natron.cycling.half_step import HalfStep
from natron.cycling.rows import Rows, runs_of, spectral_charges
from natron.data import CyclingRecord

DIP_WINDOW = 5
"""Cycles to each side, at the same rate, with which a cycle with a spectrum is compared."""

DIP_SMALLEST = 1e-3
"""Smallest fall of the efficiency that is called a dip."""

DIP_SPREADS = 3.0
"""... and it must exceed this many robust standard deviations of the cycles around."""

DIP_EXPLAINED = 0.5
"""Share of the missing charge from which on the spectra's own charge explains a dip."""


def eis_dips(
    record: CyclingRecord, rows: Rows, half_steps: Sequence[HalfStep], cycles: Sequence[Cycle], pairing: Pairing
) -> tuple[Event, ...]:
    """Falls of the efficiency in cycles disturbed by a spectrum, against the cycles around that were not.

    A spectrum disturbs the cycle whose current flows next: one taken after a discharge lowers the efficiency
    of the cycle after it. A cycle is compared with the median of up to `DIP_WINDOW` cycles to each side at
    the same rate. A fall of more than `DIP_SMALLEST` and of more than `DIP_SPREADS` robust standard
    deviations (1.4826 median absolute deviation) is the spectrum's doing, not the cell's. Confidence 0.9
    where the charge that the spectra passed explains at least half of it, else 0.6: the rest before a
    spectrum can take charge too. The very first cycle loses charge of its own: there the spectra's charge has to
    explain half of it.
    """
    last_rows = {h.cycle: h.last_row for h in half_steps}
    numbers, ends = np.array([c.cycle for c in cycles]), np.array([last_rows[c.cycle] for c in cycles])
    count: dict[int, int] = {}
    passed: dict[int, float] = {}
    starts = [_row(item.first_row, item.time_s, rows) for item in record.spectra]
    for row in starts:
        place = int(np.searchsorted(ends, row))
        if place < len(cycles):
            count[int(numbers[place])] = count.get(int(numbers[place]), 0) + 1
    runs, _ = runs_of(rows.spectral)
    for row, charge in zip(runs.tolist(), spectral_charges(rows)[0].tolist(), strict=True):
        place = int(np.searchsorted(ends, row))
        if place < len(cycles):
            passed[int(numbers[place])] = passed.get(int(numbers[place]), 0.0) + abs(charge)
    events = []
    for k, cycle in enumerate(cycles):
        efficiency = cycle.coulombic_efficiency
        if cycle.cycle not in count or efficiency is None or "formation" in cycle.flags:
            continue
        near = [*cycles[max(0, k - DIP_WINDOW) : k], *cycles[k + 1 : k + 1 + DIP_WINDOW]]
        around = [
            c.coulombic_efficiency
            for c in near
            if c.coulombic_efficiency is not None
            and c.cycle not in count
            and "formation" not in c.flags
            and same_rate(c, cycle)
        ]
        if len(around) < 2:
            continue
        usual = float(np.median(around))
        spread = 1.4826 * float(np.median(np.abs(np.array(around) - usual)))
        fall = usual - efficiency
        if fall <= max(DIP_SMALLEST, DIP_SPREADS * spread):
            continue
        taken = passed.get(cycle.cycle, 0.0)
        lost = fall * (returned_capacity_Ah(cycle, pairing) or 0.0)
        explained = taken / lost if lost > 0 else 0.0
        if k == 0 and explained < DIP_EXPLAINED:
            # a first cycle loses charge of its own
            continue
        events.append(
            Event(
                kind="eis_dip",
                cycle=cycle.cycle,
                half_step=cycle.half_steps[0],
                time_s=cycle.start_s,
                evidence=(
                    f"efficiency {100 * efficiency:.2f} % against {100 * usual:.2f} % in the {len(around)} undisturbed "
                    f"cycles around; {count[cycle.cycle]} spectra before or in it passed {taken * 1e3:.3g} mAh, "
                    f"{100 * explained:.0f} % of what is missing"
                ),
                confidence=0.9 if explained >= DIP_EXPLAINED else 0.6,
                first_row=cycle.first_row,
            )
        )
    return tuple(events)


def _row(first_row: int | None, time_s: float | None, rows: Rows) -> int:
    """Where a spectrum was taken; after the last row where that is not known."""
    if first_row is not None:
        return first_row
    return len(rows) if time_s is None else int(np.searchsorted(rows.time_s, time_s))


def rate_changes(cycles: Sequence[Cycle], steps: Sequence[RateStep]) -> tuple[Event, ...]:
    """An event wherever a new rate begins, so that a change of capacity there is not read as ageing."""
    by_number = {c.cycle: c for c in cycles}
    events = []
    for before, step in pairwise(steps):
        cycle = by_number[step.first_cycle]
        kind = "formation_end" if before.formation and not step.formation else "rate_change"
        events.append(
            Event(
                kind=kind,
                cycle=cycle.cycle,
                half_step=cycle.half_steps[0],
                time_s=cycle.start_s,
                evidence=(
                    f"charge {_mA(before.charge_current_A)} to {_mA(step.charge_current_A)}, discharge "
                    f"{_mA(before.discharge_current_A)} to {_mA(step.discharge_current_A)}"
                ),
                confidence=1.0,
                first_row=cycle.first_row,
            )
        )
    return tuple(events)


def _mA(current_A: float | None) -> str:
    return "none" if current_A is None else f"{current_A * 1e3:.3g} mA"
