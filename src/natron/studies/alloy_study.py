"""The poster on a potassium anode, computed: its alloy, its film, its interface, and its critical currents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from natron.cell import Cell, MetalElectrode, built_in
from natron.core import Quantity, parse_quantity, weakest_origin
from natron.core.uncertainty import propagate
from natron.design import separator_resistance
from natron.interface.alloys.anode import AlloyAnode, alloy_anode
from natron.interface.pairs import pair
from natron.interface.pressing.pressed import contact_of, resistance_of
from natron.interface.shorts.conditions import bench
from natron.interface.shorts.prediction import Prediction, Spread, predict
from natron.interface.shorts.protocol import Protocol, ladder
from natron.materials import material
from natron.report.alloys import HAZARD
from natron.studies.sections import Line, Section, Swing, Tornado, tornado_of

HALF_STEP = "5 mAh/cm²"
"""The poster's 5.0 mAh on an electrode assumed to have 1 cm²."""

CELLS = 10_000


def adambatt2() -> tuple[Section, ...]:
    """K | NZSP | Na: phase diagram, film, layers after the first plating, impedance and both critical-current tests."""
    cell = built_in("adambatt2-potassium")
    assert cell.negative.film is not None
    found = alloy_anode(
        cell.operation.temperature, cell.negative.film.thickness, parse_quantity(HALF_STEP, "areal_capacity")
    )
    return (_diagram(found), _film(found), _interface(cell), _critical_currents(cell, found))


def _diagram(found: AlloyAnode) -> Section:
    from natron.plot.alloys import phase_diagram

    window = found.window
    assert window is not None
    u = found.composition_uncertainty
    return Section(
        "Phase diagram",
        "The poster shows the diagram without numbers. Unary data are sourced; the binary terms are a fit to published "
        f"anchor points, so the liquidus between them is sure to about a hundredth in composition. {HAZARD}",
        (
            Line("eutectic", found.eutectic_temperature, f"at x_K = {1 - found.eutectic.x_na:.3f}"),
            Line("Na₂K melts", found.peritectic_temperature),
            Line("wholly liquid from x_Na", Quantity(window.x_na_min, u, "number", "predicted", "sd")),
            Line("wholly liquid up to x_Na", Quantity(window.x_na_max, u, "number", "predicted", "sd")),
        ),
        pictures=(("phase diagram", (15, 10), partial(phase_diagram, found)),),
    )


def _film(found: AlloyAnode) -> Section:
    from natron.plot.alloys import anode_layers, anode_potential

    end, takes = found.end, found.figures["all_liquid_capacity"]
    assert end is not None
    assert found.film_needed is not None
    assert end.potential is not None
    full = alloy_anode(found.temperature, found.film, Quantity(takes.value, None, "areal_capacity", takes.origin)).end
    assert full is not None
    return Section(
        "The film and the first plating",
        "Neither the film's thickness nor the charge per area is printed: 10 ± 5 µm and 1 cm² are assumed. Only sodium "
        "moves, so the first half step plates it into the potassium, and nothing plates potassium from the ceramic. "
        f"A half step of {HALF_STEP} is far beyond what such a film takes as a liquid.",
        (
            Line("all liquid from", found.figures["all_liquid_from"]),
            Line("all liquid up to", takes),
            Line("potassium for each areal capacity", found.figures["film_thickness_per_areal_capacity"]),
            Line(f"potassium that a half step of {HALF_STEP} needs", found.film_needed),
            Line("liquid layer when the film is full", full.liquid_thickness),
            Line(f"liquid layer after {HALF_STEP}", end.liquid_thickness),
            Line(f"solid sodium after {HALF_STEP}", end.solid_thickness, "as if it lay in a layer of its own"),
            Line("potential lost to the alloy then", end.potential),
        ),
        pictures=(
            ("potential", (15, 7), partial(anode_potential, found)),
            ("layers", (15, 7), partial(anode_layers, found)),
        ),
    )


