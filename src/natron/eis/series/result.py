"""What a series of spectra showed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from natron.data import Spectrum
from natron.eis.circuits.notation import Circuit
from natron.eis.fitting.engine import Array
from natron.eis.fitting.result import FitParameter, FitResult, Status, Weight
from natron.eis.series.arrhenius import Arrhenius
from natron.eis.series.joint import TiedFit
from natron.eis.series.tie import TieTest
from natron.eis.series.trends import Trend

By = Literal["temperature", "cycle", "time", "pressure", "soc"]


@dataclass(frozen=True, eq=False)
class SeriesResult:
    """What a series showed; S spectra, in the order they were given.

    Attributes
    ----------
    by : str
        ``temperature, cycle, time, pressure`` or ``soc``.
    course : ndarray, (S,)
        Its values: K, cycle number, s, Pa or fraction.
    course_unit : str
    circuit : Circuit
    weight : str
    spectra : tuple of Spectrum
        As fitted; what was cut is in their `removed_frequency_Hz`.
    fits : tuple of FitResult
        The separate fits. ``R1`` is the same arc in all of them.
    restarted : tuple of int
        Which of them were started again from others of the series, or renamed.
    arrhenius : dict of Arrhenius
        By resistance; empty unless by temperature. From the joint fit where the tie was accepted, else from
        the separate fits, as each one's `tied` says.
    separate_arrhenius, tied_arrhenius : dict of Arrhenius
        Both, for whoever wants to compare them.
    tie : TieTest or None
    tied_fit : TiedFit or None
        The joint fit, accepted or not; None unless by temperature, asked for, and with arcs to tie.
    trends : dict of Trend
        By parameter, and effective capacitance of an arc (``CPE1_C``); empty by temperature.
    growing : tuple of str
        The resistances that grow significantly, the one that grows by most ohms first.
    status : str
        The worst of the separate fits'.
    warnings : tuple of str
    """

    by: By
    course: Array
    course_unit: str
    circuit: Circuit
    weight: Weight
    spectra: tuple[Spectrum, ...]
    fits: tuple[FitResult, ...]
    restarted: tuple[int, ...]
    arrhenius: Mapping[str, Arrhenius]
    separate_arrhenius: Mapping[str, Arrhenius]
    tied_arrhenius: Mapping[str, Arrhenius]
    tie: TieTest | None
    tied_fit: TiedFit | None
    trends: Mapping[str, Trend]
    growing: tuple[str, ...]
    status: Status
    warnings: tuple[str, ...]

    @property
    def activation_energy(self) -> dict[str, FitParameter]:
        """E_A in eV by resistance, from ln(σT)."""
        return {name: law.activation_energy for name, law in self.arrhenius.items()}

    @property
    def cut_Hz(self) -> tuple[float | None, ...]:
        """The lowest frequency that was fitted, of each spectrum that was cut at its low end."""
        return tuple(
            float(s.frequency_Hz[-1])
            if len(s.removed_frequency_Hz) and s.removed_frequency_Hz[-1] < s.frequency_Hz[-1]
            else None
            for s in self.spectra
        )

    def values(self, name: str) -> tuple[Array, Array]:
        """A parameter of the separate fits along the series, (S,), and its standard errors, (S,).

        Raises
        ------
        CircuitError
            Where the circuit has no such parameter.
        """
        self.circuit.refuse_unknown({name: None})
        found = [fit.parameters[name] for fit in self.fits]
        return np.array([p.value for p in found]), np.array([p.uncertainty for p in found])

    def as_json(self) -> dict[str, Any]:
        """Everything but curves, in JSON's own types; quantities as value, uncertainty (or null) and unit."""
        return {
            "by": self.by,
            "circuit": str(self.circuit),
            "weight": self.weight,
            "status": self.status,
            "fits": [
                {
                    "index": i,
                    "file": fit.spectrum.provenance.file,
                    self.by: {"value": float(at), "uncertainty": None, "unit": self.course_unit},
                    "status": fit.status,
                    "chi2_reduced": fit.chi2_reduced,
                    "points": len(fit.spectrum),
                    "removed_points": len(fit.spectrum.removed_frequency_Hz),
                    "lowest_frequency": {
                        "value": float(fit.spectrum.frequency_Hz[-1]),
                        "uncertainty": None,
                        "unit": "Hz",
                    },
                    "restarted": i in self.restarted,
                    "parameters": {name: _quantity(p) for name, p in fit.parameters.items()},
                    "warnings": list(fit.warnings),
                }
                for i, (fit, at) in enumerate(zip(self.fits, self.course.tolist(), strict=True))
            ],
            "arrhenius": {name: _law_json(law) for name, law in self.arrhenius.items()},
            "arrhenius_separate": {name: _law_json(law) for name, law in self.separate_arrhenius.items()},
            "arrhenius_tied": {name: _law_json(law) for name, law in self.tied_arrhenius.items()},
            "tie": None if self.tie is None else _tie_json(self.tie),
            "tied_parameters": {}
            if self.tied_fit is None
            else {n: _quantity(p) for n, p in {**self.tied_fit.exponents, **self.tied_fit.capacitances}.items()},
            "trends": {name: _trend_json(each) for name, each in self.trends.items()},
            "growing": list(self.growing),
            "warnings": list(self.warnings),
        }


def _quantity(p: FitParameter) -> dict[str, Any]:
    return {
        "value": p.value,
        "uncertainty": p.uncertainty if math.isfinite(p.uncertainty) else None,
        "unit": p.unit,
    }


def _law_json(law: Arrhenius) -> dict[str, Any]:
    return {
        "activation_energy": _quantity(law.activation_energy),
        "activation_energy_ln_sigma": _quantity(law.activation_energy_ln_sigma),
        "prefactor": _quantity(law.prefactor),
        "conductivity_25C": None if law.conductivity_25C is None else _quantity(law.conductivity_25C),
        "tied": law.tied,
    }


def _tie_json(test: TieTest) -> dict[str, Any]:
    return {
        "accepted": test.accepted,
        "level": test.level,
        "p_value": test.p_value,
        "p_omnibus": test.p_omnibus,
        "p_drift": test.p_drift,
        "p_single": test.p_single,
        "culprit": test.culprit,
        "what": test.what,
        "breaks": [
            {
                "arc": each.arc,
                "what": each.what,
                "parameter": each.parameter,
                "change": each.change if math.isfinite(each.change) else None,
                "change_error": each.change_error if math.isfinite(each.change_error) else None,
                "p_value": each.p_value,
            }
            for each in test.breaks
        ],
    }


def _trend_json(each: Trend) -> dict[str, Any]:
    return {
        "slope": _quantity(each.slope),
        "growth": each.growth,
        "relative_growth": each.relative_growth if math.isfinite(each.relative_growth) else None,
        "p_value": each.p_value,
        "jump": None
        if each.jump is None
        else {
            "after": each.jump.after,
            "before": each.jump.before,
            "size": each.jump.size,
            "size_error": each.jump.size_error,
            "p_value": each.jump.p_value,
        },
    }
