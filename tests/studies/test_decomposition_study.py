"""Sodium's decomposition layer on NZSP: what is put in comes back, and verdicts follow the published numbers."""

import pytest

from natron.studies import claims_texts, decomposition_study, parse_claims
from natron.studies.decomposition_study import decomposition_layer

pytest.importorskip("pybamm")


@pytest.fixture(scope="module")
def section():
    (found,) = decomposition_layer()
    return found


def test_the_layer_is_put_in_and_only_bounds_its_growth(section):
    settings = {setting.mechanism: setting for setting in section.settings}
    for setting in settings.values():
        ((_, shipped, again),) = setting.parameters
        assert again.value == pytest.approx(shipped.value, rel=0.01), setting.mechanism
        assert {row.verdict for row in setting.data} == {"agrees"}
        assert {row.computed.origin for row in setting.data} == {"calibrated"}
    grown = settings["growth of the layer, at most"].data[0]
    assert grown.computed.to("Ω cm²") == pytest.approx(5, rel=0.02)


def test_it_may_be_all_of_the_interface_and_grows_far_slower_than_on_latp(section):
    (row,) = section.beside
    assert row.verdict == "agrees"
    lines = {line.name: line.value for line in section.lines}
    left = lines["left for charge transfer and contact"]
    assert (left.to("Ω cm²"), left.shown_uncertainty) == (
        pytest.approx(0.5),
        pytest.approx(0.6, rel=0.01),
    )
    assert lines["resistance then, did it grow as lithium's on LATP does"].to("Ω cm²") > 100
    assert "is assumed" in section.text
    assert "10.1002/aenm.202202712" in section.text


def test_the_line_follows_what_is_published(monkeypatch):
    text = claims_texts()["lowack2025"]
    old = 'inputs = { value = "1 Ω cm²" }'
    assert old in text
    monkeypatch.setattr(
        decomposition_study,
        "built_in_claims",
        lambda document: parse_claims(text.replace(old, old.replace("1 Ω", "9 Ω"))),
    )
    (section,) = decomposition_layer()
    assert section.beside[0].verdict == "disagrees"
    assert any(row.verdict == "disagrees" for setting in section.settings for row in setting.data)
