import pytest

from geotamper.errors import SpecificationError
from geotamper.task.catalogue import QUESTION_TYPES, open_types, question_plan, types_for
from geotamper.task.classes import OBJECT_CLASSES, class_phrase
from geotamper.task.vocabulary import answer_indices

# Numbers of RS-CMQA and RS-TQA as the interface document prints them.
NUMBERS = {
    "tampered": (1, 1),
    "kind": (None, 2),
    "object": (2, 3),
    "object_check": (3, 4),
    "source_location": (4, 5),
    "source_location_check": (5, 6),
    "target_location": (6, 7),
    "target_location_check": (7, 8),
    "area": (8, 9),
    "area_check": (9, 10),
    "direction": (10, 11),
    "direction_check": (11, 12),
    "size_change": (12, 13),
    "size_change_check": (13, 14),
    "rotated": (14, 15),
}


def test_catalogue_numbers_are_those_of_the_sets() -> None:
    assert {name: (q.rs_cmqa, q.rs_tqa) for name, q in QUESTION_TYPES.items()} == NUMBERS


def test_catalogue_groups_end_where_the_paper_ends_them() -> None:
    groups = [question.group for question in QUESTION_TYPES.values()]
    assert groups == ["basic"] * 4 + ["independent"] * 6 + ["related"] * 5


def test_catalogue_answer_counts_are_the_published_ones() -> None:
    counts = [len(q.answers) for q in QUESTION_TYPES.values() if q.rs_cmqa is not None]
    assert counts == [2, 7, 2, 9, 2, 9, 2, 3, 2, 4, 2, 3, 2, 2]


def test_catalogue_options_are_the_answers_of_the_checked_type() -> None:
    for name, question in QUESTION_TYPES.items():
        assert question.is_check == name.endswith("_check")
        if question.checks is not None:
            assert name == f"{question.checks}_check"
            assert question.options == QUESTION_TYPES[question.checks].answers
        else:
            assert question.options == ()


def test_question_plan_adds_up_to_the_published_counts() -> None:
    assert sum(question_plan("copy-move", "rs-cmqa").values()) == 20
    assert sum(question_plan("copy-move", "rs-tqa").values()) == 21
    assert sum(question_plan("blur", "rs-tqa").values()) == 11
    assert question_plan("none", "rs-cmqa") == question_plan("none", "rs-tqa") == {"tampered": 1}
    weights = [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    assert list(question_plan("copy-move", "rs-cmqa").values()) == weights


def test_types_for_blur_are_those_of_algorithm_1() -> None:
    assert [QUESTION_TYPES[name].rs_tqa for name in types_for("blur")] == [1, 2, 3, 4, 5, 6, 9, 10]


def test_open_types_leave_out_checks() -> None:
    assert open_types("none") == ("tampered",)
    assert open_types("blur") == ("tampered", "kind", "object", "source_location", "area")
    assert len(open_types("copy-move")) == 9


def test_types_for_refuses_unknown_names_and_blur_without_questions() -> None:
    with pytest.raises(SpecificationError, match="no blurred pictures"):
        types_for("blur", "rs-cmqa")
    with pytest.raises(SpecificationError, match="unknown tamper kind"):
        types_for("splice")  # type: ignore[arg-type]
    with pytest.raises(SpecificationError, match="unknown question set"):
        types_for("none", "rs-xyz")  # type: ignore[arg-type]


def test_answer_indices_follow_the_layout_of_the_sets() -> None:
    first_and_last = [
        (0, 1), (2, 8), (9, 10), (11, 19), (20, 21), (22, 30), (31, 32),
        (33, 35), (36, 37), (38, 41), (42, 43), (44, 46), (47, 48), (49, 50),
    ]  # fmt: skip
    layout = answer_indices("rs-cmqa")
    assert [(min(v.values()), max(v.values())) for v in layout.values()] == first_and_last
    assert layout["direction"] == {"Upper": 38, "Lower": 39, "Left side": 40, "Right side": 41}
    shifted = answer_indices("rs-tqa")
    assert shifted["tampered"] == {"Yes": 0, "No": 1}
    assert shifted["kind"] == {"Copy-Move": 2, "Blur": 3}
    for name, answers in layout.items():
        if name != "tampered":
            assert shifted[name] == {answer: index + 2 for answer, index in answers.items()}


@pytest.mark.parametrize(("question_set", "count"), [("rs-cmqa", 51), ("rs-tqa", 53)])
def test_answer_indices_are_dense(question_set: str, count: int) -> None:
    layout = answer_indices(question_set)  # type: ignore[arg-type]
    indices = [index for answers in layout.values() for index in answers.values()]
    assert indices == list(range(count))


def test_answer_indices_refuse_an_unknown_set() -> None:
    with pytest.raises(SpecificationError, match="unknown question set"):
        answer_indices("real")  # type: ignore[arg-type]


def test_class_phrase_has_the_right_article() -> None:
    assert [class_phrase(name) for name in OBJECT_CLASSES] == [
        "a car",
        "a patch of vegetation",
        "a ship",
        "an airplane",
        "a building",
        "a plot of farmland",
        "a road",
    ]
