"""Recompute what documents claim: a verdict, an origin and, where a claim fails, what would have to be true."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import replace

from natron.cell import Cell, built_in, changed, quantities_of
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
from natron.core.uncertainty import Propagated, propagate
from natron.design import FIGURE_KINDS, parse_step, stack_model, take_step
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


def audit(claims: ClaimsFile, *, file: str | None = None) -> tuple[Finding, ...]:
    """Check every claim of a file.

    Parameters
    ----------
    claims : ClaimsFile
    file : str, optional
        Its name, for messages.

    Raises
    ------
    ClaimError
        Where a claim asks for a relation, an input or a cell that does not exist, or its number does not
        measure what the relation gives.
    """
    findings = []
    for claim in claims.claim:
        try:
            findings.append(_check(claim, claims.document.key))
        except ClaimError as error:
            raise error.at(file=file, key=f"claim {claim.id}") from error
        except InputError as error:
            place = f"claim {claim.id}" + (f": {error.key}" if error.key else "")
            raise ClaimError(
                error.problem, file=file, key=place, given=error.given, allowed=error.allowed, hint=error.hint
            ) from error
    return explain(tuple(findings))


def _check(claim: Claim, document: str) -> Finding:
    if claim.relation is None:
        return Finding(
            claim,
            document,
            None,
            None,
            "cannot_be_checked",
            "literature",
            explanation=f"Missing: {claim.missing}",
        )
    room, _, name = claim.relation.partition(".")
    if room not in ROOMS or not name:
        raise ClaimError("unknown room", key="relation", given=claim.relation, hint=did_you_mean(room, ROOMS))
    if claim.relation == "design.figure":
        return _compare(claim, document, *_figure_subjects(claim))
    offered = _relations_of(room)
    if offered is None:
        return Finding(
            claim,
            document,
            None,
            None,
            "cannot_be_checked",
            "literature",
            explanation=f"Missing: natron's {room} room, which should offer {claim.relation}",
        )
    if name not in offered:
        raise ClaimError(
            "unknown relation",
            key="relation",
            given=claim.relation,
            hint=did_you_mean(claim.relation, [f"{room}.{known}" for known in offered]),
        )
    subject = _plain_subject(claim, offered[name])
    rounded = replace(subject, inputs={key: _rounded(q) for key, q in subject.inputs.items()})
    return _compare(claim, document, subject, rounded)


def _relations_of(room: str) -> Mapping[str, NamedRelation] | None:
    if importlib.util.find_spec(f"natron.{room}") is None:
        return None
    module = "natron.core.relation" if room == "core" else f"natron.{room}"
    return getattr(importlib.import_module(module), "RELATIONS", None)


def _plain_subject(claim: Claim, relation: NamedRelation) -> Subject:
    """A named relation over the inputs the claim lists."""
    for key in claim.inputs:
        if key not in relation.inputs and key not in relation.texts:
            raise ClaimError(
                f'unknown input "{key}"',
                key="inputs",
                hint=did_you_mean(key, [*relation.inputs, *relation.texts]),
            )
    missing = [key for key in (*relation.inputs, *relation.texts) if key not in claim.inputs]
    if missing:
        raise ClaimError(f"{claim.relation} needs the input {missing[0]}", key="inputs")
    alike = [text for key, text in claim.inputs.items() if relation.inputs.get(key) == "same"]
    same = _kind_of_texts([*alike, *([claim.claimed] if relation.output == "same" else [])])
    kinds = {key: same if name == "same" else name for key, name in relation.inputs.items()}
    inputs: dict[str, Quantity] = {}
    for key, kind_name in kinds.items():
        try:
            inputs[key] = read_quantity(claim.inputs[key], kind_name, origin="literature")
        except InputError as error:
            raise error.at(key=f"inputs.{key}") from error
    texts = {key: str(claim.inputs[key]) for key in relation.texts}
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


def _figure_subjects(claim: Claim) -> tuple[Subject, Subject]:
    """A cell's design figure, over its inputs' ± and over their rounding alone."""
    assert claim.cell is not None
    assert claim.figure is not None
    if claim.figure not in FIGURE_KINDS:
        raise ClaimError(
            "unknown figure", key="figure", given=claim.figure, hint=did_you_mean(claim.figure, FIGURE_KINDS)
        )
    cell = built_in(claim.cell)
    if claim.set:
        cell = changed(cell, claim.set)
    stated, rounded = (_figure_subject(claim, start) for start in (cell, _rounded_cell(cell)))
    return stated, replace(rounded, inputs={key: _rounded(q) for key, q in rounded.inputs.items()})


def _figure_subject(claim: Claim, cell: Cell) -> Subject:
    for step in claim.steps:
        cell = take_step(cell, parse_step(step), consistent=claim.consistent)
    model = stack_model(cell, claim.basis, consistent=claim.consistent)
    assert claim.figure is not None
    if claim.figure not in model({name: q.value for name, q in model.inputs.items()}):
        raise ClaimError("this cell does not have that figure", key="figure", given=claim.figure)
    return Subject(model, claim.figure, FIGURE_KINDS[claim.figure], model.inputs, model)


def _rounded(q: Quantity) -> Quantity:
    """The quantity with the rounding of what is printed as its only uncertainty.

    A number without printed digits was itself computed from rounded ones and keeps what it carries.
    """
    if q.rounding == 0.0:
        return q
    return replace(q, uncertainty=q.rounding_uncertainty or None, uncertainty_kind="sd")


def _rounded_cell(cell: Cell) -> Cell:
    return changed(cell, {key: _rounded(q) for key, q in quantities_of(cell).items()})


def _compare(claim: Claim, document: str, subject: Subject, rounded: Subject) -> Finding:
    assert claim.claimed is not None
    try:
        claimed = replace(
            read_quantity(claim.claimed, subject.kind, origin="literature"),
            uncertainty_kind=claim.uncertainty_kind,
        )
    except InputError as error:
        raise error.at(key="claimed") from error
    result = subject.computed()
    if claim.same_inputs:
        spread = propagate(rounded.relation, rounded.inputs, method="linear")[subject.output].standard_uncertainty
    else:
        spread = result.standard_uncertainty
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
    if origin == "round_trip":
        verdict = "cannot_be_checked" if verdict == "agrees" else verdict
    return Finding(claim, document, claimed, computed, verdict, origin, comparison, subject=subject)


def _origin(subject: Subject, result: Propagated) -> Origin:
    repeated = repeated_input(subject, result)
    if repeated is not None:
        return repeated.origin
    return weakest_origin(subject.inputs[name].origin for name in result.derivatives)
