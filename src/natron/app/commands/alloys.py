"""``natron alloy`` and ``natron evaporate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, Quantity, did_you_mean, parse_quantity
from natron.core.constants import ABSOLUTE_ZERO_DEGC

if TYPE_CHECKING:
    from natron.interface.alloys.evaporation import Evaporation

SYSTEMS = {"na-k": "Na-K", "k-na": "Na-K", "nak": "Na-K", "kna": "Na-K"}
"""Spellings of the one alloy natron knows."""


def alloy(
    system: Annotated[str, typer.Argument(help="Na-K.")],
    temperature: Annotated[str, typer.Option("--temperature", help='"25 °C".')] = "25 °C",
    film: Annotated[Optional[str], typer.Option("--film", help='Potassium film: "10 µm".')] = None,  # noqa: UP045
    capacity: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--capacity", help='Sodium the half step plates into it: "1.11 mAh/cm²".'),
    ] = None,
    exchange: Annotated[
        str, typer.Option("--exchange", help="Potassium lost into the ceramic per sodium plated.")
    ] = "0 %",
    contact_angle: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--contact-angle", help='Of the liquid on the ceramic: "60°".'),
    ] = None,
    gap: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--gap", help='A gap to be filled, with --contact-angle: "1 µm".'),
    ] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="The window from -20 to 60 °C too.")] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Draw the phase diagram and the film's course into this folder (SVG)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The sodium-potassium anode: what is liquid, and how much sodium a potassium film takes while it stays so."""
    from natron.interface.alloys.anode import alloy_anode, check_sweep
    from natron.report import alloys as to_json

    if system.lower().replace("_", "-") not in SYSTEMS:
        raise InputError(
            "natron knows the phase diagram of sodium and potassium alone", key="SYSTEM", given=system, allowed="Na-K",
            hint=did_you_mean(system, ["Na-K"]),
        )  # fmt: skip
    if gap is not None and contact_angle is None:
        raise InputError(
            "a gap is filled according to a contact angle", key="--gap", hint='Give --contact-angle "60°".'
        )
    if capacity is not None and film is None:
        # without a film the capacity still tells how thick one must be
        warn(["without --film only the potassium needed is computed"])
    at = parse_quantity(temperature, "temperature")
    asked: dict[str, Any] = {
        "film": None if film is None else parse_quantity(film, "length"),
        "capacity": None if capacity is None else parse_quantity(capacity, "areal_capacity"),
        "exchanged_share": parse_quantity(exchange, "share").value,
        "contact_angle_rad": None if contact_angle is None else parse_quantity(contact_angle, "angle").value,
        "gap": None if gap is None else parse_quantity(gap, "length"),
        "sweep_K": check_sweep(-20 - ABSOLUTE_ZERO_DEGC, 60 - ABSOLUTE_ZERO_DEGC, 5.0) if sweep else (),
    }
    with keeping(project) as keep:
        found = keep.result(
            "alloy",
            title=", ".join(["Na-K", str(at), *(str(asked[name]) for name in ("film", "capacity") if asked[name])]),
            inputs=None,
            settings={"temperature": at, **asked},
            work=lambda: alloy_anode(at, **asked),
            content=to_json.alloy,
        )
        if as_json:
            print_json(to_json.alloy(found))
        else:
            from natron.app.screens import alloys as screen

            screen.alloy(found)
            print(f"\n{to_json.HAZARD}")
        if out is not None:
            from natron.app.pictures import draw
            from natron.plot.alloys import anode_course, phase_diagram

            drawn = [draw(out, "na-k-phase-diagram", lambda ax: phase_diagram(found, ax=ax))]
            if found.course:
                drawn.append(draw(out, "na-k-film", lambda axes: anode_course(found, axes=axes), (15, 11), rows=2))
            keep.pictures(found, drawn)
        warn(found.warnings)


def evaporate(
    metal_name: Annotated[str, typer.Argument(metavar="METAL", help="K, Na or Li.")],
    film: Annotated[str, typer.Option("--film", help='Thickness wanted: "6.6 µm".')],
    source_temperature: Annotated[str, typer.Option("--source-temperature", help='"200 °C".')],
    distance: Annotated[str, typer.Option("--distance", help='Source to substrate: "10 cm".')],
    source_area: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--source-area", help='Open surface of the melt: "1 cm²".'),
    ] = None,
    source_angle: Annotated[
        str, typer.Option("--source-angle", help="Line of sight to the source's normal.")
    ] = "0 deg",
    substrate_angle: Annotated[str, typer.Option("--substrate-angle", help="The same at the substrate.")] = "0 deg",
    sticking: Annotated[Optional[str], typer.Option("--sticking", help='"95 %".')] = None,  # noqa: UP045
    substrate_temperature: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--substrate-temperature", help='"25 °C".'),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How long evaporating a film takes, and how fast the film leaves again in vacuum."""
    from natron.interface.alloys.evaporation import evaporate as run
    from natron.interface.metals import metal
    from natron.interface.pressing.pressed import HAZARD as HOT_METAL
    from natron.materials import parameters
    from natron.report import alloys as to_json

    known = parameters("evaporation")

    def given(text: str | None, name: str, kind: str) -> Quantity:
        return known[name] if text is None else parse_quantity(text, kind)

    conditions = {
        "source_temperature": parse_quantity(source_temperature, "temperature"),
        "distance": parse_quantity(distance, "length"),
        "source_area": given(source_area, "source_area", "area"),
        "source_angle": parse_quantity(source_angle, "angle"),
        "substrate_angle": parse_quantity(substrate_angle, "angle"),
        "sticking": given(sticking, "sticking", "share"),
        "coefficient": known["coefficient"],
        "substrate_temperature": given(substrate_temperature, "substrate_temperature", "temperature"),
    }
    of, wanted = metal(metal_name), parse_quantity(film, "length")
    hazard = to_json.HAZARD if of.symbol == "K" else HOT_METAL.format(metal=of.name)

    def content(found: Evaporation) -> dict[str, Any]:
        return to_json.evaporation(of, wanted, conditions, found, hazard)

    with keeping(project) as keep:
        found = keep.result(
            "evaporate",
            title=f"{wanted} of {of.name}, {conditions['source_temperature']}, {conditions['distance']}",
            inputs=of,
            settings={"film": wanted, **conditions},
            work=lambda: run(
                of,
                wanted,
                conditions["source_temperature"],
                conditions["distance"],
                conditions["source_area"],
                source_angle_rad=conditions["source_angle"].value,
                substrate_angle_rad=conditions["substrate_angle"].value,
                sticking=conditions["sticking"],
                coefficient=conditions["coefficient"],
                substrate_temperature=conditions["substrate_temperature"],
            ),
            content=content,
        )
        if as_json:
            print_json(content(found))
        else:
            from natron.app.screens import alloys as screen

            screen.evaporation(of, wanted, conditions, found)
            print(f"\n{hazard}")
        warn(found.warnings)
