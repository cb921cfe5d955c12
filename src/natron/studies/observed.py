"""What the sodium-cell paper measured on its cells, read off simulated runs in the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from natron.cell import built_in
from natron.core import Origin, Quantity, parse_quantity
from natron.cycling import Cycle, CyclingAnalysis, analyse
from natron.data import Spectrum
from natron.simulate import ModelParameters, Run, built_in_protocol, model_parameters, parse_protocol, run
from natron.studies.sections import Beside

CELLS = ("lowack2025-cell1", "lowack2025-cell2")
COIN = "nvp-coin"


def without_voids(cell: str, changes: Mapping[str, object] | None = None) -> ModelParameters:
    """A built-in cell whose metal keeps its contact: voids are looked at by themselves."""
    return model_parameters(built_in(cell), changes=changes, off=("voids",))


def formed(of: ModelParameters) -> Run:
    """A cell after the paper's formation."""
    return run(of, built_in_protocol("lowack2025-formation"))


def cycled(after: Run, cycles: int | None = None) -> Run:
    """A formed cell after the paper's cycling, or after the first few of its cycles without impedance."""
    plan = built_in_protocol("lowack2025-cycling")
    if cycles is not None:
        step = f'[[step]]\nrepeat = {cycles}\nsteps = [{{ charge = "cycling" }}, {{ discharge = "cycling" }}]\n'
        plan = parse_protocol(step, name=plan.name)
    return run(after.parameters, plan, state=after.state)


def areal(charge_Ah: float, of: Run) -> Quantity:
    """A charge per area of the cell."""
    return Quantity(charge_Ah * 3600 / of.parameters.area_m2, None, "areal_capacity")


def at_lowest_ohm_m2(of: Spectrum) -> float:
    """Re Z at the lowest frequency, times area."""
    assert of.area_m2 is not None
    return float(of.impedance_ohm[-1].real * of.area_m2)


def peak_Hz(of: Spectrum) -> float:
    """Frequency of the highest local maximum of −Im Z, by a parabola through it and its neighbours in log f.

    Not a number where there is none inside.
    """
    y, x = -of.impedance_ohm.imag, np.log(of.frequency_Hz)
    inside = [i for i in range(1, len(y) - 1) if y[i] > y[i - 1] and y[i] >= y[i + 1]]
    if not inside:
        return math.nan
    i = max(inside, key=lambda j: float(y[j]))
    a, b, _ = np.polyfit(x[i - 1 : i + 2] - x[i], y[i - 1 : i + 2], 2)
    return float(np.exp(x[i] - b / (2 * a)))


def full_cycles(analysis: CyclingAnalysis) -> list[Cycle]:
    """Cycles with a charge and a discharge."""
    return [c for c in analysis.cycles if c.discharge_capacity_Ah and c.charge_capacity_Ah]


def of_charge(result: Run) -> dict[str, float]:
    """What is printed of the first cycle's charges, C/m²."""
    one = analyse(result.record).cycles[0]
    assert one.charge_capacity_Ah is not None
    assert one.discharge_capacity_Ah is not None
    charge, discharge = (areal(q, result).value for q in (one.charge_capacity_Ah, one.discharge_capacity_Ah))
    return {"first_charge": charge, "first_discharge": discharge, "not_recovered": charge - discharge}


def of_spectrum(spectrum: Spectrum, when: str) -> dict[str, float]:
    """What is printed of a spectrum ``before`` or ``after`` formation: resistance, Ω m², and largest arc, Hz."""
    return {f"resistance_{when}": at_lowest_ohm_m2(spectrum), f"arc_{when}": peak_Hz(spectrum)}


def of_formation(result: Run) -> dict[str, float]:
    """What is printed of a formation, SI: charges of the first cycle, resistances, where the arcs lie."""
    before, after = (recorded.spectrum for recorded in result.record.spectra)
    return of_charge(result) | of_spectrum(before, "before") | of_spectrum(after, "after") | of_parts(result.parameters)


def of_parts(of: ModelParameters) -> dict[str, float]:
    """What needs no run: where the arc of ceramic | liquid lies, Hz."""
    n = of.numbers()
    return {"liquid_arc": 1 / (2 * math.pi * n["ceramic_liquid_resistance"] * n["ceramic_liquid_capacitance"])}


def of_cycling(result: Run) -> dict[str, float]:
    """What is printed of the cycling: the first and last discharge, and what was lost between them."""
    cycles = full_cycles(analyse(result.record))
    capacities = [areal(c.discharge_capacity_Ah, result).value for c in cycles if c.discharge_capacity_Ah is not None]
    return {"first": capacities[0], "last": capacities[-1], "fade": capacities[0] - capacities[-1]}


