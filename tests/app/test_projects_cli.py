"""Projects as a user meets them: kept without asking, known again, found, compared, exported, watched."""

import json
import os

import numpy as np
import pytest

from natron.app.commands.watching import Watched
from natron.eis import parse_circuit
from natron.store import open_project


def write_spectrum(path, r=100.0, seed=1, points=40):
    rng = np.random.default_rng(seed)
    f = np.geomspace(1e6, 0.1, points)
    z = parse_circuit("R0-p(R1,CPE1)").impedance([10, r, 1e-6, 0.9], f)
    z = z * (1 + 0.002 * (rng.normal(size=points) + 1j * rng.normal(size=points)))
    rows = [f"{a!r},{b.real!r},{b.imag!r}" for a, b in zip(f.tolist(), z.tolist(), strict=True)]
    path.write_text("\n".join(["Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm", *rows]))
    return path


def write_cycling(path, cycles=3, rows=60, middle_V=3.3):
    t = np.arange(2 * cycles * rows) * 60.0
    sign = np.where((np.arange(len(t)) // rows) % 2 == 0, 1.0, -1.0)
    lines = [
        f"{a},{middle_V + 0.1 * s + 1e-3 * (i % rows) * s:.6f},{1e-3 * s}"
        for i, (a, s) in enumerate(zip(t, sign, strict=True))
    ]
    path.write_text("\n".join(["Test Time / s,Voltage / V,Current / A", *lines]))
    return path


@pytest.fixture
def lab(natron, tmp_path, monkeypatch):
    folder = tmp_path / "lab"
    assert natron("init", folder).code == 0
    monkeypatch.chdir(folder)
    return folder


FIT = ("eis", "fit", "--circuit", "R0-p(R1,CPE1)", "--area", "0.5 cm²")


def ids(natron, *options):
    return [one["id"] for one in natron("find", "--json", *options).json["results"]]


def test_outside_a_project_nothing_is_kept(natron, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = natron("design", "lowack2025-cell1", "--json")
    assert found.err == ""
    assert not list(tmp_path.iterdir())
    assert natron("find").code == 2
    assert "natron init" in natron("find").err


def test_a_result_is_kept_and_known_again(natron, lab, monkeypatch):
    write_spectrum(lab / "a.csv")
    first = natron(*FIT, "a.csv", "--json")
    assert "kept: natron show" in first.err
    monkeypatch.setattr("natron.eis.fit", lambda *a, **k: pytest.fail("it was fitted again"))
    again = natron(*FIT, "a.csv", "--json")
    assert "known already" in again.err
    assert again.out == first.out
    # by content: another name of the file, another way to write the circuit
    (lab / "a.csv").rename(lab / "b.csv")
    other = natron("eis", "fit", "b.csv", "--area", "0.5 cm2", "--circuit", "R0-p(R1, CPE1)", "--json")
    assert "known already" in other.err
    assert other.json["fits"][0]["file"] == "b.csv"
    assert other.json["fits"][0]["parameters"] == first.json["fits"][0]["parameters"]


@pytest.mark.parametrize("name", ["1", "value", "full", "$type", "R1"])
def test_a_file_may_be_called_like_a_part_of_its_result(natron, lab, monkeypatch, name):
    """Results know no place outside the project; what is written for one must not touch what only looks like it."""
    (lab / "sub").mkdir()
    write_spectrum(lab / "sub" / name)
    monkeypatch.chdir(lab / "sub")
    first = natron(*FIT, name, "--json")
    assert first.code == 0, first.err
    again = natron(*FIT, name, "--json")
    assert "known already" in again.err, again.err
    assert again.out == first.out
    with open_project(lab) as project:
        (entry,) = project.entries()
        assert project.open(entry).value.result.values["R1"] == first.json["fits"][0]["parameters"]["R1"]["value"]


def test_a_result_knows_no_place_outside_its_project(natron, lab, tmp_path):
    elsewhere = write_spectrum(tmp_path / "elsewhere.csv")
    assert natron(*FIT, elsewhere, "--json").code == 0
    with open_project(lab) as project:
        kept = [path.read_bytes() for path in project.objects.folder.rglob("*.json")]
    assert len(kept) == 2
    assert not [text for text in kept if str(tmp_path).encode() in text]


def test_other_settings_or_data_are_another_result(natron, lab):
    write_spectrum(lab / "a.csv")
    for options in (
        (),
        ("--weight", "unit"),
        ("--fixed", "CPE1_n=0.9"),
        ("--cell", "symmetric"),
        ("--fmax", "100 kHz"),
    ):
        assert "kept: natron show" in natron(*FIT, "a.csv", *options).err
    write_spectrum(lab / "a.csv", seed=2)
    assert "kept: natron show" in natron(*FIT, "a.csv").err
    assert len(ids(natron)) == 6


def test_a_kept_fit_opens_in_python_as_what_it_was(natron, lab):
    from natron.eis import FitResult
    from natron.report.told import FitReport

    write_spectrum(lab / "a.csv")
    answer = natron(*FIT, "a.csv", "--json").json
    with open_project(lab) as project:
        (entry,) = project.entries()
        value = project.open(entry).value
    assert isinstance(value, FitReport)
    assert isinstance(value.result, FitResult)
    assert value.result.covariance.shape == (4, 4)
    assert value.result.values["R1"] == answer["fits"][0]["parameters"]["R1"]["value"]


def test_every_command_that_keeps(natron, lab):
    write_cycling(lab / "c.csv")
    write_cycling(lab / "symmetric.csv", middle_V=0.0)
    for i, t in enumerate((0, 10, 20)):
        write_spectrum(lab / f"t{i}.csv", 100 * np.exp(-0.03 * t), i)
    commands = [
        ("design", "lowack2025-cell1", "--what-if", "porosity = 30 %"),
        ("cycling", "c.csv", "--area", "0.5 cm²", "--kind", "full"),
        ("ccd", "symmetric.csv", "--area", "0.5 cm²"),
        ("eis", "series", "t0.csv", "t1.csv", "t2.csv", "--circuit", "R0-p(R1,CPE1)", "--temperature", "0, 10, 20 °C"),
    ]
    for command in commands:
        first, again = natron(*command, "--json"), natron(*command, "--json")
        assert (first.code, again.code) == (0, 0), first.err
        assert "kept: " in first.err
        assert "known already" in again.err
        assert again.out == first.out
        assert natron(*command).out  # on the screen, from what was kept
    assert {one["command"] for one in natron("find", "--json").json["results"]} == {
        "design", "cycling", "ccd", "eis series",
    }  # fmt: skip


PRESSED = ("--temperature", "97 °C", "--pressure", "10 MPa", "--time", "60 s")
BLOCK = ("constriction", "solve", "--voxels", "8", "--kappa", "1.6 mS/cm", "--contact", "20 %")
LADDER = ("predict", "ccd", "lowack2025-cell1", "--cells", "200", "--largest")

OF_CONDITIONS = [
    (("press", *PRESSED), ("press", *PRESSED[2:], *PRESSED[:2], "--metal", "Na"), ("press", *PRESSED, "--metal", "Li")),
    (("foil", *PRESSED), ("foil", *PRESSED, "--squeeze", "fixed_radius"), ("foil", *PRESSED, "--squeeze", "slip")),
    (
        ("alloy", "Na-K", "--film", "10 µm"),
        ("alloy", "nak", "--film", "10µm", "--exchange", "0 %"),
        ("alloy", "Na-K", "--film", "9 µm"),
    ),
    (
        ("evaporate", "K", "--film", "6.6 µm", "--source-temperature", "200 °C", "--distance", "10 cm"),
        ("evaporate", "K", "--distance", "10cm", "--film", "6.6 µm", "--source-temperature", "200 °C"),
        ("evaporate", "K", "--film", "6.6 µm", "--source-temperature", "210 °C", "--distance", "10 cm"),
    ),
    (("stability", "Li | LATP"), ("stability", "Li | LATP", "--side", "negative"), ("stability", "Na | NZSP")),
    (
        (*LADDER, "2 mA/cm²"),
        (*LADDER, "2 mA/cm^2", "--increment", "0.1 mA/cm²"),
        (*LADDER, "2 mA/cm²", "--seed", "2"),
    ),
    (
        ("predict", "survival", "lowack2025-cell1", "--current", "0.5 mA/cm²", "--cycles", "5", "--cells", "200"),
        ("predict", "survival", "lowack2025-cell1", "--cycles", "5", "--cells", "200", "--current", "5 A/m²"),
        ("predict", "survival", "lowack2025-cell1", "--current", "0.5 mA/cm²", "--cycles", "6", "--cells", "200"),
    ),
    (BLOCK, (*BLOCK, "--spacing", "1 µm"), (*BLOCK, "--pattern", "square")),
    (
        ("simulate", "lowack2025-cell1", "--eis"),
        ("simulate", "lowack2025-cell1", "--eis", "--protocol", "discharge"),
        ("simulate", "lowack2025-cell1", "--eis", "--soc", "30 %"),
    ),
    (
        ("simulate", "lowack2025-cell1"),
        ("simulate", "lowack2025-cell1", "--protocol", "discharge"),
        ("simulate", "lowack2025-cell1", "--temperature", "40 °C"),
    ),
]


@pytest.mark.parametrize("commands", OF_CONDITIONS, ids=lambda commands: commands[0][0])
def test_what_is_computed_from_conditions_is_kept(natron, lab, tmp_path, commands):
    """The same question in other words is known; another one is not; both can be looked at side by side."""
    asked, reworded, other = commands
    first = natron(*asked, "--json")
    assert first.code == 0, first.err
    assert "kept: natron show" in first.err
    again = natron(*reworded, "--json")
    assert "known already" in again.err, again.err
    assert again.out == first.out
    assert "kept: natron show" in natron(*other, "--json").err
    assert natron(*asked).out  # on the screen, from what was kept
    newer, older = (one["id"] for one in natron("find", "--json").json["results"])
    with open_project(lab) as project:
        # the value is of natron's own types, whose JSON is what the command printed
        kept = project.open(older)
        assert kept.content == {key: part for key, part in first.json.items() if key != "map"}
        value = kept.value[0] if isinstance(kept.value, tuple) else kept.value
        assert type(value).__module__.startswith("natron.")
    assert natron("show", older).code == 0
    compared = natron("compare", older, newer, "--out", tmp_path / "c", "--json")
    assert compared.code == 0, compared.err
    differ = [len({value and value["value"] for value in row["values"]}) > 1 for row in compared.json["rows"]]
    assert differ[0]  # what differs comes first
    assert (tmp_path / "c" / "compared.svg").exists()
    assert (tmp_path / "c" / "compared-nyquist.svg").exists() == ("--eis" in asked)


def test_what_is_drawn_side_by_side_can_be_told_apart():
    from natron.app.commands.projects import _labels

    places = ["void.median", "void.interval.0", "short.interval.0", "short.interval.1", "mass"]
    assert _labels(places) == ["median", "void.interval.0", "short.interval.0", "1", "mass"]


def test_checks_distributions_and_their_pictures_are_kept(natron, lab, tmp_path):
    for name, r in (("a", 100.0), ("b", 140.0)):
        write_spectrum(lab / f"{name}.csv", r)
    for command in ("check", "drt"):
        first = natron("eis", command, "a.csv", "b.csv", "--out", tmp_path / command, "--json")
        assert (first.code, first.err.count("kept: ")) == (0, 2), first.err
        (lab / "a.csv").rename(lab / "c.csv")
        again = natron("eis", command, "c.csv", "b.csv", "--json")
        assert again.err.count("known already") == 2
        assert again.out.replace("c.csv", "a.csv") == first.out
        (lab / "c.csv").rename(lab / "a.csv")
        found = natron("find", "--command", f"eis {command}", "--json").json["results"]
        assert [len(one["figures"]) for one in found] == [1, 1]
        compared = natron("compare", *(one["id"] for one in found), "--json").json
        assert len(compared["rows"]) > 2
    assert ids(natron, "--command", "eis check", "--where", "rms < 0.01")


def test_calibrations_are_kept(natron, lab, tmp_path):
    table = lab / "contact.csv"
    table.write_text(
        "Pressure / MPa,Time / s,Temperature / degC,Interface resistance / ohm.cm2\n"
        + "\n".join(f"{p},60,25,{r}" for p, r in ((1, 30), (2, 17), (5, 8), (10, 4.4), (20, 2.5)))
    )
    first = natron("calibrate", "interface", "--data", table, "--json")
    assert "kept: natron show" in first.err, first.err
    again = natron("calibrate", "interface", "--data", table, "--json")
    assert "known already" in again.err
    assert again.out == first.out
    (one,) = natron("find", "--json").json["results"]
    assert one["files"][0]["path"] == "contact.csv"


def test_find_show_compare(natron, lab, tmp_path):
    for name, r in (("a", 100.0), ("b", 140.0)):
        write_spectrum(lab / f"{name}.csv", r)
    natron(*FIT, "a.csv", "b.csv", "--out", tmp_path / "pictures")
    (only,) = ids(natron, "--where", "R1 > 120 ohm")
    (other,) = ids(natron, "--file", "a.csv")
    shown = natron("show", only[:8], "--json").json
    assert shown["content"]["fits"][0]["parameters"]["R1"]["value"] == pytest.approx(140, rel=0.01)
    assert shown["files"][0]["path"] == "b.csv"
    assert shown["settings"]["circuit"] == "R0-p(R1,CPE1)"
    assert natron("show", only[:8], "--out", tmp_path / "again").code == 0
    names = sorted(path.name for path in (tmp_path / "again").iterdir())
    assert names == ["b-0-bode.svg", "b-0-nyquist.svg", "b-0-residuals.svg"]
    compared = natron("compare", only[:8], other[:8], "--only", "R1", "--out", tmp_path / "c", "--json").json
    (row,) = [row for row in compared["rows"] if row["place"] == "fits.0.parameters.R1"]
    assert [value["value"] for value in row["values"]] == pytest.approx([140, 100], rel=0.01)
    assert (tmp_path / "c" / "compared-nyquist.svg").exists()
    assert "a.csv[0]" in natron("find").out
    assert "R1" in natron("compare", only[:8], other[:8]).out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("show", "zz"), "not the id"),
        (("show", "abcdef"), "no result with this id"),
        (("compare", "abcdef", "abcdef"), "no result with this id"),
        (("find", "--where", "R1 about 3"), "no condition"),
        (("find", "--since", "yesterday"), "no day"),
        (("find", "--where", "R1 > 3 ohm"), "no result holds"),
        (("design", "lowack2025-cell1", "--project", "nowhere"), "no project"),
        (("watch", "nowhere"), "no such folder"),
        (("watch", "--quiet", "soon"), "--quiet"),
    ],
)
def test_wrong_usage_is_said(natron, lab, command, words):
    found = natron(*command)
    assert found.code == 2
    assert words in found.err


