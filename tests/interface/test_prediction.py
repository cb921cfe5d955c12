"""Predictions: ladders against a step-by-step integration, protocols, and what bands and tornado must say."""

import math
from dataclasses import replace

import numpy as np
import pytest

from natron.cell import built_in, changed
from natron.core import InputError, Quantity, parse_quantity
from natron.interface.metals import metal
from natron.interface.shorts.conditions import bench, nominal_law
from natron.interface.shorts.prediction import batch_alive, predict
from natron.interface.shorts.protocol import cycling, ladder, parse_protocol
from natron.interface.shorts.virtual_cells import NEVER, Population, run
from natron.interface.shorts.voids import void_model


def q(text, kind):
    return parse_quantity(text, kind)


def amps(text):
    return q(text, "current_density")


def steps(increment="0.1 mA/cm²", largest="10 mA/cm²", **fixed):
    kinds = {"half_step": "time", "charge": "areal_capacity"}
    return ladder(amps(increment), amps(largest), **{name: q(text, kinds[name]) for name, text in fixed.items()})


def voiding_cell(symmetric):
    """One cell of PHYSICS' worked ladder: j_rep 0.5 mA/cm², 5 µm, 80 % refilled, whole contact, unbreakable."""
    model = void_model(metal("sodium"), {"void_depth": 5e-6})
    one = np.ones(1)
    return Population(
        one, one * model.per_charge, one * 5.0, one * 0.8, one * 0.0, np.full((1, 2), 1e9), one * 4, one * 1e9,
        # the counter electrode strips first
        voids=(symmetric, True), plates=(symmetric, True),
    )  # fmt: skip


def onset(protocol, symmetric, engine="numpy"):
    fates = run(protocol.current_A_m2, protocol.duration_s, voiding_cell(symmetric), engine=engine)
    at = fates.contact_lost_at[0]
    return None if at == NEVER else abs(protocol.current_A_m2[at]) / 10


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("increment", "fixed", "reported"),
    [
        ("0.1", {"half_step": "5 min"}, 1.9),
        ("0.1", {"charge": "0.25 mAh/cm²"}, 1.2),
        ("0.1", {"charge": "0.6 mAh/cm²"}, 0.8),
        ("0.1", {"charge": "1.0 mAh/cm²"}, 0.7),
        ("0.1", {"charge": "5.0 mAh/cm²"}, 0.6),
        ("0.25", {"half_step": "5 min"}, 2.5),
        ("0.25", {"charge": "0.25 mAh/cm²"}, 2.0),
        ("0.25", {"charge": "0.6 mAh/cm²"}, 1.0),
        ("0.25", {"charge": "1.0 mAh/cm²"}, 0.75),
    ],
)
def test_ladders_that_carry_voids_over(increment, fixed, reported, engine, symmetric):
    protocol = steps(f"{increment} mA/cm²", **fixed)
    assert onset(protocol, symmetric, engine) == pytest.approx(reported, abs=1e-9)


@pytest.mark.parametrize(
    ("fixed", "current"),
    [({"half_step": "5 min"}, 7.02), ({"charge": "0.6 mAh/cm²"}, 4.28), ({"charge": "1.0 mAh/cm²"}, 0.693),
     ({"charge": "5.0 mAh/cm²"}, 0.5001)],
)  # fmt: skip
def test_one_stripping_half_step_from_a_fresh_electrode(fixed, current):
    """The smallest current that delaminates in one half step, found by bisection on the population."""

    def lost(j):
        time = q("5 min", "time").value if "half_step" in fixed else q(fixed["charge"], "areal_capacity").value / j
        fates = run(np.array([j]), np.array([time]), voiding_cell(False))
        return fates.contact_lost_at[0] != NEVER

    low, high = 5.0, 200.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if lost(middle) else (middle, high)
    assert high / 10 == pytest.approx(current, abs=0.5 * 10 ** -(len(str(current).split(".")[1])))


def test_too_little_charge_never_delaminates():
    charge = q("0.25 mAh/cm²", "areal_capacity").value
    for j in np.geomspace(1, 1e5, 30):
        fates = run(np.array([j]), np.array([charge / j]), voiding_cell(False))
        assert fates.contact_lost_at[0] == NEVER


