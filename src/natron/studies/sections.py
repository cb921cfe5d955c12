"""Parts of a study that are no claims: what natron computes about a document's subject, and on what it rests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from natron.core import Quantity, weakest_origin
from natron.core.compare import Verdict
from natron.core.uncertainty import Relation


@dataclass(frozen=True)
class Line:
    """One number of a section.

    Attributes
    ----------
    name : str
    value : Quantity or str
        Its origin says whether it is computed from sourced values, calibrated or assumed; a text where what comes
        out is a named state.
    note : str
    """

    name: str
    value: Quantity | str
    note: str = ""

    @property
    def origin(self) -> str:
        """Where the number comes from; empty for a named state."""
        return self.value.origin if isinstance(self.value, Quantity) else ""


@dataclass(frozen=True)
class Swing:
    """How far one parameter moves a number, SI.

    Attributes
    ----------
    name : str
        The parameter.
    parameter : Quantity
    low, high : float
        The number at the parameter less and plus its ±.
    """

    name: str
    parameter: Quantity
    low: float
    high: float


@dataclass(frozen=True)
class Tornado:
    """What a number hangs on, the widest swing first.

    Attributes
    ----------
    name : str
        The number.
    value : Quantity
    swings : tuple of Swing
    fixed : tuple of str
        Assumed parameters without a ±: their swing is not known.
    """

    name: str
    value: Quantity
    swings: tuple[Swing, ...]
    fixed: tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """A published number beside natron's.

    Attributes
    ----------
    name : str
    published : Quantity or str
        A text where no number is printed.
    computed : Quantity
        Its origin says whether it was calibrated to the published one, rests on assumptions, or is predicted.
    within : float or None
        Deviation up to which both agree, as a share of the published number; None where it cannot be checked.
    bound : bool
        Whether the published number is a lower bound.
    limit : bool
        Whether natron's number is a limit that the published one must not exceed.
    note : str
    """

    name: str
    published: Quantity | str
    computed: Quantity
    within: float | None = None
    bound: bool = False
    note: str = ""
    limit: bool = False

    @property
    def deviation(self) -> float | None:
        """Of natron's number, as a share of the published one."""
        if not isinstance(self.published, Quantity) or self.published.value == 0:
            return None
        return self.computed.value / self.published.value - 1

    @property
    def verdict(self) -> Verdict:
        """How the two stand to each other."""
        if self.deviation is None or self.within is None:
            return "cannot_be_checked"
        one_sided = self.bound or self.limit
        agrees = self.deviation >= -self.within if one_sided else abs(self.deviation) <= self.within
        return "agrees" if agrees else "disagrees"


@dataclass(frozen=True)
class Setting:
    """What one mechanism was calibrated to.

    Attributes
    ----------
    mechanism : str
    parameters : tuple of (name, shipped value, value found again or None)
        Free ones.
    data : tuple of Beside
        Printed numbers it was calibrated on, beside what the shipped values give.
    """

    mechanism: str
    parameters: tuple[tuple[str, Quantity, Quantity | None], ...]
    data: tuple[Beside, ...]


@dataclass(frozen=True)
class Cost:
    """What one limit of a cell costs.

    Attributes
    ----------
    limit, cell : str
    resistance, loss, energy : Quantity or None
        Areal resistance, voltage at the current stated, volumetric energy density; None where it costs none.
    note : str
    """

    limit: str
    cell: str
    resistance: Quantity | None
    loss: Quantity | None
    energy: Quantity | None
    note: str = ""

    @property
    def origin(self) -> str:
        """Of the weakest of its numbers."""
        return weakest_origin(q.origin for q in (self.resistance, self.loss, self.energy) if q is not None)


