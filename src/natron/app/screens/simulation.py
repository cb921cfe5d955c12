"""Simulated runs and spectra on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.data import Spectrum
from natron.simulate import LABELS, Breakdown, ModelParameters, Run, breakdowns

if TYPE_CHECKING:
    from natron.cycling import Cycle, CyclingAnalysis

MOST_CYCLES = 12
"""Cycles listed; of more, the first and the last."""


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table


def _head(of: ModelParameters, what: str) -> str:
    at = f"{of.values['temperature']}, {of.values['pressure']}"
    return f"[bold]{escape(of.cell.name)}[/]  {escape(what)}  [dim]{at}[/]"


def run(result: Run, analysis: CyclingAnalysis) -> None:
    """A run: its cycles, what limited it, whether all was done."""
    console = terminal()
    console.print(_head(result.parameters, result.protocol.title or result.protocol.name))
    if analysis.cycles:
        console.print()
        console.print(_cycles(analysis))
    found = breakdowns(result)
    if found:
        console.print()
        console.print(_losses(found))
        last = found[-1]
        console.print(f"What limits this cell now: [bold]{LABELS[last.largest]}[/].")
    if result.record.spectra:
        console.print()
        table = _table("Spectrum", "cycle", "charged", "Ω cm² at the highest", "at the lowest frequency")
        for one in result.record.spectra:
            table.add_row(str(one.index), str(one.cycle or "–"), *_ends(one.spectrum))
        console.print(table)
    done = f"{result.steps_done} of {result.steps_asked} steps"
    style = "green" if result.completed else "bold red"
    console.print(
        f"\n[{style}]{result.status}[/]  {done}, {result.record.time_s[-1] / 3600:.1f} h. {escape(result.message)}"
    )
    for note in result.notes:
        console.print(f"[dim]{escape(note)}[/]")


def _ends(found: Spectrum) -> tuple[str, str, str]:
    area = (found.area_m2 or 1.0) * 1e4
    share = "–" if found.state_of_charge is None else f"{100 * found.state_of_charge:.1f} %"
    return share, f"{found.impedance_ohm[0].real * area:.1f}", f"{found.impedance_ohm[-1].real * area:.1f}"


def _cycles(analysis: CyclingAnalysis) -> Table:
    table = _table("Cycle", "charge mAh/cm²", "discharge mAh/cm²", "efficiency")
    listed = list(analysis.cycles)
    if len(listed) > MOST_CYCLES:
        listed = [*listed[: MOST_CYCLES // 2], *listed[-MOST_CYCLES // 2 :]]
    for i, one in enumerate(listed):
        if len(analysis.cycles) > MOST_CYCLES and i == MOST_CYCLES // 2:
            table.add_row("…")
        table.add_row(str(one.cycle), *_cycle(one, analysis))
    return table


def _cycle(one: Cycle, analysis: CyclingAnalysis) -> tuple[str, str, str]:
    area = analysis.record.area_m2
    charge, discharge = one.charge_capacity_Ah, one.discharge_capacity_Ah
    shown = ["–" if value is None or area is None else f"{value * 0.1 / area:.3f}" for value in (charge, discharge)]
    efficiency = one.coulombic_efficiency
    return shown[0], shown[1], "–" if efficiency is None else f"{100 * efficiency:.2f} %"


def _three(value: float) -> str:
    """Three digits, and nothing of what is nothing."""
    return "0" if abs(value) < 1e-3 else f"{value:.3g}"


def _losses(found: tuple[Breakdown, ...]) -> Table:
    chosen = [found[0]] if len(found) == 1 else [found[0], found[-1]]
    names = [f"half step {one.half_step}" for one in chosen]
    table = _table("Half-way through", *(f"{name}, Ω cm²" for name in names), f"{names[-1]}, mV")
    for part in found[0].resistance_ohm_m2:
        table.add_row(
            LABELS[part],
            *(_three(1e4 * one.resistance_ohm_m2[part]) for one in chosen),
            _three(1e3 * chosen[-1].loss_V[part]),
        )
    table.add_row(
        "[bold]all[/]",
        *(f"[bold]{1e4 * one.total_ohm_m2:.1f}[/]" for one in chosen),
        f"[bold]{1e3 * sum(chosen[-1].loss_V.values()):.1f}[/]",
    )
    return table


def impedance(of: ModelParameters, found: Spectrum, after_cycle: int | None, status: str, message: str) -> None:
    """A spectrum: its ends."""
    console = terminal()
    when = "of the fresh cell" if after_cycle is None else f"after cycle {after_cycle}"
    console.print(_head(of, f"impedance {when}"))
    table = _table("Points", "from", "to", "charged", "Ω cm² at the highest", "at the lowest")
    high, low = (Quantity(float(found.frequency_Hz[i]), None, "frequency") for i in (0, -1))
    table.add_row(str(len(found)), str(high), str(low), *_ends(found))
    console.print(table)
    if status != "completed":
        console.print(f"[bold red]{status}[/]  {escape(message)}")


def parameters(of: ModelParameters) -> None:
    """Every parameter of a cell's model with where it comes from."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Parameter", "Value", "Origin", "Source or note"):
        table.add_column(column, overflow="fold", no_wrap=column in ("Parameter", "Origin"))
    for name, q in sorted(of.values.items()):
        origin = q.origin + (f" {q.confidence}" if q.confidence else "")
        table.add_row(escape(name), str(q), origin, escape("; ".join(part for part in (q.source, q.note) if part)))
    terminal().print(table)
