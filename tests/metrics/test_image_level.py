"""Verdicts against slow counts over pairs of pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.metrics import VerdictRecord, area_under_curve, image_level_metrics

# Few different scores, so that ties are common.
SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)
RECORDS = st.lists(
    st.builds(VerdictRecord, st.booleans(), st.sampled_from([True, False, None]), SCORES), max_size=30
)


def slow_auc(positive: list[float], negative: list[float]) -> float:
    wins = 0.0
    for high in positive:
        for low in negative:
            wins += 1.0 if high > low else 0.5 if high == low else 0.0
    return wins / (len(positive) * len(negative))


@given(st.lists(SCORES, min_size=1, max_size=15), st.lists(SCORES, min_size=1, max_size=15))
def test_area_under_curve_agrees_with_all_pairs(positive: list[float], negative: list[float]) -> None:
    area = area_under_curve(positive, negative)
    assert area == pytest.approx(slow_auc(positive, negative))
    assert area == pytest.approx(1 - area_under_curve(negative, positive))


def test_area_under_curve_of_constant_scores_says_nothing() -> None:
    assert area_under_curve([0.3] * 4, [0.3] * 7) == 0.5


@pytest.mark.parametrize(("positive", "negative"), [([], [0.5]), ([0.5], []), ([float("nan")], [0.5])])
def test_area_under_curve_refuses_what_has_no_order(positive: list[float], negative: list[float]) -> None:
    with pytest.raises(SpecificationError, match="scores of both kinds"):
        area_under_curve(positive, negative)


@given(RECORDS)
def test_image_level_metrics_agree_with_slow_counts(records: list[VerdictRecord]) -> None:
    result = image_level_metrics(records)
    forged = [r for r in records if r.tampered]
    clean = [r for r in records if not r.tampered]
    assert result.pictures == len(records)
    if records:
        right = [
            r
            for r in records
            if (r.verdict is True and r.tampered) or (r.verdict is False and not r.tampered)
        ]
        assert result.accuracy == pytest.approx(len(right) / len(records))
        assert result.abstention_rate == pytest.approx(
            [r.verdict for r in records].count(None) / len(records)
        )
    else:
        assert (result.accuracy, result.abstention_rate) == (None, None)
    if clean:
        assert result.false_alarm_rate == pytest.approx([r.verdict for r in clean].count(True) / len(clean))
    else:
        assert result.false_alarm_rate is None
    if forged:
        assert result.recall == pytest.approx([r.verdict for r in forged].count(True) / len(forged))
    else:
        assert result.recall is None
    if forged and clean:
        assert result.auc == pytest.approx(slow_auc([r.score for r in forged], [r.score for r in clean]))
    else:
        assert result.auc is None


def test_image_level_metrics_count_an_abstention_as_neither_right_nor_alarm() -> None:
    result = image_level_metrics([VerdictRecord(True, None, 0.5), VerdictRecord(False, None, 0.5)])
    assert (result.accuracy, result.recall, result.false_alarm_rate, result.abstention_rate) == (0, 0, 0, 1)
