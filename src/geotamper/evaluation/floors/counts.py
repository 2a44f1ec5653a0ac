"""The train questions in numbers: which answer each question had, and on which picture."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from geotamper.errors import InputError
from geotamper.sets.layout import QuestionTable, TamperSet
from geotamper.sets.questions import catalogue_answer, option_of
from geotamper.task.catalogue import QUESTION_TYPES, TypeName

QuestionKey = tuple[TypeName, str | None]
"""What is asked, whatever the wording: type and option."""


@dataclass(frozen=True)
class TrainQuestion:
    """One question of the train list, read.

    Attributes:
        picture: Id in the set.
        key: What is asked.
        answer: The right answer, as the catalogue spells it.
    """

    picture: int
    key: QuestionKey
    answer: str


def train_questions(opened: TamperSet) -> Iterator[TrainQuestion]:
    """The usable train questions of known types; each distinct text is read once.

    Raises:
        InputError: There is none, so that nothing can be fitted.
    """
    table = opened.usable_questions("train")
    if not len(table):
        raise InputError(
            f"'{opened.root}' has no train questions, and a floor is fitted on them; use a set with a train list"
        )
    yield from _read(table, opened)


def _read(table: QuestionTable, opened: TamperSet) -> Iterator[TrainQuestion]:
    keys: dict[tuple[TypeName, str], QuestionKey] = {}
    answers: dict[tuple[TypeName, str], str] = {}
    for question in table:
        name = opened.vocabulary.type_name(question.type)
        if name is None:
            continue
        if (name, question.text) not in keys:
            is_check = QUESTION_TYPES[name].is_check
            keys[name, question.text] = (name, option_of(name, question.text) if is_check else None)
        if (name, question.answer) not in answers:
            answers[name, question.answer] = catalogue_answer(name, question.answer)
        yield TrainQuestion(question.picture, keys[name, question.text], answers[name, question.answer])


def shares(counted: Counter[str]) -> Mapping[str, float]:
    """Counts as fractions of their sum."""
    total = sum(counted.values())
    return {text: count / total for text, count in counted.items()}