def test_export_opens_elsewhere(natron, lab, tmp_path, monkeypatch):
    write_spectrum(lab / "a.csv")
    natron(*FIT, "a.csv", lab / "a.csv")
    answer = natron("export", tmp_path / "out", "--json").json
    assert (answer["results"], answer["files"], answer["left_out"]) == (1, 1, [])
    (tmp_path / "out").rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path / "moved")
    assert "known already" in natron(*FIT, "a.csv").err
    assert natron("export", tmp_path / "moved").code == 2


def test_a_full_disk_shows_the_result_and_says_that_it_was_not_kept(natron, lab, monkeypatch):
    import errno

    write_spectrum(lab / "a.csv")

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("natron.store.objects.os.fsync", full)
    found = natron(*FIT, "a.csv", "--json")
    assert found.code == 1
    assert "disk is full" in found.err
    assert found.json["fits"][0]["status"] == "converged"
    monkeypatch.undo()
    monkeypatch.chdir(lab)
    assert "kept: natron show" in natron(*FIT, "a.csv").err


def test_a_damaged_result_is_computed_anew(natron, lab):
    write_spectrum(lab / "a.csv")
    natron(*FIT, "a.csv")
    with open_project(lab) as project:
        (entry,) = project.entries()
        project.objects.path(entry.object).write_text("{")
    assert natron("show", entry.short).code == 3
    found = natron(*FIT, "a.csv", "--json")
    assert found.json["fits"][0]["status"] == "converged"
    assert natron("show", entry.short).code == 0


