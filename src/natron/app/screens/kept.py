"""Kept results on a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import format_number
from natron.report.kept import Row
from natron.store import Entry, Exported, Kept, Number

_MANY = 40
"""Lines shown before the rest is counted."""


def entries(found: Sequence[Entry], numbers: Mapping[str, Number] | None) -> None:
    """A list of results, the newest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("ID", "Command", "Of", "Kept (UTC)", "Status", *([] if numbers is None else ["Number"])):
        table.add_column(column, overflow="fold", no_wrap=column in ("ID", "Command", "Kept (UTC)"))
    for entry in found[:_MANY]:
        number = [] if numbers is None else [_number(numbers[entry.id])]
        kept = entry.kept[:16].replace("T", " ")
        table.add_row(entry.short, entry.command, escape(entry.title), kept, entry.status or "", *number)
    terminal().print(table if found else "Nothing is kept here that fits.")
    if len(found) > _MANY:
        terminal().print(f"[dim]… and {len(found) - _MANY} more (--json lists all; words narrow it down)[/]")


def shown(kept: Kept, wherever: Mapping[str, str | None]) -> None:
    """One result: where it came from, with what it was computed, its numbers."""
    out, entry = terminal(), kept.entry
    out.print(f"[bold]{escape(entry.command)}[/]  {escape(entry.title)}")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("id", entry.id)
    table.add_row("kept", f"{entry.kept[:19].replace('T', ' ')} UTC by natron {entry.code}")
    if entry.status:
        table.add_row("status", entry.status)
    for raw in entry.raws:
        place = wherever[raw.sha256]
        gone = "[bold]no longer what was analysed, or gone[/]; its table is kept"
        table.add_row("from", f"{escape(raw.name)}, SHA-256 {raw.sha256[:12]}…: {escape(place) if place else gone}")
    for key, value in entry.settings.items():
        if value not in (None, False, [], {}):
            table.add_row("with", escape(f"{key} = {value if isinstance(value, str) else json.dumps(value)}"))
    if entry.figures:
        table.add_row("pictures", escape(", ".join(entry.figures)))
    out.print(table)
    numbers = kept.numbers
    if numbers:
        listed = Table(box=None, pad_edge=False, header_style="bold")
        listed.add_column("Quantity", overflow="fold")
        listed.add_column("Value", justify="right", no_wrap=True)
        for number in numbers[:_MANY]:
            listed.add_row(escape(number.place), _number(number))
        out.print(listed)
    if len(numbers) > _MANY:
        out.print(f"[dim]… and {len(numbers) - _MANY} more numbers (--json has all)[/]")


def compared(results: Sequence[Kept], rows: Sequence[Row]) -> None:
    """Results side by side."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Quantity", overflow="fold")
    for kept in results:
        table.add_column(escape(f"{kept.entry.title}\n{kept.entry.short}"), justify="right", overflow="fold")
    unequal = [row for row in rows if row.differs]
    shown = (unequal or rows)[:_MANY]
    for row in shown:
        table.add_row(escape(row.place), *("" if number is None else _number(number) for number in row.numbers))
    terminal().print(table)
    if len(unequal) > _MANY:
        terminal().print(f"[dim]… and {len(unequal) - _MANY} more that differ (--only NAME picks; --json has all)[/]")
    if equal := len(rows) - len(unequal):
        which = f"{equal} quantities are the same" if unequal else "Nothing differs: all quantities are the same"
        terminal().print(f"[dim]{which} (--json has all)[/]")


def exported(found: Exported) -> None:
    """What an export holds."""
    out = terminal()
    out.print(f"Wrote {escape(str(found.folder))}: {found.results} results, {found.files} instrument files")
    for line in found.left_out:
        out.print(f"  left out: {escape(line)}")


def _number(number: Number) -> str:
    value, spread = format_number(number.value, number.uncertainty)
    text = value if spread is None else f"{value} ± {spread}"
    return text if number.unit == "1" else f"{text} {number.unit}"
