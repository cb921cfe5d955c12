"""``natron press`` and ``natron foil``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, Quantity, format_number, parse_quantity

if TYPE_CHECKING:
    from natron.interface import FoilPressing, Pressing

MetalOption = Annotated[str, typer.Option("--metal", help="Na, K or Li.")]
TemperatureOption = Annotated[str, typer.Option("--temperature", help='Of pressing: "97 °C".')]
PressureOption = Annotated[str, typer.Option("--pressure", help='Mean pressure: "10 MPa".')]
TimeOption = Annotated[str, typer.Option("--time", help='Of pressing: "60 s".')]
SetOption = Annotated[
    Optional[list[str]],  # noqa: UP045  (typer reads it at run time)
    typer.Option("--set", help='Change a parameter: gas_pressure="0.1 MPa". May be repeated.'),
]


def _texts(pairs: list[str] | None) -> dict[str, object]:
    """``name=value`` texts to a mapping."""
    changes: dict[str, object] = {}
    for pair in pairs or []:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name or not value:
            raise InputError("--set takes name=value", given=pair, allowed='such as --set gas_pressure="0.1 MPa"')
        changes[name] = value
    return changes


def _picture(path: Path, picture: Callable[..., Any], size: tuple[float, float] = (18, 12)) -> Path:
    """A picture in the file that the user named."""
    from natron.app.pictures import draw

    if path.suffix != ".svg":
        raise InputError("the picture is an SVG file", given=str(path), allowed="a name that ends in .svg")
    return draw(path.parent, path.stem, picture, size)


def _conditions(temperature: str, pressure: str, time: str) -> dict[str, Quantity]:
    return {
        "temperature": parse_quantity(temperature, "temperature"),
        "pressure": parse_quantity(pressure, "pressure"),
        "time": parse_quantity(time, "time"),
    }


def _of(conditions: Mapping[str, Quantity]) -> str:
    return ", ".join(map(str, conditions.values()))


def press(
    temperature: TemperatureOption,
    pressure: PressureOption,
    time: TimeOption,
    metal: MetalOption = "Na",
    electrolyte: Annotated[
        str, typer.Option("--electrolyte", help="A solid electrolyte by name or formula.")
    ] = "nzsp-tape",
    thickness: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--thickness", help='Of the electrolyte: "110 ± 5 µm"; without it a pellet\'s is assumed.'),
    ] = None,
    resistance_at: Annotated[
        str, typer.Option("--resistance-at", help="Temperature at which the interface's resistance is given.")
    ] = "25 °C",
    intensity: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--ultrasound", help='Intensity of a sonotrode: "10 W/cm²"; needs --softening.'),
    ] = None,
    softening: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--softening", help="β of acoustic softening, flow stress times 1 − β√I, in (cm²/W)^½."),
    ] = None,
    change: SetOption = None,
    draw_map: Annotated[
        bool, typer.Option("--map", help="Draw temperature against pressure, with the window.")
    ] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Where the map goes (default: press-METAL-ELECTROLYTE.svg here)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Press a metal onto a ceramic: contact, interface resistance, and whether it leaks, cracks or leaves voids."""
    from natron.interface import pair, pressing_map
    from natron.interface import press as run
    from natron.report.pressing import pressing_json

    if out is not None and not draw_map:
        raise InputError("--out names the file of --map", given=str(out), hint="Add --map.")
    pressed = pair(
        metal,
        electrolyte,
        thickness=None if thickness is None else parse_quantity(thickness, "length"),
        changes=_texts(change),
    )
    conditions = _conditions(temperature, pressure, time)
    asked: dict[str, Any] = {
        "resistance_at_K": parse_quantity(resistance_at, "temperature").value,
        "ultrasound_intensity": None if intensity is None else parse_quantity(intensity, "intensity"),
        "softening_coefficient": softening,
    }
    with keeping(project) as keep:
        found = keep.result(
            "press",
            title=f"{pressed.metal.name} on {pressed.electrolyte}, {_of(conditions)}",
            inputs=pressed,
            settings={**conditions, **asked},
            work=lambda: run(pressed, *conditions.values(), **asked),
            content=pressing_json,
            status=lambda found: found.outcome,
        )
        path = out or Path(f"press-{found.pair.metal.name}-{found.pair.electrolyte}.svg")
        if draw_map:
            from natron.plot.pressing import pressing_window

            drawn = pressing_map(
                found.pair, found.time, resistance_at_K=found.resistance_temperature.value, softening=found.softening
            )
            label = f"{found.temperature}, {found.pressure}: {found.outcome.replace('_', ' ')}"
            picture = partial(pressing_window, drawn, [(found.temperature, found.pressure, label)])
            keep.pictures(found, [_picture(path, picture)])
        if as_json:
            print_json({**pressing_json(found), "map": str(path) if draw_map else None})
        else:
            _show_pressing(found)
            if draw_map:
                print(f"\nMap: {path.resolve()}")
            print(f"\n{found.hazard}")
        warn(found.warnings)


