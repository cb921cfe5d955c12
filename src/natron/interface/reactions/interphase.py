"""An interphase that conducts ions and electrons and so grows: its resistance, its contact, a liquid that delays it.

A metal reduces a ceramic; the electrons cross the product, and the layer they make stands in their way. With k the
parabolic constant and L_b the interphase thickness that would hold up electrons as much as an interlayer does,

    dL/dt = k / (L + L_b),   (L + L_b)² = (L₀ + L_b)² + 2kt,

parabolic without an interlayer and linear, at the rate of the interlayer's leakage, where that is what limits (Deal and
Grove 1965, J. Appl. Phys. 36, 3770, DOI 10.1063/1.1713945, for oxides). A face wetted with a liquid that conducts no
electrons does not grow where it is wet. The liquid is spent evenly; each patch begins to grow when it falls dry, and
all patches carry current side by side. The thickness of the patch that fell dry first, and the time as a share of that
in which the liquid is spent, then tell the whole face, however the temperature moved meanwhile.

Functions of pure arithmetic take floats, arrays and uncertain numbers alike; those with `xp` also the symbols of
another program, whose namespace is then passed (it needs `exp`, `sqrt` and `maximum`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from scipy.optimize import brentq

from natron.core import InputError, uncertainty
from natron.core.constants import BOLTZMANN_J_PER_K
from natron.core.uncertainty import exp, log, maximum

LEAST_CONTACT = 1e-30
"""Share of the face that never loosens, so that a resistance stays a number."""

_ROUNDS = 60
"""Newton steps to the thickness of a resistance: concave and rising, so they never overshoot."""

_NODES = 24
"""Of Gauss and Legendre, over the ages of the dry patches."""

BARRIER_EXPONENTS = (-15.0, 9.0)
"""Powers of ten of a metre between which a barrier is sought."""

LONGEST_S = 1e12
"""Lifetimes beyond it, some 30 000 years, are not told apart."""


def growth_constant_m2_s(reference_m2_s: Any, activation_energy_J: Any, temperature_K: Any, reference_K: Any) -> Any:
    """Parabolic constant carried to a temperature (K, > 0) by Arrhenius' law, m²/s."""
    return reference_m2_s * exp(-activation_energy_J / BOLTZMANN_J_PER_K * (1 / temperature_K - 1 / reference_K))


def growth_rate_m_s(thickness: Any, growth_constant: Any, barrier_m: Any = 0.0) -> Any:
    """dL/dt = k/(L + L_b), m/s."""
    return growth_constant / (thickness + barrier_m)


def thickness_m(
    time_s: Any, growth_constant: Any, start_m: Any = 0.0, barrier_m: Any = 0.0, xp: ModuleType | Any = uncertainty
) -> Any:
    """Thickness of the interphase after a time (≥ 0), m.

    Parameters
    ----------
    time_s : float or array
    growth_constant : float or array
        k, m²/s, ≥ 0.
    start_m : float or array
        L₀, ≥ 0.
    barrier_m : float or array
        L_b, ≥ 0; 0 for a metal that touches the ceramic.
    """
    whole = start_m + barrier_m
    # written so that a thin layer behind a large barrier keeps its digits
    return start_m + 2 * growth_constant * time_s / (xp.sqrt(whole * whole + 2 * growth_constant * time_s) + whole)


def growth_constant_of_lifetime(thickness: Any, time_s: Any, start_m: Any = 0.0) -> Any:
    """k (m²/s) at which a bare face reaches `thickness` after a time (> 0)."""
    return (thickness * thickness - start_m * start_m) / (2 * time_s)


def barrier_m(growth_constant: Any, electron_resistance_ohm_m2: Any, capacity_C_m3: Any, potential_V: Any) -> Any:
    """L_b of an interlayer: so that growth limited by it takes up just its leakage ΔE/R, m.

    Parameters
    ----------
    growth_constant : float or array
        k, m²/s.
    electron_resistance_ohm_m2 : float or array
        R = d/σ_e of the interlayer.
    capacity_C_m3 : float or array
        Charge that reduces a volume of the ceramic.
    potential_V : float or array
        ΔE of the ceramic above the metal, > 0.
    """
    return growth_constant * capacity_C_m3 * electron_resistance_ohm_m2 / potential_V


def resistance_of_barrier_ohm_m2(barrier: Any, growth_constant: Any, capacity_C_m3: Any, potential_V: Any) -> Any:
    """R = d/σ_e of an interlayer that holds electrons up as `barrier` (m) of interphase does; undoes `barrier_m`."""
    return barrier * potential_V / (growth_constant * capacity_C_m3)


