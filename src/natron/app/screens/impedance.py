"""Impedance on a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity, format_number
from natron.eis import DRTResult, FitParameter, KKResult, ReplicateCells, Replicates, Selection
from natron.plot.eis_series import course_labels
from natron.report.told import (
    FitReport,
    SeriesReport,
    arcs_in_words,
    conductivity_25C,
    symmetric_in_words,
    tie_in_words,
)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, overflow="fold", justify="left" if i == 0 else "right")
    return table


def fit(one: FitReport) -> None:
    """One fit."""
    out, result = terminal(), one.result
    out.print(
        f"\n[bold]{escape(one.file)}[/] [{one.index}]  {escape(str(result.circuit))}  "
        f"{result.status.replace('_', ' ')}, χ²/ν {result.chi2_reduced:.3g}"
    )
    table = _table("Parameter", "value", "± 1 s.e.", "unit", *(["per area"] if one.normalised else []))
    for name, p in result.parameters.items():
        row = [name, *_shown(p), p.unit if p.unit != "1" else ""]
        if one.normalised is not None:
            areal = one.normalised.areal.get(name)
            row.append(_areal(areal) if areal else "")
        table.add_row(*row)
    out.print(table)
    if one.symmetric is not None:
        for words in one.symmetric.words:
            out.print(escape(words))
    _meaning(out, one)
    for note in one.notes:
        out.print(f"[dim]{escape(note)}[/]")
    if one.selection is not None:
        _selection(out, one.selection)


def _areal(q: Quantity) -> str:
    if q.uncertainty is not None and not math.isfinite(q.uncertainty):
        return f"{replace(q, uncertainty=None)} ± not known"
    return str(q)


def _meaning(out: Console, one: FitReport) -> None:
    for assignment in one.meaning.assignments.values():
        out.print(escape(assignment.words))
    if one.meaning.high_frequency is not None:
        out.print(escape(one.meaning.high_frequency.words))


def _selection(out: Console, selection: Selection) -> None:
    for reason in selection.reasons:
        out.print(f"[dim]{escape(reason)}[/]")
    others = [str(one.circuit) for one in selection.runners_up[:3]]
    if others:
        out.print(f"[dim]Runners-up: {escape(', '.join(others))}[/]")


def replicates(cells: ReplicateCells, parts: Mapping[str, Replicates]) -> None:
    """Spread over cells of one make."""
    out = terminal()
    out.print(f"\n[bold]Over {next(iter(cells.parameters.values())).n} cells[/]")
    table = _table("", "mean", "SD", "SE", "95 % interval of the mean", "unit")
    for each in (*cells.parameters.values(), *cells.areal.values(), *parts.values()):
        unit, factor = ("Ω cm²", 1e4) if each.unit == "ohm.m2" else (each.unit, 1.0)
        low, high = (end * factor for end in each.interval)
        table.add_row(
            each.name.replace("_resistance", ""),
            f"{each.mean * factor:.4g}",
            f"{each.standard_deviation * factor:.2g}",
            f"{each.standard_error * factor:.2g}",
            f"{low:.3g} to {high:.3g}",
            "" if unit == "1" else unit,
        )
    out.print(table)


def _shown(p: FitParameter) -> tuple[str, str]:
    if p.fixed:
        return f"{p.value:.5g}", "fixed"
    if not math.isfinite(p.uncertainty):
        return f"{p.value:.3g}", "not known"
    if 1e-3 <= abs(p.value) < 1e6:
        value, error = format_number(p.value, p.uncertainty)
        return value, error or "0"
    return f"{p.value:.4g}", f"{p.uncertainty:.2g}"


def check(file: str, index: int, result: KKResult) -> None:
    """One Kramers–Kronig test."""
    out = terminal()
    word = "[green]passed[/]" if result.passed else f"[bold red]{result.status.replace('_', ' ')}[/]"
    out.print(
        f"[bold]{escape(file)}[/] [{index}]  {word}: residual {100 * result.rms:.2g} % rms of |Z| "
        f"(limit {100 * result.limit:.2g} %), noise {100 * result.noise:.2g} %, {result.elements} elements"
    )
    for text in result.warnings:
        out.print(f"  {escape(text)}")


def drt(file: str, index: int, result: DRTResult) -> None:
    """One distribution of relaxation times."""
    out = terminal()
    out.print(
        f"\n[bold]{escape(file)}[/] [{index}]  {result.status.replace('_', ' ')}, λ = {result.lambda_:.2g} "
        f"({result.criterion}), R = {result.series_resistance_ohm:.4g} Ω, polarisation {result.polarisation_ohm:.4g} Ω"
    )
    table = _table("Frequency / Hz", "τ / s", "R / Ω", "± / Ω", "C / F", "in window")
    for peak in result.peaks:
        table.add_row(
            f"{peak.frequency_Hz:.3g}",
            f"{peak.tau_s:.3g}",
            f"{peak.resistance_ohm:.4g}",
            f"{peak.uncertainty_ohm:.2g}",
            f"{peak.capacitance_F:.3g}",
            "yes" if peak.in_window else "no",
        )
    out.print(table)
    for text in result.warnings:
        out.print(f"  {escape(text)}")


def series(report: SeriesReport) -> None:
    """A series."""
    out, result = terminal(), report.result
    out.print(f"[bold]{escape(str(result.circuit))}[/] by {result.by}: {len(result.fits)} spectra")
    resistances = [name for name, p in result.fits[0].parameters.items() if p.unit == "ohm"]
    table = _table(result.by, *[f"{name} / Ω" for name in resistances], "χ²/ν", "status")
    for place, one in zip(course_labels(result), result.fits, strict=True):
        cells = [" ± ".join(_shown(one.parameters[name])) for name in resistances]
        table.add_row(place, *cells, f"{one.chi2_reduced:.2g}", one.status.replace("_", " "))
    out.print(table)
    _laws(out, report)
    for name in result.growing:
        trend = result.trends[name]
        out.print(
            f"{name} grows by {trend.growth:.3g} Ω ({100 * trend.relative_growth:.0f} %), p = {trend.p_value:.2g}"
        )
    for text in (*arcs_in_words(report), *symmetric_in_words(report)):
        out.print(escape(text))
    for hint in report.constriction.values():
        out.print(escape(hint.words))


def _laws(out: Console, report: SeriesReport) -> None:
    result = report.result
    if not result.arrhenius:
        return
    table = _table("Resistance", "E_A by ln σT / eV", "by ln σ / eV", "σ at 25 °C", "from")
    for name, law in result.arrhenius.items():
        sigma = None if report.geometry is None else conductivity_25C(law, report.geometry)
        table.add_row(
            name,
            " ± ".join(_shown(law.activation_energy)),
            " ± ".join(_shown(law.activation_energy_ln_sigma)),
            str(sigma) if sigma is not None else "–",
            "tied fit" if law.tied else "separate fits",
        )
    out.print(table)
    words = tie_in_words(result)
    if words:
        out.print(escape(words))
