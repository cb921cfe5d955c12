"""Voids under stripped metal: when they grow, how contact is lost, and how they add up over cycles.

One electrode, three currents densities per geometric area, all positive where metal is stripped:

    strip  dφ/dt = a max(0, j − θ j_rep) − k_c φ        θ = 1 − φ,  a = V_m/(F ℓ)
    plate  dφ/dt = −(a η |j| + k_c) φ
    rest   dφ/dt = −k_c φ

φ is the share of the interface without contact, j_rep the current that the metal replenishes by itself, ℓ the
depth of a void, η the share of the plated charge that closes voids. Losing all contact (φ = 1) is a state of its
own: local current and resistance diverge there.

`rate` is plain arithmetic and takes floats, arrays, uncertain numbers or the symbols of another program, whose
namespace is then passed as `xp` (it needs `exp` and `maximum`, as numpy and PyBaMM have).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from natron.core import Quantity, uncertainty
from natron.core.constants import BOLTZMANN_J_PER_K, FARADAY_C_PER_MOL
from natron.interface.metals import Metal
from natron.materials import parameters

REFERENCE_K = 298.15
"""Temperature of the replenishing current's parameters."""

UNIT_PRESSURE_PA = 1e6
"""Pressure at which the term with the exponent equals slope × pressure: the slope is per MPa."""

PARAMETERS = (
    "void_depth", "replenishing_current", "pressure_slope", "pressure_exponent", "activation_energy",
    "refill_efficiency",
)  # fmt: skip
"""Names of the parameters of `VoidModel` in the library's group ``voids``."""


