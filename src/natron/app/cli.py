"""``natron``: one grammar for all commands."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from natron.core import InputError, NatronError, Quantity

app = typer.Typer(
    name="natron",
    help="The open bench for solid-state sodium cells.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cell_app = typer.Typer(help="Cell files: list, show, new, check, schema.", no_args_is_help=True)
app.add_typer(cell_app, name="cell")

# typer brings its own copy of click or the real one, by version; both are reached through its public name
CommandLineError: Any = typer.BadParameter.__mro__[2]

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def main(arguments: list[str] | None = None) -> None:
    """Entry point: run a command and leave with its exit code; no error reaches the user as a traceback."""
    try:
        # standalone mode would print usage errors in a frame and swallow the exit codes used here
        code = typer.main.get_command(app)(args=arguments, prog_name="natron", standalone_mode=False)
    except NatronError as error:
        code = _fail(str(error), error.exit_code)
    except CommandLineError as error:
        text = error.format_message()  # empty where the help was printed instead
        code = _fail(f"{text} See: natron --help", 2) if text else 2
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("stopped", 130)
    except BrokenPipeError:
        # the reader of a pipe left, as `| head` does: not a failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get("NATRON_TRACEBACK"):
            raise
        code = _fail(
            f"internal error ({type(error).__name__}: {error}). This is a fault in natron; please report it "
            "with the command and the file you used.",
            1,
        )
    sys.exit(int(code or 0))


def _fail(message: str, code: int) -> int:
    print(f"natron: {message}", file=sys.stderr)
    return code


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    print(json.dumps(content, ensure_ascii=False, allow_nan=False))


def warn(messages: tuple[str, ...] | list[str]) -> None:
    """Warnings on stderr, one a line."""
    for message in messages:
        print(f"natron: warning: {message}", file=sys.stderr)


def _version(show: bool) -> None:
    if show:
        from natron import __version__

        print(f"natron {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The open bench for solid-state sodium cells."""


def _changes(pairs: list[str] | None) -> dict[str, object]:
    """``key=value`` texts to a mapping."""
    changes: dict[str, object] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise InputError("--set takes key=value", given=pair, allowed='such as --set separator.thickness="30 µm"')
        changes[key.strip()] = value.strip()
    return changes