def thickness_at_resistance_m(
    resistance_ohm_m2: Any, fresh_ohm_m2: Any, conductivity_S_m: Any, contact_length_m: Any, start_m: Any = 0.0
) -> Any:
    """Thickness at which a bare face has a resistance, its contact lost meanwhile; `start_m` where it has it at once.

    Solves (R₀ + L/σ) exp((L − L₀)/ℓ) = R for L.
    """
    grown = 0.0 * resistance_ohm_m2
    for _ in range(_ROUNDS):
        series = fresh_ohm_m2 + (start_m + grown) / conductivity_S_m
        slope = 1 / (conductivity_S_m * series) + 1 / contact_length_m
        grown = maximum(grown - (log(series / resistance_ohm_m2) + grown / contact_length_m) / slope, 0.0)
    return start_m + grown


def contact_share(thickness: Any, start_m: Any, contact_length_m: Any, xp: ModuleType | Any = uncertainty) -> Any:
    """Share of a dry patch still in contact: growth loosens all but 1/e of it over `contact_length_m`."""
    return LEAST_CONTACT + (1 - LEAST_CONTACT) * xp.exp(-(thickness - start_m) / contact_length_m)


def dry_patches(
    thickness: Any, dried: Any, start_m: Any, barrier_m: Any = 0.0, xp: ModuleType | Any = uncertainty
) -> Iterator[tuple[Any, Any]]:
    """Patches of a face that a liquid wetted: the share of the face that each stands for, and its interphase, m.

    Parameters
    ----------
    thickness : float or array
        Of the patch that fell dry first.
    dried : float or array
        Time over that in which the liquid is spent, >= 0; above 1 there has been none for a while.
    """
    dry = 1 - xp.maximum(1 - dried, 0.0)
    oldest = (thickness - start_m) * (thickness + start_m + 2 * barrier_m)
    reach = 1 / (1 + xp.maximum(dried - 1, 0.0))
    for u, w in _nodes():
        # the root of a young patch's age smooths what grows as a root
        grown = oldest * (1 - reach * (1 - u * u))
        yield 2 * u * w * dry, thickness_m(0.5 * grown, 1.0, start_m, barrier_m, xp)


def dry_conductance_S_m2(
    thickness: Any, start_m: Any, conductivity_S_m: Any, fresh_ohm_m2: Any, contact_length_m: Any,
    xp: ModuleType | Any = uncertainty,
) -> Any:  # fmt: skip
    """Conductance of a dry patch: what is left of its contact, over the fresh face and the interphase in series."""
    series = fresh_ohm_m2 + thickness / conductivity_S_m
    return contact_share(thickness, start_m, contact_length_m, xp) / series


