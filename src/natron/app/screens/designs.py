"""Design figures on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from natron.app.screens.terminal import bare, table_of, terminal
from natron.design import FIGURE_LABELS, Assessment, Figures, describe_area, figure_label, input_label


def design(result: Assessment) -> None:
    """A cell's assessment."""
    console = terminal()
    shown = result.cell
    console.print(f"[bold]{escape(shown.name)}[/]  {escape(shown.title or '')}")
    console.print(f"{describe_area(shown)}\n")
    _figures(console, result)
    _breakdown(console, result.theoretical)
    _sensitivities(console, result)
    if result.stages:
        console.print()
        table = table_of("What if, solids conserved", "Wh/l", "Wh/kg", "cathode")
        for stage in result.stages:
            f = stage.figures.values
            table.add_row(
                escape(stage.label),
                bare(f["volumetric_energy_density"]),
                bare(f["gravimetric_energy_density"]),
                str(f["cathode_thickness"]),
            )
        console.print(table)
    if result.inverse is not None:
        console.print(f"\n{escape(result.inverse.message)}.")


def _figures(console: Console, result: Assessment) -> None:
    columns = ["theoretical"] + (["measured"] if result.measured else [])
    table = table_of("Figure", *columns, "origin")
    for name in FIGURE_LABELS:
        values = [figures.values.get(name) for figures in (result.theoretical, result.measured) if figures is not None]
        if all(value is None for value in values):
            continue
        origins = {value.origin for value in values if value is not None}
        table.add_row(
            figure_label(name, result.cell),
            *(str(value) if value else "–" for value in values),
            "/".join(sorted(origins)),
        )
    if result.separator_resistance is not None:
        r = result.separator_resistance
        at = result.cell.operation.temperature
        table.add_row(f"Separator resistance at {at}", str(r), *([""] if result.measured else []), r.origin)
    console.print(table)
    if "packaged_volumetric_energy_density" in result.theoretical.values:
        console.print(
            "[dim]Figures leave out collectors and housing unless said; commercial cells are rated with both.[/]"
        )


def _breakdown(console: Console, figures: Figures) -> None:
    console.print()
    table = table_of("Layer", "thickness", "volume", "mass per area", "mass")
    for share in figures.breakdown:
        thickness = str(share.thickness) if share.thickness.value else "–"
        table.add_row(
            escape(share.label),
            thickness,
            f"{100 * share.volume_share:.1f} %",
            str(share.areal_mass),
            f"{100 * share.mass_share:.1f} %",
        )
    console.print(table)


def _sensitivities(console: Console, result: Assessment) -> None:
    for name, rows in result.sensitivities.items():
        console.print()
        table = table_of(f"{FIGURE_LABELS[name]} hangs on", "for +1 %", "for +1 u", "of variance", "Sobol total")
        for row in rows[:8]:
            uncertain = row.sobol_total is not None
            table.add_row(
                input_label(row.input),
                f"{row.elasticity:+.2f} %",
                f"{100 * row.effect / result.theoretical.values[name].value:+.1f} %" if uncertain else "–",
                f"{100 * row.variance_share:.0f} %" if uncertain else "–",
                f"{row.sobol_total:.2f}" if row.sobol_total is not None else "–",
            )
        console.print(table)
