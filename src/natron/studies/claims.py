"""Claims files: what a document says, and the relation that should hold."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal

from pydantic import Field, model_validator

from natron.core import ClaimError, did_you_mean
from natron.core.schema import Part, parse_toml, refusal, validate


class Document(Part):
    """The document a claims file reads."""

    key: str = Field(min_length=1, max_length=100, description="Short name of the document.")
    title: str
    authors: str | None = None
    year: int | None = None
    doi: str | None = None
    note: str | None = None


class Claim(Part):
    """One statement of a document and how to check it.

    Either `relation` says what should give the claimed number, or `missing` says what is lacking to check it.
    """

    id: str = Field(min_length=1, max_length=100)
    statement: str = Field(description="What the document says, in own words.")
    where: str | None = Field(None, description="Table, figure or section.")
    table: str | None = Field(None, description="Table of a study's report this line belongs to.")
    column: str | None = Field(None, description="Column of that table.")
    line: str | None = Field(None, description="Short name of its line there.")
    claimed: str | None = Field(None, description='The number as printed: "278 ± 11 Wh/l".')
    uncertainty_kind: Literal["sd", "se", "range", "unknown"] = Field(
        "unknown", description="What the printed ± means; unknown counts as a standard deviation."
    )
    must_be: Literal["equal", "at_most", "at_least"] = Field(
        "equal", description="How the claimed number must stand to the computed one."
    )
    relation: str | None = Field(None, description='Room and relation: "design.figure".')
    inputs: dict[str, str | int | float | dict[str, str]] = Field(
        default_factory=dict, description="Of the relation; a table where an origin or a source is stated."
    )
    same_inputs: bool = Field(
        False,
        description="The document computed its number from these very inputs: their uncertainty is common to "
        "both sides, and only the rounding of what is printed can excuse a difference.",
    )
    cell: str | None = Field(None, description="Of design.figure: a built-in cell, or a cell file beside this one.")
    figure: str | None = Field(None, description="Of design.figure: which figure.")
    basis: Literal["theoretical", "measured"] = "theoretical"
    consistent: bool = False
    steps: tuple[str, ...] = Field((), description='Of design.figure: what-if steps, "porosity = 30 %".')
    set: dict[str, str] = Field(default_factory=dict, description="Of design.figure: values changed in the cell.")
    missing: str | None = Field(None, description="What is lacking to check this claim.")
    note: str | None = None

    @model_validator(mode="after")
    def _checkable(self) -> Claim:
        if (self.relation is None) == (self.missing is None):
            raise refusal(
                "a claim needs either a relation or missing", hint="missing says what is lacking to check it."
            )
        if self.relation is not None and self.claimed is None:
            raise refusal("a claim with a relation needs the claimed number", key="claimed")
        about_cell = self.relation == "design.figure"
        if about_cell and (self.cell is None or self.figure is None):
            raise refusal("design.figure needs a cell and a figure", key="figure" if self.cell else "cell")
        if about_cell and self.inputs:
            raise refusal("design.figure takes its inputs from the cell", key="inputs", hint="Change them with set.")
        if not about_cell and (self.cell or self.figure or self.steps or self.set):
            raise refusal("cell, figure, steps and set go with design.figure alone")
        return self


class ClaimsFile(Part):
    """A document and its claims."""

    document: Document
    claim: tuple[Claim, ...] = Field(description="One table [[claim]] per statement.")

    @model_validator(mode="after")
    def _distinct(self) -> ClaimsFile:
        seen: set[str] = set()
        for claim in self.claim:
            if claim.id in seen:
                raise refusal("two claims have the same id", key="claim", given=claim.id)
            seen.add(claim.id)
        return self


def parse_claims(text: str, *, file: str | None = None) -> ClaimsFile:
    """A claims file's text, checked.

    Raises
    ------
    ClaimError
        Where, what was given, what is allowed.
    """
    return validate(ClaimsFile, parse_toml(text, file=file, raises=ClaimError), file=file, raises=ClaimError)


@lru_cache(maxsize=1)
def claims_texts() -> Mapping[str, str]:
    """The claims files that ship with natron, by document."""
    folder = resources.files("natron.studies") / "claims"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda item: item.name)
        if entry.name.endswith(".toml")
    }


def built_in_claims(document: str) -> ClaimsFile:
    """The claims of a document that ships with natron.

    Raises
    ------
    ClaimError
        Where there is none of that name.
    """
    texts = claims_texts()
    if document not in texts:
        raise ClaimError("no built-in document has this name", given=document, hint=did_you_mean(document, texts))
    return parse_claims(texts[document], file=document)
