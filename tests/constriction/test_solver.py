import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from natron.constriction import solve
from natron.core import InputError


def direct(kappa, spacing, top=None, bottom=None, periodic=(False, False), interfaces=(0.0, 0.0), grains=None, apart=0):
    """The same discrete problem, assembled and solved by elimination: resistance and potential; inf without a path."""
    n, h = kappa.shape, np.array(spacing)
    number = np.arange(kappa.size).reshape(n)
    joined = []

    def join(lower, upper, axis):
        a, b, i, j = kappa[lower], kappa[upper], number[lower], number[upper]
        both = (a != 0) & (b != 0)
        crossed = 0 if grains is None else apart * (grains[lower] != grains[upper])[both]
        g = h.prod() / h[axis] / (0.5 * h[axis] * (1 / a[both] + 1 / b[both]) + crossed)
        joined.append((i[both], j[both], g))

    for axis in range(3):
        for first, last in [(slice(None, -1), slice(1, None))] + [(-1, 0)] * (
            axis > 0 and periodic[axis - 1] and n[axis] > 1
        ):
            at = [[slice(None)] * 3, [slice(None)] * 3]
            at[0][axis], at[1][axis] = first, last
            join(tuple(at[0]), tuple(at[1]), axis)
    ends = []
    for face, share, interface in ((0, top, interfaces[0]), (-1, bottom, interfaces[1])):
        own = kappa[face]
        g = np.zeros(n[1:], dtype=np.result_type(own, interface))
        share, interface = (np.broadcast_to(1.0 if v is None else v, n[1:]) for v in (share, interface))
        met = (own != 0) & (share > 0)
        g[met] = share[met] * h[1] * h[2] / (0.5 * h[0] / own[met] + interface[met])
        ends.append(g)
    i, j, g = (np.concatenate(part) for part in zip(*joined, strict=True))
    size = (kappa.size, kappa.size)
    group = connected_components(coo_matrix((np.ones(len(i)), (i, j)), shape=size), directed=False)[1].reshape(n)
    reached = [np.unique(group[face][end != 0]) for face, end in zip((0, -1), ends, strict=True)]
    if not np.intersect1d(*reached).size:
        return np.inf, None
    # what is tied to no electrode is held at zero
    loose = ~np.isin(group, np.union1d(*reached)).ravel()
    A = coo_matrix((np.concatenate([-g, -g]), (np.concatenate([i, j]), np.concatenate([j, i]))), shape=size).tocsr()
    diagonal = -np.asarray(A.sum(axis=1)).ravel() + loose
    diagonal[number[0].ravel()] += ends[0].ravel()
    diagonal[number[-1].ravel()] += ends[1].ravel()
    rhs = np.zeros(kappa.size, dtype=diagonal.dtype)
    rhs[number[0].ravel()] = ends[0].ravel()
    phi = spsolve((A + coo_matrix((diagonal, (number.ravel(), number.ravel())), shape=size)).tocsc(), rhs).reshape(n)
    return 1 / (ends[0] * (1 - phi[0])).sum(), phi


RNG = np.random.default_rng(7)
BODIES = {
    "uniform": (np.ones((8, 8, 8)), (1.0, 1.0, 1.0), (False, False)),
    "odd": (RNG.uniform(0.1, 3, (7, 9, 5)), (1.0, 1.0, 1.0), (False, False)),
    "prime and flat voxels": (RNG.uniform(0.1, 3, (13, 11, 7)), (0.1, 1.0, 3.0), (False, False)),
    "periodic": (RNG.uniform(0.1, 3, (8, 6, 10)), (1.0, 2.0, 1.0), (True, True)),
    "odd periodic": (RNG.uniform(0.1, 3, (9, 7, 5)), (1.0, 1.0, 1.0), (True, True)),
    "periodic one way": (RNG.uniform(0.1, 3, (6, 5, 9)), (1.0, 1.0, 0.3), (False, True)),
    "thin": (RNG.uniform(0.1, 3, (1, 4, 4)), (1.0, 1.0, 1.0), (False, False)),
    "a column": (RNG.uniform(0.1, 3, (17, 1, 1)), (1.0, 1.0, 1.0), (True, True)),
    "complex": (RNG.uniform(0.1, 3, (8, 7, 6)) + 1j * RNG.uniform(0, 5, (8, 7, 6)), (1.0, 1.0, 1.0), (False, True)),
}


@pytest.mark.parametrize("name", BODIES)
def test_agrees_with_elimination_on_the_same_discrete_problem(name):
    kappa, spacing, periodic = BODIES[name]
    expected, potential = direct(kappa, spacing, periodic=periodic)
    s = solve(kappa, spacing, periodic=periodic, tolerance=1e-10)
    assert s.status == "converged"
    assert s.balance < 1e-6
    assert s.resistance_ohm == pytest.approx(expected, rel=1e-6)
    assert np.abs(s.potential - potential).max() < 1e-5


