"""The questions of a fold, picture by picture, as class indices and text rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError
from geotamper.sets.layout import AnswerVocabulary, Fold, QuestionTable, TamperSet

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FoldQuestions:
    """The questions of P pictures, those of one picture one after the other.

    Attributes:
        pictures: (P,) int64, ids in rising order; each has at least one question.
        starts: (P + 1,) int64; the questions of picture row p are starts[p] to starts[p + 1].
        labels: (N,) int64, class indices.
        types: (N,) int64, numbers of the types from 1.
        text_rows: (N,) int64, places in `texts`.
        texts: Every text once.
    """

    pictures: Integers
    starts: Integers
    labels: Integers
    types: Integers
    text_rows: Integers
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def counts(self) -> Integers:
        """Questions of every picture, (P,)."""
        return np.diff(self.starts)

    @property
    def picture_rows(self) -> Integers:
        """Row of every question's picture, (N,)."""
        return np.repeat(np.arange(len(self.pictures)), self.counts)

    def rows_of(self, picture_rows: Integers) -> Integers:
        """Rows of all questions of the pictures, in the order of the pictures."""
        parts = [np.arange(self.starts[row], self.starts[row + 1]) for row in picture_rows]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def used_texts(self) -> list[str]:
        """The texts that these questions have, every one once."""
        return [self.texts[row] for row in np.unique(self.text_rows)]

    def first(self, pictures: int | None) -> "FoldQuestions":
        """At most so many pictures, spread evenly over the fold."""
        if pictures is None or pictures >= len(self.pictures):
            return self
        chosen = np.linspace(0, len(self.pictures) - 1, pictures).round().astype(np.int64)
        rows = self.rows_of(chosen)
        return replace(
            self,
            pictures=self.pictures[chosen],
            starts=np.concatenate(([0], np.cumsum(self.counts[chosen]))),
            labels=self.labels[rows],
            types=self.types[rows],
            text_rows=self.text_rows[rows],
        )


def read_fold(opened: TamperSet, fold: Fold, vocabulary: AnswerVocabulary) -> FoldQuestions:
    """The active questions of a fold by picture.

    Args:
        opened: The set.
        fold: Whose questions.
        vocabulary: Classes to train on; a resumed run brings its own.

    Raises:
        InputError: The fold has no questions, or a question has an answer without a class.
    """
    table = opened.usable_questions(fold)
    if not len(table):
        raise InputError(
            f"'{opened.root}' has no active questions in fold {fold}; training needs questions in train and val: "
            "build the set with folds or name another one"
        )
    table = table.take(np.argsort(table.pictures, kind="stable"))
    pictures, first = np.unique(table.pictures, return_index=True)
    return FoldQuestions(
        pictures=pictures,
        starts=np.append(first, len(table)).astype(np.int64),
        labels=_labels(table, vocabulary, opened),
        types=table.types.astype(np.int64),
        text_rows=table.text_codes.astype(np.int64),
        texts=table.texts,
    )


def _labels(table: QuestionTable, vocabulary: AnswerVocabulary, opened: TamperSet) -> Integers:
    keys = table.types.astype(np.int64) * max(1, len(table.answers)) + table.answer_codes
    found, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    classes = np.zeros(len(found), dtype=np.int64)
    for place, row in enumerate(first.tolist()):
        question = table[row]
        known = vocabulary.indices[question.type - 1] if 1 <= question.type <= len(vocabulary.indices) else {}
        if question.answer not in known:
            expected = ", ".join(known) or f"types 1 to {len(vocabulary.indices)}"
            raise InputError(
                f"question {question.id} of '{opened.root}' (type {question.type}, '{question.text}') has the "
                f"answer '{question.answer}', which has no class; expected one of: {expected}; correct the "
                "question or take the Answers.json that belongs to the set"
            )
        classes[place] = known[question.answer]
    labels: Integers = classes[inverse]
    return labels


def merge_texts(folds: Sequence[FoldQuestions]) -> tuple[tuple[str, ...], list[FoldQuestions]]:
    """Number the texts of several folds together, so that a text is encoded once.

    Returns:
        Every text once, and the folds with their rows in them.
    """
    known: dict[str, int] = {}
    places = [
        np.array([known.setdefault(text, len(known)) for text in fold.texts], dtype=np.int64)
        for fold in folds
    ]
    texts = tuple(known)
    merged = [
        replace(fold, text_rows=rows[fold.text_rows], texts=texts)
        for fold, rows in zip(folds, places, strict=True)
    ]
    return texts, merged


def digest(folds: Sequence[FoldQuestions]) -> str:
    """SHA-256 of pictures, types, texts and classes, fold by fold."""
    found = hashlib.sha256()
    for fold in folds:
        for picture, (start, end) in zip(fold.pictures.tolist(), pairwise(fold.starts.tolist()), strict=True):
            for row in range(start, end):
                text = fold.texts[fold.text_rows[row]]
                line = f"{picture}\t{fold.types[row]}\t{fold.labels[row]}\t{text}\n"
                found.update(line.encode())
        found.update(b"\f")
    return found.hexdigest()
