"""Against what is known in closed form, or to many digits, of currents through contacts and mixtures."""

import math

import numpy as np
import pytest

from natron.constriction import solve
from natron.constriction.currents import at_top, current_density_A_m2
from natron.constriction.impedance import sweep
from natron.constriction.media import bricks, spherical_pores, voronoi
from natron.constriction.patterns import PATTERNS, inside, pattern
from natron.constriction.refinement import refined
from natron.core import InputError

# 1 + R_spread σ b of a square contact of side 0.3125 b on a square column of length b; 4 σ a R of a disc of radius a
# on a tube of radius 1: both by Bessel–Galerkin expansion of the contact's current
SQUARE = 1.78408
DISCS = {0.1: 0.859363, 0.2: 0.720850, 0.3162: 0.565270, 0.5: 0.339600, 0.7: 0.140282, 0.9: 0.018240}


def square_quarter(count):
    half = count // 2
    contact = np.zeros((half, half), dtype=bool)
    contact[: round(0.15625 * count), : round(0.15625 * count)] = True
    return solve(np.ones((count, half, half)), 1 / count, contact)


def test_square_contact_on_a_column():
    found = refined(square_quarter, 64)
    # the quarter has four times the resistance
    assert found.resistance_ohm / 4 == pytest.approx(SQUARE, abs=6e-4)
    assert abs(found.resistance_ohm / 4 - SQUARE) < 3 * found.error_estimate_ohm / 4


@pytest.mark.long
def test_square_contact_on_a_column_to_four_digits():
    found = refined(square_quarter, 128, check_order=True)
    assert found.resistance_ohm / 4 == pytest.approx(1.7841, abs=2e-4)
    assert found.observed_order == pytest.approx(1, abs=0.1)


def disc_on_tube(epsilon, count, length=2.0):
    """A quarter of a tube of radius 1 and length 2."""
    depth = round(length * count)
    tube = inside(count, count, lambda y, z: y**2 + z**2 <= 1)
    contact = inside(count, count, lambda y, z: y**2 + z**2 <= epsilon**2)
    kappa = np.broadcast_to(tube, (depth, count, count))
    # in voxels that the wall cuts, the contact covers its share of what conducts
    share = np.where(tube > 0, np.minimum(contact / np.where(tube > 0, tube, 1), 1), 0)
    return solve(kappa, 1 / count, share)


@pytest.mark.parametrize("epsilon", [0.5])
def test_disc_on_a_tube(epsilon):
    found = refined(lambda n: disc_on_tube(epsilon, n), 24)
    assert 4 * epsilon * (found.resistance_ohm / 4 - 2 / math.pi) == pytest.approx(DISCS[epsilon], abs=6e-3)


@pytest.mark.long
@pytest.mark.parametrize("epsilon", DISCS)
def test_disc_on_a_tube_at_six_ratios(epsilon):
    found = refined(lambda n: disc_on_tube(epsilon, n), 64)
    assert 4 * epsilon * (found.resistance_ohm / 4 - 2 / math.pi) == pytest.approx(DISCS[epsilon], abs=2e-3)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_stripes(share):
    def make(count):
        half = count // 2
        contact = np.zeros((half, 1))
        contact[: round(share * half)] = 1
        return solve(np.ones((2 * count, half, 1)), 1 / count, contact)

    # the body is one voxel deep, which halves with the grid: resistances of one depth are drawn on by hand
    coarse, fine = (make(n).resistance_ohm / n for n in (128, 256))
    # the half of a period has twice its resistance; two periods of thickness are far enough for the other electrode
    spread = 0.5 * (2 * fine - coarse) - 2.0
    assert spread == pytest.approx(-math.log(math.sin(math.pi * share / 2)) / math.pi, abs=1e-4)


def test_dilute_spheres_follow_maxwell_garnett():
    pores = spherical_pores((64, 64, 64), 0.1, 16, seed=3, overlapping=False)
    share = pores.mean()
    found = solve(np.where(pores, 0.0, 1.0), periodic=True)
    assert found.conductivity_S_per_m == pytest.approx(2 * (1 - share) / (2 + share), rel=0.02)


