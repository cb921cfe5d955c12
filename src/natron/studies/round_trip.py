"""Published impedance made again with noise and analysed blind: what comes back beside what went in.

The origin of every number here is `round_trip`. It shows that the analysis can find such values in such
spectra, and proves nothing about the paper; what the paper does not print is listed as assumed.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from natron.cell import built_in
from natron.core import ClaimError, Quantity, parse_quantity
from natron.core.constants import ELEMENTARY_CHARGE_C
from natron.data import Spectrum
from natron.design import reference_area_m2
from natron.eis import FitParameter, Geometry, SeriesResult, fit_series, parse_circuit, symmetric_cell
from natron.materials import scale_conductivity, scale_resistance

POINTS_PER_DECADE = 10


@dataclass(frozen=True)
class Recovered:
    """One number that went in and came back.

    Attributes
    ----------
    name : str
        For people.
    put_in : Quantity
        What the spectra were made with; its ± is the paper's, where it prints one.
    published : bool
        Whether the paper prints it; else it is assumed.
    recovered : Quantity
        Origin ``round_trip``.
    in_uncertainties : float
        |difference| in standard errors of the recovered value.
    """

    name: str
    put_in: Quantity
    published: bool
    recovered: Quantity
    in_uncertainties: float


@dataclass(frozen=True)
class RoundTrip:
    """A published series, made again and analysed.

    Attributes
    ----------
    title : str
    series : SeriesResult
    rows : tuple of Recovered
    assumed : Mapping[str, Any]
        Everything that was invented to make the spectra.
    remarks : tuple of str
        What the analysis said, and whether the paper's own finding came back.
    """

    title: str
    series: SeriesResult
    rows: tuple[Recovered, ...]
    assumed: Mapping[str, Any]
    remarks: tuple[str, ...]


def round_trips(document: str, *, seed: int = 1) -> tuple[RoundTrip, ...]:
    """The impedance of a document, made again and analysed.

    Parameters
    ----------
    document : str
    seed : int
        Of the noise.

    Raises
    ------
    ClaimError
        Where natron has no spectra for that document.
    """
    given = spectra_of(document)
    return (_symmetric(given["symmetric"], seed), _cycles(given["cycles"], seed))


def spectra_of(document: str) -> dict[str, Any]:
    """What a document says of its spectra, and what is assumed to make them.

    Raises
    ------
    ClaimError
        Where natron has no spectra for that document.
    """
    entry = resources.files("natron.studies") / "spectra" / f"{document}.toml"
    if not entry.is_file():
        raise ClaimError("there are no spectra for this document", given=document)
    return tomllib.loads(entry.read_text(encoding="utf-8"))


def _frequencies(given: Mapping[str, Any]) -> Any:
    high, low = (parse_quantity(given[f"{end}_frequency"], "frequency").value for end in ("upper", "lower"))
    return np.geomspace(high, low, round(POINTS_PER_DECADE * math.log10(high / low)) + 1)


def _noisy(z: Any, noise: str, generator: np.random.Generator) -> Any:
    spread = parse_quantity(noise, "share").value
    return z + spread * np.abs(z) * (generator.normal(size=z.shape) + 1j * generator.normal(size=z.shape))


def _arc(R: float, capacitance_F: float, n: float) -> tuple[float, float, float]:
    """R, Q and n of an arc with that effective capacitance τ/R."""
    return R, (R * capacitance_F) ** n / R, n


def _symmetric(given: Mapping[str, Any], seed: int) -> RoundTrip:
    """Fig. 5: separator and interface over temperature."""
    published, assumed = given["published"], given["assumed"]
    cell = built_in(given["cell"])
    area = reference_area_m2(cell) or 1e-4
    thickness = cell.separator.thickness
    at = parse_quantity(published["at"], "temperature").value
    sigma = parse_quantity(published["conductivity"], "conductivity")
    energy = parse_quantity(published["conductivity_activation_energy"], "energy")
    interface = parse_quantity(published["interface_resistance"], "area_specific_resistance")
    interface_energy = parse_quantity(published["interface_activation_energy"], "energy")
    circuit = parse_circuit(given["circuit"])
    f = _frequencies(given)
    generator = np.random.default_rng(seed)
    spectra = []
    for text in assumed["temperatures"]:
        T = parse_quantity(text, "temperature").value
        separator = thickness.value / scale_conductivity(sigma.value, at, energy.value, T) / area
        both = 2 * scale_resistance(interface.value, at, interface_energy.value, T) / area
        share = assumed["grain_share"]
        boundary = _arc(
            (1 - share) * separator,
            assumed["grain_boundary_capacitance_F_cm2"] * area * 1e4,
            assumed["grain_boundary_exponent"],
        )
        metal = _arc(both, assumed["interface_capacitance_F_cm2"] * area * 1e4, assumed["interface_exponent"])
        z = circuit.impedance([share * separator, *boundary, *metal], f)
        spectra.append(Spectrum(f, _noisy(z, assumed["noise"], generator), area, T, thickness_m=thickness.value))
    result = fit_series(spectra, circuit, "temperature")
    at_30 = min(range(len(spectra)), key=lambda i: abs(float(result.course[i]) - at))
    geometry = Geometry(Quantity(area, None, "area"), Quantity(thickness.value, None, "length"))
    parts = symmetric_cell(
        result.fits[at_30], geometry, separator=("R0", "R1"), interfaces=("R2",), origin="round_trip"
    )
    rows = []
    if parts.conductivity is not None and parts.interface_resistance is not None:
        rows = [
            _row("σ of the separator at 30 °C, from R_A + R_B", sigma, parts.conductivity),
            _row("R_interface = R_C/2 at 30 °C", interface, parts.interface_resistance),
        ]
    rows += [
        _row(
            "E_A of the grain boundaries' arc, as the separator's",
            energy,
            _energy(result.arrhenius["R1"].activation_energy),
        ),
        _row("E_A of the interface", interface_energy, _energy(result.arrhenius["R2"].activation_energy)),
    ]
    tie = result.tie
    remarks = [*result.warnings, *parts.words]
    if tie is not None:
        words = "accepted" if tie.accepted else f"rejected ({tie.culprit}: {tie.what})"
        remarks.append(f"The tie over temperature, true here by construction, is {words}, p = {tie.p_value:.2g}.")
    return RoundTrip(given["title"], result, tuple(rows), dict(assumed), tuple(remarks))


def _cycles(given: Mapping[str, Any], seed: int) -> RoundTrip:
    """Fig. 9: which resistance grows while cycling."""
    published, assumed = given["published"], given["assumed"]
    area = reference_area_m2(built_in(given["cell"])) or 1e-4
    cm2 = area * 1e4
    temperature = parse_quantity(given["temperature"], "temperature").value
    circuit = parse_circuit(given["circuit"])
    f = _frequencies(given)
    names = ("double_layer", "charge_transfer", "liquid")
    peaks = [parse_quantity(published[f"{name}_frequency"], "frequency").value for name in names]
    start = [assumed[f"{name}_ohm_cm2"] / cm2 for name in names]
    generator = np.random.default_rng(seed + 1)
    spectra = []
    for cycle in given["cycles"]:
        growth = 1 + assumed["liquid_growth_per_cycle"] * cycle
        values = [assumed["high_frequency_ohm_cm2"] / cm2]
        for name, R, peak, n in zip(names, start, peaks, assumed["exponents"], strict=True):
            # the arcs keep their capacitance, so a growing one grows slower too
            values += _arc(R * (growth if name == "liquid" else 1.0), 1 / (2 * math.pi * peak * R), n)
        values += [assumed["collector_Q_ohm_cm2"] * cm2, assumed["collector_exponent"]]
        z = circuit.impedance(values, f)
        spectra.append(Spectrum(f, _noisy(z, assumed["noise"], generator), area, temperature, cycle=cycle))
    result = fit_series(spectra, circuit, "cycle")
    rows = []
    for name, words, R in zip(("R1", "R2", "R3"), ("R_DL", "R_CT", "R_LE"), start, strict=True):
        put_in = Quantity(R * area, None, "area_specific_resistance", origin="assumed")
        rows.append(_row(f"{words} at cycle 0", put_in, _areal(result.fits[0].parameters[name], area), published=False))
    growing = ", ".join(result.growing) or "none"
    remarks = [
        f"Published: only R_LE ({published['growing']} here) grows. Found growing: {growing}.",
        *result.warnings,
    ]
    return RoundTrip(given["title"], result, tuple(rows), dict(assumed), tuple(remarks))


def _energy(p: FitParameter) -> Quantity:
    return Quantity(
        p.value * ELEMENTARY_CHARGE_C,
        p.uncertainty * ELEMENTARY_CHARGE_C,
        "energy",
        origin="round_trip",
        uncertainty_kind="se",
    )


def _areal(p: FitParameter, area_m2: float) -> Quantity:
    return Quantity(
        p.value * area_m2, p.uncertainty * area_m2, "area_specific_resistance", "round_trip", uncertainty_kind="se"
    )


def _row(name: str, put_in: Quantity, recovered: Quantity, *, published: bool = True) -> Recovered:
    u = recovered.standard_uncertainty
    distance = abs(recovered.value - put_in.value) / u if u and math.isfinite(u) else math.inf
    return Recovered(name, put_in, published, recovered, distance)


def as_json(trips: Sequence[RoundTrip]) -> list[dict[str, Any]]:
    """As ``natron reproduce --json`` prints them."""
    return [
        {
            "title": trip.title,
            "origin": "round_trip",
            "verdict": "cannot_be_checked",
            "rows": [
                {
                    "name": row.name,
                    "put_in": row.put_in.as_json(),
                    "published": row.published,
                    "recovered": row.recovered.as_json(),
                    "standard_errors": row.in_uncertainties if math.isfinite(row.in_uncertainties) else None,
                }
                for row in trip.rows
            ],
            "assumed": dict(trip.assumed),
            "remarks": list(trip.remarks),
        }
        for trip in trips
    ]
