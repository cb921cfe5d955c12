"""Calibration: what went in comes back inside its interval, and what data cannot tell is said."""

import math

import numpy as np
import pytest

from natron.core import InputError
from natron.data import DataError
from natron.interface.metals import metal
from natron.interface.pairs import pair
from natron.interface.shorts.calibration import COLUMNS, calibrate
from natron.interface.shorts.survival import shorting_law
from natron.interface.shorts.voids import void_model
from natron.io.measured_tables import read_measured_table

NZSP = pair("Na", "nzsp-tape")


def named(found):
    return {one.name: one for one in found.parameters}


def stripping_table(noise=0.03, seed=1, count=14):
    truth = {"replenishing_current": 3.1, "pressure_slope": 1.7e-6, "activation_energy": 0.12 * 1.602176634e-19}
    model = void_model(metal("Na"), truth)
    rng = np.random.default_rng(seed)
    P, T = rng.uniform(0, 8e6, count), rng.uniform(283, 343, count)
    j = model.replenishing_current(P, T, np) * np.exp(noise * rng.normal(size=count))
    return truth, {"pressure": P, "temperature": T, "critical stripping current": j}


def test_stripping_currents_come_back():
    truth, table = stripping_table()
    found = calibrate(table, NZSP)
    assert found.status == "converged"
    for name, one in named(found).items():
        assert one.identifiable
        assert one.value.origin == "calibrated"
        assert one.low < truth[name] < one.high


def test_intervals_of_one_parameter_are_students():
    """At no pressure and 25 °C every row measures j_D0 itself: the interval is that of the mean logarithm."""
    rng = np.random.default_rng(11)
    j = 2.0 * np.exp(0.1 * rng.normal(size=9))
    table = {"pressure": np.zeros(9), "critical stripping current": j}
    mean, spread = np.log(j).mean(), np.log(j).std(ddof=1) / 3
    one = named(calibrate(table, NZSP, free=["replenishing_current"]))["replenishing_current"]
    assert one.value.value == pytest.approx(math.exp(mean), rel=1e-4)
    t = 2.3060041350333704  # 97.5 % of Student's t with 8 degrees of freedom
    assert math.log(one.low) == pytest.approx(mean - t * spread, abs=0.01 * spread)
    assert math.log(one.high) == pytest.approx(mean + t * spread, abs=0.01 * spread)
    # with a stated uncertainty of 10 % a row, the normal's 1.96 instead
    sure = {**table, "critical stripping current uncertainty": 0.1 * np.full(9, 2.0), "critical stripping current":
            np.full(9, 2.0)}  # fmt: skip
    one = named(calibrate(sure, NZSP, free=["replenishing_current"]))["replenishing_current"]
    assert math.log(one.high / 2.0) == pytest.approx(1.959964 * 0.1 / 3, rel=0.01)
    assert math.log(one.low / 2.0) == pytest.approx(-1.959964 * 0.1 / 3, rel=0.01)


@pytest.mark.exhaustive
def test_intervals_cover():
    """95 % intervals of 200 noisy tables hold the truth in 92 to 98 % of them (three binomial standard deviations)."""
    held = 0
    for seed in range(200):
        truth, table = stripping_table(noise=0.1, seed=seed, count=9)
        one = named(calibrate(table, NZSP))["pressure_slope"]
        held += (one.low or 0.0) < truth["pressure_slope"] < (one.high or math.inf)
    assert 0.95 - 3 * 0.0154 <= held / 200 <= 0.95 + 3 * 0.0154


def test_one_temperature_leaves_the_activation_energy_alone():
    _, table = stripping_table()
    del table["temperature"]
    assert set(named(calibrate(table, NZSP))) == {"replenishing_current", "pressure_slope"}


