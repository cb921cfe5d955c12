"""A face that its metal reduces, in the cell's equations: states, what it resists, and the numbers of its laws.

    interphase   dL/dt = k/(L + L_b) of the patch that fell dry first; L_b the barrier of the interlayers on that side
    liquid       dy/dt = 1/τ, y the time over that in which the liquid on the face is spent
    face         η = i R(L, y)/θ: patches side by side, wet or dry, by `natron.interface.reactions.interphase`

Such a face is a film, and ohmic: its fresh part is counted as the metal's interface, what it has grown to since as the
interphase. Growth takes metal, and nothing of the charge that passes the cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from natron.cell import Cell, Interlayer, MetalElectrode
from natron.cell.simulated import INTERPHASE_NAMES
from natron.core import CellError, MaterialError, Quantity, weakest_origin
from natron.interface.reactions.interphase import (
    barrier_m,
    contact_share,
    dry_conductance_S_m2,
    dry_patches,
    growth_constant_m2_s,
    growth_rate_m_s,
)
from natron.materials import parameters, scale_conductivity, scale_resistance
from natron.simulate.backend import pybamm
from natron.simulate.building import Builder, Structure

MECHANISMS = ("interphase_growth", "interphase_contact_loss", "wetting_loss")
"""What ages such a face, each of which can be switched off."""

_FRESH = {
    "bare_resistance": "metal_resistance",
    "bare_energy": "metal_resistance_energy",
    "bare_temperature": "metal_resistance_at",
}
"""What the library may say of the fresh face of a pair, and the model's names."""

UNIT_THICKNESS_M = 1e-6
"""Unit of the state that holds a thickness."""

SMOOTH_DRIED = 1e-4
"""Width of the corners where a face begins to dry, and has dried."""


class _Smooth:
    """Functions for the laws of `natron.interface.reactions.interphase` that PyBaMM can differentiate."""

    @staticmethod
    def exp(x: Any) -> Any:
        return pybamm().exp(x)

    @staticmethod
    def sqrt(x: Any) -> Any:
        return x**0.5

    @staticmethod
    def maximum(x: Any, y: Any) -> Any:
        away = x - y
        # one where nothing has dried: a face as assembled is wet all over
        whole = 1 + (1 + SMOOTH_DRIED**2) ** 0.5
        return y + (away + (away * away + SMOOTH_DRIED**2) ** 0.5) / whole


# --- equations -------------------------------------------------------------------------------------------


def reacting_face(b: Builder, side: str) -> tuple[Any, Any]:
    """Resistance of a face at full contact and of its fresh part, Ω m²; its states, and the metal that it took."""
    p = b.p
    start, barrier = p(f"{side}_interphase_start"), p(f"{side}_barrier")
    thickness = b.state(f"interphase {side}") * UNIT_THICKNESS_M
    rate = growth_rate_m_s(thickness, p(f"{side}_growth_constant"), barrier)
    b.rhs[f"interphase {side}"] = rate / UNIT_THICKNESS_M
    dry = (p(f"{side}_interphase_conductivity"), p(f"{side}_resistance"), p(f"{side}_contact_length"))
    patches, wet, fresh = [(1.0, thickness)], 0.0, p(f"{side}_resistance")
    if side in b.structure.wetted_faces:
        dried = b.state(f"dried {side}")
        b.rhs[f"dried {side}"] = b.pb.Scalar(1) * p(f"{side}_drying_rate")
        wet, fresh = _Smooth.maximum(1 - dried, 0.0), p(f"{side}_wetted_resistance")
        patches = list(dry_patches(thickness, dried, start, barrier, _Smooth))
        b.observed[f"wet {side}"] = wet
    conductance, mean = wet / fresh, 0.0
    for share, grown in patches:
        conductance = conductance + share * dry_conductance_S_m2(grown, start, *dry, xp=_Smooth)
        mean = mean + share * (grown - start)
    b.observed[f"interphase {side}"] = thickness
    b.observed[f"interphase contact {side}"] = contact_share(thickness, start, dry[2], _Smooth)
    b.observed["metal" if side == "negative" else "counter_metal"] -= p("interphase_capacity") * mean
    return 1 / conductance, fresh


# --- numbers ---------------------------------------------------------------------------------------------


def sides_of(cell: Cell) -> tuple[str, ...]:
    """Metal electrodes whose face reacts."""
    if cell.interphase is None:
        return ()
    named = {"negative": ("negative",), "positive": ("counter",), "both": ("negative", "counter")}
    return tuple(side for side in named[cell.interphase.side] if side == "negative" or _metal_counter(cell))


def wetted_sides_of(cell: Cell) -> tuple[str, ...]:
    """Those that a liquid wets."""
    wets = cell.liquid.wets if cell.liquid else ()
    faces = {"negative": "negative_interface", "counter": "positive_interface"}
    return tuple(side for side in sides_of(cell) if faces[side] in wets)


def _metal_counter(cell: Cell) -> bool:
    return isinstance(cell.counter, MetalElectrode)


