"""Contact in spots: what the studies conclude, held against what went in."""

import numpy as np
import pytest

from natron.constriction import RELATIONS, grain_contact_factor, pattern, refined, solve, spreading
from natron.core import InputError
from natron.core.constants import ELEMENTARY_CHARGE_C
from natron.materials import material
from natron.studies import audit, constriction_study, parse_claims
from natron.studies.contact_studies import _grains, _metal_contact


def test_touching_grains_from_the_table_are_those_that_a_whole_grain_of_voxels_gives():
    # a whole grain between two spots, solved without any symmetry
    share = 0.0625

    def grain(n):
        spot = pattern("square", n, share)
        return solve(np.ones((n, n, n)), 1 / n, spot, spot)

    found = refined(grain, 32)
    assert 1 / found.resistance_ohm == pytest.approx(grain_contact_factor(share), rel=5e-3)


def test_grain_contact_is_whole_where_the_grains_touch_all_over():
    assert grain_contact_factor(1.0) == pytest.approx(1.0, abs=1e-12)
    shares = np.linspace(0.01, 1, 50)
    assert (np.diff(grain_contact_factor(shares)) > 0).all()


@pytest.fixture(scope="module")
def grains():
    return _grains(20, lambda part: None)


def test_the_share_found_takes_the_pellet_to_the_tape(grains):
    for name, share in grains.shares.items():
        assert grains.dense.value * grain_contact_factor(share.value, name) == pytest.approx(
            grains.tape.value, rel=1e-3
        )
    # solved at a share nearby
    expected = grain_contact_factor(grains.computed_share)
    assert grains.solved_ratio == pytest.approx(expected, abs=3 * grains.solved_error + 0.01 * expected)


def test_grain_contact_keeps_the_activation_energy_of_the_grains(grains):
    put_in = material("nzsp-pellet").law("conductivity").activation_energy.value
    assert grains.energies["rest"].value == pytest.approx(put_in, rel=1e-3)
    for name in ("R0", "R1"):
        assert abs(grains.energies[name].value - put_in) < 0.02 * ELEMENTARY_CHARGE_C


def test_spectra_of_touching_grains_are_passive_and_end_at_the_resistance_at_rest(grains):
    for spectrum in grains.spectra:
        assert (spectrum.impedance_ohm.real > 0).all()
        assert (spectrum.impedance_ohm.imag <= 1e-6 * np.abs(spectrum.impedance_ohm)).all()
    cold, warm = grains.spectra[0].impedance_ohm[-1].real, grains.spectra[-1].impedance_ohm[-1].real
    assert cold > 3 * warm


def test_half_of_the_arc_stays_the_charge_transfer_over_the_share_and_constriction_hides_in_the_separator():
    found = _metal_contact(0.25, 12, lambda part: None)
    at = 4
    fitted = found.series.fits[at].parameters
    kelvin = found.spectra[at].temperature_K
    transfer = material("sodium|nzsp-tape").law("interface_resistance").value_at(kelvin).value
    separator = found.spectra[at].thickness_m / material("nzsp-tape").law("conductivity").value_at(kelvin).value
    assert 0.5 * fitted["R1"].value == pytest.approx(transfer / 0.25, rel=0.03)
    hidden = 0.5 * (fitted["R0"].value - separator)
    # voxels this coarse
    assert hidden == pytest.approx(found.constriction, rel=0.05)
    assert hidden > 10 * fitted["R0"].uncertainty


def test_relations_serve_claims():
    claims = parse_claims(
        '[document]\nkey = "x"\ntitle = "x"\n[[claim]]\nid = "a"\nstatement = "grains"\n'
        'claimed = "2.5 mS/cm"\nrelation = "constriction.conductivity_of_touching_grains"\n'
        'inputs = { pattern = "square", contact_fraction = "100 %", grain_conductivity = "2.5 mS/cm" }\n'
        '[[claim]]\nid = "b"\nstatement = "spreading"\nclaimed = "5 Ω cm²"\n'
        'relation = "constriction.constriction_resistance"\n'
        'inputs = { pattern = "disc", contact_fraction = "10 %", electrolyte_conductivity = "1.6 mS/cm", '
        'spot_spacing = "10 µm" }\n'
    )
    first, second = audit(claims)
    assert first.verdict == "agrees"
    b, sigma = 10e-6, 0.16
    assert second.computed.value == pytest.approx(
        spreading("disc", 0.1).resistance * np.sqrt(np.pi) * b / sigma, rel=1e-9
    )
    assert second.verdict == "disagrees"
    assert set(RELATIONS) == {"constriction_resistance", "conductivity_of_touching_grains"}


@pytest.mark.parametrize("voxels", [7, 9, 1000])
def test_unusable_grids_are_refused(voxels):
    with pytest.raises(InputError, match="even number"):
        constriction_study(["grains"], voxels=voxels)


def test_the_command_writes_json_and_a_page(natron, tmp_path):
    run = natron("constriction", "study", "pressure", "--voxels", "12", "--out", tmp_path / "a.html", "--json")
    assert run.code == 0
    lines = run.json["sections"][0]["lines"]
    assert any(line["value"]["unit"] == "ohm.cm2" for line in lines)
    assert "<svg" in (tmp_path / "a.html").read_text()


def test_an_unknown_study_is_refused_with_the_nearest(natron, tmp_path):
    run = natron("constriction", "study", "grain", "--out", tmp_path / "a.html")
    assert run.code == 2
    assert "grains" in run.err
