"""What a cell is: the frozen description every room works on, and the schema of the cell file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from natron.cell.fields import (
    ArealCapacity,
    CurrentDensity,
    Density,
    Diameter,
    Duration,
    Fraction,
    Loading,
    OpenFraction,
    PositiveVoltage,
    Power,
    Pressure,
    ProcessRate,
    Rate,
    Reservoir,
    Resistance,
    SpecificCapacity,
    Stiffness,
    Temperature,
    Thickness,
    Volume,
)
from natron.cell.simulated import read_simulation
from natron.core import InputError, Quantity, did_you_mean
from natron.core.schema import Part, refusal
from natron.materials import Material, library, material, read_material

SCHEMA_VERSION = 1


class Source(Part):
    """Where the description comes from."""

    document: str | None = Field(None, description="Short name of the document, as in claims files.")
    doi: str | None = Field(None, description="Digital object identifier.")
    where: str | None = Field(None, description="Table, figure or page.")
    note: str | None = None


class Operation(Part):
    """How the cell is run."""

    temperature: Temperature
    lower_voltage: PositiveVoltage | None = None
    upper_voltage: PositiveVoltage | None = None
    rate: Rate | None = Field(None, description='C-rate or current density: "C/10", "0.2 mA/cm²".')


class Stack(Part):
    """Stack pressure and what holds it."""

    pressure: Pressure
    fixture: Literal["stiff_frame", "spring", "constant_force"] = Field(
        "constant_force", description="What keeps the pressure while the anode breathes."
    )
    stiffness: Stiffness | None = Field(None, description="Of the spring or the frame.")


class Collector(Part):
    """A current collector."""

    material: str
    thickness: Thickness | None = None


class Film(Part):
    """A film of another metal on the collector that alloys with the plated one."""

    material: str
    thickness: Thickness


class MetalElectrode(Part):
    """An electrode of metal that is plated and stripped."""

    type: Literal["metal"] = "metal"
    metal: str = Field(description="The metal that is plated and stripped.")
    reservoir: Reservoir = Field(description="Thickness of that metal in the assembled cell; 0 for none.")
    film: Film | None = Field(None, description="Host or alloy film on the collector.")
    diameter: Diameter | None = None
    collector: Collector | None = None


class PorousElectrode(Part):
    """A porous electrode: active material, conductive additive, binder, its pores filled with liquid, or a composite
    with a solid electrolyte.
    """

    type: Literal["porous"] = "porous"
    active: str = Field(description="The active material; must stand in the composition.")
    composition: dict[str, Fraction] = Field(description="Mass fractions of the solids, by material; they sum to 1.")
    loading: Loading | None = Field(None, description="Mass of all solids per area.")
    thickness: Thickness | None = None
    porosity: OpenFraction | None = Field(None, description="Volume share of the pores.")
    solid_density: Density | None = Field(None, description="Density of the solids together; else from them.")
    specific_capacity: SpecificCapacity | None = Field(
        None, description="Theoretical, per mass of active material; else from the material."
    )
    areal_capacity: ArealCapacity | None = Field(None, description="Theoretical; else from the loading.")
    discharge_voltage: PositiveVoltage | None = Field(None, description="Mean, against the metal; else the material's.")
    diameter: Diameter | None = None
    collector: Collector | None = None

    @model_validator(mode="after")
    def _consistent(self) -> PorousElectrode:
        if self.active not in self.composition:
            raise refusal(
                "the active material must stand in the composition",
                key="active",
                given=self.active,
                allowed=", ".join(self.composition),
            )
        if self.composition[self.active].value <= 0:
            raise refusal("there must be some active material", key=f"composition.{self.active}", given="0 %")
        total = sum(q.value for q in self.composition.values())
        if abs(total - 1) > 1e-3:
            raise refusal(
                "mass fractions must add to 1 (100 %)",
                key="composition",
                given=" + ".join(f"{q.value:g}" for q in self.composition.values()) + f" = {total:g}",
            )
        known = [name for name in ("loading", "thickness", "porosity") if getattr(self, name) is not None]
        if len(known) < 2:
            raise refusal(
                "two of loading, thickness and porosity are needed",
                given=", ".join(known) or "none of them",
            )
        return self


class Separator(Part):
    """The layer that keeps the electrodes apart: a ceramic, or a porous one filled with liquid."""

    material: str
    thickness: Thickness
    porosity: OpenFraction | None = Field(None, description="Its pores; of a ceramic they stay empty.")
    filled: bool = Field(False, description="Whether the pores hold the liquid.")
    diameter: Diameter | None = None


class Interlayer(Part):
    """A thin layer between the separator and one electrode."""

    material: str
    thickness: Thickness
    side: Literal["negative", "positive", "both"] = "negative"


class Interphase(Part):
    """What the metal makes of the separator where they touch: a layer that conducts ions and electrons, and grows."""

    side: Literal["negative", "positive", "both"] = "both"


class Liquid(Part):
    """The liquid in the pores (and, for a wetted interface, at the separator's faces)."""

    material: str
    volume: Volume | None = None
    wets: tuple[Literal["positive", "separator", "negative_interface", "positive_interface"], ...] = ("positive",)


class Measured(Part):
    """What was measured on the cell. Figures on the measured basis use `discharge_capacity`."""

    discharge_capacity: ArealCapacity | None = None
    first_charge_capacity: ArealCapacity | None = None
    formation_cycles: int | None = Field(None, ge=0)
    formation_current: CurrentDensity | None = None
    formation_rate: Rate | None = None
    cycling_current: CurrentDensity | None = None
    cycling_rate: Rate | None = None
    cycles: int | None = Field(None, ge=0)
    first_cycling_capacity: ArealCapacity | None = None
    last_cycling_capacity: ArealCapacity | None = None
    resistance_before_formation: Resistance | None = None
    resistance_after_formation: Resistance | None = None
    interface_resistance: Resistance | None = None
    specific_discharge_capacity: SpecificCapacity | None = Field(
        None, description="Per mass of active material, first discharge."
    )
    last_specific_capacity: SpecificCapacity | None = Field(
        None, description="Per mass of active material, after the cycles."
    )
    coulombic_efficiency: Fraction | None = None
    polarisation: PositiveVoltage | None = None
    lifetime: Duration | None = None
    lifetime_is_lower_bound: bool = Field(False, description="Whether the cell was still running then.")
    end_of_life: str | None = None


class Housing(Part):
    """Collectors and packaging, for figures that are to stand beside commercial cells."""

    material: str = Field("pouch", description="A material of class housing.")


class Process(Part):
    """One thing that was done to a layer."""

    layer: str = Field(description="negative, separator, positive, interlayer, interface or cell.")
    step: str = Field(description="casting, drying, sintering, hot_pressing, sonotrode, soaking, …")
    temperature: Temperature | None = None
    time: Duration | None = None
    pressure: Pressure | None = None
    thickness: Thickness | None = None
    power: Power | None = None
    atmosphere: str | None = None
    rate: ProcessRate | None = None
    note: str | None = None


class Cell(Part):
    """A cell as it stands on the bench, in SI, each value with its uncertainty and origin.

    Raises
    ------
    CellError
        From `natron.cell.parse_cell`, which every file goes through.
    """

    schema_version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=100)
    title: str | None = None
    kind: Literal["full", "symmetric", "half"] = Field(
        "full",
        description="full: metal | … | porous electrode; symmetric: the same metal twice; half: two metals.",
    )
    note: str | None = None
    source: Source | None = None
    operation: Operation
    stack: Stack | None = None
    negative: MetalElectrode
    separator: Separator
    interlayer: tuple[Interlayer, ...] = ()
    interphase: Interphase | None = Field(
        None, description="The metal reduces the separator: the layer it makes there grows in simulations."
    )
    positive: Annotated[MetalElectrode | PorousElectrode, Field(discriminator="type")] | None = None
    liquid: Liquid | None = None
    housing: Housing = Housing()
    measured: Measured = Measured()
    simulation: dict[str, Any] = Field(
        default_factory=dict, description="Values of the model's parameters for this cell, instead of the library's."
    )
    process: tuple[Process, ...] = ()
    materials: dict[str, Any] = Field(
        default_factory=dict, description="Your own materials, or changes to those that ship with natron."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_open_tables(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and isinstance(raw.get("materials"), Mapping):
            raw = {**raw, "materials": {name: _own(name, table) for name, table in raw["materials"].items()}}
        if isinstance(raw, Mapping) and isinstance(raw.get("simulation"), Mapping):
            raw = {**raw, "simulation": read_simulation(raw["simulation"])}
        return raw

    @model_validator(mode="after")
    def _whole(self) -> Cell:
        if self.kind == "full" and not isinstance(self.positive, PorousElectrode):
            raise refusal(
                "a full cell needs a porous positive electrode",
                key="positive",
                hint='Or set kind = "symmetric".',
            )
        if self.kind == "symmetric" and self.positive is not None:
            raise refusal(
                "a symmetric cell has the negative electrode on both sides",
                key="positive",
                hint="Leave it out.",
            )
        if self.kind == "half" and not isinstance(self.positive, MetalElectrode):
            raise refusal('a half cell needs a positive electrode of type = "metal"', key="positive")
        if self.interphase and self.separator.filled:
            raise refusal(
                "an interphase grows on a ceramic; the separator is filled with liquid", key="interphase",
                hint="Leave it out.",
            )  # fmt: skip
        if self.interphase and self.interphase.side == "positive" and isinstance(self.positive, PorousElectrode):
            raise refusal(
                "an interphase grows where a metal touches the ceramic", key="interphase.side", given="positive",
                allowed="negative",
            )  # fmt: skip
        if self.stack and self.stack.fixture == "spring" and self.stack.stiffness is None:
            raise refusal("a spring needs its stiffness", key="stack.stiffness", allowed='such as "500 N/mm"')
        if isinstance(self.positive, PorousElectrode) and self.liquid is None and not self._solid_ions():
            raise refusal(
                "a porous electrode needs a liquid in its pores, or a solid electrolyte in its composition",
                key="liquid",
            )
        low, high = self.operation.lower_voltage, self.operation.upper_voltage
        if low and high and not low.value < high.value:
            raise refusal("the upper voltage must lie above the lower one", key="operation.upper_voltage")
        self._known_materials()
        return self

    def _solid_ions(self) -> bool:
        """Whether the positive electrode's composition holds a solid electrolyte."""
        assert isinstance(self.positive, PorousElectrode)
        known = {**library(), **self.materials}
        return any(n in known and known[n].material_class == "solid_electrolyte" for n in self.positive.composition)

    def _known_materials(self) -> None:
        for key, name, classes in self._uses():
            try:
                found = self.material(name)
            except InputError as error:
                fitting = [m.name for m in {**library(), **self.materials}.values() if m.material_class in classes]
                hint = f"{did_you_mean(name, fitting)} Your own goes into the file as [materials.{name[:40]}]."
                raise refusal(error.problem, key=key, given=name, hint=hint) from error
            if found.material_class not in classes:
                raise refusal(
                    f'"{name}" is a material of class {found.material_class}, which cannot stand here',
                    key=key,
                    allowed=f"class {' or '.join(classes)}",
                )

    def _uses(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """(key, material name, classes that may stand there) of every layer."""
        uses = [
            ("separator.material", self.separator.material, ("solid_electrolyte", "porous")),
            ("housing.material", self.housing.material, ("housing",)),
        ]
        for side, electrode in (("negative", self.negative), ("positive", self.positive)):
            if isinstance(electrode, MetalElectrode):
                uses.append((f"{side}.metal", electrode.metal, ("metal",)))
                if electrode.film:
                    uses.append((f"{side}.film.material", electrode.film.material, ("metal", "interlayer")))
            elif electrode is not None:
                uses += [
                    (f"{side}.composition.{name}", name, ("active", "carbon", "binder", "solid_electrolyte"))
                    for name in electrode.composition
                ]
                uses.append((f"{side}.active", electrode.active, ("active",)))
            if electrode is not None and electrode.collector:
                uses.append((f"{side}.collector.material", electrode.collector.material, ("collector",)))
        uses += [
            (f"interlayer.{i}.material", layer.material, ("interlayer", "solid_electrolyte", "metal"))
            for i, layer in enumerate(self.interlayer)
        ]
        if self.liquid:
            uses.append(("liquid.material", self.liquid.material, ("liquid",)))
        return uses

    def material(self, name: str) -> Material:
        """The material of that name: the cell's own first, then natron's.

        Raises
        ------
        MaterialError
            Where there is none.
        """
        return material(name, self.materials)

    def materials_used(self) -> tuple[Material, ...]:
        """Every material that stands in this cell, each once, in the order of the file."""
        names = dict.fromkeys(name for _, name, _ in self._uses())
        return tuple(self.material(name) for name in names)

    @cached_property
    def counter(self) -> MetalElectrode | PorousElectrode:
        """The positive electrode; of a symmetric cell the negative one again."""
        return self.positive if self.positive is not None else self.negative


def _own(name: object, table: object) -> Material:
    if isinstance(table, Material):
        return table
    text = str(name)
    try:
        try:
            base: Material | None = material(text)
        except InputError:
            base = None
        return read_material(text, table, base=base)
    except InputError as error:
        raise refusal(
            error.problem,
            key=f"materials.{error.key or text}",
            given=error.given,
            allowed=error.allowed,
            hint=error.hint,
        ) from error


def quantities_of(part: BaseModel, prefix: str = "") -> dict[str, Quantity]:
    """Every quantity in a table of the cell file by its dotted key: ``separator.thickness``."""
    found: dict[str, Quantity] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        key = f"{prefix}{name}"
        if isinstance(value, Quantity):
            found[key] = value
        elif isinstance(value, BaseModel):
            found |= quantities_of(value, f"{key}.")
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, BaseModel):
                    found |= quantities_of(item, f"{key}.{i}.")
        elif isinstance(value, Mapping):
            found |= {f"{key}.{k}": q for k, q in value.items() if isinstance(q, Quantity)}
    return found
