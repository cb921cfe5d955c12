import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.eis import Circuit, CircuitError, Element, Parameter, known_elements, parse_circuit, register

F = np.logspace(6, -1, 29)
S = 2j * np.pi * F


def test_names_follow_the_order_they_are_written_in() -> None:
    c = parse_circuit(" R0 - p(R1, CPE1)-p(R2-W1,C2) ")
    assert c.text == "R0-p(R1,CPE1)-p(R2-W1,C2)"
    assert c.parameter_names == ("R0", "R1", "CPE1_Q", "CPE1_n", "R2", "W1", "C2")
    assert [p.unit for p in c.parameters] == ["ohm", "ohm", "ohm^-1.s^n", "1", "ohm", "ohm.s^-1/2", "F"]


def test_series_and_parallel_by_hand() -> None:
    z = parse_circuit("R0-p(R1,C1-L1)").impedance({"R0": 2.0, "R1": 10.0, "C1": 1e-3, "L1": 1e-4}, F)
    branch = 1 / (1e-3 * S) + 1e-4 * S
    np.testing.assert_allclose(z, 2 + 10 * branch / (10 + branch), rtol=1e-13)


BY_HAND = {
    "R1": ([7.0], lambda s: 7.0 + 0 * s),
    "C1": ([1e-3], lambda s: 1 / (1e-3 * s)),
    "L1": ([1e-3], lambda s: 1e-3 * s),
    "CPE1": ([1e-3, 0.8], lambda s: 1 / (1e-3 * s**0.8)),
    "W1": ([3.0], lambda s: 3 * (1 - 1j) / np.sqrt(s.imag)),
    "Wo1": ([3.0, 0.1], lambda s: 3 / (np.sqrt(s * 0.1) * np.tanh(np.sqrt(s * 0.1)))),
    "Ws1": ([3.0, 0.1], lambda s: 3 * np.tanh(np.sqrt(s * 0.1)) / np.sqrt(s * 0.1)),
    "FSD1": ([3.0, 0.1, 0.8], lambda s: 3 / ((s * 0.1) ** 0.4 * np.tanh((s * 0.1) ** 0.4))),
    "G1": ([3.0, 0.1], lambda s: 3 / np.sqrt(1 + 0.1 * s)),
    "ZARC1": ([3.0, 0.1, 0.8], lambda s: 3 / (1 + (0.1 * s) ** 0.8)),
    "TLMQ1": ([3.0, 0.01, 0.8], lambda s: np.sqrt(3 / (0.01 * s**0.8)) / np.tanh(np.sqrt(3 * 0.01 * s**0.8))),
    "TLM1": (
        [3.0, 5.0, 0.01, 0.8],
        lambda s: np.sqrt(3 / (0.2 + 0.01 * s**0.8)) / np.tanh(np.sqrt(3 * (0.2 + 0.01 * s**0.8))),
    ),
}


@pytest.mark.parametrize("text", BY_HAND)
def test_each_element_has_its_textbook_impedance(text: str) -> None:
    values, expected = BY_HAND[text]
    low = S[S.imag < 1e5]  # tanh itself overflows above
    np.testing.assert_allclose(parse_circuit(text).impedance(values, low.imag / 2 / np.pi), expected(low), rtol=1e-10)


def test_every_built_in_element_is_compared_with_the_textbook() -> None:
    assert {t.rstrip("1") for t in BY_HAND} == {e for e in known_elements() if not e.startswith("Test")}


@pytest.mark.parametrize("limit", ["Wo1", "FSD1", "TLMQ1"])
def test_blocked_elements_reach_r_over_3_in_series_with_a_capacitor(limit: str) -> None:
    values = {"Wo1": [6.0, 1.0], "FSD1": [6.0, 1.0, 1.0], "TLMQ1": [6.0, 1 / 6, 1.0]}[limit]
    z = parse_circuit(limit).impedance(values, [1e-4])[0]
    assert z.real == pytest.approx(2.0, rel=1e-4)
    assert z.imag == pytest.approx(-6 / (2 * np.pi * 1e-4), rel=1e-4)


def test_zarc_is_r_beside_cpe() -> None:
    z = parse_circuit("ZARC1").impedance([5.0, 1e-3, 0.85], F)
    same = parse_circuit("p(R1,CPE1)").impedance([5.0, 1e-3**0.85 / 5, 0.85], F)
    np.testing.assert_allclose(z, same, rtol=1e-12)


