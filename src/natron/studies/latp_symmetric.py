"""The article's symmetric cells: rates from their lifetimes, the same cells simulated, and what tests the rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from natron.cell import built_in
from natron.core import InputError, Quantity, parse_quantity, weakest_origin
from natron.core.uncertainty import propagate
from natron.interface.reactions.interphase import Face, barrier_m, growth_constant_m2_s
from natron.interface.reactions.lifetimes import INPUTS, Aged, aged_faces, drawn_rates, layered_that_stays
from natron.materials import material, parameters
from natron.simulate import Run, built_in_protocol, model_parameters, run, steady_resistance
from natron.studies.claims import built_in_claims
from natron.studies.sections import Beside, Line, Section, Setting

DOCUMENT = "latp-prussian-blue"

SAMPLES = 400
"""Draws of the assumed inputs."""

STABLE_WITHIN = parse_quantity("5 mV", "potential")
"""Rise that would not show in the printed "about 60 mV"."""

HIGHER = parse_quantity("0.1 mA/cm²", "current_density")
RATES = ("0.025 mA/cm²", "0.05 mA/cm²", "0.1 mA/cm²")

CELLS = {"bare": "latp-bare", "wetted with ionic liquid": "latp-il", "Prussian blue": "latp-pb"}
LIFETIMES = {"bare": "lifetime-bare", "wetted with ionic liquid": "lifetime-ionic-liquid",
             "Prussian blue": "lifetime-prussian-blue"}  # fmt: skip
STAYS = f"Prussian blue, rising by {1e3 * STABLE_WITHIN.value:.0f} mV in 800 h"
AT_HIGHER = f"Prussian blue at {HIGHER}"

_FACE = ("metal_interface", "interphase", "constriction")
"""Parts of a cell that are its faces."""

CLOSE = 0.01
"""Share within which a simulated lifetime is the one that its rate was calibrated to."""


def claimed(claim_id: str, kind: str) -> Quantity:
    """The number that a claim of this document prints."""
    claim = next(claim for claim in built_in_claims(DOCUMENT).claim if claim.id == claim_id)
    assert claim.claimed is not None
    return parse_quantity(claim.claimed, kind, origin="literature")


def lifetime_inputs() -> dict[str, Quantity]:
    """What the three lifetimes are read with: claims, cells and library, the rest of the cell by its own model."""
    models = {name: model_parameters(built_in(cell)) for name, cell in CELLS.items()}
    bare, wetted, layered = models.values()
    latp = material("latp")
    current = layered.cell.measured.cycling_current
    assert current is not None

    def rest(x: Mapping[str, Any]) -> dict[str, Any]:
        parts = steady_resistance(
            layered.structure, layered.numbers(x), current.value, contact_fraction=x["contact_start"]
        )
        return {"value": 0.5 * sum(r for name, r in parts.items() if name not in _FACE)}

    half = propagate(rest, layered.values)["value"]
    capacity = propagate(
        lambda v: {"value": v["density"] * v["specific_capacity"]},
        {name: latp.property(name) for name in ("density", "specific_capacity")},
    )["value"].quantity("volumetric_capacity", origin="predicted")
    found = {
        "current": current,
        "rest_resistance": half.quantity(
            "area_specific_resistance", origin=weakest_origin(layered.values[name].origin for name in half.derivatives)
        ),
        "contact_start": layered.values["contact_start"],
        "failure_polarisation": parameters("interphase")["failure_polarisation"],
        "bare_lifetime": claimed("lifetime-bare", "duration"),
        "wetted_lifetime": claimed("lifetime-ionic-liquid", "duration"),
        "layered_lifetime": claimed("lifetime-prussian-blue", "duration"),
        "layered_polarisation": claimed("polarisation", "potential"),
        "bare_resistance": bare.values["metal_resistance"],
        "bare_energy": bare.values["metal_resistance_energy"],
        "wetted_resistance": wetted.values["wetted_resistance"],
        "wetted_energy": wetted.values["wetted_resistance_energy"],
        "start_thickness": bare.values["interphase_start_thickness"],
        "conductivity": bare.values["interphase_conductivity"],
        "conductivity_energy": bare.values["interphase_conductivity_energy"],
        "contact_length": bare.values["interphase_contact_length"],
        "layer_thickness": layered.cell.interlayer[0].thickness,
        "ceramic_potential": latp.property("redox_potential"),
        "ceramic_capacity": capacity,
    }
    assert set(found) == set(INPUTS)
    return found


# --- calibration -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rates:
    """What the lifetimes fix.

    Attributes
    ----------
    aged : Aged
    stays : Face
        The layered face whose voltage rises by `STABLE_WITHIN` alone.
    stable_conductivity : float
        Of its layer for electrons, S/m.
    """

    aged: Aged
    stays: Face
    stable_conductivity: float

    def values(self) -> dict[str, Quantity]:
        """By the names of the cells' parameters."""
        return {
            "interphase_growth_constant": Quantity(self.aged.bare.growth_constant_m2_s, None, "diffusivity",
                                                   "calibrated"),
            "wetting_time": Quantity(self.aged.wetted.exhaustion_time_s, None, "duration", "calibrated"),
            "interlayer_electron_conductivity": Quantity(self.aged.largest_conductivity_S_m, None,
                                                         "electronic_conductivity", "calibrated"),
            "metal_resistance": Quantity(self.aged.layered.fresh_resistance_ohm_m2, None, "area_specific_resistance",
                                         "calibrated"),
        }  # fmt: skip