def test_current_densities_carry_the_current():
    kappa = np.random.default_rng(5).uniform(0.2, 3, (12, 10, 8))
    contact = np.zeros((10, 8))
    contact[2:7, 1:5] = 1
    s = solve(kappa, (1e-4, 2e-4, 3e-4), contact, periodic=(False, True))
    density = current_density_A_m2(s)
    across = density[0].sum(axis=(1, 2)) * 6e-8
    assert across == pytest.approx(np.full(12, s.current_top_A), rel=0.2)
    assert across[1:-1] == pytest.approx(np.full(10, s.current_top_A), rel=1e-6)
    uniform = current_density_A_m2(solve(np.full((6, 5, 4), 2.0), 1e-3))
    assert uniform[0] == pytest.approx(np.full((6, 5, 4), 2.0 / 6e-3), rel=1e-6)
    assert np.abs(uniform[1:]).max() < 1e-3


def test_a_full_contact_has_no_hot_spot_and_a_part_has_the_mean_of_its_share():
    full = at_top(solve(np.ones((8, 8, 8))))
    assert full.mean == pytest.approx(1)
    assert full.hot_spot_factor == pytest.approx(1, rel=1e-5)
    share = pattern("disc", 48, 0.2)
    local = at_top(solve(np.ones((48, 48, 48)), contact_top=share), share)
    assert local.mean == pytest.approx(1 / share.mean(), rel=1e-5)
    # isothermal disc: j = j̄/2 / √(1 − r²/a²), 5 j̄ on the outermost hundredth; voxels of the edge blur it
    assert 1.5 < local.hot_spot_factor < 5


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("share", [0.03, 0.3, 0.7])
def test_patterns_cover_the_share_that_was_asked_for(name, share):
    covered = pattern(name, 40, share)
    assert covered.shape == (40, 40)
    assert covered.min() >= 0
    assert covered.max() <= 1
    assert covered.mean() == pytest.approx(share, abs=2e-3)


@pytest.mark.parametrize(("name", "share"), [("dics", 0.3), ("disc", 0.9), ("square", 0.0), ("stripes", 1.5)])
def test_patterns_that_cannot_be_are_refused(name, share):
    with pytest.raises(InputError):
        pattern(name, 16, share)


def test_grains_are_numbered_without_gaps_in_space():
    assert len(np.unique(bricks((8, 8, 8), 4))) == 8
    grains = voronoi((16, 16, 16), 12, seed=1)
    assert 1 < len(np.unique(grains)) <= 12


# --- impedance -----------------------------------------------------------------------------------

SIGMA, PERMITTIVITY = 0.16, 40 * 8.854e-12


def body(omega):
    pores = spherical_pores((16, 16, 16), 0.15, 5, seed=1)
    return np.where(pores, 1j * omega * 8.854e-12, SIGMA + 1j * omega * PERMITTIVITY)


def test_a_sweep_is_passive_and_ends_at_the_real_solve():
    contact = pattern("square", 16, 0.1)
    f = np.logspace(9, 2, 8)
    found = sweep(body, f, 1e-6, contact, periodic=True)
    assert found.status == "converged"
    z = found.spectrum.impedance_ohm
    assert (z.real >= 0).all()
    assert (z.imag <= 0).all()
    assert max(found.balance) < 1e-6
    pores = spherical_pores((16, 16, 16), 0.15, 5, seed=1)
    at_rest = solve(np.where(pores, 0.0, SIGMA), 1e-6, contact, periodic=True)
    assert z[-1].real == pytest.approx(at_rest.resistance_ohm, rel=1e-4)
    assert found.spectrum.area_m2 == pytest.approx((16e-6) ** 2)


def test_a_warm_start_saves_iterations():
    f = np.logspace(8, 5, 7)
    cold = [solve(body(2 * math.pi * each), 1e-6, tolerance=1e-6).iterations for each in f]
    warm = sweep(body, f, 1e-6).iterations
    assert sum(warm) < sum(cold)


def test_pure_constriction_has_the_activation_energy_of_the_bulk():
    contact = pattern("disc", 24, 0.1)
    k_B = 8.617333262e-5
    T = np.array([263.15, 313.15])
    sigma = 1e3 / T * np.exp(-0.28 / (k_B * T))
    R = [solve(np.full((24, 24, 24), s), 1e-6, contact).resistance_ohm for s in sigma]
    energy = math.log(R[0] / T[0] / (R[1] / T[1])) / (1 / (k_B * T[0]) - 1 / (k_B * T[1]))
    assert energy == pytest.approx(0.28, abs=1e-6)
