"""
What an energy density hangs on
===============================

The change of a cell's volumetric energy density for ± 10 % of each input, and for its own standard uncertainty.
"""

import natron
from natron.design import figures, sensitivity
from natron.plot import figure, tornado

cell = natron.load_cell("lowack2025-cell1")
found = figures(cell)
name = "volumetric_energy_density"

drawn, ax = figure(15, 9)
tornado(found[name], name, sensitivity(found, name), ax=ax)

# %%
# Thickness of the cathode leads, so that is what to measure better; density of the metal hardly counts.
print(found[name])
