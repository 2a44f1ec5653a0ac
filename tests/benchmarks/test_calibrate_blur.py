import numpy as np
import pytest

from calibrate_blur import ALTERED_SHARE, cuts


def test_cuts_are_reached_by_no_more_than_the_rate() -> None:
    rng = np.random.default_rng(2)
    degraded, altered = rng.random(4000) ** 3, rng.random(1000)
    rates = np.array([0.002, 0.01, 0.05])
    for rate, cut in zip(rates, cuts(degraded, altered, rates), strict=True):
        reached = (1 - ALTERED_SHARE) * (degraded > cut).mean() + ALTERED_SHARE * (altered > cut).mean()
        assert 0.5 * rate < reached <= rate


def test_cuts_fall_as_the_rate_rises() -> None:
    scores = np.linspace(0, 1, 500)
    found = cuts(scores, scores, np.array([0.001, 0.01, 0.1]))
    assert (np.diff(found) <= 0).all()


def test_cuts_of_few_pictures_allow_nothing_at_small_rates() -> None:
    found = cuts(np.full(20, 0.1), np.full(20, 0.1), np.array([0.01, 0.2]))
    assert found == pytest.approx([1.0, 0.1])
