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

from natron.core import Origin, Quantity, parse_quantity
from natron.cycling import analyse
from natron.materials import parameters
from natron.simulate import Run, rested, spectrum
from natron.studies.observed import (
    CELLS,
    COIN,
    SHORT,
    WORDS,
    areal,
    banded,
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
    Mechanism("cathode | collector, under pressure", ("contact_resistance_settled",), _of("resistance_after")),
    Mechanism("ceramic | liquid, capacitance", ("ceramic_liquid_capacitance",), _of("liquid_arc")),
    Mechanism("loss of liquid", ("electrolyte_loss_per_cycle",), _of("fade", CELLS[1])),
    Mechanism("first-cycle loss", ("first_cycle_loss",), _of("not_recovered")),
)  # fmt: skip
"""In the order they are found, again and again until none moves the others."""

CAPACITANCES = ("ceramic_liquid_capacitance",)
"""What changes no run, only its spectra."""

IN_TABLE_1: Mapping[str, str] = {CELLS[0]: "0.005 MPa", CELLS[1]: "1.32 mAh/cm²"}
"""What Table 1 prints where the cells ship with another number of the same paper: pressure of cell 1 and capacity of
cell 2."""


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
    return shipped_of(CELLS[0], name)


def shipped_of(cell: str, name: str) -> Quantity:
    """A value of one cell as it ships."""
    return without_voids(cell).values[name]


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


def cell_1_alone() -> tuple[Found, ...]:
    """What cell 1's printed numbers alone tell."""
    return recalibrate(
        CELLS[:1],
        mechanisms=[each for each in MECHANISMS if any(datum.cell == CELLS[0] for datum in each.data)],
    )


def calibrated_values(seen: Mapping[str, Mapping[str, float]], again: Sequence[Found] = ()) -> Section:
    """What was calibrated, on what, and what the other of two printed capacities of cell 2 would do.

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
    again_words = (
        f"Found again from other starting values, {sum(agree(q, shipped(name)) for name, q in found.items())} of "
        f"{len(found)} come out as shipped."
        if found
        else "Every value is found again from these numbers with --recalibrate."
    )
    two, table = CELLS[1], IN_TABLE_1[CELLS[1]]
    of = without_voids(two, {"positive.areal_capacity": table})
    after = formed(of)
    other = of_charge(after) | of_cycling(cycled(after, 1))
    return Section(
        "What is calibrated, and to what",
        f"{count} parameters to {data} printed numbers, one for each mechanism. Put in as printed, and so no "
        "parameter: the plateau, and the capacity of each cathode, of cell 2 "
        f"{shipped_of(two, 'positive.areal_capacity')} by its loading. Table 1 prints {table}; the last lines show "
        f"what that would give. {again_words}",
        settings=settings,
        beside=tuple(
            beside(two, name, other[name], "predicted", name=f"{SHORT[two]}: {WORDS[name]}, of {table}",
                   note="every calibrated value as shipped")
            for name in ("first_charge", "first_discharge", "first")
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
    told = {name: q for each in cell_1_alone() for name, q in each.values.items()} if again else {}
    told = told or dict(parameters("cell-1-alone"))
    values = {name: q.value for name, q in told.items()}
    changes = values | {"electrolyte_loss_per_cycle": 0.0}
    of = without_voids(one)
    shown, exponent = of.values["pressure"], of.values["contact_pressure_exponent"]
    table = parse_quantity(IN_TABLE_1[one], "pressure")
    # the resistance that cell 1 settled at is known, its pressure is not: at 1 MPa it would settle so much lower
    other = changes | {
        "contact_resistance_settled": values["contact_resistance_settled"]
        * (table.value / shown.value) ** exponent.value
    }
    after, after_other = (formed(without_voids(two, each)) for each in (changes, other))
    seen, seen_other = of_formation(after), of_formation(after_other)
    first = full_cycles(analyse(cycled(after, 1).record))[0].discharge_capacity_Ah
    assert first is not None
    rows = [beside(two, name, seen[name], "predicted") for name in ("first_charge", "first_discharge", "not_recovered")]
    rows.append(beside(two, "resistance_before", seen["resistance_before"], "predicted"))
    for name, origin in RESTS_ON.items():
        for pressure, numbers in ((shown, seen), (table, seen_other)):
            rows.append(
                banded(after.parameters, two, name, numbers[name], origin,
                       name=f"{WORDS[name]}, cell 1 at {pressure}")
            )  # fmt: skip
    rows += [
        banded(after.parameters, two, "arc_before", seen["arc_before"], "assumed"),
        beside(two, "liquid_arc", seen["liquid_arc"], "predicted"),
        beside(two, "first", areal(first, after).value, "predicted"),
    ]
    known = ", ".join(name.replace("_", " ") for name in values)
    return Section(
        "Cell 2, predicted from cell 1",
        f"What cell 1 alone tells ({known}; calibrated to its numbers) put into cell 2 unchanged. One cell tells "
        f"nothing of how the contact goes with pressure: the exponent of {exponent} is assumed, and cell 1's own "
        f"pressure is printed as about 0.05 MPa and in Table 1 as {table}: both are shown. Cell 1 was not cycled, so "
        "it tells nothing of the loss of liquid either: the fade of cell 2 is not predicted from it.",
        beside=tuple(rows),
        lines=tuple(
            Line(name.replace("_", " "), q, f"cell 1 alone; both cells: {shipped(name)}") for name, q in told.items()
        ),
    )  # fmt: skip


RESTS_ON: Mapping[str, Origin] = {"resistance_after": "predicted", "arc_after": "assumed"}
"""What hangs on the contact under pressure, and how: the exponent is assumed too, but shown with its own ±."""
