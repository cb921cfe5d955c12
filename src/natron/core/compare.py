"""Whether two numbers agree, by one rule for every report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from natron.core.quantity import Quantity

Verdict = Literal["agrees", "disagrees", "cannot_be_checked"]
"""The outcome of a comparison; one vocabulary for every report."""

VERDICTS: tuple[str, ...] = get_args(Verdict)

MustBe = Literal["equal", "at_most", "at_least"]
"""How a claimed number must stand to the computed one."""

AGREEMENT_LIMIT = 2.0
"""Combined standard uncertainties above which a difference is a disagreement."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a claimed number stands to a computed one, SI.

    Attributes
    ----------
    verdict : str
        ``agrees`` or ``disagrees``.
    difference : float
        Claimed minus computed.
    combined_uncertainty : float
        Of the difference.
    in_uncertainties : float
        |difference| in combined standard uncertainties; inf where both numbers are exact and differ.
    percent : float or None
        Difference in per cent of the computed number; None where that is zero.
    """

    verdict: Verdict
    difference: float
    combined_uncertainty: float
    in_uncertainties: float
    percent: float | None


def counted_uncertainty(quantity: Quantity, *, rounding_only: bool = False) -> float:
    """The standard uncertainty that counts in a comparison, SI.

    The printed ±; where none is printed, half the last digit/√3. With `rounding_only` the latter always:
    for a number computed from the very inputs it is compared over, whose uncertainty is common to both.
    """
    if quantity.uncertainty is None or rounding_only:
        return quantity.rounding_uncertainty
    return quantity.standard_uncertainty


def compare(
    claimed: float,
    claimed_uncertainty: float,
    computed: float,
    computed_uncertainty: float,
    must_be: MustBe = "equal",
) -> Comparison:
    """Compare two numbers of the same unit.

    They disagree where the difference exceeds two combined standard uncertainties; with ``at_most`` and
    ``at_least`` only a difference to the forbidden side counts.
    """
    difference = claimed - computed
    combined = math.hypot(claimed_uncertainty, computed_uncertainty)
    floor = 1e-9 * max(abs(claimed), abs(computed))  # below this two exact numbers are the same
    if abs(difference) <= floor:
        distance = 0.0
    else:
        distance = abs(difference) / combined if combined > 0 else math.inf
    wrong_side = must_be == "equal" or (difference > 0) == (must_be == "at_most")
    return Comparison(
        "disagrees" if wrong_side and distance > AGREEMENT_LIMIT else "agrees",
        difference,
        combined,
        distance,
        100 * difference / computed if computed else None,
    )
