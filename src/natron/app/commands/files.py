"""``natron read`` and ``natron convert``: what instrument files hold, and the same as an open format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, did_you_mean, parse_quantity

AreaOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it at run time)
    typer.Option("--area", help='Electrode area, "0.785 cm²"; it wins over the file\'s.'),
]
MassOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--mass", help='Active mass, "6.5 mg"; it wins over the file\'s.'),
]
KindOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--kind", help="The cell's build: full, half or symmetric."),
]
WorkingElectrodeOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--working-electrode", help="The electrode on the instrument's positive lead: positive or negative."),
]
MappingOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--mapping", help="For text of no known make: a TOML file that says which column is what."),
]
_WORDS = {"--kind": ("full", "half", "symmetric"), "--working-electrode": ("positive", "negative")}


def told(
    area: str | None, mass: str | None, kind: str | None, working_electrode: str | None, mapping: Path | None = None
) -> dict[str, Any]:
    """What a user says of a measurement, as `natron.io.read` and `natron.io.join` take it.

    Raises
    ------
    InputError
        Where an area or a mass is none, or a word is not known.
    """
    for option, given in (("--kind", kind), ("--working-electrode", working_electrode)):
        if given is not None and given not in _WORDS[option]:
            raise InputError(
                "this is not one of the known words",
                key=option,
                given=given,
                allowed=", ".join(_WORDS[option]),
                hint=did_you_mean(given, _WORDS[option]),
            )
    return {
        "area_m2": _told_number("--area", area, "area"),
        "mass_kg": _told_number("--mass", mass, "mass"),
        "kind": kind,
        "working_electrode": working_electrode,
        "mapping": mapping,
    }


def text_of(mapping: Path | None) -> str | None:
    """What a mapping file says: two of one content are the same setting."""
    return None if mapping is None else mapping.read_text("utf-8", errors="replace")


def _told_number(option: str, text: str | None, kind: str) -> float | None:
    """An area or a mass in SI, once it can be one."""
    from natron.data.cycling import checked_area, checked_mass

    if text is None:
        return None
    try:
        parsed = parse_quantity(text, kind)
        (checked_area if kind == "area" else checked_mass)(parsed.value, told_by="user")
    except InputError as error:
        # said at the command line, so wrong usage and no broken data
        raise InputError(error.problem, key=option, given=text, allowed=error.allowed, hint=error.hint) from None
    if parsed.uncertainty:
        warn([f"{option}: a record carries no ± with its {kind}; {parsed.shown_value:g} is used as it stands"])
    return parsed.value


def read(
    file: Annotated[str, typer.Argument(help="An instrument file.")],
    area: AreaOption = None,
    mass: MassOption = None,
    kind: KindOption = None,
    working_electrode: WorkingElectrodeOption = None,
    mapping: MappingOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is in an instrument file: its record, its spectra, and what was recognised, assumed or mended."""
    from natron.io import read as read_file

    found = read_file(file, **told(area, mass, kind, working_electrode, mapping))
    if as_json:
        from natron.report.measured import reading_json

        print_json(reading_json(file, found))
    else:
        from natron.app.screens import files as screen

        screen.reading(file, found)


def convert(
    files: Annotated[list[str], typer.Argument(help="Instrument files; several are parts of one test and join.")],
    to: Annotated[Path, typer.Option("--to", help="The table to write: OUT.bdf.csv or OUT.bdf.parquet.")],
    area: AreaOption = None,
    mass: MassOption = None,
    kind: KindOption = None,
    working_electrode: WorkingElectrodeOption = None,
    mapping: MappingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write instrument files as one Battery Data Format table, with area, spectra and notes in a .json beside it."""
    from natron.io import join, write
    from natron.io import read as read_file

    options = told(area, mass, kind, working_electrode, mapping)
    found = read_file(files[0], **options) if len(files) == 1 else join(files, **options)
    beside = write(found, to)
    if as_json:
        from natron.report.measured import conversion_json

        print_json(conversion_json(files, found, to, beside))
    else:
        from natron.app.screens import files as screen

        screen.converted(found, to, beside)
