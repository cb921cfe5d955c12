"""The five limits that the sodium-cell paper names, each as resistance, voltage loss and energy.

In closed form: steady resistances half charged, the energy densities of the design room. One current for all cells, so
that they can be laid side by side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from scipy.optimize import brentq

from natron.cell import PorousElectrode, built_in
from natron.core import Quantity, parse_quantity, weakest_origin
from natron.core.uncertainty import exp, propagate
from natron.design import figures
from natron.design.figures import Figures
from natron.interface.metals import metal
from natron.interface.pairs import pair
from natron.interface.pressing.pressed import press
from natron.interface.shorts.voids import void_model
from natron.io.descriptions import load_cell
from natron.simulate import ModelParameters, model_parameters, steady_resistance
from natron.studies.sections import Cost, Line, Section

CELLS = ("lowack2025-cell1", "lowack2025-cell2", "lowack2025-optimised")
SHORT = {"lowack2025-cell1": "cell 1", "lowack2025-cell2": "cell 2", "lowack2025-optimised": "optimised"}
CURRENT = parse_quantity("0.5 mA/cm²", "current_density")
CYCLES = 70
LOST_CONTACT = 0.5
"""Contact fraction at which the metal's resistance is shown: half of it lost, assumed."""

GROWTH = parse_quantity("50 Ω cm²", "area_specific_resistance")
"""A growth for which the loss of liquid is sought."""

THIN = "50 µm"
"""The thinner of the paper's tapes."""

CATHODE = ("collector", "charge_transfer", "liquid", "solid", "solid_diffusion", "ceramic_liquid")
METAL = ("metal_interface", "constriction")


@dataclass(frozen=True)
class _Limits:
    """A cell's resistances by what causes them, Ω m², and its energy density as the paper reckons it."""

    of: ModelParameters
    parts: Mapping[str, float]
    found: Mapping[str, Quantity]
    design: Figures
    breaks_at: Quantity
    loss: Quantity

    @property
    def energy(self) -> Quantity:
        return self.design["volumetric_energy_density"]


