"""Cells whose metal reduces the ceramic: the growing face against closed forms, balances, and its own impedance."""

import math

import numpy as np
import pytest

pytest.importorskip("pybamm")

from natron.cell import built_in, parse_cell
from natron.core import InputError
from natron.interface.reactions.interphase import Face
from natron.simulate import breakdowns, model_parameters, parse_protocol, run, steady_resistance
from natron.simulate.engine import engine
from natron.simulate.impedance import impedance, rested, resting

HOUR = 3600.0
CURRENT = 0.5  # A/m²
QUICK = {"interphase_growth_constant": "1e-16 m²/s"}

SYMMETRIC = """
schema_version = 1
name = "reacting"
kind = "symmetric"
[operation]
temperature = "60 °C"
[stack]
pressure = "25 MPa"
[negative]
type = "metal"
metal = "{metal}"
reservoir = "250 µm"
[separator]
material = "{ceramic}"
thickness = "500 µm"
[interphase]
"""


def law(of, side="negative"):
    """The closed form of one face of a cell."""
    n = of.numbers()
    drying = n.get(f"{side}_drying_rate")
    return Face(
        n[f"{side}_growth_constant"], n[f"{side}_interphase_start"], n[f"{side}_interphase_conductivity"], 0.0,
        n[f"{side}_resistance"], 0.0, n[f"{side}_contact_length"], n[f"{side}_barrier"],
        n.get(f"{side}_wetted_resistance", math.inf), 0.0,
        0.0 if drying is None else 1 / drying if drying else math.inf,
    )  # fmt: skip


def held(of, seconds, *, tolerance=1e-9, names=("voltage",), times=None):
    """A constant current through a cell; times and observables."""
    at = engine(of.structure, tolerance=tolerance)
    inputs = resting(of.numbers()) | {"current": CURRENT}
    stretch = at.solve(of.start(at.equations.places), inputs, seconds, times)
    assert stretch.ending == "time", stretch.message
    return stretch.time_s, at.observe(list(names), stretch.states, inputs), stretch.states


def test_a_bare_cell_s_polarisation_follows_the_parabolic_law():
    """V = i [d/σ + 2 (R₀ + √(L₀² + 2kt)/σ_i)/θ], written out."""
    of = model_parameters(built_in("latp-bare"), changes=QUICK, off=("voids", "interphase_contact_loss"))
    n = of.numbers()
    t, seen, _ = held(of, 500 * HOUR)
    L = np.sqrt(n["negative_interphase_start"] ** 2 + 2e-16 * t)
    ceramic = n["grain_resistance"] + n["boundary_resistance"]
    face = (n["negative_resistance"] + L / n["negative_interphase_conductivity"]) / of.values["contact_start"].value
    # what is left of a constriction at a contact of 99.9 % is no part of this
    rest = steady_resistance(of.structure, n, CURRENT, contact_fraction=of.values["contact_start"].value)
    volts = CURRENT * (ceramic + rest["constriction"] + 2 * face)
    np.testing.assert_allclose(seen["voltage"], volts, rtol=1e-6)
    assert seen["voltage"][-1] > 10 * seen["voltage"][0]


@pytest.mark.parametrize("cell", ["latp-bare", "latp-il", "latp-pb"])
def test_each_face_follows_its_closed_form(cell):
    of = model_parameters(built_in(cell), changes=QUICK, off=("voids",))
    t, seen, _ = held(of, 600 * HOUR, names=("loss.metal_interface", "loss.interphase", "interphase negative"))
    face = (seen["loss.metal_interface"] + seen["loss.interphase"]) / (2 * CURRENT) * of.values["contact_start"].value
    closed = law(of)
    np.testing.assert_allclose(face, closed.resistance(t), rtol=4e-5)
    np.testing.assert_allclose(seen["interphase negative"], closed.thickness(t), rtol=1e-6)
    assert closed.resistance(t[-1]) > 5 * closed.resistance(0.0)


def test_behind_a_layer_that_blocks_it_grows_by_what_leaks():
    of = model_parameters(
        built_in("latp-pb"), changes={"interlayer_electron_conductivity": "1e-14 S/cm"}, off=("voids",)
    )
    t, seen, _ = held(of, 800 * HOUR, names=("interphase negative",))
    leak = 1e-12 / 1e-6 * 2.34  # A/m²
    capacity = of.numbers()["interphase_capacity"]
    grown = seen["interphase negative"] - 1e-9
    np.testing.assert_allclose(grown[1:], leak / capacity * t[1:], rtol=2e-3)


@pytest.mark.parametrize(
    ("off", "still"),
    [
        (("interphase_growth", "wetting_loss"), True),
        (("interphase_growth",), False),
        (("wetting_loss",), True),
        ((), False),
    ],
)
def test_each_mechanism_can_be_switched_off(off, still):
    of = model_parameters(built_in("latp-il"), changes=QUICK, off=("voids", *off))
    _, seen, _ = held(of, 200 * HOUR)
    rise = seen["voltage"][-1] - seen["voltage"][0]
    assert abs(rise) < 1e-9 if still else rise > 1e-3


