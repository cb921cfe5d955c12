"""natron: the open bench for solid-state sodium cells.

>>> import natron
>>> cell = natron.load_cell("lowack2025-cell1")
>>> print(natron.design.figures(cell)["volumetric_energy_density"])
278 ± 11 Wh/l
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_LAZY = {"load_cell": "natron.io.descriptions"}
_ROOMS = ("cell", "core", "design", "io", "materials", "plot", "report", "store", "studies", "sweep")

__all__ = ["__version__", "load_cell", *_ROOMS]


def __getattr__(name: str) -> Any:
    # `import natron` stays light: a room is imported when it is first used
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"natron.{name}")
    raise AttributeError(f"module 'natron' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