@dataclass(frozen=True)
class Face:
    """One face of a ceramic on its metal, at one temperature, and how it ages.

    Attributes
    ----------
    growth_constant_m2_s : float
        k, ≥ 0.
    start_thickness_m : float
        L₀.
    conductivity_S_m, conductivity_energy_J : float
        Of the interphase for ions, and its activation energy.
    fresh_resistance_ohm_m2, fresh_energy_J : float
        Of the face before anything grew, dry, and its activation energy.
    contact_length_m : float
        Growth that leaves 1/e of the contact; inf for none lost.
    barrier_m : float
        L_b of an interlayer.
    wetted_resistance_ohm_m2, wetted_energy_J : float
        Of the face where liquid wets it.
    exhaustion_time_s : float
        After which the liquid is spent; 0 for none, inf for one that is never spent.
    """

    growth_constant_m2_s: float
    start_thickness_m: float
    conductivity_S_m: float
    conductivity_energy_J: float
    fresh_resistance_ohm_m2: float
    fresh_energy_J: float
    contact_length_m: float = np.inf
    barrier_m: float = 0.0
    wetted_resistance_ohm_m2: float = np.inf
    wetted_energy_J: float = 0.0
    exhaustion_time_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("conductivity_S_m", "fresh_resistance_ohm_m2", "contact_length_m", "wetted_resistance_ohm_m2"):
            if not getattr(self, name) > 0:
                raise InputError("this must be above 0", key=name, given=getattr(self, name))
        for name in ("growth_constant_m2_s", "start_thickness_m", "barrier_m", "exhaustion_time_s"):
            if not getattr(self, name) >= 0:
                raise InputError("this cannot be negative", key=name, given=getattr(self, name))

    def thickness(self, age_s: Any) -> Any:
        """Of the interphase on a patch that has been dry so long, m."""
        return thickness_m(age_s, self.growth_constant_m2_s, self.start_thickness_m, self.barrier_m)

    def wetted(self, time_s: Any) -> Any:
        """Share of the face that is wet."""
        return np.maximum(1 - self.dried(time_s), 0.0)

    def dried(self, time_s: Any) -> Any:
        """Time over that in which the liquid is spent; inf where there never was any."""
        t = np.asarray(time_s, dtype=float)
        return np.full_like(t, np.inf) if self.exhaustion_time_s == 0 else t / self.exhaustion_time_s

    def resistance(self, time_s: Any) -> Any:
        """Of the face, Ω m²; times ≥ 0, a float or an array."""
        return 1 / self._conductance(time_s)[0]

    def activation_energy_J(self, time_s: Any) -> Any:
        """Slope of ln R against 1/k_BT at that age, the state of the face as it is: what an Arrhenius plot gives."""
        total, weighted = self._conductance(time_s)
        return weighted / total

    def _conductance(self, time_s: Any) -> tuple[Any, Any]:
        """Conductance of the face and the sum of conductance times activation energy over what runs side by side."""
        t = np.asarray(time_s, dtype=float)
        total = self.wetted(t) / self.wetted_resistance_ohm_m2
        weighted = total * self.wetted_energy_J
        for share, thickness in self._dry_patches(t):
            grown = thickness / self.conductivity_S_m
            series = self.fresh_resistance_ohm_m2 + grown
            energy = (self.fresh_resistance_ohm_m2 * self.fresh_energy_J + grown * self.conductivity_energy_J) / series
            conductance = share * dry_conductance_S_m2(
                thickness, self.start_thickness_m, self.conductivity_S_m, self.fresh_resistance_ohm_m2,
                self.contact_length_m,
            )  # fmt: skip
            total, weighted = total + conductance, weighted + conductance * energy
        return total, weighted

    def _dry_patches(self, t: Any) -> Iterator[tuple[Any, Any]]:
        if self.exhaustion_time_s == 0:
            return iter([(1.0, self.thickness(t))])
        return dry_patches(self.thickness(t), self.dried(t), self.start_thickness_m, self.barrier_m)

    def lifetime_s(self, resistance_ohm_m2: float) -> float:
        """Time at which the face reaches a resistance; `LONGEST_S` where it does not before.

        A dry face only gains resistance. A wetted one may at first fall, where a dry patch carries more: the last
        time below the limit counts.
        """
        if float(self.resistance(LONGEST_S)) <= resistance_ohm_m2:
            return LONGEST_S
        times = np.concatenate([[0.0], np.geomspace(1.0, LONGEST_S, 400)])
        above = self.resistance(times) > resistance_ohm_m2
        if above.all():
            return 0.0
        last = int(np.nonzero(~above)[0][-1])
        return float(
            brentq(
                lambda t: float(self.resistance(t)) / resistance_ohm_m2 - 1, times[last], times[last + 1], rtol=1e-12
            )
        )

    def with_lifetime(self, resistance_ohm_m2: float, time_s: float) -> Face:
        """The same face with the exhaustion time at which it reaches a resistance after just that time.

        Raises
        ------
        InputError
            Where no amount of liquid does: the dry face lasts longer already, or the wet one is above the limit.
        """
        lowest, highest = 1e-6 * time_s, 1e6 * time_s

        def too_late(tau: float) -> float:
            return float(np.log(float(replace(self, exhaustion_time_s=tau).resistance(time_s)) / resistance_ohm_m2))

        if too_late(lowest) <= 0 or too_late(highest) >= 0:
            raise InputError(
                "no amount of liquid gives this lifetime", given=f"{time_s / 3600:.4g} h",
                hint="The dry face lasts longer, or a wet one is above the limit from the start.",
            )  # fmt: skip
        return replace(self, exhaustion_time_s=float(brentq(too_late, lowest, highest, rtol=1e-12)))

    def with_barrier_for(self, resistance_ohm_m2: float, time_s: float) -> Face:
        """The same face with the least barrier with which it reaches a resistance no sooner than after that time.

        Raises
        ------
        InputError
            Where no barrier does: the face is above the limit without any growth.
        """

        def too_much(exponent: float) -> float:
            return float(np.log(float(replace(self, barrier_m=10**exponent).resistance(time_s)) / resistance_ohm_m2))

        if float(replace(self, barrier_m=0.0).resistance(time_s)) <= resistance_ohm_m2:
            return replace(self, barrier_m=0.0)
        low, high = BARRIER_EXPONENTS
        if too_much(high) >= 0:
            raise InputError(
                "no barrier gives this lifetime", given=f"{time_s / 3600:.4g} h",
                hint="The face is above the limit from the start, or without any growth.",
            )  # fmt: skip
        if too_much(low) <= 0:
            return replace(self, barrier_m=0.0)
        return replace(self, barrier_m=float(10 ** brentq(too_much, low, high, xtol=1e-13, rtol=1e-14)))


@lru_cache(maxsize=1)
def _nodes() -> tuple[tuple[float, float], ...]:
    x, w = np.polynomial.legendre.leggauss(_NODES)
    return tuple(zip(((x + 1) / 2).tolist(), (w / 2).tolist(), strict=True))
