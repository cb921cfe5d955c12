"""What all screens share: the console, its tables, the colours of verdicts."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

VERDICT_STYLE = {"agrees": "green", "disagrees": "bold red", "cannot_be_checked": "dim"}


def terminal() -> Console:
    """Where results are printed: a terminal at its width, a file or a pipe at 120 columns."""
    console = Console(highlight=False)
    # a file or a pipe has no width of its own; 80 columns would fold every table
    return console if console.is_terminal else Console(highlight=False, width=120)


def table_of(*columns: str, title: str | None = None) -> Table:
    """An empty table, its first column set to the left and all others to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table


def bare(q: object) -> str:
    """A quantity as printed, without its unit."""
    return str(q).rsplit(" ", 1)[0]
