"""Cell files: the built-in ones load, faults are said in the words of the file, nothing crashes."""

import contextlib
import tomllib
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.cell import (
    Cell,
    build_cell,
    built_in,
    built_in_texts,
    changed,
    json_schema,
    parse_cell,
    quantities_of,
    simulation_kinds,
    with_simulation,
)
from natron.core import CellError, NatronError, Quantity, read_quantity
from natron.core.kinds import KINDS

TEXT = built_in_texts()["lowack2025-cell1"]
NAMES = sorted(built_in_texts())
REQUIRED = {
    "lowack2025-cell1", "lowack2025-cell2", "lowack2025-symmetric", "adambatt2-potassium", "latp-bare", "latp-il",
    "latp-pb", "latp-pb-lfp", "latp-pb-fef3", "lowack2025-optimised", "nvp-coin", "n5sm-symmetric",
}  # fmt: skip


def test_all_promised_cells_ship():
    assert set(NAMES) >= REQUIRED


@pytest.mark.parametrize("name", NAMES)
def test_built_in_cells_load_and_fit_the_published_schema(name):
    cell = built_in(name)
    assert cell.name == name
    jsonschema.validate(tomllib.loads(built_in_texts()[name]), json_schema())


@pytest.mark.parametrize("name", NAMES)
def test_rebuilding_a_cell_changes_nothing(name):
    assert changed(built_in(name), {}) == built_in(name)


def test_the_paper_cells_say_what_the_paper_says():
    cell = built_in("lowack2025-cell1")
    assert cell.negative.reservoir.to("µm") == pytest.approx(36)
    assert cell.negative.reservoir.uncertainty == pytest.approx(5e-6)
    assert cell.positive.porosity.value == pytest.approx(0.63)
    assert cell.positive.specific_capacity.to("mAh/g") == pytest.approx(118)
    assert cell.positive.specific_capacity.origin == "literature"
    assert cell.stack.pressure.to("MPa") == pytest.approx(0.05)
    other = built_in("lowack2025-cell2")
    assert other.negative.diameter.to("mm") == pytest.approx(5)
    assert other.positive.areal_capacity.to("mAh/cm²") == pytest.approx(1.32)


def test_what_documents_do_not_print_is_assumed():
    for name in ("latp-pb-lfp", "adambatt2-potassium"):
        origins = [q.origin for q in quantities_of(built_in(name)).values()]
        assert origins.count("assumed") >= 3


def fault(old, new, count=1):
    assert old in TEXT
    with pytest.raises(CellError) as caught:
        parse_cell(TEXT.replace(old, new, count), file="mine.toml")
    message = str(caught.value)
    assert message.startswith("mine.toml")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"50 ± 4 µm"', '"50 kg"', ["separator.thickness", "50 kg", "length"]),
        ('"50 ± 4 µm"', '"-50 µm"', ["separator.thickness", "-50 µm", "negative"]),
        ('"50 ± 4 µm"', '"0 µm"', ["separator.thickness", "above 0"]),
        ('"50 ± 4 µm"', "50", ["separator.thickness", "unit"]),
        ('"50 ± 4 µm"', "[50]", ["separator.thickness", "length"]),
        ('"50 ± 4 µm"', "true", ["separator.thickness", "length"]),
        ('nvp = "92.5 %"', 'nvp = "90 %"', ["positive.composition", "add to 1", "0.975"]),
        ('nvp = "92.5 %"', 'nvp = "192.5 %"', ["positive.composition.nvp", "0 to 100 %"]),
        ('"30 °C"', '"-300 °C"', ["operation.temperature", "absolute zero", "-273.15"]),
        ('metal = "sodium"', 'metal = "sodum"', ["negative.metal", "sodum", '"sodium"']),
        ('metal = "sodium"', 'metal = "nvp"', ["negative.metal", "class active", "class metal"]),
        ('metal = "sodium"', "", ["negative.metal", "missing"]),
        ('active = "nvp"', 'active = "lfp"', ["positive.active", "composition"]),
        ("[separator]", "[seperator]", ["seperator", '"separator"']),
        ("reservoir =", "resevoir =", ["negative.resevoir", '"reservoir"']),
        ('type = "porous"', 'type = "pourous"', ["positive", "porous"]),
        ('fixture = "constant_force"', 'fixture = "spring"', ["stack.stiffness"]),
        ('upper_voltage = "3.8 V"', 'upper_voltage = "2.0 V"', ["operation.upper_voltage"]),
        ('value = "63 ± 3 %"', 'value = "100 %"', ["positive.porosity", "100 %"]),
        ("schema_version = 1", "schema_version = 9", ["schema_version"]),
        ("[liquid]", "[[liquid]]", ["liquid"]),
        ("[negative]", "[negative", ["not valid TOML", "line"]),
    ],
)
def test_a_fault_is_said_in_the_words_of_the_file(old, new, words):
    message = fault(old, new)
    for word in words:
        assert word in message, message


