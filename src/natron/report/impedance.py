"""Impedance results as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from natron.core import Quantity
from natron.data import Spectrum
from natron.eis import (
    Arrhenius,
    ConstrictionHint,
    DRTResult,
    FitParameter,
    Geometry,
    KKResult,
    ReplicateCells,
    Replicates,
    Selection,
    SeriesResult,
    SymmetricCell,
    features,
)
from natron.report.as_json import SCHEMA_VERSION
from natron.report.told import FitReport, SeriesReport, conductivity_25C, tie_in_words


def _number(value: float | None) -> float | None:
    """A number for JSON, which knows no infinity."""
    return None if value is None or not math.isfinite(value) else float(value)


def parameter(p: FitParameter) -> dict[str, Any]:
    """A fitted parameter as a quantity: its ± one standard error, null where the data say nothing."""
    return {"value": p.value, "uncertainty": _number(p.uncertainty) if not p.fixed else None, "unit": p.unit}


def _quantity(q: Quantity | None) -> dict[str, Any] | None:
    """As `Quantity.as_json`, with null for an uncertainty without bound."""
    if q is None:
        return None
    content = q.as_json()
    return content | {"uncertainty": _number(content["uncertainty"])}


def _plain(value: float | None, uncertainty: float | None, unit: str, factor: float = 1.0) -> dict[str, Any] | None:
    if value is None:
        return None
    u = None if uncertainty is None else _number(uncertainty * factor)
    return {"value": value * factor, "uncertainty": u, "unit": unit}


def fit(one: FitReport) -> dict[str, Any]:
    """One entry of ``fits[]``."""
    result = one.result
    content: dict[str, Any] = {
        "file": one.file,
        "index": one.index,
        "circuit": str(result.circuit),
        "weight": result.weight,
        "status": result.status,
        "chi2_reduced": _number(result.chi2_reduced),
        "points": len(result.spectrum),
        "removed_points": len(result.spectrum.removed_frequency_Hz),
        "temperature": _temperature(result.spectrum.temperature_K),
        "geometry": {"area": _quantity(one.geometry.area), "thickness": _quantity(one.geometry.thickness)},
        "parameters": {name: parameter(p) for name, p in result.parameters.items()},
        "fixed": [name for name, p in result.parameters.items() if p.fixed],
        "intervals_95": {name: [_number(end) for end in p.interval] for name, p in result.parameters.items()},
        "areal": {name: _quantity(q) for name, q in one.normalised.areal.items()} if one.normalised else {},
        "capacitances": _capacitances(one),
        "assignment": one.meaning.as_json(),
        "symmetric": None if one.symmetric is None else _symmetric(one.symmetric),
        "correlation": {
            "names": list(result.parameters),
            "matrix": [[round(float(c), 6) for c in row] for row in result.correlation],
        },
        "provenance": _provenance(result.spectrum),
        "notes": list(one.notes),
        "warnings": list(one.warnings),
    }
    if one.selection is not None:
        content["selection"] = _selection(one.selection)
    return content


def _capacitances(one: FitReport) -> dict[str, Any]:
    """Of arcs and tails: of the cell, per area (an interface) and along the thickness (grains), and the peak."""
    if one.normalised is None:
        return {
            f.name: {"capacitance": _plain(f.capacitance_F, None, "F"), "frequency": _plain(f.frequency_Hz, None, "Hz")}
            for f in features(one.result)
            if f.capacitance_F is not None
        }
    return {
        name: {
            "capacitance": _quantity(c.total),
            "areal": _quantity(c.areal),
            "per_length": _quantity(c.per_length),
            "frequency": _quantity(c.frequency),
        }
        for name, c in one.normalised.capacitances.items()
    }


def _symmetric(found: SymmetricCell) -> dict[str, Any]:
    return {
        "separator": list(found.separator),
        "interfaces": list(found.interfaces),
        "separator_resistance": _quantity(found.separator_resistance),
        "interface_resistance": _quantity(found.interface_resistance),
        "conductivity": _quantity(found.conductivity),
        "parts": {name: _quantity(q) for name, q in found.parts.items()},
        "certain": found.certain,
        "words": list(found.words),
    }


def _selection(found: Selection) -> dict[str, Any]:
    return {
        "status": found.status,
        "ambiguous": found.ambiguous,
        "reasons": list(found.reasons),
        "runners_up": [
            {
                "circuit": str(one.circuit),
                "words": one.words,
                "delta": _number(one.delta),
                "akaike_weight": _number(one.akaike_weight),
            }
            for one in found.runners_up[:5]
        ],
    }


def _provenance(spectrum: Spectrum) -> dict[str, Any]:
    origin = spectrum.provenance
    return {"file": origin.file, "sha256": origin.sha256, "reader": origin.reader, "notes": list(origin.notes)}


def _temperature(kelvin: float | None) -> dict[str, Any] | None:
    return None if kelvin is None else {"value": round(kelvin - 273.15, 6), "uncertainty": None, "unit": "degC"}


def series(one: SeriesReport) -> dict[str, Any]:
    """What ``natron eis series --json`` prints."""
    result = one.result
    told = result.as_json()
    entries = []
    for i, report in enumerate(one.fits):
        entry = fit(report)
        spectrum = report.result.spectrum
        if result.by != "temperature":
            entry[result.by] = _place(result, i)
        entry["lowest_frequency"] = _plain(float(spectrum.frequency_Hz[-1]), None, "Hz")
        entry["restarted"] = i in result.restarted
        entries.append(entry)
    geometry = one.geometry or Geometry()
    return {
        "schema_version": SCHEMA_VERSION,
        "by": result.by,
        "circuit": str(result.circuit),
        "weight": result.weight,
        "status": result.status,
        "cell": one.cell,
        "electrolyte": one.electrolyte,
        "fits": entries,
        "arrhenius": {name: _law(law, geometry) for name, law in result.arrhenius.items()},
        "arrhenius_separate": {name: _law(law, geometry) for name, law in result.separate_arrhenius.items()},
        "arrhenius_tied": {name: _law(law, geometry) for name, law in result.tied_arrhenius.items()},
        "tie": None if told["tie"] is None else {**told["tie"], "words": tie_in_words(result)},
        "tied_parameters": told["tied_parameters"],
        "arcs": {name: dict(counts) for name, counts in one.arcs.items()},
        "constriction": {name: _constriction(hint) for name, hint in one.constriction.items()},
        "trends": told["trends"],
        "growing": told["growing"],
        "warnings": list(one.warnings),
    }


def _place(result: SeriesResult, at: int) -> Any:
    """Of a spectrum in its series: a cycle is a bare number, the others are quantities."""
    value = float(result.course[at])
    if result.by == "cycle":
        return int(value)
    factor, unit = {"time": (1.0, "s"), "pressure": (1e-6, "MPa"), "soc": (1.0, "1")}[result.by]
    return _plain(value, None, unit, factor)


def _law(law: Arrhenius, geometry: Geometry) -> dict[str, Any]:
    return {
        "activation_energy": parameter(law.activation_energy),
        "activation_energy_ln_sigma": parameter(law.activation_energy_ln_sigma),
        "prefactor": parameter(law.prefactor),
        "conductivity_25C": _quantity(conductivity_25C(law, geometry)),
        "tied": law.tied,
        "points": law.points,
        "scatter": _number(law.scatter),
    }


def _constriction(hint: ConstrictionHint) -> dict[str, Any]:
    return {
        "verdict": hint.verdict,
        "difference": _quantity(hint.difference),
        "words": hint.words,
        "source": hint.source,
    }


def replicates(cells: ReplicateCells, parts: Mapping[str, Replicates]) -> dict[str, Any]:
    """Spread over cells of one make; `parts` are those of symmetric cells, areal resistances are in ohm.cm2."""
    return {
        "n": next(iter(cells.parameters.values())).n,
        "parameters": {name: _spread(each) for name, each in cells.parameters.items()},
        "areal": {name: _spread(each) for name, each in cells.areal.items()},
        "symmetric": {name: _spread(each) for name, each in parts.items()},
        "flagged": {name: list(flags) for name, flags in cells.flagged.items()},
    }


def _spread(found: Replicates) -> dict[str, Any]:
    """The mean with its standard error, SD and SE."""
    unit, factor = ("ohm.cm2", 1e4) if found.unit == "ohm.m2" else (found.unit, 1.0)
    return {
        "n": found.n,
        "mean": _plain(found.mean, found.standard_error, unit, factor),
        "sd": _plain(found.standard_deviation, None, unit, factor),
        "se": _plain(found.standard_error, None, unit, factor),
        "interval_95": [_number(end * factor) for end in found.interval],
        "values": [value * factor for value in found.values],
    }


def kramers_kronig(result: KKResult, file: str, index: int) -> dict[str, Any]:
    """One entry of ``checks[]``."""
    return {
        "file": file,
        "index": index,
        "passed": result.passed,
        "status": result.status,
        "limit": result.limit,
        "rms": _number(result.rms),
        "noise": _number(result.noise),
        "elements": result.elements,
        "mu": _number(result.mu),
        "structure_p": _number(result.structure_p),
        "drift_p": _number(result.drift_p),
        "failing_Hz": [float(f) for f in result.spectrum.frequency_Hz[result.failing]],
        "suspect_below_Hz": _number(result.suspect_below_Hz),
        "suspect_above_Hz": _number(result.suspect_above_Hz),
        "warnings": list(result.warnings),
    }


def drt(result: DRTResult, file: str, index: int) -> dict[str, Any]:
    """One entry of ``distributions[]``."""

    def ohms(value: float, uncertainty: float | None = None) -> dict[str, Any]:
        return {"value": float(value), "uncertainty": _number(uncertainty), "unit": "ohm"}

    return {
        "file": file,
        "index": index,
        "status": result.status,
        "lambda": result.lambda_,
        "criterion": result.criterion,
        "series_resistance": ohms(result.series_resistance_ohm),
        "polarisation": ohms(result.polarisation_ohm, result.polarisation_uncertainty_ohm),
        "peaks": [
            {
                "time_constant": {"value": peak.tau_s, "uncertainty": None, "unit": "s"},
                "frequency": {"value": peak.frequency_Hz, "uncertainty": None, "unit": "Hz"},
                "resistance": ohms(peak.resistance_ohm, peak.uncertainty_ohm),
                "capacitance": {"value": peak.capacitance_F, "uncertainty": None, "unit": "F"},
                "width_decades": peak.width_decades,
                "in_window": peak.in_window,
            }
            for peak in result.peaks
        ],
        "tau_s": [float(t) for t in result.tau_s],
        "gamma_ohm": [float(g) for g in result.gamma_ohm],
        "warnings": list(result.warnings),
    }


def envelope(name: str, entries: Sequence[dict[str, Any]], *, failed: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The object a command prints; `failed` lists what of a batch gave no result."""
    return {"schema_version": SCHEMA_VERSION, name: list(entries), "failed": list(failed)}
