"""Why a claim fails: a search for what would have to be true instead.

Two searches. Each input alone: the value at which the claim would hold, nearest in its own uncertainty.
And, where a document prints several figures of one state of a cell, the cathode's thickness, porosity and
solids together: the only set that gives all printed figures at once, and what it does to the solids.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from natron.core import Quantity, kind
from natron.core.compare import AGREEMENT_LIMIT
from natron.design import StackModel, input_label, physical, relations, solve_input
from natron.studies.findings import Finding, Subject, repeated_input

SHOWN = 3
"""How many single inputs an explanation names."""

SOLIDS_TOLERANCE = 0.02
"""Relative change of the solids below which they count as conserved: the reading of a printed porosity."""


def explain(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The same findings, each with its explanation."""
    return tuple(_explained(finding, findings) for finding in findings)


def _explained(finding: Finding, findings: Sequence[Finding]) -> Finding:
    if finding.comparison is None or finding.subject is None:
        return finding
    if finding.verdict != "disagrees":
        return replace(finding, explanation=finding.claim.note or "")
    # of two statements of one thing, saying that one would have to be the other explains nothing
    restated = repeated_input(finding.subject, finding.subject.computed()) is not None
    alternatives = {} if restated else single_inputs(finding)
    parts = [_by_how_much(finding)]
    joint = joint_explanation(finding, findings)
    if joint:
        parts.append(joint)
    if alternatives:
        parts.append(
            "It would hold with "
            + ", or ".join(_in_words(name, q, finding.subject) for name, q in alternatives.items())
            + " alone."
        )
    elif not restated:
        parts.append("No single input makes it hold.")
    if finding.claim.note:
        parts.append(finding.claim.note)
    return replace(finding, explanation=" ".join(parts), alternatives=alternatives, joint=joint)


