"""The ranges that a fit is held against, and how well a number fits into one."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import numpy as np

from natron.core import Confidence, InputError, Quantity
from natron.materials import Material

Process = Literal[
    "bulk", "grain_boundary", "metal_interface", "charge_transfer", "double_layer", "diffusion", "collector", "unknown"
]
"""What an arc or a tail can come from; ``unknown`` is one of the answers."""

CellKind = Literal["symmetric", "blocking", "full", "unknown"]
"""Metal | ceramic | metal; ceramic between electrodes that block ions; metal | ceramic | cathode; not said."""

VACUUM_PERMITTIVITY_F_PER_M = 8.8541878128e-12
"""ε0 (CODATA 2018, DOI 10.1103/RevModPhys.93.025010)."""

_OUTSIDE = 0.01
"""Share of numbers that lie anywhere: one in a hundred defies the ranges, which come from few materials."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number is compared with ranges.

    Attributes
    ----------
    span : tuple of float
        Where any such number can lie at all, in the coordinate below.
    logarithmic : bool
        Whether the coordinate is log10 of the number.
    shoulder : float
        Standard deviation that blurs a range's ends: how far two sources differ.
    words : str
        What it is called.
    """

    span: tuple[float, float]
    logarithmic: bool
    shoulder: float
    words: str

    def coordinate(self, value: float) -> float:
        """`value` as it is compared."""
        return math.log10(value) if self.logarithmic else value


SCALES: Mapping[str, Scale] = {
    # both effective-capacitance formulas in use differ by up to a factor of 2
    "capacitance_per_length": Scale((-14.0, 2.0), True, 0.15, "C d/A"),
    "areal_capacitance": Scale((-14.0, 2.0), True, 0.15, "C/A"),
    # a factor of 2 between cells of one make
    "frequency": Scale((-4.0, 10.0), True, 0.3, "the arc's frequency"),
    "activation_energy": Scale((0.0, 1.2), False, 0.03, "E_A"),
    "thickness_exponent": Scale((-1.0, 2.0), False, 0.1, "the exponent of thickness"),
    "cpe_exponent": Scale((0.2, 1.0), False, 0.05, "n"),
}
"""By what the number is about."""

FACTORS = {"F/cm": 100.0, "F/cm2": 1e4, "Hz": 1.0, "eV": 1.0, "1": 1.0}
"""SI value of one of a table's unit; energies stay in eV."""


@dataclass(frozen=True, slots=True)
class Range:
    """One range of one process, SI but for energies in eV.

    Attributes
    ----------
    process, about : str
    low, high : float
    unit : str
        In which it is shown.
    source : str
        With the DOI where there is one.
    confidence : str
        A read in the source, B well known, C an estimate: assumed.
    note : str or None
    cells : tuple of str
        Kinds of cell it holds for; empty for all.
    temperature_degC : tuple of float or None
        Temperatures it was measured at.
    """

    process: Process
    about: str
    low: float
    high: float
    unit: str
    source: str
    confidence: Confidence
    note: str | None = None
    cells: tuple[str, ...] = ()
    temperature_degC: tuple[float, float] | None = None

    def words(self) -> str:
        """``1e-11 to 1e-08 F/cm``."""
        factor = FACTORS[self.unit]
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.low / factor:.2g} to {self.high / factor:.2g}{unit}"

    def contains(self, value: float) -> bool:
        """Whether `value` lies inside, ends included."""
        return self.low <= value <= self.high

    def distance(self, value: float) -> float:
        """How far `value` lies outside, in the scale's coordinate; 0 inside."""
        scale = SCALES[self.about]
        low, high, x = (scale.coordinate(v) for v in (self.low, self.high, value))
        return max(low - x, x - high, 0.0)

    def density(self, value: float, spread: float) -> float:
        """Likelihood of measuring `value` with standard uncertainty `spread` (in the scale's coordinate).

        Uniform inside, blurred by shoulder and spread, normalised.
        """
        scale = SCALES[self.about]
        low, high, x = (scale.coordinate(v) for v in (self.low, self.high, value))
        s = math.hypot(scale.shoulder, spread) * math.sqrt(2)
        return 0.5 * (math.erf((x - low) / s) - math.erf((x - high) / s)) / (high - low)


