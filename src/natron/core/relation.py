"""Relations that rooms offer by name, so that a claims file can ask for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from natron.core.quantity import Quantity
from natron.core.uncertainty import Relation as Function


@dataclass(frozen=True, slots=True)
class NamedRelation:
    """A pure relation with one result, its inputs and output named by kind.

    Attributes
    ----------
    words : str
        What it computes, for people.
    inputs : Mapping[str, str]
        Input name to kind name; the kind ``same`` takes whatever kind the claimed number has, so that two
        statements of one thing can be compared.
    output : str
        Kind of the result, or ``same``.
    function : callable
        Takes ``{input name: number}`` (SI), returns the result (SI).
    texts : tuple of str
        Names of inputs that are texts, such as a chemical formula.
    looked_up : callable, optional
        Takes the texts, returns further inputs by name that the library knows: taken where a claim does not give
        them, their uncertainty and origin carried along.
    """

    words: str
    inputs: Mapping[str, str]
    output: str
    function: Callable[[Mapping[str, Any]], Any]
    texts: tuple[str, ...] = ()
    looked_up: Callable[[Mapping[str, str]], Mapping[str, Quantity]] | None = None

    def bound(self, texts: Mapping[str, str]) -> Function:
        """The relation in the form `natron.core.uncertainty.propagate` takes, its texts filled in."""
        return lambda values: {"value": self.function({**values, **texts})}


RELATIONS: dict[str, NamedRelation] = {
    "equal": NamedRelation("another statement of the same thing", {"value": "same"}, "same", lambda x: x["value"]),
    "ratio": NamedRelation(
        "part / whole", {"part": "same", "whole": "same"}, "fraction", lambda x: x["part"] / x["whole"]
    ),
    "multiple": NamedRelation(
        "part / whole, as a multiple",
        {"part": "same", "whole": "same"},
        "number",
        lambda x: x["part"] / x["whole"],
    ),
    "difference": NamedRelation(
        "first − second", {"first": "same", "second": "same"}, "same", lambda x: x["first"] - x["second"]
    ),
    "power": NamedRelation(
        "base to the power of exponent",
        {"base": "fraction", "exponent": "number"},
        "fraction",
        lambda x: x["base"] ** x["exponent"],
    ),
}
