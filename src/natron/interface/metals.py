"""Alkali metals: how they flow, evaporate, diffuse, soften and melt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from natron.core import InputError, MaterialError, Quantity, did_you_mean
from natron.core.constants import AVOGADRO_PER_MOL, BOLTZMANN_J_PER_K, FARADAY_C_PER_MOL
from natron.core.uncertainty import exp
from natron.materials import library, material, molar_mass_kg_per_mol, parameters

ATMOSPHERE_PA = 101325.0
"""One standard atmosphere; exact."""

CORRELATION_BCC = 0.727
"""Correlation factor f of vacancy diffusion in a body-centred cubic lattice (Compaan and Haven 1956); exact
to its digits by counting walks, not a measurement."""

COLDEST_K = 150.0
"""Below it the climb of dislocations, which the creep laws stand for, is frozen."""

_SYMBOLS = {"Na": "sodium", "K": "potassium", "Li": "lithium"}


@dataclass(frozen=True, slots=True)
class Creep:
    """Power-law creep, ε̇ = ε̇₀ (σ/σ₀)ⁿ exp[−(Q/k_B)(1/T − 1/T₀)], said by one measured flow stress σ₀.

    The fields may be floats, arrays or uncertain numbers. Written as ε̇ = A(T) σⁿ the coefficient hangs on σ₀ to
    the power −n: the ±19 % of sodium's flow stress are a factor of 7 in A.

    Attributes
    ----------
    flow_stress_Pa : float
        σ₀, uniaxial stress at which the metal creeps with `strain_rate_per_s` at `reference_K`.
    strain_rate_per_s, reference_K : float
        ε̇₀ and T₀.
    exponent : float
        n, > 1.
    activation_energy_J : float
        Q per particle.

    Source: sodium, Wang et al. 2020, DOI 10.1016/j.mtla.2020.100792.
    """

    flow_stress_Pa: Any
    strain_rate_per_s: Any
    reference_K: Any
    exponent: Any
    activation_energy_J: Any

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Creep:
        """From parameters by name, as the library and a relation's inputs carry them."""
        return cls(
            values["flow_stress"],
            values["flow_strain_rate"],
            values["flow_temperature"],
            values["creep_exponent"],
            values["creep_activation_energy"],
        )

    def coefficient(self, temperature_K: Any) -> Any:
        """A(T) of ε̇ = A σⁿ, Pa⁻ⁿ s⁻¹; valid below the melting point."""
        heat = -self.activation_energy_J / BOLTZMANN_J_PER_K * (1 / temperature_K - 1 / self.reference_K)
        return self.strain_rate_per_s * self.flow_stress_Pa ** (-self.exponent) * exp(heat)

    def rate(self, stress_Pa: Any, temperature_K: Any) -> Any:
        """Strain rate under uniaxial stress (≥ 0), 1/s; too low above the breakdown stress (see `sinh_rate`)."""
        return self.coefficient(temperature_K) * stress_Pa**self.exponent

    def flow_stress(self, strain_rate_per_s: Any, temperature_K: Any) -> Any:
        """Stress that makes the metal creep at that rate (> 0), Pa."""
        return (strain_rate_per_s / self.coefficient(temperature_K)) ** (1 / self.exponent)

    def sinh_rate(self, stress_Pa: Any, temperature_K: Any, breakdown_stress_Pa: Any) -> Any:
        """Strain rate with the power law's breakdown, A α⁻ⁿ sinhⁿ(ασ) with 1/α the breakdown stress, 1/s.

        Equal to `rate` far below the breakdown stress, faster above it. For stresses up to some hundred
        times the breakdown stress.

        Source: Garofalo 1963, Trans. AIME 227, 351.
        """
        x = stress_Pa / breakdown_stress_Pa
        sinh = (exp(x) - exp(-x)) / 2
        return self.coefficient(temperature_K) * (breakdown_stress_Pa * sinh) ** self.exponent

    def softened(self, factor: Any) -> Creep:
        """The same metal with its flow stress times `factor` (> 0), as under ultrasound."""
        return Creep(
            self.flow_stress_Pa * factor,
            self.strain_rate_per_s,
            self.reference_K,
            self.exponent,
            self.activation_energy_J,
        )


