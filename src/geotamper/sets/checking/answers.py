"""The rule that every answer follows from masks and transform."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geotamper.sets.checking.expected import Expected
from geotamper.sets.checking.report import Collector
from geotamper.sets.layout.records import SetQuestion
from geotamper.sets.layout.table import QuestionTable
from geotamper.sets.layout.vocabulary import AnswerVocabulary
from geotamper.sets.questions import option_of
from geotamper.task.catalogue import KIND_ANSWERS, QUESTION_TYPES, TypeName, question_plan, types_for
from geotamper.task.parsing import ParsedQuestion, parse_question


@dataclass(frozen=True)
class _Meaning:
    """What a type number and a text ask for."""

    type: TypeName | None
    option: str | None = None


class AnswerChecker:
    """Compares questions with the right answers of their pictures.

    Attributes:
        vocabulary: Of the set.
        found: Takes the findings.
    """

    def __init__(self, vocabulary: AnswerVocabulary, found: Collector) -> None:
        self.vocabulary = vocabulary
        self.found = found
        self._meanings: dict[tuple[int, str], _Meaning] = {}
        self._foreign_kinds = set(vocabulary.answers("kind")) != set(KIND_ANSWERS)

    def check_picture(self, questions: Sequence[SetQuestion], expected: Expected | None) -> None:
        """Compare all questions of one picture.

        Args:
            questions: Of the picture.
            expected: Its right answers, or None where its files cannot be read.
        """
        if expected is None or expected.kind is None:
            self.found.skip(
                "answer", "the masks of the picture cannot be read or contradict it", len(questions)
            )
            return
        own_answers = self._open_answers(questions)
        for question in questions:
            meaning = self.meaning(question)
            if meaning.type is None:
                self.found.skip("answer", "the type is not one of the catalogue")
            elif meaning.type not in types_for(expected.kind):
                self.found.error(
                    "answer",
                    f"question {question.id} ('{question.text}') has no meaning for a picture of kind "
                    f"'{expected.kind}', as picture {question.picture} is; remove it",
                    picture=question.picture,
                    question=question.id,
                )
            else:
                self._compare(question, meaning, expected, own_answers)

    def meaning(self, question: SetQuestion) -> _Meaning:
        """Type and option of a question; the text of a question is read once, however often it is asked."""
        key = question.type, question.text
        if key not in self._meanings:
            self._meanings[key] = self._read(question)
        return self._meanings[key]

    def _read(self, question: SetQuestion) -> _Meaning:
        name = self.vocabulary.type_name(question.type)
        if name is None:
            return _Meaning(None)
        parsed = parse_question(question.text)
        known = isinstance(parsed, ParsedQuestion) and parsed.confidence == 1
        if known and isinstance(parsed, ParsedQuestion) and parsed.type != name:
            self.found.error(
                "text",
                f"'{question.text}' asks for '{parsed.type}', and question {question.id} has type "
                f"{question.type}, which is '{name}'; correct the type or the text",
                picture=question.picture,
                question=question.id,
            )
        option = option_of(name, question.text) if QUESTION_TYPES[name].is_check else None
        if QUESTION_TYPES[name].is_check and option is None:
            self.found.warning(
                "text",
                f"'{question.text}' (type {question.type}, '{name}') names no option that can be read",
                picture=question.picture,
                question=question.id,
            )
        return _Meaning(name, option)

    def _open_answers(self, questions: Sequence[SetQuestion]) -> dict[TypeName, str]:
        """The set's own answers to its open questions."""
        answers: dict[TypeName, str] = {}
        for question in questions:
            name = self.meaning(question).type
            if name is not None and not QUESTION_TYPES[name].is_check:
                answers[name] = question.answer
        return answers

    def _compare(
        self,
        question: SetQuestion,
        meaning: _Meaning,
        expected: Expected,
        own_answers: Mapping[TypeName, str],
    ) -> None:
        name = meaning.type
        if name is None:
            return
        open_name = QUESTION_TYPES[name].checks or name
        if open_name == "kind" and self._foreign_kinds:
            self.found.skip("answer", "the set has words of its own for the kinds of tampering")
            return
        possible, nominal = expected.possible.get(open_name), expected.nominal.get(open_name)
        doubtful = open_name in expected.doubtful
        if possible is None or nominal is None:
            self.found.skip("answer", f"{open_name}: {expected.unknown.get(open_name, 'a fact is missing')}")
            if open_name == name or open_name not in own_answers:
                return
            # The check can still be compared with the open answer that the set itself gives.
            nominal = own_answers[open_name]
            possible, doubtful = frozenset({nominal}), False
        if QUESTION_TYPES[name].is_check:
            if meaning.option is None:
                self.found.skip("answer", "the option of the question cannot be read")
                return
            possible = frozenset("Yes" if meaning.option == one else "No" for one in possible)
            nominal = "Yes" if meaning.option == nominal else "No"
        if question.answer == nominal:
            return
        if question.answer in possible:
            self.found.skip("answer", f"{open_name}: the files allow more than one answer")
            return
        self._wrong(question, nominal, doubtful=doubtful)

    def _wrong(self, question: SetQuestion, nominal: str, *, doubtful: bool) -> None:
        message = (
            f"question {question.id} ('{question.text}') has the answer '{question.answer}'; the files of "
            f"picture {question.picture} give '{nominal}'"
        )
        take = self.found.warning if doubtful else self.found.error
        take("answer", message, picture=question.picture, question=question.id)

    def check_counts(self, picture: int, questions: Sequence[SetQuestion], expected: Expected | None) -> None:
        """Compare how often each type is asked with the plan: 20, 21, 11 or 1 questions in all."""
        if expected is None or expected.kind is None:
            return
        if expected.kind == "blur" and self.vocabulary.question_set == "rs-cmqa":
            message = f"picture {picture} is blurred, and RS-CMQA holds none; use the numbering of RS-TQA"
            self.found.error("counts", message, picture=picture)
            return
        plan = question_plan(expected.kind, self.vocabulary.question_set)
        asked = Counter(self.vocabulary.type_name(question.type) for question in questions)
        wrong = [
            f"{name} {asked[name]} instead of {plan.get(name, 0)}"
            for name in QUESTION_TYPES
            if asked[name] != plan.get(name, 0)
        ]
        if wrong:
            message = (
                f"picture {picture} has {len(questions)} questions instead of {sum(plan.values())}: "
                f"{', '.join(wrong[:4])}{', ...' if len(wrong) > 4 else ''}"
            )
            self.found.fault("counts", message, picture=picture)


def check_vocabulary(table: QuestionTable, vocabulary: AnswerVocabulary, found: Collector) -> None:
    """Every answer has a class index in its type, and no index is used twice."""
    pairs = Counter(zip(table.types.tolist(), table.answer_codes.tolist(), strict=True))
    for (number, code), count in sorted(pairs.items()):
        known = 1 <= number <= len(vocabulary.indices)
        if not known:
            found.error("vocabulary", f"{count} questions have type {number}, which Answers.json lacks")
        elif table.answers[code] not in vocabulary.indices[number - 1]:
            message = (
                f"{count} questions of type {number} have the answer '{table.answers[code]}', which is not in"
            )
            found.error("vocabulary", f"{message} Answers.json")
    uses = Counter(index for answers in vocabulary.indices for index in answers.values())
    for index, count in sorted(uses.items()):
        if count > 1:
            found.error("vocabulary", f"class index {index} of Answers.json belongs to {count} answers")
