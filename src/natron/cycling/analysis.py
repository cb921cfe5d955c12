"""The analysis of a cycling record as a whole: cycles, half steps, spectra, events, rests and what else it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from natron.cycling.cycle_events import eis_dips, rate_changes
from natron.cycling.cycles import (
    Cycle,
    Pairing,
    RateStep,
    cycles_from,
    pairing_of,
    rate_steps,
    staged,
)
from natron.cycling.events import Event
from natron.cycling.failure.criteria import ShortCriteria
from natron.cycling.failure.shorts import detect_shorts
from natron.cycling.half_step import HalfStep, half_steps
from natron.cycling.polarisation import Polarisation, polarisation
from natron.cycling.resistance import CurrentStep, current_steps
from natron.cycling.rests import Pulse, Rest, rests, titration
from natron.cycling.rows import Rows, rows_of
from natron.data import CyclingRecord, RecordedSpectrum, cycling_record
from natron.data.cycling import CURRENT, HALF_STEP, HALF_STEP_CAPACITY, INCREMENT, VOLTAGE

PULSE_S = 120.0
"""A half step that lasts no longer ..."""

PULSE_SHARE = 0.05
"""... and passes less than this share of the largest one's charge is a pulse."""


@dataclass(frozen=True, slots=True, eq=False)
class CyclingAnalysis:
    """What a record shows.

    Attributes
    ----------
    record : CyclingRecord
        As analysed: with the kind that was told or assumed, and turned where the leads were swapped.
    rows : Rows
        Its rows as arrays, for `differential_capacity` and plots.
    pairing : str
        How Coulombic efficiency is formed: a key of `natron.cycling.PAIRINGS`.
    pairing_words : str
        The same in words, with what it was assumed from.
    pairing_assumed : bool
        Whether kind or working electrode were not told.
    half_steps, cycles, rate_steps : tuple
        In order of time.
    spectra : tuple of RecordedSpectrum
        The record's, linked to cycle and half step as counted here.
    events : tuple of Event
        In order of time: ``eis_dip``, ``rate_change``, ``formation_end``, ``hard_short``, ``soft_short``,
        ``titration``, ``polarisation``.
    current_steps : tuple of CurrentStep
        Every resolved step of the current with its DC resistance.
    rests : tuple of Rest
    pulses : tuple of Pulse
        Of a titration (GITT); empty where there is none.
    polarisation : Polarisation or None
        Where the record is a DC polarisation.
    notes : tuple of str
        What was assumed.
    """

    record: CyclingRecord
    rows: Rows
    pairing: Pairing
    pairing_words: str
    pairing_assumed: bool
    half_steps: tuple[HalfStep, ...]
    cycles: tuple[Cycle, ...]
    rate_steps: tuple[RateStep, ...]
    spectra: tuple[RecordedSpectrum, ...]
    events: tuple[Event, ...]
    current_steps: tuple[CurrentStep, ...]
    rests: tuple[Rest, ...]
    pulses: tuple[Pulse, ...]
    polarisation: Polarisation | None
    notes: tuple[str, ...]

    @property
    def formation(self) -> tuple[int, ...]:
        """The cycles of the formation."""
        return tuple(c.cycle for c in self.cycles if "formation" in c.flags)


def analyse(
    record: CyclingRecord,
    *,
    formation: int | None = None,
    thickness_m: float | None = None,
    diffusion_length_m: float | None = None,
    shorts: ShortCriteria | None = None,
) -> CyclingAnalysis:
    """Everything that this room finds in a record.

    Parameters
    ----------
    record : CyclingRecord
        Measured or simulated alike. Its area and mass make values per area and per mass, its kind and working
        electrode say how efficiency is formed.
    formation : int, optional
        How many of the first cycles are formation; recognised from the currents without it.
    thickness_m : float, optional
        Of the pellet in a DC polarisation, for its conductivity.
    diffusion_length_m : float, optional
        For diffusion coefficients of a titration; see `natron.cycling.titration`.
    shorts : ShortCriteria, optional
        Thresholds of the detection of shorts.

    Raises
    ------
    InputError
        Where `formation` exceeds the number of cycles or a length is not above zero.
    """
    record, notes = _turned(record)
    rows = rows_of(record)
    found = half_steps(record, rows)
    pairing, words, assumed = pairing_of(record, found)
    if record.kind is None and pairing == "second_over_first":
        record = replace(record, kind="symmetric")
        found = half_steps(record, rows)
    if not found:
        notes.append("no current flowed outside impedance steps: there are no half steps and no cycles")
    elif assumed:
        notes.append(f"Coulombic efficiency: {words}")
    notes += _pulses_named(found)
    cycles = cycles_from(record, rows, found, pairing)
    steps = rate_steps(cycles, formation)
    cycles = staged(cycles, steps, pairing)
    resting = rests(rows)
    pulses = titration(rows, found, resting, diffusion_length_m=diffusion_length_m)
    polarised = polarisation(rows, area_m2=record.area_m2, thickness_m=thickness_m)
    if polarised is None and thickness_m is not None:
        notes.append("the thickness was not used: the record is no DC polarisation at held voltage")
    if not pulses and diffusion_length_m is not None:
        notes.append("the diffusion length was not used: no titration was recognised")
    dips = eis_dips(record, rows, found, cycles, pairing)
    shorted = () if polarised is not None or pulses else detect_shorts(record, found, shorts)
    cycles = _flagged(cycles, "eis_dip", dips)
    cycles = _flagged(cycles, "short", shorted)
    events = [*dips, *rate_changes(cycles, steps), *shorted, *_titrations(found, pulses), *_holds(found, polarised)]
    return CyclingAnalysis(
        record=record,
        rows=rows,
        pairing=pairing,
        pairing_words=words,
        pairing_assumed=assumed,
        half_steps=found,
        cycles=cycles,
        rate_steps=steps,
        spectra=_linked(record, found),
        events=tuple(sorted(events, key=lambda event: (event.time_s, event.kind))),
        current_steps=current_steps(rows, record.area_m2),
        rests=resting,
        pulses=pulses,
        polarisation=polarised,
        notes=tuple(notes),
    )


