"""What a cell's equations need, gathered from its file and the library: each number with where it comes from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from natron.cell import Cell, MetalElectrode, PorousElectrode
from natron.core import CellError, MaterialError, Quantity
from natron.interface.alloys.film import film_figures
from natron.interface.metals import metal
from natron.interface.shorts.voids import PARAMETERS as VOID_PARAMETERS
from natron.interface.shorts.voids import void_parameters
from natron.materials import Material, parameters
from natron.materials.laws import scale_conductivity
from natron.simulate.interphase import gather_interphase

REFERENCE_K = 298.15
"""Temperature of the library's parameters that move with it."""

_CATHODE = (
    "tortuosity_exponent", "electronic_conductivity", "contact_resistance_start", "contact_resistance_settled",
    "contact_pressure_exponent", "contact_settling_time", "contact_capacitance", "first_cycle_loss",
    "first_cycle_share",
)  # fmt: skip


def gather(cell: Cell) -> tuple[dict[str, Quantity], list[str]]:
    """Quantities by plain name, and what of the cell the model leaves out."""
    notes: list[str] = []
    interfaces = parameters("interfaces")
    found = {"temperature": cell.operation.temperature, "area": _area(cell)}
    found["pressure"] = cell.stack.pressure if cell.stack else parameters("fixture")["stack_pressure"]
    if cell.stack is None or cell.stack.fixture == "constant_force":
        found["stiffness"] = Quantity(0.0, None, "stiffness", note="the force is kept constant")
    else:
        found["stiffness"] = cell.stack.stiffness or parameters("fixture")["frame_stiffness"]
    negative = metal(cell.negative.metal)
    found |= {name: void_parameters()[name] for name in VOID_PARAMETERS}
    found["molar_volume"] = Quantity(
        negative.molar_volume_m3_mol, None, "molar_volume", origin="predicted", source="molar mass over density"
    )
    found["spot_spacing"] = parameters("contact")["spot_spacing"]
    found["contact_start"] = interfaces["contact_start"]
    found["negative.reservoir"] = cell.negative.reservoir
    found["metal_capacitance"] = interfaces["metal_capacitance"]
    found |= _interface(cell, "metal_resistance")
    found |= _separator(cell)
    found |= _films(cell, notes)
    found |= _interlayers(cell, notes)
    found |= gather_interphase(cell)
    if isinstance(cell.positive, PorousElectrode):
        found |= _cathode(cell, cell.positive)
    elif isinstance(cell.counter, MetalElectrode):
        found["counter.reservoir"] = cell.counter.reservoir
        if cell.counter.metal != cell.negative.metal:
            raise CellError(
                "the model holds no two metals: the separator carries ions of one", key="positive.metal",
                given=f"{cell.negative.metal} and {cell.counter.metal}",
            )  # fmt: skip
    if cell.separator.filled or (isinstance(cell.positive, PorousElectrode) and cell.liquid is not None):
        found |= dict(parameters("liquid-electrolyte"))
    if cell.separator.filled or isinstance(cell.positive, PorousElectrode):
        found["tortuosity_exponent"] = parameters("cathode")["tortuosity_exponent"]
    return found, notes


def films_of(cell: Cell) -> tuple[str, ...]:
    """Metal electrodes whose collector carries a film."""
    sides = {"negative": cell.negative, "counter": cell.counter}
    return tuple(side for side, e in sides.items() if isinstance(e, MetalElectrode) and e.film is not None)


def _films(cell: Cell, notes: list[str]) -> dict[str, Quantity]:
    found = {}
    for side in films_of(cell):
        electrode = cell.negative if side == "negative" else cell.counter
        assert isinstance(electrode, MetalElectrode)
        assert electrode.film is not None
        if (electrode.metal, electrode.film.material) != ("sodium", "potassium"):
            raise CellError(
                "the model has no law for this film", key=f"{side}.film.material",
                given=f"{electrode.film.material} under {electrode.metal}", allowed="potassium under sodium",
                hint="Leave the film out to simulate the bare metal.",
            )  # fmt: skip
        found[f"{side}.film.thickness"] = electrode.film.thickness
        melts = bool(film_figures(electrode.film.thickness, cell.operation.temperature.value))
        notes.append(
            "the film's alloy has the resistance of the bare metal on this separator"
            + (", wets it all over and leaves no voids" if melts else "; it stays solid at the cell's temperature")
        )
    return found


