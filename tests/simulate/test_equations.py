"""The equations against balances, mesh and time step, PyBaMM's own half cell, and their own impedance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pybamm")

from natron.cell import built_in, changed
from natron.core.constants import FARADAY_C_PER_MOL
from natron.simulate import PARTS, model_parameters, parse_protocol, run
from natron.simulate.engine import engine
from natron.simulate.grid import Spheres
from natron.simulate.impedance import impedance, rested, resting, spectrum
from natron.simulate.parameters import open_circuit

ADDITIONS = ("voids", "electrolyte_loss", "contact_settling", "first_cycle_loss")
TAIL = 0.99
"""Share of a discharge over which voltages are compared: the last of it is a vertical fall."""


def discharge(of, current_A_m2, *, tolerance=1e-6, values=None, lower_V=2.6, times_s=None, hours=40.0):
    at = engine(of.structure, tolerance=tolerance)
    inputs = resting(of.numbers(values)) | {
        "current": -current_A_m2,
        "lower_voltage": lower_V,
        "stripping_negative": 1.0,
    }
    stretch = at.solve(of.start(at.equations.places, values), inputs, hours * 3600, times_s)
    assert stretch.ending in ("lower_voltage", "time"), (stretch.ending, stretch.message)
    return at, inputs, stretch


def voltage(of, current_A_m2, **options):
    at, inputs, stretch = discharge(of, current_A_m2, **options)
    return stretch.time_s, at.observe(["voltage"], stretch.states, inputs)["voltage"]


def test_spheres_are_exact_for_a_steady_flux():
    spheres = Spheres(7, 1)
    low, high = spheres.faces[:-1], spheres.faces[1:]
    mean_r2 = 0.6 * (high**5 - low**5) / (high**3 - low**3)
    # c = −r²/2 has the gradient −1 at the surface and falls everywhere at the rate 3
    rate = spheres.diffusion @ (-mean_r2 / 2) + spheres.surface_source.toarray()[:, 0]
    np.testing.assert_allclose(rate, -3, rtol=1e-10)
    matrix, per_gradient = spheres.surface
    assert (matrix @ (-mean_r2 / 2))[0] - per_gradient == pytest.approx(-0.5, rel=1e-12)
    assert spheres.shares.sum() == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("cell", ["lowack2025-cell2", "nvp-coin"])
def test_sodium_salt_and_charge_are_conserved_with_all_ageing_on(cell):
    # a coin cell has no first-cycle loss of its own
    changes = {"electrolyte_loss_per_cycle": "5 %", "first_cycle_loss": "0.01 mAh/cm²"}
    of = model_parameters(built_in(cell), changes=changes)
    at = engine(of.structure)
    n = of.numbers()
    y = of.start(at.equations.places)
    seen = ["sodium held", "isolated", "spent", "charge", "salt in liquid", "lost salt", "wetted"]
    before = at.observe(seen, y[:, None], resting(n))
    # loosely solved on purpose: the balances must not hang on the time step
    rough = engine(of.structure, tolerance=1e-4)
    q = n["capacity"]
    for current, lower, upper in ((q / 36000, -1e3, 3.8), (-q / 7200, 2.6, 1e3), (q / 7200, -1e3, 3.8)):
        inputs = resting(n) | {"current": current, "lower_voltage": lower, "upper_voltage": upper}
        stretch = rough.solve(y, inputs, 40 * 3600.0)
        assert stretch.ending in ("lower_voltage", "upper_voltage")
        y = stretch.states[:, -1]
    after = at.observe(seen, y[:, None], resting(n))
    change = {name: float(after[name][0] - before[name][0]) for name in seen}
    assert change["wetted"] < -0.02
    assert change["spent"] > 0.005
    # what the particles gave is what the metal got, less what the side reaction gave
    sodium = change["sodium held"] + change["isolated"] + change["charge"] - change["spent"]
    assert abs(sodium) < 1e-8
    pores = n["porosity"] * n["thickness"]
    salt = change["salt in liquid"] / pores + change["lost salt"]
    assert abs(salt) < 1e-8 * before["salt in liquid"][0] / pores


@pytest.mark.parametrize(
    ("cell", "current_A_m2"),
    [
        ("lowack2025-cell2", 1.0),
        ("lowack2025-cell2", 5.0),
        ("lowack2025-cell1", 2.0),
        ("lowack2025-cell1", 10.0),
        ("nvp-coin", 1.0),
    ],
)
def test_mesh_and_time_step_move_the_voltage_by_less_than_200_uV(cell, current_A_m2):
    start = {"start_charged_share": 0.985}
    fine = model_parameters(built_in(cell), changes=start, cells=28, shells=48, off=("voids",))
    t0, v0 = voltage(fine, current_A_m2, tolerance=1e-8)
    of = model_parameters(built_in(cell), changes=start, off=("voids",))
    t, v = voltage(of, current_A_m2, tolerance=1e-5)
    inside = t < TAIL * t0[-1]
    assert np.abs(v[inside] - np.interp(t[inside], t0, v0)).max() < 2e-4
    assert t[-1] == pytest.approx(t0[-1], rel=1e-5)


def test_the_scheme_is_of_second_order_across_the_cathode():
    # a badly conducting liquid in a thick electrode: gradients that a mesh must work for
    strained = {"start_charged_share": 0.9, "conductivity": "2 mS/cm", "electronic_conductivity": "1 mS/cm"}
    at_s = np.array([1800.0])

    def final(cells):
        of = model_parameters(built_in("lowack2025-cell1"), changes=strained, cells=cells, shells=8, off=ADDITIONS)
        at, inputs, stretch = discharge(of, 5.0, tolerance=1e-9, hours=0.5, lower_V=-10.0)
        assert stretch.time_s[-1] == at_s[0]
        return at.observe(["voltage"], stretch.states[:, -1:], inputs)["voltage"][0]

    found = np.array([final(cells) for cells in (8, 16, 32)])
    steps = np.abs(np.diff(found))
    orders = np.log2(steps[:-1] / steps[1:])
    assert steps[-1] > 1e-7
    assert orders[-1] == pytest.approx(2, abs=0.2), orders


def test_a_liquid_filled_cell_agrees_with_pybamms_own_half_cell():
    import stock

    start = 0.97
    of = model_parameters(built_in("nvp-coin"), changes={"start_charged_share": start}, off=ADDITIONS)
    # no contact resistance either: PyBaMM's cell has none
    values = {name: q.value for name, q in of.values.items()} | {"contact_resistance_start": 1e-12}
    n = of.numbers(values)
    for rate in (0.1, 0.5):
        current = rate * n["capacity"] / 3600
        t, v = voltage(of, current, values=values, tolerance=1e-7)
        t0, v0 = stock.discharge(n, start, -current, shells=40)
        inside = (t < TAIL * t0[-1]) & (t > 0)
        assert np.abs(v[inside] - np.interp(t[inside], t0, v0)).max() < 1e-3
        assert t[-1] == pytest.approx(t0[-1], rel=1e-3)


def test_it_agrees_where_the_liquid_limits_too():
    import stock

    start = 0.9
    thick = changed(built_in("nvp-coin"), {"positive.loading": "20 mg/cm²"})
    of = model_parameters(
        thick,
        changes={
            "start_charged_share": start,
            "conductivity": "4 mS/cm",
            "particle_radius": "0.2 µm",
            "electronic_conductivity": "2 mS/cm",
        },
        off=ADDITIONS,
    )
    values = {name: q.value for name, q in of.values.items()} | {"contact_resistance_start": 1e-12}
    n = of.numbers(values)
    current = 40.0
    at, inputs, stretch = discharge(of, current, values=values, tolerance=1e-7, hours=0.1)
    seen = at.observe(["voltage", "loss.liquid", "salt share"], stretch.states, inputs)
    assert seen["loss.liquid"][-1] < -0.03
    assert np.ptp(seen["salt share"][:, -1]) > 0.3
    t0, v0 = stock.discharge(n, start, -current, cells=60, shells=20, hours=0.1)
    inside = stretch.time_s > 1
    assert np.abs(seen["voltage"][inside] - np.interp(stretch.time_s[inside], t0, v0)).max() < 3e-4


def test_losses_add_up_to_the_voltage():
    of = model_parameters(built_in("lowack2025-cell2"), changes={"start_charged_share": 0.98, "hysteresis": "0.03 V"})
    at, inputs, stretch = discharge(of, 5.0)
    losses = [name for name in at.equations.observed if name.startswith("loss.")]
    assert {name.removeprefix("loss.") for name in losses} <= set(PARTS)
    seen = at.observe(["voltage", "equilibrium", *losses], stretch.states, inputs)
    total = seen["equilibrium"] + sum(seen[name] for name in losses)
    np.testing.assert_allclose(total, seen["voltage"], atol=1e-12)
    # every loss of a discharge pulls the voltage down once the start is over
    middle = slice(len(stretch.time_s) // 3, 2 * len(stretch.time_s) // 3)
    for part in ("metal_interface", "separator_grain", "liquid", "charge_transfer", "solid", "collector"):
        assert (seen[f"loss.{part}"][middle] < 0).all(), part


def test_the_charge_that_flowed_is_the_charged_share():
    of = model_parameters(built_in("lowack2025-cell2"), changes={"start_charged_share": 0.98}, off=ADDITIONS)
    at, inputs, stretch = discharge(of, 1.0)
    share = at.observe(["charged share"], stretch.states, inputs)["charged share"]
    np.testing.assert_allclose(0.98 - share, stretch.time_s * 1.0 / of.capacity_C_m2, atol=1e-10)
    assert open_circuit(of.numbers(), 0.5) == pytest.approx(3.4, abs=1e-12)


# --- impedance ----------------------------------------------------------------------------------------


def test_at_high_frequency_the_parts_that_conduct_at_once_are_left():
    of = model_parameters(built_in("lowack2025-cell1"))
    n = of.numbers()
    at = engine(of.structure)
    state = rested(of, of.start(at.equations.places))
    z = impedance(of, state, np.array([1e10]))[0]
    reach = n["porosity"] ** n["tortuosity_exponent"]
    electrode = n["thickness"] / (n["liquid_conductivity"] * reach + n["electronic_conductivity"])
    assert z.real == pytest.approx(n["grain_resistance"] + electrode, rel=5e-3)
    assert abs(z.imag) < 1e-3 * z.real


def test_a_reaction_that_does_not_go_back_carries_no_small_signal_and_nothing_at_rest():
    cell = built_in("lowack2025-cell2")
    with_loss, without = (model_parameters(cell, off=off) for off in ((), ("first_cycle_loss",)))
    z, other = (spectrum(of).impedance_ohm for of in (with_loss, without))
    np.testing.assert_allclose(z, other, rtol=1e-12)
    rest = run(with_loss, parse_protocol('[[step]]\nrest = "1000 h"'))
    places = engine(with_loss.structure).equations.places
    assert rest.state[places["spent"]][0] == 0
    assert rest.state[places["wetted"]][0] == 1


def test_a_symmetric_cell_is_its_arcs():
    of = model_parameters(built_in("lowack2025-symmetric"), changes={"contact_start": 0.5})
    n = of.numbers()
    found = spectrum(of, frequencies_Hz=np.geomspace(1e7, 0.01, 40))
    z = found.impedance_ohm * found.area_m2
    w = 2 * np.pi * found.frequency_Hz
    theta = 0.5
    spreading = np.pi / 4 * (1 - theta**0.5) ** 1.5 / theta**0.5 * n["spot_spacing"] / n["conductivity"]
    expected = n["grain_resistance"] + 2 * spreading
    expected = expected + n["boundary_resistance"] / (1 + 1j * w * n["boundary_resistance"] * n["boundary_capacitance"])
    r, c = n["negative_resistance"] / theta, n["negative_capacitance"] * theta
    expected = expected + 2 * r / (1 + 1j * w * r * c)
    np.testing.assert_allclose(z, expected, rtol=1e-5)


def test_impedance_at_1_mHz_agrees_with_a_run_in_time():
    share = 0.03
    of = model_parameters(built_in("lowack2025-cell2"), changes={"start_charged_share": share}, off=ADDITIONS)
    at = engine(of.structure, tolerance=1e-8)
    n = of.numbers()
    y = rested(of, of.start(at.equations.places))
    z = impedance(of, y, np.array([1e-3]))[0]
    # a sine in stairs, its amplitude so small that the answer stays below 1 mV
    steps, periods, amplitude = 40, 3, 1e-2
    times, currents, voltages = [], [], []
    for k in range(steps * periods):
        i = amplitude * np.sin(2 * np.pi * (k + 0.5) / steps)
        inputs = resting(n) | {"current": i}
        inner = np.linspace(0, 1000 / steps, 21)
        stretch = at.solve(y, inputs, 1000 / steps, inner[1:-1])
        v = at.observe(["voltage"], stretch.states, inputs)["voltage"]
        y = stretch.states[:, -1]
        times.append(k * 1000 / steps + stretch.time_s)
        currents.append(np.full(len(v), i))
        voltages.append(v)
    last = slice(-steps, None)
    assert np.ptp(np.concatenate(voltages[-steps:])) < 2e-3

    def amplitude_of(parts):
        return sum(
            np.trapezoid(value * np.exp(-2j * np.pi * 1e-3 * t), t)
            for t, value in zip(times[last], parts[last], strict=True)
        )

    in_time = amplitude_of(voltages) / amplitude_of(currents)
    assert abs(in_time / z - 1) < 0.01


@settings(max_examples=25)
@given(share=st.floats(0.02, 0.98), celsius=st.floats(-30, 80), log_pressure=st.floats(2, 7.5))
def test_spectra_are_passive_and_their_real_part_falls_with_frequency(share, celsius, log_pressure):
    of = model_parameters(built_in("lowack2025-cell2"), temperature_K=celsius + 273.15, pressure_Pa=10**log_pressure)
    z = spectrum(of, charged_share=share, frequencies_Hz=np.geomspace(1e7, 1e-3, 21)).impedance_ohm
    assert (z.real > 0).all()
    assert (z.imag <= 1e-9 * z.real).all()
    assert (np.diff(z.real) > 0).all()


def test_thin_separators_and_other_thicknesses_scale_the_resistance():
    thin = model_parameters(changed(built_in("lowack2025-symmetric"), {"separator.thickness": "5 µm"})).numbers()
    thick = model_parameters(built_in("lowack2025-symmetric")).numbers()
    for name in ("grain_resistance", "boundary_resistance"):
        assert thick[name] / thin[name] == pytest.approx(22, rel=1e-12)
    whole = thick["grain_resistance"] + thick["boundary_resistance"]
    assert whole * 1e4 == pytest.approx(110e-6 / 0.16 * 1e4, rel=1e-12)
    assert thick["breathing"] * 36e3 == pytest.approx(8.861e-6, rel=1e-3)
    assert FARADAY_C_PER_MOL * thick["breathing"] == pytest.approx(thick["molar_volume"], rel=1e-12)
