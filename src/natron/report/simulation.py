"""Simulated runs and spectra as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from natron.core import Quantity
from natron.data import RecordedSpectrum, Spectrum
from natron.report.as_json import SCHEMA_VERSION
from natron.simulate import Breakdown, ModelParameters, Run, breakdowns


def simulation(result: Run, cycles: list[dict[str, Any]]) -> dict[str, Any]:
    """A run, as ``natron simulate --json`` prints it; `cycles` is the analysis of its record."""
    return {
        **_head(result.parameters),
        "protocol": {
            "name": result.protocol.name,
            "steps_asked": result.steps_asked,
            "steps_done": result.steps_done,
        },
        "status": result.status,
        "message": result.message or None,
        "notes": list(result.notes),
        "rows": len(result.record),
        "duration": _q(float(result.record.time_s[-1]), "duration"),
        "cycles": cycles,
        "resistance_breakdown": [breakdown(one) for one in breakdowns(result)],
        "states": {
            name.replace(" ", "_"): {"start": float(values[0]), "end": float(values[-1])}
            for name, values in result.course.states.items()
            if name in ("contact negative", "contact counter", "wetted", "charged share", "wet negative", "wet counter")
        },
        "interphases": {
            name.removeprefix("interphase "): {
                "start": _q(float(values[0]), "length"),
                "end": _q(float(values[-1]), "length"),
            }
            for name, values in result.course.states.items()
            if name.startswith("interphase ")
        },
        "spectra": [recorded(one) for one in result.record.spectra],
        **_parameters(result.parameters),
    }


def impedance(
    of: ModelParameters, found: Spectrum, *, after_cycle: int | None, status: str, message: str
) -> dict[str, Any]:
    """A spectrum, as ``natron simulate --eis --json`` prints it."""
    return {
        **_head(of),
        "status": status,
        "message": message or None,
        "after_cycle": after_cycle,
        "spectra": [spectrum(found)],
        **_parameters(of),
    }


def breakdown(one: Breakdown) -> dict[str, Any]:
    """One entry of ``resistance_breakdown[]``: half-way through a half step."""
    return {
        "half_step": one.half_step,
        "cycle": one.cycle,
        "time": _q(one.time_s, "time"),
        "direction": "charge" if one.current_density_A_m2 > 0 else "discharge",
        "current_density": _q(abs(one.current_density_A_m2), "current_density"),
        "total": _q(one.total_ohm_m2, "area_specific_resistance"),
        "largest": one.largest,
        "parts": {name: _q(value, "area_specific_resistance") for name, value in one.resistance_ohm_m2.items()},
        "loss": {name: _q(value, "potential") for name, value in one.loss_V.items()},
    }


def recorded(one: RecordedSpectrum) -> dict[str, Any]:
    """One entry of a run's ``spectra[]``."""
    return {
        "index": one.index,
        "cycle": one.cycle,
        "half_step": one.half_step,
        "time": None if one.time_s is None else _q(one.time_s, "time"),
        **spectrum(one.spectrum),
    }


def spectrum(found: Spectrum) -> dict[str, Any]:
    """A spectrum with its resistance at its two ends."""
    area = found.area_m2 or 1.0
    z = found.impedance_ohm
    return {
        "points": len(found),
        "charged_share": found.state_of_charge,
        "highest_frequency": _q(float(found.frequency_Hz[0]), "frequency"),
        "lowest_frequency": _q(float(found.frequency_Hz[-1]), "frequency"),
        "resistance_at_highest": _q(float(z[0].real * area), "area_specific_resistance"),
        "resistance_at_lowest": _q(float(z[-1].real * area), "area_specific_resistance"),
        "frequency_Hz": [float(f) for f in found.frequency_Hz],
        "real_ohm": [float(v) for v in z.real],
        "imaginary_ohm": [float(v) for v in z.imag],
    }


def _head(of: ModelParameters) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "cell": {"name": of.cell.name, "title": of.cell.title, "kind": of.cell.kind},
        "temperature": of.values["temperature"].as_json(),
        "pressure": of.values["pressure"].as_json(),
        "area": of.values["area"].as_json(),
        "off": list(of.off),
        "warnings": list(of.notes),
    }


def _parameters(of: ModelParameters) -> dict[str, Any]:
    return {"parameters": parameters(of.values), "assumed": sorted(of.assumed)}


def parameters(values: Mapping[str, Quantity]) -> dict[str, Any]:
    """Values of a model with where each comes from."""
    return {
        name: {**q.as_json(), "origin": q.origin, "confidence": q.confidence, "source": q.source, "note": q.note}
        for name, q in values.items()
    }


def _q(value: float, kind: str) -> dict[str, Any]:
    return Quantity(value, None, kind).as_json()
