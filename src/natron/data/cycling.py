"""A cycling record: what an instrument (or a simulation) wrote down over time, checked and frozen.

The table has the Battery Data Format's column names and natron's own beside them. Required are
`Test Time / s`, `Voltage / V` and `Current / A` (positive = charging, i.e. plating the cell's negative
electrode). natron's own columns:

| column | what |
|---|---|
| `Frequency / Hz` and `Real`, `Imaginary Impedance / ohm` | in rows of an impedance step, else null |
| `Charge Increment / Ah` | charge since the row before, signed, impedance steps included |
| `Half Step / 1` | from 1; a rest or a spectrum belongs to the half step before it; 0 before the first |
| `Half-Step Capacity / Ah` | charge since the half step began, without what flowed in impedance steps, ≥ 0 |
| `Current Density / mA.cm-2`, `Areal Half-Step Capacity / mAh.cm-2` | the same per area, where it is known |
| `Instrument Cycle / 1` | the instrument's own count, kept beside natron's where that is not to be trusted |
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from natron.data.errors import DataError
from natron.data.spectrum import Provenance, Spectrum

Kind = Literal["full", "half", "symmetric"]
Electrode = Literal["positive", "negative"]
TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"
CYCLE, STEP, STEP_COUNT = "Cycle Count / 1", "Step Index / 1", "Step Count / 1"
FREQUENCY, INCREMENT = "Frequency / Hz", "Charge Increment / Ah"
LOOP = "Loop / 1"
HALF_STEP, HALF_STEP_CAPACITY = "Half Step / 1", "Half-Step Capacity / Ah"
CURRENT_DENSITY = "Current Density / mA.cm-2"
AREAL_CAPACITY = "Areal Half-Step Capacity / mAh.cm-2"
REQUIRED = (TIME, VOLTAGE, CURRENT)

_CM2 = 1e-4
_PLACEHOLDERS_CM2 = (0.0, 0.001)
_PLACEHOLDERS_KG = (0.0, 1e-9)
_LARGE_CM2 = 20.0
_USUAL_MA_PER_CM2 = 0.5
_LARGE_KG = 0.05
_REST_FRACTION = 1e-4
_SAME_LEVEL = 0.05


@dataclass(frozen=True)
class RecordedSpectrum:
    """A spectrum and where in the record it was taken.

    Parameters
    ----------
    index : int
        Its place among the record's spectra, from 0.
    spectrum : Spectrum
        The data.
    cycle, half_step : int or None
        The record's counts in the rows it was taken in.
    time_s : float or None
        Test time of its first point.
    first_row, last_row : int or None
        Its rows in the record's table, both included.
    """

    index: int
    spectrum: Spectrum
    cycle: int | None = None
    half_step: int | None = None
    time_s: float | None = None
    first_row: int | None = None
    last_row: int | None = None


@dataclass(frozen=True, eq=False)
class CyclingRecord:
    """One test of one cell over time; see the module's table for the columns.

    Parameters
    ----------
    table : polars.DataFrame
        Rows in order of time.
    provenance : Provenance
        Where the data came from.
    area_m2 : float, optional
        Electrode area; None where it is not known, never a placeholder.
    mass_kg : float, optional
        Active mass, likewise.
    kind : {"full", "half", "symmetric"}, optional
        The cell's build; in a symmetric cell charge and discharge are names only.
    working_electrode : {"positive", "negative"}, optional
        Which electrode of the cell the instrument's positive lead was on.
    spectra : tuple of RecordedSpectrum
        The spectra taken during the test.
    notes : tuple of str
        What was mended, left out or refused.

    Raises
    ------
    DataError
        Where a required column is missing, a time, voltage or current is not finite, time runs backwards, or
        area or mass is not a positive number.
    """

    table: pl.DataFrame
    provenance: Provenance
    area_m2: float | None = None
    mass_kg: float | None = None
    kind: Kind | None = None
    working_electrode: Electrode | None = None
    spectra: tuple[RecordedSpectrum, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        missing = [name for name in REQUIRED if name not in self.table.columns]
        if missing:
            raise DataError(
                f"a cycling record has no column {', '.join(missing)}",
                given=", ".join(self.table.columns[:12]),
                allowed=", ".join(REQUIRED) + " at least",
            )
        if self.table.is_empty():
            raise DataError("a cycling record has no row", allowed="at least one row")
        for name in REQUIRED:
            values = self.table[name].cast(pl.Float64)
            bad = int((~values.is_finite().fill_null(value=False)).sum())
            if bad:
                raise DataError(
                    f"{bad} of {len(values)} values of {name} are not numbers",
                    allowed="a finite number in every row",
                    hint="Leave such rows out, as natron's readers do.",
                )
        if (self.table[TIME].diff() < 0).any():
            raise DataError(
                "the test time runs backwards", allowed="rows in order of time", hint="Use mend_time first."
            )
        for label, value in (("area", self.area_m2), ("mass", self.mass_kg)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise DataError(f"the {label} is not a positive number", given=value, allowed="above zero")

    def __len__(self) -> int:
        return len(self.table)

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Test time of every row."""
        return self.table[TIME].to_numpy()

    @property
    def voltage_V(self) -> NDArray[np.float64]:
        """Cell voltage of every row."""
        return self.table[VOLTAGE].to_numpy()

    @property
    def current_A(self) -> NDArray[np.float64]:
        """Current of every row, positive = charging."""
        return self.table[CURRENT].to_numpy()

    @property
    def in_spectrum(self) -> NDArray[np.bool_]:
        """Whether the row was taken in an impedance step."""
        return in_spectrum(self.table)


