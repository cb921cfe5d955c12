"""Files in and out: cell descriptions, and instruments' measurements.

`read` recognises a measurement by its content and says what it took it for; `read_spectra` gives its
spectra alone; `join` makes one record of several files of one test; `write` writes a Battery Data Format
table that reads back as the same. They are loaded when first used:
whoever reads only a cell description does not wait for polars.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natron.io.joining import join
    from natron.io.mapping import load_mapping
    from natron.io.reading import Asked, Reading
    from natron.io.recognise import FORMATS, Format, read, read_spectra
    from natron.io.writing import write

__all__ = ["FORMATS", "Asked", "Format", "Reading", "join", "load_mapping", "read", "read_spectra", "write"]

_HOMES = {
    "FORMATS": "recognise",
    "Asked": "reading",
    "Format": "recognise",
    "Reading": "reading",
    "join": "joining",
    "load_mapping": "mapping",
    "read": "recognise",
    "read_spectra": "recognise",
    "write": "writing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
