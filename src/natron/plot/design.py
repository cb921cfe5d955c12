"""Pictures of a cell's design: the stack to scale, its breakdown, what limits it, the roadmap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from natron.core import Quantity
from natron.core.kinds import kind
from natron.design import FIGURE_LABELS, Figures, Sensitivity, Share, Stage, input_label
from natron.plot.style import ACCENT, GAIN, GRID, INK, LOSS, MUTED, layer_style


def stack_to_scale(figures: Figures, *, ax: Any) -> Any:
    """The charged stack drawn to scale, each layer with its thickness; the cathode's pores shown as dots.

    Parameters
    ----------
    figures : Figures
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    shares = [share for share in figures.breakdown if share.thickness.value > 0]
    total_um = sum(share.thickness.value for share in shares) * 1e6
    bottom = 0.0
    centres: list[float] = []
    for share in shares:
        height = share.thickness.value * 1e6
        fill, hatch = layer_style(share.name)
        ax.bar(0.5, height, 1.0, bottom, color=fill, hatch=hatch, edgecolor="white", linewidth=0.8)
        if share.name == "positive":
            _pores(ax, figures, bottom, height)
        centres.append(bottom + height / 2)
        bottom += height
    for y, label_y, share in zip(centres, _spread(centres, 0.075 * total_um, total_um), shares, strict=True):
        ax.annotate(
            f"{share.label}\n{share.thickness}",
            xy=(1.0, y),
            xytext=(1.14, label_y),
            va="center",
            fontsize=8.5,
            linespacing=1.35,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.7, "shrinkA": 2, "shrinkB": 0},
        )
    ax.set(xlim=(0, 3.0), ylim=(-0.02 * total_um, 1.02 * total_um))
    state = "charged" if figures.model.cell.kind == "full" else "assembled"
    ax.set_ylabel(f"Height in the {state} stack / µm")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    return ax


def _pores(ax: Any, figures: Figures, bottom: float, height: float) -> None:
    """A band beside the solids as wide as the pores' share."""
    porosity = figures.values["porosity"].value
    fill, hatch = layer_style("liquid")
    ax.bar(
        1.0 - porosity / 2,
        height,
        porosity,
        bottom,
        color=fill,
        hatch=hatch,
        edgecolor="white",
        linewidth=0.8,
    )
    if height > 25:
        text = {"ha": "center", "va": "center", "fontsize": 7.5, "rotation": 90}
        ax.text(
            (1 - porosity) / 2,
            bottom + height / 2,
            f"solids {100 * (1 - porosity):.0f} %",
            color="white",
            **text,
        )
        ax.text(
            1 - porosity / 2,
            bottom + height / 2,
            f"liquid {100 * porosity:.0f} %",
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
            **text,
        )


def _spread(places: Sequence[float], gap: float, top: float) -> list[float]:
    """Places pushed apart to at least `gap`, in order, kept below `top`."""
    spread = list(places)
    for i in range(1, len(spread)):
        spread[i] = max(spread[i], spread[i - 1] + gap)
    overshoot = max(0.0, spread[-1] - top) if spread else 0.0
    for i in range(len(spread) - 1, -1, -1):
        limit = top - gap * (len(spread) - 1 - i)
        spread[i] = min(spread[i], limit) if overshoot else spread[i]
    return spread