@pytest.mark.parametrize("capacity", ["0.25 mAh/cm²", "1.0 mAh/cm²", "5.0 mAh/cm²"])
def test_many_cycles_at_one_current_end_at_the_critical_one(capacity):
    above = cycling(amps("0.51 mA/cm²"), q(capacity, "areal_capacity"), 3000)
    below = cycling(amps("0.50 mA/cm²"), q(capacity, "areal_capacity"), 3000)
    cell = voiding_cell(False)
    if capacity != "0.25 mAh/cm²":
        assert run(above.current_A_m2, above.duration_s, cell).contact_lost_at[0] != NEVER
    assert run(below.current_A_m2, below.duration_s, cell).contact_lost_at[0] == NEVER


def test_population_steps_are_those_of_the_void_model():
    model = void_model(metal("sodium"))
    pressure, T, closure = 5e5, 300.0, 3e-5
    rng = np.random.default_rng(3)
    current = rng.uniform(-9, 9, 40)
    duration = rng.uniform(10, 4000, 40)
    one = np.ones(1)
    cell = Population(
        one * 0.9, one * model.per_charge, one * model.replenishing_current(pressure, T),
        one * model.refill_efficiency, one * closure, np.full((1, 2), 1e9), one, one * 1e9, voids=(False, True),
    )  # fmt: skip
    phi = 0.1
    for i in range(len(current)):
        if current[i] > 0:
            phi = model.after_stripping(phi, current[i], duration[i], pressure, T, closure)
        else:
            phi = model.after_plating(phi, -current[i], duration[i], closure)
        if phi >= 1:
            break
        got = run(current[: i + 1], duration[: i + 1], cell).void_fraction[0, 1]
        assert got == pytest.approx(phi, abs=1e-12)


# protocols


def test_ladder_and_cycling():
    protocol = steps("0.5 mA/cm²", "2 mA/cm²", half_step="5 min")
    assert protocol.levels_A_m2 == pytest.approx([5, 10, 15, 20])
    assert protocol.charge_C_m2[:2] == pytest.approx([1500, 1500])
    assert steps("0.5 mA/cm²", "2 mA/cm²", charge="1 mAh/cm²").charge_C_m2 == pytest.approx(np.full(8, 36e3))
    assert len(cycling(amps("1 mA/cm²"), q("1 mAh/cm²", "areal_capacity"), 7).current_A_m2) == 14


def test_protocol_file():
    protocol = parse_protocol(
        """
        name = "mine"
        [[step]]
        charge_current = "0.1 mA/cm²"
        discharge_current = "0.2 mA/cm²"
        capacity = "1 mAh/cm²"
        cycles = 2
        [[step]]
        time = "10 min"
        [[step]]
        charge_current = "1 mA/cm²"
        time = "60 s"
        """
    )
    assert protocol.current_A_m2 == pytest.approx([1, -2, 1, -2, 0, 10])
    assert protocol.duration_s == pytest.approx([36000, 18000, 36000, 18000, 600, 60])
    assert protocol.cycle.tolist() == [1, 1, 2, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing"),
        ("step = 3", "list"),
        ("[[step]]\ntime = '1 s'", "no current"),
        ("[[step]]\ncharge_current = '1 mA/cm²'", "time or a capacity"),
        ("[[step]]\ncharge_current = '-1 mA/cm²'\ntime = '1 s'", "above zero"),
        ("[[step]]\ncharge_current = '1 mA/cm²'\ntime = '1 s'\ncapacity = '1 mAh/cm²'", "time or a capacity"),
        ("[[step]]\ncapacity = '1 mAh/cm²'", "rest needs a time"),
        ("[[step]]\ncharge_curent = '1 mA/cm²'\ntime = '1 s'", "charge_current"),
        ("[[step]]\ncharge_current = '1 mA/cm²'\ntime = '1 s'\ncycles = 90000\n"
         "[[step]]\ncharge_current = '1 mA/cm²'\ntime = '1 s'\ncycles = 90000", "too long"),
    ],
)  # fmt: skip
def test_bad_protocol_files_are_refused(text, words):
    with pytest.raises(InputError, match=words):
        parse_protocol(text, file="mine.toml")


