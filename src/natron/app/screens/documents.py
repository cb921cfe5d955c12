"""Documents and their studies on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from natron.app.screens.terminal import VERDICT_STYLE, bare, table_of, terminal
from natron.core.compare import VERDICTS
from natron.studies import Finding, Reproduction, Section, Tally
from natron.studies.explain import told_once
from natron.studies.sections import Beside


def audit(findings: Sequence[Finding]) -> None:
    """Claims with their verdicts."""
    console = terminal()
    document = None
    for finding in findings:
        if finding.document != document:
            document = finding.document
            console.print(f"\n[bold]{escape(document)}[/]")
        claimed = finding.claim.claimed or "–"
        numbers = f"{claimed} | natron {finding.computed}" if finding.computed else claimed
        place = escape(finding.claim.where or finding.claim.id)
        verdict = finding.verdict.replace("_", " ")
        console.print(
            f"[{VERDICT_STYLE[finding.verdict]}]{verdict}[/]  {escape(finding.claim.statement)} [dim]({place})[/]"
        )
        console.print(Padding(f"{escape(numbers)}  [dim]{finding.origin}[/]", (0, 0, 0, 4)))
        if finding.explanation:
            console.print(Padding(f"[dim]{escape(finding.explanation)}[/]", (0, 0, 0, 4)))
    console.print(_counts(findings))


def _section_tables(console: Any, section: Section) -> None:
    if section.settings:
        table = table_of("Parameter", "ships", "found again", "mechanism", "parameters", "numbers")
        for setting in section.settings:
            for name, shipped, again in setting.parameters:
                counts = (str(len(setting.parameters)), str(len(setting.data)))
                words = (name.replace("_", " "), str(shipped), "–" if again is None else str(again))
                table.add_row(*words, escape(setting.mechanism), *counts)
        console.print(table)
        _beside(console, [row for setting in section.settings for row in setting.data])
    if section.beside:
        _beside(console, section.beside)
    if section.costs:
        table = table_of("Limit", "cell", "resistance", "voltage", "energy", "origin")
        for cost in section.costs:
            costs = (str(q) if q is not None else "–" for q in (cost.resistance, cost.loss, cost.energy))
            table.add_row(escape(cost.limit), escape(cost.cell), *costs, cost.origin)
        console.print(table)
    if section.lines:
        table = table_of("Number", "natron", "origin", "")
        for line in section.lines:
            table.add_row(escape(line.name), str(line.value), line.origin, escape(line.note))
        console.print(table)


def sections(shown: Sequence[Section]) -> None:
    """Parts of a study that are no claims."""
    console = terminal()
    for section in shown:
        console.print(f"\n[bold]{escape(section.title)}[/]\n{escape(section.text)}")
        _section_tables(console, section)


def _beside(console: Any, rows: Sequence[Beside]) -> None:
    table = table_of("Number", "published", "natron", "off by", "verdict", "origin")
    for row in rows:
        table.add_row(
            escape(row.name),
            f"{'> ' if row.bound else ''}{row.published}",
            f"{'≤ ' if row.limit else ''}{row.computed}",
            "–" if row.deviation is None else f"{100 * row.deviation:+.1f} %",
            f"[{VERDICT_STYLE[row.verdict]}]{row.verdict.replace('_', ' ')}[/]",
            row.computed.origin,
        )
    console.print(table)


def reproduction(result: Reproduction) -> None:
    """A study's tables, a verdict per line."""
    console = terminal()
    console.print(f"[bold]{escape(result.document.title)}[/]")
    for table_name, findings in result.tables.items():
        console.print()
        table = Table(title=table_name, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for column in ("Line", "", "printed", "natron", "verdict", "origin"):
            right = column in ("printed", "natron")
            table.add_column(column, overflow="fold", justify="right" if right else "left")
        for finding in findings:
            claim = finding.claim
            table.add_row(
                escape(claim.line or claim.statement),
                escape(claim.column or ""),
                claim.claimed or "–",
                str(finding.computed) if finding.computed else "–",
                f"[{VERDICT_STYLE[finding.verdict]}]{finding.verdict.replace('_', ' ')}[/]",
                finding.origin,
            )
        console.print(table)
    for heading, stages in result.roadmaps.items():
        console.print()
        table = table_of(heading, "Wh/l", "Wh/kg", "cathode")
        for stage in stages:
            f = stage.figures.values
            table.add_row(
                escape(stage.label),
                bare(f["volumetric_energy_density"]),
                bare(f["gravimetric_energy_density"]),
                str(f["cathode_thickness"]),
            )
        console.print(table)
    sections(result.sections)
    for trip in result.round_trips:
        console.print(f"\n[bold]{escape(trip.title)}[/], made again with noise and analysed blind (round trip)")
        table = table_of("Number", "put in", "recovered", "off by")
        for row in trip.rows:
            put_in = f"{row.put_in} ({'published' if row.published else 'assumed'})"
            table.add_row(escape(row.name), put_in, str(row.recovered), f"{row.in_uncertainties:.1f} s.e.")
        console.print(table)
    disagreeing = told_once([f for f in result.findings if f.verdict == "disagrees"])
    if disagreeing:
        console.print("\n[bold]What does not follow[/]")
    for finding, why in disagreeing:
        console.print(f"• {escape(finding.claim.statement)} [dim]{escape(why)}[/]")
    console.print(_counts(result.findings))


def _counts(findings: Sequence[Finding]) -> str:
    counts = [f"{sum(f.verdict == v for f in findings)} {v.replace('_', ' ')}" for v in VERDICTS]
    return f"\n{len(findings)} claims: {', '.join(counts)}."


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
