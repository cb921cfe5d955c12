"""The quantities in a result's JSON, with their places in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST = 5000
"""Numbers of one result that are indexed; a test of a thousand cycles has more, and its first ones are found."""

NO_RESULTS = ("schema_version", "index", "point", "row")
"""Bare numbers that say which, not how much."""


@dataclass(frozen=True, slots=True)
class Number:
    """One quantity of a result.

    Attributes
    ----------
    place : str
        Its dotted way through the JSON: ``fits.0.parameters.R1``.
    name : str
        Its last word that is no count: ``R1``.
    value : float
    uncertainty : float or None
    unit : str
        ASCII, as in the JSON.
    """

    place: str
    name: str
    value: float
    uncertainty: float | None
    unit: str


def numbers_in(content: Mapping[str, Any]) -> list[Number]:
    """Every quantity (``{"value", "uncertainty", "unit"}``) and bare number in a result's JSON, the first `MOST`.

    A bare number (a residual, a count, a p-value) has the unit ``1``; arrays of them and `NO_RESULTS` are left out.
    """
    found: list[Number] = []
    for number in _walk(content, ()):
        if len(found) == MOST:
            break
        found.append(number)
    return found


def _walk(part: Any, way: tuple[str, ...]) -> Iterator[Number]:
    if isinstance(part, Mapping):
        value = part.get("value")
        if "unit" in part and isinstance(value, int | float) and not isinstance(value, bool):
            name = next((word for word in reversed(way) if not word.isdecimal()), "")
            uncertainty = part.get("uncertainty")
            yield Number(".".join(way), name, float(value), uncertainty, str(part["unit"]))
            return
        for key, item in part.items():
            if isinstance(item, int | float) and not isinstance(item, bool):
                if key not in NO_RESULTS:
                    yield Number(".".join((*way, key)), key, float(item), None, "1")
            else:
                yield from _walk(item, (*way, key))
    elif isinstance(part, list | tuple):
        for i, item in enumerate(part):
            yield from _walk(item, (*way, str(i)))
