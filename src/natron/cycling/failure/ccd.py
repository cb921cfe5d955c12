"""The critical current density of a stepped symmetric-cell test, and what stands behind it.

Two limits are kept apart: the critical stripping current, from which on voids grow (the polarisation rises within
the half steps), and the critical plating current, at which metal shorts the cell (the polarisation is lost).
The critical current density given is that of the short: the last step survived, with the distance to the failed
one as its uncertainty, since the truth lies between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from natron.core import InputError
from natron.cycling.failure.criteria import ShortCriteria
from natron.cycling.failure.protocol import LadderStep, Protocol, recognise
from natron.cycling.failure.shorts import is_symmetric
from natron.cycling.failure.traces import Trace, traces
from natron.cycling.failure.verdicts import Verdict, judge
from natron.cycling.failure.voids import VoidCriteria, VoidOnset, void_onset
from natron.cycling.half_step import HalfStep, half_steps
from natron.cycling.rows import median
from natron.data import CyclingRecord


@dataclass(frozen=True)
class HalfStepFinding:
    """One half step of the test.

    Parameters
    ----------
    index, cycle : int
        Its number in the test, from 1, and the record's cycle.
    step : int
        Number of the current step it belongs to.
    sign : int
    current_A : float
    current_density_A_m2 : float or None
    start_s, duration_s : float
        Test time of its first loaded row; time under load.
    charge_Ah : float
    areal_capacity_Ah_m2 : float or None
    polarisation_start_V, polarisation_end_V : float
        In the direction of the current, without the voltage at no current; medians of the first settled and of
        the last tenth of its time.
    resistance_ohm : float
        Polarisation over current at its end.
    area_specific_resistance_ohm_m2 : float or None
        The same per area: of both interfaces and the separator together.
    rise : float
        Growth within the half step, as a share of its start.
    shape : str
        See `natron.cycling.failure.verdicts.Verdict`.
    evidence : str
    """

    index: int
    cycle: int
    step: int
    sign: int
    current_A: float
    current_density_A_m2: float | None
    start_s: float
    duration_s: float
    charge_Ah: float
    areal_capacity_Ah_m2: float | None
    polarisation_start_V: float
    polarisation_end_V: float
    resistance_ohm: float
    area_specific_resistance_ohm_m2: float | None
    rise: float
    shape: str
    evidence: str


@dataclass(frozen=True)
class Short:
    """The first short.

    Parameters
    ----------
    kind : {"hard_short", "soft_short"}
    current_A, current_density_A_m2 : float, float or None
    half_step, step, cycle : int
    time_s : float
    row : int
    heals_in : int or None
        Half step from which on the cell is sound again, where it is.
    evidence : str
    confidence : float
    """

    kind: str
    current_A: float
    current_density_A_m2: float | None
    half_step: int
    step: int
    cycle: int
    time_s: float
    row: int
    heals_in: int | None
    evidence: str
    confidence: float


@dataclass(frozen=True)
class CriticalCurrent:
    """What a critical-current test says.

    Parameters
    ----------
    protocol : Protocol
    half_steps : tuple of HalfStepFinding
    survived_A, failed_A : float or None
        The bracket: the largest current survived below the failed one (0 where the first step failed), and the
        failed one. Both None where nothing failed.
    survived_A_m2, failed_A_m2 : float or None
        The same per area.
    why : str or None
        Why there is no critical current, or what to know of it.
    short : Short or None
    void_onset : VoidOnset or None
    ambiguous : tuple of int
        Half steps that are neither clearly sound nor clearly shorted.
    cumulative_Ah : float
        Charge passed in both directions up to the short, or in all.
    cumulative_Ah_m2 : float or None
    offset_V : float
        Voltage at no current that was taken off.
    notes : tuple of str
        What was assumed or found on the way.
    comparable : tuple of str
        What this critical current can and cannot be compared with.
    criteria : ShortCriteria
    void_criteria : VoidCriteria
    """

    protocol: Protocol
    half_steps: tuple[HalfStepFinding, ...]
    survived_A: float | None
    failed_A: float | None
    survived_A_m2: float | None
    failed_A_m2: float | None
    why: str | None
    short: Short | None
    void_onset: VoidOnset | None
    ambiguous: tuple[int, ...]
    cumulative_Ah: float
    cumulative_Ah_m2: float | None
    offset_V: float
    notes: tuple[str, ...]
    comparable: tuple[str, ...]
    criteria: ShortCriteria
    void_criteria: VoidCriteria

    @property
    def highest_A(self) -> float:
        """The largest current that was tried."""
        return max((half.current_A for half in self.half_steps), default=0.0)


def critical_current(
    record: CyclingRecord,
    found_half_steps: Sequence[HalfStep] | None = None,
    *,
    criteria: ShortCriteria | None = None,
    void_criteria: VoidCriteria | None = None,
    floor_ohm_m2: float | None = None,
    floor_uncertainty_ohm_m2: float = 0.0,
) -> CriticalCurrent:
    """Critical current density, void onset and short of a stepped test of a symmetric cell.

    Parameters
    ----------
    record : CyclingRecord
        Of a symmetric cell; where its kind is not known it is taken for one if the voltage follows the current's
        sign. Its area turns currents into current densities.
    found_half_steps : sequence of HalfStep, optional
        Of that record; worked out where not given.
    criteria, void_criteria : optional
        Thresholds.
    floor_ohm_m2, floor_uncertainty_ohm_m2 : float, optional
        Ohmic resistance of the separator, d/σ: no sound cell's polarisation lies below it. Used with an area only.

    Raises
    ------
    InputError
        Where the record is not a symmetric cell's, or no current flows in it.

    Notes
    -----
    The critical current falls as the capacity stripped per half step rises (Commun. Chem. 2023,
    s42004-023-01002-4), and a symmetric cell mixes the limits of stripping and plating (Fuchs et al. 2023,
    doi 10.1002/aenm.202302383): what a value can be compared with is therefore said with it.
    """
    criteria, void_criteria = criteria or ShortCriteria(), void_criteria or VoidCriteria()
    if record.kind in ("full", "half"):
        raise InputError(
            "a critical current is read from a symmetric cell",
            given=f"a {record.kind} cell",
            allowed="symmetric",
            hint="Shorts of full and half cells are found by natron cycling.",
        )
    found = traces(record, half_steps(record) if found_half_steps is None else found_half_steps)
    if not found.items:
        raise InputError("no half step of three rows at a current is in this record", hint="See natron cycling.")
    if not is_symmetric(found):
        raise InputError(
            "the voltage does not follow the sign of the current: this is not a symmetric cell's record",
            allowed="a symmetric cell, two equal electrodes on one separator",
            hint="Shorts of full and half cells are found by natron cycling.",
        )
    area = record.area_m2
    floor = None if floor_ohm_m2 is None or area is None else floor_ohm_m2 / area
    floor_error = 0.0 if not floor_ohm_m2 else floor_uncertainty_ohm_m2 / floor_ohm_m2
    verdicts = judge(found, criteria, floor_ohm=floor, floor_error=floor_error)
    protocol = recognise(record, found.items)
    step_of = {index: step for step in protocol.steps for index in step.traces}
    findings = tuple(_finding(record, verdict, step_of[verdict.trace.index]) for verdict in verdicts)
    short = _first_short(record, verdicts, step_of)
    onset = void_onset(verdicts, protocol, None if short is None else short.half_step, void_criteria, area)
    survived, failed, why = _bracket(protocol, short, verdicts, onset, area)
    passed = _charge_until(findings, found.items, short)
    notes = _notes(record, found.offset_V, found.offset_from, found.reversed_sign, floor, floor_ohm_m2)
    return CriticalCurrent(
        protocol=protocol,
        half_steps=findings,
        survived_A=survived,
        failed_A=failed,
        survived_A_m2=_per(survived, area),
        failed_A_m2=_per(failed, area),
        why=why,
        short=short,
        void_onset=onset,
        ambiguous=tuple(v.trace.index for v in verdicts if v.ambiguous),
        cumulative_Ah=passed,
        cumulative_Ah_m2=_per(passed, area),
        offset_V=found.offset_V,
        notes=notes,
        comparable=_comparable(protocol, findings, short, area),
        criteria=criteria,
        void_criteria=void_criteria,
    )


def _per(value: float | None, area_m2: float | None) -> float | None:
    return None if value is None or area_m2 is None else value / area_m2


def _finding(record: CyclingRecord, verdict: Verdict, step: LadderStep) -> HalfStepFinding:
    trace, p = verdict.trace, verdict.profile
    tenth = max(len(p.level_V) // 10, 1)
    start, end = float(np.median(p.level_V[tenth : 2 * tenth])), median(p.level_V[-tenth:])
    charge, area = float(trace.charge_Ah[-1]), record.area_m2
    resistance = end / trace.magnitude_A
    return HalfStepFinding(
        index=trace.index,
        cycle=trace.cycle,
        step=step.number,
        sign=trace.sign,
        current_A=trace.magnitude_A,
        current_density_A_m2=_per(trace.magnitude_A, area),
        start_s=float(record.time_s[trace.rows[0]]),
        duration_s=trace.duration_s,
        charge_Ah=charge,
        areal_capacity_Ah_m2=_per(charge, area),
        polarisation_start_V=start,
        polarisation_end_V=end,
        resistance_ohm=resistance,
        area_specific_resistance_ohm_m2=None if area is None else resistance * area,
        rise=verdict.rise,
        shape=verdict.shape,
        evidence=verdict.evidence,
    )


def _first_short(record: CyclingRecord, verdicts: Sequence[Verdict], step_of: dict[int, LadderStep]) -> Short | None:
    first = next((k for k, verdict in enumerate(verdicts) if verdict.short is not None), None)
    if first is None:
        return None
    verdict = verdicts[first]
    sound = next((v.trace.index for v in verdicts[first:] if v.short is None and not v.ambiguous), None)
    run = [v for v in verdicts[first:] if sound is None or v.trace.index < sound]
    hard = any(v.short == "hard_short" for v in run)
    trace = verdict.trace
    current = _current_at(trace, verdict)
    return Short(
        kind="hard_short" if hard else "soft_short",
        current_A=current,
        current_density_A_m2=_per(current, record.area_m2),
        half_step=trace.index,
        step=step_of[trace.index].number,
        cycle=trace.cycle,
        time_s=float(record.time_s[verdict.row]),
        row=verdict.row,
        heals_in=sound,
        evidence=verdict.evidence,
        confidence=verdict.confidence,
    )


def _current_at(trace: Trace, verdict: Verdict) -> float:
    """Current at which the verdict begins: the trace's, or of a ramp that at its place."""
    if not trace.is_ramp:
        return trace.magnitude_A
    return float(trace.current_A[min(int(np.searchsorted(trace.rows, verdict.row)), len(trace.rows) - 1)])


