"""A cycling analysis on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.cycling import Cycle, CyclingAnalysis, Polarisation, Pulse
from natron.io import Reading

_MANY = 40
"""Rows of a table printed before the middle is left out."""


def cycling(files: Sequence[str], reading: Reading, analysis: CyclingAnalysis) -> None:
    """One test."""
    out, record = terminal(), analysis.record
    out.print(f"\n[bold]{escape(' + '.join(files))}[/]  {escape(reading.format)}")
    facts = [
        _counted(len(record), "row"),
        _counted(len(analysis.half_steps), "half step"),
        _counted(len(analysis.cycles), "cycle"),
        f"{_counted(len(analysis.spectra), 'spectrum', 'spectra')} inside",
    ]
    if record.area_m2 is not None:
        facts.append(f"area {Quantity(record.area_m2, None, 'area')}")
    if record.mass_kg is not None:
        facts.append(f"mass {Quantity(record.mass_kg, None, 'mass')}")
    out.print(", ".join(facts))
    if analysis.cycles:
        out.print(f"Efficiency: {escape(analysis.pairing_words)}; impedance steps left out")
        if analysis.formation:
            out.print(f"Formation: cycles {_span(analysis.formation)}")
        out.print()
        out.print(_cycles(analysis))
    if analysis.polarisation is not None:
        _polarisation(out, analysis.polarisation)
    if analysis.pulses:
        _titration(out, analysis.pulses)
    if analysis.events:
        out.print("\n[bold]Events[/]")
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("Kind", "cycle", "half step", "time / h", "conf.", "evidence"):
            table.add_column(title, overflow="fold", justify="left" if title in ("Kind", "evidence") else "right")
        for event in analysis.events[:_MANY]:
            table.add_row(
                event.kind.replace("_", " "),
                str(event.cycle or ""),
                str(event.half_step or ""),
                f"{event.time_s / 3600:.3f}",
                f"{event.confidence:.2g}",
                escape(event.evidence),
            )
        out.print(table)
        if len(analysis.events) > _MANY:
            out.print(f"[dim]… and {len(analysis.events) - _MANY} more (--json lists all)[/]")
    notes = [*reading.notes, *analysis.notes]
    if notes:
        out.print("\n[bold]Notes[/]")
        for note in notes:
            out.print(f"  [dim]·[/] {escape(note)}", soft_wrap=True)


def _cycles(analysis: CyclingAnalysis) -> Table:
    areal, massive = analysis.record.area_m2 is not None, analysis.record.mass_kg is not None
    unit = "mAh/cm²" if areal else "mAh/g" if massive else "mAh"
    symmetric = analysis.pairing == "second_over_first"
    names = ("plating +", "plating −") if symmetric else ("charge", "discharge")
    table = Table(box=None, pad_edge=False, header_style="bold")
    with_spectra = bool(analysis.spectra) or bool(analysis.rows.spectral.any())
    impedance = ["CE with EIS", "spectra"] if with_spectra else []
    titles = ["Cycle", f"{names[0]} / {unit}", f"{names[1]} / {unit}", "CE / %", "EE / %", "kept / %", "ΔV̄ / V",
              "I+ / mA", "I− / mA", *impedance, "flags"]  # fmt: skip
    for title in titles:
        table.add_column(title, justify="left" if title == "flags" else "right", overflow="fold")
    scale = 1e3 / (analysis.record.area_m2 * 1e4) if analysis.record.area_m2 is not None else 1e3
    if not areal and analysis.record.mass_kg is not None:
        scale = 1.0 / analysis.record.mass_kg
    cycles = list(analysis.cycles)
    for one in cycles if len(cycles) <= _MANY else [*cycles[: _MANY // 2], None, *cycles[-_MANY // 2 :]]:
        table.add_row(*(_cycle(one, scale, with_spectra=with_spectra) if one is not None else ["…"]))
    return table


def _cycle(one: Cycle, scale: float, *, with_spectra: bool) -> list[str]:
    impedance = [_number(one.coulombic_efficiency_with_eis, 100, ".2f"), str(one.spectra or "")]
    return [
        str(one.cycle),
        _number(one.charge_capacity_Ah, scale, ".5g"),
        _number(one.discharge_capacity_Ah, scale, ".5g"),
        _number(one.coulombic_efficiency, 100, ".2f"),
        _number(one.energy_efficiency, 100, ".1f"),
        _number(one.retention, 100, ".1f"),
        _number(one.polarisation_V, 1, ".4f"),
        _number(one.charge_current_A, 1e3, ".4g"),
        _number(one.discharge_current_A, 1e3, ".4g"),
        *(impedance if with_spectra else []),
        ", ".join(flag.replace("_", " ") for flag in one.flags),
    ]


def _titration(out: Console, pulses: Sequence[Pulse]) -> None:
    out.print(f"\n[bold]Titration[/]  {len(pulses)} pulses; open circuit after each, relaxed or (…) still moving")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("capacity / mAh", "U / V", "ΔE_s / mV", "ΔE_t / mV", "R² over √t", "D / (m²/s)"):
        table.add_column(title, justify="right")
    for k, one in enumerate(pulses):
        if len(pulses) > _MANY and _MANY // 2 <= k < len(pulses) - _MANY // 2:
            if k == _MANY // 2:
                table.add_row("…")
            continue
        voltage = f"{one.open_circuit_V:.4f}"
        diffusion = one.diffusion_coefficient_m2_s
        table.add_row(
            f"{one.capacity_Ah * 1e3:.4g}",
            voltage if one.relaxed else f"({voltage})",
            f"{one.step_V * 1e3:.3g}",
            f"{one.transient_V * 1e3:.3g}",
            f"{one.linearity:.3f}",
            "" if diffusion is None else f"{diffusion:.2g}" + ("" if one.short else " (pulse too long)"),
        )
    out.print(table)


def _polarisation(out: Console, found: Polarisation) -> None:
    out.print("\n[bold]DC polarisation[/]  current that stays at held voltage")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("V", "h", "I end / A", "I steady / A", "± / A", "steady state", "σ / (S/cm)"):
        table.add_column(title, justify="right")
    for hold in found.holds:
        table.add_row(
            f"{hold.voltage_V:.4g}",
            f"{hold.duration_s / 3600:.3g}",
            f"{hold.current_end_A:.3g}",
            "" if hold.current_A is None else f"{hold.current_A:.3g}",
            "" if hold.uncertainty_A is None else f"{hold.uncertainty_A:.1g}",
            hold.steady_state.replace("_", " "),
            "" if hold.conductivity_S_m is None else f"{hold.conductivity_S_m / 100:.2g}",
        )
    out.print(table)
    if found.conductivity_S_m is not None:
        plus = 0.0 if found.conductivity_uncertainty_S_m is None else found.conductivity_uncertainty_S_m
        out.print(
            f"Electronic conductivity {found.conductivity_S_m / 100:.3g} ± {plus / 100:.1g} S/cm "
            f"(steady state {found.steady_state.replace('_', ' ')}), if the electrodes block the ions"
        )
    elif found.steady_state == "not_steady":
        out.print("No steady state: no conductivity. Hold longer.")
    else:
        out.print("Give --area and --thickness for a conductivity.")


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _number(value: float | None, scale: float, spec: str) -> str:
    return "" if value is None else format(value * scale, spec)


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