# --- watching --------------------------------------------------------------------------------------------


def test_a_file_is_given_out_when_it_has_stood_still_and_again_when_it_grew(tmp_path):
    watched = Watched(quiet_s=5.0)
    file = tmp_path / "run" / "a.csv"
    file.parent.mkdir()
    assert watched.ready(tmp_path, 0.0) == []
    file.write_text("1")
    assert watched.ready(tmp_path, 1.0) == []
    file.write_text("12")
    assert watched.ready(tmp_path, 5.0) == []
    assert watched.ready(tmp_path, 9.9) == []  # it last grew at 5
    assert watched.ready(tmp_path, 10.0) == [file]
    assert watched.ready(tmp_path, 100.0) == []
    file.write_text("123")
    assert watched.ready(tmp_path, 101.0) == []
    assert watched.ready(tmp_path, 106.0) == [file]
    (tmp_path / ".hidden").mkdir()
    for passed_over in (".hidden/b.csv", "notes.md", "empty.csv"):
        (tmp_path / passed_over).write_text("" if "empty" in passed_over else "x")
    watched.ready(tmp_path, 200.0)
    assert watched.ready(tmp_path, 300.0) == []


def test_a_watch_goes_on_after_a_fault_and_when_there_is_room_again(natron, lab, monkeypatch):
    from natron.app.commands import watching
    from natron.store import FullError

    for name in ("a", "b", "c"):
        write_spectrum(lab / f"{name}.csv")
    seen = []

    def analyse(file, *others):
        seen.append(file.name)
        if file.name == "b.csv":
            raise ZeroDivisionError("a fault")
        if seen.count("c.csv") < 3 and file.name == "c.csv":
            raise FullError("the disk is full")
        if seen.count("c.csv") == 3:
            raise KeyboardInterrupt
        return "done"

    monkeypatch.setattr(watching, "_analyse", analyse)
    left = natron("watch", ".", "--quiet", "0 s", "--every", "0 s")
    assert left.code == 130
    assert sorted(seen) == ["a.csv", "b.csv", "c.csv", "c.csv", "c.csv"]
    assert left.err.count("the disk is full") == 1
    assert "ZeroDivisionError" in left.err
    seen.clear()
    assert natron("watch", ".", "--quiet", "0 s", "--every", "0 s", "--once").code == 5
    assert sorted(seen) == ["a.csv", "b.csv", "c.csv"]


