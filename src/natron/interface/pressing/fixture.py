"""Stack pressure while the anode breathes: a stiff frame loses it, a spring keeps it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from natron.core import InputError

ContactState = Literal["pressed", "contact_lost"]


class PressureSwing(NamedTuple):
    """Stack pressure over a half cycle.

    Attributes
    ----------
    pressure_Pa : array
        At each charge passed; 0 where the frame no longer touches the stack.
    contact_lost_at_C_m2 : float or None
        Charge stripped at which the pressure is gone; None where it stays.
    state : str
        ``pressed`` or ``contact_lost`` at the last charge.
    """

    pressure_Pa: Any
    contact_lost_at_C_m2: float | None
    state: ContactState


def stack_stiffness_N_m(area_m2: Any, thicknesses_m: Any, moduli_Pa: Any) -> Any:
    """Stiffness of a pile of elastic layers in series, A/Σ(h/E), N/m.

    Parameters
    ----------
    thicknesses_m, moduli_Pa : sequence of float
        Layer by layer, > 0.
    """
    return area_m2 / np.sum(np.asarray(thicknesses_m, float) / np.asarray(moduli_Pa, float))


def in_series(frame_N_m: Any, stack_N_m: Any) -> Any:
    """Stiffness that the breathing metal feels, of frame and stack one behind the other, N/m."""
    return 1 / (1 / frame_N_m + 1 / stack_N_m)


def pressure_change_Pa(stiffness_N_m: Any, area_m2: Any, breathing_m3_C: Any, charge_C_m2: Any) -> Any:
    """Change of stack pressure when a charge is plated (> 0) or stripped (< 0), k Δh/A, Pa."""
    return stiffness_N_m * breathing_m3_C * charge_C_m2 / area_m2


def pressure_swing(
    start_pressure_Pa: float, stiffness_N_m: float, area_m2: float, breathing_m3_C: float, charge_C_m2: Any
) -> PressureSwing:
    """Pressure of a stack in a frame as metal is plated (charge > 0) or stripped (< 0).

    Parameters
    ----------
    start_pressure_Pa : float
        At charge 0, ≥ 0.
    stiffness_N_m : float
        Of frame and stack in series (`in_series`), > 0.
    area_m2 : float
        > 0.
    breathing_m3_C : float
        Thickness per charge and area: 8.86 µm per mAh/cm² for sodium; less what the other electrode gives back.
    charge_C_m2 : array
        Passed since `start_pressure_Pa` was set.

    Elastic frame; the metal's own creep, which would even the pressure out sideways, is left out.

    Raises
    ------
    InputError
        Where stiffness or area are not above 0, or the pressure is below 0.
    """
    for name, value in (("stiffness_N_m", stiffness_N_m), ("area_m2", area_m2)):
        if not value > 0:
            raise InputError("this must be above 0", key=name, given=value)
    if start_pressure_Pa < 0:
        raise InputError("a pressure cannot be negative", key="start_pressure_Pa", given=start_pressure_Pa)
    charge = np.atleast_1d(np.asarray(charge_C_m2, float))
    pressure = start_pressure_Pa + pressure_change_Pa(stiffness_N_m, area_m2, breathing_m3_C, charge)
    lost = pressure <= 0
    per_charge = stiffness_N_m * breathing_m3_C / area_m2
    return PressureSwing(
        np.where(lost, 0.0, pressure),
        start_pressure_Pa / per_charge if lost.any() else None,
        "contact_lost" if lost[-1] else "pressed",
    )


def stiffness_to_keep_N_m(
    start_pressure_Pa: float, kept_pressure_Pa: float, area_m2: float, breathing_m3_C: float, stripped_C_m2: float
) -> float:
    """Stiffest frame (with its stack) that keeps a pressure through a stripped charge, N/m.

    Raises
    ------
    InputError
        Where the pressure to keep is not below that at the start, or no charge is stripped.
    """
    if not kept_pressure_Pa < start_pressure_Pa:
        raise InputError(
            "the pressure to keep must lie below that at the start",
            given=f"{kept_pressure_Pa / 1e6:g} MPa",
            allowed=f"below {start_pressure_Pa / 1e6:g} MPa",
        )
    if not stripped_C_m2 > 0:
        raise InputError("give the charge that is stripped", key="stripped_C_m2", given=stripped_C_m2)
    return (start_pressure_Pa - kept_pressure_Pa) * area_m2 / (breathing_m3_C * stripped_C_m2)