@pytest.mark.parametrize("periodic", [False, True])
def test_a_contact_on_a_part_of_the_face_agrees_with_elimination(periodic):
    kappa = RNG.uniform(0.5, 2, (8, 9, 8))
    top, bottom = RNG.random((2, 9, 8)) < 0.3
    expected, _ = direct(kappa, (1.0, 1.0, 1.0), top, bottom, (periodic, periodic))
    s = solve(kappa, 1.0, top, bottom, periodic=periodic, tolerance=1e-10)
    assert s.resistance_ohm == pytest.approx(expected, rel=1e-6)


def test_layers_in_series_and_in_parallel_are_exact():
    layers = np.repeat([1.0, 10.0, 1e-3, 5.0], 4)
    series = np.broadcast_to(layers[:, None, None], (16, 6, 5))
    s = solve(series, (1e-6, 2e-6, 3e-6))
    assert s.conductivity_S_per_m == pytest.approx(len(layers) / (1 / layers).sum(), rel=1e-6)
    parallel = np.broadcast_to(layers[None, :, None], (6, 16, 5))
    s = solve(parallel, (1e-6, 2e-6, 3e-6))
    assert s.conductivity_S_per_m == pytest.approx(layers.mean(), rel=1e-6)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e9])
def test_resistance_is_linear_in_one_over_spacing_and_conductivity(scale):
    kappa = RNG.uniform(0.1, 3, (8, 8, 8))
    at_one = solve(kappa, 1.0).resistance_ohm
    assert solve(kappa, scale).resistance_ohm * scale == pytest.approx(at_one, rel=1e-6)
    assert solve(scale * kappa, 1.0).resistance_ohm * scale == pytest.approx(at_one, rel=1e-6)


def test_an_interface_adds_its_resistance_in_series_where_the_contact_is_full():
    s = solve(np.full((4, 4, 4), 2.0), 1e-4, interface_top_ohm_m2=3e-4, interface_bottom_ohm_m2=1e-4)
    assert s.area_specific_resistance_ohm_m2 == pytest.approx(4e-4 / 2.0 + 4e-4, rel=1e-6)


def test_an_interface_may_be_an_impedance():
    s = solve(np.full((4, 4, 4), 2.0), 1e-4, interface_top_ohm_m2=3e-4 - 2e-4j)
    assert s.status == "converged"
    assert s.area_specific_resistance_ohm_m2 == pytest.approx(4e-4 / 2.0 + 3e-4 - 2e-4j, rel=1e-6)


@pytest.mark.parametrize("pore", [0.0, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2])
def test_pores_of_any_emptiness_take_few_iterations(pore):
    blocked = np.random.default_rng(1).random((32, 32, 32)) < 0.2
    s = solve(np.where(blocked, pore, 1.0))
    assert s.status == "converged"
    assert s.iterations <= 15
    assert s.balance < 1e-6


def test_what_nothing_connects_is_left_out():
    kappa = np.ones((8, 8, 8))
    kappa[2:6, 2:6, 2:6] = 0
    without = solve(kappa)
    kappa[3:5, 3:5, 3:5] = 7.0
    s = solve(kappa)
    assert not s.connected[3:5, 3:5, 3:5].any()
    assert s.resistance_ohm == pytest.approx(without.resistance_ohm, rel=1e-7)


@pytest.mark.parametrize("periodic", [False, True])
def test_no_path_is_a_resistance_that_is_infinite_and_said_so(periodic):
    kappa = np.ones((6, 4, 4))
    kappa[3] = 0
    s = solve(kappa, periodic=periodic)
    assert s.status == "not_percolating"
    assert math.isinf(s.resistance_ohm)
    assert s.conductivity_S_per_m == 0
    assert "infinite" in s.advice


def test_a_path_around_the_periodic_side_counts():
    # a spiral: down at j = 0, across the side, down at j = 3
    kappa = np.zeros((4, 4, 1))
    kappa[:2, 0], kappa[1:, 3] = 1, 1
    assert solve(kappa).status == "not_percolating"
    s = solve(kappa, periodic=(True, False))
    assert s.status == "converged"
    # centres apart: half a voxel, 1 step down, 1 around, 2 down, half a voxel
    assert s.resistance_ohm == pytest.approx(5.0, rel=1e-6)


