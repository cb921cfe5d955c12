"""
A fit without a guess
=====================

Two overlapping arcs with noise, fitted without starting values; the decades of frequency stand at the points.
"""

import numpy as np

from natron.data import Spectrum
from natron.eis import fit, parse_circuit
from natron.plot import figure
from natron.plot.eis import nyquist

circuit = parse_circuit("R0-p(R1,CPE1)-p(R2,CPE2)")
f = np.geomspace(3e6, 1, 60)
Z = circuit.impedance([4, 20, 2e-8, 0.95, 9, 4e-6, 0.88], f)
noise = np.random.default_rng(1).standard_normal((2, 60))
measured = Spectrum(f, Z + 0.005 * abs(Z) * (noise[0] + 1j * noise[1]), area_m2=0.5e-4)

result = fit(measured, circuit)
drawn, ax = figure(15, 8)
nyquist(measured, result, ax=ax)

# %%
# Every parameter comes with its standard error:
for name, parameter in result.parameters.items():
    print(f"{name:7s} {parameter.value:10.3g} ± {parameter.uncertainty:.1g} {parameter.unit}")
