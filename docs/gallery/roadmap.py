"""
A road to a better cell
=======================

Steps that conserve the solids, each building on the one before: use the whole capacity, press the cathode, leave
out the reservoir.
"""

import natron
from natron.design import parse_step, roadmap
from natron.plot import figure, roadmap_waterfall

cell = natron.load_cell("lowack2025-cell1")
steps = ["activation = 100 %", "porosity = 30 %", "reservoir = 0 µm", "separator = 30 µm"]
stages = roadmap(cell, [parse_step(step) for step in steps])

drawn, ax = figure(15, 9)
roadmap_waterfall(stages, "volumetric_energy_density", ax=ax)