def cycling_record(
    table: pl.DataFrame,
    provenance: Provenance,
    *,
    area_m2: float | None = None,
    mass_kg: float | None = None,
    kind: Kind | None = None,
    working_electrode: Electrode | None = None,
    spectra: Sequence[RecordedSpectrum] = (),
    notes: Sequence[str] = (),
) -> CyclingRecord:
    """A record from its columns, with natron's own ones worked out and every spectrum linked to its place.

    A spectrum without cycle and half step takes those of its first row. `Cycle Count / 1` is counted from the
    half steps where the table has none: one cycle is one half step of each sign, begun by whichever came
    first.
    """
    current = table[CURRENT].to_numpy().astype(float)
    time = table[TIME].to_numpy().astype(float)
    spectral = in_spectrum(table)
    steps = table[STEP].to_numpy() if STEP in table.columns else None
    half = half_steps(current, spectral)
    increment = (
        table[INCREMENT].fill_null(0.0).fill_nan(0.0).to_numpy()
        if INCREMENT in table.columns
        else charge_increments(time, current, steps)
    )
    columns = {HALF_STEP: half, INCREMENT: increment, HALF_STEP_CAPACITY: _within(half, increment, spectral)}
    if CYCLE not in table.columns:
        columns[CYCLE] = count_cycles(half, current, spectral)
    if steps is not None and STEP_COUNT not in table.columns:
        changes = steps[1:] != steps[:-1]
        if LOOP in table.columns:
            loop = table[LOOP].to_numpy()
            changes |= loop[1:] != loop[:-1]
        columns[STEP_COUNT] = 1 + np.cumsum(np.concatenate([[False], changes]))
    if area_m2 is not None:
        columns[CURRENT_DENSITY] = current * 1e3 / (area_m2 / _CM2)
        columns[AREAL_CAPACITY] = columns[HALF_STEP_CAPACITY] * 1e3 / (area_m2 / _CM2)
    full = table.with_columns([pl.Series(name, values) for name, values in columns.items()])
    return CyclingRecord(
        table=full,
        provenance=provenance,
        area_m2=area_m2,
        mass_kg=mass_kg,
        kind=kind,
        working_electrode=working_electrode,
        spectra=tuple(_placed(item, full) for item in spectra),
        notes=tuple(notes),
    )


def _placed(item: RecordedSpectrum, table: pl.DataFrame) -> RecordedSpectrum:
    row = item.first_row
    if row is None:
        return item
    return RecordedSpectrum(
        index=item.index,
        spectrum=item.spectrum,
        cycle=item.cycle if item.cycle is not None else table[CYCLE][row],
        half_step=item.half_step if item.half_step is not None else table[HALF_STEP][row],
        time_s=item.time_s if item.time_s is not None else table[TIME][row],
        first_row=row,
        last_row=item.last_row,
    )