def _bracket(
    protocol: Protocol,
    short: Short | None,
    verdicts: Sequence[Verdict],
    onset: VoidOnset | None,
    area_m2: float | None,
) -> tuple[float | None, float | None, str | None]:
    """Largest current survived below the failed one, the failed one, and why not or what to know."""

    def said(current_A: float) -> str:
        density = _per(current_A, area_m2)
        return f"{current_A * 1e3:.3g} mA" if density is None else f"{density / 10:.3g} mA/cm²"

    if short is None:
        highest = said(max(step.current_A for step in protocol.steps))
        open_ones = sum(verdict.ambiguous for verdict in verdicts)
        why = f"no short up to {highest}, the highest current of this test: the critical current lies above it"
        if len(protocol.steps) < 2 and protocol.held != "ramp":
            why = f"no short at {highest}; the current was not stepped, so this is no test of a critical current"
        if onset is not None:
            why += f"; voids grow from {said(onset.current_A)} on"
        if open_ones:
            why += "; one half step is ambiguous" if open_ones == 1 else f"; {open_ones} half steps are ambiguous"
        return None, None, why
    failed = short.current_A
    if protocol.held == "ramp":
        ramp = next(v for v in verdicts if v.trace.index == short.half_step)
        before = ramp.trace.current_A[ramp.trace.current_A < failed]
        width = 2 * ramp.profile.width * ramp.trace.magnitude_A
        return (max(failed - width, 0.0) if before.size else 0.0), failed, None
    if len(protocol.steps) < 2:
        return None, None, f"shorted at {said(failed)}, but the current was not stepped: nothing brackets it"
    earlier = [step.current_A for step in protocol.steps if step.number < short.step]
    below = [current for current in earlier if current < failed * 0.99]
    if not below:
        return 0.0, failed, f"the first step failed: the critical current lies below {said(failed)}"
    if max(earlier) > failed * 1.01:
        return max(below), failed, f"the cell had survived {said(max(earlier))} before: its history counts"
    return max(below), failed, None


