"""R_con and hot spots of contact patterns, tabulated: what `natron.constriction.tabulating` computed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.constriction.tabulating import Row
from natron.core import InputError, did_you_mean

SQRT_PI = float(np.sqrt(np.pi))


@cache
def table() -> tuple[Row, ...]:
    """Every row that ships with natron."""
    with files("natron.constriction").joinpath("table.csv").open(encoding="utf-8") as handle:
        return tuple(
            Row(line["pattern"], **{key: float(value) for key, value in line.items() if key != "pattern"})
            for line in csv.DictReader(handle)
        )


@dataclass(frozen=True)
class Spreading:
    """Constriction at one contact share, read from the table.

    Attributes
    ----------
    resistance : float
        R_con σ/scale; see `natron.constriction.tabulating.Row` for the scale of each pattern.
    error : float
        Of the tabulated values beside it, the larger.
    hot_spot_factor, hot_spot_error : float
        Density exceeded on a tenth of the contact, over the contact's mean.
    """

    resistance: float
    error: float
    hot_spot_factor: float
    hot_spot_error: float


def spreading(pattern: str, contact_share: float, scale_over_thickness: float = 0.0) -> Spreading:
    """Constriction and hot spots of a pattern.

    Between entries R_con √θ and the hot-spot factor follow monotone cubics in √θ, and straight lines in the
    logarithm of scale over thickness. Thicker than the first entry is as the first.

    Parameters
    ----------
    pattern : str
        ``disc, square, stripes, patches, voids, rough``.
    contact_share : float
        θ, within the table: from 0.01 (regular patterns; stripes 0.063) or 0.05 to 1, discs to 0.78.
    scale_over_thickness : float
        0 (a thick body) to 8, or to 2 for random patterns.

    Raises
    ------
    InputError
        Where there is no such pattern, or a value lies outside the table.
    """
    _checked(pattern, scale_over_thickness)
    resistance, hot = _read(pattern, np.array([contact_share], dtype=np.float64), scale_over_thickness)
    near = _near(pattern, contact_share, scale_over_thickness)
    return Spreading(
        float(resistance[0]),
        0.0 if contact_share == 1 else max(row.error for row in near),
        float(hot[0]),
        0.0 if contact_share == 1 else max(row.hot_spot_error for row in near),
    )


def constriction_table(pattern: str = "disc", scale_over_thickness: float = 0.0) -> Callable[[Any], Any]:
    """R_con σ/b from the contact share, for `natron.interface.interface_resistance_ohm_m2(constriction=…)`.

    b is the radius of a circle as large as the square of the pattern's scale: of the cell around one spot, for
    discs and squares. Floats, arrays and uncertain numbers.

    Parameters
    ----------
    pattern, scale_over_thickness
        See `spreading`.

    Raises
    ------
    InputError
        As `spreading`; the callable raises where a contact share lies outside the table.
    """
    _checked(pattern, scale_over_thickness)

    def several(shares: NDArray[np.float64]) -> NDArray[np.float64]:
        return SQRT_PI * _read(pattern, shares, scale_over_thickness)[0]

    def one(share: float) -> float:
        return float(several(np.array([share], dtype=np.float64))[0])

    def ratio(contact_fraction: Any) -> Any:
        if hasattr(contact_fraction, "nominal_value"):
            from uncertainties import wrap

            return wrap(one, [lambda share: _slope(one, share, pattern)])(contact_fraction)
        return several(contact_fraction) if isinstance(contact_fraction, np.ndarray) else one(contact_fraction)

    return ratio


def _slope(of: Callable[[float], float], share: float, pattern: str) -> float:
    low, high = tabulated_shares(pattern)
    a, b = max(low, share * (1 - 1e-4)), min(high, share * (1 + 1e-4))
    return (of(b) - of(a)) / (b - a)


@cache
def tabulated_shares(pattern: str) -> tuple[float, float]:
    """Smallest and largest contact share of a pattern in the table."""
    shares = [row.contact_share for row in table() if row.pattern == pattern]
    # a whole contact resists nothing, but discs that touch one another are no longer discs
    return min(shares), max(shares) if pattern == "disc" else 1.0


def _checked(pattern: str, ratio: float) -> None:
    names = sorted({row.pattern for row in table()})
    if pattern not in names:
        raise InputError(
            "unknown contact pattern", given=pattern, allowed=", ".join(names), hint=did_you_mean(pattern, names)
        )
    largest = float(_curves(pattern)[0][-1])
    if not 0 <= ratio <= largest:
        raise InputError("scale over thickness is outside the table", given=ratio, allowed=f"0 to {largest:g}")


def _read(pattern: str, shares: NDArray[np.float64], ratio: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """R_con σ/scale and the hot-spot factor at each share."""
    low, high = tabulated_shares(pattern)
    if not ((shares >= low) & (shares <= high)).all():
        raise InputError(
            "the share in contact is outside the table", given=[float(shares.min()), float(shares.max())],
            allowed=f"{low:g} to {high:g}", hint="Solve this body instead: natron.constriction.solve.",
        )  # fmt: skip
    step, weight = _between(pattern, ratio)
    curves, e = _curves(pattern)[1], np.sqrt(shares)
    resistance, hot = ((1 - weight) * curves[step][i](e) + weight * curves[step + 1][i](e) for i in (0, 1))
    return resistance / e, hot


def _between(pattern: str, ratio: float) -> tuple[int, float]:
    """The tabulated ratio below and how far towards the next, in the logarithm."""
    ratios = _curves(pattern)[0]
    at = max(ratio, float(ratios[0]))
    step = int(np.clip(np.searchsorted(ratios, at) - 1, 0, len(ratios) - 2))
    return step, float(np.log(at / ratios[step]) / np.log(ratios[step + 1] / ratios[step]))


@cache
def _curves(pattern: str) -> tuple[NDArray[np.float64], tuple[tuple[Any, Any], ...]]:
    """Ratios, and for each what gives R_con √θ and the hot-spot factor from √θ."""
    from scipy.interpolate import PchipInterpolator

    own = [row for row in table() if row.pattern == pattern]
    ratios = sorted({row.scale_over_thickness for row in own})
    made = []
    for ratio in ratios:
        line = sorted((row for row in own if row.scale_over_thickness == ratio), key=lambda row: row.contact_share)
        e = [np.sqrt(row.contact_share) for row in line]
        resistance = [row.resistance * x for row, x in zip(line, e, strict=True)]
        hot = [row.hot_spot_factor for row in line]
        if pattern != "disc":
            e, resistance, hot = [*e, 1.0], [*resistance, 0.0], [*hot, 1.0]
        made.append((PchipInterpolator(e, resistance), PchipInterpolator(e, hot)))
    return np.array(ratios), tuple(made)


def _near(pattern: str, share: float, ratio: float) -> list[Row]:
    step = _between(pattern, ratio)[0]
    ratios = _curves(pattern)[0][step : step + 2]
    own = [row for row in table() if row.pattern == pattern and row.scale_over_thickness in ratios]
    shares = sorted({row.contact_share for row in own})
    at = int(np.searchsorted(shares, share))
    beside = {shares[max(at - 1, 0)], shares[min(at, len(shares) - 1)]}
    return [row for row in own if row.contact_share in beside]
