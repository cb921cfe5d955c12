"""Results written down and read back as the same types, to the last bit."""

import dataclasses
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.data import Spectrum
from natron.store import DamagedError, NotKeepableError
from natron.store.typed import Tables, decode, digest, encode

sys.path.insert(0, str(Path(__file__).parents[1] / "cycling"))
from ccd_generator import make_case


def round_trip(value):
    tables = Tables()
    text = json.dumps(encode(value, tables), allow_nan=False)
    frames = tables.frames()
    return decode(json.loads(text), lambda name: frames[name])


def same(a, b, at="value"):
    """Whether two results are the same, types included; a mapping may come back as a plain one."""
    if isinstance(a, np.generic):
        a = a.item()
    assert type(a) is type(b) or (isinstance(a, Mapping) and isinstance(b, Mapping)), f"{at}: {type(a)}, {type(b)}"
    if isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), at
        assert a.tobytes() == b.tobytes() or np.array_equal(a, b, equal_nan=True), at
    elif isinstance(a, pl.DataFrame):
        assert a.equals(b, null_equal=True), at
    elif dataclasses.is_dataclass(a):
        for field in dataclasses.fields(a):
            if field.name != "_evaluate":  # a function, made again
                same(getattr(a, field.name), getattr(b, field.name), f"{at}.{field.name}")
    elif isinstance(a, Mapping):
        assert list(a) == list(b), at
        for key in a:
            same(a[key], b[key], f"{at}[{key}]")
    elif isinstance(a, tuple | list):
        assert len(a) == len(b), at
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{at}[{i}]")
    elif isinstance(a, float) and math.isnan(a):
        assert math.isnan(b), at
    else:
        assert a == b, at


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.integers() | st.text())
    ),
    max_leaves=20,
)


@settings(max_examples=40)
@given(plain)
def test_plain_values(value):
    found = round_trip(value)
    if isinstance(value, complex):
        same(value.real, found.real)
        same(value.imag, found.imag)
    else:
        assert repr(found) == repr(value) or found == value


@pytest.mark.parametrize("size", [0, 1, 100, 5000])
@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "complex128", "float32", "uint8"])
def test_arrays(size, dtype):
    numbers = np.random.default_rng(1).normal(size=size) * 1e3
    array = (numbers + 1j * numbers[::-1]).astype(dtype) if dtype == "complex128" else numbers.astype(dtype)
    if dtype.startswith(("float", "complex")) and size > 3:
        array[:4] = np.nan, np.inf, -np.inf, -0.0
    same(array, round_trip(array))
    if size == 100:
        same(array.reshape(4, 25), round_trip(array.reshape(4, 25)))


def test_a_shared_array_is_written_once():
    array = np.arange(1000.0)
    tables = Tables()
    encode({"a": array, "b": (array, array.copy())}, tables)
    (frame,) = tables.frames().values()
    assert frame.width == 2  # the copy is another
    assert digest((array, array)) == digest((array, array.copy()))


def test_digests_tell_apart_what_differs():
    base = {"x": (1.0, np.arange(500.0)), "y": "a"}
    others = [
        {**base, "y": "b"},
        {**base, "x": (1.0000000000000002, np.arange(500.0))},
        {**base, "x": (1.0, np.arange(500.0) + 1e-13)},
        {**base, "x": [1.0, np.arange(500.0)]},
        {**base, "x": (1, np.arange(500.0))},
        {**base, "x": (1.0, np.arange(500))},
    ]
    digests = {digest(one) for one in (base, *others)}
    assert len(digests) == len(others) + 1
    assert digest(dict(reversed(base.items()))) == digest(base)


def spectrum(temperature_K=298.0, r=100.0, seed=1, points=200):
    from natron.eis import parse_circuit

    rng = np.random.default_rng(seed)
    f = np.geomspace(1e6, 0.1, points)
    z = parse_circuit("R0-p(R1,CPE1)").impedance([10, r, 1e-6, 0.9], f)
    noisy = z * (1 + 0.003 * (rng.normal(size=points) + 1j * rng.normal(size=points)))
    return Spectrum(f, noisy, area_m2=5e-5, temperature_K=temperature_K)


def test_a_design():
    from natron.design import assess, parse_step
    from natron.io.descriptions import load_cell

    found = assess(load_cell("lowack2025-cell1"), steps=[parse_step("porosity = 30 %")])
    again = round_trip(found)
    same(found, again)
    nominal = {name: q.value for name, q in found.theoretical.model.inputs.items()}
    assert again.theoretical.model(nominal) == found.theoretical.model(nominal)


def test_a_fit():
    from natron.eis import Geometry, select_circuit
    from natron.report.told import fit_report

    one = spectrum()
    chosen = select_circuit(one)
    found = fit_report(chosen.result, "a.csv", 0, Geometry.of_spectrum(one), "symmetric", selection=chosen)
    again = round_trip(found)
    same(found, again)
    assert np.array_equal(again.result.covariance, found.result.covariance)
    assert again.result.correlation.tolist() == found.result.correlation.tolist()
    assert digest(again) == digest(found)


def test_a_series():
    from natron.eis import fit_series, parse_circuit

    those = [
        spectrum(T, 100 * math.exp(4000 * (1 / T - 1 / 298)), i) for i, T in enumerate((280.0, 290.0, 300.0, 310.0))
    ]
    found = fit_series(those, parse_circuit("R0-p(R1,CPE1)"), "temperature")
    same(found, round_trip(found))


def test_a_cycling_analysis_and_a_critical_current(tmp_path):
    from natron.cycling import analyse
    from natron.cycling.failure.ccd import critical_current
    from natron.io import read
    from natron.plot.cycling import differential_curves

    case = make_case(6)
    pl.DataFrame(case.columns).fill_nan(None).write_csv(tmp_path / "cell.bdf.csv")
    record = read(tmp_path / "cell.bdf.csv", area_m2=case.area_cm2 * 1e-4, kind="symmetric").record
    found = analyse(record)
    again = round_trip(found)
    same(found, again)
    assert len(differential_curves(again)) == len(differential_curves(found))
    same(critical_current(record), round_trip(critical_current(record)))


@pytest.mark.long
def test_a_simulated_run():
    from natron.io.descriptions import load_cell
    from natron.simulate import built_in_protocol, model_parameters, run

    found = run(model_parameters(load_cell("lowack2025-cell1")), built_in_protocol("discharge"))
    same(found, round_trip(found))


def test_what_cannot_be_written_down_is_refused():
    with pytest.raises(NotKeepableError, match="function"):
        encode({"f": lambda x: x}, Tables())
    with pytest.raises(NotKeepableError, match="object"):
        encode((object(),), Tables())


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "builtins:eval",
        "natron.__main__:main",
        "natron.app.cli:main",
        "natron.data.spectrum:np",
        "natron:x",
    ],
)
def test_a_document_cannot_name_what_is_no_result(name):
    with pytest.raises(DamagedError):
        decode({"$type": name, "x": "echo"}, lambda name: None)


def test_a_type_with_other_fields_is_of_another_version():
    with pytest.raises(DamagedError, match="another version"):
        decode({"$type": "natron.data.spectrum:Provenance", "colour": "red"}, lambda name: None)
