"""Sweeps on a terminal."""

from __future__ import annotations

import numpy as np
from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.core.kinds import kind
from natron.sweep import Subject, SweepResult, varies

_MANY = 15


def sweep(found: SweepResult) -> None:
    """What the outputs do over all points, what matters, and which points no other beats."""
    out = terminal()
    failed = f", {found.failed} without numbers" if found.failed else ""
    out.print(f"[bold]{escape(found.title)}[/]  {len(found.values)} points, {found.method}{failed}")
    out.print(f"varied: {escape(', '.join(found.names))}")
    table = _table("Output", "Mean ± SD", "Median", "Central 95 %", "Lowest", "Highest")
    for name, k in zip(found.outputs, found.output_kinds, strict=True):
        values = found.column(name)
        whole = values[np.isfinite(values)]
        if not len(whole):
            table.add_row(escape(name), "none", "", "", "", "")
            continue
        mean = Quantity(float(whole.mean()), float(whole.std(ddof=1)) if varies(whole) else None, k)
        low, median, high = np.quantile(whole, (0.025, 0.5, 0.975))
        ends = (_q(whole.min(), k), _q(whole.max(), k))
        table.add_row(escape(name), str(mean), _q(median, k), f"{_q(low, k)} … {_q(high, k)}", *ends)
    out.print(table)
    for one in found.indices:
        out.print(f"\n[bold]What {escape(one.output)} hangs on[/]  (Sobol indices, 95 % intervals)")
        listed = _table("Parameter", "Alone", "With the others")
        for i in np.argsort(-one.total)[:_MANY]:
            listed.add_row(
                escape(one.names[i]),
                f"{one.first[i]:.3f} ({one.first_interval[0, i]:.3f} … {one.first_interval[1, i]:.3f})",
                f"{one.total[i]:.3f} ({one.total_interval[0, i]:.3f} … {one.total_interval[1, i]:.3f})",
            )
        out.print(listed)
    if len(found.front):
        _front(found)


def _front(found: SweepResult) -> None:
    goals = [*(f"most {name}" for name in found.maximise), *(f"least {name}" for name in found.minimise)]
    count = f"{len(found.front)} points" if len(found.front) > 1 else "One point"
    terminal().print(f"\n[bold]{count} that no other beats[/]  ({escape(', '.join(goals))})")
    shown = [*found.maximise, *found.minimise]
    table = _table("Point", *found.names, *shown)
    for i in found.front[:_MANY]:
        values = [_q(v, k) for v, k in zip(found.values[i], found.parameter_kinds, strict=True)]
        places = [found.outputs.index(name) for name in shown]
        table.add_row(str(i), *values, *(_q(found.found[i, at], found.output_kinds[at]) for at in places))
    terminal().print(table)
    if len(found.front) > _MANY:
        terminal().print(f"[dim]… and {len(found.front) - _MANY} more (--json has all)[/]")


def parameters(of: Subject) -> None:
    """What can vary, and what comes out."""
    table = _table("Parameter", "Value", "Origin")
    for name, q in of.parameters.items():
        table.add_row(escape(name), str(q), q.origin)
    terminal().print(table)
    results = _table("Output", "Unit")
    for name, k in of.outputs.items():
        results.add_row(escape(name), kind(k).pretty)
    terminal().print(results)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(escape(column), justify="left" if i == 0 else "right", overflow="fold")
    return table


def _q(value: float, k: str) -> str:
    return str(Quantity(float(value), None, k))