def test_a_start_near_the_answer_takes_fewer_iterations():
    kappa = RNG.uniform(0.1, 3, (16, 16, 16))
    cold = solve(kappa)
    warm = solve(1.01 * kappa**1.01, initial=cold.potential)
    assert warm.iterations < cold.iterations
    assert warm.resistance_ohm == pytest.approx(solve(1.01 * kappa**1.01).resistance_ohm, rel=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kappa_S_per_m": np.ones((4, 4))}, "block of voxels"),
        ({"kappa_S_per_m": np.full((2, 2, 2), np.nan)}, "finite"),
        ({"kappa_S_per_m": -np.ones((2, 2, 2))}, "negative"),
        ({"kappa_S_per_m": np.ones((2, 2, 2)) * (1 - 1j)}, "negative"),
        ({"kappa_S_per_m": np.zeros((2, 2, 2))}, "all conductivities are zero"),
        ({"kappa_S_per_m": "no"}, "conductivities"),
        ({"contact_top": np.ones((3, 2))}, "contact_top"),
        ({"contact_bottom": np.zeros((2, 2))}, "touches nowhere"),
        ({"contact_top": np.full((2, 2), 1.5)}, "truth value"),
        ({"grains": np.ones((2, 2, 2))}, "whole number"),
        ({"boundary_ohm_m2": -1.0}, "boundary_ohm_m2"),
        ({"interface_top_ohm_m2": -1.0}, "interface_top_ohm_m2"),
        ({"spacing_m": 0.0}, "voxel's size"),
        ({"spacing_m": (1.0, 2.0)}, "voxel's size"),
        ({"tolerance": 1.0}, "tolerance"),
        ({"max_iterations": 0}, "max_iterations"),
        ({"initial": np.ones(3)}, "start from"),
        ({"initial": np.full((2, 2, 2), 1j)}, "initial"),
        ({"initial": np.full((2, 2, 2), 1e300)}, "start from"),
        ({"kappa_S_per_m": [[[1, 2], [3]]]}, "conductivities"),
        ({"kappa_S_per_m": np.zeros((2, 2, 2), "M8[s]")}, "conductivities"),
        ({"contact_top": np.full((2, 2), 1j)}, "contact_top"),
        ({"contact_top": [[1, 1], [1]]}, "contact_top"),
        ({"contact_top": np.array([[1, 0], [0, 0]]) * 1e-310}, "nothing is left"),
        ({"interface_top_ohm_m2": "a"}, "interface_top_ohm_m2"),
        ({"interface_top_ohm_m2": 1e45}, "nothing is left"),
        ({"interface_bottom_ohm_m2": 1 + 1j}, "Im Z ≤ 0"),
        ({"boundary_ohm_m2": "a"}, "boundary_ohm_m2"),
        ({"boundary_ohm_m2": np.ones(3)}, "boundary_ohm_m2"),
        ({"spacing_m": "a"}, "spacing_m"),
        ({"spacing_m": 1j}, "spacing_m"),
        ({"spacing_m": 1e-200}, "voxel's size"),
        ({"spacing_m": (1.0, 1e9, 1.0)}, "too unequal"),
        ({"periodic": None}, "truth value"),
        ({"periodic": 1}, "truth value"),
        ({"tolerance": "a"}, "tolerance"),
        ({"max_iterations": 2.5}, "max_iterations"),
        ({"memory_bytes": 10.0}, "not enough memory"),
    ],
)
def test_bad_input_is_refused_with_what_is_allowed(arguments, message):
    with pytest.raises(InputError, match=message):
        solve(**{"kappa_S_per_m": np.ones((2, 2, 2)), **arguments})


def test_memory_is_estimated_before_it_is_taken():
    with pytest.raises(InputError, match="GiB"):
        solve(np.broadcast_to(1.0, (40_000, 1_000, 1_000)))


def test_too_few_iterations_are_a_status():
    s = solve(np.where(np.random.default_rng(1).random((16, 16, 16)) < 0.5, 1e-2, 1.0), max_iterations=2)
    assert s.status == "not_converged"
    assert "more iterations" in s.advice


