"""Recompute what documents claim: a verdict, an origin and, where a claim fails, what would have to be true."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from natron.core import (
    ClaimError,
    InputError,
    Origin,
    Quantity,
    did_you_mean,
    read_quantity,
    weakest_origin,
)
from natron.core.compare import MustBe, Verdict, compare, counted_uncertainty
from natron.core.relation import NamedRelation
from natron.core.uncertainty import Propagated
from natron.design import FIGURE_KINDS, parse_step, stack_model
from natron.io.descriptions import load_cell
from natron.studies.claims import Claim, ClaimsFile
from natron.studies.explain import explain
from natron.studies.findings import Finding, Subject, repeated_input

ROOMS = (
    "core",
    "materials",
    "cell",
    "data",
    "cycling",
    "eis",
    "constriction",
    "interface",
    "simulate",
    "design",
)
"""Rooms that may offer relations; one that does not stand yet leaves its claims unchecked."""


def audit(claims: ClaimsFile, *, file: str | None = None, folder: Path | None = None) -> tuple[Finding, ...]:
    """Check every claim of a file.

    Parameters
    ----------
    claims : ClaimsFile
    file : str, optional
        Its name, for messages.
    folder : Path, optional
        Where the cell files that claims name (``cell = "mine.toml"``) are looked for.

    Raises
    ------
    ClaimError
        Where a claim asks for a relation, an input or a cell that does not exist, or its number does not
        measure what the relation gives.
    """
    findings = []
    for claim in claims.claim:
        try:
            findings.append(_check(claim, claims.document.key, folder))
        except InputError as error:
            inside = ": ".join(part for part in (error.file, error.key) if part)
            place = f"claim {claim.id}" + (f": {inside}" if inside else "")
            raise ClaimError(
                error.problem, file=file, key=place, given=error.given, allowed=error.allowed, hint=error.hint
            ) from error
    return explain(tuple(findings))


def _check(claim: Claim, document: str, folder: Path | None) -> Finding:
    if claim.relation is None:
        return _unchecked(claim, document, f"Missing: {claim.missing}", _read_freely(claim.claimed or ""))
    room, _, name = claim.relation.partition(".")
    if room not in ROOMS or not name:
        raise ClaimError(
            "this is not a relation",
            key="relation",
            given=claim.relation,
            allowed='room and relation, such as "design.figure"',
            hint=did_you_mean(room, ROOMS) if room not in ROOMS else None,
        )
    if claim.relation == "design.figure":
        return _compare(claim, document, _figure_subject(claim, folder))
    offered = _relations_of(room)
    if offered is None:
        assert claim.claimed is not None
        missing = f"Missing: natron's {room} room, which should offer {claim.relation}"
        return _unchecked(claim, document, missing, _read_freely(claim.claimed))
    if name not in offered:
        raise ClaimError(
            "unknown relation",
            key="relation",
            given=claim.relation,
            hint=did_you_mean(claim.relation, [f"{room}.{known}" for known in offered]),
        )
    return _compare(claim, document, _plain_subject(claim, offered[name]))


def _unchecked(claim: Claim, document: str, why: str, claimed: Quantity | None) -> Finding:
    return Finding(claim, document, claimed, None, "cannot_be_checked", "literature", explanation=why)


def _read_freely(text: str) -> Quantity | None:
    """The number in a text, whatever it measures; None where there is none."""
    if not any(character.isdigit() for character in text):
        return None
    try:
        return read_quantity(text, _kind_of_texts([text]), origin="literature")
    except InputError:
        return None


def _relations_of(room: str) -> Mapping[str, NamedRelation] | None:
    if importlib.util.find_spec(f"natron.{room}") is None:
        return None
    module = "natron.core.relation" if room == "core" else f"natron.{room}"
    return getattr(importlib.import_module(module), "RELATIONS", None)


def _plain_subject(claim: Claim, relation: NamedRelation) -> Subject:
    """A named relation over the inputs the claim lists."""
    texts = {key: str(claim.inputs[key]) for key in relation.texts if key in claim.inputs}
    offered = relation.looked_up(texts) if relation.looked_up and len(texts) == len(relation.texts) else {}
    for key in claim.inputs:
        if key not in relation.inputs and key not in relation.texts and key not in offered:
            raise ClaimError(
                f'unknown input "{key}"',
                key="inputs",
                hint=did_you_mean(key, [*relation.inputs, *relation.texts, *offered]),
            )
    missing = [key for key in (*relation.inputs, *relation.texts) if key not in claim.inputs]
    if missing:
        raise ClaimError(f"{claim.relation} needs the input {missing[0]}", key="inputs")
    alike = [text for key, text in claim.inputs.items() if relation.inputs.get(key) == "same"]
    same = _kind_of_texts([*alike, *([claim.claimed] if relation.output == "same" else [])])
    kinds = {key: same if name == "same" else name for key, name in relation.inputs.items()}
    kinds |= {key: q.kind for key, q in offered.items() if key in claim.inputs}
    inputs: dict[str, Quantity] = {key: q for key, q in offered.items() if key not in claim.inputs}
    for key, kind_name in kinds.items():
        try:
            inputs[key] = read_quantity(claim.inputs[key], kind_name, origin="literature")
        except InputError as error:
            raise error.at(key=f"inputs.{key}") from error
    output = same if relation.output == "same" else relation.output
    return Subject(relation.bound(texts), "value", output, inputs)


_SAME_KINDS = (
    "length", "areal_capacity", "pressure", "area_specific_resistance", "conductivity", "energy",
    "potential", "current_density", "specific_capacity", "density", "temperature", "duration", "frequency",
    "volumetric_energy_density", "gravimetric_energy_density", "loading", "force", "capacity",
)  # fmt: skip


def _kind_of_texts(texts: Sequence[object]) -> str:
    """The first kind that reads every one of these texts; plain numbers are shares only where one has a %."""
    plain = "fraction" if any("%" in str(text) for text in texts) else "number"
    for name in (plain, *_SAME_KINDS):
        try:
            for text in texts:
                read_quantity(text, name)
        except InputError:
            continue
        return name
    return plain


def _figure_subject(claim: Claim, folder: Path | None) -> Subject:
    """A design figure of a cell, after the claim's steps."""
    assert claim.cell is not None
    assert claim.figure is not None
    if claim.figure not in FIGURE_KINDS:
        raise ClaimError(
            "unknown figure", key="figure", given=claim.figure, hint=did_you_mean(claim.figure, FIGURE_KINDS)
        )
    named_file = folder is not None and claim.cell.endswith(".toml")
    cell = load_cell(folder / claim.cell if named_file and folder is not None else claim.cell, claim.set)
    steps = [parse_step(step) for step in claim.steps]
    model = stack_model(cell, claim.basis, consistent=claim.consistent, steps=steps)
    if claim.figure not in model({name: q.value for name, q in model.inputs.items()}):
        raise ClaimError("this cell does not have that figure", key="figure", given=claim.figure)
    return Subject(model, claim.figure, FIGURE_KINDS[claim.figure], model.inputs, model)