@dataclass(frozen=True)
class Section:
    """A part of a study.

    Attributes
    ----------
    title, text : str
    lines : tuple of Line
    tornados : tuple of Tornado
    pictures : tuple of (name, size in cm, callable that takes ``ax``)
    beside : tuple of Beside
    costs : tuple of Cost
    settings : tuple of Setting
    """

    title: str
    text: str
    lines: tuple[Line, ...] = ()
    tornados: tuple[Tornado, ...] = ()
    pictures: tuple[tuple[str, tuple[float, float], Callable[..., Any]], ...] = ()
    beside: tuple[Beside, ...] = ()
    costs: tuple[Cost, ...] = ()
    settings: tuple[Setting, ...] = ()


def tornado_of(name: str, relation: Relation, inputs: Mapping[str, Quantity], value: Quantity) -> Tornado:
    """How far each uncertain input moves a relation's one output, at the ends of its ±; assumed ones are marked so.

    Parameters
    ----------
    name : str
        The number, for people.
    relation : callable
        ``{input: number} -> {"value": number}``, SI.
    inputs : Mapping[str, Quantity]
    value : Quantity
        The number at the nominal inputs.
    """
    nominal = {key: q.value for key, q in inputs.items()}

    def at(key: str, x: float) -> float:
        return float(relation({**nominal, key: x})["value"])

    swings = [
        Swing(key, q, at(key, q.value - q.uncertainty), at(key, q.value + q.uncertainty))
        for key, q in inputs.items()
        if q.uncertainty
    ]
    swings = [swing for swing in swings if swing.low != swing.high]
    swings.sort(key=lambda swing: -abs(swing.high - swing.low))
    fixed = tuple(key for key, q in inputs.items() if q.origin == "assumed" and not q.uncertainty)
    return Tornado(name, value, tuple(swings), fixed)


def sections_json(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Sections as JSON: numbers and what they hang on, without the pictures."""
    return [
        {
            "title": section.title,
            "text": section.text,
            "lines": [
                {
                    "name": line.name,
                    "value": line.value.as_json() if isinstance(line.value, Quantity) else line.value,
                    "origin": line.origin or None,
                    "note": line.note,
                }
                for line in section.lines
            ],
            "beside": [_beside_json(row) for row in section.beside],
            "settings": [
                {
                    "mechanism": setting.mechanism,
                    "parameters": [
                        {
                            "name": name,
                            "shipped": shipped.as_json(),
                            "recomputed": None if again is None else again.as_json(),
                        }
                        for name, shipped, again in setting.parameters
                    ],
                    "data": [_beside_json(row) for row in setting.data],
                }
                for setting in section.settings
            ],
            "costs": [
                {
                    "limit": cost.limit,
                    "cell": cost.cell,
                    **{
                        key: None if q is None else q.as_json()
                        for key, q in (
                            ("resistance", cost.resistance),
                            ("loss", cost.loss),
                            ("energy", cost.energy),
                        )
                    },
                    "origin": cost.origin,
                    "note": cost.note,
                }
                for cost in section.costs
            ],
            "tornados": [_tornado_json(tornado) for tornado in section.tornados],
        }
        for section in sections
    ]


def _beside_json(row: Beside) -> dict[str, Any]:
    return {
        "name": row.name,
        "published": row.published.as_json() if isinstance(row.published, Quantity) else row.published,
        "computed": row.computed.as_json(),
        "deviation": row.deviation,
        "within": row.within,
        "lower_bound": row.bound,
        "limit": row.limit,
        "verdict": row.verdict,
        "origin": row.computed.origin,
        "note": row.note,
    }


def _tornado_json(tornado: Tornado) -> dict[str, Any]:
    kind = tornado.value.kind
    return {
        "name": tornado.name,
        "value": tornado.value.as_json(),
        "swings": [
            {
                "parameter": swing.name,
                "origin": swing.parameter.origin,
                "given": swing.parameter.as_json(),
                "low": Quantity(swing.low, None, kind).as_json(),
                "high": Quantity(swing.high, None, kind).as_json(),
            }
            for swing in tornado.swings
        ],
        "without_uncertainty": list(tornado.fixed),
    }
