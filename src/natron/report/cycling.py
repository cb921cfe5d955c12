"""A cycling analysis as JSON: one schema for measured and simulated records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from natron.core import Quantity
from natron.cycling import CurrentStep, Cycle, CyclingAnalysis, Event, HalfStep, Polarisation, Pulse, RateStep, Rest
from natron.report.as_json import SCHEMA_VERSION
from natron.report.measured import spectrum_json

_AH = 3600.0
"""Coulombs in an ampere-hour, joules in a watt-hour."""


def cycling(analysis: CyclingAnalysis, *, files: Sequence[str] = (), instrument_format: str | None = None,
            notes: Sequence[str] = ()) -> dict[str, Any]:  # fmt: skip
    """One test, as ``natron cycling --json`` prints it; `notes` of the reading come before the analysis' own."""
    record = analysis.record
    return {
        "schema_version": SCHEMA_VERSION,
        "files": list(files),
        "format": instrument_format,
        "rows": len(record),
        "area": _q(record.area_m2, "area"),
        "mass": _q(record.mass_kg, "mass"),
        "kind": record.kind,
        "working_electrode": record.working_electrode,
        "pairing": {
            "rule": analysis.pairing,
            "words": analysis.pairing_words,
            "assumed": analysis.pairing_assumed,
        },
        "cycles": [cycle(one) for one in analysis.cycles],
        "half_steps": [half_step(one) for one in analysis.half_steps],
        "spectra": [spectrum_json(item) for item in analysis.spectra],
        "events": [event(one) for one in analysis.events],
        "formation": list(analysis.formation),
        "rate_steps": [_rate_step(one, record.area_m2) for one in analysis.rate_steps],
        "current_steps": [_current_step(one) for one in analysis.current_steps],
        "rests": [_rest(one) for one in analysis.rests],
        "titration": [_pulse(one) for one in analysis.pulses],
        "polarisation": None if analysis.polarisation is None else _polarisation(analysis.polarisation),
        "notes": [*notes, *analysis.notes],
    }


def cycle(one: Cycle) -> dict[str, Any]:
    """One entry of ``cycles[]``."""
    area, mass = one.area_m2, one.mass_kg
    return {
        "cycle": one.cycle,
        "half_steps": list(one.half_steps),
        "time": _q(one.start_s, "time"),
        "charge_capacity": _charge(one.charge_capacity_Ah),
        "discharge_capacity": _charge(one.discharge_capacity_Ah),
        "areal_charge_capacity": _per(one.charge_capacity_Ah, area, "areal_capacity"),
        "areal_discharge_capacity": _per(one.discharge_capacity_Ah, area, "areal_capacity"),
        "specific_charge_capacity": _per(one.charge_capacity_Ah, mass, "specific_capacity"),
        "specific_discharge_capacity": _per(one.discharge_capacity_Ah, mass, "specific_capacity"),
        "spectral_charge": _charge(one.spectral_charge_Ah),
        "spectral_discharge": _charge(one.spectral_discharge_Ah),
        "coulombic_efficiency": _q(one.coulombic_efficiency, "number"),
        "coulombic_efficiency_with_eis": _q(one.coulombic_efficiency_with_eis, "number"),
        "charge_energy": _q(_scaled(one.charge_energy_Wh), "electric_energy"),
        "discharge_energy": _q(_scaled(one.discharge_energy_Wh), "electric_energy"),
        "energy_efficiency": _q(one.energy_efficiency, "number"),
        "retention": _q(one.retention, "number"),
        "mean_charge_voltage": _q(one.mean_charge_voltage_V, "potential"),
        "mean_discharge_voltage": _q(one.mean_discharge_voltage_V, "potential"),
        "polarisation": _q(one.polarisation_V, "potential"),
        "charge_current": _q(one.charge_current_A, "current"),
        "discharge_current": _q(one.discharge_current_A, "current"),
        "charge_current_density": _per(one.charge_current_A, area, "current_density", 1.0),
        "discharge_current_density": _per(one.discharge_current_A, area, "current_density", 1.0),
        "resistance_charge": _q(one.resistance_charge_ohm, "resistance"),
        "resistance_discharge": _q(one.resistance_discharge_ohm, "resistance"),
        "spectra": one.spectra,
        "flags": list(one.flags),
    }


def half_step(one: HalfStep) -> dict[str, Any]:
    """One entry of ``half_steps[]``."""
    return {
        "index": one.index,
        "cycle": one.cycle,
        "sign": one.sign,
        "time_start": _q(one.start_s, "time"),
        "time_end": _q(one.end_s, "time"),
        "current": _q(one.current_A, "current"),
        "current_density": _q(one.current_density_A_m2, "current_density"),
        "areal_capacity": _q(_scaled(one.areal_capacity_Ah_m2), "areal_capacity"),
        "capacity": _charge(one.capacity_Ah),
        "spectral_charge": _charge(one.spectral_charge_Ah),
        "energy": _q(_scaled(one.energy_Wh), "electric_energy"),
        "voltage_start": _q(one.voltage_start_V, "potential"),
        "voltage_end": _q(one.voltage_end_V, "potential"),
        "mean_voltage": _q(one.mean_voltage_V, "potential"),
        "resistance": _q(one.resistance_ohm, "resistance"),
        "area_specific_resistance": _q(one.area_specific_resistance_ohm_m2, "area_specific_resistance"),
        "resistance_from": one.resistance_from,
        "flags": list(one.flags),
    }