@dataclass(frozen=True, slots=True)
class VoidModel:
    """Parameters of void growth on one electrode, SI; floats, arrays or uncertain numbers.

    Attributes
    ----------
    molar_volume_m3_mol : float
        Of the metal.
    void_depth_m : float
        ℓ.
    replenishing_current_A_m2 : float
        j_D0 at 25 °C without pressure.
    pressure_slope_A_m2_Pa : float
        s, growth of the replenishing current with pressure.
    pressure_exponent : float
        1 for the measured linear law.
    activation_energy_J : float
        E_A, per particle.
    refill_efficiency : float
        η, from 0 to 1.
    pressure_activated : bool
        Whether the pressure's share moves with temperature too. Only the whole sum activated reproduces the
        measured 0.13 to 0.15 eV under pressure.

    Sources: Lowack et al. 2026, arXiv:2603.23340 (E_A); Spencer Jolly et al. 2020, DOI 10.1021/acsami.9b17786
    (linear in pressure, and its slope's upper bound). Depth, j_D0 and η are assumptions.
    """

    molar_volume_m3_mol: Any
    void_depth_m: Any
    replenishing_current_A_m2: Any
    pressure_slope_A_m2_Pa: Any
    pressure_exponent: Any
    activation_energy_J: Any
    refill_efficiency: Any
    pressure_activated: bool = True

    @classmethod
    def of(cls, molar_volume_m3_mol: Any, values: Mapping[str, Any]) -> VoidModel:
        """From parameters by name (`PARAMETERS`), as the library and a relation's inputs carry them."""
        return cls(molar_volume_m3_mol, *(values[name] for name in PARAMETERS))

    @property
    def per_charge(self) -> Any:
        """a = V_m/(F ℓ): void fraction per charge and area, m²/C."""
        return self.molar_volume_m3_mol / (FARADAY_C_PER_MOL * self.void_depth_m)

    def replenishing_current(self, pressure_Pa: Any, temperature_K: Any, xp: ModuleType | Any = uncertainty) -> Any:
        """j_rep: current density that leaves no void at full contact, A/m²; pressure ≥ 0."""
        heat = xp.exp(-self.activation_energy_J / BOLTZMANN_J_PER_K * (1 / temperature_K - 1 / REFERENCE_K))
        under_pressure = (
            self.pressure_slope_A_m2_Pa * UNIT_PRESSURE_PA * (pressure_Pa / UNIT_PRESSURE_PA) ** self.pressure_exponent
        )
        if self.pressure_activated:
            return (self.replenishing_current_A_m2 + under_pressure) * heat
        return self.replenishing_current_A_m2 * heat + under_pressure

    def critical_current(self, contact_fraction: Any, pressure_Pa: Any, temperature_K: Any) -> Any:
        """Largest stripping current without growing voids, CCS = θ₀ j_rep, A/m²."""
        return contact_fraction * self.replenishing_current(pressure_Pa, temperature_K)

    def pressure_against_voids(self, current_A_m2: Any, contact_fraction: Any, temperature_K: Any) -> Any:
        """Stack pressure at which a stripping current is the critical one, Pa; 0 where none is needed."""
        heat = uncertainty.exp(-self.activation_energy_J / BOLTZMANN_J_PER_K * (1 / temperature_K - 1 / REFERENCE_K))
        wanted = current_A_m2 / contact_fraction
        lack = wanted / heat - self.replenishing_current_A_m2
        if not self.pressure_activated:
            lack = wanted - self.replenishing_current_A_m2 * heat
        lack = uncertainty.maximum(lack, 0.0)
        return UNIT_PRESSURE_PA * (lack / (self.pressure_slope_A_m2_Pa * UNIT_PRESSURE_PA)) ** (
            1 / self.pressure_exponent
        )

    def rate(
        self,
        void_fraction: Any,
        stripping_current_A_m2: Any,
        pressure_Pa: Any,
        temperature_K: Any,
        closure_rate_per_s: Any = 0.0,
        xp: ModuleType | Any = uncertainty,
    ) -> Any:
        """dφ/dt, 1/s, at any current: stripping (> 0), plating (< 0) or none; for φ from 0 to below 1.

        Without `if`, so that a solver may differentiate it.
        """
        j_rep = self.replenishing_current(pressure_Pa, temperature_K, xp)
        strip = xp.maximum(stripping_current_A_m2 - (1 - void_fraction) * j_rep, 0.0)
        plate = xp.maximum(-stripping_current_A_m2, 0.0)
        return (
            self.per_charge * (strip - self.refill_efficiency * plate * void_fraction)
            - closure_rate_per_s * void_fraction
        )

    def delamination_time_s(
        self, stripping_current_A_m2: Any, pressure_Pa: Any, temperature_K: Any, void_fraction: Any = 0.0
    ) -> Any:
        """Time of steady stripping until no contact is left, s, without closure; inf at and below the critical current.

        t_d = ln[j/(j − j_rep(1 − φ₀))]/(a j_rep); for j_rep → 0 the charge of one void depth, a t_d j = 1 − φ₀.

        Parameters
        ----------
        stripping_current_A_m2 : float or array
        void_fraction : float or array
            φ₀, from 0 to 1.
        """
        j, phi = np.broadcast_arrays(
            np.asarray(stripping_current_A_m2, float), np.asarray(void_fraction, float), subok=False
        )
        j_rep = float(self.replenishing_current(pressure_Pa, temperature_K))
        held = (1 - phi) * j_rep
        growing = (j > held) & (phi < 1)
        safe = np.where(growing, j, 1.0)
        share = np.where(growing, held / safe, 0.0)
        # −ln(1 − x)/x is 1 at x → 0: the same formula for a metal that replenishes nothing
        ratio = np.where(share > 1e-12, -np.log1p(-share) / np.where(share > 1e-12, share, 1.0), 1.0)
        time = np.where(growing, (1 - phi) * ratio / (self.per_charge * safe), np.inf)
        time = np.where(phi >= 1, 0.0, time)
        return float(time) if time.ndim == 0 else time

    def after_stripping(
        self,
        void_fraction: Any,
        stripping_current_A_m2: Any,
        time_s: Any,
        pressure_Pa: float,
        temperature_K: float,
        closure_rate_per_s: float = 0.0,
    ) -> Any:
        """φ after steady stripping, exactly; 1 (no contact) once it is reached. Arrays broadcast.

        While voids grow the equation is linear, φ' = a (j − j_rep) + (a j_rep − k_c) φ; below the critical current
        they only close. With closure a void fraction may fall from the first regime into the second.
        """
        phi, j, t = np.broadcast_arrays(
            np.asarray(void_fraction, float), np.asarray(stripping_current_A_m2, float), np.asarray(time_s, float)
        )
        a, k = float(self.per_charge), float(closure_rate_per_s)
        j_rep = float(self.replenishing_current(pressure_Pa, temperature_K))
        source, slope = a * (j - j_rep), a * j_rep - k
        growing = (j > (1 - phi) * j_rep) & (phi < 1)
        grown = phi + (source + slope * phi) * _expm1_over(slope, t)
        # φ at which the current is just the critical one, and the time to come down to it by closure
        edge = 1 - np.where(j_rep > 0, j / max(j_rep, 1e-300), np.inf)
        falling = growing & (edge > 0) & (grown < edge)
        if falling.any():
            start = np.where(falling, source + slope * phi, 1.0)
            at_edge = np.where(falling, source + slope * edge, 1.0)
            crossing = np.where(falling, np.log(at_edge / start) / slope if slope else (edge - phi) / start, 0.0)
            grown = np.where(falling, edge * np.exp(-k * (t - crossing)), grown)
        after = np.where(growing, grown, phi * np.exp(-k * t))
        after = np.where(phi >= 1, 1.0, np.clip(after, 0.0, 1.0))
        return float(after) if after.ndim == 0 else after

    def after_plating(
        self, void_fraction: Any, plating_current_A_m2: Any, time_s: Any, closure_rate_per_s: float = 0.0
    ) -> Any:
        """φ after steady plating (current ≥ 0) or rest (current 0): φ exp[−(a η j + k_c) t]. Arrays broadcast.

        Once all contact is lost nothing plates: φ = 1 stays.
        """
        phi = np.asarray(void_fraction, float)
        decay = (self.per_charge * self.refill_efficiency * np.asarray(plating_current_A_m2, float)
                 + closure_rate_per_s) * np.asarray(time_s, float)  # fmt: skip
        after = np.where(phi >= 1, 1.0, phi * np.exp(-decay))
        return float(after) if after.ndim == 0 else after

    def over_cycles(
        self,
        stripping_current_A_m2: float,
        half_cycle_s: float,
        cycles: int,
        pressure_Pa: float,
        temperature_K: float,
        void_fraction: float = 0.0,
        closure_rate_per_s: float = 0.0,
    ) -> Any:
        """Void fraction at the end of each stripping half cycle, shape (cycles,): the ratchet.

        Every cycle strips and plates the same charge. From the cycle in which contact is lost on, 1.
        """
        found = np.empty(cycles)
        phi = float(void_fraction)
        for i in range(cycles):
            phi = self.after_stripping(
                phi, stripping_current_A_m2, half_cycle_s, pressure_Pa, temperature_K, closure_rate_per_s
            )
            found[i] = phi
            phi = self.after_plating(phi, stripping_current_A_m2, half_cycle_s, closure_rate_per_s)
        return found


def _expm1_over(slope: float, time_s: Any) -> Any:
    """(exp(slope t) − 1)/slope, t where slope is 0; large exponents are cut, φ is clipped at 1 anyway."""
    if slope == 0:
        return time_s
    return np.expm1(np.minimum(slope * time_s, 600.0)) / slope


def void_parameters() -> Mapping[str, Quantity]:
    """The library's parameters of void growth by name (`PARAMETERS`), and the edge factor of local currents."""
    return parameters("voids")


def void_model(of: Metal, changes: Mapping[str, float] | None = None) -> VoidModel:
    """The void model of a metal at the library's nominal values.

    Parameters
    ----------
    changes : Mapping[str, float], optional
        SI values of `PARAMETERS` to take instead.
    """
    values = {name: q.value for name, q in void_parameters().items()} | dict(changes or {})
    return VoidModel.of(of.molar_volume_m3_mol, values)


def local_current_A_m2(current_A_m2: Any, contact_fraction: Any, edge_factor: Any = 1.0) -> Any:
    """Largest current density at a contact spot, γ |j|/θ; contact fraction > 0.

    `current_A_m2` is taken by its amount; γ is the current at a spot's edge over its mean.
    """
    return edge_factor * abs(current_A_m2) / contact_fraction
