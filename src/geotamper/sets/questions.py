"""The questions of a picture: 20 for a copy-move in RS-CMQA, 21 in RS-TQA, 11 for a blur, 1 for an untouched one.

Answers follow from the facts by the rules of the task. What is drawn (wrong options, paraphrases) depends on
the seed and the picture's id alone, so any order and any number of processes give the same questions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geotamper.errors import SpecificationError
from geotamper.sets.layout.records import SetQuestion
from geotamper.sets.layout.sidecar import Wording
from geotamper.sets.layout.table import QuestionTable
from geotamper.sets.layout.vocabulary import type_names, type_number
from geotamper.task.catalogue import QUESTION_SETS, QUESTION_TYPES, QuestionSet, TypeName, question_plan
from geotamper.task.facts import TamperFacts
from geotamper.task.parsing import ParsedQuestion, parse_question
from geotamper.task.released import released_text
from geotamper.task.rules import UndecidableQuestion, answer
from geotamper.task.wording import question_text, wordings

IDS_PER_PICTURE = 21
"""Every picture has this many question ids, used or not, so that a question keeps its id in both numberings."""

_STREAM = 0x51_55_45_53
"""Keeps these draws apart from others that start from the same seed and picture."""


@dataclass(frozen=True)
class QuestionStyle:
    """How questions are asked throughout a set.

    Attributes:
        question_set: Which types are asked, and how they are numbered.
        wording: "own" for the project's wordings, "released" for the strings of the released sets.
        paraphrases: Draw among all own wordings instead of taking the canonical one.
        seed: Of the run, not negative.
    """

    question_set: QuestionSet
    wording: Wording = "own"
    paraphrases: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.question_set not in QUESTION_SETS:
            raise SpecificationError(
                f"unknown question set '{self.question_set}'; choose one of {', '.join(QUESTION_SETS)}"
            )
        if self.wording not in ("own", "released"):
            raise SpecificationError(f"unknown wording '{self.wording}'; choose own or released")
        if self.wording == "released" and self.paraphrases:
            raise SpecificationError("the released sets have one wording per type; leave paraphrases out")
        if self.seed < 0:
            raise SpecificationError(f"seed must not be negative, got {self.seed}")


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question of a picture before it is numbered.

    Attributes:
        type: What is asked.
        option: What a check asks for; None for an open type.
        text: The question in words.
        answer: The right answer.
    """

    type: TypeName
    option: str | None
    text: str
    answer: str


def ask_picture(facts: TamperFacts, picture: int, style: QuestionStyle) -> tuple[AskedQuestion, ...]:
    """Every question of one picture, in catalogue order; a check is asked with the true option first.

    Args:
        facts: What was done to the picture, exact and complete.
        picture: Its id, not negative.
        style: How to ask.

    Raises:
        SpecificationError: A fact is missing, the kind has no place in the question set, or the id is negative.
    """
    if picture < 0:
        raise SpecificationError(f"picture ids must not be negative, got {picture}")
    rng = np.random.default_rng([style.seed, picture, _STREAM])
    plan = question_plan(facts.kind, style.question_set)
    try:
        return tuple(
            AskedQuestion(name, option, _text(name, option, style, rng), answer(name, facts, option))
            for name in plan
            for option in _options(name, facts, rng)
        )
    except UndecidableQuestion as error:
        raise SpecificationError(f"the questions of picture {picture} cannot be made: {error}") from error


def _options(name: TypeName, facts: TamperFacts, rng: np.random.Generator) -> tuple[str | None, ...]:
    question = QUESTION_TYPES[name]
    if question.checks is None:
        return (None,)
    right = answer(question.checks, facts)
    wrong = [option for option in question.options if option != right]
    return right, wrong[int(rng.integers(len(wrong)))]


def _text(name: TypeName, option: str | None, style: QuestionStyle, rng: np.random.Generator) -> str:
    if style.wording == "released":
        return released_text(name, option)
    variant = int(rng.integers(len(wordings(name)))) if style.paraphrases else 0
    return question_text(name, option, variant=variant)