def _charge_until(findings: Sequence[HalfStepFinding], items: Sequence[Trace], short: Short | None) -> float:
    """Charge passed in both directions up to the short, in all where there is none."""
    if short is None:
        return sum(finding.charge_Ah for finding in findings)
    passed = sum(finding.charge_Ah for finding in findings if finding.index < short.half_step)
    trace = next(trace for trace in items if trace.index == short.half_step)
    return passed + float(trace.charge_Ah[np.searchsorted(trace.rows, short.row)])


def _notes(
    record: CyclingRecord,
    offset_V: float,
    offset_from: str,
    reversed_sign: bool,
    floor_ohm: float | None,
    floor_ohm_m2: float | None,
) -> tuple[str, ...]:
    notes = []
    if record.kind is None:
        notes.append("taken for a symmetric cell, because the voltage follows the current's sign")
    if offset_from == "none":
        notes.append("the voltage at no current is not known (no rest, one direction): taken as zero")
    elif abs(offset_V) > 1e-5:
        notes.append(f"{offset_V * 1e3:.2g} mV at no current ({offset_from}) are taken off the voltage")
    if reversed_sign:
        notes.append(
            "voltage and current have opposite signs in this record: one pair of leads was the other way round"
        )
    if floor_ohm_m2 is not None and floor_ohm is None:
        notes.append("the separator's ohmic floor was not used, because the area is not known")
    return tuple(notes)


