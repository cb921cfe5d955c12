"""Full cells of the article on LATP: what their cathodes can hold, how they fade, what 99 % efficiency means."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from natron.cell import Cell, MetalElectrode, PorousElectrode, built_in
from natron.core import InputError, Quantity, parse_quantity
from natron.core.uncertainty import propagate
from natron.data.cycling import HALF_STEP
from natron.interface.metals import metal, thickness_per_areal_capacity_m3_C
from natron.materials import material
from natron.simulate import Run, built_in_protocol, model_parameters, run
from natron.studies.latp_symmetric import claimed
from natron.studies.sections import Beside, Line, Section

CATHODES = {"lfp": "LiFePO₄", "fef3": "FeF₃"}

PUBLISHED: tuple[tuple[str, str, str], ...] = (
    ("lfp-initial", "LiFePO₄, first discharge at 0.025 mA/cm²", "lfp"),
    ("lfp-after-160-cycles", "LiFePO₄, after 160 cycles at 0.025 mA/cm²", "lfp"),
    ("lfp-initial-higher-current", "LiFePO₄, first discharge at 0.1 mA/cm²", "lfp"),
    ("lfp-after-200-cycles", "LiFePO₄, after 200 cycles at 0.1 mA/cm²", "lfp"),
    ("fef3-initial", "FeF₃, first discharge (above)", "fef3"),
    ("fef3-after-60-cycles", "FeF₃, after 60 cycles (above)", "fef3"),
)


def full_cells() -> tuple[Section, ...]:
    """Limits of the capacity, fade, efficiency, and both cells simulated."""
    return (_capacities(), _efficiency(), _simulated())


def _limit(name: str) -> Quantity:
    return material(name).property("specific_capacity")


def _capacities() -> Section:
    beside = [
        Beside(
            words, claimed(claim_id, "specific_capacity"), _limit(name).stamped(origin="predicted"), 0.0, limit=True,
            note=_over(claimed(claim_id, "specific_capacity"), _limit(name)),
        )
        for claim_id, words, name in PUBLISHED
    ]  # fmt: skip
    lines = [
        _fade("LiFePO₄ at 0.1 mA/cm²", "lfp-initial-higher-current", "lfp-after-200-cycles", 200),
        _fade("FeF₃ at 0.025 mA/cm²", "fef3-initial", "fef3-after-60-cycles", 60),
        _fade("LiFePO₄ at 0.025 mA/cm²", "lfp-initial", "lfp-after-160-cycles", 160),
        Line(
            "FeF₃ by one electron", Quantity(_limit("fef3").value / 3, None, "specific_capacity", "predicted"),
            "what is above needs conversion, near 2 V and so below the 2.34 V of LATP",
        ),
    ]  # fmt: skip
    return Section(
        "Full cells: capacity per mass against what the formula holds",
        "No cathode gives more than n F/M per mass of its active material; natron's cells never do. A printed capacity "
        "above that means a wrong mass or area, or something else that is oxidised and reduced, and is flagged. The "
        "layer on the lithium's side adds none: what it takes up comes from the lithium.",
        tuple(lines),
        beside=tuple(beside),
    )


def _over(printed: Quantity, limit: Quantity) -> str:
    share = printed.value / limit.value
    return f"{100 * share:.0f} % of the limit" + (": impossible for this material alone" if share > 1 else "")


def _fade(name: str, first: str, last: str, cycles: int) -> Line:
    start, end = claimed(first, "specific_capacity"), claimed(last, "specific_capacity")
    rate = 1 - (end.value / start.value) ** (1 / cycles)
    return Line(
        f"fade per cycle, {name}", Quantity(rate, None, "fraction", "predicted"),
        f"{start} to {end} in {cycles} cycles, as an even share of each; none is printed in between",
    )  # fmt: skip


def _areal(cell: Cell, capacity: Quantity) -> dict[str, Quantity]:
    """What makes an areal capacity from one per mass of active material."""
    assert isinstance(cell.positive, PorousElectrode)
    assert cell.positive.loading is not None
    share = cell.positive.composition[cell.positive.active]
    return {"capacity": capacity, "loading": cell.positive.loading, "share": share}


def _efficiency() -> Section:
    cell = built_in("latp-pb-lfp")
    assert isinstance(cell.negative, MetalElectrode)
    assert cell.operation.rate is not None
    lithium, latp, cycles = metal("lithium"), material("latp"), 160
    limit = _limit("lfp").stamped(origin="predicted")
    inputs = _areal(cell, limit) | {
        "efficiency": parse_quantity("99 %", "share", origin="literature"),
        "reservoir": cell.negative.reservoir,
        "current": cell.operation.rate,
        "molar_mass": lithium["molar_mass"],
        "density": lithium["density"],
        "ceramic_density": latp.property("density"),
        "ceramic_capacity": latp.property("specific_capacity"),
    }

    def told(x: Any) -> dict[str, Any]:
        areal = x["capacity"] * x["loading"] * x["share"]
        lost = (1 - x["efficiency"]) * areal
        plate = thickness_per_areal_capacity_m3_C(x["molar_mass"] / x["density"])
        return {
            "lost": lost * cycles,
            "lithium": lost * cycles * plate,
            "share": lost * cycles * plate / x["reservoir"],
            "cycles": x["reservoir"] / (lost * plate),
            "ceramic": lost * cycles / (x["ceramic_density"] * x["ceramic_capacity"]),
            "hours": 2 * cycles * areal / x["current"],
        }

    kinds = {
        "lost": "areal_capacity", "lithium": "length", "share": "fraction", "cycles": "number", "ceramic": "length",
        "hours": "duration",
    }  # fmt: skip
    found = {name: r.quantity(kinds[name], origin="assumed") for name, r in propagate(told, inputs).items()}
    left = Quantity(inputs["efficiency"].value ** cycles, None, "fraction", "predicted")
    return Section(
        "What an efficiency of 99 % means",
        f"Were the lithium limited, 99 % a cycle would leave {left} of it after {cycles} cycles. Nothing fades because "
        f"a reservoir stands behind it: {found['share']} of {inputs['reservoir']} are used up by then, and the "
        "capacity tells nothing of the loss. If that charge reduced the ceramic, it would be "
        f"{found['ceramic']} of it: 99 % is no sign of few side reactions. Loading and reservoir are assumed; neither "
        "is printed, though a capacity per mass cannot be had without the mass.",
        (
            Line("left of a limited inventory, 0.99¹⁶⁰", left),
            Line("charge lost in 160 cycles", found["lost"], "at 169.9 mAh/g, the most that LiFePO₄ holds"),
            Line("lithium used up", found["lithium"]),
            Line("of the reservoir", found["share"]),
            Line("cycles until the reservoir is gone", found["cycles"]),
            Line("ceramic that this charge could reduce", found["ceramic"]),
            Line("time that 160 cycles at 0.025 mA/cm² take", found["hours"], "against 800 h of the symmetric cell"),
        ),
    )


def _simulated() -> Section:
    """Both cells charged and discharged once by natron's model, the face's resistance from the printed polarisation."""
    from natron.plot.interphase import discharges_per_mass

    title = "Full cells, simulated: voltage against capacity per mass"
    try:
        runs = {
            name: run(model_parameters(built_in(f"latp-pb-{name}")), built_in_protocol("discharge"))
            for name in CATHODES
        }
    except InputError as error:
        if "PyBaMM" not in error.problem:
            raise
        return Section(title, f"Not computed here: {error.problem}. {error.hint or ''}".strip())
    lines, pictures = [], []
    for name, result in runs.items():
        curves = _curves(result, CATHODES[name])
        limit = _limit(name)
        discharged = max(float(capacity.max()) for words, (capacity, _, charging) in curves.items() if not charging)
        delivered = Quantity(discharged * 3600.0, None, "specific_capacity", "assumed")
        lines.append(
            Line(
                f"{CATHODES[name]}: discharged by the model", delivered,
                f"{100 * delivered.value / limit.value:.1f} % of the {limit} that it cannot exceed",
            )
        )  # fmt: skip
        pictures.append(
            (
                f"{CATHODES[name]}: voltage against capacity", (15, 8),
                partial(discharges_per_mass, curves, {"n F/M": limit.shown_value}),
            )
        )  # fmt: skip
    return Section(
        title,
        "One charge and one discharge at 0.025 mA/cm² and 60 °C. The face at the lithium is that of the symmetric "
        "cells, and its interphase grows on. FeF₃ is given a sloping potential with a gap between charge and "
        "discharge, both assumed: the article prints no curve. The potential has no end where the formula is empty or "
        "full, so that no cut-off takes more out than there is; nothing is taken to be lost in the first charge.",
        tuple(lines),
        pictures=tuple(pictures),
    )


def _curves(result: Run, name: str) -> dict[str, tuple[Any, Any, bool]]:
    """Capacity per mass of active material (mAh/g), voltage, and whether it charges, of each half step."""
    cell = result.parameters.cell
    inputs = _areal(cell, _limit(cell.positive.active))  # type: ignore[union-attr]
    mass = inputs["loading"].value * inputs["share"].value  # kg of active material per m²
    record = result.record
    half = record.table[HALF_STEP].to_numpy()
    areal = record.table["Areal Half-Step Capacity / mAh.cm-2"].to_numpy() * 36e3 / mass / 3600
    flowing = np.abs(record.current_A) > 0
    curves = {}
    for number in (int(n) for n in np.unique(half[flowing]) if n > 0):
        rows = (half == number) & flowing
        charging = bool(record.current_A[rows][0] > 0)
        curves[f"{name}, {'charge' if charging else 'discharge'}"] = (areal[rows], record.voltage_V[rows], charging)
    return curves
