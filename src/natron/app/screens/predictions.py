"""Predictions on a terminal."""

from __future__ import annotations

from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.interface.shorts.calibration import Calibration
from natron.interface.shorts.prediction import Batch, Prediction

_SHOWN = 8


def ccd(found: Prediction, liquid_capacity: Quantity | None) -> None:
    """A predicted critical current."""
    console = terminal()
    console.print(f"[bold]{found.bench.cell}[/]  {found.protocol.words}")
    last = Quantity(float(found.protocol.levels_A_m2[-1]), None, "current_density")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "median", "90 % of the cells", "happens in", "at the nominal parameters"):
        table.add_column(column, justify="left" if not column else "right")
    for words, spread, nominal in (
        ("Contact lost to voids at", found.contact_loss, found.nominal_contact_loss),
        ("Short through a flaw at", found.short, found.nominal_short),
        ("Critical current, the first of both", found.end, found.nominal_end),
    ):
        table.add_row(
            words,
            _or_beyond(spread.median, last),
            f"{_or_beyond(spread.low, last)} … {_or_beyond(spread.high, last)}",
            f"{100 * spread.share:.0f} %",
            _or_beyond(nominal.median, last) if nominal.share else "never",
        )
    console.print(table)
    if found.weibull_modulus is not None:
        console.print(f"Weibull modulus of one batch: {found.weibull_modulus:.1f}")
    if liquid_capacity is not None:
        console.print(f"The potassium film stays liquid up to {liquid_capacity}.")
    _dominates(found)


def survival(found: Prediction, batch: Batch) -> None:
    """A predicted survival."""
    console = terminal()
    console.print(f"[bold]{found.bench.cell}[/]  {found.protocol.words}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "mean", "90 % of the draws", "at the nominal parameters"):
        table.add_column(column, justify="left" if not column else "right")
    for words, course in (("Alive at the end", found.alive), ("Flaws alone, no voids", found.short_free)):
        nominal, mean, low, high = (100 * float(x) for x in course[:, -1])
        table.add_row(words, f"{mean:.1f} %", f"{low:.1f} … {high:.1f} %", f"{nominal:.1f} %")
    console.print(table)
    console.print(f"Of {batch.cells} cells {batch.mean:.1f} live; in 90 % of such batches {batch.low} to {batch.high}.")
    _dominates(found)


def _or_beyond(q: Quantity | None, last: Quantity) -> str:
    return f"> {last}" if q is None else str(q)


def _dominates(found: Prediction) -> None:
    console = terminal()
    moving = [effect for effect in found.effects if effect.swing > 0]
    console.print("\n[bold]What dominates[/]")
    if not moving:
        console.print("No uncertain parameter alone moves it from the nominal outcome.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Parameter", "from", "to", "outcome from", "to", "origin"):
        table.add_column(column, justify="left" if column in ("Parameter", "origin") else "right")
    for effect in moving[:_SHOWN]:
        ends = []
        for at in (effect.at_low, effect.at_high):
            if at is None:
                ends.append("beyond")
            elif found.outcome == "survival":
                ends.append(f"{100 * at:.1f} %")
            else:
                ends.append(str(Quantity(at, None, "current_density")))
        name = effect.name.replace("_", " ")
        table.add_row(name, str(effect.low), str(effect.high), *ends, effect.low.origin)
    console.print(table)
    if found.assumed:
        names = ", ".join(name.replace("_", " ") for name in found.assumed)
        console.print(f"[dim]Rests on assumptions: {names}. Nothing here is a measured critical current.[/]")


def calibration(found: Calibration) -> None:
    """Parameters fitted to a table."""
    console = terminal()
    console.print(f"[bold]{found.kind.replace('_', ' ')}[/]  {found.rows} rows, {found.status.replace('_', ' ')}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Parameter", "fitted", "95 % interval", "before", ""):
        table.add_column(column, justify="left" if column in ("Parameter", "") else "right")
    for one in found.parameters:
        ends = ["open" if end is None else str(Quantity(end, None, one.value.kind)) for end in (one.low, one.high)]
        words = "" if one.identifiable else "not identifiable"
        table.add_row(one.name.replace("_", " "), str(one.value), " … ".join(ends), str(one.start), words)
    console.print(table)
