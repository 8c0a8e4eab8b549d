import numpy as np
import pytest

from seston.change.cycles import bins_of, harmonics, possible

HOURS = np.arange(96)


def test_a_day_is_found_with_its_hour_and_height():
    generator = np.random.default_rng(1)
    wave = np.log(2) * np.cos(2 * np.pi * (HOURS - 7) / 24)
    found = harmonics(wave[:, None] + generator.normal(0, 0.2, (96, 3)), HOURS, ["diel"], 0.95)
    diel = found["diel"]
    assert (diel.p < 1e-6).all()
    np.testing.assert_allclose(diel.peak, 7, atol=0.4)
    np.testing.assert_allclose(diel.amplitude, 2, rtol=0.1)
    assert ((diel.low < 2) & (diel.high > 2)).all()


def test_the_tide_is_told_from_the_day():
    generator = np.random.default_rng(2)
    hours = np.arange(240)
    tide = 0.7 * np.cos(2 * np.pi * hours / 12.4206)
    found = harmonics(
        tide[:, None] + generator.normal(0, 0.3, (240, 1)), hours, ["diel", "tidal"], 0.95
    )
    assert found["tidal"].p[0] < 1e-6
    assert found["diel"].p[0] > 0.01
    assert found["diel"].low[0] == 1


def test_cycles_that_samples_cannot_tell_of():
    both = ["diel", "tidal"]
    assert possible(np.arange(96.0), both) == both
    assert possible(np.arange(47.0), both) == ["tidal"]  # not two days
    assert possible(24.0 * np.arange(100), both) == []  # always at noon
    assert possible(12.0 * np.arange(100), both) == []  # two phases of the day
    assert possible(np.arange(30.0), both) == []  # too few
    assert possible(24.0 * np.arange(400), ["seasonal"]) == []  # not two years
    assert possible(24.0 * np.arange(0, 800, 10), ["seasonal"]) == ["seasonal"]


def test_bins():
    times = np.array(["2024-01-02T05:59", "2025-01-01T00:00"], "datetime64[s]")
    assert np.diff(bins_of(times, "diel")).tolist() == [364 * 24 + 19]
    assert bins_of(times, "seasonal").tolist() == [1, 366]
    assert bins_of(times, "diel")[0] % 24 == 5


@pytest.mark.parametrize("phi", [0, 0.6])
def test_false_positives(phi):
    generator = np.random.default_rng([3, int(10 * phi)])
    series = generator.normal(size=(96, 400))
    for i in range(1, 96):
        series[i] = phi * series[i - 1] + np.sqrt(1 - phi**2) * series[i]
    p = harmonics(series, HOURS, ["diel"], 0.95)["diel"].p
    assert 0.02 < np.mean(p <= 0.05) < 0.09  # 0.03 to 0.07, and 400 series
