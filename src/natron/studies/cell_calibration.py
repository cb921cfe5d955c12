"""The values that natron's cells of the sodium-cell paper are calibrated to, found again from the published numbers.

One mechanism after another, round by round, each by least squares in the logarithms of its free parameters and of the
numbers printed: as many parameters as the mechanism has, against as many numbers as are printed of it. Everything
else, and so all that is assumed, stays as it ships.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from natron.core import Quantity, parse_quantity
from natron.cycling import analyse
from natron.materials import parameters
from natron.simulate import Run, rested, spectrum
from natron.studies.observed import (
    CELLS,
    COIN,
    SHORT,
    WORDS,
    areal,
    beside,
    cycled,
    formed,
    full_cycles,
    of_charge,
    of_coin,
    of_cycling,
    of_formation,
    of_parts,
    of_spectrum,
    published,
    without_voids,
)
from natron.studies.sections import Line, Section, Setting

STEP = 0.03
"""Relative change of a parameter for slopes: well above what the time steps leave of error."""

CLOSE = 1e-4
"""Relative change of the parameters at which a search ends."""

SETTLED = 5e-3
"""Relative change of every parameter in a round through all mechanisms, below which no further round is made."""

MOST_ROUNDS = 4

FAR = 50.0
"""Factor either way within which a parameter is sought."""

Changes = Mapping[str, float]


@dataclass(frozen=True)
class Datum:
    """A printed number that a mechanism is calibrated on."""

    cell: str
    number: str

    @property
    def published(self) -> Quantity:
        """As printed."""
        return published(self.cell)[self.number]

    @property
    def words(self) -> str:
        """For people."""
        return f"{SHORT[self.cell]}: {WORDS[self.number]}"


@dataclass(frozen=True)
class Mechanism:
    """What is calibrated together.

    Attributes
    ----------
    name : str
    parameters : tuple of str
        Of `natron.simulate.ModelParameters.values`.
    data : tuple of Datum
    """

    name: str
    parameters: tuple[str, ...]
    data: tuple[Datum, ...]


def _of(number: str, *cells: str) -> tuple[Datum, ...]:
    return tuple(Datum(cell, number) for cell in cells or CELLS)


MECHANISMS: tuple[Mechanism, ...] = (
    Mechanism("accessible capacity", ("accessible_share",), _of("specific_capacity", COIN)),
    Mechanism("cathode | collector, as assembled", ("contact_resistance_start",), _of("resistance_before")),
    Mechanism(
        "cathode | collector, under pressure",
        ("contact_resistance_settled", "contact_pressure_exponent"),
        _of("resistance_after"),
    ),
    Mechanism(
        "cathode | collector, capacitance", ("contact_capacitance",), (*_of("arc_before"), *_of("arc_after"))
    ),
    Mechanism("ceramic | liquid, capacitance", ("ceramic_liquid_capacitance",), _of("liquid_arc")),
    Mechanism("loss of liquid", ("electrolyte_loss_per_cycle",), _of("fade", CELLS[1])),
    Mechanism("first-cycle loss", ("first_cycle_loss",), _of("not_recovered")),
)  # fmt: skip
"""In the order they are found, again and again until none moves the others."""

CAPACITANCES = ("contact_capacitance", "ceramic_liquid_capacitance")
"""What changes no run, only its spectra."""


@dataclass(frozen=True)
class Found:
    """A mechanism's parameters, found from printed numbers.

    Attributes
    ----------
    mechanism : Mechanism
        With the parameters that were free and the numbers that were used.
    values : Mapping[str, Quantity]
    computed : tuple of Quantity
        What the model gives for each number.
    """

    mechanism: Mechanism
    values: Mapping[str, Quantity]
    computed: tuple[Quantity, ...]


def observed(cell: str, numbers: Sequence[str], changes: Changes) -> dict[str, float]:
    """What the model gives for a cell's printed numbers, SI; runs no more than these need."""
    if cell == COIN:
        return of_coin(changes)
    of = without_voids(cell, changes)
    found = of_parts(of) | of_spectrum(spectrum(of), "before")
    if set(numbers) <= set(found):
        return found
    slow = {name: value for name, value in changes.items() if name not in CAPACITANCES}
    after = _formed(cell, tuple(sorted(slow.items())))
    quiet = rested(of, after.state)
    found |= of_charge(after) | ({} if quiet is None else of_spectrum(spectrum(of, state=quiet), "after"))
    if {"first", "last", "fade"} & set(numbers):
        found |= of_cycling(cycled(after))
    return found


@lru_cache(maxsize=8)
def _formed(cell: str, changes: tuple[tuple[str, float], ...]) -> Run:
    return formed(without_voids(cell, dict(changes)))


