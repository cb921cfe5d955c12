"""Current constriction on a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.constriction import Assessment, BodySpectrum, Spreading
from natron.core import Quantity


def _table() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    return table


def assessment(
    found: Assessment, title: str, assumed: Mapping[str, Quantity], spectrum: BodySpectrum | None = None
) -> None:
    """A body that was solved."""
    console, body, solution = terminal(), found.body, found.solution
    n = " × ".join(str(count) for count in body.conductivity_S_m.shape)
    console.print(f"[bold]{escape(title)}[/]  {n} voxels, {100 * body.contact_top.mean():.3g} % contact")
    if solution.status != "converged":
        console.print(f"[bold red]{solution.status.replace('_', ' ')}[/]: {escape(solution.advice)}")
    else:
        table, area = _table(), body.area_m2
        error = None if found.error_estimate_ohm is None else found.error_estimate_ohm * area
        grid = "one grid: what it errs is not estimated" if error is None else "two grids, drawn on"

        def shown(value: float, kind: str, u: float | None = None) -> str:
            return str(Quantity(value, u, kind, "predicted"))

        whole = found.area_specific_resistance_ohm_m2
        table.add_row("Resistance, per area", shown(whole, "area_specific_resistance", error), grid)
        if found.constriction_ohm_m2 is not None:
            table.add_row(
                "of this by constriction", shown(found.constriction_ohm_m2, "area_specific_resistance", error), ""
            )
        table.add_row("Effective conductivity", shown(found.conductivity_S_m, "conductivity"), "contacts included")
        if found.local is not None:
            share = 100 * found.local.hot_share
            table.add_row(
                "Hot-spot factor", f"{found.local.hot_spot_factor:.2f}",
                f"over the contact's mean, exceeded on {share:g} % of the contact",
            )  # fmt: skip
        table.add_row("Iterations", str(solution.iterations), f"top and bottom agree to {solution.balance:.1e}")
        console.print(table)
    if spectrum is not None:
        _spectrum(spectrum, body.area_m2)
    if assumed:
        console.print("\nAssumed:")
        for name, q in assumed.items():
            console.print(f"  {name} = {q}" + (f"   {escape(q.note)}" if q.note else ""), style="dim")


def _spectrum(found: BodySpectrum, area: float) -> None:
    console = terminal()
    console.print(f"\n[bold]Spectrum[/]  {found.status.replace('_', ' ')} {escape(found.advice)}")
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Hz", "Re Z / Ω cm²", "−Im Z / Ω cm²", "phase / °", "iterations"):
        rows.add_column(column, justify="right")
    for f, z, count in zip(found.spectrum.frequency_Hz, found.spectrum.impedance_ohm, found.iterations, strict=True):
        per_area = z * area * 1e4
        phase = math.degrees(math.atan2(z.imag, z.real))
        rows.add_row(f"{f:.4g}", f"{per_area.real:.5g}", f"{-per_area.imag:.5g}", f"{phase:.2f}", str(count))
    console.print(rows)


def spreading(pattern: str, share: float, ratio: float, found: Spreading, resistance: Quantity | None) -> None:
    """What the table says."""
    console = terminal()
    console.print(f"[bold]{pattern}[/]  {100 * share:g} % contact, scale over thickness {ratio:g}")
    table = _table()
    table.add_row("R_con σ / scale", f"{found.resistance:.4g} ± {found.error:.1g}", "")
    if resistance is not None:
        table.add_row("Constriction resistance", str(resistance), resistance.origin)
    table.add_row(
        "Hot-spot factor", f"{found.hot_spot_factor:.2f} ± {found.hot_spot_error:.1g}",
        "over the contact's mean, exceeded on a tenth of the contact",
    )  # fmt: skip
    console.print(table)