def test_bad_ladders_are_refused():
    with pytest.raises(InputError, match="exactly one"):
        ladder(amps("1 mA/cm²"), amps("2 mA/cm²"))
    with pytest.raises(InputError, match="above zero"):
        steps("0 mA/cm²", half_step="5 min")
    with pytest.raises(InputError, match="at least one increment"):
        steps("1 mA/cm²", "0.5 mA/cm²", half_step="5 min")
    with pytest.raises(InputError, match="cycles"):
        cycling(amps("1 mA/cm²"), q("1 mAh/cm²", "areal_capacity"), 0)


# predictions

CELL_2 = built_in("lowack2025-cell2")


def test_flaws_alone_are_the_closed_form():
    found = predict(
        bench(CELL_2), cycling(amps("0.5 mA/cm²"), q("1 mAh/cm²", "areal_capacity"), 70), outcome="survival", cells=100
    )
    # the cell has the area, the ceramic and the temperature of the batch the law was calibrated to
    for N in (1, 10, 70):
        assert found.short_free[0, N - 1] == pytest.approx(nominal_law(found.bench).survival(N, 5.0), abs=0.005)
    assert found.short_free[0, 69] == pytest.approx(0.253, abs=0.005)


def test_voids_only_make_it_worse():
    found = predict(bench(CELL_2), steps(half_step="5 min"), cells=2000)
    # at the nominal, whole contact; where it is not whole at first, plating fills it and so helps
    assert np.all(found.alive[0] <= found.short_free[0] + 1e-12)
    assert np.all(np.diff(found.alive, axis=1) <= 1e-12)
    assert found.alive[2, 3] <= found.alive[1, 3] <= found.alive[3, 3]
    assert sum(shares.sum() for shares in found.ended_at.values()) == pytest.approx(found.end.share)
    assert found.end.median.value <= found.short.median.value


def test_the_two_protocols_are_not_comparable():
    symmetric = bench(built_in("lowack2025-symmetric"), {"pressure": q("1 MPa", "pressure")})
    short = predict(symmetric, steps(half_step="5 min"), cells=2000)
    long = predict(symmetric, steps(charge="5 mAh/cm²"), cells=2000)
    ratio = short.nominal_contact_loss.median.value / long.nominal_contact_loss.median.value
    assert 3 <= ratio <= 4


def test_pressure_helps_and_so_do_small_electrodes():
    def end(**changes):
        return predict(bench(CELL_2, changes), steps(charge="2 mAh/cm²"), cells=500)

    low, high = (end(pressure=q(text, "pressure")) for text in ("0.1 MPa", "5 MPa"))
    assert low.nominal_contact_loss.median.value < high.nominal_contact_loss.median.value
    small = predict(bench(changed(CELL_2, {"negative.diameter": "2 mm"})), steps(half_step="5 min"), cells=500)
    large = predict(bench(changed(CELL_2, {"negative.diameter": "5 mm"})), steps(half_step="5 min"), cells=500)
    assert small.nominal_end.median.value >= large.nominal_end.median.value


def test_a_liquid_film_has_no_voids_but_its_counter_electrode_has():
    found = bench(built_in("adambatt2-potassium"))
    assert found.voids == (False, True)
    assert found.plates == (True, True)
    cold = bench(changed(built_in("adambatt2-potassium"), {"operation.temperature": "-20 °C"}))
    assert cold.voids == (True, True)
    assert any("stays solid" in text for text in cold.warnings)


def test_same_seed_same_answer_and_engines_agree():
    b, protocol = bench(CELL_2), steps("0.2 mA/cm²", "3 mA/cm²", half_step="5 min")
    one, two = predict(b, protocol, cells=1000, engine="numpy"), predict(b, protocol, cells=1000, engine="numba")
    assert np.array_equal(one.alive, two.alive)
    assert one.end == two.end
    assert not np.array_equal(one.alive, predict(b, protocol, cells=1000, seed=2).alive)


def test_tornado_moves_what_it_says():
    found = predict(bench(CELL_2), steps(half_step="5 min"), cells=500)
    named = {effect.name: effect for effect in found.effects}
    swings = [effect.swing for effect in found.effects]
    assert swings == sorted(swings, reverse=True)
    assert {"critical_current", "weibull_modulus", "void_depth", "batch_failed_share"} <= set(named)
    stronger = predict(
        bench(CELL_2, {"critical_current": replace(named["critical_current"].high, uncertainty=None)}),
        steps(half_step="5 min"), cells=500,
    )  # fmt: skip
    assert stronger.nominal_end.median.value == pytest.approx(named["critical_current"].at_high, abs=1.001)


