from pathlib import Path
from typing import Any

import pytest

from geotamper.errors import InputError
from geotamper.sets.layout import AnswerVocabulary
from geotamper.sets.layout.vocabulary import parse_vocabulary, vocabulary_document

PATH = Path("Answers.json")


@pytest.mark.parametrize(("question_set", "count"), [("rs-cmqa", 51), ("rs-tqa", 53)])
def test_standard_vocabulary_is_written_and_read(question_set: Any, count: int) -> None:
    vocabulary = AnswerVocabulary.standard(question_set)
    assert vocabulary.class_count == count
    assert parse_vocabulary(vocabulary_document(vocabulary), PATH) == vocabulary


def test_type_names_follow_the_numbering() -> None:
    assert AnswerVocabulary.standard("rs-cmqa").type_name(2) == "object"
    assert AnswerVocabulary.standard("rs-tqa").type_name(2) == "kind"
    assert AnswerVocabulary.standard("rs-cmqa").type_name(15) is None
    assert AnswerVocabulary.standard("rs-cmqa").answers("kind") == ()


def test_foreign_order_and_count_are_taken_as_they_are() -> None:
    entries = [
        {"type": 1, "answer": {"No": 0, "Yes": 1}},
        {"type": "2", "answer": {"Road": 7, "Ship": 3}},
    ]
    vocabulary = parse_vocabulary({"answers": entries}, PATH)
    assert vocabulary.question_set == "rs-cmqa"
    assert vocabulary.class_count == 8
    assert vocabulary.answers("object") == ("Road", "Ship")
    assert vocabulary.answers("rotated") == ()


def test_foreign_words_for_the_kinds_mean_the_longer_numbering() -> None:
    entries = [
        {"type": "1", "answer": {"Yes": 0, "No": 1}},
        {"type": "2", "answer": {"copied": 2, "smudged": 3}},
    ]
    assert parse_vocabulary({"answers": entries}, PATH).question_set == "rs-tqa"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"answers": []},
        {"answers": [{"type": "1"}]},
        {"answers": [{"type": "2", "answer": {"Yes": 0}}]},
        {"answers": [{"type": "1", "answer": {"Yes": "0"}}]},
        [1],
    ],
)
def test_parse_vocabulary_refuses_other_documents(document: Any) -> None:
    with pytest.raises(InputError, match=r"Answers\.json"):
        parse_vocabulary(document, PATH)
