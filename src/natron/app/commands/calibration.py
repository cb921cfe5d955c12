"""``natron calibrate interface`` and, with it, ``natron calibrate cell``."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from natron.app.commands.cell_calibration import calibrate_cell
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
    as_json: JsonOption = False,
) -> None:
    """Fit contact, void or shorting parameters to a table, with intervals, and say which it cannot tell."""
    from natron.interface.pairs import pair
    from natron.interface.shorts.calibration import COLUMNS
    from natron.interface.shorts.calibration import calibrate as run
    from natron.io.measured_tables import read_measured_table

    pressed = pair(metal, electrolyte)
    at = None if temperature is None else parse_quantity(temperature, "temperature")
    found = run(read_measured_table(data, COLUMNS), pressed, free=fit, temperature=at)
    if as_json:
        from natron.report.calibration import calibration

        print_json(calibration(found, data))
    else:
        from natron.app.screens.predictions import calibration as show

        show(found)
    warn(found.warnings)
    if found.status != "converged":
        raise typer.Exit(4)
