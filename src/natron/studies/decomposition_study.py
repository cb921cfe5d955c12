"""Sodium's decomposition layer on NZSP: what about 1 Ω cm² of it means, and how slowly it must grow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from natron.cell import built_in, changed
from natron.core import InputError, Quantity, parse_quantity, weakest_origin
from natron.core.uncertainty import propagate
from natron.interface.reactions.interphase import growth_constant_of_lifetime, thickness_m
from natron.interface.reactions.stability import WORDS, stability
from natron.interface.reactions.stack import stack_of_cell
from natron.materials import parameters
from natron.simulate import Run, model_parameters, parse_protocol, run
from natron.studies.claims import built_in_claims
from natron.studies.sections import Beside, Line, Section, Setting

DOCUMENT = "lowack2025"
PAIR = "sodium|nzsp-tape"
CELL = "lowack2025-symmetric"

EACH_WAY = parse_quantity("5 h", "duration")
CURRENT = parse_quantity("0.05 mA/cm²", "current_density")


def decomposition_layer() -> tuple[Section, ...]:
    """The layer's resistance beside the measured interface, its growth in the time that a cell was cycled."""
    claim = next(c for c in built_in_claims(DOCUMENT).claim if c.id == "interface-near-decomposition-limit")
    measured = parse_quantity(str(claim.claimed), "area_specific_resistance", origin="literature")
    layer = parse_quantity(str(claim.inputs["value"]), "area_specific_resistance", origin="literature")
    known = parameters(PAIR)
    hours = _cycled()
    left = propagate(lambda x: {"value": x["whole"] - x["layer"]}, {"whole": measured, "layer": layer})["value"]
    bound = _bound(layer, hours, known)
    lines = [
        Line(
            "left for charge transfer and contact", left.quantity("area_specific_resistance", origin="predicted"),
            "the measured interface less the layer; within its uncertainty nothing",
        ),
        Line("conductivity of a layer of 10 nm that resists so", bound["conductivity"], "the thickness is assumed"),
        Line("time that cell 2 was cycled", hours, "four formation cycles and seventy, by their charges and currents"),
        Line(
            "resistance then, did it grow as lithium's on LATP does", bound["as_latp"],
            f"at the growth constant found there, carried to 30 °C: {bound['latp']}",
        ),
    ]  # fmt: skip
    judged = stability(stack_of_cell(built_in(CELL)))
    shipped = known["growth_constant"]
    found: tuple[Beside, ...] = ()
    pictures: tuple[Any, ...] = ()
    try:
        result = _simulated(hours)
    except InputError as error:
        if "PyBaMM" not in error.problem:
            raise
        note = f" Growth is not simulated here: {error.problem}. {error.hint or ''}".rstrip()
    else:
        from natron.plot.simulation import losses

        start, end = (_face(result, row) for row in (0, -1))
        note = ""
        found = (
            Beside("decomposition layer as assembled", layer, start, 0.02, note="put in: fixes its conductivity"),
            Beside(
                f"its growth in {hours}", known["visible_growth"],
                Quantity(end.value - start.value, None, "area_specific_resistance", "calibrated"), 0.02,
                note="put in: what would have shown, assumed; only bounds the rate",
            ),
        )  # fmt: skip
        pictures = (("what the symmetric cell loses", (17, 8.5), partial(losses, result)),)
    return (
        Section(
            "Sodium's decomposition layer on NZSP",
            f"{judged.statements[0]} As it stands: {WORDS[judged.shield]}; NZSP's potential is assumed, "
            f"{judged.stack.ceramic.values['potential']}. About {layer} of one interface are ascribed to decomposition "
            "by Ortmann et al. (2023, DOI 10.1002/aenm.202202712), as the paper quotes them, and the paper finds "
            f"{measured} at 30 °C. So the layer alone may be all of it. It cannot be one that goes on growing as "
            "lithium's on LATP does: in the time that cell 2 was cycled only another resistance grew, which bounds the "
            "growth constant. What forms must hold electrons up, and stops by itself. Its thickness is not known; "
            "resistance and thickness give its conductivity as a quotient alone. The same equations as for LATP: "
            "natron simulate lowack2025-symmetric --set interphase.side=both." + note,
            tuple(lines),
            settings=(
                Setting(
                    "growth of the layer, at most",
                    (("interphase growth constant", shipped, bound["growth_constant"]),),
                    found[1:],
                ),
                Setting(
                    "ions through the layer",
                    (("interphase conductivity", known["conductivity"], bound["conductivity"]),),
                    found[:1],
                ),
            ),
            beside=(
                Beside(
                    "interface at 30 °C, of decomposition alone", measured, layer.stamped(origin="literature"),
                    _share(measured, layer), note="within twice the uncertainty of what was measured",
                ),
            ),
            pictures=pictures,
        ),
    )  # fmt: skip


