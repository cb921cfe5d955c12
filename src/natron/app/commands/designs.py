"""``natron design``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, did_you_mean, parse_quantity


def changes_of(pairs: list[str] | None) -> dict[str, object]:
    """``key=value`` texts to a mapping."""
    changes: dict[str, object] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise InputError("--set takes key=value", given=pair, allowed='such as --set separator.thickness="30 µm"')
        changes[key.strip()] = value.strip()
    return changes


def design(
    cell: Annotated[str, typer.Argument(help="A built-in cell or a cell file.")],
    change: Annotated[
        Optional[list[str]],  # noqa: UP045  (typer reads it at run time)
        typer.Option("--set", help='Change a value: separator.thickness="30 µm". May be repeated.'),
    ] = None,
    what_if: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--what-if",
            help='A step, solids conserved: "activation = 100 %", "porosity = 30 %", "reservoir = 0 µm", '
            '"separator = 30 µm", "active = lfp". May be repeated; each builds on the one before.',
        ),
    ] = None,
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--target", help='A wanted figure: "volumetric_energy_density = 450 Wh/l".'),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", help="The input that may change to reach --target.")
    ] = "separator.thickness",
    consistent: Annotated[bool, typer.Option("--consistent", help="Derive all from loading and thickness.")] = False,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--report", help="Also write an HTML report to this file."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Design figures of a cell: capacity, thicknesses, energy densities, what they hang on."""
    from natron.design import FIGURE_KINDS, assess, parse_step
    from natron.io.descriptions import load_cell
    from natron.report.as_json import design as design_json

    wanted = None
    if target is not None:
        figure, _, text = (part.strip() for part in target.partition("="))
        if figure not in FIGURE_KINDS:
            raise InputError(
                "--target takes a figure and its value",
                given=target,
                allowed='such as "volumetric_energy_density = 450 Wh/l"',
                hint=did_you_mean(figure, FIGURE_KINDS),
            )
        wanted = (figure, parse_quantity(text, FIGURE_KINDS[figure]), by)
    described = load_cell(cell, changes_of(change))
    steps = [parse_step(step) for step in what_if or []]
    with keeping(project) as keep:
        result = keep.result(
            "design",
            title=described.name,
            inputs=described,
            settings={"consistent": consistent, "what_if": steps, "target": wanted},
            work=lambda: assess(described, consistent=consistent, steps=steps, target=wanted),
            content=design_json,
        )
        if report is not None:
            from natron.io.descriptions import write_new_file
            from natron.report.html import design_page

            write_new_file(report, design_page(result))
        if as_json:
            print_json(design_json(result))
        else:
            from natron.app.screens import designs as screen

            screen.design(result)
            if report is not None:
                print(f"Report: {report.resolve()}")
        warn(result.warnings)
