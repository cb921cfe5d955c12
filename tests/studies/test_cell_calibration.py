"""The values that ship as calibrated, found again from what is printed."""

import pytest

from natron.core import ClaimError, Quantity
from natron.materials import parameters
from natron.studies import reproduce
from natron.studies.cell_calibration import (
    MECHANISMS,
    agree,
    calibrated_values,
    cell_1_alone,
    recalibrate,
    shipped,
)
from natron.studies.contact_forms import level
from natron.studies.observed import CELLS, at_lowest_ohm_m2, formed, without_voids
from natron.studies.sections import sections_json
from natron.studies.simulated_sections import OTHERWISE

QUICK = ("cathode | collector, as assembled", "ceramic | liquid, capacitance")


def test_every_mechanism_says_its_parameters_and_its_numbers():
    names = [name for each in MECHANISMS for name in each.parameters]
    assert len(names) == len(set(names))
    for name in names:
        assert shipped(name).origin == "calibrated", name
        assert OTHERWISE[name] != pytest.approx(shipped(name).value, rel=0.03), name
    # one free parameter per mechanism, against at least one number
    assert all(len(each.parameters) == 1 <= len(each.data) for each in MECHANISMS)


def test_what_needs_no_run_is_found_again():
    quick = [each for each in MECHANISMS if each.name in QUICK]
    elsewhere = {name: OTHERWISE[name] for each in quick for name in each.parameters}
    found = recalibrate(mechanisms=quick, start=elsewhere)
    values = {name: q for each in found for name, q in each.values.items()}
    assert set(values) == {"contact_resistance_start", "ceramic_liquid_capacitance"}
    for name, q in values.items():
        assert agree(q, shipped(name)), (name, q, shipped(name))
    # one parameter between two numbers: least squares of the logarithms lies between them
    deviations = [q.value / d.published.value for d, q in zip(found[0].mechanism.data, found[0].computed, strict=True)]
    assert min(deviations) < 1 < max(deviations)


def test_one_cell_alone_is_met_exactly():
    (found,) = recalibrate(CELLS[:1], mechanisms=[each for each in MECHANISMS if each.name == QUICK[0]])
    assert found.computed[0].value == pytest.approx(found.mechanism.data[0].published.value, rel=1e-4)


def test_a_value_that_is_not_the_shipped_one_is_told():
    q = shipped("ceramic_liquid_capacitance")
    assert not agree(Quantity(1.05 * q.value, None, q.kind), q)


@pytest.mark.long
def test_every_calibrated_value_is_found_again_from_other_starts():
    found = recalibrate(start=OTHERWISE)
    assert [each.mechanism.name for each in found] == [each.name for each in MECHANISMS]
    for each in found:
        for name, q in each.values.items():
            assert agree(q, shipped(name)), (name, q, shipped(name))
    seen = {cell: {} for cell in (*CELLS, "nvp-coin")}
    for each in found:
        for datum, q in zip(each.mechanism.data, each.computed, strict=True):
            seen[datum.cell][datum.number] = q.value
    section = calibrated_values(seen, found)
    assert "6 of 6 come out as shipped" in section.text
    assert all(row["recomputed"] for s in sections_json([section])[0]["settings"] for row in s["parameters"])
    # the resistances of both cells before and after, with one parameter each
    shown = {row.name: row.deviation for each in section.settings for row in each.data if "resistance" in row.name}
    assert len(shown) == 4
    assert max(map(abs, shown.values())) < 0.15, shown


@pytest.mark.long
def test_other_calibrations_are_found_again():
    values = {name: q for each in cell_1_alone() for name, q in each.values.items()}
    assert set(values) == set(parameters("cell-1-alone"))
    for name, q in values.items():
        assert q.value == pytest.approx(parameters("cell-1-alone")[name].value, rel=2e-3), name


def test_studies_without_calibrated_values_say_so():
    with pytest.raises(ClaimError, match="calibrated to this document"):
        reproduce("thermal-press", recalibrate=True)


@pytest.mark.long
def test_other_laws_of_the_contact_need_no_other_run():
    runs = [formed(without_voids(name)) for name in CELLS]
    own = [of.parameters.values["pressure"].value for of in runs]
    exponent = runs[0].parameters.values["contact_pressure_exponent"].value
    assert level(runs, exponent, own)[0] == pytest.approx(shipped("contact_resistance_settled").value, rel=2e-3)
    pressures = (5e3, own[1])
    found, resistances = level(runs, 0.5, pressures)
    for name, pressure, expected in zip(CELLS, pressures, resistances, strict=True):
        changes = {"contact_resistance_settled": found, "contact_pressure_exponent": 0.5, "pressure": pressure}
        seen = at_lowest_ohm_m2(formed(without_voids(name, changes)).record.spectra[-1].spectrum)
        assert seen == pytest.approx(expected, rel=0.01), name
