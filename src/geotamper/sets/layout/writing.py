"""The six question files of a set."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geotamper.atomic import write_text
from geotamper.sets.layout.names import (
    ALL_QUESTIONS_FILE,
    ANSWERS_FILE,
    FOLD_FILES,
    IMAGES_FILES,
    Fold,
    json_folder,
)
from geotamper.sets.layout.picture_json import write_pictures
from geotamper.sets.layout.question_json import write_questions
from geotamper.sets.layout.records import SetPicture
from geotamper.sets.layout.table import QuestionTable
from geotamper.sets.layout.vocabulary import AnswerVocabulary, vocabulary_document


@dataclass(frozen=True)
class SetLists:
    """Everything that the question files hold.

    Attributes:
        questions: All questions with their folds.
        pictures: The picture list.
        vocabulary: The answers with their class indices.
        folds: The list of each fold where its order is not that of `questions`; None to take them from there.
    """

    questions: QuestionTable
    pictures: Iterable[SetPicture]
    vocabulary: AnswerVocabulary
    folds: Mapping[Fold, QuestionTable] | None = None


def write_lists(root: Path, lists: SetLists, *, balanced: bool = False) -> None:
    """Write All_Images, All_Questions, the lists of the folds and Answers.

    `Answers.json` comes last, so that a folder that holds it is complete.

    Args:
        root: The folder of the set.
        lists: What to write; questions without a fold stand in All_Questions alone.
        balanced: Write the folder of the balanced subset.

    Raises:
        OutputError: A file cannot be written.
    """
    folder = json_folder(root, balanced=balanced)
    write_pictures(folder / IMAGES_FILES[0], lists.pictures)
    write_questions(folder / ALL_QUESTIONS_FILE, lists.questions)
    for fold, name in FOLD_FILES.items():
        part = lists.questions.of_fold(fold) if lists.folds is None else lists.folds[fold]
        write_questions(folder / name, part)
    document = json.dumps(vocabulary_document(lists.vocabulary), ensure_ascii=False, indent=1)
    write_text(folder / ANSWERS_FILE, document + "\n")


def with_questions(pictures: Iterable[SetPicture], questions: QuestionTable) -> list[SetPicture]:
    """The pictures with the ids of these questions, in the order of the table."""
    order = np.argsort(questions.pictures, kind="stable")
    numbers, starts = np.unique(questions.pictures[order], return_index=True)
    groups = np.split(questions.ids[order], starts[1:]) if len(numbers) else []
    of_picture = {int(number): tuple(group.tolist()) for number, group in zip(numbers, groups, strict=True)}
    return [replace(picture, question_ids=of_picture.get(picture.id, ())) for picture in pictures]
