"""The article on LATP and Prussian blue, computed: conductivity, the argument by potentials, symmetric cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from natron.cell import built_in
from natron.core import Quantity, parse_quantity, weakest_origin
from natron.core.constants import BOLTZMANN_J_PER_K
from natron.core.uncertainty import log, propagate
from natron.interface.reactions.interphase import Face, growth_constant_m2_s
from natron.interface.reactions.lifetimes import (
    INPUTS,
    Aged,
    aged_faces,
    drawn_rates,
    layered_that_stays,
    lifetime_at_current_s,
)
from natron.interface.reactions.stability import WORDS, stability
from natron.interface.reactions.stack import stack_of_cell
from natron.materials import activation_energy, material, parameters, scale_conductivity
from natron.simulate import model_parameters, steady_resistance
from natron.studies.claims import ClaimsFile, built_in_claims
from natron.studies.latp_full_cells import full_cells
from natron.studies.sections import Beside, Line, Section

DOCUMENT = "latp-prussian-blue"

SAMPLES = 300
"""Draws of the assumed inputs."""

RECALIBRATION_SAMPLES = 2000

STABLE_WITHIN = parse_quantity("5 mV", "potential")
"""Rise that would not show in the printed "about 60 mV"."""

HIGHER = parse_quantity("0.1 mA/cm²", "current_density")
RATES = ("0.025 mA/cm²", "0.05 mA/cm²", "0.1 mA/cm²")


def latp() -> tuple[Section, ...]:
    """Conductivity, ladder, symmetric cells and full cells."""
    claims = built_in_claims(DOCUMENT)
    return (_conductivity(claims), _ladder(), *symmetric_cells(), *full_cells())


def _input(claims: ClaimsFile, claim_id: str, name: str, kind: str) -> Quantity:
    """A number that the document prints, as its claim carries it."""
    claim = next(claim for claim in claims.claim if claim.id == claim_id)
    raw = claim.claimed if name == "claimed" else claim.inputs[name]
    return parse_quantity(str(raw), kind, origin="literature")


def _conductivity(claims: ClaimsFile) -> Section:
    from natron.plot.interphase import arrhenius_audit

    names = {
        "first": "conductivity", "first_temperature": "temperature", "second": "conductivity",
        "second_temperature": "temperature",
    }  # fmt: skip
    x = {name: _input(claims, "activation-energy", name, kind) for name, kind in names.items()}
    claimed = _input(claims, "activation-energy", "claimed", "energy")

    def forms(v: Mapping[str, Any]) -> dict[str, Any]:
        between = 1 / v["first_temperature"] - 1 / v["second_temperature"]
        return {
            "with_temperature": activation_energy(
                v["first"], v["first_temperature"], v["second"], v["second_temperature"]
            ),
            "without": BOLTZMANN_J_PER_K * log(v["second"] / v["first"]) / between,
        }

    rounded = {name: _with_rounding(q) for name, q in x.items()}
    both = {name: result.quantity("energy", origin="predicted") for name, result in propagate(forms, rounded).items()}
    warm = scale_conductivity(
        x["first"].value, x["first_temperature"].value, claimed.value, x["second_temperature"].value
    )
    as_claimed = Quantity(float(warm), None, "conductivity", "predicted")
    thickness = built_in("latp-pb").separator.thickness
    pellet = propagate(
        lambda v: {"value": v["d"] / v["s"]}, {"d": thickness, "s": x["second"]}
    )["value"].quantity("area_specific_resistance", origin="assumed")  # fmt: skip
    points = [(x["first_temperature"], x["first"]), (x["second_temperature"], x["second"])]
    return Section(
        "Conductivity of the ceramic, by d/(R S)",
        "Two conductivities and an activation energy are printed together, and any two of the three give the third. "
        f"The line through the two points has {both['with_temperature']} by ln(σT), the form that the article names, "
        f"and {both['without']} by ln σ; with the printed {claimed} the ceramic would conduct "
        f"{as_claimed.to('S/cm'):.2g} S/cm at {x['second_temperature']}, not {x['second'].to('S/cm'):.3g}. natron uses "
        "the two points. No pellet is described, so that R and S cannot be had from the conductivities.",
        (
            Line("activation energy, ln(σT)", both["with_temperature"], "± from the digits printed"),
            Line("activation energy, ln σ", both["without"], "± from the digits printed"),
            Line("conductivity at 60 °C by the printed activation energy", as_claimed),
            Line("resistance of the pellet at 60 °C", pellet, f"{thickness}, assumed"),
        ),
        pictures=(
            (
                "Arrhenius plot of the conductivity", (14, 9),
                partial(arrhenius_audit, points, claimed, both["with_temperature"]),
            ),
        ),
        beside=(
            Beside("activation energy, ln(σT)", claimed, both["with_temperature"], 0.02),
            Beside("activation energy, ln σ", claimed, both["without"], 0.02),
            Beside("conductivity at 60 °C", x["second"], as_claimed, 0.02, note="from 30 °C and the printed energy"),
        ),
    )  # fmt: skip


def _with_rounding(q: Quantity) -> Quantity:
    return Quantity(q.value, q.rounding_uncertainty or None, q.kind, q.origin, "sd")


_LINES = (
    ("leakage", "electrons through the fresh layer"),
    ("capacity", "charge that spends the layer"),
    ("lasts", "the layer is spent after"),
    ("lasts_moving_front", "by a front that moves through it, after"),
    ("conductivity_to_last", "electronic conductivity to last 800 h, at most"),
    ("conductivity_to_even", "electronic conductivity to even out the current, at least"),
    ("even_over_last", "the second over the first"),
)


def _ladder() -> Section:
    from natron.plot.stability import ladder

    found = stability(stack_of_cell(built_in("latp-pb")))
    layer, ceramic = found.exposures
    lines = [Line(words, layer.figures[name]) for name, words in _LINES]
    lines += [
        Line("electrons into the ceramic through the spent layer", ceramic.figures["leakage"]),
        Line("ceramic reduced by them in 800 h", ceramic.figures["reduced_thickness"]),
    ]
    text = " ".join(found.statements)
    return Section(
        "The argument by potentials",
        f"{text} As it stands: {WORDS[found.shield]}. What was observed, long life and no titanium under the layer, "
        "asks for a layer or a film on it that hardly conducts electrons; the fluoride found there is one candidate, "
        "and no order of redox potentials is. The electronic conductivity of this layer is nowhere printed.",
        tuple(lines),
        pictures=(("ladder", (15, 10.5), partial(ladder, found)),),
    )


def _lifetime_inputs() -> dict[str, Quantity]:
    """What the three lifetimes are read with: cells and library, the rest of the cell by its own model."""
    cells = {name: built_in(f"latp-{name}") for name in ("bare", "il", "pb")}
    known, latp = parameters("interphase"), material("latp")
    of = model_parameters(cells["pb"])
    current = cells["pb"].measured.cycling_current or cells["pb"].operation.rate
    assert current is not None

    def rest(x: Mapping[str, Any]) -> dict[str, Any]:
        parts = steady_resistance(of.structure, of.numbers(x), current.value, contact_fraction=x["contact_start"])
        return {"value": 0.5 * sum(parts.values())}

    half = propagate(rest, of.values)["value"]
    origin = weakest_origin(of.values[name].origin for name in half.derivatives)
    capacity = propagate(
        lambda v: {"value": v["density"] * v["specific_capacity"]},
        {name: latp.property(name) for name in ("density", "specific_capacity")},
    )["value"].quantity("volumetric_capacity", origin="predicted")
    lifetimes = {name: cell.measured.lifetime for name, cell in cells.items()}
    polarisation = _input(built_in_claims(DOCUMENT), "polarisation", "claimed", "potential")
    found: dict[str, Quantity | None] = {
        "current": current,
        "rest_resistance": half.quantity("area_specific_resistance", origin=origin),
        "bare_lifetime": lifetimes["bare"],
        "wetted_lifetime": lifetimes["il"],
        "layered_lifetime": lifetimes["pb"],
        "layered_polarisation": polarisation,
        "layer_thickness": cells["pb"].interlayer[0].thickness,
        "ceramic_potential": latp.property("redox_potential"),
        "ceramic_capacity": capacity,
        **{name: known[name] for name in INPUTS if name in known},
    }
    return {name: q for name, q in found.items() if q is not None}


def symmetric_cells() -> tuple[Section, ...]:
    """Lifetimes as rates, and what tests them: the higher current, steps of the current, activation energies."""
    from natron.plot.interphase import activation_energy_courses, polarisation_courses

    inputs = _lifetime_inputs()
    x = {name: q.value for name, q in inputs.items()}
    aged = aged_faces(x)
    stays, conductivity = layered_that_stays(x, aged, STABLE_WITHIN.value)
    drawn, failed = drawn_rates(inputs, samples=SAMPLES)
    faces = {
        "bare": aged.bare,
        "wetted with ionic liquid": aged.wetted,
        "Prussian blue, the worst that > 800 h allow": aged.layered,
        f"Prussian blue, rising by {1e3 * STABLE_WITHIN.value:.0f} mV in 800 h": stays,
    }
    ends = [
        (x["bare_lifetime"], False),
        (x["wetted_lifetime"], False),
        (x["layered_lifetime"], True),
        (x["layered_lifetime"], True),
    ]
    calibrated = Section(
        "Symmetric cells at 60 °C and 25 MPa: lifetimes as rates",
        "Each lifetime fixes one rate of a growing interphase; nothing of this is a prediction. 150 h of the bare cell "
        "fix the growth constant, 350 h of the wetted one how long the liquid lasts, patch by patch, before the "
        "ceramic beneath falls dry and grows as the bare one does. More than 800 h only bound how well the layer may "
        f"conduct electrons once it is spent. A cell counts as failed at {inputs['failure_polarisation']} on one side, "
        "which is assumed, as are the resistances of fresh faces, the interphase's conductivity and how growth loosens "
        f"the contact: the rates move with them by the intervals given, over {SAMPLES} draws, {failed} of which allow "
        "no such cell. Ceramic and metal resist as in natron's model of the cell; a face that is linear in the current "
        "makes this exact for a symmetric cell.",
        _rate_lines(inputs, x, aged, conductivity, drawn),
        beside=_lifetimes_beside(inputs, aged),
        pictures=(
            (
                "polarisation over time", (15, 9.5),
                partial(
                    polarisation_courses, faces, x["rest_resistance"], x["current"], x["failure_polarisation"], ends
                ),
            ),
        ),
    )  # fmt: skip
    energies = (
        "activation energy against age", (15, 8),
        partial(activation_energy_courses, faces, [seconds for seconds, _ in ends]),
    )  # fmt: skip
    return (calibrated, _tests(inputs, x, aged), _energies(x, aged, stays, energies))


def rates_again(*, again: bool, progress: Callable[[str], None] | None = None) -> tuple[Section, ...]:
    """The rates of the symmetric cells, with many more draws of what is assumed; nothing unless asked for `again`.

    No rate of these cells ships as a number: each run finds them from the lifetimes. This tells how far their intervals
    hang on the number of draws.
    """
    if not again:
        return ()
    if progress is not None:
        progress("the rates of the symmetric cells")
    inputs = _lifetime_inputs()
    aged = aged_faces({name: q.value for name, q in inputs.items()})
    nominal = {
        "growth_constant": ("diffusivity", aged.bare.growth_constant_m2_s),
        "exhaustion_time": ("duration", aged.wetted.exhaustion_time_s),
        "largest_conductivity": ("electronic_conductivity", aged.largest_conductivity_S_m),
    }
    drawn, failed = drawn_rates(inputs, samples=RECALIBRATION_SAMPLES, seed=2)
    return (
        Section(
            "Rates of the symmetric cells, recalibrated",
            f"{RECALIBRATION_SAMPLES} draws of what is assumed, {failed} of which allow no such cell.",
            tuple(
                Line(name.replace("_", " "), Quantity(value, None, kind, "calibrated"), _interval(drawn[name], kind))
                for name, (kind, value) in nominal.items()
            ),
        ),
    )


def _interval(values: np.ndarray, kind: str) -> str:
    low, high = np.quantile(values, [0.05, 0.95])
    ends = [Quantity(float(v), None, kind) for v in (low, high)]
    return f"90 % of the draws: {ends[0]} to {ends[1]}"


def _rate_lines(
    inputs: Mapping[str, Quantity],
    x: Mapping[str, float],
    aged: Aged,
    conductivity: float,
    drawn: Mapping[str, np.ndarray],
) -> tuple[Line, ...]:
    known = parameters("interphase")
    energy, at = known["growth_energy"].value, known["growth_temperature"].value
    constant = aged.bare.growth_constant_m2_s
    back = 1 / growth_constant_m2_s(1.0, energy, built_in("latp-bare").operation.temperature.value, at)
    failed = float(aged.bare.thickness(x["bare_lifetime"]))
    return (
        Line(
            "growth constant at 60 °C, from 150 h", Quantity(constant, None, "diffusivity", "calibrated"),
            _interval(drawn["growth_constant"], "diffusivity"),
        ),
        Line(
            "the same at 25 °C", Quantity(constant * float(back), None, "diffusivity", "calibrated"),
            f"by {known['growth_energy']}, assumed; 1e-18 to 1e-16 m²/s were thought likely",
        ),
        Line("interphase when the bare cell fails", Quantity(failed, None, "length", "calibrated")),
        Line(
            "liquid spent after, from 350 h", Quantity(aged.wetted.exhaustion_time_s, None, "duration", "calibrated"),
            _interval(drawn["exhaustion_time"], "duration"),
        ),
        Line(
            "electronic conductivity of the spent layer, from > 800 h: at most",
            Quantity(aged.largest_conductivity_S_m, None, "electronic_conductivity", "calibrated"),
            _interval(drawn["largest_conductivity"], "electronic_conductivity"),
        ),
        Line(
            f"the same, if the voltage rose by less than {1e3 * STABLE_WITHIN.value:.0f} mV: at most",
            Quantity(conductivity, None, "electronic_conductivity", "calibrated"),
            'the article calls it "minimal and stable"',
        ),
        Line("ceramic and metal of one side", inputs["rest_resistance"]),
    )  # fmt: skip


def _lifetimes_beside(inputs: Mapping[str, Quantity], aged: Aged) -> tuple[Beside, ...]:
    def lasts(face: Any) -> Quantity:
        return Quantity(face.lifetime_s(aged.limit_ohm_m2), None, "duration", "calibrated")

    put_in = "put in: fixes the rate"
    return (
        Beside("lifetime, bare", inputs["bare_lifetime"], lasts(aged.bare), 0.01, note=put_in),
        Beside("lifetime, wetted", inputs["wetted_lifetime"], lasts(aged.wetted), 0.01, note=put_in),
        Beside(
            "lifetime, Prussian blue", inputs["layered_lifetime"], lasts(aged.layered), 0.01, bound=True,
            note="put in: only bounds the rate; natron's number is that at the bound",
        ),
        Beside(
            "voltage of one side, Prussian blue", inputs["layered_polarisation"],
            Quantity(
                inputs["current"].value
                * (inputs["rest_resistance"].value + aged.layered.fresh_resistance_ohm_m2),
                None, "potential", "calibrated",
            ),
            0.01, note="put in: fixes the resistance of the face",
        ),
    )  # fmt: skip


def _tests(inputs: Mapping[str, Quantity], x: Mapping[str, float], aged: Aged) -> Section:
    """What was not put in."""
    higher = lifetime_at_current_s(aged.layered, x, HIGHER.value)
    published = _input(built_in_claims(DOCUMENT), "higher-current", "claimed", "duration")
    fits = higher >= published.value
    note = (
        "at the largest conductivity that 800 h at the lower current allow; the run was stopped or printed at 300 h"
        if fits
        else "at the largest conductivity that 800 h at the lower current allow: this run then bounds it further"
    )
    steps = []
    for text in RATES:
        current = parse_quantity(text, "current_density")
        volts = current.value * (x["rest_resistance"] + aged.layered.fresh_resistance_ohm_m2)
        steps.append(
            Beside(
                f"voltage of one side at {text}", "no number is printed",
                Quantity(volts, None, "potential", "predicted" if text != RATES[1] else "calibrated"),
                note="from 60 mV at 0.05 mA/cm², which was put in; a linear face",
            )
        )  # fmt: skip
    bare = x["current"] * (x["rest_resistance"] + x["bare_resistance"])
    wet = x["current"] * (x["rest_resistance"] + x["wetted_resistance"])
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
            Beside(
                "voltage of one side at first, bare", "large, no number", Quantity(bare, None, "potential", "assumed")
            ),
            Beside(
                "voltage of one side at first, wetted", "lower, no number", Quantity(wet, None, "potential", "assumed")
            ),
        ),
    )  # fmt: skip


def _energies(x: Mapping[str, float], aged: Aged, stays: Face, picture: Any) -> Section:
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
        (
            line("wetted", aged.wetted, x["wetted_lifetime"]),
            line("Prussian blue, the worst that 800 h allow", aged.layered, x["layered_lifetime"]),
            line("Prussian blue, its voltage stable", stays, x["layered_lifetime"]),
            line("bare", aged.bare, x["bare_lifetime"]),
        ),
        pictures=(picture,),
    )