def rates_of(inputs: Mapping[str, Quantity]) -> Rates:
    """The rates by the nominal inputs."""
    x = {name: q.value for name, q in inputs.items()}
    aged = aged_faces(x)
    return Rates(aged, *layered_that_stays(x, aged, STABLE_WITHIN.value))


def shipped() -> dict[str, Quantity]:
    """The rates that the cells ship with, by the names of the cells' parameters."""
    layered = model_parameters(built_in("latp-pb")).values
    wetted = model_parameters(built_in("latp-il")).values
    return {
        "interphase_growth_constant": wetted["interphase_growth_constant"],
        "wetting_time": wetted["wetting_time"],
        "interlayer_electron_conductivity": layered["interlayer_electron_conductivity"],
        "metal_resistance": layered["metal_resistance"],
    }


def calibrated(*, again: bool, progress: Callable[[str], None] | None = None) -> tuple[Section, ...]:
    """Rates, the cells simulated with them, and what tests them; the rates found `again` where asked."""
    inputs = lifetime_inputs()
    found: Rates | None = None
    drawn: tuple[dict[str, np.ndarray], int] | None = None
    if again:
        if progress is not None:
            progress("the rates of the symmetric cells")
        found = rates_of(inputs)
        drawn = drawn_rates(inputs, samples=SAMPLES)
    try:
        runs = simulated_cells(None if found is None else found.values(), inputs, progress)
    except InputError as error:
        if "PyBaMM" not in error.problem:
            raise
        words = f"Not computed here: {error.problem}. {error.hint or ''}".strip()
        return (_rates(inputs, {}, found, drawn), Section("Symmetric cells, simulated", words), _energies(inputs))
    return (_rates(inputs, runs, found, drawn), _simulated(inputs, runs), _tests(inputs, runs), _energies(inputs))


_MECHANISMS = (
    ("growth of the interphase", "interphase_growth_constant", "growth_constant", "bare"),
    ("exhaustion of the liquid", "wetting_time", "exhaustion_time", "wetted with ionic liquid"),
    ("electrons through Prussian blue, at most", "interlayer_electron_conductivity", "largest_conductivity",
     "Prussian blue"),
)  # fmt: skip
"""Mechanism, its parameter, the name of its draws, the cell whose lifetime fixes it."""


def _rates(
    inputs: Mapping[str, Quantity],
    runs: Mapping[str, Run],
    found: Rates | None,
    drawn: tuple[Mapping[str, np.ndarray], int] | None,
) -> Section:
    own, again = shipped(), {} if found is None else found.values()
    settings = [
        Setting(
            mechanism, ((parameter.replace("_", " "), own[parameter], again.get(parameter)),),
            _lifetime(inputs, runs, name) if runs else (),
        )
        for mechanism, parameter, _, name in _MECHANISMS
    ]  # fmt: skip
    settings.append(
        Setting(
            "face under the layer", (("metal resistance", own["metal_resistance"], again.get("metal_resistance")),),
            _polarisation(inputs, runs) if runs else (),
        )
    )  # fmt: skip
    spread = ""
    if drawn is not None:
        spread = f" The intervals are over {SAMPLES} draws of what is assumed, {drawn[1]} of which allow no such cell."
    return Section(
        "Symmetric cells at 60 °C and 25 MPa: lifetimes as rates",
        "Each lifetime fixes one rate of a growing interphase; nothing of this is a prediction. 150 h of the bare cell "
        "fix the growth constant, 350 h of the wetted one how long the liquid lasts, patch by patch, before the "
        "ceramic beneath falls dry and grows as the bare one does. More than 800 h, under the same liquid, only bound "
        "how well the layer may conduct electrons once it is spent. A cell counts as failed at "
        f"{inputs['failure_polarisation']} on one side, which is assumed, as are the resistances of fresh faces, the "
        "interphase's conductivity and how growth loosens the contact. The cells that ship with natron carry these "
        f"rates; --recalibrate finds them again from the printed lifetimes.{spread}",
        _rate_lines(inputs, own, None if drawn is None else drawn[0]),
        settings=tuple(settings),
    )


