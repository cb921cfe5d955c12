"""What the app answers is what the command line answers, and what it draws is what was measured."""

import time

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the app needs natron[web]")
pytest.importorskip("httpx2", reason="questions to the app need httpx2")

from web_app import client, dropped

from natron.eis import parse_circuit

CIRCUIT = "R0-p(R1,CPE1)"
TRUTH = {"R0": 12.0, "R1": 85.0, "CPE1_Q": 2e-6, "CPE1_n": 0.85}


@pytest.fixture(scope="module")
def spectrum_file(tmp_path_factory):
    f = np.geomspace(1e6, 1, 60)
    z = parse_circuit(CIRCUIT).impedance(list(TRUTH.values()), f)
    path = tmp_path_factory.mktemp("web") / "arc.csv"
    rows = zip(f.tolist(), z.real.tolist(), z.imag.tolist(), strict=True)
    path.write_text("Frequency / Hz,Re Z / ohm,Im Z / ohm\n" + "\n".join(f"{a!r},{b!r},{c!r}" for a, b, c in rows))
    return path


@pytest.fixture(scope="module")
def record_file(tmp_path_factory):
    t = np.arange(0, 4 * 3600, 10.0)
    sign = np.where((t // 3600) % 2 == 0, 1.0, -1.0)
    place = (t % 3600) / 3600
    voltage = 3.4 + sign * (0.02 + 0.2 * (place - 0.5))
    path = tmp_path_factory.mktemp("web") / "test.bdf.csv"
    rows = zip(t.tolist(), voltage.tolist(), (sign * 1e-3).tolist(), strict=True)
    path.write_text("Test Time / s,Voltage / V,Current / A\n" + "\n".join(f"{a},{b},{c}" for a, b, c in rows))
    return path


def test_a_fit_is_that_of_the_command_line(spectrum_file, natron):
    with client() as asking:
        told = dropped(asking, spectrum_file).json()
        assert told["rows"] == 0
        assert told["spectra"][0]["points"] == 60
        asked = {"spectra": [{"file": told["key"], "index": 0}], "circuit": CIRCUIT, "area": "0.5 cm²"}
        found = asking.post("/api/spectra/fit", json=asked).json()
    same = natron("eis", "fit", spectrum_file, "--circuit", CIRCUIT, "--area", "0.5 cm²", "--json").json["fits"][0]
    one = found["fits"][0]
    assert one["parameters"] == same["parameters"]
    assert one["areal"] == same["areal"]
    for name, value in TRUTH.items():
        assert one["parameters"][name]["value"] == pytest.approx(value, rel=1e-4)
    assert np.abs(one["residuals"]["real"]).max() < 1e-3
    assert one["curve"]["real_ohm"][-1] == pytest.approx(one["points_shown"]["real_ohm"][-1], rel=1e-4)
    assert found["command"] == f'natron eis fit "arc.csv" --circuit "{CIRCUIT}" --area "0.5 cm²"'


def test_the_script_does_the_same(spectrum_file, monkeypatch, capsys):
    monkeypatch.chdir(spectrum_file.parent)
    with client() as asking:
        key = dropped(asking, spectrum_file).json()["key"]
        script = asking.post("/api/spectra/fit", json={"spectra": [{"file": key}], "circuit": CIRCUIT}).json()["script"]
    exec(compile(script, "script", "exec"), {})
    said = {line.split()[0]: float(line.split()[1]) for line in capsys.readouterr().out.splitlines()}
    assert said["R1"] == pytest.approx(TRUTH["R1"], rel=1e-4)


def test_a_series_over_temperature(tmp_path):
    energy_eV, k = 0.30, 8.617333262e-5
    files, texts = [], []
    f = np.geomspace(1e6, 1, 60)
    for celsius in (0, 20, 40):
        T = celsius + 273.15
        R = 100 * (T / 293.15) * np.exp(energy_eV / k * (1 / T - 1 / 293.15))
        z = parse_circuit(CIRCUIT).impedance([12.0, R, 2e-6, 0.85], f)
        path = tmp_path / f"at{celsius}.csv"
        rows = zip(f.tolist(), z.real.tolist(), z.imag.tolist(), strict=True)
        path.write_text("Frequency / Hz,Re Z / ohm,Im Z / ohm\n" + "\n".join(f"{a!r},{b!r},{c!r}" for a, b, c in rows))
        files.append(path)
        texts.append(f"{celsius} °C")
    with client() as asking:
        places = [{"file": dropped(asking, path).json()["key"]} for path in files]
        asked = {"spectra": places, "circuit": CIRCUIT, "temperatures": texts}
        found = asking.post("/api/spectra/series", json=asked)
        assert found.status_code == 200, found.text
        law = next(one for one in found.json()["arrhenius"] if one["name"] == "R1")
        assert law["activation_energy_eV"][0] == pytest.approx(energy_eV, rel=5e-3)
        refused = asking.post("/api/spectra/series", json={**asked, "temperatures": []})
        assert refused.status_code == 422
        assert "temperature" in refused.json()["error"]
        picture = asking.post("/api/spectra/picture", json={**asked, "view": "arrhenius"})
        assert picture.headers["content-type"].startswith("image/svg")


@pytest.mark.parametrize("view", ["nyquist", "bode", "residuals"])
@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_pictures_of_spectra(spectrum_file, view, kind):
    with client() as asking:
        key = dropped(asking, spectrum_file).json()["key"]
        asked = {"spectra": [{"file": key}], "circuit": CIRCUIT, "view": view, "format": kind}
        content = asking.post("/api/spectra/picture", json=asked).content
    assert content.startswith(b"<svg" if kind == "svg" else b"%PDF")


def test_a_record_and_its_analysis(record_file, natron):
    with client() as asking:
        told = dropped(asking, record_file).json()
        asked = {"file": told["key"], "area": "0.5 cm²"}
        course = asking.post("/api/records/course", json=asked).json()
        found = asking.post("/api/records/cycling", json=asked).json()
        part = asking.post("/api/records/course", json={**asked, "from_h": 1.0, "to_h": 1.5}).json()
        for view in ("over-time", "voltage-capacity", "cycles", "dqdv"):
            assert asking.post("/api/records/picture", json={**asked, "view": view}).content.startswith(b"<svg"), view
        pair = asking.post("/api/records/overlay", json={"files": [told["key"], told["key"]]}).json()
    assert told["rows"] == course["rows"] == 1440
    assert course["current_unit"] == "mA/cm²"
    assert max(course["current"]) == pytest.approx(2.0)
    assert part["time_h"][0] >= 1.0 - 0.01
    assert part["time_h"][-1] <= 1.5 + 0.01
    same = natron("cycling", record_file, "--area", "0.5 cm²", "--json").json
    assert found["cycles"] == same["cycles"]
    assert found["capacity_unit"] == "mAh/cm²"
    assert found["curves"][0]["capacity"][-1] == pytest.approx(2.0, rel=0.01)
    assert len(pair["records"]) == 2


def test_long_curves_are_thinned_and_keep_their_extremes(tmp_path):
    n = 200_000
    voltage = 3.0 + 0.1 * np.sin(np.arange(n) / 5000)
    voltage[123_456] = 4.2
    path = tmp_path / "long.bdf.csv"
    lines = "\n".join(f"{i},{v:.6f},0.001" for i, v in enumerate(voltage))
    path.write_text("Test Time / s,Voltage / V,Current / A\n" + lines)
    with client() as asking:
        course = asking.post("/api/records/course", json={"file": dropped(asking, path).json()["key"]}).json()
    assert course["rows"] == n
    assert course["shown"] < 20_000
    assert max(course["voltage_V"]) == pytest.approx(4.2)


def test_a_design_and_its_knobs(natron):
    with client() as asking:
        cells = asking.get("/api/cells").json()["cells"]
        cell = next(one for one in cells if one["name"] == "lowack2025-cell1")
        assert {"separator.thickness", "positive.loading"} <= {knob["key"] for knob in cell["sliders"]}
        asked = {"cell": "lowack2025-cell1", "changes": {"separator.thickness": "30 µm"}}
        found = asking.post("/api/cells/design", json=asked).json()
        wrong = asking.post("/api/cells/design", json={**asked, "changes": {"separator.thickness": "30 kg"}})
        assert asking.post("/api/cells/picture", json={**asked, "view": "tornado"}).content.startswith(b"<svg")
    same = natron("design", "lowack2025-cell1", "--set", "separator.thickness=30 µm", "--json").json
    assert found["figures"] == same["figures"]
    assert wrong.status_code == 422
    assert "separator.thickness" in wrong.json()["error"]


def test_a_field_at_fault_is_named(spectrum_file):
    with client() as asking:
        key = dropped(asking, spectrum_file).json()["key"]
        for field, text in (("area", "much"), ("thickness", "-1 µm"), ("fmin", "3 V"), ("circuit", "R0-p(R1")):
            answer = asking.post("/api/spectra/fit", json={"spectra": [{"file": key}], "circuit": CIRCUIT, field: text})
            assert answer.status_code == 422, (field, answer.text)
            assert "Traceback" not in answer.text
        record = asking.post("/api/records/course", json={"file": key})
        assert "impedance alone" in record.json()["error"]


def test_pressing_and_alloy():
    with client() as asking:
        pressed = asking.post("/api/interfaces/press", json={}).json()
        assert pressed["outcome"] == "safe"
        assert asking.post("/api/interfaces/press/picture", json={}).content.startswith(b"<svg")
        alloyed = asking.post("/api/interfaces/alloy", json={"film": "10 µm"}).json()
        assert alloyed["all_liquid_capacity"]["unit"] == "mAh/cm2"
        assert asking.post("/api/interfaces/alloy/picture", json={"film": "10 µm"}).content.startswith(b"<svg")
        assert asking.post("/api/interfaces/press", json={"pressure": "10 apples"}).status_code == 422


def until(asking, job, states, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        told = asking.get(f"/api/jobs/{job}").json()
        if told["state"] in states:
            return told
        time.sleep(0.1)
    raise AssertionError(told)


@pytest.mark.long
def test_a_simulation_runs_tells_and_can_be_stopped():
    with client() as asking:
        asked = {"cell": "lowack2025-cell1", "protocol": "discharge"}
        first = asking.post("/api/cells/simulate", json=asked).json()["job"]
        second = asking.post("/api/cells/simulate", json={**asked, "protocol": "lowack2025-cycling"}).json()["job"]
        third = asking.post("/api/cells/simulate", json=asked)
        assert third.status_code == 422
        assert "two pieces of work" in third.json()["error"]
        asking.delete(f"/api/jobs/{second}")
        assert asking.get(f"/api/jobs/{second}").json()["state"] == "stopped"
        done = until(asking, first, ("done", "failed"))
        assert done["state"] == "done", done
        assert done["parts"] >= 2
        assert done["result"]["status"] == "completed"
        assert max(done["result"]["curves"][0]["capacity"]) == pytest.approx(2.2, rel=0.1)
        bad = asking.post("/api/cells/simulate", json={**asked, "changes": {"operation.temperature": "5 kg"}})
        assert bad.status_code == 422
        assert asking.get("/api/jobs/99").status_code == 422
