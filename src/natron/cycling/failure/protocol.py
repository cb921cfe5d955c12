"""How a critical-current test was run: its current steps, what was held fixed, rests, directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from natron.cycling.failure.traces import Trace
from natron.data import CyclingRecord

Held = Literal["fixed time", "fixed capacity", "ramp", "neither"]

_SAME = 0.02
_HELD = 0.06


@dataclass(frozen=True)
class LadderStep:
    """Neighbouring half steps at one current: a step of the ladder.

    Parameters
    ----------
    number : int
        From 1, in order of time.
    current_A : float
        Median magnitude; a ramp's largest.
    current_density_A_m2 : float or None
        Per area, where that is known.
    traces : tuple of int
        Numbers of its half steps.
    """

    number: int
    current_A: float
    current_density_A_m2: float | None
    traces: tuple[int, ...]


@dataclass(frozen=True)
class Protocol:
    """What was recognised of the protocol.

    Parameters
    ----------
    held : {"fixed time", "fixed capacity", "ramp", "neither"}
        What the half steps have in common. With one current alone both are fixed; it is then called a fixed time.
    one_way : bool
        All currents have one sign.
    steps : tuple of LadderStep
    rising : bool
        Every step's current is above the one before.
    equal_steps : bool
        The steps are equally wide, within 5 %.
    half_step_s : float or None
        Median duration of a half step under load, where time was fixed.
    half_step_Ah : float or None
        Median charge of a half step, where that was fixed.
    rest_s : float or None
        Median rest after a half step; None where there was none.
    half_steps_per_step : int
        Half steps at one current, as a rule.
    """

    held: Held
    one_way: bool
    steps: tuple[LadderStep, ...]
    rising: bool
    equal_steps: bool
    half_step_s: float | None
    half_step_Ah: float | None
    rest_s: float | None
    half_steps_per_step: int


def current_steps(traces: Sequence[Trace], area_m2: float | None) -> tuple[LadderStep, ...]:
    """Neighbouring traces at currents that agree within 2 %, whatever their sign."""
    groups: list[list[Trace]] = []
    for trace in traces:
        if groups and not trace.is_ramp and abs(trace.magnitude_A / groups[-1][0].magnitude_A - 1) <= _SAME:
            groups[-1].append(trace)
        else:
            groups.append([trace])
    steps = []
    for number, group in enumerate(groups, start=1):
        current = float(np.median([trace.magnitude_A for trace in group]))
        density = None if area_m2 is None else current / area_m2
        steps.append(LadderStep(number, current, density, tuple(trace.index for trace in group)))
    return tuple(steps)


def recognise(record: CyclingRecord, traces: Sequence[Trace]) -> Protocol:
    """The protocol of a stepped test.

    Half steps that end early (a short, a limit, the end of the file) do not hide what was held fixed: most of
    them decide.
    """
    steps = current_steps(traces, record.area_m2)
    durations = np.array([trace.duration_s for trace in traces])
    charges = np.array([trace.charge_Ah[-1] for trace in traces])
    held: Held = "neither"
    spread = {"fixed time": _spread(durations), "fixed capacity": _spread(charges)}
    if traces and all(trace.is_ramp for trace in traces):
        held = "ramp"
    elif min(spread.values()) <= _HELD:
        held = "fixed time" if spread["fixed time"] <= spread["fixed capacity"] else "fixed capacity"
    currents = np.array([step.current_A for step in steps])
    widths = np.diff(currents)
    rising = len(steps) > 1 and bool((widths > 0).all())
    equal = rising and float(widths.max()) <= (1 + _HELD) * float(widths.min())
    return Protocol(
        held=held,
        one_way=len({trace.sign for trace in traces}) == 1,
        steps=steps,
        rising=rising,
        equal_steps=equal,
        half_step_s=float(np.median(durations)) if held == "fixed time" else None,
        half_step_Ah=float(np.median(charges)) if held == "fixed capacity" else None,
        rest_s=_rest(record, traces),
        half_steps_per_step=int(np.median([len(step.traces) for step in steps])) if steps else 0,
    )


def _spread(values: NDArray[np.float64]) -> float:
    """Median distance from the median, as a share of it."""
    middle = float(np.median(values)) if len(values) else 0.0
    return float(np.median(np.abs(values / middle - 1))) if middle > 0 else float("inf")


def _rest(record: CyclingRecord, traces: Sequence[Trace]) -> float | None:
    """Median time at rest between half steps; that of spectra is none."""
    time = record.time_s
    calm = (np.abs(record.current_A) <= 1e-4 * np.abs(record.current_A).max()) & ~record.in_spectrum
    rests = []
    for before, after in pairwise(traces):
        between = np.arange(before.rows[-1] + 1, after.rows[0])
        between = between[calm[between]]
        rests.append(float(time[between[-1]] - time[before.rows[-1]]) if len(between) else 0.0)
    middle = float(np.median(rests)) if rests else 0.0
    return middle if middle > 0 else None
