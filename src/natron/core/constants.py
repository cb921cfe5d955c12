"""Physical constants (CODATA 2018; all but ε₀ exact since the 2019 SI) and nothing else."""

FARADAY_C_PER_MOL = 96485.33212331002
"""Charge of one mole of electrons, F."""

AVOGADRO_PER_MOL = 6.02214076e23
"""Particles per mole, N_A."""

BOLTZMANN_J_PER_K = 1.380649e-23
"""Boltzmann constant, k_B."""

ELEMENTARY_CHARGE_C = 1.602176634e-19
"""Charge of one electron, e; also joules per electron volt."""

ABSOLUTE_ZERO_DEGC = -273.15
"""0 K on the Celsius scale."""

VACUUM_PERMITTIVITY_F_PER_M = 8.8541878128e-12
"""Electric constant, ε₀."""
