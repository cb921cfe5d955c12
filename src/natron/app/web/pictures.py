"""Pictures for a paper: natron's own, as SVG or PDF."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Response


@dataclass(frozen=True)
class Picture:
    """What draws on ``ax`` (or on ``axes``, with several rows), and its size in cm."""

    draw: Callable[..., Any]
    size_cm: tuple[float, float]
    rows: int = 1


def picture_response(picture: Picture, kind: str, name: str) -> Response:
    """The picture as the browser takes it."""
    from natron.plot import figure, to_svg

    drawn, axes = figure(*picture.size_cm, picture.rows)
    picture.draw(axes)
    if kind == "pdf":
        buffer = io.BytesIO()
        drawn.savefig(buffer, format="pdf", bbox_inches="tight", metadata={"CreationDate": None})
        return Response(buffer.getvalue(), media_type="application/pdf")
    return Response(to_svg(drawn, name), media_type="image/svg+xml")
