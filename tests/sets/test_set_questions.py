from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.sets.layout import AnswerVocabulary, build_table, type_number
from geotamper.sets.questions import (
    QuestionStyle,
    answer_priors,
    ask_picture,
    number_questions,
    option_of,
    picture_info,
)
from geotamper.task.catalogue import QUESTION_TYPES, QuestionSet
from geotamper.task.facts import RegionFacts, TamperFacts
from geotamper.task.parsing import ParsedQuestion, parse_question
from geotamper.task.rules import answer

SOURCE, TARGET = RegionFacts((100.0, 60.0), 4000), RegionFacts((380.0, 150.0), 5760)
COPY = TamperFacts(512, 512, "copy-move", "Ship", SOURCE, TARGET, scale=1.2, rotation_deg=0.0)
BLUR = TamperFacts(512, 512, "blur", "Road", SOURCE, SOURCE)
CLEAN = TamperFacts(512, 512, "none")


@pytest.mark.parametrize(
    ("facts", "question_set", "count"),
    [
        (COPY, "rs-cmqa", 20),
        (COPY, "rs-tqa", 21),
        (BLUR, "rs-tqa", 11),
        (CLEAN, "rs-cmqa", 1),
        (CLEAN, "rs-tqa", 1),
    ],
)
@pytest.mark.parametrize("wording", ["own", "released"])
def test_ask_picture_asks_as_often_as_the_paper(
    facts: TamperFacts, question_set: QuestionSet, count: int, wording: str
) -> None:
    style = QuestionStyle(question_set, wording)  # type: ignore[arg-type]
    asked = ask_picture(facts, 5, style)
    assert len(asked) == count
    vocabulary = AnswerVocabulary.standard(question_set)
    for question in asked:
        assert question.answer == answer(question.type, facts, question.option)
        assert question.answer in vocabulary.answers(question.type)
        parsed = parse_question(question.text)
        assert isinstance(parsed, ParsedQuestion)
        assert (parsed.type, parsed.option) == (question.type, question.option)


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_ask_picture_asks_every_check_once_right_and_once_wrong(seed: int, picture: int) -> None:
    asked = ask_picture(COPY, picture, QuestionStyle("rs-tqa", seed=seed))
    checks = [question for question in asked if QUESTION_TYPES[question.type].is_check]
    assert [question.answer for question in checks] == ["Yes", "No"] * 6
    assert len({(question.type, question.option) for question in checks}) == len(checks)


def test_ask_picture_draws_every_wrong_option() -> None:
    wrong = {
        question.option
        for picture in range(80)
        for question in ask_picture(COPY, picture, QuestionStyle("rs-cmqa"))
        if question.type == "source_location_check" and question.answer == "No"
    }
    assert len(wrong) == 8


def _texts(picture: int) -> list[str]:
    return [q.text for q in ask_picture(COPY, picture, QuestionStyle("rs-cmqa", paraphrases=True, seed=3))]


def test_ask_picture_does_not_depend_on_order_or_processes() -> None:
    forward = {picture: _texts(picture) for picture in range(12)}
    backward = {picture: _texts(picture) for picture in reversed(range(12))}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = dict(zip(range(12), pool.map(_texts, range(12)), strict=True))
    assert forward == backward == elsewhere
    assert len({tuple(texts) for texts in forward.values()}) == 12


def test_ask_picture_refuses_incomplete_facts() -> None:
    unknown = TamperFacts(512, 512, "copy-move", None, SOURCE, TARGET, scale=1.0, rotation_deg=0.0)
    with pytest.raises(SpecificationError, match="picture 9"):
        ask_picture(unknown, 9, QuestionStyle("rs-cmqa"))
    with pytest.raises(SpecificationError, match="no blurred"):
        ask_picture(BLUR, 9, QuestionStyle("rs-cmqa"))
    with pytest.raises(SpecificationError, match="negative"):
        ask_picture(CLEAN, -1, QuestionStyle("rs-cmqa"))


def test_question_style_refuses_contradictions() -> None:
    with pytest.raises(SpecificationError, match="one wording"):
        QuestionStyle("rs-cmqa", "released", paraphrases=True)
    with pytest.raises(SpecificationError, match="unknown question set"):
        QuestionStyle("rs-qa")  # type: ignore[arg-type]
    with pytest.raises(SpecificationError, match="unknown wording"):
        QuestionStyle("rs-cmqa", "other")  # type: ignore[arg-type]
    with pytest.raises(SpecificationError, match="seed"):
        QuestionStyle("rs-cmqa", seed=-1)


def test_number_questions_keeps_ids_over_both_numberings() -> None:
    ids = {}
    for question_set in ("rs-cmqa", "rs-tqa"):
        asked = ask_picture(COPY, 7, QuestionStyle(question_set))
        ids[question_set] = {q.text: q.id for q in number_questions(asked, 7, question_set)}
    assert ids["rs-cmqa"].items() <= ids["rs-tqa"].items()
    assert sorted(ids["rs-tqa"].values()) == list(range(147, 168))


def test_picture_info_has_the_fields_of_the_released_sets() -> None:
    info = picture_info(ask_picture(COPY, 1, QuestionStyle("rs-cmqa")), COPY, "rs-cmqa")
    assert list(info)[:10] == [
        "Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q8_tampered_size", "Q8_source_size",
    ]  # fmt: skip
    assert info["Q2"] == "Ship"
    assert info["Q3"] == "No"
    assert info["Q8_tampered_size"] == 5760 / 512**2
    assert picture_info(ask_picture(CLEAN, 1, QuestionStyle("rs-cmqa")), CLEAN, "rs-cmqa") == {"Q1": "No"}


def test_option_of_reads_both_wordings_and_refuses_others() -> None:
    for style in (QuestionStyle("rs-tqa"), QuestionStyle("rs-tqa", "released")):
        for question in ask_picture(COPY, 2, style):
            if question.option is not None:
                assert option_of(question.type, question.text) == question.option
    assert option_of("area_check", "Does the forged region cover three percent of the picture?") is not None
    assert option_of("area_check", "Is it pretty?") is None
    assert option_of("object_check", "Is the copy bigger than the original?") is None


def test_answer_priors_count_the_answers() -> None:
    asked = [
        ask_picture(facts, place, QuestionStyle("rs-tqa")) for place, facts in enumerate((COPY, BLUR, CLEAN))
    ]
    table = build_table(q for place, one in enumerate(asked) for q in number_questions(one, place, "rs-tqa"))
    priors = answer_priors(table, "rs-tqa")
    assert priors["tampered"] == {"Yes": 2 / 3, "No": 1 / 3}
    assert priors["kind"] == {"Copy-Move": 0.5, "Blur": 0.5}
    assert priors["direction_check"] == {"Yes": 0.5, "No": 0.5}
    assert answer_priors(build_table(()), "rs-tqa") == {}


def test_type_number_shifts_between_the_sets() -> None:
    assert type_number("rotated", "rs-cmqa") == 14
    assert type_number("rotated", "rs-tqa") == 15
    assert type_number("kind", "rs-cmqa") is None
