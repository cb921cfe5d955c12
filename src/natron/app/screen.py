"""Results as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from natron.cell import Cell, quantities_of
from natron.core import Quantity
from natron.core.compare import VERDICTS
from natron.design import FIGURE_LABELS, Assessment, Check, Figures, describe_area, figure_label, input_label
from natron.materials import Material
from natron.studies import Finding, Reproduction, Section
from natron.studies.explain import told_once
from natron.studies.sections import Beside

VERDICT_STYLE = {"agrees": "green", "disagrees": "bold red", "cannot_be_checked": "dim"}


def terminal() -> Console:
    """Where results are printed: a terminal at its width, a file or a pipe at 120 columns."""
    console = Console(highlight=False)
    # a file or a pipe has no width of its own; 80 columns would fold every table
    return console if console.is_terminal else Console(highlight=False, width=120)


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table


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


def design(result: Assessment) -> None:
    """A cell's assessment."""
    console = terminal()
    shown = result.cell
    console.print(f"[bold]{escape(shown.name)}[/]  {escape(shown.title or '')}")
    console.print(f"{describe_area(shown)}\n")
    _figures(console, result)
    _breakdown(console, result.theoretical)
    _sensitivities(console, result)
    if result.stages:
        console.print()
        table = _table("What if, solids conserved", "Wh/l", "Wh/kg", "cathode")
        for stage in result.stages:
            f = stage.figures.values
            table.add_row(
                escape(stage.label),
                _bare(f["volumetric_energy_density"]),
                _bare(f["gravimetric_energy_density"]),
                str(f["cathode_thickness"]),
            )
        console.print(table)
    if result.inverse is not None:
        console.print(f"\n{escape(result.inverse.message)}.")


def _bare(q: Any) -> str:
    return str(q).rsplit(" ", 1)[0]


def _figures(console: Console, result: Assessment) -> None:
    columns = ["theoretical"] + (["measured"] if result.measured else [])
    table = _table("Figure", *columns, "origin")
    for name in FIGURE_LABELS:
        values = [figures.values.get(name) for figures in (result.theoretical, result.measured) if figures is not None]
        if all(value is None for value in values):
            continue
        origins = {value.origin for value in values if value is not None}
        table.add_row(
            figure_label(name, result.cell),
            *(str(value) if value else "–" for value in values),
            "/".join(sorted(origins)),
        )
    if result.separator_resistance is not None:
        r = result.separator_resistance
        at = result.cell.operation.temperature
        table.add_row(f"Separator resistance at {at}", str(r), *([""] if result.measured else []), r.origin)
    console.print(table)
    if "packaged_volumetric_energy_density" in result.theoretical.values:
        console.print(
            "[dim]Figures leave out collectors and housing unless said; commercial cells are rated with both.[/]"
        )


def _breakdown(console: Console, figures: Figures) -> None:
    console.print()
    table = _table("Layer", "thickness", "volume", "mass per area", "mass")
    for share in figures.breakdown:
        thickness = str(share.thickness) if share.thickness.value else "–"
        table.add_row(
            escape(share.label),
            thickness,
            f"{100 * share.volume_share:.1f} %",
            str(share.areal_mass),
            f"{100 * share.mass_share:.1f} %",
        )
    console.print(table)


def _sensitivities(console: Console, result: Assessment) -> None:
    for name, rows in result.sensitivities.items():
        console.print()
        table = _table(f"{FIGURE_LABELS[name]} hangs on", "for +1 %", "for +1 u", "of variance", "Sobol total")
        for row in rows[:8]:
            uncertain = row.sobol_total is not None
            table.add_row(
                input_label(row.input),
                f"{row.elasticity:+.2f} %",
                f"{100 * row.effect / result.theoretical.values[name].value:+.1f} %" if uncertain else "–",
                f"{100 * row.variance_share:.0f} %" if uncertain else "–",
                f"{row.sobol_total:.2f}" if row.sobol_total is not None else "–",
            )
        console.print(table)


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
        table = _table("Parameter", "ships", "found again", "mechanism", "parameters", "numbers")
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
        table = _table("Limit", "cell", "resistance", "voltage", "energy", "origin")
        for cost in section.costs:
            costs = (str(q) if q is not None else "–" for q in (cost.resistance, cost.loss, cost.energy))
            table.add_row(escape(cost.limit), escape(cost.cell), *costs, cost.origin)
        console.print(table)
    if section.lines:
        table = _table("Number", "natron", "origin", "")
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
    table = _table("Number", "published", "natron", "off by", "verdict", "origin")
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
        table = _table(heading, "Wh/l", "Wh/kg", "cathode")
        for stage in stages:
            f = stage.figures.values
            table.add_row(
                escape(stage.label),
                _bare(f["volumetric_energy_density"]),
                _bare(f["gravimetric_energy_density"]),
                str(f["cathode_thickness"]),
            )
        console.print(table)
    sections(result.sections)
    for trip in result.round_trips:
        console.print(f"\n[bold]{escape(trip.title)}[/], made again with noise and analysed blind (round trip)")
        table = _table("Number", "put in", "recovered", "off by")
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