def of_coin(changes: Mapping[str, object] | None = None) -> dict[str, float]:
    """The coin cell's specific capacity at C/10, C/kg of active material."""
    of = without_voids(COIN, changes)
    plan = parse_protocol('[[step]]\ncharge = "C/10"\n[[step]]\ndischarge = "C/10"', name="C/10")
    discharge = analyse(run(of, plan).record).cycles[0].discharge_capacity_Ah
    assert discharge is not None
    positive = of.cell.positive
    theoretical = positive.specific_capacity  # type: ignore[union-attr]
    assert theoretical is not None
    share = discharge * 3600 / of.area_m2 / of.values["positive.areal_capacity"].value
    return {"specific_capacity": share * theoretical.value}


PEAKS: Mapping[str, tuple[str, str, str]] = {
    "lowack2025-cell1": ("1500 Hz", "230 Hz", "10 Hz"),
    "lowack2025-cell2": ("500 Hz", "1000 Hz", "30 Hz"),
}
"""Where the paper sees the largest arc before and after formation, and the liquid's."""


def published(cell: str) -> dict[str, Quantity]:
    """What the paper prints of a cell, by the names of `of_formation`, `of_cycling` and `of_coin`."""
    if cell == COIN:
        return {"specific_capacity": parse_quantity("99 mAh/g", "specific_capacity", origin="literature")}
    measured = built_in(cell).measured
    found: dict[str, Quantity | None] = {
        "first_charge": measured.first_charge_capacity,
        "first_discharge": measured.discharge_capacity,
        "resistance_before": measured.resistance_before_formation,
        "resistance_after": measured.resistance_after_formation,
        "first": measured.first_cycling_capacity,
        "last": measured.last_cycling_capacity,
    }
    known = {name: q for name, q in found.items() if q is not None}
    for name, more, less in (("not_recovered", "first_charge", "first_discharge"), ("fade", "first", "last")):
        if more in known and less in known:
            value = known[more].value - known[less].value
            known[name] = Quantity(value, None, "areal_capacity", origin="literature")
    arcs = dict(zip(("arc_before", "arc_after", "liquid_arc"), PEAKS[cell], strict=True))
    return known | {name: parse_quantity(text, "frequency", origin="literature") for name, text in arcs.items()}


CAPACITY_WITHIN, RESISTANCE_WITHIN, FADE_WITHIN, FREQUENCY_WITHIN, LOSS_WITHIN = 0.02, 0.15, 0.2, 0.5, 0.1
"""Deviations up to which a computed number agrees with the printed one, as shares of it; a loss is the difference of
two numbers with two decimals."""

WITHIN: Mapping[str, float] = {
    "first_charge": CAPACITY_WITHIN,
    "first_discharge": CAPACITY_WITHIN,
    "not_recovered": LOSS_WITHIN,
    "resistance_before": RESISTANCE_WITHIN,
    "resistance_after": RESISTANCE_WITHIN,
    "arc_before": FREQUENCY_WITHIN,
    "arc_after": FREQUENCY_WITHIN,
    "liquid_arc": FREQUENCY_WITHIN,
    "first": CAPACITY_WITHIN,
    "last": CAPACITY_WITHIN,
    "fade": FADE_WITHIN,
    "specific_capacity": CAPACITY_WITHIN,
}
"""The same by number."""

WORDS: Mapping[str, str] = {
    "first_charge": "first charge",
    "first_discharge": "first discharge",
    "not_recovered": "not recovered in the first cycle",
    "resistance_before": "resistance at 0.1 Hz, before",
    "resistance_after": "resistance at 0.1 Hz, after",
    "arc_before": "largest arc's frequency, before",
    "arc_after": "largest arc's frequency, after",
    "liquid_arc": "frequency of the arc of ceramic | liquid",
    "first": "discharge, cycle 1",
    "last": "discharge, cycle 70",
    "fade": "fade over 70 cycles",
    "specific_capacity": "capacity at C/10",
}
"""The numbers for people."""

SHORT: Mapping[str, str] = {"lowack2025-cell1": "cell 1", "lowack2025-cell2": "cell 2", COIN: "coin cell"}


def beside(cell: str, number: str, value: float, origin: Origin, *, name: str | None = None, note: str = "") -> Beside:
    """A printed number of a cell beside natron's."""
    printed = published(cell)[number]
    computed = Quantity(value, None, printed.kind, origin=origin)
    return Beside(name or WORDS[number], printed, computed, WITHIN[number], note=note)


def banded(of: ModelParameters, cell: str, number: str, value: float, origin: Origin, **words: str) -> Beside:
    """As `beside`, with the band that the contact's assumed capacitance gives an arc's frequency."""
    row = beside(cell, number, value, origin, **words)
    if not number.startswith("arc_"):
        return row
    capacitance = of.values["contact_capacitance"]
    band = row.computed.value * (capacitance.uncertainty or 0.0) / capacitance.value
    return replace(row, computed=replace(row.computed, uncertainty=band, uncertainty_kind="range"))
