"""``natron sweep`` as a user meets it."""

import csv

import pytest

SPEC = """
command = "design"
cell = "lowack2025-cell1"
outputs = ["volumetric_energy_density", "gravimetric_energy_density"]
[sample]
method = "{method}"
points = 64
[vary]
separator.thickness = {{ from = "20 µm", to = "60 µm", steps = 5 }}
"negative.reservoir" = {{ from = "0 µm", to = "40 µm", steps = 4 }}
[pareto]
maximise = ["volumetric_energy_density", "gravimetric_energy_density"]
"""


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(method="grid", **changes):
        text = SPEC.format(method=method)
        for old, new in changes.items():
            text = text.replace(old, new)
        (tmp_path / "s.toml").write_text(text, encoding="utf-8")
        return "s.toml"

    return write


def test_a_grid_with_its_table_and_pictures(natron, spec, tmp_path):
    found = natron("sweep", spec(), "--out", "out", "--json")
    assert found.code == 0
    answer = found.json
    assert (answer["points"], answer["failed"]) == (20, 0)
    mean = answer["outputs"]["volumetric_energy_density"]["mean"]
    assert mean["unit"] == "Wh/l"
    assert answer["varied"]["separator.thickness"]["lowest"] == {"value": 20.0, "uncertainty": None, "unit": "um"}
    (best,) = answer["pareto_front"]  # the thinnest is best in both
    assert best["parameters"]["separator.thickness"]["value"] == pytest.approx(20)
    with (tmp_path / "out" / "points.csv").open(encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    assert rows[0][:3] == ["Point / 1", "separator.thickness / um", "negative.reservoir / um"]
    assert len(rows) == 21
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".csv", ".svg"}
    alone = natron(
        "design", "lowack2025-cell1", "--set", "separator.thickness=20 µm", "--set", "negative.reservoir=0 µm", "--json"
    )
    figure = alone.json["figures"]["theoretical"]["volumetric_energy_density"]["value"]
    assert float(rows[1][3]) == pytest.approx(figure, rel=1e-9)


def test_indices_and_workers(natron, spec):
    method = spec("sobol-indices")
    here, elsewhere = (natron("sweep", method, "--json", *more).json for more in ((), ("--workers", "2")))
    assert here == elsewhere
    indices = here["sobol_indices"]["volumetric_energy_density"]
    assert set(indices) == {"separator.thickness", "negative.reservoir"}
    assert 0.5 < sum(one["first"] for one in indices.values()) < 1.5
    assert "What volumetric_energy_density hangs on" in natron("sweep", method).out


def test_in_a_project_a_sweep_is_known_again(natron, spec, tmp_path):
    natron("init", ".")
    first, again = (natron("sweep", spec(), "--json") for _ in range(2))
    assert "kept: " in first.err
    assert "known already" in again.err
    assert again.out == first.out
    # another output of the same points: no point is computed again
    wanted = '"gravimetric_energy_density"]\n[sample]'
    more = natron("sweep", spec(**{wanted: wanted.replace("]\n", ', "stack_thickness"]\n')}), "--json")
    assert "20 of 20 points were there from before" in more.err
    assert "stack_thickness" in more.json["outputs"]


def test_a_project_that_may_not_be_written_still_answers(natron, spec, tmp_path, monkeypatch):
    from natron.store import init_project
    from natron.store.project import Project

    init_project(tmp_path / "lab").close()
    assert "kept: " in natron("sweep", spec(), "--project", tmp_path / "lab").err
    # no right of a folder keeps root out, so it is said instead
    monkeypatch.setattr(Project, "writable", False)
    again = natron("sweep", spec(), "--project", tmp_path / "lab", "--json")
    assert "may not be written" in again.err
    assert "known already" in again.err
    other = natron("sweep", spec("sobol"), "--project", tmp_path / "lab", "--json")
    assert other.code == 0
    assert "kept" not in other.err.replace("nothing is kept", "")


def test_stopped_it_says_what_is_kept(natron, spec, tmp_path, monkeypatch):
    from natron.store import init_project

    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("natron.sweep.run_sweep", stopped)
    init_project(tmp_path).close()
    found = natron("sweep", spec())
    assert found.code == 130
    assert "goes on from there" in found.err
    assert found.err.endswith("natron: stopped\n")


def test_parameters_are_listed(natron, spec):
    found = natron("sweep", spec(), "--parameters", "--json").json
    assert found["parameters"]["separator.thickness"]["unit"] == "um"
    assert found["outputs"]["volumetric_energy_density"] == {"unit": "Wh/l"}
    assert "separator.thickness" in natron("sweep", spec(), "--parameters").out


def test_points_without_numbers_are_told(natron, spec):
    varied = '"negative.reservoir" = { from = "0 µm", to = "40 µm", steps = 4 }'
    text = {varied: '"positive.porosity" = { values = ["40 %", "100 %"] }'}
    found = natron("sweep", spec(**text), "--json")
    assert found.code == 5
    assert found.json["failed"] == 5
    assert "do not make a cell" in found.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.toml",), "no such file"),
        (("s.toml", "--memory", "2 potatoes"), "--memory"),
        (("s.toml", "--memory", "1 MB"), "--memory"),
        (("s.toml", "--workers", "0"), "workers"),
        (("s.toml", "--workers", "2", "--scheduler", "tcp://x:1"), "workers of its own"),
    ],
)
def test_wrong_usage_is_said(natron, spec, arguments, words):
    spec()
    found = natron("sweep", *arguments)
    assert found.code == 2
    assert words in found.err
