"""Cycles: what was charged and given back, by which pairing, at which rate, and which dips are the spectra's."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.cycling.half_step import HalfStep
from natron.cycling.rows import Rows, spectral_charges
from natron.data import CyclingRecord

Pairing = Literal["discharge_over_charge", "charge_over_discharge", "second_over_first"]

PAIRINGS: dict[Pairing, str] = {
    "discharge_over_charge": "full cell or cathode half cell: discharge over the charge before it",
    "charge_over_discharge": "anode half cell: charge (the electrode gives back) over the discharge before it",
    "second_over_first": "symmetric cell: the cycle's second direction over its first; charge and discharge are names",
}
"""How Coulombic efficiency is formed, in words."""

ANODE_BELOW_V = 1.5
"""A cell of unknown kind that begins with a discharge of a mean voltage below this is taken as an anode half cell."""

SAME_CURRENT = 0.05
"""Currents of two cycles that differ by less, relative to the larger, are the same rate."""

FORMATION_BELOW = 0.67
"""Formation runs below this share of the current of the cycles after it."""

ABOVE_ONE = 1.02
"""A first efficiency above this comes from a cell that held charge before the record began."""

UNBALANCED = 2.0
"""A later efficiency above this is no cell's: its half steps are pulses or parts of a discharge."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle: its half steps of one sign and those of the other that follow.

    Attributes
    ----------
    cycle : int
        From 1.
    half_steps : tuple of int
        Indices of its half steps.
    first_row, end_row : int
        Its rows in the record's table.
    start_s, end_s : float
        From its first row with current to its last row.
    charge_capacity_Ah, discharge_capacity_Ah : float or None
        Charge passed in half steps of each sign, without spectra; None where the cycle has none of it.
    spectral_charge_Ah, spectral_discharge_Ah : float
        Charge passed in the spectra taken in it, those that charged and those that discharged, each ≥ 0.
    charge_energy_Wh, discharge_energy_Wh : float or None
        Taken up and given back.
    mean_charge_voltage_V, mean_discharge_voltage_V : float or None
        Over the charge.
    charge_current_A, discharge_current_A : float or None
        Magnitude, of the half step that passed most.
    coulombic_efficiency, coulombic_efficiency_with_eis : float or None
        By the analysis' pairing; None where its other half is missing.
    energy_efficiency : float or None
        Energy delivered over energy taken up in the same two halves; above 1 for an anode half cell whose first
        cycle lost charge. None for a symmetric cell, which stores nothing.
    retention : float or None
        Capacity (the one that efficiency counts as given back) over that of the first cycle after formation
        at the same rate.
    resistance_charge_ohm, resistance_discharge_ohm : float or None
        Of its first half step of each sign that has one.
    area_m2, mass_kg : float or None
        For the values per area and per mass.
    spectra : int
        How many were taken in it.
    flags : tuple of str
        ``formation``, ``eis_dip``, ``incomplete`` (one direction is missing), ``open_ended`` (the record ends
        in a half step of it), ``began_charged`` (the first gave back more than it took up: the cell held charge
        before the record began, and its efficiency is none), ``unbalanced`` (one later gave back more than twice what
        it took up: pulses, or a discharge in parts), and ``short`` where a short was found in it.
    """

    cycle: int
    half_steps: tuple[int, ...]
    first_row: int
    end_row: int
    start_s: float
    end_s: float
    charge_capacity_Ah: float | None
    discharge_capacity_Ah: float | None
    spectral_charge_Ah: float
    spectral_discharge_Ah: float
    charge_energy_Wh: float | None
    discharge_energy_Wh: float | None
    mean_charge_voltage_V: float | None
    mean_discharge_voltage_V: float | None
    charge_current_A: float | None
    discharge_current_A: float | None
    coulombic_efficiency: float | None
    coulombic_efficiency_with_eis: float | None
    energy_efficiency: float | None
    retention: float | None
    resistance_charge_ohm: float | None
    resistance_discharge_ohm: float | None
    area_m2: float | None
    mass_kg: float | None
    spectra: int
    flags: tuple[str, ...] = ()

    @property
    def polarisation_V(self) -> float | None:
        """Mean voltage of the charge less that of the discharge; in a symmetric cell both directions' losses."""
        if self.mean_charge_voltage_V is None or self.mean_discharge_voltage_V is None:
            return None
        return self.mean_charge_voltage_V - self.mean_discharge_voltage_V


