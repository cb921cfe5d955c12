"""The ladder of a stack: redox potentials side by side, and where the electrons' potential drops."""

from __future__ import annotations

from typing import Any

from natron.interface.reactions.stability import Stability
from natron.interface.reactions.stack import Layer
from natron.plot.style import INK, LOSS, MUTED

_FILLS = {
    "metal": ("#c3ccd5", ""),
    "interlayer": ("#dfe7ee", "..."),
    "ceramic": ("#f7f0db", ""),
    "counter": ("#c9d4da", "//"),
}
_WIDTHS = {"metal": 1.0, "interlayer": 1.5, "ceramic": 1.7, "counter": 1.2}
_PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
_METALS = {"Na": "Na/Na⁺", "Li": "Li/Li⁺", "K": "K/K⁺"}


def ladder(found: Stability, *, ax: Any) -> Any:
    """Redox potentials of a stack's layers, one column a layer (not to scale).

    A thick bar is a layer's potential, a pale band its standard uncertainty; an arrow goes from the metal to each layer
    that it can reduce. Lines show the potential of the electrons: through fresh interlayers, which hold their own
    potential on their far side, and through spent ones, where the ceramic alone takes electrons up.

    Parameters
    ----------
    found : Stability
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    stack = found.stack
    edges = [0.0]
    for layer in stack.layers:
        edges.append(edges[-1] + _WIDTHS[layer.role])
    levels = [q for layer in stack.layers if (q := layer.values.get("potential"))]
    low = min(q.value - q.standard_uncertainty for q in levels)
    high = max(q.value + q.standard_uncertainty for q in levels)
    span = max(high - low, 0.5)
    bottom, top = low - 0.34 * span, high + 0.36 * span
    for place, layer in enumerate(stack.layers):
        left, right = edges[place], edges[place + 1]
        fill, hatch = _FILLS[layer.role]
        ax.axvspan(left, right, facecolor=fill, hatch=hatch, edgecolor="#b9c4ce", linewidth=0, zorder=0)
        ax.axvline(right, color=MUTED, linewidth=0.6, zorder=1)
        thickness = layer.values.get("thickness")
        words = layer.short if thickness is None else f"{layer.short}\n{thickness}"
        ax.text((left + right) / 2, top - 0.03 * span, words, ha="center", va="top", fontsize=8, zorder=6, bbox=_PAPER)
        _level(ax, layer, left, right, span)
    _arrows(ax, found, edges)
    _electrons(ax, found, edges)
    ax.set(
        xlim=(0, edges[-1]), ylim=(bottom, top), xticks=[],
        ylabel=f"Potential against {_METALS[stack.ion]} / V",
    )  # fmt: skip
    ax.set_xlabel("layers, not to scale; electrons of their own accord go up", color=MUTED, fontsize=8)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower right", frameon=True, framealpha=0.95, edgecolor="none", fontsize=7.5, borderpad=0.3)
    return ax


def _level(ax: Any, layer: Layer, left: float, right: float, span: float) -> None:
    q = layer.values.get("potential")
    pad = 0.08 * (right - left)
    if q is None:
        ax.text((left + right) / 2, 0.5, "potential\nnot known", ha="center", va="center", fontsize=8, color=LOSS)
        return
    u = q.standard_uncertainty
    if u:
        ax.fill_between(
            [left + pad, right - pad], q.value - u, q.value + u, color=MUTED, alpha=0.3, linewidth=0, zorder=2
        )
    ax.plot([left + pad, right - pad], [q.value, q.value], color=INK, linewidth=3.2, solid_capstyle="butt", zorder=4)
    above = layer.role != "metal"
    shift = 0.03 * span if above else -0.035 * span
    text = f"{q}" + ("\n(assumed)" if q.origin == "assumed" else "")
    ax.text(
        (left + right) / 2, q.value + shift, text, ha="center", va="bottom" if above else "top", fontsize=8, zorder=6,
        bbox=_PAPER,
    )  # fmt: skip


def _arrows(ax: Any, found: Stability, edges: list[float]) -> None:
    """From the metal's potential up to each layer that it can reduce."""
    stack = found.stack
    base = stack.metal.values["potential"].value
    for place, layer in enumerate(stack.layers):
        if layer.role not in ("interlayer", "ceramic"):
            continue
        r = found.reduces(stack.metal, layer)
        if r.driving_potential is None or r.verdict == "cannot" or r.driving_potential.value <= 0:
            continue
        inside = layer.role == "interlayer"
        x = edges[place] + (0.1 if inside else 0.88) * _WIDTHS[layer.role]
        ax.plot([edges[1], x], [base, base], color=LOSS, linewidth=0.8, linestyle=":", zorder=3)
        ax.annotate(
            "", (x, layer.values["potential"].value), (x, base),
            arrowprops={"arrowstyle": "-|>", "color": LOSS, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 2}, zorder=5,
        )  # fmt: skip
        words = "can reduce" if r.verdict == "can" else "may reduce"
        ax.text(
            # above the electrons' lines, which rise from the metal's side
            x + (0.05 if inside else -0.05), base + (0.78 if inside else 0.42) * r.driving_potential.value,
            f"{words}\nby {r.driving_potential}", fontsize=7.5, color=LOSS, va="center",
            ha="left" if inside else "right", zorder=6, bbox=_PAPER,
        )  # fmt: skip


def _electrons(ax: Any, found: Stability, edges: list[float]) -> None:
    """The electrons' potential through the interlayers, fresh and spent."""
    between = [(place, layer) for place, layer in enumerate(found.stack.layers) if layer.role == "interlayer"]
    start = found.stack.metal.values["potential"].value
    for name, words, style in (
        ("drop_fresh", "electrons, layer fresh", {"linestyle": "-", "linewidth": 1.2}),
        ("drop_spent", "electrons, layer spent", {"linestyle": (0, (4, 2)), "linewidth": 1.2}),
    ):
        drops = [found.exposure(layer).figures.get(name) for _, layer in between]
        if not drops or any(drop is None for drop in drops):
            continue
        x, y = [edges[0], edges[1]], [start, start]
        for (place, _), drop in zip(between, drops, strict=True):
            assert drop is not None
            x.append(edges[place + 1])
            y.append(y[-1] + drop.value)
        ax.plot(x, y, color=INK, zorder=3, label=words, **style)
