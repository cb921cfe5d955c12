"""A stack's stability on a terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.interface.reactions.stability import WORDS, Stability

_NAMES = {
    "leakage": "Leakage of electrons",
    "capacity": "Own capacity",
    "lasts": "Spent after",
    "lasts_moving_front": "By a moving front after",
    "conductivity_to_last": "To last, σ_e at most",
    "conductivity_to_even": "To even out the current, σ_e at least",
    "ionic_resistance": "Resistance to ions",
    "share_of_current": "Leakage over the cell's current",
    "reduced_thickness": "Ceramic reduced by then",
    "self_discharge": "Electrons through the ceramic",
}
_VERDICTS = {"can": "can reduce", "cannot": "cannot reduce", "undecided": "may reduce", "not_known": "not known"}
_STYLE = {"can": "bold red", "cannot": "green", "undecided": "yellow", "not_known": "dim"}


def stability(found: Stability) -> None:
    """A ladder as a table, what the metal does to each layer, and what follows."""
    console, stack = terminal(), found.stack
    console.print(
        f"[bold]{escape(stack.name)}[/]  {stack.temperature}, {stack.current_density}, to last {stack.duration}"
    )
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Layer", "", f"V against {stack.ion}", "Thickness", "σ_e", "σ_ion", "Origin of the potential"):
        rows.add_column(column, justify="left" if column in ("Layer", "", "Origin of the potential") else "right")
    for layer in stack.layers:
        v = layer.values
        rows.add_row(
            escape(layer.short), layer.role, str(v.get("potential", "not known")), str(v.get("thickness", "")),
            str(v.get("electronic_conductivity", "–")), str(v.get("ionic_conductivity", "–")),
            v["potential"].origin if "potential" in v else "",
        )  # fmt: skip
    console.print(rows)
    pairs = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Which reduces which", "", "by"):
        pairs.add_column(column, justify="right" if column == "by" else "left")
    for r in found.reductions:
        pairs.add_row(
            f"{escape(r.reductant.short)} → {escape(r.oxidant.short)}",
            f"[{_STYLE[r.verdict]}]{_VERDICTS[r.verdict]}[/]",
            "–" if r.driving_potential is None else str(r.driving_potential),
        )
    console.print()
    console.print(pairs)
    for exposure in found.exposures:
        shown = [(words, exposure.figures[name]) for name, words in _NAMES.items() if name in exposure.figures]
        if not shown and not exposure.missing:
            continue
        console.print(f"\n[bold]{escape(exposure.layer.short)}[/]")
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column()
        table.add_column(justify="right")
        table.add_column(style="dim")
        for words, q in shown:
            table.add_row(words, str(q), q.origin)
        if exposure.missing:
            table.add_row("Not known", ", ".join(exposure.missing), "")
        console.print(table)
    console.print()
    for sentence in found.statements:
        console.print(f"• {escape(sentence)}", highlight=False)
    console.print(f"[bold]Shield:[/] {WORDS[found.shield]} ({found.origin}).")
