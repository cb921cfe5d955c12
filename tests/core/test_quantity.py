"""Quantities: what people write against hand-worked SI values, units against pint, texts round and back."""

import contextlib
import math
import re

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core import (
    KINDS,
    NatronError,
    Quantity,
    QuantityError,
    format_quantity,
    parse_quantity,
    read_quantity,
)
from natron.core.units import BY_HEART, PER_MOLE, to_si

WRITTEN = [
    # text, kind, SI value, SI ±, half the last digit in SI
    ("50 ± 4 µm", "length", 50e-6, 4e-6, 0.5e-6),
    ("50±4um", "length", 50e-6, 4e-6, 0.5e-6),
    ("50 +/- 4 μm", "length", 50e-6, 4e-6, 0.5e-6),
    ("50 µm ± 4 µm", "length", 50e-6, 4e-6, 0.5e-6),
    ("50 µm ± 4000 nm", "length", 50e-6, 4e-6, 0.5e-6),
    ("50 µm ± 8 %", "length", 50e-6, 4e-6, 0.5e-6),
    ("0.05 mm", "length", 50e-6, None, 5e-6),
    ("1.6 ± 0.3 mS/cm", "conductivity", 0.16, 0.03, 0.005),
    ("1.6(3) mS/cm", "conductivity", 0.16, 0.03, 0.005),
    ("1.12e-4 S/cm", "conductivity", 1.12e-2, None, 0.5e-4),
    ("1.12 × 10⁻⁴ S/cm", "conductivity", 1.12e-2, None, 0.5e-4),
    ("(1.12 ± 0.05) × 10^-4 S/cm", "conductivity", 1.12e-2, 0.05e-2, 0.5e-4),
    ("(3.05 ± 0.08) g/cm³", "density", 3050, 80, 5),
    ("30 °C", "temperature", 303.15, None, 0.5),
    ("97 degC", "temperature", 370.15, None, 0.5),
    ("−10 °C", "temperature", 263.15, None, 0.5),
    ("300 K", "temperature", 300, None, 0.5),
    ("212 ± 9 °F", "temperature", 373.15, 5, 0.5 / 1.8),
    ("2.52 mAh/cm²", "areal_capacity", 2.52 * 36e3, None, 180),
    ("2.52 mAh·cm⁻²", "areal_capacity", 2.52 * 36e3, None, 180),
    ("118 mAh/g", "specific_capacity", 118 * 3600, None, 1800),
    ("278 ± 11 Wh/l", "volumetric_energy_density", 278 * 3.6e6, 11 * 3.6e6, 1.8e6),
    ("1.5 ± 0.6 Ω cm²", "area_specific_resistance", 1.5e-4, 0.6e-4, 5e-6),
    ("1.5 ohm.cm2", "area_specific_resistance", 1.5e-4, None, 5e-6),
    ("63 ± 3 %", "fraction", 0.63, 0.03, 0.005),
    ("0.63", "fraction", 0.63, None, 0.005),
    ("C/10", "c_rate", 0.1 / 3600, None, 0.005 / 3600),
    ("0.5C", "c_rate", 0.5 / 3600, None, 0.05 / 3600),
    ("2 C", "c_rate", 2 / 3600, None, 0.5 / 3600),
    ("0.25 1/h", "c_rate", 0.25 / 3600, None, 0.005 / 3600),
    ("4 h", "duration", 14400, None, 1800),
    ("8.86 µm/(mAh/cm²)", "thickness_per_areal_capacity", 8.86e-6 / 36e3, None, 0.5e-8 / 36e3),
    ("0.28 eV", "energy", 0.28 * 1.602176634e-19, None, 0.005 * 1.602176634e-19),
    ("96.4853321 kJ/mol", "energy", 1.602176634e-19, None, 0.5e-7 / 96.4853321 * 1.602176634e-19),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "value", "uncertainty", "rounding"), WRITTEN)
def test_reads_what_people_write(text, kind, value, uncertainty, rounding):
    q = parse_quantity(text, kind)
    assert q.value == pytest.approx(value, rel=1e-9)
    assert q.uncertainty == (None if uncertainty is None else pytest.approx(uncertainty, rel=1e-9))
    assert q.rounding == pytest.approx(rounding, rel=1e-6)


