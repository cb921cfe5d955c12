"""Impedance on a terminal."""

from __future__ import annotations

import math
from typing import Any

from rich.markup import escape
from rich.table import Table

from natron.app.screen import terminal
from natron.core import format_number
from natron.eis import DRTResult, FitParameter, FitResult, KKResult, Meaning, Normalised, Selection, SeriesResult
from natron.io import Reading


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, overflow="fold", justify="left" if i == 0 else "right")
    return table


def reading(file: str, found: Reading) -> None:
    """What a file holds."""
    out = terminal()
    out.print(f"[bold]{escape(file)}[/]  {escape(found.format)}")
    for note in found.notes:
        out.print(f"  {escape(note)}")
    if found.record is not None:
        record = found.record
        rows = record.table.height
        span = float(record.time_s[-1] - record.time_s[0]) if rows else 0.0
        out.print(f"Record: {rows} rows over {span / 3600:.3g} h, {len(record.table.columns)} columns")
    for i, spectrum in enumerate(found.spectra):
        f = spectrum.frequency_Hz
        at = "" if spectrum.temperature_K is None else f", {spectrum.temperature_K - 273.15:.1f} °C"
        out.print(f"Spectrum {i}: {len(f)} points, {f[0]:.4g} to {f[-1]:.4g} Hz{at}")
    if found.record is None and not found.spectra:
        out.print("There is neither a record nor a spectrum in it.")


def fit(
    file: str,
    index: int,
    result: FitResult,
    normalised: Normalised | None,
    meaning: Meaning,
    selection: Selection | None,
) -> None:
    """One fit."""
    out = terminal()
    out.print(
        f"\n[bold]{escape(file)}[/] [{index}]  {escape(str(result.circuit))}  "
        f"{result.status.replace('_', ' ')}, χ²/ν {result.chi2_reduced:.3g}"
    )
    table = _table("Parameter", "value", "± 1 s.e.", "unit", "per area")
    for name, p in result.parameters.items():
        areal = normalised.areal.get(name) if normalised else None
        table.add_row(name, *_shown(p), p.unit if p.unit != "1" else "", str(areal) if areal else "")
    out.print(table)
    for assignment in meaning.assignments.values():
        out.print(escape(assignment.words))
    if meaning.high_frequency is not None:
        out.print(escape(meaning.high_frequency.words))
    if selection is not None:
        for reason in selection.reasons:
            out.print(f"[dim]{escape(reason)}[/]")
        others = [str(one.circuit) for one in selection.runners_up[:3]]
        if others:
            out.print(f"[dim]Runners-up: {escape(', '.join(others))}[/]")


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


def series(result: SeriesResult) -> None:
    """A series."""
    out = terminal()
    out.print(f"[bold]{escape(str(result.circuit))}[/] by {result.by}: {len(result.fits)} spectra")
    resistances = [name for name, p in result.fits[0].parameters.items() if p.unit == "ohm"]
    table = _table(f"{result.by} / {result.course_unit}", *[f"{name} / Ω" for name in resistances], "status")
    for value, one in zip(result.course, result.fits, strict=True):
        cells = [" ± ".join(_shown(one.parameters[name])) for name in resistances]
        table.add_row(f"{value:.5g}", *cells, one.status.replace("_", " "))
    out.print(table)
    _laws(out, result)
    for name in result.growing:
        trend = result.trends[name]
        out.print(
            f"{name} grows by {trend.growth:.3g} Ω ({100 * trend.relative_growth:.0f} %), p = {trend.p_value:.2g}"
        )


def _laws(out: Any, result: SeriesResult) -> None:
    if not result.arrhenius:
        return
    table = _table("Resistance", "E_A by ln σT / eV", "by ln σ / eV", "from")
    for name, law in result.arrhenius.items():
        table.add_row(
            name,
            " ± ".join(_shown(law.activation_energy)),
            " ± ".join(_shown(law.activation_energy_ln_sigma)),
            "tied fit" if law.tied else "separate fits",
        )
    out.print(table)
    if result.tie is not None:
        words = "accepted" if result.tie.accepted else f"rejected ({result.tie.culprit}: {result.tie.what})"
        out.print(f"Tie over temperature {words}, p = {result.tie.p_value:.2g}")