@dataclass(frozen=True, slots=True)
class Metal:
    """An alkali metal and what is known of it.

    Attributes
    ----------
    name, title, symbol : str
        ``sodium``, ``Sodium``, ``Na``.
    values : Mapping[str, Quantity]
        Density, molar mass, melting point and the model parameters of its group.
    """

    name: str
    title: str
    symbol: str
    values: Mapping[str, Quantity]

    def __getitem__(self, name: str) -> Quantity:
        """One property.

        Raises
        ------
        MaterialError
            Where it is not known of this metal.
        """
        try:
            return self.values[name]
        except KeyError:
            raise MaterialError(
                f"the {name.replace('_', ' ')} of {self.name} is not known", hint=did_you_mean(name, self.values)
            ) from None

    @property
    def melting_point_K(self) -> float:
        """Melting point, K."""
        return self["melting_point"].value

    @property
    def molar_volume_m3_mol(self) -> float:
        """Molar volume of the solid at room temperature, m³/mol."""
        return self["molar_mass"].value / self["density"].value

    @property
    def creep(self) -> Creep:
        """Its creep law at the nominal values."""
        return Creep.of({name: q.value for name, q in self.values.items()})

    def require_solid(self, temperature_K: float) -> None:
        """Nothing, where the metal is a solid that creeps.

        Raises
        ------
        InputError
            At the melting point and above the models of a solid do not hold; below `COLDEST_K` creep is frozen.
        """
        if not temperature_K >= COLDEST_K:
            raise InputError(
                "creep is not described at so low a temperature",
                given=f"{temperature_K - 273.15:.4g} °C",
                allowed=f"from {COLDEST_K - 273.15:.0f} °C up",
            )
        if temperature_K >= self.melting_point_K:
            raise InputError(
                f"{self.name} is liquid at this temperature, and this is a model of the solid",
                given=f"{temperature_K - 273.15:.2f} °C",
                allowed=f"below the melting point of {self.melting_point_K - 273.15:.2f} °C",
            )


@lru_cache(maxsize=8)
def metal(name: str) -> Metal:
    """An alkali metal by its name or symbol: ``sodium`` or ``Na``, ``potassium`` or ``K``, ``lithium`` or ``Li``.

    Raises
    ------
    MaterialError
        Where it is none of these.
    """
    wanted = _SYMBOLS.get(name, name)
    if wanted not in _SYMBOLS.values():
        known = {*_SYMBOLS, *_SYMBOLS.values()}
        raise MaterialError("this is not a metal of the interface models", given=name, hint=did_you_mean(name, known))
    found = material(wanted)
    mass = Quantity(molar_mass_kg_per_mol(found.formula or ""), None, "molar_mass", origin="literature")
    own = {"molar_mass": mass, "density": found.property("density"), "melting_point": found.property("melting_point")}
    return Metal(wanted, found.title, found.formula or "", {**own, **parameters(wanted)})


def parameters_of_ceramic(name: str) -> Mapping[str, Quantity]:
    """Mechanical parameters of an electrolyte: of its own group, or of the group its name begins with.

    ``nzsp-tape`` and ``nzsp-pellet`` share the group ``nzsp``. Empty where nothing is known.
    """
    for group in (name, name.split("-")[0]):
        try:
            return parameters(group)
        except MaterialError:
            continue
    return {}


def electrolyte_name(text: str) -> str:
    """The library's name of an electrolyte given by name or by formula.

    Raises
    ------
    MaterialError
        Where there is none, it is no solid electrolyte, or several share the formula.
    """
    solid = {n: m for n, m in library().items() if m.material_class == "solid_electrolyte"}
    if text in solid:
        return text
    same = [name for name, m in solid.items() if m.formula == text]
    if len(same) == 1:
        return same[0]
    if same:
        raise MaterialError("several materials have this formula", given=text, allowed=" or ".join(sorted(same)))
    known = {*solid, *(m.formula for m in solid.values() if m.formula)}
    raise MaterialError("unknown solid electrolyte", given=text, hint=did_you_mean(text, known))


