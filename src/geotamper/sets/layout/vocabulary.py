"""The answers of a set and their class indices: `Answers.json`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geotamper.errors import InputError, SpecificationError
from geotamper.task.catalogue import QUESTION_TYPES, QuestionSet, TypeName
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.vocabulary import answer_indices


@dataclass(frozen=True)
class AnswerVocabulary:
    """Class index of every answer, type by type.

    Attributes:
        indices: Element k - 1 belongs to type k: answer to class index. Answers are not shared between types.
        question_set: How the set numbers its types: with the question for the kind of tampering (rs-tqa) or
            without it (rs-cmqa).
    """

    indices: tuple[Mapping[str, int], ...]
    question_set: QuestionSet

    @classmethod
    def standard(cls, question_set: QuestionSet) -> "AnswerVocabulary":
        """The layout that this project writes: types in catalogue order, answers as listed there.

        Raises:
            SpecificationError: The question set is unknown.
        """
        return cls(tuple(answer_indices(question_set).values()), question_set)

    @property
    def class_count(self) -> int:
        """One more than the largest index: the number of outputs of a network that answers."""
        return 1 + max(index for answers in self.indices for index in answers.values())

    def answers(self, type_name: TypeName) -> tuple[str, ...]:
        """The answers that the set has for a type; empty where it does not ask it."""
        number = type_number(type_name, self.question_set)
        if number is None or number > len(self.indices):
            return ()
        return tuple(self.indices[number - 1])

    def type_name(self, number: int) -> TypeName | None:
        """The name of a type by its number in this set, or None where the catalogue has no such number."""
        return type_names(self.question_set).get(number)


def type_number(type_name: TypeName, question_set: QuestionSet) -> int | None:
    """The number of a type, or None where the question set does not ask it."""
    question = QUESTION_TYPES[type_name]
    return question.rs_tqa if question_set == "rs-tqa" else question.rs_cmqa


def type_names(question_set: QuestionSet) -> dict[int, TypeName]:
    """The names of all types by number."""
    numbers = ((type_number(name, question_set), name) for name in QUESTION_TYPES)
    return {number: name for number, name in numbers if number is not None}


def parse_vocabulary(document: Any, path: Path) -> AnswerVocabulary:  # noqa: ANN401 - any JSON
    """Read the content of `Answers.json`.

    Args:
        document: The parsed file.
        path: Named in messages.

    Raises:
        InputError: The file is not a list of answers ordered by type.
    """
    entries = document.get("answers") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"'{path}' has no list 'answers'; expected one entry per question type")
    indices = tuple(_entry(entry, place, path) for place, entry in enumerate(entries, start=1))
    return AnswerVocabulary(indices, _numbering(indices))


def _entry(entry: Any, number: int, path: Path) -> Mapping[str, int]:  # noqa: ANN401 - any JSON
    answers = entry.get("answer") if isinstance(entry, dict) else None
    if not isinstance(answers, dict) or not all(type(index) is int for index in answers.values()):
        raise InputError(
            f"entry {number} of '{path}' has no 'answer' that maps strings to whole numbers; "
            "take the file from the set's own release"
        )
    if str(entry.get("type", number)) != str(number):
        raise InputError(
            f"entry {number} of '{path}' is of type {entry['type']!r}; expected the entries ordered by type, "
            "because they are looked up by place"
        )
    return {str(answer): int(index) for answer, index in answers.items()}


def _numbering(indices: tuple[Mapping[str, int], ...]) -> QuestionSet:
    """Which numbering a set has: its second type asks for the object or for the kind of tampering."""
    if len(indices) < 2:
        return "rs-cmqa"
    return "rs-cmqa" if set(indices[1]) & set(OBJECT_CLASSES) else "rs-tqa"


def vocabulary_document(vocabulary: AnswerVocabulary) -> dict[str, Any]:
    """The content of `Answers.json`."""
    if not vocabulary.indices:
        raise SpecificationError(
            "a vocabulary without types cannot be written; use AnswerVocabulary.standard"
        )
    return {
        "answers": [
            {"type": str(number), "answer": dict(answers)}
            for number, answers in enumerate(vocabulary.indices, start=1)
        ]
    }
