"""What instrument files hold, on a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Column, Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.data import CyclingRecord, RecordedSpectrum
from natron.data.cycling import CYCLE, HALF_STEP, STEP_COUNT
from natron.io import Reading
from natron.report.measured import recorded

_MANY = 12
"""Spectra listed before the rest is counted."""


def reading(file: str, found: Reading) -> None:
    """What a file holds."""
    out = terminal()
    out.print(f"[bold]{escape(file)}[/]  {escape(found.format)}")
    if found.record is not None:
        out.print(_facts(found.record))
    spectra = recorded(found)
    if spectra:
        out.print(f"\n[bold]{_counted(len(spectra), 'spectrum', 'spectra')}[/]{_sample(found)}")
        out.print(_spectra(spectra[:_MANY]))
        if len(spectra) > _MANY:
            out.print(f"[dim]… and {len(spectra) - _MANY} more (--json lists all)[/]")
    if found.notes:
        out.print("\n[bold]Notes[/]")
        out.print(_notes(found.notes))


def converted(found: Reading, table: Path, beside: Path) -> None:
    """What was written."""
    out = terminal()
    rows = len(found.record) if found.record else sum(map(len, found.spectra))
    out.print(f"Wrote {escape(str(table))}: {rows} rows" + (", no record" if found.record is None else ""))
    what = ["provenance", "notes"]
    if found.record is not None:
        known = {"area": found.record.area_m2, "mass": found.record.mass_kg, "kind": found.record.kind}
        what = [*(name for name, value in known.items() if value is not None), *what]
    if found.spectra:
        what.append(_counted(len(found.spectra), "spectrum", "spectra"))
    out.print(f"Wrote {escape(str(beside))}: {', '.join(what)}")
    out.print(_notes(found.notes))


def _notes(notes: Sequence[str]) -> Table:
    """Notes, each under its own dot."""
    listed = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for note in notes:
        listed.add_row("  [dim]·[/]", escape(note))
    return listed


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _facts(record: CyclingRecord) -> Table:
    """Name and value, a line each."""
    table = record.table
    counts = [
        _counted(table[CYCLE].n_unique(), "cycle", "cycles"),
        _counted(int(table[HALF_STEP].to_numpy().max()), "half step", "half steps"),
    ]
    if STEP_COUNT in table.columns:
        counts.append(_counted(table[STEP_COUNT].n_unique(), "step", "steps") + " of the technique")
    cell = [
        f"area {Quantity(record.area_m2, None, 'area')}" if record.area_m2 else "no area",
        f"mass {Quantity(record.mass_kg, None, 'mass')}" if record.mass_kg else "no mass",
        record.kind or "kind not said",
    ]
    if record.working_electrode:
        cell.append(f"working electrode {record.working_electrode}")
    span = float(record.time_s[-1] - record.time_s[0])
    current = record.current_A
    scale, unit = _scale(float(abs(current).max()))
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("Record", f"{len(record)} rows over {_duration(span)}"),
        ("", ", ".join(counts)),
        ("Voltage", f"{record.voltage_V.min():.4f} to {record.voltage_V.max():.4f} V"),
        ("Current", f"{current.min() * scale:.4g} to {current.max() * scale:.4g} {unit} (positive charges)"),
        ("Cell", ", ".join(cell)),
    ):
        facts.add_row(f"  {name}", value)
    return facts


def _sample(found: Reading) -> str:
    """Area and thickness of what spectra alone were measured on, where they are known."""
    if found.record is not None:
        return ""
    first = found.spectra[0]
    known = (("area", first.area_m2, "area"), ("thickness", first.thickness_m, "length"))
    said = [f"{name} {Quantity(value, None, kind)}" for name, value, kind in known if value is not None]
    return f"  {', '.join(said)}" if said else ""


def _spectra(spectra: Sequence[RecordedSpectrum]) -> Table:
    columns: dict[str, list[str]] = {
        "  #": [f"  {item.index}" for item in spectra],
        "cycle": ["" if item.cycle is None else str(item.cycle) for item in spectra],
        "half step": ["" if item.half_step is None else str(item.half_step) for item in spectra],
        "time": ["" if item.time_s is None else _duration(item.time_s) for item in spectra],
        "points": [str(len(item.spectrum)) for item in spectra],
        "from / Hz": [f"{item.spectrum.frequency_Hz[0]:.4g}" for item in spectra],
        "to / Hz": [f"{item.spectrum.frequency_Hz[-1]:.4g}" for item in spectra],
        "T / °C": [
            "" if (kelvin := item.spectrum.temperature_K) is None else f"{kelvin - 273.15:.1f}" for item in spectra
        ],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    shown = Table(*[Column(name, justify="right") for name in filled], box=None, pad_edge=False, header_style="bold")
    for row in zip(*filled.values(), strict=True):
        shown.add_row(*row)
    return shown


def _duration(seconds: float) -> str:
    """A span of time in the unit a person would say it in."""
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def _scale(largest_A: float) -> tuple[float, str]:
    """What turns amperes into the unit in which the largest has one to three digits before the point."""
    if largest_A <= 0 or not math.isfinite(largest_A):
        return 1e3, "mA"
    return next((f, u) for f, u, least in ((1.0, "A", 1.0), (1e3, "mA", 1e-3), (1e6, "µA", 0.0)) if largest_A >= least)