def breakdown(figures: Figures, *, ax: Any) -> Any:
    """Volume and mass of the stack by layer, as two bars of 100 %.

    Parameters
    ----------
    figures : Figures
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    shares = figures.breakdown
    rows = [("Volume", "volume_share"), ("Mass", "mass_share")]
    for y, (_, attribute) in zip((1.0, 0.0), rows, strict=True):
        left = 0.0
        for share in shares:
            width = 100 * getattr(share, attribute)
            fill, hatch = layer_style(share.name)
            ax.barh(
                y,
                width,
                0.62,
                left,
                color=fill,
                hatch=hatch,
                edgecolor="white",
                linewidth=0.8,
                label=share.label if attribute == "volume_share" else None,
            )
            if width >= 4.5:
                _on_bar(ax, left + width / 2, y, f"{width:.0f} %", share)
            left += width
    ax.set_yticks([1.0, 0.0], [name for name, _ in rows])
    ax.set(xlim=(0, 100), ylim=(-0.5, 1.5), xlabel="Share of the stack / %")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=2,
        frameon=False,
        fontsize=8,
        handlelength=1.4,
        columnspacing=1.2,
    )
    return ax


def _on_bar(ax: Any, x: float, y: float, text: str, share: Share) -> None:
    dark = share.name in ("positive", "film") or share.name.startswith("interlayer")
    plain = dark or share.name in ("reservoir", "separator")
    box = None if plain else {"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.85}
    ax.text(x, y, text, ha="center", va="center", fontsize=8.5, color="white" if dark else INK, bbox=box)


def tornado(figure: Quantity, name: str, rows: Sequence[Sensitivity], *, ax: Any, most: int = 10) -> Any:
    """What a figure hangs on: its change for ±10 % of each input, and for ±1 u where the input has one.

    Parameters
    ----------
    figure : Quantity
        Its value.
    name : str
        Which figure.
    rows : sequence of Sensitivity
    ax : matplotlib Axes
    most : int
        Inputs shown, the largest elasticity first.

    Returns
    -------
    The same axes.
    """
    k = kind(figure.kind)
    shown = sorted(rows, key=lambda row: -abs(row.elasticity))[:most][::-1]
    value = figure.shown_value
    for y, row in enumerate(shown):
        swing = 0.1 * row.elasticity * value
        for sign, colour in ((1, ACCENT), (-1, "#b9cdd6")):
            ax.barh(y, sign * swing, 0.6, value, color=colour, edgecolor="none")
        effect = row.effect / k.factor
        if effect:
            ax.errorbar(value, y, xerr=abs(effect), color=INK, capsize=3, linewidth=1.4, zorder=3)
    ax.axvline(value, color=MUTED, linewidth=0.8)
    ax.set_yticks(range(len(shown)), [input_label(row.input) for row in shown])
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(-0.6, len(shown) - 0.4), xlabel=f"{FIGURE_LABELS[name]} / ({k.pretty})")
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(color=ACCENT, label="input +10 %"),
        Patch(color="#b9cdd6", label="input −10 %"),
        Line2D([], [], color=INK, marker="|", markersize=6, label="input ±1 u, where it has one"),
    ]
    ax.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.4, 1.0),
        ncols=3,
        frameon=False,
        fontsize=8,
        handlelength=1.3,
    )
    return ax


def roadmap_waterfall(
    stages: Sequence[Stage], name: str, *, ax: Any, printed: Sequence[float | None] | None = None
) -> Any:
    """A what-if roadmap as a waterfall: where each step starts, what it adds, what it reaches.

    Parameters
    ----------
    stages : sequence of Stage
    name : str
        The figure shown.
    ax : matplotlib Axes
    printed : sequence of float or None, optional
        What a document prints for each stage, in the figure's shown unit; drawn as open diamonds.

    Returns
    -------
    The same axes.
    """
    k = kind(stages[0].figures.values[name].kind)
    values = [stage.figures.values[name].shown_value for stage in stages]
    errors = [stage.figures.values[name].shown_uncertainty or 0.0 for stage in stages]
    for i, (value, error) in enumerate(zip(values, errors, strict=True)):
        before = values[i - 1] if i else value
        if i in (0, len(values) - 1):
            ax.bar(i, before, 0.62, color="#2b4c5e" if i else "#8d99a6", edgecolor="none")
        if i:
            colour, hatch = (GAIN, "") if value >= before else (LOSS, "///")
            ax.bar(i, value - before, 0.62, before, color=colour, hatch=hatch, edgecolor="none")
            middle = (value + before) / 2
            ax.text(i - 0.27, middle, f"{value - before:+.0f}", ha="left", va="center", fontsize=8, color="white")
        ax.errorbar(i, value, yerr=error, color=INK, capsize=3, linewidth=1.1, zorder=3)
        ax.text(i + 0.34, value, f"{value:.0f}", ha="left", va="bottom", fontsize=9, fontweight="bold")
        if i + 1 < len(values):
            ax.plot([i + 0.31, i + 0.69], [value, value], color=MUTED, linewidth=0.7)
    if printed is not None and any(value is not None for value in printed):
        marks = [(i, value) for i, value in enumerate(printed) if value is not None]
        ax.plot(
            [i for i, _ in marks],
            [value for _, value in marks],
            linestyle="none",
            marker="D",
            markersize=6,
            markerfacecolor="white",
            markeredgecolor=LOSS,
            markeredgewidth=1.4,
            label="printed in the document",
            zorder=4,
        )
        ax.legend(frameon=False, loc="upper left", fontsize=8.5)
    ax.set_xticks(range(len(stages)), [_wrapped(stage.label) for stage in stages])
    ax.set_xlim(-0.5, len(stages) - 0.2)
    ax.set_ylim(0, 1.12 * max(v + e for v, e in zip(values, errors, strict=True)))
    ax.set_ylabel(f"{FIGURE_LABELS[name]} / ({k.pretty})")
    ax.grid(axis="y", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def _wrapped(label: str) -> str:
    words, lines = label.split(), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 14:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
