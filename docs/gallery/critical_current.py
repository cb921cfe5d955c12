"""
At which current will a test end?
=================================

A ladder at fixed time, sent through virtual cells whose flaws and voids differ as the library's ranges say.
"""

import natron
from natron.core import parse_quantity
from natron.interface import bench, ladder, predict
from natron.plot import figure
from natron.plot.predictions import critical_current_distribution

steps = ladder(
    parse_quantity("0.1 mA/cm²", "current_density"),
    parse_quantity("5 mA/cm²", "current_density"),
    half_step=parse_quantity("5 min", "time"),
)
found = predict(bench(natron.load_cell("lowack2025-cell2")), steps, cells=1000)

drawn, ax = figure(15, 9)
critical_current_distribution(found, ax=ax)

# %%
# Nothing here is measured: the outcome rests on assumptions, and the object names them.
