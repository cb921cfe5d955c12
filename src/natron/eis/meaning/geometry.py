"""From the whole cell to the material: areal resistances, specific capacitances, conductivity and its law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from natron.core import InputError, Origin, Quantity, UncertaintyKind, did_you_mean, read_quantity
from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C
from natron.data import Spectrum
from natron.eis.fitting.result import FitResult
from natron.eis.meaning.arcs import features, variance_of


@dataclass(frozen=True, slots=True)
class Geometry:
    """Area and thickness of what was measured, with their uncertainties.

    Attributes
    ----------
    area : Quantity or None
        Electrode area, kind ``area``.
    thickness : Quantity or None
        Of the electrolyte between the electrodes, kind ``length``.
    """

    area: Quantity | None = None
    thickness: Quantity | None = None

    @classmethod
    def of(
        cls,
        *,
        area: Quantity | str | None = None,
        diameter: Quantity | str | None = None,
        thickness: Quantity | str | None = None,
    ) -> Geometry:
        """From texts such as ``"0.50 ± 0.02 cm²"`` or quantities; a diameter gives the area of a disc.

        Raises
        ------
        InputError
            Where area and diameter are both given, or something is not above zero.
        """
        if area is not None and diameter is not None:
            raise InputError("area and diameter are both given", hint="Give one of them.")
        found = None if area is None else _above_zero(read_quantity(area, "area"), "area")
        if diameter is not None:
            d = _above_zero(read_quantity(diameter, "diameter"), "diameter")
            # first order: at a relative uncertainty u of the diameter the next term is u/4 of this one
            u = 0.5 * math.pi * d.value * d.standard_uncertainty
            found = Quantity(
                0.25 * math.pi * d.value**2, u or None, "area", d.origin, "sd", source=d.source, note=d.note
            )
        depth = None if thickness is None else _above_zero(read_quantity(thickness, "length"), "thickness")
        return cls(found, depth)

    @classmethod
    def of_spectrum(cls, spectrum: Spectrum) -> Geometry:
        """What the spectrum says of itself, without uncertainties."""
        area, thickness = spectrum.area_m2, spectrum.thickness_m
        return cls(
            None if area is None else Quantity(area, None, "area"),
            None if thickness is None else Quantity(thickness, None, "length"),
        )

    @property
    def relative_uncertainty(self) -> float:
        """Of thickness/area: common to all that is measured on one sample."""
        return math.hypot(*(_relative(q) for q in (self.area, self.thickness) if q is not None), 0.0)


def _above_zero(quantity: Quantity, name: str) -> Quantity:
    if not quantity.value > 0:
        raise InputError(f"the {name} must be above zero", given=str(quantity))
    return quantity


def _relative(quantity: Quantity) -> float:
    return quantity.standard_uncertainty / quantity.value


def _needed(quantity: Quantity | None, name: str) -> Quantity:
    if quantity is None:
        raise InputError(f"the {name} is not known", hint=f'Give it: Geometry.of({name}="…").')
    return quantity


def combined_origin(origin: Origin, *used: Quantity | None) -> Origin:
    """`origin` of the data, unless something weaker went in."""
    found = {origin, *(q.origin for q in used if q is not None)}
    weakest: Origin
    for weakest in ("round_trip", "calibrated", "assumed"):
        if weakest in found:
            return weakest
    return origin


@dataclass(frozen=True, slots=True)
class SpecificCapacitance:
    """Capacitance of an arc or a tail, of the cell and made specific; no uncertainty where the fit gives none.

    Attributes
    ----------
    total : Quantity
        Of the whole cell, kind ``capacitance``, by the formula named in `natron.eis.Feature`.
    areal : Quantity or None
        C/A, kind ``areal_capacitance``: what matters for an interface.
    per_length : Quantity or None
        C d/A, kind ``capacitance_per_length``: what matters for grains and their boundaries (brick layers).
    frequency : Quantity or None
        Of an arc's peak; geometry does not enter it.
    """

    total: Quantity
    areal: Quantity | None
    per_length: Quantity | None
    frequency: Quantity | None


@dataclass(frozen=True, slots=True)
class Normalised:
    """A fit per area and thickness.

    Attributes
    ----------
    areal : Mapping of Quantity
        Resistance times area of each resistance by parameter name, kind ``area_specific_resistance``.
    capacitances : Mapping of SpecificCapacitance
        By the name of the arc's resistance, or of the tail.
    """

    areal: Mapping[str, Quantity]
    capacitances: Mapping[str, SpecificCapacitance]


def normalise(result: FitResult, geometry: Geometry | None = None, *, origin: Origin = "input") -> Normalised:
    """Resistances and capacitances per area and thickness, uncertainties of fit and geometry combined.

    Parameters
    ----------
    result : FitResult
    geometry : Geometry, optional
        Else what the spectrum says, without uncertainty.
    origin : str
        Of the data: ``round_trip`` for spectra that natron made.

    Raises
    ------
    InputError
        Where the area is not known.
    """
    geometry = geometry or Geometry.of_spectrum(result.spectrum)
    area = _needed(geometry.area, "area")
    resistances = [name for name, p in result.parameters.items() if p.unit == "ohm"]
    capacitances = {}
    for feature in features(result):
        C = feature.capacitance_F
        if C is None:
            continue
        relative = feature.capacitance_decades * math.log(10)
        per_area, f, d = C / area.value, feature.frequency_Hz, geometry.thickness
        capacitances[feature.name] = SpecificCapacitance(
            _spread(C, relative, "capacitance", origin),
            _spread(per_area, math.hypot(relative, _relative(area)), "areal_capacitance", origin),
            None
            if d is None
            else _spread(
                per_area * d.value,
                math.hypot(relative, geometry.relative_uncertainty),
                "capacitance_per_length",
                origin,
            ),
            None if f is None else _spread(f, feature.frequency_decades * math.log(10), "frequency", origin),
        )
    return Normalised(
        {name: areal_resistance(result, (name,), geometry, origin=origin) for name in resistances}, capacitances
    )


def _spread(value: float, relative: float, kind: str, origin: Origin) -> Quantity:
    """A quantity with a relative uncertainty, left out where the data do not determine it."""
    u = value * relative
    return Quantity(value, u if 0 < u < math.inf else None, kind, origin)


def summed(result: FitResult, names: Iterable[str]) -> tuple[float, float]:
    """Sum of resistances in ohm and its standard error, their covariance included.

    Raises
    ------
    InputError
        Where there is none, or a name is no resistance of the circuit.
    """
    chosen = tuple(names)
    known = [name for name, p in result.parameters.items() if p.unit == "ohm"]
    for name in chosen:
        if name not in known:
            raise InputError("this is no resistance of the circuit", given=name, hint=did_you_mean(name, known))
    if not chosen:
        raise InputError("no resistance is named", allowed=", ".join(known) or "none in this circuit")
    total = sum(result.parameters[name].value for name in chosen)
    return total, math.sqrt(max(variance_of(result, dict.fromkeys(chosen, 1.0)), 0.0))


def areal_resistance(
    result: FitResult, names: Iterable[str], geometry: Geometry | None = None, *, origin: Origin = "input"
) -> Quantity:
    """Sum of the named resistances times the area; kind ``area_specific_resistance``.

    u²(R A) = A² cᵀ Σ c + R² u²(A), Σ the fit's covariance, c ones.

    Raises
    ------
    InputError
        Where the area is not known or a name is wrong.
    """
    geometry = geometry or Geometry.of_spectrum(result.spectrum)
    area = _needed(geometry.area, "area")
    R, u = summed(result, names)
    total = math.hypot(area.value * u, R * area.standard_uncertainty)
    kind: UncertaintyKind = "sd" if area.standard_uncertainty else "se"
    return Quantity(R * area.value, total or None, "area_specific_resistance", combined_origin(origin, area), kind)


def conductivity(
    result: FitResult, names: Iterable[str], geometry: Geometry | None = None, *, origin: Origin = "input"
) -> Quantity:
    """σ = d/(R A) of the sum of the named resistances; kind ``conductivity``.

    (u(σ)/σ)² = (u(R)/R)² + (u(d)/d)² + (u(A)/A)².

    Raises
    ------
    InputError
        Where area or thickness is not known or a name is wrong.
    """
    geometry = geometry or Geometry.of_spectrum(result.spectrum)
    d, area = _needed(geometry.thickness, "thickness"), _needed(geometry.area, "area")
    R, u = summed(result, names)
    sigma = d.value / (R * area.value)
    relative = math.hypot(u / R, geometry.relative_uncertainty)
    return Quantity(sigma, sigma * relative or None, "conductivity", combined_origin(origin, d, area), "sd")


@dataclass(frozen=True, slots=True)
class ConductivityLaw:
    """σT = A exp(−E_A/k_BT) of a sample, with what its geometry adds to the uncertainty.

    Thickness and area are one factor common to all temperatures. It shifts ln(σT) by a constant: the slope,
    hence E_A, does not know it, while A and every σ carry its whole uncertainty.

    Attributes
    ----------
    activation_energy : Quantity
        E_A as it was given, kind ``energy``.
    prefactor_S_K_per_m : float
        A.
    ln_prefactor_fit, ln_prefactor_geometry : float
        Standard uncertainties of ln A from the resistances and from thickness/area; they add in squares.
    pivot_per_J : float
        1/k_BT at which the level and the slope of the line are independent.
    log_error_at_pivot : float
        Standard error of ln(R/T) there.
    origin : str
    """

    activation_energy: Quantity
    prefactor_S_K_per_m: float
    ln_prefactor_fit: float
    ln_prefactor_geometry: float
    pivot_per_J: float
    log_error_at_pivot: float
    origin: Origin

    @property
    def ln_prefactor_uncertainty(self) -> float:
        """Of ln A, all together."""
        return math.hypot(self.ln_prefactor_fit, self.ln_prefactor_geometry)

    def at(self, temperature_K: float) -> Quantity:
        """σ at a temperature in K, kind ``conductivity``: level, slope and geometry add in squares.

        Raises
        ------
        InputError
            At 0 K and below.
        """
        if not temperature_K > 0:
            raise InputError("a temperature above 0 K is needed", given=temperature_K)
        beta = 1 / (BOLTZMANN_J_PER_K * temperature_K)
        E = self.activation_energy
        sigma = self.prefactor_S_K_per_m / temperature_K * math.exp(-E.value * beta)
        away = (beta - self.pivot_per_J) * E.standard_uncertainty
        relative = math.hypot(self.log_error_at_pivot, away, self.ln_prefactor_geometry)
        return Quantity(sigma, sigma * relative or None, "conductivity", self.origin, "sd")


def conductivity_law(
    activation_energy: Quantity,
    pivot_per_eV: float,
    log_at_pivot: float,
    log_error_at_pivot: float,
    geometry: Geometry,
    *,
    origin: Origin = "input",
) -> ConductivityLaw:
    """The conductivity's law from the line ln(R/T) = ln κ + E_A/(k_B T) of a resistance and the geometry.

    R = T κ exp(E_A/k_BT) is Lowack et al. 2025, Eq. 4, DOI 10.1080/10667857.2025.2560836; A = d/(area κ).

    Parameters
    ----------
    activation_energy : Quantity
        Slope, kind ``energy``, with the fit's uncertainty.
    pivot_per_eV : float
        1/k_BT at which level and slope are independent, 1/eV.
    log_at_pivot, log_error_at_pivot : float
        ln(R/T) there, R in ohm of the whole cell and T in K, and its standard error.
    geometry : Geometry
        With area and thickness.

    Raises
    ------
    InputError
        Where area or thickness is not known.
    """
    d, area = _needed(geometry.thickness, "thickness"), _needed(geometry.area, "area")
    pivot = pivot_per_eV / ELEMENTARY_CHARGE_C
    ln_kappa = log_at_pivot - activation_energy.value * pivot
    return ConductivityLaw(
        activation_energy,
        d.value / area.value * math.exp(-ln_kappa),
        math.hypot(log_error_at_pivot, pivot * activation_energy.standard_uncertainty),
        geometry.relative_uncertainty,
        pivot,
        log_error_at_pivot,
        combined_origin(origin, d, area),
    )
