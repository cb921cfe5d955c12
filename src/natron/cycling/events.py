"""What happened to a cell during a test: one type for every finding of this room."""

from __future__ import annotations

import math
from dataclasses import dataclass

from natron.core import InputError


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was found in a record, and what speaks for it.

    Attributes
    ----------
    kind : str
        What it is, in lower case with underscores: ``eis_dip``, ``rate_change``, ``hard_short``, ...
    cycle, half_step : int or None
        Where, counted as `natron.cycling.HalfStep` counts; None before the first current.
    time_s : float
        Test time at which it begins.
    evidence : str
        The numbers that speak for it, with the threshold they passed.
    confidence : float
        From 0 (a guess) to 1 (told by the data themselves, as a step's current is). It is a stated weight
        of the evidence, not a probability that was measured.
    first_row : int
        Row of the record's table where it begins.

    Raises
    ------
    InputError
        Where the confidence is not from 0 to 1.
    """

    kind: str
    cycle: int | None
    half_step: int | None
    time_s: float
    evidence: str
    confidence: float
    first_row: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.confidence) and 0 <= self.confidence <= 1):
            raise InputError("an event's confidence is out of range", given=self.confidence, allowed="from 0 to 1")
