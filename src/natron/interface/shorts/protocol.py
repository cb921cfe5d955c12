"""What a cell is sent through: half steps of constant current, as ladders, as cycles, or from a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from natron.core import InputError, Quantity
from natron.core.schema import Of, Part, parse_toml, refusal, validate

Array = NDArray[np.float64]

MAX_HALF_STEPS = 100_000
"""A longer protocol is a slip of the pen."""


@dataclass(frozen=True)
class Protocol:
    """Half steps of constant current; arrays of shape (H,).

    Attributes
    ----------
    words : str
        What it does, for people.
    current_A_m2 : ndarray
        Positive charges the cell, i.e. plates the negative electrode.
    duration_s : ndarray
    cycle : ndarray of int
        Number of the cycle or of the rung each half step belongs to, from 1.
    """

    words: str
    current_A_m2: Array
    duration_s: Array
    cycle: NDArray[np.int64]

    @property
    def charge_C_m2(self) -> Array:
        """Charge of each half step by its amount, shape (H,)."""
        return np.abs(self.current_A_m2) * self.duration_s

    @property
    def levels_A_m2(self) -> Array:
        """Largest current of each cycle by its amount, shape (cycles,)."""
        return np.array([np.abs(self.current_A_m2[self.cycle == n]).max() for n in range(1, self.cycle[-1] + 1)])


def ladder(
    increment: Quantity, largest: Quantity, *, half_step: Quantity | None = None, charge: Quantity | None = None
) -> Protocol:
    """A test of the critical current: at each current one half step either way, of one duration or of one charge.

    Parameters
    ----------
    increment, largest : Quantity
        Current densities, > 0; the first rung is one increment.
    half_step : Quantity
        Duration of a half step (fixed time), or
    charge : Quantity
        areal capacity of a half step (fixed capacity).

    Raises
    ------
    InputError
        Where these are not above zero, or not exactly one of duration and charge is given.
    """
    if (half_step is None) == (charge is None):
        raise InputError("a ladder's half steps have one duration or one charge", allowed="exactly one of them")
    fixed = half_step if charge is None else charge
    assert fixed is not None
    for q in (increment, largest, fixed):
        if q.value <= 0:
            raise InputError("a ladder needs currents, times and charges above zero", given=str(q))
    rungs = int(np.floor(largest.value / increment.value + 1e-9))
    if not 1 <= rungs <= MAX_HALF_STEPS // 2:
        raise InputError(
            "the largest current must be at least one increment, and not many thousand",
            given=f"{largest} in steps of {increment}",
        )
    level = increment.value * np.arange(1, rungs + 1)
    time = np.full(rungs, fixed.value) if charge is None else fixed.value / level
    words = f"{fixed} per half step, in steps of {increment} up to {largest}"
    return Protocol(
        words,
        np.column_stack([level, -level]).ravel(),
        np.repeat(time, 2),
        np.repeat(np.arange(1, rungs + 1), 2),
    )


def cycling(current: Quantity, charge: Quantity, cycles: int) -> Protocol:
    """Cycles at one current, charged first.

    Parameters
    ----------
    current : Quantity
        Current density, > 0.
    charge : Quantity
        Areal capacity of a half cycle, > 0.
    cycles : int
        ≥ 1.

    Raises
    ------
    InputError
        Outside these ranges.
    """
    if current.value <= 0 or charge.value <= 0:
        raise InputError("cycles need a current and a charge above zero", given=f"{current}, {charge}")
    if not 1 <= cycles <= MAX_HALF_STEPS // 2:
        raise InputError("this number of cycles is out of range", given=cycles, allowed=f"1 to {MAX_HALF_STEPS // 2}")
    return Protocol(
        f"{cycles} cycles at {current}, {charge} per half cycle",
        np.tile([current.value, -current.value], cycles),
        np.full(2 * cycles, charge.value / current.value),
        np.repeat(np.arange(1, cycles + 1), 2),
    )


_Current = Annotated[Quantity, Of(("current_density",))]
_Time = Annotated[Quantity, Of(("time",))]
_Charge = Annotated[Quantity, Of(("areal_capacity",), above=0.0, limits="above 0")]


class _Step(Part):
    """One line of a protocol."""

    charge_current: _Current | None = Field(None, description="Plates the negative electrode.")
    discharge_current: _Current | None = Field(None, description="Strips it.")
    time: _Time | None = Field(None, description="Of each half step, or of the rest.")
    capacity: _Charge | None = Field(None, description="Of each half step.")
    cycles: int = Field(1, ge=1, le=MAX_HALF_STEPS)

    @model_validator(mode="after")
    def _whole(self) -> _Step:
        currents = [q for q in (self.charge_current, self.discharge_current) if q is not None]
        if any(q.value <= 0 for q in currents):
            raise refusal(
                "a current is given by its amount, above zero", given=str(min(currents, key=lambda q: q.value))
            )
        if (self.time is None) == (self.capacity is None):
            raise refusal("a step needs either a time or a capacity", key="time")
        if not currents and self.time is None:
            raise refusal("a rest needs a time", key="time")
        return self


class _File(Part):
    """A protocol file."""

    name: str = Field("protocol", min_length=1, max_length=100)
    step: tuple[_Step, ...] = Field(min_length=1)


def parse_protocol(text: str, *, file: str | None = None) -> Protocol:
    """A protocol file's text: ``[[step]]`` tables with ``charge_current``, ``discharge_current``, ``time`` or
    ``capacity``, and ``cycles``; a step without a current rests.

    Raises
    ------
    InputError
        For anything that is not a protocol: where, what was given, what is allowed.
    """
    read: Any = validate(_File, parse_toml(text, file=file, raises=InputError), file=file, raises=InputError)
    current: list[float] = []
    duration: list[float] = []
    number: list[int] = []
    cycle = 0
    for step in read.step:
        halves: list[tuple[float, float]] = []
        for q, sign in ((step.charge_current, 1.0), (step.discharge_current, -1.0)):
            if q is not None:
                halves.append((sign * q.value, step.time.value if step.time else step.capacity.value / q.value))
        if not halves:
            halves.append((0.0, step.time.value))
        if len(current) + step.cycles * len(halves) > MAX_HALF_STEPS:
            raise InputError("this protocol is too long", file=file, allowed=f"up to {MAX_HALF_STEPS} half steps")
        for _ in range(step.cycles):
            cycle += 1
            for j, t in halves:
                current.append(j)
                duration.append(t)
                number.append(cycle)
    if not any(current):
        raise InputError("this protocol passes no current", file=file)
    return Protocol(read.name, np.array(current), np.array(duration), np.array(number))