def test_a_deep_or_huge_file_is_refused_quickly():
    with pytest.raises(CellError):
        parse_cell("a = " + "[" * 5000 + "]" * 5000)
    with pytest.raises(CellError, match="too large"):
        parse_cell("#" + "x" * 2_000_000)
    with pytest.raises(CellError):
        parse_cell("a = " + "9" * 10_000)


def test_own_materials_stand_in_the_file():
    text = TEXT.replace('material = "nzsp-tape"', 'material = "my-tape"') + (
        '\n[materials.my-tape]\nclass = "solid_electrolyte"\ndensity = "3.1 g/cm³"\n'
    )
    assert parse_cell(text).material("my-tape").property("density").value == pytest.approx(3100)
    with pytest.raises(CellError, match=r"materials\.my-tape\.density"):
        parse_cell(text.replace('"3.1 g/cm³"', '"3.1 kg"'))
    with pytest.raises(CellError, match="densty"):
        parse_cell(text.replace("density =", "densty ="))


def test_a_change_is_checked_like_a_file():
    cell = built_in("lowack2025-cell1")
    assert changed(cell, {"separator.thickness": "30 µm"}).separator.thickness.to("µm") == pytest.approx(30)
    assert cell.separator.thickness.to("µm") == pytest.approx(50)
    for key, value in [
        ("separator.thickness", "30 kg"),
        ("separator.thicknes", "30 µm"),
        ("separator.thickness.x", "1"),
        ("", "1"),
        ("process.99.time", "1 h"),
    ]:
        with pytest.raises(CellError):
            changed(cell, {key: value})


def test_kinds_of_cell_need_their_electrodes():
    for kind in ("symmetric", "half"):
        with pytest.raises(CellError, match="positive"):
            changed(built_in("lowack2025-cell1"), {"kind": kind})
    with pytest.raises(CellError, match="positive"):
        changed(built_in("lowack2025-symmetric"), {"kind": "full"})


def test_cells_are_frozen():
    cell = built_in("lowack2025-cell1")
    with pytest.raises(Exception, match="frozen"):
        cell.name = "other"
    assert isinstance(cell.separator.thickness, Quantity)


_KEYS = st.sampled_from(
    ["separator.thickness", "negative", "positive.composition", "operation.temperature", "materials", "process",
     "positive.type", "liquid.wets", "interlayer", "measured.cycles", "kind", "stack"]
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("5 µm"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(_KEYS, _VALUES)
def test_any_value_anywhere_is_taken_or_refused(key, value):
    raw = tomllib.loads(TEXT)
    *tables, last = key.split(".")
    here = raw
    for table in tables:
        here = here[table] if table in here else here.setdefault(table, {})
    here[last] = value
    try:
        assert isinstance(build_cell(raw), Cell)
    except NatronError as error:
        assert "\n" not in str(error)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.text(max_size=4), st.integers(0, 6))
def test_a_damaged_file_is_taken_or_refused(place, inserted, removed):
    try:
        parse_cell(TEXT[:place] + inserted + TEXT[place + removed :], file="mine.toml")
    except NatronError as error:
        assert str(error).startswith("mine.toml")


@pytest.mark.long
@settings(max_examples=5000, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.text(max_size=6), st.integers(0, 12)), min_size=1, max_size=4)
)
def test_a_badly_damaged_file_is_taken_or_refused(damage):
    text = TEXT
    for place, inserted, removed in damage:
        text = text[:place] + inserted + text[place + removed :]
    with contextlib.suppress(NatronError):
        parse_cell(text, file="mine.toml")