@dataclass(frozen=True, slots=True)
class RateStep:
    """Consecutive cycles at one pair of currents.

    Attributes
    ----------
    first_cycle, last_cycle : int
    charge_current_A, discharge_current_A : float or None
        Magnitudes.
    discharge_capacity_Ah, coulombic_efficiency : float or None
        Medians over its cycles.
    formation : bool
        Whether it is the formation.
    """

    first_cycle: int
    last_cycle: int
    charge_current_A: float | None
    discharge_current_A: float | None
    discharge_capacity_Ah: float | None
    coulombic_efficiency: float | None
    formation: bool


def pairing_of(record: CyclingRecord, half_steps: Sequence[HalfStep]) -> tuple[Pairing, str, bool]:
    """How efficiency is formed for this cell, why in words, and whether that was assumed.

    Told by the record's kind and, for a half cell, by its working electrode. Where these are not known: a
    cell whose mean voltages of both directions have opposite signs is symmetric; one that begins with a
    discharge below `ANODE_BELOW_V` is an anode half cell; any other is a full cell or cathode half cell.
    """
    if record.kind == "symmetric":
        return "second_over_first", PAIRINGS["second_over_first"], False
    if record.kind == "full":
        return "discharge_over_charge", PAIRINGS["discharge_over_charge"], False
    if record.kind == "half" and record.working_electrode is not None:
        pairing: Pairing = (
            "charge_over_discharge" if record.working_electrode == "negative" else "discharge_over_charge"
        )
        return pairing, PAIRINGS[pairing], False
    ups = [h.mean_voltage_V for h in half_steps if h.sign > 0]
    downs = [h.mean_voltage_V for h in half_steps if h.sign < 0]
    if record.kind is None and ups and downs and np.median(ups) > 0 > np.median(downs):
        why = f"voltages of {np.median(ups):.3g} V and {np.median(downs):.3g} V in the two directions"
        return "second_over_first", f"{PAIRINGS['second_over_first']} (assumed from {why})", True
    if half_steps and half_steps[0].sign < 0 and float(np.median(downs)) < ANODE_BELOW_V:
        why = f"it begins with a discharge, of {np.median(downs):.3g} V in the median, below {ANODE_BELOW_V:g} V"
        return "charge_over_discharge", f"{PAIRINGS['charge_over_discharge']} (assumed, for {why})", True
    return "discharge_over_charge", f"{PAIRINGS['discharge_over_charge']} (assumed: the kind was not given)", True


def cycles_from(
    record: CyclingRecord, rows: Rows, half_steps: Sequence[HalfStep], pairing: Pairing
) -> tuple[Cycle, ...]:
    """The cycles that half steps make up, with efficiencies by `pairing`; not yet with stages and flags.

    Cycle n is counted by `natron.data.segmentation.count_cycles`. Where the pairing's denominator comes first in
    time (a full cell that begins with a discharge has its charge at the end of the cycle before), it is taken
    from there.
    """
    charges, owners = spectral_charges(rows)
    number = {h.index: h.cycle for h in half_steps}
    up: dict[int, float] = {}
    down: dict[int, float] = {}
    spectra: dict[int, int] = {}
    for charge, owner in zip(charges.tolist(), owners.tolist(), strict=True):
        cycle = number.get(owner, 1)
        into = up if charge > 0 else down
        into[cycle] = into.get(cycle, 0.0) + abs(charge)
    for item in record.spectra:
        cycle = number.get(item.half_step or 0, 1)
        spectra[cycle] = spectra.get(cycle, 0) + 1
    groups: dict[int, list[HalfStep]] = {}
    for h in half_steps:
        groups.setdefault(h.cycle, []).append(h)
    found = [
        _cycle(record, rows, members, up.get(cycle, 0.0), down.get(cycle, 0.0), spectra.get(cycle, 0))
        for cycle, members in groups.items()
    ]
    return _with_efficiencies(found, half_steps[0].sign if half_steps else 1, pairing)


