"""Published impedance made again and analysed blind: what went in comes back, and nothing is called agreement."""

import math

import pytest

from natron.studies import round_trips

TRIPS = round_trips("lowack2025")


def test_the_published_numbers_come_back():
    symmetric, _ = TRIPS
    assert len(symmetric.rows) == 4
    for row in symmetric.rows:
        assert row.published
        assert row.recovered.origin == "round_trip"
        assert row.in_uncertainties < 4
        # far inside the paper's own ±
        assert abs(row.recovered.value - row.put_in.value) < 0.5 * row.put_in.uncertainty


def test_what_the_window_cannot_resolve_is_said():
    symmetric, _ = TRIPS
    text = " ".join(symmetric.remarks)
    assert "Only the sum R0 + R1" in text
    assert "accepted" in text


def test_only_the_liquids_resistance_grows():
    _, cycles = TRIPS
    assert cycles.series.growing == ("R3",)
    trend = cycles.series.trends["R3"]
    assert trend.relative_growth == pytest.approx(70 * 0.012, rel=0.2)
    for row in cycles.rows:
        assert not row.published
        assert row.in_uncertainties < 4


def test_the_published_total_is_what_was_put_in():
    _, cycles = TRIPS
    first = cycles.series.spectra[0]
    total = abs(first.impedance_ohm[-1]) * first.area_m2 * 1e4
    assert first.frequency_Hz[-1] == pytest.approx(0.1)
    assert total == pytest.approx(120, rel=0.1)


def test_what_was_invented_is_listed():
    for trip in TRIPS:
        assert any("exponent" in key for key in trip.assumed)
        assert "noise" in trip.assumed


@pytest.mark.long
def test_twenty_other_noises_come_back_too():
    distances = [
        row.in_uncertainties for seed in range(20) for trip in round_trips("lowack2025", seed=seed) for row in trip.rows
    ]
    assert all(math.isfinite(distance) for distance in distances)
    assert sum(distance < 2 for distance in distances) / len(distances) > 0.88