# --- the model's parameters of one cell -----------------------------------------------------------------


SIMULATION = """
[simulation]
particle_radius = "0.5 ± 0.2 µm"
exchange_current = { value = "0.03 mA/cm²", origin = "calibrated", source = "calibrated to \\"a\\".csv" }
"separator.thickness" = "48 µm"
"""


def test_simulation_values_are_quantities_of_their_kind():
    cell = parse_cell(TEXT + SIMULATION)
    assert cell.simulation["particle_radius"].to("µm") == pytest.approx(0.5)
    assert cell.simulation["particle_radius"].kind == "length"
    assert cell.simulation["exchange_current"].origin == "calibrated"
    assert quantities_of(cell)["simulation.separator.thickness"].to("µm") == pytest.approx(48)
    assert changed(cell, {}) == cell
    assert parse_cell(TEXT + SIMULATION.replace('"separator.thickness"', "separator.thickness")) == cell
    jsonschema.validate(tomllib.loads(TEXT + SIMULATION), json_schema())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ('particle_radios = "1 µm"', ["simulation.particle_radios", "particle_radius"]),
        ('particle_radius = "1 kg"', ["simulation.particle_radius", "1 kg", "length"]),
        ('particle_radius = { value = "1 µm", orgin = "x" }', ["simulation.particle_radius", "orgin"]),
        ('contact_start = "120 %"', ["simulation.contact_start", "120 %"]),
        ('temperature = "30 °C"', ["simulation.temperature"]),
    ],
)
def test_wrong_simulation_values_are_named(given, words):
    with pytest.raises(CellError) as caught:
        parse_cell(f"{TEXT}\n[simulation]\n{given}\n", file="mine.toml")
    for word in ["mine.toml", *words]:
        assert word in str(caught.value)


def test_simulation_must_be_a_table():
    with pytest.raises(CellError, match="simulation"):
        parse_cell("simulation = 3\n" + TEXT)


def test_written_simulation_values_read_back_the_same_and_the_rest_stays():
    first = parse_cell(TEXT + SIMULATION)
    text = with_simulation(TEXT, first.simulation)
    assert text.startswith(TEXT.rstrip())
    assert {k: q.value for k, q in parse_cell(text).simulation.items()} == pytest.approx(
        {k: q.value for k, q in first.simulation.items()}
    )
    assert parse_cell(text).simulation["exchange_current"].source == 'calibrated to "a".csv'
    other = Quantity(1.25e-6, 1e-7, "length", "calibrated", "se", source="x")
    again = parse_cell(with_simulation(text, {"particle_radius": other}))
    back = again.simulation["particle_radius"]
    assert (back.value, back.uncertainty) == pytest.approx((1.25e-6, 1e-7))
    assert (back.origin, back.uncertainty_kind, back.source) == ("calibrated", "se", "x")
    assert again.simulation["exchange_current"] == parse_cell(text).simulation["exchange_current"]
    assert with_simulation(text, {}) == text


def test_simulation_written_on_one_line_is_not_edited():
    with pytest.raises(CellError, match="table of its own"):
        with_simulation('simulation = { particle_radius = "1 µm" }\n' + TEXT, {})


@pytest.mark.parametrize("kind", sorted(set(simulation_kinds().values())))
@pytest.mark.parametrize("size", [1.23456e-3, 0.5])
def test_every_kind_of_simulation_value_writes_and_reads(kind, size):
    name = next(n for n, k in simulation_kinds().items() if k == kind)
    q = read_quantity(f"{size!r} {KINDS[kind].pretty}".strip(), kind)
    back = parse_cell(with_simulation(TEXT, {name: replace(q, uncertainty=0.1 * q.value)})).simulation[name]
    assert back.value == pytest.approx(q.value, rel=1e-5)
    assert back.uncertainty == pytest.approx(0.1 * q.value, rel=0.06)
