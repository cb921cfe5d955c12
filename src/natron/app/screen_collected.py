"""The summary of every reproduced document on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from natron.app.screen import VERDICT_STYLE, terminal
from natron.core.compare import VERDICTS
from natron.studies import Tally


def summary(tallies: Sequence[Tally]) -> None:
    """Counts by document: its claims, and published numbers beside computed ones."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Study")
    for words in ("claims", "numbers"):
        table.add_column(words, justify="right")
        for verdict in VERDICTS:
            table.add_column(verdict.replace("_", " "), justify="right", style=VERDICT_STYLE[verdict])
    for one in tallies:
        row = [escape(one.study)]
        for counts in (one.claims, one.computed):
            row += [str(sum(counts.values())), *(str(counts[verdict]) for verdict in VERDICTS)]
        table.add_row(*row)
    console = terminal()
    console.print(table)
    total = {v: sum(one.claims[v] + one.computed[v] for one in tallies) for v in VERDICTS}
    console.print("\nAll lines: " + ", ".join(f"{count} {v.replace('_', ' ')}" for v, count in total.items()) + ".")