def _comparable(
    protocol: Protocol, findings: Sequence[HalfStepFinding], short: Short | None, area_m2: float | None
) -> tuple[str, ...]:
    """What the protocol allows to compare."""
    last = next((f for f in findings if short is not None and f.index == short.half_step), findings[-1])
    said = []
    charges = [f.areal_capacity_Ah_m2 for f in findings if f.step == last.step and f.areal_capacity_Ah_m2 is not None]
    amount = f" ({max(charges) / 10:.3g} mAh/cm² at the last step)" if charges else ""
    if protocol.held == "fixed time":
        said.append(
            f"each half step strips more charge as the current rises{amount}: comparable with tests of the same time "
            "per half step and the same steps; short half steps overstate the critical current of thick electrodes"
        )
    elif protocol.held == "fixed capacity":
        said.append(
            f"each half step strips the same charge{amount}: comparable with tests of the same capacity per half step, "
            "not with tests of a fixed time"
        )
    elif protocol.held == "ramp":
        said.append("a ramp passes little charge at each current: an upper bound to what a stepped test finds")
    else:
        said.append("neither time nor charge per half step was fixed: comparable with the same sequence alone")
    if protocol.one_way:
        said.append("one direction only: one electrode strips and the other plates throughout, and no void is refilled")
    else:
        said.append("both directions: stripping and plating limits of both electrodes are mixed, and history counts")
    said.append(
        "comparable only at the same pressure, temperature and thickness of separator and metal, which no record holds"
    )
    if area_m2 is None:
        said.append("without the electrode area only currents, not current densities, are known")
    return tuple(said)
