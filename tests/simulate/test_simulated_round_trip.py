"""A symmetric cell simulated from −10 to 40 °C and analysed blind: what went in comes back."""

import numpy as np
import pytest

pytest.importorskip("pybamm")

from natron.cell import built_in
from natron.core import Quantity
from natron.core.constants import ELEMENTARY_CHARGE_C
from natron.data import Spectrum
from natron.eis import Geometry, fit_series, symmetric_cell
from natron.simulate import model_parameters, spectrum

CELSIUS = (-10.0, 0.0, 10.0, 20.0, 30.0, 40.0)
NOISE = 0.002
WITHIN = 0.03


def test_separator_interface_and_both_activation_energies_come_back():
    cell = built_in("lowack2025-symmetric")
    generator = np.random.default_rng(7)
    spectra = []
    for celsius in CELSIUS:
        of = model_parameters(cell, temperature_K=celsius + 273.15)
        clean = spectrum(of, frequencies_Hz=np.geomspace(1e6, 1.0, 61))
        noise = generator.normal(size=(2, 61)) * NOISE * np.abs(clean.impedance_ohm)
        spectra.append(
            Spectrum(
                clean.frequency_Hz,
                clean.impedance_ohm + noise[0] + 1j * noise[1],
                clean.area_m2,
                clean.temperature_K,
                thickness_m=clean.thickness_m,
            )
        )
    result = fit_series(spectra, "R0-p(R1,CPE1)-p(R2,CPE2)", "temperature")
    # the model's double layers are plain capacitors, the limit of a CPE: the fit says so, and nothing else
    assert all("exponent is at its limit 1" in warning for warning in result.warnings), result.warnings
    geometry = Geometry(Quantity(spectra[0].area_m2, None, "area"), Quantity(spectra[0].thickness_m, None, "length"))
    parts = symmetric_cell(result.fits[CELSIUS.index(30.0)], geometry, separator=("R0", "R1"), interfaces=("R2",))
    n = model_parameters(cell, temperature_K=303.15).numbers()
    assert parts.separator_resistance.value == pytest.approx(
        n["grain_resistance"] + n["boundary_resistance"], rel=WITHIN
    )
    assert parts.interface_resistance.value == pytest.approx(n["negative_resistance"], rel=WITHIN)
    values = model_parameters(cell).values
    for name, energy in (("R1", "separator_conductivity_energy"), ("R2", "metal_resistance_energy")):
        put_in = values[energy].value / ELEMENTARY_CHARGE_C
        assert result.arrhenius[name].activation_energy.value == pytest.approx(put_in, rel=WITHIN), name
