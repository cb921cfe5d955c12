import math

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from natron.constriction import solve
from natron.core import InputError


def direct(kappa, spacing, top=None, bottom=None, periodic=(False, False)):
    """The same discrete problem, assembled and solved by elimination: resistance and potential."""
    n = kappa.shape
    number = np.arange(kappa.size).reshape(n)
    h = np.array(spacing)
    rows, columns, values = [], [], []
    rhs = np.zeros(kappa.size, dtype=kappa.dtype)
    diagonal = np.zeros(kappa.size, dtype=kappa.dtype)

    def join(i, j, a, b, factor):
        with np.errstate(all="ignore"):
            g = np.where(a + b == 0, 0, 2 * a * b / np.where(a + b == 0, 1, a + b)).ravel() * factor
        for p, q in ((i, j), (j, i)):
            rows.append(p.ravel()), columns.append(q.ravel()), values.append(-g)
        np.add.at(diagonal, i.ravel(), g)
        np.add.at(diagonal, j.ravel(), g)

    for axis in range(3):
        factor = h.prod() / h[axis] ** 2
        lower, upper = ([slice(None)] * 3 for _ in range(2))
        lower[axis], upper[axis] = slice(None, -1), slice(1, None)
        lower, upper = tuple(lower), tuple(upper)
        join(number[lower], number[upper], kappa[lower], kappa[upper], factor)
        if axis and periodic[axis - 1]:
            lower, upper = ([slice(None)] * 3 for _ in range(2))
            lower[axis], upper[axis] = -1, 0
            lower, upper = tuple(lower), tuple(upper)
            join(number[lower], number[upper], kappa[lower], kappa[upper], factor)
    end = 2 * h[1] * h[2] / h[0]
    g_top = end * kappa[0] * (1 if top is None else top)
    g_bottom = end * kappa[-1] * (1 if bottom is None else bottom)
    diagonal[number[0].ravel()] += g_top.ravel()
    diagonal[number[-1].ravel()] += g_bottom.ravel()
    rhs[number[0].ravel()] = g_top.ravel()
    diagonal[diagonal == 0] = 1
    rows.append(number.ravel()), columns.append(number.ravel()), values.append(diagonal)
    A = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))).tocsr()
    phi = spsolve(A, rhs).reshape(n)
    return 1 / (g_top * (1 - phi[0])).sum(), phi


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
        ({"kappa_S_per_m": "no"}, "not conductivities"),
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