def _interlayers(cell: Cell, notes: list[str]) -> dict[str, Quantity]:
    """Resistance of all interlayers in series at 25 °C, each by its own material's conductivity."""
    if not cell.interlayer:
        return {}
    known, total, variance, sure = parameters("interfaces"), 0.0, 0.0, True
    energy = known["interlayer_conductivity_energy"]
    for i, layer in enumerate(cell.interlayer):
        material = cell.material(layer.material)
        if material.material_class == "metal":
            raise CellError(
                "the model has no law for an interlayer of metal: it alloys, and carries no ions",
                key=f"interlayer.{i}.material", given=layer.material,
                hint="Describe it as the electrode's film, or leave it out.",
            )  # fmt: skip
        sigma, its_energy, measured = _interlayer_conductivity(material)
        sure = sure and measured
        energy = its_energy if measured else energy
        faces = 2 if layer.side == "both" else 1
        resistance = faces * layer.thickness.value / sigma.value
        relative = np.hypot(
            layer.thickness.standard_uncertainty / layer.thickness.value, sigma.standard_uncertainty / sigma.value
        )
        total, variance = total + resistance, variance + (relative * resistance) ** 2
        if not measured:
            notes.append(
                f"the conductivity of the interlayer of {layer.material} is not known: {sigma} at 25 °C is assumed"
            )
    origin = "predicted" if sure else "assumed"
    return {
        "interlayer_resistance": Quantity(
            total, float(np.sqrt(variance)) or None, "area_specific_resistance", origin,  # type: ignore[arg-type]
            "sd", source="thickness over conductivity", note="of all interlayers together, ohmic",
        ),
        "interlayer_resistance_energy": energy,
        "interlayer_resistance_at": Quantity(REFERENCE_K, None, "temperature", origin="assumed"),
    }  # fmt: skip


def _interlayer_conductivity(of: Material) -> tuple[Quantity, Quantity, bool]:
    """Conductivity of an interlayer's material at 25 °C, its activation energy, and whether the material gives it."""
    known = parameters("interfaces")
    try:
        law = of.law("conductivity")
    except MaterialError:
        return known["interlayer_conductivity"], known["interlayer_conductivity_energy"], False
    energy = law.activation_energy or known["interlayer_conductivity_energy"]
    value = scale_conductivity(law.reference.value, law.at.value, energy.value, REFERENCE_K)
    return replace(law.reference, value=value), energy, True


def outside(cell: Cell, temperature_K: float) -> list[str]:
    """What is carried to a temperature at which it was not measured."""
    pair = f"{cell.negative.metal}|{cell.separator.material}"
    said = []
    for name, law in ((pair, "interface_resistance"), (cell.separator.material, "conductivity")):
        try:
            known = cell.material(name).law(law).range_K
        except MaterialError:
            continue
        if known is not None and not known[0] - 1e-9 <= temperature_K <= known[1] + 1e-9:
            low, high = (f"{end - 273.15:.0f}" for end in known)
            said.append(f"the {law.replace('_', ' ')} of {name} was measured from {low} to {high} °C alone")
    return said


def _area(cell: Cell) -> Quantity:
    diameters = [e.diameter for e in (cell.negative, cell.counter) if e.diameter is not None]
    if not diameters:
        return Quantity(1e-4, None, "area", origin="assumed", note="no diameter is given")
    smallest = min(diameters, key=lambda q: q.value)
    return Quantity(
        np.pi / 4 * smallest.value**2, None, "area", origin=smallest.origin, note="of the smaller electrode"
    )


def _interface(cell: Cell, name: str) -> dict[str, Quantity]:
    """Resistance of metal on separator with its activation energy, at a temperature of its own."""
    try:
        pair = cell.material(f"{cell.negative.metal}|{cell.separator.material}")
    except MaterialError:
        known = parameters("interfaces")
        at = Quantity(REFERENCE_K, None, "temperature", origin="assumed")
        return {name: known[name], f"{name}_energy": known[f"{name}_energy"], f"{name}_at": at}
    return _law_of(pair, "interface_resistance", name, name)


def _separator(cell: Cell) -> dict[str, Quantity]:
    separator, known = cell.separator, parameters("interfaces")
    found = {"separator.thickness": separator.thickness}
    if separator.filled:
        porosity = separator.porosity or cell.material(separator.material).property("porosity")
        return found | {"separator.porosity": porosity}
    name = "separator_conductivity"
    found |= _law_of(cell.material(separator.material), "conductivity", name, name)
    return found | {key: known[key] for key in ("grain_share", "boundary_capacitance")}


