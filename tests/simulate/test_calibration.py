"""A cell's parameters from its measurements: what was hidden comes back within its interval, or is said not to."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("pybamm")

from natron.cell import built_in
from natron.core import InputError
from natron.data import Spectrum
from natron.io.descriptions import load_cell
from natron.simulate import (
    calibrate_cell,
    experiment_of_record,
    experiment_of_spectrum,
    model_parameters,
    parse_protocol,
    run,
    spectrum,
)
from natron.simulate.replay import Flow, replay
from real_files import real

CELL = built_in("lowack2025-symmetric")
FULL = built_in("lowack2025-cell2")
HIDDEN = {
    "separator_conductivity": "2.1 mS/cm", "metal_resistance": "4 Ω cm²", "metal_resistance_energy": "0.47 eV",
}  # fmt: skip
FREQUENCIES = np.geomspace(1e6, 1, 19)
PLAN = """
[[step]]
charge = "0.3 mA/cm²"
until = "2 h"
[[step]]
impedance = { from = "100 kHz", to = "1 Hz", points = 11 }
[[step]]
rest = "30 min"
[[step]]
discharge = "0.6 mA/cm²"
until = "30 min"
"""


def noisy(found, rng, share=0.01):
    z = found.impedance_ohm
    z = z + share * np.abs(z) * (rng.standard_normal(len(z)) + 1j * rng.standard_normal(len(z)))
    return Spectrum(
        found.frequency_Hz, z, found.area_m2, found.temperature_K, pressure_Pa=found.pressure_Pa,
        state_of_charge=found.state_of_charge,
    )  # fmt: skip


def measured(temperature_C, seed, changes=None):
    of = model_parameters(CELL, temperature_K=temperature_C + 273.15, changes=HIDDEN if changes is None else changes)
    found = noisy(spectrum(of, frequencies_Hz=FREQUENCIES), np.random.default_rng(seed))
    return experiment_of_spectrum(found, name=f"{temperature_C} °C", area_m2=of.area_m2)


def truth(name, of):
    return of.values[name].value


@pytest.fixture(scope="module")
def series():
    return [measured(T, seed) for seed, T in enumerate((-10, 10, 30))]


@pytest.fixture(scope="module")
def found(series):
    return calibrate_cell(
        model_parameters(CELL), series, names=[*HIDDEN, "refill_efficiency"], held_out=[measured(40, 9)]
    )


def test_hidden_values_come_back_within_their_intervals(found):
    of = model_parameters(CELL, changes=HIDDEN)
    assert found.status == "converged"
    for one in found.parameters[:3]:
        assert one.identifiable
        assert one.low < truth(one.name, of) < one.high
        assert one.value.origin == "calibrated"
        assert one.value.value == pytest.approx(truth(one.name, of), rel=0.02)
        # an interval that holds everything tells nothing
        assert one.high / one.low < 1.1
        assert not one.low < one.before.value < one.high
    assert found.reduced_chi_squared == pytest.approx(1.0, abs=0.3)


def test_what_changes_nothing_is_named_and_left_as_it_was(found):
    last = found.parameters[-1]
    assert (last.name, last.identifiable, last.sensitivity) == ("refill_efficiency", False, 0.0)
    assert last.value is last.before
    assert np.isinf(found.condition)
    assert np.isnan(found.correlation[-1]).all()
    assert all(not one.entangled_with for one in found.parameters)


def test_held_out_data_agree_and_those_of_another_cell_do_not(found, series):
    assert [each.verdict for each in found.comparisons] == [None, None, None, "agrees"]
    assert all(each.misfit < 1.4 < 10 < each.misfit_before for each in found.comparisons)
    other = measured(30, 5, {"separator_conductivity": "0.8 mS/cm"})
    again = calibrate_cell(model_parameters(CELL), series[2:], names=["metal_resistance"], held_out=[other])
    assert again.comparisons[-1].verdict == "disagrees"


def test_intervals_are_those_of_the_linear_problem_where_it_is_one(series):
    """A resistance over which 1/σ enters linearly: the profile gives the Gauss interval in the logarithm."""
    fitted = calibrate_cell(model_parameters(CELL, changes=HIDDEN), series, names=["separator_conductivity"])
    (one,) = fitted.parameters
    half = 1.96 * np.sqrt(max(1.0, fitted.reduced_chi_squared)) / one.sensitivity
    assert np.log(one.high / one.value.value) == pytest.approx(half, rel=0.05)
    assert np.log(one.value.value / one.low) == pytest.approx(half, rel=0.05)


def test_intervals_cover(series):
    """Of 30 noises some 95 % of the intervals hold the hidden value; fewer than 24 of them would, with p < 1e-3."""
    of = model_parameters(CELL, changes=HIDDEN)
    held = 0
    for seed in range(30):
        fitted = calibrate_cell(of, [measured(30, 100 + seed)], names=["metal_resistance"])
        held += fitted.parameters[0].low < truth("metal_resistance", of) < fitted.parameters[0].high
    assert held >= 25


def test_two_that_enter_only_as_their_ratio_are_named_with_each_other(series):
    """The thickness and the conductivity of a ceramic, whose boundaries' capacitance goes along."""
    fitted = calibrate_cell(
        model_parameters(CELL, changes=HIDDEN), series[2:],
        names=["separator_conductivity", "separator.thickness", "boundary_capacitance"],
    )  # fmt: skip
    by = {one.name: one for one in fitted.parameters}
    for name, other in (
        ("separator_conductivity", "separator.thickness"),
        ("separator.thickness", "separator_conductivity"),
    ):
        assert not by[name].identifiable
        assert by[name].value.origin == "assumed"
        assert other in by[name].entangled_with
    assert fitted.condition > 100


