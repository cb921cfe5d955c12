"""What follows from a stack's potentials and conductivities, in sentences with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natron.core import Quantity

if TYPE_CHECKING:
    from natron.interface.reactions.stability import Exposure, Stability

_METALS = {"Na": "sodium", "Li": "lithium", "K": "potassium"}


def statements(of: Stability) -> tuple[str, ...]:
    """The sentences for a stack."""
    return tuple(
        sentence
        for sentence in (
            *_exchange(of),
            *_direct(of),
            *(words for layer in of.stack.interlayers for words in _interlayer(of, of.exposure(layer))),
            *_spent(of),
            *_counter(of),
            *_assumed(of),
        )
        if sentence
    )


def _volts(q: Quantity | None) -> str:
    return "a potential that is not known" if q is None else str(q)


def _exchange(of: Stability) -> list[str]:
    metal = of.stack.metal
    level = metal.values["potential"]
    if level.value >= 0:
        return []
    depth = Quantity(-level.value, level.uncertainty, "potential")
    return [
        f"{metal.short} stands {depth} below {_METALS[of.stack.ion]}: besides reducing, it can push {of.stack.ion}⁺ "
        "out of the ceramic by exchange."
    ]


def _direct(of: Stability) -> list[str]:
    stack = of.stack
    attack = of.reduces(stack.metal, stack.ceramic)
    metal, ceramic = stack.metal.short, stack.ceramic.short
    if attack.verdict == "not_known":
        return [f"Whether {metal} can reduce {ceramic} is not known: the ceramic's redox potential is missing."]
    if attack.verdict == "cannot":
        return [f"{metal} cannot reduce {ceramic}, which needs no shield."]
    may = "can reduce" if attack.verdict == "can" else "may reduce"
    if not stack.interlayers:
        return [
            f"{metal} {may} {ceramic}, by {attack.driving_potential}, and nothing lies between them. Then only the "
            "interphase that forms can stop it: where it blocks electrons it stays thin, where it conducts both it "
            "grows with the root of time."
        ]
    return []


def _interlayer(of: Stability, exposure: Exposure) -> list[str]:
    stack, layer = of.stack, exposure.layer
    name, ceramic, metal = layer.short, stack.ceramic.short, stack.metal.short
    first, second = of.reduces(stack.metal, layer), of.reduces(layer, stack.ceramic)
    attack = of.reduces(stack.metal, stack.ceramic)
    said = []
    if first.verdict == "cannot":
        return [f"{metal} cannot reduce {name}."]
    if "potential" in exposure.missing:
        return [f"The redox potential of {name} is not known: whether {metal} reduces it cannot be told."]
    if second.verdict == "cannot" and attack.verdict in ("can", "undecided"):
        level, low = layer.values["potential"], stack.ceramic.values["potential"]
        said.append(
            f"{name} at {level} stands above {ceramic} at {low}: it cannot reduce the ceramic. That {_bare(level)} > "
            f"{_bare(low)} alone does not shield the ceramic from {metal.lower()} at "
            f"{stack.metal.values['potential']}, which can reduce both, the layer by {first.driving_potential} and the "
            f"ceramic by {attack.driving_potential}. The ceramic is out of reach only where the electrons' potential "
            f"rises by more than {attack.driving_potential} within the layer, and that takes a layer that blocks "
            "electrons."
        )
    elif second.verdict == "can":
        said.append(f"{name} itself can reduce {ceramic}, by {second.driving_potential}.")
    f = exposure.figures
    if "lasts" in f:
        said.append(
            f"At {layer.values['electronic_conductivity']} ({layer.values['electronic_conductivity'].origin}), {name} "
            f"lets {f['leakage']} of electrons through and is spent, its {f['capacity']} filled, in {f['lasts']}; in "
            f"{f['lasts_moving_front']} by a front that moves through it. To last {stack.duration} it must conduct "
            f"electrons no better than {f['conductivity_to_last']}."
        )
    elif exposure.missing:
        said.append(f"How long {name} lasts cannot be told: its {' and '.join(exposure.missing)} is not known.")
        if "conductivity_to_last" in f:
            said.append(
                f"To last {stack.duration} it must conduct electrons no better than {f['conductivity_to_last']}."
            )
    if "even_over_last" in f:
        ratio = f["even_over_last"].value
        verdict = (
            "no layer is both a mixed conductor that evens out the current and a filter of electrons"
            if ratio > 1
            else "here both can hold at once"
        )
        said.append(
            f"To even out {stack.current_density} within the thermal voltage, {name} would have to conduct electrons "
            f"at {f['conductivity_to_even']} at least, {ratio:.2g} times what lasting allows: {verdict}."
        )
    return said


def _bare(q: Quantity) -> str:
    return f"{q.shown_value:.4g}" if q.uncertainty else str(q).split()[0]


def _spent(of: Stability) -> list[str]:
    f = of.exposure(of.stack.ceramic).figures
    if "leakage" not in f:
        return []
    text = (
        f"Once the layer is spent, {f['leakage']} of electrons reach the ceramic, {f['share_of_current']} of the "
        f"cell's {of.stack.current_density}"
    )
    if "reduced_thickness" in f:
        text += f", enough to reduce {f['reduced_thickness']} of it in {of.stack.duration}"
    return [f"{text}."]


def _counter(of: Stability) -> list[str]:
    stack = of.stack
    if stack.counter is None:
        return []
    said = []
    behind = of.reduces(stack.counter, stack.ceramic)
    if behind.verdict in ("can", "undecided"):
        may = "can" if behind.verdict == "can" else "may"
        said.append(
            f"{stack.counter.short}, discharged at {stack.counter.values['potential']}, {may} reduce "
            f"{stack.ceramic.short} on the other side ({behind.driving_potential} apart): nothing shields it there."
        )
    f = of.exposure(stack.ceramic).figures
    if "self_discharge" in f:
        said.append(f"Through the ceramic itself {f['self_discharge']} of electrons leak, which discharges the cell.")
    return said


def _assumed(of: Stability) -> list[str]:
    """What all this hangs on and no source gives."""
    said = []
    for layer in of.stack.layers:
        level = layer.values.get("potential")
        if level is not None and level.origin == "assumed":
            why = f": {level.note}" if level.note else ""
            said.append(f"The potential of {layer.short}, {level}, is assumed, and so is all that rests on it{why}.")
    return said