def likelihood(about: str, ranges: tuple[Range, ...], value: float, spread: float) -> float:
    """Of a number under a process with these ranges (equal shares); without any, that of anything at all."""
    low, high = SCALES[about].span
    anything = 1 / (high - low)
    if not ranges:
        return anything
    inside = sum(r.density(value, spread) for r in ranges) / len(ranges)
    return (1 - _OUTSIDE) * inside + _OUTSIDE * anything


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """A process and where it can occur."""

    name: Process
    words: str
    arcs: tuple[str, ...]
    tails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Everything in ``arc_evidence.toml``."""

    processes: tuple[ProcessFacts, ...]
    ranges: tuple[Range, ...]
    permittivities: tuple[Mapping[str, Any], ...]

    def of(self, process: Process, about: str, cell: CellKind, temperature_K: float | None) -> tuple[Range, ...]:
        """The ranges that apply; those of another temperature are left out."""
        return tuple(
            r
            for r in self.ranges
            if r.process == process
            and r.about == about
            and (not r.cells or cell in r.cells)
            and (
                r.temperature_degC is None
                or temperature_K is None
                or r.temperature_degC[0] <= temperature_K - 273.15 <= r.temperature_degC[1]
            )
        )


@lru_cache(maxsize=1)
def table() -> Table:
    """The ranges that ship with natron."""
    text = (resources.files("natron.eis.meaning") / "arc_evidence.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return Table(
        tuple(ProcessFacts(p["name"], p["words"], tuple(p["arcs"]), tuple(p["tails"])) for p in content["process"]),
        tuple(_read(r) for r in content["range"]),
        tuple(content["permittivity"]),
    )


def _read(raw: Mapping[str, Any]) -> Range:
    factor = FACTORS[raw["unit"]]
    at = raw.get("temperature_degC")
    return Range(
        raw["process"],
        raw["about"],
        raw["low"] * factor,
        raw["high"] * factor,
        raw["unit"],
        f"{raw['source']}, DOI {raw['doi']}" if "doi" in raw else raw["source"],
        raw["confidence"],
        raw.get("note"),
        tuple(raw.get("cells", ())),
        None if at is None else (float(at[0]), float(at[1])),
    )


@dataclass(frozen=True, slots=True)
class Electrolyte:
    """What is known of the solid electrolyte beforehand.

    Attributes
    ----------
    relative_permittivity : tuple of float
        Lowest and highest, of the grains.
    permittivity_source : str
        Where from; an estimate says so.
    conductivity : Quantity or None
        Total, at the temperature of the spectrum; kind ``conductivity``.
    activation_energy : Quantity or None
        Of the conductivity; kind ``energy``.
    """

    relative_permittivity: tuple[float, float] = (5.0, 100.0)
    permittivity_source: str = "assumed: solid electrolytes in general"
    conductivity: Quantity | None = None
    activation_energy: Quantity | None = None

    @classmethod
    def of_material(cls, material: Material, temperature_K: float | None) -> Electrolyte:
        """From the materials library; conductivity only where the temperature is known.

        Warns
        -----
        RangeWarning
            Where the conductivity is asked for outside the range in which it was measured.

        Raises
        ------
        MaterialError
            Where the conductivity is known at another temperature alone.
        """
        entry = next(p for p in table().permittivities if material.name in p["materials"] or "*" in p["materials"])
        assumed = "assumed: " if entry["confidence"] == "C" else ""
        law = material.laws.get("conductivity")
        return cls(
            (float(entry["low"]), float(entry["high"])),
            assumed + str(entry["source"]),
            None if law is None or temperature_K is None else law.value_at(temperature_K),
            None if law is None else law.activation_energy,
        )

    def bulk_frequency_Hz(self, conductivity_S_per_m: float) -> tuple[float, float]:
        """Lowest and highest peak frequency of the bulk arc, σ/(2π ε_r ε0)."""
        low, high = self.relative_permittivity
        over = conductivity_S_per_m / (2 * math.pi * VACUUM_PERMITTIVITY_F_PER_M)
        return over / high, over / low


def thickness_exponent(pairs: Sequence[tuple[Quantity, Quantity]]) -> tuple[float, float]:
    """Exponent p of R A ∝ d^p over several samples, and its standard uncertainty.

    Weighted least squares of ln(R A) against ln d; 1 for what fills the thickness, 0 for an interface. A
    resistance of unknown uncertainty counts as known to 10 %.

    Parameters
    ----------
    pairs : sequence of (Quantity, Quantity)
        Thickness and areal resistance, at least two different thicknesses, all above zero.

    Raises
    ------
    InputError
    """
    d = np.array([a.value for a, _ in pairs])
    R = np.array([b.value for _, b in pairs])
    if len(pairs) < 2 or not ((d > 0).all() and (R > 0).all()) or np.ptp(d) == 0:
        raise InputError(
            "thickness scaling needs resistances at two thicknesses or more",
            given=[f"{a}: {b}" for a, b in pairs],
            allowed="pairs of thickness and areal resistance above zero",
        )
    u_d = np.array([a.standard_uncertainty / a.value for a, _ in pairs])
    u_R = np.array([b.standard_uncertainty / b.value or 0.1 for _, b in pairs])
    # thickness enters with an exponent of one at most
    w = 1 / (u_R**2 + u_d**2)
    x, y = np.log(d), np.log(R)
    centre = float((w * x).sum() / w.sum())
    power = float((w * (x - centre) ** 2).sum())
    return float((w * (x - centre) * y).sum()) / power, 1 / math.sqrt(power)