def test_without_names_what_the_data_tell_is_chosen(series):
    fitted = calibrate_cell(model_parameters(CELL), series[2:])
    chosen = {one.name for one in fitted.parameters}
    assert {"separator_conductivity", "metal_resistance"} <= chosen
    assert not chosen & {"void_depth", "refill_efficiency", "negative.reservoir"}


@pytest.fixture(scope="module")
def small():
    return model_parameters(FULL, cells=6, shells=5)


def test_a_record_is_replayed_as_it_was_run(small):
    plan = parse_protocol(PLAN, name="plan")
    done = run(small, plan, tolerance=1e-6)
    experiment = experiment_of_record(done.record, name="plan", area_m2=small.area_m2)
    currents = [part.current_A_m2 for part in experiment.parts if isinstance(part, Flow)]
    assert currents == pytest.approx([3.0, 0.0, -6.0])
    (answer,) = replay(small, experiment, [{}])
    np.testing.assert_allclose(answer.voltage_V, experiment.voltage_V, atol=2e-5)
    np.testing.assert_allclose(answer.impedance_ohm_m2[0], experiment.looks[0].impedance_ohm_m2, rtol=1e-5)


def test_voltages_and_spectra_are_fitted_together(small):
    hidden = {"particle_radius": "1.6 µm", "contact_resistance_start": "90 Ω cm²"}
    rng = np.random.default_rng(4)
    done = run(model_parameters(FULL, changes=hidden, cells=6, shells=5), parse_protocol(PLAN, name="plan"))
    noise = pl.Series(1e-3 * rng.standard_normal(len(done.record)))
    record = replace(
        done.record,
        table=done.record.table.with_columns(pl.col("Voltage / V") + noise),
        spectra=tuple(replace(each, spectrum=noisy(each.spectrum, rng)) for each in done.record.spectra),
    )
    experiment = experiment_of_record(record, name="plan", area_m2=small.area_m2)
    fitted = calibrate_cell(small, [experiment], names=list(hidden))
    of = model_parameters(FULL, changes=hidden)
    assert fitted.status == "converged"
    for one in fitted.parameters:
        assert one.low < truth(one.name, of) < one.high
        assert one.high / one.low < 1.2
    (compared,) = fitted.comparisons
    assert compared.voltage_V == pytest.approx(1e-3, rel=0.3)
    assert compared.misfit < 1.3 < compared.misfit_before


def test_a_cell_that_cannot_give_the_charge_says_so(small):
    plan = parse_protocol('[[step]]\ncharge = "0.6 mA/cm²"\nuntil = "1 h"\n', name="plan")
    done = run(small, plan)
    longer = done.record.table.with_columns(pl.col("Test Time / s") * 6, pl.col("Charge Increment / Ah") * 6)
    experiment = experiment_of_record(replace(done.record, table=longer), name="x", area_m2=small.area_m2)
    fitted = calibrate_cell(small, [experiment], names=["particle_radius"])
    assert fitted.status != "converged"
    assert fitted.message


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["metal_resistence"], "metal_resistance"),
        (["temperature"], "cannot be fitted"),
        (["stiffness"], "cannot be fitted"),
        ([], "no parameter"),
    ],
)
def test_what_cannot_be_fitted_is_refused(series, names, words):
    with pytest.raises(InputError, match=words):
        calibrate_cell(model_parameters(CELL), series, names=names)