def test_a_boundary_between_grains_adds_its_resistance_once_for_each_that_is_crossed():
    grains = np.broadcast_to((np.arange(12) // 3)[:, None, None], (12, 5, 4))
    s = solve(np.full((12, 5, 4), 2.0), (1e-6, 2e-6, 3e-6), grains=grains, boundary_ohm_m2=4e-6)
    assert s.area_specific_resistance_ohm_m2 == pytest.approx(12e-6 / 2.0 + 3 * 4e-6, rel=1e-6)
    # along the boundaries nothing is crossed
    along = np.broadcast_to((np.arange(12) // 3)[None, :, None], (5, 12, 4))
    s = solve(np.full((5, 12, 4), 2.0), 1e-6, grains=along, boundary_ohm_m2=4e-6, periodic=True)
    assert s.conductivity_S_per_m == pytest.approx(2.0, rel=1e-6)


def test_a_blocking_boundary_is_a_capacitor_in_series():
    grains = np.broadcast_to((np.arange(8) // 4)[:, None, None], (8, 4, 4))
    s = solve(np.full((8, 4, 4), 2.0), 1e-6, grains=grains, boundary_ohm_m2=1 / (0.5 + 3j))
    assert s.status == "converged"
    assert s.area_specific_resistance_ohm_m2 == pytest.approx(8e-6 / 2.0 + 1 / (0.5 + 3j), rel=1e-6)


def test_the_resistance_is_that_of_double_precision():
    # of the current at a face, rounded conductances and a residual of 1e-8 leave 1e-7
    found = solve(np.ones((200, 1, 1)))
    assert found.status == "converged"
    assert found.resistance_ohm == pytest.approx(200, rel=1e-12)
    kappa, spacing, periodic = BODIES["odd periodic"]
    expected = direct(kappa, spacing, periodic=periodic)[0]
    assert solve(kappa, spacing, periodic=periodic).resistance_ohm == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("shape", [(300, 2, 2), (300, 2, 3), (64, 2, 1)])
@pytest.mark.parametrize("periodic", [False, True])
def test_two_voxels_across_a_long_body_take_few_iterations(shape, periodic):
    found = solve(RNG.uniform(0.5, 2, shape), periodic=periodic)
    assert found.status == "converged"
    assert found.iterations <= 15


def test_an_interface_far_beyond_the_body_is_found_to_its_last_digits():
    found = solve(np.ones((4, 4, 4)), interface_top_ohm_m2=1e12)
    assert found.area_specific_resistance_ohm_m2 == pytest.approx(1e12 + 4, rel=1e-12)


def test_a_dielectric_alone_is_passive():
    found = solve(np.full((4, 4, 4), 1j))
    assert found.status == "converged"
    assert found.resistance_ohm == pytest.approx(-0.25j, rel=1e-9)


def test_what_is_too_weak_to_count_does_not_connect():
    kappa = np.ones((6, 4, 4))
    kappa[3] = 1e-26
    assert solve(kappa).status == "not_percolating"


def test_a_boundary_of_less_than_double_precision_keeps_its_reactance():
    grains = np.broadcast_to((np.arange(8) // 4)[:, None, None], (8, 4, 4))
    found = solve(np.full((8, 4, 4), 2.0), 1e-6, grains=grains, boundary_ohm_m2=np.complex64(1 - 1j))
    assert found.area_specific_resistance_ohm_m2 == pytest.approx(8e-6 / 2 + 1 - 1j, rel=1e-6)


def test_grains_may_have_any_whole_numbers():
    grains = np.broadcast_to((np.arange(8) // 4)[:, None, None], (8, 4, 4)) * 2**32
    found = solve(np.full((8, 4, 4), 2.0), 1e-6, grains=grains, boundary_ohm_m2=1e-6)
    assert found.area_specific_resistance_ohm_m2 == pytest.approx(8e-6 / 2 + 1e-6, rel=1e-9)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_small_body_agrees_with_elimination(data):
    """Shapes, contrasts up to 1e6, pores, masks, interfaces, boundaries, periodic sides, real and complex."""
    seed = data.draw(st.integers(0, 2**31))
    shape = tuple(data.draw(st.integers(1, 9)) for _ in range(3))
    rng = np.random.default_rng(seed)
    spacing = tuple(10 ** rng.uniform(-1, 1, 3))
    kappa = 10 ** rng.uniform(-data.draw(st.sampled_from([0.1, 1.0, 3.0])), 0, shape)
    if data.draw(st.booleans()):
        kappa = np.where(rng.random(shape) < 0.5, 1, 1j) * kappa
    if data.draw(st.booleans()):
        kappa = np.where(rng.random(shape) < 0.3, 0, kappa)
    top, bottom = (rng.random(shape[1:]) * (rng.random(shape[1:]) < 0.6) for _ in range(2))
    interfaces = [10 ** rng.uniform(-3, 2, shape[1:]) * (1 if data.draw(st.booleans()) else 0) for _ in range(2)]
    grains = rng.integers(0, 3, shape) if data.draw(st.booleans()) else None
    apart = float(10 ** rng.uniform(-2, 2)) if grains is not None else 0.0
    periodic = (data.draw(st.booleans()), data.draw(st.booleans()))
    if not (kappa.any() and top.any() and bottom.any()):
        return
    found = solve(
        kappa, spacing, top, bottom, interface_top_ohm_m2=interfaces[0], interface_bottom_ohm_m2=interfaces[1],
        grains=grains, boundary_ohm_m2=apart, periodic=periodic,
    )  # fmt: skip
    expected = direct(kappa, spacing, top, bottom, periodic, interfaces, grains, apart)[0]
    if not np.isfinite(expected):
        assert found.status == "not_percolating"
        return
    assert found.status == "converged"
    assert found.balance < 1e-6
    assert abs(found.resistance_ohm / expected - 1) < 1e-8
