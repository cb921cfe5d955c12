"""``natron constriction study``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from natron.app.output import JsonOption, print_json
from natron.core import InputError, did_you_mean

TITLE = "Contact in spots"
LEAD = (
    "Three questions that no circuit answers, solved in three dimensions by natron: does grain contact halve a tape's "
    "conductivity, is half of the slow arc still an interface resistance where metal touches in spots, and what does "
    "pressure buy."
)


def study(
    which: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(help="grains, metal, pressure (default: all three, a minute or two)."),
    ] = None,
    voxels: Annotated[int, typer.Option("--voxels", help="Along the edge of the cell around one spot, even.")] = 40,
    out: Annotated[Path, typer.Option("--out", help="Where to write the report.")] = Path("constriction.html"),
    as_json: JsonOption = False,
) -> None:
    """Grains that touch, metal that touches, and pressure: what contact in spots does to resistance and spectra."""
    from natron.app.progress import progress
    from natron.io.descriptions import write_new_file
    from natron.studies import constriction_study, sections_json, sections_page
    from natron.studies.contact_studies import STUDIES

    names = list(dict.fromkeys(which or STUDIES))
    for name in names:
        if name not in STUDIES:
            raise InputError(
                "no study has this name", given=name, allowed=", ".join(STUDIES), hint=did_you_mean(name, STUDIES)
            )
    with progress("studying") as step:
        sections = constriction_study(names, voxels=voxels, progress=step)
        page = sections_page(TITLE, LEAD, sections)
    write_new_file(out, page)
    if as_json:
        print_json({"schema_version": 1, "studies": names, "sections": sections_json(sections), "report": str(out)})
        return
    from natron.app.screens import documents as screen

    screen.sections(sections)
    print(f"\nReport: {out.resolve()}")