def recalibrate(
    cells: Sequence[str] = (*CELLS, COIN),
    *,
    mechanisms: Sequence[Mechanism] = MECHANISMS,
    held: Changes | None = None,
    start: Changes | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Found, ...]:
    """Every calibrated value, found again from what the paper prints.

    Parameters
    ----------
    cells : sequence of str
        Whose printed numbers are used.
    mechanisms : sequence of Mechanism
    held : Mapping[str, float], optional
        Parameters at other values than shipped, not to be found, SI.
    start : Mapping[str, float], optional
        Where the search begins; the shipped values where left out.
    progress : callable, optional
        Told each mechanism as it begins.

    Returns
    -------
    tuple of Found
        Mechanisms of which these cells print nothing are left out.
    """
    fixed, now = dict(held or {}), _shipped() | dict(start or {}) | dict(held or {})
    told = []
    for each in mechanisms:
        data = tuple(datum for datum in each.data if datum.cell in cells)
        free = tuple(name for name in each.parameters if name not in fixed)
        if data and free:
            told.append(Mechanism(each.name, free, data))
    found: list[Found] = []
    for _ in range(MOST_ROUNDS):
        before, found = dict(now), []
        for each in told:
            if progress is not None:
                progress(each.name)
            found.append(_solved(each, now))
            now |= {name: q.value for name, q in found[-1].values.items()}
        names = [name for each in told for name in each.parameters]
        if len(told) < 2 or all(abs(now[name] / before[name] - 1) < SETTLED for name in names):
            break
    return tuple(found)


def _shipped() -> dict[str, float]:
    """Every calibrated parameter as it ships."""
    return {name: shipped(name).value for each in MECHANISMS for name in each.parameters}


def shipped(name: str) -> Quantity:
    """A calibrated parameter as it ships."""
    return without_voids(CELLS[0]).values[name]


def _solved(of: Mechanism, now: Changes) -> Found:
    """Least squares of ln(computed/printed) over the free parameters' factors."""
    before = np.array([now[name] for name in of.parameters])
    printed = np.array([datum.published.value for datum in of.data])
    last: dict[bytes, np.ndarray] = {}

    def computed(x: Any) -> Any:
        key = np.asarray(x, float).tobytes()
        if key not in last:
            last[key] = _computed(of.data, {**now, **dict(zip(of.parameters, (before * x).tolist(), strict=True))})
        return last[key]

    solved = least_squares(
        lambda x: np.log(computed(x) / printed), np.ones(len(before)), bounds=(1 / FAR, FAR), diff_step=STEP,
        xtol=CLOSE, ftol=1e-10, gtol=1e-8, max_nfev=30,
    )  # fmt: skip
    values = {
        name: Quantity(float(value), None, shipped(name).kind, "calibrated")
        for name, value in zip(of.parameters, before * solved.x, strict=True)
    }
    answers = tuple(
        Quantity(float(value), None, datum.published.kind, "calibrated")
        for datum, value in zip(of.data, computed(solved.x), strict=True)
    )
    return Found(of, values, answers)


def _computed(data: Sequence[Datum], changes: Changes) -> np.ndarray:
    cells = dict.fromkeys(datum.cell for datum in data)
    seen = {cell: observed(cell, [d.number for d in data if d.cell == cell], changes) for cell in cells}
    return np.array([seen[datum.cell][datum.number] for datum in data])


def agree(value: Quantity, with_shipped: Quantity) -> bool:
    """Whether a value found again is the shipped one within half a digit of what is written there, or 1 %."""
    return abs(value.value - with_shipped.value) <= max(with_shipped.rounding or 0.0, 0.01 * with_shipped.value)


# --- beside the paper ------------------------------------------------------------------------------------

ELSEWHERE = "contact-elsewhere"
"""The library's group with the exponent found on another electrolyte."""


def _exponent() -> float:
    return parameters(ELSEWHERE)["pressure_exponent"].value


def exponent_held() -> Found:
    """The level of the contact's resistance, found for both cells with its exponent held."""
    (held,) = recalibrate(
        CELLS,
        mechanisms=[each for each in MECHANISMS if "contact_pressure_exponent" in each.parameters],
        held={"contact_pressure_exponent": _exponent()},
    )
    return held


def cell_1_alone() -> tuple[Found, ...]:
    """What cell 1's printed numbers alone tell, with the contact's exponent held."""
    return recalibrate(
        CELLS[:1],
        mechanisms=[each for each in MECHANISMS if any(datum.cell == CELLS[0] for datum in each.data)],
        held={"contact_pressure_exponent": _exponent()},
    )


