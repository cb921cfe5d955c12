"""What a reader hands back, and how a table with Battery Data Format columns becomes a record and spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from natron.data import (
    CyclingRecord,
    DataError,
    Provenance,
    RecordedSpectrum,
    Spectrum,
    cycling_record,
    mend_time,
)
from natron.data.cycling import Electrode, Kind, checked_area, checked_mass
from natron.io.columns import (
    ABSOLUTE,
    AMBIENT,
    CURRENT,
    CYCLE,
    FREQUENCY,
    IMAGINARY,
    INSTRUMENT_CYCLE,
    PHASE,
    REAL,
    T1,
    TIME,
    UNIX,
    VOLTAGE,
    Z_CYCLE,
)
from natron.io.source import Source

_TURN = 1.5
_MIN_SWEEP = 3
_MIN_POINTS = 2
LARGEST = 1e30
"""Beyond what any instrument records, in the column's unit: no number either, for its products would overflow."""
_KELVIN = 273.15
_YEAR_S = 365.25 * 86400
_LONGEST_TEST_S = 10 * _YEAR_S
"""A longer test time is more likely one in another unit than a cell that was cycled that long."""


@dataclass(frozen=True)
class Reading:
    """What one file (or several of one test) holds.

    Parameters
    ----------
    record : CyclingRecord or None
        Voltage and current over time; None where the file holds impedance alone.
    spectra : tuple of Spectrum
        Every spectrum in the file, in order; also in `record.spectra`, with cycle and half step.
    notes : tuple of str
        What was recognised, and from what; what was assumed, mended, averaged or left out.
    format : str
        The format, in words.
    metadata : mapping
        What the file's header says, in the instrument's own words where natron does not use it.
    """

    record: CyclingRecord | None
    spectra: tuple[Spectrum, ...]
    notes: tuple[str, ...]
    format: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What the user says of the measurement; it wins over what the file says.

    Parameters
    ----------
    area_m2, mass_kg, temperature_K : float, optional
        Electrode area, active mass, temperature.
    kind : {"full", "half", "symmetric"}, optional
        The cell's build.
    working_electrode : {"positive", "negative"}, optional
        Which electrode the instrument's positive lead was on.
    mapping : Mapping, optional
        A mapping file's content; see `natron.io.mapping`.
    """

    area_m2: float | None = None
    mass_kg: float | None = None
    temperature_K: float | None = None
    kind: Kind | None = None
    working_electrode: Electrode | None = None
    mapping: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Found:
    """What a file's header says of the cell; placeholders still among it."""

    area_m2: float | None = None
    mass_kg: float | None = None
    temperature_K: float | None = None
    thickness_m: float | None = None
    start: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def assemble(
    table: pl.DataFrame,
    source: Source,
    asked: Asked,
    *,
    reader: str,
    found: Found | None = None,
    notes: Sequence[str] = (),
) -> Reading:
    """The record and spectra in a table with Battery Data Format columns.

    Rows whose frequency is above zero are a spectrum's; a new one begins where such rows are interrupted,
    where the file counts a new one, or where the sweep turns back. Rows without a number are left out and
    counted; repeats of one frequency are averaged; test time that falls back is mended. All of it is said in
    the notes.

    Raises
    ------
    DataError
        Where nothing usable is left.
    """
    found = found or Found()
    said = list(notes)
    table, has_time = _usable(table, said)
    spectral = _spectral(table)
    if not has_time and not spectral.any():
        raise _nothing(source, table)
    area, mass = _cell(table, asked, found, said)
    provenance = Provenance(
        file=source.name, sha256=source.digest, reader=reader, reader_version=natron_version(), notes=tuple(said)
    )
    temperature = asked.temperature_K or found.temperature_K
    placed = _spectra(table, spectral, area, temperature, found.thickness_m, provenance, said)
    record = None
    if has_time and not spectral.all():
        if table[TIME][-1] > _LONGEST_TEST_S:
            said.append(
                f"the test time goes on for {table[TIME][-1] / _YEAR_S:.3g} years: check its unit, as every charge is "
                "too large by the same factor where that is wrong (a mapping file can say it)"
            )
        if found.start is not None and UNIX not in table.columns:
            table = table.with_columns((pl.col(TIME) + found.start).alias(UNIX))
            said.append(f"{UNIX} is the start in the header, counted as if in UTC, and the test time")
        record = _at(
            source,
            lambda: cycling_record(
                table,
                provenance,
                area_m2=area,
                mass_kg=mass,
                kind=asked.kind,
                working_electrode=asked.working_electrode,
                spectra=placed,
                notes=said,
            ),
        )
        placed = list(record.spectra)
    if record is None and not placed:
        raise _nothing(source, table)
    provenance = replace(provenance, notes=tuple(said))
    placed = [replace(item, spectrum=_told(item, provenance)) for item in placed]
    if record is not None:
        record = replace(record, spectra=tuple(placed), provenance=provenance, notes=tuple(said))
    return Reading(record, tuple(item.spectrum for item in placed), tuple(said), reader, found.metadata)