def test_what_arrives_is_analysed_and_a_file_that_cannot_be_read_stops_nothing(natron, lab):
    (lab / "in").mkdir()
    write_spectrum(lab / "in" / "a.csv")
    write_cycling(lab / "in" / "c.csv")
    (lab / "in" / "broken.csv").write_text("this is,no\nmeasurement,at all")
    watch = (
        "watch",
        "in",
        "--once",
        "--quiet",
        "0 s",
        "--every",
        "10 ms",
        "--circuit",
        "R0-p(R1,CPE1)",
        "--area",
        "0.5 cm²",
    )
    found = natron(*watch)
    assert found.code == 5
    assert "broken.csv" in found.err
    commands = sorted(one["command"] for one in natron("find", "--json").json["results"])
    assert commands == ["cycling", "eis fit"]
    # the same as the commands themselves would have kept
    assert "known already" in natron(*FIT, "in/a.csv").err
    (lab / "in" / "broken.csv").unlink()
    write_cycling(lab / "in" / "c.csv", cycles=4)
    assert natron(*watch).code == 0
    assert len(ids(natron, "--command", "cycling")) == 2


def test_settings_are_json(natron, lab):
    natron("design", "lowack2025-cell1", "--target", "volumetric_energy_density = 300 Wh/l")
    (one,) = natron("find", "--json").json["results"]
    assert json.dumps(one["settings"])
