"""The page in a real browser: each main path as a person walks it, with nothing asked of the outside."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the app needs natron[web]")
playwright = pytest.importorskip("playwright.sync_api", reason="a browser is driven by playwright")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: tools/install-chromium.sh installs Debian's"),
]


EQUAL_AXES = """(() => {
  const shown = document.getElementById("nyquist")._fullLayout;
  const per = (axis) => axis._length / (axis.range[1] - axis.range[0]);
  return per(shown.xaxis) / per(shown.yaxis);
})()"""
NAMELESS = """[...document.querySelectorAll("input, select, button")]
  .filter((e) => !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim())).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def link(tmp_path_factory):
    """``natron app`` in a process of its own, as a user starts it."""
    folder = tmp_path_factory.mktemp("project")
    write_spectrum(folder / "in-the-folder.csv")
    with subprocess.Popen(
        [sys.executable, "-m", "natron", "app", str(folder), "--no-browser"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/#token=\S+", process.stdout.readline())
        assert found is not None
        yield found.group(0)
        process.terminate()


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(link, chromium):
    """A fresh page; it fails the test where a script failed or anything outside was asked for."""
    opened = chromium.new_page(viewport={"width": 1366, "height": 768})
    opened.set_default_timeout(120_000)
    own = link.split("/#")[0]
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console", lambda said: faults.append(said.text) if said.type == "error" and "422" not in said.text else None
    )
    opened.on(
        "request", lambda asked: faults.append(asked.url) if not asked.url.startswith((own, "data:", "blob:")) else None
    )
    opened.goto(link)
    opened.wait_for_selector("#folder-list button")
    yield opened
    opened.close()
    assert faults == []


def write_spectrum(path):
    f = np.geomspace(1e6, 1, 50)
    z = 12 + 85 / (1 + (1j * 2 * np.pi * f * 2e-4) ** 0.9)
    rows = zip(f.tolist(), z.real.tolist(), z.imag.tolist(), strict=True)
    path.write_text("Frequency / Hz,Re Z / ohm,Im Z / ohm\n" + "\n".join(f"{a},{b},{c}" for a, b, c in rows))
    return path


def write_record(path):
    t = np.arange(0, 8 * 3600, 20.0)
    sign = np.where((t // 3600) % 2 == 0, 1.0, -1.0)
    voltage = 3.4 + sign * (0.02 + 0.2 * ((t % 3600) / 3600 - 0.5))
    rows = zip(t.tolist(), voltage.tolist(), (sign * 1e-3).tolist(), strict=True)
    path.write_text("Test Time / s,Voltage / V,Current / A\n" + "\n".join(f"{a},{b},{c}" for a, b, c in rows))
    return path


def test_the_token_leaves_the_address(page):
    assert "token" not in page.url


def test_a_spectrum_is_dropped_fitted_and_taken_away(page, tmp_path):
    page.set_input_files("#chosen", [str(write_spectrum(tmp_path / "arc.csv"))])
    page.wait_for_selector("#nyquist .main-svg")
    page.fill("#spectra-form [name=circuit]", "R0-p(R1,CPE1)")
    page.fill("#spectra-form [name=area]", "0.5 cm²")
    page.click("#fit")
    page.wait_for_selector("#spectra-words .card", timeout=120_000)
    row = page.locator("#spectra-words tr", has_text="R1").first.inner_text()
    assert float(row.split()[1]) == pytest.approx(85, rel=1e-2)
    assert "Ω cm²" in row
    # one ohm is as long along both axes
    ratio = page.evaluate(EQUAL_AXES)
    assert ratio == pytest.approx(1, rel=1e-3)
    for label, start in (("nyquist SVG", b"<svg"), ("nyquist PDF", b"%PDF"), ("CSV", b"spectrum,"), ("JSON", b"{")):
        with page.expect_download() as taken:
            page.click(f"#spectra-words button:text-is('{label}')")
        saved = tmp_path / "taken"
        taken.value.save_as(saved)
        assert saved.read_bytes().startswith(start), label


def test_a_record_is_shown_with_its_cycles(page, tmp_path):
    page.set_input_files("#chosen", [str(write_record(tmp_path / "cycles.bdf.csv"))])
    page.wait_for_selector("#cycles .main-svg", timeout=60_000)
    assert page.locator("#records-words tbody tr").count() == 4
    page.fill("#records-form [name=area]", "0.5 cm²")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('#records-words').textContent.includes('mAh/cm²')", timeout=60_000
    )


def test_a_wrong_file_and_a_wrong_field_are_told(page, tmp_path):
    wrong = tmp_path / "letter.txt"
    wrong.write_text("Dear Sir or Madam,\n")
    page.set_input_files("#chosen", [str(wrong)])
    page.wait_for_function("() => document.querySelector('#said.bad')?.textContent.includes('letter.txt')")
    page.click("#folder-list button")
    page.wait_for_selector("#nyquist .main-svg")
    page.fill("#spectra-form [name=area]", "much")
    with page.expect_response("**/api/spectra/fit"):
        page.click("#fit")
    page.wait_for_selector("#spectra-form [name=area][aria-invalid=true]")
    assert "area" in page.inner_text("#said")


def test_a_knob_turns_the_design(page):
    page.click("#tab-design")
    page.wait_for_selector("#tornado .main-svg")
    before = page.inner_text("#figures .figure b")
    knob = page.locator("#sliders input").first
    knob.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("(b) => document.querySelector('#figures .figure b').innerText !== b", arg=before)
    assert float(page.inner_text("#figures .figure b").split()[0]) < float(before.split()[0])


def test_a_simulation_stands_on_one_plot_with_a_measurement(page, tmp_path):
    page.set_input_files("#chosen", [str(write_record(tmp_path / "measured.bdf.csv"))])
    page.wait_for_selector("#cycles .main-svg", timeout=60_000)
    page.fill("#records-form [name=area]", "0.5 cm²")
    page.click("#records-form button[type=submit]")
    page.wait_for_function(
        "() => document.querySelector('#records-words').textContent.includes('mAh/cm²')", timeout=60_000
    )
    page.click("#tab-simulate")
    page.click("#simulate-form button[type=submit]")
    page.wait_for_selector("#sim-losses .main-svg", timeout=180_000)
    page.select_option("#simulate-form [name=file]", label="measured.bdf.csv")
    page.wait_for_function(
        "() => document.getElementById('sim-vq').data.some((d) => d.name === 'measured.bdf.csv')", timeout=60_000
    )
    assert "limits" in page.inner_text("#sim-words")


def test_pressing_and_phases(page):
    page.click("#tab-interfaces")
    page.click("#press-form button[type=submit]")
    page.wait_for_selector("#press-figure img", timeout=60_000)
    page.click("#alloy-form button[type=submit]")
    page.wait_for_selector("#alloy-figure img", timeout=60_000)


def test_the_keyboard_alone_reaches_every_room(page):
    page.focus("#tab-files")
    for room in ("spectra", "records", "ccd", "design", "simulate", "interfaces", "files"):
        page.keyboard.press("ArrowRight")
        assert page.locator(f"#room-{room}").is_visible(), room
        assert page.locator("[role=tabpanel]:visible").count() == 1
    assert page.evaluate(NAMELESS) == []


def test_dark_and_light(page):
    page.click("#theme")
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.wait_for_selector("#folder-list button")


def test_a_name_with_a_script_in_it_is_only_text(page, tmp_path):
    path = write_spectrum(tmp_path / "<img src=x onerror=document.title='taken'>.csv")
    page.set_input_files("#chosen", [str(path)])
    page.wait_for_selector("#nyquist .main-svg")
    page.wait_for_timeout(300)
    assert page.title() == "natron"
    assert page.locator("img[src=x]").count() == 0


def test_without_the_token_the_page_says_where_it_is(chromium, link):
    opened = chromium.new_page()
    opened.goto(link.split("#")[0])
    opened.wait_for_function("() => document.querySelector('#said.bad')?.textContent.includes('natron app')")
    opened.close()
