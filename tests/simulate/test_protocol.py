"""Protocols as data: what is read is what was written, what cannot be run is refused where it stands."""

import pytest

pytest.importorskip("pybamm")

from natron.core import InputError
from natron.simulate import Loop, built_in_protocol, built_in_protocols, first_cycles, parse_protocol


def test_loops_are_unrolled_in_order_and_every_counts_passes():
    plan = parse_protocol(
        """
        [[step]]
        rest = "1 min"
        [[step]]
        repeat = 4
        steps = [{ charge = "C/10", until = "3.8 V" }, { rest = "2 min", every = 2 }, { discharge = "0.5 mA/cm²" }]
        """
    )
    kinds = [(index, step.kind, step.sign) for index, step in plan.unrolled()]
    one = [(2, "current", 1), (4, "current", -1)]
    other = [(2, "current", 1), (3, "rest", 0), (4, "current", -1)]
    assert kinds == [(1, "rest", 0), *one, *other, *one, *other]
    assert plan.unrolled()[1][1].voltage_V == pytest.approx(3.8)


def test_seventy_cycles_have_eight_spectra():
    steps = [step for _, step in built_in_protocol("lowack2025-cycling").unrolled()]
    assert sum(step.kind == "impedance" for step in steps) == 8
    assert sum(step.sign == 1 for step in steps) == sum(step.sign == -1 for step in steps) == 70


@pytest.mark.parametrize("name", ["discharge", "lowack2025-formation", "lowack2025-cycling", "ccd-fixed-time",
                                  "ccd-fixed-capacity", "rate"])  # fmt: skip
def test_built_in_protocols_are_read(name):
    assert name in built_in_protocols()
    assert built_in_protocol(name).unrolled()


def test_a_ladder_rises_and_turns_its_limit_with_the_sign():
    plan = parse_protocol(
        '[[step]]\nladder = { from = "0.1 mA/cm²", to = "0.5 mA/cm²", by = "0.1 mA/cm²" }\nuntil = ["5 min", "1 V"]\n'
    )
    steps = [step for _, step in plan.unrolled()]
    assert [step.sign * step.rate.value for step in steps] == pytest.approx([1, -1, 2, -2, 3, -3, 4, -4, 5, -5])
    assert {(step.sign, step.voltage_V, step.duration_s) for step in steps} == {(1, 1.0, 300.0), (-1, -1.0, 300.0)}


def test_pybamms_strings_say_the_same_as_tables():
    theirs = parse_protocol(
        """
        [[step]]
        pybamm = "Charge at C/10 until 3.8 V"
        [[step]]
        pybamm = "Hold at 3.8 V until C/50"
        [[step]]
        pybamm = "Rest for 1 hour"
        [[step]]
        pybamm = "Discharge at 1C for 30 minutes or until 2.6 V"
        """
    )
    ours = parse_protocol(
        """
        [[step]]
        charge = "C/10"
        until = "3.8 V"
        [[step]]
        hold = "3.8 V"
        until = "C/50"
        [[step]]
        rest = "1 h"
        [[step]]
        discharge = "1C"
        until = ["30 min", "2.6 V"]
        """
    )
    for (_, a), (_, b) in zip(theirs.unrolled(), ours.unrolled(), strict=True):
        assert (a.kind, a.sign, a.voltage_V, a.duration_s) == (b.kind, b.sign, b.voltage_V, b.duration_s)
        assert (a.rate is None) == (b.rate is None)
        if a.rate is not None:
            assert a.rate.value == pytest.approx(b.rate.value, rel=1e-9)


def test_the_first_cycles_end_before_the_next_one_begins():
    plan = first_cycles(built_in_protocol("lowack2025-cycling"), 10)
    signs = [step.sign for _, step in plan.unrolled()]
    assert signs.count(1) == signs.count(-1) == 10
    with pytest.raises(InputError, match="1 to 70"):
        first_cycles(built_in_protocol("lowack2025-cycling"), 71)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has steps"),
        ("nonsense", "not TOML"),
        ("[[step]]\nchrge = 'C/10'", 'Did you mean "charge"'),
        ("[[step]]\ncharge = 'C/10'\nrest = '1 h'", "one thing"),
        ("[[step]]\ncharge = '10'", "not a rate"),
        ("[[step]]\ncharge = 'C/10'\nuntil = '5 mm'", "no end of a step"),
        ("[[step]]\nrest = '-1 h'", "-1 h"),
        ("[[step]]\nrest = '1e12 h'", "century"),
        ("[[step]]\ncharge = 'C/10'\nuntil = '1e12 h'", "century"),
        ("[[step]]\nhold = '3.8 V'", "needs an end"),
        ("[[step]]\nrepeat = 0\nsteps = [{ rest = '1 h' }]", "1 or more"),
        ("[[step]]\nrepeat = 70000\nsteps = [{ rest = '1 h' }, { rest = '1 h' }]", "too many steps"),
        ("[[step]]\nrepeat = 2", "a loop has steps"),
        ("[[step]]\nimpedance = { from = '1 Hz', to = '1 kHz' }", "high frequency to a low"),
        ("[[step]]\nimpedance = { points = 1 }", "high frequency"),
        ("[[step]]\npybamm = 'Charge at 5 mA until 3.8 V'", "mA/cm²"),
        ("[[step]]\npybamm = 'Dance'", "PyBaMM's strings"),
        ("[[step]]\nladder = { from = '0.1 mA/cm²' }", "from, to and by"),
        ("step = 1", "has steps"),
    ],
)
def test_what_is_no_protocol_is_refused_with_its_place(text, said):
    with pytest.raises(InputError) as caught:
        parse_protocol(text, file="plan.toml")
    assert said in str(caught.value)
    assert "plan.toml" in str(caught.value)


def test_loops_hold_loops():
    plan = parse_protocol(
        "[[step]]\nrepeat = 2\nsteps = [{ repeat = 3, steps = [{ rest = '1 s' }] }, { charge = 'C/5' }]"
    )
    assert isinstance(plan.steps[0], Loop)
    assert [step.kind for _, step in plan.unrolled()] == ["rest", "rest", "rest", "current"] * 2