def gather_interphase(cell: Cell) -> dict[str, Quantity]:
    """What the faces that react need, by the model's names."""
    if not sides_of(cell):
        return {}
    pair = _of_pair(cell)
    known = {**parameters("interphase"), **pair}
    found = {own: known[name] for name, own in INTERPHASE_NAMES.items()}
    found |= {own: pair[name] for name, own in _FRESH.items() if name in pair}
    if not wetted_sides_of(cell):
        found = {name: q for name, q in found.items() if not name.startswith(("wetted_", "wetting_"))}
    ceramic = cell.material(cell.separator.material)
    for name, own in (("redox_potential", "ceramic_potential"), ("density", "ceramic_density"),
                      ("specific_capacity", "ceramic_capacity")):  # fmt: skip
        try:
            found[own] = ceramic.property(name)
        except MaterialError as error:
            raise CellError(
                f'an interphase needs the {name.replace("_", " ")} of "{ceramic.name}"', key="interphase",
                hint=error.hint,
            ) from error  # fmt: skip
    if not found["ceramic_potential"].value > 0:
        raise CellError(
            f'the metal does not reduce "{ceramic.name}": no interphase grows', key="interphase",
            given=f"redox potential {found['ceramic_potential']}", hint="Leave the interphase out.",
        )  # fmt: skip
    layers = {side: _on(cell, side) for side in sides_of(cell)}
    if any(layers.values()):
        found["interlayer_electron_conductivity"] = _of_layers(cell, layers)
        for side, on in layers.items():
            found[f"{side}.interlayers"] = Quantity(
                sum(layer.thickness.value for layer in on), None, "length", origin="input",
                note="thickness of all interlayers on that side",
            )  # fmt: skip
    return found


def _of_pair(cell: Cell) -> Mapping[str, Quantity]:
    """The library's own numbers for this metal on this ceramic, where it has any."""
    try:
        return parameters(f"{cell.negative.metal}|{cell.separator.material}")
    except MaterialError:
        return {}


def _on(cell: Cell, side: str) -> tuple[Interlayer, ...]:
    named = {"negative": ("negative", "both"), "counter": ("positive", "both")}[side]
    return tuple(layer for layer in cell.interlayer if layer.side in named)


def _of_layers(cell: Cell, layers: Mapping[str, tuple[Interlayer, ...]]) -> Quantity:
    """Conductivity for electrons of the interlayers in series."""
    every = [layer for on in layers.values() for layer in on]
    blocked = 0.0
    known = []
    for layer in every:
        try:
            known.append(cell.material(layer.material).property("electronic_conductivity"))
        except MaterialError as error:
            raise CellError(
                f'how well the interlayer of "{layer.material}" conducts electrons is not known, nor so what it '
                "shields", key="interphase", hint=error.hint,
            ) from error  # fmt: skip
        blocked += layer.thickness.value / known[-1].value
    if len({layer.material for layer in every}) == 1:
        return known[0]
    return Quantity(
        sum(layer.thickness.value for layer in every) / blocked, None, "electronic_conductivity",
        origin=weakest_origin(q.origin for q in known), note="of all interlayers in series",
    )  # fmt: skip


def interphase_numbers(v: Mapping[str, Any], structure: Structure, off: tuple[str, ...]) -> dict[str, Any]:
    """The equations' inputs of all faces that react, at the cell's temperature."""
    kelvin = v["temperature"]
    constant = growth_constant_m2_s(
        v["interphase_growth_constant"], v["interphase_growth_constant_energy"], kelvin,
        v["interphase_growth_constant_at"],
    )  # fmt: skip
    conductivity = scale_conductivity(
        v["interphase_conductivity"], v["interphase_conductivity_at"], v["interphase_conductivity_energy"], kelvin
    )
    capacity = v["ceramic_density"] * v["ceramic_capacity"]
    found: dict[str, Any] = {"interphase_capacity": capacity}
    for side in structure.interphases:
        barrier = 0.0
        if f"{side}.interlayers" in v:
            electrons = v[f"{side}.interlayers"] / v["interlayer_electron_conductivity"]
            barrier = barrier_m(constant, electrons, capacity, v["ceramic_potential"])
        found |= {
            f"{side}_growth_constant": 0.0 if "interphase_growth" in off else constant,
            f"{side}_interphase_start": v["interphase_start_thickness"],
            f"{side}_interphase_conductivity": conductivity,
            f"{side}_contact_length": NO_LOSS_M if "interphase_contact_loss" in off else v["interphase_contact_length"],
            f"{side}_barrier": barrier,
        }
    for side in structure.wetted_faces:
        found |= {
            f"{side}_wetted_resistance": scale_resistance(
                v["wetted_resistance"], v["wetted_resistance_at"], v["wetted_resistance_energy"], kelvin
            ),
            f"{side}_drying_rate": 0.0 if "wetting_loss" in off else 1 / v["wetting_time"],
        }
    return found


NO_LOSS_M = 1e6
"""Contact length that stands for no loss of contact."""


def fresh_faces(structure: Structure, v: Mapping[str, float]) -> dict[str, float]:
    """The states of faces as assembled."""
    found = {f"interphase {side}": v["interphase_start_thickness"] / UNIT_THICKNESS_M for side in structure.interphases}
    return found | {f"dried {side}": 0.0 for side in structure.wetted_faces}


def fresh_parts(n: Mapping[str, Any], side: str, structure: Structure) -> tuple[Any, Any]:
    """Resistances of a face as assembled and of the interphase that first touch made of it, Ω m²."""
    if side in structure.wetted_faces:
        return n[f"{side}_wetted_resistance"], 0.0
    return n[f"{side}_resistance"], n[f"{side}_interphase_start"] / n[f"{side}_interphase_conductivity"]