def _at(source: Source, make: Any) -> Any:
    """What `make` gives, with the file's name added to what it complains about."""
    try:
        return make()
    except DataError as error:
        raise error.at(file=source.name) from error


def _nothing(source: Source, table: pl.DataFrame) -> DataError:
    return DataError(
        "the file holds neither a spectrum of two points nor a voltage and a current over time",
        file=source.name,
        given=f"{len(table)} usable rows of {', '.join(table.columns) or 'no known column'}",
        allowed=f"{FREQUENCY} with {REAL} and {IMAGINARY}, or {TIME} with {VOLTAGE} and {CURRENT}",
        hint="Check that the measurement was not stopped before its first points.",
    )


def _usable(table: pl.DataFrame, said: list[str]) -> tuple[pl.DataFrame, bool]:
    """The table without broken rows, its time mended; and whether it can be a record."""
    table = _with_impedance(table)
    floats = [name for name, kind in table.schema.items() if kind.is_float()]
    table = table.with_columns([pl.when(pl.col(name).abs() <= LARGEST).then(name) for name in floats])
    has_time = {TIME, VOLTAGE, CURRENT} <= set(table.columns)
    keep = pl.Series(values=np.ones(len(table), dtype=bool))
    spectral = pl.Series(values=_spectral(table))
    if has_time:
        if spectral.any():
            # EIS steps that record no DC values still have their place in time
            filled = pl.col(VOLTAGE).fill_null(strategy="forward").fill_null(strategy="backward")
            table = table.with_columns(
                pl.when(spectral).then(pl.col(CURRENT).fill_null(0.0)).otherwise(pl.col(CURRENT)).alias(CURRENT),
                pl.when(spectral).then(filled).otherwise(pl.col(VOLTAGE)).alias(VOLTAGE),
            )
        finite = pl.Series(values=np.ones(len(table), dtype=bool))
        for name in (TIME, VOLTAGE, CURRENT):
            finite &= table[name].is_finite().fill_null(value=False)
        keep &= finite
        _count(said, int((~finite).sum()), "rows without a time, voltage or current")
    if spectral.any():
        whole = pl.Series(values=np.ones(len(table), dtype=bool))
        for name in (FREQUENCY, REAL, IMAGINARY):
            whole &= table[name].is_finite().fill_null(value=False)
        broken = keep & spectral & ~whole
        if not has_time:
            _count(said, int(broken.sum()), "points of spectra that are not numbers")
            keep &= whole & (table[FREQUENCY] > 0).fill_null(value=False)
        elif broken.any():
            _count(said, int(broken.sum()), "points of spectra that are not numbers")
            keep &= ~broken
    if not keep.all():
        table = table.filter(keep)
    if has_time and len(table) and not spectral.all():
        time, mended = mend_time(table[TIME].to_numpy())
        said += mended
        table = table.with_columns(pl.Series(TIME, time))
    return table, has_time and not table.is_empty()


def _count(said: list[str], count: int, what: str) -> None:
    if count:
        said.append(f"{count} {what} were left out")


def _with_impedance(table: pl.DataFrame) -> pl.DataFrame:
    """Re Z and Im Z, from magnitude and phase where the file has only those; null outside spectra."""
    if FREQUENCY not in table.columns:
        return table
    if not {REAL, IMAGINARY} <= set(table.columns):
        if not {ABSOLUTE, PHASE} <= set(table.columns):
            return table.drop(FREQUENCY)
        radians = pl.col(PHASE).radians()
        table = table.with_columns(
            (pl.col(ABSOLUTE) * radians.cos()).alias(REAL),
            (pl.col(ABSOLUTE) * radians.sin()).alias(IMAGINARY),
        )
    inside = (pl.col(FREQUENCY) > 0).fill_null(value=False)
    columns = [name for name in (FREQUENCY, REAL, IMAGINARY, ABSOLUTE, PHASE) if name in table.columns]
    return table.with_columns([pl.when(inside).then(pl.col(name)).alias(name) for name in columns])


def _spectral(table: pl.DataFrame) -> NDArray[np.bool_]:
    if FREQUENCY not in table.columns:
        return np.zeros(len(table), dtype=bool)
    return (table[FREQUENCY] > 0).fill_null(value=False).to_numpy()


