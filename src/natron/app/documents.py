"""``natron audit`` and ``natron reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from natron.app.output import JsonOption, print_json
from natron.core import InputError


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


def reproduce(
    study: Annotated[str, typer.Argument(help="A study: adambatt2, lowack2025, stack-pressure, thermal-press.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Where to write the report (default: STUDY.html here)."),
    ] = None,
    recalibrate: Annotated[
        bool,
        typer.Option(
            "--recalibrate", help="Also find every value calibrated to the document again, from its printed numbers."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """A document's tables beside natron's figures, with a verdict per line and an HTML report."""
    from natron.app.progress import progress
    from natron.io.descriptions import write_new_file
    from natron.studies import reproduce as run
    from natron.studies import reproduction_page

    with progress("Reproducing") as step:
        result = run(study, recalibrate=recalibrate, progress=step)
    path = out or Path(f"{study}.html")
    write_new_file(path, reproduction_page(result))
    if as_json:
        print_json({**result.as_json(), "report": str(path)})
        return
    from natron.app import screen

    screen.reproduction(result)
    print(f"\nReport: {path.resolve()}")
