"""
How many processes are there?
=============================

The distribution of relaxation times of the same kind of spectrum, before any circuit is chosen. The band shows what
the noise leaves open.
"""

import numpy as np

from natron.data import Spectrum
from natron.eis import drt, parse_circuit
from natron.plot import figure
from natron.plot.eis import relaxation_times

f = np.geomspace(3e6, 1, 60)
Z = parse_circuit("R0-p(R1,CPE1)-p(R2,CPE2)").impedance([4, 20, 2e-8, 0.95, 9, 4e-6, 0.88], f)
noise = np.random.default_rng(1).standard_normal((2, 60))
found = drt(Spectrum(f, Z + 0.005 * abs(Z) * (noise[0] + 1j * noise[1])))

drawn, ax = figure(15, 8)
relaxation_times(found, ax=ax)