def test_derivative_of_a_nested_circuit_agrees_with_differences() -> None:
    c = parse_circuit("L0-R0-p(R1-p(Wo1,CPE2),C1)-TLM1")
    p = np.array([1e-6, 3.0, 20.0, 30.0, 0.1, 1e-4, 0.8, 1e-7, 9.0, 4.0, 1e-3, 0.9])
    _, slope = c.with_derivative(p.tolist(), F)
    for i in range(len(p)):
        step = np.zeros(len(p))
        step[i] = 1e-5 * p[i]
        numeric = c.impedance((p + step).tolist(), F) - c.impedance((p - step).tolist(), F)
        np.testing.assert_allclose(slope[i], numeric / (2 * step[i]), rtol=1e-5, atol=1e-9 / p[i])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("R0-p(R1,CPE1", "never closed"),
        ("R0-p(R1,CPE1))", "never opened"),
        ("R0-CPA1", 'Did you mean "CPE"'),
        ("R0-Z1", "unknown element"),
        ("R0-R0", "stands twice"),
        ("p(R1)", "two branches"),
        ("R0--R1", "not expected"),
        ("R0-", "not expected"),
        ("-R0", "not expected"),
        ("p(,)", "not expected"),
        ("R0,R1", "not expected"),
        ("R0;import os", "not expected"),
        ("R⁰", "not expected"),
        ("p(" * 200, "too deep"),
        ("R1" * 501, "too long"),
        ("-".join(f"R{i}" for i in range(99)), "too many"),
    ],
)
def test_a_broken_circuit_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(CircuitError, match=message) as caught:
        parse_circuit(text)
    assert caught.value.exit_code == 2


@given(st.text(alphabet="RCLPEWosp(),-01 ", max_size=60) | st.text(max_size=40))
def test_any_text_gives_a_circuit_or_a_clear_error(text: str) -> None:
    try:
        c = parse_circuit(text)
    except CircuitError:
        return
    assert parse_circuit(str(c)) == c


def test_values_are_checked_by_name_and_number() -> None:
    c = parse_circuit("R0-p(R1,CPE1)")
    with pytest.raises(CircuitError, match="CPE1_n"):
        c.impedance({"R0": 1, "R1": 1, "CPE1_Q": 1}, F)
    with pytest.raises(CircuitError, match='Did you mean "CPE1_Q"'):
        c.impedance({"R0": 1, "R1": 1, "CPE1_q": 1, "CPE1_n": 1}, F)
    with pytest.raises(CircuitError, match="4 finite numbers"):
        c.impedance([1, 2], F)


def _havriliak(p: np.ndarray, s: np.ndarray) -> np.ndarray:
    return p[0] / (1 + s * p[1]) ** 0.7


def _havriliak_slope(p: np.ndarray, s: np.ndarray) -> np.ndarray:
    return np.array([(1 + s * p[1]) ** -0.7, -0.7 * p[0] * s * (1 + s * p[1]) ** -1.7])


OWN = (
    Parameter("R", "ohm", 1, 1e-30, 1e30, (0.03, 30.0)),
    Parameter("tau", "s", 0, 1e-30, 1e30, (1e-6, 1.0)),
)


def test_an_element_of_ones_own_is_checked_and_then_known() -> None:
    if "TestDC" not in known_elements():
        register(Element("TestDC", "Davidson–Cole", OWN, _havriliak, _havriliak_slope))
    assert parse_circuit("R0-TestDC1").parameter_names == ("R0", "TestDC1_R", "TestDC1_tau")
    assert isinstance(parse_circuit("TestDC1"), Circuit)


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (Element("TestBad", "", OWN, _havriliak, lambda p, s: 1.01 * _havriliak_slope(p, s)), "disagree"),
        (Element("TestBad", "", OWN, _havriliak, lambda p, s: _havriliak_slope(p, s)[:1]), "wrong shape"),
        (Element("TestBad", "", OWN, lambda p, s: s * np.nan, _havriliak_slope), "not finite"),
        (Element("R", "", OWN, _havriliak, _havriliak_slope), "taken"),
        (Element("Zarc", "", OWN, _havriliak, _havriliak_slope), "taken"),
        (Element("p", "", OWN, _havriliak, _havriliak_slope), "symbol"),
        (Element("A1", "", OWN, _havriliak, _havriliak_slope), "symbol"),
        (Element("TestBad", "", (OWN[0], OWN[0]), _havriliak, _havriliak_slope), "names of their own"),
        (
            Element("TestBad", "", (OWN[0], Parameter("tau", "s", 0, -1, 1, (0.1, 0.5))), _havriliak, _havriliak),
            "limits",
        ),
    ],
)
def test_a_wrong_element_is_refused(element: Element, message: str) -> None:
    before = known_elements()
    with pytest.raises(CircuitError, match=message):
        register(element)
    assert known_elements() == before