def _share(measured: Quantity, other: Quantity) -> float:
    """Deviation that the uncertainty of two numbers allows, as a share of the first."""
    return 2 * float(np.hypot(measured.standard_uncertainty, other.standard_uncertainty)) / measured.value


def _cycled() -> Quantity:
    """How long cell 2 was under current."""
    of = built_in("lowack2025-cell2").measured
    assert of.formation_current and of.cycling_current and of.discharge_capacity  # noqa: PT018
    assert of.first_cycling_capacity and of.last_cycling_capacity and of.formation_cycles and of.cycles  # noqa: PT018
    cycling = 0.5 * (of.first_cycling_capacity.value + of.last_cycling_capacity.value)
    seconds = 2 * of.formation_cycles * of.discharge_capacity.value / of.formation_current.value
    seconds += 2 * of.cycles * cycling / of.cycling_current.value
    return Quantity(seconds, None, "duration", "predicted")


def _bound(layer: Quantity, hours: Quantity, known: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """The layer's conductivity, the growth constant that would just have shown, and LATP's growth on this layer."""
    start = known["start_thickness"].value
    conductivity = start / layer.value
    grown = start + known["visible_growth"].value * conductivity
    constant = growth_constant_of_lifetime(grown, hours.value, start)
    latp = model_parameters(built_in("latp-bare"), temperature_K=303.15).numbers()["negative_growth_constant"]
    as_latp = float(thickness_m(hours.value, latp, start)) / conductivity
    origin = weakest_origin((layer.origin, known["start_thickness"].origin))
    return {
        "conductivity": Quantity(conductivity, None, "conductivity", origin),
        "growth_constant": Quantity(constant, None, "diffusivity", "calibrated"),
        "as_latp": Quantity(as_latp, None, "area_specific_resistance", "assumed"),
        "latp": Quantity(latp, None, "diffusivity", "assumed"),
    }


def _simulated(hours: Quantity) -> Run:
    """The paper's symmetric cell with the layer, as long as cell 2 was cycled."""
    cell = changed(built_in(CELL), {"interphase.side": "both"})

    def way(direction: str, seconds: float) -> str:
        return f'{{ {direction} = "{CURRENT}", until = "{seconds:.6g} s" }}'

    times, rest = divmod(hours.value, 2 * EACH_WAY.value)
    both = ", ".join(way(direction, EACH_WAY.value) for direction in ("charge", "discharge"))
    text = f"[[step]]\nrepeat = {int(times)}\nsteps = [{both}]\n"
    text += f"[[step]]\nrepeat = 1\nsteps = [{way('charge', rest)}]"
    # the pressure on these cells is not printed, nor so what stripping does to them
    return run(model_parameters(cell, off=("voids",)), parse_protocol(text, name="as long as cell 2 was cycled"))


def _face(result: Run, row: int) -> Quantity:
    """Resistance of the layer on one side in a row under current."""
    flowing = np.flatnonzero(np.abs(result.course.current_density_A_m2) > 0)
    at = flowing[row]
    value = result.course.loss_V["interphase"][at] / (2 * result.course.current_density_A_m2[at])
    return Quantity(float(value), None, "area_specific_resistance", "calibrated")