def _interval(values: np.ndarray, kind: str) -> str:
    # some draws allow any conductivity: no mean of two of them
    low, high = np.quantile(values, [0.05, 0.95], method="nearest")
    ends = [str(Quantity(float(v), None, kind)) if np.isfinite(v) else "any" for v in (low, high)]
    return f"90 % of the draws: {ends[0]} to {ends[1]}"


def _rate_lines(
    inputs: Mapping[str, Quantity], own: Mapping[str, Quantity], drawn: Mapping[str, np.ndarray] | None
) -> tuple[Line, ...]:
    known = parameters("interphase")
    wetted = model_parameters(built_in("latp-il")).values
    constant = own["interphase_growth_constant"]
    cold = growth_constant_m2_s(
        constant.value, wetted["interphase_growth_constant_energy"].value, known["growth_temperature"].value,
        wetted["interphase_growth_constant_at"].value,
    )  # fmt: skip
    spreads = [
        Line(f"{mechanism}, as the assumptions move it", Quantity(own[parameter].value, None, own[parameter].kind,
             "calibrated"), _interval(drawn[name], own[parameter].kind))
        for mechanism, parameter, name, _ in _MECHANISMS
        if drawn is not None
    ]  # fmt: skip
    stays, layer = rates_of(inputs), material("prussian-blue").property("electronic_conductivity")
    grown = Face(
        constant.value, inputs["start_thickness"].value, inputs["conductivity"].value, 0.0,
        inputs["bare_resistance"].value, 0.0,
    ).thickness(inputs["bare_lifetime"].value)  # fmt: skip
    return (
        *spreads,
        Line(
            "growth constant at 25 °C", Quantity(float(cold), None, "diffusivity", "calibrated"),
            f"by {known['growth_energy']}, assumed; 1e-18 to 1e-16 m²/s were thought likely",
        ),
        Line("interphase when the bare cell fails", Quantity(float(grown), None, "length", "calibrated")),
        Line(
            f"conductivity of the layer for electrons, if the voltage rose by less than "
            f"{1e3 * STABLE_WITHIN.value:.0f} mV: at most",
            Quantity(stays.stable_conductivity, None, "electronic_conductivity", "calibrated"),
            'the article calls it "minimal and stable"',
        ),
        Line(
            "the cell with Prussian blue would fail after", _as_the_ladder_has_it(inputs, stays),
            f"did the layer conduct electrons at {layer}, as the ladder assumes: it conducts worse",
        ),
        Line("ceramic and interlayer of one side", inputs["rest_resistance"]),
    )  # fmt: skip


def _as_the_ladder_has_it(inputs: Mapping[str, Quantity], rates: Rates) -> Quantity:
    """Lifetime of the layered cell, did its layer conduct electrons as the library assumes."""
    x = {name: q.value for name, q in inputs.items()}
    face = rates.aged.layered
    electrons = x["layer_thickness"] / material("prussian-blue").property("electronic_conductivity").value
    barrier = barrier_m(face.growth_constant_m2_s, electrons, x["ceramic_capacity"], x["ceramic_potential"])
    lasts = replace(face, barrier_m=barrier).lifetime_s(rates.aged.limit_ohm_m2)
    return Quantity(lasts, None, "duration", "assumed")


# --- the cells, simulated --------------------------------------------------------------------------------


