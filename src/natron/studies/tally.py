"""How many lines of a reproduced document agree, disagree and cannot be checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from natron.core import ORIGINS
from natron.core.compare import VERDICTS
from natron.studies.findings import Finding
from natron.studies.reproduction import Reproduction

IMAGE = "figure's data"
"""What is missing of a claim that stands in an image alone."""


@dataclass(frozen=True)
class Tally:
    """Counts of one document.

    Attributes
    ----------
    study, document, title : str
    claims : Mapping[str, int]
        Its claims by verdict.
    images : int
        Claims that cannot be checked because they stand in an image without data.
    computed : Mapping[str, int]
        Published numbers beside natron's models, by verdict.
    origins : Mapping[str, int]
        Those computed numbers and the claims' that could be checked, by origin.
    """

    study: str
    document: str
    title: str
    claims: Mapping[str, int]
    images: int
    computed: Mapping[str, int]
    origins: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """As it stands in ``summary[]``."""
        return asdict(self)


def tally(study: str, result: Reproduction) -> Tally:
    """Count a reproduced document's lines."""
    rows = [row for section in result.sections for row in section.beside]
    rows += [row for section in result.sections for setting in section.settings for row in setting.data]
    origins: list[str] = [
        *(f.origin for f in result.findings if f.computed is not None),
        *(row.computed.origin for row in rows),
    ]
    return Tally(
        study,
        result.document.key,
        result.document.title,
        _verdicts(finding.verdict for finding in result.findings),
        images(result.findings),
        _verdicts(row.verdict for row in rows),
        {origin: origins.count(origin) for origin in ORIGINS},
    )


def images(findings: Sequence[Finding]) -> int:
    """How many claims stand in an image without data."""
    return sum(f.verdict == "cannot_be_checked" and IMAGE in (f.claim.missing or "") for f in findings)


def _verdicts(found: Iterable[str]) -> dict[str, int]:
    listed = list(found)
    return {verdict: listed.count(verdict) for verdict in VERDICTS}


def markdown(tallies: Sequence[Tally]) -> str:
    """The summary as a table in Markdown, as the README shows it."""
    lines = [
        "| Document | Claims | agree | disagree | cannot be checked | Numbers computed | agree | disagree | "
        "cannot be checked |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in tallies:
        cells = [f"`{one.study}`: {one.title}"]
        for counts in (one.claims, one.computed):
            cells += [str(sum(counts.values())), *(str(counts[verdict]) for verdict in VERDICTS)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
