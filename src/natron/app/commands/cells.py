"""``natron cell``: list, show, new, check, schema."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from natron.app.output import JsonOption, print_json
from natron.core import Quantity

cell = typer.Typer(help="Cell files: list, show, new, check, schema.", no_args_is_help=True)


@cell.command("list")
def cell_list(
    materials: Annotated[bool, typer.Option("--materials", help="List the materials instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The cells that ship with natron, or the materials."""
    from natron.app.screens import cells as screen
    from natron.cell import built_in, built_in_texts
    from natron.materials import library

    if materials:
        known = sorted(library().values(), key=lambda material: (material.material_class, material.name))
        if as_json:
            rows: list[dict[str, Any]] = [
                {"name": m.name, "class": m.material_class, "title": m.title, "values": _values(m.values())}
                for m in known
            ]
            print_json({"schema_version": 1, "materials": rows})
        else:
            screen.materials(known)
        return
    cells = [built_in(name) for name in built_in_texts()]
    if as_json:
        rows = [{"name": c.name, "title": c.title, "kind": c.kind} for c in cells]
        print_json({"schema_version": 1, "cells": rows})
    else:
        screen.cells(cells)


def _values(quantities: Mapping[str, Quantity]) -> dict[str, Any]:
    """Quantities with where each comes from."""
    return {
        key: {**q.as_json(), "origin": q.origin, "confidence": q.confidence, "source": q.source, "note": q.note}
        for key, q in quantities.items()
    }


@cell.command("show")
def cell_show(
    name: Annotated[str, typer.Argument(help="A built-in cell or a cell file.")],
    as_json: JsonOption = False,
    toml: Annotated[bool, typer.Option("--toml", help="Print the cell file itself.")] = False,
) -> None:
    """Every value of a cell and of its materials, with uncertainty, origin and source."""
    from natron.app.screens import cells as screen
    from natron.cell import built_in_texts, quantities_of
    from natron.io.descriptions import load_cell, read_description

    shown = load_cell(name)
    if toml:
        print(built_in_texts()[name] if name in built_in_texts() else read_description(name), end="")
    elif as_json:
        print_json(
            {
                "schema_version": 1,
                "cell": {"name": shown.name, "title": shown.title, "kind": shown.kind},
                "values": _values(quantities_of(shown)),
                "materials": {m.name: _values(m.values()) for m in shown.materials_used()},
            }
        )
    else:
        screen.cell(shown)


@cell.command("new")
def cell_new(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    source: Annotated[str | None, typer.Option("--from", help="Start from this built-in cell.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a cell file to start from."""
    from natron.cell import new_cell_text
    from natron.io.descriptions import write_new_file

    write_new_file(file, new_cell_text(file.stem, source), overwrite=force)
    print(f"Wrote {file}. Edit it, then: natron cell check {file}; natron design {file}")


@cell.command("check")
def cell_check(
    name: Annotated[str, typer.Argument(help="A cell file or a built-in cell.")], as_json: JsonOption = False
) -> None:
    """Whether a file describes a cell, and where it contradicts itself."""
    from natron.app.screens import cells as screen
    from natron.design import checks
    from natron.io.descriptions import load_cell
    from natron.report.as_json import check as check_json

    shown = load_cell(name)
    found = checks(shown)
    if as_json:
        print_json({"schema_version": 1, "cell": shown.name, "valid": True, "checks": [check_json(c) for c in found]})
        return
    screen.checked(shown, found)


@cell.command("schema")
def cell_schema() -> None:
    """JSON Schema of the cell file, for editors."""
    from natron.cell import json_schema

    print_json(json_schema())