def thickness_per_areal_capacity_m3_C(molar_volume_m3_mol: Any, electrons: float = 1.0) -> Any:
    """Thickness of metal that one coulomb per square metre plates, V_m/(zF), m³/C."""
    return molar_volume_m3_mol / (electrons * FARADAY_C_PER_MOL)


def pressure_per_voltage_Pa_V(molar_volume_m3_mol: Any, electrons: float = 1.0) -> Any:
    """Pressure that shifts the metal's potential by one volt, zF/V_m, Pa/V."""
    return electrons * FARADAY_C_PER_MOL / molar_volume_m3_mol


def diffusivity_m2_s(prefactor_m2_s: Any, activation_energy_J: Any, temperature_K: Any) -> Any:
    """D = D₀ exp(−Q/k_BT), m²/s; Q per particle."""
    return prefactor_m2_s * exp(-activation_energy_J / (BOLTZMANN_J_PER_K * temperature_K))


def vapour_pressure_Pa(a: Any, b_K: Any, temperature_K: Any) -> Any:
    """log10(p/atm) = a − b/T, in Pa; coefficients of the solid below the melting point, of the liquid above.

    Source: Alcock, Itkin and Horrigan 1984, Can. Metall. Q. 23, 309; ±5 % claimed.
    """
    return ATMOSPHERE_PA * exp(2.302585092994046 * (a - b_K / temperature_K))


def vapour_pressure_of(of: Metal, temperature_K: float) -> Quantity:
    """Saturated vapour pressure of a metal, with the ±5 % its source claims.

    Raises
    ------
    InputError
        At 0 K and below.
    """
    if not temperature_K > 0:
        raise InputError("a temperature must be above absolute zero", given=f"{temperature_K:g} K")
    state = "solid" if temperature_K < of.melting_point_K else "liquid"
    a, b = of[f"{state}_vapour_a"], of[f"{state}_vapour_b"]
    pressure = float(vapour_pressure_Pa(a.value, b.value, temperature_K))
    spread = parameters("vapour")["relative_accuracy"].value
    return Quantity(pressure, spread * pressure, "pressure", origin="predicted", uncertainty_kind="sd", source=a.source)


def youngs_modulus_Pa(at_25_Pa: Any, softening_slope: Any, melting_point_K: Any, temperature_K: Any) -> Any:
    """E(T) = E(25 °C) [1 − slope (T − 298.15 K)/T_m], Pa; −50 °C to the melting point."""
    return at_25_Pa * (1 - softening_slope * (temperature_K - 298.15) / melting_point_K)


def liquid_density_kg_m3(at_melting_kg_m3: Any, slope_kg_m3_K: Any, melting_point_K: Any, temperature_K: Any) -> Any:
    """Density of the liquid, linear in temperature from the melting point up, kg/m³."""
    return at_melting_kg_m3 + slope_kg_m3_K * (temperature_K - melting_point_K)


def heat_to_melt_J_kg(enthalpy_of_fusion_J: Any, molar_mass_kg_mol: Any) -> Any:
    """Heat that melts a kilogram at the melting point, J/kg; the enthalpy is per particle."""
    return enthalpy_of_fusion_J * AVOGADRO_PER_MOL / molar_mass_kg_mol


def vacancy_limited_current_A_m2(
    self_diffusivity_m2_s: Any, molar_volume_m3_mol: Any, thickness_m: Any, supersaturation: Any = 1.0
) -> Any:
    """Stripping current that vacancies carry away through a metal layer in the steady state, A/m².

    j = F D* S/(f V_m L). Vacancy concentration and mobility enter only as their product D*/f, which is far better
    known than either.

    Parameters
    ----------
    self_diffusivity_m2_s : float
        D*, the tracer's diffusivity.
    supersaturation : float
        S = c_v/c_v,eq − 1 at the interface.

    This bound lies far above what is measured: not bulk diffusion limits stripping (Lowack et al. 2026,
    arXiv:2603.23340), so nothing else in natron rests on it.
    """
    return (
        FARADAY_C_PER_MOL
        * self_diffusivity_m2_s
        * supersaturation
        / (CORRELATION_BCC * molar_volume_m3_mol * thickness_m)
    )
