"""Calibration against a slow walk through the ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.metrics import expected_calibration_error, reliability_curve

EDGES = st.integers(0, 15).map(lambda k: k / 15)
CASES = st.lists(st.tuples(st.floats(0, 1) | EDGES, st.booleans()), min_size=1, max_size=40)


def slow_error(cases: list[tuple[float, bool]], bins: int) -> float:
    error = 0.0
    for k in range(bins):
        low, high = k / bins, (k + 1) / bins
        inside = [case for case in cases if low <= case[0] < high or (case[0] == 1 and k == bins - 1)]
        if inside:
            gap = sum(score for score, _ in inside) - sum(1 for _, truth in inside if truth)
            error += abs(gap) / len(cases)
    return error


@given(CASES, st.sampled_from([1, 4, 15]))
def test_expected_calibration_error_agrees_with_a_slow_walk(
    cases: list[tuple[float, bool]], bins: int
) -> None:
    scores, truth = zip(*cases, strict=True)
    assert expected_calibration_error(scores, truth, bins=bins) == pytest.approx(
        slow_error(cases, bins), abs=1e-12
    )


@given(CASES)
def test_reliability_curve_holds_every_picture_once(cases: list[tuple[float, bool]]) -> None:
    scores, truth = zip(*cases, strict=True)
    curve = reliability_curve(scores, truth)
    assert len(curve) == 15
    assert sum(entry.count for entry in curve) == len(cases)
    assert sum(entry.count * (entry.observed or 0) for entry in curve) == pytest.approx(sum(truth))
    for entry in curve:
        assert (entry.mean_score is None) == (entry.count == 0)
        if entry.mean_score is not None:
            assert entry.lower - 1e-12 <= entry.mean_score <= entry.upper + 1e-12


def test_expected_calibration_error_of_honest_and_of_inverted_scores() -> None:
    assert expected_calibration_error([0.0, 0.0, 1.0], [False, False, True]) == 0
    assert expected_calibration_error([0.0, 1.0], [True, False]) == 1
    assert expected_calibration_error([0.8] * 10, [True] * 8 + [False] * 2) == pytest.approx(0)
    assert expected_calibration_error([], []) is None


@pytest.mark.parametrize(
    ("scores", "truth", "bins", "message"),
    [
        ([1.2], [True], 15, "between 0 and 1"),
        ([float("nan")], [True], 15, "between 0 and 1"),
        ([0.5], [True, False], 15, "one truth per score"),
        ([0.5], [True], 0, "bins"),
    ],
)
def test_reliability_curve_refuses_what_is_no_probability(
    scores: list[float], truth: list[bool], bins: int, message: str
) -> None:
    with pytest.raises(SpecificationError, match=message):
        reliability_curve(scores, truth, bins=bins)
