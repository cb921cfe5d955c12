"""A protocol run on a cell: the same record and spectra that an instrument would write, and what limited the cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from natron.core import InputError, Quantity
from natron.data import CyclingRecord, Provenance, RecordedSpectrum, cycling_record
from natron.simulate.engine import RELATIVE_TOLERANCE, Array, Stretch, engine
from natron.simulate.equations import PARTS
from natron.simulate.impedance import NO_LIMIT_V, impedance, rested, resting
from natron.simulate.parameters import ModelParameters
from natron.simulate.protocol import Protocol, Step

Status = Literal[
    "completed", "contact_lost", "ran_dry", "solver_failed", "step_without_end", "steps_without_charge",
]  # fmt: skip

ADVICE: Mapping[str, str] = {
    "completed": "",
    "contact_lost": "The metal lost its contact to the ceramic while it was stripped. Lower the current, raise the "
    "stack pressure, or strip less per half step.",
    "ran_dry": "The cathode has lost its liquid. Run fewer cycles, or set electrolyte_loss_per_cycle.",
    "solver_failed": "The equations could not be solved on. Look at the last rows; a smaller tolerance may help, or "
    "the parameters ask for something that no cell does.",
    "step_without_end": "A step reached neither its cut-off nor any end. Give it a time as well.",
    "steps_without_charge": "In some steps the voltage was past its cut-off at once, and no charge flowed. Lower the "
    "rate or widen the voltage window.",
}
"""What to do about each status."""

LONGEST_STEP_CAPACITIES = 3.0
"""A charge or discharge without a time ends, as one without end, once it passed so many capacities."""

NO_CHARGE = 1e-6
"""Share of the capacity below which a step passed no charge."""

SLOW = Quantity(0.1 / 3600, None, "c_rate")
"""C/10: the rate of formation where a cell file gives none."""

RETRY = 0.01
"""Factor on the tolerance when a step is tried once more."""

PERIODS_PER_POINT = 3.0
"""Periods that recording one point of a spectrum takes."""

_LOSSES = tuple(f"loss.{part}" for part in PARTS)
_STATES = ("charge", "charged share", "contact negative", "contact counter", "wetted", "pressure", "metal",
    "interphase negative", "interphase counter", "wet negative", "wet counter",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Course:
    """What a cell did besides voltage and current, row by row with the record.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    current_density_A_m2 : ndarray, shape (N,)
    loss_V : Mapping[str, ndarray]
        Voltage lost in each part of `natron.simulate.PARTS` that the cell has; with the equilibrium voltage they add up
        to the cell's. Positive while charging.
    equilibrium_V : ndarray, shape (N,)
    states : Mapping[str, ndarray]
        ``contact negative``, ``wetted``, ``pressure``, ``interphase negative`` (thickness, m) and others, as far as
        the cell has them.
    """

    time_s: Array
    current_density_A_m2: Array
    loss_V: Mapping[str, Array]
    equilibrium_V: Array
    states: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Run:
    """A protocol, and what a cell made of it.

    Attributes
    ----------
    parameters : ModelParameters
    protocol : Protocol
    record : CyclingRecord
        With the spectra of impedance steps linked to their rows.
    course : Course
    status : str
        ``completed``, or why not all of the protocol could be done.
    message : str
        In words, with what to do.
    steps_asked, steps_done : int
        Of the protocol unrolled.
    notes : tuple of str
        Steps that ended otherwise than asked.
    state : ndarray
        At the end, in the layout of the quasi-steady equations.
    """

    parameters: ModelParameters
    protocol: Protocol
    record: CyclingRecord
    course: Course
    status: Status
    message: str
    steps_asked: int
    steps_done: int
    notes: tuple[str, ...] = ()
    state: Array = field(repr=False, default_factory=lambda: np.zeros(0))

    @property
    def completed(self) -> bool:
        """Whether all that was asked for was done."""
        return self.status == "completed"


def run(
    of: ModelParameters,
    protocol: Protocol,
    *,
    state: NDArray[np.float64] | None = None,
    tolerance: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> Run:
    """A protocol run on a cell.

    Parameters
    ----------
    of : ModelParameters
    protocol : Protocol
    state : ndarray, optional
        To start from, such as another run's; the cell as assembled where left out.
    tolerance : float, optional
        Relative, of the time steps.
    progress : callable, optional
        Called with each step before it is run.

    Raises
    ------
    InputError
        Where the protocol asks for what this cell does not have: a C-rate without a capacity, a step without an end.
    """
    return _Runner(of, protocol, tolerance).run(state, progress)


class _Runner:
    """One run; lives for that only."""

    def __init__(self, of: ModelParameters, protocol: Protocol, tolerance: float | None) -> None:
        self.of, self.protocol = of, protocol
        self.numbers = of.numbers()
        self.tolerance = RELATIVE_TOLERANCE if tolerance is None else tolerance
        self.engine = engine(of.structure, tolerance=self.tolerance)
        self.seen = tuple(name for name in (*_LOSSES, *_STATES, "voltage", "equilibrium") if name in self._observed())
        self.time = 0.0
        self.rows: list[dict[str, Any]] = []
        self.spectra: list[tuple[int, Any, int]] = []
        self.notes: list[str] = []
        self.row_count = 0
        self.empty_steps = 0

    def _observed(self) -> Mapping[str, Any]:
        return self.engine.equations.observed

    def run(self, state: NDArray[np.float64] | None, progress: Callable[[str], None] | None) -> Run:
        steps = self.protocol.unrolled()
        for _, step in steps:
            self._check(step)
        y = self.of.start(self.engine.equations.places) if state is None else np.array(state, float)
        status: Status = "completed"
        message, done = "", 0
        for count, (index, step) in enumerate(steps, 1):
            if progress is not None:
                progress(f"step {count} of {len(steps)}: {step}")
            y, ending, words = self._do(index, count, step, y)
            if ending is not None:
                status, message = ending, f"step {count} of {len(steps)} ({step}): {words}"
                break
            done = count
        if status == "completed" and self.empty_steps:
            status = "steps_without_charge"
            message = f"{self.empty_steps} of {len(steps)} steps passed no charge"
        if status != "completed":
            message = f"{message}. {ADVICE[status]}"
        if not self.rows:
            self._append(0, 0, *self._still(y), {})
        return Run(
            self.of, self.protocol, self._record(), self._course(), status, message, len(steps), done,
            tuple(self.notes), y,
        )  # fmt: skip

    # --- steps -------------------------------------------------------------------------------------------

    def _check(self, step: Step) -> None:
        """Refuse what cannot be run before anything is."""
        if step.rate is not None:
            self.density(step.rate)
        if step.kind == "current" and not step.passes_told_charge and not self.of.structure.cathode:
            raise InputError(
                "between two metals a half step needs a time or a charge to end at",
                given=str(step),
                hint='Give it one: until = "5 min".',
            )

    def density(self, rate: Quantity | str) -> float:
        """Current density of a rate, A/m², its amount."""
        if isinstance(rate, str):
            measured, operation = self.of.cell.measured, self.of.cell.operation
            known = {
                "formation": measured.formation_current or measured.formation_rate or operation.rate or SLOW,
                "cycling": measured.cycling_current or measured.cycling_rate or operation.rate,
            }[rate]
            if known is None:
                raise InputError(
                    f"the cell file gives no {rate} current",
                    key=f"measured.{rate}_current",
                    hint="Write the current out.",
                )
            rate = known
        if rate.kind == "current_density":
            return rate.value
        nominal = self.of.values.get("positive.areal_capacity")
        if nominal is None:
            raise InputError("a C-rate needs a cell with a capacity", given=str(rate), hint="Give a current density.")
        return rate.value * nominal.value

    def _do(self, index: int, count: int, step: Step, y: Array) -> tuple[Array, Status | None, str]:
        """Run one step: the state after it, and a status where the run ends here."""
        if step.kind == "impedance":
            return self._impedance(index, count, step, y)
        solve = self._held if step.kind == "hold" else self._flowing
        stretch, inputs, held = solve(step, y, self.tolerance)
        if stretch.ending == "failed":
            stretch, inputs, held = solve(step, y, RETRY * self.tolerance)
        if stretch.ending == "failed":
            return y, "solver_failed", stretch.message
        if stretch.ending != "time" and stretch.time_s[-1] == 0:
            # an instrument would not have switched the current on: no row
            self.empty_steps += step.kind == "current"
            self._note(f"step {count} ({step}) passed no charge: {stretch.ending.replace('_', ' ')} at once")
            stop: Status | None = stretch.ending if stretch.ending in ("contact_lost", "ran_dry") else None
            return y, stop, "at once"
        self._append(index, count, stretch, inputs, {}, held=held)
        self.time += float(stretch.time_s[-1])
        y = self._plain(stretch.states[:, -1]) if held else stretch.states[:, -1]
        if stretch.ending in ("contact_lost", "ran_dry"):
            return y, stretch.ending, f"after {stretch.time_s[-1]:.4g} s"
        if stretch.ending == "metal_exhausted":
            self._note(f"step {count} ({step}) ended because no metal was left")
        if step.kind == "current":
            passed = abs(self.rows[-1]["charge"][-1] - self.rows[-1]["charge"][0])
            if passed < NO_CHARGE:
                self.empty_steps += 1
                self._note(f"step {count} ({step}) passed next to no charge")
            if stretch.ending == "time" and not step.passes_told_charge:
                return y, "step_without_end", f"it passed {LONGEST_STEP_CAPACITIES:g} capacities"
        if step.kind == "hold" and stretch.ending == "time" and step.duration_s is None:
            return y, "step_without_end", "its current did not fall as far as asked"
        return y, None, ""

    def _note(self, text: str) -> None:
        if len(self.notes) < 20:
            self.notes.append(text)

    def _limits(self, step: Step) -> tuple[float, float]:
        """Voltages at which a current step ends."""
        operation = self.of.cell.operation
        if step.sign > 0:
            end = step.voltage_V if step.voltage_V is not None else _value(operation.upper_voltage)
            return -NO_LIMIT_V, NO_LIMIT_V if end is None else end
        end = step.voltage_V if step.voltage_V is not None else _value(operation.lower_voltage)
        return (-NO_LIMIT_V if end is None else end), NO_LIMIT_V

    def inputs(
        self, current_A_m2: float, lower_V: float = -NO_LIMIT_V, upper_V: float = NO_LIMIT_V
    ) -> dict[str, float]:
        """All inputs of the equations at a current density."""
        return resting(self.numbers) | {
            "current": current_A_m2,
            "lower_voltage": lower_V,
            "upper_voltage": upper_V,
            "stripping_negative": float(current_A_m2 < 0),
            "stripping_counter": float(current_A_m2 > 0),
        }

    def _flowing(self, step: Step, y: Array, tolerance: float) -> tuple[Stretch, dict[str, float], bool]:
        at = engine(self.of.structure, tolerance=tolerance)
        if step.kind == "rest":
            inputs = self.inputs(0.0)
            assert step.duration_s is not None
            return at.solve(y, inputs, step.duration_s), inputs, False
        assert step.rate is not None
        current = step.sign * self.density(step.rate)
        inputs = self.inputs(current, *self._limits(step))
        times = [] if step.duration_s is None else [step.duration_s]
        times += [] if step.capacity_C_m2 is None else [step.capacity_C_m2 / abs(current)]
        if step.capacity_share is not None:
            times.append(step.capacity_share * self.numbers["capacity"] / abs(current))
        if not times:
            times = [LONGEST_STEP_CAPACITIES * self.numbers["capacity"] / abs(current)]
        return at.solve(y, inputs, min(times)), inputs, False

    def _held(self, step: Step, y: Array, tolerance: float) -> tuple[Stretch, dict[str, float], bool]:
        held = engine(self.of.structure, held=True, tolerance=tolerance)
        state = np.zeros(held.equations.size)
        for name, place in self.engine.equations.places.items():
            state[held.equations.places[name]] = y[place]
        state[held.equations.places["current"]] = self.rows[-1]["density"][-1] if self.rows else 0.0
        least = self.density(step.rate) if step.rate is not None else -1.0
        assert step.voltage_V is not None
        inputs = self.inputs(0.0) | {"held_voltage": step.voltage_V, "least_current": least}
        longest = 100 * LONGEST_STEP_CAPACITIES * self.numbers["capacity"] / max(least, 1e-3)
        return held.solve(state, inputs, step.duration_s or longest), inputs, True

    def _plain(self, y: Array) -> Array:
        """A state of the equations at held voltage without the current."""
        return y[: self.engine.equations.size]

    def _impedance(self, index: int, count: int, step: Step, y: Array) -> tuple[Array, Status | None, str]:
        assert step.sweep is not None
        frequencies = step.sweep.frequencies_Hz
        quiet = rested(self.of, y)
        if quiet is None:
            return y, "solver_failed", "the state does not come to rest"
        z = impedance(self.of, quiet, frequencies)
        times = np.cumsum(PERIODS_PER_POINT / frequencies)
        current = step.sweep.net_charge_C_m2 / float(times[-1])
        stretch = self.engine.solve(y, self.inputs(current), float(times[-1]), times[:-1])
        if stretch.ending == "failed":
            return y, "solver_failed", stretch.message
        states = stretch.states[:, -len(frequencies) :]
        first = self.row_count
        self._append(
            index, count, Stretch(times, states, "time"), self.inputs(current),
            {"frequency": frequencies, "z": z / self.of.area_m2},
        )  # fmt: skip
        self.spectra.append((first, z / self.of.area_m2, len(frequencies)))
        self.time += float(times[-1])
        return stretch.states[:, -1], None, ""

    def _still(self, y: Array) -> tuple[Stretch, dict[str, float]]:
        return Stretch(np.zeros(1), y[:, None], "time"), self.inputs(0.0)

    # --- what is kept ------------------------------------------------------------------------------------

    def _append(
        self, index: int, count: int, stretch: Stretch, inputs: Mapping[str, float], swept: Mapping[str, Any],
        *, held: bool = False,
    ) -> None:  # fmt: skip
        at = engine(self.of.structure, held=True, tolerance=self.tolerance) if held else self.engine
        seen = at.observe(self.seen, stretch.states, inputs)
        size = len(stretch.time_s)
        density = stretch.states[at.equations.places["current"]][0] if held else np.full(size, inputs["current"])
        self.rows.append(
            {
                "time": self.time + stretch.time_s,
                "density": density,
                "step": np.full(size, index),
                "count": np.full(size, count),
                "charge": np.broadcast_to(seen["charge"], size),
                "seen": {name: np.broadcast_to(value, size) for name, value in seen.items()},
                "frequency": swept.get("frequency", np.full(size, np.nan)),
                "z": swept.get("z", np.full(size, np.nan + 0j)),
            }
        )
        self.row_count += size

    def _joined(self, name: str) -> Array:
        return np.concatenate([part[name] for part in self.rows])

    def _seen(self, name: str) -> Array:
        return np.concatenate([part["seen"][name] for part in self.rows])

    def _record(self) -> CyclingRecord:
        area = self.of.area_m2
        charge_Ah = self._joined("charge") * self.numbers["capacity"] * area / 3600
        z, frequency = self._joined("z"), self._joined("frequency")
        size = len(z)
        columns: dict[str, Any] = {
            "Test Time / s": self._joined("time"),
            "Voltage / V": self._seen("voltage"),
            "Current / A": self._joined("density") * area,
            "Step Index / 1": self._joined("step").astype(np.int64),
            "Step Count / 1": self._joined("count").astype(np.int64),
            "Charge Increment / Ah": np.diff(charge_Ah, prepend=charge_Ah[:1]),
            "Ambient Temperature / degC": np.full(size, self.numbers["temperature"] - 273.15),
            "Applied Pressure / Pa": self._seen("pressure"),
        }
        if self.spectra:
            columns |= {
                "Frequency / Hz": pl.Series(frequency).fill_nan(None),
                "Real Impedance / ohm": pl.Series(z.real).fill_nan(None),
                "Imaginary Impedance / ohm": pl.Series(z.imag).fill_nan(None),
            }
        cell = self.of.cell
        provenance = Provenance(reader="natron simulate", notes=(f"simulated: {cell.name}, {self.protocol.name}",))
        share = self._seen("charged share") if "charged share" in self.seen else None
        spectra = [
            RecordedSpectrum(i, self._spectrum(frequency[a : a + n], z, columns, a, provenance, share), first_row=a,
                             last_row=a + n - 1)
            for i, (a, z, n) in enumerate(self.spectra)
        ]  # fmt: skip
        return cycling_record(
            pl.DataFrame(columns),
            provenance,
            area_m2=area,
            kind=cell.kind,
            working_electrode="positive",
            spectra=spectra,
            notes=self.notes,
        )

    def _spectrum(
        self,
        frequency: Array,
        z: Any,
        columns: Mapping[str, Any],
        row: int,
        provenance: Provenance,
        share: Array | None,
    ) -> Any:
        from natron.data import Spectrum

        return Spectrum(
            frequency, z, area_m2=self.of.area_m2, temperature_K=self.numbers["temperature"],
            thickness_m=self.of.values["separator.thickness"].value, time_s=float(columns["Test Time / s"][row]),
            pressure_Pa=float(columns["Applied Pressure / Pa"][row]),
            state_of_charge=None if share is None else float(share[row]), provenance=provenance,
        )  # fmt: skip

    def _course(self) -> Course:
        losses = {part: self._seen(f"loss.{part}") for part in PARTS if f"loss.{part}" in self.seen}
        states = {name: self._seen(name) for name in _STATES if name in self.seen}
        voltage = self._seen("voltage")
        equilibrium = self._seen("equilibrium") if "equilibrium" in self.seen else np.zeros_like(voltage)
        return Course(self._joined("time"), self._joined("density"), losses, equilibrium, states)


def _value(q: Quantity | None) -> float | None:
    return None if q is None else q.value