def test_without_doubt_the_band_is_one_batch():
    b = bench(CELL_2)
    sure = bench(CELL_2, {n: replace(v, uncertainty=None) for n, v in b.inputs.items()})
    # what is left is the count of ten cells, which a law that is given outright does not need
    found = predict(sure, steps(half_step="5 min"), cells=500)
    assert not found.assumed
    assert [effect.name for effect in found.effects] == ["batch_failed_share"]


def test_batches():
    found = predict(
        bench(CELL_2), cycling(amps("0.5 mA/cm²"), q("1 mAh/cm²", "areal_capacity"), 10), outcome="survival", cells=1000
    )
    ten = batch_alive(found, 10)
    assert 0 <= ten.low <= ten.mean <= ten.high <= 10
    assert ten.mean == pytest.approx(10 * found.alive[1, -1])
    with pytest.raises(InputError, match="batch"):
        batch_alive(found, 0)


def test_area_law_of_the_bench():
    law = nominal_law(bench(CELL_2))
    b = bench(CELL_2)
    assert b.area_m2 == pytest.approx(math.pi / 4 * 5e-3**2)
    assert law.scale_A_m2(4 * b.area_m2) / law.scale_A_m2(b.area_m2) == pytest.approx(4 ** (-1 / 2.5))


@pytest.mark.parametrize(
    ("cell", "words"),
    [("nvp-coin", "ceramic separators"), ("lowack2025-cell2@", "liquid at this temperature")],
)
def test_cells_that_cannot_be_predicted_are_refused(cell, words):
    described = built_in(cell.rstrip("@"))
    if cell.endswith("@"):
        described = changed(described, {"operation.temperature": "99 °C"})
    with pytest.raises(InputError, match=words):
        bench(described)


def test_bad_inputs_are_refused():
    with pytest.raises(InputError, match="no such input"):
        bench(CELL_2, {"void_dept": q("1 µm", "length")})
    with pytest.raises(InputError, match="number of cells"):
        predict(bench(CELL_2), steps(half_step="5 min"), cells=10)
    with pytest.raises(InputError, match="0 to 1"):
        bench(CELL_2, {"contact_fraction": Quantity(1.5, None, "share")})


@pytest.mark.parametrize(
    ("name", "value", "u", "words"),
    [
        ("contact_fraction", 0.0, None, "above 0"),
        ("contact_fraction", 0.05, 0.05, "± taken off"),
        ("void_depth", 0.0, None, "above 0"),
        ("weibull_modulus", 0.1, 1.0, "above 0"),
        ("growth_exponent", -4.0, None, "above 0"),
        ("pressure_exponent", -3.0, None, "above 0"),
        ("critical_current", 0.0, None, "above 0"),
        ("batch_current", 0.0, None, "above 0"),
        ("batch_cycles", 0.0, None, "above 0"),
        ("batch_cells", 0.0, None, "above 0"),
        ("reference_area", 0.0, None, "above 0"),
        ("conductivity_ratio", 0.0, None, "above 0"),
        ("density", 0.0, None, "above 0"),
        ("closure_rate", -1.0, None, "negative"),
        ("batch_failed", 10.0, None, "none or all"),
        ("batch_failed", 0.0, None, "none or all"),
        ("batch_failed", 12.0, None, "none or all"),
    ],
)
def test_inputs_the_laws_cannot_take_are_refused(name, value, u, words):
    kind_name = bench(CELL_2).inputs[name].kind
    with pytest.raises(InputError, match=words):
        bench(CELL_2, {name: Quantity(value, u, kind_name)})


def test_no_draw_leaves_what_the_laws_can_take():
    """A modulus of 1 ± 0.9: a tenth of plain normal draws would be negative."""
    wild = bench(
        CELL_2, {"weibull_modulus": Quantity(1.0, 0.9, "number"), "closure_rate": Quantity(0.0, 1.0, "number")}
    )
    found = predict(wild, steps("0.5 mA/cm²", half_step="5 min"), cells=5000)
    assert np.isfinite(found.alive).all()
    assert np.all(np.diff(found.alive, axis=1) <= 1e-12)
