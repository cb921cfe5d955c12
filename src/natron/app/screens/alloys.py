"""Alloys and evaporation on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.interface.alloys.anode import AlloyAnode
from natron.interface.alloys.evaporation import Evaporation
from natron.interface.metals import Metal


def _pairs() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_column(overflow="fold", style="dim")
    return table


def alloy(found: AlloyAnode) -> None:
    """A sodium-potassium anode."""
    console = terminal()
    console.print(f"[bold]Na-K at {found.temperature}[/]  (x is the mole fraction of sodium)")
    table = _pairs()
    u = found.composition_uncertainty
    if found.window is not None:
        ends = (found.window.x_na_min, found.window.x_na_max)
        words = [f"{x:.3f}" + (f" ± {u:.3f}" if 0 < x < 1 else "") for x in ends]
        table.add_row("Wholly liquid", f"{words[0]} … {words[1]}", "predicted")
    table.add_row("Eutectic", str(found.eutectic_temperature), f"at x_K = {1 - found.eutectic.x_na:.3f}")
    table.add_row("Na₂K melts", str(found.peritectic_temperature), f"to liquid of x = {found.peritectic.x_na:.3f}")
    names = {
        "all_liquid_from": "All liquid from",
        "all_liquid_capacity": "All liquid up to",
        "film_thickness_per_areal_capacity": "Potassium needed",
    }
    for name, words_of in names.items():
        if name in found.figures:
            q = found.figures[name]
            table.add_row(words_of, str(q), q.origin)
    if found.film_needed is not None:
        table.add_row(f"Potassium for {found.capacity}", str(found.film_needed), found.film_needed.origin)
    if found.wetting is not None:
        table.add_row("The liquid", found.wetting.replace("_", " "), "by its contact angle on the ceramic")
    if found.pressure_into_gap is not None:
        table.add_row("Pressure into the gap", str(found.pressure_into_gap), "below zero: drawn in by itself; assumed")
    console.print(table)
    if found.course:
        console.print(f"\n[bold]Plating sodium into {found.film} of potassium[/]")
        rows = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("mAh/cm²", "x", "liquid", "V vs Na", "liquid layer", "solid layer", "solid"):
            rows.add_column(column, justify="left" if column == "solid" else "right")
        step = (len(found.course) - 1) // 10
        for point in found.course[::step]:
            rows.add_row(
                f"{point.capacity.shown_value:.3f}",
                f"{point.x_na:.3f}",
                f"{100 * point.liquid_fraction:.0f} %",
                "–" if point.potential is None else f"{1e3 * point.potential.value:.1f} mV",
                f"{point.liquid_thickness.shown_value:.1f} µm",
                f"{point.solid_thickness.shown_value:.1f} µm",
                point.solid,
            )
        console.print(rows)
    if found.sweep:
        console.print()
        rows = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("Temperature", "x from", "x to", "all liquid up to"):
            rows.add_column(column, justify="right")
        for kelvin, window, capacity in found.sweep:
            rows.add_row(
                f"{kelvin - 273.15:.0f} °C",
                "–" if window is None else f"{window.x_na_min:.3f}",
                "–" if window is None else f"{window.x_na_max:.3f}",
                "–" if capacity is None else str(capacity),
            )
        console.print(rows)


def evaporation(of: Metal, film: Quantity, conditions: Mapping[str, Quantity], found: Evaporation) -> None:
    """An evaporation."""
    console = terminal()
    console.print(f"[bold]{of.title}, {film}[/]")
    table = _pairs()
    for words, q in (
        ("Vapour pressure at the source", found.vapour_pressure),
        ("Loss of the source's surface", found.source_recession),
        ("Growth of the film", found.growth_rate),
        ("Time", found.time),
        ("Metal that must leave the source", found.source_mass),
        ("Re-evaporation of the film in vacuum", found.re_evaporation_rate),
    ):
        if q is None:
            table.add_row(words, "never", "nothing is deposited")
        else:
            table.add_row(words, str(q), q.origin)
    console.print(table)
    assumed = [f"{name.replace('_', ' ')} {q}" for name, q in conditions.items() if q.origin == "assumed"]
    if assumed:
        console.print(f"[dim]Assumed: {', '.join(assumed)}.[/]")
