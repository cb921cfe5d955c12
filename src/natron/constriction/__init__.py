"""Current constriction in three dimensions: resistance and impedance of contacts, pores and grains on voxels."""

from __future__ import annotations

from natron.constriction.assessment import Assessment, assess, body_spectrum
from natron.constriction.bodies import Body, make_body
from natron.constriction.currents import LocalCurrent, at_top, current_density_A_m2
from natron.constriction.impedance import BodySpectrum, NotConvergedError, spectrum, sweep
from natron.constriction.media import boundary_voxels, bricks, phases, spherical_pores, voronoi
from natron.constriction.patterns import PATTERNS, pattern
from natron.constriction.refinement import Refined, refined
from natron.constriction.relations import RELATIONS, grain_contact_factor
from natron.constriction.solver import Solution, SolveStatus, solve
from natron.constriction.table import Spreading, constriction_table, spreading

__all__ = [
    "PATTERNS",
    "RELATIONS",
    "Assessment",
    "Body",
    "BodySpectrum",
    "LocalCurrent",
    "NotConvergedError",
    "Refined",
    "Solution",
    "SolveStatus",
    "Spreading",
    "assess",
    "at_top",
    "body_spectrum",
    "boundary_voxels",
    "bricks",
    "constriction_table",
    "current_density_A_m2",
    "grain_contact_factor",
    "make_body",
    "pattern",
    "phases",
    "refined",
    "solve",
    "spectrum",
    "spherical_pores",
    "spreading",
    "sweep",
    "voronoi",
]
