"""Studies: a document's tables beside natron's figures, with a verdict per line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from natron.cell import Cell, built_in
from natron.core import ClaimError, did_you_mean
from natron.design import Assessment, Stage, assess, parse_step, roadmap
from natron.io.descriptions import read_description
from natron.report import as_json as report_json
from natron.studies.alloy_study import adambatt2
from natron.studies.audit import audit
from natron.studies.claims import ClaimsFile, Document, built_in_claims, claims_texts, parse_claims
from natron.studies.decomposition_study import decomposition_layer
from natron.studies.findings import Finding, finding_json
from natron.studies.latp_study import latp
from natron.studies.latp_symmetric import calibrated as latp_rates
from natron.studies.limits_study import five_limits
from natron.studies.pressure_studies import stack_pressure, tapes_under_pressure, thermal_press
from natron.studies.round_trip import RoundTrip, round_trips
from natron.studies.round_trip import as_json as round_trips_json
from natron.studies.sections import Section, sections_json
from natron.studies.simulated_sections import full_cells
from natron.studies.survival_study import ten_cells


@dataclass(frozen=True)
class Study:
    """What reproducing a document takes, besides its claims.

    Attributes
    ----------
    document : str
        Whose claims it checks.
    cells : tuple of str
        Built-in cells it describes; the first is the one the roadmap starts from.
    steps : tuple of str
        What-if steps of its roadmap.
    spectra : bool
        Whether its impedance is made again and analysed.
    sections : callable, optional
        What else natron computes about its subject.
    calibrated : callable, optional
        Sections that rest on values calibrated to the document, before those; finds these values again where asked.
    """

    document: str
    cells: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    spectra: bool = False
    sections: Callable[[], tuple[Section, ...]] | None = None
    calibrated: Callable[..., tuple[Section, ...]] | None = None


STUDIES: dict[str, Study] = {
    "lowack2025": Study(
        "lowack2025",
        ("lowack2025-cell1", "lowack2025-cell2"),
        ("activation = 100 %", "porosity = 30 %", "reservoir = 0 µm"),
        spectra=True,
        sections=lambda: (*decomposition_layer(), *five_limits(), *tapes_under_pressure(), *ten_cells()),
        calibrated=full_cells,
    ),
    "adambatt2": Study("adambatt2", sections=adambatt2),
    "stack-pressure": Study("stack-pressure", sections=stack_pressure),
    "thermal-press": Study("thermal-pressing", sections=thermal_press),
    "latp-prussian-blue": Study("latp-prussian-blue", sections=latp, calibrated=latp_rates),
}
"""Documents that can be reproduced."""

AS_GIVEN = "From porosity and thickness as given"
CONSISTENT = "From loading and solid density"


@dataclass(frozen=True)
class Reproduction:
    """A document, reproduced.

    Attributes
    ----------
    document : Document
    steps : tuple of str
        Of its roadmap.
    findings : tuple of Finding
        Every claim.
    tables : Mapping[str, tuple of Finding]
        The claims of each of its tables.
    assessments : tuple of Assessment
        Its cells; the first with the roadmap.
    roadmaps : Mapping[str, tuple of Stage]
        From both starting points.
    round_trips : tuple of RoundTrip
        Its impedance, made again with noise and analysed blind.
    sections : tuple of Section
        What else natron computes about its subject.
    """

    document: Document
    steps: tuple[str, ...]
    findings: tuple[Finding, ...]
    tables: Mapping[str, tuple[Finding, ...]]
    assessments: tuple[Assessment, ...]
    roadmaps: Mapping[str, tuple[Stage, ...]]
    round_trips: tuple[RoundTrip, ...]
    sections: tuple[Section, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As ``natron reproduce --json`` prints it."""
        return {
            "schema_version": report_json.SCHEMA_VERSION,
            "document": self.document.key,
            "cells": [report_json.design(assessment) for assessment in self.assessments],
            "roadmaps": [
                {"start": start, "stages": [report_json.stage(stage) for stage in stages]}
                for start, stages in self.roadmaps.items()
            ],
            "round_trips": round_trips_json(self.round_trips),
            "sections": sections_json(self.sections),
            "claims": [{**finding_json(f), "table": f.claim.table, "column": f.claim.column} for f in self.findings],
        }


def reproduce(name: str, *, recalibrate: bool = False, progress: Callable[[str], None] | None = None) -> Reproduction:
    """Reproduce a document.

    Parameters
    ----------
    name : str
    recalibrate : bool
        Also find every value calibrated to the document again, from its printed numbers.
    progress : callable, optional
        Told each part as it begins.

    Raises
    ------
    ClaimError
        Where natron has no such study, or nothing is calibrated to its document.
    """
    if name not in STUDIES:
        raise ClaimError(
            "no study has this name, and no folder of this name holds one", given=name,
            hint=f"{did_you_mean(name, STUDIES)} Your own: natron study new NAME.",
        )  # fmt: skip
    study = STUDIES[name]
    if recalibrate and study.calibrated is None:
        raise ClaimError("no value that ships with natron is calibrated to this document", given=name)
    calibrated = study.calibrated(again=recalibrate, progress=progress) if study.calibrated else ()
    cells = [built_in(cell) for cell in study.cells]
    return assembled(
        built_in_claims(study.document),
        audit(built_in_claims(study.document), file=study.document),
        cells,
        study.steps,
        round_trips(study.document) if study.spectra else (),
        (*calibrated, *(study.sections() if study.sections else ())),
    )


def assembled(
    claims: ClaimsFile,
    findings: tuple[Finding, ...],
    cells: Sequence[Cell],
    steps: Sequence[str],
    trips: tuple[RoundTrip, ...] = (),
    sections: tuple[Section, ...] = (),
) -> Reproduction:
    """A reproduction from its parts: tables from the claims that name one, the first cell with the roadmap."""
    tables: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        if finding.claim.table:
            tables[finding.claim.table] = (*tables.get(finding.claim.table, ()), finding)
    parsed = [parse_step(step) for step in steps]
    assessments = tuple(assess(cell, steps=parsed if cell is cells[0] else ()) for cell in cells)
    roadmaps = {}
    if parsed:
        roadmaps = {AS_GIVEN: assessments[0].stages, CONSISTENT: roadmap(cells[0], parsed, consistent=True)}
    return Reproduction(claims.document, tuple(steps), findings, tables, assessments, roadmaps, trips, sections)


def audit_document(name_or_path: str) -> tuple[Finding, ...]:
    """Audit one of natron's documents by name, or a claims file.

    Raises
    ------
    ClaimError
        Where there is neither, or the file does not state checkable claims.
    """
    if name_or_path in claims_texts():
        return audit(built_in_claims(name_or_path), file=name_or_path)
    looks_like_path = any(mark in name_or_path for mark in ("/", "\\", ".toml"))
    if not looks_like_path and not Path(name_or_path).exists():
        raise ClaimError(
            "this is neither one of natron's documents nor a file",
            given=name_or_path,
            hint=did_you_mean(name_or_path, claims_texts()),
        )
    text = read_description(name_or_path, raises=ClaimError)
    folder = Path(name_or_path).parent
    return audit(parse_claims(text, file=name_or_path), file=name_or_path, folder=folder)
