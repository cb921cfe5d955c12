"""Is the circuit that made a spectrum the one that is chosen, and is doubt said where there is any?

Spectra are made by formulas of this folder; the selection sees frequencies and impedances alone.
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from eis_spectra import FREQUENCY_HZ, arcs, noisy, random_arcs
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis import CircuitError, parse_circuit
from natron.eis.choice.candidates import structure_p
from natron.eis.choice.selection import Selection, select_circuit
from real_files import real

F = FREQUENCY_HZ
S = 2j * np.pi * F


@dataclass(frozen=True)
class Kind:
    circuit: str
    arcs: int
    tail: str = ""
    inductance: bool = False


KINDS = [
    Kind("R0", 0),
    Kind("R0-p(R1,CPE1)", 1),
    Kind("R0-p(R1,CPE1)-p(R2,CPE2)", 2),
    Kind("R0-CPE1", 0, "CPE"),
    Kind("R0-p(R1,CPE1)-CPE2", 1, "CPE"),
    Kind("R0-p(R1,CPE1)-p(R2,CPE2)-CPE3", 2, "CPE"),
    Kind("R0-p(R1,CPE1)-W2", 1, "W"),
    Kind("R0-p(R1,CPE1)-p(R2,CPE2)-W3", 2, "W"),
    Kind("R0-p(R1,CPE1)-Wo2", 1, "Wo"),
    Kind("R0-p(R1,CPE1)-Ws2", 1, "Ws"),
    Kind("L0-R0-p(R1,CPE1)", 1, "", True),
    Kind("L0-R0-p(R1,CPE1)-p(R2,CPE2)-CPE3", 2, "CPE", True),
]
THREE = [Kind("R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)", 3), Kind("R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4", 3, "CPE")]


def make(kind: Kind, rng: np.random.Generator) -> np.ndarray:
    truth = random_arcs(rng, kind.arcs, (10, 30 if kind.arcs > 2 else 60))
    z = arcs(truth, F, kind.arcs)
    size, knee = rng.uniform(20, 100), 2 * np.pi * 10 ** rng.uniform(0.5, 1.5)
    x = np.sqrt(S / knee)
    tails = {"CPE": (S / knee) ** -rng.uniform(0.6, 0.95), "W": 1 / x, "Wo": 1 / (x * np.tanh(x)), "Ws": np.tanh(x) / x}
    z = z + size * tails[kind.tail] if kind.tail else z
    return z + S * 10 ** rng.uniform(-6.5, -5.5) if kind.inductance else z


def judged(kind: Kind, z: np.ndarray, found: Selection) -> tuple[bool, bool, bool]:
    """Whether the truth was chosen; or named beside one no larger that fits as well; whether arcs are too many."""
    right = found.circuit.text == kind.circuit
    truth = parse_circuit(kind.circuit)
    measured = found.result.spectrum.impedance_ohm
    within = found.result.chi2 <= (np.abs((z - measured) / measured) ** 2).sum()
    simpler = len(found.circuit.parameter_names) <= len(truth.parameter_names) and within
    named = found.ambiguous and any(rival.circuit.text == kind.circuit for rival in found.rivals)
    return right, right or (simpler and named), found.chosen.arcs > kind.arcs


def prove(kind: Kind, count: int, seed: int) -> np.ndarray:
    """Shares of right, right or named, too many arcs."""
    rng = np.random.default_rng([seed, kind.arcs, len(kind.circuit)])
    results = []
    for _ in range(count):
        z = make(kind, rng)
        results.append(judged(kind, z, select_circuit(noisy(z, rng))))
    return np.mean(results, axis=0)


def two(seed: int = 5, noise: float = 0.005) -> Spectrum:
    rng = np.random.default_rng(seed)
    return noisy(arcs(random_arcs(rng, 2, (30, 60)), F, 2), rng, noise)


def test_the_truth_is_chosen_a_small_sample() -> None:
    shares = np.mean([prove(kind, 5, seed=3) for kind in KINDS], axis=0)
    assert shares[1] >= 0.9
    assert shares[2] <= 0.05


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS + THREE, ids=lambda kind: kind.circuit)
def test_the_truth_is_chosen(kind: Kind) -> None:
    right, named, more = prove(kind, 100, seed=7)
    # diffusion and arcs imitate one another; with three arcs a few are seen as two and diffusion
    assert named >= (0.85 if kind in THREE else 0.9)
    assert right >= 0.8
    assert more <= 0.05


@pytest.mark.parametrize("seed", range(8))
def test_a_resistor_with_noise_is_a_resistor(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = select_circuit(noisy(np.full(60, 47.0 + 0j), rng))
    assert found.circuit.text == "R0"
    assert found.status == "accepted"
    assert found.result.values["R0"] == pytest.approx(47, rel=0.01)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.circuit)
def test_exact_data_give_no_more_than_the_truth(kind: Kind) -> None:
    z = make(kind, np.random.default_rng(11))
    found = select_circuit(Spectrum(F, z))
    assert found.circuit.text == kind.circuit
    assert found.status != "structured"


def test_evidence_is_the_stated_formula() -> None:
    found = select_circuit(two(), accuracy=0)
    for c in found.candidates:
        N, k = 120, len(c.circuit.parameter_names) + 1
        fit_term = N * math.log(c.result.chi2 / N)
        assert c.bic == pytest.approx(fit_term + k * math.log(N))
        assert c.aicc == pytest.approx(fit_term + 2 * k + 2 * k * (k + 1) / (N - k - 1))
        assert c.delta == pytest.approx(c.bic - found.chosen.bic)
    ratio = found.candidates[1].akaike_weight / found.chosen.akaike_weight
    assert ratio == pytest.approx(math.exp(-found.candidates[1].delta / 2))
    assert sum(c.akaike_weight for c in found.candidates) == pytest.approx(1)
    assert len({c.circuit for c in found.candidates}) == len(found.candidates)
    assert found.candidates == (found.chosen, *found.runners_up)


def test_the_reasons_name_the_choice_and_what_was_passed_over() -> None:
    found = select_circuit(two())
    said = " ".join(found.reasons)
    assert "R0-p(R1,CPE1)-p(R2,CPE2): series resistance, 2 arcs R‖CPE" in said
    assert "with fewer arcs, the best is" in said
    assert "with more arcs, the best is" in said
    assert "look like noise" in said
    assert found.chosen.noise_like
    assert all(not c.noise_like for c in found.runners_up if c.arcs == 1 and not c.circuit.text.endswith("Ws2"))


@pytest.mark.parametrize("scale", [1e-4, 1e5])
def test_neither_the_scale_nor_the_order_changes_the_choice(scale: float) -> None:
    for seed in range(3):
        s = two(seed)
        scaled = Spectrum(F[::-1], scale * s.impedance_ohm[::-1])
        shifted = Spectrum(0.1 * F, s.impedance_ohm)
        assert select_circuit(scaled).circuit == select_circuit(shifted).circuit == select_circuit(s).circuit


def test_the_same_spectrum_gives_the_same_selection() -> None:
    one, other = select_circuit(two()), select_circuit(two())
    assert [c.circuit for c in one.candidates] == [c.circuit for c in other.candidates]
    assert one.reasons == other.reasons


@pytest.mark.parametrize("seed", range(4))
def test_more_noise_never_shows_more_arcs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = arcs(random_arcs(rng, 2, (15, 40)), F, 2)
    noise = rng.normal(size=60) + 1j * rng.normal(size=60)
    found = [select_circuit(Spectrum(F, z * (1 + sd * noise))).chosen.arcs for sd in (0.002, 0.02, 0.1, 0.4)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 2


def test_aicc_takes_no_smaller_circuit_than_bic() -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        s = noisy(arcs(random_arcs(rng, 2, (4, 9)), F, 2), rng, 0.01)
        bic, aicc = select_circuit(s), select_circuit(s, criterion="aicc")
        assert len(aicc.circuit.parameter_names) >= len(bic.circuit.parameter_names)
        assert aicc.criterion == "aicc"


def test_arcs_that_the_noise_hides_are_not_found() -> None:
    # two arcs a factor of two apart: one depressed arc is nearly the same
    rng = np.random.default_rng(2)
    z = 10 + 50 / (1 + (S * 1e-4) ** 0.9) + 50 / (1 + (S * 2e-4) ** 0.9)
    assert [select_circuit(noisy(z, rng, 0.05)).chosen.arcs for _ in range(8)] == [1] * 8


def test_a_circuit_that_fits_as_well_is_a_rival_and_the_result_says_so() -> None:
    # a third arc or finite-length diffusion in its place: seen as either
    rng = np.random.default_rng(5)
    ambiguous = []
    for _ in range(12):
        found = select_circuit(noisy(arcs(random_arcs(rng, 3, (10, 20)), F, 3), rng))
        if found.ambiguous:
            ambiguous.append(found)
    assert ambiguous
    for found in ambiguous:
        assert any("ambiguous" in warning for warning in found.result.warnings)
        assert any(reason.startswith("ambiguous with") for reason in found.reasons)
        assert set(found.rivals) <= set(found.runners_up)


def test_a_cpe_of_one_half_is_no_rival_of_a_warburg() -> None:
    rng = np.random.default_rng(1)
    z = 10 + 40 / (1 + (S * 1e-5) ** 0.9) + 30 * (S / (2 * np.pi * 10)) ** -0.5
    found = select_circuit(noisy(z, rng))
    assert found.circuit.text == "R0-p(R1,CPE1)-W2"
    assert "R0-p(R1,CPE1)-CPE2" in {c.circuit.text for c in found.runners_up}
    assert not found.ambiguous


def test_structure_sees_waves_and_not_noise() -> None:
    rng = np.random.default_rng(0)
    noise = [structure_p(rng.normal(size=60) + 1j * rng.normal(size=60)) for _ in range(1000)]
    assert 0.001 <= np.mean(np.array(noise) < 0.01) <= 0.02
    wave = np.exp(2j * np.pi * np.arange(60) / 15)
    assert structure_p(wave + 0.5 * (rng.normal(size=60) + 1j * rng.normal(size=60))) < 1e-4
    assert structure_p(np.ones(60) + 1j) < 1e-10
    assert structure_p((-1.0) ** np.arange(60) + 0j) > 0.5
    assert structure_p(wave[:7]) == 1.0
    assert structure_p(np.zeros(60, dtype=complex)) == 1.0


def test_what_no_candidate_describes_is_called_structured() -> None:
    ripple = 1 + 0.03 * np.sin(np.arange(60) / 2)
    found = select_circuit(Spectrum(F, ripple * (10 + 40 / (1 + (S * 1e-3) ** 0.9))), max_arcs=2)
    assert found.status == "structured"
    assert not found.chosen.noise_like
    assert any("like noise" in warning for warning in found.result.warnings)
    assert any("count as independent" in reason for reason in found.reasons)


def test_an_undetermined_series_resistance_is_left_out() -> None:
    z = 1e5 / (1 + (S * 1e-2) ** 0.9)
    found = select_circuit(noisy(z, np.random.default_rng(3)))
    assert found.circuit.text == "p(R1,CPE1)"
    assert "series resistance" not in found.chosen.words


def test_an_arc_outside_the_window_counts_against_its_candidate() -> None:
    z = 5 + 50 / (1 + (S * 1e-8) ** 0.95) + 40 / (1 + (S * 1e-3) ** 0.9)
    found = select_circuit(noisy(z, np.random.default_rng(4)))
    outside = [c for c in found.candidates if any("outside window" in fault for fault in c.faults)]
    assert outside
    assert all(c.score("bic") > c.bic for c in outside)


def test_candidates_can_be_given() -> None:
    given_ = ["R0-p(R1,CPE1)", parse_circuit("R0-ZARC1-ZARC2"), "R0-p(R1,C1)-p(R2,C2)", "R0-p(R1,CPE1)"]
    found = select_circuit(two(), given_)
    assert found.circuit.text == "R0-ZARC1-ZARC2"
    assert found.chosen.arcs == 2
    assert found.fits == len(found.candidates) == 3
    only = select_circuit(two(), ["R0"])
    assert only.status == "structured"
    assert only.runners_up == ()


def test_weights_are_passed_on() -> None:
    s = two()
    known = Spectrum(F, s.impedance_ohm, noise_ohm=0.005 * np.abs(s.impedance_ohm))
    for weight in ("modulus", "proportional", "measured"):
        found = select_circuit(known, weight=weight)
        assert found.result.weight == weight
        assert found.chosen.arcs == 2
    assert select_circuit(s, weight="unit").result.weight == "unit"


def test_numpy_and_numba_choose_the_same() -> None:
    pytest.importorskip("numba")
    texts = ["R0", "R0-p(R1,CPE1)", "R0-p(R1,CPE1)-CPE2", "R0-p(R1,CPE1)-p(R2,CPE2)"]
    one, other = (select_circuit(two(), texts, engine=engine) for engine in ("numba", "numpy"))
    assert [c.circuit for c in one.candidates] == [c.circuit for c in other.candidates]
    assert one.chosen.bic == pytest.approx(other.chosen.bic, abs=1e-3)


def test_a_long_spectrum_is_searched_on_a_part_and_fitted_to_all() -> None:
    f = np.logspace(6, 0, 1500)
    z = 10 + 40 / (1 + (2j * np.pi * f * 1e-5) ** 0.9) + 60 / (1 + (2j * np.pi * f * 1e-3) ** 0.85)
    rng = np.random.default_rng(0)
    s = Spectrum(f, z * (1 + 0.005 * (rng.normal(size=1500) + 1j * rng.normal(size=1500))))
    found = select_circuit(s)
    assert found.circuit.text == "R0-p(R1,CPE1)-p(R2,CPE2)"
    assert len(found.result.spectrum) == 1500
    assert found.result.spectrum is s
    assert any("every 8th of 1500 points" in reason for reason in found.reasons)


@pytest.mark.parametrize("points", [5, 6, 8, 12])
def test_few_points_give_a_small_circuit(points: int) -> None:
    f = np.logspace(5, 1, points)
    z = 10 + 50 / (1 + 2j * np.pi * f * 1e-4)
    found = select_circuit(Spectrum(f, z))
    assert len(found.circuit.parameter_names) < 2 * points - 2
    assert math.isfinite(found.chosen.bic)


@pytest.mark.parametrize("points", [1, 2, 4])
def test_too_few_points_are_refused(points: int) -> None:
    with pytest.raises(DataError, match="too few points to choose"):
        select_circuit(Spectrum(F[:points], np.ones(points) - 1j))
    with pytest.raises(DataError, match="too few points"):
        select_circuit(two().where(F > 6e5), ["R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"criterion": "bik"}, InputError, 'Did you mean "bic"'),
        ({"max_arcs": 7}, InputError, "0 to 6"),
        ({"max_arcs": True}, InputError, "0 to 6"),
        ({"ambiguous_within": -1.0}, InputError, "zero or more"),
        ({"ambiguous_within": float("nan")}, InputError, "zero or more"),
        ({"accuracy": 1.0}, InputError, "0 to 0.1"),
        ({"weight": "modulos"}, InputError, 'Did you mean "modulus"'),
        ({"weight": "measured"}, DataError, "no noise"),
        ({"starts": 0}, InputError, "starts"),
        ({"candidates": []}, InputError, "or none"),
        ({"candidates": "R0"}, InputError, r'Write \["R0"\]'),
        ({"candidates": ["R0-X1"]}, CircuitError, "unknown element"),
        ({"candidates": [f"R{i}" for i in range(65)]}, InputError, "1 to 64"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        select_circuit(two(), **arguments)


HOSTILE = {
    "constant": np.full(60, 7.0 + 0j),
    "pure capacitor": -1j / F,
    "pure inductor": 1j * F * 1e-3,
    "negative resistance": np.full(60, -5.0 + 0j),
    "spike": np.where(np.arange(60) == 30, 1e12, 1.0) + 0j,
    "tiny": np.full(60, 1e-12 - 1e-13j),
    "noise alone": np.exp(np.random.default_rng(0).normal(size=60) + 1j * np.random.default_rng(1).normal(size=60)),
}


@pytest.mark.parametrize("data", HOSTILE)
def test_hostile_data_give_a_selection_or_a_clear_error(data: str) -> None:
    try:
        found = select_circuit(Spectrum(F, HOSTILE[data]), max_arcs=2)
    except DataError:
        return
    assert math.isfinite(found.chosen.bic)
    assert all(0 <= c.akaike_weight <= 1 for c in found.candidates)
    assert found.status in ("accepted", "flagged", "structured")
    assert found.reasons


def test_an_impedance_of_zero_is_refused() -> None:
    with pytest.raises(DataError, match="impedance of zero"):
        select_circuit(Spectrum(F, np.where(np.arange(60) == 3, 0, 1.0)))


@settings(max_examples=15)
@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=5, max_size=15))
def test_any_few_points_give_a_selection_or_a_clear_error(points: list[tuple[float, float]]) -> None:
    z = np.array([complex(*p) for p in points])
    try:
        found = select_circuit(Spectrum(np.logspace(5, 1, len(z)), z), max_arcs=1)
    except DataError:
        return
    assert found.result.status
    assert sum(c.akaike_weight for c in found.candidates) == pytest.approx(1)


def test_one_arc_alone_is_never_doubted_away() -> None:
    # one arc without a resistance beside it: nothing would be left without the arc
    found = select_circuit(Spectrum(np.logspace(5, 1, 5), np.array([1j, 1j, 1j, -1j, 4j])), max_arcs=1)
    assert found.result.status


def test_a_real_arc_is_one_arc() -> None:
    pytest.importorskip("polars")
    from natron.io import read_spectra

    path = real("eis-vendors/EIS_data_text_files_zarc_data.txt")
    found = select_circuit(read_spectra(path)[0])
    assert found.circuit.text == "R0-p(R1,CPE1)"
    assert found.status == "accepted"


def test_fit_takes_auto() -> None:
    import numpy as np

    from natron.core import InputError
    from natron.data import Spectrum
    from natron.eis import fit, parse_circuit

    f = np.geomspace(1e6, 1, 61)
    rng = np.random.default_rng(4)
    z = parse_circuit("R0-p(R1,CPE1)").impedance([10.0, 50.0, 1e-6, 0.9], f)
    z = z + 0.005 * np.abs(z) * (rng.normal(size=61) + 1j * rng.normal(size=61))
    result = fit(Spectrum(f, z), "auto")
    assert str(result.circuit) == "R0-p(R1,CPE1)"
    assert abs(result.parameters["R1"].value - 50) < 4 * result.parameters["R1"].uncertainty
    assert str(fit(Spectrum(f, z), "auto", robust=True).circuit) == "R0-p(R1,CPE1)"
    with pytest.raises(InputError, match="auto"):
        fit(Spectrum(f, z), "auto", fixed={"R0": 1.0})
