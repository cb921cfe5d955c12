"""Fig. 9 of the sodium-cell paper from natron's cell 2: its spectra over 70 cycles, fitted as the paper fits its own.

The fit knows the paper's circuit and nothing of the model that made the spectra; no noise is added.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from natron.core import Quantity
from natron.eis import SeriesResult, fit_series
from natron.simulate import LABELS, Run, breakdowns, parse_protocol, run
from natron.studies.round_trip import spectra_of
from natron.studies.sections import Line, Section

EVERY = 10

PLAN = f"""
name = "70 cycles, impedance half charged every ten"
[[step]]
impedance = true
[[step]]
repeat = 70
steps = [
  {{ charge = "cycling" }},
  {{ discharge = "cycling" }},
  {{ charge = "cycling", until = "50 %", every = {EVERY} }},
  {{ rest = "1 h", every = {EVERY} }},
  {{ impedance = true, every = {EVERY} }},
]
"""
"""All spectra at the charge of the one after formation, so that only ageing lies between them; an assumption."""

RESISTANCES = {"R0": "unresolved, R_0", "R1": "double layer, R_DL", "R2": "charge transfer, R_CT", "R3": "liquid, R_LE"}
"""As the paper names those of its circuit."""


def fitted_blind(formed: Run) -> Section:
    """Which resistance grows while cell 2 cycles, by the paper's own circuit.

    Parameters
    ----------
    formed : Run
        Cell 2 after formation.
    """
    from natron.plot.eis import nyquist, nyquist_height, relative_residuals
    from natron.plot.eis_series import course

    cycled = run(formed.parameters, parse_protocol(PLAN), state=formed.state)
    spectra = [
        recorded.spectrum.with_conditions(cycle=EVERY * i) for i, recorded in enumerate(cycled.record.spectra)
    ]  # fmt: skip
    series = fit_series(spectra, spectra_of("lowack2025")["cycles"]["circuit"], "cycle")
    area = formed.parameters.area_m2
    rise = {name: _rise(series, name, area) for name in RESISTANCES}
    largest = max(rise, key=lambda name: rise[name])
    found = [each for each in breakdowns(cycled) if each.current_density_A_m2 > 0]
    put_in = {
        name: found[-1].resistance_ohm_m2[name] - found[0].resistance_ohm_m2[name]
        for name in ("ceramic_liquid", "liquid", "charge_transfer", "collector")
    }
    misfit = max(float(np.sqrt(np.mean(np.abs(relative_residuals(fit)) ** 2))) for fit in series.fits)
    said = ", ".join(sorted({fit.status.replace("_", " ") for fit in series.fits}))
    labels = [f"cycle {at:.0f}" for at in series.course]
    return Section(
        "Fig. 9a, b: which resistance grows, by the paper's circuit",
        f"Spectra half charged after every {EVERY} cycles, fitted with {series.circuit} without telling the fit what "
        f"made them. What grows most is {RESISTANCES[largest]}; in the paper R_LE alone grows, how far is drawn, not "
        f"printed. The circuit misses these spectra by up to {100 * misfit:.2g} % (its own word: "
        f"{said}): they hold one arc more than it, and the growth it shows carries a part of what diffuses.",
        pictures=(
            ("spectra", (15, nyquist_height(spectra, 15)), partial(nyquist, spectra, series.fits, labels=labels)),
            ("resistances", (15, 10), partial(course, series, tuple(RESISTANCES))),
        ),
        lines=(
            *(
                Line(
                    f"{words}: gained in {series.course[-1]:.0f} cycles, fitted",
                    Quantity(rise[name], None, "area_specific_resistance", origin="calibrated"),
                    f"{_areal(series, 0, name, area)} at first, {_areal(series, -1, name, area)} at last",
                )
                for name, words in RESISTANCES.items()
            ),
            *(
                Line(
                    f"{LABELS[name]}: gained in the model",
                    Quantity(value, None, "area_specific_resistance", origin="calibrated"),
                )
                for name, value in put_in.items()
            ),
        ),
    )


def _rise(series: SeriesResult, name: str, area_m2: float) -> float:
    return (series.fits[-1].parameters[name].value - series.fits[0].parameters[name].value) * area_m2


def _areal(series: SeriesResult, place: int, name: str, area_m2: float) -> Quantity:
    p = series.fits[place].parameters[name]
    return Quantity(p.value * area_m2, p.uncertainty * area_m2, "area_specific_resistance", uncertainty_kind="se")
