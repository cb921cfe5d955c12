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
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from natron.data.errors import DataError
from natron.data.segmentation import charge_increments, count_cycles, half_steps, within_half_steps
from natron.data.spectrum import Provenance, Spectrum

Kind = Literal["full", "half", "symmetric"]
Electrode = Literal["positive", "negative"]
TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"
CYCLE, STEP, STEP_COUNT = "Cycle Count / 1", "Step Index / 1", "Step Count / 1"
FREQUENCY, INCREMENT = "Frequency / Hz", "Charge Increment / Ah"
LOOP = "Loop / 1"
_COUNTS = (CYCLE, STEP, STEP_COUNT, LOOP)
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
_MOSTLY = 0.5
_LARGEST_COUNT = 2**53


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
            values = self.table[name].cast(pl.Float64).to_numpy()
            bad = len(values) - int(np.count_nonzero(np.isfinite(values)))
            if bad:
                raise DataError(
                    f"{bad} of {len(values)} values of {name} are not numbers",
                    allowed="a finite number in every row",
                    hint="Leave such rows out, as natron's readers do.",
                )
        if (self.time_s[1:] < self.time_s[:-1]).any():
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

    @cached_property
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
    # text and spreadsheets give counts as 1.0
    table = table.with_columns([table[name].cast(pl.Int64) for name in _COUNTS if _counts_as_numbers(table, name)])
    current = table[CURRENT].to_numpy().astype(float, copy=False)
    time = table[TIME].to_numpy().astype(float, copy=False)
    spectral = in_spectrum(table)
    steps = table[STEP].to_numpy() if STEP in table.columns else None
    increment = (
        table[INCREMENT].fill_null(0.0).fill_nan(0.0).to_numpy()
        if INCREMENT in table.columns
        else charge_increments(time, current, steps)
    )
    half = half_steps(current, spectral, step_runs(table), time)
    columns = {HALF_STEP: half, INCREMENT: increment, HALF_STEP_CAPACITY: within_half_steps(half, increment, spectral)}
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


def _counts_as_numbers(table: pl.DataFrame, name: str) -> bool:
    """Whether a count stands in a column of whole floating-point numbers."""
    if name not in table.columns or not table.schema[name].is_float():
        return False
    values = table[name]
    return bool(
        values.is_null().not_().all() and (values.abs() < _LARGEST_COUNT).all() and (values.round() == values).all()
    )


def _placed(item: RecordedSpectrum, table: pl.DataFrame) -> RecordedSpectrum:
    row = item.first_row
    if row is None:
        return item
    return RecordedSpectrum(
        index=item.index,
        spectrum=item.spectrum,
        cycle=item.cycle if item.cycle is not None else int(table[CYCLE][row]),
        half_step=item.half_step if item.half_step is not None else int(table[HALF_STEP][row]),
        time_s=item.time_s if item.time_s is not None else table[TIME][row],
        first_row=row,
        last_row=item.last_row,
    )


def in_spectrum(table: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether each row was taken in an impedance step.

    It has a frequency above zero, or stands in a run of one step most of whose rows have: instruments write
    rows without a frequency while they settle before a sweep and between two.
    """
    if FREQUENCY not in table.columns:
        return np.zeros(len(table), dtype=bool)
    swept: NDArray[np.bool_] = (table[FREQUENCY].fill_nan(None) > 0).fill_null(value=False).to_numpy()
    runs = step_runs(table)
    if runs is None or not swept.any():
        return swept
    share = np.bincount(runs, weights=swept) / np.bincount(runs)
    return np.asarray(swept | (share > _MOSTLY)[runs])


def step_runs(table: pl.DataFrame) -> NDArray[np.int64] | None:
    """A number for each row that goes up by one wherever the technique's step or loop changes; None where the
    table has no step, or one step alone."""
    changes = np.zeros(max(len(table) - 1, 0), dtype=bool)
    for name in (STEP, STEP_COUNT, LOOP):
        if name in table.columns and table[name].null_count() == 0:
            values = table[name].to_numpy()
            changes |= values[1:] != values[:-1]
    if not changes.any():
        return None
    return np.cumsum(np.concatenate([[False], changes]), dtype=np.int64)


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