def number_questions(
    asked: tuple[AskedQuestion, ...], picture: int, question_set: QuestionSet
) -> Iterator[SetQuestion]:
    """Give the questions of one picture their ids and type numbers.

    Ids are 21 times the picture's id and up. RS-CMQA leaves out the second one, where RS-TQA asks for the
    kind, as the released sets do.
    """
    skipped = 1 if question_set == "rs-cmqa" else 0
    for place, question in enumerate(asked):
        number = type_number(question.type, question_set)
        if number is None:
            raise SpecificationError(f"'{question.type}' is not asked in {question_set}")
        yield SetQuestion(
            id=IDS_PER_PICTURE * picture + place + (skipped if place else 0),
            picture=picture,
            type=number,
            text=question.text,
            answer=question.answer,
        )


def picture_info(
    asked: tuple[AskedQuestion, ...], facts: TamperFacts, question_set: QuestionSet
) -> dict[str, str | float]:
    """The `info` of a picture in `All_Images.json`: its answers by type number, and the area fractions.

    Check types hold the last answer, as in the released sets. The area fractions follow the answer for the
    area and carry its number.
    """
    info: dict[str, str | float] = {}
    for question in asked:
        key = f"Q{type_number(question.type, question_set)}"
        info[key] = question.answer
        if question.type == "area" and facts.source is not None and facts.target is not None:
            frame = facts.width * facts.height
            info[f"{key}_tampered_size"] = facts.target.area_px / frame
            info[f"{key}_source_size"] = facts.source.area_px / frame
    return info


def option_of(type_name: TypeName, text: str) -> str | None:
    """What a check question asks for, read from its text; None where the text names no option of the type.

    Args:
        type_name: A check type, taken from the record.
        text: The question, in any wording that the parser reads.
    """
    parsed = parse_question(text)
    if isinstance(parsed, ParsedQuestion) and not parsed.inverted and parsed.option is not None:
        asked, wanted = QUESTION_TYPES[parsed.type], QUESTION_TYPES[type_name]
        if asked.checks == wanted.checks or asked.options == wanted.options:
            return parsed.option
    return None


def catalogue_answer(name: TypeName, text: str) -> str:
    """The catalogue's spelling of an answer of a set; the text itself where it resembles none.

    The released sets spell all answers as the catalogue does but those for the kind of tampering, which are not
    known.

    Example:
        >>> catalogue_answer("kind", "copy move")
        'Copy-Move'
    """
    known = QUESTION_TYPES[name].answers
    letters = _letters(text)
    for one in known:
        if _letters(one) == letters:
            return one
    if name == "kind":
        meant = [one for one, sign in zip(known, ("copy", "blur"), strict=True) if sign in letters]
        if len(meant) == 1:
            return meant[0]
    return text


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def answer_counts(table: QuestionTable, question_set: QuestionSet) -> dict[TypeName, dict[str, int]]:
    """How often every answer of every type occurs; types outside the catalogue are left out."""
    width = max(len(table.answers), 1)
    keys, counts = np.unique(table.types.astype(np.int64) * width + table.answer_codes, return_counts=True)
    names = type_names(question_set)
    found: dict[TypeName, dict[str, int]] = {}
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        name = names.get(key // width)
        if name is not None:
            found.setdefault(name, {})[table.answers[key % width]] = count
    return found


def answer_priors(table: QuestionTable, question_set: QuestionSet) -> dict[TypeName, dict[str, float]]:
    """Probability of every answer of every type, for detectors that must guess.

    Args:
        table: The train questions; an empty table gives no priors, which means uniform ones.
        question_set: How the table numbers its types.
    """
    return {
        name: {text: count / sum(answers.values()) for text, count in answers.items()}
        for name, answers in answer_counts(table, question_set).items()
    }
