"""Critical current densities as JSON.

One cell's keys: `file`, `files` (where several were joined), `protocol`, `half_steps`,
`critical_current_density` (the step survived, ± the distance to the failed one; or null, with `why`), `bracket`,
`critical_current` (the same in mA, which needs no area), `void_onset`, `short`, `ambiguous` (numbers of half steps),
`cumulative_areal_capacity`, `cumulative_capacity`, `comparable`, `notes`, `criteria`. Several cells stand in
`cells`, with `population` beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from natron.core import Quantity
from natron.cycling.failure.ccd import CriticalCurrent, HalfStepFinding
from natron.cycling.failure.population import Interval, Population, Step
from natron.cycling.failure.protocol import Protocol
from natron.report.as_json import SCHEMA_VERSION

_COULOMB_PER_AH = 3600.0


def ccd_json(file: str, files: Sequence[str], found: CriticalCurrent, floor: Quantity | None) -> dict[str, Any]:
    """One cell, as ``natron ccd --json`` prints it."""
    return {"schema_version": SCHEMA_VERSION, **_cell(file, files, found, floor)}


def ccds_json(
    cells: Sequence[tuple[str, CriticalCurrent]],
    floor: Quantity | None,
    statistics: Population | None,
    kind: str,
    failed: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Several cells and their population; `kind` is that of the population's values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "cells": [_cell(file, [file], found, floor) for file, found in cells],
        "population": None if statistics is None else _population(statistics, kind),
        "failed": [dict(one) for one in failed],
    }


def _cell(file: str, files: Sequence[str], found: CriticalCurrent, floor: Quantity | None) -> dict[str, Any]:
    short, onset = found.short, found.void_onset
    return {
        "file": file,
        "files": list(files),
        "protocol": _protocol(found.protocol),
        "half_steps": [_half_step(one) for one in found.half_steps],
        "critical_current_density": _bracketed(found.survived_A_m2, found.failed_A_m2, "current_density"),
        "critical_current": _bracketed(found.survived_A, found.failed_A, "current"),
        "bracket": None
        if found.failed_A_m2 is None
        else {
            "survived": _value(found.survived_A_m2, "current_density"),
            "failed": _value(found.failed_A_m2, "current_density"),
        },
        "why": _why(found),
        "void_onset": None
        if onset is None
        else {
            "current_density": _value(onset.current_density_A_m2, "current_density"),
            "current": _value(onset.current_A, "current"),
            "step": onset.step,
            "half_step": onset.half_step,
            "certainty": onset.certainty,
            "evidence": onset.evidence,
        },
        "short": None
        if short is None
        else {
            "kind": short.kind.removesuffix("_short"),
            "current_density": _value(short.current_density_A_m2, "current_density"),
            "current": _value(short.current_A, "current"),
            "step": short.step,
            "half_step": short.half_step,
            "cycle": short.cycle,
            "time": _value(short.time_s, "time"),
            "heals_in_half_step": short.heals_in,
            "evidence": short.evidence,
            "confidence": short.confidence,
        },
        "ambiguous": list(found.ambiguous),
        "cumulative_areal_capacity": _charge(found.cumulative_Ah_m2, "areal_capacity"),
        "cumulative_capacity": _charge(found.cumulative_Ah, "capacity"),
        "highest_current": _value(found.highest_A, "current"),
        "separator_floor": None if floor is None else floor.as_json(),
        "offset": _value(found.offset_V, "potential"),
        "comparable": list(found.comparable),
        "notes": list(found.notes),
        "criteria": {"short": asdict(found.criteria), "void": asdict(found.void_criteria)},
    }


def _why(found: CriticalCurrent) -> str | None:
    """Why there is no critical current density, or what to know of it."""
    if found.failed_A is not None and found.failed_A_m2 is None:
        return "the electrode area is not known: see critical_current" + (f"; {found.why}" if found.why else "")
    return found.why


def _protocol(protocol: Protocol) -> dict[str, Any]:
    return {
        "held": protocol.held,
        "one_way": protocol.one_way,
        "rising": protocol.rising,
        "equal_steps": protocol.equal_steps,
        "half_steps_per_step": protocol.half_steps_per_step,
        "half_step_time": _value(protocol.half_step_s, "time"),
        "half_step_capacity": _charge(protocol.half_step_Ah, "capacity"),
        "rest": _value(protocol.rest_s, "time"),
        "steps": [
            {
                "number": step.number,
                "current_density": _value(step.current_density_A_m2, "current_density"),
                "current": _value(step.current_A, "current"),
                "half_steps": list(step.traces),
            }
            for step in protocol.steps
        ],
    }


def _half_step(one: HalfStepFinding) -> dict[str, Any]:
    return {
        "index": one.index,
        "cycle": one.cycle,
        "step": one.step,
        "sign": one.sign,
        "current_density": _value(one.current_density_A_m2, "current_density"),
        "current": _value(one.current_A, "current"),
        "time": _value(one.start_s, "time"),
        "duration": _value(one.duration_s, "time"),
        "areal_capacity": _charge(one.areal_capacity_Ah_m2, "areal_capacity"),
        "capacity": _charge(one.charge_Ah, "capacity"),
        "polarisation_start": _value(one.polarisation_start_V, "potential"),
        "polarisation_end": _value(one.polarisation_end_V, "potential"),
        "resistance": _value(one.resistance_ohm, "resistance"),
        "area_specific_resistance": _value(one.area_specific_resistance_ohm_m2, "area_specific_resistance"),
        "rise": _value(one.rise, "fraction"),
        "shape": one.shape,
        "evidence": one.evidence,
    }


def _population(statistics: Population, kind: str) -> dict[str, Any]:
    weibull = statistics.weibull
    return {
        "cells": len(statistics.cells),
        "failed": statistics.failed,
        "censored": statistics.censored,
        "median": _step(statistics.median, kind),
        "quartiles": [_step(one, kind) for one in statistics.quartiles],
        "weibull": None
        if weibull is None
        else {
            "shape": _interval(weibull.shape, "number"),
            "scale": _interval(weibull.scale, kind),
            "median": _interval(weibull.median, kind),
        },
        "why_no_weibull": statistics.why,
        "survival": [
            {
                "failed_at": _value(point.value, kind),
                "at_risk": point.at_risk,
                "failed": point.failed,
                "survival": _value(point.survival, "share"),
                "interval_95": [point.low, point.high],
            }
            for point in statistics.survival
        ],
    }


def _interval(found: Interval, kind: str) -> dict[str, Any]:
    return {
        "value": _value(found.value, kind),
        "interval_95": [None if end is None else _value(end, kind) for end in (found.low, found.high)],
    }


def _step(step: Step | None, kind: str) -> dict[str, Any] | None:
    return None if step is None else _bracketed(step[0], step[1], kind)


def _bracketed(survived: float | None, failed: float | None, kind: str) -> dict[str, Any] | None:
    """The last value survived, with the distance to the failed one as its ±."""
    if survived is None or failed is None:
        return None
    return Quantity(survived, failed - survived, kind, uncertainty_kind="range").as_json()


def _value(value: float | None, kind: str) -> dict[str, Any] | None:
    return None if value is None else Quantity(value, None, kind).as_json()


def _charge(value_Ah: float | None, kind: str) -> dict[str, Any] | None:
    return None if value_Ah is None else _value(value_Ah * _COULOMB_PER_AH, kind)
