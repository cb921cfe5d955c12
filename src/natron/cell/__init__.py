"""Cells: their description, checked and frozen, from TOML; and the ones that ship with natron."""

from natron.cell.description import (
    SCHEMA_VERSION,
    Cell,
    Interlayer,
    Measured,
    MetalElectrode,
    PorousElectrode,
    Process,
    Separator,
    quantities_of,
)
from natron.cell.parse import (
    build_cell,
    built_in,
    built_in_texts,
    changed,
    json_schema,
    new_cell_text,
    parse_cell,
)
from natron.cell.simulated import simulation_kinds, with_simulation

__all__ = [
    "SCHEMA_VERSION",
    "Cell",
    "Interlayer",
    "Measured",
    "MetalElectrode",
    "PorousElectrode",
    "Process",
    "Separator",
    "build_cell",
    "built_in",
    "built_in_texts",
    "changed",
    "json_schema",
    "new_cell_text",
    "parse_cell",
    "quantities_of",
    "simulation_kinds",
    "with_simulation",
]