def event(one: Event) -> dict[str, Any]:
    """One entry of ``events[]``; ``confidence`` from 0 to 1."""
    return {
        "kind": one.kind,
        "cycle": one.cycle,
        "half_step": one.half_step,
        "time": _q(one.time_s, "time"),
        "evidence": one.evidence,
        "confidence": one.confidence,
    }


def _rate_step(one: RateStep, area_m2: float | None) -> dict[str, Any]:
    return {
        "first_cycle": one.first_cycle,
        "last_cycle": one.last_cycle,
        "charge_current": _q(one.charge_current_A, "current"),
        "discharge_current": _q(one.discharge_current_A, "current"),
        "charge_current_density": _per(one.charge_current_A, area_m2, "current_density", 1.0),
        "discharge_current_density": _per(one.discharge_current_A, area_m2, "current_density", 1.0),
        "discharge_capacity": _charge(one.discharge_capacity_Ah),
        "coulombic_efficiency": _q(one.coulombic_efficiency, "number"),
        "formation": one.formation,
    }


def _current_step(one: CurrentStep) -> dict[str, Any]:
    return {
        "half_step": one.half_step,
        "time": _q(one.time_s, "time"),
        "current_change": _q(one.change_A, "current"),
        "voltage_change": _q(one.change_V, "potential"),
        "delay": _q(one.delay_s, "time"),
        "resistance": _q(one.resistance_ohm, "resistance"),
        "area_specific_resistance": _q(one.area_specific_resistance_ohm_m2, "area_specific_resistance"),
    }


def _rest(one: Rest) -> dict[str, Any]:
    return {
        "half_step": one.half_step,
        "time": _q(one.start_s, "time"),
        "duration": _q(one.duration_s, "time"),
        "voltage_start": _q(one.voltage_start_V, "potential"),
        "voltage_end": _q(one.voltage_end_V, "potential"),
        "relaxation": _q(one.relaxation_V, "potential"),
        "drift": _q(one.slope_V_s, "voltage_rate"),
        "relaxed": one.relaxed,
    }


def _pulse(one: Pulse) -> dict[str, Any]:
    return {
        "half_step": one.half_step,
        "time": _q(one.start_s, "time"),
        "duration": _q(one.duration_s, "time"),
        "current": _q(one.current_A, "current"),
        "capacity": _charge(one.capacity_Ah),
        "open_circuit_voltage": _q(one.open_circuit_V, "potential"),
        "relaxed": one.relaxed,
        "voltage_step": _q(one.step_V, "potential"),
        "voltage_transient": _q(one.transient_V, "potential"),
        "linearity": one.linearity,
        "diffusion_coefficient": _q(one.diffusion_coefficient_m2_s, "diffusivity"),
        "short_against_diffusion": one.short,
    }


def _polarisation(one: Polarisation) -> dict[str, Any]:
    return {
        "steady_state": one.steady_state,
        "resistance": _q(one.resistance_ohm, "resistance"),
        "electronic_conductivity": _q(one.conductivity_S_m, "conductivity", one.conductivity_uncertainty_S_m),
        "holds": [
            {
                "half_step": hold.half_step,
                "time": _q(hold.start_s, "time"),
                "duration": _q(hold.duration_s, "time"),
                "voltage": _q(hold.voltage_V, "potential"),
                "current_start": _q(hold.current_start_A, "current"),
                "current_end": _q(hold.current_end_A, "current"),
                "steady_current": _q(hold.current_A, "current", hold.uncertainty_A),
                "steady_state": hold.steady_state,
                "change": hold.change_share if math.isfinite(hold.change_share) else None,
                "conductivity": _q(hold.conductivity_S_m, "conductivity", hold.conductivity_uncertainty_S_m),
            }
            for hold in one.holds
        ],
    }


def _q(value: float | None, kind: str, uncertainty: float | None = None) -> dict[str, Any] | None:
    """A value in SI as a quantity; null where it is not known or is no finite number."""
    if value is None or not math.isfinite(value):
        return None
    return Quantity(value, uncertainty, kind).as_json()


def _scaled(value: float | None) -> float | None:
    return None if value is None else value * _AH


def _charge(capacity_Ah: float | None) -> dict[str, Any] | None:
    return _q(_scaled(capacity_Ah), "capacity")


def _per(value: float | None, whole: float | None, kind: str, factor: float = _AH) -> dict[str, Any] | None:
    return None if value is None or whole is None else _q(value * factor / whole, kind)
