"""The article on LATP and Prussian blue, computed: conductivity, the argument by potentials, its cells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from natron.cell import built_in
from natron.core import Quantity, parse_quantity
from natron.core.constants import BOLTZMANN_J_PER_K
from natron.core.uncertainty import log, propagate
from natron.interface.reactions.stability import WORDS, stability
from natron.interface.reactions.stack import stack_of_cell
from natron.materials import activation_energy, scale_conductivity
from natron.studies.claims import ClaimsFile, built_in_claims
from natron.studies.latp_full_cells import full_cells
from natron.studies.sections import Beside, Line, Section

DOCUMENT = "latp-prussian-blue"


def latp() -> tuple[Section, ...]:
    """Conductivity, ladder and full cells."""
    claims = built_in_claims(DOCUMENT)
    return (_conductivity(claims), _ladder(), *full_cells())


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