def test_contact_lost_is_a_mechanism_of_its_own():
    ends = {}
    for off in ((), ("interphase_contact_loss",)):
        of = model_parameters(built_in("latp-bare"), changes=QUICK, off=("voids", *off))
        ends[off] = held(of, 200 * HOUR)[1]["voltage"][-1]
    assert ends[()] > 1.5 * ends[("interphase_contact_loss",)]


def test_warmth_speeds_growth_by_its_activation_energy():
    grown = {}
    for celsius in (40.0, 60.0):
        of = model_parameters(built_in("latp-bare"), temperature_K=celsius + 273.15, off=("voids",))
        grown[celsius] = held(of, 100 * HOUR, names=("interphase negative",))[1]["interphase negative"][-1]
    factor = math.exp(0.65 / 8.617333e-5 * (1 / 313.15 - 1 / 333.15))
    assert (grown[60.0] / grown[40.0]) ** 2 == pytest.approx(factor, rel=1e-3)


def test_its_loss_is_a_part_of_its_own_and_all_parts_add_up():
    of = model_parameters(built_in("latp-il"), changes=QUICK)
    each_way = '{ charge = "cycling", until = "5 h" }, { discharge = "cycling", until = "5 h" }'
    plan = parse_protocol(f"[[step]]\nrepeat = 20\nsteps = [{each_way}]")
    result = run(of, plan)
    assert result.completed
    found = breakdowns(result)
    grown = [one.resistance_ohm_m2["interphase"] for one in found]
    assert grown == sorted(grown)
    assert grown[-1] > found[-1].resistance_ohm_m2["metal_interface"]
    assert found[-1].largest == "interphase"
    np.testing.assert_allclose(sum(result.course.loss_V.values()), result.record.voltage_V, atol=1e-12)
    assert result.course.states["wet negative"][-1] == pytest.approx(1 - 200 / 324.5, abs=1e-3)
    np.testing.assert_array_equal(
        result.course.states["interphase negative"], result.course.states["interphase counter"]
    )


@pytest.mark.parametrize("cell", ["latp-bare", "latp-il", "latp-pb-lfp"])
def test_impedance_holds_the_interphase(cell):
    of = model_parameters(built_in(cell), changes=QUICK, off=("voids",))
    full = of.structure.cathode
    at = engine(of.structure)
    fresh = of.start(at.equations.places)
    grown = fresh.copy()
    for side in of.structure.interphases:
        grown[at.equations.places[f"interphase {side}"]] = 5.0
    for side in of.structure.wetted_faces:
        grown[at.equations.places[f"dried {side}"]] = 0.6
    low = np.array([1e-3 if full else 1e-6])
    z = [impedance(of, rested(of, state), low)[0].real for state in (fresh, grown)]
    inputs = resting(of.numbers()) | {"current": 1e-6}
    loss = [
        sum(at.observe([f"loss.{part}" for part in ("interphase", "metal_interface")], state[:, None], inputs).values())
        for state in (fresh, grown)
    ]
    added = float((loss[1] - loss[0])[0]) / 1e-6
    assert added > 0.05
    assert z[1] - z[0] == pytest.approx(added, rel=1e-6)
    high = [impedance(of, rested(of, state), np.array([1e12]))[0].real for state in (fresh, grown)]
    assert high[1] == pytest.approx(high[0], rel=1e-6)


def test_growth_takes_metal_and_no_charge():
    of = model_parameters(built_in("latp-pb-lfp"), changes=QUICK | {"interlayer_electron_conductivity": "1e-9 S/cm"})
    at = engine(of.structure)
    n = of.numbers()
    y = of.start(at.equations.places)
    for current, lower, upper in ((0.25, -1e3, 4.0), (-0.25, 2.5, 1e3)):
        inputs = resting(n) | {"current": current, "lower_voltage": lower, "upper_voltage": upper}
        y = at.solve(y, inputs, 40 * HOUR).states[:, -1]
    names = ["metal", "charge", "sodium held", "isolated", "spent", "interphase negative"]
    now = {k: float(v[0]) for k, v in at.observe(names, y[:, None], resting(n)).items()}
    before = {k: float(v[0]) for k, v in at.observe(names, of.start(at.equations.places)[:, None], resting(n)).items()}
    change = {name: now[name] - before[name] for name in names}
    assert abs(change["sodium held"] + change["isolated"] + change["charge"] - change["spent"]) < 1e-8
    taken = n["metal_start"] + now["charge"] * n["capacity"] - now["metal"]
    assert 0 < taken < change["interphase negative"] * n["interphase_capacity"]
    # dry from the start, all of the face took metal for all of its growth
    dry = model_parameters(built_in("latp-bare"), changes=QUICK, off=("voids",))
    _, seen, _ = held(dry, 100 * HOUR, names=("metal", "charge", "interphase negative"))
    d = dry.numbers()
    taken = d["metal_start"] + seen["charge"] * d["capacity"] - seen["metal"]
    np.testing.assert_allclose(
        taken, (seen["interphase negative"] - 1e-9) * d["interphase_capacity"], rtol=1e-9, atol=1e-6
    )