def _cathode(cell: Cell, electrode: PorousElectrode) -> dict[str, Quantity]:
    own = parameters(electrode.active) if _has_group(electrode.active) else {}
    found = dict(parameters("active")) | {k: q for k, q in own.items() if k in parameters("active")}
    found |= {name: parameters("cathode")[name] for name in _CATHODE}
    if cell.separator.filled or cell.liquid is None:
        found["first_cycle_loss"] = Quantity(
            0.0, None, "areal_capacity", origin="assumed", note="what was seen goes with ceramic | liquid"
        )
    if cell.liquid is None:
        found |= _solid_ions(cell, electrode)
    else:
        found |= {k: q for k, q in parameters("interfaces").items() if k.startswith("ceramic_liquid")}
        found |= dict(parameters("ageing"))
    voltage = electrode.discharge_voltage or cell.material(electrode.active).property("discharge_voltage")
    found["plateau"] = voltage
    fraction = electrode.composition[electrode.active].value
    density = cell.material(electrode.active).property("density").value
    solids = electrode.solid_density or Quantity(
        1 / sum(q.value / cell.material(name).property("density").value for name, q in electrode.composition.items()),
        None,
        "density",
        origin="predicted",
    )
    loading, thickness, porosity = electrode.loading, electrode.thickness, electrode.porosity
    if thickness is None:
        assert loading is not None
        assert porosity is not None
        thickness = Quantity(loading.value / ((1 - porosity.value) * solids.value), None, "length", origin="predicted")
    if porosity is None:
        assert loading is not None
        share = 1 - loading.value / (thickness.value * solids.value)
        if not 0 < share < 1:
            raise CellError(
                "loading, thickness and densities leave no pores", key="positive.porosity", given=f"{share:.3g}"
            )
        porosity = Quantity(share, None, "share", origin="predicted")
    found |= {"positive.thickness": thickness, "positive.porosity": porosity}
    capacity = electrode.areal_capacity
    if capacity is None:
        specific = electrode.specific_capacity or cell.material(electrode.active).property("specific_capacity")
        mass = loading.value if loading is not None else (1 - porosity.value) * solids.value * thickness.value
        capacity = Quantity(mass * fraction * specific.value, None, "areal_capacity", origin="predicted")
    found["positive.areal_capacity"] = capacity
    found["active_share"] = Quantity(
        (1 - porosity.value) * solids.value * fraction / density, None, "share", origin="predicted"
    )
    if cell.liquid is None:
        found["catholyte_share"] = Quantity(
            sum(
                (1 - porosity.value) * solids.value * q.value / cell.material(name).property("density").value
                for name, q in electrode.composition.items()
                if cell.material(name).material_class == "solid_electrolyte"
            ),
            None, "share", origin="predicted", note="volume share of the solid that carries the ions",
        )  # fmt: skip
    return found


def _solid_ions(cell: Cell, electrode: PorousElectrode) -> dict[str, Quantity]:
    """Where no liquid fills the pores: the solid electrolyte of the composition carries the ions."""
    if cell.separator.filled:
        raise CellError("a filled separator needs a liquid", key="liquid")
    carriers = [
        name for name in electrode.composition if cell.material(name).material_class == "solid_electrolyte"
    ]  # fmt: skip
    if len(carriers) != 1:
        raise CellError(
            "the model holds a cathode without liquid whose ions go through one solid electrolyte",
            key="positive.composition", given=", ".join(carriers) or "none", allowed="one of class solid_electrolyte",
        )  # fmt: skip
    (name,) = carriers
    found = _law_of(cell.material(name), "conductivity", "catholyte_conductivity", "separator_conductivity")
    interfaces = parameters("interfaces")
    return found | {key: q for key, q in interfaces.items() if key.startswith("ceramic_composite")}


def _law_of(of: Material, law_name: str, name: str, otherwise: str) -> dict[str, Quantity]:
    """A law's value, activation energy and temperature under names of their own; the library's where there is none."""
    known = parameters("interfaces")
    try:
        law = of.law(law_name)
    except MaterialError:
        at = Quantity(REFERENCE_K, None, "temperature", origin="assumed")
        return {name: known[otherwise], f"{name}_energy": known[f"{otherwise}_energy"], f"{name}_at": at}
    energy = law.activation_energy or known[f"{otherwise}_energy"]
    return {name: law.reference, f"{name}_energy": energy, f"{name}_at": law.at}


def _has_group(name: str) -> bool:
    try:
        parameters(name)
    except MaterialError:
        return False
    return True
