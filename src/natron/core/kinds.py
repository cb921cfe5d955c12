"""What a number measures: its SI unit inside natron and the field's unit in files and on screen.

A *kind* is finer than a dimension: a loading and a thickness of foil differ in dimension, but an
activation energy and a cell's energy do not, and each is shown in its own unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from natron.core.constants import ELEMENTARY_CHARGE_C
from natron.core.errors import QuantityError, did_you_mean


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of quantity.

    Attributes
    ----------
    name : str
        As used in code: ``areal_capacity``.
    words : str
        As used in messages: ``an areal capacity``.
    si : str
        SI unit, in a form pint reads.
    unit : str
        The field's unit in ASCII, as it stands in JSON: ``mAh/cm2``.
    pretty : str
        The same for people: ``mAh/cm²``.
    factor : float
        SI value of one `unit` (scale only; `offset` is added after).
    offset : float
        SI value of zero `unit`; nonzero for temperatures alone.
    example : str
        A text natron accepts.
    minimum, maximum : float
        Physical limits in SI; a value outside them is refused.
    """

    name: str
    words: str
    si: str
    unit: str
    pretty: str
    factor: float
    example: str
    offset: float = 0.0
    minimum: float = float("-inf")
    maximum: float = float("inf")


_ALL = (
    Kind("length", "a length", "m", "um", "µm", 1e-6, "50 ± 4 µm", minimum=0.0),
    Kind("diameter", "a diameter", "m", "mm", "mm", 1e-3, "8 mm", minimum=0.0),
    Kind("area", "an area", "m**2", "cm2", "cm²", 1e-4, "0.50 cm²", minimum=0.0),
    Kind("volume", "a volume", "m**3", "ul", "µl", 1e-9, "50 µl", minimum=0.0),
    Kind("mass", "a mass", "kg", "mg", "mg", 1e-6, "6.5 mg", minimum=0.0),
    Kind("molar_volume", "a molar volume", "m**3/mol", "cm3/mol", "cm³/mol", 1e-6, "23.75 cm³/mol", minimum=0.0),
    Kind("concentration", "a concentration", "mol/m**3", "mol/l", "mol/l", 1e3, "1.0 mol/l", minimum=0.0),
    Kind("density", "a mass density", "kg/m**3", "g/cm3", "g/cm³", 1e3, "3.05 ± 0.08 g/cm³", minimum=0.0),
    Kind("molar_mass", "a molar mass", "kg/mol", "g/mol", "g/mol", 1e-3, "22.990 g/mol", minimum=0.0),
    Kind("loading", "a mass loading", "kg/m**2", "mg/cm2", "mg/cm²", 1e-2, "23.1 mg/cm²", minimum=0.0),
    Kind("electric_energy", "an electric energy", "J", "mWh", "mWh", 3.6, "4.1 mWh"),
    Kind("voltage_rate", "a rate of change of voltage", "V/s", "mV/h", "mV/h", 1e-3 / 3600, "1 mV/h"),
    Kind("capacity", "a charge", "C", "mAh", "mAh", 3.6, "1.2 mAh", minimum=0.0),
    Kind(
        "areal_capacity",
        "an areal capacity",
        "C/m**2",
        "mAh/cm2",
        "mAh/cm²",
        36e3,
        "2.52 mAh/cm²",
        minimum=0.0,
    ),
    Kind(
        "volumetric_capacity",
        "a capacity per volume",
        "C/m**3",
        "mAh/cm3",
        "mAh/cm³",
        3.6e6,
        "348 mAh/cm³",
        minimum=0.0,
    ),
    Kind("specific_capacity", "a specific capacity", "C/kg", "mAh/g", "mAh/g", 3600.0, "118 mAh/g", minimum=0.0),
    Kind(
        "volumetric_energy_density",
        "a volumetric energy density",
        "J/m**3",
        "Wh/l",
        "Wh/l",
        3.6e6,
        "278 ± 11 Wh/l",
        minimum=0.0,
    ),
    Kind(
        "gravimetric_energy_density",
        "a gravimetric energy density",
        "J/kg",
        "Wh/kg",
        "Wh/kg",
        3600.0,
        "138 ± 6 Wh/kg",
        minimum=0.0,
    ),
    Kind("potential", "a voltage", "V", "V", "V", 1.0, "3.4 V"),
    Kind("energy", "an energy per particle", "J", "eV", "eV", ELEMENTARY_CHARGE_C, "0.28 ± 0.01 eV"),
    Kind(
        "conductivity",
        "a conductivity",
        "S/m",
        "mS/cm",
        "mS/cm",
        0.1,
        "1.6 ± 0.3 mS/cm",
        minimum=0.0,
    ),
    Kind(
        "electronic_conductivity",
        "an electronic conductivity",
        "S/m",
        "S/cm",
        "S/cm",
        100.0,
        "1e-9 S/cm",
        minimum=0.0,
    ),
    Kind(
        "area_specific_resistance",
        "an area-specific resistance",
        "ohm*m**2",
        "ohm.cm2",
        "Ω cm²",
        1e-4,
        "1.5 ± 0.6 Ω cm²",
        minimum=0.0,
    ),
    Kind("resistance", "a resistance", "ohm", "ohm", "Ω", 1.0, "12 Ω"),
    Kind("inductance", "an inductance", "H", "H", "H", 1.0, "200 nH"),
    Kind("pressure", "a pressure", "Pa", "MPa", "MPa", 1e6, "1.0 ± 0.1 MPa", minimum=0.0),
    Kind("temperature", "a temperature", "K", "degC", "°C", 1.0, "30 °C", offset=273.15, minimum=0.0),
    Kind("time", "a time", "s", "s", "s", 1.0, "60 s", minimum=0.0),
    Kind("duration", "a duration", "s", "h", "h", 3600.0, "150 h", minimum=0.0),
    Kind("heating_rate", "a heating rate", "K/s", "K/h", "K/h", 1 / 3600, "180 K/h"),
    Kind("current", "a current", "A", "mA", "mA", 1e-3, "0.5 mA"),
    Kind("current_density", "a current density", "A/m**2", "mA/cm2", "mA/cm²", 10.0, "0.5 mA/cm²"),
    Kind("c_rate", "a C-rate", "1/s", "1/h", "1/h", 1 / 3600, "C/10", minimum=0.0),
    Kind("frequency", "a frequency", "1/s", "Hz", "Hz", 1.0, "1500 Hz", minimum=0.0),
    Kind("stiffness", "a stiffness", "N/m", "N/mm", "N/mm", 1e3, "500 N/mm", minimum=0.0),
    Kind("force", "a force", "N", "N", "N", 1.0, "2.5 N", minimum=0.0),
    Kind("power", "a power", "W", "W", "W", 1.0, "50 W", minimum=0.0),
    Kind(
        "fracture_toughness",
        "a fracture toughness",
        "Pa*m**0.5",
        "MPa.m^0.5",
        "MPa·m^0.5",
        1e6,
        "1.2 MPa.m^0.5",
        minimum=0.0,
    ),
    Kind("thickness_rate", "a rate of growth or loss", "m/s", "nm/s", "nm/s", 1e-9, "4.6 nm/s", minimum=0.0),
    Kind("vapour_pressure", "a vapour pressure", "Pa", "Pa", "Pa", 1.0, "0.99 Pa", minimum=0.0),
    Kind("angle", "an angle", "rad", "deg", "°", 0.017453292519943295, "45 deg", minimum=0.0),
    Kind(
        "thickness_per_areal_capacity",
        "a thickness per areal capacity",
        "m**3/C",
        "um/(mAh/cm2)",
        "µm/(mAh/cm²)",
        1e-6 / 36e3,
        "8.86 µm/(mAh/cm²)",
        minimum=0.0,
    ),
    Kind("modulus", "an elastic modulus", "Pa", "GPa", "GPa", 1e9, "4.6 GPa", minimum=0.0),
    Kind("strain_rate", "a rate of strain", "1/s", "1/s", "1/s", 1.0, "1e-3 1/s", minimum=0.0),
    Kind("diffusivity", "a diffusion coefficient", "m**2/s", "m2/s", "m²/s", 1.0, "5.9e-13 m²/s", minimum=0.0),
    Kind("kelvin", "a number of kelvin", "K", "K", "K", 1.0, "5603 K"),
    Kind("expansion", "a thermal expansion", "1/K", "1/K", "1/K", 1.0, "7.1e-5 1/K"),
    Kind("surface_tension", "a surface tension", "N/m", "N/m", "N/m", 1.0, "0.195 N/m", minimum=0.0),
    Kind(
        "density_slope",
        "a change of density with temperature",
        "kg/(m**3*K)",
        "kg/(m3.K)",
        "kg/(m³ K)",
        1.0,
        "-0.235 kg/(m³ K)",
    ),
    Kind(
        "current_density_per_pressure",
        "a current density per pressure",
        "A/(m**2*Pa)",
        "mA/(cm2.MPa)",
        "mA/(cm² MPa)",
        1e-5,
        "0.25 mA/(cm² MPa)",
        minimum=0.0,
    ),
    Kind("capacitance", "a capacitance", "F", "F", "F", 1.0, "2e-7 F", minimum=0.0),
    Kind(
        "areal_capacitance",
        "a capacitance per area",
        "F/m**2",
        "uF/cm2",
        "µF/cm²",
        1e-2,
        "1 µF/cm²",
        minimum=0.0,
    ),
    Kind(
        "capacitance_per_length",
        "a capacitance times thickness over area",
        "F/m",
        "F/cm",
        "F/cm",
        100.0,
        "1e-10 F/cm",
        minimum=0.0,
    ),
    Kind("intensity", "an intensity of sound", "W/m**2", "W/cm2", "W/cm²", 1e4, "10 W/cm²", minimum=0.0),
    Kind("fraction", "a plain number or a percentage", "1", "1", "", 1.0, "63 ± 3 %"),
    Kind("share", "a share from 0 to 1", "1", "1", "", 1.0, "63 ± 3 %", minimum=0.0, maximum=1.0),
    Kind("count", "a number of 0 or more", "1", "1", "", 1.0, "2", minimum=0.0),
    Kind("number", "a plain number", "1", "1", "", 1.0, "160"),
    Kind("percentage", "a percentage", "1", "%", "%", 0.01, "85 %"),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}


def kind(name: str) -> Kind:
    """The kind of that name.

    Raises
    ------
    QuantityError
        Where there is none; names the nearest.
    """
    try:
        return KINDS[name]
    except KeyError:
        raise QuantityError("unknown kind of quantity", given=name, hint=did_you_mean(name, KINDS)) from None