def calibrated_values(seen: Mapping[str, Mapping[str, float]], again: Sequence[Found] = ()) -> Section:
    """What was calibrated, on what, and what a single free parameter of the contact would do.

    Parameters
    ----------
    seen : Mapping of Mapping of float
        What the shipped values give for every cell: `observed`.
    again : sequence of Found
        The values found again; empty where that was not asked for.
    """
    found = {name: q for each in again for name, q in each.values.items()}
    settings = tuple(
        Setting(
            each.name,
            tuple((name, shipped(name), found.get(name)) for name in each.parameters),
            tuple(
                beside(d.cell, d.number, seen[d.cell][d.number], "calibrated", name=d.words) for d in each.data
            ),
        )
        for each in MECHANISMS
    )  # fmt: skip
    count = sum(len(each.parameters) for each in MECHANISMS)
    data = sum(len(each.data) for each in MECHANISMS)
    level = exponent_held().values if again else parameters("contact-exponent-held")
    contact = next(each for each in MECHANISMS if "contact_pressure_exponent" in each.parameters)
    changes = {name: q.value for name, q in level.items()} | {"contact_pressure_exponent": _exponent()}
    held = _computed(contact.data, changes)
    again_words = (
        f"Found again from other starting values, {sum(agree(q, shipped(name)) for name, q in found.items())} of "
        f"{len(found)} come out as shipped."
        if found
        else "Every value is found again from these numbers with --recalibrate."
    )
    return Section(
        "What is calibrated, and to what",
        f"{count} parameters to {data} printed numbers: one for each mechanism, but two for the contact under "
        "pressure, which have no more numbers than parameters and so prove nothing. With its exponent held at the "
        f"{_exponent():g} found on a sulfide, one parameter is left, and it does what the last lines show. "
        f"{again_words}",
        settings=settings,
        beside=tuple(
            beside(
                datum.cell, datum.number, float(value), "calibrated",
                name=f"{datum.words}, exponent {_exponent():g}",
                note="level of the contact's resistance alone free",
            )
            for datum, value in zip(contact.data, held, strict=True)
        ),
    )  # fmt: skip


def cell_2_from_cell_1(*, again: bool = False) -> Section:
    """Cell 2 with what cell 1 alone tells.

    Parameters
    ----------
    again : bool
        Find that again from cell 1's printed numbers.
    """
    one, two = CELLS
    exponent = _exponent()
    told = {name: q for each in cell_1_alone() for name, q in each.values.items()} if again else {}
    told = told or dict(parameters("cell-1-alone"))
    values = {name: q.value for name, q in told.items()}
    changes = values | {"contact_pressure_exponent": exponent, "electrolyte_loss_per_cycle": 0.0}
    low = without_voids(one).values["pressure"]
    high = parse_quantity("0.05 MPa", "pressure")
    # the resistance that cell 1 settled at is known, its pressure is not: at 1 MPa it would settle so much higher
    other = changes | {
        "contact_resistance_settled": values["contact_resistance_settled"] * (high.value / low.value) ** exponent
    }
    after, after_other = (formed(without_voids(two, each)) for each in (changes, other))
    seen, seen_other = of_formation(after), of_formation(after_other)
    first = full_cycles(analyse(cycled(after, 1).record))[0].discharge_capacity_Ah
    assert first is not None
    rows = [beside(two, name, seen[name], "predicted") for name in ("first_charge", "first_discharge", "not_recovered")]
    rows.append(beside(two, "resistance_before", seen["resistance_before"], "predicted"))
    for name in ("resistance_after", "arc_after"):
        for pressure, numbers in ((low, seen), (high, seen_other)):
            rows.append(beside(two, name, numbers[name], "predicted", name=f"{WORDS[name]}, cell 1 at {pressure}"))
    rows += [beside(two, name, seen[name], "predicted") for name in ("arc_before", "liquid_arc")]
    rows.append(beside(two, "first", areal(first, after).value, "predicted"))
    known = ", ".join(name.replace("_", " ") for name in values)
    return Section(
        "Cell 2, predicted from cell 1",
        f"What cell 1 alone tells ({known}; calibrated to its numbers) put into cell 2 unchanged. One cell tells "
        f"nothing of how the contact goes with pressure: the exponent is the {exponent:g} found on a sulfide, and cell "
        f"1's own pressure is printed as {low} and as about {high}: both are shown. Cell 1 was not cycled, so it "
        "tells nothing of the loss of liquid either: the fade of cell 2 is not predicted from it.",
        beside=tuple(rows),
        lines=tuple(
            Line(name.replace("_", " "), q, f"cell 1 alone; both cells: {shipped(name)}") for name, q in told.items()
        ),
    )  # fmt: skip