def test_at_no_pressure_the_slope_is_not_identifiable():
    _, table = stripping_table()
    table["pressure"] = np.zeros_like(table["pressure"])
    found = calibrate(table, NZSP, free=["replenishing_current", "pressure_slope"])
    assert named(found)["replenishing_current"].identifiable
    assert not named(found)["pressure_slope"].identifiable
    assert any("pressure slope is not identifiable" in text for text in found.warnings)


def shorted_table(cells):
    law = shorting_law({"critical_current": 8.0, "weibull_modulus": 2.2, "growth_exponent": 3.0, "cycles": 4.0})
    j, N = (a.ravel() for a in np.meshgrid([2.0, 4.0, 8.0], [1.0, 10.0, 60.0]))
    failed = np.array([round(cells * (1 - law.survival(n, i))) for n, i in zip(N, j, strict=True)], dtype=float)
    return law, {"current density": j, "cycles": N, "cells": np.full(j.size, float(cells)), "failed": failed}


def test_many_cells_tell_the_shorting_law():
    law, table = shorted_table(2000)
    found = named(calibrate(table, NZSP))
    for name, true in (("critical_current", 8.0), ("weibull_modulus", 2.2), ("growth_exponent", 3.0), ("cycles", 4.0)):
        assert found[name].identifiable
        assert found[name].low < true < found[name].high
        assert found[name].value.value == pytest.approx(true, rel=0.05)
    assert law.cycles == 4.0


def test_ten_cells_tell_nothing():
    table = {"current density": [10.0], "cycles": [10.0], "cells": [10.0], "failed": [9.0]}
    found = calibrate({name: np.array(column) for name, column in table.items()}, NZSP)
    assert not any(one.identifiable for one in found.parameters)
    assert found.fitted == pytest.approx([0.9], abs=1e-3)


def test_one_temperature_cannot_tell_film_from_charge_transfer():
    from natron.interface.pressing.pressed import contact_of, resistance_of

    P = np.geomspace(2e4, 5e6, 12)
    values = {name: q.value for name, q in NZSP.values.items()} | {
        "charge_transfer_resistance": 2e-4, "electrolyte_conductivity": 0.16, "film_resistance": 1e-4,
        "pressure": P, "temperature": np.full(12, 303.15), "time": np.full(12, 600.0),
    }  # fmt: skip
    R = np.asarray(resistance_of(values, contact_of(values)))
    noisy = R * np.exp(0.02 * np.random.default_rng(5).normal(size=12))
    table = {"pressure": P, "temperature": values["temperature"], "time": values["time"], "interface resistance": noisy}
    both = named(calibrate(table, NZSP, free=["charge_transfer_resistance", "film_resistance"]))
    # at one temperature only their sum counts: each is open downwards
    assert both["charge_transfer_resistance"].low is None
    assert both["film_resistance"].low is None
    total = sum(one.value.value for one in both.values())
    assert total == pytest.approx(3e-4, rel=0.05)
    alone = named(calibrate(table, NZSP, free=["charge_transfer_resistance"]))["charge_transfer_resistance"]
    assert alone.identifiable


def test_the_papers_two_rows_converge_and_tell_nothing():
    """More parameters than rows: a whole valley fits, which is an answer and not a failure of the search."""
    table = {"current density": [10.0, 5.0], "cycles": [10.0, 70.0], "cells": [10.0, 1.0], "failed": [9.0, 0.0]}
    found = calibrate({name: np.array(column) for name, column in table.items()}, NZSP)
    assert found.status == "converged"
    assert not any(one.identifiable for one in found.parameters)
    assert found.fitted[0] == pytest.approx(0.9, abs=0.01)


PRESSED = {"pressure": [1e6] * 6, "time": [60.0] * 6, "interface resistance": [2e-4] * 6}


