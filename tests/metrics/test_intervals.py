"""Intervals against their defining equations, a slow bootstrap and simulated coverage."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.metrics import Interval, Resampling, bootstrap_interval, wilson_interval

FEW = Resampling(resamples=60, seed=3)
VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=20)


def bisect_bound(share: float, total: int, z: float, *, upper: bool) -> float:
    """The proportion whose own normal interval just reaches the measured share (Wilson's definition)."""
    inside, outside = share, 1.0 if upper else 0.0
    for _ in range(200):
        middle = (inside + outside) / 2
        reached = abs(share - middle) <= z * (middle * (1 - middle) / total) ** 0.5
        inside, outside = (middle, outside) if reached else (inside, middle)
    return inside


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_solves_its_equation(counts: tuple[int, int]) -> None:
    successes, total = counts
    interval = wilson_interval(successes, total)
    share = successes / total
    assert interval.low == pytest.approx(bisect_bound(share, total, 1.959963984540054, upper=False), abs=1e-9)
    assert interval.high == pytest.approx(bisect_bound(share, total, 1.959963984540054, upper=True), abs=1e-9)
    assert 0 <= interval.low <= share <= interval.high <= 1


def test_wilson_interval_of_known_counts() -> None:
    # With no success in 120 the upper end is z^2 / (n + z^2).
    assert wilson_interval(0, 120).high == pytest.approx(3.841458820694 / 123.841458820694)
    assert wilson_interval(0, 120).low == 0
    assert wilson_interval(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("successes", "total"), [(-1, 5), (6, 5), (1, 0)])
def test_wilson_interval_refuses_impossible_counts(successes: int, total: int) -> None:
    with pytest.raises(SpecificationError, match="between 0 and total"):
        wilson_interval(successes, total)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_confidence_must_be_a_fraction(confidence: float) -> None:
    with pytest.raises(SpecificationError, match=r"0\.95"):
        wilson_interval(1, 2, confidence=confidence)
    with pytest.raises(SpecificationError, match=r"0\.95"):
        Resampling(confidence=confidence)


@settings(max_examples=30)
@given(
    VALUES.flatmap(
        lambda v: st.tuples(st.just(v), st.lists(st.sampled_from("abcd"), min_size=len(v), max_size=len(v)))
    )
)
def test_bootstrap_interval_agrees_with_a_slow_cluster_bootstrap(case: tuple[list[float], list[str]]) -> None:
    values, groups = case
    labels = list(dict.fromkeys(groups))
    rng = np.random.default_rng(FEW.seed)
    drawn = []
    for _ in range(FEW.resamples):
        sample = []
        for index in rng.integers(0, len(labels), len(labels)):
            sample += [v for v, g in zip(values, groups, strict=True) if g == labels[index]]
        drawn.append(sample)
    for name, statistic in (("mean", statistics.fmean), ("median", statistics.median)):
        ordered = sorted(statistic(sample) for sample in drawn)
        expected = [float(np.percentile(ordered, q)) for q in (2.5, 97.5)]
        result = bootstrap_interval(
            values, statistic="mean" if name == "mean" else "median", groups=groups, resampling=FEW
        )
        assert [result.low, result.high] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=30)
@given(VALUES)
def test_bootstrap_interval_of_groups_of_one_is_the_plain_one(values: list[float]) -> None:
    plain = bootstrap_interval(values, resampling=FEW)
    assert plain == bootstrap_interval(values, groups=range(len(values)), resampling=FEW)
    assert min(values) - 1e-9 <= plain.low <= plain.high <= max(values) + 1e-9


def test_bootstrap_interval_widens_when_values_come_in_groups() -> None:
    values = [0.0] * 20 + [1.0] * 20
    alone = bootstrap_interval(values)
    grouped = bootstrap_interval(values, groups=[index // 5 for index in range(40)])
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


def test_bootstrap_interval_encloses_the_true_mean_about_as_often_as_stated() -> None:
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(200):
        interval = bootstrap_interval(rng.normal(3.0, 2.0, 40), resampling=Resampling(resamples=200))
        hits += interval.low <= 3.0 <= interval.high
    # 95 % stated; the percentile bootstrap is a little narrow at 40 values, and 200 trials scatter by 1.6 %.
    assert 0.88 <= hits / 200 <= 0.99


def test_bootstrap_interval_repeats_with_its_seed() -> None:
    values = np.random.default_rng(0).normal(size=30)
    first = bootstrap_interval(values, resampling=Resampling(seed=5))
    assert first == bootstrap_interval(values, resampling=Resampling(seed=5))
    assert first != bootstrap_interval(values, resampling=Resampling(seed=6))


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [[1.0], [2.0]]])
def test_bootstrap_interval_refuses_what_is_no_row_of_numbers(values: list[object]) -> None:
    with pytest.raises(SpecificationError, match="finite"):
        bootstrap_interval(np.asarray(values, dtype=float))


def test_bootstrap_interval_refuses_labels_that_do_not_match() -> None:
    with pytest.raises(SpecificationError, match="label"):
        bootstrap_interval([1.0, 2.0], groups=["a"])
    with pytest.raises(SpecificationError, match="resamples"):
        Resampling(resamples=0)