def _cycle(
    record: CyclingRecord,
    rows: Rows,
    members: Sequence[HalfStep],
    spectral_up: float,
    spectral_down: float,
    spectra: int,
) -> Cycle:
    def side(sign: int) -> tuple[float | None, float | None, float | None, float | None, float | None]:
        """Capacity, energy, mean voltage, current and resistance of one direction."""
        those = [h for h in members if h.sign == sign]
        if not those:
            return None, None, None, None, None
        capacity, energy = sum(h.capacity_Ah for h in those), sum(h.energy_Wh for h in those)
        most = max(those, key=lambda h: h.capacity_Ah)
        resistances = [h.resistance_ohm for h in those if h.resistance_ohm is not None]
        mean = energy / capacity if capacity else None
        return capacity, energy, mean, abs(most.current_A), resistances[0] if resistances else None

    charge, discharge = side(1), side(-1)
    flags = [] if charge[0] is not None and discharge[0] is not None else ["incomplete"]
    if any("open_ended" in h.flags for h in members):
        flags.append("open_ended")
    return Cycle(
        cycle=members[0].cycle,
        half_steps=tuple(h.index for h in members),
        first_row=members[0].first_row,
        end_row=members[-1].end_row,
        start_s=members[0].start_s,
        end_s=float(rows.time_s[members[-1].end_row]),
        charge_capacity_Ah=charge[0],
        discharge_capacity_Ah=discharge[0],
        spectral_charge_Ah=spectral_up,
        spectral_discharge_Ah=spectral_down,
        charge_energy_Wh=charge[1],
        discharge_energy_Wh=discharge[1],
        mean_charge_voltage_V=charge[2],
        mean_discharge_voltage_V=discharge[2],
        charge_current_A=charge[3],
        discharge_current_A=discharge[3],
        coulombic_efficiency=None,
        coulombic_efficiency_with_eis=None,
        energy_efficiency=None,
        retention=None,
        resistance_charge_ohm=charge[4],
        resistance_discharge_ohm=discharge[4],
        area_m2=record.area_m2,
        mass_kg=record.mass_kg,
        spectra=spectra,
        flags=tuple(flags),
    )


def _with_efficiencies(cycles: Sequence[Cycle], first_sign: int, pairing: Pairing) -> tuple[Cycle, ...]:
    """The same with Coulombic and energy efficiency."""
    back_sign = {"discharge_over_charge": -1, "charge_over_discharge": 1, "second_over_first": -first_sign}[pairing]
    done = []
    for k, cycle in enumerate(cycles):
        # the direction that comes back was put in during the same cycle where that began with the other one
        source = cycle if first_sign == -back_sign else (cycles[k - 1] if k else None)
        back, into = _passed(cycle, back_sign), None if source is None else _passed(source, -back_sign)
        if back is None or into is None:
            done.append(cycle)
            continue
        (q_back, e_back, s_back), (q_in, e_in, s_in) = back, into
        if not done and q_back > ABOVE_ONE * q_in:
            cycle = replace(cycle, flags=(*cycle.flags, "began_charged"))
        elif q_back > UNBALANCED * q_in:
            cycle = replace(cycle, flags=(*cycle.flags, "unbalanced"))
        delivered, taken = (e_back, e_in) if back_sign < 0 else (e_in, e_back)
        stores = pairing != "second_over_first"
        done.append(
            replace(
                cycle,
                coulombic_efficiency=q_back / q_in if q_in > 0 else None,
                coulombic_efficiency_with_eis=(q_back + s_back) / (q_in + s_in) if q_in + s_in > 0 else None,
                energy_efficiency=delivered / taken if stores and taken > 0 else None,
            )
        )
    return tuple(done)


def _passed(cycle: Cycle, sign: int) -> tuple[float, float, float] | None:
    """Charge, energy and spectral charge of one direction."""
    if sign > 0:
        charge, energy, spectral = cycle.charge_capacity_Ah, cycle.charge_energy_Wh, cycle.spectral_charge_Ah
    else:
        charge, energy, spectral = cycle.discharge_capacity_Ah, cycle.discharge_energy_Wh, cycle.spectral_discharge_Ah
    return None if charge is None or energy is None else (charge, energy, spectral)


def returned_capacity_Ah(cycle: Cycle, pairing: Pairing) -> float | None:
    """The capacity that retention follows: what the electrode under test gives back."""
    return cycle.charge_capacity_Ah if pairing == "charge_over_discharge" else cycle.discharge_capacity_Ah


