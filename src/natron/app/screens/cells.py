"""Cells and materials on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import VERDICT_STYLE, terminal
from natron.cell import Cell, quantities_of
from natron.core import Quantity
from natron.design import Check, describe_area, input_label
from natron.materials import Material


def cells(all_cells: Sequence[Cell]) -> None:
    """A list of cells."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Cell", "Kind", "Title"):
        table.add_column(column, overflow="fold", no_wrap=column != "Title")
    for cell in all_cells:
        table.add_row(cell.name, cell.kind, escape(cell.title or ""))
    terminal().print(table)


def materials(shown: Sequence[Material]) -> None:
    """A list of materials."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Material", "Class", "Title", "Known of it"):
        table.add_column(column, overflow="fold", no_wrap=column in ("Material", "Class"))
    for material in shown:
        known = ", ".join(key.replace("_", " ") for key in material.values())
        table.add_row(escape(material.name), material.material_class, escape(material.title), known)
    terminal().print(table)


def cell(shown: Cell) -> None:
    """Every value of a cell and of the materials in it."""
    console = terminal()
    console.print(f"[bold]{escape(shown.name)}[/]  {escape(shown.title or '')}")
    if shown.note:
        console.print(escape(shown.note))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Key", "Value", "Origin", "Source or note"):
        table.add_column(column, overflow="fold", no_wrap=column == "Origin")
    for key, q in quantities_of(shown).items():
        _value_row(table, key, q)
    for material in shown.materials_used():
        table.add_row("")
        table.add_row(f"[bold]{escape(material.name)}[/]", "", "", escape(material.title))
        for key, q in material.values().items():
            _value_row(table, key.replace("_", " "), q)
    console.print(table)


def _value_row(table: Table, key: str, q: Quantity) -> None:
    origin = q.origin + (f" {q.confidence}" if q.confidence else "")
    table.add_row(escape(key), str(q), origin, escape("; ".join(part for part in (q.source, q.note) if part)))


def checked(shown: Cell, found: Sequence[Check]) -> None:
    """The checks of a cell file."""
    console = terminal()
    console.print(f"{escape(shown.name)}: a valid cell. {describe_area(shown)}")
    for check in found:
        console.print(
            f"[{VERDICT_STYLE[check.verdict]}]{check.verdict:10}[/] {input_label(check.name)}: {escape(check.message)}"
        )
