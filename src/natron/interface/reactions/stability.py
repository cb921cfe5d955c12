"""Which layer of a stack can reduce which, where the electrons' potential drops, and how long an interlayer lasts.

An interlayer on a metal is itself an oxidant where its redox potential lies above the metal's. Electrons that cross
it spend its own capacity first; then they reach the ceramic. The order of two potentials says which way electrons
would go, and nothing about how many do: that is the layer's electronic conductivity.

Closed forms, with d thickness, σ electronic conductivity, q capacity per volume, ΔE the layer's potential above the
metal's: leakage j = σΔE/d; spent by it in qd/j; by a front that moves through the layer, whose reduced part alone must
be crossed, in half that; conductivity to last a time t, qd²/(ΔEt).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from natron.core import Quantity, weakest_origin
from natron.core.compare import AGREEMENT_LIMIT
from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C
from natron.core.uncertainty import propagate
from natron.interface.reactions.stack import Layer, Stack

CanReduce = Literal["can", "cannot", "undecided", "not_known"]
Shield = Literal["not_needed", "bare", "undecided", "lasts", "does_not_last", "not_known"]

WORDS: dict[str, str] = {
    "not_needed": "needs no shield: the metal cannot reduce the ceramic",
    "bare": "bare: the metal touches a ceramic that it can reduce",
    "undecided": "bare, and undecided: the ceramic's potential may lie on either side of the metal's",
    "lasts": "the interlayer lasts as long as asked",
    "does_not_last": "the interlayer is spent before the time asked",
    "not_known": "cannot be told: a potential, a conductivity or a capacity is not known",
}


def leakage_A_m2(electronic_conductivity_S_m: Any, potential_V: Any, thickness_m: Any) -> Any:
    """Current of electrons through a layer across which their potential drops, σΔE/d, A/m².

    Parameters
    ----------
    electronic_conductivity_S_m, thickness_m : float or array
        > 0.
    potential_V : float or array
        Drop across the layer.

    Examples
    --------
    >>> round(leakage_A_m2(1e-7, 3.07, 1e-6) / 10, 3)  # 1e-9 S/cm, 1 µm: mA/cm²
    0.031
    """
    return electronic_conductivity_S_m * potential_V / thickness_m


def time_to_spend_s(areal_capacity_C_m2: Any, leakage_A_m2: Any) -> Any:
    """Time in which a steady leakage (> 0) spends a layer's own capacity, s."""
    return areal_capacity_C_m2 / leakage_A_m2


def conductivity_to_last_S_m(areal_capacity_C_m2: Any, thickness_m: Any, potential_V: Any, time_s: Any) -> Any:
    """Electronic conductivity at which the leakage takes `time_s` (> 0) to spend the layer, S/m."""
    return areal_capacity_C_m2 * thickness_m / (potential_V * time_s)


def conductivity_to_even_S_m(current_A_m2: Any, thickness_m: Any, temperature_K: Any) -> Any:
    """Electronic conductivity at which a layer carries a current across itself within k_BT/e, S/m.

    The least at which electrons in the layer can even out a current that enters it unevenly.
    """
    return current_A_m2 * thickness_m * ELEMENTARY_CHARGE_C / (BOLTZMANN_J_PER_K * temperature_K)


@dataclass(frozen=True)
class Reduction:
    """Whether one layer can reduce another.

    Attributes
    ----------
    reductant, oxidant : Layer
    driving_potential : Quantity or None
        The oxidant's potential less the reductant's.
    verdict : str
        ``can``, ``cannot``, ``undecided`` (within two standard uncertainties) or ``not_known``.
    """

    reductant: Layer
    oxidant: Layer
    driving_potential: Quantity | None
    verdict: CanReduce


