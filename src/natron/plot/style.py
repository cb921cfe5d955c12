"""How natron's pictures look: one set of greys and colours, readable in print without colour."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

from natron.core import NatronError

INK = "#1c2733"
MUTED = "#5c6b7a"
GRID = "#d5dce3"
ACCENT = "#0f6f8c"
GAIN = "#2f8f6b"
LOSS = "#b4532a"

LAYERS: dict[str, tuple[str, str]] = {
    "film": ("#6b5b95", "xx"),
    "reservoir": ("#8d99a6", ""),
    "plated": ("#c3ccd5", "///"),
    "interlayer": ("#274690", "..."),
    "separator": ("#f2e3bc", ""),
    "positive": ("#2b4c5e", ""),
    "liquid": ("#a7d3e0", "..."),
}
"""Fill and hatch by layer; lightness alone already tells neighbours apart."""


def layer_style(name: str) -> tuple[str, str]:
    """Fill and hatch of a layer, numbered interlayers and counter electrodes included."""
    return LAYERS.get(name.split(".")[0], ("#cccccc", ""))


def figure(width_cm: float, height_cm: float, rows: int = 1) -> tuple[Any, Any]:
    """A matplotlib figure of that size with one axes (or a column of them), not tied to any window system.

    Raises
    ------
    NatronError
        Where matplotlib is not installed; says how to get it.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise NatronError('Drawing needs matplotlib: pip install "natron[plot]"') from error
    matplotlib.rcParams.update(
        {
            "font.family": "DejaVu Sans",
            "font.size": 9,
            "axes.edgecolor": MUTED,
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "hatch.linewidth": 0.6,
            "hatch.color": "#5c6b7a",
            # text stays paths: the picture looks the same on every machine
            "svg.fonttype": "path",
            "svg.hashsalt": "natron",
        }
    )
    drawn = Figure(figsize=(width_cm / 2.54, height_cm / 2.54), layout="constrained")
    return drawn, drawn.subplots(rows, 1, sharex=rows > 1)


def to_svg(drawn: Any, title: str) -> str:
    """A figure as an SVG element for a page, `title` read out by screen readers."""
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # ids are global in a page that holds several pictures
    salt = "p" + hashlib.sha256(title.encode()).hexdigest()[:10]
    text = re.sub(r'id="([^"]+)"', rf'id="{salt}-\1"', text)
    text = re.sub(r'(href="#|url\(#)', rf"\1{salt}-", text)
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("<svg ", f'<svg role="img" aria-label="{escaped}" ', 1)