@pytest.mark.parametrize(
    ("table", "free", "words"),
    [
        ({"pressure": [1e6, 2e6]}, None, "not enough"),
        ({"critical stripping current": [1.0, 2.0, 3.0]}, None, "column is missing"),
        ({"pressure": [0.0, 1e6], "critical stripping current": [1.0, 2.0]}, None, "too few rows"),
        ({"pressure": [0.0, 1e6, 2e6], "critical stripping current": [1.0, 0.0, 2.0]}, None, "above zero"),
        ({"pressure": [0.0, 1e6, 2e6], "critical stripping current": [1.0, 1.0, 2.0]}, ["flow_stress"], "not tell"),
        ({"current density": [1.0], "cycles": [1.0], "cells": [3.0], "failed": [4.0]}, None, "no more failures"),
        ({"current density": [1.0], "cycles": [1.0], "cells": [3.0], "failed": [2.0], "area": [0.0]}, None, "above 0"),
        ({"pressure": [1e308] * 3, "critical stripping current": [1.0, 1.0, 2.0]}, None, "out of range"),
        (
            {"pressure": [1e6] * 3, "critical stripping current": [1.0, 1.0, 2.0], "temperature": [400.0] * 3},
            None,
            "is liquid",
        ),
        ({**PRESSED, "pressure": [0.0, *[1e6] * 5]}, None, "above 0"),
        ({**PRESSED, "time": [0.0, *[60.0] * 5]}, None, "above 0"),
        ({**PRESSED, "temperature": [298.15, *[371.0] * 5]}, None, "is liquid"),
    ],
)
def test_tables_that_cannot_be_fitted_are_refused(table, free, words):
    with pytest.raises(InputError, match=words):
        calibrate({name: np.array(column) for name, column in table.items()}, NZSP, free=free)


def test_reading_a_table(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("# mine\nPressure / MPa; Critical Stripping Current / mA/cm²;Temperature / °C\n1;0.5;25\n", "utf-8")
    table = read_measured_table(file, COLUMNS)
    assert {name: float(column[0]) for name, column in table.items()} == pytest.approx(
        {"pressure": 1e6, "critical stripping current": 5.0, "temperature": 298.15}
    )


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("Pressure / MPa\n", DataError, "no table"),
        ("Presure / MPa\n1\n", InputError, "pressure"),
        ("Pressure\n1\n", InputError, "needs a unit"),
        ("Pressure / mV\n1\n", InputError, "does not measure"),
        ("Pressure / MPa,Pressure / kPa\n1,2\n", InputError, "twice"),
        ("Pressure / MPa\nx\n", DataError, "table of numbers"),
        ("Pressure / MPa,Cells\n1,\n", DataError, "missing"),
        ("Pressure / MPa\n-1\n", DataError, "not a pressure"),
        ("Pressure / MPa\nnan\n", DataError, "missing or not"),
    ],
)
def test_bad_tables_are_refused(tmp_path, text, error, words):
    file = tmp_path / "t.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(error, match=words):
        read_measured_table(file, COLUMNS)


def test_the_command(natron, tmp_path):
    _, table = stripping_table()
    rows = [
        f"{P / 1e6},{T - 273.15},{j / 10}"
        for P, T, j in zip(*(table[n] for n in ("pressure", "temperature", "critical stripping current")), strict=True)
    ]
    file = tmp_path / "t.csv"
    file.write_text(
        "\n".join(["Pressure / MPa,Temperature / degC,Critical Stripping Current / mA/cm2", *rows]), "utf-8"
    )
    run = natron("calibrate", "interface", "--data", file, "--json")
    assert run.code == 0
    assert run.json["kind"] == "critical_stripping_current"
    assert run.json["not_identifiable"] == []
    slope = run.json["parameters"]["pressure_slope"]
    assert slope["origin"] == "calibrated"
    assert slope["interval_95"][0]["value"] < slope["value"] < slope["interval_95"][1]["value"]
    assert natron("calibrate", "interface", "--data", file).code == 0
    assert natron("calibrate", "interface", "--data", tmp_path / "none.csv").code == 2
    file.write_text("Pressure / MPa,Critical Stripping Current / mA/cm2\n1,x\n", "utf-8")
    assert natron("calibrate", "interface", "--data", file).code == 3