def simulated_cells(
    rates: Mapping[str, Quantity] | None,
    inputs: Mapping[str, Quantity],
    progress: Callable[[str], None] | None = None,
    only: Sequence[str] = (),
) -> dict[str, Run]:
    """Each cell cycled until it fails or 800 h are over, by name; with other rates than it ships with, where given.

    Parameters
    ----------
    rates : Mapping[str, Quantity] or None
        By the names of the cells' parameters.
    inputs : Mapping[str, Quantity]
        `natron.interface.reactions.lifetimes.INPUTS`.
    progress : callable, optional
        Called with each run before it begins.
    only : sequence of str
        Names of the runs wanted; all where left out.
    """
    plan = built_in_protocol("latp-cycling")
    stays = rates_of(inputs).stable_conductivity
    asked: dict[str, tuple[str, dict[str, object], Any]] = {name: (cell, {}, plan) for name, cell in CELLS.items()}
    asked[STAYS] = ("latp-pb", {"interlayer_electron_conductivity": stays}, plan)
    asked[AT_HIGHER] = ("latp-pb", {}, _at_current(plan, HIGHER))
    asked["rate steps"] = ("latp-pb", {}, built_in_protocol("latp-rate-steps"))
    runs = {}
    for name, (cell, changes, protocol) in asked.items():
        if only and name not in only:
            continue
        if progress is not None:
            progress(f"{name}, {protocol.name}")
        known = model_parameters(built_in(cell)).values
        given = {key: q for key, q in (rates or {}).items() if key in known and _carries(cell, key)}
        if "metal_resistance" in given:
            given["wetted_resistance"] = given["metal_resistance"]
        runs[name] = run(model_parameters(built_in(cell), changes=given | changes), protocol)
    return runs


def _carries(cell: str, parameter: str) -> bool:
    """Whether a calibrated value is this cell's: the face that is contacted by a layer is the layered cell's alone."""
    return parameter != "metal_resistance" or cell == "latp-pb"


def _at_current(plan: Any, current: Quantity) -> Any:
    (loop,) = plan.steps
    steps = tuple(replace(step, rate=current) for step in loop.steps)
    return replace(plan, name=f"{plan.name} at {current}", steps=(replace(loop, steps=steps),))


def course(result: Run) -> tuple[np.ndarray, np.ndarray]:
    """Times under current, s, and the voltage of one side there, V: half the cell's."""
    flowing = np.abs(result.course.current_density_A_m2) > 0
    return result.course.time_s[flowing], 0.5 * np.abs(result.record.voltage_V[flowing])


def lifetime_s(result: Run, limit_V: float) -> float | None:
    """First time that one side needs the voltage at which a cell counts as failed; None where it never does."""
    t, volts = course(result)
    above = volts >= limit_V * (1 - 1e-6)
    return float(t[above][0]) if above.any() else None


def _lifetime(inputs: Mapping[str, Quantity], runs: Mapping[str, Run], name: str) -> tuple[Beside, ...]:
    bound = name == "Prussian blue"
    published = claimed(LIFETIMES[name], "duration")
    t, _ = course(runs[name])
    lasted = lifetime_s(runs[name], inputs["failure_polarisation"].value)
    note = "put in: only bounds the rate; natron's number is that at the bound" if bound else "put in: fixes the rate"
    if lasted is None:
        note += "; simulated so long, and still running"
    value = Quantity(float(t[-1]) if lasted is None else lasted, None, "duration", "calibrated")
    return (Beside(f"lifetime, {name}", published, value, CLOSE, bound=bound, note=note),)


def _polarisation(inputs: Mapping[str, Quantity], runs: Mapping[str, Run]) -> tuple[Beside, ...]:
    first = Quantity(float(course(runs["Prussian blue"])[1][0]), None, "potential", "calibrated")
    return (
        Beside(
            "voltage of one side, Prussian blue, at first", inputs["layered_polarisation"], first, 0.01,
            note="put in: fixes the resistance of the face",
        ),
    )  # fmt: skip


def _simulated(inputs: Mapping[str, Quantity], runs: Mapping[str, Run]) -> Section:
    from natron.plot.interphase import polarisation_of_runs
    from natron.plot.simulation import losses

    limit = inputs["failure_polarisation"].value
    names = (*CELLS, STAYS)
    ends = {name: (claimed(LIFETIMES.get(name, "lifetime-prussian-blue"), "duration").value, "Prussian" in name)
            for name in names}  # fmt: skip
    courses = {name: course(runs[name]) for name in names}
    lines = []
    for name in names:
        volts = courses[name][1]
        first, last = (Quantity(float(v), None, "potential", "calibrated") for v in (volts[0], volts[-1]))
        lines.append(
            Line(f"voltage of one side, {name}: from", first, f"to {last} at {courses[name][0][-1] / 3600:.0f} h")
        )
        thick = runs[name].course.states["interphase negative"]
        lines.append(
            Line(f"interphase, {name}: where it is oldest", Quantity(float(thick[-1]), None, "length", "calibrated"))
        )
    return Section(
        "Symmetric cells, simulated: polarisation over hundreds of hours",
        "natron simulate latp-bare, latp-il and latp-pb with the protocol latp-cycling: 0.05 mA/cm², five hours each "
        "way. Interphase, contact and liquid are states of the cell's equations. Of Prussian blue two cells are drawn: "
        "the worst that > 800 h allow, with which the cell ships, and one whose voltage hardly rises.",
        tuple(lines),
        pictures=(
            ("polarisation over time", (15, 9.5), partial(polarisation_of_runs, courses, limit, ends)),
            ("what the wetted cell loses", (17, 8.5), partial(losses, runs["wetted with ionic liquid"])),
            ("what the cell with Prussian blue loses", (17, 8.5), partial(losses, runs["Prussian blue"])),
        ),
    )  # fmt: skip