def in_spectrum(table: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether each row was taken in an impedance step: it has a frequency above zero."""
    if FREQUENCY not in table.columns:
        return np.zeros(len(table), dtype=bool)
    return (table[FREQUENCY] > 0).fill_null(value=False).to_numpy()


def half_steps(current_A: NDArray[np.float64], spectral: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The half step each row belongs to, counted from 1; 0 before the first current flows.

    A half step ends where the current changes its sign, and where after a rest it comes back at another level
    (5 %): the next stage of a critical-current test. Rows of a spectrum are looked through, so that a
    spectrum taken during a charge does not end it. A current below 1e-4 of the largest counts as none.
    """
    size = len(current_A)
    if size == 0:
        return np.zeros(0, dtype=np.int64)
    largest = float(np.max(np.abs(current_A[~spectral]), initial=0.0))
    flows = (np.abs(current_A) > _REST_FRACTION * largest) & ~spectral
    rows = np.flatnonzero(flows)
    if rows.size == 0:
        return np.zeros(size, dtype=np.int64)
    rests = np.cumsum(~flows & ~spectral)
    level = current_A[rows]
    turned = np.sign(level[1:]) != np.sign(level[:-1])
    rested = rests[rows[1:]] != rests[rows[:-1]]
    other = np.abs(level[1:] - level[:-1]) > _SAME_LEVEL * np.maximum(np.abs(level[1:]), np.abs(level[:-1]))
    begins = np.zeros(size, dtype=np.int64)
    begins[rows[0]] = 1
    begins[rows[1:]] = turned | (rested & other)
    return np.cumsum(begins)


def count_cycles(
    half: NDArray[np.int64], current_A: NDArray[np.float64], spectral: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The cycle each row belongs to, from 1: it ends when a half step of the sign that began it comes again
    after one of the other sign."""
    count = int(half.max(initial=0))
    charge = np.bincount(half, weights=np.where(spectral, 0.0, current_A), minlength=count + 1)
    cycles = np.ones(count + 1, dtype=np.int64)
    cycle, first, other_seen = 1, 0.0, False
    for k in range(1, count + 1):
        sign = float(np.sign(charge[k]))
        first = first or sign
        if sign == first and other_seen:
            cycle, other_seen = cycle + 1, False
        elif sign == -first:
            other_seen = True
        cycles[k] = cycle
    return cycles[half]


def charge_increments(
    time_s: NDArray[np.float64], current_A: NDArray[np.float64], steps: NDArray[np.generic] | None = None
) -> NDArray[np.float64]:
    """Charge since the row before in Ah: the mean of both currents times the time between.

    Across a change of step the new step's current alone counts, for the old one had ended.
    """
    increments = np.zeros(len(time_s))
    if len(time_s) > 1:
        mean = 0.5 * (current_A[1:] + current_A[:-1])
        if steps is not None:
            mean = np.where(steps[1:] != steps[:-1], current_A[1:], mean)
        increments[1:] = mean * np.diff(time_s) / 3600
    return increments


def _within(
    half: NDArray[np.int64], increment: NDArray[np.float64], spectral: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Charge passed since each row's half step began, without the spectra's, as a magnitude."""
    passed = np.cumsum(np.where(spectral, 0.0, increment))
    starts = np.flatnonzero(np.concatenate([[True], half[1:] != half[:-1]]))
    before = np.where(starts > 0, passed[starts - 1], 0.0)
    lengths = np.diff(np.append(starts, len(half)))
    return np.where(half > 0, np.abs(passed - np.repeat(before, lengths)), 0.0)


def mend_time(time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[str]]:
    """Test time that never runs backwards, and what was mended.

    A lone row whose time falls back between two that agree is given the time of the row before it. Where time
    starts anew (the instrument was restarted), the rest goes on from the last time, with the gap unknown and
    taken as none.
    """
    time = np.array(time_s, dtype=float)
    falls = np.flatnonzero(np.diff(time) < 0) + 1
    if falls.size == 0:
        return time, []
    lone: list[int] = []
    resets: list[int] = []
    shifts = np.zeros(len(time))
    for k in falls:
        before = time[k - 1]
        if k + 1 < len(time) and time[k + 1] >= before:
            time[k] = before
            lone.append(int(k))
        else:
            resets.append(int(k))
            shifts[k] = before - time[k]
    time += np.cumsum(shifts)
    time = np.maximum.accumulate(time)
    notes = []
    if lone:
        notes.append(
            f"the test time falls back in {len(lone)} single rows (the first is row {lone[0] + 1}); "
            "each was given the time of the row before it"
        )
    if resets:
        notes.append(
            f"the test time starts anew in {len(resets)} places (the first is row {resets[0] + 1}); "
            "it was continued from the last time, with no gap between"
        )
    return time, notes


def checked_area(
    area_m2: float | None, *, told_by: Literal["file", "user"], largest_current_A: float | None = None
) -> tuple[float | None, str | None]:
    """An electrode area that can be used, or None, and why not.

    An instrument's unfilled field reads 0 or 0.001 cm². An area above 20 cm² at which not even 0.5 mA/cm²
    flowed is more likely one in mm² typed into a field of cm² (a 10 mm disc is 78.5 mm²).

    Raises
    ------
    DataError
        Where the user gave a placeholder or something that is no area.
    """
    if area_m2 is None:
        return None, None
    area_cm2 = area_m2 / _CM2
    if not math.isfinite(area_cm2) or area_cm2 < 0 or _is_one_of(area_cm2, _PLACEHOLDERS_CM2):
        if told_by == "user":
            raise DataError(
                "the electrode area is not one that a cell has",
                given=f"{area_cm2:g} cm2",
                allowed="the geometric area, e.g. 0.785 cm2 for a 10 mm disc",
                hint="0.001 cm2 is what instruments write where nothing was filled in.",
            )
        return (
            None,
            f"the file's electrode area of {area_cm2:g} cm² is the instrument's unfilled field: not used",
        )
    density = None if largest_current_A is None else largest_current_A * 1e3 / area_cm2
    if area_cm2 > _LARGE_CM2 and (density is None or density < _USUAL_MA_PER_CM2):
        diameter_mm = 2 * math.sqrt(area_cm2 / math.pi)
        why = (
            f"an electrode area of {area_cm2:g} cm² is more likely {area_cm2:g} mm² (a disc of "
            f"{diameter_mm:.1f} mm) in a field of cm²"
        )
        if told_by == "user":
            return area_m2, f"{why}: used as given, check it"
        return None, f"{why}: not used; give the area to use it"
    return area_m2, None


def checked_mass(mass_kg: float | None, *, told_by: Literal["file", "user"]) -> tuple[float | None, str | None]:
    """An active mass that can be used, or None, and why not; the unfilled field reads 0 or 0.001 mg.

    Raises
    ------
    DataError
        Where the user gave a placeholder or something that is no mass.
    """
    if mass_kg is None:
        return None, None
    mass_mg = mass_kg * 1e6
    if not math.isfinite(mass_kg) or mass_kg < 0 or _is_one_of(mass_kg, _PLACEHOLDERS_KG):
        if told_by == "user":
            raise DataError(
                "the active mass is not one that a cell has",
                given=f"{mass_mg:g} mg",
                allowed="the mass of active material",
                hint="0.001 mg is what instruments write where nothing was filled in.",
            )
        return None, f"the file's mass of {mass_mg:g} mg is the instrument's unfilled field: not used"
    if mass_kg > _LARGE_KG:
        why = f"an active mass of {mass_kg * 1e3:g} g is too large for a laboratory cell"
        return (mass_kg, f"{why}: used as given, check its unit") if told_by == "user" else (None, f"{why}: not used")
    return mass_kg, None


def _is_one_of(value: float, placeholders: Sequence[float]) -> bool:
    return any(math.isclose(value, known, rel_tol=1e-6, abs_tol=0.0) for known in placeholders)
