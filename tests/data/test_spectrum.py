import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core import NatronError
from natron.data import DataError, Provenance, Spectrum


def spectrum(**more: object) -> Spectrum:
    return Spectrum([1.0, 100.0, 10.0], [9 - 1j, 5 - 2j, 7 - 3j], **more)  # type: ignore[arg-type]


def test_points_are_sorted_by_falling_frequency_and_kept_together() -> None:
    s = spectrum(noise_ohm=[0.1, 0.2, 0.3])
    assert s.frequency_Hz.tolist() == [100.0, 10.0, 1.0]
    assert s.impedance_ohm.tolist() == [5 - 2j, 7 - 3j, 9 - 1j]
    assert s.noise_ohm is not None
    assert s.noise_ohm.tolist() == [0.2 + 0.2j, 0.3 + 0.3j, 0.1 + 0.1j]
    assert len(s) == 3


def test_arrays_are_locked_copies() -> None:
    frequency = np.array([10.0, 1.0])
    s = Spectrum(frequency, [1.0, 2.0])
    frequency[0] = 5.0
    assert s.frequency_Hz[0] == 10.0
    assert frequency.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        s.impedance_ohm[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        s.area_m2 = 1.0  # type: ignore[misc]


def test_where_remembers_what_it_removed_and_keeps_the_rest() -> None:
    s = spectrum(area_m2=5e-5, temperature_K=303.15, cycle=7, provenance=Provenance(file="a.mpt"))
    once = s.where(s.frequency_Hz > 5)
    twice = once.where([True, False])
    assert once.removed_frequency_Hz.tolist() == [1.0]
    assert twice.frequency_Hz.tolist() == [100.0]
    assert twice.removed_frequency_Hz.tolist() == [10.0, 1.0]
    assert twice.removed_impedance_ohm.tolist() == [7 - 3j, 9 - 1j]
    assert (twice.area_m2, twice.temperature_K, twice.cycle) == (5e-5, 303.15, 7)
    assert twice.provenance.file == "a.mpt"
    assert len(s) == 3


@pytest.mark.parametrize("keep", [[True], [1, 0, 1], [[True, True, True]], "yes"])
def test_where_refuses_a_mask_that_does_not_fit(keep: object) -> None:
    with pytest.raises(DataError, match="3 booleans"):
        spectrum().where(keep)  # type: ignore[arg-type]


def test_where_refuses_to_remove_everything() -> None:
    with pytest.raises(DataError, match="no point would be left"):
        spectrum().where([False, False, False])


@pytest.mark.parametrize(
    ("frequency", "impedance", "message"),
    [
        ([], [], "no points"),
        ([1.0, 2.0], [1.0], "do not pair up"),
        ([[1.0]], [[1.0]], "do not pair up"),
        ([1.0, np.nan], [1.0, 1.0], "frequency is not a finite number"),
        ([1.0, 2.0], [1.0, complex(0, np.inf)], "at point 2 of 2"),
        ([0.0, 1.0], [1.0, 1.0], "not positive"),
        ([-5.0], [1.0], "not positive"),
        ([1.0, 2.0, 1.0], [1.0, 1.0, 2.0], "stands more than once"),
        (["a"], [1.0], "needs numbers"),
        ([None], [1.0], "finite"),
    ],
)
def test_broken_points_are_refused(frequency: list[float], impedance: list[complex], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        Spectrum(frequency, impedance)
    assert isinstance(caught.value, NatronError)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "condition",
    [
        {"area_m2": 0.0},
        {"area_m2": -1.0},
        {"thickness_m": float("nan")},
        {"temperature_K": 0.0},
        {"temperature_K": float("inf")},
        {"pressure_Pa": -1.0},
        {"cycle": 1.5},
        {"noise_ohm": [1.0, 0.0, 1.0]},
        {"noise_ohm": [1.0]},
    ],
)
def test_impossible_conditions_are_refused(condition: dict[str, object]) -> None:
    with pytest.raises(DataError):
        spectrum(**condition)


def test_digest_depends_on_the_numbers_alone() -> None:
    assert spectrum().digest == spectrum(area_m2=1.0).digest
    assert spectrum().digest != Spectrum([1.0], [1.0]).digest


def test_a_spectrum_travels_between_processes() -> None:
    s = pickle.loads(pickle.dumps(spectrum(area_m2=1e-4)))
    assert s.frequency_Hz.tolist() == [100.0, 10.0, 1.0]
    assert s.area_m2 == 1e-4


@given(st.lists(st.tuples(st.floats(), st.complex_numbers()), max_size=6))
def test_any_points_give_a_spectrum_or_a_clear_error(points: list[tuple[float, complex]]) -> None:
    try:
        s = Spectrum([f for f, _ in points], [z for _, z in points])
    except DataError:
        return
    assert (np.diff(s.frequency_Hz) < 0).all()
    assert np.isfinite(s.impedance_ohm).all()
