"""What the tests of this room share."""

from collections.abc import Callable

import numpy as np
import pytest
from eis_spectra import FREQUENCY_HZ, arcs, noisy, random_arcs

from natron.data import Spectrum


@pytest.fixture
def two_arcs() -> Callable[[int], tuple[Spectrum, np.ndarray]]:
    """A two-arc spectrum and its true parameters, by seed."""

    def make(seed: int) -> tuple[Spectrum, np.ndarray]:
        rng = np.random.default_rng(seed)
        truth = random_arcs(rng, 2, (10, 100))
        return noisy(arcs(truth, FREQUENCY_HZ, 2), rng), truth

    return make