REFUSED = [
    ("50 kg", "length", "does not measure"),
    ("50", "length", "needs a unit"),
    ("-5 µm", "length", "cannot be negative"),
    ("-300 °C", "temperature", "absolute zero"),
    ("30 C", "temperature", '"30 °C"'),
    ("1,6 mS/cm", "conductivity", "with a point"),
    ("50 ± -4 µm", "length", "cannot be"),
    ("1e999 m", "length", "out of range"),
    ("nan m", "length", "cannot be read"),
    ("inf m", "length", "cannot be read"),
    ("", "length", "cannot be read"),
    ("5 m" + "9" * 50, "length", "unit"),
    ("5 parsec_of_nonsense", "length", "not known"),
    ("x" * 300, "length", "too long"),
    ("C/0", "c_rate", "C-rate"),
]


@pytest.mark.parametrize(("text", "kind", "words"), REFUSED)
def test_refuses_with_the_given_text_and_an_example(text, kind, words):
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, kind)
    message = str(caught.value)
    assert words in message
    assert "given:" in message
    assert "Allowed:" in message


@pytest.mark.parametrize("unit", PER_MOLE)
def test_energies_per_mole_agree_with_pint(unit):
    per_mole = pint.UnitRegistry().Quantity(1.0, unit).to("J/mol").magnitude
    assert to_si(unit, KINDS["energy"]) == (pytest.approx(per_mole / 6.02214076e23, rel=1e-12), 0.0)


def test_units_known_by_heart_agree_with_pint():
    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    for text, (si, factor, offset) in BY_HEART.items():
        if text in ("", "1", "%"):
            continue
        spelled = re.sub(r"([A-Za-z])(\d)", r"\1**\2", text)
        for magnitude in (0.0, 1.0, 37.5):
            expected = registry.Quantity(magnitude, spelled).to(si).magnitude
            assert factor * magnitude + offset == pytest.approx(expected, rel=1e-12), text


def test_every_kinds_own_spellings_are_known_by_heart():
    for k in KINDS.values():
        for spelling in (k.unit, k.pretty):
            assert to_si(spelling, k) == (k.factor, k.offset)


@given(
    st.sampled_from([k for k in KINDS.values() if k.name not in ("temperature", "c_rate")]),
    st.floats(1e-3, 1e4),
    st.floats(0.002, 0.5),
)
def test_what_is_shown_reads_back_to_its_digits(k, number, relative):
    q = Quantity(number * k.factor, relative * number * k.factor, k.name)
    back = parse_quantity(format_quantity(q), k.name)
    assert back.value == pytest.approx(q.value, abs=0.5 * q.uncertainty)
    assert back.uncertainty == pytest.approx(q.uncertainty, rel=0.15)


@given(st.text(max_size=60), st.sampled_from(sorted(KINDS)))
def test_any_text_is_a_quantity_or_a_clear_refusal(text, kind):
    try:
        q = parse_quantity(text, kind)
    except NatronError as error:
        assert "\n" not in str(error)
    else:
        assert math.isfinite(q.value)


@given(
    st.text(alphabet="0123456789.eE+-±()/*^ µmΩcSh%°CK²×", max_size=30),
    st.sampled_from(["length", "temperature", "conductivity", "fraction", "c_rate"]),
)
def test_near_quantities_never_crash(text, kind):
    with contextlib.suppress(NatronError):
        parse_quantity(text, kind)


def test_tables_carry_origin_and_source():
    q = read_quantity(
        {"value": "50 ± 4 µm", "confidence": "C", "source": "a guess", "uncertainty_kind": "range"}, "length"
    )
    assert q.origin == "assumed"
    assert q.source == "a guess"
    assert q.standard_uncertainty == pytest.approx(4e-6 / math.sqrt(3))


@pytest.mark.parametrize(
    "raw",
    [
        {"valu": "5 µm"},
        {"value": "5 µm", "origin": "guessed"},
        {"value": {"value": "5 µm"}},
        {},
        [1, 2],
        True,
        None,
        {"value": "5 µm", "source": 3},
    ],
)
def test_malformed_tables_are_refused(raw):
    with pytest.raises(QuantityError):
        read_quantity(raw, "length")


def test_whole_numbers_without_quotes_are_exact():
    assert read_quantity(2, "number").rounding == 0
    assert read_quantity("2", "number").rounding == 0.5


def test_converts_to_any_unit_of_its_kind():
    q = parse_quantity("50 µm", "length")
    assert q.to("inch") == pytest.approx(50e-6 / 0.0254)
    assert parse_quantity("30 °C", "temperature").to("K") == pytest.approx(303.15)
    with pytest.raises(QuantityError):
        q.to("kg")


def test_json_is_in_the_fields_ascii_unit():
    assert parse_quantity("30 °C", "temperature").as_json() == {
        "value": 30.0,
        "uncertainty": None,
        "unit": "degC",
    }
    assert parse_quantity("50 ± 4 µm", "length").as_json() == {
        "value": 50.0,
        "uncertainty": 4.0,
        "unit": "um",
    }