def told_once(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """Findings with their explanations, what several of them share told with the first alone."""
    told: set[str] = set()
    rows = []
    for finding in findings:
        text = finding.explanation
        if finding.joint and finding.joint in told:
            text = text.replace(finding.joint, "See above.")
        told.add(finding.joint)
        rows.append((finding, text))
    return rows


def _by_how_much(finding: Finding) -> str:
    c = finding.comparison
    assert c is not None
    assert finding.claimed is not None
    assert finding.computed is not None
    relation = {"equal": "against", "at_most": "but at most", "at_least": "but at least"}[finding.claim.must_be]
    size = f"{c.percent:+.1f} %" if c.percent is not None else "from zero"
    if math.isfinite(c.in_uncertainties):
        size += f", {c.in_uncertainties:.1f} combined standard uncertainties"
    kind_of = " (rounding alone counts: both rest on the same inputs)" if finding.claim.same_inputs else ""
    ratio = c.percent is not None and abs(c.percent) > 300
    factor = f"; a factor of {finding.claimed.value / finding.computed.value:.3g}" if ratio else ""
    return f"{finding.claimed} claimed {relation} {finding.computed}: {size}{kind_of}{factor}."


def single_inputs(finding: Finding) -> dict[str, Quantity]:
    """For each input that alone can make a claim hold, the value it would need; the nearest first.

    Nearest in the input's own standard uncertainty (or its rounding); an exact one counts 1 % as one.
    """
    subject = finding.subject
    assert subject is not None
    assert finding.claimed is not None
    found: list[tuple[float, str, Quantity]] = []
    for name, q in subject.inputs.items():
        x = _needed(finding, name)
        if x is None or x == q.value or (x == 0.0 and q.kind == "number"):
            continue
        found.append((abs(x - q.value) / _step(q), name, Quantity(x, None, q.kind, origin="predicted")))
    found.sort(key=lambda item: (item[0], item[1]))
    return {name: q for _, name, q in found[:SHOWN]}


def _step(q: Quantity) -> float:
    return max(q.standard_uncertainty, q.rounding_uncertainty) or 0.01 * abs(q.value) or 1.0


def _needed(finding: Finding, name: str) -> float | None:
    """The value of one input at which a claim holds exactly; None where there is none."""
    subject = finding.subject
    assert subject is not None
    assert finding.claimed is not None
    if name.startswith("positive.composition."):
        return None  # mass fractions only move together
    allowed = physical if subject.model is not None else (lambda out: True)
    return solve_input(subject.relation, subject.inputs, name, subject.output, finding.claimed.value, allowed)[0]


def _in_words(name: str, needed: Quantity, subject: Subject) -> str:
    was = subject.inputs[name]
    percent = f"{100 * (needed.value / was.value - 1):+.1f} %" if was.value and was.kind != "temperature" else ""
    distance = ""
    if was.standard_uncertainty:
        distance = f"{abs(needed.value - was.value) / was.standard_uncertainty:.1f} u"
    inside = ", ".join(part for part in (f"given {was}", percent, distance) if part)
    return f"{input_label(name)} = {needed} ({inside})"


def joint_explanation(finding: Finding, findings: Sequence[Finding]) -> str:
    """What gives all figures that a document prints for one state of a cell.

    First one input that alone gives every one of them; then the cathode: a stack's volume fixes its
    thickness, its mass then fixes the porosity, and the two together fix the solids, which pressing cannot
    change. Empty where the document prints no such figures for this state.
    """
    subject = finding.subject
    assert subject is not None
    if subject.model is None:
        return ""
    by_figure = {other.claim.figure: other for other in reversed(findings) if _same_state(other, finding)}
    pair = [by_figure.get(name) for name in ("volumetric_energy_density", "gravimetric_energy_density")]
    shown = (*pair, by_figure.get("cathode_thickness"))
    if None in pair or subject.model.active is None or finding not in shown:
        return ""
    volumetric, gravimetric = (other for other in pair if other is not None)
    assert volumetric.claimed is not None
    assert gravimetric.claimed is not None
    cathode = _Cathode(subject.model).explain(volumetric.claimed, gravimetric.claimed, _stated(by_figure))
    return " ".join(part for part in (common_cause(volumetric, gravimetric, subject), cathode) if part)


def common_cause(one: Finding, other: Finding, subject: Subject) -> str:
    """The inputs, if any, whose one other value makes two claims hold at once, the best first, as a sentence."""
    assert one.comparison is not None
    assert other.comparison is not None
    assert other.claimed is not None
    assert other.subject is not None
    found: list[tuple[float, str]] = []
    spread = math.hypot(*(c.combined_uncertainty for c in (one.comparison, other.comparison)))
    for name, q in subject.inputs.items():
        x = _needed(one, name)
        if x is None or x == q.value:
            continue
        out = other.subject.relation({**{key: p.value for key, p in other.subject.inputs.items()}, name: x})
        gap = abs(float(out[other.subject.output]) - other.claimed.value)
        if gap <= AGREEMENT_LIMIT * spread:
            needed = Quantity(x, None, q.kind, origin="predicted")
            found.append((gap, _in_words(name, needed, subject)))
    if not found:
        return ""
    causes = ", or from ".join(words for _, words in sorted(found)[:SHOWN])
    return f"{one.claimed} and {other.claimed} both follow from {causes} alone."


def _same_state(one: Finding, other: Finding) -> bool:
    """Whether two claims are about the same cell in the same state."""
    a, b = one.claim, other.claim
    return (
        one.subject is not None
        and one.claimed is not None
        and a.relation == "design.figure"
        and a.must_be == "equal"
        and (a.cell, a.basis, a.steps, a.set, a.consistent) == (b.cell, b.basis, b.steps, b.set, b.consistent)
        and one.document == other.document
    )


def _stated(by_figure: Mapping[str | None, Finding]) -> Quantity | None:
    """The cathode thickness the document itself prints for this state."""
    finding = by_figure.get("cathode_thickness")
    return finding.claimed if finding else None


class _Cathode:
    """One state of a cell seen as thickness, porosity and solids of its cathode."""

    def __init__(self, model: StackModel) -> None:
        self.model = model
        self.values = {name: q.value for name, q in model.inputs.items()}
        out = model(self.values)
        self.density = float(out["solid_density"])
        self.solids = self._solids(float(out["cathode_thickness"]), float(out["porosity"]))
        self.porosity = float(out["porosity"])
        self.thickness = float(out["cathode_thickness"])

    def _solids(self, thickness_m: float, porosity: float) -> float:
        return float(relations.solids_loading(thickness_m, porosity, self.density))

    def figures(self, thickness_m: float, porosity: float) -> tuple[Quantity, Quantity]:
        out = self.model({**self.values, "override.thickness": thickness_m, "override.porosity": porosity})
        return (
            Quantity(float(out["volumetric_energy_density"]), None, "volumetric_energy_density"),
            Quantity(float(out["gravimetric_energy_density"]), None, "gravimetric_energy_density"),
        )

    def solve(self, name: str, figure: str, target: float, **fixed: float) -> float | None:
        now = {"thickness": self.thickness, "porosity": self.porosity} | fixed
        kinds = {"thickness": "length", "porosity": "share"}
        inputs = dict(self.model.inputs) | {
            f"override.{key}": Quantity(value, None, kinds[key]) for key, value in now.items()
        }
        return solve_input(self.model, inputs, f"override.{name}", figure, target, physical)[0]

    def explain(self, volumetric: Quantity, gravimetric: Quantity, stated: Quantity | None) -> str:
        thickness = self.solve("thickness", "volumetric_energy_density", volumetric.value)
        if thickness is None:
            return f"No cathode thickness gives {volumetric}."
        porosity = self.solve("porosity", "gravimetric_energy_density", gravimetric.value, thickness=thickness)
        sentences = []
        if porosity is None:
            sentences.append(
                f"{volumetric} would need a cathode of {_um(thickness)}; no porosity then gives {gravimetric}."
            )
        else:
            sentences.append(
                f"{volumetric} and {gravimetric} at once would need a cathode of {_um(thickness)} with "
                f"{_percent(porosity)} porosity, which {self._fate(self._solids(thickness, porosity))}."
            )
        if stated is not None:
            v, g = self.figures(stated.value, self.porosity)
            sentences.append(
                f"The document's own {_um(stated.value)} and {_percent(self.porosity)} at once give {_four(v)} and "
                f"{_four(g)}, and that cathode {self._fate(self._solids(stated.value, self.porosity))}."
            )
        sentences.append(self._conserved(stated.value if stated is not None else thickness))
        return " ".join(sentences)

    def _fate(self, solids: float) -> str:
        change = solids / self.solids - 1
        if abs(change) <= SOLIDS_TOLERANCE:
            return f"keeps the solids ({100 * change:+.1f} %)"
        return f"{'loses' if change < 0 else 'gains'} {100 * abs(change):.0f} % of the solids"

    def _conserved(self, thickness_m: float) -> str:
        porosity = 1 - self.solids / (self.density * thickness_m)
        if not 0 <= porosity < 1:
            return f"The solids do not fit into {_um(thickness_m)} at any porosity."
        v, g = self.figures(thickness_m, porosity)
        return (
            f"With the solids conserved, {_um(thickness_m)} means {_percent(porosity)} porosity and "
            f"{_four(v)}, {_four(g)}."
        )


def _um(thickness_m: float) -> str:
    return f"{thickness_m * 1e6:.1f} µm"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _four(q: Quantity) -> str:
    return f"{q.shown_value:.1f} {kind(q.kind).pretty}"