def _tests(inputs: Mapping[str, Quantity], runs: Mapping[str, Run]) -> Section:
    """What was not put in."""
    from natron.plot.interphase import rate_steps

    published = claimed("higher-current", "duration")
    lasted = lifetime_s(runs[AT_HIGHER], inputs["failure_polarisation"].value)
    higher = lasted if lasted is not None else float(course(runs[AT_HIGHER])[0][-1])
    fits = higher >= published.value
    note = (
        "at the largest conductivity that 800 h at the lower current allow; the run was stopped or printed at 300 h"
        if fits
        else "at the largest conductivity that 800 h at the lower current allow: this run then bounds it further"
    )
    steps = []
    t, volts = course(runs["rate steps"])
    currents = np.abs(runs["rate steps"].course.current_density_A_m2)
    currents = currents[currents > 0]
    for text in RATES:
        current = parse_quantity(text, "current_density")
        there = np.flatnonzero(np.isclose(currents, current.value))
        back = f", and {1e3 * volts[there[-1]]:.1f} mV at the end" if text != RATES[-1] else ""
        steps.append(
            Beside(
                f"voltage of one side at {text}", "no number is printed",
                Quantity(float(volts[there[0]]), None, "potential", "predicted" if text != RATES[1] else "calibrated"),
                note=f"from 60 mV at 0.05 mA/cm², which was put in{back}",
            )
        )  # fmt: skip
    first = [
        Beside(
            f"voltage of one side at first, {name}", words,
            Quantity(float(course(runs[name])[1][0]), None, "potential", "assumed"),
        )
        for name, words in (("bare", "large, no number"), ("wetted with ionic liquid", "lower, no number"))
    ]  # fmt: skip
    return Section(
        "What tests the rates",
        "Only the run at 0.1 mA/cm², which lasted 300 h or more, and the steps of the current were not used. At twice "
        "the current a cell meets the voltage of failure at half the resistance. The steps would test that the face is "
        "linear; their voltages are in a figure and not printed.",
        beside=(
            Beside(
                f"lifetime at {HIGHER}, Prussian blue", published,
                Quantity(higher, None, "duration", "assumed"), 0.0 if fits else None, bound=True, note=note,
            ),
            *steps,
            *first,
        ),
        pictures=(("steps of the current", (15, 8), partial(rate_steps, t, volts, currents)),),
    )  # fmt: skip


def _energies(inputs: Mapping[str, Quantity]) -> Section:
    """Activation energy of each face with its age, by the faces that the lifetimes give."""
    from natron.plot.interphase import activation_energy_courses

    rates, x = rates_of(inputs), {name: q.value for name, q in inputs.items()}
    faces = {
        "bare": rates.aged.bare,
        "wetted with ionic liquid": rates.aged.wetted,
        "Prussian blue, the worst that > 800 h allow": rates.aged.layered,
        STAYS: rates.stays,
    }
    ends = [x[f"{name}_lifetime"] for name in ("bare", "wetted", "layered", "layered")]

    def line(name: str, face: Any, seconds: float) -> Line:
        start, end = (Quantity(float(face.activation_energy_J(t)), None, "energy", "assumed") for t in (0.0, seconds))
        return Line(f"{name}: from", start, f"to {end} after {seconds / 3600:.0f} h")

    return Section(
        "Activation energy of the interface with age",
        "An Arrhenius plot of the interface's resistance at some age weighs the activation energies of what carries "
        "the current then: the wetted face at first, patches of interphase later. So it drifts with the liquid alone, "
        "and stays where hardly any interphase forms, as the article observes without a number. The three energies "
        "that are weighed are assumed. In the worst case that 800 h allow, Prussian blue would drift too; where its "
        "voltage stays, so does its energy: a constant one speaks for a layer that blocks better than the lifetime "
        "alone asks for.",
        tuple(line(name, face, seconds) for (name, face), seconds in zip(faces.items(), ends, strict=True)),
        pictures=(
            ("activation energy against age", (15, 8), partial(activation_energy_courses, faces, ends)),
        ),
    )  # fmt: skip
