"""Calibrations of a cell on a terminal."""

from __future__ import annotations

import math

from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.simulate import CellCalibration, Comparison, Fitted


def cell_calibration(found: CellCalibration) -> None:
    """Parameters with their intervals, which can be told, and how well data and held-out data are met."""
    console = terminal()
    style = "green" if found.status == "converged" else "bold red"
    console.print(
        f"[bold]{escape(found.before.cell.name)}[/]  [{style}]{found.status.replace('_', ' ')}[/]  "
        f"{escape(found.message)}"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Parameter", "fitted", "95 % interval", "before", ""):
        table.add_column(column, justify="left" if column in ("Parameter", "") else "right", overflow="fold")
    for one in found.parameters:
        ends = ["open" if end is None else str(Quantity(end, None, one.value.kind)) for end in (one.low, one.high)]
        table.add_row(escape(one.name), str(one.value), " … ".join(ends), str(one.before), _words(one))
    console.print(table)
    told = f"{found.condition:.3g}" if math.isfinite(found.condition) else "infinite"
    console.print(
        f"{found.residuals} values, reduced χ² {found.reduced_chi_squared:.3g}, condition of the scaled Jacobian {told}"
    )
    console.print()
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Measurement", "misfit / noise", "before", "voltage", "impedance", ""):
        shown.add_column(column, justify="left" if column in ("Measurement", "") else "right", overflow="fold")
    for each in found.comparisons:
        shown.add_row(*_row(each))
    console.print(shown)


def _words(one: Fitted) -> str:
    if not one.identifiable:
        words = "not identifiable" if one.sensitivity > 0 else "not identifiable: changes nothing here"
    else:
        words = ""
    if one.entangled_with:
        words += f"{'; ' if words else ''}only together with {', '.join(one.entangled_with)}"
    return escape(words)


def _row(each: Comparison) -> tuple[str, ...]:
    return (
        escape(each.experiment.name),
        _number(each.misfit),
        _number(each.misfit_before),
        "–" if each.voltage_V is None else _number(1e3 * each.voltage_V, " mV"),
        "–" if each.impedance_share is None else _number(100 * each.impedance_share, " %"),
        f"held out: {each.verdict.replace('_', ' ')}" if each.verdict else "",
    )


def _number(value: float, unit: str = "") -> str:
    return f"{value:.3g}{unit}" if math.isfinite(value) else "not reached"
