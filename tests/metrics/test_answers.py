"""Answer accuracies against a slow count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.metrics import AnswerRecord, answer_metrics

TYPES = ("tampered", "object", "area", "rotated")
RECORDS = st.lists(
    st.builds(
        AnswerRecord,
        type=st.sampled_from(TYPES),
        expected=st.sampled_from(["Yes", "No", "Ship"]),
        given=st.sampled_from(["Yes", "No", "Ship"]),
        forced=st.booleans(),
    ),
    max_size=40,
)


@given(RECORDS)
def test_answer_metrics_agree_with_a_slow_count(records: list[AnswerRecord]) -> None:
    result = answer_metrics(iter(records), types=TYPES)
    shares = []
    for name in TYPES:
        verdicts = [r.expected == r.given for r in records if r.type == name]
        if verdicts:
            shares.append(verdicts.count(True) / len(verdicts))
            assert result.per_type[name].accuracy == pytest.approx(shares[-1])
            assert result.per_type[name].asked == len(verdicts)
        else:
            assert name in result.absent_types
            assert name not in result.per_type
    if not records:
        assert (result.overall_accuracy, result.average_accuracy, result.coverage) == (None, None, None)
        return
    hits = [r for r in records if r.expected == r.given]
    free = [r for r in records if not r.forced]
    assert result.overall_accuracy == pytest.approx(len(hits) / len(records))
    assert result.average_accuracy == pytest.approx(sum(shares) / len(shares))
    assert result.coverage == pytest.approx(len(free) / len(records))


def test_answer_metrics_weigh_types_equally_in_aa_and_questions_equally_in_oa() -> None:
    records = [AnswerRecord("tampered", "Yes", "Yes")] * 9 + [AnswerRecord("rotated", "Yes", "No")]
    result = answer_metrics(records, types=TYPES)
    assert result.overall_accuracy == pytest.approx(0.9)
    assert result.average_accuracy == pytest.approx(0.5)
    assert result.absent_types == ("object", "area")
    assert result.asked == 10


def test_answer_metrics_compare_whole_strings() -> None:
    result = answer_metrics([AnswerRecord("tampered", "Yes", "yes")], types=TYPES)
    assert result.overall_accuracy == 0


def test_answer_metrics_refuse_a_type_outside_the_catalogue() -> None:
    with pytest.raises(SpecificationError, match="colour"):
        answer_metrics([AnswerRecord("colour", "red", "red")], types=TYPES)
