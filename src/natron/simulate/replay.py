"""A measurement done again by the model: the same current over time, the same spectra, for many parameters at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.data import CyclingRecord, Spectrum
from natron.simulate.backend import pybamm
from natron.simulate.engine import Array, Engine, Stretch, engine
from natron.simulate.impedance import NO_LIMIT_V, impedance, rested, resting
from natron.simulate.parameters import ModelParameters

TOLERANCE = 1e-6
"""Relative, of the time steps: differences between two parameters must be those of the model."""

SAME_CURRENT = 0.02
"""Relative change of current that begins a new stretch."""

NO_CURRENT = 1e-4
"""Share of a record's largest current that counts as none."""

POINTS_PER_STRETCH = 40
"""Voltages compared in each stretch of one current, evenly spread over its rows."""

MOST_STRETCHES = 2000

AMBIENT, PRESSURE, INCREMENT, STEP_RUN = (
    "Ambient Temperature / degC", "Applied Pressure / Pa", "Charge Increment / Ah", "Step Count / 1",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Flow:
    """A stretch of one current: when it is looked at, and the voltage measured then."""

    duration_s: float
    current_A_m2: float
    time_s: Array
    voltage_V: Array


@dataclass(frozen=True, eq=False)
class Look:
    """A spectrum, Ω m²; its recording passes `current_A_m2` for `duration_s`."""

    frequency_Hz: Array
    impedance_ohm_m2: NDArray[np.complex128]
    noise_ohm_m2: NDArray[np.complex128] | None
    duration_s: float = 0.0
    current_A_m2: float = 0.0


@dataclass(frozen=True, eq=False)
class Experiment:
    """One measurement on the cell as assembled: a record with its spectra, or one spectrum.

    Attributes
    ----------
    name : str
        Of the file.
    parts : tuple of Flow and Look
        In the order of time.
    temperature_K, pressure_Pa, charged_share : float or None
        Where the measurement says them.
    time_s : ndarray
        Test time of every voltage that is compared.
    notes : tuple of str
        What was assumed or left out.
    """

    name: str
    parts: tuple[Flow | Look, ...]
    temperature_K: float | None = None
    pressure_Pa: float | None = None
    charged_share: float | None = None
    time_s: Array = field(default_factory=lambda: np.zeros(0))
    notes: tuple[str, ...] = ()

    @property
    def voltage_V(self) -> Array:
        """Every voltage that is compared."""
        return np.concatenate([part.voltage_V for part in self.parts if isinstance(part, Flow)] or [np.zeros(0)])

    @property
    def looks(self) -> tuple[Look, ...]:
        """Every spectrum."""
        return tuple(part for part in self.parts if isinstance(part, Look))


@dataclass(frozen=True, eq=False)
class Answer:
    """What the model gives for an experiment; not a number from where it could not go on."""

    voltage_V: Array
    impedance_ohm_m2: tuple[NDArray[np.complex128], ...]


def experiment_of_spectrum(spectrum: Spectrum, *, name: str, area_m2: float) -> Experiment:
    """A spectrum of the cell as assembled, or at the state of charge that it says.

    Parameters
    ----------
    spectrum : Spectrum
    name : str
    area_m2 : float
        Where the spectrum has none.
    """
    look = _look(spectrum, spectrum.area_m2 or area_m2)
    share = spectrum.state_of_charge
    inside = share if share is not None and 0 < share < 1 else None
    return Experiment(name, (look,), spectrum.temperature_K, spectrum.pressure_Pa, inside)


def experiment_of_record(record: CyclingRecord, *, name: str, area_m2: float) -> Experiment:
    """A record as stretches of one current each, with the spectra taken in between.

    Parameters
    ----------
    record : CyclingRecord
        Of the cell from its assembly on.
    name : str
    area_m2 : float
        Where the record has none.

    Raises
    ------
    InputError
        Where its current changes more often than can be followed.
    """
    area = record.area_m2 or area_m2
    table, time = record.table, record.time_s
    charge = table[INCREMENT].fill_null(0.0).fill_nan(0.0).to_numpy() * 3600 / area
    runs = table[STEP_RUN].to_numpy() if STEP_RUN in table.columns else np.zeros(len(record), np.int64)
    spectra = {s.first_row: s.spectrum for s in record.spectra if s.first_row is not None}
    bounds = _bounds(record.current_A, runs, record.in_spectrum, set(spectra))
    if len(bounds) > MOST_STRETCHES:
        raise InputError(
            "the current changes too often to be followed", file=name, given=f"{len(bounds)} stretches of one current",
            allowed=f"up to {MOST_STRETCHES}", hint="Give a part of the record, or one taken at constant currents.",
        )  # fmt: skip
    parts: list[Flow | Look] = []
    times: list[Array] = []
    notes: list[str] = []
    if any(s.first_row is None for s in record.spectra):
        notes.append("spectra that the file does not place in time are left out")
    for first, last in bounds:
        begun = time[max(first - 1, 0)]
        duration = float(time[last - 1] - begun)
        current = float(charge[first:last].sum()) / duration if duration > 0 else 0.0
        if record.in_spectrum[first]:
            held = next((spectra[row] for row in range(first, last) if row in spectra), None)
            if held is not None:
                parts.append(replace(_look(held, held.area_m2 or area), duration_s=duration, current_A_m2=current))
                continue
        if duration <= 0:
            continue
        if abs(current) * area < NO_CURRENT * np.abs(record.current_A).max():
            current = 0.0
        rows = np.unique(np.linspace(first, last - 1, min(last - first, POINTS_PER_STRETCH)).round().astype(int))
        # a quasi-steady voltage jumps with the current: the row at the jump itself may stand on either side of it
        rows = rows[(time[rows] > begun) & ~record.in_spectrum[rows]]
        rows = rows[np.concatenate([[True], np.diff(time[rows]) > 0])[: len(rows)]]
        parts.append(Flow(duration, current, time[rows] - begun, record.voltage_V[rows]))
        times.append(time[rows])
    return Experiment(
        name, tuple(parts), _mean(record, AMBIENT, 273.15), _first(record, PRESSURE), None,
        np.concatenate(times) if times else np.zeros(0), tuple(notes),
    )  # fmt: skip


def _look(spectrum: Spectrum, area_m2: float) -> Look:
    noise = spectrum.noise_ohm
    return Look(spectrum.frequency_Hz, spectrum.impedance_ohm * area_m2, None if noise is None else noise * area_m2)


def _bounds(current: Array, runs: NDArray[Any], swept: NDArray[np.bool_], sweeps: set[int]) -> list[tuple[int, int]]:
    """First row and the one past the last of each stretch of one current, and of each spectrum."""
    still = NO_CURRENT * max(float(np.abs(current).max()), 1e-30)
    bounds, first = [], 0
    for row in range(1, len(current) + 1):
        if (
            row == len(current)
            or runs[row] != runs[row - 1]
            or swept[row] != swept[row - 1]
            or row in sweeps
            or (not swept[row] and abs(current[row] - current[first]) > SAME_CURRENT * abs(current[first]) + still)
        ):
            bounds.append((first, row))
            first = row
    return bounds


def _mean(record: CyclingRecord, column: str, offset: float) -> float | None:
    if column not in record.table.columns:
        return None
    value = record.table[column].mean()
    return float(value) + offset if isinstance(value, float) and np.isfinite(value) else None


def _first(record: CyclingRecord, column: str) -> float | None:
    if column not in record.table.columns:
        return None
    value = record.table[column][0]
    return float(value) if value is not None and np.isfinite(value) and value > 0 else None


# --- the model's answer ----------------------------------------------------------------------------------


def with_values(of: ModelParameters, values: Mapping[str, float]) -> ModelParameters:
    """The model with other numbers."""
    return replace(of, values={**of.values, **{name: replace(of.values[name], value=v) for name, v in values.items()}})


def replay(
    of: ModelParameters, experiment: Experiment, draws: Sequence[Mapping[str, float]], *, threads: int = 2
) -> list[Answer]:
    """What the model gives for an experiment, for each of several sets of parameters.

    Parameters
    ----------
    of : ModelParameters
    experiment : Experiment
    draws : sequence of Mapping[str, float]
        SI, by the names of `ModelParameters.values`; what is not named stays.
    threads : int
    """
    told = {"temperature": experiment.temperature_K, "pressure": experiment.pressure_Pa}
    same = {name: value for name, value in told.items() if value is not None}
    models = [with_values(of, {**same, **_share(of, experiment, draw)}) for draw in draws]
    at = engine(of.structure, tolerance=TOLERANCE, threads=threads)
    states: list[Array | None] = [model.start(at.equations.places) for model in models]
    numbers = [model.numbers() for model in models]
    voltages: list[list[Array]] = [[] for _ in models]
    spectra: list[list[NDArray[np.complex128]]] = [[] for _ in models]
    for part in experiment.parts:
        if isinstance(part, Look):
            for k, model in enumerate(models):
                spectra[k].append(_seen(model, states[k], part, rest=part.duration_s > 0))
        if part.duration_s > 0:
            states = _flowed(at, states, numbers, part, voltages)
    empty = np.zeros(0)
    return [Answer(np.concatenate([empty, *each]), tuple(z)) for each, z in zip(voltages, spectra, strict=True)]


def _share(of: ModelParameters, experiment: Experiment, draw: Mapping[str, float]) -> dict[str, float]:
    if experiment.charged_share is None or not of.structure.cathode:
        return dict(draw)
    return {**draw, "start_charged_share": experiment.charged_share}


def _seen(model: ModelParameters, state: Array | None, part: Look, *, rest: bool) -> NDArray[np.complex128]:
    quiet = state if state is None or not rest else rested(model, state)
    if quiet is None:
        return np.full(len(part.frequency_Hz), np.nan + 0j)
    return impedance(model, quiet, part.frequency_Hz)


def _flowed(
    at: Engine,
    states: list[Array | None],
    numbers: Sequence[Mapping[str, float]],
    part: Flow | Look,
    voltages: list[list[Array]],
) -> list[Array | None]:
    """States after a stretch; its voltages go to `voltages`, not a number where the model ended before."""
    looked = part.time_s if isinstance(part, Flow) else np.zeros(0)
    current = {
        "current": part.current_A_m2,
        "lower_voltage": -NO_LIMIT_V,
        "upper_voltage": NO_LIMIT_V,
        "stripping_negative": float(part.current_A_m2 < 0),
        "stripping_counter": float(part.current_A_m2 > 0),
    }
    alive = [k for k, state in enumerate(states) if state is not None]
    inputs = {k: resting(numbers[k]) | current for k in alive}
    inner = looked[looked < part.duration_s * (1 - 1e-12)]
    solved = _solved(at, [states[k] for k in alive], [inputs[k] for k in alive], part.duration_s, inner)  # type: ignore[misc]
    after: list[Array | None] = [None] * len(states)
    for k in range(len(states)):
        seen = np.full(len(looked), np.nan)
        if k in inputs:
            stretch = solved[alive.index(k)]
            if len(stretch.time_s) > 1 and stretch.ending != "failed":
                found = np.broadcast_to(
                    at.observe(["voltage"], stretch.states, inputs[k])["voltage"], len(stretch.time_s)
                )
                seen = np.interp(looked, stretch.time_s, found, right=np.nan)
            reached = stretch.ending == "time"
            after[k] = stretch.states[:, -1] if reached else None
        if isinstance(part, Flow):
            voltages[k].append(seen)
    return after


def _solved(
    at: Engine, states: Sequence[Array], inputs: Sequence[Mapping[str, float]], duration_s: float, times_s: Array
) -> list[Stretch]:
    if not states:
        return []
    try:
        return at.solve_many(states, inputs, duration_s, times_s)
    except pybamm().SolverError:
        # one that cannot begin stops them all
        return [at.solve(y, one, duration_s, times_s) for y, one in zip(states, inputs, strict=True)]