def foil(
    temperature: TemperatureOption,
    pressure: PressureOption,
    time: TimeOption,
    metal: MetalOption = "Na",
    radius: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--radius", help='Of the disc: "4 mm", which is assumed without it.'),
    ] = None,
    start: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--start", help='Thickness before pressing: "1 mm", which is assumed without it.'),
    ] = None,
    squeeze: Annotated[
        Literal["fixed_radius", "fixed_volume", "slip"],
        typer.Option(
            "--squeeze",
            help="fixed_radius: sticking, metal leaves the platens; fixed_volume: the disc spreads under a constant "
            "force; slip: no friction.",
        ),
    ] = "fixed_radius",
    change: SetOption = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Also draw thickness against time to this SVG file."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Squeeze a metal between platens: thickness against time."""
    from natron.interface import press_foil
    from natron.report.pressing import foil_json

    conditions = _conditions(temperature, pressure, time)
    asked: dict[str, Any] = {
        "radius": None if radius is None else parse_quantity(radius, "diameter"),
        "start_thickness": None if start is None else parse_quantity(start, "length"),
        "squeeze": squeeze,
        "changes": _texts(change),
    }
    with keeping(project) as keep:
        found = keep.result(
            "foil",
            title=f"{metal} foil, {_of(conditions)}",
            inputs=metal,
            settings={**conditions, **asked},
            work=lambda: press_foil(metal, *conditions.values(), **asked),
            content=foil_json,
        )
        if out is not None:
            from natron.plot.pressing import foil_thickness

            keep.pictures(found, [_picture(out, partial(foil_thickness, found), (15, 10))])
        if as_json:
            print_json(foil_json(found))
        else:
            _show_foil(found)
            if out is not None:
                print(f"\nPicture: {out.resolve()}")
            print(f"\n{found.hazard}")
        warn(found.warnings)


NEGLIGIBLE = 1e-6
"""Uncertainty over value below which a ± is left out on the screen."""

SMALLEST = 1e-3
"""Picometres and microseconds: below, a gap or a time is only said to be smaller."""

_OUTCOMES = {
    "safe": "safe: good contact, solid metal",
    "insufficient_contact": "insufficient contact: voids stay",
    "leaks": "leaks: the metal is liquid",
    "cracks": "cracks: the ceramic breaks",
}


def _show_pressing(found: Pressing) -> None:
    from rich.markup import escape

    from natron.app.screens.terminal import terminal

    console = terminal()
    where = f"{found.temperature}, {found.pressure}, {found.time}"
    console.print(f"[bold]{escape(found.pair.metal.title)} on {escape(found.pair.electrolyte)}[/]  {where}")
    style = "green" if found.outcome == "safe" else "bold red"
    cracking = found.cracking
    ceramic = ", ceramic not judged" if cracking is None else ", whole ceramic" if found.outcome == "safe" else ""
    console.print(f"Outcome: [{style}]{_OUTCOMES[found.outcome]}{ceramic}[/]\n")
    rows: list[tuple[str, Quantity | None]] = [
        ("contact fraction", found.contact_fraction),
        (f"interface resistance at {found.resistance_temperature}", found.interface_resistance),
        ("mean gap left", found.residual_gap),
        ("finest pore filled, if not wetted (radius)", found.smallest_pore),
        ("isolated gaps close within", found.closure_time),
        ("lowest pressure for the required contact", found.lowest_pressure),
    ]
    if cracking is not None:
        deciding = "the bow pressed flat" if cracking.decided_by == "warp" else "places without backing"
        rows += [
            ("bending stress by the bow", cracking.warp_stress),
            ("bending stress where nothing backs it", cracking.span_stress),
            (f"ceramic breaks at (decided by {deciding})", cracking.fracture_pressure),
        ]
    _rows(console, rows)
    if cracking is not None:
        console.print(f"\nChance that the ceramic breaks: {100 * cracking.probability:.2g} %")
    _show_assumed(console, found.assumed)


def _show_foil(found: FoilPressing) -> None:
    from rich.markup import escape

    from natron.app.screens.terminal import terminal

    console = terminal()
    where = f"{found.temperature}, {found.pressure}, {found.time}, {found.squeeze.replace('_', ' ')}"
    console.print(f"[bold]{escape(found.metal.title)} foil[/]  {where}\n")
    rows: list[tuple[str, Quantity | None]] = [
        ("thickness", found.thickness),
        ("share pressed out beyond the platens", found.extruded),
        ("radius of the disc", found.radius),
        ("thickness before", found.start_thickness),
    ]
    _rows(console, rows)
    if found.slope is not None:
        console.print(f"\nThickness tends to time to the power {found.slope:.3f}: ever slower.")
    _show_assumed(console, found.assumed, "--set, --radius, --start")


def _rows(console: Any, rows: list[tuple[str, Quantity | None]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for column in ("What", "Value", "Origin"):
        table.add_column(column, overflow="fold", no_wrap=column != "What")
    for label, q in rows:
        if q is not None:
            table.add_row(label, _shown(q), q.origin)
    console.print(table)


def _shown(q: Quantity) -> str:
    """A quantity in the unit that keeps its digits: lengths below 0.1 µm in nm, times below 0.1 s in ms."""
    spread = q.uncertainty if q.uncertainty and q.uncertainty > NEGLIGIBLE * abs(q.value) else None
    finer = {"length": (1e-7, 1e9, "nm"), "time": (0.1, 1e3, "ms")}
    if q.kind in finer:
        limit, per_unit, unit = finer[q.kind]
        if 0 < q.value + (spread or 0.0) < SMALLEST / per_unit:
            return f"below {SMALLEST:g} {unit}"
        if 0 < q.value < limit:
            number, plus_minus = format_number(q.value * per_unit, None if spread is None else spread * per_unit)
            return f"{number} ± {plus_minus} {unit}" if plus_minus else f"{number} {unit}"
    return str(replace(q, uncertainty=spread))


def _show_assumed(console: Any, assumed: Mapping[str, Quantity], by: str = "--set") -> None:
    from rich.markup import escape

    if assumed:
        console.print(f"\nAssumed (change with {by}):")
        for name, q in assumed.items():
            console.print(f"  {name} = {q}" + (f"   {escape(q.note)}" if q.note else ""), style="dim")