@dataclass(frozen=True)
class Exposure:
    """What the metal's electrons do to one layer.

    Attributes
    ----------
    layer : Layer
    figures : Mapping[str, Quantity]
        Of an interlayer: ``leakage``, ``capacity``, ``lasts``, ``lasts_moving_front``, ``conductivity_to_last``,
        ``conductivity_to_even``, ``even_over_last``, ``drop_fresh``, ``drop_spent``, ``ionic_resistance``. Of the
        ceramic: ``leakage``, ``share_of_current`` and ``reduced_thickness`` through spent interlayers, and
        ``self_discharge`` through the ceramic itself. What cannot be computed is missing.
    missing : tuple of str
        What is not known of the layer.
    """

    layer: Layer
    figures: Mapping[str, Quantity]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Stability:
    """A stack, judged.

    Attributes
    ----------
    stack : Stack
    reductions : tuple of Reduction
        Every pair whose one layer could reduce the other, the metal first.
    exposures : tuple of Exposure
        Interlayers from the metal on, then the ceramic.
    shield : str
        ``not_needed``, ``bare``, ``undecided`` (bare, and it may be that no shield is needed), ``lasts``,
        ``does_not_last`` or ``not_known``.
    statements : tuple of str
        What follows, with numbers.
    origin : str
        Of the weakest number in it.
    """

    stack: Stack
    reductions: tuple[Reduction, ...]
    exposures: tuple[Exposure, ...]
    shield: Shield
    statements: tuple[str, ...]
    origin: str

    def exposure(self, layer: Layer) -> Exposure:
        """That of a layer."""
        return next(exposure for exposure in self.exposures if exposure.layer is layer)

    def reduces(self, reductant: Layer, oxidant: Layer) -> Reduction:
        """Of a pair."""
        return next(r for r in self.reductions if r.reductant is reductant and r.oxidant is oxidant)


def stability(stack: Stack) -> Stability:
    """Judge a stack by potentials, leakage and capacity."""
    from natron.interface.reactions.stability_words import statements

    reductions = tuple(
        _reduction(a, b) for a in stack.layers for b in stack.layers if a is not b and b.role != "metal"
    )  # fmt: skip
    exposures = _exposures(stack)
    shield = _shield(stack, reductions, exposures)
    used = [q.origin for exposure in exposures for q in exposure.figures.values()]
    used += [r.driving_potential.origin for r in reductions if r.driving_potential is not None]
    found = Stability(stack, reductions, exposures, shield, (), weakest_origin(used))
    return Stability(stack, reductions, exposures, shield, statements(found), found.origin)


def _reduction(reductant: Layer, oxidant: Layer) -> Reduction:
    low, high = reductant.values.get("potential"), oxidant.values.get("potential")
    if low is None or high is None:
        return Reduction(reductant, oxidant, None, "not_known")
    found = propagate(lambda x: {"value": x["high"] - x["low"]}, {"high": high, "low": low})["value"]
    driving = found.quantity("potential", origin=weakest_origin((low.origin, high.origin)))
    margin = AGREEMENT_LIMIT * found.standard_uncertainty
    verdict: CanReduce = "can" if found.value > margin else "cannot" if found.value <= -margin else "undecided"
    return Reduction(reductant, oxidant, driving, verdict)


_KINDS = {
    "leakage": "current_density",
    "capacity": "areal_capacity",
    "lasts": "duration",
    "lasts_moving_front": "duration",
    "conductivity_to_last": "electronic_conductivity",
    "conductivity_to_even": "electronic_conductivity",
    "even_over_last": "number",
    "drop_fresh": "potential",
    "drop_spent": "potential",
    "ionic_resistance": "area_specific_resistance",
    "share_of_current": "fraction",
    "reduced_thickness": "length",
    "self_discharge": "current_density",
}


def _exposures(stack: Stack) -> tuple[Exposure, ...]:
    layers = [layer for layer in stack.layers if layer.role in ("interlayer", "ceramic")]
    inputs = {
        f"{place}.{name}": q for place, layer in enumerate(stack.layers) for name, q in layer.values.items()
    }  # fmt: skip
    inputs |= {"temperature": stack.temperature, "current": stack.current_density, "duration": stack.duration}
    outputs = propagate(lambda x: _figures(stack, x), inputs)
    found = []
    for place, layer in enumerate(layers, start=1):
        figures = {}
        for name, kind in _KINDS.items():
            result = outputs.get(f"{place}.{name}")
            if result is not None:
                origin = weakest_origin(inputs[used].origin for used in result.derivatives)
                figures[name] = result.quantity(kind, origin=origin)
        wanted = ["potential", "density", "specific_capacity"]
        wanted += ["electronic_conductivity"] if layer.role == "interlayer" else []
        missing = tuple(name.replace("_", " ") for name in wanted if name not in layer.values)
        found.append(Exposure(layer, figures, missing))
    return tuple(found)