def rate_steps(cycles: Sequence[Cycle], formation: int | None = None) -> tuple[RateStep, ...]:
    """Blocks of consecutive cycles at one pair of currents, the formation among them.

    Formation is what comes first at a current below `FORMATION_BELOW` of that of the block after it, where
    that block is longer than it or half of all cycles; or the first `formation` cycles where that is given.

    Raises
    ------
    InputError
        Where `formation` is negative or there are not so many cycles.
    """
    if formation is not None and not 0 <= formation <= len(cycles):
        raise InputError(
            "there are not so many cycles to be formation", given=formation, allowed=f"from 0 to {len(cycles)}"
        )
    blocks: list[list[Cycle]] = []
    for k, cycle in enumerate(cycles):
        told = formation is not None and k == formation
        if blocks and not told and same_rate(blocks[-1][0], cycle):
            blocks[-1].append(cycle)
        else:
            blocks.append([cycle])
    formed = 0
    if formation is not None:
        formed = formation
    elif len(blocks) > 1:
        before, after = _current(blocks[0][0]), _current(blocks[1][0])
        long = len(blocks[1]) > len(blocks[0]) or len(blocks[1]) >= len(cycles) / 2
        if before is not None and after is not None and before < FORMATION_BELOW * after and long:
            formed = len(blocks[0])
    steps, seen = [], 0
    for block in blocks:
        steps.append(
            RateStep(
                first_cycle=block[0].cycle,
                last_cycle=block[-1].cycle,
                charge_current_A=block[0].charge_current_A,
                discharge_current_A=block[0].discharge_current_A,
                discharge_capacity_Ah=_median([c.discharge_capacity_Ah for c in block]),
                coulombic_efficiency=_median([c.coulombic_efficiency for c in block]),
                formation=seen + len(block) <= formed,
            )
        )
        seen += len(block)
    return tuple(steps)


def staged(cycles: Sequence[Cycle], steps: Sequence[RateStep], pairing: Pairing) -> tuple[Cycle, ...]:
    """The cycles with formation flagged and retention, each within its own currents."""
    formation = {n for step in steps if step.formation for n in range(step.first_cycle, step.last_cycle + 1)}
    references: list[Cycle] = []
    up, down = (np.full(len(cycles), np.nan) for _ in range(2))
    done = []
    for cycle in cycles:
        if cycle.cycle in formation:
            done.append(replace(cycle, flags=("formation", *cycle.flags)))
            continue
        capacity = returned_capacity_Ah(cycle, pairing)
        known = len(references)
        same = _same(up[:known], cycle.charge_current_A) & _same(down[:known], cycle.discharge_current_A)
        reference = references[int(same.argmax())] if same.any() else None
        if reference is None and capacity and cycle.coulombic_efficiency is not None:
            up[known] = np.nan if cycle.charge_current_A is None else cycle.charge_current_A
            down[known] = np.nan if cycle.discharge_current_A is None else cycle.discharge_current_A
            references.append(cycle)
            reference = cycle
        of = None if reference is None else returned_capacity_Ah(reference, pairing)
        done.append(replace(cycle, retention=capacity / of if capacity is not None and of else None))
    return tuple(done)


def _current(cycle: Cycle) -> float | None:
    known = [i for i in (cycle.charge_current_A, cycle.discharge_current_A) if i is not None]
    return max(known) if known else None


def same_rate(one: Cycle, other: Cycle) -> bool:
    """Whether the currents that both cycles have differ by less than `SAME_CURRENT`."""
    pairs = ((one.charge_current_A, other.charge_current_A), (one.discharge_current_A, other.discharge_current_A))
    return all(a is None or b is None or abs(a - b) <= SAME_CURRENT * max(a, b) for a, b in pairs)


def _same(currents_A: NDArray[np.float64], current_A: float | None) -> NDArray[np.bool_]:
    """`same_rate` of many currents, those that are not known NaN, and one."""
    if current_A is None:
        return np.ones(len(currents_A), dtype=bool)
    return ~(np.abs(currents_A - current_A) > SAME_CURRENT * np.maximum(currents_A, current_A))


def _median(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(statistics.median(known)) if known else None
