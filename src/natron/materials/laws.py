"""How a transport property moves with temperature: σT = A exp(−E_A/k_BT), and its reciprocal."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

from natron.core import KINDS, MaterialError, Quantity, RangeWarning
from natron.core.constants import BOLTZMANN_J_PER_K
from natron.core.uncertainty import exp


def scale_conductivity(reference: Any, at_K: Any, activation_energy_J: Any, temperature_K: Any) -> Any:
    """Conductivity carried from one temperature to another by σT = A exp(−E_A/k_BT).

    Parameters
    ----------
    reference : float or array
        Conductivity at `at_K`, in any unit; the result is in the same.
    at_K, temperature_K : float
        K, > 0.
    activation_energy_J : float
        J per particle.

    Source: Lowack et al. 2025, Eq. 4, DOI 10.1080/10667857.2025.2560836.
    """
    return (
        reference
        * (at_K / temperature_K)
        * exp(-activation_energy_J / BOLTZMANN_J_PER_K * (1 / temperature_K - 1 / at_K))
    )


def scale_resistance(reference: Any, at_K: Any, activation_energy_J: Any, temperature_K: Any) -> Any:
    """Area-specific resistance carried by R = T κ exp(E_A/k_BT); arguments as `scale_conductivity`.

    Source: Lowack et al. 2025, Eq. 4, DOI 10.1080/10667857.2025.2560836.
    """
    return (
        reference
        * (temperature_K / at_K)
        * exp(activation_energy_J / BOLTZMANN_J_PER_K * (1 / temperature_K - 1 / at_K))
    )


@dataclass(frozen=True, slots=True)
class ArrheniusLaw:
    """A conductivity or an area-specific resistance, known at one temperature and carried to others.

    Attributes
    ----------
    reference : Quantity
        Kind ``conductivity`` (falls with 1/T) or ``area_specific_resistance`` (rises).
    at : Quantity
        Temperature of `reference`.
    activation_energy : Quantity or None
        E_A; without it the value holds at `at` alone.
    range_K : tuple of float, optional
        Lowest and highest temperature measured.
    """

    reference: Quantity
    at: Quantity
    activation_energy: Quantity | None = None
    range_K: tuple[float, float] | None = None

    def value_at(self, temperature_K: float) -> Quantity:
        """The property at `temperature_K`, its uncertainty carried along (reference and E_A independent).

        Warns
        -----
        RangeWarning
            Outside the measured range; without a range, more than 2 K from `at`.

        Raises
        ------
        MaterialError
            At 0 K and below; or away from `at` where no activation energy is known.
        """
        if not temperature_K > 0:
            raise MaterialError("a temperature must be above absolute zero", given=f"{temperature_K} K")
        name = KINDS[self.reference.kind].words
        distance_K = abs(temperature_K - self.at.value)
        low, high = self.range_K or (self.at.value - 2, self.at.value + 2)
        if self.activation_energy is None:
            if distance_K > 2:
                raise MaterialError(
                    f"{name} is known at {self.at} alone, without an activation energy",
                    given=f"{temperature_K - 273.15:.1f} °C",
                    hint="Give conductivity.activation_energy, or ask for that temperature.",
                )
            return self.reference
        if not low - 1e-9 <= temperature_K <= high + 1e-9:
            warnings.warn(
                f"{name} is asked for at {temperature_K - 273.15:.1f} °C; it was measured from "
                f"{low - 273.15:.1f} to {high - 273.15:.1f} °C (source: {self.reference.source or 'none given'})",
                RangeWarning,
                stacklevel=2,
            )
        scale = scale_conductivity if self.reference.kind == "conductivity" else scale_resistance
        try:
            value = float(scale(self.reference.value, self.at.value, self.activation_energy.value, temperature_K))
        except OverflowError as error:
            raise MaterialError(f"{name} is out of range there", given=f"{temperature_K - 273.15:.1f} °C") from error
        lever = (1 / temperature_K - 1 / self.at.value) / BOLTZMANN_J_PER_K
        if value <= 0:
            raise MaterialError(f"{name} is out of range there", given=f"{temperature_K - 273.15:.1f} °C")
        relative = math.hypot(
            self.reference.standard_uncertainty / self.reference.value,
            self.activation_energy.standard_uncertainty * lever,
        )
        # the relative spread is that of standard uncertainties: a ± that was half a range is one no longer
        meaning = "sd" if self.reference.uncertainty_kind == "range" else self.reference.uncertainty_kind
        return replace(
            self.reference, value=value, uncertainty=value * relative or None, uncertainty_kind=meaning, rounding=0.0
        )

    @property
    def prefactor(self) -> float:
        """A of σT = A exp(−E_A/k_BT), S K/m; for a resistance 1/κ, K/(Ω m²).

        Raises
        ------
        MaterialError
            Where no activation energy is known.
        """
        if self.activation_energy is None:
            raise MaterialError("without an activation energy there is no prefactor")
        boltzmann = math.exp(self.activation_energy.value / (BOLTZMANN_J_PER_K * self.at.value))
        conductance = self.reference.value if self.reference.kind == "conductivity" else 1 / self.reference.value
        return conductance * self.at.value * boltzmann
