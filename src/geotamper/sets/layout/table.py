"""Millions of questions in columns: the texts and answers once, a number for each row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.sets.layout.names import FOLDS, Fold
from geotamper.sets.layout.records import SetQuestion

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

NO_FOLD = -1
"""Code of a question that stands in none of the three lists."""


def fold_code(fold: Fold | None) -> int:
    """The code of a fold, `NO_FOLD` for none."""
    return NO_FOLD if fold is None else FOLDS.index(fold)


@dataclass(frozen=True, eq=False)
class QuestionTable:
    """Questions in columns; row i of every array is one question.

    Attributes:
        ids: (N,) int64.
        pictures: (N,) int64, ids of the pictures.
        types: (N,) int16, numbers from 1 as the set counts its types.
        text_codes: (N,) int32, places in `texts`.
        answer_codes: (N,) int32, places in `answers`.
        active: (N,) bool.
        folds: (N,) int8, places in `FOLDS`, or `NO_FOLD`.
        texts: Every text once.
        answers: Every answer once.
    """

    ids: Integers
    pictures: Integers
    types: npt.NDArray[np.int16]
    text_codes: Codes
    answer_codes: Codes
    active: Flags
    folds: npt.NDArray[np.int8]
    texts: tuple[str, ...]
    answers: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self._columns()}
        if len(lengths) != 1:
            raise SpecificationError(
                f"the columns of a question table must have one length, got {sorted(lengths)}"
            )

    def _columns(self) -> tuple[npt.NDArray[np.generic], ...]:
        return (
            self.ids,
            self.pictures,
            self.types,
            self.text_codes,
            self.answer_codes,
            self.active,
            self.folds,
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> SetQuestion:
        return SetQuestion(
            id=int(self.ids[row]),
            picture=int(self.pictures[row]),
            type=int(self.types[row]),
            text=self.texts[self.text_codes[row]],
            answer=self.answers[self.answer_codes[row]],
            active=bool(self.active[row]),
        )

    def __iter__(self) -> Iterator[SetQuestion]:
        texts, answers = self.texts, self.answers
        for start in range(0, len(self), 65536):
            part = slice(start, start + 65536)
            columns = [column[part].tolist() for column in self._columns()[:-1]]
            for number, picture, kind, text, answer, active in zip(*columns, strict=True):
                yield SetQuestion(number, picture, kind, texts[text], answers[answer], active)

    def fold_of(self, row: int) -> Fold | None:
        """The fold of a row, or None."""
        code = int(self.folds[row])
        return None if code == NO_FOLD else FOLDS[code]

    def take(self, rows: Integers | Flags) -> "QuestionTable":
        """The chosen rows, in the order given.

        Args:
            rows: Places, or a bool for every row.
        """
        return replace(
            self,
            ids=self.ids[rows],
            pictures=self.pictures[rows],
            types=self.types[rows],
            text_codes=self.text_codes[rows],
            answer_codes=self.answer_codes[rows],
            active=self.active[rows],
            folds=self.folds[rows],
        )

    def of_fold(self, fold: Fold) -> "QuestionTable":
        """The rows of one fold, in order."""
        return self.take(self.folds == FOLDS.index(fold))

    def in_fold(self, fold: Fold | None) -> "QuestionTable":
        """The same rows, all put into one fold."""
        return replace(self, folds=np.full(len(self), fold_code(fold), dtype=np.int8))

    def equals(self, other: "QuestionTable") -> bool:
        """Whether both hold the same rows in the same order, however their texts are numbered."""
        if len(self) != len(other):
            return False
        aligned = concatenate((self, other))
        first, second = aligned.take(np.arange(len(self))), aligned.take(np.arange(len(self), len(aligned)))
        return all(
            np.array_equal(one, two) for one, two in zip(first._columns(), second._columns(), strict=True)
        )


def build_table(questions: Iterable[SetQuestion], fold: Fold | None = None) -> QuestionTable:
    """Put questions into columns, all in one fold."""
    builder = TableBuilder()
    for question in questions:
        builder.add(question, fold)
    return builder.build()


class TableBuilder:
    """Collects questions row by row."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int, int, bool, int]] = []
        self._texts: dict[str, int] = {}
        self._answers: dict[str, int] = {}

    def add(self, question: SetQuestion, fold: Fold | None = None) -> None:
        """Append one question."""
        text = self._texts.setdefault(question.text, len(self._texts))
        answer = self._answers.setdefault(question.answer, len(self._answers))
        code = NO_FOLD if fold is None else FOLDS.index(fold)
        self._rows.append((question.id, question.picture, question.type, text, answer, question.active, code))

    def build(self) -> QuestionTable:
        """The table of everything added so far."""
        numbers = np.array(self._rows, dtype=np.int64).reshape(-1, 7).T
        return QuestionTable(
            ids=numbers[0].copy(),
            pictures=numbers[1].copy(),
            types=numbers[2].astype(np.int16),
            text_codes=numbers[3].astype(np.int32),
            answer_codes=numbers[4].astype(np.int32),
            active=numbers[5].astype(np.bool_),
            folds=numbers[6].astype(np.int8),
            texts=tuple(self._texts),
            answers=tuple(self._answers),
        )


def concatenate(tables: Sequence[QuestionTable]) -> QuestionTable:
    """Put tables one below the other; texts and answers are numbered anew where they must be."""
    if not tables:
        return TableBuilder().build()
    texts: dict[str, int] = {}
    answers: dict[str, int] = {}
    text_codes = [_renumber(table.text_codes, table.texts, texts) for table in tables]
    answer_codes = [_renumber(table.answer_codes, table.answers, answers) for table in tables]
    return QuestionTable(
        ids=np.concatenate([table.ids for table in tables]),
        pictures=np.concatenate([table.pictures for table in tables]),
        types=np.concatenate([table.types for table in tables]),
        text_codes=np.concatenate(text_codes),
        answer_codes=np.concatenate(answer_codes),
        active=np.concatenate([table.active for table in tables]),
        folds=np.concatenate([table.folds for table in tables]),
        texts=tuple(texts),
        answers=tuple(answers),
    )


def _renumber(codes: Codes, values: Sequence[str], known: dict[str, int]) -> Codes:
    places = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int32)
    return places[codes] if len(places) else codes
