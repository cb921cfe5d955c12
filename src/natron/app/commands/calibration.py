"""``natron calibrate interface`` and, with it, ``natron calibrate cell``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from natron.app.commands.cell_calibration import calibrate_cell
from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import parse_quantity

calibrate = typer.Typer(help="Calibrate assumed parameters to measurements.", no_args_is_help=True)


@calibrate.callback()
def _group() -> None:
    """Calibrate assumed parameters to measurements."""


calibrate.command("cell")(calibrate_cell)


@calibrate.command("interface")
def calibrate_interface(
    data: Annotated[str, typer.Option("--data", help="A CSV table; names as 'Pressure / MPa'.")],
    metal: Annotated[str, typer.Option("--metal", help="Na, K, Li.")] = "Na",
    electrolyte: Annotated[str, typer.Option("--electrolyte", help="A solid electrolyte.")] = "nzsp-tape",
    temperature: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--temperature", help='Of all rows, where the table has no such column: "25 °C".'),
    ] = None,
    fit: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--fit", help="A parameter to fit, repeatable; else those that are assumed."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit contact, void or shorting parameters to a table, with intervals, and say which it cannot tell."""
    from natron.interface.pairs import pair
    from natron.interface.shorts.calibration import COLUMNS
    from natron.interface.shorts.calibration import calibrate as run
    from natron.io.measured_tables import read_measured_table
    from natron.report.calibration import calibration

    pressed = pair(metal, electrolyte)
    at = None if temperature is None else parse_quantity(temperature, "temperature")
    with keeping(project) as keep:
        measured = read_measured_table(data, COLUMNS)
        found = keep.result(
            "calibrate interface",
            title=f"{pressed.metal.name} on {pressed.electrolyte}, {Path(data).name}",
            inputs=[pressed, measured],
            settings={"fit": fit, "temperature": at},
            files=[keep.note(data)],
            work=lambda: run(measured, pressed, free=fit, temperature=at),
            content=lambda found: calibration(found, data),
            status=lambda found: found.status,
        )
        if as_json:
            print_json(calibration(found, data))
        else:
            from natron.app.screens.predictions import calibration as show

            show(found)
        warn(found.warnings)
        if found.status != "converged":
            raise typer.Exit(4)