def _interface(cell: Cell) -> Section:
    """Contact of the solid film before the first charge against the liquid after it."""
    assert cell.stack is not None
    charge_transfer = material("sodium|nzsp-tape").law("interface_resistance").value_at(298.15)
    of = pair("K", cell.separator.material, changes={"charge_transfer_resistance": charge_transfer})
    transfer, conductivity = of.resistance_at(298.15)
    assert transfer is not None
    assert conductivity is not None
    inputs = {
        **of.values,
        "charge_transfer_resistance": transfer.stamped(origin="assumed"),
        "electrolyte_conductivity": conductivity,
        "pressure": cell.stack.pressure,
        "temperature": Quantity(298.15, None, "temperature"),
        "time": parse_quantity("24 h", "time").stamped(origin="assumed"),
    }

    def before(x: Mapping[str, Any]) -> dict[str, Any]:
        return {"value": resistance_of(x, contact_of(x))}

    origin = weakest_origin(q.origin for q in inputs.values())
    solid = propagate(before, inputs)["value"].quantity("area_specific_resistance", origin=origin)
    gentle = {
        **inputs,
        "pressure": parse_quantity("0.1 MPa", "pressure").stamped(origin="assumed"),
        "time": parse_quantity("10 min", "time").stamped(origin="assumed"),
    }
    touched = propagate(before, gentle)["value"].quantity("area_specific_resistance", origin=origin)
    wet = inputs["charge_transfer_resistance"]
    return Section(
        "Impedance before and after the first charge",
        "The spectra's data are not printed. Before, solid potassium rests on the ceramic after a day under the "
        "assumed stack pressure; after, a liquid that wets it covers all. Both are given sodium's charge transfer on "
        "this ceramic, which is not known of the alloy: what natron computes is the part that contact alone explains. "
        "A film without pressure, an oxide on it or gas beneath it would raise the first figure without limit.",
        (
            Line("separator", separator_resistance(cell)),
            Line("interface before, solid potassium", solid),
            Line("the same after 10 min at 0.1 MPa", touched, "the low end of the assumed pressure"),
            Line("interface after, wetted by the liquid", wet),
        ),
        (tornado_of("interface before the first charge", before, inputs, solid),),
    )


def _critical_currents(cell: Cell, found: AlloyAnode) -> Section:
    from natron.plot.predictions import critical_current_distribution

    counter = cell.positive
    assert isinstance(counter, MetalElectrode)
    of = bench(cell)
    increment, largest = (parse_quantity(text, "current_density") for text in ("0.1 mA/cm²", "10 mA/cm²"))
    tests: dict[str, Protocol] = {
        "5 min per half step": ladder(increment, largest, half_step=parse_quantity("5 min", "time")),
        f"{HALF_STEP} per half step": ladder(increment, largest, charge=parse_quantity(HALF_STEP, "areal_capacity")),
    }
    results = {name: predict(of, protocol, cells=CELLS) for name, protocol in tests.items()}
    lines: list[Line] = []
    for name, result in results.items():
        lines += [
            _line(f"{name}: contact lost to voids", result.contact_loss),
            _line(f"{name}: short", result.short),
            _line(f"{name}: critical current", result.end),
        ]
    onsets = [result.nominal_contact_loss.median for result in results.values()]
    if all(onset is not None for onset in onsets):
        short, long = (onset.value for onset in onsets if onset is not None)
        ratio = Quantity(short / long, None, "number", "assumed")
        lines.append(Line("onset of voids, 5 min over 5 mAh/cm²", ratio, "at the nominal parameters"))
    return Section(
        "Both tests of the critical current, predicted",
        "No critical current is printed. The liquid has no voids, but the sodium on the other side is solid and "
        "strips too, so the film does not protect it. Five minutes strip less than the depth of a void at any current "
        "of interest, so that test meets flaws before voids and reports a current that a longer step would not bear; "
        "5 mAh/cm² strip many voids deep and end close to the true critical stripping current. The two are not "
        "comparable. The shorting law rests on one batch of ten cells with another ceramic layer, scaled by "
        "conductivity and area; area, ceramic, temperature and pressure of this cell are assumed.",
        tuple(lines),
        tuple(_tornado(name, result) for name, result in results.items()),
        tuple((name, (15, 9), partial(critical_current_distribution, result)) for name, result in results.items()),
    )


def _line(name: str, spread: Spread) -> Line:
    """A median with its 90 % interval, or what there is of it."""
    share = f"in {100 * spread.share:.0f} % of the virtual cells"
    if spread.median is None:
        return Line(name, "not in the median cell", share)
    ends = [str(q) if q is not None else "beyond the ladder" for q in (spread.low, spread.high)]
    return Line(name, spread.median.stamped(origin="assumed"), f"90 %: {ends[0]} to {ends[1]}; {share}")


def _tornado(name: str, result: Prediction) -> Tornado:
    last = float(result.protocol.levels_A_m2[-1])
    nominal = result.nominal_end.median or Quantity(last, None, "current_density", "assumed")
    swings = tuple(
        Swing(
            effect.name,
            result.bench.inputs.get(effect.name, effect.low),
            last if effect.at_low is None else effect.at_low,
            last if effect.at_high is None else effect.at_high,
        )
        for effect in result.effects
        if effect.swing > 0
    )
    fixed = tuple(key for key, q in result.bench.inputs.items() if q.origin == "assumed" and not q.standard_uncertainty)
    return Tornado(f"median critical current, {name}", nominal.stamped(origin="assumed"), swings, fixed)