def _pulses_named(found: Sequence[HalfStep]) -> list[str]:
    """What to know of half steps that are pulses of a resistance test, of two or more."""
    largest = max((half.capacity_Ah for half in found), default=0.0)
    pulses = [h for h in found if h.duration_s <= PULSE_S and h.capacity_Ah < PULSE_SHARE * largest]
    if len(pulses) < 2:
        return []
    return [
        f"{len(pulses)} half steps last {PULSE_S:g} s at most and pass less than {100 * PULSE_SHARE:g} % of the "
        "largest one's charge: current pulses, as of a resistance test. Each counts as a half step, and two of "
        "opposite directions as a cycle: efficiencies and capacities of these cycles are the pulses', not the cell's"
    ]


def _turned(record: CyclingRecord) -> tuple[CyclingRecord, list[str]]:
    """The record with charging positive: turned where a full cell's negative electrode was on the positive lead."""
    if record.kind != "full" or record.working_electrode != "negative":
        return record, []
    if float(np.median(record.voltage_V)) >= 0:
        note = "the voltage of a full cell measured at its negative electrode is positive: taken as turned already"
        return record, [note]
    own = [name for name in (HALF_STEP, HALF_STEP_CAPACITY) if name in record.table.columns]
    names = [name for name in (VOLTAGE, CURRENT, INCREMENT) if name in record.table.columns]
    table = record.table.drop(own).with_columns([-pl.col(name) for name in names])
    turned = cycling_record(
        table,
        record.provenance,
        area_m2=record.area_m2,
        mass_kg=record.mass_kg,
        kind=record.kind,
        working_electrode=record.working_electrode,
        spectra=record.spectra,
        notes=record.notes,
    )
    return turned, ["voltage and current were turned: the cell's negative electrode was on the positive lead"]


def _linked(record: CyclingRecord, found: Sequence[HalfStep]) -> tuple[RecordedSpectrum, ...]:
    cycle_of = {h.index: h.cycle for h in found}
    linked = []
    for item in record.spectra:
        half = item.half_step if item.half_step in cycle_of else None
        linked.append(replace(item, half_step=half, cycle=item.cycle if half is None else cycle_of[half]))
    return tuple(linked)


def _flagged(cycles: Sequence[Cycle], flag: str, events: Sequence[Event]) -> tuple[Cycle, ...]:
    numbers = {event.cycle for event in events}
    return tuple(replace(c, flags=(*c.flags, flag)) if c.cycle in numbers else c for c in cycles)


def _titrations(found: Sequence[HalfStep], pulses: Sequence[Pulse]) -> list[Event]:
    events = []
    for half_step in found:
        those = [p for p in pulses if p.half_step == half_step.index]
        if those:
            relaxed = sum(p.relaxed for p in those)
            evidence = (
                f"{len(those)} pulses of {np.median([p.duration_s for p in those]):.4g} s at "
                f"{half_step.current_A * 1e3:.3g} mA with rests between; {relaxed} of the rests relaxed"
            )
            events.append(_event("titration", half_step, evidence))
    return events


def _holds(found: Sequence[HalfStep], polarised: Polarisation | None) -> list[Event]:
    if polarised is None:
        return []
    by_index = {h.index: h for h in found}
    counts = {state: sum(h.steady_state == state for h in polarised.holds) for state in
              ("reached", "extrapolated", "not_steady")}  # fmt: skip
    evidence = f"{len(polarised.holds)} held voltages with a falling current; steady state " + ", ".join(
        f"{state.replace('_', ' ')} in {count}" for state, count in counts.items() if count
    )
    return [_event("polarisation", by_index[polarised.holds[0].half_step], evidence)]


def _event(kind: str, half_step: HalfStep, evidence: str) -> Event:
    return Event(
        kind=kind,
        cycle=half_step.cycle,
        half_step=half_step.index,
        time_s=half_step.start_s,
        evidence=evidence,
        confidence=0.9,
        first_row=half_step.first_row,
    )