def _figures(stack: Stack, x: Mapping[str, Any]) -> dict[str, Any]:
    """Every figure of every layer that its values allow, SI, by place and name."""
    out: dict[str, Any] = {}
    metal, barrier, below = x["0.potential"], 0.0, x["0.potential"]
    blocked = True  # whether every layer so far has a known electronic conductivity
    between = [place for place, layer in enumerate(stack.layers) if layer.role == "interlayer"]
    for place in between:
        of, d = f"{place}.", x[f"{place}.thickness"]
        if of + "ionic_conductivity" in x:
            out[of + "ionic_resistance"] = d / x[of + "ionic_conductivity"]
        out[of + "conductivity_to_even"] = conductivity_to_even_S_m(x["current"], d, x["temperature"])
        before = barrier
        if of + "electronic_conductivity" in x:
            barrier = barrier + d / x[of + "electronic_conductivity"]
        else:
            blocked = False
        if of + "potential" not in x:
            continue
        drive = x[of + "potential"] - metal
        out[of + "drop_fresh"] = x[of + "potential"] - below
        below = x[of + "potential"]
        if not _attacked(stack, stack.layers[place]):
            continue
        capacity = _volumetric(of, x)
        if blocked:
            out[of + "leakage"] = leakage_A_m2(1.0, drive, barrier)
        if capacity is not None:
            capacity = capacity * d
            out[of + "capacity"] = capacity
            needed = conductivity_to_last_S_m(capacity, d, drive, x["duration"])
            out[of + "conductivity_to_last"] = needed
            out[of + "even_over_last"] = out[of + "conductivity_to_even"] / needed
        if blocked and capacity is not None:
            out[of + "lasts"] = time_to_spend_s(capacity, out[of + "leakage"])
            out[of + "lasts_moving_front"] = capacity * 0.5 * (before + barrier) / drive
    return out | _ceramic_figures(stack, x, between, barrier if blocked else None)


def _ceramic_figures(stack: Stack, x: Mapping[str, Any], between: list[int], barrier: Any) -> dict[str, Any]:
    """Those of the ceramic: what reaches it through spent interlayers, and what crosses it."""
    out: dict[str, Any] = {}
    last = stack.layers.index(stack.ceramic)
    of = f"{last}."
    if of + "ionic_conductivity" in x:
        out[of + "ionic_resistance"] = x[of + "thickness"] / x[of + "ionic_conductivity"]
    if stack.counter is not None and of + "electronic_conductivity" in x:
        across = x[f"{last + 1}.potential"] - x["0.potential"]
        out[of + "self_discharge"] = leakage_A_m2(x[of + "electronic_conductivity"], across, x[of + "thickness"])
    if of + "potential" not in x:
        return out
    drive = x[of + "potential"] - x["0.potential"]
    if not _attacked(stack, stack.ceramic) or not between or barrier is None:
        return out
    out[of + "leakage"] = leakage_A_m2(1.0, drive, barrier)
    out[of + "share_of_current"] = out[of + "leakage"] / x["current"]
    for place in between:
        resistance = x[f"{place}.thickness"] / x[f"{place}.electronic_conductivity"]
        out[f"{place}.drop_spent"] = drive * resistance / barrier
    capacity = _volumetric(of, x)
    if capacity is not None:
        out[of + "reduced_thickness"] = out[of + "leakage"] * x["duration"] / capacity
    return out


def _attacked(stack: Stack, layer: Layer) -> bool:
    """Whether a layer's potential lies above the metal's, at the values as given."""
    return layer.values["potential"].value > stack.metal.values["potential"].value


def _volumetric(of: str, x: Mapping[str, Any]) -> Any:
    """Charge that reduces a layer, per volume, C/m³; None where it is not known."""
    if of + "density" not in x or of + "specific_capacity" not in x:
        return None
    return x[of + "density"] * x[of + "specific_capacity"]


def _shield(stack: Stack, reductions: tuple[Reduction, ...], exposures: tuple[Exposure, ...]) -> Shield:
    attack = next(r for r in reductions if r.reductant is stack.metal and r.oxidant is stack.ceramic)
    if attack.verdict == "cannot":
        return "not_needed"
    if attack.verdict == "not_known":
        return "not_known"
    if not stack.interlayers:
        return "bare" if attack.verdict == "can" else "undecided"
    between = [exposure for exposure in exposures if exposure.layer.role == "interlayer"]
    lasting = [exposure.figures["lasts"].value for exposure in between if "lasts" in exposure.figures]
    if len(lasting) < len(between):
        return "not_known"
    return "lasts" if sum(lasting) >= stack.duration.value else "does_not_last"