def test_nothing_to_fit_and_no_noise_are_refused(series):
    with pytest.raises(InputError, match="nothing to fit"):
        calibrate_cell(model_parameters(CELL), [])
    with pytest.raises(InputError, match="above 0"):
        calibrate_cell(model_parameters(CELL), series, impedance_noise=0.0)


# --- at the command line ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    from natron.io import Reading, write

    folder = tmp_path_factory.mktemp("measured")
    for name, T in (("cold", -10), ("warm", 30), ("hot", 40)):
        of = model_parameters(CELL, temperature_K=T + 273.15, changes=HIDDEN)
        found = noisy(spectrum(of, frequencies_Hz=FREQUENCIES), np.random.default_rng(T + 20))
        write(Reading(None, (found,), (), "test"), folder / f"{name}.bdf.csv")
    return folder


def test_the_calibrated_file_is_a_cell_that_simulates_so(natron, files, tmp_path):
    new = tmp_path / "new.toml"
    left = natron(
        "calibrate", "cell", "lowack2025-symmetric", "--data", files / "cold.bdf.csv", "--data", files / "warm.bdf.csv",
        "--held-out", files / "hot.bdf.csv", "--parameters",
        "metal_resistance,separator_conductivity,refill_efficiency,metal_resistance_energy",
        "--out", new, "--pictures", tmp_path / "pictures", "--json",
    )  # fmt: skip
    assert left.code == 0, left.err
    told = left.json
    assert told["status"] == "converged"
    assert told["not_identifiable"] == ["refill_efficiency"]
    one = told["parameters"]["metal_resistance"]
    assert one["unit"] == "ohm.cm2"
    assert one["interval_95"][0]["value"] < 4 < one["interval_95"][1]["value"]
    assert told["comparisons"][-1]["verdict"] == "agrees"
    assert told["written"] == str(new)
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {"intervals.svg", "impedance.svg"}
    cell = load_cell(new)
    assert cell.simulation["metal_resistance"].origin == "calibrated"
    assert "cold.bdf.csv" in cell.simulation["metal_resistance"].source
    assert "refill_efficiency" not in cell.simulation
    assert model_parameters(cell).values["metal_resistance"].shown_value == pytest.approx(one["value"], rel=1e-5)
    listed = natron("simulate", new, "--parameters", "--json")
    assert json.loads(listed.out)["parameters"]["metal_resistance"]["origin"] == "calibrated"
    again = natron("calibrate", "cell", new, "--data", files / "warm.bdf.csv", "--out", new)
    assert again.code == 2
    assert "exists already" in again.err


def test_the_screen_names_what_cannot_be_told(natron, files):
    left = natron(
        "calibrate", "cell", "lowack2025-symmetric", "--data", files / "warm.bdf.csv", "--parameters",
        "metal_resistance,separator_conductivity,refill_efficiency",
    )  # fmt: skip
    assert left.code == 0, left.err
    assert "not identifiable" in left.out


def test_a_real_cell_of_another_kind_is_refused_in_words(natron, tmp_path):
    # an all-solid lithium cell, told to be the paper's symmetric sodium cell
    measured = real("solid-electrolyte/tutorials_data_PEIS_SSB.mpr")
    out = tmp_path / "calibrated.toml"
    arguments = ("--data", str(measured), "--parameters", "separator_conductivity,metal_resistance", "--out", str(out))
    left = natron("calibrate", "cell", "lowack2025-symmetric", *arguments)
    assert left.code == 4
    assert "does not describe" in left.out
    assert "was not written" in left.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--data", "nowhere.csv"], 3, "no such file"),
        (["--data", "FILE", "--parameters", "metal_resistence"], 2, "metal_resistance"),
        (["--data", "FILE", "--impedance-noise", "0 %"], 2, "above 0"),
        (["--data", "FILE", "--voltage-noise", "1 kg"], 2, "kg"),
        ([], 2, "--data"),
    ],
)
def test_wrong_input_is_said_in_words(natron, files, arguments, code, words):
    given = [files / "warm.bdf.csv" if each == "FILE" else each for each in arguments]
    left = natron("calibrate", "cell", "lowack2025-symmetric", *given)
    assert left.code == code
    assert words in left.err