def _cell(table: pl.DataFrame, asked: Asked, found: Found, said: list[str]) -> tuple[float | None, float | None]:
    """Area and mass that can be used: the user's, else the file's where it is no placeholder."""
    largest = None
    if CURRENT in table.columns and len(table):
        quiet = table[CURRENT].to_numpy()[~_spectral(table)]
        largest = float(np.max(np.abs(quiet))) if len(quiet) else None
    area, area_note = (
        checked_area(asked.area_m2, told_by="user", largest_current_A=largest)
        if asked.area_m2 is not None
        else checked_area(found.area_m2, told_by="file", largest_current_A=largest)
    )
    mass, mass_note = (
        checked_mass(asked.mass_kg, told_by="user")
        if asked.mass_kg is not None
        else checked_mass(found.mass_kg, told_by="file")
    )
    said += [note for note in (area_note, mass_note) if note]
    return area, mass


def _spectra(
    table: pl.DataFrame,
    spectral: NDArray[np.bool_],
    area: float | None,
    temperature: float | None,
    thickness: float | None,
    provenance: Provenance,
    said: list[str],
) -> list[RecordedSpectrum]:
    """Every spectrum in the table with its rows."""
    rows = np.flatnonzero(spectral)
    if rows.size == 0:
        return []
    frequency = table[FREQUENCY].to_numpy()
    impedance = table[REAL].to_numpy() + 1j * table[IMAGINARY].to_numpy()
    breaks = np.flatnonzero(np.diff(rows) > 1) + 1
    pieces = np.split(rows, breaks)
    counted = [
        table[name].to_numpy()
        for name in (Z_CYCLE, INSTRUMENT_CYCLE, CYCLE)
        if name in table.columns and table[name].null_count() == 0
    ]
    pieces = [part for piece in pieces for part in _split(piece, frequency, counted, said)]
    spectra: list[RecordedSpectrum] = []
    short = repeats = 0
    for piece in pieces:
        unique, mean = averaged(frequency[piece], impedance[piece])
        if len(unique) < _MIN_POINTS:
            short += 1
            continue
        repeats += len(piece) - len(unique)
        first = int(piece[0])
        spectrum = Spectrum(
            unique,
            mean,
            area_m2=area,
            temperature_K=temperature or _temperature(table, piece),
            thickness_m=thickness,
            time_s=float(table[TIME][first]) if TIME in table.columns and table[TIME][first] is not None else None,
            provenance=provenance,
        )
        spectra.append(RecordedSpectrum(len(spectra), spectrum, first_row=first, last_row=int(piece[-1])))
    if short:
        said.append(f"{short} spectra of a single frequency were left out")
    if repeats:
        said.append(f"{repeats} points that repeat a frequency of their spectrum were averaged into it")
    return spectra


def averaged(
    frequency_Hz: NDArray[np.float64], impedance_ohm: NDArray[np.complex128]
) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Each frequency once, rising, with the mean of its impedances."""
    unique, inverse = np.unique(frequency_Hz, return_inverse=True)
    weight = np.bincount(inverse)
    real, imaginary = (np.bincount(inverse, part) / weight for part in (impedance_ohm.real, impedance_ohm.imag))
    return unique, real + 1j * imaginary


def _split(
    piece: NDArray[np.intp], frequency: NDArray[np.float64], counted: Sequence[NDArray[Any]], said: list[str]
) -> list[NDArray[np.intp]]:
    """A run of spectral rows parted into sweeps: where the frequency jumps back, and where the file counts a
    new spectrum while it does not go on (EC-Lab's `z cycle` also changes in the midst of a stopped sweep)."""
    steps = np.diff(np.log(frequency[piece]))
    if not (steps != 0).any():
        return [piece]
    direction = np.sign(np.median(steps[steps != 0]))
    back = steps * direction < -np.log(_TURN)
    for counts in counted:
        back |= (np.diff(counts[piece]) != 0) & (steps * direction <= 0)
    turns = np.flatnonzero(back) + 1
    if turns.size == 0:
        return [piece]
    parts = np.split(piece, turns)
    if min(map(len, parts[:-1])) >= _MIN_SWEEP:
        return parts
    said.append("the frequencies of a spectrum were not in order; they were sorted")
    return [piece]


def _temperature(table: pl.DataFrame, piece: NDArray[np.intp]) -> float | None:
    """The mean temperature in kelvin while a spectrum was taken, where the table has one."""
    for label in (T1, AMBIENT):
        if label in table.columns:
            mean = table[label].gather(piece).mean()
            if isinstance(mean, float) and -200 < mean < 1500:
                return mean + _KELVIN
    return None


def _told(item: RecordedSpectrum, provenance: Provenance) -> Spectrum:
    """The spectrum with its cycle and with everything the notes say by the end of the reading."""
    cycle = item.cycle if item.cycle is not None else item.spectrum.cycle
    return replace(item.spectrum, cycle=cycle, provenance=provenance)


def natron_version() -> str | None:
    """The version of natron that is installed."""
    try:
        return version("natron")
    except PackageNotFoundError:
        return None
