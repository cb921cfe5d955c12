"""Bodies as the command line makes them, the shipped table, and files in and out."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from uncertainties import ufloat

from natron.constriction import (
    NotConvergedError,
    assess,
    constriction_table,
    impedance,
    make_body,
    solve,
    spectrum,
    spreading,
    sweep,
)
from natron.constriction.table import table
from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.interface import interface_resistance_ohm_m2
from natron.io.images import read_image
from natron.io.vtk import vtk_image


def test_the_table_has_the_closed_form_of_stripes_within_its_errors():
    rows = [row for row in table() if row.pattern == "stripes" and row.scale_over_thickness == 1]
    assert len(rows) > 5
    for row in rows:
        exact = -math.log(math.sin(math.pi * row.contact_share / 2)) / math.pi
        assert row.resistance == pytest.approx(exact, abs=max(row.error, 1e-4))


def test_the_table_of_discs_is_near_that_of_tubes():
    # a square cell is no tube: 2 % at a contact that is small in it; Bessel-Galerkin values
    for epsilon, psi in ((0.2, 0.720850), (0.3162, 0.565270)):
        exact = math.pi / 4 * psi / epsilon
        assert constriction_table("disc")(epsilon**2) == pytest.approx(exact, rel=0.02)


def test_the_table_falls_with_contact_and_with_thinness():
    for name in {row.pattern for row in table()}:
        thick = constriction_table(name)
        shares = np.linspace(0.07, 0.77, 30)
        values = thick(shares)
        assert (np.diff(values) < 0).all()
        thin = constriction_table(name, 2.0)(shares)
        assert (thin < values * 1.001).all()


def test_a_body_between_entries_agrees_with_the_table():
    found = assess(make_body((64, 64, 64), 1e-6, 0.16, contact_share=(12 / 32) ** 2, contact_pattern="square"))
    value = spreading("square", (12 / 32) ** 2)
    assert found.constriction_ohm_m2 * 0.16 / 64e-6 == pytest.approx(value.resistance, rel=0.01)


def test_the_table_serves_interface_resistances_and_carries_uncertainty():
    law = constriction_table("disc")
    whole = interface_resistance_ohm_m2(0.1, 1e-4, 0.16, 1e-5, constriction=law)
    assert whole == pytest.approx(1e-3 + law(0.1) * 1e-5 / 0.16)
    spread = law(ufloat(0.3, 0.01))
    assert spread.std_dev == pytest.approx(abs(law(0.305) - law(0.295)), rel=0.02)


@pytest.mark.parametrize(("name", "share", "ratio"), [("dics", 0.1, 0), ("disc", 0.9, 0), ("square", 0.1, 99)])
def test_the_table_is_not_drawn_on_beyond_its_ends(name, share, ratio):
    with pytest.raises(InputError):
        spreading(name, share, ratio)


def test_the_error_estimate_covers_what_a_cut_edge_costs():
    # a stripe whose edges cut voxels, against its closed form
    body = make_body((64, 64, 64), 1.0, 1.0, contact_share=0.1, contact_pattern="stripes")
    body = assess(body)
    exact = -math.log(math.sin(math.pi * 0.05)) / math.pi * 64
    error = body.error_estimate_ohm * body.body.area_m2
    assert abs(body.constriction_ohm_m2 - exact) < error < 0.1 * exact


def test_interfaces_and_bulk_are_no_constriction():
    body = assess(make_body((8, 8, 8), 1e-6, 0.16, interface_ohm_m2=1e-4))
    assert body.constriction_ohm_m2 == 0
    assert body.area_specific_resistance_ohm_m2 == pytest.approx(8e-6 / 0.16 + 2e-4, rel=1e-6)
    # spread over much contact by a large interface resistance, the current finds little constriction
    part = assess(
        make_body((16, 16, 16), 1e-6, 0.16, contact_share=0.25, contact_pattern="square", interface_ohm_m2=1.0)
    )
    assert part.area_specific_resistance_ohm_m2 == pytest.approx(5 + 1e-4, rel=1e-3)


def test_spectrum_is_a_spectrum_and_raises_where_it_is_not_to_be_trusted(monkeypatch):
    found = spectrum(lambda w: np.full((4, 4, 4), 0.16 + 1j * w * 1e-10), [1e6, 1e3], 1e-6)
    assert isinstance(found, Spectrum)
    rough = np.where(np.random.default_rng(1).random((16, 16, 16)) < 0.5, 1e-3, 1.0)
    monkeypatch.setattr(impedance, "solve", partial(solve, max_iterations=1))
    with pytest.raises(NotConvergedError, match="iterations"):
        spectrum(lambda w: rough + 0j, [1.0], 1e-6)


def test_each_frequency_stands_once_and_a_wide_gap_is_not_drawn_on_over():
    for wrong in ([1, 1, 2], "a", [np.nan]):
        with pytest.raises(InputError, match="frequenc"):
            sweep(lambda w: np.full((2, 2, 2), 1 + 1j * w), wrong)
    pores = np.random.default_rng(1).random((8, 8, 8)) < 0.2
    found = sweep(lambda w: np.where(pores, 1e-9j * w, 0.16 + 1e-9j * w), [1e6, 0.999999e6, 1.0], 1e-6)
    assert found.status == "converged"
    assert max(found.iterations) < 30


def test_vtk_holds_the_values_with_the_first_axis_fastest(tmp_path):
    values = np.arange(24.0).reshape(2, 3, 4)
    content = vtk_image({"potential": values}, (1e-6, 2e-6, 3e-6), "a title")
    header, _, data = content.partition(b"LOOKUP_TABLE default\n")
    assert b"DIMENSIONS 3 4 5" in header
    assert b"CELL_DATA 24" in header
    assert np.frombuffer(data[: 4 * 24], ">f4").reshape(4, 3, 2).T.tolist() == values.tolist()


def test_images_are_read_and_what_is_none_is_refused(tmp_path):
    image = np.random.default_rng(1).integers(0, 255, (3, 4, 5)).astype(np.uint8)
    np.save(tmp_path / "a.npy", image)
    assert (read_image(tmp_path / "a.npy") == image).all()
    pillow = pytest.importorskip("PIL.Image")
    pages = [pillow.fromarray(plane) for plane in image]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert (read_image(tmp_path / "a.tif") == image).all()
    for name in ("no.npy", "no.tif"):
        (tmp_path / name).write_bytes(b"this is no image")
        with pytest.raises(DataError, match="this is not a"):
            read_image(tmp_path / name)
    with pytest.raises(DataError, match="no such file"):
        read_image(tmp_path / "missing.npy")
    np.save(tmp_path / "flat.npy", image[0])
    with pytest.raises(DataError, match="block"):
        read_image(tmp_path / "flat.npy")


def test_images_that_would_mislead_or_are_damaged_are_refused(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    grey = np.random.default_rng(1).integers(0, 2**16, (4, 6, 6)).astype(np.uint16)
    pages = [pillow.fromarray(plane) for plane in grey]
    narrow = pillow.fromarray((grey[0] >> 8).astype(np.uint8))

    def write(name, first, *rest):
        first.save(tmp_path / name, save_all=True, append_images=rest)
        return tmp_path / name

    whole = write("deep.tif", *pages)
    assert (read_image(whole) == grey).all()
    for share in (0.1, 0.5, 0.9):
        (tmp_path / "cut.tif").write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
        with pytest.raises(DataError, match="damaged"):
            read_image(tmp_path / "cut.tif")
    of_two_sizes = write("sizes.tif", pages[0], pages[1].crop((0, 0, 3, 3)))
    of_two_depths = write("depths.tif", pages[0], narrow)
    palette, coloured = write("palette.tif", narrow.convert("P")), write("colours.tif", narrow.convert("RGB"))
    for path in (of_two_sizes, of_two_depths, palette, coloured):
        with pytest.raises(DataError, match="grey planes of one size and depth"):
            read_image(path)
    np.savez(tmp_path / "several.npz", grey)
    (tmp_path / "several.npy").write_bytes((tmp_path / "several.npz").read_bytes())
    np.save(tmp_path / "pickled.npy", np.array([[[{}]]]))
    for name in ("several.npy", "pickled.npy"):
        with pytest.raises(DataError, match=r"not a \.npy"):
            read_image(tmp_path / name)
    np.save(tmp_path / "empty.npy", np.zeros((0, 3, 3)))
    with pytest.raises(DataError, match="block"):
        read_image(tmp_path / "empty.npy")


def test_two_grids_of_a_body_of_layers_under_a_stripe_cover_the_truth():
    # a layer of another conductivity below a stripe: drawn on from far finer voxels
    def body(n):
        sigma = np.where(np.arange(n)[:, None, None] < n // 2, 1.0, 4.0) * np.ones((n, n, n // 8))
        stripe = np.repeat((np.abs(np.arange(n) + 0.5 - n / 2) < n / 8).astype(float)[:, None], n // 8, axis=1)
        return make_body((n, n, n // 8), 1 / n, sigma), stripe

    def assessed(n):
        given, stripe = body(n)
        return assess(replace(given, contact_top=stripe))

    coarse, fine = assessed(16), assessed(64)
    truth = fine.resistance_ohm * fine.body.area_m2
    found, error = (x * coarse.body.area_m2 for x in (coarse.resistance_ohm, coarse.error_estimate_ohm))
    assert abs(found - truth) < error < 0.05 * truth
    # drawing on does better than the grid alone
    assert abs(found - truth) < 0.3 * abs(float(coarse.solution.resistance_ohm) * coarse.body.area_m2 - truth)


def test_the_error_of_random_media_is_estimated_or_said_to_be_missing():
    body = make_body((12, 12, 12), 1e-6, 0.16, porosity=0.2, pore_diameter_m=4e-6)
    both = assess(body)
    assert both.error_estimate_ohm > 0
    assert both.error_reason == ""
    alone = assess(body, finer_up_to=100)
    assert alone.error_estimate_ohm is None
    assert "one grid" in alone.error_reason
    # the same body on finer voxels, solved by itself
    fine = solve(body.finer().conductivity_S_m, 0.5e-6, periodic=True).resistance_ohm
    assert both.resistance_ohm == pytest.approx(2 * fine - alone.resistance_ohm, rel=1e-6)


def test_cutting_voxels_keeps_layers_exact():
    sigma = np.repeat([1.0, 10.0, 3.0, 5.0], 4)[:, None, None] * np.ones((16, 4, 4))
    found = assess(make_body((16, 4, 4), 1.0, sigma))
    assert found.area_specific_resistance_ohm_m2 == pytest.approx((4 / np.array([1, 10, 3, 5])).sum(), rel=1e-6)
    assert found.error_estimate_ohm == pytest.approx(0, abs=1e-6)
