"""``natron audit`` and ``natron reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError

REPORT_BEGUN = (
    '<!doctype html>\n<meta name="generator" content="natron">\n<p>natron reproduce --all was not finished.</p>\n'
)
"""Stands in the report's place until it is done."""


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
        from natron.app.screens import documents as screen

        screen.audit(findings)


def reproduce(
    study: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="A study: adambatt2, latp-prussian-blue, lowack2025, stack-pressure, thermal-press; or the folder of "
            "one of your own (natron study new)."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All five documents in one report.")] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out", help="Where to write the report (default: STUDY.html here; of --all: reproduction.html)."
        ),
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
    from natron.io.descriptions import refuse_unwritable, write_new_file
    from natron.studies import is_own_study, reproduce_own, reproduction_page
    from natron.studies import reproduce as run

    if every == (study is not None):
        raise InputError(
            "name one study, or ask for all of them", key="STUDY",
            given=f"{study} and --all" if every else None, allowed="natron reproduce STUDY, or natron reproduce --all",
        )  # fmt: skip
    if study is None:
        _reproduce_all(out or Path("reproduction.html"), recalibrate=recalibrate, as_json=as_json)
        return
    path = out or Path(f"{Path(study).resolve().name}.html")
    refuse_unwritable(path)
    with progress("Reproducing") as step:
        result = reproduce_own(study) if is_own_study(study) else run(study, recalibrate=recalibrate, progress=step)
    write_new_file(path, reproduction_page(result))
    if as_json:
        print_json({**result.as_json(), "report": str(path)})
        return
    from natron.app.screens import documents as screen

    screen.reproduction(result)
    print(f"\nReport: {path.resolve()}")


def _reproduce_all(path: Path, *, recalibrate: bool, as_json: bool) -> None:
    """Every document; what is done is kept beside the report until all are."""
    from natron.app.progress import progress
    from natron.io.descriptions import write_new_file
    from natron.studies import STUDIES, forget, reproduce_all

    # refuses a file of the user's before minutes of work, not after
    write_new_file(path, REPORT_BEGUN)
    folder = path.with_name(f"{path.name}.parts")
    try:
        with progress("Reproducing", len(STUDIES)) as step:
            found = reproduce_all(folder, step, recalibrate=recalibrate)
    except KeyboardInterrupt:
        warn([f"what is done is kept in {folder}; the same command goes on from there"])
        raise
    write_new_file(path, found.page())
    forget(folder)
    if found.resumed:
        warn([f"taken from an interrupted run: {', '.join(found.resumed)}"])
    if as_json:
        print_json(
            {
                "schema_version": 1,
                "summary": [tally.as_json() for tally in found.tallies],
                "studies": [kept.content for kept in found.studies],
                "report": str(path),
            }
        )
        return
    from natron.app.screens import documents as screen

    screen.summary(found.tallies)
    print(f"\nReport: {path.resolve()}")


study = typer.Typer(help="A study of your own: new.", no_args_is_help=True)


@study.callback()
def _group() -> None:
    """A study of your own."""


@study.command("new")
def study_new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="The folder to make.")],
) -> None:
    """Make a folder with a cell, claims, a place for data and a study file; it runs as it stands."""
    from natron.studies import new_study

    for file in new_study(name):
        print(f"Wrote {file}")
    print(f"Edit them, then: natron reproduce {name}")
