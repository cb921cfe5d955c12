"""Other laws of the cathode's contact under pressure, each with one free parameter, and which meet both cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from natron.core import parse_quantity
from natron.materials import parameters
from natron.simulate import Run
from natron.simulate.engine import engine
from natron.simulate.equations import UNIT_CONTACT_OHM_M2, UNIT_PRESSURE_PA
from natron.studies.cell_calibration import IN_TABLE_1
from natron.studies.observed import SHORT, at_lowest_ohm_m2, beside, published
from natron.studies.sections import Section

Law = tuple[str, float]


def laws() -> tuple[Law, ...]:
    """Pressure exponents, with the contacts that have them.

    Source: Holm 1967, Electric Contacts, DOI 10.1007/978-3-662-06688-1; the sulfide's from the library.
    """
    return (
        ("a film on elastic spots", 2 / 3),
        ("constriction at elastic spots", 1 / 3),
        ("as found on a sulfide", parameters("contact-elsewhere")["pressure_exponent"].value),
        ("rough faces, a spot more for each force", 1.0),
    )


def level(runs: Sequence[Run], exponent: float, pressures_Pa: Sequence[float]) -> tuple[float, np.ndarray]:
    """Settled resistance at 1 MPa that least misses all cells, Ω m², and what they then have at 0.1 Hz.

    The contact is in series with all else and settles with one time constant: what a run shows of one law says without
    another run what it would show of another, but for the change in the run's duration.

    Parameters
    ----------
    runs : sequence of Run
        Formations that end in a spectrum, pressure constant.
    exponent : float
    pressures_Pa : sequence of float
        Of each run's cell.
    """
    fixed, gain = [], []
    for of, pressure in zip(runs, pressures_Pa, strict=True):
        n, places = of.parameters.numbers(), engine(of.parameters.structure).equations.places
        start = of.parameters.values["contact_resistance_start"].value
        settled = n["contact_settled"] * (n["pressure"] / UNIT_PRESSURE_PA) ** -n["contact_pressure_exponent"]
        contact = float(of.state[places["contact"]][0]) * UNIT_CONTACT_OHM_M2
        left = (contact - settled) / (start - settled)
        fixed.append(at_lowest_ohm_m2(of.record.spectra[-1].spectrum) - contact + start * left)
        gain.append((pressure / UNIT_PRESSURE_PA) ** -exponent * (1 - left))
    fix, per = np.array(fixed), np.array(gain)
    printed = np.log([published(of.parameters.cell.name)["resistance_after"].value for of in runs])
    # least squares of the logarithms in one unknown: Newton's steps on its logarithm
    x = float(np.log(1e-2))
    for _ in range(60):
        slope = per * np.exp(x) / (fix + per * np.exp(x))
        step = float(slope @ (printed - np.log(fix + per * np.exp(x))) / (slope @ slope))
        x += float(np.clip(step, -1, 1))
        if abs(step) < 1e-10:
            break
    return float(np.exp(x)), fix + per * np.exp(x)


def contact_forms(runs: Sequence[Run]) -> Section:
    """Resistances of both cells after formation by every law and either pressure that is printed for cell 1.

    Parameters
    ----------
    runs : sequence of Run
        Formations of cells 1 and 2 as they ship.
    """
    one, two = (of.parameters for of in runs)
    shown, table = one.values["pressure"], parse_quantity(IN_TABLE_1[one.cell.name], "pressure")
    rows, met, tried = [], [], 0
    for words, exponent in laws():
        for pressure in (shown, table):
            tried += 1
            found, resistances = level(runs, exponent, (pressure.value, two.values["pressure"].value))
            pair = [
                beside(
                    of.cell.name, "resistance_after", float(value), "calibrated",
                    name=f"{SHORT[of.cell.name]}: {words}, exponent {exponent:.3g}, cell 1 at {pressure}",
                    note=f"{1e4 * found:.3g} Ω cm² at 1 MPa",
                )
                for of, value in zip((one, two), resistances, strict=True)
            ]  # fmt: skip
            rows += pair
            if all(row.verdict == "agrees" for row in pair):
                met.append(f"{words} with cell 1 at {pressure}")
    return Section(
        "The cathode's contact under pressure, in other forms",
        f"{tried} forms, each with its level alone free, for two resistances; within 15 % of both: "
        f"{'; '.join(met) or 'none'}. natron's is the first. For it speak that the text and Fig. 7 print this "
        "pressure, that aluminium under the coating carries an oxide, that hundreds of Ω cm² are far more than carbon "
        "in spots constricts, and that a coating densified at far higher pressure touches elastically. It was chosen "
        "with these numbers in view: the exponent is an assumption whose ± spans the others, not a finding. A "
        "resistance spread through the cathode, which its twofold thickness would double, is none of them: beside a "
        "charge transfer of 5 to 10 Ω cm² the reaction would draw back to the collector and show little of it.",
        beside=tuple(rows),
    )