@pytest.mark.parametrize("cell", ["latp-bare", "latp-il"])
def test_the_default_time_step_moves_the_voltage_by_less_than_200_uV(cell):
    of = model_parameters(built_in(cell), off=("voids",))
    hours = {"latp-bare": 150, "latp-il": 350}[cell]
    times = np.linspace(0, hours * HOUR, 50)[1:]
    fine = held(of, hours * HOUR, times=times[:-1])[1]["voltage"]
    rough = held(of, hours * HOUR, tolerance=1e-5, times=times[:-1])[1]["voltage"]
    assert np.abs(fine - rough).max() < 2e-4


def test_closed_form_and_equations_agree_on_the_fresh_cell():
    for cell in ("latp-bare", "latp-il", "latp-pb"):
        of = model_parameters(built_in(cell))
        parts = steady_resistance(of.structure, of.numbers(), CURRENT, contact_fraction=0.999)
        _, seen, _ = held(of, 1e-3)
        assert CURRENT * sum(parts.values()) == pytest.approx(seen["voltage"][0], rel=1e-6), cell


def test_any_pair_can_react_sodium_on_nzsp_too():
    of = model_parameters(parse_cell(SYMMETRIC.format(metal="sodium", ceramic="nzsp-tape")), temperature_K=303.15)
    assert of.structure.interphases == ("negative", "counter")
    n = of.numbers()
    # fresh face and decomposition layer together are what was measured
    layer = n["negative_interphase_start"] / n["negative_interphase_conductivity"]
    assert layer == pytest.approx(1e-4, rel=1e-6)
    assert n["negative_resistance"] + layer == pytest.approx(1.5e-4, rel=1e-6)
    seen = held(of, 100 * HOUR, names=("loss.interphase", "interphase negative"))[1]
    assert np.all(np.diff(seen["loss.interphase"]) > 0)
    assert seen["loss.interphase"][0] == pytest.approx(2 * CURRENT * layer / 0.999, rel=1e-6)


def test_a_full_cell_s_interphase_is_on_its_metal_s_side_alone():
    of = model_parameters(built_in("latp-pb-lfp"))
    assert of.structure.interphases == ("negative",)
    assert of.structure.wetted_faces == ("negative",)
    one, two = (law(model_parameters(built_in(name))).resistance(100 * HOUR) for name in ("latp-pb-lfp", "latp-pb"))
    assert one == pytest.approx(two, rel=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('material = "latp"', 'material = "glass-fibre"\nfilled = true', "grows on a ceramic"),
        (
            "[interphase]",
            '[[interlayer]]\nmaterial = "nzsp-tape"\nthickness = "1 µm"\n[interphase]',
            "conducts electrons",
        ),
        (
            "[interphase]",
            '[materials.latp]\nredox_potential = "-0.1 V"\n[interphase]',
            "does not reduce",
        ),
        ("[interphase]", '[interphase]\nside = "left"', "negative"),
        ("[interphase]", "[interphase]\nthickness = 1", "unknown key"),
    ],
)
def test_what_cannot_react_is_refused_by_name(old, new, words):
    text = SYMMETRIC.format(metal="lithium", ceramic="latp").replace(old, new)
    with pytest.raises(InputError, match=words):
        model_parameters(parse_cell(text))


@pytest.mark.parametrize("name", ["interphase_start_thickness", "interphase_conductivity", "interphase_contact_length"])
def test_what_must_be_above_zero(name):
    with pytest.raises(InputError, match="above 0"):
        model_parameters(built_in("latp-bare"), changes={name: 0.0})


def test_extremes_give_a_number_or_say_why_not():
    plan = parse_protocol('[[step]]\ncharge = "0.05 mA/cm²"\nuntil = ["800 h", "1 V"]')
    for changes in (
        {"interphase_growth_constant": "1e-8 m²/s"},
        {"interphase_growth_constant": "1e-30 m²/s"},
        {"interphase_contact_length": "1 nm"},
        {"interphase_conductivity": "1e-12 mS/cm"},
        {"wetting_time": "1 s"},
        {"interphase_growth_constant": "1 m²/s", "interphase_contact_length": "9 cm"},
        {"interlayer_electron_conductivity": "1e-30 S/cm"},
        {"interlayer_electron_conductivity": "1 S/cm"},
    ):
        result = run(model_parameters(built_in("latp-pb"), changes=changes), plan)
        assert np.isfinite(result.record.voltage_V).all(), changes
        assert result.status in ("completed", "steps_without_charge"), (changes, result.status, result.message)
