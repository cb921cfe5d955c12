"""Materials: values with uncertainty, source, range and confidence; one file per source."""

from natron.materials.catalogue import LAWS, PROPERTIES, Material, library, material, read_material
from natron.materials.formula import (
    molar_mass_kg_per_mol,
    parse_formula,
    theoretical_specific_capacity_C_per_kg,
)
from natron.materials.laws import ArrheniusLaw, scale_conductivity, scale_resistance
from natron.materials.model_parameters import parameters
from natron.materials.relations import RELATIONS, activation_energy

__all__ = [
    "LAWS",
    "PROPERTIES",
    "RELATIONS",
    "ArrheniusLaw",
    "Material",
    "activation_energy",
    "library",
    "material",
    "molar_mass_kg_per_mol",
    "parameters",
    "parse_formula",
    "read_material",
    "scale_conductivity",
    "scale_resistance",
    "theoretical_specific_capacity_C_per_kg",
]