def _sum(parts: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return sum(parts[name] for name in names if name in parts)


def _limits(name: str) -> _Limits:
    cell = built_in(name)
    of = model_parameters(cell)
    tape = pair("sodium", "nzsp-tape", thickness=cell.separator.thickness)
    minute = parse_quantity("60 s", "time")
    cracking = press(tape, of.values["temperature"], parse_quantity("1 MPa", "pressure"), minute).cracking
    assert cracking is not None
    inputs = {**of.values, "tape breaks at": cracking.fracture_pressure}
    i = CURRENT.value

    def resistances(x: Mapping[str, Any]) -> dict[str, Any]:
        n = of.numbers(x)
        full = steady_resistance(of.structure, n, i, contact_fraction=x["contact_start"])
        left = exp(-CYCLES * x["electrolyte_loss_per_cycle"])
        dried = steady_resistance(of.structure, n, i, contact_fraction=x["contact_start"], wetted=left)
        voids = steady_resistance(of.structure, n, i, contact_fraction=LOST_CONTACT)
        pressed = steady_resistance(
            of.structure, n | {"pressure": x["tape breaks at"]}, i, contact_fraction=x["contact_start"]
        )
        return {
            "cathode": _sum(full, CATHODE),
            "rest": sum(full.values()) - _sum(full, CATHODE),
            "total": sum(full.values()),
            "drying": sum(dried.values()) - sum(full.values()),
            "voids": _sum(voids, METAL) - _sum(full, METAL),
            "pressure": full["collector"] - pressed["collector"],
            "tape": full["separator_grain"] + full["separator_boundary"],
        }

    found = {
        key: result.quantity(
            "area_specific_resistance", origin=weakest_origin(inputs[used].origin for used in result.derivatives)
        )
        for key, result in propagate(resistances, inputs).items()
    }
    parts = steady_resistance(
        of.structure, of.numbers(), i, contact_fraction=of.values["contact_start"].value
    )  # fmt: skip
    design = figures(cell, "measured" if cell.measured.discharge_capacity is not None else "theoretical")
    return _Limits(of, parts, found, design, cracking.fracture_pressure, of.values["electrolyte_loss_per_cycle"])


def five_limits() -> tuple[Section, ...]:
    """The paper's five limits for both cells and for the one its roadmap ends at."""
    from natron.plot.limits import resistances_of_cells

    limits = {name: _limits(name) for name in CELLS}
    best = limits["lowack2025-optimised"].energy
    costs = [
        cost
        for limit in (_cathode, _drying, _strength, _voids)
        for name, each in limits.items()
        for cost in limit(SHORT[name], each)
    ]
    costs += [cost for name, each in limits.items() for cost in _density(SHORT[name], each, best)]
    return (
        Section(
            "The five limits, in Ω cm², mV and Wh/l",
            f"All at {CURRENT}, half charged, contacts settled at each cell's own pressure (0.1 MPa, assumed, for the "
            "optimised cell, which nobody built). Energy is that of the paper's own reckoning, 3.4 V over the bare "
            "stack, less what the voltage loss or the lost capacity takes of it; capacity that a cut-off would take "
            "at high losses is left out. Resistances of the cathode's contact are calibrated to the two cells; what "
            "says calibrated rests on them, for the optimised cell too.",
            pictures=(
                (
                    "resistances of the three cells",
                    (16, 8),
                    partial(resistances_of_cells, {SHORT[name]: each.parts for name, each in limits.items()}),
                ),
            ),
            costs=tuple(costs),
            lines=tuple(line for name, each in limits.items() for line in _totals(SHORT[name], each)),
        ),
    )


def _cost(
    limit: str, cell: str, each: _Limits, resistance: Quantity, note: str, capacity: tuple[float, float] = (0.0, 0.0)
) -> Cost:
    """The cost of a resistance at the current, and of a share of the capacity, which is given with its uncertainty."""
    plateau, energy = each.of.values["plateau"].value, each.energy.value
    drop, spread = (CURRENT.value * x for x in (resistance.value, resistance.standard_uncertainty))
    return Cost(
        limit,
        cell,
        resistance,
        Quantity(drop, spread, "potential", origin=resistance.origin),
        Quantity(
            energy * (drop / plateau + capacity[0]), energy * math.hypot(spread / plateau, capacity[1]),
            "volumetric_energy_density", origin=resistance.origin,
        ),
        note,
    )  # fmt: skip


def _cathode(cell: str, each: _Limits) -> list[Cost]:
    rest = each.found["rest"]
    return [
        _cost(
            "1. cathode resistance", cell, each, each.found["cathode"],
            f"beside {rest} of metal and separator; of it {1e4 * each.parts['collector']:.0f} Ω cm² contact",
        )
    ]  # fmt: skip


def _drying(cell: str, each: _Limits) -> list[Cost]:
    lost = 1 - float(exp(-CYCLES * each.loss.value))
    needed = _wetted_for(each)
    words = "no loss does" if needed is None else f"{100 * (1 - needed):.0f} % lost would"
    return [
        _cost(
            "2. loss of liquid, 70 cycles", cell, each, each.found["drying"],
            f"{100 * lost:.1f} % of the liquid, and of the capacity with it; for {GROWTH} more {words}",
            (lost, (1 - lost) * CYCLES * each.loss.standard_uncertainty),
        )
    ]  # fmt: skip


def _wetted_for(each: _Limits) -> float | None:
    """Wetted share at which the resistance has grown by `GROWTH`; None where none above 1 % does."""
    of = each.of
    numbers, contact = of.numbers(), of.values["contact_start"].value

    def total(wetted: float) -> float:
        parts = steady_resistance(of.structure, numbers, CURRENT.value, contact_fraction=contact, wetted=wetted)
        return float(sum(parts.values()))

    if total(0.01) - total(1.0) < GROWTH.value:
        return None
    return float(brentq(lambda w: total(w) - total(1.0) - GROWTH.value, 0.01, 1.0))


def _strength(cell: str, each: _Limits) -> list[Cost]:
    cathode = each.of.cell.positive
    assert isinstance(cathode, PorousElectrode)
    found = [
        _cost(
            "3. strength of the tape: pressure not used", cell, each, each.found["pressure"],
            f"the tape breaks at {each.breaks_at}, the cell has {each.of.values['pressure']}; what the contact would "
            "lose or gain were it pressed so far",
        )
    ]  # fmt: skip
    thin = parse_quantity(THIN, "length").value
    thickness = each.of.values["separator.thickness"].value
    if thickness > 1.01 * thin:
        spared = Quantity(
            each.found["tape"].value * (1 - thin / thickness),
            each.found["tape"].standard_uncertainty * (1 - thin / thickness),
            "area_specific_resistance", origin=each.found["tape"].origin,
        )  # fmt: skip
        thinner = figures(
            load_cell(each.of.cell.name, {"separator.thickness": THIN}),
            "measured" if each.of.cell.measured.discharge_capacity is not None else "theoretical",
        )["volumetric_energy_density"]
        base = _cost("", "", each, spared, "")
        assert base.energy is not None
        more = thinner.value - each.energy.value + base.energy.value
        found.append(
            Cost(
                "3. strength of the tape: its thickness", cell, base.resistance, base.loss,
                Quantity(more, thinner.standard_uncertainty, "volumetric_energy_density", origin=spared.origin),
                f"against a tape of {THIN}: {thinner} instead of {each.energy}",
            )
        )  # fmt: skip
    return found


def _voids(cell: str, each: _Limits) -> list[Cost]:
    values = each.of.values
    critical = void_model(metal("sodium")).critical_current(1.0, values["pressure"].value, values["temperature"].value)
    current = Quantity(float(critical), None, "current_density", origin="assumed")
    return [
        _cost(
            "4. voids, half of the contact lost", cell, each, each.found["voids"],
            f"little resistance, but twice the current where contact is left; voids grow above {current} (assumed)",
        )
    ]  # fmt: skip


def _density(cell: str, each: _Limits, best: Quantity) -> list[Cost]:
    if each.energy.value == best.value:
        return []
    thickness = each.design["stack_thickness"]
    return [
        Cost(
            "5. energy density, against the optimised", cell, None, None,
            Quantity(
                best.value - each.energy.value,
                math.hypot(best.standard_uncertainty, each.energy.standard_uncertainty),
                "volumetric_energy_density", origin="predicted",
            ),
            f"{each.energy} on {thickness}, against {best}: unused active material, pores, reservoir, separator",
        )
    ]  # fmt: skip


def _totals(cell: str, each: _Limits) -> tuple[Line, ...]:
    total = each.found["total"]
    drop = CURRENT.value * total.value
    plateau = each.of.values["plateau"].value
    left = each.energy.value * (1 - drop / plateau)
    spread = math.hypot(
        each.energy.standard_uncertainty, each.energy.value * CURRENT.value * total.standard_uncertainty / plateau
    )
    return (
        Line(f"{cell}: all resistances", total, f"{1e3 * drop:.0f} mV at {CURRENT}"),
        Line(
            f"{cell}: energy density at {CURRENT}",
            Quantity(left, spread, "volumetric_energy_density", origin=total.origin),
            f"of {each.energy} by the paper's reckoning",
        ),
    )