@cell_app.command("list")
def cell_list(
    materials: Annotated[bool, typer.Option("--materials", help="List the materials instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The cells that ship with natron, or the materials."""
    from natron.app import screen
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


@cell_app.command("show")
def cell_show(
    name: Annotated[str, typer.Argument(help="A built-in cell or a cell file.")],
    as_json: JsonOption = False,
    toml: Annotated[bool, typer.Option("--toml", help="Print the cell file itself.")] = False,
) -> None:
    """Every value of a cell and of its materials, with uncertainty, origin and source."""
    from natron.app import screen
    from natron.cell import built_in_texts, quantities_of
    from natron.io.descriptions import load_cell, read_description

    cell = load_cell(name)
    if toml:
        print(built_in_texts()[name] if name in built_in_texts() else read_description(name), end="")
    elif as_json:
        print_json(
            {
                "schema_version": 1,
                "cell": {"name": cell.name, "title": cell.title, "kind": cell.kind},
                "values": _values(quantities_of(cell)),
                "materials": {m.name: _values(m.values()) for m in cell.materials_used()},
            }
        )
    else:
        screen.cell(cell)


@cell_app.command("new")
def cell_new(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    source: Annotated[str, typer.Option("--from", help="Start from this built-in cell.")] = "lowack2025-cell2",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a cell file to start from."""
    from natron.cell import built_in, built_in_texts
    from natron.io.descriptions import write_new_file

    built_in(source)
    text = built_in_texts()[source].replace(f'name = "{source}"', f'name = "{file.stem}"', 1)
    write_new_file(file, text, overwrite=force)
    print(f"Wrote {file}. Edit it, then: natron cell check {file}; natron design {file}")


@cell_app.command("check")
def cell_check(
    name: Annotated[str, typer.Argument(help="A cell file or a built-in cell.")], as_json: JsonOption = False
) -> None:
    """Whether a file describes a cell, and where it contradicts itself."""
    from natron.app import screen
    from natron.design import checks
    from natron.io.descriptions import load_cell
    from natron.report.as_json import check as check_json

    cell = load_cell(name)
    found = checks(cell)
    if as_json:
        print_json({"schema_version": 1, "cell": cell.name, "valid": True, "checks": [check_json(c) for c in found]})
        return
    screen.checked(cell, found)


@cell_app.command("schema")
def cell_schema() -> None:
    """JSON Schema of the cell file, for editors."""
    from natron.cell import json_schema

    print_json(json_schema())


@app.command()
def design(
    cell: Annotated[str, typer.Argument(help="A built-in cell or a cell file.")],
    change: Annotated[
        Optional[list[str]],  # noqa: UP045  (typer reads it at run time)
        typer.Option("--set", help='Change a value: separator.thickness="30 µm". May be repeated.'),
    ] = None,
    what_if: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--what-if",
            help='A step, solids conserved: "activation = 100 %", "porosity = 30 %", "reservoir = 0 µm", '
            '"separator = 30 µm", "active = lfp". May be repeated; each builds on the one before.',
        ),
    ] = None,
    target: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--target", help='A wanted figure: "volumetric_energy_density = 450 Wh/l".'),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", help="The input that may change to reach --target.")
    ] = "separator.thickness",
    consistent: Annotated[bool, typer.Option("--consistent", help="Derive all from loading and thickness.")] = False,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--report", help="Also write an HTML report to this file."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Design figures of a cell: capacity, thicknesses, energy densities, what they hang on."""
    from natron.core import did_you_mean, parse_quantity
    from natron.design import FIGURE_KINDS, assess, parse_step
    from natron.io.descriptions import load_cell

    wanted = None
    if target is not None:
        figure, _, text = (part.strip() for part in target.partition("="))
        if figure not in FIGURE_KINDS:
            raise InputError(
                "--target takes a figure and its value",
                given=target,
                allowed='such as "volumetric_energy_density = 450 Wh/l"',
                hint=did_you_mean(figure, FIGURE_KINDS),
            )
        wanted = (figure, parse_quantity(text, FIGURE_KINDS[figure]), by)
    result = assess(
        load_cell(cell, _changes(change)),
        consistent=consistent,
        steps=[parse_step(step) for step in what_if or []],
        target=wanted,
    )
    if report is not None:
        from natron.io.descriptions import write_new_file
        from natron.report.html import design_page

        write_new_file(report, design_page(result), overwrite=True)
    if as_json:
        from natron.report.as_json import design as design_json

        print_json(design_json(result))
    else:
        from natron.app import screen

        screen.design(result)
        if report is not None:
            print(f"Report: {report.resolve()}")
    warn(result.warnings)


@app.command()
def audit(
    file: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="A claims file, or one of natron's documents; without it, all of these."),
    ] = None,
    only: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--only", help="agrees, disagrees or cannot_be_checked."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute what documents claim: a verdict a line, and what would have to be true instead."""
    from natron.core.compare import VERDICTS
    from natron.studies import audit_document, claims_texts, finding_json

    if only is not None and only not in VERDICTS:
        raise InputError("--only takes a verdict", given=only, allowed=", ".join(VERDICTS))
    findings = [
        finding
        for document in ([file] if file else list(claims_texts()))
        for finding in audit_document(document)
        if only is None or finding.verdict == only
    ]
    if as_json:
        print_json({"schema_version": 1, "claims": [finding_json(finding) for finding in findings]})
    else:
        from natron.app import screen

        screen.audit(findings)


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(help="A document: lowack2025.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Where to write the report (default: STUDY.html here)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """A document's tables beside natron's figures, with a verdict per line and an HTML report."""
    from natron.io.descriptions import write_new_file
    from natron.studies import reproduce as run
    from natron.studies import reproduction_page

    result = run(study)
    path = out or Path(f"{study}.html")
    write_new_file(path, reproduction_page(result), overwrite=True)
    if as_json:
        print_json({**result.as_json(), "report": str(path)})
        return
    from natron.app import screen

    screen.reproduction(result)
    print(f"\nReport: {path.resolve()}")