def _compare(claim: Claim, document: str, subject: Subject) -> Finding:
    assert claim.claimed is not None
    try:
        claimed = replace(
            read_quantity(claim.claimed, subject.kind, origin="literature"),
            uncertainty_kind=claim.uncertainty_kind,
        )
    except InputError as error:
        raise error.at(key="claimed") from error
    result = subject.computed()
    spread = subject.counted_uncertainty(rounding_only=claim.same_inputs)
    must_be: MustBe = claim.must_be
    comparison = compare(
        claimed.value,
        counted_uncertainty(claimed, rounding_only=claim.same_inputs),
        result.value,
        spread,
        must_be,
    )
    origin = _origin(subject, result)
    computed = repeated_input(subject, result) or result.quantity(subject.kind, origin=origin)
    verdict: Verdict = comparison.verdict
    if origin == "round_trip" and verdict == "agrees":
        why = "Missing: data that natron did not make itself; its own coming back proves nothing about the claim"
        return replace(_unchecked(claim, document, why, claimed), computed=computed, origin=origin)
    return Finding(claim, document, claimed, computed, verdict, origin, comparison, subject=subject)


def _origin(subject: Subject, result: Propagated) -> Origin:
    repeated = repeated_input(subject, result)
    if repeated is not None:
        return repeated.origin
    return weakest_origin(subject.inputs[name].origin for name in result.derivatives)
