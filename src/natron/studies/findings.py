"""What an audit finds: a claim, what natron computes for it, and how the two stand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from natron.core import Origin, Quantity
from natron.core.compare import Comparison, Verdict, counted_uncertainty
from natron.core.uncertainty import Propagated, Relation, propagate
from natron.design import StackModel
from natron.studies.claims import Claim


@dataclass(frozen=True)
class Subject:
    """What a claim is about: a relation over named inputs, with the inputs as the document gives them.

    Attributes
    ----------
    relation : callable
        ``{input: number} -> {output: number}``, SI.
    output : str
        The output compared.
    kind : str
        Its kind.
    inputs : Mapping[str, Quantity]
    model : StackModel or None
        For a design figure of a cell.
    """

    relation: Relation
    output: str
    kind: str
    inputs: Mapping[str, Quantity]
    model: StackModel | None = None

    def computed(self) -> Propagated:
        """The result with the uncertainty that the inputs' printed ± give it."""
        return propagate(self.relation, self.inputs)[self.output]

    def counted_uncertainty(self, *, rounding_only: bool = False) -> float:
        """The uncertainty of the result that counts in a comparison, SI.

        Where an input prints no ±, its rounding counts; with `rounding_only` rounding alone.
        """
        counted = {
            name: replace(
                q,
                uncertainty=counted_uncertainty(q, rounding_only=rounding_only) or None,
                uncertainty_kind="sd",
            )
            for name, q in self.inputs.items()
        }
        return propagate(self.relation, counted)[self.output].standard_uncertainty


@dataclass(frozen=True)
class Finding:
    """One claim, checked.

    Attributes
    ----------
    claim : Claim
    document : str
    claimed : Quantity or None
        As printed; None where the claim has no number natron could read.
    computed : Quantity or None
        What natron gets, with its full uncertainty.
    verdict : str
        ``agrees``, ``disagrees`` or ``cannot_be_checked``.
    origin : str
        Of the computed number.
    comparison : Comparison or None
    explanation : str
        What would have to be true instead, or what is missing.
    alternatives : Mapping[str, Quantity]
        Single inputs that alone would make the claim true, and the value each would need.
    joint : str
        The part of the explanation that all claims about one state of a cell share.
    subject : Subject or None
        What was compared.
    """

    claim: Claim
    document: str
    claimed: Quantity | None
    computed: Quantity | None
    verdict: Verdict
    origin: Origin
    comparison: Comparison | None = None
    explanation: str = ""
    alternatives: Mapping[str, Quantity] = field(default_factory=dict)
    joint: str = ""
    subject: Subject | None = None


def repeated_input(subject: Subject, result: Propagated) -> Quantity | None:
    """The input that a result merely repeats, as it is printed; None where something is computed."""
    if (
        list(result.derivatives.values()) != [1.0]
        or result.value != subject.inputs[next(iter(result.derivatives))].value
    ):
        return None
    return subject.inputs[next(iter(result.derivatives))]


def finding_json(finding: Finding) -> dict[str, Any]:
    """One entry of ``claims[]`` in the audit's JSON."""
    c = finding.comparison
    return {
        "id": finding.claim.id,
        "document": finding.document,
        "where": finding.claim.where,
        "statement": finding.claim.statement,
        "claimed": finding.claimed.as_json() if finding.claimed else None,
        "claimed_text": finding.claim.claimed,
        "must_be": finding.claim.must_be,
        "computed": finding.computed.as_json() if finding.computed else None,
        "verdict": finding.verdict,
        "origin": finding.origin,
        "difference": None
        if c is None or finding.computed is None
        else {
            "value": Quantity(c.difference, c.combined_uncertainty, finding.computed.kind).difference_as_json(),
            "percent": c.percent,
            # JSON has no infinity: two exact numbers that differ
            "standard_uncertainties": c.in_uncertainties if c.in_uncertainties < 1e300 else None,
        },
        "explanation": finding.explanation,
        "alternatives": {name: q.as_json() for name, q in finding.alternatives.items()},
    }
