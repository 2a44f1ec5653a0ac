import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.sets.layout import NO_FOLD, QuestionTable, SetQuestion, build_table, concatenate

QUESTIONS = st.builds(
    SetQuestion,
    id=st.integers(0, 2**40),
    picture=st.integers(0, 2**40),
    type=st.integers(1, 15),
    text=st.sampled_from(["Is it?", "What?", "Where is it?"]),
    answer=st.sampled_from(["Yes", "No", "Ship"]),
    active=st.booleans(),
)


@given(st.lists(QUESTIONS, max_size=20))
def test_table_gives_back_its_rows(questions: list[SetQuestion]) -> None:
    table = build_table(questions, "val")
    assert list(table) == questions
    assert [table[row] for row in range(len(table))] == questions
    assert all(table.fold_of(row) == "val" for row in range(len(table)))


@given(st.lists(QUESTIONS, max_size=8), st.lists(QUESTIONS, max_size=8))
def test_concatenate_renumbers_texts(first: list[SetQuestion], second: list[SetQuestion]) -> None:
    joined = concatenate([build_table(first, "train"), build_table(second)])
    assert list(joined) == first + second
    assert len(set(joined.texts)) == len(joined.texts)
    assert list(joined.of_fold("train")) == first


def test_concatenate_of_nothing_is_empty() -> None:
    assert len(concatenate([])) == 0


def test_equals_ignores_the_numbering_of_texts() -> None:
    one, two = (SetQuestion(1, 1, 1, "a", "Yes"), SetQuestion(2, 1, 1, "b", "No"))
    straight = build_table([one, two])
    turned = build_table([two, one]).take(np.array([1, 0]))
    assert straight.texts != turned.texts
    assert straight.equals(turned)
    assert not straight.equals(build_table([two, one]))
    assert not straight.equals(build_table([one]))
    assert not straight.equals(build_table([one, two], "test"))


def test_in_fold_moves_every_row() -> None:
    table = build_table([SetQuestion(1, 1, 1, "a", "Yes")], "train")
    assert table.in_fold("test").fold_of(0) == "test"
    assert table.in_fold(None).folds.tolist() == [NO_FOLD]


def test_table_refuses_columns_of_different_length() -> None:
    table = build_table([SetQuestion(1, 1, 1, "a", "Yes")])
    with pytest.raises(SpecificationError, match="one length"):
        QuestionTable(
            ids=np.zeros(2, dtype=np.int64),
            pictures=table.pictures,
            types=table.types,
            text_codes=table.text_codes,
            answer_codes=table.answer_codes,
            active=table.active,
            folds=table.folds,
            texts=table.texts,
            answers=table.answers,
        )
