"""DC resistance from the steps of current in a record: its change of voltage over its change of current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from natron.cycling.rows import Rows

CURRENT_STEP_S = 2.0
"""Longest time between the rows before and after a step for which the step counts as resolved."""

SHORTEST_DELAY_S = 1e-4
"""A row that stands no longer than this after the step was written with the voltage from before it."""

CURRENT_STEP_SHARE = 0.2
"""Smallest change of current, of the larger one of both, that counts as a step."""

SMALLEST_STEP = 1e-3
"""Smallest change of current, of the record's largest, that counts as a step."""


@dataclass(frozen=True, slots=True)
class CurrentStep:
    """One step of the current and the resistance it shows.

    Attributes
    ----------
    row : int
        The first row after the step.
    half_step : int
        The half step of that row.
    time_s : float
        Its test time.
    change_A, change_V : float
        Of current and voltage.
    delay_s : float
        From the last row before the step to the row whose voltage was used: the resistance holds what
        relaxes faster than that.
    resistance_ohm : float
        `change_V / change_A`.
    area_specific_resistance_ohm_m2 : float or None
        Per area; None without one.
    """

    row: int
    half_step: int
    time_s: float
    change_A: float
    change_V: float
    delay_s: float
    resistance_ohm: float
    area_specific_resistance_ohm_m2: float | None


def current_steps(
    rows: Rows,
    area_m2: float | None = None,
    *,
    longest_s: float = CURRENT_STEP_S,
    shortest_s: float = SHORTEST_DELAY_S,
) -> tuple[CurrentStep, ...]:
    """Every step of the current that is resolved in time, outside spectra.

    Instruments often write the first row of a step with the voltage from before it; then the row after it is
    used, as long as it lies within `longest_s`. A step whose voltage moved against its current is left out.

    Parameters
    ----------
    rows : Rows
    area_m2 : float, optional
    longest_s, shortest_s : float
        Limits of the delay, see `CURRENT_STEP_S` and `SHORTEST_DELAY_S`.
    """
    size = len(rows)
    current, voltage, time = rows.current_A, rows.voltage_V, rows.time_s
    change = np.diff(current)
    magnitude = np.abs(current)
    larger = np.maximum(magnitude[1:], magnitude[:-1])
    largest = float(np.max(magnitude, where=~rows.spectral, initial=0.0))
    edges = np.flatnonzero(
        (np.abs(change) > CURRENT_STEP_SHARE * larger)
        & (np.abs(change) > SMALLEST_STEP * largest)
        & ~rows.spectral[1:]
        & ~rows.spectral[:-1]
        & (np.diff(time) <= longest_s)
    )
    found: list[CurrentStep] = []
    for k in edges:
        before = int(k)
        for after in (before + 1, before + 2):
            if after >= size or rows.spectral[after]:
                break
            delay = time[after] - time[before]
            step = current[after] - current[before]
            moved = voltage[after] - voltage[before]
            if delay > longest_s or abs(current[after] - current[before + 1]) > CURRENT_STEP_SHARE * abs(step):
                break
            if delay >= shortest_s and moved * step > 0:
                resistance = float(moved / step)
                found.append(
                    CurrentStep(
                        row=before + 1,
                        half_step=int(rows.half_step[before + 1]),
                        time_s=float(time[before + 1]),
                        change_A=float(step),
                        change_V=float(moved),
                        delay_s=float(delay),
                        resistance_ohm=resistance,
                        area_specific_resistance_ohm_m2=None if area_m2 is None else resistance * area_m2,
                    )
                )
                break
    return tuple(found)
